"""Arrays that somebody saved per image: input tensors and raw outputs of the network."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from parity.errors import UserError

SUFFIX = ".npy"


def load_tensors(folder: str | Path | None, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Return the arrays of a folder by the image that they are named after, as float32.

    Parameters
    ----------
    folder : str, Path or None
        Holds ``<image>.npy`` per image, with or without the image's suffix; None holds nothing.
    names : iterable of str
        The images; those without a file are left out.

    Raises
    ------
    UserError
        If a file cannot be read, or none is named after an image.
    """
    if folder is None:
        return {}
    files = {path.stem: path for path in Path(folder).rglob(f"*{SUFFIX}")}
    arrays = {}
    for name in names:
        path = files.get(Path(name).stem) or files.get(Path(name).name)
        if path is None:
            continue
        try:
            arrays[name] = np.load(path, allow_pickle=False).astype(np.float32)
        except (ValueError, OSError) as error:
            raise UserError(f"{path} is no array that NumPy reads ({error}).") from None
    if not arrays:
        raise UserError(f"{folder} holds no {SUFFIX} file named after one of the images.")
    return arrays
