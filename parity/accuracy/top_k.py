"""Measuring an arm that names classes: how often the right one is among its most probable."""

import numpy as np

from parity.accuracy.bootstrap import Draws
from parity.accuracy.measured_arm import ArmFiles, MeasuredArm, Yardstick
from parity.accuracy.results import ArmAccuracy, ClassAccuracy, Fate
from parity.postprocessing.postprocess import detect

RANKS = (1, 5)
"""Of the most probable classes; those that Ultralytics' val reports."""

NAMES = ("top-1", "top-5")


def measure_classes(files: ArmFiles, yardstick: Yardstick) -> MeasuredArm:
    """Measure an arm that names classes.

    Parameters
    ----------
    files : ArmFiles
        Its candidates; the five most probable classes of an image are always among them.
    yardstick : Yardstick
        What all arms are measured by.
    """
    truths = yardstick.labels.images
    right = {}
    floor = 0.0
    for run, image in files.candidates_of(yardstick.labels):
        floor = run.floor
        found = detect(image, conf=0.0, iou=yardstick.iou, max_det=max(RANKS), head=run.head)
        hits = found.class_ids == truths[image.name].class_ids[0]
        right[image.name] = [hits[:rank].any() for rank in RANKS]
    table = np.array([right[name] for name in truths], np.float64)
    weights = yardstick.weights
    draws = Draws(NAMES, table.mean(axis=0), weights @ table / weights.sum(axis=1, keepdims=True))
    fates: dict[str, list[Fate]] = {
        name: ["found" if best else "wrong class"] for name, (best, _) in right.items()
    }
    accuracy = ArmAccuracy(draws.metrics(), {}, top_k_by_class(table, yardstick), floor, None)
    return MeasuredArm(accuracy, draws, fates)


def top_k_by_class(table: np.ndarray, yardstick: Yardstick) -> dict[str, ClassAccuracy]:
    """Return the accuracy of each labelled class.

    Parameters
    ----------
    table : (I, 2) float64
        1 where the right class of an image is among the most probable one, and five.
    yardstick : Yardstick
        The labels of the images.
    """
    classes = np.array([truth.class_ids[0] for truth in yardstick.labels.images.values()])
    found = {}
    for c in np.unique(classes).tolist():
        own = table[classes == c]
        values = dict(zip(NAMES, own.mean(axis=0).tolist(), strict=True))
        found[yardstick.names[c]] = ClassAccuracy(values, len(own))
    return found
