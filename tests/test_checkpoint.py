"""Checkpoints: what is taken, what is refused and with which sentence, and that nothing runs."""

import gzip
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from ultralytics.nn import tasks
from ultralytics.nn.tasks import ClassificationModel, DetectionModel
from ultralytics.utils import downloads

from parity.backends.pytorch import checkpoint
from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.pytorch.loading import load_model
from parity.backends.pytorch.transcription.facts import OTHER_MODELS
from parity.errors import UserError
from tests.conftest import ROOT


def refused(weights: str | Path, destination: Path, *, trust: bool = False) -> str:
    """Return the sentence that weights are refused with, and check that nothing is left."""
    with pytest.raises(UserError) as caught:
        obtain_checkpoint(str(weights), destination, trust=trust)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert not destination.exists()
    return sentence


def write(path: Path, pickled: bytes) -> Path:
    """Write a checkpoint whose pickle is given, as ``torch.save`` lays it out."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    return path


class Evil:
    """Touches a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


def text(value: str) -> bytes:
    return pickle.BINUNICODE + len(value.encode()).to_bytes(4, "little") + value.encode()


def called(name: bytes, argument: bytes) -> bytes:
    """Return a pickle that calls a global with one argument."""
    return b"\x80\x02}" + text("model") + b"c" + name + b"\n(" + argument + b"tRs."


def architecture_that_runs(command: str) -> bytes:
    """Return the pickle of an architecture whose activation Ultralytics would evaluate."""
    run = f"__import__('os').system({command!r}) or torch.nn.SiLU()"
    detect = [[0, 1, 2], 1, "Detect", ["nc"]]
    layers = [[-1, 1, "Conv", [8, 3, 2]]] * 3
    architecture = {"nc": 1, "activation": run, "backbone": layers, "head": [detect]}
    return pickle.dumps(architecture, 2)[2:-1]


def attacks(marker: Path) -> dict[str, tuple[bytes, str]]:
    """Return pickles that would touch a file, and what must be said of them."""
    command = f"touch '{marker}'"
    name = text(command)
    return {
        "a function of os": (
            pickle.dumps({"model": Evil(marker)}, 2),
            "asks for posix.system, which a YOLO model does not need",
        ),
        "a module that holds os": (
            called(b"torch.serialization\nos.system", name),
            "asks for torch.serialization.os.system",
        ),
        "another that holds it": (
            called(b"ultralytics.utils\nos.system", name),
            "asks for ultralytics.utils.os.system",
        ),
        "getattr": (called(b"builtins\ngetattr", name), "asks for builtins.getattr"),
        "eval": (called(b"builtins\neval", name), "asks for builtins.eval"),
        "a pickle in a pickle": (
            called(b"torch.storage\n_load_from_bytes", name),
            "asks for torch.storage._load_from_bytes",
        ),
        "names put together on the stack": (
            pickle.dumps({"model": Evil(marker)}, 4),
            "asks for posix.system",
        ),
        "names taken from the memo": (
            b"\x80\x04"
            + text("os")
            + b"\x94"
            + text("system")
            + b"\x94h\x00h\x01\x93"
            + name
            + b"\x85R.",
            "hides what it asks for",
        ),
        "the oldest way to call": (
            b"(" + name + b"ios\nsystem\n.",
            "holds os.system instead of a checkpoint",
        ),
        "a number of the extension registry": (b"\x80\x02\x82\x01.", "hides what it asks for"),
        "an allowed class with an architecture that is evaluated": (
            called(b"ultralytics.nn.tasks\nDetectionModel", architecture_that_runs(command)),
            "does not say its architecture",
        ),
    }


@pytest.mark.parametrize("attack", attacks(Path()))
def test_a_pickle_that_runs_something_is_refused_unread(tmp_path: Path, attack: str) -> None:
    marker = tmp_path / "ran"
    pickled, said = attacks(marker)[attack]
    path = write(tmp_path / "evil.pt", pickled)
    sentence = refused(path, tmp_path / "out.pt")
    assert said in sentence
    assert "evil.pt" in sentence
    assert not marker.exists()


def test_the_attacks_would_work_without_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "SAFE_LOAD", False)
    marker = tmp_path / "ran"
    pickled, _ = attacks(marker)["an allowed class with an architecture that is evaluated"]
    for attack in ("a function of os", "names taken from the memo"):
        pickle.loads(attacks(marker)[attack][0])  # noqa: S301
        assert marker.exists()
        marker.unlink()
    with suppress(Exception):  # whatever it makes of so small a network
        torch.load(write(tmp_path / "evil.pt", pickled), weights_only=False)
    assert marker.exists()


def test_trust_is_needed_for_more_and_is_enough(yolo11n_pt: Path, tmp_path: Path) -> None:
    import datetime

    checkpoint = torch.load(yolo11n_pt, weights_only=False)
    torch.save(checkpoint | {"when": datetime.date(2026, 1, 1)}, tmp_path / "dated.pt")
    sentence = refused(tmp_path / "dated.pt", tmp_path / "out.pt")
    assert "asks for datetime.date, " in sentence
    assert "set trust: true for this model if you trust the file." in sentence
    obtain_checkpoint(str(tmp_path / "dated.pt"), tmp_path / "out.pt", trust=True)
    assert (tmp_path / "out.pt").read_bytes() == (tmp_path / "dated.pt").read_bytes()


@pytest.mark.parametrize("trust", [False, True])
def test_a_classifier_is_taken(tmp_path: Path, trust: bool) -> None:
    model = ClassificationModel("yolo11n-cls.yaml", nc=2, verbose=False)
    model.names, model.args = {0: "cat", 1: "dog"}, {"imgsz": 224}
    torch.save({"model": model, "ema": None, "epoch": -1}, tmp_path / "own.pt")
    obtain_checkpoint(str(tmp_path / "own.pt"), tmp_path / "out.pt", trust=trust)
    assert (tmp_path / "out.pt").is_file()


def test_an_anchor_based_head_is_refused_though_trusted(tmp_path: Path) -> None:
    model = DetectionModel("yolo11n.yaml", nc=2, verbose=False)
    del model.model[-1].reg_max
    torch.save({"model": model, "ema": None, "epoch": -1}, tmp_path / "own.pt")
    assert "anchor-based head" in refused(tmp_path / "own.pt", tmp_path / "out.pt", trust=True)


def made(kind: str) -> bytes:
    """Return a pickle of an empty object of a class."""
    owner, name = kind.rsplit(".", 1)
    return b"\x80\x02}" + text("model") + b"c" + f"{owner}\n{name}\n".encode() + b")\x81s."


@pytest.mark.parametrize(("kind", "said"), OTHER_MODELS.items())
@pytest.mark.parametrize("trust", [False, True])
def test_other_models_are_called_by_their_names(
    tmp_path: Path, kind: str, said: str, trust: bool
) -> None:
    sentence = refused(write(tmp_path / "a.pt", made(kind)), tmp_path / "out.pt", trust=trust)
    assert said in sentence
    assert sentence.endswith("pose models and segmentation models of YOLOv8 and later work.")


def test_the_names_of_other_models_are_those_of_ultralytics() -> None:
    for name in OTHER_MODELS:
        if name.startswith("ultralytics."):
            assert hasattr(tasks, name.rsplit(".", 1)[1])


@pytest.mark.parametrize(
    ("architecture", "names", "reason"),
    [
        ("yolov8n.yaml", {0: "cat"}, "one class"),
        ("yolov10n.yaml", {0: "cat", 1: "dög"}, "two heads"),
        ("yolo26n.yaml", {i: f"c{i}" for i in range(91)}, "more classes than COCO"),
        ("yolo12n.yaml", {0: "cat", 1: "dog"}, "attention"),
        ("yolov9t.yaml", {0: "cat", 1: "dog"}, "another family"),
    ],
)
def test_any_detector_of_the_users_own_is_taken(
    tmp_path: Path, architecture: str, names: dict[int, str], reason: str
) -> None:
    model = DetectionModel(architecture, nc=len(names), verbose=False)
    model.names = names
    model.args = {"imgsz": 320}
    torch.save({"model": model.half(), "ema": None, "epoch": -1}, tmp_path / "own.pt")
    obtain_checkpoint(str(tmp_path / "own.pt"), tmp_path / "out.pt", trust=False)
    loaded = load_model(tmp_path / "out.pt")
    assert loaded.names == names, reason
    expected = model.float().state_dict()
    found = loaded.model.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def cut(path: Path, source: Path) -> None:
    path.write_bytes(source.read_bytes()[:100_000])


def torchscript(path: Path, _: Path) -> None:
    torch.jit.trace(torch.nn.Identity(), torch.zeros(1)).save(str(path))


def weights_only(path: Path, source: Path) -> None:
    model = torch.load(source, weights_only=False)["model"]
    torch.save(model.state_dict(), path)


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5613764\n"


def before_zip(path: Path, source: Path) -> None:
    checkpoint = torch.load(source, weights_only=False)
    torch.save(checkpoint, path, _use_new_zipfile_serialization=False)


def bare_model(path: Path, source: Path) -> None:
    torch.save(torch.load(source, weights_only=False)["model"], path)


def nothing(path: Path, _: Path) -> None:
    assert not path.exists()


UNUSABLE = [
    ("a.pt", cut, "it may be truncated", "cut off"),
    ("a.pt", lambda p, _: p.touch(), "is empty", "empty"),
    ("a.pt", lambda p, _: p.write_text("text"), "is text instead of a model; give a .pt", "text"),
    ("a.pt", lambda p, _: p.write_text(LFS), "is a pointer of Git LFS", "not fetched"),
    ("a.pt", lambda p, _: p.write_text("<!DOCTYPE html><html>"), "is a web page", "a login page"),
    ("a.pt", lambda p, _: p.write_bytes(gzip.compress(b"x")), "is compressed with gzip", "gzip"),
    ("a.pt", before_zip, "is in the format of torch before version 1.6", "an old format"),
    ("a.pt", bare_model, "holds ultralytics.nn.tasks.DetectionModel instead", "a bare model"),
    ("a.pt", torchscript, "is a TorchScript archive", "another format of torch"),
    ("a.pt", weights_only, "without their network (a state dict)", "weights without a model"),
    ("a.pt", lambda p, _: write(p, b""), "is damaged", "no pickle"),
    ("a.pt", lambda p, _: write(p, b"\x80\x02}"), "is damaged", "half a pickle"),
    ("a.pt", lambda p, _: write(p, b"\x80\x02K\x05."), "holds a number instead", "a number"),
    ("a.pt", lambda p, _: zipfile.ZipFile(p, "w").close(), "is damaged", "an empty archive"),
    ("a.pt", lambda p, _: p.mkdir(), "neither a file nor a checkpoint", "a folder"),
    ("a.onnx", lambda p, _: p.mkdir(), "does not exist", "a folder"),
    ("a.onnx", nothing, "does not exist", "nothing"),
    (
        "a.onnx",
        lambda p, _: p.write_text("text"),
        "is text instead of a model; give an .onnx",
        "text",
    ),
    ("a.pt", nothing, "neither a file nor a checkpoint", "nothing"),
]


@pytest.mark.parametrize("row", UNUSABLE, ids=lambda row: row[-1])
def test_what_is_no_checkpoint_says_so(yolo11n_pt: Path, tmp_path: Path, row: tuple) -> None:
    name, make, said, reason = row
    make(tmp_path / name, yolo11n_pt)
    sentence = refused(tmp_path / name, tmp_path / "out.pt")
    assert said in sentence, reason
    assert name in sentence


def offline(*_: Any, **__: Any) -> None:
    raise ConnectionError("Download failure\n for https://example.org")


def quiet(*_: Any, **__: Any) -> None:
    """Do nothing, as the downloader does when it may not."""


@pytest.mark.parametrize("downloader", [offline, quiet])
def test_a_published_name_without_a_network_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, downloader: Callable[..., None]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(downloads, "attempt_download_asset", downloader)
    sentence = refused("yolov8s.pt", tmp_path / "out" / "yolov8s.pt")
    assert sentence.startswith(
        "weights: yolov8s.pt is published by Ultralytics but could not be downloaded; "
        "fetch it where there is a network and give its path ("
    )
    assert list(tmp_path.iterdir()) == []


def test_a_published_name_is_checked_like_any_file(
    yolo11n_pt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(path: str, **_: Any) -> None:
        Path(path).write_bytes(yolo11n_pt.read_bytes())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(downloads, "attempt_download_asset", fetch)
    obtain_checkpoint("yolov8s.pt", tmp_path / "out.pt", trust=False)
    monkeypatch.undo()  # Ultralytics asks the same function for what it loads
    assert load_model(tmp_path / "out.pt").names[0] == "person"


def test_a_name_that_nobody_publishes_says_so(tmp_path: Path) -> None:
    sentence = refused("yolo99z.pt", tmp_path / "out.pt")
    assert sentence == (
        "weights: yolo99z.pt is neither a file nor a checkpoint that Ultralytics publishes."
    )


def test_the_package_is_checked_by_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoint, "PACKAGED_SHA256", "0" * 64)
    assert "is not the known file" in refused("yolo11n.pt", tmp_path / "out.pt")
    monkeypatch.setattr(checkpoint, "PACKAGE", "no-such-package")
    assert "which is not installed" in refused("yolo11n.pt", tmp_path / "out.pt")


def test_a_file_of_ones_own_goes_before_the_packaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "yolo11n.pt").write_text("my own, though damaged")
    assert "yolo11n.pt is text instead of" in refused("yolo11n.pt", tmp_path / "out.pt")


HOME = """
import sys
from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.pytorch.loading import load_model
from ultralytics.utils import AUTOINSTALL, ONLINE, SETTINGS_FILE
import numpy
obtain_checkpoint("yolo11n.pt", "results/yolo11n.pt", trust=False)
load_model("results/yolo11n.pt").predict(numpy.zeros((64, 64, 3), "uint8"), imgsz=64, device="cpu")
assert not AUTOINSTALL and not ONLINE, "it may install and download"
print(SETTINGS_FILE)
"""


def test_nothing_is_written_into_the_home_folder_and_nothing_installs(tmp_path: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("YOLO", "XDG", "MPL"))}
    done = subprocess.run(
        [sys.executable, "-c", HOME],
        cwd=work,
        env=kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "WORLD_SIZE": "of a cluster"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []
    assert done.stdout.splitlines()[-1].startswith(str(work / ".ultralytics"))
    assert {path.name for path in work.iterdir()} <= {".ultralytics", "results", "runs"}
