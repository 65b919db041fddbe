// A page that detects with onnxruntime-web and draws on a canvas of 640 x 640.
const { forward, readPixels, run } = require("./command.cjs");

const SIZE = 640;

run(async (session, file) => {
  const { data, width, height } = await readPixels(file);
  const side = Math.max(width, height);
  const input = new Float32Array(3 * SIZE * SIZE);
  const at = (x, y, c) => (x < width && y < height ? data[(y * width + x) * 3 + c] : 0);
  const clamp = (v) => Math.min(Math.max(v, 0), side - 1);
  for (let y = 0; y < SIZE; y++) {
    const sy = clamp(((y + 0.5) * side) / SIZE - 0.5);
    const y0 = Math.floor(sy), y1 = Math.min(y0 + 1, side - 1), fy = sy - y0;
    for (let x = 0; x < SIZE; x++) {
      const sx = clamp(((x + 0.5) * side) / SIZE - 0.5);
      const x0 = Math.floor(sx), x1 = Math.min(x0 + 1, side - 1), fx = sx - x0;
      for (let c = 0; c < 3; c++) {
        const upper = at(x0, y0, c) * (1 - fx) + at(x1, y0, c) * fx;
        const lower = at(x0, y1, c) * (1 - fx) + at(x1, y1, c) * fx;
        input[c * SIZE * SIZE + y * SIZE + x] = Math.round(upper * (1 - fy) + lower * fy) / 255;
      }
    }
  }
  const out = await forward(session, input);
  const n = out.length / 84;
  let boxes = [];
  for (let i = 0; i < n; i++) {
    let label = 0;
    for (let c = 1; c < 80; c++) if (out[(4 + c) * n + i] > out[(4 + label) * n + i]) label = c;
    const probability = out[(4 + label) * n + i];
    if (probability <= 0.25) continue;
    const [cx, cy, w, h] = [0, 1, 2, 3].map((k) => out[k * n + i]);
    boxes.push({ label, probability, bbox: [cx - w / 2, cy - h / 2, w, h] });
  }
  boxes.sort((a, b) => b.probability - a.probability);
  const selected = [];
  for (const box of boxes) {
    if (selected.length < 100 && selected.every((s) => iou(s.bbox, box.bbox) <= 0.45)) {
      selected.push(box);
    }
  }
  const xRatio = side / width, yRatio = side / height;
  return selected.map(({ label, probability, bbox: [x, y, w, h] }) => ({
    class_id: label,
    probability,
    xywh: [x * xRatio, y * yRatio, w * xRatio, h * yRatio],
  }));
});

function iou(a, b) {
  const w = Math.max(0, Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]));
  const h = Math.max(0, Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]));
  return (w * h) / (a[2] * a[3] + b[2] * b[3] - w * h);
}
