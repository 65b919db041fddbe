"""What is drawn of a detection, as paths of SVG."""

from parity.detection.outlines import DetectionOutline
from parity.reporting.html.drawn_shapes import drawn_outline, edge_of
from parity.reporting.views.blocks import Outline


def test_a_drawn_outline_holds_paths_and_points() -> None:
    square = [[0.0, 0.0], [4.0, 0.0], [4.0, 2.5]]
    assert drawn_outline(DetectionOutline()) == []
    assert drawn_outline(DetectionOutline([square, square])) == [{"mask": 2 * "M0,0 4,0 4,2.5Z"}]
    assert drawn_outline(DetectionOutline(corners=square)) == [{"corners": "M0,0 4,0 4,2.5Z"}]
    points = [[1.234, 5.0, 0.5]]
    assert drawn_outline(DetectionOutline(keypoints=points)) == [{"points": [[1.23, 5.0, 0.5]]}]


def test_a_rotated_box_stands_for_the_box_around_it() -> None:
    box = (1.0, 2.0, 30.0, 4.5)
    assert edge_of(Outline(box, "ship", telling=True)) == "M1,2 30,2 30,4.5 1,4.5Z"
    turned = DetectionOutline(corners=[[2.0, 2.0], [1.0, 3.0], [5.0, 4.5]])
    assert edge_of(Outline(box, "ship", telling=True, shape=turned)) == "M2,2 1,3 5,4.5Z"
