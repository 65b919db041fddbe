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
const bottom = image.height;  // y points down, from the top of the image
const counted = boxes.map(([x1, y1, x2, y2]) => [x1, bottom - y2, x2, bottom - y1]);
""",
)

add_fix(
    "centre",
    stage="output",
    python="""
boxes += np.array([image_w, image_h, image_w, image_h]) / 2  # from the centre to the top left
""",
    cpp="""
for (auto &box : boxes)  // from the centre to the top left
    for (int i = 0; i < 4; i += 2) {
        box[i] += image.cols / 2.0f;
        box[i + 1] += image.rows / 2.0f;
    }
""",
    csharp="""
(x1, x2) = (x1 + imageW / 2f, x2 + imageW / 2f);  // from the centre to the top left
(y1, y2) = (y1 + imageH / 2f, y2 + imageH / 2f);
""",
    kotlin="""
box.offset(imageW / 2f, imageH / 2f)  // box: a RectF; from the centre to the top left
""",
    swift="""
let moved = rect.offsetBy(dx: imageW / 2, dy: imageH / 2)  // from the centre to the top left
""",
    javascript="""
const centre = [image.width / 2, image.height / 2];  // from the centre to the top left
const moved = boxes.map((b) => b.map((v, i) => v + centre[i % 2]));
""",
)
