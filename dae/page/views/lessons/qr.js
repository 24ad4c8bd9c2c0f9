// A text as a QR code, for the students' phones.
import { html, useEffect, useRef, useState } from "../../parts/html.js";
import { t } from "../../words.js";

const EDGE = 4; // modules of white around it, as ISO/IEC 18004 asks for

/** @param {{ text: string, alt: string, help: string }} props help: what to do where the text is too long */
export function Qr({ text, alt, help }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setProblem("");
    import("lean-qr")
      .then(({ generate }) => {
        if (canvas.current) generate(text).toCanvas(canvas.current, { off: [255, 255, 255], pad: EDGE });
      })
      .catch((error) => {
        // The library's own error has a number as its code; else it could not be fetched.
        const isLong = typeof error.code === "number";
        setProblem(
          isLong ? t("qr_long", { length: new TextEncoder().encode(text).length, help }) : t("view_failed"),
        );
      });
  }, [text]);
  return html`<div class="qr">
    <canvas ref=${canvas} role="img" aria-label=${alt} hidden=${problem !== ""}></canvas>
    <p role="status">${problem}</p>
  </div>`;
}
