"""Bundles: the files of a runtime's own and what is known of them, in one archive.

Such a file is a flatbuffer of LiteRT, the two files of NCNN, or OpenVINO's ``.xml`` and ``.bin``. A
bundle is a ZIP archive without compression that holds them as they are, and a manifest.
"""

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from parity.documents import from_plain, to_plain
from parity.files import atomic
from parity.integrity import check_whole, damaged, tells_of_damage
from parity.model_files.results import ExportDescription, TensorDescription
from parity.provenance import sha256

SUFFIX = ".zip"
MANIFEST = "manifest.json"
STEM = "model"
"""What the files in a bundle are called, before their suffix."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can state; equal bundles have equal bytes."""


@dataclass(frozen=True)
class BundleManifest:
    """What is known of the files of a bundle."""

    SCHEMA: ClassVar[str] = "bundle/1"

    runtime: str
    """What executes them."""
    file: str
    """The one that is loaded; the others lie beside it."""
    inputs: list[TensorDescription]
    outputs: list[TensorDescription]
    """As they are after the deviations are undone."""
    deviations: list[str]
    """Keys of :data:`parity.model_files.inspection.SENTENCES`."""
    metadata: dict[str, str]
    """What Ultralytics' exporter writes into an ONNX file."""
    weights: int
    """Numbers that the checkpoint holds."""
    box_px: float | None = None
    score: float | None = None
    """Median differences of the best boxes of the raw output from the checkpoint's on a photograph,
    px and score; None where the output has none."""


def write_bundle(destination: str | Path, files: Sequence[Path], manifest: BundleManifest) -> None:
    """Write a bundle.

    Parameters
    ----------
    destination : str or Path
        The archive to write.
    files : sequence of Path
        What it holds, each under :data:`STEM` and its own suffix.
    manifest : BundleManifest
        What is known of them.
    """
    with atomic(destination) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for path in files:
            archive.writestr(zipfile.ZipInfo(f"{STEM}{path.suffix}", EPOCH), path.read_bytes())
        text = json.dumps(to_plain(manifest), indent=1, ensure_ascii=False)
        archive.writestr(zipfile.ZipInfo(MANIFEST, EPOCH), text)


def is_bundle(path: str | Path) -> bool:
    """Return whether a model file is a bundle."""
    return Path(path).suffix == SUFFIX


def read_manifest(path: str | Path) -> BundleManifest:
    """Return what is known of the files of a bundle.

    Raises
    ------
    UserError
        If the bundle is damaged.
    """
    check_whole(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return from_plain(json.loads(archive.read(MANIFEST)), BundleManifest)
    except Exception as error:
        if not tells_of_damage(error):
            raise
        raise damaged(path, "is damaged") from None


@contextmanager
def unpacked(path: str | Path) -> Iterator[Path]:
    """Yield the file of a bundle that is loaded, in a folder that lasts as long as the block."""
    manifest = read_manifest(path)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename == f"{STEM}{Path(member.filename).suffix}":
                with archive.open(member) as source, Path(folder, member.filename).open("wb") as to:
                    shutil.copyfileobj(source, to)
        yield Path(folder, manifest.file)


def describe_bundle(path: str | Path) -> ExportDescription:
    """Return what identifies the files of a bundle.

    Few of these formats say in what precision they store weights, but their size does.
    """
    manifest, digest, size = read_manifest(path), hashlib.sha256(), 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename != MANIFEST:
                content = archive.read(member)
                digest.update(content)
                size += len(content)
    return ExportDescription(
        sha256=digest.hexdigest(),
        bytes=size,
        opset=0,
        ir_version=0,
        producer=manifest.runtime,
        inputs=manifest.inputs,
        outputs=manifest.outputs,
        operators={},
        baked=None,
        weights={stored_as(size / max(manifest.weights, 1)): manifest.weights},
        metadata=manifest.metadata,
        file_sha256=sha256(path),
    )


def stored_as(bytes_per_weight: float) -> str:
    """Return what ONNX calls the type that takes so many bytes for a weight.

    The bounds lie halfway between those of int8, float16 and float32.
    """
    if bytes_per_weight < 1.5:
        return "int8"
    return "float16" if bytes_per_weight < 3 else "float"
