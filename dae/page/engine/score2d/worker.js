/** The worker that learns the plane's score: one of its own, so that nothing waits for it. */

import { loadKernels } from "../kernels.js";
import { loadWasm, serve } from "../serve.js";
import { KINDS, URGENCY } from "./lab.js";

/** @type {ReturnType<typeof loadKernels> | undefined} */
let kernels;

serve(KINDS, URGENCY, (turn) => ({ turn, kernels: () => (kernels ??= loadKernels(loadWasm)) }));
