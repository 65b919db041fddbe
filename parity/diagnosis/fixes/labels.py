"""The output of a classifier holds probabilities; the largest come first."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "labels",
    stage="output",
    python="""
probabilities = output[0]  # ($classes,): the graph ends with the softmax
best = np.argsort(-probabilities)[:5]  # ids of the five most probable classes
""",
    cpp="""
const float *p = output;  // $classes probabilities: the graph ends with the softmax
std::vector<int> best($classes);
std::iota(best.begin(), best.end(), 0);
std::stable_sort(best.begin(), best.end(), [p](int a, int b) { return p[a] > p[b]; });
""",
    csharp="""
// output: $classes probabilities, the graph ends with the softmax
int[] best = Enumerable.Range(0, $classes).OrderByDescending(i => output[i]).Take(5).ToArray();
""",
    kotlin="""
// output: $classes probabilities, the graph ends with the softmax
val best = output.indices.sortedByDescending { output[it] }.take(5)
""",
    swift="""
// output: $classes probabilities, the graph ends with the softmax
let best = output.indices.sorted { output[$$0] > output[$$1] }.prefix(5)
""",
    javascript="""
// output: $classes probabilities, the graph ends with the softmax
const best = [...output.keys()].sort((a, b) => output[b] - output[a]).slice(0, 5);
""",
    run=("python",),
)
