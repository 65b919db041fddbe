"""Turning: boxes of a mirrored or turned image, moved back to the image as it was read."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "turning",
    stage="rescaling",
    python="""
# What was done to the image: mirrored, upside_down, or by_90, by_180, by_270 (clockwise)
turned, (x1, y1, x2, y2) = "mirrored", boxes.T
moved_back = {
    "mirrored": (image_w - x2, y1, image_w - x1, y2),
    "upside_down": (x1, image_h - y2, x2, image_h - y1),
    "by_90": (y1, image_h - x2, y2, image_h - x1),
    "by_180": (image_w - x2, image_h - y2, image_w - x1, image_h - y1),
    "by_270": (image_w - y2, x1, image_w - y1, x2),
}
boxes = np.stack(moved_back[turned], axis=1)  # px of the image as it was read
""",
    cpp="""
// What was done to the image: mirrored, upside_down, or by_90, by_180, by_270 (clockwise)
const std::string turned = "mirrored";
for (auto &box : boxes) {  // x1, y1, x2, y2
    const float l = box[0], t = box[1], r = box[2], b = box[3], W = image.cols, H = image.rows;
    if (turned == "mirrored") box = {W - r, t, W - l, b};
    if (turned == "upside_down") box = {l, H - b, r, H - t};
    if (turned == "by_90") box = {t, H - r, b, H - l};
    if (turned == "by_180") box = {W - r, H - b, W - l, H - t};
    if (turned == "by_270") box = {W - b, l, W - t, r};
}
""",
    csharp="""
// What was done to the image: mirrored, upside_down, or by_90, by_180, by_270 (clockwise)
(x1, y1, x2, y2) = turned switch {
    "mirrored" => (imageW - x2, y1, imageW - x1, y2),
    "upside_down" => (x1, imageH - y2, x2, imageH - y1),
    "by_90" => (y1, imageH - x2, y2, imageH - x1),
    "by_180" => (imageW - x2, imageH - y2, imageW - x1, imageH - y1),
    "by_270" => (imageW - y2, x1, imageW - y1, x2),
    _ => (x1, y1, x2, y2),
};
""",
    kotlin="""
// box: a RectF; what was done to the image: mirrored, upside_down, or by degrees (clockwise)
val moved = when (turned) {
    "mirrored" -> RectF(imageW - box.right, box.top, imageW - box.left, box.bottom)
    "upside_down" -> RectF(box.left, imageH - box.bottom, box.right, imageH - box.top)
    "by_90" -> RectF(box.top, imageH - box.right, box.bottom, imageH - box.left)
    "by_180" ->
        RectF(imageW - box.right, imageH - box.bottom, imageW - box.left, imageH - box.top)
    "by_270" -> RectF(imageW - box.bottom, box.left, imageW - box.top, box.right)
    else -> box
}
""",
    swift="""
// Vision takes the orientation: VNImageRequestHandler(cgImage: image, orientation: .upMirrored)
// By hand, rect: a CGRect in px with y down; mirrored, upside down, or turned clockwise by 90
let mirrored = CGRect(x: imageW - rect.maxX, y: rect.minY, width: rect.width, height: rect.height)
let upright = CGRect(x: rect.minX, y: imageH - rect.maxY, width: rect.width, height: rect.height)
let by90 = CGRect(x: rect.minY, y: imageH - rect.maxX, width: rect.height, height: rect.width)
""",
    javascript="""
// What was done to the image: mirrored, upside_down, or by_90, by_180, by_270 (clockwise)
const turned = "mirrored";
const [fullW, fullH] = [image.width, image.height];
const movesBack = {
  mirrored: ([l, t, r, b]) => [fullW - r, t, fullW - l, b],
  upside_down: ([l, t, r, b]) => [l, fullH - b, r, fullH - t],
  by_90: ([l, t, r, b]) => [t, fullH - r, b, fullH - l],
  by_180: ([l, t, r, b]) => [fullW - r, fullH - b, fullW - l, fullH - t],
  by_270: ([l, t, r, b]) => [fullW - b, l, fullW - t, r],
};
const movedBack = boxes.map(movesBack[turned]);
""",
)
