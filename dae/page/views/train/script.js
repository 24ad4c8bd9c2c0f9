// A run of a fully connected network as a PyTorch script: the library's own template, filled as dae/trial/script.py does.
import { configOf, seenOf, titleOf } from "../../engine/training/settings.js";

/** @typedef {import("../../types.d.ts").Settings} Settings */
/** @typedef {import("../../engine/training/run.js").Schedule} Schedule */
/** @typedef {{ template: string, modules: Record<string, string>, functions: Record<string, string>, line: number, values: Record<string, any> }} Parts what `script.json` holds */

/** As Python's ":g". @param {number} value @param {number} [digits] */
const g = (value, digits = 6) => String(Number(value.toPrecision(digits)));
const count = (/** @type {number} */ value) => value.toLocaleString("en-US");

/** What there is to say of a schedule that was not followed as it was planned. @param {Schedule} schedule */
function remarksOn({ made, planned, length }) {
  const said = [];
  if (made < length)
    said.push(
      `It was stopped after ${count(made)} of ${count(planned)} steps, before the learning rate was 0.`,
    );
  else if (made < planned) said.push(`Its time was up after ${count(made)} of ${count(planned)} steps.`);
  if (length < planned)
    said.push(
      "The learning rate followed the clock; here it follows the steps, so the losses differ a little.",
    );
  return said;
}

/**
 * The script's text.
 * @param {Parts} parts
 * @param {typeof import("@huggingface/jinja").Template} Template
 * @param {Settings} settings of a fully connected network
 * @param {Schedule[]} schedules one, or several that a run went through
 * @param {number} perClass digits of each class that there are
 */
export function scriptOf(parts, Template, settings, schedules, perClass) {
  const { modules, functions, line } = parts;
  const { hidden, latent_dim } = configOf(settings);
  const half = [28 * 28, ...hidden, latent_dim];
  const back = half.slice().reverse();
  const places = [...half.keys()].slice(1);
  const chain = (/** @type {number[]} */ widths) => {
    const linear = places.map((i) => `nn.Linear(${widths[i - 1]}, ${widths[i]})`);
    return linear.flatMap((layer) => [layer, modules[settings.activation]]).slice(0, -1);
  };
  const sequential = (/** @type {string} */ name, /** @type {string[]} */ layers) => {
    const whole = `${name} = nn.Sequential(${layers.join(", ")}).to(DEVICE)`;
    return whole.length <= line
      ? whole
      : `${name} = nn.Sequential(\n${layers.map((layer) => `    ${layer},\n`).join("")}).to(DEVICE)`;
  };
  const names = places.map((i) => [`encoder.${i - 1}`, `encoder[${2 * i - 1}]`]);
  if (!settings.tied) names.push(...places.map((i) => [`decoder.${i - 1}`, `decoder[${2 * i - 2}]`]));
  const text = new Template(parts.template).render({
    ...parts.values,
    settings: { ...settings, title: titleOf(settings), precision: "float32" },
    schedules: schedules.map((each) => ({ ...each, remarks: remarksOn(each) })),
    everything: false,
    device: "cpu",
    layers: Object.fromEntries(names),
    encoder: sequential("encoder", ["nn.Flatten()", ...chain(half)]),
    decoder: sequential("decoder", [...chain(back), "nn.Unflatten(1, (1, 28, 28))"]),
    biases: back.slice(1).join(", "),
    pairs: [],
    side: 0,
    inner: 0,
    per_class: perClass,
    kept: seenOf(perClass),
    g,
    through: (/** @type {string} */ value, /** @type {string} */ activation) =>
      functions[activation].replace("{}", value),
  });
  return `${text}\n`; // the end of a template's last line is left out
}
