"""Programs are recorded as people write them, and do not notice."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from parity.record.__main__ import empty
from parity.record.manifest import Manifest
from parity.record.recording import Recording
from tests.conftest import ROOT

SIDE = 64
SIZES = [(60, 100), (100, 60), (80, 80), (50, 120), (90, 70)]

LETTERBOX = """
def letterbox(img, size=64):
    h, w = img.shape[:2]
    r = min(size / h, size / w)
    nw, nh = round(w * r), round(h * r)
    out = np.full((size, size, 3), 114, np.uint8)
    top, left = (size - nh) // 2, (size - nw) // 2
    out[top:top + nh, left:left + nw] = cv2.resize(img, (nw, nh))
    return out

def blob_of(img):
    x = letterbox(img)[..., ::-1].transpose(2, 0, 1)
    return np.ascontiguousarray(x, dtype=np.float32) / 255
"""

SCRIPTS = {
    "onnxruntime": (
        """
import sys, glob, os
import cv2, numpy as np
import onnxruntime as ort
"""
        + LETTERBOX
        + """
if __name__ == "__main__":
    session = ort.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    session.run(None, {name: np.zeros((1, 3, 64, 64), np.float32)})  # warm up
    for path in sorted(glob.glob("images/*.png")):
        img = cv2.imread(path)
        out = session.run(None, {name: blob_of(img)[None]})[0]
        print(os.path.basename(path), out.tobytes().hex())
    print(sys.argv, __name__, os.getcwd(), sys.path[0], file=sys.stderr)
    sys.exit(3)
"""
    ),
    "cv2.dnn": """
import sys, pathlib
import cv2

net = cv2.dnn.readNetFromONNX(sys.argv[1])
for path in sorted(pathlib.Path("images").iterdir()):
    img = cv2.imread(str(path))
    blob = cv2.dnn.blobFromImage(img, 1 / 255, (64, 64), swapRB=True, crop=False)
    net.setInput(blob)
    out = net.forward()
    print(path.name, out.tobytes().hex())
""",
    "openvino": """
import sys, os
import numpy as np
import openvino as ov
from PIL import Image

model = ov.Core().compile_model(sys.argv[1], "CPU")
for name in sorted(os.listdir("images")):
    with Image.open(os.path.join("images", name)) as img:
        x = np.asarray(img.convert("RGB").resize((64, 64)), np.float32) / 255
    out = model(x.transpose(2, 0, 1)[None])[0]
    print(name, out.tobytes().hex())
""",
    "torch": """
import sys, os
import numpy as np
import torch
from PIL import Image

torch.manual_seed(0)
model = torch.nn.Sequential(
    torch.nn.Conv2d(3, 4, 8, stride=8), torch.nn.SiLU(), torch.nn.Flatten(2)
).eval()
for name in sorted(os.listdir("images")):
    img = Image.open("images/" + name).convert("RGB").resize((64, 64))
    x = torch.from_numpy(np.array(img)).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        out = model(x)
    print(name, out.numpy().tobytes().hex())
""",
    "threads": (
        """
import sys, os
from concurrent.futures import ThreadPoolExecutor
import cv2, numpy as np
import onnxruntime as ort
"""
        + LETTERBOX
        + """
session = ort.InferenceSession(sys.argv[1])

def detect(name):
    img = cv2.imdecode(np.fromfile("images/" + name, np.uint8), cv2.IMREAD_COLOR)
    return name, session.run(["output"], {"images": blob_of(img)[None]})[0]

with ThreadPoolExecutor(4) as pool:
    for name, out in pool.map(detect, sorted(os.listdir("images"))):
        print(name, out.tobytes().hex())
"""
    ),
    "batch": (
        """
import sys, os
import cv2, numpy as np
import onnxruntime as ort
"""
        + LETTERBOX
        + """
session = ort.InferenceSession(sys.argv[1])
names = sorted(os.listdir("images"))
for start in range(0, len(names), 2):
    batch = names[start:start + 2]
    images = [cv2.imread("images/" + name) for name in batch]
    x = np.stack([blob_of(img) for img in images])
    for name, out in zip(batch, session.run(None, {"images": x})[0]):
        print(name, out.tobytes().hex())
"""
    ),
}


@dataclass(frozen=True)
class Ran:
    """What a program said, and what its recording holds."""

    stdout: str
    stderr: str
    returncode: int
    manifest: dict[str, Any]
    folder: Path

    @property
    def own_stderr(self) -> str:
        """What the program itself wrote to stderr: all but the last line."""
        *own, last = self.stderr.splitlines(keepends=True)
        assert last.startswith("parity.record: ")
        return "".join(own)

    def fed(self) -> dict[str | None, np.ndarray]:
        """Return the recorded tensors by the name of their image."""
        return {
            entry["image"] and Path(entry["image"]).name: np.load(self.folder / entry["tensor"])
            for entry in self.manifest["tensors"]
        }

    def answered(self) -> dict[str | None, np.ndarray]:
        """Return the recorded first outputs by the name of their image."""
        return {
            entry["image"] and Path(entry["image"]).name: np.load(
                self.folder / entry["outputs"][0]["file"]
            )
            for entry in self.manifest["tensors"]
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with images and a small network."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "images").mkdir()
    random = np.random.default_rng(0)
    for number, (height, width) in enumerate(SIZES):
        small = random.integers(0, 256, (7, 7, 3), np.uint8)
        picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / "images" / f"{number} ä.png"), picture)
    onnx.save(network(), folder / "best.onnx")
    return folder


def network() -> onnx.ModelProto:
    """Return a network of one convolution, (N, 3, 64, 64) to (N, 4, 64)."""
    random = np.random.default_rng(1)
    weights = random.normal(size=(4, 3, 8, 8)).astype(np.float32)
    shape = np.array([0, 4, -1], np.int64)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["images", "w"], ["y"], kernel_shape=[8, 8], strides=[8, 8]),
            helper.make_node("Reshape", ["y", "s"], ["output"]),
        ],
        "small",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", 4, 64])],
        [onnx.numpy_helper.from_array(weights, "w"), onnx.numpy_helper.from_array(shape, "s")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def run(place: Path, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a script, behind some options of the recorder if there are any."""
    path = place / "my_detect.py"
    path.write_text(script)
    return subprocess.run(
        [sys.executable, *options, str(path), "best.onnx"],
        cwd=place,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "YOLO_CONFIG_DIR": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )


def record(place: Path, script: str, *options: str) -> Ran:
    """Run a script with the recorder."""
    folder = place / "recorded"
    done = run(
        place,
        script,
        "-m",
        "parity.record",
        "--output",
        str(folder),
        *options,
        "--",
        sys.executable,
    )
    manifest = folder / "manifest.json"
    assert manifest.is_file(), done.stderr
    content = json.loads(manifest.read_text())
    return Ran(done.stdout, done.stderr, done.returncode, content, folder)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_program_runs_as_before_and_is_recorded(place: Path, name: str) -> None:
    if name == "openvino" and find_spec("openvino") is None:
        pytest.skip("openvino is not installed (requirements-openvino.txt)")
    plain = run(place, SCRIPTS[name])
    ran = record(place, SCRIPTS[name])
    assert plain.stdout, plain.stderr
    assert (ran.stdout, ran.returncode) == (plain.stdout, plain.returncode)
    assert ran.own_stderr == plain.stderr
    assert ran.manifest["notes"] == []
    outputs = {
        line.rsplit(" ", 1)[0]: np.frombuffer(bytes.fromhex(line.rsplit(" ", 1)[1]), np.float32)
        for line in plain.stdout.splitlines()
    }
    answered = ran.answered()
    assert answered.keys() == outputs.keys()
    for image, output in outputs.items():
        np.testing.assert_array_equal(answered[image].ravel(), output)
    for tensor in ran.fed().values():
        assert tensor.shape == (1, 3, SIDE, SIDE)
        assert tensor.dtype == np.float32


def test_images_are_assigned_right(place: Path) -> None:
    ran = record(place, SCRIPTS["threads"])
    for image, tensor in ran.fed().items():
        picture = cv2.imread(str(place / "images" / str(image)))
        height, width = picture.shape[:2]
        gain = SIDE / max(height, width)
        size = round(width * gain), round(height * gain)
        top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
        expected = cv2.resize(picture, size)[..., ::-1].transpose(2, 0, 1) / np.float32(255)
        shown = tensor[0, :, top : top + size[1], left : left + size[0]]
        np.testing.assert_allclose(shown, expected, atol=1e-6)


OTHER_CALLS = """
import io, sys, os
import numpy as np
import onnxruntime as ort
import threading
from PIL import Image

session = ort.InferenceSession(sys.argv[1])
names = sorted(os.listdir("images"))

def tensor(name):
    with open("images/" + name, "rb") as file:
        img = Image.open(io.BytesIO(file.read())).convert("RGB")
    return np.float32(img.resize((64, 64))).transpose(2, 0, 1)[None] / 255

def bound(name, bind):
    x = tensor(name)
    binding = session.io_binding()
    bind(binding, x)
    binding.bind_output("output")
    session.run_with_iobinding(binding)
    return binding.copy_outputs_to_cpu()[0]

def pointer(binding, x):
    binding.bind_input(
        name="images", device_type="cpu", device_id=0, element_type=np.float32,
        shape=x.shape, buffer_ptr=x.ctypes.data,
    )

def later(name):
    done, got = threading.Event(), []
    def called(results, data, error):
        got.append(results[0])
        done.set()
    session.run_async(
        output_names=None, input_feed={"images": tensor(name)}, callback=called, user_data=None
    )
    done.wait(10)
    return got[0]

def values(name):
    value = ort.OrtValue.ortvalue_from_numpy(tensor(name))
    return session.run_with_ort_values(["output"], {"images": value})[0].numpy()

def keywords(name):
    return session.run(input_feed={"images": tensor(name)}, output_names=["output"])[0]

outputs = [
    bound(names[0], lambda binding, x: binding.bind_cpu_input(name="images", arr_on_cpu=x)),
    bound(names[1], pointer),
    later(names[2]),
    values(names[3]),
    keywords(names[4]),
]
for name, out in zip(names, outputs):
    print(name, out.tobytes().hex())
"""


def test_other_ways_to_run_a_session(place: Path) -> None:
    plain, ran = run(place, OTHER_CALLS), record(place, OTHER_CALLS)
    assert plain.stdout, plain.stderr
    assert ran.stdout == plain.stdout
    assert ran.manifest["notes"] == []
    for line in plain.stdout.splitlines():
        image, output = line.rsplit(" ", 1)
        assert ran.answered()[image].tobytes().hex() == output


FILES_AS_ARGUMENTS = """
import os, sys, warnings
import numpy as np
import torch

warnings.simplefilter("always")

class Reader(torch.nn.Module):
    def forward(self, file, x=None):
        return file.readline()

print(Reader()(open(__file__)))
print(torch.nn.Conv2d(3, 1, 8)(torch.full((1, 3, 64, 64), float("nan")).cumsum(3)).isnan().all())
x = torch.rand(1, 3, 64, 64)
x[0, 0, 0, :9] = float("inf")
print(torch.nn.Conv2d(3, 1, 8)(x).shape)
os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
print(open("/dev/null").read())
"""


def test_each_of_two_networks_keeps_its_own_outputs(tmp_path: Path) -> None:
    recording = Recording(tmp_path, 50, ["python"], os.getpid())
    batch = np.random.default_rng(0).random((1, 3, SIDE, SIDE), np.float32)
    for network, value in (("a.onnx", 1.0), ("b.onnx", 2.0)):
        fed = recording.feed("onnxruntime", network, {"images": batch}, network)
        recording.answer(fed, [("output0", np.full((1, 4), value, np.float32))])
    tensors = json.loads((tmp_path / "manifest.json").read_text())["tensors"]
    stored = [np.load(tmp_path / each["outputs"][0]["file"])[0, 0] for each in tensors]
    assert stored == [1.0, 2.0]


def test_odd_values_are_no_matter(place: Path) -> None:
    plain, ran = run(place, FILES_AS_ARGUMENTS), record(place, FILES_AS_ARGUMENTS)
    assert plain.returncode == 0, plain.stderr
    assert (ran.stdout, ran.returncode) == (plain.stdout, 0)
    assert ran.manifest["notes"] == []
    assert ran.own_stderr == plain.stderr


def test_a_program_without_a_network_is_told_so(place: Path) -> None:
    ran = record(place, "import cv2\ncv2.imread('images/0 ä.png')\n")
    assert "No network of onnxruntime, cv2.dnn, openvino or torch was given images." in ran.stderr
    assert ran.manifest["tensors"] == []


def test_a_limit_is_said(place: Path) -> None:
    ran = record(place, SCRIPTS["batch"], "--most", "3")
    assert len(ran.manifest["tensors"]) == 3
    assert "Only the first 3 tensors are recorded; --most 30 records more." in ran.stderr


def test_a_recorder_that_fails_breaks_nothing(place: Path) -> None:
    script = "import os\nos.rename('recorded', 'gone')\n" + SCRIPTS["batch"]
    plain = run(place, SCRIPTS["batch"])
    folder = place / "recorded"
    done = run(place, script, "-m", "parity.record", "--output", str(folder), "--", sys.executable)
    assert (done.stdout, done.returncode) == (plain.stdout, plain.returncode)
    assert done.stderr.count("parity.record: ") == 1
    assert "Something could not be recorded" in done.stderr


PROCESSES = (
    """
import sys, os
from multiprocessing import get_context
import cv2, numpy as np
import onnxruntime as ort
"""
    + LETTERBOX
    + """
def detect(name):
    session = ort.InferenceSession("best.onnx")
    img = cv2.imread("images/" + name)
    return name, session.run(None, {"images": blob_of(img)[None]})[0]

if __name__ == "__main__":
    for method in ("fork", "spawn"):
        with get_context(method).Pool(2) as pool:
            for name, out in pool.imap(detect, sorted(os.listdir("images"))):
                print(name, out.tobytes().hex())
"""
)


def test_processes_of_the_program_are_recorded_too(place: Path) -> None:
    plain, ran = run(place, PROCESSES), record(place, PROCESSES)
    assert plain.stdout, plain.stderr
    assert ran.stdout == plain.stdout
    manifests = [json.loads(path.read_text()) for path in ran.folder.glob("manifest-*.json")]
    images = {entry["image"] for manifest in manifests for entry in manifest["tensors"]}
    assert {Path(image).name for image in images} == set(plain_images(place))
    assert all(entry["outputs"] for manifest in manifests for entry in manifest["tensors"])


def plain_images(place: Path) -> list[str]:
    return sorted(path.name for path in (place / "images").iterdir())


MANY_MODULES = """
import sys
import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 8, stride=8), torch.nn.SiLU()).eval()
x = torch.rand(2, 3, 64, 64)
traced = torch.jit.trace(model, x)
compiled = torch.compile(model, backend="eager")
for network in (model, traced, compiled):
    with torch.no_grad():
        print(network(x).numpy().tobytes().hex()[:64])
print(torch.nn.Upsample(scale_factor=2)(x).shape, traced.graph)
"""


@pytest.mark.nightly  # compiling imports a great deal
def test_modules_of_pytorch_are_traced_and_compiled_as_before(place: Path) -> None:
    plain, ran = run(place, MANY_MODULES), record(place, MANY_MODULES)
    assert plain.stdout, plain.stderr
    assert (ran.stdout, ran.returncode) == (plain.stdout, 0)
    assert ran.manifest["notes"] == []
    assert {entry["network"] for entry in ran.manifest["tensors"]} == {
        "Sequential",
        "TopLevelTracedModule",
        "OptimizedModule",
    }
    assert {entry["image"] for entry in ran.manifest["tensors"]} == {None}


ODD = """
import os, signal, sys
import sitecustomize
print(sys.argv[1:], sitecustomize.__file__, [n for n in sys.modules if n.startswith("parity")])
print([p for p in sys.path if "startup" in p])
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_signals_and_what_python_imports_first_are_the_programs_own(place: Path) -> None:
    (place / "sitecustomize.py").write_text("print('mine')\n")
    path = place / "odd.py"
    path.write_text(ODD)
    command = [sys.executable, str(path), "--", "--output"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{place}:{ROOT}"}
    recorder = [sys.executable, "-m", "parity.record", "--output", str(place / "odd"), "--"]
    plain, ran = (
        subprocess.run(c, cwd=place, env=environment, capture_output=True, text=True, check=False)
        for c in (command, recorder + command)
    )
    (place / "sitecustomize.py").unlink()
    assert plain.returncode == -15
    assert ran.returncode == plain.returncode
    assert ran.stdout == plain.stdout
    assert plain.stdout.startswith("mine\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--", "python", "-I", "x.py"], "a Python with -I, -E or -S cannot be recorded"),
        (["--", "python", "-W", "error", "-uE", "x.py"], "a Python with -I, -E or -S cannot be"),
        (["--most", "0", "--", "python", "x.py"], "--most is 0; it must be at least 1."),
        (["python", "x.py"], "unrecognized arguments: python x.py"),
        (["--"], "name the program after --, as in: -- python my_detect.py"),
        (["--", "no-such-program"], "error: no-such-program is not a program that can be run."),
        (["--output", ".", "--", sys.executable], "holds other files"),
        (["--output", __file__, "--", sys.executable], "(File exists); name another folder with"),
    ],
)
def test_errors_are_one_sentence(place: Path, arguments: list[str], said: str) -> None:
    command = [sys.executable, "-m", "parity.record", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "content", ["{}", '{"schema": 1}', '[{"name": "My site"}]', "", "[" * 9999]
)
def test_a_manifest_of_another_program_is_never_removed(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(FileExistsError, match="holds other files; name another folder with"):
        empty(tmp_path)
    assert (tmp_path / "manifest.json").read_text() == content


@pytest.mark.parametrize("first_line", ["print(1)", "#!/no/python", ""])
def test_a_script_that_the_system_cannot_run_gets_a_sentence(
    place: Path, tmp_path: Path, first_line: str
) -> None:
    script = tmp_path / "detect.py"
    script.write_text(f"{first_line}\n")
    script.chmod(0o755)
    command = [sys.executable, "-m", "parity.record", "--output", str(tmp_path / "recorded")]
    done = subprocess.run(
        [*command, "--", str(script)],
        cwd=place,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {script} cannot be run (")
    assert done.stderr.endswith("as in: -- python my_detect.py\n")


def test_an_earlier_recording_is_replaced(tmp_path: Path) -> None:
    Manifest(["python"], "/x", 50).write(tmp_path / "manifest.json")
    for name in ("manifest-7.json", "1.input.npy", "mine.txt"):
        (tmp_path / name).touch()
    empty(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
