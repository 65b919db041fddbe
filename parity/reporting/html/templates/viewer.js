"use strict";

/** One image at a time: its arms as overlays, zoom, and a slider between two arms. */
parity.Viewer = class {
  static EVERY = "every arm";
  static MOST_ZOOM = 16;
  static LABELS_UP_TO = 25;

  constructor(dialog) {
    this.dialog = dialog;
    const parts = ["title", "place", "previous", "next", "close", "comparison", "arms", "kinds", "note", "objects"];
    for (const part of parts) this[part] = dialog.querySelector(`#viewer-${part}`);
    for (const id of ["stage", "canvas", "tip", "slide", "divider", "labels"]) this[id] = dialog.querySelector(`#${id}`);
    this.level = dialog.querySelector("#zoom-level");
    this.hidden = new Set();
    this.zoom = 1;
    this.listen();
  }

  listen() {
    const on = (id, action) => this.dialog.querySelector(id).addEventListener("click", action);
    on("#zoom-in", () => this.zoomTo(this.zoom * 1.5));
    on("#zoom-out", () => this.zoomTo(this.zoom / 1.5));
    on("#zoom-fit", () => this.zoomTo(1));
    this.previous.addEventListener("click", () => this.step(-1));
    this.next.addEventListener("click", () => this.step(1));
    this.close.addEventListener("click", () => this.dialog.close());
    this.comparison.addEventListener("change", () => this.showComparison());
    this.labels.addEventListener("change", () => this.draw());
    this.slide.addEventListener("change", () => this.draw());
    this.divider.addEventListener("input", () => this.placeDivider());
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("close", () => { this.canvas.replaceChildren(); });
    this.stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomTo(this.zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2), event);
    }, { passive: false });
    this.stage.addEventListener("pointerdown", (event) => this.grab(event));
    new ResizeObserver(() => this.fit()).observe(this.stage);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const actions = {
      "+": () => this.zoomTo(this.zoom * 1.5),
      "=": () => this.zoomTo(this.zoom * 1.5),
      "-": () => this.zoomTo(this.zoom / 1.5),
      0: () => this.zoomTo(1),
      n: () => this.step(1),
      p: () => this.step(-1),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  }

  /** Move the picture under a mouse; fingers scroll it anyway. */
  grab(start) {
    if (start.pointerType !== "mouse" || start.button !== 0) return;
    const from = { left: this.stage.scrollLeft, top: this.stage.scrollTop };
    const move = (event) => {
      this.stage.scrollLeft = from.left - (event.clientX - start.clientX);
      this.stage.scrollTop = from.top - (event.clientY - start.clientY);
    };
    const stop = () => removeEventListener("pointermove", move);
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop, { once: true });
  }

  show(table, position) {
    this.table = table;
    this.position = position;
    this.model = table.model;
    this.image = table.list[position];
    this.title.textContent = this.image.name;
    this.place.textContent = `${(position + 1).toLocaleString("en")} of ${table.list.length.toLocaleString("en")}`;
    this.previous.disabled = position === 0;
    this.next.disabled = position === table.list.length - 1;
    this.details = null;
    this.zoom = 1;
    this.note.textContent = "Loading …";
    this.clear();
    if (!this.dialog.open) this.dialog.showModal();
    this.showPhoto();
    const image = this.image;
    parity.details(this.model, image).then(
      (details) => { if (image === this.image) this.receive(details); },
      (error) => { if (image === this.image) this.note.textContent = error.message; },
    );
  }

  step(by) {
    const position = this.position + by;
    if (this.table.list[position]) this.show(this.table, position);
  }

  clear() {
    for (const part of [this.canvas, this.objects]) part.replaceChildren();
    for (const group of [this.arms, this.kinds]) group.replaceChildren(group.firstElementChild);
    this.tip.hidden = true;
  }

  showPhoto() {
    const { make } = parity;
    const fail = (text) => make("p", { class: "missing-photo" }, text);
    if (!this.image.photo) {
      this.canvas.append(fail("There is no picture of this image."));
      return this.fit();
    }
    const src = parity.address(this.model, `photo_${this.image.photo}`);
    const photo = make("img", { src, alt: `The image ${this.image.name}`, draggable: "false" });
    photo.addEventListener("error", () => {
      photo.replaceWith(fail("The picture is not next to this page; the boxes are drawn without it."));
    });
    this.canvas.append(photo);
    return this.fit();
  }

  receive(details) {
    this.details = details;
    const kept = this.comparison.value;
    const names = [...Object.keys(details.comparisons), parity.Viewer.EVERY];
    const said = (name) => {
      const place = this.model.comparisons.findIndex((each) => each.name === name);
      return this.image.measured[place]?.[parity.PASSED] === 0 ? `${name}, differs` : name;
    };
    this.comparison.replaceChildren(...names.map((name) => parity.make("option", { value: name }, said(name))));
    const filtered = this.model.comparisons[Number(this.table.comparison.value || NaN)]?.name;
    this.comparison.value = filtered ?? (names.includes(kept) ? kept : this.mostTelling() ?? names[0]);
    this.showComparison();
  }

  /** The comparison to begin with: the one that the table's numbers of this image come from. */
  mostTelling() {
    const ranked = this.model.comparisons.map((each, i) => {
      const row = this.image.measured[i];
      const counts = row ? row[parity.MISSING] + row[parity.EXTRA] + 2 * row[parity.FLIPPED] : -1;
      return { name: each.name, rank: [counts, row?.[parity.PASSED] === 0 ? 1 : 0, each.gated ? 1 : 0] };
    });
    const above = (a, b) => b.rank.map((value, i) => value - a.rank[i]).find((apart) => apart !== 0) ?? 0;
    return ranked.sort(above)[0]?.name;
  }

  /** Rebuild the controls and the list of objects for what is compared now. */
  showComparison() {
    const name = this.comparison.value;
    this.current = this.model.comparisons.find((each) => each.name === name) ?? null;
    const reasons = Object.entries(this.details.reasons).map(([arm, why]) => `${arm} could not read it: ${why}`);
    this.note.textContent = reasons.join("\n");
    this.items = this.current ? this.ofComparison() : this.ofArms();
    this.kinds.hidden = !this.current;
    this.slide.disabled = !this.current;
    for (const control of [this.slide, this.divider, this.labels]) control.closest("label").hidden = this.classifies;
    this.kinds.firstElementChild.textContent = this.classifies ? "Labels" : "Objects";
    const arms = this.current ? [this.current.reference, this.current.candidate] : this.model.arms;
    const roles = this.current ? ["reference", "candidate"] : [];
    this.switches(this.arms, arms.map((arm, i) => {
      const style = this.current ? null : parity.ARM_STYLES[i % parity.ARM_STYLES.length];
      return { key: `arm ${arm}`, text: [roles[i], arm].filter(Boolean).join(" "), style };
    }));
    if (this.current) {
      this.switches(this.kinds, Object.entries(parity.KIND_STYLES).map(([kind, style]) => {
        const many = this.items.filter((object) => object.kind === kind).length;
        const said = kind === "flipped" ? "class-flipped" : kind;
        return { key: `kind ${kind}`, text: `${said}: ${many}`, style };
      }));
    }
    if (!this.classifies) this.list();
    this.draw();
  }

  ofComparison() {
    const sides = { reference: this.current.reference, candidate: this.current.candidate };
    const objects = parity.objectsOf(this.model, this.current, this.details);
    return objects.map((object) => ({ ...object, sides }));
  }

  ofArms() {
    return this.model.arms.flatMap((arm) => (this.details.arms[arm] ?? []).map(
      (detection) => ({ arm, reference: detection, candidate: null, sides: { reference: arm } }),
    ));
  }

  switches(group, entries) {
    const boxes = entries.map(({ key, text, style }) => {
      const toggle = (event) => {
        if (event.target.checked) this.hidden.delete(key); else this.hidden.add(key);
        this.draw();
      };
      const box = parity.make("input", { type: "checkbox", checked: !this.hidden.has(key), onchange: toggle });
      return parity.make("label", { class: "check" }, box, style ? parity.swatch(style) : null, text);
    });
    group.replaceChildren(group.firstElementChild, ...boxes);
  }

  get classifies() { return this.model.task === "classify"; }

  /** The classes of the image with a bar for each arm, those first that differ most. */
  listLabels() {
    const arms = this.current ? [this.current.reference, this.current.candidate] : this.model.arms;
    const styles = arms.map((arm, i) => parity.ARM_STYLES[i % parity.ARM_STYLES.length]);
    const shown = arms.map((arm) => !this.hidden.has(`arm ${arm}`));
    const only = (values) => values.filter((_, i) => shown[i]);
    const labels = parity.labelsOf(this.details, arms, this.items).filter(
      ({ kind, values }) => !this.hidden.has(`kind ${kind}`) && only(values).some((value) => value !== null),
    );
    const bars = labels.map((label) => {
      const name = parity.className(this.model, label.label);
      return parity.labelBars(name, { ...label, values: only(label.values) }, only(arms), only(styles));
    });
    const nothing = parity.make("p", {}, "No label exceeds the confidence threshold.");
    this.objects.replaceChildren(...(bars.length ? bars : [nothing]));
  }

  /** What was measured of an object beside its score, by quantity of the task. */
  measuresOf(object) {
    const own = this.model.quantities.filter(({ name }) => name !== "score");
    return own.map(({ name, title }) => ({ title, value: name === "box_px" ? object.px : object.measures?.[name] }));
  }

  /** The objects as a table; a focused or pointed row lights its boxes up. */
  list() {
    const { make } = parity;
    const rows = this.items.map((object) => {
      const first = object.reference ?? object.candidate;
      const names = [object.reference, object.candidate].filter(Boolean).map((d) => parity.className(this.model, d[5]));
      const text = object.kind === "flipped" ? names.join(" → ") : names[0];
      const scores = [object.reference, object.candidate].filter(Boolean).map(parity.scoreInWords);
      const button = make("button", { type: "button", onclick: () => this.lookAt(first) }, text);
      const kind = object.kind === "flipped" ? "class-flipped" : object.kind ?? object.arm;
      const measured = this.measuresOf(object).map(({ value }) => (value === undefined ? "–" : parity.number(value)));
      const change = [...new Set(scores)].map((score) => score.replaceAll(" ", "\u00a0")).join(" →\u00a0");
      const cells = [kind, change, ...measured];
      const row = make("tr", {}, make("th", { scope: "row" }, button), ...cells.map((cell) => make("td", {}, cell)));
      for (const type of ["focusin", "pointerenter"]) row.addEventListener(type, () => this.light(object));
      for (const type of ["focusout", "pointerleave"]) row.addEventListener(type, () => this.light(null));
      object.row = row;
      return row;
    });
    const titles = ["Object", this.current ? "Kind" : "Arm", "Score", ...this.measuresOf({}).map(({ title }) => title)];
    const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
    const nothing = make("p", {}, "Nothing was detected.");
    const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
    this.objects.replaceChildren(rows.length ? table : nothing);
  }

  draw() {
    for (const old of this.canvas.querySelectorAll("svg, .line, .side")) old.remove();
    if (!this.details) return;
    const sliding = this.slide.checked && this.current !== null && !this.classifies;
    this.divider.disabled = !sliding;
    const labelled = this.labels.checked && this.items.length <= parity.Viewer.LABELS_UP_TO * (this.current ? 1 : 2);
    const [width, height] = this.image.size;
    this.layers = { reference: this.layer("reference", width, height), candidate: this.layer("candidate", width, height) };
    if (this.classifies) this.listLabels();
    else for (const object of [...this.items].reverse()) this.drawObject(object, labelled, sliding);
    this.canvas.append(this.layers.reference, this.layers.candidate);
    if (sliding) {
      const side = (where, role) => parity.make("p", { class: `side ${where}` }, `${role}: ${this.current[role]}`);
      this.line = parity.make("div", { class: "line" });
      this.canvas.append(this.line, side("left", "reference"), side("right", "candidate"));
    }
    this.placeDivider();
    this.sizeLabels();
  }

  layer(side, width, height) {
    return parity.makeSvg("svg", { "data-side": side, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  }

  drawObject(object, labelled, sliding) {
    object.drawn = [];
    if (object.kind && this.hidden.has(`kind ${object.kind}`)) return;
    const index = this.model.arms.indexOf(object.arm);
    const style = object.kind ? parity.KIND_STYLES[object.kind] : parity.ARM_STYLES[index % parity.ARM_STYLES.length];
    for (const side of ["reference", "candidate"]) {
      const detection = object[side];
      if (!detection || this.hidden.has(`arm ${object.sides[side]}`)) continue;
      const thick = side === "reference" && Boolean(object.candidate);
      const called = parity.shortened(parity.className(this.model, detection[5]));
      const name = `${style.letter} ${called} ${detection[4]?.toFixed(2) ?? ""}`.trim();
      const behind = thick && !sliding && !this.hidden.has(`arm ${object.sides.candidate}`) && object.kind === "matched";
      const alone = !object.candidate || !object.reference;
      const fill = alone && object.kind ? parity.hatching(this.layers[side], style, this.scale) : "";
      const options = { thick, label: labelled && !behind ? name : "", fill };
      const box = parity.drawBox(detection, style, options);
      if (!box) continue;
      box.addEventListener("pointerenter", () => this.light(object));
      box.addEventListener("pointerleave", () => this.light(null));
      object.drawn.push(box);
      this.layers[side].append(box);
    }
    const allowed = this.current?.tolerance.mask;
    if (!sliding && object.drawn.length === 2 && object.measures?.mask > allowed) {
      this.layers.candidate.append(parity.drawApart(object, this.layers.candidate));
    }
  }

  light(object) {
    for (const lit of this.dialog.querySelectorAll(".lit")) lit.classList.remove("lit");
    this.tip.hidden = !object;
    if (!object) return;
    for (const element of [object.row, ...(object.drawn ?? [])]) element.classList.add("lit");
    this.tip.textContent = parity.objectInWords(this.model, object);
    const around = this.stage.getBoundingClientRect();
    const box = object.drawn?.[0]?.getBoundingClientRect() ?? around;
    const left = Math.min(Math.max(box.left - around.left, 4), around.width - this.tip.offsetWidth - 4);
    const below = Math.min(box.bottom - around.top + 6, around.height - this.tip.offsetHeight - 4);
    this.tip.style.left = `${Math.max(left, 4)}px`;
    this.tip.style.top = `${Math.max(below, 4)}px`;
  }

  /** Scroll to a detection, closer if it is small. */
  lookAt(detection) {
    const [x1, y1, x2, y2] = detection;
    if (![x1, y1, x2, y2].every(Number.isFinite)) return;
    const [width, height] = this.image.size;
    const share = Math.max((x2 - x1) / width, (y2 - y1) / height, 0.02);
    this.zoomTo(share < 0.25 ? Math.min(0.4 / share, 8) : 1);
    this.stage.scrollLeft = ((x1 + x2) / 2 / width) * this.canvas.offsetWidth - this.stage.clientWidth / 2;
    this.stage.scrollTop = ((y1 + y2) / 2 / height) * this.canvas.offsetHeight - this.stage.clientHeight / 2;
  }

  placeDivider() {
    const sliding = !this.divider.disabled;
    const at = Number(this.divider.value);
    if (!this.layers) return;
    this.layers.reference.style.clipPath = sliding ? `inset(0 ${100 - at}% 0 0)` : "";
    this.layers.candidate.style.clipPath = sliding ? `inset(0 0 0 ${at}%)` : "";
    if (sliding) this.line.style.left = `${at}%`;
  }

  zoomTo(zoom, pointer = null) {
    const old = this.zoom;
    this.zoom = Math.min(Math.max(zoom, 1), parity.Viewer.MOST_ZOOM);
    const around = this.stage.getBoundingClientRect();
    const x = pointer ? pointer.clientX - around.left : around.width / 2;
    const y = pointer ? pointer.clientY - around.top : around.height / 2;
    const [left, top] = [this.stage.scrollLeft + x, this.stage.scrollTop + y];
    this.fit();
    this.stage.scrollLeft = (left * this.zoom) / old - x;
    this.stage.scrollTop = (top * this.zoom) / old - y;
  }

  /** Give the canvas its size: as large as the stage allows, times the zoom. */
  fit() {
    if (!this.image) return;
    const [width, height] = this.image.size.map((side) => side || 480);
    const scale = Math.min(this.stage.clientWidth / width, this.stage.clientHeight / height) * this.zoom;
    this.canvas.style.width = `${width * scale}px`;
    this.canvas.style.height = `${height * scale}px`;
    this.level.textContent = `${Math.round(100 * this.zoom)} %`;
    this.scale = scale;
    this.sizeLabels();
  }

  /** Letters of 13 px on the screen for images of any size. */
  sizeLabels() {
    for (const layer of Object.values(this.layers ?? {})) layer.style.fontSize = `${13 / (this.scale || 1)}px`;
  }
};
