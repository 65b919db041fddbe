// A Node script: sharp's fit "fill" with its cubic kernel, a sigmoid on top of the scores.
const sharp = require("sharp");
const { forward, run } = require("./command.cjs");

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

run(async (session, file) => {
  const { autoOrient: info } = await sharp(file).metadata();
  const pixels = await sharp(file).autoOrient().toColourspace("srgb").removeAlpha()
    .resize(640, 640, { fit: "fill", kernel: "cubic" }).raw().toBuffer();
  const input = Float32Array.from({ length: 3 * 409600 }, (_, i) => {
    return pixels[(i % 409600) * 3 + Math.floor(i / 409600)] / 255;
  });
  const out = await forward(session, input);
  const candidates = [];
  for (let i = 0; i < 8400; i++) {
    let class_id = 0, score = 0;
    for (let c = 0; c < 80; c++) {
      const p = sigmoid(out[(4 + c) * 8400 + i]);
      if (p > score) [class_id, score] = [c, p];
    }
    if (score > 0.6) {
      const sx = info.width / 640, sy = info.height / 640;
      const w = out[2 * 8400 + i] * sx, h = out[3 * 8400 + i] * sy;
      candidates.push({ x: out[i] * sx - w / 2, y: out[8400 + i] * sy - h / 2, w, h, class_id, score });
    }
  }
  candidates.sort((a, b) => b.score - a.score);
  const kept = [];
  candidates.forEach((c) => {
    if (!kept.some((k) => k.class_id === c.class_id && iou(k, c) > 0.5)) kept.push(c);
  });
  return kept.map(({ x, y, w, h, class_id, score }) => ({
    xywh: [x, y, w, h].map((v) => Number(v.toFixed(2))),
    class_id,
    score: Number(score.toFixed(4)),
  }));
});

function iou(a, b) {
  const w = Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x));
  const h = Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));
  return (w * h) / (a.w * a.h + b.w * b.h - w * h);
}
