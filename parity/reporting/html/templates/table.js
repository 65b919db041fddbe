"use strict";

/** The table of images of one model: filters, order, pages. */
parity.Table = class {
  static PAGE = 10;

  static kindNames = (noun) => ({
    missing: `Missing ${noun}s`,
    extra: `Extra ${noun}s`,
    flipped: `Class-flipped ${noun}s`,
    unread: "Read by one arm only",
  });

  static VERDICTS = { fail: "fail", differs: "differs", same: "same", unreadable: "unreadable" };

  static COUNTS = [
    { key: "name", title: "Image" },
    { key: "missing", title: "Missing", place: parity.MISSING },
    { key: "extra", title: "Extra", place: parity.EXTRA },
    { key: "flipped", title: "Class-flipped", place: parity.FLIPPED },
  ];

  constructor(model, root, open) {
    this.model = model;
    this.root = root;
    this.open = open;
    this.page = 0;
    this.sort = { key: "worst", down: true };
    const measured = model.quantities.map(({ name, title }, i) => (
      { key: name, title, place: parity.QUANTITIES + i, bit: 1 << model.kinds.indexOf(name) }
    ));
    this.columns = [...parity.Table.COUNTS, ...measured];
    this.build();
    this.refresh();
  }

  build() {
    const { make } = parity;
    const option = ([value, text]) => make("option", { value }, text);
    const again = () => { this.page = 0; this.refresh(); };
    const select = (label, entries) => {
      const control = make("select", { onchange: again }, ...entries.map(option));
      this.filters.append(make("label", { class: "field" }, label, control));
      return control;
    };
    this.filters = make("div", { class: "filters", role: "search", "aria-label": "Filter images" });
    this.text = make("input", { type: "search", autocomplete: "off", oninput: again });
    this.filters.append(make("label", { class: "field wide" }, "Name contains", this.text));
    const comparisons = this.model.comparisons.map((each, i) => [i, each.name]);
    this.comparison = select("Comparison", [["", "any"], ...comparisons]);
    const programs = comparisons.filter(([, name]) => name.startsWith("external-"));
    if (programs.length === 1) this.comparison.value = programs[0][0];
    this.verdict = select("Verdict", [["", "any"], ...Object.entries(this.present())]);
    const said = Object.fromEntries(this.model.quantities.map(({ name, beyond }) => [name, beyond]));
    const named = { ...parity.Table.kindNames(this.model.noun), ...said };
    const kinds = this.model.kinds.map((kind, bit) => [bit, named[kind]]);
    this.kind = select("Difference", [["", "any"], ...kinds]);
    this.category = select("Class", [["", "any"], ...this.classes()]);
    this.filters.append(make("button", { type: "button", onclick: () => this.reset() }, "Reset"));
    this.count = make("p", { class: "count", role: "status" });
    this.head = make("tr");
    this.body = make("tbody");
    const caption = make("caption", { class: "hidden" }, `Images of ${this.model.model}`);
    this.table = make("table", { class: "images" }, caption, make("thead", {}, this.head), this.body);
    this.before = make("button", { type: "button", onclick: () => this.turn(-1) }, "← Previous");
    this.after = make("button", { type: "button", onclick: () => this.turn(1) }, "Next →");
    this.where = make("p", {});
    this.pager = make("div", { class: "pager" }, this.before, this.where, this.after);
    this.root.append(this.filters, this.count, this.table, this.pager);
  }

  present() {
    const there = new Set(this.model.images.map((image) => image.verdict));
    return Object.fromEntries(Object.entries(parity.Table.VERDICTS).filter(([key]) => there.has(key)));
  }

  classes() {
    const there = new Set(this.model.images.flatMap((image) => image.classes));
    const named = [...there].map((id) => [id, parity.className(this.model, id)]);
    return named.sort((a, b) => a[1].localeCompare(b[1]));
  }

  reset() {
    this.text.value = "";
    for (const control of [this.comparison, this.verdict, this.kind, this.category]) control.value = "";
    this.sort = { key: "worst", down: true };
    this.page = 0;
    this.refresh();
  }

  turn(step) {
    this.page += step;
    this.refresh();
    this.count.scrollIntoView({ block: "nearest" });
  }

  /** The comparisons that count: the chosen one or all in which the image takes part. */
  chosen(image) {
    const which = this.comparison.value;
    const rows = which === "" ? image.measured : [image.measured[Number(which)]];
    return rows.filter((row) => row !== null);
  }

  /** A number of an image: the largest of the comparisons; null is not finite. */
  value(image, place) {
    const values = this.chosen(image).map((row) => row[place]);
    if (place < parity.QUANTITIES) return Math.max(0, ...values);
    return values.includes(null) ? null : Math.max(0, ...values);
  }

  matches(image) {
    const rows = this.chosen(image);
    const bit = this.kind.value === "" ? 0 : 1 << Number(this.kind.value);
    return rows.length > 0
      && (this.text.value === "" || image.name.toLowerCase().includes(this.text.value.toLowerCase()))
      && (this.verdict.value === "" || image.verdict === this.verdict.value)
      && (this.category.value === "" || image.classes.includes(Number(this.category.value)))
      && (bit === 0 || rows.some((row) => row[parity.KINDS] & bit));
  }

  /** What the order is by, larger first; the rows come worst first over all comparisons. */
  ranks(image) {
    const large = (value) => value ?? Infinity;
    const column = this.columns.find((each) => each.key === this.sort.key);
    if (column) return [large(this.value(image, column.place))];
    if (this.comparison.value === "") return [];
    const [row] = this.chosen(image);
    const unread = row[parity.KINDS] & (1 << this.model.kinds.indexOf("unread")) ? 1 : 0;
    const counts = row[parity.MISSING] + row[parity.EXTRA] + 2 * row[parity.FLIPPED] + unread;
    const of = (name) => {
      const i = this.model.quantities.findIndex((each) => each.name === name);
      return i < 0 ? 0 : large(row[parity.QUANTITIES + i]);
    };
    return [counts, of("mask"), Math.max(of("box_px"), of("keypoint_px")), of("score")];
  }

  ordered() {
    const kept = this.model.images.filter((image) => this.matches(image));
    const sign = this.sort.down ? 1 : -1;
    if (this.sort.key === "name") return kept.sort((a, b) => -sign * a.name.localeCompare(b.name));
    const ranked = kept.map((image) => [this.ranks(image), image]);
    ranked.sort(([a, one], [b, other]) => {
      const i = a.findIndex((value, place) => value !== b[place]);
      return i < 0 ? one.index - other.index : sign * (b[i] > a[i] ? 1 : -1);
    });
    return ranked.map(([, image]) => image);
  }

  sortBy(key) {
    const same = this.sort.key === key;
    if (same && this.sort.down === (key === "name")) this.sort = { key: "worst", down: true };
    else this.sort = { key, down: same ? !this.sort.down : key !== "name" };
    this.page = 0;
    this.refresh();
    this.head.querySelector(`[data-key="${key}"]`).focus();
  }

  refresh() {
    this.list = this.ordered();
    const pages = Math.max(1, Math.ceil(this.list.length / parity.Table.PAGE));
    this.page = Math.min(Math.max(this.page, 0), pages - 1);
    const start = this.page * parity.Table.PAGE;
    const shown = this.list.slice(start, start + parity.Table.PAGE);
    const all = this.model.images.length.toLocaleString("en");
    const order = this.sort.key === "worst" ? ", worst first" : "";
    const merged = this.comparison.value === "" && this.model.comparisons.length > 1;
    const largest = merged ? "; each number is the largest of all comparisons" : "";
    this.count.textContent = `${this.list.length.toLocaleString("en")} of ${all} images${order}${largest}`;
    this.drawHead();
    this.body.replaceChildren(...shown.map((image, i) => this.row(image, start + i)));
    this.where.textContent = `Page ${this.page + 1} of ${pages}`;
    this.before.disabled = this.page === 0;
    this.after.disabled = this.page >= pages - 1;
    this.pager.hidden = pages === 1;
    this.table.hidden = shown.length === 0;
  }

  drawHead() {
    const cells = this.columns.map(({ key, title }) => {
      const down = this.sort.down ? "descending" : "ascending";
      const button = parity.make(
        "button", { type: "button", "data-key": key, onclick: () => this.sortBy(key) }, title,
      );
      const order = this.sort.key === key ? down : null;
      return parity.make("th", { scope: "col", "aria-sort": order, class: key === "name" ? null : "many" }, button);
    });
    this.head.replaceChildren(cells[0], parity.make("th", { scope: "col" }, "Verdict"), ...cells.slice(1));
  }

  row(image, position) {
    const { make } = parity;
    const open = make(
      "button",
      { type: "button", class: "open", onclick: () => this.open(this, position) },
      this.thumbnail(image),
      make("span", { class: "name" }, image.name),
    );
    const paired = this.chosen(image).some((each) => each[parity.MATCHED] + each[parity.FLIPPED] > 0);
    const numbers = this.columns.slice(1).map(({ title, place, bit }) => {
      const value = this.value(image, place);
      const said = value === 0 && bit && !paired ? "–" : parity.number(value);
      const beyond = bit ? this.chosen(image).some((each) => each[parity.KINDS] & bit) : value > 0;
      const kind = value === 0 ? "zero" : beyond ? "beyond" : "";
      return make("td", { class: `many ${kind}`, "data-label": title }, said);
    });
    const badge = make("span", { class: `badge ${image.verdict}` }, image.verdict);
    return make("tr", {}, make("th", { scope: "row" }, open), make("td", {}, badge), ...numbers);
  }

  thumbnail(image) {
    if (!image.photo) return parity.make("span", { class: "thumb none" }, "no picture");
    const src = parity.address(this.model, `thumbnail_${image.photo}`);
    const picture = parity.make("img", { class: "thumb", src, alt: "", loading: "lazy", decoding: "async" });
    picture.addEventListener("error", () => {
      picture.replaceWith(parity.make("span", { class: "thumb none" }, "not here"));
    });
    return picture;
  }
};
