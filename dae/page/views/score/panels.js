// Where one step of the best denoiser leads, at the least, the chosen and the largest sigma, side by side.
import { grid } from "../../engine/score2d/exact.js";
import { manifest } from "../../page.js";
import { COLOURS, canvasPen, dots, OPACITY, pixel, trails } from "../../parts/field-draw.js";
import { html, useEffect, useLayoutEffect, useRef, useSignal, useSignalEffect } from "../../parts/html.js";
import { labelled, t } from "../../words.js";
import { clean, engine, REACH, sigma } from "./lab.js";
import { distances } from "./walkers.js";

/** @typedef {import("../../engine/score2d/exact.js").Points} Points */

const START = grid(9, 1.1);

/** @param {{ at: number, name: string }} props at: sigma; name: which of the three */
function Panel({ at, name }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const side = useSignal(0);
  const led = useSignal(/** @type {{ points: Points, of: Points, at: number } | null} */ (null));
  const wanted = useSignal(at);
  useEffect(() => {
    wanted.value = at;
  }, [at]);
  useLayoutEffect(() => {
    const measure = () => {
      side.value = canvas.current?.clientWidth ?? 0;
    };
    const observer = new ResizeObserver(measure);
    if (canvas.current) observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);
  useSignalEffect(() => {
    const [of, now] = [clean.value, wanted.value];
    if (!of.length) {
      led.value = null;
      return;
    }
    const question = { clean: of, start: START, sigma: now };
    engine.ask("step", question, { channel: `step-${name}` }).then(
      (found) => {
        if (found && of === clean.peek()) led.value = { points: found.points, of, at: now };
      },
      () => {}, // the tab says that its worker is broken
    );
  });
  useSignalEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context || !side.value) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.current.width = canvas.current.height = Math.round(side.value * ratio);
    context.scale(ratio, ratio);
    const square = { side: side.value, reach: REACH };
    const pen = canvasPen(context);
    context.fillStyle = COLOURS.points;
    context.globalAlpha = OPACITY.points;
    context.beginPath();
    dots(pen, square, clean.value, 1);
    context.fill();
    if (!led.value) return;
    context.globalAlpha = 0.28;
    context.strokeStyle = COLOURS.walkers;
    context.beginPath();
    trails(pen, square, [START, led.value.points]);
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = COLOURS.walkers;
    context.beginPath();
    dots(pen, square, led.value.points, 2.4);
    context.fill();
    const [x, y] = pixel(square, ...middle(clean.value));
    context.strokeStyle = COLOURS.mean;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x - 6, y);
    context.lineTo(x + 6, y);
    context.moveTo(x, y - 6);
    context.lineTo(x, y + 6);
    context.stroke();
  });
  const found = led.value && distances(led.value.points, led.value.of);
  const values = { near: found?.nearest.toFixed(2) ?? "–", mean: found?.centre.toFixed(2) ?? "–" };
  return html`<figure data-panel=${name} data-sigma=${led.value?.at} data-nearest=${found?.nearest} data-centre=${found?.centre}>
    <canvas ref=${canvas} role="img" aria-label=${labelled(`σ = ${at}`, t("score_led", values))}></canvas>
    <figcaption><b>σ = ${at}</b><br />${t("score_led", values)}</figcaption>
  </figure>`;
}

/** @param {Points} points @returns {[number, number]} */
function middle(points) {
  let [x, y] = [0, 0];
  for (let i = 0; i < points.length; i += 2) {
    x += (2 * points[i]) / points.length;
    y += (2 * points[i + 1]) / points.length;
  }
  return [x, y];
}

export function Panels() {
  const { low = 0, high = 1 } = manifest.state.score_sigma;
  return html`<section class="group panels"><h2>${t("score_panels")}</h2>
    <div class="three"><${Panel} name="least" at=${low} /><${Panel} name="chosen" at=${Number(sigma.value.toFixed(3))} /><${Panel} name="most" at=${high} /></div>
    <p class="quiet">${t("score_panels_about")}</p>
  </section>`;
}
