"""Ties: what rounding alone decides is neither lost nor new, and nothing else is excused."""

from pathlib import Path

import numpy as np
import pytest

from parity.comparison.differences import (
    ComparisonBatch,
    ImageComparison,
    compare_batch,
    differences_of,
)
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.detection.detection_files import (
    DetectionBatch,
    ImageDetections,
    MadeBy,
    Thresholds,
)
from parity.detection.head import END2END_ROWS, NetworkHead
from parity.documents import load, save
from tests.documents import image_detections

CONF, MOST = 0.25, 11
NEAR, FAR = FLOAT32_ROUNDING.score / 2, FLOAT32_ROUNDING.score * 2
FURTHER = [([20.0 * i, 40.0, 20.0 * i + 15, 55.0], 1.0, 0) for i in range(8)]
"""What both report alike in every case, so that eleven are as many as are reported."""
A, B, C, D = ([20.0 * i, 0.0, 20.0 * i + 15, 15.0] for i in range(4))
ALMOST_A = [0.0, 0.0, 15.0, 14.0]
CLASSES, SIDE = 4, 160
SATURATED = 40.0
"""A logit whose sigmoid is 1 in float32, whatever a network of random weights adds."""


def compared(
    folder: Path,
    ours: ImageDetections,
    theirs: ImageDetections,
    *,
    most: int = MOST,
    finished: bool = False,
) -> ImageComparison:
    """Return what the files of two arms come to."""
    thresholds, head = Thresholds(CONF, 0.7, most), NetworkHead(finished=finished)
    for name, image in (("ours", ours), ("theirs", theirs)):
        made_by = MadeBy(name, {}, thresholds=thresholds, head=head)
        save(folder / name, DetectionBatch(made_by, [image]))
    compare_batch(folder / "ours", folder / "theirs", folder / "compared", iou=0.5)
    (found,) = load(folder / "compared", ComparisonBatch).images
    return found


@pytest.mark.parametrize(
    ("ours", "theirs", "counts", "reason"),
    [
        (
            [(A, 0.9, 0), (B, CONF + NEAR, 0)],
            [(A, 0.9, 0)],
            (1, 0, 0, 1),
            "just above the confidence threshold",
        ),
        (
            [(A, 0.9, 0)],
            [(A, 0.9, 0), (B, CONF + NEAR, 0)],
            (1, 0, 0, 1),
            "of the other arm",
        ),
        (
            [(A, 0.9, 0), (B, CONF + FAR, 0)],
            [(A, 0.9, 0)],
            (1, 1, 0, 0),
            "clearly above it",
        ),
        (
            [(A, 0.9, 0), (B, 0.6, 0), (C, 0.5, 0)],
            [(A, 0.9, 0), (B, 0.6, 0), (D, 0.5 + NEAR, 0)],
            (2, 0, 0, 2),
            "the last of as many as are reported",
        ),
        (
            [(A, 0.9, 0), (B, 0.6, 0)],
            [(A, 0.9, 0), (D, 0.6, 0)],
            (1, 1, 1, 0),
            "equal scores, but there was room for both",
        ),
        (
            [(A, 0.9, 0), (B, 0.6 + FAR, 0), (C, 0.6, 0)],
            [(A, 0.9, 0), (C, 0.6, 0), (D, 0.6, 0)],
            (2, 1, 0, 1),
            "what scores more than the last belongs there",
        ),
        (
            [(A, 1.0, 0), (B, 1.0, 0), (C, 1.0, 0)],
            [(ALMOST_A, 1.0, 0), (B, 1.0, 1), (C, 1.0, 0)],
            (1, 0, 0, 4),
            "pairs among the last may be two objects, of one place or class",
        ),
        (
            [(A, 1.0, 0), (B, 1.0, 0)],
            [(ALMOST_A, 1.0, 0), (B, 1.0, 1)],
            (1, 1, 1, 0),
            "but not where nothing was left out",
        ),
        (
            [(A, 0.9, 0), (B, 0.8, 0), (C, 0.7, 0)],
            [(ALMOST_A, 0.9, 0), (B, 0.8, 1), (C, 0.7, 0)],
            (2, 1, 1, 0),
            "and not where they score more than the last",
        ),
        (
            [(A, 0.9, 0), (B, float("nan"), 0)],
            [(A, 0.9, 0)],
            (1, 1, 0, 0),
            "what is no number is no tie",
        ),
    ],
)
def test_ties(
    tmp_path: Path, ours: list, theirs: list, counts: tuple[int, ...], reason: str
) -> None:
    sides = (image_detections(*FURTHER, *own) for own in (ours, theirs))
    measured = differences_of(compared(tmp_path, *sides))
    expected = dict(zip(("matched", "missing", "extra", "tied"), counts, strict=True))
    expected["matched"] += len(FURTHER)
    assert {name: vars(measured)[name] for name in expected} == expected, reason


SHIFTED = [([x1 + 3, y1, x2 + 3, y2], score, label) for (x1, y1, x2, y2), score, label in FURTHER]


@pytest.mark.parametrize(
    ("ours", "theirs", "most", "reason"),
    [
        ([(A, 0.9, 0)], [(B, 0.6, 0)], 1, "another box and score"),
        ([(A, 0.9, 0)], [(B, 0.9, 0)], 1, "the only one reported is elsewhere"),
        ([(A, 0.9, 0)], [(A, 0.6, 3)], 1, "another class and score"),
        ([(A, 0.9, 0), (B, 0.8, 0)], [(A, 0.9, 0), (B, 0.4, 3)], 2, "the last is another class"),
        (FURTHER * 2, SHIFTED * 2, 16, "every box lies elsewhere, all scores are 1"),
        ([(A, CONF + NEAR, 0)], [(B, CONF + NEAR, 0)], 9, "one object at the threshold, moved"),
    ],
)
def test_a_defect_is_no_tie(
    tmp_path: Path, ours: list, theirs: list, most: int, reason: str
) -> None:
    sides = (image_detections(*own) for own in (ours, theirs))
    found = differences_of(compared(tmp_path, *sides, most=most))
    assert found.tied == 0, reason
    assert found.missing or found.box_px > 1, reason


@pytest.mark.parametrize("finished", [True, False])
def test_a_head_without_nms_returns_no_more_than_its_rows(tmp_path: Path, finished: bool) -> None:
    full = [([20.0 * i, 0.0, 20.0 * i + 15, 15.0], 1.0, 0) for i in range(END2END_ROWS)]
    ours = image_detections(*full)
    theirs = image_detections(*full[1:], ([0.0, 50.0, 15.0, 65.0], 1.0, 0))
    found = differences_of(compared(tmp_path, ours, theirs, most=1000, finished=finished))
    assert (found.missing, found.extra, found.tied) == ((0, 0, 2) if finished else (1, 1, 0))


def test_which_of_equal_scores_are_kept_is_a_tie(tmp_path: Path) -> None:
    """Two selections of the best, which differ in the order of equal scores alone."""
    rng = np.random.default_rng(0)
    scores = np.minimum(rng.uniform(0.5, 1.8, 60), 1.0)
    boxes = [[20.0 * i, 0.0, 20.0 * i + 15, 15.0] for i in range(60)]
    ranked = np.argsort(-scores, kind="stable"), 59 - np.argsort(-scores[::-1], kind="stable")
    assert (scores == 1).sum() > 20
    sides = [image_detections(*((boxes[i], scores[i], 0) for i in one[:20])) for one in ranked]
    found = compared(tmp_path, *sides, most=20)
    both = set(ranked[0][:20].tolist()) & set(ranked[1][:20].tolist())
    assert (found.missing, found.extra, len(found.matched)) == ([], [], len(both))
    assert len(found.ties.reference) == len(found.ties.candidate) == 20 - len(both) > 0


@pytest.mark.nightly  # an export
def test_two_runtimes_keep_others_of_equal_scores(tmp_path: Path) -> None:
    import cv2
    import torch
    from ultralytics import YOLO

    from parity.backends.onnx_network import OnnxNetwork
    from parity.backends.pytorch.export import export_onnx
    from parity.backends.pytorch.network import PytorchNetwork
    from parity.backends.pytorch.postprocess import detect as detect_by_ultralytics
    from parity.postprocessing.postprocess import detect
    from tests.random_models import make_random_checkpoint
    from tests.test_task_arms import candidates_of

    checkpoint, export, picture = (tmp_path / name for name in ("m.pt", "m.onnx", "noise.png"))
    make_random_checkpoint("yolo26n.yaml", "detect", CLASSES, checkpoint)
    model = YOLO(checkpoint)
    for branch in model.model.model[-1].one2one_cv3:
        torch.nn.init.constant_(branch[-1].bias, -SATURATED)
        branch[-1].bias.data[0] = SATURATED  # of one class, so that both keep some of the same
    model.save(checkpoint)
    export_onnx(checkpoint, export, imgsz=SIDE, simplify=False, nms=False)
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    cv2.imwrite(str(picture), noise)
    size = {"imgsz": (SIDE, SIDE), "rect": False, "threads": 1, "device": "cpu", "end2end": True}
    networks = PytorchNetwork.load(checkpoint, **size), OnnxNetwork.load(export, threads=1)
    limits = {"conf": CONF, "iou": 0.7, "max_det": END2END_ROWS}
    sides = []
    for network, find in zip(networks, (detect_by_ultralytics, detect), strict=True):
        image = candidates_of(network, picture, 0.01)
        assert (image.candidates.scores == 1).all(), "more equal scores than rows"
        found = find(image, **limits, head=network.head)
        sides.append(ImageDetections.of(image, found))
    found = differences_of(compared(tmp_path, *sides, most=END2END_ROWS, finished=True))
    assert (found.missing, found.extra) == (0, 0)
    assert found.matched + found.tied / 2 == END2END_ROWS
    assert found.box_px < FLOAT32_ROUNDING.box_px
    assert found.tied > 0, "both keep the same ones; nothing is tested"
