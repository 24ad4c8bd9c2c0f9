// What `python -m dae evaluate` measured: checkpoints/results.json.
import { base } from "./page.js";

/** The file's text as records; Python writes an endless PSNR as Infinity. @param {string} text */
export const parse = (text) =>
  JSON.parse(text.replace(/:\s*Infinity\b/g, ":1e999").replace(/:\s*NaN\b/g, ":null"));

/** @returns {Promise<any>} rejects where there is no such file, or a damaged one */
export async function loadResults() {
  const answer = await fetch(new URL("checkpoints/results.json", base));
  if (!answer.ok) throw new Error(`results: ${answer.status}`);
  return parse(await answer.text());
}
