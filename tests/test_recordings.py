"""What a program was recorded to do, as evidence on the images of a run."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from parity.backends.runtimes.runtime import TensorInfo
from parity.errors import UserError
from parity.external.observations import Known, Observations
from parity.external.tensors import with_arrays
from parity.record.manifest import Manifest, RecordedOutput, RecordedTensor

IMAGES = ["a.jpg", "sub/b.jpg", "other/b.jpg"]
INPUT = (1, 3, 4, 4)
OUTPUTS = {"predictions": (1, 5, 7), "prototypes": (1, 2, 3, 3)}
RECORDED = [(1, 9), *OUTPUTS.values()]


def recorded(
    folder: Path, image: str | None, value: float, *, network: str = "best.onnx"
) -> RecordedTensor:
    """Return an entry whose files are written: an input, and outputs."""
    digest = f"{hash((image, value, network)) & 0xFFFF:04x}"
    np.save(folder / f"{digest}.input.npy", np.full(INPUT, value, np.float32))
    outputs = []
    for number, shape in enumerate(RECORDED):
        name = f"{digest}.output{number}.npy"
        np.save(folder / name, np.full(shape, -value, np.float32))
        outputs.append(RecordedOutput(f"out{number}", name, list(shape)))
    reason = "content" if image else ""
    return RecordedTensor(
        image, reason, "onnxruntime", network, "images", f"{digest}.input.npy", outputs
    )


def read(folder: Path, *tensors: RecordedTensor, more: Manifest | None = None) -> Observations:
    Manifest(["python"], "/x", 50, list(tensors)).write(folder / "manifest.json")
    if more is not None:
        more.write(folder / "manifest-12.json")
    known = Known(recorded=str(folder))
    outputs = [TensorInfo(name, shape, "float32") for name, shape in OUTPUTS.items()]
    return with_arrays(Observations({}), known, IMAGES, input_shape=INPUT, outputs=outputs)


def test_images_are_found_by_the_ends_of_their_paths(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        recorded(tmp_path, "/elsewhere/a.jpg", 1),
        recorded(tmp_path, "/data/images/sub/b.jpg", 2),
        recorded(tmp_path, "/data/unknown.jpg", 3),
        recorded(tmp_path, None, 4),
        more=Manifest(["python"], "/x", 50, [recorded(tmp_path, "other/b.jpg", 5)], ["Full."]),
    )
    assert {name: array[0, 0, 0, 0] for name, array in found.tensors.items()} == {
        "a.jpg": 1,
        "sub/b.jpg": 2,
        "other/b.jpg": 5,
    }
    for name in found.tensors:
        assert [(1, *raw.shape) for raw in found.raws[name]] == [*OUTPUTS.values()]
    assert "Full." in found.notes
    assert "It is not certain which image 1 of the recorded tensors show." in found.notes
    assert "/data/unknown.jpg is not an image of this run; left out." in found.notes


def test_an_image_that_was_fed_in_two_ways_is_left_out(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        recorded(tmp_path, "a.jpg", 1),
        recorded(tmp_path, "a.jpg", 2),
        recorded(tmp_path, "sub/b.jpg", 3),
    )
    assert found.tensors.keys() == {"sub/b.jpg"}
    assert "1 images were fed in several ways, such as a.jpg; left out." in found.notes


def test_one_network_is_looked_at(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        recorded(tmp_path, "a.jpg", 1, network="faces.onnx"),
        recorded(tmp_path, "a.jpg", 2),
        recorded(tmp_path, "sub/b.jpg", 3),
    )
    assert found.tensors["a.jpg"][0, 0, 0, 0] == 2
    assert "Of 2 recorded networks, onnxruntime best.onnx is looked at." in found.notes


def test_errors_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it is certain for none of them which image it shows"):
        read(tmp_path, recorded(tmp_path, None, 1))
    with pytest.raises(UserError, match=r"records none of the images of this run, such as a\.jpg"):
        read(tmp_path, recorded(tmp_path, "/x/unknown.jpg", 1))
    gone = recorded(tmp_path, "a.jpg", 1)
    gone.tensor = "../secret.npy"
    with pytest.raises(UserError, match="which its manifest names; record again"):
        read(tmp_path, gone)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(UserError, match=r"manifest\.json should hold recording/1"):
        with_arrays(Observations({}), Known(recorded=str(tmp_path)), IMAGES)


@pytest.mark.parametrize("sides", [(1, 1), (333, 777), (4096, 4096)])
@pytest.mark.parametrize("takes", [(1, 3, 640, 640), None])
def test_tensors_that_the_network_cannot_take_are_refused(
    tmp_path: Path, sides: tuple[int, int], takes: tuple[int, ...] | None
) -> None:
    np.save(tmp_path / "a.npy", np.zeros((1, 3, *sides), np.float32))
    known = Known(input_tensors=str(tmp_path))
    if takes is None and sides == (4096, 4096):
        assert with_arrays(Observations({}), known, IMAGES, stride=32).tensors
        return
    with pytest.raises(UserError, match=r"a\.npy has the height and width .* the export takes"):
        with_arrays(Observations({}), known, IMAGES, input_shape=takes, stride=32)


def test_what_a_recording_says_is_printable(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        *(recorded(tmp_path, "a.jpg", i, network="\x1b[2J\u202e" + "q" * 5000) for i in (1, 2)),
        more=Manifest(["x"], "/x", 50, [recorded(tmp_path, "a.jpg", 3)], ["\x1b[31mRed\n\u202e"]),
    )
    assert r"\x1b[31mRed\n\u202e" in found.notes
    assert all(note.isprintable() and len(note) < 200 for note in found.notes)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "deep", "large", "list", "other"])
def test_what_is_no_manifest_gets_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "manifest.json"
    make: dict[str, Callable[[], object]] = {
        "link": lambda: path.symlink_to("/dev/zero"),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "deep": lambda: path.write_text("[" * 200_000),
        "large": lambda: (path.touch(), os.truncate(path, 3 << 30)),
        "list": lambda: path.write_text("[1]"),
        "other": lambda: path.write_text('{"schema": "yolo-parity/recording/1", "command": 3}'),
    }
    make[kind]()
    with pytest.raises(UserError, match=r"manifest\.json.*(not a file|deeply|bytes|record again)"):
        with_arrays(Observations({}), Known(recorded=str(tmp_path)), IMAGES)
