// Patches the pictures in place: no flicker, no jump, and screen readers keep their place.
const find = (selector) => element.querySelector(selector);
const put = (node, words) => { if (node && node.textContent !== words) node.textContent = words; };

const picture = (selector, shown) => {
  const image = find(selector);
  if (!image || !shown) return;
  if (image.src !== shown.src) image.src = shown.src;
  image.alt = shown.alt;
};

const show = () => {
  const value = props.value;
  if (!value || !value.pictures) return;
  for (const [part, shown] of Object.entries(value.pictures)) {
    picture(`figure[data-part=${part}] img`, shown);
    put(find(`figure[data-part=${part}] .word`), shown.word);
    const copy = find(`.mini [data-copy=${part}]`);
    if (copy) copy.src = shown.src;
    const list = find(`figure[data-part=${part}] .figures`);
    if (list && shown.figures) {
      while (list.children.length < shown.figures.length) {
        const row = document.createElement("div");
        row.append(document.createElement("dt"), document.createElement("dd"));
        list.append(row);
      }
      shown.figures.forEach(([name, number], i) => {
        put(list.children[i].firstChild, name);
        put(list.children[i].lastChild, number);
      });
    }
  }
  for (const [part, said] of Object.entries(value.verdicts)) {
    const line = find(`figure[data-part=${part}] .verdict`);
    if (!line.firstChild) line.append("", document.createElement("b"), "");
    const [before, digit, after] = line.childNodes;
    put(before, `${said.label} `);
    put(digit, said.digit);
    put(after, ` ${said.sure}`);
    digit.className = said.digit === value.verdicts.clean.digit ? "" : "other";
    line.title = value.verdict_about;
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
  value.path.forEach((shown, i) => {
    const [image, number, word] = list.children[i].children;
    if (image.src !== shown.src) image.src = shown.src;
    image.alt = shown.alt;
    put(number, shown.psnr);
    put(word, shown.word);
  });
  put(find(".too_little"), value.too_little);
  put(find(".too_much"), value.too_much);
  find(".legend").title = value.error_scale;
  const strip = value.strip;
  put(find(".strip h3"), strip.title);
  put(find(".strip .caption"), strip.caption);
  picture("[data-part=strip_noisy]", strip.noisy);
  picture("[data-part=strip_restored]", strip.restored);
  const plot = find(".plot");
  if (plot.dataset.drawn !== strip.plot) {
    plot.innerHTML = strip.plot; // an SVG of numbers that the server drew
    plot.dataset.drawn = strip.plot;
  }
  const axis = find(".axis");
  if (axis.dataset.levels !== strip.levels.join()) {
    axis.dataset.levels = strip.levels.join();
    axis.replaceChildren(...strip.levels.map((level) => {
      const label = document.createElement("span");
      label.textContent = level;
      return label;
    }));
  }
  const here = find(".here");
  here.style.left = `${100 * strip.here / strip.levels.length}%`;
  here.style.width = `${100 / strip.levels.length}%`;
  element.dataset.level = value.level;
  element.dataset.shown = value.key;
  element.querySelectorAll(".strip, .figures, .verdict, [data-part=error]").forEach((node) => {
    const name = node.dataset.part === "error" ? "error" : node.classList[0];
    node.hidden = value.hide.includes(name);
  });
  window.daeLesson = value.query;
  document.documentElement.lang = value.lang;
  window.daeFirstLang ??= value.lang;
};

find(".levels").addEventListener("click", (event) => {
  const levels = props.value?.strip?.levels;
  if (!levels) return;
  const box = find(".tiles").getBoundingClientRect();
  const index = Math.floor((event.clientX - box.left) / box.width * levels.length);
  if (index >= 0 && index < levels.length) trigger('level', { level: levels[index] });
});

// On a narrow screen the controls are below: small copies stay in sight while they are used.
const away = (entries) => find(".mini").classList.toggle("shown",
  !entries.at(-1).isIntersecting && entries.at(-1).boundingClientRect.bottom < 0 && element.offsetParent !== null);
new IntersectionObserver(away).observe(find(".pictures"));

watch('value', show);
show();
