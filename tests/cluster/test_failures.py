"""Whatever disturbs a run: a clear sentence, no half file, and the same bytes after a rerun."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cluster.conftest import CONFIG
from tests.cluster.failures import Table
from tests.cluster.harness import LOCAL, Cluster, Fault, Project, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.cluster]

INFER = "results/infer_onnx/"
AGAIN = "run again"
RETRIED = "trying again"
NOTHING = "nothing: it is rerun automatically"


def disturb(project: Project, fault: Fault) -> int:
    """Wait until a job is in the middle, and check that its file is not there."""
    process, _ = fault.fired()
    written = {path.stem for path in (project.root / INFER).rglob("[!.]*.npz")}
    assert len(written) < len(project.targets)
    return process


def finish(project: Project, undisturbed: dict[str, str]) -> None:
    """Run again and compare."""
    project.rerun()
    assert project.digests() == undisturbed


def test_a_job_is_killed(project: Project, undisturbed: dict[str, str], table: Table) -> None:
    fault = project.arm("hold", INFER)
    run = project.start()
    os.kill(disturb(project, fault), signal.SIGKILL)
    failed = run.wait()
    if project.executor is LOCAL:
        assert failed
        said = "something killed the job, as happens when memory runs out"
        assert said in run.text
        cure = AGAIN
    else:
        assert not failed, run.text[-3000:]
        said, cure = RETRIED, NOTHING
        assert said in run.text
    finish(project, undisturbed)
    table.add("a job is killed (SIGKILL)", project.executor.name, said, cure)


def test_a_job_is_cancelled(
    cluster_project: Project, cluster: Cluster, undisturbed: dict[str, str], table: Table
) -> None:
    fault = cluster_project.arm("hold", INFER)
    run = cluster_project.start()
    disturb(cluster_project, fault)
    for job in cluster.jobs(cluster_project.root, node=fault.fired()[1]):
        cluster.command("scancel", job)
    assert run.wait() == 0, run.text[-3000:]
    assert RETRIED in run.text
    records = cluster.records(cluster_project.root)
    assert any(job["State"].startswith("CANCELLED") for job in records)
    finish(cluster_project, undisturbed)
    table.add("a job is cancelled (`scancel`)", "slurm", RETRIED, NOTHING)


def test_a_node_goes_down(
    cluster_project: Project, cluster: Cluster, undisturbed: dict[str, str], table: Table
) -> None:
    fault = cluster_project.arm("hold", INFER)
    run = cluster_project.start()
    disturb(cluster_project, fault)
    node = fault.fired()[1]
    cluster.kill_node(node)
    try:
        assert run.wait() == 0, run.text[-3000:]
    finally:
        cluster.boot_node(node)
    assert RETRIED in run.text
    assert any(job["State"] == "NODE_FAIL" for job in cluster.records(cluster_project.root))
    finish(cluster_project, undisturbed)
    table.add("a node goes down with jobs on it", "slurm", RETRIED, NOTHING)


def test_the_coordinator_is_killed(
    project: Project, undisturbed: dict[str, str], table: Table
) -> None:
    fault = project.arm("hold", INFER)
    run = project.start()
    disturb(project, fault)
    run.process.kill()
    run.wait()
    cluster = project.executor.cluster
    if cluster:
        left = cluster.jobs(project.root, "RUNNING")
        assert left, "a job outlives the coordinator"
        cluster.command("scancel", *cluster.jobs(project.root))
        wait_for(lambda: not cluster.jobs(project.root), "the queue emptied")
        cure = "`scancel` the jobs that are left, then `snakemake --unlock`, then run again"
    else:
        fault.release()  # the job that is left ends in peace
        cure = "`snakemake --unlock`, then run again"
    refused = project.run()
    said = "Directory cannot be locked"
    assert refused.process.returncode
    assert said in refused.text
    assert "--unlock" in refused.text
    assert project.run("--unlock").process.returncode == 0
    finish(project, undisturbed)
    table.add("Snakemake itself is killed (SIGKILL)", project.executor.name, said, cure)


@pytest.fixture
def unshared() -> Iterator[Path]:
    """Return a folder that the nodes do not see: each has a /tmp of its own."""
    with TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_a_node_does_not_see_the_environment(
    cluster_project: Project, undisturbed: dict[str, str], table: Table, unshared: Path
) -> None:
    (unshared / "environment").symlink_to(sys.prefix)
    python = str(unshared / "environment" / "bin" / "python")
    run = replace(cluster_project, executor=replace(cluster_project.executor, python=python)).run()
    assert run.process.returncode
    said = "the job never started"
    assert f"{said}.\n  " in run.text
    assert f"{python}: " in run.text.partition(said)[2]
    assert f"check that every node sees {cluster_project.root}, {unshared}/env" in run.text
    assert "memory" not in run.text.partition("without a verdict")[2]
    finish(cluster_project, undisturbed)
    cure = "put the environment where every node sees it, then run again"
    table.add("the nodes do not see the environment", "slurm", said, cure)


def test_a_node_does_not_see_the_images(
    cluster_project: Project, undisturbed: dict[str, str], table: Table, unshared: Path
) -> None:
    given = cluster_project.root / "photographs"
    shutil.copytree(given, unshared / "photographs")
    config = cluster_project.root / "elsewhere.yaml"
    config.write_text(CONFIG.replace("photographs", str(unshared / "photographs")))
    run = replace(cluster_project, config=config.name).run()
    assert run.process.returncode
    assert f"does not see {unshared}/photographs, the folder of" in run.text
    assert "the job never started" in run.text
    finish(cluster_project, undisturbed)
    said = "does not see /photographs, the folder of photograph.jpg"
    cure = "put the images where every node sees them, then run again"
    table.add("the nodes do not see the images", "slurm", said, cure)


def test_memory_runs_out(project: Project, undisturbed: dict[str, str], table: Table) -> None:
    local = project.executor is LOCAL
    fault = project.arm("cap" if local else "hoard", INFER)
    run = project.start()
    disturb(project, fault)
    failed = run.wait()
    if local:
        assert failed
        said, cure = "there is not enough memory", "what the sentence says, then run again"
        assert said in run.text
    else:
        assert not failed, run.text[-3000:]
        said, cure = RETRIED, "nothing: it is run again, with twice the memory"
        assert said in run.text
        cluster = project.executor.cluster
        assert cluster
        states = [record["State"] for record in cluster.records(project.root)]
        assert any(state.startswith(("OUT_OF_ME", "CANCELLED", "FAILED")) for state in states)
    finish(project, undisturbed)
    table.add("memory runs out", project.executor.name, said, cure)


def test_the_disk_is_full(
    project: Project, undisturbed: dict[str, str], table: Table, disk: Path
) -> None:
    folder = disk / project.root.parent.name
    folder.mkdir()
    (project.root / INFER).symlink_to(folder)
    ballast = disk / "ballast"
    room = os.statvfs(disk)
    ballast.write_bytes(bytes(room.f_bavail * room.f_bsize))
    run = replace(project, targets=project.targets[:1]).run()
    assert run.process.returncode
    said = "the disk is full"
    assert said in run.text
    assert not list(folder.rglob("*.npz"))
    ballast.unlink()
    finish(project, undisturbed)
    table.add("the disk is full", project.executor.name, said, "make room, then run again")


@pytest.mark.parametrize("change", ["changed", "was deleted"])
def test_an_image_is_changed_or_deleted_before_its_job(
    project: Project, prepared: Project, tmp_path: Path, table: Table, change: str
) -> None:
    batch = Path(project.targets[-1]).name
    listed = json.loads((prepared.root / "results/plan/batches" / batch).read_text())["images"]
    image = listed[0]["path"]
    fault = project.arm("hold", f"results/plan/batches/{batch}")
    run = project.start()
    fault.fired()
    undisturbed = prepared.copy(tmp_path, LOCAL)
    for root in (project.root, undisturbed.root):
        if change == "changed":
            (root / image).write_bytes((root / image).read_bytes() + b"another")
        else:
            (root / image).unlink()
    fault.release()
    assert run.wait()
    said = f"{image} {change} after the run was planned; run again."
    assert said in run.text
    undisturbed.rerun()
    finish(project, undisturbed.digests())
    said = said.replace(image, "photograph.jpg")
    what = "an image is changed" if change == "changed" else "an image is deleted"
    table.add(f"{what} before its job", project.executor.name, said, AGAIN)


def test_a_candidates_file_is_truncated(
    project: Project, undisturbed: dict[str, str], table: Table
) -> None:
    project.rerun()
    damaged = project.root / INFER / "yolo11n/onnx-fp32" / f"{Path(project.targets[1]).stem}.npz"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    (project.root / project.targets[1]).unlink()
    run = project.run()
    assert run.process.returncode
    said = "is damaged"
    assert said in run.text
    assert "run again, and it will be made again" in run.text
    finish(project, undisturbed)
    table.add("a file of candidates is truncated", project.executor.name, said, AGAIN)


TRUNCATED = {
    "a checkpoint": ("results/checkpoint/yolo11n.pt", ["results/export/yolo11n/fp32.onnx"]),
    "an export": ("results/export/yolo11n/fp32.onnx", []),
}
"""A file that is truncated, and what besides candidates is made of it."""


def forget(project: Project, *more: str) -> None:
    """Delete candidates, detections and more, so that the next run reads what they are made of."""
    for path in (*(project.root / INFER).rglob("*.npz"), *project.targets, *more):
        (project.root / path).unlink()


@pytest.mark.parametrize("executor", ["local"], indirect=True)
@pytest.mark.parametrize("what", TRUNCATED)
def test_a_model_file_is_truncated(
    project: Project, undisturbed: dict[str, str], table: Table, what: str
) -> None:
    path, made_of_it = TRUNCATED[what]
    project.rerun()
    whole = (project.root / path).read_bytes()
    (project.root / path).write_bytes(whole[: len(whole) // 2])
    forget(project, *made_of_it)
    run = project.run()
    assert run.process.returncode
    said = f"{path} is damaged"
    assert f"{said}: run again, and it will be made again." in run.text
    assert "Traceback" not in run.text
    finish(project, undisturbed)
    table.add(f"{what} is truncated", project.executor.name, "is damaged", AGAIN)


@pytest.mark.parametrize("executor", ["local"], indirect=True)
def test_an_image_is_changed_at_equal_size_and_time(
    project: Project, prepared: Project, tmp_path: Path, table: Table
) -> None:
    project.rerun()
    undisturbed = prepared.copy(tmp_path, LOCAL)
    image = project.root / "photographs" / "0.jpg"
    status = image.stat()
    image.write_bytes(image.read_bytes()[:-1] + b"\1")
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))
    shutil.copy(image, undisturbed.root / "photographs")
    assert image.stat().st_size == status.st_size
    project.rerun()  # size and time say that nothing changed, and so no job looks
    forget(project)
    run = project.run()
    assert run.process.returncode
    said = "photographs/0.jpg changed after the run was planned; run again."
    assert said in run.text
    undisturbed.rerun()
    finish(project, undisturbed.digests())
    said = said.replace("photographs/0.jpg", "photograph.jpg")
    what = "an image is changed, but neither its size nor its time"
    table.add(what, project.executor.name, said, AGAIN)


def test_two_runs_start_at_once(
    project: Project, undisturbed: dict[str, str], table: Table
) -> None:
    fault = project.arm("hold", INFER)
    run = project.start()
    disturb(project, fault)
    lists = project.root / "results/plan/batches"
    before = {path: path.stat().st_mtime_ns for path in lists.iterdir()}
    added = project.root / "photographs" / "added.jpg"
    added.write_bytes((project.root / "photographs" / "0.jpg").read_bytes())
    second = project.run()
    added.unlink()
    assert second.process.returncode
    said = "Directory cannot be locked"
    assert said in second.text
    assert {path: path.stat().st_mtime_ns for path in lists.iterdir()} == before
    fault.release()
    assert run.wait() == 0, run.text[-3000:]
    assert project.digests() == undisturbed
    finish(project, undisturbed)
    table.add(
        "two runs are started in one folder",
        project.executor.name,
        f"to the second: {said}",
        "nothing: the first goes on; run again for what was added meanwhile",
    )
