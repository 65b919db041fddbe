"""What a configuration says of boxes that come from elsewhere: where they are and what is known.

What is said of the boxes reaches the rule that reads them, and what is said of the deployment the
rule that diagnoses it, so that a change of one does not make the other stale.
"""

import hashlib
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from parity.data.batch_files import load_batch
from parity.errors import UserError
from parity.external.array_files import SUFFIXES
from parity.external.file_format import FORMATS, files_in
from parity.external.observations import Declared, Known
from parity.external.reader import pictures_in, read_contents
from parity.foreign import LARGEST_FILE, is_file
from parity.planning.config import Config, ExternalConfig, as_pair
from parity.record.manifest import RECORDED

ARRAYS = tuple(f"*{suffix}" for suffix in SUFFIXES)

FILE_PATTERNS = {
    "detections": tuple(sorted({files for each in FORMATS.values() for files in each.files})),
    "input_tensors": ARRAYS,
    "raw_outputs": ARRAYS,
    "recorded": RECORDED,
}
"""Which files count in a folder that a key names."""


def of_model(config: Config, model: str) -> list[str]:
    """Return the deployments that run a model."""
    return [name for name in config.external if config.model_of(name) == model]


def boxes_file(config: Config, name: str) -> str | None:
    """Return the file that holds a deployment's boxes; None if a folder holds them."""
    external = config.external[name]
    if external.inject is not None:
        return f"results/inject/{config.model_of(name)}/{name}.json"
    given = external.detections or ""
    return given if Path(given).is_file() else None


def source_of(config: Config, name: str) -> dict[str, object]:
    """Return what is said of a deployment's boxes, and a digest of a folder of them."""
    external, file = config.external[name], boxes_file(config, name)
    return {
        "source": file or external.detections,
        "content": "" if file else digest_of_folder(external.detections or ""),
        "box_format": external.box_format,
        "names": external.class_names,
    }


def check_boxes(config: Config, batches: Iterable[str | Path]) -> dict[str, list[str]]:
    """Check that the boxes of every deployment can be read; return the pictures that they name.

    Parameters
    ----------
    config : Config
        What was asked for.
    batches : iterable of str or Path
        The lists of all batches.

    Returns
    -------
    dict of str to list of str
        Files that hold masks, by deployment.

    Raises
    ------
    UserError
        If some cannot; the sentence says which and why.
    """
    given = {name: each.detections for name, each in config.external.items() if each.detections}
    images = [image.name for path in batches for image in load_batch(path)] if given else []
    pictures = {}
    for name, source in given.items():
        try:
            named = pictures_in(source, read_contents(source, images))
        except UserError as error:
            raise UserError(f"config: external.{name}.detections: {error}") from None
        pictures[name] = [path for path in named if is_file(Path(path))]
    return pictures


def known_of(external: ExternalConfig) -> Known:
    """Return what is known of a deployment besides its boxes."""
    declared = Declared(
        conf=external.conf,
        iou=external.iou,
        max_det=external.max_det,
        imgsz=None if external.imgsz is None else as_pair(external.imgsz),
        geometry=external.geometry,
        export=external.export,
    )
    return Known(
        declared,
        external.input_tensors,
        external.raw_outputs,
        external.recorded,
        external.tensor_shape,
        external.raw_shape,
    )


def tensor_files(external: ExternalConfig) -> list[str]:
    """Return the files of arrays that a deployment brings."""
    return [
        str(path)
        for key in ("input_tensors", "raw_outputs", "recorded")
        if (folder := getattr(external, key)) is not None
        for path in files_in(folder, FILE_PATTERNS[key])
    ]


@cache
def digest_of_folder(folder: str) -> str:
    """Return a digest of the names and contents of the files of boxes below a folder.

    Of a file that is too large to be read, the size counts.
    """
    digest = hashlib.sha256()
    for path in files_in(folder, FILE_PATTERNS["detections"]):
        digest.update(b"%s\0" % os.fsencode(path.relative_to(folder)))
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST_FILE else str(size).encode()
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:12]
