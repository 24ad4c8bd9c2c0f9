// What a lesson may point at or cover, by name.

/**
 * @typedef {object} Spot
 * @property {string} at the selector of what the ring is drawn around
 * @property {string[]} [cover] what is hidden with it: all that gives it away; nothing: it cannot be covered
 */

const part = (/** @type {string} */ name) => `.denoise figure[data-part="${name}"]`;
const control = (/** @type {string} */ name) => `[data-control="${name}"]`;

/** Each has its name in the words: `spot_<name>`. @type {Record<string, Spot>} */
export const SPOTS = {
  clean: { at: part("clean"), cover: [`${part("clean")} > :not(figcaption)`] },
  noisy: { at: part("noisy"), cover: [`${part("noisy")} > :not(figcaption)`] },
  // The strip and the path show it as well, and the error is made of it.
  reconstruction: {
    at: part("reconstruction"),
    cover: [
      `${part("reconstruction")} > :not(figcaption)`,
      `${part("error")} > :not(figcaption)`,
      ".denoise .strip > :not(h2)",
      ".denoise .path > :not(h2)",
      ".denoise .details tbody",
    ],
  },
  error: { at: part("error"), cover: [`${part("error")} > :not(figcaption)`] },
  strip: { at: ".denoise .strip", cover: [".denoise .strip > :not(h2)"] },
  figures: { at: ".denoise .figures", cover: [".denoise .figures", ".denoise .details tbody"] },
  verdicts: { at: ".denoise .verdict", cover: [".denoise .verdict"] },
  path: { at: ".denoise .path", cover: [".denoise .path > :not(h2)"] },
  digit: { at: ".source, .present-bar .another" },
  noise: { at: control("noise") },
  level: { at: control("level") },
  clip: { at: control("clip") },
  seed: { at: ".seed-row, .present-bar .new-noise" },
  model: { at: control("model") },
  passes: { at: ".denoise .passes" },
};
