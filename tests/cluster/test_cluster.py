"""The workflow on a real SLURM: the jobs run on its nodes, and the results are the same bytes."""

from pathlib import Path

import pytest

from tests.cluster.harness import LOCAL, NODES, Cluster, Project, lasting, slurm

pytestmark = [pytest.mark.slow, pytest.mark.cluster]


def test_a_run_on_three_nodes_gives_the_bytes_of_a_run_here(
    prepared: Project, cluster: Cluster, base: Path
) -> None:
    everything = Project(prepared.root, prepared.home, prepared.faults, ("all",), LOCAL)
    projects = []
    for executor in (LOCAL, slurm(cluster)):
        folder = base / f"whole-{executor.name}"
        folder.mkdir()
        project = everything.copy(folder, executor)
        run = project.start()
        assert run.wait(1500) == 0, run.text[-5000:]
        projects.append(project)
    here, there = (lasting(project.digests()) for project in projects)
    assert there == here
    submitted = [job for job in cluster.records(project.root) if job["Comment"].startswith("rule_")]
    assert {job["State"] for job in submitted} == {"COMPLETED"}
    assert len({job["NodeList"] for job in submitted}) == NODES
    names = {job["Comment"] for job in submitted}
    assert any("infer_pytorch" in name for name in names)
    assert any("infer_onnx" in name for name in names)
    assert not any("verdict" in name for name in names)
