// What is wrong with a run or its settings, and what things are called, in words.
import { has, labelled, t } from "../../words.js";

/** @typedef {import("../../types.d.ts").Settings} Settings */

/** @param {{ code: string, values?: Record<string, string>, isSecond?: boolean }} said isSecond: of the second run's settings */
export function sentence({ code, values = {}, isSecond }) {
  /** @type {Record<string, string>} */
  const field = values.field && has(`train_${values.field}`) ? { field: t(`train_${values.field}`) } : {};
  if (["queue_full", "busy"].includes(code)) return t("train_busy");
  if (code === "unreachable") return t("train_unreachable");
  if (code === "no_server") return t("train_no_server");
  if (!has(`train_problem_${code}`)) return t("train_problem_failed");
  const found = t(`train_problem_${code}`, { ...values, ...field });
  return isSecond ? labelled(t("train_with"), found) : found;
}

/** A choice of the form. @param {string} name of the field @param {string} value */
export function choiceWord(name, value) {
  if (name === "noise") return t(value === "none" ? "train_noise_plain" : `noise_${value}`);
  return has(`train_${name}_${value}`) ? t(`train_${name}_${value}`) : t(`train_choice_${value}`);
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A small number in three digits, such as 0.00794 or 6.09 × 10⁻⁷. @param {number} value */
export function short(value) {
  const rounded = Number(value.toPrecision(3));
  if (!rounded || Math.abs(rounded) >= 1e-4) return String(rounded);
  const [digits, power] = rounded.toExponential().split("e-");
  return `${digits} × 10⁻${[...power].map((each) => SUPERSCRIPTS[Number(each)]).join("")}`;
}

/** What two runs are told apart by. @param {string} compared the field @param {Settings} settings of one of them */
export function runName(compared, settings) {
  const { noise, low, high, sparsity, k } = settings;
  /** @type {Record<string, () => string>} */
  const values = {
    noise: () =>
      noise === "none"
        ? t("train_choice_identity")
        : `${choiceWord("noise", noise)} ${low === high ? high : `${low}–${high}`}`,
    sparsity: () => (sparsity === "topk" ? `k = ${k}` : choiceWord("sparsity", sparsity)),
    learning_rate: () => short(settings.learning_rate),
    latent_dim: () => String(settings.latent_dim),
  };
  return labelled(t(`train_${compared}`), values[compared]());
}
