"""Reading external boxes: the format is recognised by content and the boxes become observations."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

import parity.external.file_formats  # noqa: F401 - its modules register the formats
from parity.data.image_names import ImageNames
from parity.detection.boxes import LARGEST_FRACTION
from parity.detection.detection_files import NOT_ROUNDED, Printed
from parity.errors import UserError
from parity.external.box_formats import BOX_FORMATS, FRACTION, guess
from parity.external.contradictions import check_one_box, check_one_list
from parity.external.entries import Entry, no_box
from parity.external.file_format import FORMATS, Contents, Format, files_in, recognise
from parity.external.named_classes import (
    check_named_classes,
    note_foreign_ids,
    note_other_names,
    number_classes,
    with_class_ids,
)
from parity.external.observations import Observations, Observed, decimals
from parity.external.observed_shapes import (
    SHAPED,
    check_keypoint_count,
    with_boxes_around_keypoints,
    with_boxes_of_rows,
    with_encoded_masks,
    with_hulls,
)
from parity.external.shapes import picture_of
from parity.external.source import Source
from parity.external.validation import looks_like_val
from parity.foreign import name_in_words
from parity.reading_limit import reading_limit
from parity.sentences import listing
from parity.tasks.task import TASKS

SCORE_EXCESS = 1e-6
"""A score may exceed 1 by so much without being a percentage; chosen: the rounding of float32."""

PERCENT = 100.0
"""The highest score of those that are percentages."""

LOWEST_PERCENT = 10.0
"""Where most scores are fractions, one above 1 is no percentage up to here; chosen: less than any
confidence threshold, and more than mask coefficients and angles in radians usually are."""

HIGHEST_LOGIT = 30.0
"""Labels with a higher score have percentages, others logits, where scores exceed 1; chosen."""


def load_external(
    source: str | Path,
    images: dict[str, tuple[int, int]],
    names: dict[int, str],
    *,
    box_format: str = "",
    task: str = "detect",
    keypoint_shape: tuple[int, int] | None = None,
) -> Observations:
    """Read external boxes, or labels.

    Parameters
    ----------
    source : str or Path
        A file or folder in one of the formats of :data:`parity.external.file_format.FORMATS`.
    images : dict of str to (int, int)
        Height and width in px of the images of the run, by name.
    names : dict of int to str
        The model's class names.
    box_format : str, optional
        A name of :data:`parity.external.box_formats.BOX_FORMAT_NAMES`; inferred if empty.
    task : str
        Of the model, a key of :data:`parity.tasks.task.TASKS`.
    keypoint_shape : tuple of int, optional
        How many keypoints an object of the model has, and of how many numbers each.

    Raises
    ------
    UserError
        If something is malformed; the sentence says which entry.
    """
    contents = read_contents(source, images)
    if task == "obb":
        contents = replace(contents, entries=with_hulls(contents.entries, images))
    around, maskless = "", 0
    if task == "pose":
        entries = with_boxes_of_rows(contents.entries, keypoint_shape)
        entries, has_none = with_boxes_around_keypoints(entries)
        around = "keypoints" if has_none else ""
        contents = replace(contents, entries=entries)
    if task == "segment":
        encoded = with_encoded_masks(contents.entries, images, folder_of(source))
        around, maskless = "masks" if encoded.around else "", encoded.maskless
        said = (*contents.notes, *encoded.notes)
        contents = replace(contents, entries=encoded.entries, notes=said)
    if not TASKS[task].has_boxes:
        boxes, printed, inferred = of_whole_images(contents.entries, images)
    else:
        require_boxes(contents.entries)
        for image, own in contents.entries.items():
            for entry in own:
                check_one_box(entry.boxes, entry.where, images[image])
        boxes, printed, inferred = corners_of_entries(
            contents.entries, images, box_format or contents.box_format
        )
    scores = np.array([e.score for own in contents.entries.values() for e in own], np.float64)
    contents = with_class_ids(contents, names, of_val=looks_like_val(scores, printed))
    beside = check_named_classes(contents.entries, names)
    beside += note_other_names(contents.names, names)
    class_ids, labels = number_classes(contents.entries, names)
    if not TASKS[task].has_boxes:
        check_one_of_each_class(contents.entries, class_ids)
    notes = [*contents.notes, *inferred, *_note_reversed(contents.entries, boxes)]
    notes += [*note_foreign_ids(class_ids, {*names, *labels}), *beside]
    observed = {
        name: Observed(boxes[name], np.array([e.score for e in own], np.float64), class_ids[name])
        for name, own in contents.entries.items()
    }
    fractions = printed is not None and printed.box_unit == "fraction"
    shaped = SHAPED.get(task)
    if shaped is not None:
        observed, of_shapes = shaped(observed, contents.entries, images, fractions)
        if keypoint_shape is not None:
            check_keypoint_count(observed, keypoint_shape[0], source)
        notes += of_shapes
    if printed is not None and around:
        printed = replace(printed, of_shapes=True)
        notes.append(f"No boxes are given: {around} are compared, and the boxes around them.")
    if missing := len(images) - len(observed):
        many = f"{missing} images of this run are" if missing > 1 else "1 image of this run is"
        notes.append(
            f"{many} not in the boxes and left out. If the program found nothing in an image, list "
            "it without boxes."
        )
    stated = {key: value for key, value in vars(contents.thresholds).items() if value is not None}
    notes += [f"{Path(source).name} states {key} {value:g}." for key, value in stated.items()]
    return Observations(
        observed, contents.thresholds, tuple(notes), labels, printed, maskless=maskless
    )


def read_contents(source: str | Path, images: Iterable[str]) -> Contents:
    """Read what a source of external boxes holds, as far as that needs no image and no model.

    Parameters
    ----------
    source : str or Path
        A file or folder in one of the formats of :data:`parity.external.file_format.FORMATS`.
    images : iterable of str
        The images of the run.

    Raises
    ------
    UserError
        If something is malformed; the sentence says which entry. If reading takes too much memory.
    """
    with reading_limit(source):
        return _read_contents(source, images)


def _read_contents(source: str | Path, images: Iterable[str]) -> Contents:
    names = ImageNames(images)
    try:
        opened = Source.open(Path(source))
        recognised = recognise(opened)
    except UserError as error:
        said = str(error).removesuffix(".")
        raise UserError(f"{said}; boxes are read from: {', '.join(FORMATS)}.") from None
    check_one_list(opened.header, str(opened.path))
    contents = recognised.read(opened, names)
    if not contents.entries:
        known = next(iter(sorted(names)), "none")
        said = f"{source} names none of the images of this run, such as {known}."
        raise UserError(" ".join((said, *contents.notes)))
    if any(entry.box for own in contents.entries.values() for entry in own):
        boxless = {n: [e for e in own if not e.shapes] for n, own in contents.entries.items()}
        require_boxes(boxless)
    notes = (*contents.notes, *_note_other_files(opened.path, recognised))
    return with_checked_scores(replace(contents, notes=notes))


def folder_of(source: str | Path) -> Path:
    """Return where the paths in a source start: the source, if it is a folder, or where it lies."""
    path = Path(source)
    return path if path.is_dir() else path.parent


def pictures_in(source: str | Path, contents: Contents) -> list[str]:
    """Return the pictures of masks that a source names, in its order."""
    masks = [each.shapes.mask for own in contents.entries.values() for each in own if each.shapes]
    paths = (picture_of(mask, folder_of(source)) for mask in masks)
    return [str(path) for path in dict.fromkeys(paths) if path is not None]


def require_boxes(entries: dict[str, list[Entry]]) -> None:
    """Check that entries hold boxes.

    Raises
    ------
    UserError
        If one holds none.
    """
    for entry in (entry for own in entries.values() for entry in own):
        if not entry.box and entry.shapes and entry.shapes.corners is not None:
            raise UserError(
                f"{entry.where}: holds the corners of an oriented box, and the model finds upright "
                "ones."
            )
        if not entry.box and entry.shapes and entry.shapes.oriented is not None:
            raise UserError(
                f"{entry.where}: holds five numbers of a box, and the model finds upright ones, "
                "which have four."
            )
        if not entry.box:
            raise no_box(entry.where)


def of_whole_images(
    entries: dict[str, list[Entry]], sizes: dict[str, tuple[int, int]]
) -> tuple[dict[str, np.ndarray], Printed | None, list[str]]:
    """Return a box of the whole image for each label, as :func:`corners_of_entries` does."""
    boxes = {
        image: np.tile(np.array([0.0, 0.0, *sizes[image][::-1]]), (len(own), 1))
        for image, own in entries.items()
    }
    scores = np.array([entry.score for own in entries.values() for entry in own], np.float64)
    printed = Printed("px", NOT_ROUNDED, decimals(scores)) if len(scores) else None
    return boxes, printed, []


def check_one_of_each_class(
    entries: dict[str, list[Entry]], class_ids: dict[str, np.ndarray]
) -> None:
    """Check that the labels of an image, whose class ids are given, name each class once.

    Raises
    ------
    UserError
        If they name one twice.
    """
    for image, own in entries.items():
        seen: set[int] = set()
        for entry, class_id in zip(own, class_ids[image].tolist(), strict=True):
            if class_id in seen:
                raise UserError(
                    f"{entry.where}: the class {name_in_words(str(entry.label))} of this image is "
                    "listed before, too; list each class once."
                )
            seen.add(class_id)


def _note_other_files(path: Path, chosen: Format) -> tuple[str, ...]:
    """Return a note on the files of a folder that another format would read."""
    others = {pattern for each in FORMATS.values() for pattern in each.files} - {*chosen.files}
    files = files_in(path, tuple(others)) if path.is_dir() else []
    if not files:
        return ()
    more = f" and {len(files) - 1} more" if files[1:] else ""
    used = " and ".join(chosen.files)
    return (f"Boxes are read from {used} alone: {name_in_words(files[0].name)}{more} left out.",)


def with_checked_scores(contents: Contents) -> Contents:
    """Return contents whose scores are fractions; percentages are recognised.

    Raises
    ------
    UserError
        If a score is negative, or above 1 though most are not.

    Notes
    -----
    A source with a score above 100 is read as it is. So is one with keypoints, masks or oriented
    boxes, a few of whose scores are above 1 and no percentages. That is what a deployment reports
    that takes other numbers of the network for scores.
    """
    scored = [e for own in contents.entries.values() for e in own if not math.isnan(e.score)]
    highest = max(scored, key=lambda entry: entry.score, default=None)
    if highest is not None and not highest.box and highest.shapes is None:
        return contents if highest.score <= HIGHEST_LOGIT else _from_percent(contents, highest)
    for entry in scored:
        if entry.score < 0:
            raise UserError(f"{entry.where}: the score {entry.score:g} is below 0.")
    if highest is None or highest.score <= 1 + SCORE_EXCESS:
        return contents
    most_are_fractions = statistics.median(entry.score for entry in scored) <= 1
    taken_from_shape = highest.shapes is not None and highest.score <= LOWEST_PERCENT
    if highest.score > PERCENT or (most_are_fractions and taken_from_shape):
        note = (
            f"{highest.where}: the score {highest.score:g} is not a confidence, which is at most 1."
        )
        return replace(contents, notes=(*contents.notes, note))
    if most_are_fractions:
        raise UserError(
            f"{highest.where}: the score {highest.score:g} is above 1, and most are not, so they "
            "are not percentages."
        )
    return _from_percent(contents, highest)


def _from_percent(contents: Contents, highest: Entry) -> Contents:
    entries = {
        name: [replace(entry, score=entry.score / PERCENT) for entry in own]
        for name, own in contents.entries.items()
    }
    note = f"The scores are read as percentages: the highest is {highest.score:g}."
    return replace(contents, entries=entries, notes=(*contents.notes, note))


def corners_of_entries(
    entries: dict[str, list[Entry]], sizes: dict[str, tuple[int, int]], declared: str
) -> tuple[dict[str, np.ndarray], Printed | None, list[str]]:
    """Turn boxes of any box format into corners in px.

    Parameters
    ----------
    entries : dict of str to list of Entry
        By image.
    sizes : dict of str to (int, int)
        Height and width by image, px.
    declared : str
        The box format that the source or the user declares; if empty, that of each entry counts,
        and entries that name none share one that is inferred.

    Returns
    -------
    boxes : dict of str to (N, 4) float64
        x1, y1, x2, y2 in px of the image.
    printed : Printed or None
        How the numbers are written; None if there is no box.
    notes : list of str
        What was inferred, a sentence each.
    """
    written = [entry for own in entries.values() for entry in own]
    unnamed = [entry for entry in written if not (declared or entry.known_format)]
    inferred = guess(_numbers(unnamed))
    notes = []
    if unnamed:
        notes.append(
            f"The boxes are read as {inferred}: nothing names their format, but they fit it."
        )
    formats = {
        image: np.array([declared or entry.known_format or inferred for entry in own], np.str_)
        for image, own in entries.items()
    }
    in_px = {image: [] if declared else _in_px(own) for image, own in entries.items()}
    near = [image for image, own in in_px.items() if _may_be_fractions(own)]
    if near and _may_be_fractions([entry for own in in_px.values() for entry in own]):
        formats = {image: _as_fractions(names) for image, names in formats.items()}
        notes.append(
            f"The boxes are read as fractions of the image: no number exceeds {LARGEST_FRACTION}."
        )
    elif near:
        notes.append(
            f"The boxes of {listing([*map(name_in_words, near)])} may be fractions, as no number "
            f"exceeds {LARGEST_FRACTION}; they are read as px, like those of other images."
        )
    boxes = {
        image: _corners(_numbers(own), formats[image], sizes[image])
        for image, own in entries.items()
    }
    return boxes, _printed(written, formats, boxes) if written else None, notes


def _in_px(entries: list[Entry]) -> list[Entry]:
    """Return the entries whose keys do not say that they are fractions."""
    return [entry for entry in entries if not entry.known_format.endswith(FRACTION)]


def _may_be_fractions(entries: list[Entry]) -> bool:
    return bool(0 < np.abs(_numbers(entries)).max(initial=0) <= LARGEST_FRACTION)


def _as_fractions(formats: np.ndarray) -> np.ndarray:
    return np.array([f"{name.removesuffix(FRACTION)}{FRACTION}" for name in formats], np.str_)


def _corners(numbers: np.ndarray, formats: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    corners = np.empty_like(numbers)
    for name in np.unique(formats):
        own = formats == name
        corners[own] = BOX_FORMATS[name.removesuffix(FRACTION)].to_corners(numbers[own])
        if name.endswith(FRACTION):
            corners[own] *= (width, height, width, height)
    return corners


def _printed(
    written: list[Entry], formats: dict[str, np.ndarray], boxes: dict[str, np.ndarray]
) -> Printed:
    """Return how numbers are written; of a source that mixes units, the decimals of the px."""
    used = {name for names in formats.values() for name in names}
    units = {name.endswith(FRACTION) for name in used}
    numbers = _numbers(written) if len(units) == 1 else np.concatenate(list(boxes.values()))
    scores = np.array([entry.score for entry in written], np.float64)
    return Printed(
        "fraction" if units == {True} else "px",
        decimals(numbers),
        decimals(scores),
        max(BOX_FORMATS[name.removesuffix(FRACTION)].corner_error for name in used),
    )


def _note_reversed(
    entries: dict[str, list[Entry]], boxes: dict[str, np.ndarray]
) -> tuple[str, ...]:
    """Return a note on boxes whose second corner is not right of and below the first."""
    places = [
        entry.where
        for image, own in entries.items()
        for entry, box in zip(own, boxes[image], strict=True)
        if (box[2:] < box[:2]).any()
    ]
    many = f"{len(places)} boxes have" if places[1:] else "1 box has"
    return (f"{many} a negative width or height, such as {places[0]}.",) if places else ()


def _numbers(entries: list[Entry]) -> np.ndarray:
    return np.array([entry.box for entry in entries], np.float64).reshape(-1, 4)
