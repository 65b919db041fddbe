// A right program: bilinear in the fixed-point arithmetic of OpenCV, three decimals.
const { forward, readPixels, run } = require("./command.cjs");

/** Return the source pixels and the weights, of 2048 in all, of each pixel along one side. */
function taps(from, to) {
  return Array.from({ length: to }, (_, i) => {
    const s = Math.fround((i + 0.5) * (1 / (to / from)) - 0.5);
    let first = Math.floor(s), share = Math.fround(s - first);
    if (first < 0) [first, share] = [0, 0];
    if (first >= from - 1) [first, share] = [from - 1, 0];
    return [first, Math.min(first + 1, from - 1), roundEven(Math.fround(1 - share) * 2048), roundEven(share * 2048)];
  });
}

function roundEven(v) {
  const f = Math.floor(v), d = v - f;
  return d > 0.5 || (d === 0.5 && f % 2) ? f + 1 : f;
}

run(async (session, file) => {
  const { data, width, height } = await readPixels(file);
  const r = Math.min(640 / height, 640 / width);
  const w = roundEven(width * r), h = roundEven(height * r);
  const left = Math.round((640 - w) / 2 - 0.1), top = Math.round((640 - h) / 2 - 0.1);
  const input = new Float32Array(3 * 409600).fill(114 / 255);
  const columns = taps(width, w), lines = taps(height, h);
  for (let y = 0; y < h; y++) {
    const [y0, y1, b0, b1] = lines[y];
    for (let x = 0; x < w; x++) {
      const [x0, x1, a0, a1] = columns[x];
      for (let c = 0; c < 3; c++) {
        const at = (i, j) => data[(j * width + i) * 3 + c];
        const upper = at(x0, y0) * a0 + at(x1, y0) * a1, lower = at(x0, y1) * a0 + at(x1, y1) * a1;
        const sum = ((b0 * (upper >> 4)) >> 16) + ((b1 * (lower >> 4)) >> 16);
        input[c * 409600 + (top + y) * 640 + left + x] = ((sum + 2) >> 2) / 255;
      }
    }
  }
  const out = await forward(session, input);
  const found = [];
  for (let i = 0; i < 8400; i++) {
    let class_id = 0;
    for (let c = 1; c < 80; c++) {
      if (out[(4 + c) * 8400 + i] > out[(4 + class_id) * 8400 + i]) class_id = c;
    }
    const score = out[(4 + class_id) * 8400 + i];
    if (score <= 0.3) continue;
    const [cx, cy, bw, bh] = [out[i], out[8400 + i], out[16800 + i], out[25200 + i]];
    found.push({ box: [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2], score, class_id });
  }
  found.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const f of found) {
    if (kept.every((k) => k.class_id !== f.class_id || iou(k.box, f.box) <= 0.5)) kept.push(f);
  }
  return kept.map(({ box: [x1, y1, x2, y2], score, class_id }) => ({
    x1: Number(Math.min(Math.max(((x1 - left) * width) / w, 0), width).toFixed(3)),
    y1: Number(Math.min(Math.max(((y1 - top) * height) / h, 0), height).toFixed(3)),
    x2: Number(Math.min(Math.max(((x2 - left) * width) / w, 0), width).toFixed(3)),
    y2: Number(Math.min(Math.max(((y2 - top) * height) / h, 0), height).toFixed(3)),
    score: Number(score.toFixed(5)),
    class_id,
  }));
});

function iou(a, b) {
  const w = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const h = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  return (w * h) / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h);
}
