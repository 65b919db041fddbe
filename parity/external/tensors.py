"""Adding input tensors and raw outputs to what is observed of a deployment."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from parity.backends.runtimes.runtime import TensorInfo
from parity.data.image_names import ImageNames
from parity.errors import UserError
from parity.external.array_files import Shape, files_by_image, files_of_arrays, read_array
from parity.external.observations import Known, Observations
from parity.external.raw_outputs import output_files, read_outputs
from parity.external.recordings import read_recording
from parity.foreign import name_in_words


def with_arrays(
    observations: Observations,
    known: Known,
    names: Iterable[str],
    *,
    input_shape: Shape | None = None,
    stride: int = 1,
    outputs: Sequence[TensorInfo] = (),
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
    input_shape : tuple of int or None
        What the network takes for an image, such as (1, 3, 640, 640); None where that depends on
        the image.
    stride : int
        What the sides are multiples of, px.
    outputs : sequence of TensorInfo
        What it returns, as far as it counts.

    Raises
    ------
    UserError
        If a file cannot be used, or none is named after an image.
    """
    images = ImageNames(names)
    notes: tuple[str, ...] = ()
    if known.recorded is not None:
        recording = read_recording(Path(known.recorded), images, outputs)
        tensor_files, raw_files, notes = recording.tensors, recording.raws, recording.notes
    else:
        tensor_files, no_tensors = _tensor_files(known.input_tensors, images)
        raw_files, no_raws = output_files(known.raw_outputs, outputs, images)
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
        array = read_array(path, shape=shape, shape_key="tensor_shape")
        found = as_tensor(array, path, unusual)
        fits = all(side % stride == 0 for side in found.shape[2:])
        if not (fits if input_shape is None else found.shape == input_shape):
            sides = f"multiples of {stride}" if input_shape is None else list(input_shape[2:])
            raise UserError(
                f"{path} has the height and width {list(found.shape[2:])}, and the export takes "
                f"{sides}; set export to the one that the deployment runs, or leave this out."
            )
        return found

    tensors = {name: tensor(path) for name, path in tensor_files.items()}
    raws = {
        name: read_outputs(paths, outputs, unusual, raw_shape=known.raw_shape)
        for name, paths in raw_files.items()
    }
    counted = [
        f"{said} ({count} image{'s' if count > 1 else ''})." for said, count in unusual.items()
    ]
    return replace(
        observations,
        tensors=tensors,
        raws=raws,
        notes=(*observations.notes, *notes, *counted),
    )


def _tensor_files(
    folder: str | None, images: ImageNames
) -> tuple[dict[str, Path], tuple[str, ...]]:
    if folder is None:
        return {}, ()
    return files_by_image(Path(folder), files_of_arrays(Path(folder)), images)


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
    fits = tensor.ndim == 4 and len(tensor) == 1 and 3 in (tensor.shape[1], tensor.shape[3])
    if not (fits and tensor.size):
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
