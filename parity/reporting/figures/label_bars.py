"""The picture of an image that was classified: the image, and the probabilities beside it."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

from parity.detection.detection_files import ImageDetections
from parity.reporting.figures.drawing import (
    CLASS_STYLES,
    blank_paper,
    draw_line_of_text,
    draw_panel,
)
from parity.reporting.figures.fonts import font
from parity.reporting.figures.palette import palette
from parity.reporting.wording import count, shortened

IMAGE_PX, BARS_PX, MARGIN_PX = 640, 860, 12
ROW_PX, LETTER_PX, HEADING_PX = 22, 14, 17
MOST_LABELS = 12
NAME_LENGTH = 40
ARM_WIDTH, BAR_WIDTH = 230, 460


def draw_labels(
    pixels: np.ndarray, heading: str, arms: Mapping[str, ImageDetections], names: Mapping[int, str]
) -> np.ndarray:
    """Return an image with a bar for each label and arm beside it, those first that differ most.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        Blue, green, red.
    heading : str
        Text above everything.
    arms : mapping of str to ImageDetections
        The labels of each arm.
    names : mapping of int to str
        Class names by id.

    Returns
    -------
    (H, W, 3) uint8
    """
    panel = draw_panel(pixels, [], scale=IMAGE_PX / max(pixels.shape[:2]))
    bars = draw_bars(arms, names)
    height = max(len(panel), len(bars)) + MARGIN_PX
    sheet = blank_paper(height, IMAGE_PX + BARS_PX + 3 * MARGIN_PX)
    sheet[: panel.shape[0], MARGIN_PX : MARGIN_PX + panel.shape[1]] = panel
    sheet[: bars.shape[0], 2 * MARGIN_PX + IMAGE_PX :][:, : bars.shape[1]] = bars
    title = draw_line_of_text(sheet.shape[1], heading, size=HEADING_PX, bold=True)
    return np.concatenate([title, sheet])


def draw_bars(arms: Mapping[str, ImageDetections], names: Mapping[int, str]) -> np.ndarray:
    """Return the labels of an image, each with its probability by arm, (H, W, 3) uint8."""
    labels = labels_by_difference(arms)
    rows = sum(1 + len(arms) for _ in labels[:MOST_LABELS]) + 1
    image = Image.new("RGB", (BARS_PX, max(rows, 2) * ROW_PX), palette().paper)
    pen = ImageDraw.Draw(image)
    letters, bold = font(LETTER_PX), font(LETTER_PX, bold=True)
    y = 0
    for label, values in labels[:MOST_LABELS]:
        name = shortened(names.get(label, f"class {label}"), NAME_LENGTH)
        pen.text((0, y + 2), name, fill=palette().ink, font=bold)
        y += ROW_PX
        for place, (arm, value) in enumerate(values.items()):
            pen.text((8, y + 1), shortened(arm, 26), fill=palette().ink, font=letters)
            said = "below the threshold" if value is None else f"{100 * value:.2f} %"
            right = ARM_WIDTH + BAR_WIDTH * (value or 0.0)
            colour = CLASS_STYLES[place % len(CLASS_STYLES)].colour
            pen.rectangle((ARM_WIDTH, y + 3, right, y + ROW_PX - 5), fill=colour)
            pen.text((right + 8, y + 1), said, fill=palette().ink, font=letters)
            y += ROW_PX
    left = len(labels) - MOST_LABELS
    if not labels:
        pen.text((0, y + 2), "no label exceeds the threshold", fill=palette().ink, font=letters)
    elif left > 0:
        pen.text((0, y + 2), f"and {count(left, 'more label')}", fill=palette().ink, font=letters)
    return np.asarray(image)[..., ::-1]


def labels_by_difference(
    arms: Mapping[str, ImageDetections],
) -> list[tuple[int, dict[str, float | None]]]:
    """Return the class ids of all arms and what each gives them, those first that differ most."""
    known = {
        arm: dict(zip(found.class_ids, found.scores, strict=True)) for arm, found in arms.items()
    }
    ids = dict.fromkeys(label for own in known.values() for label in own)
    labels = [(label, {arm: own.get(label) for arm, own in known.items()}) for label in ids]

    def rank(label: tuple[int, dict[str, float | None]]) -> tuple[float, float]:
        shown = [value or 0.0 for value in label[1].values()]
        return min(shown) - max(shown), -max(shown)

    return sorted(labels, key=rank)
