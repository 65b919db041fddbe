// A page that halves a photograph on a canvas before it letterboxes it, to make it look smoother.
const { createCanvas, loadImage } = require("@napi-rs/canvas");
const { forward, run } = require("./command.cjs");

run(async (session, file) => {
  const image = await loadImage(file);
  const small = createCanvas(image.width >> 1, image.height >> 1);
  small.getContext("2d").drawImage(image, 0, 0, small.width, small.height);
  const r = Math.min(640 / image.width, 640 / image.height);
  const w = Math.round(image.width * r), h = Math.round(image.height * r);
  const canvas = createCanvas(640, 640);
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, 640, 640);
  context.drawImage(small, 0, 0, w, h);
  const { data } = context.getImageData(0, 0, 640, 640);
  const input = new Float32Array(3 * 409600);
  for (let i = 0; i < 409600; i++) {
    for (let c = 0; c < 3; c++) input[c * 409600 + i] = data[4 * i + c] / 255;
  }
  const out = await forward(session, input);
  const boxes = [];
  for (let i = 0; i < 8400; i++) {
    let best = 0, label = -1;
    for (let c = 0; c < 80; c++) {
      if (out[(4 + c) * 8400 + i] > best) [best, label] = [out[(4 + c) * 8400 + i], c];
    }
    if (best > 0.3) {
      const [x, y, bw, bh] = [0, 1, 2, 3].map((k) => out[k * 8400 + i]);
      boxes.push([x - bw / 2, y - bh / 2, bw, bh, best, label]);
    }
  }
  boxes.sort((a, b) => b[4] - a[4]);
  const kept = [];
  for (const a of boxes) {
    const clear = kept.every((b) => {
      const iw = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
      const ih = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
      const shared = Math.max(iw, 0) * Math.max(ih, 0);
      return shared / (a[2] * a[3] + b[2] * b[3] - shared) < 0.45;
    });
    if (clear) kept.push(a);
  }
  return kept.map(([x, y, bw, bh, score, class_id]) => ({
    xywh: [x, y, bw, bh].map((v) => Math.round(v / r)),
    score: Number(score.toFixed(2)),
    class_id,
  }));
});
