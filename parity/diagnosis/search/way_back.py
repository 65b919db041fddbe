"""The way back from the input to the image, where no boxes tell of it."""

import numpy as np

from parity.deployment.box_layout import BoxFormatChoices
from parity.deployment.output_format import OutputChoices
from parity.deployment.pipeline import BEFORE_OUTPUT, Pipeline
from parity.deployment.rescaling_variants import RescalingChoices
from parity.deployment.stage import fields_of
from parity.diagnosis.evidence.cost import CostModel

NEAR_SHARE = 0.5
"""Share of observed boxes that must lie near the predicted ones to tell of the way back; chosen."""

WAY_BACK = frozenset(fields_of(BoxFormatChoices, RescalingChoices, OutputChoices)).difference(
    BEFORE_OUTPUT
)
"""Choices of what brings boxes back into the image and writes them down."""


def with_known_way_back(cost_model: CostModel, pipeline: Pipeline) -> Pipeline:
    """Return a pipeline with the correct way back, unless the boxes come near with its own.

    The scores may show the input although no way back that was tried puts the boxes where they
    were observed. One that comes a little nearer than others is not the right one.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    pipeline : Pipeline
        The best hypothesis.
    """
    near, observed = 0, 0
    for name in cost_model.names:
        fit = cost_model.goodness_of_fit(pipeline, name)
        close = float(np.max(cost_model.precision_in(name).close_box))
        near += int((fit.box_px <= close).sum())
        observed += fit.observed
    if near >= NEAR_SHARE * observed:
        return pipeline
    fields = WAY_BACK & cost_model.replayer.task.choices
    correct = {field: getattr(cost_model.correct, field) for field in fields}
    return pipeline.replace(**correct)
