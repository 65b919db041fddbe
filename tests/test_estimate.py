"""What a larger run would cost, from a run whose costs are known."""

import json
from pathlib import Path

import pytest

from bench.estimate import cost_of_run
from parity.data.batch_plan import plan_batches
from parity.reporting.hooks.durations import FinishedJob
from tests.tar_shards import write_shard

START, READ = 2.0, 0.5


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[FinishedJob]:
    """Return the jobs of a run of two batches of 50 images, whose costs are simple."""
    monkeypatch.chdir(tmp_path)
    paths = {f"{n}.jpg": Path(f"{n}.jpg") for n in range(100)}
    directory = "results/plan/batches"
    names = plan_batches(paths, images_per_job=50, note="", directory=directory).names
    sizes = [
        len(json.loads(Path(f"results/plan/batches/{n}.json").read_text())["images"]) for n in names
    ]
    found = [FinishedJob("gate", START, ("results/gate/passed.txt",))]
    for name, size in zip(names, sizes, strict=True):
        output = f"results/infer_onnx/m/onnx/{name}.npz"
        stored = Path(f"benchmarks/infer_onnx/m/onnx/{name}.json")
        for path in (Path(output), stored):
            path.parent.mkdir(parents=True, exist_ok=True)
        Path(output).write_bytes(bytes(size * 1000))
        stored.write_text(json.dumps({"seconds": {"read": 0.1 * size, "forward": 0.3 * size}}))
        found.append(FinishedJob("infer_onnx", 5 + 0.4 * size, (output,)))
        compared = f"results/compare/m/c/{name}.json"
        found.append(FinishedJob("compare", START + 0.01 * size, (compared,)))
    found.append(FinishedJob("export", 30.0, ("results/export/m.onnx",)))
    found.append(FinishedJob("summarise", START + 1.0, ("results/summarise/m.json",)))
    found.append(FinishedJob("annotate", START + 20.0, ("results/annotate/m",)))
    return found


@pytest.mark.parametrize(
    ("images", "batches", "workers"), [(100, 2, 1), (2000, 8, 1), (2000, 8, 4)]
)
def test_the_time_is_what_the_model_says(
    jobs: list[FinishedJob], images: int, batches: int, workers: int
) -> None:
    cost = cost_of_run(jobs, {"annotate": 40, "browse": 10})
    batched = batches * (5 + START) + images * (0.4 + 0.01)
    alone = START + 30 + START + images * 0.01 + START + min(images, 40) * 0.5
    assert cost.hours(images, batches, workers) * 3600 == pytest.approx(alone + batched / workers)


def test_a_job_is_waited_for_on_a_cluster(jobs: list[FinishedJob]) -> None:
    cost = cost_of_run(jobs, {"annotate": 40, "browse": 10})
    assert (cost.hours(2000, 8, 4, 4.0) - cost.hours(2000, 8, 4)) * 3600 == pytest.approx(16)


def test_results_grow_with_the_images(jobs: list[FinishedJob]) -> None:
    cost = cost_of_run(jobs, {"annotate": 40, "browse": 10})
    assert cost.disk_mb(1100) - cost.disk_mb(100) == pytest.approx(1.0, rel=0.2)


def test_shards_count_by_their_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from parity.data.listing import list_images

    monkeypatch.chdir(tmp_path)
    write_shard(Path("shards/0.tar"), {f"{n}.jpg": b"x" for n in range(30)})
    plan_batches(
        list_images("shards"), images_per_job=20, note="", directory="results/plan/batches"
    )
    cost = cost_of_run([FinishedJob("gate", 1.0, ("results/gate/passed.txt",))], {})
    assert cost.images == 30
