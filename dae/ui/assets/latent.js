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
// A visitor's own network keeps its name when its training goes on: the version tells what was before.
const network = (side) => ({ model: side.model, version: side.version });
const current = () => network(now.sides[0]); // of the large plane and all that is picked on it
const isCurrent = (asked) => asked.model === now.model && asked.version === now.sides[0].version;
const describe = (selector, words) => find(selector).setAttribute("aria-label", words);
const note = (words) => {
  put(find(".note"), words);
  find(".note").hidden = !words;
};

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
const sayDecoded = (key) => {
  put(find(".decoded figcaption"), say(key));
  describe(".decoded canvas", say(key));
};
const decodeLive = async (x, y) => {
  place = { ...current(), kind: now.kind, x, y };
  if (decoding) return;
  decoding = true;
  while (place) {
    const asked = place;
    place = null;
    const answer = await asking("decode", asked);
    if (!answer || !isCurrent(asked) || asked.kind !== now.kind) continue;
    window.daePaint(find(".decoded canvas"), answer.pixels);
    sayDecoded(answer.digit === undefined ? "decoded" : "decoded_tsne");
    root.dataset.decoded = ++decoded;
  }
  decoding = false;
};

const pick = async (index) => {
  chosen = index;
  const asked = { ...current(), index };
  const [answer] = await Promise.all([asking("point", asked), interpolate()]);
  if (answer && isCurrent(asked) && chosen === index) showPoint(answer);
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
  describe(".picked-clean", `${say("clean")}: ${say("picked", answer)}`);
  describe(".picked-restored", `${say("reconstruction")}: ${say("picked", answer)}`);
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

let between = 0, crossed = 0; // how often it was asked, and which of the answers is shown
const interpolate = async () => {
  if (chosen === null) return;
  const turn = ++between, asked = { ...lesson(), ...current(), index: chosen };
  const answer = await asking("between", asked);
  if (!answer || !isCurrent(asked) || chosen !== asked.index || turn < crossed) return;
  crossed = turn;
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
const small = every(".one").map((node) => ({ node, plane: plane(node), drawn: "" }));

// ---- points and grid
let drawn = "";
const showPoints = async () => {
  const asked = { ...current(), kind: now.kind }, key = JSON.stringify(asked);
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
  const answer = wanted ? await once("grid", { ...current(), kind: now.kind }) : null;
  if (key !== drawn) return;
  large.set({ background: answer || "" });
  showStar();
};
const showStar = () => large.set({ overlay: { ...now.overlay, dim: Boolean(large.held.background) } });

// ---- t-SNE on request
let waiting = null;
const followTsne = async (start) => {
  clearTimeout(waiting);
  const asked = current(), status = find(".missing span");
  if (!start) return put(status, say("tsne_missing"));
  const answer = await asking("tsne", asked);
  if (!isCurrent(asked) || now.kind !== "tsne") return;
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
  const answer = await once("points", { ...network(side), kind: "pca" });
  if (!answer || now.sides[i] !== side) return;
  const key = JSON.stringify([network(side), side.extent]);
  if (small[i].drawn !== key) {
    small[i].drawn = key;
    own.set({ points: { ...answer.points, extent: side.extent }, value: null });
  }
  own.set({ overlay: side.overlay });
  node.dataset.cloud = side.overlay.clouds[0].xy;
  const facts = await once("facts", network(side));
  if (!facts || now.sides[i] !== side) return;
  const measured = facts.drift.map((each) => `${each.noise}: ${each.drift}`).join(", ");
  put(node.querySelector(".all"), measured ? `${say("drift_gallery")}: ${measured}` : "");
});

let judged = 0;
const showWorth = async () => {
  const sides = [...new Map(now.sides.map((side) => [side.model, side])).values()], turn = ++judged;
  const found = await Promise.all(sides.map((side) => once("facts", { ...network(side), lang: now.lang })));
  if (turn !== judged) return;
  const rows = found.flatMap((facts, i) => (facts?.codes ?? []).map((record) => [sides[i].label, record.input, ...record.figures]));
  find(".worth").hidden = !rows.length;
  find(".worth tbody").replaceChildren(...rows.map((cells) => {
    const line = document.createElement("tr");
    line.append(...cells.map((cell) => Object.assign(document.createElement("td"), { textContent: cell })));
    return line;
  }));
};

const showNothing = async () => {
  const asked = current(), facts = await once("facts", { ...asked, lang: now.lang });
  if (!isCurrent(asked)) return;
  find(".vae").hidden = !facts?.variational;
  if (!facts?.variational) return;
  const drawing = seed;
  const [drawnNow, manifold] = await Promise.all([asking("sampled", { ...asked, seed }), once("manifold", asked)]);
  if (!isCurrent(asked)) return;
  if (drawnNow && drawing === seed) find(".samples").src = drawnNow.src;
  if (manifold) find(".manifold").src = manifold.src;
};
find(".resample").addEventListener("click", async () => {
  const asked = { ...current(), seed: ++seed }, answer = await asking("sampled", asked);
  if (answer && isCurrent(asked) && asked.seed === seed) find(".samples").src = answer.src;
});

// ---- the codes of a batch, while they are looked at
let batching = null;
const showBatch = () => {
  clearTimeout(batching);
  if (!find(".batch").open) return;
  batching = setTimeout(async () => {
    const asked = now, answer = await asking("batch", { ...lesson(), ...current() });
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
  for (const node of every("[data-label]")) {
    const label = node.dataset.label.split(" ").map((key) => say(key)).join(": ");
    node.setAttribute(node.localName === "img" ? "alt" : "aria-label", label);
  }
  const labels = Object.fromEntries(["canvas", "legend", "zoom", "zoom_in", "zoom_out", "zoom_reset", "nearest"].map((key) => [key, say(key)]));
  for (const each of [large, ...small.map((one) => one.plane)]) each.set({ labels });
  find(".kinds").setAttribute("aria-label", say("kinds"));
  sayDecoded("decoded");
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
    const answer = await asking("figure", { ...lesson(), ...current(), kind: now.kind, format: button.dataset.format });
    button.disabled = false;
    note(answer ? now.note : say("no_answer"));
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
  note(value.note);
  find(".body").hidden = !value.model;
  window.daeLesson = value.query;
  if (!value.model) return;
  now = value;
  const isOther = !before || !isCurrent(network(before.sides[0]));
  const areOthers = isOther || JSON.stringify(network(before.sides[1])) !== JSON.stringify(network(now.sides[1]));
  if (isOther) showPoint(null);
  showKinds();
  put(find(".cloud-about"), say("cloud_about", now));
  window.daePaint(find(".own"), now.digit);
  window.daePaint(find(".spoilt"), now.noisy);
  describe(".own", `${say("clean")}: ${now.what}`);
  describe(".spoilt", `${say("batch_noisy")}: ${now.noise}`);
  put(find(".given figure:nth-child(1) figcaption"), say("clean"));
  put(find(".given figure:nth-child(2) figcaption"), say("batch_noisy"));
  showStar();
  root.dataset.star = JSON.stringify(now.overlay.stars[0] ?? null);
  showPoints();
  showSides();
  if (areOthers || value.words) showWorth();
  if (isOther) showNothing();
  if (chosen !== null) (isOther ? pick(chosen) : interpolate());
  showBatch();
};

const extras = () => [wishedKind, wishedBeside, spoken];
const answered = async () => {
  const value = props.value;
  if (!window.daeAnswered(value)) return;
  const turn = window.daeLive.turn;
  const asked = window.daeQuestion(value.query, value.lang, null, extras());
  const answer = window.daeHeard(await asking("live", asked));
  if (turn === window.daeLive.turn) window.daeShow(view, answer);
};
const view = { ask: (asked) => server.live(asked), show, extras };
window.daeViews.latent = view;
find(".grid-switch").checked = window.daeOpened.get("grid") === "1";
window.daeLinks.latent = () => ({
  plane: now?.kind ?? wishedKind, beside: now?.sides[1].model ?? wishedBeside, grid: find(".grid-switch").checked ? "1" : "",
});
watch("value", answered);
answered();
