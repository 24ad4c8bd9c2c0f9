// What a "?" opens: a term's sentence, its formula and its picture, in a popover beside the button.
import { render } from "preact";
import { endWith } from "../address.js";
import { glossary, wanted } from "../glossary.js";
import { state } from "../page.js";
import { language, t } from "../words.js";
import { html, style, useEffect, useState } from "./html.js";
import { Picture } from "./picture.js";
import { CURVES, Curve, PICTURES } from "./term-pictures.js";

/** @typedef {import("../glossary.js").Entry} Entry */

const GAP = 6; // pixels between the button and the card
const EDGE = 8; // and between the card and the window's edge

/** @type {HTMLElement | null} */
let card = null;
/** @type {HTMLElement | null} */
let opener = null;
/** The open card's button where a press begins: the press itself closes the card before it becomes a click. @type {HTMLElement | null} */
let pressed = null;
addEventListener(
  "pointerdown",
  () => {
    pressed = card?.matches(":popover-open") ? opener : null;
  },
  true,
);

function theCard() {
  if (!card) {
    card = Object.assign(document.createElement("div"), {
      className: "term-card",
      popover: "auto",
      tabIndex: -1,
    });
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-labelledby", "term-name");
    card.setAttribute("aria-describedby", "term-text");
    document.body.append(card);
  }
  return card;
}

const close = () => card?.hidePopover();

/** To the term among all the others. @param {MouseEvent} event @param {string} term */
function toAll(event, term) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  close();
  state.set({ tab: "about" });
  endWith(`#term-${term}`);
  wanted.value = term;
}

/** @param {{ term: string }} props */
function Pictures({ term }) {
  const { count, make } = PICTURES[term];
  const [shown, setShown] = useState(/** @type {import("./term-pictures.js").Shown[]} */ ([]));
  useEffect(() => {
    let isCurrent = true;
    make().then(
      (found) => isCurrent && setShown(found),
      (error) => console.error(error), // the words stand alone
    );
    return () => {
      isCurrent = false;
    };
  }, []);
  return html`<div class="made">${[...Array(count).keys()].map((i) => {
    const { values = null, caption = "" } = shown[i] ?? {};
    return html`<figure key=${i}><${Picture} values=${values} alt=${caption} /><figcaption>${caption}</figcaption></figure>`;
  })}</div>`;
}

/** @param {{ entry: Entry }} props */
const Card = ({ entry: { key, name, text, math } }) => html`
  <button type="button" class="close" aria-label=${t("term_close")} onClick=${close}>×</button>
  <h2 id="term-name">${name}</h2>
  <p id="term-text">${text}</p>
  ${math && html`<div class="formula" tabindex="0" role="group" aria-label=${t("noises_formula")} dangerouslySetInnerHTML=${{ __html: math }} />`}
  ${key in CURVES && html`<${Curve} of=${key} />`}
  ${key in PICTURES && html`<${Pictures} term=${key} />`}
  <a href="?tab=about&lang=${language.value}#term-${key}" onClick=${(/** @type {MouseEvent} */ event) => toAll(event, key)}>${t("term_all")}</a>`;

/** Beside the button: below it where there is room, else above. @param {HTMLElement} box @param {HTMLElement} button */
function place(box, button) {
  const { left, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const x = Math.max(EDGE, Math.min(left - GAP, document.documentElement.clientWidth - width - EDGE));
  const fits = bottom + GAP + height <= innerHeight - EDGE;
  const y = fits ? bottom + GAP : Math.max(EDGE, top - GAP - height);
  box.style.setProperty("--x", `${x + scrollX}px`);
  box.style.setProperty("--y", `${y + scrollY}px`);
}

/**
 * Open a term's entry beside its button; a second press closes it. Rejects where the glossary cannot be fetched.
 * @param {string} term @param {HTMLElement} button
 */
export async function show(term, button) {
  const box = theCard();
  const closes = pressed === button || (box.matches(":popover-open") && opener === button);
  pressed = null;
  if (closes) return close();
  const [groups] = await Promise.all([glossary(language.peek()), style(import.meta.url, "term.css")]);
  const entry = groups.flatMap((group) => group.terms).find((each) => each.key === term);
  if (!entry) throw new Error(`the glossary has no ${term}`);
  opener = button;
  render(html`<${Card} key=${`${term} ${language.peek()}`} entry=${entry} />`, box);
  box.showPopover({ source: button });
  place(box, button);
  box.focus({ preventScroll: true });
}
