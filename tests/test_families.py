"""Files of other families are recognised, and read as their authors read them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest

from parity.backends.given_export import take_adapted, take_reference
from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.diagnosis.diagnose_files import check_geometry_of
from parity.errors import UserError
from parity.external.observations import NOTHING_DECLARED
from parity.model_files.families.family import FAMILIES, FAMILY
from parity.model_files.inspection import of_metadata
from parity.postprocessing.postprocess import detect
from tests.family_files import CELLS, SIDE, write_network

CLASSES = 3
QUERIES = 20
OPTIONS: dict[str, Any] = {"imgsz": [SIDE, SIDE], "metadata": {}, "family": None}
RNG = np.random.default_rng(5)
Outputs = dict[str, np.ndarray]


def chances(*shape: int) -> np.ndarray:
    return RNG.random(shape, dtype=np.float32)


def boxes_px(many: int) -> np.ndarray:
    """Return cx, cy, width and height that lie within the input."""
    return np.concatenate([8 + 48 * chances(1, many, 2), 2 + 12 * chances(1, many, 2)], axis=2)


def yolov5_outputs() -> Outputs:
    many = 3 * CELLS
    return {"output0": np.concatenate([boxes_px(many), chances(1, many, 1 + CLASSES)], axis=2)}


def yolox_outputs() -> Outputs:
    offsets = 2 * chances(1, CELLS, 4) - 1
    return {"output": np.concatenate([offsets, chances(1, CELLS, 1 + CLASSES)], axis=2)}


def rtdetr_outputs() -> Outputs:
    return {"output0": chances(1, QUERIES, 4 + CLASSES)}


def read_yolov5(outputs: Outputs) -> np.ndarray:
    """Return (anchors, 4 + classes) of input px, as ``detect.py`` of YOLOv5 reads them."""
    raw = outputs["output0"][0].copy()
    raw[:, 5:] *= raw[:, 4:5]
    return np.delete(raw, 4, axis=1)


def read_yolox(outputs: Outputs) -> np.ndarray:
    """Return the same, as ``demo_postprocess`` of YOLOX reads them."""
    raw = outputs["output"].copy()
    grids, strides = [], []
    for stride in (8, 16, 32):
        xv, yv = np.meshgrid(np.arange(SIDE // stride), np.arange(SIDE // stride))
        grids.append(np.stack((xv, yv), 2).reshape(1, -1, 2))
        strides.append(np.full((1, grids[-1].shape[1], 1), stride))
    raw[..., :2] = (raw[..., :2] + np.concatenate(grids, 1)) * np.concatenate(strides, 1)
    raw[..., 2:4] = np.exp(raw[..., 2:4]) * np.concatenate(strides, 1)
    return np.concatenate([raw[0, :, :4], raw[0, :, 4:5] * raw[0, :, 5:]], axis=1)


def taken(path: Path, destination: Path, **options: Any) -> OnnxNetwork:
    take_reference(path, destination, OPTIONS | options)
    return OnnxNetwork.load(destination, threads=1)


def photograph() -> np.ndarray:
    image = cv2.imread(str(find_samples()["nothing_here.png"]))
    assert image.shape[0] != image.shape[1], "the geometry would not show"
    return image


@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize(
    ("family", "outputs", "read"),
    [
        ("yolov5", yolov5_outputs(), read_yolov5),
        ("yolox", yolox_outputs(), read_yolox),
    ],
)
def test_networks_with_an_objectness_are_recognised_and_decoded(
    family: str,
    outputs: Outputs,
    read: Callable[[Outputs], np.ndarray],
    opset: int,
    tmp_path: Path,
) -> None:
    given = write_network(tmp_path / "given.onnx", outputs, opset=opset)
    network = taken(given, tmp_path / "own.onnx")
    assert network.family == family
    assert network.names == {0: "0", 1: "1", 2: "2"}
    found = network.forward(network.preprocess(photograph()))
    np.testing.assert_allclose(found.T, read(outputs), rtol=2e-6)
    said = " ".join(finding.sentence for finding in of_metadata(network.session.metadata))
    assert FAMILIES[family].sentence in said


def test_yolov5_scores_are_the_product_of_float32(tmp_path: Path) -> None:
    outputs = yolov5_outputs()
    network = taken(write_network(tmp_path / "given.onnx", outputs), tmp_path / "own.onnx")
    found = network.forward(network.preprocess(photograph()))
    np.testing.assert_array_equal(found.T, read_yolov5(outputs))


def test_yolox_takes_pixels_in_the_corner(tmp_path: Path) -> None:
    network = taken(write_network(tmp_path / "g.onnx", yolox_outputs()), tmp_path / "own.onnx")
    image = photograph()
    ratio = min(SIDE / image.shape[0], SIDE / image.shape[1])
    size = int(image.shape[1] * ratio), int(image.shape[0] * ratio)
    padded = np.full((SIDE, SIDE, 3), 114, np.uint8)
    padded[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    expected = padded.transpose(2, 0, 1)[None].astype(np.float32)
    np.testing.assert_array_equal(network.preprocess(image), expected)


def detections_of(network: OnnxNetwork, image: np.ndarray) -> Detections:
    tensor = network.preprocess(image)
    found = network.decode(network.forward_batch([tensor])[0], 0.01)
    shapes = {"image_shape": image.shape[:2], "input_shape": tensor.shape[2:]}
    candidates = ImageCandidates("a", "", **shapes, candidates=found)
    return detect(candidates, conf=0.5, iou=1.0, max_det=300, head=network.head)


def test_boxes_of_yolox_are_divided_by_the_ratio(tmp_path: Path) -> None:
    outputs, image = yolox_outputs(), photograph()
    network = taken(write_network(tmp_path / "given.onnx", outputs), tmp_path / "own.onnx")
    raw = read_yolox(outputs)
    best = raw[:, 4:].max(1)
    raw = raw[best > 0.5][np.argsort(-best[best > 0.5], kind="stable")]
    corners = np.concatenate([raw[:, :2] - raw[:, 2:4] / 2, raw[:, :2] + raw[:, 2:4] / 2], 1)
    corners /= min(SIDE / image.shape[0], SIDE / image.shape[1])
    corners = corners.clip(0, [*image.shape[1::-1]] * 2)
    found = detections_of(network, image)
    np.testing.assert_allclose(found.boxes, corners, atol=1e-3)
    np.testing.assert_allclose(found.scores, raw[:, 4:].max(1), rtol=2e-6)


@pytest.mark.parametrize("outputs", [yolox_outputs(), rtdetr_outputs()])
def test_only_deployments_of_letterboxed_networks_are_diagnosed(
    outputs: Outputs, tmp_path: Path
) -> None:
    network = taken(write_network(tmp_path / "given.onnx", outputs), tmp_path / "own.onnx")
    with pytest.raises(UserError, match="are compared with the reference but not diagnosed"):
        check_geometry_of(network, NOTHING_DECLARED)


def logit(chance: np.ndarray) -> np.ndarray:
    clipped = chance.clip(1e-4, 1 - 1e-4).astype(np.float64)
    return np.log(clipped / (1 - clipped)).astype(np.float32)


def as_ultralytics(outputs: Outputs) -> Outputs:
    """Return the best of all queries and classes, as ``RTDETRDecoder.postprocess`` does."""
    raw = outputs["output0"][0]
    best, labels = raw[:, 4:].max(1), raw[:, 4:].argmax(1)
    rows = np.concatenate([raw[:, :4], best[:, None], labels[:, None]], axis=1)
    return {"output0": rows[np.argsort(-best, kind="stable")][None].astype(np.float32)}


def as_hugging_face(outputs: Outputs) -> Outputs:
    raw = outputs["output0"]
    return {"logits": logit(raw[..., 4:]), "pred_boxes": raw[..., :4]}


def as_authors(outputs: Outputs) -> Outputs:
    raw = outputs["output0"]
    raw = raw[:, np.argsort(-raw[0, :, 4:].max(1), kind="stable")]
    centres, sides = raw[..., :2], raw[..., 2:4]
    corners = np.concatenate([centres - sides / 2, centres + sides / 2], axis=2)
    return {
        "labels": raw[..., 4:].argmax(2).astype(np.int64),
        "boxes": corners,
        "scores": raw[..., 4:].max(2),
    }


@pytest.mark.parametrize("opset", [13, 18])
@pytest.mark.parametrize(
    ("form", "second_input", "options"),
    [
        (dict, "", {}),
        (as_ultralytics, "", {"metadata": {"names": ("a", "b", "c")}}),
        (as_hugging_face, "", {"family": "rtdetr"}),
        (as_authors, "orig_target_sizes", {"metadata": {"names": ("a", "b", "c")}}),
    ],
)
def test_queries_become_boxes_of_the_stretched_image(
    form: Callable[[Outputs], Outputs],
    second_input: str,
    options: dict[str, Any],
    opset: int,
    tmp_path: Path,
) -> None:
    outputs, image = rtdetr_outputs(), photograph()
    given = tmp_path / "given.onnx"
    write_network(given, form(outputs), second_input=second_input, opset=opset)
    network = taken(given, tmp_path / "own.onnx", **options)
    assert network.family == "rtdetr"
    assert network.head.finished, "there is no NMS"
    stretched = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    expected = stretched[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(network.preprocess(image), expected)

    raw = outputs["output0"][0]
    best, labels = raw[:, 4:].max(1), raw[:, 4:].argmax(1)
    order = np.argsort(-best, kind="stable")
    order = order[best[order] > 0.5]
    size = np.array([*image.shape[1::-1]] * 2)
    corners = np.concatenate([raw[:, :2] - raw[:, 2:4] / 2, raw[:, :2] + raw[:, 2:4] / 2], 1)
    found = detections_of(network, image)
    np.testing.assert_allclose(found.scores, best[order], atol=1e-4)
    np.testing.assert_array_equal(found.class_ids, labels[order])
    np.testing.assert_allclose(found.boxes, corners[order] * size, atol=0.05)


def plain_outputs() -> Outputs:
    raw = np.concatenate([boxes_px(CELLS), chances(1, CELLS, CLASSES)], axis=2)
    return {"output0": np.ascontiguousarray(raw.transpose(0, 2, 1))}


def test_raw_output_without_metadata_is_that_of_ultralytics(tmp_path: Path) -> None:
    outputs = plain_outputs()
    network = taken(write_network(tmp_path / "given.onnx", outputs), tmp_path / "own.onnx")
    assert network.family == "ultralytics"
    found = network.forward(network.preprocess(photograph()))
    np.testing.assert_array_equal(found, outputs["output0"][0])
    assert len(network.names) == CLASSES


def test_transposed_output_needs_a_word(tmp_path: Path) -> None:
    turned = {"output0": np.ascontiguousarray(plain_outputs()["output0"].transpose(0, 2, 1))}
    given = write_network(tmp_path / "given.onnx", turned)
    with pytest.raises(UserError, match="which several families do; say which it is with family: "):
        taken(given, tmp_path / "own.onnx")
    names = {"metadata": {"names": ("a", "b", "c")}}
    network = taken(given, tmp_path / "own.onnx", family="ultralytics", **names)
    found = network.forward(network.preprocess(photograph()))
    np.testing.assert_array_equal(found.T, turned["output0"][0])


def test_another_file_is_read_as_the_reference_is(tmp_path: Path) -> None:
    reference, outputs = tmp_path / "reference.onnx", yolov5_outputs()
    network = taken(write_network(tmp_path / "given.onnx", outputs), reference)
    other = write_network(tmp_path / "other.onnx", yolov5_outputs())
    take_adapted(other, tmp_path / "own.onnx", lambda **_: network, OPTIONS, source="reference")
    assert OnnxNetwork.load(tmp_path / "own.onnx", threads=1).family == "yolov5"


@pytest.mark.parametrize(
    ("outputs", "options", "said"),
    [
        (rtdetr_outputs(), {"family": "yolox", "metadata": {"names": ("a",)}}, "is not what YOLOX"),
        ({"a": chances(1, 7)}, {}, "and no other files can be read than those of RT-DETR and"),
        ({"a": 9 * chances(1, 300, 8)}, {"family": "yolov5"}, "are not theirs. Expected: It"),
        (as_authors(rtdetr_outputs()), {}, "does not say which classes it has; name them under"),
    ],
)
def test_what_cannot_be_read_is_said(
    outputs: Outputs, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    given = write_network(tmp_path / "given.onnx", outputs)
    with pytest.raises(UserError) as caught:
        taken(given, tmp_path / "own.onnx", **options)
    assert said in str(caught.value)


def test_an_open_input_of_another_family_is_refused(tmp_path: Path) -> None:
    given = write_network(tmp_path / "given.onnx", yolox_outputs(), side="side")
    with pytest.raises(UserError, match="takes images of any size"):
        taken(given, tmp_path / "own.onnx")


def test_an_open_input_of_yolov5_is_a_minimal_rectangle(tmp_path: Path) -> None:
    given = write_network(tmp_path / "given.onnx", yolov5_outputs(), side="side")
    network = taken(given, tmp_path / "own.onnx", metadata={"stride": 8})
    assert network.rect
    image = np.zeros((SIDE, SIDE // 2, 3), np.uint8)
    assert network.preprocess(image).shape == (1, 3, SIDE, SIDE // 2)


def test_a_family_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    taken(write_network(tmp_path / "given.onnx", yolov5_outputs()), tmp_path / "own.onnx")
    model = onnx.load(tmp_path / "own.onnx")
    next(entry for entry in model.metadata_props if entry.key == FAMILY).value = "yolo9000"
    onnx.save(model, tmp_path / "own.onnx")
    with pytest.raises(UserError, match="is of the family 'yolo9000'; it may be"):
        OnnxNetwork.load(tmp_path / "own.onnx", threads=1)


def test_decoding_keeps_the_order_of_anchors(tmp_path: Path) -> None:
    outputs = yolov5_outputs()
    network = taken(write_network(tmp_path / "given.onnx", outputs), tmp_path / "own.onnx")
    tensor = network.preprocess(photograph())
    found: Candidates = network.decode(network.forward_batch([tensor])[0], 0.25)
    best = read_yolov5(outputs)[:, 4:].max(1)
    np.testing.assert_array_equal(found.scores, best[best > np.float32(0.25)])
