// Every term of the glossary, each with an address: ?tab=about#term-psnr
import { endWith } from "../../address.js";
import { glossary, wanted } from "../../glossary.js";
import { html, useEffect, useSignal, useSignalEffect } from "../../parts/html.js";
import { language, t } from "../../words.js";

/** @typedef {import("../../glossary.js").Group} Group */

/** @param {{ group: Group }} props */
const Part = ({ group }) =>
  html`<h3>${group.title}</h3>
    <dl>${group.terms.map(
      ({ key, name, text, math }) => html`<div key=${key} id="term-${key}" tabindex="-1">
        <dt>${name}</dt>
        <dd><p>${text}</p>${math && html`<div class="formula" dangerouslySetInnerHTML=${{ __html: math }} />`}</dd>
      </div>`,
    )}</dl>`;

export function Glossary() {
  const groups = useSignal(/** @type {Group[] | null} */ ([]));
  useSignalEffect(() => {
    const spoken = language.value;
    glossary(spoken).then(
      (found) => {
        if (spoken === language.peek()) groups.value = found;
      },
      () => {
        groups.value = null;
      },
    );
  });
  const asked = wanted.value;
  const isThere = Boolean(groups.value?.length);
  useEffect(() => {
    const term = asked && isThere && document.getElementById(`term-${asked}`);
    if (!term) return;
    term.scrollIntoView({ block: "center" });
    term.focus({ preventScroll: true });
    wanted.value = "";
  }, [asked, isThere]);
  // The address keeps the term until the tab is left.
  useEffect(() => () => endWith(""), []);
  if (!groups.value) return html`<p class="problem">${t("term_missing")}</p>`;
  return html`<div class="glossary">${groups.value.map((group) => html`<${Part} key=${group.key} group=${group} />`)}</div>`;
}
