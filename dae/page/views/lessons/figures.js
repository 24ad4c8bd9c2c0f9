// A lesson's steps as figures for slides, 16:9, all in one zip: drawn by the browser, without a server.

import { inLanguage } from "../../lesson/lesson.js";
import { saveBlob } from "../../parts/save.js";
import { language, t } from "../../words.js";
import { stageOf } from "./stages.js";

/** @typedef {import("../../lesson/lesson.js").Lesson} Lesson */
/** @typedef {import("./stages.js").Stage} Stage */

const WIDE = 1920; // pixels
const TALL = 1080;
const MARGIN = 90;
const GAP = 40;
const LARGEST = 480; // a picture's side
const FONT = '"Noto Sans", "Noto Sans CJK SC", "WenQuanYi Micro Hei", system-ui, sans-serif';
const INK = "#16191d";
const QUIET = "#565f6b";

/**
 * A text in lines that are no wider than this, broken where its language breaks.
 * @param {CanvasRenderingContext2D} context @param {string} text @param {number} width
 */
function broken(context, text, width) {
  const lines = [""];
  for (const { segment } of new Intl.Segmenter(language.peek(), { granularity: "word" }).segment(text)) {
    const longer = lines[lines.length - 1] + segment;
    if (context.measureText(longer.trimEnd()).width > width) lines.push(segment.trimStart());
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/**
 * A step's figure: its name, the pictures of its stage, and what they are.
 * @param {{ title: string, heading: string, stage: Stage }} content
 * @returns {Promise<Blob>} a PNG of 1920 x 1080 pixels
 */
export function figureOf({ title, heading, stage }) {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDE, height: TALL });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, WIDE, TALL);
  context.imageSmoothingEnabled = false;
  /** @param {string} text @param {number} x @param {number} y @param {number} size @param {string} colour @param {string} [weight] @param {number} [width] */
  const write = (text, x, y, size, colour, weight = "400", width = WIDE - 2 * MARGIN) => {
    context.font = `${weight} ${size}px ${FONT}`;
    context.fillStyle = colour;
    const lines = broken(context, text, width);
    for (const [i, line] of lines.entries()) context.fillText(line, x, y + 1.3 * size * i);
    return y + 1.3 * size * lines.length;
  };
  write(title, MARGIN, 90, 30, QUIET);
  const top = write(heading, MARGIN, 156, 56, INK, "600");
  const { shots } = stage;
  const rows = shots.length > 4 ? 2 : 1;
  const columns = Math.ceil(shots.length / rows);
  const room = TALL - top - 190;
  const side = Math.floor(
    Math.min(LARGEST, (WIDE - 2 * MARGIN - GAP * (columns - 1)) / columns, room / rows - 110),
  );
  const start = top + Math.max(10, (room - rows * (side + 110)) / 2);
  const left = (WIDE - columns * side - (columns - 1) * GAP) / 2;
  shots.forEach((shot, i) => {
    const x = left + (i % columns) * (side + GAP);
    const y = start + Math.floor(i / columns) * (side + 110);
    write(shot.label, x, y + 30, 32, INK, "600", side);
    context.drawImage(shot.picture, x, y + 46, side, side);
    if (shot.note) write(shot.note, x, y + 46 + side + 36, 28, QUIET, "400", side + GAP);
  });
  write(stage.caption, MARGIN, TALL - 90, 28, QUIET);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
  );
}

/** A name that any system takes for a file. @param {string} text */
export const fileName = (text) =>
  text
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 40) || "lesson";

/**
 * Save the figures of all steps in one zip. Rejects where a picture cannot be made.
 * @param {Lesson} lesson @param {(done: number) => void} told how many are drawn
 */
export async function saveFigures(lesson, told) {
  const title = inLanguage(lesson.title, language.peek());
  const files = [];
  for (const [i, step] of lesson.steps.entries()) {
    told(i);
    const name = inLanguage(step.name, language.peek());
    const heading = t("figures_heading", { step: i + 1, name });
    const input = await figureOf({ title, heading, stage: await stageOf(lesson, i + 1) });
    files.push({ name: `${String(i + 1).padStart(2, "0")}-${fileName(name)}.png`, input });
  }
  const { downloadZip } = await import("client-zip");
  saveBlob(await downloadZip(files).blob(), `${fileName(title)}.zip`);
}
