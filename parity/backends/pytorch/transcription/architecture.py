"""Which architectures are built: a grammar for what Ultralytics calls the YAML of a model.

Ultralytics looks up modules by name, evaluates activations and takes any number. What passes here
names known modules and activations only, and holds small numbers.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from parity.backends.pytorch.transcription.arguments import mapping_of
from parity.backends.trust import REMEDY
from parity.errors import UserError, shown

MODULES = frozenset(
    [
        *("A2C2f", "AConv", "ADown", "AIFI", "Bottleneck", "BottleneckCSP"),
        *("C1", "C2", "C2PSA", "C2f", "C2fCIB", "C2fPSA", "C3", "C3Ghost", "C3TR", "C3k2", "C3x"),
        *("CBAM", "CBFuse", "CBLinear", "ChannelAttention", "Concat"),
        *("Conv", "Conv2", "ConvTranspose", "DWConv", "DWConvTranspose2d", "ELAN1", "Focus"),
        *("GhostBottleneck", "GhostConv", "HGBlock", "HGStem", "Index", "LightConv", "PSA"),
        *("RepC3", "RepConv", "RepNCSPELAN4", "RepVGGDW", "ResNetLayer", "SCDown"),
        *("SPP", "SPPELAN", "SPPF", "Silence", "SpatialAttention"),
        *("nn.AdaptiveAvgPool2d", "nn.AvgPool2d", "nn.BatchNorm2d", "nn.Conv2d"),
        *("nn.ConvTranspose2d", "nn.Dropout", "nn.Dropout2d", "nn.Identity", "nn.MaxPool2d"),
        *("nn.Upsample", "nn.UpsamplingNearest2d", "nn.ZeroPad2d"),
    ]
)
"""Modules that Ultralytics' ``parse_model`` builds from numbers, without their heads."""

HEADS = {
    "DetectionModel": ("Detect", "v10Detect"),
    "RTDETRDetectionModel": ("RTDETRDecoder",),
    "SegmentationModel": ("Segment", "Segment26"),
    "PoseModel": ("Pose", "Pose26"),
    "OBBModel": ("OBB", "OBB26"),
    "ClassificationModel": ("Classify",),
}
"""What may stand last, by Ultralytics' class of model."""

ACTIVATIONS = (
    *("CELU", "ELU", "GELU", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LeakyReLU"),
    *("LogSigmoid", "Mish", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softsign"),
    *("Tanh", "Tanhshrink"),
)
"""Activations of ``torch.nn`` that have no weights."""
ACTIVATION = re.compile(
    rf"(torch\.)?nn\.({'|'.join(ACTIVATIONS)})"
    r"\(((inplace|negative_slope|alpha)=)?(True|False|-?\d{1,3}(\.\d{1,9})?)?\)"
)
TEXTS = frozenset(["None", "True", "False", "nc", "kpt_shape", "nearest", "bilinear"])
"""Texts among the arguments of a module."""
SCALE = re.compile(r"[a-z]?")
FILE_NAME = re.compile(r"[\w.-]{1,100}\.ya?ml", re.ASCII)

MAX_ROWS = 200
"""Layers: YOLOv9e has 43."""
MAX_REPEATS = 100
"""How often a layer is repeated: 18 times in YOLOv6."""
MAX_ARGUMENTS = 16
"""Arguments of a layer, numbers in a list, or scales: 6 in what Ultralytics describes."""
MAX_NUMBER = 10_000
"""Any number: channels are 2,048 at most."""
MAX_FACTOR = 10
"""Factors of depth and width: 1.5 at most."""
DEFAULT_CHANNELS = 3
COLUMNS = 4
SPPF_DEFAULTS = (5, 3, False)
"""Size of the kernel, how often it pools, and whether its input is added."""


def checked_architecture(stored: Any, model_class: str) -> dict[str, Any]:
    """Return what the grammar knows of an architecture.

    Parameters
    ----------
    stored : object
        What a checkpoint holds as the ``yaml`` of its model.
    model_class : str
        Ultralytics' class of the model.

    Returns
    -------
    dict
        What the class can be given as its ``cfg``; ``channels`` are those of the input.

    Raises
    ------
    UserError
        If it is no architecture, or a layer or a value is not one that the grammar knows; the
        message follows the name of a file.
    """
    given = mapping_of(stored)
    if not given:
        raise UserError("does not say its architecture")
    backbone, head = (_rows(given.get(key), key) for key in ("backbone", "head"))
    if not backbone:
        raise UserError("has an architecture without layers")
    *layers, (_, _, last, _) = backbone + head
    for _, _, module, _ in layers:
        if module not in MODULES:
            raise UserError(modified(f"its architecture has the layer {shown(module)}"))
    if last not in HEADS[model_class]:
        raise UserError(modified(f"it is a {model_class} that ends in {shown(last)}"))
    checks = {key: check for key, check in CHECKS.items() if given.get(key) is not None}
    checked = {key: check(given[key], key) for key, check in checks.items()}
    named = given.get("yaml_file")
    if isinstance(named, str) and FILE_NAME.fullmatch(name := named.rpartition("/")[2]):
        checked["yaml_file"] = name
    channels = checked.get("channels") or checked.pop("ch", DEFAULT_CHANNELS)
    rows = {"backbone": backbone, "head": head}
    return {"nc": _whole(given.get("nc"), "nc"), **checked, **rows, "channels": channels}


def unactivated_pooling(architecture: Mapping[str, Any]) -> dict[str, Any]:
    """Return an architecture as Ultralytics 8.4.0 and some later releases built it.

    Their SPPF has no activation after its first convolution. Today's Ultralytics builds that only
    where the YAML gives four arguments, and activates where it gives the two of older YAMLs.
    """
    changed = {
        key: [
            [*row[:2], "SPPF", [*row[3], *SPPF_DEFAULTS[len(row[3]) - 1 :]]]
            if row[2] == "SPPF"
            else row
            for row in architecture[key]
        ]
        for key in ("backbone", "head")
    }
    return {**architecture, **changed}


def check_channels(channels: int) -> None:
    """Check that a model takes images of three channels.

    Raises
    ------
    UserError
        If not; the message follows the name of a file.
    """
    if channels != DEFAULT_CHANNELS:
        raise UserError(
            f"takes images with {channels} instead of {DEFAULT_CHANNELS} channels, red, green and "
            "blue; only models for these work"
        )


def modified(what: str) -> str:
    """Return the sentence for what Ultralytics itself does not make, to follow a file's name."""
    return f"was made by a modified Ultralytics: {what}; {REMEDY}, and install that Ultralytics"


def _rows(given: Any, where: str) -> list[list[Any]]:
    if not isinstance(given, list | tuple) or len(given) > MAX_ROWS:
        raise _wrong(where)
    return [_row(row, f"layer {number} of its {where}") for number, row in enumerate(given)]


def _row(given: Any, where: str) -> list[Any]:
    if not isinstance(given, list | tuple) or len(given) != COLUMNS:
        raise _wrong(where)
    source, repeats, module, arguments = given
    if not isinstance(module, str) or not isinstance(arguments, list | tuple):
        raise _wrong(where)
    sources = source if isinstance(source, list | tuple) else [source]
    if len(sources) > MAX_ARGUMENTS or not all(_is_whole(each, MAX_ROWS) for each in sources):
        raise _wrong(where)
    if not _is_whole(repeats, MAX_REPEATS) or repeats < 1:
        raise _wrong(where)
    kept = list(source) if isinstance(source, list | tuple) else source
    return [kept, repeats, module, _arguments(arguments, where, nested=True)]


def _arguments(given: Sequence[Any], where: str, *, nested: bool) -> list[Any]:
    if len(given) > MAX_ARGUMENTS:
        raise _wrong(where)
    return [_argument(each, where, nested=nested) for each in given]


def _argument(given: Any, where: str, *, nested: bool) -> Any:
    if isinstance(given, list | tuple) and nested:
        return _arguments(given, where, nested=False)
    if given is None or isinstance(given, bool) or _is_whole(given, MAX_NUMBER):
        return given
    if isinstance(given, float) and abs(given) <= MAX_NUMBER:
        return given
    if isinstance(given, str) and given in TEXTS:
        return given
    raise _wrong(where)


def _is_whole(value: Any, most: int) -> bool:
    return type(value) is int and -most <= value <= most


def _whole(value: Any, key: str) -> int:
    if not _is_whole(value, MAX_NUMBER) or value < 1:
        raise _wrong(key)
    return int(value)


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key)
    return value


def _factor(value: Any, key: str) -> float:
    if type(value) not in (int, float) or not 0 < value <= MAX_FACTOR:
        raise _wrong(key)
    return float(value)


def _scale(value: Any, key: str) -> str:
    if not isinstance(value, str) or not SCALE.fullmatch(value):
        raise _wrong(key)
    return value


def _scales(value: Any, key: str) -> dict[str, list[float]]:
    given = mapping_of(value)
    if not given or len(given) > MAX_ARGUMENTS:
        raise _wrong(key)
    scales: dict[str, list[float]] = {}
    for name, factors in given.items():
        if not isinstance(factors, list | tuple) or len(factors) != len(("depth", "width", "most")):
            raise _wrong(key)
        depth, width, channels = factors
        scales[_scale(name, key)] = [
            _factor(depth, key),
            _factor(width, key),
            _whole(channels, key),
        ]
    return scales


def _pair(value: Any, key: str) -> list[int]:
    if not isinstance(value, list | tuple) or len(value) != len(("points", "values")):
        raise _wrong(key)
    return [_whole(each, key) for each in value]


def _activation(value: Any, key: str) -> str:
    if not isinstance(value, str) or not ACTIVATION.fullmatch(value):
        raise _wrong(key)
    return value


def _wrong(key: str) -> UserError:
    return UserError(f"has an architecture that cannot be built: {key} is not what it may be")


CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "scale": _scale,
    "scales": _scales,
    "depth_multiple": _factor,
    "width_multiple": _factor,
    "activation": _activation,
    "end2end": _flag,
    "reg_max": _whole,
    "kpt_shape": _pair,
    "channels": _whole,
    "ch": _whole,
}
"""What else ``parse_model`` reads, with what checks it."""
