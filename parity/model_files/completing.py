"""Completing the metadata of an ONNX file with what the checkpoint and the graph say."""

from collections.abc import Mapping
from typing import Any, Protocol

import onnx

from parity.detection.head import NetworkHead
from parity.model_files.adapting import PREFIX
from parity.model_files.description import baked_thresholds
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.stored_metadata import metadata_props

COMPLETED = f"{PREFIX}completed"
"""Key of the metadata under which the completed keys are written, each with its source."""
CHECKPOINT, REFERENCE, GRAPH = "checkpoint", "reference", "graph"
CONFIGURATION = "configuration"


class StatedModel(Protocol):
    """What a checkpoint says of itself."""

    @property
    def names(self) -> dict[int, str]:
        """Class names by id."""

    @property
    def head(self) -> NetworkHead:
        """What the end of the network is."""

    @property
    def stride(self) -> int:
        """Largest stride, px."""


def finished_by(model: onnx.ModelProto) -> bool:
    """Return whether a graph says that its output needs no NMS."""
    said = read_metadata(metadata_props(model))
    return bool(said.end2end or said.arguments.get("nms") or baked_thresholds(model.graph))


def forget_own_metadata(model: onnx.ModelProto) -> bool:
    """Remove what an earlier run wrote into the metadata of a model; return whether it had any.

    A file that is given again says of itself what was true of the file that was given before.
    """
    own = [entry for entry in model.metadata_props if entry.key.startswith(PREFIX)]
    for entry in own:
        model.metadata_props.remove(entry)
    return bool(own)


def complete_metadata(
    model: onnx.ModelProto,
    network: StatedModel,
    imgsz: tuple[int, int],
    given: Mapping[str, Any],
    *,
    source: str = CHECKPOINT,
) -> bool:
    """Write what is given, or lacks or is wrong, into the metadata of a model.

    Parameters
    ----------
    model : onnx.ModelProto
        Modified in place.
    network : StatedModel
        The checkpoint, or what stands for it.
    imgsz : tuple of int
        Height and width of the input, px.
    given : mapping
        What the configuration says, by key.
    source : str
        What the network is: a checkpoint, a reference or the graph itself.

    Returns
    -------
    bool
        Whether anything was written.
    """
    properties = metadata_props(model)
    said = read_metadata(properties)
    head = network.head
    known: dict[str, Any] = {
        "imgsz": list(imgsz),
        "names": network.names,
        "stride": network.stride,
        "task": head.task,
    }
    if head.keypoint_shape:
        known["kpt_shape"] = list(head.keypoint_shape)
    lacking = [key for key in known if getattr(said, FIELDS.get(key, key)) is None]
    written = {key: (known[key], source) for key in lacking}
    written |= {key: (given[key], CONFIGURATION) for key in given if given[key] is not None}
    suppresses = baked_thresholds(model.graph) is not None
    if "args" in said.wrong or (suppresses and not said.arguments.get("nms")):
        written["args"] = {**said.arguments, "nms": suppresses}, GRAPH
    if not written:
        return False
    properties |= {key: _written(value) for key, (value, _) in written.items()}
    properties[COMPLETED] = " ".join(f"{key}:{source}" for key, (_, source) in written.items())
    del model.metadata_props[:]
    for key, value in properties.items():
        model.metadata_props.add(key=key, value=value)
    return True


def _written(value: Any) -> str:
    """Return a value as the exporter writes it."""
    return str(list(value)) if isinstance(value, tuple) else str(value)


FIELDS = {"kpt_shape": "keypoint_shape"}
"""What :class:`ExporterMetadata` calls a key, where the names differ."""
