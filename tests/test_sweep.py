"""Every number of a sweep equals that of a fresh run at its thresholds."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.backends.inference import infer
from parity.backends.onnx_network import OnnxNetwork
from parity.comparison.differences import compare_image, differences_of
from parity.comparison.matching import AllowedPairs
from parity.comparison.sweep import check_limits, count_matches, sweep, sweep_batch
from parity.comparison.threshold_grid import Axes
from parity.comparison.tuning import SweepResults, gather
from parity.data.batch_files import BatchImage
from parity.detection.candidate_files import BakedThresholds, CandidateBatch, ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detection_files import ImageDetections, Thresholds
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.documents import to_plain
from parity.errors import UserError
from parity.postprocessing.postprocess import detect
from parity.provenance import sha256
from tests.documents import network_run

FLOOR = 0.05
GRID = {"conf": [0.05, 0.2, 0.25, 0.5, 0.8], "iou": [0.3, 0.45, 0.7, 1.0]}
THRESHOLDS = Thresholds(conf=0.25, iou=0.45, max_det=300)
MATCHING = 0.5
COMPARISONS = {"runtime-fp32": ["pytorch-square", "onnx-fp32"]}


def crowd(seed: int, count: int) -> Candidates:
    """Return candidates of a few objects, many of each, with ties among their scores."""
    random = np.random.default_rng(seed)
    centres = random.uniform(60, 240, (4, 2))
    boxes = np.empty((count, 4), np.float32)
    boxes[:, :2] = centres[random.integers(0, 4, count)] + random.normal(0, 8, (count, 2))
    boxes[:, 2:] = random.uniform(40, 90, (count, 2))
    scores = random.uniform(FLOOR, 1, count).astype(np.float32)
    scores[::3] = scores[::3].round(1).clip(0.1, 1)
    return Candidates(boxes, scores, random.integers(0, 3, count, dtype=np.int32))


def shaken(candidates: Candidates, seed: int) -> Candidates:
    """Return the candidates as another runtime might see them."""
    random = np.random.default_rng(seed)
    keep = random.random(len(candidates)) < 0.9
    boxes = candidates.boxes + random.normal(0, 3, candidates.boxes.shape).astype(np.float32)
    noise = random.normal(0, 0.05, len(candidates)).astype(np.float32)
    scores = (candidates.scores + noise).clip(np.nextafter(np.float32(FLOOR), 1), 1)
    return Candidates(boxes[keep], scores[keep], candidates.class_ids[keep])


def batch_of(images: list[Candidates], *, end2end: bool = False) -> CandidateBatch:
    made_by = network_run(floor=FLOOR, head=NetworkHead(finished=end2end))
    records = [
        ImageCandidates(f"{i}.jpg", str(i), (300, 280), (320, 320), candidates=candidates)
        for i, candidates in enumerate(images)
    ]
    torn = ImageCandidates("torn.jpg", "torn", reason="no image")
    return CandidateBatch(made_by, [*records, torn])


@pytest.fixture(scope="module")
def arms() -> dict[str, CandidateBatch]:
    reference = [crowd(seed, count) for seed, count in enumerate((0, 1, 30, 80, 150))]
    candidate = [shaken(image, seed) for seed, image in enumerate(reference)]
    return {"pytorch-square": batch_of(reference), "onnx-fp32": batch_of(candidate)}


def records_at(
    batch: CandidateBatch,
    conf: float,
    iou: float,
    max_det: int,
    detect: Callable[..., Detections] = detect,
) -> list[ImageDetections]:
    """Return what a fresh run at some thresholds would store."""
    options = {"max_det": max_det, "head": batch.made_by.head}
    return [
        ImageDetections.of(image, detect(image, conf=conf, iou=iou, **options))
        for image in batch.images
    ]


def fresh(
    reference: CandidateBatch,
    candidate: CandidateBatch,
    thresholds: tuple[tuple[float, float], tuple[float, float]],
    *,
    max_det: int,
    detects: tuple[Callable[..., Detections], ...] = (detect, detect),
) -> dict[str, float]:
    """Return the counts of a fresh run of both arms, each at its own thresholds."""
    ours = records_at(reference, *thresholds[0], max_det, detects[0])
    theirs = records_at(candidate, *thresholds[1], max_det, detects[1])
    compared = [compare_image(a, b, iou=MATCHING) for a, b in zip(ours, theirs, strict=True)]
    rows = [differences_of(record) for record in compared]
    overlaps = [pair.iou for record in compared for pair in record.matched]
    return {
        "reference": sum(len(record.scores) for record in ours),
        "candidate": sum(len(record.scores) for record in theirs),
        "matched": sum(row.matched for row in rows),
        "missing": sum(row.missing for row in rows),
        "extra": sum(row.extra for row in rows),
        "mean_iou": np.mean(overlaps, dtype=np.float64) if overlaps else None,
    }


def swept(
    arms: dict[str, CandidateBatch], tmp_path: Path, thresholds: Thresholds, batches: int = 1
) -> SweepResults:
    """Return the results of a sweep over the arms, their images divided into batches."""
    parts = []
    for number in range(batches):
        paths = []
        for arm, batch in arms.items():
            path = tmp_path / arm / f"{number}.npz"
            CandidateBatch(batch.made_by, batch.images[number::batches]).save(path)
            paths.append(str(path))
        part = tmp_path / f"{number}.json"
        axes = Axes.build(GRID, thresholds)
        sweep_batch(paths, part, comparisons=COMPARISONS, axes=axes, iou=MATCHING)
        parts.append(str(part))
    return gather("m", parts, COMPARISONS)


@pytest.mark.parametrize("max_det", [300, 4], ids=["no cut", "a cut at max_det"])
@pytest.mark.parametrize("batches", [1, 3])
def test_each_cell_equals_a_fresh_run(
    arms: dict[str, CandidateBatch], tmp_path: Path, max_det: int, batches: int
) -> None:
    results = swept(arms, tmp_path, replace(THRESHOLDS, max_det=max_det), batches)
    cells = results.comparisons["runtime-fp32"].cells
    assert [(c.iou, c.conf) for c in cells] == [
        (iou, conf) for iou in GRID["iou"] for conf in GRID["conf"]
    ]
    for cell in cells:
        at = cell.conf, cell.iou
        expected = fresh(*arms.values(), (at, at), max_det=max_det)
        assert {key: getattr(cell, key) for key in expected if key != "mean_iou"} == {
            key: value for key, value in expected.items() if key != "mean_iou"
        }
        assert cell.mean_iou == pytest.approx(expected["mean_iou"], rel=1e-9)
        assert cell.f1 == pytest.approx(
            2 * expected["matched"] / (expected["reference"] + expected["candidate"])
        )


def test_each_tuned_point_equals_a_fresh_run(
    arms: dict[str, CandidateBatch], tmp_path: Path
) -> None:
    results = swept(arms, tmp_path, THRESHOLDS).comparisons["runtime-fp32"]
    operating = THRESHOLDS.conf, THRESHOLDS.iou
    for point in vars(results.tuning).values():
        at = point.conf, point.iou
        expected = fresh(*arms.values(), (operating, at), max_det=300)
        for key in ("matched", "missing", "extra"):
            assert getattr(point, key) == expected[key]


def test_the_best_confidence_is_the_best_of_fresh_runs(
    arms: dict[str, CandidateBatch], tmp_path: Path
) -> None:
    results = swept(arms, tmp_path, THRESHOLDS)
    tuning = results.comparisons["runtime-fp32"].tuning
    operating = THRESHOLDS.conf, THRESHOLDS.iou
    scores = []
    for conf in results.axes.tuned_conf:
        counts = fresh(*arms.values(), (operating, (conf, operating[1])), max_det=300)
        total = counts["reference"] + counts["candidate"]
        scores.append(2 * counts["matched"] / total)
    assert tuning.best_conf.f1 == max(scores)
    row = results.axes.tuned_iou.index(results.axes.operating_iou)
    curve = results.comparisons["runtime-fp32"].tuned_f1[row]
    assert curve == pytest.approx(scores, rel=1e-12)


coordinate = st.integers(0, 6).map(lambda n: n * 10.0)


@st.composite
def detections(draw: st.DrawFn) -> Detections:
    """Return a few boxes on a coarse lattice, where equal overlaps and scores abound."""
    count = draw(st.integers(0, 6))
    corner = st.tuples(coordinate, coordinate)
    side = st.sampled_from([10.0, 20.0, 30.0])
    boxes = []
    for _ in range(count):
        (x, y), w, h = draw(corner), draw(side), draw(side)
        boxes.append([x, y, x + w, y + h])
    scores = sorted(
        draw(st.lists(st.sampled_from([0.2, 0.3, 0.5, 0.9]), min_size=count, max_size=count)),
        reverse=True,
    )
    class_ids = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(class_ids, np.int32),
    )


@settings(deadline=None)
@given(detections(), detections())
def test_counting_pairs_of_any_cut_equals_matching_the_cut(
    reference: Detections, candidate: Detections
) -> None:
    image = ImageCandidates("a.jpg", "")
    pairs = AllowedPairs.of(reference, candidate, iou=0.2)
    rows, columns = np.indices((len(reference) + 1, len(candidate) + 1)).reshape(2, -1)
    matched, overlap = count_matches(pairs, rows, columns)
    for k, (height, width) in enumerate(zip(rows, columns, strict=True)):
        record = compare_image(
            ImageDetections.of(image, first(reference, height)),
            ImageDetections.of(image, first(candidate, width)),
            iou=0.2,
        )
        assert matched[k] == len(record.matched)
        assert overlap[k] == pytest.approx(sum(pair.iou for pair in record.matched))


def first(several: Detections, count: int) -> Detections:
    return replace(
        several,
        boxes=several.boxes[:count],
        scores=several.scores[:count],
        class_ids=several.class_ids[:count],
    )


def test_finished_boxes_are_swept_over_conf_alone_and_it_is_said(tmp_path: Path) -> None:
    corners = np.array([[10, 10, 60, 60], [12, 10, 62, 60], [90, 90, 140, 120]], np.float32)
    rows = Candidates(corners, np.array([0.9, 0.6, 0.3], np.float32), np.zeros(3, np.int32))
    arms = {
        "pytorch-square": batch_of([rows], end2end=True),
        "onnx-fp32": batch_of([rows], end2end=True),
    }
    results = swept(arms, tmp_path, THRESHOLDS)
    (note, other) = results.notes
    assert "pytorch-square" in note
    assert "iou does not change" in other
    for cell in results.comparisons["runtime-fp32"].cells:
        at = cell.conf, cell.iou
        expected = fresh(*arms.values(), (at, at), max_det=300)
        assert cell.matched == cell.reference == expected["reference"]


def test_without_any_detection_there_is_no_agreement_to_state(tmp_path: Path) -> None:
    empty = crowd(0, 0)
    results = swept(
        {"pytorch-square": batch_of([empty]), "onnx-fp32": batch_of([empty])}, tmp_path, THRESHOLDS
    )
    json.dumps(to_plain(results), allow_nan=False)
    comparison = results.comparisons["runtime-fp32"]
    assert {cell.f1 for cell in comparison.cells} == {None}
    assert comparison.recommended.conf == THRESHOLDS.conf
    assert comparison.sentence.startswith("Keep onnx-fp32 at conf 0.25")


def test_arms_of_other_images_are_refused(arms: dict[str, CandidateBatch]) -> None:
    fewer = CandidateBatch(arms["onnx-fp32"].made_by, arms["onnx-fp32"].images[1:])
    with pytest.raises(UserError, match="list different images"):
        sweep(arms | {"onnx-fp32": fewer}, COMPARISONS, Axes.build(GRID, THRESHOLDS), iou=MATCHING)


@pytest.mark.parametrize(
    ("made_by", "sentence"),
    [
        ({"floor": 0.05}, r"0\.01, below the floor 0\.05"),
        ({"baked": BakedThresholds(0.3, 0.7)}, r"confidence threshold 0\.3 that is baked"),
    ],
    ids=["the floor", "the graph"],
)
def test_thresholds_below_what_was_stored_are_refused(made_by: dict, sentence: str) -> None:
    check_limits(network_run(), 0.01)
    check_limits(network_run(baked=BakedThresholds(float(np.float32(0.3)), 0.7)), 0.3)
    with pytest.raises(UserError, match=sentence):
        check_limits(network_run(**made_by), 0.01)


def test_batches_of_different_sweeps_are_not_added(
    arms: dict[str, CandidateBatch], tmp_path: Path
) -> None:
    swept(arms, tmp_path / "a", THRESHOLDS)
    swept(arms, tmp_path / "b", replace(THRESHOLDS, conf=0.5))
    with pytest.raises(UserError, match="other thresholds"):
        gather("m", [str(tmp_path / folder / "0.json") for folder in "ab"], COMPARISONS)


@dataclass(frozen=True)
class Measured:
    """Two real arms and the processor time that their inference took."""

    arms: dict[str, CandidateBatch]
    seconds: float


@pytest.fixture(scope="module")
def measured(coco_images: list[Path], yolo11n_onnx: Path, yolo11n_pt: Path) -> Measured:
    """Return both arms of YOLO11n; the reference sees minimal rectangles, so that they differ."""
    from parity.backends.pytorch.network import PytorchNetwork

    images = [BatchImage(path.name, str(path), sha256(path)) for path in coco_images[:24]]
    options = {"imgsz": (640, 640), "rect": True, "threads": 1, "device": "cpu"}
    networks = {
        "pytorch-square": PytorchNetwork.load(yolo11n_pt, **options),
        "onnx-fp32": OnnxNetwork.load(yolo11n_onnx, threads=1),
    }
    arms, seconds = {}, 0.0
    for arm, network in networks.items():
        infer(network, images[:1], floor=0.01, made_by=network_run())  # warms up
        start = time.process_time()
        made_by = network_run(names=network.names)
        arms[arm] = infer(network, images, floor=0.01, made_by=made_by)[0]
        seconds += time.process_time() - start
    return Measured(arms, seconds)


@pytest.mark.slow
def test_random_cells_equal_what_ultralytics_suppression_gives(
    measured: Measured, tmp_path: Path
) -> None:
    from parity.backends.pytorch.postprocess import detect as detect_as_ultralytics

    results = swept(measured.arms, tmp_path, THRESHOLDS, batches=2)
    cells = results.comparisons["runtime-fp32"].cells
    for index in np.random.default_rng(0).choice(len(cells), 6, replace=False):
        cell = cells[index]
        at = cell.conf, cell.iou
        detects = detect_as_ultralytics, detect
        expected = fresh(*measured.arms.values(), (at, at), max_det=300, detects=detects)
        for key in ("reference", "candidate", "matched", "missing", "extra"):
            assert getattr(cell, key) == expected[key], at


@pytest.mark.slow
def test_fifty_cells_cost_less_than_a_twentieth_of_the_inference(measured: Measured) -> None:
    grid = {"conf": [n / 20 for n in range(1, 11)], "iou": [0.4, 0.45, 0.5, 0.6, 0.7]}
    axes = Axes.build(grid, THRESHOLDS)
    spent = []
    for _ in range(3):
        start = time.process_time()
        sweep(measured.arms, COMPARISONS, axes, iou=MATCHING)
        spent.append(time.process_time() - start)
    assert min(spent) < measured.seconds / 20
