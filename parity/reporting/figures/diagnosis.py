"""The figure of a diagnosis: telling images with three sets of boxes, and what each step costs."""

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from parity.data.batch_files import check_unchanged, load_batch
from parity.data.reading import read_image
from parity.diagnosis.document import (
    DiagnosisDocument,
    DrawnBoxes,
    ExampleImage,
    Undiagnosed,
    load_diagnosis,
)
from parity.files import atomic
from parity.reporting.diagnosis_steps import KIND_TITLES, ShownKind, kind_of, step_title
from parity.reporting.diagnosis_verdict import arm_of, has_boxes, verdict_sentence
from parity.reporting.figures.drawing import PAPER_RGB, Mark, Style, draw_line_of_text, write_jpeg
from parity.reporting.figures.pictures import Panel, box_label, draw_picture
from parity.reporting.figures.theme import DPI, EFFECT_COLOURS, FAINT, GRID, KIND_COLOURS, theme
from parity.reporting.wording import count, four_decimals, percent, shortened

STYLES = {
    "observed": Style((213, 94, 0), (6, 3)),
    "reproduced": Style((240, 228, 66), (2, 2)),
    "correct": Style((86, 180, 233)),
}
"""Style of each set of boxes."""

COLOURS: dict[ShownKind, str] = {
    "unexplained": KIND_COLOURS["flipped"],
    "fault": KIND_COLOURS["missing"],
    "harmless": FAINT,
    "rounding": GRID,
    "runtime": EFFECT_COLOURS["runtime"],
}
HEADING_PX = 22
LETTER_PX = 0.62
"""Width of a bold letter as a share of its size, measured on sentences of this report."""

SHEET_IN = 14
"""Width of the bars, inches."""

MOST_NAME = 52


def write_diagnosis_figure(
    diagnosis: str | Path, batches: list[str], destination: str | Path
) -> None:
    """Draw a diagnosis as one JPEG.

    Parameters
    ----------
    diagnosis : str or Path
        What ``diagnose`` wrote.
    batches : list of str
        Lists of images.
    destination : str or Path
        The picture.
    """
    found = load_diagnosis(diagnosis)
    parts = [] if isinstance(found, Undiagnosed) else draw_examples(found, batches)
    if not isinstance(found, Undiagnosed) and has_boxes(found):
        parts.append(draw_waterfall(found))
    width = max((part.shape[1] for part in parts), default=SHEET_IN * DPI)
    picture = stack([*draw_heading(width, verdict_sentence(found)), *parts])
    with atomic(destination) as temporary:
        write_jpeg(temporary, picture)


def draw_examples(diagnosis: DiagnosisDocument, batches: list[str]) -> list[np.ndarray]:
    """Return the pictures of the images that show what is wrong, see :func:`draw_example`."""
    paths = example_paths(batches, {example.name for example in diagnosis.examples})
    names, sides = diagnosis.names | diagnosis.labels, captions(diagnosis)
    return [
        draw_example(read_image(paths[example.name]), example, names, sides)
        for example in diagnosis.examples
    ]


def example_paths(batches: list[str], wanted: set[str]) -> dict[str, Path]:
    """Return the files of some images by name; they must be what they were."""
    found = {}
    for path in batches:
        for image in load_batch(path):
            if image.name in wanted:
                check_unchanged(image)
                found[image.name] = Path(image.path)
    return found


def captions(diagnosis: DiagnosisDocument) -> dict[str, str]:
    """Return what is shown of an image, and what it is called."""
    observed = {"observed": "observed: the deployment's boxes"} if has_boxes(diagnosis) else {}
    faults = {"reproduced": "reproduced: what the named faults give"} if diagnosis.faults else {}
    return observed | faults | {"correct": "correct: PyTorch's boxes"}


def draw_heading(width: int, text: str) -> list[np.ndarray]:
    """Return the lines of a heading in a picture of some width, px."""
    letters = max(1, round(width / (HEADING_PX * LETTER_PX)))
    lines = textwrap.wrap(text, letters)
    return [draw_line_of_text(width, line, size=HEADING_PX, bold=True) for line in lines]


def draw_example(
    pixels: np.ndarray, example: ExampleImage, names: dict[int, str], sides: dict[str, str]
) -> np.ndarray:
    """Return an image several times: as observed, as reproduced and as it should be.

    Parameters
    ----------
    pixels : (h, w, 3) uint8
        Blue, green, red.
    example : ExampleImage
        An image of a diagnosis.
    names : dict of int to str
        Class names by id.
    sides : dict of str to str
        Captions of what is shown.
    """
    panels = []
    for side, caption in sides.items():
        found: DrawnBoxes = getattr(example, side)
        style = STYLES[side]
        marks = [
            Mark(box, box_label(class_id, score, names), style)
            for box, score, class_id in zip(found.boxes, found.scores, found.class_ids, strict=True)
        ]
        panels.append(Panel(f"{caption} ({count(len(marks), 'box', 'boxes')})", marks))
    return draw_picture(pixels, panels, heading=example.name, side_by_side=True)


def draw_waterfall(diagnosis: DiagnosisDocument) -> np.ndarray:
    """Return the steps from PyTorch to the observed boxes, as bars.

    Returns
    -------
    (H, W, 3) uint8
        Blue, green, red.
    """
    rows = bars_of(diagnosis)
    with theme():
        figure = Figure(
            figsize=(SHEET_IN, 1.8 + 0.36 * (len(rows) + 2)), layout="constrained", dpi=DPI
        )
        FigureCanvasAgg(figure)
        draw_steps(figure.subplots(), rows, before="PyTorch", after=arm_of(diagnosis))
        figure.legend(handles=legend_of(rows), loc="outside lower center", ncols=len(KIND_TITLES))
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=DPI)
    returned: np.ndarray = cv2.imdecode(
        np.frombuffer(stream.getvalue(), np.uint8), cv2.IMREAD_COLOR
    )
    return returned


@dataclass(frozen=True)
class StepBar:
    """A step: its name, panoptic quality after it, its share of what is lost, and its kind."""

    name: str
    quality: float
    share: float | None
    kind: ShownKind


def bars_of(diagnosis: DiagnosisDocument) -> list[StepBar]:
    """Return a bar for every step from PyTorch to the observed boxes."""
    return [
        StepBar(
            step_title(step, diagnosis),
            step.panoptic_quality,
            step.share,
            kind_of(step, diagnosis),
        )
        for step in diagnosis.waterfall
    ]


def legend_of(rows: Sequence[StepBar]) -> list[Patch]:
    """Return what the colours of the bars mean, what is not explained first."""
    shown = {row.kind for row in rows}
    return [
        Patch(color=COLOURS[kind], label=title)
        for kind, title in KIND_TITLES.items()
        if kind in shown
    ]


def draw_steps(ax: Axes, rows: Sequence[StepBar], *, before: str, after: str) -> None:
    """Draw a waterfall: each bar spans what a step takes from the panoptic quality, or gives back.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    rows : sequence of StepBar
        The steps, in order.
    before, after : str
        Names of both ends.
    """
    start, last = 1.0, rows[-1].quality
    ax.barh(0, 1.0, color=KIND_COLOURS["matched"], height=0.62)
    for y, row in enumerate(rows, start=1):
        quality, share = row.quality, row.share
        left = min(start, quality)
        ax.barh(y, abs(start - quality), left=left, color=COLOURS[row.kind], height=0.62)
        ax.plot([start, start], [y - 0.69, y + 0.31], color=FAINT, linewidth=0.8)
        said = "" if share is None else f", {percent(share)} of the loss"
        if max(start, quality) > 0.6:
            ax.annotate(f"{four_decimals(quality)}{said}  ", (left, y), va="center", ha="right")
        else:
            place = (max(start, quality), y)
            ax.annotate(f"  {four_decimals(quality)}{said}", place, va="center")
        start = quality
    ax.barh(len(rows) + 1, last, color=KIND_COLOURS["matched"], height=0.62)
    ax.annotate(f"  {four_decimals(last)}", (last, len(rows) + 1), va="center")
    names = [before, *(row.name for row in rows), after]
    ax.set_yticks(range(len(names)), [shortened(name, MOST_NAME) for name in names])
    ax.set(
        xlim=(0, 1.12),
        ylim=(len(names) - 0.4, -0.6),
        xlabel="panoptic quality, compared with PyTorch",
    )
    ax.grid(visible=False, axis="y")
    ax.set_title("From PyTorch to these boxes, one step at a time")


def stack(pictures: list[np.ndarray]) -> np.ndarray:
    """Return pictures one below the other, on white ground and with a line between them."""
    width = max(picture.shape[1] for picture in pictures)
    parts = []
    for picture in pictures:
        sheet = np.full((picture.shape[0], width, 3), PAPER_RGB, np.uint8)
        sheet[:, : picture.shape[1]] = picture
        parts += [draw_line_of_text(width, "", size=6), sheet]
    return np.concatenate(parts)
