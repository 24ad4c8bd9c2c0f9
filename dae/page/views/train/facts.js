// What follows from the settings: asked of the server while they change, or worked out here for a run in this browser.
import { AskError, ask, hasServer, reachable } from "../../ask.js";
import { perClass } from "../../digit.js";
import {
  barsOf,
  compressionOf,
  configOf,
  guessedTogether,
  parametersOf,
  problemOf,
  seenOf,
} from "../../engine/training/settings.js";
import { base } from "../../page.js";
import { useRef, useSignal, useSignalEffect } from "../../parts/html.js";
import { examOf, judged } from "./here.js";
import { isOfForm, isOver, runKey, runPlan, snapshot } from "./run.js";
import { scriptOf } from "./script.js";
import { judgedBy, plan, rules, where } from "./settings.js";

/** @typedef {import("../../types.d.ts").Settings} Settings */
/** @typedef {import("../../engine/training/run.js").Schedule} Schedule */
/** @typedef {import("./settings.js").Plan} Plan */

const PAUSE = 200; // milliseconds before settings that still change are asked about
const AGAIN = 2000; // until what is worked out in the background is asked for again
const SEEN = seenOf(perClass);

/** What runs in this browser are trained on and judged by. */
const DIGITS = { seen: 10 * SEEN, unseen: 10 * (perClass - SEEN), everything: false };

/** What writes scripts, once one is wanted. @type {Promise<[any, typeof import("@huggingface/jinja").Template]> | null} */
let writing = null;
function writer() {
  writing ??= Promise.all([
    fetch(new URL("page/views/train/script.json", base)).then((answer) => answer.json()),
    import("@huggingface/jinja").then(({ Template }) => Template),
  ]);
  writing.catch(() => {
    writing = null;
  });
  return writing;
}

/** What the script of a run is. @param {Schedule[]} schedules @param {boolean} over */
function kindOf(schedules, over) {
  const last = schedules[schedules.length - 1];
  if (!over) return "planned";
  if (schedules.length > 1) return "schedules";
  if (last.made === last.planned) return "run";
  return last.length < last.planned ? "clock" : "stopped";
}

/**
 * What follows from each run's settings: `second` is the other one's, where there are two.
 * @param {Plan} asked @param {any} run the snapshot of a run here with these settings, or null
 */
async function factsHere(asked, run) {
  const guess = guessedTogether(asked.settings);
  /** @type {Schedule[]} */
  const schedules = run?.schedules.length ? run.schedules : [{ made: guess, planned: guess, length: guess }];
  const isRun = Boolean(run?.schedules.length);
  const [exam, [parts, Template]] = await Promise.all([examOf(judgedBy(asked)), writer()]);
  const counts = {
    steps: schedules.reduce((sum, { made }) => sum + made, 0),
    planned: schedules[schedules.length - 1].planned,
    schedules: schedules.length,
    scriptIs: isRun ? kindOf(schedules, run.state !== "running") : "guess",
  };
  const [first, second = null] = asked.settings.map((settings) => ({
    ...counts,
    parameters: parametersOf(configOf(settings)),
    compression: compressionOf(settings),
    layers: barsOf(settings),
    script: scriptOf(parts, Template, settings, schedules, perClass),
  }));
  return {
    digits: DIGITS,
    ...{ clean: exam.clean, noisy: exam.noisy, nothing: exam.nothing, best: exam.best },
    ...first,
    second,
  };
}

/** Why a plan makes no sense; null where it does. @param {Plan} asked */
function problemWith({ settings: [first, second], compared }) {
  if (compared && where.value !== "browser") return { code: "two_here" };
  const found = problemOf(first, rules, DIGITS.seen);
  if (found || !second) return found;
  if (JSON.stringify(first) === JSON.stringify(second)) return { code: "same" };
  const other = problemOf(second, rules, DIGITS.seen);
  return other && { ...other, isSecond: true };
}

/** What follows from the settings, and what is wrong with them. */
export function useFacts() {
  const facts = useSignal(/** @type {any} */ (null));
  const refused = useSignal(/** @type {{ code: string, values?: any, isSecond?: boolean } | null} */ (null));
  const again = useSignal(0);
  const tries = useRef({ asked: "", count: 0 }).current;
  useSignalEffect(() => {
    const wanted = plan.value;
    const asked = { settings: wanted.settings[0], run: runKey.value };
    const over = isOver();
    runPlan.value; // its script has other steps then
    again.value;
    if (where.value === "browser" || wanted.compared) {
      judged.value;
      const shown = snapshot.peek();
      let isNewest = true;
      refused.value = problemWith(wanted);
      if (!refused.peek())
        factsHere(wanted, shown?.here && isOfForm.peek() ? shown : null).then(
          (found) => {
            if (isNewest) facts.value = found;
          },
          () => {
            if (isNewest) refused.value = { code: "files" };
          },
        );
      return () => {
        isNewest = false;
      };
    }
    if (!hasServer) refused.value = { code: "no_server" };
    if (!hasServer || !reachable.value) return;
    const stopped = new AbortController();
    let timer = setTimeout(async () => {
      try {
        facts.value = await ask("settings", asked, { signal: stopped.signal });
        refused.value = null;
        const text = JSON.stringify(asked.settings);
        tries.count = tries.asked === text ? tries.count + 1 : 0;
        tries.asked = text;
        if (!facts.value.best && over) timer = setTimeout(() => again.value++, AGAIN * 1.5 ** tries.count);
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (error instanceof AskError) refused.value = { code: error.code, values: error.values };
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stopped.abort();
    };
  });
  return { facts: facts.value, refused: refused.value, again: () => again.value++ };
}
