"""The boxes of a deployment whose pipeline is known."""

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.evidence.cost import CostModel
from parity.external.observations import NOTHING_DECLARED


def observing(replayer: Replayer, pipeline: Pipeline) -> CostModel:
    """Return what weighs hypotheses on what a pipeline makes of all images, nothing declared."""
    names = list(replayer.paths)
    seen = observe(replayer, pipeline, names, declared=NOTHING_DECLARED)
    return CostModel(replayer, seen, names)
