// Where the digit comes from: the gallery, the pen, or a picture.
import { batch, signal } from "@preact/signals-core";
import { digitAt, galleryOf, isOfBefore, known, missing, perClass, preview, take } from "../digit.js";
import { engine, manifest, state } from "../page.js";
import { decodeDigit } from "../pixels.js";
import { t } from "../words.js";
import { Segments } from "./controls.js";
import { Drawing, SIDE } from "./drawing.js";
import { html, useEffect, useRef, useSignalEffect, useState } from "./html.js";
import { Pad } from "./pad.js";
import { Picture, paint } from "./picture.js";

const OFFERED = 10; // digits of a class that are offered at once
const PIXELS = 28 * 28;

/** What is to be said about the digit that was asked for: a sentence's key with its values. @type {import("@preact/signals-core").Signal<import("./photo.js").Said | null>} */
const notice = signal(null);

const drawing = new Drawing();
/** The digits that were drawn and uploaded, as the state's `pixels`: each is there again when its segment is. @type {Record<string, string>} */
const texts = { draw: "", upload: "" };

/** Another digit of the same class. */
export function another() {
  const index = state.peek("index");
  const other = Math.floor(Math.random() * (perClass - 1));
  state.set({ source: "pick", index: other < index ? other : other + 1 });
}

function Gallery() {
  const digit = state.get("digit");
  const index = state.get("index");
  const [first, setFirst] = useState(Math.floor(index / OFFERED) * OFFERED);
  const [digits, setDigits] = useState(/** @type {Uint8Array | null} */ (null));
  useEffect(() => setFirst(Math.floor(index / OFFERED) * OFFERED), [digit, index]);
  useEffect(() => {
    let isCurrent = true;
    galleryOf(digit).then(
      (found) => isCurrent && setDigits(found),
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }, [digit]);
  const count = digits ? digits.length / PIXELS : perClass;
  const last = Math.min(first + OFFERED, count);
  return html`<div class="gallery">
    <div class="classes" role="group" aria-label=${t("source")}>
      ${[...Array(10).keys()].map(
        (each) =>
          html`<button type="button" key=${each} aria-pressed=${each === digit} aria-label=${t("pick_class", { digit: each })} onClick=${() => state.set({ source: "pick", digit: each, index: 0 })}>${each}</button>`,
      )}
    </div>
    <div class="digits">
      ${[...Array(OFFERED).keys()].map((n) => {
        const each = first + n;
        return html`<button type="button" key=${n} disabled=${each >= count} aria-pressed=${each === index} aria-label=${t("pick_this", { digit, index: each + 1 })} onClick=${() => state.set({ source: "pick", index: each })}>
          <${Picture} values=${digits && each < count ? digitAt(digits, each) : null} alt="" />
        </button>`;
      })}
    </div>
    <div class="pages">
      <button type="button" aria-label=${t("pages_back")} disabled=${first === 0} onClick=${() => setFirst(first - OFFERED)}>‹</button>
      <span>${t("pages_at", { first: first + 1, last, count })}</span>
      <button type="button" aria-label=${t("pages_forth")} disabled=${last === count} onClick=${() => setFirst(first + OFFERED)}>›</button>
      <button type="button" id="another" onClick=${another}>${t("another")}</button>
    </div>
    ${missing.value && html`<p class="problem" role="status">${t("gallery_missing")}</p>`}
  </div>`;
}

/** A drawing is asked about while the pen moves; the lifted pen's digit becomes the page's. @param {boolean} lifted */
async function drawn(lifted) {
  if (drawing.isEmpty.peek()) return; // what was shown stays
  try {
    const question = { pixels: drawing.grey(), width: SIDE, height: SIDE };
    const digit = await engine.ask("pen", question, { channel: "pen", finish: true });
    if (!digit || state.peek("source") !== "draw") return;
    notice.value = null;
    if (lifted && !drawing.isDown) await take(digit, "draw");
    else preview(digit);
  } catch (/** @type {any} */ error) {
    if (error.code === "too_much_ink") notice.value = { key: "image_too_much_ink" };
    else if (error.code !== "no_ink") console.error(error); // a dot is no digit yet: what was shown stays
  }
}

function Draw() {
  useSignalEffect(() => {
    const text = state.get("pixels");
    if (state.get("source") !== "draw" || text === drawing.text) return;
    drawing.text = text;
    if (known.text === text && known.source === "draw") return; // its own
    decodeDigit(text).then((digit) => {
      if (drawing.text !== text) return;
      const base = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
      if (digit) paint(base, digit);
      drawing.restore(digit && base);
    });
  });
  return html`<${Pad} drawing=${drawing} onInk=${drawn} />`;
}

/** How photos are read: loaded with the first one. @type {import("@preact/signals-core").Signal<typeof import("./photo.js") | null>} */
const reader = signal(null);

/** The digit that the state asks for. */
const asked = () => ["source", "digit", "index", "pixels"].map((name) => state.peek(name)).join();

/** A picture of a digit, whatever it is: what cannot be read is told. @param {File | undefined} file */
async function upload(file) {
  if (!file) return;
  notice.value = { key: "upload_reading" };
  const before = asked();
  try {
    reader.value ??= await import("./photo.js");
    if (asked() !== before) return told(null); // another digit has been chosen meanwhile
    await reader.value.open(file, told);
  } catch (error) {
    console.error(error);
    told({ key: "photo_failed", isRefused: true });
  }
}

/** @param {import("./photo.js").Said | null} said of a picture */
function told(said) {
  batch(() => {
    notice.value = said;
    if (said?.isRefused) isOfBefore.value = true;
  });
}

/** After a reload the photo is shown again that the digit was made of, if it is still there. */
async function reopen() {
  const text = state.peek("pixels");
  if (!text || reader.peek()?.opened.peek()) return;
  const kept = (await import("./photo-kept.js")).keptPhoto(text);
  if (!kept) return;
  reader.value ??= await import("./photo.js");
  if (state.peek("pixels") === text) await reader.value.reopen(kept, told);
}

function Upload() {
  useEffect(() => {
    reopen().catch((error) => console.error(error)); // the digit is there without it
  }, []);
  /** @param {any} event */
  const chosen = ({ target }) => {
    const [file] = target.files;
    target.value = ""; // the same file may be chosen again
    upload(file);
  };
  return html`<div class="upload">
    ${reader.value && html`<${reader.value.Photo} />`}
    <label class="button">${t("upload")}<input type="file" accept="image/*" onChange=${chosen} /></label>
    <label class="button camera">${t("upload_camera")}<input type="file" accept="image/*" capture="environment" onChange=${chosen} /></label>
    <p class="quiet">${t("upload_hint")} ${t("upload_drop")}</p>
  </div>`;
}

/** A picture may be dropped on the page or pasted, whichever segment is open. @param {(file: File) => void} take */
function useDroppedFiles(take) {
  useEffect(() => {
    const files = (/** @type {DataTransfer | null} */ data) => Array.from(data?.files ?? []);
    const over = (/** @type {DragEvent} */ event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); // else the browser would leave the page
    };
    const drop = (/** @type {DragEvent} */ event) => {
      const [file] = files(event.dataTransfer);
      if (!file) return;
      event.preventDefault();
      take(file);
    };
    const paste = (/** @type {ClipboardEvent} */ event) => {
      const [file] = files(event.clipboardData);
      if (file) take(file);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("drop", drop);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("drop", drop);
      document.removeEventListener("paste", paste);
    };
  }, []);
}

/** @param {string} source */
function choose(source) {
  const before = state.peek("source");
  if (before !== "pick") texts[before] = state.peek("pixels");
  notice.value = null;
  state.set(source === "pick" ? { source } : { source, pixels: texts[source] });
}

const PANELS = { pick: Gallery, draw: Draw, upload: Upload };

/** @param {File} file */
function dropped(file) {
  if (!state.shows("upload")) return;
  choose("upload");
  upload(file);
}

export function Source() {
  const spot = useRef(/** @type {HTMLElement | null} */ (null));
  const said = notice.value;
  useDroppedFiles(dropped);
  useEffect(() => {
    if (said?.isRefused) spot.current?.scrollIntoView({ block: "nearest" });
  }, [said]);
  if (!state.shows("digit")) return null;
  const offered = /** @type {("pick" | "draw" | "upload")[]} */ (manifest.state.source.choices).filter(
    (source) => source === "pick" || state.shows(source),
  );
  const source = /** @type {"pick" | "draw" | "upload"} */ (state.get("source"));
  if (offered.length < 2 && !offered.includes(source) && !said) return null;
  return html`<div class="group source">
    ${offered.length > 1 && html`<${Segments} name="source" label=${t("source")} value=${source} onChange=${choose} options=${offered.map((value) => ({ value, label: t(`source_${value}`) }))} />`}
    <p class="notice" role="status" ref=${spot}>${said && t(said.key, said.values)}${said?.isRefused && `${t("between")}${t("upload_kept")}`}</p>
    ${offered.includes(source) && html`<${PANELS[source]} />`}
  </div>`;
}
