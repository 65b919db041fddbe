"use strict";

/** How a kind of object is drawn; the same colours and lines as in the pictures of annotate. */
parity.KIND_STYLES = {
  matched: { colour: "#56b4e9", dash: "", letter: "" },
  missing: { colour: "#d55e00", dash: "9 6", letter: "M" },
  extra: { colour: "#f0e442", dash: "3 4", letter: "E" },
  flipped: { colour: "#cc79a7", dash: "15 5", letter: "F" },
};

parity.ARM_STYLES = ["#56b4e9", "#e69f00", "#2fc79a", "#f0e442", "#ff8a5b", "#e7a3c9", "#a9d1ff"].map(
  (colour, i) => ({ colour, dash: ["", "9 5", "3 4", "15 5"][i % 4], letter: "" }),
);

/** A small line that shows a style on a dark ground. */
parity.swatch = ({ colour, dash }) => {
  const line = { x1: 3, x2: 31, y1: 7, y2: 7, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash || null };
  return parity.makeSvg("svg", { class: "swatch", "aria-hidden": "true" }, parity.makeSvg("line", line));
};

/** The fate of every detection of both arms of a comparison, one object per pair or loner. */
parity.objectsOf = (model, comparison, details) => {
  const found = details.comparisons[comparison.name];
  const [ours, theirs] = [details.arms[comparison.reference], details.arms[comparison.candidate]];
  const pair = (kind) => ([i, j, iou, px, measures]) => (
    { kind, reference: ours[i], candidate: theirs[j], iou, px, measures }
  );
  return [
    ...found.missing.map((i) => ({ kind: "missing", reference: ours[i], candidate: null })),
    ...found.extra.map((j) => ({ kind: "extra", reference: null, candidate: theirs[j] })),
    ...found.flipped.map(pair("flipped")),
    ...found.matched.map(pair("matched")).sort((a, b) => (b.px > a.px ? 1 : -1)),
  ];
};

parity.boxInWords = (detection) => {
  const [x1, y1, x2, y2] = detection.slice(0, 4).map((side) => side.toFixed(1));
  return `(${x1}, ${y1}) to (${x2}, ${y2})`;
};

/** A score is null where somebody's boxes state none. */
parity.scoreInWords = (detection) => (detection[4] === null ? "no score" : `${(100 * detection[4]).toFixed(1)} %`);

/** What was measured of a pair beside its boxes and scores, in words. */
parity.MEASURES = {
  mask: (value) => `masks ${value} (1 − IoU)`,
  boundary_px: (value) => `boundaries of the masks up to ${value} px apart`,
  keypoint_px: (value) => `keypoints up to ${value} px apart`,
  visibility: (value) => `visibilities up to ${value} apart`,
  angle: (value) => `angles ${value}° apart`,
};

/** What the tip at an object says. */
parity.objectInWords = (model, object) => {
  const lines = [object.kind === "flipped" ? "class-flipped" : object.kind ?? ""];
  for (const side of ["reference", "candidate"]) {
    const detection = object[side];
    if (!detection) continue;
    const name = parity.className(model, detection[5]);
    lines.push(`${object.sides?.[side] ?? side}: ${name} ${parity.scoreInWords(detection)}`, parity.boxInWords(detection));
  }
  if (object.px !== undefined) {
    const [one, other] = [object.reference[4], object.candidate[4]];
    const score = one === null || other === null ? "not stated" : parity.number(Math.abs(one - other));
    lines.push(`boxes ${parity.number(object.px)} px apart, IoU ${object.iou.toFixed(4)}; scores ${score}`);
    for (const [name, said] of Object.entries(parity.MEASURES)) {
      if (object.measures[name] !== undefined) lines.push(said(parity.number(object.measures[name])));
    }
  }
  return lines.filter(Boolean).join("\n");
};

/** Where only one of two masks is. */
parity.drawApart = (object, layer) => {
  const masks = [object.reference, object.candidate].map((detection) => detection[6]?.mask ?? "");
  return parity.makeSvg("path", { class: "apart", d: masks.join(""), fill: parity.hatching(layer, { colour: "#ffffff" }) });
};

/** The classes of an image with the probability that each arm gives, what differs most first. */
parity.labelsOf = (details, arms, items) => {
  const found = arms.map((arm) => new Map((details.arms[arm] ?? []).map((label) => [label[5], label[4]])));
  const classes = [...new Set(found.flatMap((each) => [...each.keys()]))];
  const of = (label) => {
    const values = found.map((each) => each.get(label) ?? null);
    const shown = values.map((value) => value ?? 0);
    const kind = items.find((each) => [each.reference, each.candidate].some((side) => side?.[5] === label))?.kind;
    return { label, values, kind, apart: Math.max(...shown) - Math.min(...shown), most: Math.max(...shown) };
  };
  return classes.map(of).sort((a, b) => b.apart - a.apart || b.most - a.most);
};

/** A class and its bars, one for each arm that is shown. */
parity.labelBars = (name, { values, kind, apart }, arms, styles) => {
  const { make } = parity;
  const bars = arms.map((arm, i) => {
    const said = values[i] === null ? "below conf" : `${(100 * values[i]).toFixed(2)} %`;
    const bar = make("i");
    Object.assign(bar.style, { width: `${100 * (values[i] ?? 0)}%`, background: styles[i].colour });
    const cells = [["of", arm], ["track", bar], ["said", said]];
    return make("li", {}, ...cells.map(([kind, what]) => make("span", { class: kind }, what)));
  });
  const differs = `${kind && kind !== "matched" ? `${kind === "flipped" ? "class-flipped" : kind}, ` : ""}${parity.number(apart)} apart`;
  return make("section", { class: "label" }, make("h3", {}, name, make("small", {}, differs)), make("ul", {}, ...bars));
};

parity.shortened = (text, length = 28) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** The pattern of what only one arm has, in a colour, as fine as the letters of the layer. */
parity.hatching = (layer, { colour }) => {
  const id = `hatching-${layer.dataset.side}-${colour.slice(1)}`;
  if (!layer.querySelector(`#${id}`)) {
    const line = { x1: 0, y1: 0, x2: 0, y2: "0.7em", stroke: colour, "stroke-width": "0.45em" };
    const turned = { patternUnits: "userSpaceOnUse", width: "0.7em", height: "0.7em", patternTransform: "rotate(45)" };
    layer.prepend(parity.makeSvg("pattern", { id, ...turned }, parity.makeSvg("line", line)));
  }
  return `url(#${id})`;
};

/** Draw the points of a detection and the lines between them; what is hardly visible is hollow. */
parity.drawKeypoints = ({ points = [], limbs = [] }, { colour, dash }) => {
  const { makeSvg } = parity;
  const place = ([x1, y1, x2, y2]) => ({ x1, y1, x2, y2 });
  const lines = limbs.map((limb) => makeSvg("line", { ...place(limb), stroke: colour, "stroke-dasharray": dash || null }));
  const dots = points.filter((point) => point.every(Number.isFinite)).map(([cx, cy, visible = 1]) => {
    const [stroke, fill] = visible < parity.LEAST_VISIBLE ? [colour, "none"] : ["#16181b", colour];
    return makeSvg("circle", { cx, cy, r: "0.3em", stroke, fill });
  });
  return [...lines, ...dots];
};

/** Visibility from which a keypoint is filled, as in the pictures of annotate. */
parity.LEAST_VISIBLE = 0.25;

/** Draw a detection: its mask, a dark rim, its own line, its keypoints, and a label where there is one. */
parity.drawBox = (detection, style, { thick, label, fill }) => {
  const sides = detection.slice(0, 4);
  if (!sides.every(Number.isFinite)) return null;
  const [x1, y1, x2, y2] = sides;
  const place = {
    x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1),
  };
  const width = thick ? 4 : 2;
  const { makeSvg } = parity;
  const text = label ? makeSvg("text", { x: place.x, y: place.y, dx: "0.2em", dy: "1.05em" }, label) : null;
  const outline = detection[6] ?? {};
  const line = {
    stroke: style.colour,
    "stroke-width": width,
    "stroke-opacity": thick ? 0.75 : 1,
    "stroke-dasharray": style.dash || null,
  };
  const [shape, sized] = outline.corners ? ["path", { d: outline.corners }] : ["rect", place];
  const mask = outline.mask ? [
    makeSvg("path", { class: "mask", d: outline.mask, fill: fill || style.colour, "fill-opacity": fill ? 1 : 0.3, stroke: style.colour }),
  ] : [];
  return makeSvg(
    "g",
    { class: "box" },
    ...mask,
    makeSvg(shape, { ...sized, class: "frame halo", "stroke-width": width + 2 }),
    makeSvg(shape, { ...sized, class: "frame", ...line }),
    ...parity.drawKeypoints(outline, style),
    text,
  );
};
