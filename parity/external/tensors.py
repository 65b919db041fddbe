"""Input tensors and raw outputs of a network, image by image, as another program dumped them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from parity.data.image_names import ImageNames
from parity.errors import UserError
from parity.external.array_files import SUFFIXES, Shape, read_array
from parity.external.file_format import files_of_images
from parity.external.observations import Known, Observations
from parity.external.recordings import read_recording
from parity.foreign import files_below, name_in_words


def with_arrays(
    observations: Observations,
    known: Known,
    names: Iterable[str],
    *,
    input_shape: Shape | None = None,
    output_shape: Shape | None = None,
) -> Observations:
    """Add the input tensors and raw outputs that are known of a deployment.

    Parameters
    ----------
    observations : Observations
        The boxes; none if the deployment brings none.
    known : Known
        Says where the arrays are.
    names : iterable of str
        The images of the run. Where there are boxes, only arrays of the same images are added.
    input_shape, output_shape : tuple of int or None
        What the network takes and returns for an image, such as (1, 3, 640, 640) and
        (1, 84, 8400); None where that depends on the image.

    Raises
    ------
    UserError
        If a file cannot be used, or none is named after an image.
    """
    images = ImageNames(names)
    notes: tuple[str, ...] = ()
    if known.recorded is not None:
        recording = read_recording(Path(known.recorded), images, output_shape)
        tensor_files, raw_files, notes = recording.tensors, recording.raws, recording.notes
    else:
        tensor_files, no_tensors = files_by_image(known.input_tensors, images)
        raw_files, no_raws = files_by_image(known.raw_outputs, images)
        notes = no_tensors + no_raws
    without = {*tensor_files, *raw_files} - {*(observations.images or images)}
    if without:
        many = f"{len(without)} image{'s' if len(without) > 1 else ''} without boxes"
        tensor_files = {name: path for name, path in tensor_files.items() if name not in without}
        raw_files = {name: path for name, path in raw_files.items() if name not in without}
        notes += (f"Arrays of {many} are left out, such as {name_in_words(min(without))}.",)
        if not (tensor_files or raw_files):
            folder = known.recorded or known.input_tensors or known.raw_outputs
            raise UserError(f"{folder} holds arrays of {many} alone; list these images.")
    unusual: Counter[str] = Counter()

    def tensor(path: Path) -> np.ndarray:
        shape = known.tensor_shape or input_shape
        return as_tensor(read_array(path, shape=shape, shape_key="tensor_shape"), path, unusual)

    def raw(path: Path) -> np.ndarray:
        shape = known.raw_shape or output_shape
        array = read_array(path, shape=shape, shape_key="raw_shape")
        return as_raw(array, path, output_shape, unusual)

    tensors = {name: tensor(path) for name, path in tensor_files.items()}
    raws = {name: raw(path) for name, path in raw_files.items()}
    counted = [
        f"{said} ({count} image{'s' if count > 1 else ''})." for said, count in unusual.items()
    ]
    return replace(
        observations,
        tensors=tensors,
        raws=raws,
        notes=(*observations.notes, *notes, *counted),
    )


def files_by_image(
    folder: str | None, images: ImageNames
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the files of a folder by the image of the run that they are named after.

    What is named after none is left out and noted.

    Parameters
    ----------
    folder : str or None
        Holds ``<image>.npy``, ``.raw`` or ``.bin`` per image, with or without the image's suffix,
        in the folders of the images where names are equal; None holds nothing.
    images : ImageNames
        The images; those without a file are left out.

    Raises
    ------
    UserError
        If a file could be of two images, two files are of one, or none is of any.
    """
    if folder is None:
        return {}, ()
    files = [path for path in files_below(Path(folder)) if path.suffix in SUFFIXES]
    stems: dict[Path, Path] = {}
    for path in files:
        if (other := stems.setdefault(path.with_suffix(""), path)) != path:
            raise UserError(f"{other} and {path} have one name; remove one of them.")
    by_image, notes = files_of_images(Path(folder), files, images)
    if not by_image:
        known = next(iter(images), "none")
        raise UserError(
            f"{folder} holds no array named after an image of this run, such as {known}."
        )
    return by_image, notes


def as_tensor(array: np.ndarray, path: Path, unusual: Counter[str]) -> np.ndarray:
    """Return an input tensor with the channels first.

    Parameters
    ----------
    array : ndarray
        (1, 3, H, W), (3, H, W), (1, H, W, 3) or (H, W, 3), any dtype.
    path : Path
        Where it comes from, for messages.
    unusual : Counter of str
        Counts the arrays of which something is to be noted.

    Returns
    -------
    (1, 3, H, W) float32
    """
    tensor = array[None] if array.ndim == 3 else array
    if tensor.ndim != 4 or len(tensor) != 1 or 3 not in (tensor.shape[1], tensor.shape[3]):
        raise UserError(
            f"{path} has the shape {list(array.shape)}; the input tensor of one image has "
            "[1, 3, height, width]."
        )
    if tensor.shape[1] != 3:
        unusual["Input tensors with the channels last were turned to channels first"] += 1
        tensor = tensor.transpose(0, 3, 1, 2)
    if tensor.dtype == np.uint8:
        unusual["Input tensors are 8-bit integers"] += 1
    return tensor.astype(np.float32, copy=False)


def as_raw(
    array: np.ndarray, path: Path, expected: Shape | None, unusual: Counter[str]
) -> np.ndarray:
    """Return a raw output with the axes as the network has them.

    Parameters
    ----------
    array : ndarray
        The raw output of one image, with or without the axis of the batch.
    path : Path
        Where it comes from, for messages.
    expected : tuple of int or None
        What the network returns.
    unusual : Counter of str
        Counts the arrays of which something is to be noted.

    Returns
    -------
    (1, rows, columns) float32
    """
    raw = array[None] if array.ndim == 2 else array
    if raw.ndim != 3 or len(raw) != 1:
        raise UserError(
            f"{path} has the shape {list(array.shape)}; the raw output of one image has "
            "[1, rows, columns]."
        )
    turned = (1, raw.shape[2], raw.shape[1])
    if expected is not None and raw.shape != expected and turned == expected:
        unusual["Transposed raw outputs were turned as the network returns them"] += 1
        raw = raw.transpose(0, 2, 1)
    return raw.astype(np.float32, copy=False)
