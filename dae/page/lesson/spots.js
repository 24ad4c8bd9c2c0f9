// What a lesson may point at or cover, by name.

/**
 * @typedef {object} Spot
 * @property {string} at the selector of what the ring is drawn around
 * @property {string[]} [cover] what is hidden with it: all that gives it away; nothing: it cannot be covered
 * @property {string[]} [mark] what shows a question mark instead
 */

const part = (/** @type {string} */ name) => `.denoise figure[data-part="${name}"]`;
const slide = (/** @type {string} */ name) => `${part(name)} .slide`;
const inFigure = (/** @type {string} */ name) => `${part(name)} > :not(figcaption)`;
const control = (/** @type {string} */ name) => `[data-control="${name}"]`;

/** Each has its name in the words: `spot_<name>`. @type {Record<string, Spot>} */
export const SPOTS = {
  clean: { at: part("clean"), cover: [inFigure("clean")], mark: [slide("clean")] },
  noisy: { at: part("noisy"), cover: [inFigure("noisy")], mark: [slide("noisy")] },
  // The strip and the path show it as well, and the error is made of it.
  reconstruction: {
    at: part("reconstruction"),
    cover: [
      inFigure("reconstruction"),
      inFigure("error"),
      ".denoise .strip > :not(h2)",
      ".denoise .path > :not(h2)",
      ".denoise .details tbody",
    ],
    mark: [slide("reconstruction"), slide("error"), ".denoise .strip"],
  },
  error: { at: part("error"), cover: [inFigure("error")], mark: [slide("error")] },
  strip: { at: ".denoise .strip", cover: [".denoise .strip > :not(h2)"], mark: [".denoise .strip"] },
  figures: { at: ".denoise .figures", cover: [".denoise .figures", ".denoise .details tbody"] },
  verdicts: { at: ".denoise .verdict", cover: [".denoise .verdict"] },
  path: { at: ".denoise .path", cover: [".denoise .path > :not(h2)"], mark: [".denoise .path"] },
  digit: { at: ".source, .present-bar .another" },
  noise: { at: control("noise") },
  level: { at: control("level") },
  clip: { at: control("clip") },
  seed: { at: ".seed-row, .present-bar .new-noise" },
  model: { at: control("model") },
  passes: { at: ".denoise .passes" },
  cards: { at: ".compare .cards", cover: [".compare .card", ".compare .grid"], mark: [".compare .cards"] },
  compared: { at: ".compare .choice" },
  plane: { at: ".latent .codes-map", cover: [".latent .codes-map .map"] },
  plane_kind: { at: ".latent .codes-map .bar" },
  decoded: { at: ".latent .decoded", cover: [".latent .decoded > *"] },
  between: { at: ".latent .between", cover: [".latent .between figure > :not(figcaption)"] },
  clouds: {
    at: ".latent .clouds",
    cover: [".latent .clouds .two .one > :not(.name, [data-control])", ".latent .strip dl"],
  },
  probe: { at: ".latent .worth", cover: [".latent .worth tbody"] },
  dictionary: {
    at: ".features .dictionary",
    cover: [".features .dictionary > :not(h2)", ".features .detail"],
  },
  facts: { at: ".features .head", cover: [".features .head .columns"] },
  build: { at: ".features .build", cover: [".features .build .columns"] },
  second: { at: control("second") },
  sample_tiles: {
    at: ".sample .growing .tiles",
    cover: [".sample .growing .tile > *"],
    mark: [".sample .growing .tiles"],
  },
  sample_run: { at: ".sample .growing .ways" },
  sample_look_back: { at: ".sample .scrubber" },
  sample_settings: { at: ".sample .settings" },
  sample_beta: { at: control("sample_beta") },
  sample_nearest: { at: ".sample .opened" },
  sample_cover: { at: ".sample .covers" },
  sample_pictures: {
    at: ".sample .question .pictures",
    cover: [".sample [data-part=one] > :not(figcaption)", ".sample [data-part=mean] > :not(figcaption)"],
  },
  sample_measured: { at: ".sample .measured", cover: [".sample .measured tbody", ".sample .measured p"] },
  sample_answers: {
    at: ".sample .question .tiles",
    cover: [
      ".sample .question .tile > *",
      ".sample [data-part=mean] > :not(figcaption)",
      ".sample .bars > div",
    ],
    mark: [".sample .question .tiles"],
  },
  sample_bars: { at: ".sample .bars", cover: [".sample .bars > div"] },
  score_plane: { at: ".score .panes", cover: [".score .panes .field > *"], mark: [".score .panes .field"] },
  score_sigma: { at: control("score_sigma") },
  score_points: { at: control("score_points") },
  score_network: { at: ".score .network" },
  score_run: { at: ".score .plane-group > .bar .buttons" },
  score_numbers: { at: ".score .numbers", cover: [".score .numbers dd", ".score .pane figcaption .quiet"] },
  score_beside: { at: control("score_beside") },
  score_walkers: { at: ".score .walkers" },
  score_panels: { at: ".score .panels", cover: [".score .three figure > *"], mark: [".score .three"] },
  settings: { at: ".train .form" },
  learning_rate: { at: '.train .control:has([data-setting="learning_rate"])' },
  code_size: { at: '.train .control:has([data-setting="latent_dim"])' },
  run: { at: ".train .show > .group" },
  curve: { at: ".train .pair" },
  own: { at: ".train .own" },
  code: { at: ".train .code" },
};
