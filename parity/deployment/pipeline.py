"""A deployment as a point in the space of all choices of its stages."""

from dataclasses import dataclass

from parity.deployment.box_layout import BoxFormatChoices
from parity.deployment.class_ids import ClassIdChoices
from parity.deployment.decoding_variants import DecodingChoices
from parity.deployment.keypoint_variants import KeypointChoices
from parity.deployment.label_variants import LabelChoices
from parity.deployment.mask_variants import MaskChoices
from parity.deployment.network import NetworkChoices
from parity.deployment.oriented_variants import AngleChoices, OrientedNmsChoices
from parity.deployment.output_format import OutputChoices
from parity.deployment.preprocess import PreprocessingChoices
from parity.deployment.stage import HASH, fields_of, values


@dataclass(frozen=True)
class Pipeline(  # a dataclass takes the choices of its last base first
    ClassIdChoices,
    OutputChoices,
    MaskChoices,
    AngleChoices,
    KeypointChoices,
    LabelChoices,
    OrientedNmsChoices,
    BoxFormatChoices,
    DecodingChoices,
    NetworkChoices,
    PreprocessingChoices,
):
    """Everything that a deployment decides; the defaults are the correct pipeline.

    Each choice is declared, and done, in the module of its stage.
    """

    def __hash__(self) -> int:
        """Return the hash of the values."""
        if HASH not in vars(self):
            vars(self)[HASH] = hash(values(self, _FIELDS))
        known: int = vars(self)[HASH]
        return known


def deviations(pipeline: Pipeline, origin: Pipeline = Pipeline()) -> dict[str, object]:
    """Return the choices in which a pipeline differs from another, the correct one by default."""
    both = zip(_FIELDS, values(pipeline, _FIELDS), values(origin, _FIELDS), strict=True)
    return {name: own for name, own, other in both if own != other}


BEFORE_OUTPUT = fields_of(PreprocessingChoices, NetworkChoices)
"""Names of the choices that the network's raw output depends on."""

_FIELDS = fields_of(Pipeline)
