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
from parity.detection.outlines import NOTHING
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
from parity.reporting.figures.drawing import Mark, Style, blank_paper, draw_line_of_text, write_jpeg
from parity.reporting.figures.palette import DARK, KIND_COLOURS, LIGHT, palette
from parity.reporting.figures.pictures import NARROW, WIDE, Panel, Sheet, box_label, draw_picture
from parity.reporting.figures.theme import DPI, theme
from parity.reporting.figures.variants import dark_of, narrow_of
from parity.reporting.task_wording import worded
from parity.reporting.wording import count, four_decimals, percent, reference_name, shortened

STYLES = {
    "observed": Style((213, 94, 0), (6, 3)),
    "reproduced": Style((240, 228, 66), (2, 2)),
    "correct": Style((86, 180, 233)),
}
"""Style of each set of boxes."""

HEADING_PX = 22
LETTER_PX = 0.62
"""Width of a bold letter as a share of its size, measured on sentences of this report."""

MOST_NAME = 52
BAR, STACKED_BAR = 0.62, 0.3
"""Heights of a bar as a share of its row; a stacked one has its name above."""


@dataclass(frozen=True)
class DiagnosisLayout:
    """How a diagnosis is laid out: the room for images, and for the bars in inches and dpi."""

    sheet: Sheet
    bars_in: float
    dpi: int
    stacked: bool

    @property
    def width(self) -> int:
        """Width of the bars, px."""
        return round(self.bars_in * self.dpi)


WIDE_LAYOUT = DiagnosisLayout(WIDE, 14.0, DPI, stacked=False)
NARROW_LAYOUT = DiagnosisLayout(NARROW, 4.2, 200, stacked=True)
"""At 400 px of a screen, letters of the bars are 12 px high."""


def colours_of_kinds() -> dict[ShownKind, str]:
    """Return the colour of each kind of step."""
    colours = palette()
    return {
        "unexplained": KIND_COLOURS["flipped"],
        "fault": KIND_COLOURS["missing"],
        "harmless": colours.faint,
        "rounding": colours.grid,
        "runtime": colours.effects["runtime"],
    }


def write_diagnosis_figures(
    diagnosis: str | Path, batches: list[str], destination: str | Path
) -> None:
    """Draw a diagnosis in both schemes, wide and narrow, see :func:`write_diagnosis_figure`.

    The wide one in light colours is at ``destination``, the others in folders beside it
    (:mod:`parity.reporting.figures.variants`).
    """
    layouts = ((WIDE_LAYOUT, Path(destination)), (NARROW_LAYOUT, narrow_of(destination)))
    for layout, path in layouts:
        for colours, place in ((LIGHT, path), (DARK, dark_of(path))):
            with theme(colours):
                write_diagnosis_figure(diagnosis, batches, place, layout)


def write_diagnosis_figure(
    diagnosis: str | Path,
    batches: list[str],
    destination: str | Path,
    layout: DiagnosisLayout = WIDE_LAYOUT,
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
    layout : DiagnosisLayout
        How it is laid out.
    """
    found = load_diagnosis(diagnosis)
    parts = [] if isinstance(found, Undiagnosed) else draw_examples(found, batches, layout)
    if not isinstance(found, Undiagnosed) and has_boxes(found):
        parts.append(draw_waterfall(found, layout))
    width = max((part.shape[1] for part in parts), default=layout.width)
    heading = verdict_sentence(found).replace("`", "")
    picture = stack([*draw_heading(width, heading, layout), *parts])
    with atomic(destination) as temporary:
        write_jpeg(temporary, picture)


def draw_examples(
    diagnosis: DiagnosisDocument, batches: list[str], layout: DiagnosisLayout
) -> list[np.ndarray]:
    """Return the pictures of the images that show what is wrong, see :func:`draw_example`."""
    paths = example_paths(batches, {example.name for example in diagnosis.examples})
    names, sides = diagnosis.names | diagnosis.labels, captions(diagnosis)
    return [
        draw_example(read_image(paths[example.name]), example, names, sides, layout.sheet)
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
    return (
        observed | faults | {"correct": f"correct: {reference_name(diagnosis.reference)}'s boxes"}
    )


def draw_heading(width: int, text: str, layout: DiagnosisLayout) -> list[np.ndarray]:
    """Return the lines of a heading in a picture of some width, px."""
    size = HEADING_PX + 4 * layout.stacked
    lines = textwrap.wrap(text, max(1, round(width / (size * LETTER_PX))))
    return [draw_line_of_text(width, line, size=size, bold=True) for line in lines]


def draw_example(
    pixels: np.ndarray,
    example: ExampleImage,
    names: dict[int, str],
    sides: dict[str, str],
    sheet: Sheet = WIDE,
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
    sheet : Sheet
        The room for it.
    """
    panels = []
    for side, caption in sides.items():
        found: DrawnBoxes = getattr(example, side)
        style = STYLES[side]
        outlines = found.outlines or [NOTHING] * len(found.boxes)
        columns = (found.boxes, found.scores, found.class_ids, outlines)
        marks = [
            Mark(box, box_label(class_id, score, names), style, outline)
            for box, score, class_id, outline in zip(*columns, strict=True)
        ]
        panels.append(Panel(f"{caption} ({count(len(marks), 'box', 'boxes')})", marks))
    return draw_picture(pixels, panels, heading=example.name, side_by_side=True, sheet=sheet)


def draw_waterfall(diagnosis: DiagnosisDocument, layout: DiagnosisLayout) -> np.ndarray:
    """Return the steps from the reference to the observed boxes, as bars.

    Returns
    -------
    (H, W, 3) uint8
        Blue, green, red.
    """
    rows = bars_of(diagnosis)
    row_in = 0.62 if layout.stacked else 0.36
    with theme():
        figure = Figure(
            figsize=(layout.bars_in, 1.8 + row_in * (len(rows) + 2)),
            layout="constrained",
            dpi=layout.dpi,
        )
        FigureCanvasAgg(figure)
        draw_steps(
            figure.subplots(),
            rows,
            before=reference_name(diagnosis.reference),
            after=arm_of(diagnosis),
            measure=worded("panoptic quality", diagnosis.task),
            stacked=layout.stacked,
        )
        columns = 2 if layout.stacked else len(KIND_TITLES)
        figure.legend(handles=legend_of(rows), loc="outside lower left", ncols=columns)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=layout.dpi)
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
    """Return a bar for every step from the reference to the observed boxes."""
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
    shown, colours = {row.kind for row in rows}, colours_of_kinds()
    return [
        Patch(color=colours[kind], label=title)
        for kind, title in KIND_TITLES.items()
        if kind in shown
    ]


def draw_steps(
    ax: Axes,
    rows: Sequence[StepBar],
    *,
    before: str,
    after: str,
    measure: str,
    stacked: bool,
) -> None:
    """Draw a waterfall: each bar spans what a step takes from the agreement, or gives back.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    rows : sequence of StepBar
        The steps, in order.
    before, after : str
        Names of both ends.
    measure : str
        What bars span.
    stacked : bool
        Whether names stand above the bars instead of before them.
    """
    ends, colours = palette().arms[0], colours_of_kinds()
    height = STACKED_BAR if stacked else BAR
    start, last = 1.0, rows[-1].quality
    ax.barh(0, 1.0, color=ends, height=height)
    said = [""]
    for y, row in enumerate(rows, start=1):
        quality = row.quality
        ax.barh(
            y,
            abs(start - quality),
            left=min(start, quality),
            color=colours[row.kind],
            height=height,
        )
        ax.plot(
            [start, start],
            [y - 1 + height / 2, y - height / 2],
            color=palette().faint,
            linewidth=0.8,
        )
        share = "" if row.share is None else f", {percent(row.share)} of the loss"
        said.append(f"{four_decimals(quality)}{share}")
        start = quality
    ax.barh(len(rows) + 1, last, color=ends, height=height)
    said.append(four_decimals(last))
    names = [shortened(name, MOST_NAME) for name in (before, *(row.name for row in rows), after)]
    if stacked:
        write_above(ax, names, said)
    else:
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.4, -0.6)
        for y, text in enumerate(said):
            ax.annotate(f"  {text}", (1, y), xycoords=("axes fraction", "data"), va="center")
    ax.set(xlim=(0, 1), xlabel=f"{measure}, compared with {before}")
    ax.grid(visible=False, axis="y")
    ax.set_title(
        f"From {before} to these boxes, " + ("step by step" if stacked else "one step at a time")
    )


def write_above(ax: Axes, names: Sequence[str], said: Sequence[str]) -> None:
    """Write the name of each row and its numbers above its bar."""
    for y, lines in enumerate(zip(names, said, strict=True)):
        text = "\n".join(line for line in lines if line)
        ax.annotate(text, (0, y - STACKED_BAR / 2 - 0.03), va="bottom", fontsize=8.5)
    ax.set_ylim(len(names) - 0.6, -0.9)
    ax.set_yticks([])


def stack(pictures: list[np.ndarray]) -> np.ndarray:
    """Return pictures one below the other, on paper and with a line between them."""
    width = max(picture.shape[1] for picture in pictures)
    parts = []
    for picture in pictures:
        sheet = blank_paper(picture.shape[0], width)
        sheet[:, : picture.shape[1]] = picture
        parts += [draw_line_of_text(width, "", size=6), sheet]
    return np.concatenate(parts)
