"""The recording of this process: what was read, what was fed, and what came back."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.record.assignment import ORDER, Assignment
from parity.record.likeness import GRID, sample, thumbnail
from parity.record.manifest import MANIFEST, Manifest, RecordedOutput, RecordedTensor
from parity.record.reads import Read, ReadLog

if TYPE_CHECKING:
    import numpy as np

LIBRARIES = "onnxruntime, cv2.dnn, openvino or torch"

TO_DIAGNOSE = "Diagnose them with --recorded of parity.diagnose, or recorded: in a configuration."

LEAST_SIDE = 32
"""Px; an input that is smaller shows no image. Chosen: the largest stride of a YOLO."""

MOST_OUTPUTS = 8
"""Outputs of a network that are recorded at most; chosen."""


@dataclass(frozen=True)
class Fed:
    """What a network was fed at once: the batch, and the entries of its rows that are recorded."""

    batch: int
    entries: list[tuple[int, RecordedTensor]]


class Recording:
    """Records what this process does, into a folder.

    Parameters
    ----------
    folder : Path
        Where to.
    most : int
        Tensors that are recorded at most.
    command : list of str
        What was recorded.
    main : int
        The process that was started; its manifest bears no number.
    """

    def __init__(self, folder: Path, most: int, command: list[str], main: int) -> None:
        self.log = ReadLog()
        self._folder = folder
        self._main = main
        self._manifest = Manifest(command, str(Path.cwd()), most)
        self._assignment = Assignment()
        self._lock = threading.Lock()
        self._known: dict[tuple[Hashable, str], RecordedTensor] = {}
        self._has_failed = False
        self._is_full = False

    def read(self, path: str | bytes | os.PathLike[Any], picture: Any = None) -> Read:
        """Note that an image was read, and what it looks like if it is decoded already."""
        read = self.log.add(path)
        if picture is not None and read.cells is None:
            read.cells, read.size = thumbnail(sample(picture)), picture.shape[:2]
        return read

    def see(self, read: Read, size: tuple[int, int], pixels: bytes) -> None:
        """Note what an image looks like that was read before: GRID x GRID pixels in RGB."""
        import numpy as np

        picture = np.frombuffer(pixels, np.uint8).reshape(GRID, GRID, 3)
        read.cells, read.size = thumbnail(sample(picture)), size

    def feed(
        self, library: str, network: str, inputs: dict[str, Any], identity: Hashable
    ) -> Fed | None:
        """Record the input of a network before it runs.

        Parameters
        ----------
        library, network : str
            See :class:`parity.record.manifest.RecordedTensor`.
        inputs : dict of str to array
            All inputs by name; the first that looks like images is recorded.
        identity : hashable
            Distinguishes networks.

        Returns
        -------
        Fed or None
            For :meth:`answer`; None if there is nothing to record.
        """
        if len(self._manifest.tensors) >= self._manifest.most:
            self._is_full = True
            return None
        arrays = {name: to_array(value) for name, value in inputs.items()}
        name = next((name for name, array in arrays.items() if shows_images(array)), None)
        batch = arrays[name] if name is not None else None
        if name is None or batch is None:
            return None
        with self._lock:
            new = self._new_rows(batch, identity)
            found = self._assignment.assign(
                [batch[number] for number, _ in new],
                self.log.reads(),
                identity,
                threading.get_ident(),
            )
            self._withdraw(identity)
            entries = []
            for (number, digest), (path, reason) in zip(new, found, strict=True):
                file = f"{digest}.input.npy"
                entry = RecordedTensor(path or None, reason, library, network, name, file)
                self._save(file, batch[number : number + 1])
                self._manifest.tensors.append(entry)
                self._known[identity, digest] = entry
                entries.append((number, entry))
            self._write()
        return Fed(len(batch), entries)

    def answer(self, fed: Fed | None, outputs: list[tuple[str, Any]]) -> None:
        """Record the output of a network after it ran."""
        if fed is None or not fed.entries:
            return
        arrays = [(name, to_array(value)) for name, value in outputs[:MOST_OUTPUTS]]
        with self._lock:
            for row, entry in fed.entries:
                entry.outputs = []
                for number, (name, array) in enumerate(arrays):
                    if array is not None and array.ndim and len(array) == fed.batch:
                        # Named after its content: several networks may be fed the same input.
                        file = f"{content_digest(array[row])}.output{number}.npy"
                        self._save(file, array[row : row + 1])
                        shape = [1, *array.shape[1:]]
                        entry.outputs.append(RecordedOutput(name, file, shape))
            self._write()

    def failed(self, error: BaseException) -> None:
        """Note that something could not be recorded."""
        if not self._has_failed:
            self._has_failed = True
            note = f"Something could not be recorded: {type(error).__name__}: {error}."
            self._manifest.notes.append(note)

    def finish(self) -> None:
        """Write the manifest and say in a line what was recorded."""
        tensors, most = self._manifest.tensors, self._manifest.most
        if self._is_full:
            self._manifest.notes.append(
                f"Only the first {most} tensors are recorded; --most {10 * most} records more."
            )
        if tensors or self._manifest.notes or os.getpid() == self._main:
            with suppress(OSError):
                self._write()
            unassigned = sum(entry.image is None for entry in tensors)
            noun = "tensor" if len(tensors) == 1 else "tensors"
            said = [f"{len(tensors)} input {noun} recorded in {self._folder}."]
            said.append(TO_DIAGNOSE if tensors else f"No network of {LIBRARIES} was given images.")
            if unassigned:
                said.append(f"For {unassigned} of them it is not certain which image they show.")
            if sys.__stderr__ is not None:
                with suppress(OSError, ValueError):
                    lines = " ".join([*said, *self._manifest.notes])
                    sys.__stderr__.write(f"parity.record: {lines}\n")
                    sys.__stderr__.flush()

    def continue_in_fork(self) -> None:
        """Begin a manifest of this process's own."""
        self._lock = threading.Lock()
        self.log.renew_lock()
        self._manifest.tensors, self._manifest.notes = [], []
        self._known, self._has_failed, self._is_full = {}, False, False

    def _new_rows(self, batch: np.ndarray, identity: Hashable) -> list[tuple[int, str]]:
        """Return the rows of a batch that are to be recorded, with their digests.

        What is of one colour warms a network up or fills a batch, and what was fed before is there.
        """
        new: dict[str, int] = {}
        for number, row in enumerate(batch):
            digest = content_digest(row)
            if row.min() != row.max() and (identity, digest) not in self._known:
                new.setdefault(digest, number)
        room = self._manifest.most - len(self._manifest.tensors)
        self._is_full = self._is_full or len(new) > room
        return [(number, digest) for digest, number in new.items()][:room]

    def _withdraw(self, identity: Hashable) -> None:
        """Take images back that were assigned by order, and about which there is doubt now."""
        for path in self._assignment.doubted(identity):
            for (network, _), entry in self._known.items():
                if network == identity and entry.image == path and entry.assigned == ORDER:
                    entry.image, entry.assigned = None, ""

    def _save(self, name: str, array: np.ndarray) -> None:
        import numpy as np

        path = self._folder / name
        if path.exists():
            return
        temporary = self._folder / f".{os.getpid()}.{threading.get_ident()}.{name}"
        with temporary.open("wb") as stream:
            np.save(stream, array, allow_pickle=False)
        temporary.replace(path)

    def _write(self) -> None:
        main = os.getpid() == self._main
        self._manifest.write(self._folder / (MANIFEST if main else f"manifest-{os.getpid()}.json"))


def content_digest(array: np.ndarray) -> str:
    """Return a digest of the numbers of an array."""
    return hashlib.blake2b(array.tobytes(), digest_size=16).hexdigest()


def to_array(value: Any) -> np.ndarray | None:
    """Return an array of NumPy for what a library takes for one; None for anything else."""
    import numpy as np

    if hasattr(value, "detach"):  # a tensor of PyTorch
        value = value.detach().cpu()
        value = value.float().numpy() if "bfloat16" in str(value.dtype) else value.numpy()
    elif not isinstance(value, np.ndarray):
        if hasattr(value, "numpy"):  # an OrtValue
            value = value.numpy()
        elif hasattr(value, "data") and hasattr(value.data, "shape"):  # a tensor of OpenVINO
            value = value.data
    array = np.asarray(value)
    return array if array.dtype.kind in "fiu" else None


def shows_images(array: np.ndarray | None) -> bool:
    """Return whether an array may be a batch of images: (N, 3, H, W) or (N, H, W, 3)."""
    if array is None or array.ndim != 4:
        return False
    sides = array.shape[2:] if array.shape[1] == 3 else array.shape[1:3]
    return 3 in (array.shape[1], array.shape[3]) and min(sides) >= LEAST_SIDE
