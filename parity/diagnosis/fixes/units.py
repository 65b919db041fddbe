"""Units: coordinates in px of the image."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "units",
    stage="rescaling",
    python="""
boxes[:, 0::2] *= image_w  # fractions of the image to px
boxes[:, 1::2] *= image_h
""",
    cpp="""
for (auto &box : boxes)  // fractions of the image to px
    for (int i = 0; i < 4; i += 2) {
        box[i] *= image.cols;
        box[i + 1] *= image.rows;
    }
""",
    csharp="""
(x1, x2) = (x1 * imageW, x2 * imageW);  // fractions of the image to px
(y1, y2) = (y1 * imageH, y2 * imageH);
""",
    kotlin="""
val inPx = RectF(box.left * imageW, box.top * imageH, box.right * imageW, box.bottom * imageH)
""",
    swift="""
let inPx = VNImageRectForNormalizedRect(box, imageW, imageH)  // Vision; y still points up
""",
    javascript="""
// fractions of the image to px
const inPx = boxes.map((b) => b.map((v, i) => v * (i % 2 ? image.height : image.width)));
""",
)
