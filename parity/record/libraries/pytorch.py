"""PyTorch: the outermost call of a module that is given a batch of images."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from parity.record.wrapping import MARK, is_unwatched, unwatched

if TYPE_CHECKING:
    from parity.record.recording import Recording

LIBRARY = "torch"


def watch(module: Any, recording: Recording) -> None:
    """Wrap the call of ``Module`` in ``torch.nn.modules.module``."""
    original = module.Module.__call__
    within = threading.local()

    @functools.wraps(original)
    def call(network: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(within, "network", False) or is_unwatched() or _is_traced(module.torch):
            return original(network, *args, **kwargs)
        fed, is_network = None, False
        with unwatched(recording.failed):
            values = [each for each in [*args, *kwargs.values()] if _is_images(each, module.torch)]
            if values and _has_weights(network):
                is_network = True
                name = type(network).__qualname__
                fed = recording.feed(LIBRARY, name, {"": values[0]}, id(network))
        if not is_network:
            return original(network, *args, **kwargs)
        within.network = True
        try:
            result = original(network, *args, **kwargs)
        finally:
            within.network = False
        with unwatched(recording.failed):
            recording.answer(fed, [("", tensor) for tensor in _tensors(result, module.torch)])
        return result

    setattr(call, MARK, True)
    module.Module.__call__ = call


def _is_traced(torch: Any) -> bool:
    """Return whether a call is made to learn what it does; nothing may be added to it."""
    compiler = getattr(torch, "compiler", None)
    return torch.jit.is_tracing() or (compiler is not None and compiler.is_compiling())


def _is_images(value: Any, torch: Any) -> bool:
    if not isinstance(value, torch.Tensor) or value.dim() != 4:
        return False
    return 3 in (value.shape[1], value.shape[3])


def _has_weights(module: Any) -> bool:
    """Return whether a module is a network, not a transform; a script may hide its weights."""
    return hasattr(module, "_c") or next(module.parameters(), None) is not None


def _tensors(result: Any, torch: Any) -> list[Any]:
    """Return the tensors that a network gave, without those deeper in what it gave."""
    if isinstance(result, dict):
        result = list(result.values())
    items = result if isinstance(result, list | tuple) else [result]
    return [item for item in items if isinstance(item, torch.Tensor)]
