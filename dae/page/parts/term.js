// The "?" beside a word: it opens the word's entry in the glossary.
import { t } from "../words.js";
import { html } from "./html.js";
import { toast } from "./toast.js";

/** @param {string} term @param {HTMLElement} button */
async function open(term, button) {
  try {
    const { show } = await import("./term-card.js");
    await show(term, button);
  } catch (error) {
    console.error(error);
    toast(t("term_missing"));
  }
}

/** @param {{ of: string, word: string }} props of: a term of the glossary; word: what it stands beside */
export function Term({ of, word }) {
  const what = t("term_ask", { word });
  return html`<button type="button" class="term" data-term=${of} aria-haspopup="dialog" aria-label=${what} title=${what}
    onClick=${(/** @type {any} */ event) => open(of, event.currentTarget)}>?</button>`;
}

/** Terms that no control on the page is named after, in a row. @param {{ of: string[] }} props */
export const Terms = ({ of }) =>
  html`<ul class="terms" aria-label=${t("terms")}>${of.map(
    (term) => html`<li key=${term}>${t(`word_${term}`)}<${Term} of=${term} word=${t(`word_${term}`)} /></li>`,
  )}</ul>`;
