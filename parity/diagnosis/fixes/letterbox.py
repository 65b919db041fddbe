"""Letterboxing: the image keeps its aspect ratio, lies in the centre and is padded with grey."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "letterbox",
    stage="geometry",
    python="""
image_h, image_w = image.shape[:2]
ratio = min($height / image_h, $width / image_w)
new_h, new_w = max(round(image_h * ratio), 1), max(round(image_w * ratio), 1)
pad_h, pad_w = ($height - new_h)$modulo, ($width - new_w)$modulo
top, left = round(pad_h / 2 - 0.1), round(pad_w / 2 - 0.1)
canvas = np.full((new_h + pad_h, new_w + pad_w, 3), 114, np.uint8)
canvas[top:top + new_h, left:left + new_w] = cv2.resize(image, (new_w, new_h))
""",
    cpp="""
double ratio = std::min($height / double(image.rows), $width / double(image.cols));
int new_h = std::max(int(std::nearbyint(image.rows * ratio)), 1);  // halves to even
int new_w = std::max(int(std::nearbyint(image.cols * ratio)), 1);
int pad_h = ($height - new_h)$modulo, pad_w = ($width - new_w)$modulo;
int top = std::lround(pad_h / 2.0 - 0.1), left = std::lround(pad_w / 2.0 - 0.1);
cv::Mat inner, canvas;
cv::resize(image, inner, cv::Size(new_w, new_h), 0, 0, cv::INTER_LINEAR);
cv::copyMakeBorder(inner, canvas, top, pad_h - top, left, pad_w - left,
                   cv::BORDER_CONSTANT, cv::Scalar(114, 114, 114));
""",
    csharp="""
// OpenCvSharp
double ratio = Math.Min($height / (double)image.Rows, $width / (double)image.Cols);
int newH = Math.Max((int)Math.Round(image.Rows * ratio), 1);  // halves to even
int newW = Math.Max((int)Math.Round(image.Cols * ratio), 1);
int padH = ($height - newH)$modulo, padW = ($width - newW)$modulo;
int top = (int)Math.Round(padH / 2.0 - 0.1), left = (int)Math.Round(padW / 2.0 - 0.1);
var (inner, canvas) = (new Mat(), new Mat());
Cv2.Resize(image, inner, new Size(newW, newH), 0, 0, InterpolationFlags.Linear);
Cv2.CopyMakeBorder(inner, canvas, top, padH - top, left, padW - left,
                   BorderTypes.Constant, new Scalar(114, 114, 114));
// ImageSharp: new Image<Rgb24>(newW + padW, newH + padH, new Rgb24(114, 114, 114)), then
// canvas.Mutate(c => c.DrawImage(inner, new Point(left, top), 1f));
""",
    kotlin="""
// Android; in Java, the calls are the same
val ratio = minOf($height / image.height.toDouble(), $width / image.width.toDouble())
val newH = maxOf(Math.rint(image.height * ratio).toInt(), 1)  // halves to even
val newW = maxOf(Math.rint(image.width * ratio).toInt(), 1)
val padH = ($height - newH)$modulo
val padW = ($width - newW)$modulo
val top = Math.round(padH / 2.0 - 0.1).toFloat()
val left = Math.round(padW / 2.0 - 0.1).toFloat()
val canvas = Bitmap.createBitmap(newW + padW, newH + padH, Bitmap.Config.ARGB_8888)
canvas.eraseColor(Color.rgb(114, 114, 114))
val inner = Bitmap.createScaledBitmap(image, newW, newH, true)  // true: bilinear
Canvas(canvas).drawBitmap(inner, left, top, null)
""",
    swift="""
// Core Graphics: image is a CGImage
let ratio = min($height / Double(image.height), $width / Double(image.width))
let newH = max(Int((Double(image.height) * ratio).rounded(.toNearestOrEven)), 1)
let newW = max(Int((Double(image.width) * ratio).rounded(.toNearestOrEven)), 1)
let padH = ($height - newH)$modulo, padW = ($width - newW)$modulo
let top = Int((Double(padH) / 2 - 0.1).rounded()), left = Int((Double(padW) / 2 - 0.1).rounded())
let canvas = CGContext(data: nil, width: newW + padW, height: newH + padH, bitsPerComponent: 8,
                       bytesPerRow: 0, space: CGColorSpaceCreateDeviceRGB(),
                       bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue)!
canvas.setFillColor(red: 114 / 255, green: 114 / 255, blue: 114 / 255, alpha: 1)
canvas.fill(CGRect(x: 0, y: 0, width: newW + padW, height: newH + padH))
canvas.interpolationQuality = .low  // bilinear
canvas.draw(image, in: CGRect(x: left, y: padH - top, width: newW, height: newH))  // y points up
""",
    javascript="""
const toEven = (v) => (v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
const ratio = Math.min($height / image.height, $width / image.width);
const newH = Math.max(toEven(image.height * ratio), 1);
const newW = Math.max(toEven(image.width * ratio), 1);
const padH = ($height - newH)$modulo, padW = ($width - newW)$modulo;
const top = Math.round(padH / 2 - 0.1), left = Math.round(padW / 2 - 0.1);
const canvas = new OffscreenCanvas(newW + padW, newH + padH);
const context = canvas.getContext("2d");
context.fillStyle = "rgb(114, 114, 114)";
context.fillRect(0, 0, canvas.width, canvas.height);
context.drawImage(image, left, top, newW, newH);
""",
)
