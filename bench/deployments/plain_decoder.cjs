// A script without native code: jpeg-js decodes, pixels are picked one by one, boxes are cut.
const fs = require("node:fs");
const jpeg = require("jpeg-js");
const { forward, run } = require("./command.cjs");

run(async (session, file) => {
  const { width, height, data } = jpeg.decode(fs.readFileSync(file), { useTArray: true });
  const ratio = Math.min(640 / width, 640 / height);
  const w = Math.round(width * ratio), h = Math.round(height * ratio);
  const input = new Float32Array(3 * 640 * 640).fill(114 / 255);
  for (let y = 0; y < h; y++) {
    const sy = Math.min(Math.floor((y * height) / h), height - 1);
    for (let x = 0; x < w; x++) {
      const sx = Math.min(Math.floor((x * width) / w), width - 1);
      for (let c = 0; c < 3; c++) {
        input[c * 409600 + y * 640 + x] = data[(sy * width + sx) * 4 + c] / 255;
      }
    }
  }
  const out = await forward(session, input);
  let list = [];
  for (let i = 0; i < 8400; i++) {
    let id = 0;
    for (let c = 1; c < 80; c++) if (out[(4 + c) * 8400 + i] > out[(4 + id) * 8400 + i]) id = c;
    const score = out[(4 + id) * 8400 + i];
    if (score <= 0.25) continue;
    const [cx, cy, bw, bh] = [out[i], out[8400 + i], out[16800 + i], out[25200 + i]];
    list.push([cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2, score, id]);
  }
  list.sort((a, b) => b[4] - a[4]);
  const kept = [];
  for (const box of list) {
    const clash = kept.some((k) => {
      if (k[5] !== box[5]) return false;
      const iw = Math.max(0, Math.min(k[2], box[2]) - Math.max(k[0], box[0]));
      const ih = Math.max(0, Math.min(k[3], box[3]) - Math.max(k[1], box[1]));
      const areas = (k[2] - k[0]) * (k[3] - k[1]) + (box[2] - box[0]) * (box[3] - box[1]);
      return iw * ih > 0.5 * (areas - iw * ih);
    });
    if (!clash) kept.push(box);
  }
  return kept.map(([x1, y1, x2, y2, score, class_id]) => ({
    xyxy: [x1, y1, x2, y2].map((v) => Math.trunc(v / ratio)),
    score: Number(score.toFixed(4)),
    class_id,
  }));
});
