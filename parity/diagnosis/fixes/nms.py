"""Non-maximum suppression: best score first, each class on its own."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "nms",
    stage="nms",
    python="""
x1, y1, x2, y2 = (boxes + class_ids[:, None].astype(np.float32) * 7680).T  # keeps classes apart
areas = (x2 - x1) * (y2 - y1)
order = np.argsort(-scores, kind="stable")
kept = []
while len(order) and len(kept) < $max_det:
    best, others = order[0], order[1:]
    kept.append(best)
    w = np.minimum(x2[best], x2[others]) - np.maximum(x1[best], x1[others])
    h = np.minimum(y2[best], y2[others]) - np.maximum(y1[best], y1[others])
    shared = w.clip(0) * h.clip(0)
    order = others[~(shared / (areas[best] + areas[others] - shared) > $iou)]
boxes, scores, class_ids = boxes[kept], scores[kept], class_ids[kept]
""",
    cpp="""
std::vector<int> order(boxes.size()), kept;
std::iota(order.begin(), order.end(), 0);
std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return scores[a] > scores[b]; });
for (int i : order) {
    bool stays = kept.size() < $max_det;
    for (int k : kept) {
        if (class_ids[i] != class_ids[k]) continue;  // each class on its own
        const auto &a = boxes[i], &b = boxes[k];
        float w = std::max(std::min(a[2], b[2]) - std::max(a[0], b[0]), 0.0f);
        float h = std::max(std::min(a[3], b[3]) - std::max(a[1], b[1]), 0.0f);
        float both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]);
        if (w * h / (both - w * h) > $iou) stays = false;
    }
    if (stays) kept.push_back(i);
}
// cv::dnn::NMSBoxesBatched keeps classes apart, too; it expects x, y, width and height.
""",
    csharp="""
var kept = new List<int>();
foreach (int i in Enumerable.Range(0, found.Count).OrderByDescending(i => found[i].Score))
{
    float Overlap(int k)
    {
        var (a, b) = (found[i], found[k]);
        float w = Math.Max(Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1), 0);
        float h = Math.Max(Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1), 0);
        float both = (a.X2 - a.X1) * (a.Y2 - a.Y1) + (b.X2 - b.X1) * (b.Y2 - b.Y1);
        return w * h / (both - w * h);
    }
    if (!kept.Any(k => found[k].Class == found[i].Class && Overlap(k) > $iou)) kept.Add(i);
}
kept = kept.Take($max_det).ToList();
""",
    kotlin="""
val kept = mutableListOf<Int>()
for (i in boxes.indices.sortedByDescending { scores[it] }) {
    val suppressed = kept.any { k ->
        val (a, b) = boxes[i] to boxes[k]
        val w = maxOf(minOf(a.right, b.right) - maxOf(a.left, b.left), 0f)
        val h = maxOf(minOf(a.bottom, b.bottom) - maxOf(a.top, b.top), 0f)
        val both = a.width() * a.height() + b.width() * b.height()
        classIds[i] == classIds[k] && w * h / (both - w * h) > ${iou}f
    }
    if (!suppressed && kept.size < $max_det) kept += i
}
""",
    swift="""
var kept: [Int] = []
for i in boxes.indices.sorted(by: { scores[$$0] > scores[$$1] }) {
    let suppressed = kept.contains { k in
        let shared = boxes[i].intersection(boxes[k])  // null, of no size, if they do not meet
        let area = shared.isNull ? 0 : shared.width * shared.height
        let both = boxes[i].width * boxes[i].height + boxes[k].width * boxes[k].height
        return classIds[i] == classIds[k] && area / (both - area) > $iou
    }
    if !suppressed && kept.count < $max_det { kept.append(i) }
}
""",
    javascript="""
const kept = [];
const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
for (const i of order) {
  const suppressed = kept.some((k) => {
    const a = boxes[i], b = boxes[k];
    const w = Math.max(Math.min(a[2], b[2]) - Math.max(a[0], b[0]), 0);
    const h = Math.max(Math.min(a[3], b[3]) - Math.max(a[1], b[1]), 0);
    const both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]);
    return classIds[i] === classIds[k] && w * h / (both - w * h) > $iou;
  });
  if (!suppressed && kept.length < $max_det) kept.push(i);
}
// tf.image.nonMaxSuppression ignores classes: add classId * 7680 to the coordinates before.
""",
)
