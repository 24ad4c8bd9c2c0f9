// A button that chooses a lesson's file.
import { html } from "../../parts/html.js";

/** @param {{ label: string, onFile: (file: File) => void }} props */
export function FileButton({ label, onFile }) {
  const read = (/** @type {any} */ event) => {
    const [file] = event.target.files;
    event.target.value = ""; // the same file may be chosen again
    if (file) onFile(file);
  };
  return html`<label class="button file">${label}<input type="file" accept=".json,application/json" onChange=${read} /></label>`;
}
