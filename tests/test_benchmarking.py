"""The race: who runs, in which order, and what its numbers mean."""

from pathlib import Path
from typing import Any

import pytest

from parity.benchmarking.contestants import RATIOS, RUNNERS, STAGES, Contestant, Task, line_ups
from parity.benchmarking.race import compare_speeds, race, race_all, summarise
from parity.data.batches import BatchImage
from parity.data.listing import find_samples
from parity.errors import UserError
from parity.files import write_json
from parity.provenance import sha256


def turn(seconds: float, intervals: list[float]) -> dict[str, Any]:
    """Return what a process says of a round."""
    return {
        "seconds": seconds,
        "processor_seconds": 2 * seconds,
        "intervals": intervals,
        "stages": {"network": seconds},
        "peak_memory_bytes": 100,
    }


@pytest.fixture
def images() -> list[BatchImage]:
    return [BatchImage(name, str(path), sha256(path)) for name, path in find_samples().items()]


@pytest.fixture
def task(yolo11n_onnx: Path) -> Task:
    thresholds = {"conf": 0.25, "iou": 0.45, "max_det": 300}
    return Task("", str(yolo11n_onnx), (640, 640), True, False, thresholds, 0.01)


def test_the_whole_machine_is_a_process_per_core_for_an_arm() -> None:
    single, whole = line_ups(4)
    assert {each.kind for each in single} == {each.kind for each in whole} == set(RUNNERS)
    assert all((each.processes, each.threads) == (1, 1) for each in single)
    for each in whole:
        expected = (4, 1) if each.kind.endswith(" arm") else (1, 4)
        assert (each.processes, each.threads) == expected
    assert len(line_ups(1)) == 1


def test_a_summary_counts_the_slowest_process_and_the_memory_of_all() -> None:
    rounds = [[turn(2.0, [1.0, 1.0]), turn(4.0, [2.0, 2.0])], [turn(1.0, [0.5]), turn(1.0, [0.5])]]
    summary = summarise(Contestant("ONNX arm", 2, 1), rounds, 4)
    assert summary["images_per_second"] == [1.0, 4.0]
    assert summary["processor_ms_per_image"] == [3000.0, 1000.0]
    assert summary["stage_ms_per_image"]["network"] == 1000.0
    assert summary["peak_memory_bytes"] == 200
    assert summary["interval_ms"]["50"] == 1000.0
    assert summary["name"] == "ONNX arm, 2 x 1 thread"


def test_speeds_are_compared_round_by_round() -> None:
    slow_minute = {"ONNX arm": [10.0, 5.0, 9.0], "bare session.run": [20.0, 10.0, 9.0]}
    summaries = [
        {"kind": kind, "name": kind, "images_per_second": slow_minute.get(kind, [1.0] * 3)}
        for kind in RUNNERS
    ]
    ratios = {(each["of"], each["to"]): each for each in compare_speeds(summaries)}
    assert set(ratios) == set(RATIOS)
    ratio = ratios["ONNX arm", "bare session.run"]
    assert (ratio["min"], ratio["median"], ratio["max"]) == (0.5, 0.5, 1.0)


def test_contestants_run_in_processes_of_their_own(task: Task, images: list[BatchImage]) -> None:
    contestants = [Contestant("ONNX arm", 2, 1), Contestant("bare session.run", 1, 1)]
    found = race_of(contestants, task, images)
    for each in found:
        assert len(each["images_per_second"]) == 2
        assert all(speed > 0 for speed in each["images_per_second"])
        assert each["peak_memory_bytes"] > 50e6 * each["processes"]
        assert set(each["stage_ms_per_image"]) == set(STAGES)
    arm, bare = found
    assert all(arm["stage_ms_per_image"].values())
    assert bare["stage_ms_per_image"]["decode"] == 0


def race_of(
    contestants: list[Contestant], task: Task, images: list[BatchImage]
) -> list[dict[str, Any]]:
    """Run a short race whose ratios are not asked for."""
    import parity.benchmarking.race as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RATIOS", ())
        return race(contestants, task, images, rounds=2, count=4, warm_up=1)["contestants"]


def test_a_contestant_that_fails_is_said(task: Task, images: list[BatchImage]) -> None:
    missing = Task(**{**task.as_json(), "onnx": "missing.onnx"})
    with pytest.raises(UserError, match=r"bare session\.run, 1 thread ended before its round"):
        race([Contestant("bare session.run", 1, 1)], missing, images, rounds=1, count=1, warm_up=1)


def test_nothing_to_time_is_an_error(task: Task, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    record = {"name": "broken.jpg", "path": str(broken), "sha256": sha256(broken)}
    write_json(tmp_path / "batch.json", "batch/1", {"images": [record]})
    batches = [str(tmp_path / "batch.json")]
    with pytest.raises(UserError, match="no image can be read"):
        race_all(task, batches, cores=1, rounds=1, images=1, warm_up=1)
