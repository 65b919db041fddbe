// The command line that the JavaScript programs of this folder share: model, folder, output.
const fs = require("node:fs");
const path = require("node:path");
const ort = require("onnxruntime-node");
const sharp = require("sharp");

/** Return the pixels of an image, turned as EXIF says: {data, width, height}, three bytes each. */
exports.readPixels = async (file) => {
  const { data, info } = await sharp(file).rotate().toColourspace("srgb").removeAlpha()
    .raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
};

/** Return what a session makes of an input of 1 x 3 x 640 x 640: 84 rows of 8400 numbers. */
exports.forward = async (session, input) => {
  const tensor = new ort.Tensor("float32", input, [1, 3, 640, 640]);
  return (await session.run({ [session.inputNames[0]]: tensor }))[session.outputNames[0]].data;
};

/** Detect in all images of a folder and write the boxes. */
exports.run = async (detect) => {
  const [model, folder, output] = process.argv.slice(2);
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
  const images = fs.readdirSync(folder).sort();
  const detections = [];
  for (const image of images) {
    for (const record of await detect(session, path.join(folder, image))) {
      detections.push({ image, ...record });
    }
  }
  fs.writeFileSync(output, JSON.stringify({ images, detections }));
};
