// Many pictures at once through a network: on the page's engine and, where the machine has processors to spare, on others
// beside it.
import { Engine } from "../../engine/client.js";
import { base, engine, own } from "../../page.js";

const MOST = 4; // engines: each holds the network
const PIXELS = 784;
const IDLE = 60_000; // milliseconds after which those beside the page's own give their memory back

/** Those beside the page's own, once there is work for them. @type {Engine[] | null} */
let others = null;
let busy = 0; // questions that are being answered
/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;

function letGo() {
  for (const each of others ?? []) each.close();
  others = null;
}

/** The engines that can run a network. A visitor's own is known to the page's engine alone. @param {string} model */
function enginesFor(model) {
  if (own.peek().some((network) => network.name === model)) return [engine];
  const count = Math.min(MOST, navigator.hardwareConcurrency || 1);
  others ??= Array.from({ length: count - 1 }, () => new Engine({ base }));
  return [engine, ...others];
}

/**
 * Restore pictures, each engine a part of them.
 * @param {string} model @param {Float32Array} images n * 784 values @param {string} channel whose newest question wins
 * @returns {Promise<Float32Array | null>} null where a newer question has overtaken this one
 * @throws {import("../../engine/errors.js").EngineError}
 */
export async function restore(model, images, channel) {
  const count = images.length / PIXELS;
  const engines = count > 1 ? enginesFor(model) : [engine];
  const each = Math.ceil(count / engines.length) * PIXELS;
  busy++;
  clearTimeout(idle);
  const asked = engines
    .map((worker, i) => ({ worker, part: images.slice(i * each, (i + 1) * each) }))
    .filter(({ part }) => part.length)
    .map(({ worker, part }) => worker.ask("restore", { model, images: part }, { channel }));
  const parts = await Promise.all(asked).finally(() => {
    if (!--busy) idle = setTimeout(letGo, IDLE);
  });
  const restored = new Float32Array(images.length);
  let place = 0;
  for (const part of parts) {
    if (!part) return null;
    restored.set(part.restored, place);
    place += part.restored.length;
  }
  return restored;
}
