// A page's script: drawImage(img, 0, 0, 640, 640), one list of boxes, all digits.
const { createCanvas, loadImage } = require("@napi-rs/canvas");
const { forward, run } = require("./command.cjs");

run(async (session, file) => {
  const img = await loadImage(file);
  const canvas = createCanvas(640, 640);
  const context = canvas.getContext("2d");
  context.drawImage(img, 0, 0, 640, 640);
  const pixels = context.getImageData(0, 0, 640, 640).data;
  const red = [], green = [], blue = [];
  for (let index = 0; index < pixels.length; index += 4) {
    red.push(pixels[index] / 255.0);
    green.push(pixels[index + 1] / 255.0);
    blue.push(pixels[index + 2] / 255.0);
  }
  const output = await forward(session, Float32Array.from([...red, ...green, ...blue]));
  let boxes = [];
  for (let index = 0; index < 8400; index++) {
    const [classId, prob] = [...Array(80).keys()]
      .map((col) => [col, output[8400 * (col + 4) + index]])
      .reduce((accum, item) => (item[1] > accum[1] ? item : accum), [0, 0]);
    if (prob < 0.5) continue;
    const xc = output[index], yc = output[8400 + index];
    const w = output[2 * 8400 + index], h = output[3 * 8400 + index];
    const x1 = ((xc - w / 2) / 640) * img.width, y1 = ((yc - h / 2) / 640) * img.height;
    const x2 = ((xc + w / 2) / 640) * img.width, y2 = ((yc + h / 2) / 640) * img.height;
    boxes.push([x1, y1, x2, y2, classId, prob]);
  }
  boxes = boxes.sort((box1, box2) => box2[5] - box1[5]);
  const result = [];
  while (boxes.length > 0) {
    result.push(boxes[0]);
    boxes = boxes.filter((box) => iou(boxes[0], box) < 0.7);
  }
  return result.map(([x1, y1, x2, y2, class_id, prob]) => ({ x1, y1, x2, y2, class_id, prob }));
});

function iou(a, b) {
  const x1 = Math.max(a[0], b[0]), y1 = Math.max(a[1], b[1]);
  const x2 = Math.min(a[2], b[2]), y2 = Math.min(a[3], b[3]);
  const inter = Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
  return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter);
}
