// The pictures of a step's stage, made anew from what the step sets: for the worksheet and for slides.
import { digitAt, galleryOf } from "../../digit.js";
import { viewOf } from "../../lesson/draft.js";
import { stateAt } from "../../lesson/lesson.js";
import { engine, modelLabel, modelLine, state } from "../../page.js";
import { fixed } from "../../parts/figures.js";
import { decodeDigit } from "../../pixels.js";
import { t } from "../../words.js";
import {
  dictionaryPicture,
  digitPicture,
  planePicture,
  samplePictures,
  scorePicture,
} from "./stage-pictures.js";

/** @typedef {import("../../lesson/lesson.js").Lesson} Lesson */
/** @typedef {{ part: string, label: string, picture: HTMLCanvasElement, note: string }} Shot */
/** @typedef {{ shots: Shot[], caption: string }} Stage */

const PIXELS = 28 * 28;
const MOST_BESIDE = 6; // reconstructions of a comparison

/** @param {Record<string, any>} view */
async function digitOf(view) {
  const drawn = view.source !== "pick" && view.pixels ? await decodeDigit(view.pixels) : null;
  if (drawn) return { digit: drawn, what: t(`from_${view.source}`) };
  const digits = await galleryOf(view.digit);
  const index = Math.min(view.index, digits.length / PIXELS - 1);
  return { digit: digitAt(digits, index), what: t("from_gallery", { digit: view.digit, index: index + 1 }) };
}

/** @param {{ psnr: number } | undefined} figures */
const decibels = (figures) => (figures ? `PSNR ${fixed(figures.psnr, 1)} dB` : "");

/**
 * Digits out of noise; or the question about a digit, where a step shows that alone.
 * @param {Record<string, any>} view @returns {Promise<Stage>}
 */
async function samplesOf(view) {
  const asks = view.hide.includes("sample_growing");
  const pictures = await samplePictures(view, asks ? (await digitOf(view)).digit : undefined);
  // Each is called as the spot of a lesson that shows it, so that a question can cover it.
  const names = asks
    ? { sample_asked: "sample_asked", sample_pictures: "sample_one", sample_answers: "sample_answers" }
    : { sample_noise: "noise", sample_tiles: "sample_count" };
  const shots = Object.entries(names).map(([part, word], i) => ({
    ...{ part, label: t(word), picture: pictures[i], note: "" },
  }));
  const caption = asks
    ? t("sample_answers_title", { cover: t(`sample_cover_${view.sample_cover}`) })
    : t("sample_figure_title", { name: modelLabel(view.sample_model) });
  return { shots, caption };
}

/**
 * What a step shows: the clean and the noisy digit and what the network makes of it; in Compare what the other networks
 * make of it, in Latent space the plane, in Features the dictionary, in Sample noise and the digits out of it, in Score
 * the points with their exact score alone. Rejects where the gallery or the network cannot be fetched.
 * @param {Lesson} lesson @param {number} step from 1
 * @returns {Promise<Stage>}
 */
export async function stageOf(lesson, step) {
  const view = viewOf(state, stateAt(lesson, step));
  if (view.tab === "sample") return samplesOf(view);
  if (view.tab === "score") {
    const caption = t("score_figure", {
      points: t(`score_points_${view.score_points}`),
      sigma: view.score_sigma,
    });
    const picture = await scorePicture(view);
    return { shots: [{ part: "score_plane", label: t("score_layers_exact"), picture, note: "" }], caption };
  }
  const { digit, what } = await digitOf(view);
  const { noise, level, clip, seed, passes } = view;
  const others = view.tab === "compare" ? view.compare.filter(modelLine).slice(0, MOST_BESIDE) : [];
  const names = others.length ? others : [view.model];
  /** @type {Shot[]} */
  const shots = [{ part: "clean", label: t("clean"), picture: digitPicture(digit), note: "" }];
  for (const model of names) {
    const question = { model, digit, noise, level, clip, seed, passes };
    const found = await engine.ask("stage", question, { channel: "stages", finish: true });
    if (!found) throw new Error("overtaken");
    if (shots.length === 1)
      shots.push({
        part: "noisy",
        label: t("noisy"),
        picture: digitPicture(found.noisy),
        note: decibels(found.figures.noisy),
      });
    const { restored, error, figures, verdicts } = found;
    if (!restored || !error || !("restored" in figures)) throw new Error(`no network: ${model}`);
    const said = verdicts && "restored" in verdicts && verdicts.restored;
    const verdict =
      said && (said.digit === null ? t("verdict_unsure") : t("stages_verdict", { digit: said.digit }));
    const label = others.length ? modelLabel(model) : t("reconstruction");
    const note = [decibels(figures.restored), verdict].filter(Boolean).join(t("models_comma"));
    shots.push({ part: "reconstruction", label, picture: digitPicture(restored), note });
    if (view.tab === "denoise" || view.tab === "lessons")
      shots.push({ part: "error", label: t("error"), picture: digitPicture(error, true), note: "" });
  }
  const plane =
    view.tab === "latent" && (await planePicture(view.model, digit, { noise, level, clip, seed }));
  if (plane) shots.push({ part: "plane", label: t("stages_plane"), picture: plane, note: "" });
  const dictionary = view.tab === "features" && (await dictionaryPicture(view.model, view.by));
  if (dictionary)
    shots.push({ part: "dictionary", label: t("features_dictionary"), picture: dictionary, note: "" });
  const { symbol } = state.noises.get(noise) ?? { symbol: "" };
  const named = {
    noise: t(`noise_${noise}`),
    symbol,
    level,
    model: names.map(modelLabel).join(t("models_comma")),
  };
  const caption = [
    t("slide_title", named),
    t(passes > 1 ? "slide_caption_passes" : "slide_caption", { what, seed, passes }),
  ];
  return { shots, caption: caption.join(t("features_stop")) };
}
