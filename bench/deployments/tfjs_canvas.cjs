// A page with TensorFlow.js: padded below or right, resized without centres, drawn on a canvas.
const { forward, readPixels, run } = require("./command.cjs");

run(async (session, file) => {
  const { data, width, height } = await readPixels(file);
  const side = Math.max(width, height);
  const level = (x, y, c) => (x < width && y < height ? data[(y * width + x) * 3 + c] : 0);
  const input = new Float32Array(3 * 409600);
  const step = side / 640;
  for (let y = 0; y < 640; y++) {
    const v = y * step, top = Math.floor(v), bottom = Math.min(top + 1, side - 1), dv = v - top;
    for (let x = 0; x < 640; x++) {
      const u = x * step, left = Math.floor(u), right = Math.min(left + 1, side - 1), du = u - left;
      for (let c = 0; c < 3; c++) {
        const above = level(left, top, c) * (1 - du) + level(right, top, c) * du;
        const below = level(left, bottom, c) * (1 - du) + level(right, bottom, c) * du;
        input[c * 409600 + y * 640 + x] = (above * (1 - dv) + below * dv) / 255;
      }
    }
  }
  const out = await forward(session, input);
  const boxes = [];
  for (let i = 0; i < 8400; i++) {
    let best = 0;
    for (let c = 1; c < 80; c++) if (out[(4 + c) * 8400 + i] > out[(4 + best) * 8400 + i]) best = c;
    const score = out[(4 + best) * 8400 + i];
    if (score <= 0.2) continue;
    const [cx, cy, w, h] = [out[i], out[8400 + i], out[16800 + i], out[25200 + i]];
    boxes.push({ y1: cy - h / 2, x1: cx - w / 2, y2: cy + h / 2, x2: cx + w / 2, score, best });
  }
  boxes.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const box of boxes) if (kept.every((k) => iou(k, box) <= 0.45)) kept.push(box);
  const [ratioX, ratioY] = [side / width, side / height];
  return kept.map(({ x1, y1, x2, y2, score, best }) => ({
    xyxy: [x1 * ratioX, y1 * ratioY, x2 * ratioX, y2 * ratioY].map((v) => Number(v.toFixed(2))),
    score: Number((100 * score).toFixed(1)) / 100,
    class_id: best,
  }));
});

function iou(a, b) {
  const w = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const h = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  return (w * h) / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - w * h);
}
