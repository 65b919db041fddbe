// A phone's program: the bitmap is scaled with a filter and drawn centred on a black one.
const { createCanvas, loadImage } = require("@napi-rs/canvas");
const { forward, run } = require("./command.cjs");

run(async (session, file) => {
  const image = await loadImage(file);
  const scale = Math.min(640 / image.width, 640 / image.height);
  const w = Math.trunc(image.width * scale), h = Math.trunc(image.height * scale);
  const left = Math.trunc((640 - w) / 2), top = Math.trunc((640 - h) / 2);
  const canvas = createCanvas(640, 640);
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, 640, 640);
  context.imageSmoothingQuality = "low";
  context.drawImage(image, left, top, w, h);
  const { data } = context.getImageData(0, 0, 640, 640);
  const input = new Float32Array(3 * 409600);
  for (let i = 0; i < 409600; i++) {
    for (let c = 0; c < 3; c++) input[c * 409600 + i] = data[4 * i + c] / 255;
  }
  const out = await forward(session, input);
  const found = [];
  for (let i = 0; i < 8400; i++) {
    let id = 0;
    for (let c = 1; c < 80; c++) if (out[(4 + c) * 8400 + i] > out[(4 + id) * 8400 + i]) id = c;
    const score = out[(4 + id) * 8400 + i];
    if (score < 0.35) continue;
    const [cx, cy, bw, bh] = [out[i], out[8400 + i], out[16800 + i], out[25200 + i]];
    const [x1, y1, x2, y2] = [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2];
    if (x1 < 0 || y1 < 0 || x2 > 640 || y2 > 640) continue;
    found.push({ x1, y1, x2, y2, score, id });
  }
  found.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const f of found) if (kept.every((k) => iou(k, f) < 0.5)) kept.push(f);
  return kept.map(({ x1, y1, x2, y2, score, id }) => ({
    left: Math.round((x1 - left) / scale), top: Math.round((y1 - top) / scale),
    right: Math.round((x2 - left) / scale), bottom: Math.round((y2 - top) / scale),
    score: Number(score.toFixed(2)), class_id: id,
  }));
});

function iou(a, b) {
  const w = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const h = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  return (w * h) / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - w * h);
}
