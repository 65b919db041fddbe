"""Mean average precision by the rules of COCO."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from hotcoco import Params, StreamingEval

from parity.accuracy.measure import Measure, Shapes
from parity.labels.truth import Truth


@dataclass(frozen=True)
class Detected:
    """The detections of an image, as evaluators take them."""

    scores: np.ndarray
    """(N,) float32. Falling."""
    class_ids: np.ndarray
    """(N,) int32. Index into the model's names."""
    shapes: Shapes
    """See :data:`parity.accuracy.measure.Shapes`."""


@dataclass(frozen=True)
class AveragePrecision:
    """The mean average precision of an arm."""

    values: tuple[float | None, float | None]
    """Over IoU thresholds of 0.5 to 0.95, and at 0.5; None where nothing is labelled."""
    sizes: dict[str, float | None]
    """The first value for small (below 32² px), medium and large (from 96² px) objects; the
    evaluation of keypoints knows no small ones."""
    classes: dict[str, tuple[float | None, float | None]]
    """Both values by class name."""


class PrecisionMeter:
    """Averages the precision of an arm over images, given one by one.

    Parameters
    ----------
    measure : Measure
        What is compared with labels; evaluators know it.
    names : mapping of int to str
        Class names by id.
    """

    def __init__(self, measure: Measure, names: Mapping[int, str]) -> None:
        self._measure = measure
        self._names = sorted(names.items())
        iou_type = measure.iou_type or ""
        params = Params(iou_type)
        if measure.sigmas:
            params.kpt_oks_sigmas = list(measure.sigmas)
        categories = [{"id": c + 1, "name": name} for c, name in self._names]
        self._evaluator = StreamingEval(categories, iou_type, params=params)
        self._images = self._objects = 0

    def add(self, shape: tuple[int, int], detected: Detected, truth: Truth) -> None:
        """Add an image.

        Parameters
        ----------
        shape : tuple of int
            Its height and width, px.
        detected : Detected
            What an arm detects in it.
        truth : Truth
            What is in the image.
        """
        self._images += 1
        image = {"id": self._images, "height": shape[0], "width": shape[1]}
        labelled = as_annotations(truth, self._measure, image=self._images, first=self._objects + 1)
        self._objects += len(labelled)
        found = as_results(detected, self._measure, image=self._images)
        self._evaluator.update([image], labelled, found)

    def results(self) -> AveragePrecision:
        """Return the mean average precision, by size and by class."""
        found = self._evaluator.finalize()
        found.accumulate()
        precision = np.asarray((found.eval or {})["precision"])[..., -1]  # T, R, K, A
        areas = found.params.area_rng_lbl
        return AveragePrecision(
            _both(precision[:, :, :, 0]),
            {area: _mean(precision[..., i]) for i, area in enumerate(areas) if area != "all"},
            {name: _both(precision[:, :, k, 0]) for k, (_, name) in enumerate(self._names)},
        )


def as_annotations(
    truth: Truth, measure: Measure, *, image: int, first: int
) -> list[dict[str, Any]]:
    """Return the labels of an image as COCO's evaluators want them; classes begin at 1.

    Parameters
    ----------
    truth : Truth
        What is in the image.
    measure : Measure
        What is compared.
    image, first : int
        Number of the image, and of the first annotation; 0 would count as unmatched.
    """
    return [
        {
            "id": first + i,
            "image_id": image,
            "category_id": int(truth.class_ids[i]) + 1,
            "area": float(truth.areas[i]),
            "iscrowd": int(truth.crowd[i]),
            **shape,
        }
        for i, shape in enumerate(measure.labelled(truth))
    ]


def as_results(detected: Detected, measure: Measure, *, image: int) -> list[dict[str, Any]]:
    """Return the detections of an image as COCO's evaluators want them."""
    columns = detected.scores.tolist(), detected.class_ids.tolist(), detected.shapes
    return [
        {"image_id": image, "category_id": c + 1, "score": score, measure.key: shape}
        for score, c, shape in zip(*columns, strict=True)
    ]


def _both(precision: np.ndarray) -> tuple[float | None, float | None]:
    return _mean(precision), _mean(precision[0])


def _mean(precision: np.ndarray) -> float | None:
    valid = precision[precision > -1]
    return float(valid.mean()) if valid.size else None
