"""What several test modules share: real data, a model, and a copy of the project to run."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import yaml
from filelock import FileLock
from hypothesis import settings
from PIL import Image

import parity.backends.pytorch  # noqa: F401  keeps the settings of Ultralytics out of the home folder
from parity.comparison.tolerances import Tolerance
from parity.data.sample_images import find_samples

if TYPE_CHECKING:
    from parity.deployment.replay import Replayer

RUNTIME_FLOOR = Tolerance(box_px=1e-3, score=1.2e-5)
"""What float32 arithmetic alone does between PyTorch and ONNX Runtime on the same input, and not
more: 2.7 times the largest differences on 128 photographs of COCO, 3.7e-4 px and 4.4e-6."""

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

settings.register_profile("same every time", deadline=None, derandomize=True)
settings.register_profile("nightly", deadline=None, max_examples=10_000)
settings.load_profile("same every time")


def examples(count: int) -> settings:
    """Return settings for a number of examples, and a hundred times as many every night."""
    usual = settings.get_profile("same every time").max_examples
    return settings(max_examples=count * settings().max_examples // usual)


LEAKS = ("PYTHON", "SNAKEMAKE", "PYTEST", "XDG_", "YOLO", "MPL")


@cache
def project_files() -> list[Path]:
    """Return the project's files, relative to its folder: what git follows, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if listed.returncode:
        reason = f"the project's files are listed with git, which says: {listed.stderr}"
        pytest.skip(reason, allow_module_level=True)
    paths = [Path(name) for name in sorted(listed.stdout.split("\0")) if name]
    return [path for path in paths if (ROOT / path).is_file()]


@dataclass(frozen=True)
class Result:
    """What a run of Snakemake said."""

    returncode: int
    """0 when everything succeeded."""
    output: str
    """Both streams."""
    jobs: Counter[str]
    """How many jobs of each rule ran, failed ones included, or would run; without ``all``."""

    @property
    def rules(self) -> set[str]:
        """Return the rules that ran or would run."""
        return set(self.jobs)


def _hear_interrupts() -> None:
    """Undo that a shell lets what it starts in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Workflow:
    """A copy of the project in which Snakemake can be run."""

    root: Path
    """Its folder."""
    home: Path
    """What stands for the user's home."""

    def run(self, *args: str, config: Mapping[str, Any] | None = None) -> Result:
        """Run the workflow and tell which jobs ran.

        Parameters
        ----------
        *args : str
            Targets and options of Snakemake.
        config : mapping, optional
            Applied on top of ``config.yaml``, nested keys too.
        """
        logs = self.root / ".snakemake" / "log"
        earlier = set(logs.glob("*.log"))
        done = self.snakemake("--cores", "2", *args, config=config)
        told = "".join(path.read_text() for path in set(logs.glob("*.log")) - earlier)
        finished = re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", told, re.MULTILINE)
        failed = re.findall(r"^Error in rule (\w+):", told, re.MULTILINE)
        jobs = Counter(rule for rule in finished + failed if rule != "all")
        return Result(done.returncode, done.stdout, jobs)

    def dry_run(self, *args: str, config: Mapping[str, Any] | None = None) -> Result:
        """Tell which jobs would run, see :meth:`run`."""
        done = self.plan("--dry-run", *args, config=config)
        table = re.search(r"^Job stats:\njob +count\n[- ]+\n(.*?)^total ", done.stdout, re.M | re.S)
        rows = [row.split() for row in table[1].splitlines()] if table else []
        jobs = Counter({rule: int(count) for rule, count in rows if rule != "all"})
        return Result(done.returncode, done.stdout, jobs)

    def snakemake(
        self, *args: str, config: Mapping[str, Any] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake in a clean environment; ``stdout`` holds both streams."""
        return subprocess.run(
            [sys.executable, "-m", "snakemake", *args, *self._configfile(config)],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
        )

    def interrupt(self, *, config: Mapping[str, Any]) -> tuple[int, str]:
        """Run the workflow, press Ctrl-C while its first jobs run; return status and output."""
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "2", *self._configfile(config)],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_hear_interrupts,  # noqa: PLW1509 - it sets a signal and no more
            text=True,
        )
        scripts = self.root / ".snakemake" / "scripts"
        while process.poll() is None and not list(scripts.glob("*.py")):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate()
        return process.returncode, output

    def plan(
        self, *args: str, config: Mapping[str, Any] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Do the same without importing Snakemake anew; scripts run in forks of it."""
        arguments = [*args, *self._configfile(config)]
        output = self.home / f"plan-{os.getpid()}.txt"
        server = _planner()
        order = {"folder": str(self.root), "environment": self._environment()}
        order |= {"arguments": arguments, "output": str(output)}
        print(json.dumps(order), file=server.stdin, flush=True)
        status = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, status, output.read_text())

    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(LEAKS)}
        return clean | {"HOME": str(self.home)}

    def _configfile(self, config: Mapping[str, Any] | None) -> list[str]:
        if config is None:
            return []
        path = self.root / ".snakemake" / "changes.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(dict(config)))
        return ["--configfile", "config.yaml", str(path)]

    def copy(self, destination: Path) -> Self:
        """Copy the folder with its results, dates and Snakemake's records."""
        shutil.copytree(self.root, destination, symlinks=True)
        return replace(self, root=destination)


@cache
def _planner() -> subprocess.Popen[str]:
    """Start what plans; it ends with this process."""
    return subprocess.Popen(
        [sys.executable, ROOT / "tests" / "planner.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def copy_project(destination: Path, home: Path) -> Workflow:
    """Copy the project's own files, without results, images and environment."""
    for path in project_files():
        (destination / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, destination / path)
    home.mkdir(exist_ok=True)
    return Workflow(destination, home)


Build = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(autouse=True)
def _pillows_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test leave its limit of pixels to the next."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return a function that fills a folder once for all processes that run these tests."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def fill_once(name: str, fill: Callable[[Path], None]) -> Path:
        folder, filled = base / name, base / f"{name}.filled"
        with FileLock(base / f"{name}.lock"):
            if not filled.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                filled.touch()
        return folder

    return fill_once


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data that may stand beside the project."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder of real data beside the project (../shared)")
    return SHARED


def _files_of(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if path.suffix not in {".csv", ".json"})
    assert paths, f"{folder} is empty"
    return paths


@pytest.fixture(scope="session")
def coco_images(shared: Path) -> list[Path]:
    """Return 128 photographs of COCO."""
    return _files_of(shared / "data" / "coco" / "images")


@pytest.fixture(scope="session")
def hard_images(shared: Path) -> list[Path]:
    """Return files that break readers."""
    return _files_of(shared / "data" / "hard")


@pytest.fixture(scope="session")
def report_images(shared: Path) -> list[Path]:
    """Return three pictures whose detections have been published."""
    return _files_of(shared / "data" / "report_images")


@pytest.fixture(scope="session")
def yolo11n_onnx() -> Path:
    """Return the official export of YOLO11n that a package brings; its input is dynamic."""
    from parity.backends.pytorch.checkpoint import packaged_export

    return packaged_export()


@pytest.fixture(scope="module")
def replayer(yolo11n_onnx: Path) -> "Replayer":
    """Return what replays the samples on the fixed input of YOLO11n."""
    from parity.backends.onnx_network import OnnxNetwork
    from parity.deployment.replay import Replayer

    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    return Replayer(network, find_samples())


@pytest.fixture(scope="session")
def yolo11n_pt(yolo11n_onnx: Path, build: Build) -> Path:
    """Return the checkpoint of YOLO11n, made as the workflow makes it."""

    def fill(folder: Path) -> None:
        from parity.backends.pytorch.rebuilding import rebuild_checkpoint

        rebuild_checkpoint(yolo11n_onnx, folder / "yolo11n.pt")

    return build("checkpoint", fill) / "yolo11n.pt"


@pytest.fixture(scope="session")
def yolo11n_static(yolo11n_pt: Path, build: Build) -> Path:
    """Return an export of YOLO11n that takes 640 x 640, made as the workflow makes it."""

    def fill(folder: Path) -> None:
        from parity.backends.pytorch.export import export_onnx

        own = {"opset": 18, "simplify": True, "dynamic": False, "imgsz": [640, 640]}
        export_onnx(yolo11n_pt, folder / "static.onnx", **own)

    return build("static_export", fill) / "static.onnx"


PHOTOS = {"images": "photos", "images_per_job": 2}
"""The configuration of the finished run."""


def run_photos(folder: Path) -> None:
    """Run the workflow over five photographs and a torn file, in a new project in a folder."""
    project = copy_project(folder / "project", folder / "home")
    photos = project.root / "photos"
    (photos / "street").mkdir(parents=True)
    for name, path in find_samples().items():
        shutil.copy(path, photos / name)
    shutil.copy(photos / "bus.jpg", photos / "street" / "bus.jpg")
    (photos / "torn.jpg").write_bytes(b"no image")
    result = project.run(config=PHOTOS)
    assert result.returncode == 0, result.output
    (folder / "rules.json").write_text(json.dumps(sorted(result.rules)))


@pytest.fixture(scope="session")
def finished(build: Build) -> Workflow:
    """Return a project in which :func:`run_photos` has ended.

    All tests share it: what changes anything takes a copy.
    """
    folder = build("finished", run_photos)
    return Workflow(folder / "project", folder / "home")
