"""Keypoints: their numbers one after the other, rescaled as the boxes are."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "keypoints",
    stage="keypoints",
    python="""
# rows: (n, $rows + $numbers * keypoints), a row per detection
points = rows[:, $rows:].reshape(len(rows), -1, $numbers).copy()  # $keypoint
points[..., 0] = ((points[..., 0] - x0) / (fit_w / image_w)).clip(0, image_w)
points[..., 1] = ((points[..., 1] - y0) / (fit_h / image_h)).clip(0, image_h)
""",
    cpp="""
// row: $rows numbers and then $numbers for each keypoint
for (size_t i = $rows; i + $last < row.size(); i += $numbers) {  // $keypoint
    row[i] = std::clamp((row[i] - x0) / (fit_w / image.cols), 0.0, double(image.cols));
    row[i + 1] = std::clamp((row[i + 1] - y0) / (fit_h / image.rows), 0.0, double(image.rows));
}
""",
    csharp="""
// row: $rows numbers and then $numbers for each keypoint; X and Y map as for the boxes
for (int i = $rows; i + $last < row.Length; i += $numbers)  // $keypoint
    (row[i], row[i + 1]) = ((float)X(row[i]), (float)Y(row[i + 1]));
""",
    kotlin="""
// row: $rows numbers and then $numbers for each keypoint; toX() and toY() map as for the boxes
for (i in $rows until row.size - $last step $numbers) {  // $keypoint
    row[i] = toX(row[i])
    row[i + 1] = toY(row[i + 1])
}
""",
    swift="""
// row: $rows numbers and then $numbers for each keypoint; toX() and toY() map as for the boxes
for i in stride(from: $rows, to: row.count - $last, by: $numbers) {  // $keypoint
    row[i] = toX(row[i])
    row[i + 1] = toY(row[i + 1])
}
""",
    javascript="""
// row: $rows numbers and then $numbers for each keypoint; toX() and toY() map as for the boxes
for (let i = $rows; i + $last < row.length; i += $numbers) {  // $keypoint
  row[i] = toX(row[i]);
  row[i + 1] = toY(row[i + 1]);
}
""",
    run=("python",),
)
