"""Postprocessing as people write it, in plain loops, against the pipeline that stands for it."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.deployment import postprocess as steps
from parity.deployment.decoding_variants import decode_with_choices
from parity.deployment.geometry import place_image
from parity.deployment.pipeline import Pipeline
from parity.deployment.stage import allowed
from parity.deployment.task import InImage
from tests.conftest import examples

CONF, IOU, SIDE = 0.5, 0.45, 640
Row = tuple[float, float, float, float, float, int]
"""x1, y1, x2, y2 in px of the input, score and class of a candidate."""


def raw_output(seed: int, count: int = 60) -> np.ndarray:
    """Return a raw output of a crowd that reaches over the edges, (4 + 3, anchors)."""
    rng = np.random.default_rng(seed)
    raw = np.zeros((7, count), np.float32)
    raw[:2], raw[2:4] = rng.uniform(0, SIDE, (2, count)), rng.uniform(20, 200, (2, count))
    raw[4 + rng.integers(0, 3, count), np.arange(count)] = rng.permutation(count) / count
    return raw


def rows_of(raw: np.ndarray) -> list[Row]:
    """Return the candidates above the threshold, the best first."""
    rows = []
    for column in raw.T:
        class_id = int(column[4:].argmax())
        if (score := float(column[4 + class_id])) > CONF:
            cx, cy, w, h = map(float, column[:4])
            rows.append((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, class_id))
    return sorted(rows, key=lambda row: -row[4])


def iou(a: Row, b: Row) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(r[2] - r[0]) * (r[3] - r[1]) for r in (a, b)]
    return width * height / (sum(areas) - width * height)


def nms(rows: list[Row], *, agnostic: bool = False) -> list[Row]:
    kept: list[Row] = []
    for row in rows:
        if not any((agnostic or k[5] == row[5]) and iou(k, row) > IOU for k in kept):
            kept.append(row)
    return kept


def on_a_canvas(rows: list[Row], height: int, width: int) -> list[Row]:
    """Scale boxes to a canvas of 300 x 500 px onto which the image is stretched."""
    gain = min(SIDE / height, SIDE / width)
    top = round((SIDE - round(height * gain)) / 2 - 0.1)
    left = round((SIDE - round(width * gain)) / 2 - 0.1)
    drawn = []
    for x1, y1, x2, y2, *rest in nms(rows):
        xs = [min(max((x - left) / gain, 0), width) / width * 500 for x in (x1, x2)]
        ys = [min(max((y - top) / gain, 0), height) / height * 300 for y in (y1, y2)]
        drawn.append((xs[0], ys[0], xs[1], ys[1], *rest))
    return drawn


def cut_in_the_input(rows: list[Row], height: int, width: int) -> list[Row]:
    """Make int rectangles of the input, as a cv::Rect holds them, and map their corners back."""
    gain = min(SIDE / height, SIDE / width)
    top = round((SIDE - round(height * gain)) / 2 - 0.1)
    left = round((SIDE - round(width * gain)) / 2 - 0.1)
    rects = []
    for x1, y1, x2, y2, *rest in rows:
        x, y, w, h = int(x1), int(y1), int(x2 - x1), int(y2 - y1)
        rects.append((x, y, x + w, y + h, *rest))
    return [
        ((x1 - left) / gain, (y1 - top) / gain, (x2 - left) / gain, (y2 - top) / gain, *rest)
        for x1, y1, x2, y2, *rest in nms(rects, agnostic=True)
    ]


def edges_thrown_away(rows: list[Row], _height: int, _width: int) -> list[Row]:
    """Skip what leaves [0, 1], and let the lowest score suppress first."""
    inside = [
        (x1 / SIDE, y1 / SIDE, x2 / SIDE, y2 / SIDE, *rest)
        for x1, y1, x2, y2, *rest in rows
        if min(x1, y1) >= 0 and max(x2, y2) <= SIDE
    ]
    return nms(inside[::-1], agnostic=True)


def rect_and_image(rows: list[Row], height: int, width: int) -> list[Row]:
    """Keep the width when x is clipped: x = max(0, x); w = min(w, width - 1 - x)."""
    gain = min(SIDE / height, SIDE / width)
    pad_x, pad_y = int((SIDE - width * gain) / 2), int((SIDE - height * gain) / 2)
    clipped = []
    for x1, y1, x2, y2, *rest in nms(rows):
        x, y = (x1 - pad_x) / gain, (y1 - pad_y) / gain
        w, h = (x2 - x1) / gain, (y2 - y1) / gain
        x, y = min(max(0.0, x), width - 1), min(max(0.0, y), height - 1)
        clipped.append((x, y, min(x + w, width - 1), min(y + h, height - 1), *rest))
    return clipped


WRITTEN: list[tuple[Callable[[list[Row], int, int], list[Row]], Pipeline]] = [
    (on_a_canvas, Pipeline(gain="single", unit="canvas", canvas=(300, 500))),
    (
        cut_in_the_input,
        Pipeline(
            gain="single", whole_input_px="sides_truncated", suppression="agnostic", clip="no"
        ),
    ),
    (
        edges_thrown_away,
        Pipeline(
            fitting="stretch",
            dropped="leaving_input",
            order="rising",
            suppression="agnostic",
            unit="image_fraction",
        ),
    ),
    (
        rect_and_image,
        Pipeline(
            gain="single",
            offset="exact",
            offset_rounding="truncated",
            clip_keeps_sides=True,
            clip_limit="last_px",
        ),
    ),
]


def postprocess(pipeline, raw, place, shape):
    return steps.postprocess(pipeline, (raw,), InImage(place, shape), classes=len(raw) - 4)


@examples(30)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(480, 640), (374, 500), (640, 427)]))
@pytest.mark.parametrize(("written", "pipeline"), WRITTEN, ids=lambda x: getattr(x, "__name__", ""))
def test_what_people_write(written, pipeline, seed, shape):
    raw = raw_output(seed)
    pipeline = Pipeline(**{**vars(pipeline), "conf": CONF, "iou": IOU, "class_offset": None})
    place = place_image(pipeline, shape, (SIDE, SIDE))
    found = postprocess(pipeline, raw, place, shape)
    expected = written(rows_of(raw), *shape)
    np.testing.assert_array_equal(found.class_ids, [row[5] for row in expected])
    np.testing.assert_allclose(found.scores, [row[4] for row in expected], rtol=1e-6)
    np.testing.assert_allclose(found.boxes, [row[:4] for row in expected], rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize(
    ("head", "activation"),
    list(product(allowed(Pipeline, "head"), allowed(Pipeline, "activation"))),
)
def test_every_layout_is_read_from_a_model_of_one_class(head: str, activation: str) -> None:
    raw = np.random.default_rng(0).random((5, 40), np.float32)
    choices = Pipeline(head=head, activation=activation)
    found = decode_with_choices(choices, raw, floor=0.1)
    assert (found.class_ids == 0).all()
    assert found.boxes.shape == (len(found.scores), 4)
