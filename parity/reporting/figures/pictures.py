"""Pictures that show what the arms see in an image, side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from parity.comparison.differences import ImageComparison, measured_values, score_differences
from parity.comparison.tolerances import Quantity
from parity.detection.detection_files import ImageDetections
from parity.detection.outlines import outlines_of
from parity.reporting.figures.drawing import (
    CLASS_STYLES,
    KIND_STYLES,
    Mark,
    Style,
    blank_paper,
    draw_legend,
    draw_line_of_text,
    draw_panel,
)
from parity.reporting.task_wording import QUANTITIES
from parity.reporting.verdict import KIND_TITLES
from parity.reporting.wording import count, number, shortened


@dataclass(frozen=True)
class Sheet:
    """The room for a picture."""

    width: int
    height: int
    """Px at most."""
    columns: int | None = None
    """Panels beside each other; None for as many as suit the image."""
    letters: float = 1.0
    """Factor by which text is larger than on a wide sheet."""


WIDE = Sheet(1600, 1300)
NARROW = Sheet(840, 6000, columns=1, letters=1.5)
"""For a screen of 400 px at two px each: panels one below the other."""

MOST_ENLARGED = 4.0
LEAST_PANEL_WIDTH = 300  # px, so that captions can be read
VERY_WIDE = 2.5  # width by height
MARGIN_PX = 8  # between panels
CAPTION_PX, HEADING_PX = 15, 17  # of letters
CAPTION_GAP_PX = 4
LABEL_LENGTH = 28
SHOWN_MEASURES: tuple[Quantity, ...] = ("mask", "keypoint_px")
"""What a heading states beside boxes and scores."""


@dataclass(frozen=True)
class Panel:
    """The image once: a caption and the detections drawn into it."""

    caption: str
    marks: list[Mark]


def arrange(
    panels: int, shape: tuple[int, int], *, side_by_side: bool, sheet: Sheet = WIDE
) -> tuple[int, float]:
    """Return the columns and the scale that show an image largest so many times.

    Parameters
    ----------
    panels : int
        How often the image is shown.
    shape : tuple of int
        Its height and width, px.
    side_by_side : bool
        Whether all panels are in one row, unless the image is a very wide one.
    sheet : Sheet
        The room for them.
    """
    height, width = shape
    fewest = panels if side_by_side and width < VERY_WIDE * height else 1
    fewest = sheet.columns or fewest
    best = (fewest, 0.0)
    for columns in range(fewest, (sheet.columns or panels) + 1):
        rows = -(-panels // columns)
        scale = min(
            (sheet.width - MARGIN_PX * (columns + 1)) / (columns * width),
            sheet.height / (rows * height),
            MOST_ENLARGED,
        )
        readable = columns == fewest or columns * LEAST_PANEL_WIDTH < sheet.width
        if readable and scale >= best[1] * 0.999:  # of equals, the one with fewer rows
            best = (columns, scale)
    rows = -(-panels // best[0])
    return -(-panels // rows), best[1]  # no row shorter than it must be


def draw_picture(
    pixels: np.ndarray,
    panels: list[Panel],
    *,
    heading: str,
    legend: list[tuple[str, Style]] | None = None,
    side_by_side: bool = False,
    sheet: Sheet = WIDE,
) -> np.ndarray:
    """Return an image several times over, each time with other detections.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        Blue, green, red.
    panels : list of Panel
        What is drawn, in reading order.
    heading : str
        Text above everything.
    legend : list of (str, Style), optional
        Explanations of styles below everything.
    side_by_side : bool
        Whether the panels are in one row, unless the image is a very wide one.
    sheet : Sheet
        The room for them.

    Returns
    -------
    (H, W, 3) uint8
    """
    shape = pixels.shape[:2]
    columns, scale = arrange(len(panels), shape, side_by_side=side_by_side, sheet=sheet)
    drawn = [draw_panel(pixels, p.marks, scale=scale, letters=sheet.letters) for p in panels]
    height, width = drawn[0].shape[:2]
    cell_width = max(width, LEAST_PANEL_WIDTH)
    total = columns * (cell_width + MARGIN_PX) + MARGIN_PX
    captions = [
        draw_line_of_text(cell_width, panel.caption, size=round(CAPTION_PX * sheet.letters))
        for panel in panels
    ]
    above = len(captions[0]) + CAPTION_GAP_PX
    rows = []
    for first in range(0, len(panels), columns):
        row = blank_paper(above + height + MARGIN_PX, total)
        for place, index in enumerate(range(first, min(first + columns, len(panels)))):
            x = MARGIN_PX + place * (cell_width + MARGIN_PX)
            row[: len(captions[index]), x : x + cell_width] = captions[index]
            row[above : above + height, x : x + width] = drawn[index]
        rows.append(row)
    title = draw_line_of_text(total, heading, size=round(HEADING_PX * sheet.letters), bold=True)
    below = [draw_legend(total, legend)] if legend else []
    return np.concatenate([title, *rows, *below])


def draw_arms(
    pixels: np.ndarray, name: str, arms: Mapping[str, ImageDetections], names: Mapping[int, str]
) -> np.ndarray:
    """Return an image with the detections of every arm, a panel each.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        The image.
    name : str
        Its name.
    arms : mapping of str to ImageDetections
        The detections of each arm.
    names : mapping of int to str
        Class names by id.
    """
    panels = []
    for arm, found in arms.items():
        said = found.reason or count(len(found.scores), "detection")
        marks = [
            Mark(box, box_label(class_id, score, names), class_style(class_id), outline)
            for (box, score, class_id), outline in zip(
                _detections(found), outlines_of(found), strict=True
            )
        ]
        panels.append(Panel(f"{arm}: {said}{_undrawable(marks)}", marks))
    return draw_picture(pixels, panels, heading=name)


def draw_difference(
    pixels: np.ndarray,
    comparison: str,
    arms: Mapping[str, ImageDetections],
    compared: ImageComparison,
    names: Mapping[int, str],
) -> np.ndarray:
    """Return reference and candidate side by side, with each detection's fate told apart.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        The image.
    comparison : str
        Name of the comparison.
    arms : mapping of str to ImageDetections
        The detections of the reference, then of the candidate.
    compared : ImageComparison
        How they were paired.
    names : mapping of int to str
        Class names by id.
    """
    panels = []
    for side, (arm, found) in zip(("reference", "candidate"), arms.items(), strict=True):
        marks = [
            Mark(
                box,
                f"{pair}{box_label(class_id, score, names)}",
                KIND_STYLES[kind],
                outline,
                hatched=not pair,
            )
            for (box, score, class_id), outline, (kind, pair) in zip(
                _detections(found),
                outlines_of(found),
                fates(compared, side, len(found.scores)),
                strict=True,
            )
            if kind
        ]
        said = found.reason or count(len(marks), "detection")
        panels.append(Panel(f"{side} {arm}: {said}{_undrawable(marks)}", marks))
    legend = [
        (f"{KIND_TITLES[kind]}: {len(getattr(compared, kind))}", style)
        for kind, style in KIND_STYLES.items()
    ]
    heading = f"{comparison}: {compared.name} ({largest_differences(compared)})"
    return draw_picture(pixels, panels, heading=heading, legend=legend, side_by_side=True)


def fates(compared: ImageComparison, side: str, detections: int) -> list[tuple[str, str]]:
    """Return kind and pair number, such as ``("matched", "1 ")``, of one arm's detections.

    The detections of a pair have the same number on both sides; one without a partner has none, and
    one that was not compared has no kind.
    """
    alone = "missing" if side == "reference" else "extra"
    result = [("", "")] * detections
    for index in getattr(compared, alone):
        result[index] = (alone, "")
    pairs = [("matched", pair) for pair in compared.matched]
    pairs += [("flipped", pair) for pair in compared.flipped]
    for position, (kind, pair) in enumerate(pairs, start=1):
        result[getattr(pair, side)] = (kind, f"{position} ")
    return result


def largest_differences(compared: ImageComparison) -> str:
    """Return how far the matched detections of an image are apart, in words."""
    matched = compared.matched
    if not matched:
        return "no matched detections"
    box = np.max([pair.box_px for pair in matched])
    said = [f"matched boxes within {number(float(box))} px"]
    measured = measured_values(matched)
    for name in SHOWN_MEASURES:
        if name in measured:
            words = QUANTITIES[name]
            most = number(float(np.max(measured[name])))
            said.append(f"{words.subject} within {most}{words.unit}")
    apart = score_differences(matched)
    if apart:
        said.append(f"scores within {number(float(np.max(apart)))}")
    return ", ".join(said)


def box_label(class_id: int, score: float | None, names: Mapping[int, str]) -> str:
    """Return the label of a box: class name and score, if there is one."""
    name = names.get(class_id, f"class {class_id}")
    return f"{shortened(name, LABEL_LENGTH)}{'' if score is None else f' {score:.2f}'}"


def class_style(class_id: int) -> Style:
    """Return the style of a class; the palette repeats."""
    return CLASS_STYLES[class_id % len(CLASS_STYLES)]


def _detections(
    found: ImageDetections,
) -> Iterator[tuple[list[float], float | None, int]]:
    return zip(found.boxes, found.scores, found.class_ids, strict=True)


def _undrawable(marks: list[Mark]) -> str:
    bad = sum(not np.isfinite(mark.box).all() for mark in marks)
    return f", {bad:,} of them not finite and not drawn" if bad else ""
