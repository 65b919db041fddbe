"use strict";

/** What the scripts of the page share; details_*.js call parity.receive. */
const parity = { models: new Map(), waiting: new Map() };

/** Make an element; text is only ever text, never markup. */
parity.make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  return parity.fill(element, attributes, children);
};

parity.makeSvg = (name, attributes = {}, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  return parity.fill(element, attributes, children);
};

parity.fill = (element, attributes, children) => {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
};

/** A measured number with three digits, as the report writes it; null is not finite. */
parity.number = (value) => {
  if (value === null || !Number.isFinite(value)) return "not finite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4) return value.toExponential(2).replace(/\.?0+e/, "e");
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
};

parity.count = (many, noun) => `${many.toLocaleString("en")} ${noun}${many === 1 ? "" : "s"}`;

/** Read what the page knows of a model into an object that the browser works on. */
parity.readModel = (element) => {
  const data = JSON.parse(element.textContent);
  const fields = ["name", "photo", "size", "verdict", "classes", "measured"];
  data.images = data.rows.map((row, index) => {
    const image = Object.fromEntries(fields.map((field, i) => [field, row[i]]));
    image.measured = image.measured.map((row) => row && row.flat());
    return Object.assign(image, { index });
  });
  data.scripts = new Map();
  parity.models.set(data.model, data);
  return data;
};

parity.address = (model, file) => `${model.files}/${encodeURIComponent(file)}`;

parity.className = (model, id) => model.names[id] ?? `class ${id}`;

/** Promise the detections of an image; the script that holds them is loaded once. */
parity.details = (model, image) => {
  const number = Math.floor(image.index / model.images_per_script);
  if (!model.scripts.has(number)) {
    const file = `details_${String(number).padStart(4, "0")}.js`;
    model.scripts.set(number, new Promise((resolve, reject) => {
      parity.waiting.set(`${model.model} ${number}`, resolve);
      const fail = () => {
        model.scripts.delete(number);
        reject(new Error(`The folder ${model.files} is not next to this page, so there is nothing to draw.`));
      };
      document.head.append(parity.make("script", { src: parity.address(model, file), onerror: fail }));
    }));
  }
  return model.scripts.get(number).then((few) => few[image.index % model.images_per_script]);
};

parity.receive = (model, number, images) => parity.waiting.get(`${model} ${number}`)?.(images);

/** The places of [matched, missing, extra, flipped, passed, kinds, and each quantity] in a row. */
parity.MATCHED = 0;
parity.MISSING = 1;
parity.EXTRA = 2;
parity.FLIPPED = 3;
parity.PASSED = 4;
parity.KINDS = 5;
parity.QUANTITIES = 6;
