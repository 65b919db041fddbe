"""Shapes of external objects as observations: keypoints, oriented boxes and masks by task."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from parity.detection.keypoints import boxes_around_points
from parity.detection.masks import boxes_around
from parity.detection.run_length import decode_masks, encode_masks
from parity.errors import UserError
from parity.external.entries import Entry
from parity.external.observations import Observed
from parity.external.shape_contradictions import (
    check_one_mask,
    check_one_pose,
    check_one_rectangle,
)
from parity.external.shapes import are_crossed, hull_of, keypoints_of, mask_of, oriented_of
from parity.limits import Limits

Entries = dict[str, list[Entry]]
Sizes = dict[str, tuple[int, int]]
"""Height and width of images by name, px."""

Shaped = Callable[
    [dict[str, Observed], Entries, Sizes, bool], tuple[dict[str, Observed], list[str]]
]
"""Adds shapes to what was observed, given the entries, the sizes, and whether boxes are fractions;
with sentences on what was inferred."""


def with_hulls(entries: Entries, sizes: Sizes) -> Entries:
    """Return entries of oriented boxes with the upright boxes around them.

    Raises
    ------
    UserError
        If an entry says two oriented boxes.
    """

    def hulled(entry: Entry, size: tuple[int, int]) -> Entry:
        if entry.shapes is not None:
            check_one_rectangle(entry.shapes, size, entry.where)
        hull = None if entry.shapes is None else hull_of(entry.shapes, size)
        return entry if hull is None else replace(entry, box=hull, box_format="xyxy", boxes=())

    return {name: [hulled(each, sizes[name]) for each in own] for name, own in entries.items()}


@dataclass(frozen=True)
class EncodedMasks:
    """Entries with their masks as run lengths, however they are written."""

    entries: Entries
    """Without those whose mask is empty, which Ultralytics drops, too, unless all are."""
    around: bool
    """Whether the boxes are those around the masks, since no box is given."""
    notes: list[str]
    """What was left out, and whether all masks are empty."""
    maskless: int = 0
    """How many entries were left out."""


def with_encoded_masks(entries: Entries, sizes: Sizes, place: Path) -> EncodedMasks:
    """Return entries with their masks as run lengths; if all are empty lists, none are given.

    Raises
    ------
    UserError
        If a mask is malformed, or all of them take more memory than ``limits.text_mb``.
    """
    every = [entry for own in entries.values() for entry in own]
    masked = [entry for entry in every if entry.shapes and entry.shapes.polygon is not None]
    if all(_is_empty_list(entry) for entry in masked):
        bare = {name: list(map(_without_mask, own)) for name, own in entries.items()}
        return EncodedMasks(bare, False, [])
    around = len(masked) == len(every) and not any(entry.box for entry in every)
    megabytes = Limits.current().text_mb
    left = megabytes * 1e6

    def with_mask(entry: Entry, size: tuple[int, int]) -> tuple[Entry, bool]:
        """Return an entry with its mask encoded, and whether that mask is empty."""
        nonlocal left
        if entry.shapes is None or entry.shapes.polygon is None:
            return entry, False
        mask = mask_of(entry.shapes.polygon, place, size, entry.where)
        check_one_mask(entry.shapes, mask, place, size, entry.where)
        left -= mask.nbytes
        if left < 0:
            raise UserError(
                f"{entry.where}: up to this one, the masks take more than {megabytes:g} MB of "
                "memory (limits.text_mb); give fewer images, or raise the limit."
            )
        (counts,) = encode_masks(mask[None])
        shapes = replace(entry.shapes, mask={"size": list(mask.shape), "counts": counts})
        if not mask.any():
            return replace(entry, shapes=shapes), True
        if not around:
            return replace(entry, shapes=shapes), False
        box = boxes_around(mask[None], size)[0].tolist()
        return replace(entry, shapes=shapes, box=box, box_format="xyxy"), False

    encoded = {
        name: [with_mask(each, sizes[name]) for each in own] for name, own in entries.items()
    }
    empty = sum(is_empty for own in encoded.values() for _, is_empty in own)
    keeps_empty = empty == len(every) and not around
    kept = {
        name: [entry for entry, is_empty in own if keeps_empty or not is_empty]
        for name, own in encoded.items()
    }
    notes = []
    if keeps_empty:
        notes.append("All masks are empty.")
    elif empty:
        objects = f"{empty} object{'s' if empty > 1 else ''}"
        notes.append(f"{objects} with an empty mask left out, as Ultralytics does.")
    return EncodedMasks(kept, around, notes, 0 if keeps_empty else empty)


def _is_empty_list(entry: Entry) -> bool:
    mask = entry.shapes.mask if entry.shapes else None
    return isinstance(mask, list) and not mask


def _without_mask(entry: Entry) -> Entry:
    return replace(entry, shapes=None) if _is_empty_list(entry) else entry


def with_boxes_of_rows(entries: Entries, keypoint_shape: tuple[int, int] | None) -> Entries:
    """Return entries of rows with the box that a row starts with, as of pose estimation.

    Raises
    ------
    UserError
        If the numbers of a row are not a box and keypoints of that shape, and a score or none.
    """
    return {
        name: [_with_box_of_row(entry, keypoint_shape) for entry in own]
        for name, own in entries.items()
    }


def _with_box_of_row(entry: Entry, keypoint_shape: tuple[int, int] | None) -> Entry:
    if entry.shapes is None or not entry.shapes.row:
        return entry
    row, score = list(entry.shapes.row), entry.score
    if keypoint_shape is not None:
        points, numbers = keypoint_shape
        every = row if math.isnan(score) else [*row, score]
        end = 4 + points * numbers
        row, score = every[:end], every[end] if len(every) == end + 1 else math.nan
        if len(every) not in (end, end + 1):
            raise UserError(
                f"{entry.where}: {len(every)} numbers are not a box with {points} keypoints of "
                f"{numbers} numbers."
            )
    elif (len(row) - 4) % 3 and len(row) % 2:
        raise UserError(f"{entry.where}: {len(row)} numbers are not a box with keypoints.")
    shapes = replace(entry.shapes, row=tuple(row))
    return replace(entry, box=row[:4], box_format="cxcywhn", score=score, shapes=shapes)


def with_boxes_around_keypoints(entries: Entries) -> tuple[Entries, bool]:
    """Return entries with the boxes around their keypoints where none has a box, and whether."""
    around = {name: [_around_keypoints(each) for each in own] for name, own in entries.items()}
    boxed = [each for own in around.values() for each in own]
    if not boxed or None in boxed:
        return entries, False
    return {name: [each for each in own if each] for name, own in around.items()}, True


def _around_keypoints(entry: Entry) -> Entry | None:
    """Return an entry with the box around its keypoints; None if it has a box or no keypoints."""
    points = entry.shapes.keypoints if entry.shapes else None
    if points is None or entry.box:
        return None
    return replace(entry, box=boxes_around_points(points[None])[0].tolist(), box_format="xyxy")


def _some(entries: Entries, found: Mapping[str, Sequence[object]], what: str) -> bool:
    """Return whether all entries hold a shape; False if none does.

    Raises
    ------
    UserError
        If only some do.
    """
    pairs = [
        (entry, shape)
        for name, own in entries.items()
        for entry, shape in zip(own, found[name], strict=True)
    ]
    missing = [entry for entry, shape in pairs if shape is None]
    if missing and len(missing) < len(pairs):
        raise UserError(f"{missing[0].where}: holds no {what}, and others do.")
    return bool(pairs) and not missing


def _none_given(what: str) -> list[str]:
    return [f"No {what} are given: only boxes are compared."]


def add_keypoints(
    observed: dict[str, Observed], entries: Entries, sizes: Sizes, fractions: bool
) -> tuple[dict[str, Observed], list[str]]:
    """Add keypoints, see :data:`Shaped`."""
    for name, entry in ((name, entry) for name, own in entries.items() for entry in own):
        if entry.shapes is not None:
            check_one_pose(entry.shapes, sizes[name], entry.where)
    found = {
        name: [
            keypoints_of(e.shapes, sizes[name], fractions=fractions) if e.shapes else None
            for e in own
        ]
        for name, own in entries.items()
    }
    if not _some(entries, found, "keypoints"):
        return observed, _none_given("keypoints") if any(entries.values()) else []
    shapes = {each.shape for own in found.values() for each in own if each is not None}
    if len(shapes) > 1:
        many = " and ".join(f"{points}x{numbers}" for points, numbers in sorted(shapes)[:2])
        raise UserError(f"The keypoints of some objects are {many} numbers; all must be alike.")
    (shape,) = shapes
    stacked = {name: np.array(found[name], np.float64).reshape(-1, *shape) for name in observed}
    flagged = _bear_flags(np.concatenate([*stacked.values()]))
    return {
        name: replace(each, keypoints=stacked[name][..., :2] if flagged else stacked[name])
        for name, each in observed.items()
    }, [FLAGGED] if flagged else []


def check_keypoint_count(observed: Mapping[str, Observed], count: int, source: str | Path) -> None:
    """Check that observed objects have as many keypoints as a model gives them, if any.

    Raises
    ------
    UserError
        If they have more or fewer.
    """
    for keypoints in (each.keypoints for each in observed.values()):
        if keypoints is not None and keypoints.shape[1] != count:
            raise UserError(
                f"The number of keypoints of an object is {keypoints.shape[1]} in {source} and "
                f"{count} in the model; write all of them in the model's order, or leave them out "
                "to compare boxes alone."
            )


FLAGS = (0, 1, 2)
"""Not labelled, hidden and visible, as COCO writes them."""
VISIBLE = 2
"""The flag that no visibility resembles; if all are 0, or all are 1, they may be constants."""
FLAGGED = (
    "The visibilities of keypoints are flags (0, 1 or 2) and not the numbers of the network: they "
    "are not compared."
)


def _bear_flags(keypoints: np.ndarray) -> bool:
    """Return whether keypoints, (N, K, 2 or 3), bear flags in the place of visibilities."""
    if keypoints.shape[2] < 3:
        return False
    different = set(np.unique(keypoints[..., 2]))
    return different <= set(FLAGS) and (len(different) > 1 or VISIBLE in different)


def add_angles(
    observed: dict[str, Observed], entries: Entries, sizes: Sizes, _fractions: bool
) -> tuple[dict[str, Observed], list[str]]:
    """Add oriented boxes, see :data:`Shaped`."""
    found = {
        name: [oriented_of(e.shapes, sizes[name]) if e.shapes else None for e in own]
        for name, own in entries.items()
    }
    if not _some(entries, found, "oriented box"):
        return observed, _none_given("oriented boxes") if any(entries.values()) else []
    return {
        name: replace(each, oriented=np.array(found[name], np.float64).reshape(-1, 5))
        for name, each in observed.items()
    }, _note_crossed(entries)


def _note_crossed(entries: Entries) -> list[str]:
    """Return a note on corners that are not in order around their boxes."""
    every = (entry for own in entries.values() for entry in own if entry.shapes)
    places = [entry.where for entry in every if entry.shapes and are_crossed(entry.shapes)]
    if not places:
        return []
    many = f"The corners of {len(places)} boxes" if places[1:] else "The corners of 1 box"
    drawn = "are not in order around the box: drawn as they are written, they make a bow tie."
    return [f"{many}, such as {places[0]}, {drawn} They are read in order."]


def add_masks(
    observed: dict[str, Observed], entries: Entries, sizes: Sizes, _fractions: bool
) -> tuple[dict[str, Observed], list[str]]:
    """Add masks, which :func:`with_encoded_masks` encoded, see :data:`Shaped`."""
    found = {
        name: [e.shapes.mask if e.shapes else None for e in own] for name, own in entries.items()
    }
    if not _some(entries, found, "mask"):
        return observed, _none_given("masks") if any(entries.values()) else []
    return {
        name: replace(each, masks=_decoded(found[name], name, sizes[name]))
        for name, each in observed.items()
    }, []


def _decoded(written: list[Any], name: str, size: tuple[int, int]) -> np.ndarray:
    """Return the masks of an image, (N, h, w) uint8, decoding one after the other."""
    found = {tuple(mask["size"]) for mask in written}
    if len(found) > 1:
        raise UserError(f"The masks of {name} differ in size.")
    height, width = next(iter(found), size)
    masks = np.zeros((len(written), height, width), np.uint8)
    for mask, place in zip(written, masks, strict=True):
        place[:] = decode_masks([mask["counts"]], (height, width))[0]
    return masks


SHAPED: dict[str, Shaped] = {"pose": add_keypoints, "obb": add_angles, "segment": add_masks}
"""By task, a key of :data:`parity.tasks.task.TASKS`."""
