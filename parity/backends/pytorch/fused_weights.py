"""The weights of a checkpoint as an export has them, for comparing the two."""

import numpy as np
from ultralytics.nn.tasks import BaseModel


def fused_weights(model: BaseModel) -> dict[str, np.ndarray]:
    """Return the weights of a model, float32, batch normalisation fused as the exporter does it.

    The model is fused in place.
    """
    state = model.float().eval().fuse(verbose=False).state_dict()
    return {name: tensor.numpy() for name, tensor in state.items() if tensor.is_floating_point()}
