"""The input tensor: RGB, channels first, levels divided by 255 once."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "input_tensor",
    stage="input_tensor",
    python="""
rgb = canvas[..., ::-1]  # OpenCV reads BGR; leave this out for RGB, as Pillow reads it
tensor = rgb.transpose(2, 0, 1)[None].astype(np.float32)  # (h, w, 3) to (1, 3, h, w)
tensor /= 255  # once, and nothing else
""",
    cpp="""
cv::Mat rgb;
cv::cvtColor(canvas, rgb, cv::COLOR_BGR2RGB);  // OpenCV reads BGR
rgb.convertTo(rgb, CV_32F, 1.0 / 255);  // once, and nothing else
std::vector<float> tensor(3 * rgb.total());  // 1 x 3 x h x w
std::vector<cv::Mat> planes;
for (int c = 0; c < 3; c++)
    planes.emplace_back(rgb.rows, rgb.cols, CV_32F, tensor.data() + c * rgb.total());
cv::split(rgb, planes);
// The same in one call: cv::dnn::blobFromImage(canvas, 1.0 / 255, cv::Size(), cv::Scalar(), true)
""",
    csharp="""
// ImageSharp: canvas is an Image<Rgb24>; a Mat of OpenCvSharp is BGR, so that p.Item2 is red
var tensor = new DenseTensor<float>(new[] { 1, 3, canvas.Height, canvas.Width });
for (int y = 0; y < canvas.Height; y++)
    for (int x = 0; x < canvas.Width; x++)
    {
        Rgb24 p = canvas[x, y];
        tensor[0, 0, y, x] = p.R / 255f;
        tensor[0, 1, y, x] = p.G / 255f;
        tensor[0, 2, y, x] = p.B / 255f;
    }
""",
    kotlin="""
// Android; in Java, the calls are the same
val area = canvas.width * canvas.height
val pixels = IntArray(area)
canvas.getPixels(pixels, 0, canvas.width, 0, 0, canvas.width, canvas.height)
val tensor = FloatArray(3 * area)  // 1 x 3 x h x w: all of red, then green, then blue
for (i in 0 until area) {
    tensor[i] = Color.red(pixels[i]) / 255f
    tensor[area + i] = Color.green(pixels[i]) / 255f
    tensor[2 * area + i] = Color.blue(pixels[i]) / 255f
}
""",
    swift="""
// bytes: the pixels of the canvas, 4 bytes each, red first
let area = canvas.width * canvas.height
var tensor = [Float](repeating: 0, count: 3 * area)  // 1 x 3 x h x w
for y in 0..<canvas.height {
    for x in 0..<canvas.width {
        for c in 0..<3 {
            let level = bytes[y * canvas.bytesPerRow + 4 * x + c]
            tensor[c * area + y * canvas.width + x] = Float(level) / 255
        }
    }
}
// Core ML with an image input does this itself, if the model was converted with scale=1/255.
""",
    javascript="""
const { data } = context.getImageData(0, 0, canvas.width, canvas.height);  // RGBA
const area = canvas.width * canvas.height;
const tensor = new Float32Array(3 * area);  // 1 x 3 x h x w: all of red, then green, then blue
for (let i = 0; i < area; i++)
  for (let c = 0; c < 3; c++) tensor[c * area + i] = data[4 * i + c] / 255;
""",
)
