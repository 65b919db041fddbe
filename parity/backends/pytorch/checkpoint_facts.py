"""What a checkpoint says of itself, for comparing an export with it."""

from pathlib import Path

from parity.backends.pytorch.models import load_model
from parity.backends.pytorch.transcription.arguments import mapping_of, size_of
from parity.model_files.reference_facts import ReferenceFacts


def facts_of_checkpoint(path: str | Path) -> ReferenceFacts:
    """Read a checkpoint that is trusted; its size is :func:`size_of` its arguments."""
    model = load_model(path).model.float().eval()
    names, stride = dict(model.names), int(max(model.stride))
    state = model.fuse(verbose=False).state_dict()
    weights = {name: tensor.numpy() for name, tensor in state.items() if tensor.is_floating_point()}
    return ReferenceFacts(names, stride, weights, size_of(mapping_of(model.args) or {}))
