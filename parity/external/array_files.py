"""Reading an array that another program dumped: a .npy of NumPy, or nothing but floats."""

import math
from pathlib import Path

import numpy as np

from parity.errors import UserError

RAW_FLOATS = (".raw", ".bin")
"""Suffixes of files that hold little-endian 32-bit floats and nothing else."""

SUFFIXES = (".npy", *RAW_FLOATS)

Shape = tuple[int, ...]


def read_array(path: Path, *, shape: Shape | None, shape_key: str) -> np.ndarray:
    """Read an array of finite numbers; a large one is mapped into memory, not read.

    Parameters
    ----------
    path : Path
        A file with one of :data:`SUFFIXES`.
    shape : tuple of int or None
        The shape that a file of floats has; a .npy has its own.
    shape_key : str
        The key of the configuration that declares the shape, for messages.

    Raises
    ------
    UserError
        If the file is no array of numbers, holds NaN or infinity, or is of another size.
    """
    raw = path.suffix in RAW_FLOATS
    array = _read_floats(path, shape, shape_key) if raw else _read_npy(path)
    if array.dtype.kind not in "fiu":
        raise UserError(f"{path} holds {array.dtype}; save numbers, best as float32.")
    if not np.isfinite(array).all():
        raise UserError(f"{path} holds NaN or infinite numbers; it cannot be compared.")
    return array


def _read_npy(path: Path) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError):
        raise UserError(
            f"{path} is no array of numbers that NumPy reads; save it anew with numpy.save."
        ) from None
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path} is an archive of arrays; save one array with numpy.save.")
    return np.asarray(array)


def _read_floats(path: Path, shape: Shape | None, shape_key: str) -> np.ndarray:
    count, rest = divmod(path.stat().st_size, 4)
    if rest or not count:
        raise UserError(f"{path} holds {4 * count + rest} bytes, which are no 32-bit floats.")
    if shape is None:
        raise UserError(f"{path} holds {count:,} floats of unknown shape; set {shape_key}.")
    if math.prod(shape) != count:
        raise UserError(
            f"{path} holds {count:,} floats, and {math.prod(shape):,} make {list(shape)}; set "
            f"{shape_key} to the shape that was dumped."
        )
    return np.asarray(np.memmap(path, "<f4", "r", shape=shape))
