"""Decoding: from the raw output to boxes, scores and class ids above the threshold."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "decoding",
    stage="decoding",
    python="""
rows = output[0].T  # (1, $rows, anchors) to (anchors, $rows)
scores = rows[:, 4:].max(axis=1)  # final: no objectness, no sigmoid, no softmax
kept = scores > $conf
scores, class_ids = scores[kept], rows[kept, 4:].argmax(axis=1)
centres, halves = rows[kept, :2], rows[kept, 2:4] / 2
boxes = np.concatenate([centres - halves, centres + halves], axis=1)  # x1, y1, x2, y2, input px
""",
    cpp="""
std::vector<std::array<float, 4>> boxes;  // x1, y1, x2, y2 in px of the input
std::vector<float> scores;
std::vector<int> class_ids;
for (int i = 0; i < anchors; i++) {
    auto row = [&](int r) { return output[r * anchors + i]; };  // output is $rows x anchors
    int best = 0;
    for (int c = 1; c < $classes; c++)
        if (row(4 + c) > row(4 + best)) best = c;
    float score = row(4 + best);  // final: no objectness, no sigmoid, no softmax
    if (!(score > ${conf}f)) continue;
    float half_w = row(2) / 2, half_h = row(3) / 2;
    boxes.push_back({row(0) - half_w, row(1) - half_h, row(0) + half_w, row(1) + half_h});
    scores.push_back(score);
    class_ids.push_back(best);
}
""",
    csharp="""
// output is a Tensor<float> of 1 x $rows x anchors
var found = new List<(float X1, float Y1, float X2, float Y2, float Score, int Class)>();
for (int i = 0; i < output.Dimensions[2]; i++)
{
    int best = 0;
    for (int c = 1; c < $classes; c++)
        if (output[0, 4 + c, i] > output[0, 4 + best, i]) best = c;
    float score = output[0, 4 + best, i];  // final: no objectness, no sigmoid, no softmax
    if (!(score > ${conf}f)) continue;
    var (x, y) = (output[0, 0, i], output[0, 1, i]);
    var (halfW, halfH) = (output[0, 2, i] / 2, output[0, 3, i] / 2);
    found.Add((x - halfW, y - halfH, x + halfW, y + halfH, score, best));
}
""",
    kotlin="""
// output is a FloatArray of $rows x anchors
fun row(r: Int, i: Int) = output[r * anchors + i]
for (i in 0 until anchors) {
    val best = (0 until $classes).maxByOrNull { row(4 + it, i) }!!
    val score = row(4 + best, i)  // final: no objectness, no sigmoid, no softmax
    if (!(score > ${conf}f)) continue
    val halfW = row(2, i) / 2
    val halfH = row(3, i) / 2
    boxes += RectF(row(0, i) - halfW, row(1, i) - halfH, row(0, i) + halfW, row(1, i) + halfH)
    scores += score
    classIds += best
}
""",
    swift="""
// output holds $rows x anchors numbers
func row(_ r: Int, _ i: Int) -> Float { output[r * anchors + i] }
for i in 0..<anchors {
    let best = (0..<$classes).max { row(4 + $$0, i) < row(4 + $$1, i) }!
    let score = row(4 + best, i)  // final: no objectness, no sigmoid, no softmax
    guard score > $conf else { continue }
    let (w, h) = (row(2, i), row(3, i))
    boxes.append(CGRect(x: CGFloat(row(0, i) - w / 2), y: CGFloat(row(1, i) - h / 2),
                        width: CGFloat(w), height: CGFloat(h)))
    scores.append(score)
    classIds.append(best)
}
""",
    javascript="""
const anchors = output.length / $rows;  // output is 1 x $rows x anchors, flat
const boxes = [], scores = [], classIds = [];
for (let i = 0; i < anchors; i++) {
  const row = (r) => output[r * anchors + i];
  let best = 0;
  for (let c = 1; c < $classes; c++) if (row(4 + c) > row(4 + best)) best = c;
  const score = row(4 + best);  // final: no objectness, no sigmoid, no softmax
  if (!(score > $conf)) continue;
  const halfW = row(2) / 2, halfH = row(3) / 2;
  boxes.push([row(0) - halfW, row(1) - halfH, row(0) + halfW, row(1) + halfH]);
  scores.push(score);
  classIds.push(best);
}
""",
)
