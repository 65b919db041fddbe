"""What the correct pipeline detects beside what was observed."""

from collections.abc import Iterable, Iterator

from parity.deployment.resampling import Shape
from parity.detection.detections import Detections
from parity.diagnosis.evidence.cost import CostModel
from parity.external.observations import Observed


def correct_and_observed(
    cost_model: CostModel, names: Iterable[str]
) -> Iterator[tuple[Detections, Observed, Shape]]:
    """Yield both of each image with observed boxes that can be read, with its height and width."""
    for name in names:
        source = cost_model.replayer.input_of(cost_model.correct, name)
        observed = cost_model.observed[name]
        if source is not None and len(observed):
            found = cost_model.detections(cost_model.correct, name)
            yield found, observed, source.image_shape
