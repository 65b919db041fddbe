"""The race: who runs, in which order, and what its numbers mean."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.backends.runtimes.onnxruntime import PROVIDERS
from parity.benchmarking.contestants import (
    RATIOS,
    RUNNERS,
    TIMED_STAGES,
    WITH_TORCH,
    WITHOUT_TORCH,
    Contestant,
    line_ups,
)
from parity.benchmarking.race import compare_speeds, run_race, run_races, speed_of
from parity.benchmarking.results import Speed, Workload
from parity.benchmarking.worker import Round
from parity.data.batch_files import BatchImage
from parity.data.sample_images import find_samples
from parity.detection.detection_files import Thresholds
from parity.errors import UserError
from parity.files import write_json
from parity.provenance import sha256


def turn(seconds: float, intervals: list[float]) -> Round:
    """Return what a process says of a round."""
    return Round(
        seconds=seconds,
        processor_seconds=2 * seconds,
        intervals=intervals,
        stages={"network": seconds},
        peak_memory_bytes=100,
    )


@pytest.fixture
def images() -> list[BatchImage]:
    return [BatchImage(name, str(path), sha256(path)) for name, path in find_samples().items()]


@pytest.fixture
def workload(yolo11n_onnx: Path) -> Workload:
    thresholds = Thresholds(conf=0.25, iou=0.45, max_det=300)
    return Workload(
        task="detect",
        reference="",
        onnx=str(yolo11n_onnx),
        runtime="onnxruntime",
        providers=PROVIDERS,
        imgsz=(640, 640),
        rect=True,
        end2end=False,
        thresholds=thresholds,
        floor=0.01,
    )


def test_the_whole_machine_is_a_process_per_core_for_an_arm(workload: Workload) -> None:
    single, whole = line_ups(4, workload, images=100)
    assert {each.kind for each in single} == {each.kind for each in whole} == set(WITH_TORCH)
    assert all((each.processes, each.threads) == (1, 1) for each in single)
    for each in whole:
        expected = (4, 1) if each.kind.endswith(" arm") else (1, 4)
        assert (each.processes, each.threads) == expected
    assert len(line_ups(1, workload, images=100)) == 1


def test_no_process_is_left_without_an_image(workload: Workload) -> None:
    _, whole = line_ups(4, workload, images=2)
    assert {each.processes for each in whole if each.kind.endswith(" arm")} == {2}


def test_where_a_file_is_the_reference_nothing_needs_torch(workload: Workload) -> None:
    (single,) = line_ups(1, replace(workload, reference="fp32.onnx"), images=100)
    assert [each.kind for each in single] == ["reference arm", "ONNX arm", "bare session.run"]
    assert set(WITHOUT_TORCH) | set(WITH_TORCH) == set(RUNNERS), "each kind runs somewhere"


def test_predict_runs_no_file_that_is_not_onnx(workload: Workload) -> None:
    (single,) = line_ups(1, replace(workload, onnx="model.zip"), images=100)
    assert [each.kind for each in single if "predict" in each.kind] == ["predict on the .pt"]


def test_a_speed_counts_the_slowest_process_and_the_memory_of_all() -> None:
    rounds = [[turn(2.0, [1.0, 1.0]), turn(4.0, [2.0, 2.0])], [turn(1.0, [0.5]), turn(1.0, [0.5])]]
    speed = speed_of(Contestant("ONNX arm", 2, 1), rounds, 4)
    assert speed.images_per_second == [1.0, 4.0]
    assert speed.processor_ms_per_image == [3000.0, 1000.0]
    assert speed.stage_ms_per_image["network"] == 1000.0
    assert speed.peak_memory_bytes == 200
    assert speed.interval_ms["50"] == 1000.0
    assert speed.name == "ONNX arm, 2 x 1 thread"


def test_speeds_are_compared_round_by_round() -> None:
    slow_minute = {"ONNX arm": [10.0, 5.0, 9.0], "bare session.run": [20.0, 10.0, 9.0]}
    speeds = [
        Speed(
            kind=kind,
            processes=1,
            threads=1,
            name=kind,
            images_per_second=slow_minute.get(kind, [1.0] * 3),
            processor_ms_per_image=[],
            stage_ms_per_image={},
            interval_ms={},
            peak_memory_bytes=0,
        )
        for kind in RUNNERS
    ]
    ratios = {(each.of, each.to): each for each in compare_speeds(speeds)}
    assert set(ratios) == set(RATIOS)
    ratio = ratios["ONNX arm", "bare session.run"]
    assert (ratio.min, ratio.median, ratio.max) == (0.5, 0.5, 1.0)


def test_contestants_run_in_processes_of_their_own(
    workload: Workload, images: list[BatchImage]
) -> None:
    contestants = [Contestant("ONNX arm", 2, 1), Contestant("bare session.run", 1, 1)]
    found = run_race(contestants, workload, images, rounds=2, count=4, warm_up=1)
    for each in found:
        assert len(each.images_per_second) == 2
        assert all(speed > 0 for speed in each.images_per_second)
        assert each.peak_memory_bytes > 50e6 * each.processes
        assert set(each.stage_ms_per_image) == set(TIMED_STAGES)
    arm, bare = found
    assert all(arm.stage_ms_per_image.values())
    assert bare.stage_ms_per_image["decode"] == 0


def test_a_contestant_that_fails_is_said(workload: Workload, images: list[BatchImage]) -> None:
    missing = replace(workload, onnx="missing.onnx")
    with pytest.raises(UserError, match=r"bare session\.run, 1 thread ended before its round"):
        run_race(
            [Contestant("bare session.run", 1, 1)], missing, images, rounds=1, count=1, warm_up=1
        )


def test_nothing_to_time_is_an_error(workload: Workload, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    record = {"name": "broken.jpg", "path": str(broken), "sha256": sha256(broken)}
    write_json(tmp_path / "batch.json", "batch/1", {"images": [record]})
    batches = [str(tmp_path / "batch.json")]
    with pytest.raises(UserError, match="no image can be read"):
        run_races(workload, batches, cores=1, rounds=1, images=1, warm_up=1)
