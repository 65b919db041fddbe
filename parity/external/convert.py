"""Converting external boxes to detections files, a file per batch, and reading them back."""

import logging
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from parity.class_names import check_tells_class, shared_names
from parity.detection.detection_files import (
    NOT_LISTED,
    DetectionBatch,
    ImageDetections,
    MadeBy,
)
from parity.detection.run_length import decode_masks, encode_masks
from parity.documents import from_plain, load, save
from parity.errors import UserError
from parity.external.named_classes import find_class, ids_by_name
from parity.external.observations import (
    FIRST_UNKNOWN_CLASS,
    NO_BOXES,
    Declared,
    Known,
    Observations,
    Observed,
)
from parity.external.reader import load_external
from parity.integrity import damaged, is_result

log = logging.getLogger(__name__)


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

    Planning reads the source, too, and ends the run where it cannot be read. A source that has
    changed since then costs its own diagnosis and not the report: ``made_by`` says why it could
    not be read.

    Raises
    ------
    UserError
        If a source that another rule wrote cannot be read.
    """
    batches = [load(path, DetectionBatch) for path in controls]
    model_names = batches[0].made_by.names
    sizes = {
        image.name: (image.height, image.width)
        for batch in batches
        for image in batch.images
        if not image.reason
    }
    own = dict(enumerate(names)) if names else model_names
    unread = None
    try:
        head = batches[0].made_by.head
        task, shape = (head.task, head.keypoint_shape) if head else ("detect", None)
        seen = load_external(
            source, sizes, own, box_format=box_format, task=task, keypoint_shape=shape
        )
        if names:
            seen = with_model_class_ids(seen, own, model_names)
    except UserError as error:
        if is_result(source):
            raise damaged(source, f"is damaged ({error})") from None
        seen, unread = Observations({}), str(error)
        log.error("%s", error)
    made_by = MadeBy(
        arm=arm,
        source=str(source),
        names=model_names,
        declared=asdict(seen.declared),
        notes=list(seen.notes),
        labels=seen.labels,
        printed=seen.printed,
        unread=unread,
    )
    for batch, destination in zip(batches, destinations, strict=True):
        images = [record_of(image, seen.images.get(image.name)) for image in batch.images]
        save(destination, DetectionBatch(made_by, images))


def with_model_class_ids(
    seen: Observations, own: dict[int, str], model: dict[int, str]
) -> Observations:
    """Return observations whose class ids are the model's, looked up by the deployment's names.

    Parameters
    ----------
    seen : Observations
        With ids of the deployment's list.
    own, model : dict of int to str
        The names of both lists by id.

    Raises
    ------
    UserError
        If several classes of the model have a name that stands elsewhere in the deployment's list.
    """
    known, shared = ids_by_name(model), shared_names(model)
    labels: dict[str, int] = {}

    def number(class_id: int) -> int:
        name = own.get(class_id, seen.labels.get(class_id))
        if name is None or name == model.get(class_id):
            return class_id
        check_tells_class(name, shared, "names")
        found = find_class(name, known)
        if found is not None:
            return found
        return labels.setdefault(name, FIRST_UNKNOWN_CLASS + len(labels))

    images = {
        name: replace(each, class_ids=np.array([number(int(i)) for i in each.class_ids], np.int64))
        for name, each in seen.images.items()
    }
    return replace(seen, images=images, labels={i: label for label, i in labels.items()})


def record_of(image: ImageDetections, seen: Observed | None) -> ImageDetections:
    """Return the record of an image in a detections file.

    Parameters
    ----------
    image : ImageDetections
        Its record in a detections file of PyTorch.
    seen : Observed or None
        Its boxes; None if the source does not list it.
    """
    if seen is None:
        return replace(record_of(image, NO_BOXES), reason=NOT_LISTED)
    return replace(
        image,
        reason="",
        non_finite=0,
        boxes=seen.boxes.tolist(),
        scores=[None if np.isnan(score) else float(score) for score in seen.scores],
        class_ids=seen.class_ids.tolist(),
        mask_shape=None if seen.masks is None else (seen.masks.shape[1], seen.masks.shape[2]),
        masks=None if seen.masks is None else encode_masks(seen.masks),
        keypoints=None if seen.keypoints is None else seen.keypoints.tolist(),
        oriented=None if seen.oriented is None else seen.oriented.tolist(),
    )


def observed_of(image: ImageDetections) -> Observed:
    """Return what :func:`record_of` recorded."""
    return Observed(
        np.array(image.boxes, np.float64).reshape(-1, 4),
        np.array(image.scores, np.float64),
        np.array(image.class_ids, np.int64),
        None if image.keypoints is None else np.array(image.keypoints, np.float64),
        None if image.oriented is None else np.array(image.oriented, np.float64).reshape(-1, 5),
        None if image.masks is None else decode_masks(image.masks, image.mask_shape),
    )


def load_converted(paths: list[str], known: Known) -> Observations:
    """Return what :func:`convert` wrote, completed by what the user states of the deployment.

    Parameters
    ----------
    paths : list of str
        Detections files, one per batch; none of a deployment without boxes.
    known : Known
        What the user states counts more than what the boxes' source states.

    Raises
    ------
    UserError
        If the boxes, or the tensors, could not be read.
    """
    if not paths:
        return Observations({}, known.declared)
    batches = [load(path, DetectionBatch) for path in paths]
    made_by = batches[0].made_by
    if made_by.unread:
        raise UserError(made_by.unread)
    images = {
        image.name: observed_of(image)
        for batch in batches
        for image in batch.images
        if not image.reason
    }
    stated = {key: value for key, value in vars(known.declared).items() if value is not None}
    return Observations(
        images=images,
        declared=replace(from_plain(made_by.declared or {}, Declared), **stated),
        notes=tuple(made_by.notes or ()),
        labels=made_by.labels or {},
        printed=made_by.printed,
    )
