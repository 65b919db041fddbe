"""Arrays that another program dumped, a file per image: a .npy of NumPy, or nothing but floats."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from parity.data.image_names import ImageNames
from parity.errors import UserError
from parity.external.file_format import files_of_images
from parity.folders import files_below
from parity.foreign import is_file, name_in_words, shorten

RAW_FLOATS = (".raw", ".bin")
"""Suffixes of files that hold little-endian 32-bit floats and nothing else."""

SUFFIXES = (".npy", *RAW_FLOATS)

ZIP = b"PK\x03\x04"
"""How an archive begins, which a .npz is."""

MOST_NUMBERS = 1 << 28
"""Numbers of an array, at most; chosen: more than the input tensor of 8,192 x 8,192 px has."""

MOST_AXES = 8
"""Axes of an array, at most; chosen: those of images have four."""

PIECE = 1 << 24
"""Numbers that are looked at together; chosen: 64 MB of float32."""

Shape = tuple[int, ...]


def files_of_arrays(folder: Path) -> list[Path]:
    """Return the arrays of a folder and of those in it.

    Raises
    ------
    UserError
        If two differ in their suffix alone.
    """
    files = [path for path in files_below(folder) if path.suffix in SUFFIXES]
    stems: dict[Path, Path] = {}
    for path in files:
        if (other := stems.setdefault(path.with_suffix(""), path)) != path:
            raise UserError(f"{other} and {path} have one name; remove one of them.")
    return files


def files_by_image(
    folder: Path, files: Iterable[Path], images: ImageNames
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the files of a folder by the image of the run that they are named after.

    What is named after none is left out and noted.

    Parameters
    ----------
    folder : Path
        Where the files are.
    files : iterable of Path
        ``<image>.npy``, ``.raw`` or ``.bin``, with or without the image's suffix, in the folders of
        the images where names are equal.
    images : ImageNames
        The images; those without a file are left out.

    Raises
    ------
    UserError
        If a file could be of two images, two files are of one, or none is of any.
    """
    by_image, notes = files_of_images(folder, files, images)
    if not by_image:
        known = next(iter(images), "none")
        raise UserError(
            f"{folder} holds no array named after an image of this run, such as {known}."
        )
    return by_image, notes


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
        If the file is no array of numbers, holds NaN or infinity, is too large, or is of another
        size.
    """
    if not is_file(path):
        raise UserError(f"{path} is not a file.")
    raw = path.suffix in RAW_FLOATS
    array = _read_floats(path, shape, shape_key) if raw else _read_npy(path)
    if array.dtype.kind not in "fiu":
        raise UserError(
            f"{path} holds {name_in_words(str(array.dtype))}; save numbers, best as float32."
        )
    if array.size > MOST_NUMBERS or array.ndim > MOST_AXES:
        raise UserError(
            f"{path} has the shape {shorten(list(array.shape))}; an array has {MOST_AXES} axes and "
            f"{MOST_NUMBERS:,} numbers at most; save one image at a time."
        )
    numbers = array.reshape(-1, order="A")
    with np.errstate(over="ignore"):
        pieces = (
            numbers[i : i + PIECE].astype(np.float32, copy=False)
            for i in range(0, array.size, PIECE)
        )
        finite = all(np.isfinite(piece).all() for piece in pieces)
    if not finite:
        raise UserError(
            f"{path} holds NaN or infinite numbers, or some too large for float32; it cannot be "
            "compared."
        )
    return array


def _read_npy(path: Path) -> np.ndarray:
    try:
        with path.open("rb") as stream:
            if stream.read(len(ZIP)) == ZIP:
                raise UserError(f"{path} is an archive of arrays; save one array with numpy.save.")
        with np.errstate(over="ignore"):  # of a shape whose size is no number
            return np.asarray(np.lib.format.open_memmap(path, mode="r"))
    except (MemoryError, UserError):
        raise
    except Exception:
        raise UserError(
            f"{path} is not an array of numbers that NumPy can read; save it again with numpy.save."
        ) from None


def _read_floats(path: Path, shape: Shape | None, shape_key: str) -> np.ndarray:
    count, rest = divmod(path.stat().st_size, 4)
    if rest or not count:
        raise UserError(
            f"{path} holds {4 * count + rest} bytes, which is not a whole number of 32-bit floats."
        )
    if shape is None:
        raise UserError(f"{path} holds {count:,} floats of unknown shape; set {shape_key}.")
    if math.prod(shape) != count or len(shape) > MOST_AXES:
        raise UserError(
            f"{path} holds {count:,} floats, and {name_in_words(math.prod(shape))} make "
            f"{shorten(list(shape))}; set {shape_key} to the shape that was dumped."
        )
    return np.asarray(np.memmap(path, "<f4", "r", shape=shape))
