"""``python -m parity.diagnose``: its configuration, its sentences, and a run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES

from parity.backends.onnx_network import OnnxNetwork
from parity.data.batch_files import Batch, BatchImage
from parity.data.sample_images import find_samples
from parity.diagnose.__main__ import HEAD, main, run_workflow
from parity.diagnose.configuration import may_be_published
from parity.diagnosis.evaluation.demo_boxes import write_demo_boxes
from parity.documents import save
from parity.planning.checks import checked
from parity.planning.schema import complete
from tests.conftest import ROOT

BOX = {"image": "a.jpg", "box": [10, 20, 30, 60], "score": 0.5, "class_id": 2}


@pytest.fixture
def given(tmp_path: Path, yolo11n_static: Path) -> dict[str, str]:
    """Return what a user names: an ONNX file, boxes, images and a checkpoint."""
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((40, 60, 3), np.uint8))
    (tmp_path / "photos").mkdir()
    (tmp_path / "a.jpg").rename(tmp_path / "photos" / "a.jpg")
    (tmp_path / "boxes.json").write_text(json.dumps([BOX]))
    (tmp_path / "best.pt").write_text("x")
    return {
        "onnx": str(yolo11n_static),
        "boxes": str(tmp_path / "boxes.json"),
        "images": str(tmp_path / "photos"),
        "weights": str(tmp_path / "best.pt"),
        "output": str(tmp_path / "run"),
    }


def arguments_of(given: dict[str, str], *more: str) -> list[str]:
    positional = [given[key] for key in ("onnx", "boxes", "images")]
    named = [f"--{key}={given[key]}" for key in ("weights", "output", "names") if key in given]
    return [*positional, *named, *more]


def configured(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch, *more: str
) -> dict[str, Any]:
    """Return the configuration that the command writes; no workflow is run."""
    monkeypatch.setattr("parity.diagnose.__main__.run_workflow", lambda *_: 7)
    assert main(arguments_of(given, *more)) == 7
    text = (Path(given["output"]) / "config.yaml").read_text()
    assert text.startswith(HEAD)
    config: dict[str, Any] = yaml.safe_load(text)
    return config


def test_the_configuration_says_what_was_given(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(given, monkeypatch, "--conf=0.005", "--iou=0.5", "--max-det=100")
    asked = checked(complete(config))
    (external,) = asked.external.values()
    assert (external.conf, external.iou, external.max_det) == (0.005, 0.5, 100)
    assert external.detections == given["boxes"]
    assert asked.candidates.floor == 0.005
    (export,) = asked.exports.values()
    assert (export.onnx, export.dynamic, export.nms) == (given["onnx"], False, None)
    assert [asked.size_of(model) for model in asked.models] == [(640, 640)]
    configured(given, monkeypatch)  # its own folder may be used again


def test_folders_of_further_evidence_are_named(
    tmp_path: Path, given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tensors", "raws"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", np.zeros((1, 3, 640, 640), np.float32))
    folders = f"--input-tensors={tmp_path / 'tensors'}", f"--raw-outputs={tmp_path / 'raws'}"
    (external,) = configured(given, monkeypatch, *folders)["external"].values()
    assert external["input_tensors"] == str(tmp_path / "tensors")
    assert external["raw_outputs"] == str(tmp_path / "raws")
    with pytest.raises(SystemExit):
        main(arguments_of(given, "--recorded=nowhere"))


def test_a_published_checkpoint_is_named_as_in_a_configuration(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(given | {"weights": "yolo11n.pt"}, monkeypatch)
    (model,) = checked(complete(config)).models.values()
    assert model.weights == "yolo11n.pt"


def test_every_published_checkpoint_of_a_task_may_be_named() -> None:
    names = [each for each in GITHUB_ASSETS_NAMES if each.endswith(".pt")]
    others = {each for each in names if not may_be_published(Path(each))}
    assert len(others) < len(names) / 2
    assert all("sam" in each.lower() for each in others)


def test_the_name_of_a_checkpoint_that_is_elsewhere_is_not_taken_for_a_published_one(
    given: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments_of(given | {"weights": "best.pt"}))
    assert capsys.readouterr().err.endswith(": best.pt does not exist.\n")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weights": "no.pt"}, "no.pt does not exist."),
        ({"onnx": "a.onnx", "images": "b"}, "a.onnx and "),
        ({"onnx": "boxes.json"}, "is not a .onnx file; name the ONNX file that the deploy"),
        ({"onnx": "photos"}, "photos is not a file."),
        ({"weights": "boxes.json"}, "is not a .pt file; name the checkpoint that was exported."),
        ({"images": "empty"}, "empty holds no image."),
        ({"images": "none"}, "none does not exist."),
        ({"boxes": "photos", "images": "boxes.json"}, "boxes.json is no folder of images; name "),
        ({"boxes": "none.json"}, "none.json does not exist."),
        ({"boxes": "best.pt"}, "is in none of the formats that can be read; boxes are read from"),
        ({"output": "others"}, "config.yaml exists; name another folder with --output."),
        ({"output": "pipe"}, "config.yaml exists; name another folder with --output."),
        ({"output": "round"}, "/round cannot be used (File exists); name another path."),
        ({"names": "round"}, "/round does not exist."),
        ({"output": "a{b}"}, "a{b}, whose name holds braces or is no UTF-8; rename the folder"),
        ({"output": "a" * 300}, " cannot be used (File name too long); name another path."),
        ({"output": "/proc/a"}, "/proc/a cannot be used (No such file or directory); name an"),
        ({"boxes": "a{b}.json"}, "error: boxes is "),
    ],
)
def test_a_mistake_gets_a_sentence_and_exit_code_2(
    tmp_path: Path,
    given: dict[str, str],
    changes: dict[str, str | None],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "config.yaml").write_text("models: {}\n")
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "config.yaml")
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "a{b}.json").write_text(json.dumps([BOX]))
    paths = {key: str(tmp_path / value) for key, value in changes.items() if value is not None}
    asked = {
        key: value for key, value in (given | paths).items() if changes.get(key, "") is not None
    }
    with pytest.raises(SystemExit) as ended:
        main(arguments_of(asked))
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_a_folder_that_is_gone_gets_a_sentence(
    tmp_path: Path,
    given: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(SystemExit) as ended:
        main(arguments_of(given | {"output": "run"}))
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.endswith(
        "the current folder cannot be used (No such file or directory); name another path.\n"
    )


@pytest.mark.parametrize("argument", ["onnx", "boxes", "images", "weights", "output"])
def test_an_empty_argument_is_not_the_current_folder(
    given: dict[str, str], argument: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments_of(given | {argument: ""}))
    assert ended.value.code == 2
    assert f"{argument}: it is empty; name a path." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("conf", "demand"), [("1.5", "below 1"), ("-1.0", "at least 0"), ("NaN", "a finite number")]
)
def test_a_threshold_that_cannot_be_gets_a_sentence(
    given: dict[str, str], conf: str, demand: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments_of(given, f"--conf={conf}"))
    said = capsys.readouterr().err
    assert said == f"python -m parity.diagnose: error: --conf is {conf}; it must be {demand}.\n"


@pytest.mark.parametrize(("program", "status"), [("true", 0), ("false", 3)])
def test_a_step_that_fails_is_told_from_boxes_that_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, status: int
) -> None:
    monkeypatch.setattr(sys, "executable", program)  # instead of Python, which runs Snakemake
    assert run_workflow(tmp_path, "1") == status


@pytest.mark.parametrize(
    ("reader", "status", "said"),
    [("/dev/full", 1, "error: the disk is full "), ("a closed pipe", 0, "")],
)
def test_an_answer_that_cannot_be_printed(reader: str, status: int, said: str) -> None:
    if reader == "/dev/full":
        output = os.open(reader, os.O_WRONLY)
    else:
        end, output = os.pipe()
        os.close(end)
    code = "from parity.diagnose.__main__ import *\nwith in_one_sentence(): say('words')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(output)
    assert (done.returncode, done.stderr[: len(said) or None]) == (status, said)
    assert done.stderr.count("\n") == bool(said)


@pytest.mark.nightly
def test_the_answer_is_printed(
    tmp_path: Path,
    given: dict[str, str],
    yolo11n_pt: Path,
    yolo11n_static: Path,
) -> None:
    samples = find_samples()
    listed = [BatchImage(name, str(path), "x") for name, path in samples.items()]
    save(tmp_path / "batch.json", Batch(listed))
    folder = tmp_path / "samples"
    folder.mkdir()
    for name, path in samples.items():
        (folder / name).write_bytes(path.read_bytes())
    network = OnnxNetwork.load(yolo11n_static, threads=1)
    write_demo_boxes(network, [str(tmp_path / "batch.json")], ["bgr"], tmp_path / "mine.json")
    given |= {
        "boxes": str(tmp_path / "mine.json"),
        "images": str(folder),
        "weights": str(yolo11n_pt),
    }
    command = [sys.executable, "-m", "parity.diagnose"]
    command += arguments_of(given, "--conf=0.25", "--iou=0.45", "--cores=2")
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr  # the program is wrong
    said = ran.stdout.splitlines()
    assert said[0].startswith(
        'Your program `mine` is wrong in one step: "Colours swapped (BGR instead of RGB)", which '
    )
    assert said[1].startswith("Colours swapped (BGR instead of RGB): ")
    page = Path(said[-1].removeprefix("Report: "))
    assert page.is_file()
    assert page.is_relative_to(given["output"])
