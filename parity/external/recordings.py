"""What ``python -m parity.record`` recorded, as arrays of images of a run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parity.backends.runtimes.runtime import TensorInfo
from parity.data.image_names import ImageNames, left_out
from parity.documents import from_plain
from parity.errors import MAX_SAID, UserError, in_one_line, printable, shown
from parity.external.raw_outputs import fits
from parity.foreign import is_file, name_in_words, parse_json, read_text, shorten
from parity.reading_limit import reading_limit
from parity.record.manifest import MANIFEST, MANIFESTS, Manifest, RecordedOutput, RecordedTensor


@dataclass(frozen=True)
class RecordedArrays:
    """The files of a recording by image of the run."""

    tensors: dict[str, Path]
    raws: dict[str, tuple[Path, ...]]
    """Input tensors and raw outputs; an image may lack the latter, or all but the first."""
    notes: tuple[str, ...]
    """A sentence on each thing that was left out."""


def assigned_tensors(folder: Path) -> tuple[list[RecordedTensor], list[str]]:
    """Return the recorded tensors of which the image is known, and what the recording notes.

    Parameters
    ----------
    folder : Path
        Holds a manifest per process that fed a network.

    Raises
    ------
    UserError
        If there is no manifest, one is damaged, or no tensor was recorded whose image is known.
    """
    paths = sorted(folder.glob(MANIFESTS))
    if not paths:
        raise UserError(f"{folder} is not a recording: it holds no {MANIFEST}.")
    with reading_limit(folder):
        manifests = [_read_manifest(path) for path in paths]
    tensors = [tensor for manifest in manifests for tensor in manifest.tensors]
    notes = [printable(note[:MAX_SAID]) for manifest in manifests for note in manifest.notes]
    assigned = [tensor for tensor in tensors if tensor.image is not None]
    if not tensors:
        raise UserError(
            f"{folder} holds no input tensor: the program ran no network in onnxruntime, cv2.dnn, "
            "openvino or torch that takes images."
        )
    if not assigned:
        raise UserError(
            f"{folder} holds {len(tensors)} input tensors, and it is certain for none of them "
            "which image it shows; record the program on other images, or one at a time."
        )
    if left := len(tensors) - len(assigned):
        notes.append(f"It is not certain which image {left} of the recorded tensors show.")
    return assigned, notes


def _read_manifest(path: Path) -> Manifest:
    content = parse_json(read_text(path), path)
    found = content.get("schema") if isinstance(content, dict) else None
    if found != f"yolo-parity/{Manifest.SCHEMA}":
        raise UserError(
            f"{path} should hold {Manifest.SCHEMA}, not {shorten(found)}; record again."
        )
    try:
        return from_plain(content, Manifest)
    except msgspec.ValidationError as error:
        raise UserError(f"{path} is damaged ({in_one_line(error)}); record again.") from None


def read_recording(
    folder: Path, images: ImageNames, outputs: Sequence[TensorInfo]
) -> RecordedArrays:
    """Return the files of a recording by image.

    Parameters
    ----------
    folder : Path
        What ``python -m parity.record --output`` wrote.
    images : ImageNames
        The images of the run.
    outputs : sequence of TensorInfo
        What the network returns, as far as it counts; shapes tell the recorded outputs apart.

    Raises
    ------
    UserError
        If no tensor of an image of the run is recorded.
    """
    assigned, notes = assigned_tensors(folder)
    network, _ = Counter(_network(tensor) for tensor in assigned).most_common(1)[0]
    if others := {_network(tensor) for tensor in assigned} - {network}:
        notes.append(
            f"Of {len(others) + 1} recorded networks, {shown(' '.join(network))} is looked at."
        )
    by_image: dict[str, RecordedTensor] = {}
    ambiguous: set[str] = set()
    own = {str(tensor.image): tensor for tensor in assigned if _network(tensor) == network}
    found = images.resolve({given: str(folder) for given in own})
    for tensor in assigned:
        name = found.get(str(tensor.image)) if _network(tensor) == network else None
        if name is not None and by_image.setdefault(name, tensor).tensor != tensor.tensor:
            ambiguous.add(name)
    if not by_image:
        known, other = next(iter(images), "none"), name_in_words(next(iter(own)))
        raise UserError(
            f"{folder} records none of the images of this run, such as {known}; it "
            f"records {other}, for example."
        )
    notes += left_out(given for given in own if given not in found)
    if ambiguous:
        notes.append(
            f"{len(ambiguous)} images were fed in several ways, such as {min(ambiguous)}; left out."
        )
    chosen = {name: tensor for name, tensor in by_image.items() if name not in ambiguous}
    raws = {name: _raws(tensor.outputs, folder, outputs) for name, tensor in chosen.items()}
    return RecordedArrays(
        {name: _inside(folder, tensor.tensor) for name, tensor in chosen.items()},
        {name: paths for name, paths in raws.items() if paths},
        tuple(dict.fromkeys(notes)),
    )


def _network(tensor: RecordedTensor) -> tuple[str, str]:
    return tensor.library, tensor.network


def _raws(
    recorded: Sequence[RecordedOutput], folder: Path, outputs: Sequence[TensorInfo]
) -> tuple[Path, ...]:
    """Return the recorded outputs whose shapes are those of the network's outputs.

    If none has the shape of the first output, the first recorded one may have its axes in another
    order.
    """
    alike: list[RecordedOutput] = []
    for output in outputs:
        found = [each for each in recorded if fits(each.shape, output)]
        if not found:
            break
        alike.append(found[0])
    return tuple(_inside(folder, each.file) for each in alike or recorded[:1])


def _inside(folder: Path, name: str) -> Path:
    """Return a file of a recording; a name with folders in it is refused."""
    path = folder / name
    if Path(name).name != name or not is_file(path):
        raise UserError(f"{folder} lacks {shorten(name)}, which its manifest names; record again.")
    return path
