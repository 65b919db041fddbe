// An upload handler: the middle square is taken pixel by pixel; several labels a box.
const sharp = require("sharp");
const { forward, run } = require("./command.cjs");

run(async (session, file) => {
  const { data, info } = await sharp(file).rotate().removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  const side = Math.min(info.width, info.height);
  const left = (info.width - side) >> 1, top = (info.height - side) >> 1;
  const input = new Float32Array(3 * 640 * 640);
  for (let y = 0; y < 640; y++) {
    for (let x = 0; x < 640; x++) {
      const sy = top + Math.floor((y * side) / 640), sx = left + Math.floor((x * side) / 640);
      for (let c = 0; c < 3; c++) {
        input[c * 409600 + y * 640 + x] = data[(sy * info.width + sx) * 3 + c] / 255;
      }
    }
  }
  const out = await forward(session, input);
  const found = [];
  for (let i = 0; i < 8400; i++) {
    for (let c = 0; c < 80; c++) {
      const score = out[(4 + c) * 8400 + i];
      if (score < 0.35) continue;
      const [cx, cy, w, h] = [out[i], out[8400 + i], out[16800 + i], out[25200 + i]];
      found.push({ box: [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], score, class_id: c });
    }
  }
  found.sort((a, b) => b.score - a.score);
  const kept = [];
  for (const one of found) {
    if (kept.every((k) => k.class_id !== one.class_id || iou(k.box, one.box) <= 0.5)) kept.push(one);
  }
  const scale = side / 640;
  return kept.map(({ box, score, class_id }) => ({
    xyxy: box.map((v, i) => Number((v * scale + (i % 2 ? top : left)).toFixed(2))),
    score: Number(score.toFixed(4)),
    class_id,
  }));
});

function iou(a, b) {
  const w = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(w, 0) * Math.max(h, 0);
  return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
}
