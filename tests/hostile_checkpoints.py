"""Checkpoints that others made to do harm, or that are damaged: what writes them.

Every payload only touches a file.
"""

import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from ultralytics.nn import modules
from ultralytics.nn.tasks import DetectionModel

TINY: dict[str, Any] = {
    "nc": 2,
    "backbone": [
        [-1, 1, "Conv", [8, 3, 2]],
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "C2f", [16, True]],
    ],
    "head": [[[0, 1, 2], 1, "Detect", ["nc"]]],
}
"""An architecture that is built in milliseconds."""
LEAST: dict[str, Any] = {
    "nc": 2,
    "reg_max": 1,
    "backbone": [[-1, 1, "Conv", [8, 3, 2]]],
    "head": [[[0], 1, "Detect", ["nc"]]],
}
"""One whose pickle is short: a fourth of the opcodes."""


def tiny(architecture: dict[str, Any] = TINY, **changes: Any) -> DetectionModel:
    """Return a small model, with other attributes than it should have."""
    model = DetectionModel({**architecture}, ch=3, verbose=False)
    model.args = {"imgsz": 64, "task": "detect"}
    model.names = {0: "cat", 1: "dog"}
    vars(model).update(changes)
    return model


def save(model: Any, path: Path, **beside: Any) -> Path:
    """Save a model as Ultralytics does."""
    torch.save({"model": model, "ema": None, **beside}, path)
    return path


def evaluated(marker: Path) -> str:
    """Return an activation that touches a file where it is evaluated."""
    return f"__import__('pathlib').Path({str(marker)!r}).touch() or torch.nn.SiLU()"


def evil_architecture(marker: Path) -> dict[str, Any]:
    """Return an architecture that touches a file where Ultralytics builds it."""
    return {**TINY, "activation": evaluated(marker)}


class Deferred:
    """Pickles as a call that a forward pass of the model that holds it would make."""

    def __init__(self, architecture: dict[str, Any]) -> None:
        self.architecture = architecture

    def __reduce__(self) -> Any:
        return DetectionModel, (self.architecture,)


def deferred(marker: Path) -> DetectionModel:
    """Return a model that does harm in its forward pass, though it loads as any other.

    All classes are those of detectors. Methods of the head are shadowed by attributes: one
    becomes OrderedDict, which packs up an architecture, another picks it out and builds a model of
    it, and so its activation is evaluated.
    """
    model = tiny().eval()
    head = model.model[-1]
    pick = modules.Index(index=0)
    pick.index = "box_head"
    construct = nn.Identity()
    vars(construct)["forward"] = DetectionModel
    del head.cv2
    shadows = {"cv2": evil_architecture(marker), "forward_head": OrderedDict}
    vars(head).update(shadows, f=[], _inference=nn.Sequential(pick, construct))
    return model


SHADOWED = (
    *("forward", "forward_fuse", "forward_head", "predict", "_predict_once", "fuse", "info"),
    *("__call__", "_call_impl", "__setstate__", "postprocess", "decode_bboxes", "act", "bn"),
)
"""Methods and modules that an attribute can stand in front of."""


def buildable() -> list[type[nn.Module]]:
    """Return all classes of modules that Ultralytics exports, and those of torch beside them."""
    own = [getattr(modules, name) for name in modules.__all__]
    return [*own, nn.Conv2d, nn.BatchNorm2d, nn.SiLU, nn.Sequential, nn.ModuleList, nn.Upsample]


def hostile_object(cls: type[nn.Module], marker: Path) -> nn.Module:
    """Return an object of a class without its constructor, each of its methods shadowed."""
    thing = cls.__new__(cls)
    nn.Module.__init__(thing)
    for name in SHADOWED:
        vars(thing)[name] = Deferred(evil_architecture(marker))
    thing.i, thing.f, thing.np, thing.type = 0, -1, 0, ""
    return thing


def archive(path: Path, pickled: bytes, **entries: bytes) -> Path:
    """Write a checkpoint of a given pickle as ``torch.save`` lays it out."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("archive/data.pkl", pickled)
        written.writestr("archive/byteorder", "little")
        for name, content in entries.items():
            written.writestr(f"archive/data/{name}", content)
    return path


def pickled_of(path: Path) -> bytes:
    """Return the pickle of a checkpoint."""
    with zipfile.ZipFile(path) as opened:
        (name,) = [name for name in opened.namelist() if name.endswith("/data.pkl")]
        return opened.read(name)


def repickled(source: Path, path: Path, change: Callable[[bytes], bytes]) -> Path:
    """Copy a checkpoint with another pickle."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info, change(content) if info.filename.endswith("data.pkl") else content)
    return path


class Repickler:
    """Copies a checkpoint with other pickles, without writing its tensors anew each time."""

    def __init__(self, source: Path, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
            for info in old.infolist():
                if info.filename.endswith("data.pkl"):
                    self.name = info.filename
                else:
                    new.writestr(info, old.read(info))
        self.rest = path.read_bytes()

    def write(self, pickled: bytes) -> None:
        """Write the copy that has a pickle."""
        self.path.write_bytes(self.rest)
        with zipfile.ZipFile(self.path, "a") as opened:
            opened.writestr(self.name, pickled)


def doubled() -> list[Any]:
    """Return lists that hold one another twice: 2^40 elements."""
    value: list[Any] = []
    for _ in range(40):
        value = [value, value]
    return value


def shared_modules(depth: int, name: str = "a") -> bytes:
    """Return a pickle of modules that hold one another twice."""
    module = _module({})
    for _ in range(depth):
        module = _module({name: module, f"{name}2": module})
    return pickle.dumps({"model": module}, 2)


def layers(*backbone: list[Any]) -> DetectionModel:
    """Return a small model that says it has other layers."""
    return tiny(yaml={**TINY, "backbone": list(backbone)})


FIRST, SECOND, THIRD = TINY["backbone"]
WEIGHT = torch.zeros(1)
LONG = struct.pack("<Q", 2**60)

PICKLES: dict[str, Callable[[], bytes]] = {
    "a pickle of 32 MB of one opcode": lambda: b"\x80\x02" + b"}" * (32 * 2**20 - 3),
    "a million empty sets": lambda: b"\x80\x04" + b"\x8f" * 999_000 + b".",
    "lists half a million deep": lambda: b"\x80\x02" + b"]" * 499_000 + b"a" * 498_999 + b".",
    "tuples a million deep": lambda: b"\x80\x02)" + b"\x85" * 990_000 + b".",
    "a deep tuple as a key": lambda: b"\x80\x02})" + b"\x85" * 990_000 + b"K\x01s.",
    "a place in the memo at the end of 32 bits": lambda: b"\x80\x02}r\xff\xff\xff\xff.",
    "a text of 2^60 bytes": lambda: b"\x80\x04\x8d" + LONG + b"x.",
    "an array of 2^60 bytes": lambda: b"\x80\x05\x96" + LONG + b"x.",
    "a frame of 2^60 bytes": lambda: b"\x80\x04\x95" + LONG + b"}.",
    "a number of 16 MB": lambda: b"\x8b" + struct.pack("<i", 2**24) + b"\x7f" * 2**24 + b".",
    "a number of 100,000 digits": lambda: b"L" + b"9" * 100_000 + b"L\n.",
    "keys of equal hashes": lambda: b"\x80\x02}(" + b"".join(map(_key, range(300_000))) + b"u.",
    "places in the memo of equal hashes": lambda: (
        b"\x80\x02}" + b"".join(b"p%d\n" % (i * (2**61 - 1)) for i in range(100_000)) + b"."
    ),
    "a long name of a global, again and again": lambda: (
        b"\x80\x04" + _text("o" * 30_000_000, b"q\0") + _text("n", b"q\1") + b"h\0h\1\x93" * 2_000
    ),
    "calls of a global with a long name": lambda: (
        b"\x80\x02c" + b"o" * 30_000_000 + b"\nn\nq\0" + b"h\0)R" * 200_000 + b"."
    ),
    "modules with long names that hold one another": lambda: shared_modules(12, "a" * 10**6),
    "tensors with long names": lambda: pickle.dumps(
        {"model": _module(dict.fromkeys(map(str, range(180)), _module({}, "n" * 10**6)))}, 2
    ),
    "tensors that modules share": lambda: pickle.dumps({"model": _sharing()}, 2),
    "modules that hold one another": lambda: shared_modules(30),
    "modules 60 deep": lambda: _nested(60),
}
"""Pickles that take time or memory without bound, by what they are."""

MODELS: dict[str, Callable[[], DetectionModel]] = {
    "100,000 layers": lambda: layers(*[FIRST] * 100_000),
    "a layer a billion times": lambda: layers([-1, 10**9, "Conv", [8, 3, 2]], SECOND, THIRD),
    "a hundred layers of 100 repeats": lambda: layers(FIRST, *[[-1, 100, "C2f", [64]]] * 100),
    "a convolution of 10,000 channels": lambda: layers([-1, 1, "Conv", [10_000, 100, 1]], THIRD),
    "a convolution of 10^12 channels": lambda: layers([-1, 1, "Conv", [10**12, 3, 1]], THIRD),
    "a pool of 10,000": lambda: layers(FIRST, [-1, 1, "nn.MaxPool2d", [10_000, 1, 5_000]], THIRD),
    "10,000 times the pixels": lambda: layers(
        FIRST, [-1, 1, "nn.Upsample", ["None", 10_000, "nearest"]], THIRD
    ),
    "attention to every pixel": lambda: layers(
        [-1, 1, "Conv", [64, 1, 1]], [-1, 1, "C2PSA", [64]], THIRD
    ),
    "10,000 classes": lambda: tiny(yaml={**TINY, "nc": 10_000}),
    "names that are one long text": lambda: tiny(names=dict.fromkeys(range(2), "x" * 20_000_000)),
    "names that hold one another": lambda: tiny(names=doubled()),
    "layers that hold one another": lambda: layers(doubled()),
    "an attribute of lists that hold one another": lambda: _with_attribute(doubled()),
    "an attribute of long texts": lambda: _with_attribute([["x" * 10**6] * 200] * 200),
    "a YAML named by lists that hold one another": lambda: tiny(
        yaml={**TINY, "yaml_file": doubled()}, names={}
    ),
    "a YAML in ten million folders": lambda: tiny(
        yaml={**TINY, "yaml_file": "a/" * 10**7 + "x.yaml"}, names={}
    ),
    "a list that holds itself": lambda: tiny(names=_own()),
    "an architecture that holds itself": lambda: tiny(yaml={**TINY, "head": _own()}),
    "an attribute that holds itself": lambda: _with_attribute(_own()),
}
"""Models that do, by what they are."""


def _text(text: str, kept: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode() + kept


def _module(children: dict[str, nn.Module], tensor: str = "", tensors: int = 10) -> nn.Module:
    module = nn.Module()
    module._modules = children
    if tensor:
        module._parameters = dict.fromkeys((f"{tensor}{i}" for i in range(tensors)), WEIGHT)
    return module


def _sharing() -> nn.Module:
    """Return 4,000 modules, each with the same 200 tensors."""
    middle = _module(dict.fromkeys(map(str, range(199)), _module({}, "w", 200)))
    return _module(dict.fromkeys(map(str, range(20)), middle))


def _key(number: int) -> bytes:
    return b"\x8a\x0a" + (number * (2**61 - 1)).to_bytes(10, "little") + b"N"


def _declared(path: Path) -> Path:
    archive(path, b"}" * 10**6)
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(signature) + offset
        content[place : place + 4] = struct.pack("<I", 2**32 - 2)
    path.write_bytes(content)
    return path


def _nested(depth: int) -> bytes:
    module: nn.Module = nn.Identity()
    for _ in range(depth):
        module = nn.Sequential(module)
    return pickle.dumps({"model": module}, 2)


def _contents(path: Path) -> Path:
    entry = b"PK\x01\x02" + bytes(42)
    table = entry * (100 * 2**20 // len(entry))
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFE, 0xFFFE, len(table), 0, 0)
    path.write_bytes(table + end)
    return path


def _enlarged(pickled: bytes) -> bytes:
    huge = b"\x8a\x08" + (2**60).to_bytes(8, "little")
    return pickled.replace(b"K\x10K\x03K\x03", huge + b"K\x03K\x03")


def _own() -> list[Any]:
    own: list[Any] = []
    own.append(own)
    return own


def _with_attribute(value: Any) -> DetectionModel:
    model = tiny()
    model.model[0].conv.padding = value
    return model


BOMBS: dict[str, Callable[[Path], Path]] = {
    **{name: lambda path, make=make: archive(path, make()) for name, make in PICKLES.items()},
    **{name: lambda path, make=make: save(make(), path) for name, make in MODELS.items()},
    "a deflated pickle of 4 GB": _declared,
    "a table of contents of 100 MB": _contents,
    "a tensor of 2^60 numbers": lambda path: repickled(
        save(tiny(), path.with_suffix(".small")), path, _enlarged
    ),
}
"""All files that would take time or memory without bound, by what they are."""
