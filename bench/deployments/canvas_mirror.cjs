// A page with a webcam: the canvas is mirrored by scale(-1, 1), and boxes are counted from its right.
const { createCanvas, loadImage } = require("@napi-rs/canvas");
const { forward, run } = require("./command.cjs");

run(async (session, file) => {
  const video = await loadImage(file);
  const canvas = createCanvas(640, 640);
  const context = canvas.getContext("2d");
  context.translate(640, 0);
  context.scale(-1, 1);
  context.drawImage(video, 0, 0, 640, 640);
  const { data } = context.getImageData(0, 0, 640, 640);
  const input = new Float32Array(3 * 640 * 640);
  for (let i = 0; i < 640 * 640; i++)
    for (let c = 0; c < 3; c++) input[c * 640 * 640 + i] = data[4 * i + c] / 255;
  const out = await forward(session, input);
  const all = [];
  for (let i = 0; i < 8400; i++) {
    let best = 0;
    for (let c = 1; c < 80; c++) if (out[(4 + c) * 8400 + i] > out[(4 + best) * 8400 + i]) best = c;
    const score = out[(4 + best) * 8400 + i];
    if (score < 0.3) continue;
    const [cx, cy, w, h] = [0, 1, 2, 3].map((k) => out[k * 8400 + i]);
    const [sx, sy] = [video.width / 640, video.height / 640];
    all.push({
      x1: (640 - cx - w / 2) * sx, y1: (cy - h / 2) * sy,
      x2: (640 - cx + w / 2) * sx, y2: (cy + h / 2) * sy,
      score, class_id: best,
    });
  }
  all.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const box of all)
    if (kept.every((k) => k.class_id !== box.class_id || iou(k, box) <= 0.5)) kept.push(box);
  return kept;
});

function iou(a, b) {
  const w = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const h = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const area = (r) => (r.x2 - r.x1) * (r.y2 - r.y1);
  return (w * h) / (area(a) + area(b) - w * h);
}
