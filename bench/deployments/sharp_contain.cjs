// A Node server: sharp's fit "contain" on black, EXIF as stored, whole numbers.
const sharp = require("sharp");
const { forward, run } = require("./command.cjs");

run(async (session, file) => {
  const { width, height } = await sharp(file).metadata();
  const buffer = await sharp(file).toColourspace("srgb").removeAlpha()
    .resize(640, 640, { fit: "contain", background: { r: 0, g: 0, b: 0 } }).raw().toBuffer();
  const input = new Float32Array(3 * 640 * 640);
  for (let i = 0; i < 640 * 640; i++) {
    for (let c = 0; c < 3; c++) input[c * 640 * 640 + i] = buffer[3 * i + c] / 255;
  }
  const out = await forward(session, input);
  const scale = Math.min(640 / width, 640 / height);
  const padX = (640 - width * scale) / 2, padY = (640 - height * scale) / 2;
  const perClass = new Map();
  for (let i = 0; i < 8400; i++) {
    for (let c = 0, best = -1, top = 0.3; c <= 80; c++) {
      if (c === 80) {
        if (best < 0) break;
        const [cx, cy, w, h] = [0, 1, 2, 3].map((k) => out[k * 8400 + i]);
        const box = { x1: cx - w / 2, y1: cy - h / 2, x2: cx + w / 2, y2: cy + h / 2, score: top };
        perClass.set(best, [...(perClass.get(best) ?? []), box]);
      } else if (out[(4 + c) * 8400 + i] > top) {
        best = c;
        top = out[(4 + c) * 8400 + i];
      }
    }
  }
  const found = [];
  for (const [class_id, boxes] of perClass) {
    const kept = [];
    for (const box of boxes.sort((a, b) => b.score - a.score)) {
      if (kept.every((k) => overlap(k, box) <= 0.45)) kept.push(box);
    }
    for (const { x1, y1, x2, y2, score } of kept) {
      found.push({
        x1: Math.round(Math.max(0, (x1 - padX) / scale)),
        y1: Math.round(Math.max(0, (y1 - padY) / scale)),
        x2: Math.round(Math.min(width, (x2 - padX) / scale)),
        y2: Math.round(Math.min(height, (y2 - padY) / scale)),
        score: +score.toFixed(3),
        class_id,
      });
    }
  }
  return found;
});

function overlap(a, b) {
  const w = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const h = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (w <= 0 || h <= 0) return 0;
  const areas = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1);
  return (w * h) / (areas - w * h);
}
