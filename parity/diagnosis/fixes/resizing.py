"""Resizing: bilinear, on 8-bit pixels, half-pixel centres, nothing smoothed."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "resizing",
    stage="geometry",
    python="""
resized = cv2.resize(image, (new_w, new_h), interpolation=cv2.INTER_LINEAR)  # image is uint8
# Pillow's resize smooths when it shrinks. In PyTorch, then rounded to whole levels:
# F.interpolate(x, (new_h, new_w), mode="bilinear", align_corners=False, antialias=False)
""",
    cpp="""
cv::Mat resized;  // image is CV_8UC3
cv::resize(image, resized, cv::Size(new_w, new_h), 0, 0, cv::INTER_LINEAR);
// In a kernel of your own, pixel x of the result is sampled at (x + 0.5) * image_w / new_w - 0.5.
""",
    csharp="""
// OpenCvSharp
Cv2.Resize(image, resized, new Size(newW, newH), 0, 0, InterpolationFlags.Linear);
// The resamplers of ImageSharp, such as KnownResamplers.Triangle, smooth when they shrink.
""",
    kotlin="""
// Android
val resized = Bitmap.createScaledBitmap(image, newW, newH, true)  // true: bilinear
// OpenCV: Imgproc.resize(image, resized, Size(newW, newH), 0.0, 0.0, Imgproc.INTER_LINEAR)
""",
    swift="""
canvas.interpolationQuality = .low  // Core Graphics: bilinear; .high smooths
canvas.draw(image, in: CGRect(x: left, y: padH - top, width: newW, height: newH))
// vImageScale_ARGB8888 uses a Lanczos filter.
""",
    javascript="""
// image: {data, width, height} with 4 bytes per pixel, as getImageData returns it
const resized = { data: new Uint8ClampedArray(4 * newW * newH), width: newW, height: newH };
const at = (place, side, newSide) => {  // pixels between which to interpolate, and the weight
  const exact = Math.min(Math.max((place + 0.5) * side / newSide - 0.5, 0), side - 1);
  return [Math.floor(exact), Math.ceil(exact), exact % 1];
};
for (let y = 0; y < newH; y++) {
  const [y0, y1, dy] = at(y, image.height, newH);
  for (let x = 0; x < newW; x++) {
    const [x0, x1, dx] = at(x, image.width, newW);
    for (let c = 0; c < 4; c++) {
      const pixel = (py, px) => image.data[4 * (py * image.width + px) + c];
      const above = pixel(y0, x0) * (1 - dx) + pixel(y0, x1) * dx;
      const below = pixel(y1, x0) * (1 - dx) + pixel(y1, x1) * dx;
      resized.data[4 * (y * newW + x) + c] = Math.round(above * (1 - dy) + below * dy);
    }
  }
}
""",
)
