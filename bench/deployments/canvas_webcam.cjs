// A page that draws the picture onto a square canvas from the corner, and limits the boxes.
const { createCanvas, loadImage } = require("@napi-rs/canvas");
const { forward, run } = require("./command.cjs");

run(async (session, file) => {
  const image = await loadImage(file);
  const side = Math.max(image.width, image.height);
  const canvas = createCanvas(640, 640);
  const context = canvas.getContext("2d");
  context.fillStyle = "black";
  context.fillRect(0, 0, 640, 640);
  context.drawImage(image, 0, 0, (image.width / side) * 640, (image.height / side) * 640);
  const { data } = context.getImageData(0, 0, 640, 640);
  const input = new Float32Array(3 * 409600);
  for (let i = 0; i < 409600; i++) {
    for (let c = 0; c < 3; c++) input[c * 409600 + i] = data[4 * i + c] / 255;
  }
  const out = await forward(session, input);
  const candidates = [];
  for (let i = 0; i < 8400; i++) {
    for (let c = 0; c < 80; c++) {
      const score = out[(4 + c) * 8400 + i];
      if (score > 0.25) candidates.push({ i, c, score });
    }
  }
  candidates.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const { i, c, score } of candidates.slice(0, 100)) {
    const [x, y, w, h] = [out[i], out[8400 + i], out[16800 + i], out[25200 + i]];
    const box = { l: x - w / 2, t: y - h / 2, r: x + w / 2, b: y + h / 2, c, score };
    if (!kept.some((k) => k.c === c && iou(k, box) > 0.5)) kept.push(box);
  }
  const back = side / 640;
  return kept.map(({ l, t, r, b, c, score }) => ({
    left: Math.floor(l * back), top: Math.floor(t * back),
    right: Math.floor(r * back), bottom: Math.floor(b * back),
    score: Number(score.toFixed(4)), class_id: c,
  }));
});

function iou(a, b) {
  const w = Math.max(0, Math.min(a.r, b.r) - Math.max(a.l, b.l));
  const h = Math.max(0, Math.min(a.b, b.b) - Math.max(a.t, b.t));
  return (w * h) / ((a.r - a.l) * (a.b - a.t) + (b.r - b.l) * (b.b - b.t) - w * h);
}
