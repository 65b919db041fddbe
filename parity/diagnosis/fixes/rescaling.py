"""Rescaling boxes from the letterboxed input to the image, and clipping them to it."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "rescaling",
    stage="rescaling",
    python="""
# After the network: from px of the input to px of the image
input_h, input_w = canvas.shape[:2]  # $sides
image_h, image_w = image.shape[:2]
ratio = min(input_h / image_h, input_w / image_w)
new_h, new_w = max(round(image_h * ratio), 1), max(round(image_w * ratio), 1)
top, left = round((input_h - new_h) / 2 - 0.1), round((input_w - new_w) / 2 - 0.1)
boxes[:, 0::2] = ((boxes[:, 0::2] - left) / (new_w / image_w)).clip(0, image_w)
boxes[:, 1::2] = ((boxes[:, 1::2] - top) / (new_h / image_h)).clip(0, image_h)
""",
    cpp="""
// After the network: from px of the input to px of the image
double input_h = canvas.rows, input_w = canvas.cols;  // $sides
double ratio = std::min(input_h / image.rows, input_w / image.cols);
double new_h = std::max(std::nearbyint(image.rows * ratio), 1.0);  // halves to even
double new_w = std::max(std::nearbyint(image.cols * ratio), 1.0);
double top = std::round((input_h - new_h) / 2 - 0.1);
double left = std::round((input_w - new_w) / 2 - 0.1);
for (auto &box : boxes)  // x1, y1, x2, y2
    for (int i = 0; i < 4; i += 2) {
        box[i] = std::clamp((box[i] - left) / (new_w / image.cols), 0.0, double(image.cols));
        box[i + 1] = std::clamp((box[i + 1] - top) / (new_h / image.rows), 0.0, double(image.rows));
    }
""",
    csharp="""
// After the network: from px of the input ($sides)
// to px of the image; inputH, inputW, imageH, imageW are their sides
double ratio = Math.Min(inputH / (double)imageH, inputW / (double)imageW);
double newH = Math.Max(Math.Round(imageH * ratio), 1);  // halves to even
double newW = Math.Max(Math.Round(imageW * ratio), 1);
double top = Math.Round((inputH - newH) / 2 - 0.1), left = Math.Round((inputW - newW) / 2 - 0.1);
double X(double x) => Math.Clamp((x - left) / (newW / imageW), 0, imageW);  // of x1 and x2
double Y(double y) => Math.Clamp((y - top) / (newH / imageH), 0, imageH);  // of y1 and y2
""",
    kotlin="""
// After the network: from px of the input ($sides)
// to px of the image; inputH, inputW, imageH, imageW are their sides
val ratio = minOf(inputH / imageH.toDouble(), inputW / imageW.toDouble())
val newH = maxOf(Math.rint(imageH * ratio), 1.0)  // halves to even
val newW = maxOf(Math.rint(imageW * ratio), 1.0)
val top = Math.rint((inputH - newH) / 2 - 0.1)
val left = Math.rint((inputW - newW) / 2 - 0.1)
fun x(v: Float) = ((v - left) / (newW / imageW)).coerceIn(0.0, imageW.toDouble()).toFloat()
fun y(v: Float) = ((v - top) / (newH / imageH)).coerceIn(0.0, imageH.toDouble()).toFloat()
val rescaled = boxes.map { RectF(x(it.left), y(it.top), x(it.right), y(it.bottom)) }
""",
    swift="""
// After the network: from px of the input ($sides)
// to px of the image; inputH, inputW, imageH, imageW are their sides, as Double
let ratio = min(inputH / imageH, inputW / imageW)
let newH = max((imageH * ratio).rounded(.toNearestOrEven), 1)
let newW = max((imageW * ratio).rounded(.toNearestOrEven), 1)
let top = ((inputH - newH) / 2 - 0.1).rounded(), left = ((inputW - newW) / 2 - 0.1).rounded()
func x(_ v: Double) -> Double { min(max((v - left) / (newW / imageW), 0), imageW) }
func y(_ v: Double) -> Double { min(max((v - top) / (newH / imageH), 0), imageH) }
// Vision's boundingBox is a fraction of what it was given, with y pointing up; undo that first.
""",
    javascript="""
// After the network: from px of the input to px of the image
const toEven = (v) => (v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
const [inputH, inputW] = [canvas.height, canvas.width];  // $sides
const ratio = Math.min(inputH / image.height, inputW / image.width);
const newH = Math.max(toEven(image.height * ratio), 1);
const newW = Math.max(toEven(image.width * ratio), 1);
const top = Math.round((inputH - newH) / 2 - 0.1);
const left = Math.round((inputW - newW) / 2 - 0.1);
const clip = (v, side) => Math.min(Math.max(v, 0), side);
const x = (v) => clip((v - left) / (newW / image.width), image.width);
const y = (v) => clip((v - top) / (newH / image.height), image.height);
const rescaled = boxes.map(([x1, y1, x2, y2]) => [x(x1), y(y1), x(x2), y(y2)]);
""",
)
