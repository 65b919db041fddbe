"""Labels that do not cover each other."""

from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

GAP_PX = 1.0
POINTS_PER_INCH = 72


def keep_apart(figure: Figure, labels: Sequence[Annotation]) -> None:
    """Raise labels until none covers another; the first ones stay where they are.

    Parameters
    ----------
    figure : Figure
        Holds the labels; its layout is done here.
    labels : sequence of Annotation
        Their ``textcoords`` are offset points.
    """
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # else another layout would move what is measured here
    taken: list[Bbox] = []
    for label in labels:
        box = label.get_window_extent()
        covered = [other for other in taken if box.overlaps(other)]
        while covered:
            up = max(other.y1 for other in covered) - box.y0 + GAP_PX
            x, y = label.xyann
            label.xyann = (x, y + up * POINTS_PER_INCH / figure.dpi)
            box = box.translated(0, up)
            covered = [other for other in taken if box.overlaps(other)]
        taken.append(box)
