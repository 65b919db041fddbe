// A component that draws boxes over a photograph: places are per cent of it, as in style sheets.
const { createCanvas, loadImage } = require("@napi-rs/canvas");
const { forward, run } = require("./command.cjs");

const percent = (value) => Number((100 * value).toFixed(2));

run(async (session, file) => {
  const photo = await loadImage(file);
  const canvas = createCanvas(640, 640);
  const context = canvas.getContext("2d");
  const scale = Math.min(640 / photo.width, 640 / photo.height);
  const [w, h] = [Math.round(photo.width * scale), Math.round(photo.height * scale)];
  context.fillStyle = "#727272";
  context.fillRect(0, 0, 640, 640);
  context.drawImage(photo, 0, 0, w, h);
  const { data } = context.getImageData(0, 0, 640, 640);
  const input = new Float32Array(3 * 640 * 640);
  for (let i = 0, j = 0; j < data.length; i++, j += 4) {
    input[i] = data[j] / 255;
    input[409600 + i] = data[j + 1] / 255;
    input[819200 + i] = data[j + 2] / 255;
  }
  const out = await forward(session, input);
  const candidates = [];
  for (let i = 0; i < 8400; i++) {
    let c = 0;
    for (let k = 1; k < 80; k++) if (out[(4 + k) * 8400 + i] > out[(4 + c) * 8400 + i]) c = k;
    const score = out[(4 + c) * 8400 + i];
    if (score <= 0.35) continue;
    const [x, y, bw, bh] = [out[i], out[8400 + i], out[16800 + i], out[25200 + i]];
    candidates.push({ x, y, w: bw, h: bh, score, c });
  }
  candidates.sort((a, b) => b.score - a.score);
  const shown = candidates.filter((b, i) => {
    b.gone = candidates.slice(0, i).some((a) => !a.gone && a.c === b.c && iou(a, b) > 0.45);
    return !b.gone;
  });
  return shown.map((b) => ({
    left: percent((b.x - b.w / 2) / w),
    top: percent((b.y - b.h / 2) / h),
    width: percent(b.w / w),
    height: percent(b.h / h),
    score: Number(b.score.toFixed(3)),
    class_id: b.c,
  }));
});

function iou(a, b) {
  const side = (x, w) => Math.max(
    0, Math.min(a[x] + a[w] / 2, b[x] + b[w] / 2) - Math.max(a[x] - a[w] / 2, b[x] - b[w] / 2),
  );
  const shared = side("x", "w") * side("y", "h");
  return shared / (a.w * a.h + b.w * b.h - shared);
}
