"""The four numbers of a box: x1, y1, x2, y2."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "corners",
    stage="output",
    python="""
corners = [x, y, x + w, y + h]  # x, y: top-left corner; w, h: width and height
""",
    cpp="""
std::array<float, 4> corners{x, y, x + w, y + h};  // x, y: top-left corner; w, h: width and height
// A cv::Rect2f r holds x, y, width and height; r.br() is the other corner.
""",
    csharp="""
float[] corners = { x, y, x + w, y + h };  // of a RectangleF: Left, Top, Right, Bottom
""",
    kotlin="""
val corners = floatArrayOf(x, y, x + w, y + h)  // of a RectF: left, top, right, bottom
""",
    swift="""
let corners = [rect.minX, rect.minY, rect.maxX, rect.maxY]  // of a CGRect
""",
    javascript="""
const corners = [x, y, x + w, y + h];  // of a DOMRect: left, top, right, bottom
""",
)
