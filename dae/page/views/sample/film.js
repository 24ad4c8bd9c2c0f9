// A short film of a run, recorded by the browser from a canvas.
import { meanOf } from "./run.js";
import { canvasOf, paintMoment } from "./sheets.js";

/** @typedef {import("./run.js").Frame} Frame */

const KINDS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
const RATE = 25; // pictures a second
const LONGEST = 150; // pictures; of a longer run some steps are left out
const STAYS = 40; // pictures that the end stands still
const BITS = 6_000_000; // a second

/** The kind of film that this browser records; undefined where it records none. */
export const kindOfFilm = () =>
  typeof MediaRecorder === "undefined" || !("captureStream" in HTMLCanvasElement.prototype)
    ? undefined
    : KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));

const pause = (/** @type {number} */ ms) => new Promise((go) => setTimeout(go, ms));

/**
 * Record a run; that takes as long as the film lasts.
 * @param {Frame[]} frames @param {number} count samples
 * @param {{ title: string, wordsOf: (frame: Frame, sigma: number) => string, onDone: (share: number) => void }} about
 * @returns {Promise<{ blob: Blob, end: string }>} end: of the file's name
 */
export async function record(frames, count, { title, wordsOf, onDone }) {
  const kind = /** @type {string} */ (kindOfFilm());
  const film = canvasOf(1280, 720);
  const every = Math.max(1, Math.ceil(frames.length / LONGEST));
  const shown = frames.filter((_, i) => i % every === 0 || i === frames.length - 1);
  const logs = shown.map((frame) => Math.log(Math.max(1e-6, meanOf(frame.sigma))));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const curve = logs.map((log) => (log - low) / (high - low || 1));
  const paint = (/** @type {number} */ at) =>
    paintMoment(film, shown[at], count, {
      ...{ title, words: wordsOf(shown[at], meanOf(shown[at].sigma)) },
      ...{ curve, at },
    });
  paint(0);
  const stream = film.captureStream(RATE);
  const recorder = new MediaRecorder(stream, { mimeType: kind, videoBitsPerSecond: BITS });
  /** @type {Blob[]} */
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((go, fail) => {
    recorder.onstop = go;
    recorder.onerror = () => fail(new Error("the film broke off"));
  });
  recorder.start();
  const all = shown.length + STAYS;
  for (let i = 0; i < all; i++) {
    paint(Math.min(i, shown.length - 1));
    onDone(i / all);
    await pause(1000 / RATE);
  }
  recorder.stop();
  await stopped;
  for (const track of stream.getTracks()) track.stop();
  const type = kind.split(";")[0];
  return { blob: new Blob(parts, { type }), end: type.split("/")[1] };
}
