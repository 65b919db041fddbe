"""What a checkpoint says that its model was trained with."""

from collections.abc import Mapping
from typing import Any

from parity.backends.pytorch.transcription.pickle_reader import StandIn
from parity.model_files.exporter_metadata import is_side

MAPPINGS = (
    "collections.OrderedDict",
    "collections.defaultdict",
    "ultralytics.utils.IterableSimpleNamespace",
    "ultralytics.yolo.utils.IterableSimpleNamespace",
    "argparse.Namespace",
    "types.SimpleNamespace",
)
"""Objects that are read as dicts: by their items or else by their state."""
DEFAULT_SIDE = 640
"""What Ultralytics takes where a checkpoint says nothing, px."""
MULTIPLE = 32
"""What sides are rounded up to, as ``predict`` does with the usual stride, px."""
SIDES = 2


def mapping_of(value: Any) -> Mapping[Any, Any] | None:
    """Return a dict, or an object that is read as one; None for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, StandIn) and value.kind in MAPPINGS and value.arguments is not None:
        return value.items or (value.state if isinstance(value.state, dict) else {})
    return None


def arguments_of(checkpoint: Mapping[Any, Any]) -> list[Mapping[Any, Any]]:
    """Return the arguments of the training that a checkpoint states, and those that its model does.

    Parameters
    ----------
    checkpoint : mapping
        What :func:`parity.backends.pytorch.transcription.pickle_reader.read_pickle` returned.
    """
    model = model_in(checkpoint)
    state = mapping_of(model.state) if isinstance(model, StandIn) else None
    stated = checkpoint.get("train_args"), (state or {}).get("args")
    return [mapping_of(arguments) or {} for arguments in stated]


def model_in(checkpoint: Mapping[Any, Any]) -> Any:
    """Return the model that Ultralytics takes from a checkpoint."""
    return checkpoint.get("ema") or checkpoint.get("model")


def size_of(*arguments: Mapping[Any, Any]) -> tuple[int, int]:
    """Return height and width that ``predict`` takes by default, px.

    Parameters
    ----------
    *arguments : mapping
        Arguments of a training; the first that state a size count, and 640 px if none do.
    """
    for each in arguments:
        imgsz = each.get("imgsz")
        sides = [imgsz] * SIDES if is_side(imgsz) else imgsz
        if isinstance(sides, list | tuple) and len(sides) == SIDES and all(map(is_side, sides)):
            height, width = (-(-side // MULTIPLE) * MULTIPLE for side in sides)
            return height, width
    return DEFAULT_SIDE, DEFAULT_SIDE
