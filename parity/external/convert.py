"""Converting external boxes to detections files, a file per batch, and reading them back."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from parity.detection.detection_files import DETECTIONS, NOT_LISTED, load_detections
from parity.errors import UserError
from parity.external.observations import (
    FIRST_UNKNOWN_CLASS,
    Declared,
    Known,
    Observations,
    Observed,
)
from parity.external.reader import load_external
from parity.external.tensors import load_tensors
from parity.files import write_json
from parity.records import from_plain

LARGEST_ID = 2**31 - 1


def convert(
    source: str | Path,
    controls: list[str],
    destinations: list[str],
    *,
    arm: str,
    box_format: str = "",
    names: list[str] | None = None,
) -> None:
    """Write external boxes as detections files, one per batch.

    Parameters
    ----------
    source : str or Path
        See :func:`parity.external.reader.load_external`.
    controls, destinations : list of str
        By batch, detections of PyTorch, which list the images, and the files to write.
    arm : str
        Name of the arm.
    box_format : str
        A name of :data:`parity.external.box_formats.BOX_FORMAT_NAMES`; inferred if empty.
    names : list of str, optional
        The deployment's own class names, if they are not the model's.

    Notes
    -----
    An image that the source does not name keeps its place, with :data:`NOT_LISTED` as its reason. A
    score that is not stated is null. ``made_by`` lists the labels that the model does not know by
    the class ids that they get.
    """
    documents = [load_detections(path) for path in controls]
    model_names = class_names(documents[0])
    sizes = {
        record["name"]: (record["height"], record["width"])
        for document in documents
        for record in document["images"]
        if not record["reason"]
    }
    own = dict(enumerate(names)) if names else model_names
    seen = load_external(source, sizes, own, box_format=box_format)
    if names:
        seen = renamed(seen, own, model_names)
    made_by = {
        "arm": arm,
        "source": str(source),
        "names": documents[0]["made_by"]["names"],
        "declared": asdict(seen.declared),
        "notes": list(seen.notes),
        "labels": {str(class_id): label for class_id, label in seen.labels.items()},
    }
    for document, destination in zip(documents, destinations, strict=True):
        images = [record_of(image, seen.images.get(image["name"])) for image in document["images"]]
        write_json(destination, DETECTIONS, {"made_by": made_by, "images": images})


def class_names(document: dict[str, Any]) -> dict[int, str]:
    """Return the model's class names by id, from a detections file."""
    return {int(class_id): name for class_id, name in document["made_by"]["names"].items()}


def renamed(seen: Observations, own: dict[int, str], model: dict[int, str]) -> Observations:
    """Return observations with the model's class ids, found by the deployment's names.

    Parameters
    ----------
    seen : Observations
        With ids of the deployment's list.
    own, model : dict of int to str
        The names of both lists by id.
    """
    known = {name.lower(): class_id for class_id, name in model.items()}
    labels: dict[str, int] = {}

    def number(class_id: int) -> int:
        name = own.get(class_id, seen.labels.get(class_id))
        if name is None:
            return class_id
        fresh = FIRST_UNKNOWN_CLASS + len(labels)
        return known[name.lower()] if name.lower() in known else labels.setdefault(name, fresh)

    images = {
        name: replace(each, class_ids=np.array([number(int(i)) for i in each.class_ids], np.int64))
        for name, each in seen.images.items()
    }
    return replace(seen, images=images, labels={i: label for label, i in labels.items()})


def record_of(image: dict[str, Any], seen: Observed | None) -> dict[str, Any]:
    """Return the record of an image in a detections file.

    Parameters
    ----------
    image : dict
        Its record in the control's file.
    seen : Observed or None
        What is stated of it, or that nothing is.

    Raises
    ------
    UserError
        If a class id is beyond any list of classes.
    """
    about = {key: image[key] for key in ("name", "sha256", "height", "width")}
    if seen is None:
        nothing: dict[str, Any] = {"boxes": [], "scores": [], "class_ids": []}
        return {**about, "reason": NOT_LISTED, "non_finite": 0, **nothing}
    if len(seen) and np.abs(seen.class_ids).max() > LARGEST_ID:
        raise UserError(f"{image['name']}: {seen.class_ids.max()} is no class id.")
    return {
        **about,
        "reason": "",
        "non_finite": 0,
        "boxes": seen.boxes.tolist(),
        "scores": [None if np.isnan(score) else float(score) for score in seen.scores],
        "class_ids": seen.class_ids.tolist(),
    }


def load_converted(paths: list[str], known: Known) -> Observations:
    """Return what :func:`convert` wrote, completed by what is known of the deployment.

    Parameters
    ----------
    paths : list of str
        Detections files, one per batch.
    known : Known
        What the user states counts more than what the boxes' source states.
    """
    documents = [load_detections(path) for path in paths]
    about = documents[0]["made_by"]
    images = {
        record["name"]: Observed(
            np.array(record["boxes"], np.float64).reshape(-1, 4),
            np.array(record["scores"], np.float64),
            np.array(record["class_ids"], np.int64),
        )
        for document in documents
        for record in document["images"]
        if not record["reason"]
    }
    stated = {key: value for key, value in vars(known.declared).items() if value is not None}
    return Observations(
        images=images,
        declared=replace(from_plain(about["declared"], Declared), **stated),
        notes=tuple(about["notes"]),
        labels={int(class_id): label for class_id, label in about["labels"].items()},
        tensors=load_tensors(known.input_tensors, images),
        raws=load_tensors(known.raw_outputs, images),
    )
