"""Labelled images that nobody photographed, with detections near the labels."""

import cv2
import numpy as np

from parity.detection.detections import Detections
from parity.detection.run_length import encode_masks
from parity.labels.truth import LabelledObject, Rle, Truth

SHAPE = 200, 240
"""Height and width of the images, px."""

IMAGES = 20
CLASSES = 3


def ellipse(box: np.ndarray) -> np.ndarray:
    """Return a mask within a box, in the size of the image."""
    mask = np.zeros(SHAPE, np.uint8)
    centre, axes = (box[:2] + box[2:]) / 2, np.maximum((box[2:] - box[:2]) / 2, 1)
    whole = [tuple(each.astype(int).tolist()) for each in (centre, axes)]
    cv2.ellipse(mask, *whole, 0, 0, 360, 1, -1)
    return mask


def run_length(mask: np.ndarray) -> Rle:
    (counts,) = encode_masks(mask[None])
    return {"size": list(mask.shape), "counts": counts}


def labelled_object(rng: np.random.Generator, keypoints: int) -> LabelledObject:
    """Return an object with everything that a task may want of it."""
    corner = rng.uniform(0, 140, 2)
    box = np.concatenate([corner, corner + rng.uniform(8, 100, 2)])
    mask = ellipse(box)
    points = rng.uniform(box[:2], box[2:], (keypoints, 2))
    visible = rng.integers(0, 3, (keypoints, 1)) * (rng.random() > 0.2)
    return LabelledObject(
        (box[0], box[1], box[2], box[3]),
        float(mask.sum()),
        class_id=int(rng.integers(CLASSES)),
        crowd=bool(rng.random() < 0.15),
        mask=run_length(mask),
        keypoints=np.concatenate([points * (visible > 0), visible], axis=1),
        oriented=np.array([*(box[:2] + box[2:]) / 2, *box[2:] - box[:2], rng.uniform(-4, 4)]),
    )


def labelled_images(seed: int, keypoints: int = 17) -> dict[str, Truth]:
    """Return labels, crowds among them and objects without a labelled keypoint."""
    rng = np.random.default_rng(seed)
    return {
        f"{i}.jpg": Truth.of([labelled_object(rng, keypoints) for _ in range(rng.integers(0, 7))])
        for i in range(IMAGES)
    }


def near(truth: Truth, rng: np.random.Generator, keypoints: int) -> Detections:
    """Return detections around labels: shifted, doubled, of a wrong class, invented, tied."""
    of = np.repeat(np.arange(len(truth)), 3)
    invented = [labelled_object(rng, keypoints) for _ in range(4)]
    near_by = Truth.of([*objects_of(truth, of), *invented])
    count = len(near_by)
    boxes = near_by.boxes + rng.normal(0, 5, (count, 4))
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 2)
    wrong = rng.random(count) < 0.2
    class_ids = np.where(wrong, rng.integers(0, CLASSES, count), near_by.class_ids)
    assert near_by.keypoints is not None
    assert near_by.oriented is not None
    points = near_by.keypoints + rng.normal(0, 3, near_by.keypoints.shape)
    oriented = near_by.oriented + rng.normal(0, [3, 3, 3, 3, 0.05], (count, 5))
    oriented[:, 2:4] = np.maximum(oriented[:, 2:4], 2)
    scores = np.round(rng.random(count), 2)
    found = Detections(
        boxes.astype(np.float32),
        scores.astype(np.float32),
        class_ids.astype(np.int32),
        masks=np.array([ellipse(box) for box in boxes]),
        keypoints=points.astype(np.float32),
        oriented=oriented.astype(np.float32),
    )
    return found.at(np.argsort(-scores, kind="stable"))


def objects_of(truth: Truth, indices: np.ndarray) -> list[LabelledObject]:
    """Return some labelled objects, one by one."""
    return [
        LabelledObject(
            tuple(truth.boxes[i]),
            truth.areas[i],
            truth.class_ids[i],
            mask=truth.masks[i],
            keypoints=truth.keypoints[i],
            oriented=truth.oriented[i],
        )
        for i in indices
    ]


def scattered(truths: dict[str, Truth], seed: int, keypoints: int = 17) -> dict[str, Detections]:
    """Return detections near the labels of each image."""
    rng = np.random.default_rng(seed)
    return {name: near(truth, rng, keypoints) for name, truth in truths.items()}
