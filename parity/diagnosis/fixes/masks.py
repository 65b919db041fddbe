"""Masks: logits are enlarged, the border is cut off, and what exceeds 0 in the box stays."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "masks",
    stage="masks",
    python="""
# coefficients: (n, 32), prototypes: (32, h, w), boxes in px of the image
logits = np.tensordot(coefficients, prototypes, 1)
masks = np.zeros((len(logits), image_h, image_w), np.uint8)
for mask, logit, box in zip(masks, logits, boxes):
    enlarged = cv2.resize(logit, (input_w, input_h))[y0 : y0 + fit_h, x0 : x0 + fit_w]
    x1, y1, x2, y2 = np.ceil(box).astype(int)
    inside = slice(y1, y2), slice(x1, x2)
    mask[inside] = cv2.resize(enlarged, (image_w, image_h))[inside] > 0
""",
    cpp="""
// logit: h x w, coefficients times prototypes; box in px of the image
cv::Mat enlarged, full, mask = cv::Mat::zeros(image.size(), CV_8U);
cv::resize(logit, enlarged, canvas.size());
cv::resize(enlarged(cv::Rect(x0, y0, fit_w, fit_h)), full, image.size());
cv::Rect inside(std::ceil(x1), std::ceil(y1), std::ceil(x2) - std::ceil(x1),
                std::ceil(y2) - std::ceil(y1));
mask(inside).setTo(1, full(inside) > 0);
""",
    csharp="""
// logit: h x w, coefficients times prototypes; box in px of the image
using var enlarged = logit.Resize(new Size(inputW, inputH));  // OpenCvSharp
using var part = new Mat(enlarged, new Rect((int)x0, (int)y0, (int)fitW, (int)fitH));
using var full = part.Resize(new Size(imageW, imageH));
using Mat mask = full.GreaterThan(0);  // then clear what lies outside of the box
""",
    kotlin="""
// logit: h x w, coefficients times prototypes; box in px of the image
Imgproc.resize(logit, enlarged, Size(inputW.toDouble(), inputH.toDouble()))  // OpenCV
val part = enlarged.submat(Rect(x0.toInt(), y0.toInt(), fitW.toInt(), fitH.toInt()))
Imgproc.resize(part, full, Size(imageW.toDouble(), imageH.toDouble()))
Core.compare(full, Scalar(0.0), mask, Core.CMP_GT)  // then clear what lies outside of the box
""",
    swift="""
// logit: h x w, coefficients times prototypes; resize() interpolates bilinearly
let enlarged = resize(logit, inputW, inputH)
let part = crop(enlarged, x0, y0, fitW, fitH)
let mask = resize(part, imageW, imageH).map { $$0 > 0 }  // then clear what lies outside of the box
""",
    javascript="""
// logit: h x w, coefficients times prototypes; cv is OpenCV.js
cv.resize(logit, enlarged, new cv.Size(inputW, inputH));
const part = enlarged.roi(new cv.Rect(x0, y0, fitW, fitH));
cv.resize(part, full, new cv.Size(imageW, imageH));
cv.threshold(full, mask, 0, 1, cv.THRESH_BINARY);  // then clear what lies outside of the box
""",
    run=("python",),
)
