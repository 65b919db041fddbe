"""What is drawn of a detection, as numbers and paths of SVG."""

from typing import Any

from parity.detection.outlines import DetectionOutline, Points, limbs_of
from parity.reporting.views.blocks import Outline


def drawn_outline(outline: DetectionOutline) -> list[dict[str, Any]]:
    """Return what is drawn of a detection beside its box, as JSON; nothing if that is all.

    ``mask`` and ``corners`` are paths of SVG, ``points`` and ``limbs`` lists of numbers: x, y and
    visibility of each keypoint, and x1, y1, x2, y2 of each line between two.
    """
    drawn = {
        "mask": "".join(map(path_of, outline.contours)),
        "corners": path_of(outline.corners) if outline.corners else "",
        "points": [[round(number, 2) for number in point] for point in outline.keypoints],
        "limbs": [
            [round(number, 1) for end in limb for number in end[:2]] for limb in limbs_of(outline)
        ],
    }
    there = {name: value for name, value in drawn.items() if value}
    return [there] if there else []


def edge_of(outline: Outline) -> str:
    """Return the path of a detection's box; of its rotated box, if it has one."""
    x1, y1, x2, y2 = outline.box
    return path_of(outline.shape.corners or [[x1, y1], [x2, y1], [x2, y2], [x1, y2]])


def path_of(points: Points) -> str:
    """Return the closed path through some points."""
    return "M" + " ".join(f"{x:g},{y:g}" for x, y in points) + "Z"
