// One card per denoiser, reused from one answer to the next so that nothing flickers.
const find = (selector) => element.querySelector(selector);
const put = window.daePut;

const fresh = (tag) => {
  const card = document.createElement(tag);
  card.className = "card";
  const picture = document.createElement("img");
  picture.width = picture.height = 28;
  const name = document.createElement("h4"), about = document.createElement("p"), verdict = document.createElement("p");
  about.className = "about";
  verdict.className = "verdict";
  verdict.append("", document.createElement("b"), "");
  const figures = document.createElement("dl");
  for (let i = 0; i < 3; i++) {
    const line = document.createElement("div");
    line.append(document.createElement("dt"), document.createElement("dd"));
    figures.append(line);
  }
  card.append(picture, name, verdict, figures, about);
  return card;
};

const fill = (card, shown, reads) => {
  const [picture, name, verdict, figures, about] = card.children;
  if (picture.src !== shown.src) picture.src = shown.src;
  picture.alt = shown.alt;
  card.dataset.key = shown.key;
  put(name, shown.place ? `${shown.place}. ${shown.name}` : shown.name);
  put(about, shown.about);
  verdict.hidden = !shown.digit;
  put(verdict.childNodes[0], `${reads} `);
  put(verdict.childNodes[1], shown.digit);
  put(verdict.childNodes[2], ` ${shown.sure}`);
  verdict.classList.toggle("other", !shown.survived);
  shown.figures.forEach(([label, number], i) => {
    put(figures.children[i].children[0], label);
    put(figures.children[i].children[1], number);
  });
};

const list = (box, tag, cards, reads) => {
  while (box.children.length > cards.length) box.lastChild.remove();
  while (box.children.length < cards.length) box.append(fresh(tag));
  cards.forEach((shown, i) => fill(box.children[i], shown, reads));
};

let chosen = (window.daeOpened.get("compare") ?? "").split(",").filter(Boolean);
window.daeLinks.compare = () => ({ compare: chosen.join(",") });
const show = (value) => {
  if (!value || !value.cards) return;
  chosen = value.chosen;
  list(find(".given"), "div", value.given, value.reads);
  list(find(".cards"), "li", value.cards, value.reads);
  find(".missing").replaceChildren(...[...value.missing, value.empty].filter(Boolean).map((words) => {
    const line = document.createElement("p");
    line.textContent = words;
    return line;
  }));
  put(find(".note"), value.note);
  element.dataset.count = value.cards.length;
  window.daeLesson = value.query;
};
watch("value", window.daeJoin("compare", { show, hold: (value) => { chosen = value.chosen; }, extras: () => [chosen] }, () => props.value));
