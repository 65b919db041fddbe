"""Drawing boxes, labels and captions into arrays of pixels (blue, green, red)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from parity.detection.outlines import LEAST_VISIBLE, NOTHING, DetectionOutline, Points, limbs_of
from parity.errors import printable
from parity.files import write_sealed
from parity.reporting.figures.fonts import font
from parity.reporting.figures.palette import KIND_COLOURS, palette
from parity.reporting.wording import shortened

JPEG_QUALITY = 84
INK_RGB = (20, 20, 20)  # of labels, on their bright ground
MASK_STRENGTH, HATCH_STRENGTH = 0.35, 0.8  # share of the colour of a mask; chosen
HATCH = 5  # line widths from a line of hatching to the next
LEGEND_PX = 14  # of letters


@dataclass(frozen=True)
class Style:
    """How a kind of detection is drawn."""

    colour: tuple[int, int, int]
    """Red, green, blue."""
    dash: tuple[int, int] = (1, 0)
    """Lengths of line and gap in line widths; (1, 0) is solid."""
    letter: str = ""
    """Before the label, so that nobody depends on colours."""


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def blank_paper(height: int, width: int) -> np.ndarray:
    """Return (height, width, 3) uint8 in the ground of the scheme that is drawn."""
    paper = np.empty((height, width, 3), np.uint8)
    paper[:1] = _rgb(palette().paper)[::-1]
    paper[1:] = paper[:1]  # whole rows are copied several times as fast as three numbers
    return paper


KIND_STYLES = {
    "matched": Style(_rgb(KIND_COLOURS["matched"])),
    "missing": Style(_rgb(KIND_COLOURS["missing"]), (6, 4), "M"),
    "extra": Style(_rgb(KIND_COLOURS["extra"]), (2, 3), "E"),
    "flipped": Style(_rgb(KIND_COLOURS["flipped"]), (10, 3), "F"),
}

CLASS_STYLES = tuple(
    Style(_rgb(colour))
    for colour in ("#56B4E9", "#E69F00", "#2FC79A", "#F0E442", "#FF8A5B", "#E7A3C9", "#A9D1FF")
)


@dataclass(frozen=True)
class Mark:
    """A detection to draw."""

    box: Sequence[float]
    """x1, y1, x2, y2 in px of the image."""
    label: str
    """What is written beside it."""
    style: Style
    """Of its lines."""
    outline: DetectionOutline = NOTHING
    """What is drawn beside its box, or instead of it."""
    hatched: bool = False
    """Whether only one arm has it; then its mask is hatched."""


def draw_panel(
    pixels: np.ndarray, marks: list[Mark], *, scale: float, letters: float = 1.0
) -> np.ndarray:
    """Return an image at another size with detections drawn into it.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        Blue, green, red.
    marks : list of Mark
        Detections; those that are not finite cannot be drawn and are left out.
    scale : float
        Panel px per image px.
    letters : float
        Factor by which labels are larger than usual.

    Returns
    -------
    (H, W, 3) uint8
    """
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    panel = cv2.resize(pixels, (width, height), interpolation=method)
    line = max(2, round(min(height, width) / 240))
    drawable = [mark for mark in marks if np.isfinite(mark.box).all()]
    corners = [panel_corners(mark.box, scale, (height, width)) for mark in drawable]
    order = sorted(range(len(drawable)), key=lambda i: _area(corners[i]), reverse=True)
    for i in order:
        draw_mask(panel, drawable[i], scale, line)
    for i in order:  # small boxes over large ones
        outline = drawable[i].outline
        if outline.corners:
            draw_polygon(panel, _scaled(outline.corners, scale), drawable[i].style, line)
        else:
            draw_box(panel, corners[i], drawable[i].style, line)
        draw_skeleton(panel, drawable[i], scale, line)
    image = Image.fromarray(panel)  # its colours stay reversed, so those of the pen are, too
    pen = ImageDraw.Draw(image)
    of_labels = label_font(width, letters)
    taken: list[tuple[float, ...]] = []
    for mark, corner in zip(drawable, corners, strict=True):
        text = f"{mark.style.letter} {mark.label}".strip()
        size = pen.textlength(text, of_labels) + 6, of_labels.size + 5
        place = place_label(size, corner, (height, width), taken)
        pen.rectangle(place, fill=mark.style.colour[::-1])
        pen.text((place[0] + 3, place[1] + 1), text, fill=INK_RGB[::-1], font=of_labels)
        taken.append(place)
    return np.asarray(image)


def panel_corners(
    box: Sequence[float], scale: float, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the corners of a box in px of a panel, held inside it, in rising order."""
    height, width = shape
    x1, y1, x2, y2 = (side * scale for side in box)
    left, right = sorted((min(max(x1, 0), width - 1), min(max(x2, 0), width - 1)))
    top, bottom = sorted((min(max(y1, 0), height - 1), min(max(y2, 0), height - 1)))
    return round(left), round(top), round(right), round(bottom)


def _area(corners: tuple[int, int, int, int]) -> int:
    left, top, right, bottom = corners
    return (right - left) * (bottom - top)


def draw_box(
    panel: np.ndarray, corners: tuple[int, int, int, int], style: Style, line: int
) -> None:
    """Draw a box into a panel, with a dark rim that keeps it visible on any ground.

    Parameters
    ----------
    panel : (H, W, 3) uint8
        Is drawn into.
    corners : tuple of int
        Left, top, right, bottom in px of the panel.
    style : Style
        Colour and dashes.
    line : int
        Width of a line, px.
    """
    left, top, right, bottom = corners
    around = ((left, top), (right, top), (right, bottom), (left, bottom))
    draw_polygon(panel, around, style, line)


def draw_polygon(
    panel: np.ndarray, corners: Sequence[tuple[int, int]], style: Style, line: int
) -> None:
    """Draw a polygon into a panel as :func:`draw_box` draws a box."""
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    for width, ink in ((line + 2, INK_RGB), (line, style.colour[::-1])):
        for start, end in sides:
            for a, b in dashes(start, end, tuple(length * line for length in style.dash)):
                cv2.line(panel, a, b, ink, width)


def draw_mask(panel: np.ndarray, mark: Mark, scale: float, line: int) -> None:
    """Draw the mask of a detection into a panel: tinted, or hatched where only one arm has it."""
    if not mark.outline.contours:
        return
    contours = [np.array(_scaled(each, scale), np.int32) for each in mark.outline.contours]
    inside = np.zeros(panel.shape[:2], np.uint8)
    cv2.fillPoly(inside, contours, 1)  # of an even number of contours, what is inside is a hole
    where, strength = inside > 0, MASK_STRENGTH
    if mark.hatched:
        rows, columns = np.indices(inside.shape)
        where &= (rows + columns) % (HATCH * line) < HATCH * line // 2
        strength = HATCH_STRENGTH
    colour = np.array(mark.style.colour[::-1], np.float64)
    panel[where] = (1 - strength) * panel[where] + strength * colour
    cv2.polylines(panel, contours, isClosed=True, color=mark.style.colour[::-1])


def draw_skeleton(panel: np.ndarray, mark: Mark, scale: float, line: int) -> None:
    """Draw the keypoints of a detection and the lines between them; faint ones are hollow."""
    colour = mark.style.colour[::-1]
    for limb in limbs_of(mark.outline):
        a, b = _scaled(limb, scale)
        cv2.line(panel, a, b, INK_RGB, line + 2)
        cv2.line(panel, a, b, colour, line)
    finite = [point for point in mark.outline.keypoints if np.isfinite(point).all()]
    for point, (place,) in ((point, _scaled([point], scale)) for point in finite):
        shown = len(point) < 3 or point[2] >= LEAST_VISIBLE
        cv2.circle(panel, place, 2 * line, INK_RGB if shown else colour, 1 if not shown else -1)
        if shown:
            cv2.circle(panel, place, 2 * line - 1, colour, -1)


def _scaled(points: Points, scale: float) -> list[tuple[int, int]]:
    """Return points in px of a panel; what is far outside of any panel stays drawable."""
    far = 1 << 15
    placed = np.clip(np.array([point[:2] for point in points]) * scale, -far, far)
    return [(round(x), round(y)) for x, y in placed.tolist()]


def dashes(
    start: tuple[int, int], end: tuple[int, int], dash: tuple[int, ...]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the pieces of a straight line that are drawn.

    Parameters
    ----------
    start, end : tuple of int
        Ends of the line.
    dash : tuple of int
        Lengths of a piece and of the gap after it, px; without a gap there is one piece.
    """
    piece, gap = dash
    a, b = np.array(start, float), np.array(end, float)
    length = float(np.hypot(*(b - a)))
    if gap == 0 or length <= piece:
        return [(start, end)]
    step = (b - a) / length
    pieces = []
    for begin in np.arange(0, length, piece + gap):
        points = a + step * begin, a + step * min(begin + piece, length)
        first, last = ((round(float(x)), round(float(y))) for x, y in points)
        pieces.append((first, last))
    return pieces


def label_font(panel_width: int, larger: float) -> ImageFont.FreeTypeFont:
    """Return the letters of labels in a panel of some width, px, larger by a factor."""
    return font(round(larger * min(18, max(11, panel_width / 48))))


def place_label(
    size: tuple[float, float],
    corners: tuple[int, int, int, int],
    shape: tuple[int, int],
    taken: list[tuple[float, ...]],
) -> tuple[float, ...]:
    """Return where a label goes: at its box, in the panel and, if possible, over no other label.

    Parameters
    ----------
    size : tuple of float
        Width and height of the label, px.
    corners : tuple of int
        Left, top, right, bottom of the box, px of the panel.
    shape : tuple of int
        Height and width of the panel, px.
    taken : list of tuple of float
        Left, top, right, bottom of the labels that are already there.
    """
    (wide, high), (left, top, right, bottom), (height, width) = size, corners, shape
    gap = 2
    corners_of_label = (
        (left - gap, top - high - gap),
        (left + gap, top + gap),
        (left - gap, bottom + gap),
        (right - wide + gap, top - high - gap),
        (left + gap, bottom - high - gap),
        (right - wide - gap, bottom - high - gap),
        (left + gap, top + high + gap),
        (left, min(top, height - high)),
    )
    places = []
    for x, y in corners_of_label:
        held = min(max(x, 0), max(width - wide, 0))
        if 0 <= y <= max(height - high, 0):
            places.append((held, y, held + wide, y + high))
    free = [place for place in places if not any(_overlap(place, other) for other in taken)]
    return (free or places or [(0, 0, wide, high)])[0]


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def draw_line_of_text(width: int, text: str, *, size: int, bold: bool = False) -> np.ndarray:
    """Return a strip of paper with one line of text, cut in the middle if it is too long.

    Returns
    -------
    (h, width, 3) uint8
    """
    text = printable(text)
    strip = Image.new("RGB", (width, round(size * 1.7)), palette().paper)
    pen = ImageDraw.Draw(strip)
    letters = font(size, bold=bold)
    length = len(text)
    while length > 1 and pen.textlength(shortened(text, length), letters) > width - 8:
        length -= max(1, length // 20)
    place = (4, round(size * 0.25))
    pen.text(place, shortened(text, length), fill=palette().ink, font=letters)
    return np.asarray(strip)[..., ::-1]


def draw_legend(width: int, entries: list[tuple[str, Style]]) -> np.ndarray:
    """Return a strip of paper that explains styles, on as many lines as they need.

    Returns
    -------
    (h, width, 3) uint8
    """
    size = LEGEND_PX
    letters, row_height, swatch = font(size), round(size * 1.9), round(size * 2.6)
    x, y = 6, 0
    placed: list[tuple[int, int, str, Style]] = []
    for text, style in entries:
        advance = round(swatch + letters.getlength(text) + size * 2.2)
        if placed and x + advance > width:
            x, y = 6, y + row_height
        placed.append((x, y, text, style))
        x += advance
    strip = blank_paper(y + row_height, width)
    for x, y, _, style in placed:
        corners = (x, y + size // 2, x + swatch, y + round(size * 1.5))
        draw_box(strip, corners, style, 2)
    image = Image.fromarray(strip[..., ::-1])
    pen = ImageDraw.Draw(image)
    for x, y, text, style in placed:
        middle = (x + swatch / 2, y + size)
        if style.letter:
            pen.text(
                middle,
                style.letter,
                fill=palette().ink,
                font=font(size - 3, bold=True),
                anchor="mm",
            )
        pen.text((x + swatch + 7, y + size), text, fill=palette().ink, font=letters, anchor="lm")
    return np.asarray(image)[..., ::-1]


def write_jpeg(path: Path, picture: np.ndarray, *, quality: int = JPEG_QUALITY) -> None:
    """Write a picture; equal pictures give equal bytes.

    Parameters
    ----------
    path : Path
        The file.
    picture : (H, W, 3) uint8
        Blue, green, red.
    quality : int
        Of JPEG, 0 to 100.
    """
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    write_sealed(path, data.tobytes())
