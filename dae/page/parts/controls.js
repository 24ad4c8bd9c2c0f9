// Native controls with their labels: menu, slider, number, segments, switch.
import { html, useEffect, useId, useRef } from "./html.js";

/** @typedef {{ value: string, label: string, disabled?: boolean, title?: string }} Option */
/** @typedef {{ label: string, options: Option[] }} Group */

/**
 * For a number's box: what was typed is told, and the box shows what became of it: it may have been out of range, or no
 * number at all.
 * @param {string} shown @param {(text: string) => void} tell
 */
function useTyped(shown, tell) {
  const now = useRef(shown);
  now.current = shown;
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (/** @type {any} */ { target }) => {
    if (target.value !== "") tell(target.value);
    timer.current = setTimeout(() => {
      target.value = now.current;
    });
  };
}

/** A control's label, and beside it, so that it is no part of the control's name, the "?". @param {{ id: string, label: string, help: any }} props */
const Label = ({ id, label, help }) =>
  help
    ? html`<div class="asked"><label for=${id}>${label}</label>${help}</div>`
    : html`<label for=${id}>${label}</label>`;

/** @param {Option} option */
const optionOf = (option) =>
  html`<option value=${option.value} disabled=${option.disabled} title=${option.title}>${option.label}</option>`;

/**
 * @param {{ label: string, value: string, options?: Option[], groups?: Group[], onChange: (value: string) => void, help?: any, name?: string, disabled?: boolean }} props
 */
export function Menu({ label, value, options = [], groups = [], onChange, help, name, disabled }) {
  const id = useId();
  return html`<div class="control" data-control=${name}>
    <${Label} id=${id} label=${label} help=${help} />
    <select id=${id} value=${value} disabled=${disabled} onChange=${(/** @type {any} */ event) => onChange(event.target.value)}>
      ${options.map(optionOf)}
      ${groups.map((group) => html`<optgroup label=${group.label}>${group.options.map(optionOf)}</optgroup>`)}
    </select>
  </div>`;
}

/**
 * @param {{ label: string, value: number, low: number, high: number, step: number, onInput: (value: number) => void, text?: (value: number) => string, help?: any, name?: string }} props
 */
export function Slider({ label, value, low, high, step, onInput, text = String, help, name }) {
  const id = useId();
  const typed = useTyped(text(value), (entry) => onInput(Number(entry)));
  return html`<div class="control slider" data-control=${name}>
    <${Label} id=${id} label=${label} help=${help} />
    <input class="exact" type="number" aria-label=${label} value=${text(value)} min=${low} max=${high} step="any" onChange=${typed} />
    <input id=${id} type="range" min=${low} max=${high} step=${step} value=${value} onInput=${(/** @type {any} */ event) => onInput(Number(event.target.value))} />
  </div>`;
}

/**
 * @param {{ label: string, value: number | string, low?: number, high?: number, step?: number | "any", onChange: (value: string) => void, help?: any, name?: string }} props
 */
export function NumberBox({ label, value, low, high, step = 1, onChange, help, name }) {
  const id = useId();
  const typed = useTyped(String(value), onChange);
  return html`<div class="control" data-control=${name}>
    <${Label} id=${id} label=${label} help=${help} />
    <input id=${id} type="number" value=${value} min=${low} max=${high} step=${step} onChange=${typed} />
  </div>`;
}

/**
 * A few choices side by side, as radio buttons.
 * @param {{ label: string, value: string, options: Option[], onChange: (value: string) => void, name?: string }} props
 */
export function Segments({ label, value, options, onChange, name }) {
  const id = useId();
  return html`<fieldset class="control segments" data-control=${name}>
    <legend>${label}</legend>
    <div>
      ${options.map(
        (option) => html`<label>
          <input type="radio" name=${id} value=${option.value} checked=${option.value === value}
            onChange=${() => onChange(option.value)} />
          <span>${option.label}</span>
        </label>`,
      )}
    </div>
  </fieldset>`;
}

/** @param {{ label: string, checked: boolean, onChange: (checked: boolean) => void, help?: any, name?: string, disabled?: boolean }} props */
export function Switch({ label, checked, onChange, help, name, disabled = false }) {
  const box = html`<label class="control switch" data-control=${name}>
    <input type="checkbox" checked=${checked} disabled=${disabled} onChange=${(/** @type {any} */ event) => onChange(event.target.checked)} />
    <span>${label}</span>
  </label>`;
  return help ? html`<div class="asked">${box}${help}</div>` : box;
}
