// The one chart of the page: lines over a common axis, as SVG, with ticks, a legend and a reading for screen readers.
import { labelled } from "../words.js";
import { html, useLayoutEffect, useRef, useState } from "./html.js";

/**
 * @typedef {object} Line
 * @property {string} name in the legend
 * @property {ArrayLike<number>} x
 * @property {ArrayLike<number>} y values that are not finite leave a gap
 * @property {"plain" | "strong" | "dashed" | "bars"} [look] bars stand on 0, each from its x to the next
 * @property {string} [colour] a CSS colour; otherwise that of its look
 * @property {string} [dash] as SVG's stroke-dasharray
 * @property {boolean} [dots]
 * @property {(x: number, y: number) => string} [say] what a dot tells who points at it; otherwise the name and the value
 */

/**
 * @typedef {object} Props
 * @property {Line[]} lines
 * @property {string} label what the chart shows, for those who cannot see it
 * @property {string} [xLabel]
 * @property {string} [yLabel]
 * @property {boolean} [log] whether the y axis is logarithmic
 * @property {[number, number]} [span] where the x axis begins and ends; otherwise where the lines do
 * @property {ArrayLike<number>} [marks] where the x axis is labelled; otherwise at round numbers
 * @property {number} [at] a place on the x axis that is marked
 * @property {(x: number) => void} [onPick] a place on the x axis was chosen
 * @property {(y: number) => string} [text] how a value of the y axis is written
 * @property {number} [height] in units of the drawing: 13 of them are the size of its text
 * @property {boolean} [legend]
 * @property {boolean} [names] whether each line's name stands at its end
 * @property {string} [highlight] the name of a line that stands out
 */

/** Round steps, some four of them. @param {number} low @param {number} high */
export function ticks(low, high, count = 4) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** Powers of ten, with 2 and 5 between where they are few. @param {number} low @param {number} high */
export function logTicks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const each of high / low > 100 ? [1] : [1, 2, 5]) {
      const value = Number((each * 10 ** power).toPrecision(12));
      if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
    }
  }
  return found;
}

/**
 * Heights, in their order, moved just so far that neighbours are a gap apart.
 * @param {number[]} heights @param {number} gap
 */
export function spread(heights, gap) {
  /** @type {{ members: number[], centre: number }[]} */
  const groups = [];
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
  for (const i of order) {
    let group = { members: [i], centre: heights[i] };
    for (let last = groups.at(-1); last; last = groups.at(-1)) {
      const [a, b] = [last.members.length, group.members.length];
      if (group.centre - last.centre >= (gap * (a + b)) / 2) break;
      groups.pop();
      group = {
        members: [...last.members, ...group.members],
        centre: (a * last.centre + b * group.centre) / (a + b),
      };
    }
    groups.push(group);
  }
  const moved = [...heights];
  for (const { members, centre } of groups)
    for (const [place, i] of members.entries()) moved[i] = centre + (place - (members.length - 1) / 2) * gap;
  return moved;
}

const pen = document.createElement("canvas").getContext("2d");

/** Names, as much of each as there is room for, and how much of it they take. @param {string[]} names @param {number} most */
function fitted(names, most) {
  if (pen) pen.font = `550 ${SIZE}px ${getComputedStyle(document.documentElement).fontFamily}`;
  const wide = (/** @type {string} */ text) => pen?.measureText(text).width ?? 8 * text.length;
  const short = names.map((name) => {
    if (wide(name) <= most) return name;
    const letters = [...name];
    while (letters.length > 1 && wide(`${letters.join("")}…`) > most) letters.pop();
    return `${letters.join("")}…`;
  });
  return { short, room: Math.max(0, ...short.map(wide)) };
}

/** @param {Line} line */
const dashOf = (line) => line.dash || (line.look === "dashed" ? "5 4" : "none");

// In units of the drawing, which grow with the page's text.
const SIZE = 13; // of the text
const LEFT = 48;
const MARGIN = 16; // on the right, without names
const LEAD = 22; // from a line's end to its name
const NAME = 17; // from one name to the next
const NARROW = 200;
const PER_MARK = 70; // of the x axis for each label
const LEAST = 32; // for a label that has to be there

/** Pixels of a unit. @param {Element} box */
const unitOf = (box) => Number.parseFloat(getComputedStyle(box).fontSize) / SIZE;

/** The last of a line's points that is shown. @param {Line} line @param {(y: number) => boolean} isFit */
function lastOf(line, isFit) {
  let i = line.y.length - 1;
  while (i > 0 && !isFit(line.y[i])) i--;
  return i;
}

/** @param {Props} props */
export function Chart({
  lines,
  label,
  xLabel = "",
  yLabel = "",
  log = false,
  span,
  marks,
  at,
  onPick,
  text = (y) => String(Number(y.toPrecision(3))),
  height = 240,
  legend = true,
  names = false,
  highlight,
}) {
  const svg = useRef(/** @type {SVGSVGElement | null} */ (null));
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const [measured, setMeasured] = useState(/** @type {{ pixels: number, unit: number } | null} */ (null));
  useLayoutEffect(() => {
    // It tells the first size, too: when the page is laid out and not yet painted, so that nothing moves after it.
    const observer = new ResizeObserver(() => {
      if (!box.current) return;
      const now = { pixels: box.current.clientWidth || 640, unit: unitOf(box.current) };
      setMeasured((before) => (before?.pixels === now.pixels && before.unit === now.unit ? before : now));
    });
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  if (!measured) return html`<figure class="chart" ref=${box}></figure>`;
  const { unit } = measured;
  const width = Math.max(NARROW, Math.round(measured.pixels / unit));
  const called = names
    ? fitted(
        lines.map((line) => line.name),
        width / 2 - LEAD,
      )
    : null;
  const edge = called ? LEAD + 4 + called.room : MARGIN;
  const top = yLabel && names ? 26 : 10;
  const bottom = xLabel ? 44 : 26;
  const isFit = (/** @type {number} */ y) => Number.isFinite(y) && (!log || y > 0);
  const bars = lines.filter((line) => line.look === "bars");
  const barOf = (/** @type {Line} */ line) => (line.x.length > 1 ? line.x[1] - line.x[0] : 1);
  const stops = bars.map((line) => line.x[line.x.length - 1] + barOf(line));
  const xs = [...lines.flatMap((line) => Array.from(line.x)), ...stops].filter(Number.isFinite);
  const ys = [...lines.flatMap((line) => Array.from(line.y)), ...bars.map(() => 0)].filter(isFit);
  if (!xs.length || !ys.length)
    return html`<figure class="chart" ref=${box} style=${{ height: `${height * unit}px` }}></figure>`;
  const [left, right] = span ?? [Math.min(...xs), Math.max(...xs)];
  const [smallest, largest] = [Math.min(...ys), Math.max(...ys)];
  const scale = log ? Math.log10 : (/** @type {number} */ y) => y;
  const margin = 0.06 * (scale(largest) - scale(smallest) || Math.abs(scale(largest)) || 1);
  const [low, high] = [bars.length ? 0 : scale(smallest) - margin, scale(largest) + margin];
  const placeX = (/** @type {number} */ x) =>
    LEFT + ((x - left) / (right - left || 1)) * (width - LEFT - edge);
  const placeY = (/** @type {number} */ y) =>
    top + ((high - scale(y)) / (high - low)) * (height - top - bottom);
  const path = (/** @type {Line} */ line) => {
    if (line.look === "bars") {
      const wide = placeX(left + barOf(line)) - placeX(left);
      const bar = (/** @type {number} */ y, /** @type {number} */ i) =>
        `M${(placeX(line.x[i]) + 0.5).toFixed(1)} ${placeY(0).toFixed(1)}V${placeY(y).toFixed(1)}h${Math.max(0.5, wide - 1).toFixed(1)}V${placeY(0).toFixed(1)}Z`;
      return Array.from(line.y, bar).join("");
    }
    let drawn = "";
    let isDown = false;
    for (let i = 0; i < line.x.length; i++) {
      if (isFit(line.y[i]))
        drawn += `${isDown ? "L" : "M"}${placeX(line.x[i]).toFixed(1)} ${placeY(line.y[i]).toFixed(1)}`;
      isDown = isFit(line.y[i]);
    }
    return drawn;
  };
  const pick = (/** @type {PointerEvent} */ event) => {
    if (!onPick || !svg.current) return;
    const place = svg.current.getBoundingClientRect();
    const x =
      left +
      ((width * (event.clientX - place.left)) / place.width - LEFT) *
        ((right - left) / (width - LEFT - edge));
    onPick(Math.min(right, Math.max(left, x)));
  };
  const ends = names ? lines.map((line) => lastOf(line, isFit)) : [];
  const heights = spread(
    ends.map((i, n) => placeY(lines[n].y[i])),
    NAME,
  );
  const across = Array.from(marks ?? ticks(left, right, Math.min(6, Math.floor(width / PER_MARK))));
  const every = Math.ceil((across.length * LEAST) / (width - LEFT - edge)); // so that they do not touch
  const yTicks = log ? logTicks(10 ** low, 10 ** high) : ticks(low, high);
  return html`<figure class="chart" ref=${box}>
    <svg ref=${svg} viewBox="0 0 ${width} ${height}" height=${height * unit} role="img" aria-label=${label} data-pick=${Boolean(onPick)} onClick=${pick}>
      ${yTicks.map((y) => html`<g class="tick" key=${y}><line x1=${LEFT} x2=${width - edge} y1=${placeY(y)} y2=${placeY(y)} /><text x=${LEFT - 6} y=${placeY(y)} text-anchor="end" dominant-baseline="middle">${text(y)}</text></g>`)}
      ${across.filter((_, i) => i % every === 0).map((x) => html`<text class="number" x=${placeX(x)} y=${height - bottom + 18} text-anchor="middle">${x}</text>`)}
      ${xLabel && html`<text class="axis" x=${(LEFT + width - edge) / 2} y=${height - 6} text-anchor="middle">${xLabel}</text>`}
      ${yLabel && html`<text class="axis" x=${LEFT} y=${names ? 12 : top - 1} text-anchor="start">${yLabel}</text>`}
      ${lines.map(
        (
          line,
          i,
        ) => html`<g class="line" key=${line.name} data-line=${line.name} data-look=${line.look ?? "plain"}
            data-faint=${highlight !== undefined && highlight !== line.name}
            style=${{ color: line.colour ?? `var(--line-${line.look ?? i % 10})` }}>
          ${called && html`<path class="lead" d=${`M${placeX(line.x[ends[i]]) + 5} ${placeY(line.y[ends[i]])}L${width - edge + LEAD - 4} ${heights[i]}`} />`}
          <path d=${path(line)} style=${{ strokeDasharray: dashOf(line) }} />
          ${line.dots && Array.from(line.x).map((x, n) => isFit(line.y[n]) && html`<circle cx=${placeX(x)} cy=${placeY(line.y[n])} r="3.5"><title>${line.say?.(x, line.y[n]) ?? labelled(line.name, text(line.y[n]))}</title></circle>`)}
          ${called && html`<text class="name" x=${width - edge + LEAD} y=${heights[i]} dominant-baseline="middle">${called.short[i]}</text>`}
        </g>`,
      )}
      ${at !== undefined && html`<line class="at" x1=${placeX(at)} x2=${placeX(at)} y1=${top} y2=${height - bottom} />`}
    </svg>
    ${
      legend &&
      html`<figcaption>${lines.map(
        (line, i) =>
          html`<span key=${line.name} data-look=${line.look ?? "plain"} style=${{ color: line.colour ?? `var(--line-${line.look ?? i % 10})` }}><svg viewBox="0 0 24 10" aria-hidden="true"><line x1="0" x2="24" y1="5" y2="5" style=${{ strokeDasharray: dashOf(line) }} /></svg><b>${line.name}</b></span>`,
      )}</figcaption>`
    }
  </figure>`;
}
