// The Train tab. Names and titles may come from files: they only ever become text nodes.
const make = window.daeMake;
const put = window.daePut;
const langNow = () => (given.words[document.documentElement.lang] ? document.documentElement.lang : "en");
const say = (key, values = {}) => (given.words[langNow()][key] ?? given.words.en[key] ?? key)
  .replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const number = (value, digits) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const count = (value) => value.toLocaleString("en-US");
const part = (name) => element.querySelector(`.${name}`);

const own = {
  setup: null, settings: null, key: "", frame: null, facts: null, models: [], state: "idle", problem: null, told: "",
  asking: false, again: false, ticket: "", place: 0, describing: 0,
};

// The settings, by groups: how each is entered and when it has a meaning
const FIELDS = [
  ["network", [
    { name: "architecture", kind: "choice", wide: true },
    { name: "widths", kind: "widths", wide: true },
    { name: "latent_dim", kind: "whole" },
    { name: "activation", kind: "choice" },
    { name: "code_activation", kind: "choice" },
    { name: "output", kind: "choice" },
    { name: "sparsity", kind: "choice" },
    { name: "k", kind: "whole", when: (s) => s.sparsity === "topk" },
    { name: "fraction", kind: "number", step: 0.01, when: (s) => s.sparsity === "lifetime" },
    { name: "weight", kind: "number", step: 0.01, when: (s) => s.sparsity === "l1" || s.sparsity === "kl" },
    { name: "rho", kind: "number", step: 0.01, when: (s) => s.sparsity === "kl" },
    { name: "tied", kind: "check", when: (s) => s.architecture === "mlp" },
  ]],
  ["noise", [
    { name: "noise", kind: "choice", wide: true },
    { name: "low", kind: "level", when: (s) => s.noise !== "none" },
    { name: "high", kind: "level", when: (s) => s.noise !== "none" },
    { name: "clip", kind: "check", when: (s) => s.noise === "gaussian" },
  ]],
  ["learning", [
    { name: "loss", kind: "choice", wide: true },
    { name: "learning_rate", kind: "number", step: "any", free: true },
    { name: "batch_size", kind: "whole", free: true },
    { name: "seconds", kind: "number", step: 1 },
    { name: "seed", kind: "whole" },
  ]],
];
const boxes = {}; // field -> {label, words, input, field}
const spoken = []; // what is said anew when the language is switched
const speak = (write) => { spoken.push(write); write(); };

const rangeOf = (field) => {
  if (field.kind === "level") return [0, own.setup.levels[own.settings.noise] ?? 1];
  return own.setup.ranges[field.name] ?? [0, 1e9];
};
const choiceWord = (name, value) => {
  if (name === "noise") return value === "none" ? say("noise_plain") : say(`noise_${value}`);
  return say(`${name}_${value}`) === `${name}_${value}` ? say(`choice_${value}`) : say(`${name}_${value}`);
};

// What was entered; numbers outside their range become the nearest in it, except where a sentence explains more.
const readBox = (box) => {
  const { field, input } = box;
  if (field.kind === "check") return input.checked;
  if (field.kind === "choice") return input.value;
  if (field.kind === "widths") {
    const [, most, largest] = own.setup.widths[own.settings.architecture];
    const found = (input.value.match(/\d+/g) ?? []).map(Number).slice(0, most);
    return found.map((width) => Math.min(Math.max(width, 1), largest));
  }
  let value = Number.parseFloat(input.value);
  if (!Number.isFinite(value)) value = own.settings[field.name];
  if (field.kind === "whole") value = Math.round(value);
  const [low, high] = rangeOf(field);
  return field.free ? value : Math.min(Math.max(value, low), high);
};
const writeBox = (box) => {
  const { field, input } = box;
  const value = own.settings[field.name];
  if (field.kind === "check") input.checked = value;
  else input.value = field.kind === "widths" ? value.join(", ") : value;
  if (field.kind === "whole" || field.kind === "number" || field.kind === "level") {
    const [low, high] = rangeOf(field);
    input.min = low;
    input.max = high;
  }
};
const enter = (box) => {
  const before = own.settings, name = box.field.name;
  own.settings = { ...before, [name]: readBox(box) };
  if (name === "noise" && own.settings.noise !== "none") {
    const most = own.setup.levels[own.settings.noise];
    own.settings.high = Math.min(own.settings.high, most);
    own.settings.low = Math.min(own.settings.low, own.settings.high);
  }
  if (name === "low") own.settings.high = Math.max(own.settings.high, own.settings.low);
  if (name === "high") own.settings.low = Math.min(own.settings.low, own.settings.high);
  if (name === "architecture" && name in before && before.architecture !== own.settings.architecture) {
    own.settings.widths = own.settings.architecture === "conv" ? [16, 32] : [256];
    own.settings.tied = false;
  }
};
const changed = (box) => {
  enter(box);
  own.told = "";
  own.problem = null;
  settle();
};
const settle = () => {
  for (const box of Object.values(boxes)) {
    writeBox(box);
    box.label.hidden = box.field.when ? !box.field.when(own.settings) : false;
    box.input.disabled = own.state === "running";
  }
  start.value = own.settings.start;
  describe();
  draw();
};
const take = (settings) => {
  own.settings = { ...settings, seed: own.settings?.seed ?? settings.seed, seconds: own.settings?.seconds ?? settings.seconds };
  own.told = "";
  own.problem = null;
  settle();
};

// A link holds the recipe, and what was set otherwise.
const recipeOf = () => own.setup.recipes[recipe.value];
const asText = (value) => (Array.isArray(value) ? value.join("-") : typeof value === "boolean" ? `${+value}` : `${value}`);
const linkOf = () => ({
  recipe: recipe.value,
  train_start: own.settings.start,
  ...Object.fromEntries(Object.keys(boxes).map((name) => [
    `train_${name}`, asText(own.settings[name]) === asText(recipeOf()[name]) ? "" : asText(own.settings[name]) || "none",
  ])),
});
// Whether a link's text is one for this field; a number may be out of range.
const fits = ({ field }, text) => {
  if (field.kind === "choice") return own.setup.choices[field.name].includes(text);
  if (field.kind === "check") return text === "0" || text === "1";
  if (field.kind === "widths") return text === "none" || /^\d+([\s,-]+\d+)*$/.test(text);
  return text.trim() !== "" && Number.isFinite(Number(text));
};
const opened = () => {
  const asked = window.daeOpened;
  if (Object.hasOwn(own.setup.recipes, asked.get("recipe"))) recipe.value = asked.get("recipe");
  own.settings = { ...recipeOf() };
  if (Object.hasOwn(own.setup.weights, asked.get("train_start"))) own.settings.start = asked.get("train_start");
  for (const [name, box] of Object.entries(boxes)) {
    const text = asked.get(`train_${name}`), { input, field } = box;
    if (text === null || !fits(box, text)) continue;
    if (field.kind === "check") input.checked = text === "1";
    else input.value = text;
    enter(box);
  }
  settle();
};

const recipe = make("select", { id: "train-recipe" });
const start = make("select", { id: "train-start" });
const labelled = (key, input, kind = "wide") => {
  const words = make("span");
  speak(() => put(words, say(key)));
  return make("label", { class: kind }, words, input);
};
const buildForm = () => {
  for (const name of Object.keys(own.setup.recipes)) recipe.append(make("option", { value: name }, name));
  recipe.addEventListener("change", () => take(recipeOf()));
  const random = make("option", { value: "" });
  speak(() => put(random, say("start_random")));
  start.append(random, ...Object.keys(own.setup.weights).map((name) => make("option", { value: name }, name)));
  start.addEventListener("change", () => {
    const given = own.setup.weights[start.value];
    const network = given ? { ...given } : {};
    for (const name of ["noise", "low", "high", "clip", "loss", "learning_rate", "batch_size", "seed", "seconds"]) delete network[name];
    own.settings = { ...own.settings, ...network, start: start.value };
    own.told = "";
    settle();
  });
  const first = make("div", { class: "card" }, make("div", { class: "fields" }, labelled("recipe", recipe), labelled("start", start)));
  part("form").append(first);
  for (const [group, fields] of FIELDS) {
    const title = make("h3"), body = make("div", { class: "fields" });
    speak(() => put(title, say(`group_${group}`)));
    for (const field of fields) {
      let input;
      if (field.kind === "choice") {
        input = make("select", {});
        for (const value of own.setup.choices[field.name]) {
          const option = make("option", { value });
          speak(() => put(option, choiceWord(field.name, value)));
          input.append(option);
        }
      } else if (field.kind === "check") input = make("input", { type: "checkbox" });
      else if (field.kind === "widths") input = make("input", { type: "text", inputmode: "numeric", autocomplete: "off" });
      else input = make("input", { type: "number", step: field.step ?? (field.kind === "level" ? 0.05 : 1) });
      if (field.kind === "widths") speak(() => { input.placeholder = say("widths_example"); });
      input.id = `train-${field.name}`;
      const words = make("span");
      speak(() => put(words, say(field.name)));
      const label = make("label", { class: field.kind === "check" ? "check" : field.wide ? "wide" : "" });
      label.append(...(field.kind === "check" ? [input, words] : [words, input]));
      boxes[field.name] = { label, input, field };
      input.addEventListener("change", () => changed(boxes[field.name]));
      body.append(label);
    }
    part("form").append(make("div", { class: "card" }, title, body));
  }
};

// What follows from the settings
const describe = async () => {
  const turn = ++own.describing;
  let facts = null;
  try { facts = await server.describe({ settings: own.settings, key: own.key }); } catch { /* the next change asks again */ }
  if (turn !== own.describing || !facts) return;
  own.facts = facts;
  own.setup.digits = facts.digits;
  if (facts.drawing) part("drawing").innerHTML = facts.drawing; // made of our own words and of numbers
  draw();
};
const sentence = ([reason, values]) => {
  const named = { ...values };
  if (values.field) named.field = say(values.field);
  return say(`problem_${reason}`, named);
};

// The parts that show a run
const buttons = {};
const figures = {};
const FIGURES = ["steps", "left", "rate", "loss", "seen", "unseen", "lr"];
const STEP_FIGURES = ["before", "after", "gradient", "change"];
const buildShow = () => {
  const row = make("div", { class: "buttons" });
  for (const name of ["train", "stop", "continue", "restart", "new_seed", "step"]) {
    buttons[name] = make("button", { type: "button", class: name === "train" ? "main" : "", "data-do": name });
    speak(() => put(buttons[name], say(`do_${name}`)));
    row.append(buttons[name]);
  }
  const grid = (names) => {
    const list = make("dl", { class: "figures" });
    for (const name of names) {
      const term = make("dt");
      speak(() => put(term, say(`figure_${name}`)));
      figures[name] = make("dd", { "data-figure": name }, "–");
      list.append(make("div", {}, term, figures[name]));
    }
    return list;
  };
  const titled = (key, ...children) => {
    const title = make("h3");
    speak(() => put(title, say(key)));
    return make("div", { class: "card" }, title, ...children);
  };
  const rows = make("div", { class: "rows" });
  for (const name of ["clean", "noisy", "restored"]) {
    const words = make("span");
    const image = make("img", { class: `shown-${name}`, width: 224, height: 28, src: BLANK });
    speak(() => { put(words, say(`row_${name}`)); image.alt = say(`row_${name}`); });
    rows.append(words, image);
  }
  const features = make("img", { class: "shown-features", src: BLANK });
  speak(() => { features.alt = say("features"); });
  const about = make("p", { class: "quiet" });
  speak(() => put(about, say("features_about")));
  const network = titled("network_title", make("div", { class: "drawing" }), make("p", { class: "quiet counts" }));
  part("show").append(
    make("div", { class: "card" }, row),
    make("p", { class: "message", role: "alert" }),
    make("div", { class: "card" }, make("p", { class: "status", role: "status" }), make("progress", { max: 1, value: 0 }),
      make("div", { style: "height: 12px" }), grid(FIGURES), make("div", { class: "single", hidden: true }, make("div", { style: "height: 12px" }), grid(STEP_FIGURES))),
    make("div", { class: "pair" }, titled("curve", make("div", { class: "chart" }), make("div", { class: "legend" })), network),
    make("div", { class: "pair" }, titled("digits", rows), titled("features", features, make("div", { style: "height: 8px" }), about)),
  );
  buttons.train.addEventListener("click", () => go("new"));
  buttons.restart.addEventListener("click", () => go("restart"));
  buttons.continue.addEventListener("click", () => go("continue"));
  buttons.step.addEventListener("click", () => go("step"));
  buttons.new_seed.addEventListener("click", () => {
    own.settings = { ...own.settings, seed: Math.floor(Math.random() * 1e6) };
    settle();
    go("new");
  });
  buttons.stop.addEventListener("click", () => {
    own.ticket = "";
    own.state = "stopping";
    trigger("stop");
    draw();
  });
};
const BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

const IDLE = 15; // seconds at the head of the line after which nothing comes any more
const go = async (mode) => {
  const before = own.state;
  own.state = "waiting";
  own.told = "";
  own.problem = null;
  own.place = 0;
  own.ticket = `${Math.random()}`.slice(2);
  draw();
  const ticket = own.ticket, waits = () => own.ticket === ticket && own.state === "waiting";
  // Whoever has to wait sees the place in the line. Nothing comes of it where the line is full.
  for (let idle = 0, place; waits(); draw()) {
    const begun = place !== undefined;
    if (begun) await new Promise((done) => setTimeout(done, 1000));
    if (!waits()) break;
    try { place = await server.waiting({ ticket }); } catch { place ??= 0; /* asked again */ }
    if (!waits()) break;
    idle = place === 0 ? idle + 1 : 0;
    if (place === null || idle > IDLE) {
      Object.assign(own, { ticket: "", state: before, told: say("busy") });
    } else {
      own.place = place;
      if (!begun) trigger("train", { mode, settings: own.settings, key: own.key });
    }
  }
};

// There is news of a run: fetch what there is to see, one question at a time.
const look = async () => {
  if (own.asking) { own.again = true; return; }
  own.asking = true;
  try {
    const key = own.key, frame = key ? await server.frame({ key }) : null;
    if (frame && key === own.key) {
      const isOver = !["waiting", "running"].includes(frame.state);
      // While one waits in line or for the end, the other kind of frame is of what was before.
      if (own.state !== (isOver ? "waiting" : "stopping")) own.state = isOver ? frame.state : "running";
      if (frame.problem) own.problem = frame.problem;
      const isOther = frame.planned !== own.frame?.planned || frame.state !== own.frame?.state;
      own.frame = frame;
      if (isOther) describe(); // the script has other steps now
    } else if (!frame && key === own.key) { // stopped before there was any, or the server has let it go
      own.key = "";
      if (own.state === "stopping") own.state = "idle";
    }
  } catch { /* the next news asks again */ }
  const begun = performance.now();
  draw();
  // A slow browser draws less often, and keeps time for the visitor.
  await new Promise((done) => setTimeout(done, Math.max(30, 3 * (performance.now() - begun))));
  own.asking = false;
  if (own.again) { own.again = false; look(); }
};
const heard = () => {
  const news = props.value;
  if (!news || typeof news !== "object" || !own.setup) return;
  if (news.left) { window.daeTell("left"); return; }
  const before = own.models, keys = (list) => `${list.map((model) => model.key)}`;
  own.models = news.models ?? [];
  if (keys(before) !== keys(own.models)) trigger("offer");
  if (news.refused !== undefined) own.told = `${say("refused")} ${langNow() === "en" ? news.refused : ""}`;
  if (news.loaded) own.told = say("loaded");
  if (news.aside) { drawModels(); draw(); return; }
  own.ticket = "";
  if (news.starting || own.state === "waiting") own.state = "running";
  if (news.problem) { own.problem = news.problem; own.state = "idle"; }
  const was = own.key;
  own.key = news.problem?.[0] === "gone" ? "" : news.key || own.key;
  drawModels();
  if (!news.problem && !news.starting) look();
  else draw();
  if (was !== own.key) describe();
};

// Chart: mean squared error over the steps, both lines and the two to compare with; the error's axis is logarithmic.
const WIDTH = 620, HEIGHT = 250, LEFT = 52, RIGHT = 8, TOP = 10, BOTTOM = 26;
const chart = (frame) => {
  const points = frame.curve;
  const rules = [["nothing", frame.nothing], ["best", frame.best?.[1]]].filter(([, y]) => y > 0);
  const values = [...points.flatMap(([, seen, unseen]) => [seen, unseen]), ...rules.map(([, y]) => y)].filter((y) => y > 0);
  const low = Math.log10(Math.min(...values, 0.02) * 0.85), high = Math.log10(Math.max(...values, 0.1) * 1.15);
  const last = Math.max(frame.planned ?? 1, points.at(-1)?.[0] ?? 1);
  const x = (step) => LEFT + step / last * (WIDTH - LEFT - RIGHT);
  const y = (value) => TOP + (high - Math.log10(value)) / (high - low) * (HEIGHT - TOP - BOTTOM);
  const svg = make("svg:svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": say("curve_alt", { unseen: number(frame.unseen, 4) }) });
  for (const tick of [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]) {
    if (Math.log10(tick) < low || Math.log10(tick) > high) continue;
    svg.append(make("svg:line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) }));
    svg.append(make("svg:text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, `${tick}`));
  }
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    svg.append(make("svg:text", { x: x(share * last), y: HEIGHT - 6, "text-anchor": anchor }, count(Math.round(share * last))));
  }
  for (const [name, value] of rules) svg.append(make("svg:line", { class: name, x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }));
  for (const [name, place] of [["seen", 1], ["unseen", 2]]) {
    const line = points.filter((point) => point[place] > 0).map((point) => `${x(point[0]).toFixed(1)},${y(point[place]).toFixed(1)}`);
    svg.append(make("svg:polyline", { class: name, points: line.join(" "), "data-points": line.length }));
  }
  part("chart").replaceChildren(svg);
  const entries = [["seen", say("line_seen")], ["unseen", say("line_unseen")]];
  if (frame.nothing > 0) entries.push(["nothing", `${say("line_nothing")}: ${number(frame.nothing, 4)}`]);
  if (frame.best) entries.push(["best", `${say("line_best", { name: frame.best[0] })}: ${number(frame.best[1], 4)}`]);
  part("legend").replaceChildren(...entries.map(([name, words]) => make("span", {}, make("i", { class: name }), words)));
};

const isBusy = () => ["waiting", "running", "stopping"].includes(own.state);
const draw = () => {
  if (!own.setup) return;
  const { frame, facts } = own;
  const busy = isBusy();
  const begun = !!own.key && !!frame && frame.curve.length > 0;
  const problem = own.problem ?? facts?.problem ?? null;
  buttons.train.disabled = busy || !!facts?.problem;
  buttons.stop.disabled = own.state !== "running" && own.state !== "waiting";
  buttons.continue.disabled = busy || !begun;
  buttons.restart.disabled = busy || !begun || !!facts?.problem;
  buttons.new_seed.disabled = busy || !!facts?.problem;
  buttons.step.disabled = busy || !!facts?.problem;
  put(part("message"), own.told || (problem ? sentence(problem) : ""));
  for (const box of Object.values(boxes)) box.input.disabled = busy;
  recipe.disabled = start.disabled = busy;
  const wrong = facts?.problem?.[0];
  for (const [name, reason] of [["learning_rate", "learning_rate"], ["batch_size", "batch"]]) {
    boxes[name].input.setAttribute("aria-invalid", wrong === reason);
  }
  if (facts && !facts.problem) {
    const kept = facts.compression === null ? "" : say("compression_ratio", { ratio: number(facts.compression, facts.compression < 10 ? 2 : 1) });
    put(part("counts"), `${say("parameters", { count: count(facts.parameters) })} ${kept}`);
    put(element.querySelector("pre"), facts.script);
    put(part("script-note"), say(facts.script_note[0], Object.fromEntries(Object.entries(facts.script_note[1]).map(([name, value]) => [name, count(value)]))));
  }
  const digits = frame?.digits ?? own.setup.digits; // those of the run that is shown
  put(part("data"), say(digits.everything ? "data_everything" : "data_embedded", { seen: count(digits.seen), unseen: count(digits.unseen) }));
  part("fetch").hidden = own.setup.digits.everything;
  element.dataset.state = own.state;
  let status = say(`state_${own.state}`);
  if (own.state === "waiting" && own.place > 0) status = say("in_line", { count: own.place });
  put(part("status"), status);
  element.dataset.shows = frame?.step === undefined ? "settings" : "run";
  if (!frame && facts && !facts.problem) { // what the network will be given
    for (const name of ["clean", "noisy"]) part(`shown-${name}`).src = facts.pixels[name];
    chart({ curve: [], planned: facts.steps, nothing: facts.nothing });
  }
  if (!frame) return;
  part("status").title = frame.title;
  element.querySelector(".show progress").value = frame.fraction ?? 0;
  chart(frame);
  if (frame.step === undefined) return;
  const left = Math.max(0, frame.seconds * (1 - (frame.fraction ?? 0)));
  put(figures.steps, frame.planned ? `${count(frame.step)} / ${count(frame.planned)}` : count(frame.step));
  put(figures.left, busy ? `${number(left, 0)} s` : "–");
  put(figures.rate, frame.rate ? count(Math.round(frame.rate)) : "–");
  put(figures.loss, number(frame.training_loss, 4));
  put(figures.seen, number(frame.error, 4));
  put(figures.unseen, number(frame.unseen, 4));
  put(figures.lr, frame.learning_rate.toPrecision(2));
  part("single").hidden = !frame.numbers || busy;
  if (frame.numbers) {
    put(figures.before, number(frame.numbers.loss, 5));
    put(figures.after, number(frame.numbers.loss_after, 5));
    put(figures.gradient, frame.numbers.gradient.toPrecision(3));
    put(figures.change, frame.numbers.change.toPrecision(3));
  }
  for (const name of ["clean", "noisy", "restored"]) part(`shown-${name}`).src = frame.pixels[name];
  part("shown-features").src = frame.features;
};

// The visitor's networks, the script, and the digits
const buildBelow = () => {
  const titled = (key) => { const title = make("h3"); speak(() => put(title, say(key))); return title; };
  const gone = make("p", { class: "quiet" });
  speak(() => put(gone, say("yours_about")));
  const fetch = make("button", { type: "button", class: "small fetch" });
  speak(() => put(fetch, say("fetch")));
  fetch.addEventListener("click", () => fetching(true));
  const copy = make("button", { type: "button", class: "small copy" });
  speak(() => put(copy, say("code_copy")));
  copy.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(own.facts?.script ?? ""); put(copy, say("code_copied")); } catch { put(copy, say("code_by_hand")); }
    setTimeout(() => put(copy, say("code_copy")), 3000);
  });
  const summary = make("summary");
  speak(() => put(summary, say("code")));
  part("below").append(
    make("div", { class: "card yours" }, titled("yours"), make("div", { class: "scroll", tabindex: 0 }), make("div", { style: "height: 8px" }), gone),
    make("div", { class: "card" }, make("div", { class: "head", style: "margin: 0" }, make("p", { class: "data" }), make("p", { class: "fetched quiet", role: "status" }), fetch)),
    make("details", { class: "card code-card" }, summary, make("div", { class: "head" }, make("p", { class: "quiet script-note" }), copy), make("pre", { tabindex: 0 })),
  );
};
const drawModels = () => {
  const heads = ["name", "settings", "parameters", "steps", "time", "seed", "mse", "nothing", "digits"];
  const numeric = new Set(["parameters", "steps", "time", "seed", "mse", "nothing"]);
  const box = element.querySelector(".yours .scroll");
  if (!own.models.length) { box.replaceChildren(make("p", { class: "quiet" }, say("yours_none"))); return; }
  const table = make("table");
  const titles = heads.map((name) => make("th", { scope: "col", class: numeric.has(name) ? "number" : "" }, say(`head_${name}`)));
  titles.splice(1, 0, make("td"));
  table.append(make("thead", {}, make("tr", {}, ...titles)));
  const body = make("tbody");
  for (const model of own.models) {
    const cells = {
      settings: model.title, parameters: count(model.parameters), steps: count(model.steps), time: `${number(model.seconds, 1)} s`,
      seed: model.seed, mse: number(model.mse, 4), nothing: number(model.nothing, 4), digits: model.digits,
    };
    const get = make("button", { type: "button", class: "small get" }, say("download"));
    get.addEventListener("click", () => download(model.key));
    const drop = make("button", { type: "button", class: "small drop" }, say("remove"));
    drop.addEventListener("click", () => trigger("remove", { key: model.key }));
    body.append(make("tr", {}, make("th", { scope: "row" }, say("your_model", { number: model.number })), make("td", {}, get, drop),
      ...heads.slice(1).map((name) => make("td", { class: numeric.has(name) ? "number" : "" }, cells[name]))));
  }
  table.append(body);
  box.replaceChildren(table);
};
const download = async (key) => {
  let file = null;
  try { file = await server.file({ key }); } catch { /* told below */ }
  if (!file) { own.told = say("no_file"); draw(); return; }
  const bytes = Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0));
  const link = make("a", { href: URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" })), download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
};
const fetching = async (begin) => {
  const button = part("fetch");
  button.disabled = true;
  let answer = null;
  try { answer = await server.fetching({ start: begin }); } catch { /* told below */ }
  const state = answer?.state ?? "failed";
  put(part("fetched"), state === "running" ? say("fetching", { percent: Math.round(100 * answer.fraction) }) : state === "none" ? "" : say(`fetch_${state}`));
  if (state === "running") setTimeout(() => fetching(false), 500);
  else {
    button.disabled = false;
    if (state === "done") settle();
  }
};

const open = async () => {
  let setup = null;
  while (!setup) {
    setup = await server.setup({}).catch(() => null);
    if (!setup) await new Promise((done) => setTimeout(done, 2000));
  }
  own.setup = setup;
  buildForm();
  buildShow();
  buildBelow();
  drawModels();
  opened();
  window.daeLinks.train = linkOf;
  // What goes with the server.
  window.daeMine = () => own.models[0]?.key;
  window.daeTrained = () => ({ owned: own.models.length > 0 || isBusy() });
  element.dataset.ready = "true";
  heard();
};
watch("value", heard);
new MutationObserver(() => {
  for (const write of spoken) write();
  if (own.setup) { drawModels(); draw(); }
}).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
open();
