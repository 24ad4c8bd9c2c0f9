// What else there is to see of codes: from one digit to another, digits out of nothing, what codes are worth, a batch.
import { clean } from "../../digit.js";
import { manifest, modelLabel } from "../../page.js";
import { html, useEffect, useLayoutEffect, useRef, useSignal } from "../../parts/html.js";
import { mosaic, Picture, paintSigned, row } from "../../parts/picture.js";
import { Terms } from "../../parts/term.js";
import { loadResults } from "../../results.js";
import { labelled, t } from "../../words.js";
import { noiseWords } from "./clouds.js";
import {
  beside,
  digitOf,
  noiseNow,
  picked,
  records,
  shown,
  spaceFor,
  spaceOf,
  useAnswer,
  useFollow,
} from "./spaces.js";

const STEPS = 9;
const SAMPLES = { rows: 4, columns: 10 };
const BATCH = 512;
const UNITS = 128; // values of a code that the picture of a batch shows at most
const PAUSE = 200; // milliseconds before a batch is worked out while a slider moves

/** From the visitor's digit to the picked one. */
export function Between() {
  const end = useSignal(/** @type {Float32Array | null} */ (null));
  useFollow(() => {
    const index = picked.value;
    if (index < 0) end.value = null;
    else
      digitOf(index).then(
        (found) => {
          if (picked.peek() === index) end.value = found;
        },
        (error) => console.error(error),
      );
  });
  const line = useAnswer("between", "latent-between", () =>
    clean.value && end.value ? { model: shown.value.name, start: clean.value, end: end.value } : null,
  );
  const isPicked = picked.value >= 0;
  return html`<section class="group between" data-there=${Boolean(line.value)}>
    <h2>${t("latent_between")}</h2>
    ${
      isPicked &&
      /** @type {const} */ (["code", "pixel"]).map(
        (way) => html`<figure key=${way} class=${`by-${way}`}>
        <figcaption>${t(`latent_between_${way}`)}</figcaption>
        <${Picture} values=${line.value && row(line.value[way])} columns=${STEPS} alt=${labelled(t("latent_between"), t(`latent_between_${way}`))} />
      </figure>`,
      )
    }
    <p class="quiet">${t(isPicked ? "latent_between_about" : "latent_between_empty")}</p>
  </section>`;
}

function Samples() {
  const seed = useSignal(1);
  const drawn = useAnswer("samples", "latent-samples", () =>
    shown.value.variational
      ? { model: shown.value.name, count: SAMPLES.rows * SAMPLES.columns, seed: seed.value }
      : null,
  );
  const manifold = useAnswer("manifold", "latent-manifold", () =>
    shown.value.variational && spaceFor(shown.value).value.plane ? spaceOf(shown.value) : null,
  );
  const side = manifold.value?.side ?? 20;
  const { rows, columns } = SAMPLES;
  return html`<section class="group nothing">
    <h2>${t("latent_vae")}</h2>
    <div class="two">
      <figure class="samples"><figcaption>${t("latent_samples")}</figcaption>
        <${Picture} values=${drawn.value && mosaic(drawn.value.images, columns)} columns=${columns} rows=${rows} alt=${t("latent_samples")} />
        <button type="button" onClick=${() => {
          seed.value++;
        }}>${t("latent_resample")}</button></figure>
      <figure class="manifold"><figcaption>${t("latent_manifold")}</figcaption>
        <${Picture} values=${manifold.value && mosaic(manifold.value.images, side)} columns=${side} rows=${side} alt=${t("latent_manifold")} /></figure>
    </div>
  </section>`;
}

/** Digits out of nothing, of a variational network. */
export const Nothing = () => (shown.value.variational ? html`<${Samples} />` : null);

/** The noisy input of a record: "gaussian 0.5", or a word such as "clean". @param {string} input */
function inputWords(input) {
  const [noise, level] = input.split(" ");
  const known = manifest.noises.find(({ key }) => key === noise);
  return known ? `${t(`noise_${noise}`)}, ${known.symbol} = ${Number(level)}` : t("clean");
}

/** What has been measured of the two networks' codes. */
export function Worth() {
  useEffect(() => {
    loadResults().then(
      ({ codes }) => {
        records.value = Array.isArray(codes) ? codes : [];
      },
      () => {}, // the tab of results says so
    );
  }, []);
  const names = [...new Set([shown.value.name, beside.value.name])];
  const numbers = ["probe", "neighbours", "nmi"];
  const found = names.flatMap((name) =>
    records.value.filter(
      (each) =>
        each?.model === name &&
        typeof each.input === "string" &&
        numbers.every((key) => Number.isFinite(each[key])),
    ),
  );
  if (!found.length) return null;
  return html`<section class="group worth">
    <h2>${t("latent_facts")}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("latent_facts")}>
      <table>
        <thead><tr>${["model", "input", ...numbers].map((key) => html`<th key=${key} scope="col">${t(`latent_facts_${key}`)}</th>`)}</tr></thead>
        <tbody>${found.map(
          (each) => html`<tr key=${`${each.model} ${each.input}`}>
            <th scope="row">${modelLabel(each.model)}</th><td>${inputWords(each.input)}</td>
            <td>${(100 * each.probe).toFixed(1)}</td><td>${(100 * each.neighbours).toFixed(1)}</td><td>${each.nmi.toFixed(2)}</td>
          </tr>`,
        )}</tbody>
      </table>
    </div>
    <${Terms} of=${["probe", "neighbours", "nmi"]} />
  </section>`;
}

/** @param {{ values: Float32Array | undefined, rows: number, name: string }} props */
function Codes({ values, rows, name }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useLayoutEffect(() => {
    if (canvas.current && values) paintSigned(canvas.current, values);
  }, [values, rows]);
  return html`<figure><figcaption>${name}</figcaption>
    <canvas class="codes" ref=${canvas} width=${BATCH} height=${rows} role="img" aria-label=${labelled(t("latent_batch"), name)}></canvas></figure>`;
}

/** The codes of many digits as a picture, clean and noisy; worked out while it is open. */
export function Batch() {
  const isOpen = useSignal(false);
  const noise = useSignal(noiseNow.peek());
  useFollow(() => {
    const now = noiseNow.value;
    const timer = setTimeout(() => {
      noise.value = now;
    }, PAUSE);
    return () => clearTimeout(timer);
  });
  const batch = useAnswer("batch", "latent-batch", () =>
    isOpen.value ? { ...spaceOf(shown.value), ...noise.value, count: BATCH, units: UNITS } : null,
  );
  const width = shown.value.latentDim;
  const rows = batch.value?.shown ?? Math.min(UNITS, width);
  const scale = batch.value?.scale.toPrecision(3) ?? "";
  return html`<details class="group batch" onToggle=${(/** @type {any} */ event) => {
    isOpen.value = event.target.open;
  }}>
    <summary>${t("latent_batch")}</summary>
    <p class="quiet" role="status">${batch.value ? t("latent_batch_about", { scale }) : t("latent_batch_wait")}
      ${rows < width && t("latent_batch_some", { shown: rows, width })}</p>
    <${Codes} values=${batch.value?.clean} rows=${rows} name=${t("clean")} />
    <${Codes} values=${batch.value?.noisy} rows=${rows} name=${labelled(t("noisy"), noiseWords())} />
    <div class="classes" aria-hidden="true">${batch.value?.classes.map((count, digit) => html`<span key=${digit} style=${{ flex: `${count} 1 0` }}>${digit}</span>`)}</div>
  </details>`;
}
