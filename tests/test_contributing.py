"""What CONTRIBUTING.md adds works as it says, without a change to any other file."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from parity.data.sample_images import find_samples
from tests.conftest import ROOT, copy_project

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
EXAMPLE = re.compile(
    r"^(?P<action>Add|Append to|Change) `(?P<path>[\w/.]+)`:\n\n"
    r"```(?:python|diff)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_, *HEADINGS_AND_TEXTS = re.split(r"^### (.+)$", TEXT, flags=re.MULTILINE)
EXAMPLES = dict(
    zip(HEADINGS_AND_TEXTS[::2], map(EXAMPLE.search, HEADINGS_AND_TEXTS[1::2]), strict=True)
)


def patched(text: str, diff: str) -> str:
    """Apply a diff whose hunks are separated by @@ and found by their lines."""
    for hunk in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"CONTRIBUTING.md expects once: {old}"
        text = text.replace(old, new)
    return text


def use(title: str, tmp_path: Path, program: str, *arguments: object) -> str:
    """Apply an example to a copy of the project, run a program there, return what it prints."""
    root = copy_project(tmp_path / "project", tmp_path / "home").root
    example = EXAMPLES[title]
    assert example
    path = root / example["path"]
    if example["action"] == "Add":
        assert not path.exists()
        path.write_text(example["code"])
    elif example["action"] == "Append to":
        path.write_text(path.read_text() + example["code"])
    else:
        path.write_text(patched(path.read_text(), example["code"]))
    style = [sys.executable, "-m", "ruff", "check", "--quiet", path]
    assert subprocess.run(style, cwd=root, check=False).returncode == 0
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_is_an_example_of_each() -> None:
    assert list(EXAMPLES) == [
        "A fault",
        "A pipeline choice",
        "A task",
        "A runtime",
        "A family",
        "A box format",
        "A section of the report",
    ]


FAULT = """
import sys
from pathlib import Path
from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.evaluation.injection import find_faults, observe, with_faults
from parity.diagnosis.diagnosis import diagnose
from parity.external.observations import Declared
from parity.planning.schema import complete

external = {"mine": {"inject": ["caffe"]}}
complete({"models": {"m": {"weights": "yolo11n.pt"}}, "external": external})
network = OnnxNetwork.load(Path(sys.argv[1]), threads=1)
samples = {name: path for name, path in find_samples().items() if path.suffix == ".jpg"}
replayer = Replayer(network, samples)
declared = Declared(conf=0.25, iou=0.45)
correct = Pipeline(conf=0.25, iou=0.45, stride=32)
pipeline = with_faults(find_faults(["caffe"]), correct)
seen = observe(replayer, pipeline, list(replayer.paths), declared=declared)
print(*(fault.title for fault in diagnose(seen, replayer, network.names).faults))
"""


def test_a_fault_is_injected_and_found(tmp_path: Path, yolo11n_onnx: Path) -> None:
    named = use("A fault", tmp_path, FAULT, yolo11n_onnx)
    assert named == "Caffe preprocessing (BGR, ImageNet mean subtracted)\n"


CHOICE = """
import sys
import numpy as np
from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import PREPROCESSING
from parity.deployment.reading import read_with_choices

ways = ("all", "even")
plain, even = (read_with_choices(Pipeline(lines=way), sys.argv[1]) for way in ways)
assert even.shape == plain.shape
assert all(np.array_equal(even[i], plain[i // 2 * 2]) for i in range(len(plain)))
assert "lines" in PREPROCESSING
try:
    Pipeline(lines="none")
except ValueError as error:
    print(error)
"""


def test_a_choice_acts_and_is_validated(tmp_path: Path) -> None:
    said = use("A pipeline choice", tmp_path, CHOICE, find_samples()["bus.jpg"])
    assert said == "lines is 'none'; it must be one of 'all', 'even', 'odd'\n"


TASK = """
import numpy as np
from parity.backends.onnx_metadata import read_facts
from parity.backends.runtimes.runtime import TensorInfo
from parity.tasks.task import supported_models

class Session:
    metadata = {"imgsz": "[64, 64]", "names": "{0: 'a', 1: 'b'}", "stride": "32"}
    metadata["task"] = "objectness"
    input = TensorInfo("images", (1, 3, 64, 64), "float32")
    outputs = (TensorInfo("output0", (1, 7, 3), "float32"),)

raw = np.array([[1, 1, 1]] * 4 + [[0.5, 1, 0.1], [0.9, 0.2, 0.9], [0.1, 0.8, 0.1]], np.float32)
print(supported_models())
print(read_facts(Session(), "x.onnx").task.decode((raw,), 0.4, 2).scores.tolist())
"""


def test_a_task_is_supported_and_decoded(tmp_path: Path) -> None:
    models, scores = use("A task", tmp_path, TASK).splitlines()
    assert "detectors with objectness" in models
    assert json.loads(scores) == pytest.approx([0.45, 0.8])


FAMILY = """
import sys
from pathlib import Path
import numpy as np
from parity.backends.given_export import take_reference
from parity.backends.onnx_network import OnnxNetwork
from parity.planning.schema import complete
from tests.family_files import SIDE, write_network

folder = Path(sys.argv[1])
boxes = np.array([[[10, 20, 30, 60], [5, 5, 7, 9]]], np.float32)
scores = np.array([[[0.9, 0.1, 0.2], [0.3, 0.4, 0.8]]], np.float32)
path = write_network(folder / "given.onnx", {"boxes": boxes, "scores": scores})
complete({"models": {"m": {"reference": {"onnx": str(path)}, "family": "corner_pairs"}}})
options = {"imgsz": [SIDE, SIDE], "metadata": {}, "family": "corner_pairs"}
take_reference(path, folder / "own.onnx", options)
network = OnnxNetwork.load(folder / "own.onnx", threads=1)
found = network.forward(network.preprocess(np.zeros((SIDE, SIDE, 3), np.uint8)))
print(network.family, found[:4].T.tolist(), len(network.names))
"""


def test_a_family_is_read(tmp_path: Path) -> None:
    said = use("A family", tmp_path, FAMILY, tmp_path)
    boxes = [[20.0, 40.0, 20.0, 40.0], [6.0, 7.0, 2.0, 4.0]]
    assert said == f"corner_pairs {boxes} 3\n"


RUNTIME = """
import sys
import numpy as np
from parity.backends.onnx_network import OnnxNetwork
from parity.planning.schema import complete

exports = {"fp32": {"runtime": "standard"}}
complete({"models": {"m": {"weights": "yolo11n.pt"}}, "exports": exports})
tensor = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
runs = [OnnxNetwork.load(sys.argv[1], threads=1, runtime=r) for r in ("onnxruntime", "standard")]
ours, theirs = (network.forward(tensor) for network in runs)
print(np.abs(ours - theirs).max())
"""


def test_a_runtime_is_allowed_and_executes_a_model(tmp_path: Path, yolo11n_onnx: Path) -> None:
    assert float(use("A runtime", tmp_path, RUNTIME, yolo11n_onnx)) < 7e-4  # measured: 2.4e-4


FORMAT = """
import sys
from pathlib import Path
from parity.external.reader import load_external, recognise
from parity.external.source import Source

path = Path(sys.argv[1])
print(recognise(Source.open(path)).name)
seen = load_external(path, {"bus.jpg": (1080, 810)}, {5: "bus"}).images["bus.jpg"]
print(seen.boxes.tolist(), seen.scores.tolist(), seen.class_ids.tolist())
"""


def test_a_box_format_is_recognised_and_read(tmp_path: Path) -> None:
    (tmp_path / "boxes.txt").write_text("bus.jpg bus 0.94 10 20 200 300\n")
    said = use("A box format", tmp_path, FORMAT, tmp_path / "boxes.txt")
    assert said.splitlines() == ["plain text", "[[10.0, 20.0, 200.0, 300.0]] [0.94] [5]"]


SECTION = """
import sys
from pathlib import Path
from tests.reports import write
from tests.synthetic import SAME, make_run

folder = Path(sys.argv[1])
written = write([make_run(folder, SAME)])
(folder / "report.md").write_text(written.markdown)
(folder / "report.html").write_text(written.page)
"""


def test_a_section_is_in_the_page_and_in_markdown(tmp_path: Path) -> None:
    use("A section of the report", tmp_path, SECTION, tmp_path)
    markdown, page = ((tmp_path / f"report.{kind}").read_text() for kind in ("md", "html"))
    assert re.search(r"^#+ Classes$", markdown, re.MULTILINE)
    assert re.search(r"<h\d[^>]*>Classes</h\d>", page)
    for text in (markdown, page):
        assert "Detections by class" in text
