"""OpenVINO: a compiled model's call, its requests, waited for or not, and its queue of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from parity.record.wrapping import unwatched, wrap

if TYPE_CHECKING:
    from parity.record.recording import Fed, Recording

LIBRARY = "openvino"


class _Carried(NamedTuple):
    """A user's data of a request, with what the request was fed."""

    fed: Fed | None
    data: Any


def watch(module: Any, recording: Recording) -> None:
    """Wrap the methods of ``openvino._ov_api``; a compiled model's call uses a request, too."""
    waiting: dict[int, Fed | None] = {}

    def begin(request: Any, inputs: Any = None, *_: Any, **__: Any) -> Fed | None:
        return _feed(recording, request, inputs)

    def end(fed: Fed | None, results: Any, *_: Any, **__: Any) -> None:
        recording.answer(fed, _outputs(results))

    def start(request: Any, inputs: Any = None, *_: Any, **__: Any) -> None:
        waiting[id(request)] = _feed(recording, request, inputs)

    def waited(_: None, __: Any, request: Any) -> None:
        if id(request) in waiting:
            recording.answer(waiting.pop(id(request)), _outputs(request.results))

    failed = recording.failed
    request = module.InferRequest
    wrap(request, "infer", before=begin, after=end, failed=failed)
    wrap(request, "start_async", before=start, failed=failed)
    wrap(request, "wait", after=waited, failed=failed)
    _watch_queue(module.AsyncInferQueue, recording)


def _watch_queue(queue_class: Any, recording: Recording) -> None:
    """Have the callback of a queue told what its request was fed."""
    start_async, set_callback = queue_class.start_async, queue_class.set_callback
    answering: set[int] = set()

    def start(
        queue: Any, inputs: Any = None, userdata: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        fed = None
        with unwatched(recording.failed):
            fed = _feed(recording, queue[queue.get_idle_request_id()], inputs)
        carried = _Carried(fed, userdata) if id(queue) in answering else userdata
        return start_async(queue, inputs, carried, *args, **kwargs)

    def set_own(queue: Any, callback: Any) -> Any:
        if not callable(callback):
            return set_callback(queue, callback)
        answering.add(id(queue))

        def called(request: Any, carried: Any) -> Any:
            if not isinstance(carried, _Carried):
                return callback(request, carried)
            with unwatched(recording.failed):
                recording.answer(carried.fed, _outputs(request.results))
            return callback(request, carried.data)

        return set_callback(queue, called)

    queue_class.start_async, queue_class.set_callback = start, set_own


def _feed(recording: Recording, request: Any, inputs: Any) -> Fed | None:
    name = str(request.get_compiled_model().get_property("NETWORK_NAME"))
    return recording.feed(LIBRARY, name, _named(request, inputs), name)


def _named(request: Any, inputs: Any) -> dict[str, Any]:
    """Return the inputs of a request by name, whichever way they were given."""
    names = [_name_of(port) for port in request.model_inputs]
    if inputs is None:
        return dict(zip(names, request.input_tensors, strict=True))
    if isinstance(inputs, list | tuple):
        return dict(zip(names, inputs, strict=False))
    if isinstance(inputs, Mapping):
        return {_key(key, names): value for key, value in inputs.items()}
    return {names[0]: inputs}


def _key(key: Any, names: list[str]) -> str:
    if isinstance(key, int):
        return names[key]
    return key if isinstance(key, str) else _name_of(key)


def _outputs(results: Any) -> list[tuple[str, Any]]:
    return [(_name_of(port), value) for port, value in results.items()]


def _name_of(port: Any) -> str:
    try:
        return str(port.get_any_name())
    except RuntimeError:  # an output may have no name
        return ""
