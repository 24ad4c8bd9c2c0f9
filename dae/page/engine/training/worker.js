/** The worker that trains networks: one of its own, so that the page's pictures do not wait for it. */

import { EngineError } from "../errors.js";
import { load, modulesBeside, serve } from "../serve.js";
import { loadKernels } from "./kernels.js";
import { KINDS, URGENCY } from "./lab.js";

/** @type {ReturnType<typeof loadKernels> | undefined} */
let kernels;

/** @param {string} path */
async function file(path) {
  const found = await load(path);
  if (!found) throw new EngineError("unreachable", { path });
  return found;
}

serve(KINDS, URGENCY, (turn) => ({
  turn,
  file,
  kernels: () => (kernels ??= loadKernels(modulesBeside(import.meta.url))),
}));
