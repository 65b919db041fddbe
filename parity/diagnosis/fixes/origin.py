"""Origin: coordinates counted from the top left of the image."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "origin",
    stage="output",
    python="""
boxes[:, [1, 3]] = image_h - boxes[:, [3, 1]]  # y points down, from the top of the image
""",
    cpp="""
for (auto &box : boxes) {  // y points down, from the top of the image
    const float y1 = image.rows - box[3];
    box[3] = image.rows - box[1];
    box[1] = y1;
}
""",
    csharp="""
(y1, y2) = (imageH - y2, imageH - y1);  // y points down, from the top of the image
""",
    kotlin="""
val (top, bottom) = imageH - y2 to imageH - y1  // y points down, from the top of the image
""",
    swift="""
let top = imageH - rect.maxY  // rect: a CGRect in px, whose y points up
""",
    javascript="""
const h = image.height;  // y points down, from the top of the image
const counted = boxes.map(([x1, y1, x2, y2]) => [x1, h - y2, x2, h - y1]);
""",
)
