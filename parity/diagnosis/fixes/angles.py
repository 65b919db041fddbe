"""The angle is the last number, in radians; corners go around the box."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "angles",
    stage="angles",
    python="""
cx, cy, w, h, angle = box  # px of the image; angle in radians, from the x axis towards y (down)
along = np.array([np.cos(angle), np.sin(angle)]) * w / 2
across = np.array([-np.sin(angle), np.cos(angle)]) * h / 2
centre = np.array([cx, cy])
corners = centre + np.array([along + across, along - across, -along - across, across - along])
""",
    cpp="""
// cx, cy, w, h in px of the image; angle in radians, from the x axis towards y (down)
double c = std::cos(angle), s = std::sin(angle);
double ax = c * w / 2, ay = s * w / 2, bx = -s * h / 2, by = c * h / 2;
double corners[4][2] = {{cx + ax + bx, cy + ay + by}, {cx + ax - bx, cy + ay - by},
                        {cx - ax - bx, cy - ay - by}, {cx - ax + bx, cy - ay + by}};
""",
    csharp="""
// cx, cy, w, h in px of the image; angle in radians, from the x axis towards y (down)
double c = Math.Cos(angle), s = Math.Sin(angle);
double ax = c * w / 2, ay = s * w / 2, bx = -s * h / 2, by = c * h / 2;
var corners = new[] { (cx + ax + bx, cy + ay + by), (cx + ax - bx, cy + ay - by),
                      (cx - ax - bx, cy - ay - by), (cx - ax + bx, cy - ay + by) };
""",
    kotlin="""
// cx, cy, w, h in px of the image; angle in radians, from the x axis towards y (down)
val (ax, ay) = Pair(cos(angle) * w / 2, sin(angle) * w / 2)
val (bx, by) = Pair(-sin(angle) * h / 2, cos(angle) * h / 2)
val corners = listOf(Pair(cx + ax + bx, cy + ay + by), Pair(cx + ax - bx, cy + ay - by),
    Pair(cx - ax - bx, cy - ay - by), Pair(cx - ax + bx, cy - ay + by))
""",
    swift="""
// cx, cy, w, h in px of the image; angle in radians, from the x axis towards y (down)
let (ax, ay) = (cos(angle) * w / 2, sin(angle) * w / 2)
let (bx, by) = (-sin(angle) * h / 2, cos(angle) * h / 2)
let corners = [(cx + ax + bx, cy + ay + by), (cx + ax - bx, cy + ay - by),
               (cx - ax - bx, cy - ay - by), (cx - ax + bx, cy - ay + by)]
""",
    javascript="""
// cx, cy, w, h in px of the image; angle in radians, from the x axis towards y (down)
const [ax, ay] = [Math.cos(angle) * w / 2, Math.sin(angle) * w / 2];
const [bx, by] = [-Math.sin(angle) * h / 2, Math.cos(angle) * h / 2];
const corners = [[cx + ax + bx, cy + ay + by], [cx + ax - bx, cy + ay - by],
                 [cx - ax - bx, cy - ay - by], [cx - ax + bx, cy - ay + by]];
""",
    run=("python",),
)
