// A script to copy, folded away.
import { t } from "../words.js";
import { html, style, useRef, useSignal } from "./html.js";

await style(import.meta.url, "code.css");

/** @param {{ text: string, about: any, rows?: number, name?: string }} props name: a class of its own */
export function Code({ text, about, rows = 18, name = "" }) {
  const said = useSignal("");
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      said.value = t("train_code_copied");
    } catch {
      area.current?.select();
      said.value = t("train_code_by_hand");
    }
  };
  return html`<details class="group code ${name}"><summary>${t("train_code")}</summary>
    <p class="quiet about-code">${about}</p>
    <div class="buttons"><button type="button" class="copy-code" onClick=${copy}>${t("train_code_copy")}</button><span role="status" class="quiet">${said.value}</span></div>
    <textarea ref=${area} readonly rows=${rows} spellcheck="false" aria-label=${t("train_code")} value=${text}></textarea>
  </details>`;
}
