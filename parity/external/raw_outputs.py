"""Raw outputs of a network, image by image, as another program dumped them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from parity.backends.runtimes.runtime import TensorInfo
from parity.data.image_names import ImageNames
from parity.errors import UserError
from parity.external.array_files import Shape, files_by_image, files_of_arrays, read_array
from parity.sentences import listing
from parity.tasks.task import Outputs

SEPARATORS = "._-"
"""What may stand between the name of an image and that of an output."""

MOST_NAMED = 3
"""Files that a sentence names; chosen."""

CHANNELS_FIRST = {3: (0, 2, 1), 4: (0, 3, 1, 2)}
"""The order of axes that puts the channels first, by their number."""


def output_files(
    folder: str | None, outputs: Sequence[TensorInfo], images: ImageNames
) -> tuple[dict[str, tuple[Path, ...]], tuple[str, ...]]:
    """Return the files of a folder by image, in the order of the outputs, and notes.

    Parameters
    ----------
    folder : str or None
        Holds ``<image>.npy``, the first output, or ``<image>.<output>.npy``, by the name of the
        output or as ``output0``, ``output1``; None holds nothing.
    outputs : sequence of TensorInfo
        What the network returns. Those after one that an image lacks do not count.
    images : ImageNames
        The images; those without a file are left out.

    Raises
    ------
    UserError
        If a file could be of two images, two files are of one, or no first output is of any.
    """
    if folder is None:
        return {}, ()
    named: list[dict[Path, Path]] = [{} for _ in outputs]
    for path in files_of_arrays(Path(folder)):
        number, plain = _output_of(path, outputs)
        if (other := named[number].setdefault(plain, path)) != path:
            raise UserError(f"{other} and {path} are the same output; remove one of them.")
    first, *others = named
    by_image, notes = files_by_image(Path(folder), first, images)
    found: dict[str, tuple[Path, ...]] = {n: (first[plain],) for n, plain in by_image.items()}
    alone: list[str] = []
    for number, files in enumerate(others, 1):
        further, left = files_by_image(Path(folder), files, images) if files else ({}, ())
        notes += left
        for name, plain in further.items():
            if len(found.get(name, ())) == number:
                found[name] = (*found[name], files[plain])
            else:
                alone.append(files[plain].name)
    if alone:
        files_alone = listing(alone, limit=MOST_NAMED)
        notes += (f"Left out, since an output before them is missing: {files_alone}.",)
    return found, tuple(dict.fromkeys(notes))


def _output_of(path: Path, outputs: Sequence[TensorInfo]) -> tuple[int, Path]:
    """Return the number of the output that a file holds, and its path without that name."""
    for number, output in enumerate(outputs):
        for name in (output.name, f"output{number}"):
            plain = path.stem.removesuffix(name)
            if plain != path.stem and plain[:-1] and plain[-1] in SEPARATORS:
                return number, path.with_name(plain[:-1] + path.suffix)
    return 0, path


def read_outputs(
    paths: Sequence[Path],
    outputs: Sequence[TensorInfo],
    unusual: Counter[str],
    *,
    raw_shape: Shape | None,
) -> Outputs:
    """Return the raw outputs for an image, without the axis of the batch.

    Parameters
    ----------
    paths : sequence of Path
        A file for each of the first outputs.
    outputs : sequence of TensorInfo
        What the network returns.
    unusual : Counter of str
        Counts the arrays of which something is to be noted.
    raw_shape : tuple of int or None
        The shape of the first output where its file holds floats alone; None stands for that of
        the network.
    """
    found = []
    for number, (path, output) in enumerate(zip(paths, outputs, strict=False)):
        declared = raw_shape if number == 0 else None
        array = read_array(path, shape=declared or fixed_shape(output), shape_key="raw_shape")
        found.append(as_output(array, path, output, unusual))
    return tuple(found)


def fixed_shape(output: TensorInfo) -> Shape | None:
    """Return what an output for one image has; None where that depends on the image."""
    sides = [side for side in output.shape[1:] if isinstance(side, int)]
    return (1, *sides) if len(sides) == len(output.shape) - 1 else None


def as_output(
    array: np.ndarray, path: Path, output: TensorInfo, unusual: Counter[str]
) -> np.ndarray:
    """Return a raw output with the axes that the network gives it, without the batch axis.

    Parameters
    ----------
    array : ndarray
        The raw output for one image, with or without the axis of the batch.
    path : Path
        Where it comes from, for messages.
    output : TensorInfo
        What the network returns.
    unusual : Counter of str
        Counts the arrays of which something is to be noted.

    Returns
    -------
    float32 array
    """
    axes = len(output.shape)
    raw = array[None] if array.ndim == axes - 1 else array
    if raw.ndim != axes or len(raw) != 1:
        asked = ", ".join(["1", *map(str, output.shape[1:])])
        raise UserError(
            f"{path} has the shape {list(array.shape)}; the raw output {output.name} of one image "
            f"has [{asked}]."
        )
    turned = raw.transpose(CHANNELS_FIRST[axes]) if axes in CHANNELS_FIRST else raw
    if not fits(raw.shape, output) and fits(turned.shape, output):
        unusual["Transposed raw outputs were turned as the network returns them"] += 1
        raw = turned
    if not fits(raw.shape, output):
        unusual[
            f"Raw outputs have the shape {list(raw.shape[1:])}, and the export returns "
            f"{output.name} with [{', '.join(map(str, output.shape[1:]))}]: another network gave "
            "them"
        ] += 1
    returned: np.ndarray = raw[0].astype(np.float32, copy=False)
    return returned


def fits(shape: Sequence[int], output: TensorInfo) -> bool:
    """Return whether an array for one image may be a certain output of a network."""
    return len(shape) == len(output.shape) and all(
        own == side
        for own, side in zip(shape[1:], output.shape[1:], strict=True)
        if isinstance(side, int)
    )
