"""Two thousand photographs on three nodes, with a job cancelled and a node taken down meanwhile.

It takes two processors half an hour: ``make test-large``.
"""

from pathlib import Path

import cv2
import pytest

from tests.cluster.harness import LOCAL, Cluster, Executor, Project, lasting, slurm

PHOTOGRAPHS = 2000

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.nightly]


def write_photographs(sources: list[Path], folder: Path) -> None:
    """Fill a folder with the photographs and with slight crops of them."""
    for number in range(PHOTOGRAPHS):
        source = sources[number % len(sources)]
        cut = number // len(sources)
        picture = cv2.imread(str(source))
        picture = picture[cut : picture.shape[0] - cut, cut:]
        place = folder / f"{cut:03d}" / source.name
        place.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(place), picture)


def test_two_thousand_photographs_survive_it_all(
    prepared: Project, cluster: Cluster, base: Path, coco_images: list[Path]
) -> None:
    write_photographs(coco_images, base / "many")
    asked = Project(prepared.root, prepared.home, prepared.faults, ("all",), LOCAL)
    here, there = (
        asked.copy(base / f"large-{executor.name}", executor)
        for executor in (Executor("local", ("--cores", "2")), slurm(cluster))
    )
    for project in (here, there):
        (project.root / "many").symlink_to(base / "many")
        (project.root / project.config).write_text("images: many\n")
    run = here.start()
    assert run.wait(7200) == 0, run.text[-5000:]

    cancelled = there.arm("hold", "results/infer_onnx/")
    unplugged = there.arm("hold", "results/infer_pytorch/")
    run = there.start()
    _, node = cancelled.fired(1800)
    for job in cluster.jobs(there.root, node=node):
        cluster.command("scancel", job)
    _, node = unplugged.fired(1800)
    cluster.kill_node(node)
    assert run.wait(7200) == 0, run.text[-5000:]
    cluster.boot_node(node)
    states = {job["State"].split()[0] for job in cluster.records(there.root)}
    assert {"CANCELLED", "NODE_FAIL"} <= states
    assert lasting(there.digests()) == lasting(here.digests())
