"""The shorter side is resized to the input, and the centre is kept."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "centre_crop",
    stage="geometry",
    python="""
short = min(image.shape[:2])  # image: blue, green, red, as cv2.imread returns it
h, w = (int($height * side / short) for side in image.shape[:2])
resized = Image.fromarray(image[..., ::-1]).resize((w, h), Image.Resampling.BILINEAR)
left, top = round((w - $width) / 2), round((h - $height) / 2)
canvas = np.asarray(resized.crop((left, top, left + $width, top + $height)))[..., ::-1]
""",
    cpp="""
int side = std::min(image.cols, image.rows);
cv::Size size($height * image.cols / side, $height * image.rows / side);
cv::Mat resized, canvas;  // PyTorch antialiases: INTER_AREA comes closest where the image shrinks
cv::resize(image, resized, size, 0, 0, side > $height ? cv::INTER_AREA : cv::INTER_LINEAR);
int left = std::nearbyint((size.width - $width) / 2.0);
int top = std::nearbyint((size.height - $height) / 2.0);
canvas = resized(cv::Rect(left, top, $width, $height));
""",
    csharp="""
using var resized = image.Clone(x => x.Resize(new ResizeOptions {  // ImageSharp, antialiased
    Size = new Size($width, $height), Mode = ResizeMode.Crop,
    Position = AnchorPositionMode.Center, Sampler = KnownResamplers.Triangle }));
""",
    kotlin="""
val side = minOf(bitmap.width, bitmap.height)
val w = $height * bitmap.width / side
val h = $height * bitmap.height / side
val resized = Bitmap.createScaledBitmap(bitmap, w, h, true)  // not antialiased: differs slightly
val left = Math.rint((w - $width) / 2.0).toInt()
val top = Math.rint((h - $height) / 2.0).toInt()
val canvas = Bitmap.createBitmap(resized, left, top, $width, $height)
""",
    swift="""
// Vision resizes the shorter side and keeps the centre itself.
let request = VNCoreMLRequest(model: model)
request.imageCropAndScaleOption = .centerCrop
""",
    javascript="""
const side = Math.min(image.width, image.height);
const w = Math.floor($height * image.width / side);
const h = Math.floor($height * image.height / side);
const context = canvas.getContext("2d");  // canvas is $width x $height
context.imageSmoothingQuality = "high";
context.drawImage(image, Math.round(($width - w) / 2), Math.round(($height - h) / 2), w, h);
""",
    run=("python",),
)
