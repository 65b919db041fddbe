"""Bundles: files of a runtime's own, what is known of them, and how their tensors are read."""

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.backends.bundle_session import Conventions, load_bundle
from parity.backends.runtimes.runtime import RUNTIMES, Runtime, Session, TensorInfo
from parity.errors import UserError
from parity.model_files.bundle import (
    BundleManifest,
    describe_bundle,
    read_manifest,
    stored_as,
    unpacked,
    write_bundle,
)
from parity.model_files.bundle_inspection import EXPLAINED, inspect_bundle, of_outputs
from parity.model_files.inspection import SENTENCES
from parity.model_files.results import Inspection, TensorDescription, Wanted

METADATA = {"imgsz": "[32, 64]", "names": "{0: 'a', 1: 'b'}", "stride": "32", "task": "detect"}
MANIFEST = BundleManifest(
    runtime="ncnn",
    file="model.param",
    inputs=[TensorDescription("images", [1, 3, 32, 64], "float")],
    outputs=[TensorDescription("output0", [1, 6, 5], "float")],
    deviations=["fractions"],
    metadata=METADATA,
    weights=3,
    box_px=0.01,
    score=1e-5,
)
WANTED = Wanted(
    given=True,
    opset=18,
    quantize=32,
    dynamic=False,
    imgsz=(32, 64),
    stride=32,
    names={0: "a", 1: "b"},
    trained=(64, 64),
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a bundle of two files with 12 bytes in all, four for each weight."""
    files = [tmp_path / "mine.param", tmp_path / "mine.bin"]
    for file, content in zip(files, (b"layers", b"weight"), strict=True):
        file.write_bytes(content)
    write_bundle(tmp_path / "bundle.zip", files, MANIFEST)
    return tmp_path / "bundle.zip"


def test_files_and_what_is_known_of_them_come_back(bundle: Path) -> None:
    assert read_manifest(bundle) == MANIFEST
    with unpacked(bundle) as file:
        assert (file.name, file.read_bytes()) == ("model.param", b"layers")
        assert file.with_suffix(".bin").read_bytes() == b"weight"
    assert not file.exists()


def test_equal_bundles_have_equal_bytes(bundle: Path, tmp_path: Path) -> None:
    os.utime(tmp_path / "mine.param", (0, 0))
    files = [tmp_path / "mine.param", tmp_path / "mine.bin"]
    write_bundle(tmp_path / "again.zip", files, MANIFEST)
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_the_digest_is_that_of_the_files_alone(bundle: Path, tmp_path: Path) -> None:
    files = [tmp_path / "mine.param", tmp_path / "mine.bin"]
    write_bundle(tmp_path / "other.zip", files, replace(MANIFEST, metadata={}))
    described, other = describe_bundle(bundle), describe_bundle(tmp_path / "other.zip")
    assert described.sha256 == other.sha256
    assert described.file_sha256 != other.file_sha256
    assert (described.bytes, described.weights) == (12, {"float": 3})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", None], ids=["empty", "cut", "foreign"])
def test_a_damaged_bundle_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bundle.zip"
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.json", "{}")
    else:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"bundle.zip is damaged"):
        read_manifest(path)


def test_no_member_leaves_the_folder(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("../outside.bin", b"")
    with unpacked(bundle) as file:
        assert sorted(each.name for each in file.parent.iterdir()) == ["model.bin", "model.param"]
        assert not (file.parent.parent / "outside.bin").exists()


@pytest.mark.parametrize(
    ("size", "stored"),
    [(1.02, "int8"), (1.4, "int8"), (2.05, "float16"), (2.9, "float16"), (4.1, "float")],
)
def test_the_size_tells_the_precision(size: float, stored: str) -> None:
    assert stored_as(size) == stored


def conventions(
    *names: str, rows: int = 6, keypoints: tuple[int, int] | None = None
) -> Conventions:
    return Conventions(names, height=32, width=64, classes=2, rows=rows, keypoint_shape=keypoints)


def test_pixel_values_are_whole_and_channels_come_last() -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, 3, 2, 4)).astype(np.float32)
    fed = conventions("pixels", "nhwc").fed(image / np.float32(255))
    np.testing.assert_array_equal(fed, np.moveaxis(image, 1, -1))


def test_fractions_become_px_in_boxes_and_keypoints_and_in_nothing_else() -> None:
    true = np.random.default_rng(2).random((1, 4 + 2 + 6, 5)).astype(np.float32)
    stored = true.copy()
    for row in (0, 2, 6, 9):
        stored[:, row] /= 64
    for row in (1, 3, 7, 10):
        stored[:, row] /= 32
    (read,) = conventions("fractions", rows=12, keypoints=(2, 3)).read([stored])
    np.testing.assert_allclose(read, true, rtol=1e-6)


def test_logits_and_transposed_outputs_are_undone() -> None:
    true = np.random.default_rng(3).uniform(0.01, 0.99, (1, 7, 5))
    stored = true.copy()
    stored[:, 4:6] = np.log(true[:, 4:6] / (1 - true[:, 4:6]))
    (read,) = conventions("transposed", "logits", rows=7).read([np.swapaxes(stored, 1, 2)])
    np.testing.assert_allclose(read, true, atol=1e-6)


def test_predictions_come_before_prototypes() -> None:
    first, prototypes = np.zeros((1, 38, 5)), np.zeros((1, 8, 16, 32))
    read = conventions("prototypes", rows=38).read([prototypes, first])
    assert [each.shape for each in read] == [(1, 38, 5), (1, 32, 8, 16)]


def echo(tensor: np.ndarray) -> list[np.ndarray]:
    """Return the mean of an input as every number."""
    assert tensor.shape == (1, 32, 64, 3)
    return [np.full((1, 6, 5), tensor.mean(), np.float32)]


ECHO = Session(
    echo,
    TensorInfo("x", (1, 32, 64, 3), "float32"),
    (TensorInfo("y", (1, 6, 5), "float32"),),
    "echo",
    {"echo": "1"},
)


def test_a_bundle_runs_as_an_onnx_export_does(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bundle.parent
    loaded = []

    def load(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:  # noqa: ARG001
        loaded.append(Path(path).name)
        return ECHO

    monkeypatch.setattr(RUNTIMES, "_entries", {"ncnn": Runtime("Echo", load, suffix=".param")})
    deviating = replace(MANIFEST, deviations=["nhwc", "fractions"])
    write_bundle(bundle, [folder / "mine.param", folder / "mine.bin"], deviating)
    session = load_bundle(bundle, threads=1, providers=())
    assert (loaded, session.input.shape, session.executed_by) == (
        ["model.param"],
        (1, 3, 32, 64),
        "echo",
    )
    (output,) = session.run(np.ones((1, 3, 32, 64), np.float32))
    np.testing.assert_array_equal(output[0, :, 0], [64, 32, 64, 32, 1, 1])


def sentences(bundle: Path, manifest: BundleManifest, wanted: Wanted = WANTED) -> dict[str, str]:
    folder = bundle.parent
    write_bundle(bundle, [folder / "mine.param", folder / "mine.bin"], manifest)
    found: Inspection = inspect_bundle(bundle, describe_bundle(bundle), wanted)
    return {each.sentence: each.level for each in found.sentences}


def test_a_file_that_is_as_asked_for_gets_notes_alone(bundle: Path) -> None:
    said = sentences(bundle, MANIFEST)
    assert set(said.values()) == {"note"}
    assert any(each.startswith(SENTENCES["fractions"]) for each in said)
    assert (
        "the best boxes of its raw output differ from the checkpoint's by 0.01 px and 1e-05 "
        in (" ".join(said))
    )


def test_another_size_or_precision_is_found(bundle: Path) -> None:
    said = sentences(bundle, MANIFEST, replace(WANTED, imgsz=(64, 64), quantize=16))
    assert [level for text, level in said.items() if "32x64 px" in text] == ["stop"]
    assert [level for text, level in said.items() if "float16 was asked for" in text] == ["stop"]


@pytest.mark.parametrize("stored", EXPLAINED)
def test_a_raw_output_that_precision_does_not_explain_is_a_warning(stored: str) -> None:
    most_px, most_score = EXPLAINED[stored]
    for manifest, level in (
        (replace(MANIFEST, box_px=most_px, score=most_score), "note"),
        (replace(MANIFEST, box_px=most_px * 1.01), "warn"),
        (replace(MANIFEST, score=most_score * 1.01), "warn"),
        (replace(MANIFEST, score=float("nan")), "warn"),
    ):
        assert [each.level for each in of_outputs(manifest, stored)] == [level]
    assert not list(of_outputs(replace(MANIFEST, box_px=None, score=None), stored))
