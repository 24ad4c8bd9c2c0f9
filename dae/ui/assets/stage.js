// Patches the pictures in place: no flicker, no jump, and screen readers keep their place.
const find = (selector) => element.querySelector(selector);
const put = window.daePut;

const picture = (selector, each) => {
  const image = find(selector);
  if (!image || !each) return;
  if (image.src !== each.src) image.src = each.src;
  if (image.alt !== each.alt) image.alt = each.alt;
};

const showStrip = (strip, key) => {
  placed = { levels: strip.levels, key };
  put(find(".strip h3"), strip.title);
  put(find(".strip .caption"), strip.caption);
  picture("[data-part=strip_noisy]", strip.noisy);
  picture("[data-part=strip_restored]", strip.restored);
  const drawn = find(".plot .drawn");
  if (drawn.dataset.plot !== strip.plot) {
    drawn.innerHTML = strip.plot; // an SVG of numbers that the server drew
    drawn.dataset.plot = strip.plot;
  }
  const axis = find(".axis");
  if (axis.dataset.levels === strip.levels.join()) return;
  axis.dataset.levels = strip.levels.join();
  axis.replaceChildren(...strip.levels.map((level) => {
    const label = document.createElement("span");
    label.textContent = level;
    return label;
  }));
};

// The present level's tile, and its place on the curve: the levels are evenly spaced, each in the middle of its tile.
const showLevel = (level) => {
  const { levels } = placed, step = levels[1] - levels[0] || 1;
  const at = (level - levels[0]) / step;
  const here = find(".here"), line = find(".at");
  here.style.left = `${100 * Math.min(levels.length - 1, Math.max(0, Math.round(at))) / levels.length}%`;
  here.style.width = `${100 / levels.length}%`;
  line.style.left = `${100 * (at + 0.5) / levels.length}%`;
};

let shown = null; // the value that is in place
let placed = { levels: [0, 1], key: null }; // the strip that is in place
const mini = find(".mini");
const showCopies = () => {
  if (!shown || !mini.classList.contains("shown")) return;
  for (const copy of mini.children) {
    const picture = shown.pictures[copy.dataset.copy];
    copy.hidden = !picture;
    if (picture) window.daePaint(copy, picture.pixels);
  }
};
const show = (value) => {
  if (!value || !value.pictures) return;
  shown = value;
  for (const [part, each] of Object.entries(value.pictures)) {
    const canvas = find(`figure[data-part=${part}] canvas`);
    window.daePaint(canvas, each.pixels);
    if (canvas.ariaLabel !== each.alt) canvas.setAttribute("aria-label", each.alt);
    const list = find(`figure[data-part=${part}] .figures`);
    if (list && each.figures) {
      while (list.children.length < each.figures.length) {
        const row = document.createElement("div");
        row.append(document.createElement("dt"), document.createElement("dd"));
        list.append(row);
      }
      each.figures.forEach(([name, number], i) => {
        put(list.children[i].firstChild, name);
        put(list.children[i].lastChild, number);
      });
    }
  }
  for (const [part, word] of Object.entries(value.words)) {
    put(find(`figure[data-part=${part}] .word`), word);
    const said = value.verdicts[part], line = find(`figure[data-part=${part}] .verdict`);
    if (!said) { line?.replaceChildren(); continue; }
    if (!line.firstChild) line.append("", document.createElement("b"), "");
    const [before, digit, after] = line.childNodes;
    put(before, `${said.label} `);
    put(digit, said.digit);
    put(after, ` ${said.sure}`);
    digit.className = said.digit === value.verdicts.clean.digit ? "" : "other";
    if (line.title !== value.verdict_about) line.title = value.verdict_about;
  }
  put(find(".what"), value.what);
  const path = find(".path");
  path.hidden = !value.path.length;
  put(path.querySelector("h3"), value.path_title);
  const list = path.querySelector("ol");
  while (list.children.length > value.path.length) list.lastChild.remove();
  while (list.children.length < value.path.length) {
    const step = document.createElement("li");
    step.append(document.createElement("img"), document.createElement("b"), document.createElement("span"));
    list.append(step);
  }
  value.path.forEach((step, i) => {
    const [image, number, word] = list.children[i].children;
    if (image.src !== step.src) image.src = step.src;
    image.alt = step.alt;
    put(number, step.psnr);
    put(word, step.word);
  });
  put(find(".too_little"), value.too_little);
  put(find(".too_much"), value.too_much);
  if (find(".legend").title !== value.error_scale) find(".legend").title = value.error_scale;
  if (value.strip) showStrip(value.strip, value.strip_key);
  showLevel(value.level);
  put(find(".lacks"), value.lacks);
  element.dataset.lacks = value.loading ? "loading" : value.lacks ? "network" : "";
  element.dataset.level = value.level;
  if (!value.loading) element.dataset.shown = value.key;
  element.querySelectorAll(".strip, .figures, .verdict, [data-part=error]").forEach((node) => {
    const name = node.dataset.part === "error" ? "error" : node.classList[0];
    if (node.hidden !== value.hide.includes(name)) node.hidden = !node.hidden;
  });
  showCopies();
  window.daeLesson = value.query;
  if (document.documentElement.lang !== value.lang) document.documentElement.lang = value.lang;
  window.daeFirstLang ??= value.lang;
};

find(".levels").addEventListener("click", (event) => {
  if (!shown || placed.key === null) return;
  const { levels } = placed;
  const box = find(".tiles").getBoundingClientRect();
  const index = Math.floor((event.clientX - box.left) / box.width * levels.length);
  if (index >= 0 && index < levels.length) window.daeSetLevel(levels[index]);
});

// On a narrow screen the controls are below: small copies stay in sight while they are used.
const away = (entries) => {
  mini.classList.toggle("shown",
    !entries.at(-1).isIntersecting && entries.at(-1).boundingClientRect.bottom < 0 && element.offsetParent !== null);
  showCopies();
};
new IntersectionObserver(away).observe(find(".pictures"));

// Whoever is at the slider will move it: the levels around are fetched, as many at once as the server gives,
// the nearest first, until all are there. Then the slider shows what it passes at once, however far away the server is.
const film = { key: null, frames: new Map(), filling: false, until: 0 };
const slider = () => document.querySelector("#level input[type=range]");
const fill = async () => {
  film.until = performance.now() + 3000;
  if (film.filling) return;
  film.filling = true;
  try {
    while (shown && !shown.path.length && element.offsetParent !== null) {
      const attended = document.querySelector("#level:hover, #level:focus-within") || performance.now() < film.until;
      const key = shown.strip_key, now = Number(slider().value), { max, step } = slider();
      if (film.key !== key) { film.key = key; film.frames.clear(); }
      const missing = Array.from({ length: Math.round(max / step) + 1 }, (_, i) => Number((i * step).toFixed(2)))
        .filter((level) => !film.frames.has(level))
        .sort((a, b) => Math.abs(a - now) - Math.abs(b - now));
      if (!missing.length || !attended || !key) break;
      const asked = { query: shown.query, lang: shown.lang, drawing: null, extras: [missing] };
      const frames = (await window.daeAsk("film", asked))?.frames ?? [];
      if (!frames.length) break;
      for (const frame of frames) if (frame.strip_key === film.key) film.frames.set(frame.level, frame);
    }
  } catch { /* The server is gone or busy: the slider asks as it moves. */ }
  film.filling = false;
};
for (const event of ["pointerover", "focusin", "input"]) {
  document.addEventListener(event, ({ target }) => { if (target.closest?.("#level")) fill(); });
}

const view = {
  show,
  recall: (level) => (shown && !shown.path.length && film.key === shown.strip_key ? film.frames.get(Number(level)) : null),
  extras: (complete) => [complete],
  incomplete: () => Boolean(shown?.strip_key) && shown.strip_key !== placed.key,
  partial: true,
};
watch("value", window.daeJoin("denoise", view, () => props.value));
