"""Projects, a cluster and a small disk for the tests of failures."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from parity.data.listing import find_samples
from tests.cluster.failures import Table
from tests.cluster.harness import LOCAL, Cluster, Executor, Project, inject_faults, slurm
from tests.conftest import copy_project

CONFIG = "images: photographs\nimages_per_job: 2\n"
PHOTOGRAPHS = 8


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that this machine and all nodes see."""
    return tmp_path_factory.mktemp("failures")


@pytest.fixture(scope="session")
def disk(base: Path) -> Iterator[Path]:
    """Return a disk of a few megabytes."""
    folder = base / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a disk that can be filled is a tmpfs, which only root can mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607


@pytest.fixture(scope="session")
def cluster(base: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Return a running SLURM of three nodes."""
    missing = [name for name in ("slurmctld", "slurmdbd", "munged") if not shutil.which(name)]
    if missing:
        pytest.skip(f"needs SLURM: {', '.join(missing)} not found; .ci/run says what to install")
    if not find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("needs the packages of requirements-slurm.txt")
    if os.geteuid():
        pytest.skip("its nodes are namespaces of their own, which only root can make")
    if os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1") != "1":
        pytest.skip("there is one cluster: run these in one process, with make test-cluster")
    request.getfixturevalue("disk")  # what is mounted later is not seen by the nodes
    cluster = Cluster(base / "slurm")
    cluster.folder.mkdir()
    try:
        cluster.start(shared=base)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(params=["local", pytest.param("slurm", marks=pytest.mark.cluster)])
def executor(request: pytest.FixtureRequest) -> Executor:
    """Return each way to run jobs."""
    return LOCAL if request.param == "local" else slurm(request.getfixturevalue("cluster"))


@pytest.fixture(scope="session")
def prepared(base: Path) -> Project:
    """Return a project with an export and photographs, in which no network has run yet."""
    copied = copy_project(base / "prepared" / "project", base / "home")
    inject_faults(copied.root)
    faults = base / "prepared" / "faults"
    faults.mkdir()
    photographs = copied.root / "photographs"
    photographs.mkdir()
    sources = [path for path in find_samples().values() if path.suffix == ".jpg"]
    for number in range(PHOTOGRAPHS):
        source = sources[number % len(sources)].read_bytes()
        (photographs / f"{number}.jpg").write_bytes(source + bytes(number))
    (copied.root / "changes.yaml").write_text(CONFIG)
    export = ("results/export/yolo11n/fp32.onnx",)
    Project(copied.root, copied.home, faults, export, LOCAL).rerun()
    batches = sorted(
        path.name for path in (copied.root / "results/plan/batches").glob("[!.]*.json")
    )
    assert len(batches) > 2
    targets = tuple(f"results/detect_onnx/yolo11n/onnx-fp32/{batch}" for batch in batches)
    return Project(copied.root, copied.home, faults, targets, LOCAL)


@pytest.fixture(scope="session")
def undisturbed(prepared: Project, base: Path) -> dict[str, str]:
    """Return the digests of all results of a run that nothing disturbs."""
    folder = base / "undisturbed"
    folder.mkdir()
    project = prepared.copy(folder, LOCAL)
    project.rerun()
    return project.digests()


@pytest.fixture
def cluster_project(
    prepared: Project, cluster: Cluster, base: Path, request: pytest.FixtureRequest
) -> Project:
    """Return a project of its own for a test that only a cluster can be given."""
    folder = base / request.node.name
    folder.mkdir()
    return prepared.copy(folder, slurm(cluster))


@pytest.fixture
def project(
    prepared: Project, executor: Executor, base: Path, request: pytest.FixtureRequest
) -> Project:
    """Return a project of its own for every test."""
    folder = base / request.node.name.replace("[", "-").rstrip("]")
    folder.mkdir()
    return prepared.copy(folder, executor)


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    """Return the table of failures in docs, which the tests fill."""
    table = Table.load()
    yield table
    table.finish()
