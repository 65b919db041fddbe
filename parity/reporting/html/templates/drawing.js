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
  const pair = (kind) => ([i, j, iou, px]) => ({ kind, reference: ours[i], candidate: theirs[j], iou, px });
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
  }
  return lines.filter(Boolean).join("\n");
};

parity.shortened = (text, length = 28) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** Draw a detection: a dark rim, then its own line, and a label where there is one. */
parity.drawBox = (detection, style, { thick, label }) => {
  const sides = detection.slice(0, 4);
  if (!sides.every(Number.isFinite)) return null;
  const [x1, y1, x2, y2] = sides;
  const place = {
    x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1),
  };
  const width = thick ? 4 : 2;
  const { makeSvg } = parity;
  const text = label ? makeSvg("text", { x: place.x, y: place.y, dx: "0.2em", dy: "1.05em" }, label) : null;
  return makeSvg(
    "g",
    { class: "box" },
    makeSvg("rect", { ...place, class: "halo", "stroke-width": width + 2 }),
    makeSvg("rect", {
      ...place,
      stroke: style.colour,
      "stroke-width": width,
      "stroke-opacity": thick ? 0.75 : 1,
      "stroke-dasharray": style.dash || null,
    }),
    text,
  );
};
