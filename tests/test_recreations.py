"""Published deployments, re-created to the digits that they print."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.run import run
from parity.external.reader import load_external

AGNOSTIC = Pipeline(suppression="agnostic")
FLOORED = replace(AGNOSTIC, side_rounding="floor", border_rounding="floor", gain="single")
RECREATED = {
    "f_browser_canvas": replace(
        AGNOSTIC, fitting="pad_first", border=0, clip="no", unit="canvas", iou=0.45, max_det=100
    ),
    "g_offset": replace(
        AGNOSTIC,
        gain="single",
        offset="exact",
        offset_rounding="ultralytics",
        input_shift=(0.5, 0.5, 1.0, 1.0),
        integers="sides_rounded",
        suppressed_in="image",
        conf=0.3,
        iou=0.45,
    ),
    "h_android": replace(
        AGNOSTIC,
        fitting="stretch",
        kernel="pillow_nearest",
        dropped="leaving_image",
        conf=0.3,
        iou=0.5,
    ),
    "i_warp_affine": Pipeline(
        fitting="warp",
        grid="plus_half",
        levels="kept",
        border=128,
        clip="left_top",
        integers="sides_rounded",
        conf=0.5,
        iou=0.45,
    ),
    "k_whole_input_px": replace(
        FLOORED,
        overlap="nmsboxes_xyxy",
        whole_input_px="sides_truncated",
        integers="sides_truncated",
        clip="no",
        conf=0.5,
        iou=0.4,
    ),
    "l_ncnn": replace(
        FLOORED, colours="bgr", border=0, clip_limit="last_px", stride=32, conf=0.4, iou=0.5
    ),
    "m_nearest": Pipeline(
        chroma="repeated",
        kernel="nearest",
        border=0,
        border_rounding="floor",
        multi_label=True,
        gain="single",
        offset="exact",
        offset_rounding="truncated",
        integers="sides_truncated",
        clip="no",
        conf=0.3,
        iou=0.45,
    ),
    "n_edges_lost": Pipeline(
        border=0,
        gain="single",
        dropped="reaching_padding",
        dropped_after_nms=True,
        clip_frame="input",
        iou=0.45,
    ),
}
OTHER_PLACE = {"m_nearest": {"000000000536.jpg"}}
"""Images that a deployment places otherwise: in float32, 336 px times 640 / 448 are 480.00003, and
half of what is left is cut to 79."""

EXACT_SCORE = 1e-4
"""Difference of scores that arithmetic alone causes; chosen, as in the diagnosis."""

OTHER_DECODER = {"m_nearest": 5e-4}
"""Difference of scores where a deployment has a JPEG decoder of its own; chosen: the largest on the
other images is 3e-4."""

EXACT_PX = {"g_offset": 0, "i_warp_affine": 0, "k_whole_input_px": 0, "m_nearest": 0}
"""Largest difference of a coordinate of whole px; others are printed to :data:`DIGITS`."""

DIGITS = 0.0101
"""Largest difference of a coordinate, px: two decimals of a corner and of a side."""


@pytest.mark.parametrize("name", sorted(RECREATED))
def test_a_published_deployment_is_recreated(name: str, shared: Path, yolo11n_onnx: Path) -> None:
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=name == "l_ncnn")
    source = shared / "data" / "deployments" / "languages" / f"{name}.json"
    names = {each["image"] for each in json.loads(source.read_text())["detections"]}
    coco = shared / "data" / "coco" / "images"
    paths = {image: find_samples().get(image, coco / image) for image in sorted(names)}
    shapes = {image: read_image(path).shape[:2] for image, path in paths.items()}
    observed = load_external(source, shapes, network.names).images
    for image in sorted(names - OTHER_PLACE.get(name, set())):
        found, expected = run(RECREATED[name], paths[image], network), observed[image]
        assert len(found) == len(expected), image
        apart = np.abs(found.boxes[:, None] - expected.boxes[None]).max(axis=2)
        apart[found.class_ids[:, None] != expected.class_ids[None]] = np.inf
        nearest = apart.argmin(axis=0)
        assert sorted(nearest) == list(range(len(expected))), image
        assert apart.min(axis=0).max() <= EXACT_PX.get(name, DIGITS), image
        largest = OTHER_DECODER.get(name, EXACT_SCORE)
        assert np.abs(found.scores[nearest] - expected.scores).max() <= largest, image
