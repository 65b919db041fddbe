"""What makes the ONNX arm fast does not change a bit of what it returns."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.backends.buffers import BufferPool
from parity.backends.inference import Prepared, grouped, infer
from parity.backends.onnx_network import OnnxNetwork
from parity.backends.prefetch import prefetch
from parity.data.batch_files import BatchImage
from parity.data.reading import read_image
from parity.detection.decoding import Candidates, decode
from parity.detection.letterbox import apply, fit, planes
from parity.detection.nms import largest_float32, nms
from parity.provenance import sha256
from tests import plain_path
from tests.documents import network_run

SHAPES = [(480, 640), (640, 480), (640, 640), (37, 1000), (1, 1), (1080, 810), (333, 333)]
THRESHOLDS = [0.0, 0.1, 0.3, 0.45, 0.5, 0.7, 0.9, 1.0]


def boxes_and_scores(count: int, seed: int, *, crowded: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return random boxes of several classes with many equal scores and equal boxes."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 100 if crowded else 640, (count, 2)) + rng.random((count, 2))
    sides = rng.integers(5, 60, (count, 2))
    boxes = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1)
    boxes += 7680 * rng.integers(0, 3, count)[:, None]
    boxes[: count // 4] = np.round(boxes[: count // 4] / 16) * 16
    return boxes.astype(np.float32), np.round(rng.random(count), 2).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("stride", [None, 32])
def test_the_tensor_is_bit_equal_in_a_used_buffer(dtype: type, stride: int | None) -> None:
    rng = np.random.default_rng(0)
    canvases, tensors = BufferPool(dtype), BufferPool(np.float32)
    for shape in SHAPES * 2:
        image = rng.integers(0, 256, (*shape, 3)).astype(dtype)
        place = fit(shape, (640, 640), stride=stride)
        canvas = canvases.take((place.height, place.width, 3))
        buffer = tensors.take((1, 3, place.height, place.width))
        planes(apply(image, place, into=canvas), into=buffer[0])
        assert np.array_equal(buffer, plain_path.tensor(image, place))
        assert np.array_equal(buffer[0], planes(apply(image, place)))
        canvases.give_back(canvas)
        tensors.give_back(buffer)


def test_every_pixel_value_is_divided_by_255() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    divided = planes(np.stack([ramp, ramp, ramp], axis=2))
    assert divided.dtype == np.float32
    assert np.array_equal(divided[0].ravel(), np.arange(256, dtype=np.float32) / np.float32(255))


@pytest.mark.parametrize("classes", [1, 2, 80, 365])
def test_decoding_is_bit_equal(classes: int) -> None:
    raw = np.random.default_rng(classes).random((4 + classes, 500), np.float32) ** 8
    raw[4:, 7] = np.nan
    raw[4:, 9] = raw[4, 9]  # of equal classes the first
    assert_equal(decode(raw, 0.25), plain_path.decode(raw, 0.25))
    assert len(decode(raw, 1.0)) == 0


@pytest.mark.parametrize("iou", THRESHOLDS)
@pytest.mark.parametrize("count", [0, 1, 2, 127, 128, 129, 700])
def test_suppression_is_bit_equal(count: int, iou: float) -> None:
    for crowded in (False, True):
        boxes, scores = boxes_and_scores(count, count, crowded=crowded)
        expected = plain_path.nms(boxes, scores, iou)
        assert np.array_equal(nms(boxes, scores, iou), expected)
        for limit in (0, 1, 50, 300):
            assert np.array_equal(nms(boxes, scores, iou, limit), expected[:limit])


@pytest.mark.parametrize("value", [*THRESHOLDS, 0.1 + 1e-12, 0.3 - 1e-12])
def test_a_threshold_in_float32_decides_as_in_float64(value: float) -> None:
    below = largest_float32(value)
    above = np.nextafter(below, np.float32(2))
    assert float(below) <= value < float(above)


def test_a_crowd_costs_milliseconds() -> None:
    boxes, scores = boxes_and_scores(3000, 0, crowded=False)
    start = time.process_time()
    nms(boxes, scores, 0.45, 300)
    assert time.process_time() - start < 0.2  # measured: 0.005


def test_a_buffer_belongs_to_one_at_a_time() -> None:
    pool = BufferPool(np.float32)
    first, second = pool.take((2, 3)), pool.take((2, 3))
    assert not np.shares_memory(first, second)
    pool.give_back(first)
    assert pool.take((2, 3)) is first
    assert pool.take((2, 2)).shape == (2, 2)


def test_prefetching_keeps_the_order_and_is_bounded() -> None:
    begun: list[int] = []
    for i in prefetch(lambda i: begun.append(i) or i, range(20), ahead=2):
        assert len(begun) <= i + 3
    assert begun == list(range(20))


def test_prefetching_raises_where_the_result_would_be() -> None:
    results = prefetch(lambda i: 1 // (2 - i), range(5))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize("rect", [True, False])
def test_the_arm_is_bit_equal_to_the_plain_path(
    rect: bool, coco_images: list[Path], yolo11n_onnx: Path
) -> None:
    chosen = coco_images[::8]
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=rect)
    images = [BatchImage(path.name, str(path), sha256(path)) for path in chosen]
    batch, _ = infer(network, images, floor=0.01, made_by=network_run())
    session = plain_path.session(yolo11n_onnx)
    for path, image in zip(chosen, batch.images, strict=True):
        pixels = read_image(path)
        place = fit(pixels.shape[:2], network.imgsz, stride=32 if rect else None)
        expected = plain_path.candidates(session, pixels, place, 0.01)
        assert_equal(image.candidates, expected)


def test_groups_have_one_shape_and_keep_the_order() -> None:
    image = BatchImage("", "", "")
    small, large = np.empty((1, 3, 32, 32)), np.empty((1, 3, 64, 32))
    tensors = [None, small, None, small, small, large, None, small]
    prepared = [Prepared(image, tensor=tensor) for tensor in tensors]
    groups = list(grouped(prepared, 4))
    assert [ready for group in groups for ready in group] == prepared
    assert [len(group) for group in groups] == [4, 1, 2, 1]


def assert_equal(found: Candidates, expected: Candidates) -> None:
    for name in ("boxes", "scores", "class_ids"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
        assert getattr(found, name).dtype == getattr(expected, name).dtype
