"""Coordinates keep their fractions of a px."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "fractions",
    stage="output",
    python="""
box = [float(v) for v in (x1, y1, x2, y2)]  # no int() and no round() before drawing
""",
    cpp="""
std::array<float, 4> box{x1, y1, x2, y2};  // cv::Rect cuts to whole px; cv::Rect2f does not
""",
    csharp="""
var box = RectangleF.FromLTRB(x1, y1, x2, y2);  // Rectangle holds whole px
""",
    kotlin="""
val box = RectF(x1, y1, x2, y2)  // Rect holds whole px
""",
    swift="""
let box = CGRect(x: x1, y: y1, width: x2 - x1, height: y2 - y1)  // without .integral
""",
    javascript="""
const box = [x1, y1, x2, y2];  // without Math.round, Math.floor, toFixed(0) and | 0
""",
)
