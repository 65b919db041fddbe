"""OpenCV: ``cv2.imread``, ``cv2.imdecode`` and the networks of ``cv2.dnn``."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from parity.record.wrapping import wrap

if TYPE_CHECKING:
    import numpy as np

    from parity.record.recording import Fed, Recording

LIBRARY = "cv2.dnn"

MOST_NETS = 16
"""Nets that are remembered between their input and their output; chosen."""


def watch(cv2: Any, recording: Recording) -> None:
    """Wrap the functions of the module."""
    _watch_reading(cv2, recording)
    dnn = getattr(cv2, "dnn", None)
    net = getattr(dnn, "Net", None) or getattr(cv2, "dnn_Net", None)
    if net is not None:
        _watch_networks(dnn, net, recording)


def _watch_reading(cv2: Any, recording: Recording) -> None:
    def read(_: None, picture: Any, *args: Any, **kwargs: Any) -> None:
        path = args[0] if args else kwargs.get("filename")
        if picture is not None and path is not None:
            recording.read(path, picture)

    def decoded(_: None, picture: Any, *args: Any, **kwargs: Any) -> None:
        content = args[0] if args else kwargs.get("buf")
        if picture is not None and content is not None:
            path = recording.log.file_with(memoryview(content).cast("B"))
            if path is not None:
                recording.read(path, picture)

    wrap(cv2, "imread", after=read, failed=recording.failed)
    wrap(cv2, "imdecode", after=decoded, failed=recording.failed)


def _watch_networks(dnn: Any, net_class: Any, recording: Recording) -> None:
    paths: OrderedDict[int, str] = OrderedDict()
    fed: OrderedDict[int, Fed | None] = OrderedDict()

    def opened(_: None, net: Any, *args: Any, **kwargs: Any) -> None:
        names = [each for each in [*args, *kwargs.values()] if isinstance(each, str)]
        _remember(paths, id(net), names[0] if names else "")

    def given(
        net: Any, blob: Any, name: str = "", scalefactor: float = 1.0, mean: Any = ()
    ) -> None:
        array = scaled(blob, scalefactor, mean)
        network = paths.get(id(net), "")
        _remember(fed, id(net), recording.feed(LIBRARY, network, {name: array}, id(net)))

    def answered(_: None, result: Any, net: Any, *__: Any, **___: Any) -> None:
        outputs = result if isinstance(result, list | tuple) else [result]
        names = [*net.getUnconnectedOutLayersNames(), *[""] * len(outputs)]
        recording.answer(fed.pop(id(net), None), list(zip(names, outputs, strict=False)))

    for name in [each for each in dir(dnn) if each.startswith("readNet")]:
        wrap(dnn, name, after=opened, failed=recording.failed)
    wrap(net_class, "setInput", before=given, failed=recording.failed)
    wrap(net_class, "forward", after=answered, failed=recording.failed)


def scaled(blob: Any, scale: float, mean: Any) -> np.ndarray:
    """Return what ``setInput`` makes of a blob: the mean subtracted, then scaled."""
    import numpy as np

    array: np.ndarray = np.asarray(blob.get() if hasattr(blob, "get") else blob)
    if array.ndim == 4 and any(mean):
        array = array - np.asarray(mean[: array.shape[1]], np.float32)[:, None, None]
    return array if scale == 1 else array * np.float32(scale)


def _remember(places: OrderedDict[int, Any], key: int, value: Any) -> None:
    places[key] = value
    places.move_to_end(key)
    if len(places) > MOST_NETS:
        places.popitem(last=False)
