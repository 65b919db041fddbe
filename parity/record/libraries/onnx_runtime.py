"""ONNX Runtime: a session's ``run``, ``run_async``, ``run_with_ort_values`` and I/O binding."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from parity.record.wrapping import unwatched, wrap

if TYPE_CHECKING:
    import numpy as np

    from parity.record.recording import Fed, Recording

LIBRARY = "onnxruntime"

INPUTS = ("input_feed", "input_dict_ort_values")
"""What the argument of the inputs is called."""

BOUND = "_yolo_parity_bound"
"""Attribute of an I/O binding: what gives each of its inputs, by name."""


def watch(module: Any, recording: Recording) -> None:
    """Wrap the methods of ``onnxruntime.capi.onnxruntime_inference_collection``."""
    _watch_runs(module.Session, recording)
    _watch_binding(module, recording)


def _watch_runs(session_class: Any, recording: Recording) -> None:
    def begin(session: Any, *args: Any, **kwargs: Any) -> Fed | None:
        inputs = args[1] if len(args) > 1 else next(kwargs[k] for k in INPUTS if k in kwargs)
        return _feed(recording, session, dict(inputs))

    def end(fed: Fed | None, results: Any, session: Any, *args: Any, **kwargs: Any) -> None:
        asked = args[0] if args else kwargs.get("output_names")
        recording.answer(fed, _named(session, asked, results))

    for name in ("run", "run_with_ort_values"):
        wrap(session_class, name, before=begin, after=end, failed=recording.failed)
    run_async = getattr(session_class, "run_async", None)
    if run_async is None:
        return

    def begin_async(
        session: Any, output_names: Any, input_feed: Any, callback: Any, *args: Any, **kwargs: Any
    ) -> Any:
        fed = None
        with unwatched(recording.failed):
            fed = _feed(recording, session, dict(input_feed))

        def called(results: Any, data: Any, error: str) -> Any:
            with unwatched(recording.failed):
                if not error:
                    recording.answer(fed, _named(session, output_names, results))
            return callback(results, data, error)

        return run_async(session, output_names, input_feed, called, *args, **kwargs)

    session_class.run_async = begin_async


def _watch_binding(module: Any, recording: Recording) -> None:
    def bound(binding: Any, name: str, *args: Any, **kwargs: Any) -> None:
        (value,) = [*args, *kwargs.values()]
        binding.__dict__.setdefault(BOUND, {})[name] = lambda: value

    def bound_at(binding: Any, name: str, device_type: str, *args: Any, **kwargs: Any) -> None:
        keys = ("device_id", "element_type", "shape", "buffer_ptr")
        given = dict(zip(keys, args, strict=False)) | kwargs
        if device_type == "cpu":
            binding.__dict__.setdefault(BOUND, {})[name] = lambda: array_at(
                given["buffer_ptr"], tuple(given["shape"]), given["element_type"]
            )

    def begin(session: Any, iobinding: Any, *_: Any, **__: Any) -> Fed | None:
        bindings = getattr(iobinding, BOUND, {})
        return _feed(recording, session, {name: value() for name, value in bindings.items()})

    def end(fed: Fed | None, _: None, session: Any, iobinding: Any, *__: Any, **___: Any) -> None:
        if fed is not None:
            recording.answer(fed, _named(session, None, iobinding.copy_outputs_to_cpu()))

    failed = recording.failed
    wrap(module.IOBinding, "bind_cpu_input", before=bound, failed=failed)
    wrap(module.IOBinding, "bind_ortvalue_input", before=bound, failed=failed)
    wrap(module.IOBinding, "bind_input", before=bound_at, failed=failed)
    wrap(module.Session, "run_with_iobinding", before=begin, after=end, failed=failed)


def _feed(recording: Recording, session: Any, inputs: dict[str, Any]) -> Fed | None:
    path = getattr(session, "_model_path", None)
    return recording.feed(LIBRARY, str(path or ""), inputs, id(session))


def _named(session: Any, asked: Any, results: Any) -> list[tuple[str, Any]]:
    names = asked or [output.name for output in session.get_outputs()]
    return list(zip(names, results, strict=False))


def array_at(address: int, shape: tuple[int, ...], element_type: Any) -> np.ndarray:
    """Return a copy of the array that lies at an address."""
    import numpy as np

    dtype = np.dtype(element_type)
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(ctypes.string_at(address, size), dtype).reshape(shape)
