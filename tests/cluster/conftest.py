"""Projects, a cluster and a small disk for the tests of failures."""

import json
import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from parity.data.sample_images import find_samples
from tests.cluster.failures import Table
from tests.cluster.harness import (
    LOCAL,
    Cluster,
    Executor,
    Project,
    inject_faults,
    slurm,
    small_disk,
)
from tests.conftest import Build, copy_project

CONFIG = "images: photographs\nimages_per_job: 3\n"
PHOTOGRAPHS = 6


@pytest.fixture(scope="session")
def base(build: Build) -> Path:
    """Return the folder that this machine and all nodes see."""
    return build("failures", lambda _: None)


@pytest.fixture(scope="session")
def cluster(base: Path) -> Iterator[Cluster]:
    """Return a running SLURM, the same one in all processes that run these tests."""
    missing = [name for name in ("slurmctld", "slurmdbd", "munged") if not shutil.which(name)]
    if missing:
        pytest.skip(f"needs SLURM: {', '.join(missing)} not found; .ci/run says what to install")
    if not find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("needs the packages of requirements-slurm.txt")
    if os.geteuid():
        pytest.skip("its nodes are namespaces of their own, which only root can make")
    cluster = Cluster(base / "slurm", disk=base / "disk")
    with cluster.used(shared=base.parent):
        yield cluster


@pytest.fixture
def disk(project: Project, base: Path) -> Iterator[Path]:
    """Return a disk of a few megabytes."""
    if project.executor.cluster:
        yield project.executor.cluster.disk
    else:
        with small_disk(base / "local-disk") as folder:
            yield folder


@pytest.fixture(params=["local", "slurm"])
def executor(request: pytest.FixtureRequest) -> Executor:
    """Return each way to run jobs."""
    return LOCAL if request.param == "local" else slurm(request.getfixturevalue("cluster"))


@pytest.fixture(scope="session")
def prepared(build: Build) -> Project:
    """Return a project with an export and photographs, in which no network has run yet."""

    def fill(folder: Path) -> None:
        copied = copy_project(folder / "project", folder / "home")
        inject_faults(copied.root)
        (folder / "faults").mkdir()
        photographs = copied.root / "photographs"
        photographs.mkdir()
        sources = [path for path in find_samples().values() if path.suffix == ".jpg"]
        for number in range(PHOTOGRAPHS):
            source = sources[number % len(sources)].read_bytes()
            (photographs / f"{number}.jpg").write_bytes(source + bytes(number))
        (copied.root / "changes.yaml").write_text(CONFIG)
        project(folder, "results/export/yolo11n/fp32.onnx").rerun()

    def project(folder: Path, *targets: str) -> Project:
        return Project(folder / "project", folder / "home", folder / "faults", targets, LOCAL)

    folder = build("prepared", fill)
    batches = sorted((folder / "project/results/plan/batches").glob("[!.]*.json"))
    assert len(batches) > 1
    targets = [f"results/detect_onnx/yolo11n/onnx-fp32/{batch.name}" for batch in batches]
    return project(folder, *targets)


@pytest.fixture(scope="session")
def undisturbed(prepared: Project, build: Build) -> dict[str, str]:
    """Return the digests of all results of a run that nothing disturbs."""

    def fill(folder: Path) -> None:
        project = prepared.copy(folder, LOCAL)
        project.rerun()
        (folder / "digests.json").write_text(json.dumps(project.digests()))

    return json.loads((build("undisturbed", fill) / "digests.json").read_text())


@pytest.fixture
def cluster_project(
    prepared: Project, cluster: Cluster, base: Path, request: pytest.FixtureRequest
) -> Project:
    """Return a project of its own, on spare nodes, for a test that needs a cluster."""
    folder = base / request.node.name
    folder.mkdir()
    return prepared.copy(folder, slurm(cluster, partition="spare"))


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
