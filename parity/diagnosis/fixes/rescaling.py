"""Rescaling boxes from the letterboxed input to the image, and clipping them to it."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "rescaling",
    stage="rescaling",
    python="""
# After the network: from px of the input to px of the image
input_h, input_w = canvas.shape[:2]  # $sides
image_h, image_w = image.shape[:2]
gain = min(input_h / image_h, input_w / image_w)
fit_h, fit_w = max(round(image_h * gain), 1), max(round(image_w * gain), 1)
y0, x0 = round((input_h - fit_h) / 2 - 0.1), round((input_w - fit_w) / 2 - 0.1)
boxes[:, 0::2] = ((boxes[:, 0::2] - x0) / (fit_w / image_w)).clip(0, image_w)
boxes[:, 1::2] = ((boxes[:, 1::2] - y0) / (fit_h / image_h)).clip(0, image_h)
""",
    cpp="""
// After the network: from px of the input to px of the image
double input_h = canvas.rows, input_w = canvas.cols;  // $sides
double gain = std::min(input_h / image.rows, input_w / image.cols);
double fit_h = std::max(std::nearbyint(image.rows * gain), 1.0);  // halves to even
double fit_w = std::max(std::nearbyint(image.cols * gain), 1.0);
double y0 = std::round((input_h - fit_h) / 2 - 0.1);
double x0 = std::round((input_w - fit_w) / 2 - 0.1);
for (auto &box : boxes)  // x1, y1, x2, y2
    for (int i = 0; i < 4; i += 2) {
        box[i] = std::clamp((box[i] - x0) / (fit_w / image.cols), 0.0, double(image.cols));
        box[i + 1] = std::clamp((box[i + 1] - y0) / (fit_h / image.rows), 0.0, double(image.rows));
    }
""",
    csharp="""
// After the network: from px of the input ($sides)
// to px of the image; inputH, inputW, imageH, imageW are their sides
double gain = Math.Min(inputH / (double)imageH, inputW / (double)imageW);
double fitH = Math.Max(Math.Round(imageH * gain), 1);  // halves to even
double fitW = Math.Max(Math.Round(imageW * gain), 1);
double y0 = Math.Round((inputH - fitH) / 2 - 0.1), x0 = Math.Round((inputW - fitW) / 2 - 0.1);
double X(double x) => Math.Clamp((x - x0) / (fitW / imageW), 0, imageW);  // of x1 and x2
double Y(double y) => Math.Clamp((y - y0) / (fitH / imageH), 0, imageH);  // of y1 and y2
""",
    kotlin="""
// After the network: from px of the input ($sides)
// to px of the image; inputH, inputW, imageH, imageW are their sides
val gain = minOf(inputH / imageH.toDouble(), inputW / imageW.toDouble())
val fitH = maxOf(Math.rint(imageH * gain), 1.0)  // halves to even
val fitW = maxOf(Math.rint(imageW * gain), 1.0)
val y0 = Math.rint((inputH - fitH) / 2 - 0.1)
val x0 = Math.rint((inputW - fitW) / 2 - 0.1)
fun toX(v: Float) = ((v - x0) / (fitW / imageW)).coerceIn(0.0, imageW.toDouble()).toFloat()
fun toY(v: Float) = ((v - y0) / (fitH / imageH)).coerceIn(0.0, imageH.toDouble()).toFloat()
val rescaled = boxes.map { RectF(toX(it.left), toY(it.top), toX(it.right), toY(it.bottom)) }
""",
    swift="""
// After the network: from px of the input ($sides)
// to px of the image; inputH, inputW, imageH, imageW are their sides, as Double
let gain = min(inputH / imageH, inputW / imageW)
let fitH = max((imageH * gain).rounded(.toNearestOrEven), 1)
let fitW = max((imageW * gain).rounded(.toNearestOrEven), 1)
let y0 = ((inputH - fitH) / 2 - 0.1).rounded(), x0 = ((inputW - fitW) / 2 - 0.1).rounded()
func toX(_ v: Double) -> Double { min(max((v - x0) / (fitW / imageW), 0), imageW) }
func toY(_ v: Double) -> Double { min(max((v - y0) / (fitH / imageH), 0), imageH) }
// Vision's boundingBox is a fraction of what it was given, with y pointing up; undo that first.
""",
    javascript="""
// After the network: from px of the input to px of the image
const nearestEven = (v) => (v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
const [inputH, inputW] = [canvas.height, canvas.width];  // $sides
const gain = Math.min(inputH / image.height, inputW / image.width);
const fitH = Math.max(nearestEven(image.height * gain), 1);
const fitW = Math.max(nearestEven(image.width * gain), 1);
const y0 = Math.round((inputH - fitH) / 2 - 0.1);
const x0 = Math.round((inputW - fitW) / 2 - 0.1);
const clip = (v, side) => Math.min(Math.max(v, 0), side);
const toX = (v) => clip((v - x0) / (fitW / image.width), image.width);
const toY = (v) => clip((v - y0) / (fitH / image.height), image.height);
const rescaled = boxes.map(([x1, y1, x2, y2]) => [toX(x1), toY(y1), toX(x2), toY(y2)]);
""",
)
