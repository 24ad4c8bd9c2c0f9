// The page's dictionary of features. Names of models come from files: they only ever become text nodes.
const make = window.daeMake;
const put = window.daePut;
const CHOICES = { by: ["rate", "energy", "similarity", "number", "noise"], scale: ["own", "common"], from: ["noisy", "clean"] };
const linked = (name) => CHOICES[name].find((choice) => choice === window.daeOpened.get(name)) ?? CHOICES[name][0];
const own = {
  lang: "en", second: window.daeOpened.get("second") ?? "", by: linked("by"), scale: linked("scale"), from: linked("from"),
  query: "", picked: null, seed: 0,
};
window.daeLinks.features = () => ({
  second: own.second,
  ...Object.fromEntries(Object.keys(CHOICES).map((name) => [name, own[name] === CHOICES[name][0] ? "" : own[name]])),
});
const say = (key, values = {}) => {
  const words = (given.words[own.lang] ?? given.words.en)[key] ?? "";
  return words.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
};
const spoken = []; // what is said anew when the language is switched
const speak = (write) => { spoken.push(write); write(); };
const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const floatsOf = (base64) => new Float32Array(bytesOf(base64).buffer);
const share = (part) => (part > 0 && part < 0.001 ? "< 0.1 %" : `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`);
const signed = (number) => number === 0 ? "0" : `${number < 0 ? "−" : "+"}${Math.abs(number).toPrecision(3)}`;
const plain = (number) => (number === 0 ? "0" : number.toPrecision(3).replace("-", "−"));
const BLUE = [78, 154, 255], ORANGE = [255, 149, 42];
const CELL = 40, GAP = 4, LARGEST = 76, PAGE = 128; // pixels on the screen; features of a page

// A signed picture of bytes around 128 on a canvas of its own size; strength is its peak's share of the scale.
const paintSigned = (canvas, bytes, strength) => {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < bytes.length; i++) {
    const value = (bytes[i] - 128) / 127 * strength;
    // The square root lets weak parts show; the legend says so.
    const amount = Math.sqrt(Math.min(1, Math.abs(value)));
    const colour = value < 0 ? BLUE : ORANGE;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = amount * colour[c];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
};
const paintGrey = (canvas, bytes) => {
  const context = canvas.getContext("2d");
  const image = context.createImageData(28, 28);
  for (let i = 0; i < 784; i++) image.data.set([bytes[i], bytes[i], bytes[i], 255], 4 * i);
  context.putImageData(image, 0, 0);
};
const tile = (side = 28) => make("canvas", { width: side, height: side, role: "img" });

// Pages of small pictures on one canvas, to point at with mouse, finger or keys.
class Sheet {
  constructor(kind, pick) {
    this.kind = kind;
    this.pick = pick;
    this.canvas = make("canvas", { class: pick ? "sheet" : "sheet plain", tabindex: 0, role: pick ? "application" : "img" });
    this.at = make("p", { class: "at", "aria-live": "polite" });
    this.back = make("button", { type: "button" }, "‹");
    this.forth = make("button", { type: "button" }, "›");
    this.where = make("span");
    this.pager = make("span", { class: "pager" }, this.back, this.where, this.forth);
    this.back.addEventListener("click", () => this.turn(-1));
    this.forth.addEventListener("click", () => this.turn(1));
    speak(() => {
      this.back.setAttribute("aria-label", say("page_back"));
      this.forth.setAttribute("aria-label", say("page_forth"));
    });
    this.clear();
    this.canvas.addEventListener("click", (event) => {
      const place = this.placeOf(event);
      if (place >= 0) this.choose(place, true);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const place = this.placeOf(event);
      if (place >= 0 && this.describe) put(this.at, this.describe(this.order[place]));
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  clear() {
    Object.assign(this, { model: "", which: "", order: [], cache: new Map(), page: 0, cursor: -1, on: new Set(), off: new Set(), peak: 1, side: 28 });
  }

  set(model, which, side, peak, order) {
    if (which !== this.which) this.clear();
    Object.assign(this, { model, which, side, peak });
    const before = this.order[this.cursor];
    this.order = order;
    this.cursor = before === undefined ? -1 : order.indexOf(before);
    this.page = 0;
    this.draw();
  }

  get columns() {
    const width = this.canvas.clientWidth;
    return Math.max(1, Math.min(Math.floor((width + GAP) / (CELL + GAP)), Math.max(this.order.length, Math.floor(width / LARGEST))));
  }
  get rows() { return Math.max(5, Math.floor(PAGE / this.columns)); }
  get perPage() { return this.columns * this.rows; }
  get pages() { return Math.max(1, Math.ceil(this.order.length / this.perPage)); }
  get cell() { return (this.canvas.clientWidth + GAP) / this.columns; } // with its gap

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / this.cell), row = Math.floor((event.clientY - box.top) / this.cell);
    const place = this.page * this.perPage + row * this.columns + column;
    return column >= 0 && column < this.columns && row >= 0 && row < this.rows && place < this.order.length ? place : -1;
  }

  turn(step) {
    this.page = Math.max(0, Math.min(this.pages - 1, this.page + step));
    this.draw();
  }

  choose(place, pick) {
    this.cursor = place;
    this.page = Math.floor(place / this.perPage);
    this.draw();
    if (this.describe) put(this.at, this.describe(this.order[place]));
    if (pick) this.pick?.(this.order[place]);
  }

  key(event) {
    const last = this.order.length - 1;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, PageUp: -this.perPage, PageDown: this.perPage };
    const start = this.cursor < 0 ? this.page * this.perPage : this.cursor;
    let place = null;
    if (event.key in steps) place = this.cursor < 0 && !event.key.startsWith("Page") ? start : start + steps[event.key];
    else if (event.key === "Home") place = 0;
    else if (event.key === "End") place = last;
    else if (event.key === "Enter" || event.key === " ") place = start;
    if (place === null || last < 0) return;
    event.preventDefault();
    this.choose(Math.max(0, Math.min(last, place)), event.key === "Enter" || event.key === " ");
  }

  async load(indices) {
    const missing = indices.filter((index) => !this.cache.has(index));
    const { model, which } = this;
    if (!missing.length || this.loading === which + missing) return;
    this.loading = which + missing;
    try {
      const answer = await server.pictures({ model, kind: this.kind, indices: missing });
      if (!answer || which !== this.which) return;
      const bytes = bytesOf(answer.pixels), size = answer.side ** 2;
      missing.forEach((index, i) => this.cache.set(index, { bytes: bytes.subarray(i * size, (i + 1) * size), peak: answer.peaks[i] }));
      this.draw();
      this.loaded?.();
    } catch { /* The server is gone or busy: the next move asks again. */ }
    finally { if (which === this.which) this.loading = ""; }
  }

  strength(peak) { return own.scale === "common" ? peak / (this.peak || 1) : 1; }

  draw() {
    const width = this.canvas.clientWidth;
    if (!width || !this.order.length) return;
    this.page = Math.min(this.page, this.pages - 1);
    const first = this.page * this.perPage, shown = this.order.slice(first, first + this.perPage);
    const rows = Math.ceil(shown.length / this.columns), step = this.cell, size = step - GAP;
    const ratio = window.devicePixelRatio || 1;
    const wide = Math.round(width * ratio), high = Math.round((rows * step - GAP) * ratio);
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      Object.assign(this.canvas, { width: wide, height: high });
      this.canvas.style.aspectRatio = `${wide} / ${high}`;
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingEnabled = false;
    context.fillStyle = getComputedStyle(this.canvas.closest("section")).backgroundColor;
    context.fillRect(0, 0, width, rows * step);
    const small = tile(this.side);
    const accent = getComputedStyle(this.canvas).getPropertyValue("--accent");
    shown.forEach((index, i) => {
      const x = (i % this.columns) * step, y = Math.floor(i / this.columns) * step, held = this.cache.get(index);
      context.fillStyle = "#000";
      context.fillRect(x, y, size, size);
      if (held) {
        paintSigned(small, held.bytes, this.strength(held.peak));
        context.drawImage(small, x, y, size, size);
      }
      if (this.on.has(index) || this.off.has(index)) {
        context.beginPath();
        context.arc(x + size - 8, y + 8, 5, 0, 7);
        context.lineWidth = this.on.has(index) ? 1.5 : 2.5;
        context.strokeStyle = this.on.has(index) ? "#000" : "#fff";
        context.fillStyle = this.on.has(index) ? "#fff" : "#000";
        context.fill();
        context.stroke();
      }
      if (first + i === this.cursor) {
        context.lineWidth = 3;
        context.strokeStyle = accent;
        context.strokeRect(x + 1.5, y + 1.5, size - 3, size - 3);
      }
    });
    this.pager.hidden = this.pages < 2;
    this.back.disabled = this.page === 0;
    this.forth.disabled = this.page === this.pages - 1;
    put(this.where, say("page", { page: this.page + 1, pages: this.pages }));
    Object.assign(this.canvas.dataset, { first: shown.slice(0, 12).join(), columns: this.columns, cell: step, page: this.page,
      tiles: shown.length, drawn: shown.filter((index) => this.cache.has(index)).length });
    this.load(shown);
  }
}

// A plot as wide as its place, with words under it that keep their size
const plot = (width, height, label, marks, ticks, above = "") => make("div", { class: "plot", role: "img", "aria-label": label },
  make("div", { class: "above" }, above),
  make("div", { class: "paper" }, make("svg:svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...marks, make("svg:line", { class: "axis", x1: 0, x2: width, y1: height, y2: height }))),
  make("div", { class: "ticks", "aria-hidden": "true" }, ...ticks.map(([at, words]) => make("span", { style: `left: ${100 * at}%` }, words))));

const bars = (heights, line, low, high, label) => {
  const width = 300, height = 64, top = Math.max(...heights, ...(line ?? []), 1e-9), step = width / heights.length;
  const y = (value) => height * (1 - value / top);
  const marks = heights.map((value, i) => make("svg:rect", {
    class: "bar", x: (i * step + 0.5).toFixed(1), width: Math.max(step - 1, 0.5).toFixed(1), y: y(value).toFixed(1), height: (height - y(value)).toFixed(1),
  }));
  if (line) {
    const points = line.flatMap((value, i) => [`${(i * step).toFixed(1)},${y(value).toFixed(1)}`, `${((i + 1) * step).toFixed(1)},${y(value).toFixed(1)}`]);
    marks.push(make("svg:polyline", { class: "line", points: points.join(" ") }));
  }
  return plot(width, height, label, marks, [[0, low], [1, high]]);
};

const facts = (list, lines) => list.replaceChildren(...lines.map(([name, value]) =>
  make("div", {}, make("dt", {}, name), make("dd", {}, value))));

// A visitor's own network keeps its name when its training goes on: the version tells what was before.
const whichOf = (part) => (part && !part.problem ? `${part.model} ${part.version}` : "");

// One model: what it is, its dictionary, its filters, and the digit built up
class Side {
  constructor(place) {
    this.place = place;
    this.part = null; // of the latest answer
    this.study = null;
    this.sample = null;
    this.sheet = new Sheet("words", (index) => pick(this, index));
    this.filters = new Sheet("filters", null);
    this.sheet.loaded = () => { this.step(); if (own.picked?.side === this) details.faces(); };
    this.filters.loaded = () => { if (own.picked?.side === this) details.faces(); };
    this.sheet.describe = (index) => say("at", { feature: index, rate: share(this.rates[index]) });
    this.title = make("h3");
    this.summary = make("p");
    this.problem = make("p", { class: "problem", hidden: "" });
    this.facts = make("dl");
    this.histogram = make("div");
    this.threshold = make("p");
    this.row = make("div", { class: "row" }, make("div", {}, this.facts, this.threshold), this.histogram);
    this.head = make("section", { class: "head" }, this.title, this.summary, this.problem, this.row);

    const heading = make("h4"), legend = make("div", { class: "legend" }, make("span"), make("i"), make("span"));
    this.how = make("p");
    this.marks = make("p", { class: "marks" });
    const files = ["png", "svg"].map((format) => {
      const button = make("button", { type: "button", "data-format": format });
      speak(() => put(button, say(`download_${format}`)));
      button.addEventListener("click", () => this.download(button, format));
      return button;
    });
    speak(() => {
      put(heading, say("dictionary"));
      put(legend.firstChild, say("less"));
      put(legend.lastChild, say("more"));
    });
    this.dictionary = make("section", { class: "dictionary" }, heading, this.sheet.canvas, this.sheet.at,
      make("div", { class: "under" }, this.sheet.pager, ...files), legend, this.how, this.marks);

    const looks = make("h4");
    speak(() => put(looks, say("filters")));
    this.seen = make("p");
    this.looks = make("section", { class: "filters" }, looks, this.filters.canvas, make("div", { class: "under" }, this.filters.pager), this.seen);

    this.buildTitle = make("h4");
    this.slider = make("input", { type: "range", min: 0, step: 1, value: 5 });
    this.output = make("output");
    this.stages = ["sum", "last", "end", "clean"].map((name) => {
      const canvas = tile(), caption = make("figcaption");
      return { name, canvas, caption, figure: make("figure", { "data-stage": name }, canvas, caption) };
    });
    this.curve = make("div");
    this.exact = make("p");
    this.slider.addEventListener("input", () => this.step());
    this.build = make("section", { class: "build" }, this.buildTitle, make("div", { class: "row" },
      make("div", {}, make("div", { class: "stages" }, ...this.stages.map((stage) => stage.figure)), this.slider, this.output),
      make("div", {}, this.curve, this.exact)));
    this.parts = [this.head, this.dictionary, this.looks, this.build];
    for (const part of this.parts) part.dataset.side = place;
    speak(() => this.said());
  }

  get key() { return this.part && !this.part.problem ? this.part.model : ""; }
  get which() { return whichOf(this.part); }

  async show(part) {
    const before = this.which;
    this.part = part;
    const fine = part && !part.problem;
    this.head.hidden = !part;
    for (const section of [this.dictionary, this.looks, this.build]) section.hidden = !fine;
    this.row.hidden = !fine;
    this.problem.hidden = !part?.problem;
    if (!part) { this.study = null; return; }
    put(this.title, part.label);
    put(this.summary, part.summary ?? "");
    put(this.problem, part.problem ?? "");
    if (!fine) { this.study = this.sample = null; return; }
    const which = this.which;
    if (which !== before || !this.study) {
      if (this.fetching === which) return; // what is under way will show the latest part
      this.fetching = which;
      this.study = this.sample = null;
      const model = part.model, { by, query } = own;
      const [study, order] = await Promise.all([server.study({ model }), server.ordered({ model, by, query })])
        .finally(() => { if (this.fetching === which) this.fetching = ""; });
      if (this.which !== which || !study || !order) return;
      this.study = study;
      this.rates = floatsOf(study.rates);
      this.arrange(order);
      if (own.by !== by || (by === "noise" && own.query !== query)) this.sort().catch(unanswered); // chosen meanwhile
    }
    this.mark();
    this.slider.max = this.part.build.counts.length - 1;
    this.sums = bytesOf(this.part.build.pixels);
    this.said();
  }

  arrange(order) {
    const { study, part } = this, filters = study.filters;
    this.sheet.set(part.model, this.which, 28, study.peak, order);
    const seen = study.tied ? [] : filters.own ? order : [...Array(filters.count).keys()];
    this.filters.canvas.hidden = study.tied;
    this.filters.pick = filters.own && !study.tied ? (index) => { this.sheet.choose(order.indexOf(index), true); } : null;
    this.filters.canvas.classList.toggle("plain", !this.filters.pick);
    this.filters.set(part.model, this.which, filters.side, filters.peak, seen);
    if (study.tied) this.filters.pager.hidden = true;
  }

  async sort() {
    if (!this.study) return;
    const { which } = this, { by, query } = own, order = await server.ordered({ model: this.key, by, query });
    if (order && this.study && this.which === which && own.by === by && (by !== "noise" || own.query === query)) this.arrange(order);
  }

  async underNoise() {
    const { which } = this, query = own.query;
    if (!which) return;
    const sample = await server.sample({ model: this.key, query });
    if (!sample || this.which !== which || own.query !== query) return;
    this.sample = { ...sample, drift: floatsOf(sample.drift), on: floatsOf(sample.on), off: floatsOf(sample.off) };
    this.said();
    if (own.picked?.side === this) details.said();
    if (own.by === "noise") await this.sort();
  }

  mark() {
    this.sheet.on = new Set(this.part.on);
    this.sheet.off = new Set(this.part.off);
    this.sheet.draw();
    Object.assign(this.sheet.canvas.dataset, { on: this.part.on.join(), off: this.part.off.join() });
  }

  said() {
    const { study, part, sample } = this;
    if (!study || !part || part.problem) return;
    const all = study.count;
    facts(this.facts, [
      [say("nonzero"), say("of", { number: study.nonzero.toFixed(1), all })],
      [say("nonzero_noisy"), sample ? say("of", { number: sample.nonzero.toFixed(1), all }) : "…"],
      [say("dead"), say("of", { number: study.dead, all })],
      ...(study.dead ? [[say("woken"), sample ? say("of", { number: sample.woken, all: study.dead }) : "…"]] : []),
      [say("switched"), say("switched_count", { on: part.on.length, off: part.off.length })],
    ]);
    put(this.threshold, say("threshold", { threshold: plain(study.threshold) }));
    this.histogram.replaceChildren(make("h5", {}, say("sparsity")), bars(study.sparsity, sample?.sparsity, "0", `${study.most}`, say("sparsity")),
      make("p", {}, say("sparsity_about", { digits: study.digits.toLocaleString("en-US"), sample: sample?.digits ?? "…" })));
    put(this.how, `${say(study.linear ? "linear" : "deeper")} ${say(`${own.scale}_about`)}`);
    put(this.marks, say("marks"));
    this.sheet.canvas.setAttribute("aria-label", say("canvas", { model: part.label, count: all }));
    this.filters.canvas.setAttribute("aria-label", say("filters_canvas", { model: part.label, count: study.filters.count }));
    const { convolution, own: alone, count, side } = study.filters;
    put(this.seen, study.tied ? say("filters_tied") : convolution ? say("filters_convolution", { count, side })
      : alone ? say("filters_own") : say("filters_hidden", { count }));
    put(this.buildTitle, say(own.from === "clean" ? "build_clean" : "build_noisy"));
    const { output } = part.build;
    const kind = output === null ? "approximate" : output === "identity" ? "exact" : "exact_before";
    put(this.exact, say(`build_${kind}`, { output: output === "sigmoid" ? "sigmoid" : "leaky ReLU" }));
    this.slider.setAttribute("aria-label", say("build_slider"));
    this.step();
    element.dataset.ready = sides.map((each) => (each.study ? each.key : "")).join();
  }

  // The slider was moved: all pictures are here already.
  step() {
    const { part, sums, stages } = this;
    if (!this.study || !part?.build || !sums) return;
    const { counts, errors, order } = part.build, last = counts.length - 1;
    const at = Math.min(+this.slider.value, last), [sum, feature, end, clean] = stages;
    paintGrey(sum.canvas, sums.subarray(784 * at));
    paintGrey(end.canvas, sums.subarray(784 * last));
    paintGrey(clean.canvas, bytesOf(part.build.target));
    const added = counts[at] ? order[counts[at] - 1] : null, held = this.sheet.cache.get(added);
    if (held) paintSigned(feature.canvas, held.bytes, 1);
    else {
      feature.canvas.getContext("2d").clearRect(0, 0, 28, 28);
      if (added !== null) this.sheet.load([added]);
    }
    const captions = [say("stage_sum", { count: counts[at] }), added === null ? say("stage_none") : say("stage_last", { feature: added }), say("stage_end"), say("stage_clean")];
    stages.forEach((stage, i) => {
      put(stage.caption, captions[i]);
      stage.canvas.setAttribute("aria-label", captions[i]);
    });
    const words = say("build_error", { count: counts[at], all: counts[last], error: errors[at].toFixed(4), end: errors[last].toFixed(4) });
    put(this.output, words);
    this.slider.setAttribute("aria-valuetext", words);
    Object.assign(this.build.dataset, { count: counts[at], error: errors[at], end: errors[last], all: counts[last] });

    const width = 400, height = 120, top = Math.max(...errors, 1e-9);
    const x = (i) => (last ? i / last * width : 0), y = (error) => height * (1 - error / top);
    const marks = [
      make("svg:line", { class: "end", x1: 0, x2: width, y1: y(errors[last]), y2: y(errors[last]) }),
      make("svg:polyline", { class: "error", points: errors.map((error, i) => `${x(i).toFixed(1)},${y(error).toFixed(1)}`).join(" ") }),
    ];
    const ticks = [...new Set([0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * last)))].map((i) => [x(i) / width, `${counts[i]}`]);
    const curve = plot(width, height, words, marks, ticks, `MSE ${top.toFixed(3)}`);
    curve.querySelector(".paper").append(make("i", { class: "here", style: `left: ${100 * x(at) / width}%; top: ${100 * y(errors[at]) / height}%` }));
    this.curve.replaceChildren(curve);
  }

  async download(button, format) {
    button.disabled = true;
    try {
      const file = await server.figure({ model: this.key, by: own.by, common: own.scale === "common", format, query: own.query });
      if (file) make("a", { href: file.src, download: file.name }).click();
      put(status, file ? "" : say("no_answer"));
    } catch { unanswered(); }
    button.disabled = false;
  }
}

// The feature that was clicked
const details = {
  section: make("section", { class: "details", hidden: "" }),
  title: make("h4"),
  list: make("dl"),
  found: null,
  build() {
    const nines = (name) => {
      const title = make("h5"), box = make("div", { class: "nine", "data-nine": name });
      return { title, box };
    };
    this.word = { canvas: tile(), caption: make("figcaption") };
    this.filter = { canvas: tile(), caption: make("figcaption") };
    this.histogram = make("div");
    this.classTitle = make("h5");
    this.classes = make("div", { class: "classes", role: "img" });
    this.most = nines("most");
    this.some = nines("some");
    this.others = make("button", { type: "button" });
    this.others.addEventListener("click", () => { own.seed++; this.ask(); });
    this.filterFigure = make("figure", {}, this.filter.canvas, this.filter.caption);
    this.section.append(this.title, make("div", { class: "row" },
      make("div", {}, make("div", { class: "faces" }, make("figure", {}, this.word.canvas, this.word.caption), this.filterFigure), this.list),
      make("div", {}, this.histogram, this.classTitle, this.classes),
      make("div", {}, make("div", { class: "titled" }, this.most.title), this.most.box, make("div", { class: "titled" }, this.some.title, this.others), this.some.box)));
    speak(() => this.said());
  },
  async ask() {
    const { picked, seed } = own, { side, index } = picked, { which } = side;
    let found = null;
    try { found = await server.feature({ model: side.key, index, seed }); } catch { /* the server is gone or busy */ }
    if (own.picked !== picked || own.seed !== seed || side.which !== which) return;
    if (!found) return unanswered();
    put(status, "");
    this.found = found;
    const opened = this.section.hidden;
    this.section.hidden = false;
    this.said();
    if (opened || this.section.getBoundingClientRect().top > innerHeight - 120) this.section.scrollIntoView({ block: "nearest", behavior: "smooth" });
  },
  close() {
    own.picked = null;
    this.found = null;
    this.section.hidden = true;
  },
  faces() {
    if (!this.found) return;
    const { side, index } = own.picked, { filters, tied } = side.study;
    const word = side.sheet.cache.get(index), filter = side.filters.cache.get(index);
    if (word) paintSigned(this.word.canvas, word.bytes, 1);
    this.filterFigure.hidden = tied || !filters.own;
    if (filter && filters.own) paintSigned(this.filter.canvas, filter.bytes, 1);
    else if (filters.own && !tied) side.filters.load([index]);
  },
  said() {
    const { found } = this;
    if (!found || !own.picked?.side.study) return;
    const { side, index } = own.picked, { part, sample } = side;
    this.section.dataset.feature = index;
    this.section.dataset.model = part.model;
    put(this.title, say("feature", { feature: index, model: part.label }));
    put(this.word.caption, found.step === null ? say("word_linear") : say("word_deeper", { step: plain(found.step) }));
    put(this.filter.caption, say("word_filter"));
    this.word.canvas.setAttribute("aria-label", this.word.caption.textContent);
    this.filter.canvas.setAttribute("aria-label", this.filter.caption.textContent);
    const lines = [
      [say("fires"), share(found.rate)],
      [say("mean"), `${plain(found.mean)} ± ${plain(found.std)}`],
      [say("energy"), plain(found.energy)],
      [say("here_clean"), signed(floatsOf(part.clean)[index])],
      [say("here_noisy"), signed(floatsOf(part.noisy)[index])],
    ];
    if (sample) lines.push([say("drift"), plain(sample.drift[index])], [say("on_off"), `${share(sample.on[index])} / ${share(sample.off[index])}`]);
    facts(this.list, lines);
    const { counts, low, high } = found.histogram;
    const silent = say("histogram_about", { firing: found.firing.toLocaleString("en-US"), digits: found.digits.toLocaleString("en-US") });
    this.histogram.replaceChildren(make("h5", {}, say("histogram")), bars(counts, null, found.firing ? plain(low) : "", found.firing ? plain(high) : "", silent), make("p", {}, silent));
    put(this.classTitle, say("classes"));
    const most = Math.max(...found.classes, 1e-9);
    this.classes.setAttribute("aria-label", `${say("classes")}: ${found.classes.map((part, digit) => `${digit}: ${share(part)}`).join(", ")}`);
    this.classes.replaceChildren(...found.classes.map((part, digit) => {
      const bar = make("i", { style: `height: ${(48 * part / most).toFixed(1)}px` });
      return make("div", { title: share(part) }, bar, `${digit}`);
    }));
    put(this.most.title, found.firing ? say("most") : say("never"));
    put(this.some.title, found.firing ? say("some") : "");
    put(this.others, say("others"));
    this.others.hidden = found.firing <= found.some.labels.length;
    for (const [box, digits] of [[this.most.box, found.most], [this.some.box, found.some]]) {
      const bytes = bytesOf(digits.pixels);
      box.replaceChildren(...digits.labels.map((label, i) => {
        const canvas = tile();
        paintGrey(canvas, bytes.subarray(784 * i));
        canvas.setAttribute("aria-label", say("digit", { digit: label, value: signed(digits.values[i]) }));
        return make("figure", { "data-label": label }, canvas, make("figcaption", {}, signed(digits.values[i])));
      }));
    }
    this.faces();
  },
};
const pick = (side, index) => {
  own.picked = { side, index };
  own.seed = 0;
  for (const each of sides) if (each !== side) { each.sheet.cursor = -1; each.sheet.draw(); }
  details.ask();
};

const tools = element.querySelector(".tools"), board = element.querySelector(".board"), status = element.querySelector(".status");
const unanswered = () => put(status, say("no_answer"));
const menu = (name, options, change) => {
  const label = make("label"), words = document.createTextNode(""), select = make("select", { name });
  label.append(words, select);
  tools.append(label);
  speak(() => {
    words.textContent = say(`choose_${name}`);
    const value = select.value;
    select.replaceChildren(...options().map(([key, text]) => make("option", { value: key }, text)));
    if (value) select.value = value;
  });
  select.addEventListener("change", () => change(select.value));
  return select;
};
let others = [];
const second = menu("second", () => [["", say("nothing")], ...others], (value) => { own.second = value; ask(); });
const choice = (name, follow) => {
  const options = () => CHOICES[name].map((value) => [value, say(`${name}_${value}`)]);
  menu(name, options, (value) => { own[name] = value; follow(); }).value = own[name];
};
choice("by", () => sides.forEach((side) => side.sort().catch(unanswered)));
choice("scale", () => sides.forEach((side) => { side.sheet.draw(); side.filters.draw(); side.said(); }));
choice("from", () => ask());

const sides = [];
details.build();
sides.push(new Side(0), new Side(1));
board.append(sides[0].head, sides[0].dictionary, sides[1].head, sides[1].dictionary, details.section,
  sides[0].looks, sides[1].looks, sides[0].build, sides[1].build);
sides[0].show(null);
sides[1].show(null);

let turn = 0, settling;
const show = (value) => {
  if (!value?.sides) return;
  turn++;
  own.query = window.daeLesson = value.query;
  const changed = own.lang !== value.lang;
  own.lang = value.lang;
  if (`${others}` !== `${value.others}` || changed) {
    others = value.others;
    for (const write of spoken) write();
    second.value = own.second;
    if (second.selectedIndex < 0) second.value = own.second = ""; // a link may name anything
  }
  board.classList.toggle("two", value.sides.length > 1);
  if (own.picked && own.picked.side.which !== whichOf(value.sides[own.picked.side.place])) details.close();
  for (const side of sides) side.show(value.sides[side.place] ?? null).catch(unanswered);
  if (own.picked) details.said();
  put(status, "");
  element.dataset.shown = value.query;
  clearTimeout(settling);
  settling = setTimeout(() => sides.forEach((side) => side.underNoise().catch(() => {})), 300);
};
const extras = () => [{ second: own.second, clean: own.from === "clean" }];
const ask = async () => {
  const mine = ++turn;
  try {
    const value = window.daeHeard(await server.live(window.daeQuestion(own.query, own.lang, null, extras())));
    if (mine === turn) window.daeShow(view, value);
  } catch { unanswered(); }
};
const answered = () => {
  if (!window.daeAnswered(props.value)) return;
  own.query = props.value.query;
  const before = own.lang;
  own.lang = props.value.lang;
  if (before !== own.lang) for (const write of spoken) write();
  ask();
};
const view = { ask: (asked) => server.live(asked), show, extras };
window.daeViews.features = view;
watch('value', answered);
answered();
