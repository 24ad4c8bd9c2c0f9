// The gallery's codes on a plane, what lies at each place of it, and the visitor's digit under noise in two models. All
// that is shown is asked for through the server functions; the component's value only says what the controls say.
const root = element.querySelector(".latent");
const find = (selector) => root.querySelector(selector);
const every = (selector) => [...root.querySelectorAll(selector)];
const put = window.daePut;
let words = {}, spoken = null;
const say = (key, places = {}) => (words[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => places[name] ?? "");

let now = null; // the last answer about the controls
let wishedKind = window.daeOpened.get("plane"), wishedBeside = window.daeOpened.get("beside");
let chosen = null; // the index of the gallery digit that was picked
let seed = 1; // of the samples
const asking = (name, asked) => server[name](asked).catch(() => null);
const lesson = () => ({ query: now.query, lang: now.lang });

// Each model's points, grid and facts are asked for once.
const remembered = new Map();
const once = (name, asked) => {
  const key = name + JSON.stringify(asked);
  if (!remembered.has(key)) {
    if (remembered.size > 60) remembered.clear();
    const answer = asking(name, asked);
    remembered.set(key, answer);
    answer.then((found) => { if (!found || found.missing) remembered.delete(key); });
  }
  return remembered.get(key);
};

// ---- planes: the widget's script, with an object in the place of Gradio's properties
const plane = (node, on = {}) => {
  const held = {}, watchers = [];
  const watch = (names, heard) => watchers.push([[names].flat(), heard]);
  makePlane(node, held, watch, (event) => on[event]?.(held.value));
  return {
    held,
    set: (given) => {
      Object.assign(held, given);
      for (const [names, heard] of watchers) if (names.some((name) => name in given)) heard();
    },
  };
};

// ---- a place of the plane
let place = null, decoding = false, decoded = 0;
const decodeLive = async (x, y) => {
  place = { model: now.model, kind: now.kind, x, y };
  if (decoding) return;
  decoding = true;
  while (place) {
    const asked = place;
    place = null;
    const answer = await asking("decode", asked);
    if (!answer) continue;
    window.daePaint(find(".decoded canvas"), answer.pixels);
    put(find(".decoded figcaption"), say(answer.digit === undefined ? "decoded" : "decoded_tsne"));
    root.dataset.decoded = ++decoded;
  }
  decoding = false;
};

const pick = async (index) => {
  chosen = index;
  const [answer] = await Promise.all([asking("point", { model: now.model, index }), interpolate()]);
  if (!answer || chosen !== answer.index) return;
  showPoint(answer);
};

let point = null;
const showPoint = (answer) => {
  point = answer;
  put(find(".which"), answer ? say("picked", answer) : say("none_picked"));
  find(".pair").hidden = find(".picked h4").hidden = !answer;
  root.dataset.picked = answer ? answer.index : "";
  if (!answer) return find(".neighbours").replaceChildren();
  window.daePaint(find(".picked-clean"), answer.clean);
  window.daePaint(find(".picked-restored"), answer.reconstruction);
  find(".neighbours").replaceChildren(...answer.neighbours.map((near) => {
    const item = document.createElement("li"), button = document.createElement("button"), canvas = document.createElement("canvas");
    canvas.width = canvas.height = 28;
    window.daePaint(canvas, near.pixels);
    button.type = "button";
    button.dataset.index = near.index;
    button.style.setProperty("--class-colour", given.colours[near.digit]);
    button.title = say("neighbour", { digit: near.digit, distance: near.distance.toPrecision(3) });
    button.setAttribute("aria-label", button.title);
    button.append(canvas);
    button.addEventListener("click", () => pick(near.index));
    item.append(button);
    return item;
  }));
};

const interpolate = async () => {
  if (chosen === null) return;
  const answer = await asking("between", { ...lesson(), model: now.model, index: chosen });
  if (!answer || answer.index !== chosen) return;
  find(".between .empty").hidden = true;
  find(".between .rows").hidden = false;
  window.daePaint(find(".by-code"), answer.code);
  window.daePaint(find(".by-pixel"), answer.pixel);
};

const large = plane(find(".large"), {
  drag: ({ x, y }) => decodeLive(x, y),
  pick: ({ x, y, index }) => {
    decodeLive(x, y);
    if (index >= 0) pick(index);
  },
});
const small = every(".one").map((node) => ({ node, plane: plane(node), model: null, extent: "" }));

// ---- points and grid
let drawn = "";
const showPoints = async () => {
  const asked = { model: now.model, kind: now.kind }, key = JSON.stringify(asked);
  if (drawn === key) return;
  drawn = key;
  const answer = await once("points", asked);
  if (drawn !== key) return;
  if (!answer) { drawn = ""; return; }
  const missing = Boolean(answer.missing);
  find(".missing").hidden = !missing;
  find(".map").style.opacity = missing ? 0.4 : 1;
  const linear = now.kind !== "tsne";
  find(".grid-switch").disabled = !linear;
  every(".files button").forEach((button) => { button.disabled = missing; });
  put(find(".about"), say(`about_${now.kind}`, { width: answer.width, x: answer.share?.[0], y: answer.share?.[1] }));
  put(find(".hint"), say("map_hint") + (linear ? "" : " " + say("no_inverse") + " " + say("star_tsne")));
  if (missing) {
    large.set({ points: null, value: null });
    followTsne(false);
    return;
  }
  large.set({ points: answer.points, value: null });
  root.dataset.points = key;
  showSprite();
  await showGrid();
};

// The pictures for hovering come after the points, which need not wait for them.
let hasSprite = false;
const showSprite = async () => {
  if (hasSprite) return;
  const answer = await once("sprite", {});
  if (!answer || hasSprite) return;
  hasSprite = true;
  for (const each of [large, ...small.map((one) => one.plane)]) each.set({ sprite: answer });
};

const showGrid = async () => {
  const wanted = find(".grid-switch").checked && now.kind !== "tsne", key = drawn;
  const answer = wanted ? await once("grid", { model: now.model, kind: now.kind }) : null;
  if (key !== drawn) return;
  large.set({ background: answer || "" });
  showStar();
};
const showStar = () => large.set({ overlay: { ...now.overlay, dim: Boolean(large.held.background) } });

// ---- t-SNE on request
let waiting = null;
const followTsne = async (start) => {
  clearTimeout(waiting);
  const model = now.model, status = find(".missing span");
  if (!start) return put(status, say("tsne_missing"));
  const answer = await asking("tsne", { model });
  if (now.model !== model || now.kind !== "tsne") return;
  if (!answer || answer.failed) return put(status, say("tsne_failed"));
  if (answer.done) {
    drawn = "";
    window.daeFollow();
    return;
  }
  put(status, say(answer.busy ? "tsne_busy" : "tsne_percent", answer));
  waiting = setTimeout(() => followTsne(true), 1000);
};
find(".start-tsne").addEventListener("click", () => followTsne(true));

// ---- the visitor's digit in two models
const showSides = () => now.sides.forEach(async (side, i) => {
  const { node, plane: own } = small[i];
  put(node.querySelector(".drift b"), side.drift);
  const answer = await once("points", { model: side.model, kind: "pca" });
  if (!answer || now.sides[i] !== side) return;
  const extent = side.extent.join();
  if (small[i].model !== side.model || small[i].extent !== extent) {
    Object.assign(small[i], { model: side.model, extent });
    own.set({ points: { ...answer.points, extent: side.extent }, value: null });
  }
  own.set({ overlay: side.overlay });
  node.dataset.cloud = side.overlay.clouds[0].xy;
  const facts = await once("facts", { model: side.model });
  if (!facts || now.sides[i] !== side) return;
  const measured = facts.drift.map((each) => `${each.noise}: ${each.drift}`).join(", ");
  put(node.querySelector(".all"), measured ? `${say("drift_gallery")}: ${measured}` : "");
});

const showWorth = async () => {
  const labels = new Map(now.sides.map((side) => [side.model, side.label]));
  const found = await Promise.all([...labels.keys()].map((model) => once("facts", { model, lang: now.lang })));
  const rows = found.flatMap((facts, i) => (facts?.codes ?? []).map((record) => [[...labels.values()][i], record.input, ...record.figures]));
  find(".worth").hidden = !rows.length;
  find(".worth tbody").replaceChildren(...rows.map((cells) => {
    const line = document.createElement("tr");
    line.append(...cells.map((cell) => Object.assign(document.createElement("td"), { textContent: cell })));
    return line;
  }));
};

const showNothing = async () => {
  const model = now.model, facts = await once("facts", { model, lang: now.lang });
  if (now.model !== model) return;
  find(".vae").hidden = !facts?.variational;
  if (!facts?.variational) return;
  const [drawnNow, manifold] = await Promise.all([asking("sampled", { model, seed }), once("manifold", { model })]);
  if (drawnNow) find(".samples").src = drawnNow.src;
  if (manifold) find(".manifold").src = manifold.src;
};
find(".resample").addEventListener("click", async () => {
  const answer = await asking("sampled", { model: now.model, seed: ++seed });
  if (answer) find(".samples").src = answer.src;
});

// ---- the codes of a batch, while they are looked at
let batching = null;
const showBatch = () => {
  clearTimeout(batching);
  if (!find(".batch").open) return;
  batching = setTimeout(async () => {
    const asked = now, answer = await asking("batch", { ...lesson(), model: now.model });
    if (!answer || asked !== now) return;
    find(".batch-clean").src = answer.clean;
    find(".batch-noisy").src = answer.noisy;
    const some = answer.shown < answer.width ? " " + say("batch_some", answer) : "";
    put(find(".batch-about"), say("batch_about", answer) + some);
    find(".batch .classes").replaceChildren(...answer.classes.map((count, digit) => {
      const label = document.createElement("span");
      label.textContent = digit;
      label.style.flex = `${count} 1 0`;
      return label;
    }));
  }, 200);
};
find(".batch").addEventListener("toggle", () => { if (now?.model) showBatch(); });

// ---- controls of its own
const relabel = () => {
  every("[data-word]").forEach((node) => put(node, say(node.dataset.word)));
  const labels = Object.fromEntries(["canvas", "legend", "zoom", "zoom_in", "zoom_out", "zoom_reset", "nearest"].map((key) => [key, say(key)]));
  for (const each of [large, ...small.map((one) => one.plane)]) each.set({ labels });
  find(".kinds").setAttribute("aria-label", say("kinds"));
  put(find(".decoded figcaption"), say("decoded"));
  showPoint(point);
  drawn = "";
};

const showKinds = () => {
  const box = find(".kinds");
  if (box.dataset.kinds !== now.kinds.join() + spoken) {
    box.dataset.kinds = now.kinds.join() + spoken;
    box.replaceChildren(...now.kinds.map((kind) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.kind = kind;
      button.textContent = say(`kind_${kind}`);
      button.addEventListener("click", () => { wishedKind = kind; window.daeFollow(); });
      return button;
    }));
  }
  for (const button of box.children) button.setAttribute("aria-pressed", button.dataset.kind === now.kind);
  const menu = find(".beside");
  if (menu.dataset.names !== now.names.join()) {
    menu.dataset.names = now.names.join();
    menu.replaceChildren(...now.names.map(([name, label]) => new Option(label, name)));
  }
  menu.value = now.sides[1].model;
  put(find(".one .name"), now.sides[0].label);
};
find(".beside").addEventListener("change", (event) => { wishedBeside = event.target.value; window.daeFollow(); });
find(".grid-switch").addEventListener("change", showGrid);

for (const button of every(".files button")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    const answer = await asking("figure", { ...lesson(), model: now.model, kind: now.kind, format: button.dataset.format });
    button.disabled = false;
    if (!answer) return;
    const bytes = Uint8Array.from(atob(answer.content), (character) => character.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: answer.type }));
    link.download = answer.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

// ---- what the controls say
const show = (value) => {
  if (!value || value.query === undefined) return;
  const before = now;
  if (value.words) {
    words = value.words;
    spoken = value.lang;
    relabel();
  }
  root.hidden = false;
  put(find(".note"), value.note);
  find(".note").hidden = !value.note;
  find(".body").hidden = !value.model;
  window.daeLesson = value.query;
  if (!value.model) return;
  now = value;
  if (before?.model !== now.model) showPoint(null);
  showKinds();
  put(find(".cloud-about"), say("cloud_about", now));
  window.daePaint(find(".own"), now.digit);
  window.daePaint(find(".spoilt"), now.noisy);
  put(find(".given figure:nth-child(1) figcaption"), say("clean"));
  put(find(".given figure:nth-child(2) figcaption"), say("batch_noisy"));
  showStar();
  root.dataset.star = JSON.stringify(now.overlay.stars[0] ?? null);
  showPoints();
  showSides();
  if (before?.model !== now.model || before?.sides[1].model !== now.sides[1].model || value.words) showWorth();
  if (before?.model !== now.model) showNothing();
  if (chosen !== null) (before?.model !== now.model ? pick(chosen) : interpolate());
  showBatch();
};

const extras = () => [wishedKind, wishedBeside, spoken];
const answered = async () => {
  const value = props.value;
  if (value?.query === undefined) return;
  window.daeAnswered(value.query);
  const turn = window.daeLive.turn;
  const asked = window.daeQuestion(value.query, value.lang, null, extras());
  const answer = window.daeHeard(await asking("live", asked));
  if (turn === window.daeLive.turn) window.daeShow(view, answer);
};
const view = { ask: (asked) => server.live(asked), show, extras };
window.daeViews.latent = view;
find(".grid-switch").checked = window.daeOpened.get("grid") === "1";
window.daeLinks.latent = () => {
  const beside = now?.sides[1].model ?? wishedBeside ?? "";
  return { plane: now?.kind ?? wishedKind, beside: window.daeIsOwn(beside) ? "" : beside, grid: find(".grid-switch").checked ? "1" : "" };
};
watch("value", answered);
answered();
