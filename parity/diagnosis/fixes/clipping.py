"""Clipping boxes, in px of the image, to the image."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "clipping",
    stage="output",
    python="""
boxes[:, 0::2] = boxes[:, 0::2].clip(0, image_w)  # to the width itself, not to image_w - 1
boxes[:, 1::2] = boxes[:, 1::2].clip(0, image_h)
""",
    cpp="""
for (auto &box : boxes)  // to the sides themselves, not to image.cols - 1
    for (int i = 0; i < 4; i += 2) {
        box[i] = std::clamp(box[i], 0.0f, float(image.cols));
        box[i + 1] = std::clamp(box[i + 1], 0.0f, float(image.rows));
    }
""",
    csharp="""
x1 = Math.Clamp(x1, 0, imageW); x2 = Math.Clamp(x2, 0, imageW);  // not imageW - 1
y1 = Math.Clamp(y1, 0, imageH); y2 = Math.Clamp(y2, 0, imageH);
""",
    kotlin="""
val (w, h) = imageW.toFloat() to imageH.toFloat()  // not imageW - 1
val clipped = RectF(box.left.coerceIn(0f, w), box.top.coerceIn(0f, h),
                    box.right.coerceIn(0f, w), box.bottom.coerceIn(0f, h))
""",
    swift="""
let clipped = box.intersection(CGRect(x: 0, y: 0, width: imageW, height: imageH))
""",
    javascript="""
const within = (v, side) => Math.min(Math.max(v, 0), side);  // to the side, not to side - 1
const clipped = boxes.map((b) => b.map((v, i) => within(v, i % 2 ? image.height : image.width)));
""",
)
