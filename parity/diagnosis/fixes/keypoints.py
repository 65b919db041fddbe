"""Keypoints: x, y and visibility one after the other, rescaled as the boxes are."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "keypoints",
    stage="keypoints",
    python="""
# rows: (n, $rows + 3 * keypoints), a row per detection; top, left, new_h, new_w: as for the boxes
points = rows[:, $rows:].reshape(len(rows), -1, 3).copy()  # x, y, visibility
points[..., 0] = ((points[..., 0] - left) / (new_w / image_w)).clip(0, image_w)
points[..., 1] = ((points[..., 1] - top) / (new_h / image_h)).clip(0, image_h)
""",
    cpp="""
// row: $rows numbers and then three for each keypoint; top, left, new_h, new_w: as for the boxes
for (size_t i = $rows; i + 2 < row.size(); i += 3) {  // x, y, visibility
    row[i] = std::clamp((row[i] - left) / (new_w / image.cols), 0.0, double(image.cols));
    row[i + 1] = std::clamp((row[i + 1] - top) / (new_h / image.rows), 0.0, double(image.rows));
}
""",
    csharp="""
// row: $rows numbers and then three for each keypoint; X and Y map as for the boxes
for (int i = $rows; i + 2 < row.Length; i += 3)  // x, y, visibility
    (row[i], row[i + 1]) = ((float)X(row[i]), (float)Y(row[i + 1]));
""",
    kotlin="""
// row: $rows numbers and then three for each keypoint; x() and y() map as for the boxes
for (i in $rows until row.size - 2 step 3) {  // x, y, visibility
    row[i] = x(row[i])
    row[i + 1] = y(row[i + 1])
}
""",
    swift="""
// row: $rows numbers and then three for each keypoint; x() and y() map as for the boxes
for i in stride(from: $rows, to: row.count - 2, by: 3) {  // x, y, visibility
    row[i] = x(row[i])
    row[i + 1] = y(row[i + 1])
}
""",
    javascript="""
// row: $rows numbers and then three for each keypoint; x() and y() map as for the boxes
for (let i = $rows; i + 2 < row.length; i += 3) {  // x, y, visibility
  row[i] = x(row[i]);
  row[i + 1] = y(row[i + 1]);
}
""",
    run=("python",),
)
