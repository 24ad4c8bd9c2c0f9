/** The engine's worker: what is asked about digits and networks. */

import { loadKernels } from "./kernels.js";
import { KINDS, URGENCY } from "./kinds.js";
import { accelerate } from "./raster.js";
import { load, loadWasm, serve } from "./serve.js";
import { Store } from "./store.js";

// What those need is asked for with them: else each is heard of only when the one that imports it has come.
import "./answers.js";
import "./builder.js";
import "./checkpoint.js";
import "./config.js";
import "./errors.js";
import "./layers.js";
import "./metrics.js";
import "./network.js";
import "./networks.js";
import "./noise.js";
import "./paper.js";
import "./pen.js";
import "./residual-unet.js";
import "./rng.js";
import "./schedule.js";
import "./verdict.js";

/** @type {ReturnType<typeof loadKernels> | undefined} */
let kernels;
const store = new Store(load, () => (kernels ??= loadKernels(loadWasm)));
/** @type {Promise<void> | undefined} */
let raster;

/** Let the kernels of raster.c do what they can; without them all goes on, slower. */
function quickRaster() {
  raster ??= import("./raster-wasm.js")
    .then(async ({ loadRaster }) => accelerate(await loadRaster(loadWasm)))
    .catch((error) => console.warn("Pictures are read in plain JavaScript:", error));
  return raster;
}

serve(KINDS, URGENCY, (turn) => ({
  turn,
  network: (/** @type {string} */ name) => store.network(name),
  classifier: () => store.classifier(),
  quickRaster,
  photoNetwork: async () => (await Promise.all([store.photoNetwork(), quickRaster()]))[0],
  file: (/** @type {string} */ path) => store.file(path),
  addModel: (/** @type {string} */ name, /** @type {ArrayBuffer} */ bytes) => store.addModel(name, bytes),
  removeModel: (/** @type {string} */ name) => store.removeModel(name),
}));
