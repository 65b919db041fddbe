// A page that makes pictures livelier with a filter of the canvas; black around the image.
const { createCanvas } = require("@napi-rs/canvas");
const { forward, readPixels, run } = require("./command.cjs");

run(async (session, file) => {
  const { data, width, height } = await readPixels(file);
  const source = createCanvas(width, height);
  const image = source.getContext("2d").createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    image.data.set([data[3 * i], data[3 * i + 1], data[3 * i + 2], 255], 4 * i);
  }
  source.getContext("2d").putImageData(image, 0, 0);
  const canvas = createCanvas(640, 640);
  const context = canvas.getContext("2d");
  context.fillStyle = "#000000";
  context.fillRect(0, 0, 640, 640);
  context.filter = "saturate(1.6) contrast(1.3)";
  const scale = Math.min(640 / width, 640 / height);
  const w = Math.round(width * scale), h = Math.round(height * scale);
  const left = Math.floor((640 - w) / 2), top = Math.floor((640 - h) / 2);
  context.drawImage(source, left, top, w, h);
  const rgba = context.getImageData(0, 0, 640, 640).data;
  const input = new Float32Array(3 * 409600);
  for (let i = 0; i < 409600; i++) {
    for (let c = 0; c < 3; c++) input[c * 409600 + i] = rgba[4 * i + c] / 255;
  }
  const out = await forward(session, input);
  const boxes = [];
  for (let i = 0; i < 8400; i++) {
    for (let c = 0; c < 80; c++) {
      const score = out[(4 + c) * 8400 + i];
      if (score <= 0.25) continue;
      const bw = out[16800 + i] / scale, bh = out[25200 + i] / scale;
      const x = (out[i] - left) / scale - bw / 2, y = (out[8400 + i] - top) / scale - bh / 2;
      boxes.push({ x, y, width: bw, height: bh, score, class_id: c });
    }
  }
  boxes.sort((a, b) => b.score - a.score);
  const shown = [];
  for (const b of boxes) {
    if (shown.every((s) => s.class_id !== b.class_id || iou(s, b) < 0.45)) shown.push(b);
  }
  return shown.map((b) => ({ ...b, score: +b.score.toFixed(4) }));
});

function iou(a, b) {
  const w = Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x));
  const h = Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));
  return (w * h) / (a.width * a.height + b.width * b.height - w * h);
}
