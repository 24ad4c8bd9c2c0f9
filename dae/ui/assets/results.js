// Tables and curves of what was measured. Names and versions come from a file that may hold anything: they only ever
// become text nodes and attributes of text.
const find = (selector) => element.querySelector(selector);
const make = window.daeMake;
const ready = () => props.words && props.results?.tables; // either may come first
const say = (key, values = {}) => (props.words[key] ?? "").replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const count = (number) => number.toLocaleString("en-US");

const chosen = { metric: "mse", noise: null, lines: new Map(), sort: {}, lesson: "", asked: "" };

const called = (row) => (row.kind !== "network" && props.words[`name_${row.name}`]) || row.name;
const noiseName = ({ noise, clip }) => {
  if (noise === "clean") return say("clean");
  const name = props.words[`noise_${noise}`] ?? noise;
  return clip === true ? say("clipped", { noise: name }) : clip === false ? say("unclipped", { noise: name }) : name;
};
const key = ({ noise, clip }) => `${noise}|${clip}`;
const number = (value) => (value === "inf" ? Infinity : value);
const written = (value, decimals) =>
  (value === null || value === undefined ? "–" : value === Infinity ? "∞" : value.toFixed(decimals));

// --- Tables

const valuesOf = (table) => table.values[chosen.metric] ?? table.values[""];
const ruleOf = (column) => (column.decimals === undefined ? props.results.metrics[chosen.metric] : column);

const order = (table, { column, best }) => {
  const rows = table.rows.map((row, i) => i);
  if (column < 0) {
    rows.sort((a, b) => called(table.rows[a]).localeCompare(called(table.rows[b])));
    return best ? rows : rows.reverse();
  }
  const values = valuesOf(table);
  const sign = (ruleOf(table.columns[column]).better === "low" ? 1 : -1) * (best ? 1 : -1);
  const known = rows.filter((i) => values[i][column] !== null);
  const missing = rows.filter((i) => values[i][column] === null); // always last
  const difference = (a, b) => (a === b ? 0 : a < b ? -1 : 1);
  known.sort((a, b) => sign * difference(number(values[a][column]), number(values[b][column])));
  return [...known, ...missing];
};

const sorted = (part) => {
  const table = props.results.tables[part];
  const sort = chosen.sort[part];
  const body = find(`[data-part=${part}] tbody`);
  const rows = new Map([...body.children].map((row) => [Number(row.dataset.row), row]));
  body.append(...order(table, sort).map((i) => rows.get(i)));
  const rising = sort.column < 0 || ruleOf(table.columns[sort.column]).better === "low" ? sort.best : !sort.best;
  for (const head of element.querySelectorAll(`[data-part=${part}] th[data-column]`)) {
    const here = Number(head.dataset.column) === sort.column;
    head.setAttribute("aria-sort", here ? (rising ? "ascending" : "descending") : "none");
  }
};

const bestOf = (table, column) => {
  const { better } = ruleOf(table.columns[column]);
  const values = valuesOf(table)
    .filter((row, i) => table.rows[i].kind !== "input" && row[column] !== null)
    .map((row) => number(row[column]));
  return !better || values.length < 2 ? null : better === "low" ? Math.min(...values) : Math.max(...values);
};

const sortButton = (part, column, words, full) => {
  const button = make("button", { type: "button", "aria-label": say("sort", { column: full }) }, words);
  button.addEventListener("click", () => {
    const sort = chosen.sort[part];
    chosen.sort[part] = { column, best: sort.column === column ? !sort.best : true };
    sorted(part);
  });
  return button;
};

const tabulate = (part) => {
  const table = props.results.tables[part];
  find(`[data-part=${part}]`).hidden = !table.rows.length;
  if (!table.rows.length) return;
  const box = find(`[data-part=${part}] .scroll`);
  const place = [box.scrollLeft, box.scrollTop];
  const groups = table.groups.map((group) => (group.word ? say(group.word) : noiseName(group)));
  const starts = new Set();
  const groupOf = [];
  table.groups.forEach((group, i) => {
    starts.add(groupOf.length);
    for (let j = 0; j < group.span; j += 1) groupOf.push(i);
  });
  const first = make("th", { class: "first", scope: "col", rowspan: 2, "data-column": -1 },
    sortButton(part, -1, say(table.head), say(table.head)));
  const upper = make("tr", {}, first, ...table.groups.map((group, i) => make("th",
    { scope: "colgroup", colspan: group.span, class: "starts" }, groups[i] + (group.symbol ? ` ${group.symbol}` : ""))));
  const lower = make("tr", {}, ...table.columns.map((column, i) => {
    const words = column.word ? say(column.word) : column.text;
    const full = `${groups[groupOf[i]]} ${words}`.trim();
    return make("th", { scope: "col", class: starts.has(i) ? "starts" : null, "data-column": i },
      sortButton(part, i, words || "0", full));
  }));
  const values = valuesOf(table);
  const best = table.columns.map((_, i) => bestOf(table, i));
  const most = Math.max(...table.rows.map((row) => row.digits ?? 0));
  const body = table.rows.map((row, i) => {
    const notes = [row.kind === "baseline" && say("baseline"),
      row.digits && row.digits < most && say("fewer", { digits: count(row.digits) })].filter(Boolean);
    const head = make("th", { class: "first", scope: "row" }, called(row),
      ...(notes.length ? [make("small", {}, notes.join(", "))] : []));
    return make("tr", { "data-row": i, "data-kind": row.kind }, head, ...values[i].map((raw, j) => {
      const value = number(raw);
      const words = written(value, ruleOf(table.columns[j]).decimals);
      const cell = make("td", { class: starts.has(j) ? "starts" : null });
      if (best[j] !== null && value === best[j] && row.kind !== "input") {
        cell.append(make("b", {}, words), make("span", { class: "hidden-word" }, ` ${say("best")}`));
      } else cell.append(words);
      return cell;
    }));
  });
  box.replaceChildren(make("table", {}, make("thead", {}, upper, lower), make("tbody", {}, ...body)));
  box.setAttribute("aria-label", `${say(part)}. ${say("scroll")}`);
  [box.scrollLeft, box.scrollTop] = place;
  chosen.sort[part] ??= { column: table.sort, best: true };
  sorted(part);
};

// --- Curves

const curves = () => props.results.tables.denoising;
const noises = () => curves().groups.filter((group) => group.noise !== "clean");
const noiseNow = () => noises().find((group) => key(group) === chosen.noise);

const stroke = (row, node) => {
  const pair = chosen.lines.get(row.name) ?? 0;
  const noisy = row.kind === "input";
  node.style.stroke = noisy ? "var(--quiet)" : `var(--curve-${pair % props.results.colours})`;
  node.style.strokeDasharray = noisy ? "var(--dash-noisy)" : `var(--dash-${pair % props.results.dashes})`;
  return node;
};

// The places, in their order, moved just so far that neighbours are a gap apart.
const spread = (places, gap) => {
  const groups = [];
  places.map((y, i) => [y, i]).sort((a, b) => a[0] - b[0]).forEach(([y, i]) => {
    let group = { members: [i], centre: y };
    for (let last = groups.at(-1); last && group.centre - last.centre < gap * (group.members.length + last.members.length) / 2;
      last = groups.at(-1)) {
      groups.pop();
      const [a, b] = [last.members.length, group.members.length];
      group = { members: [...last.members, ...group.members], centre: (a * last.centre + b * group.centre) / (a + b) };
    }
    groups.push(group);
  });
  const moved = [...places];
  for (const { members, centre } of groups) {
    members.forEach((i, place) => { moved[i] = centre + (place - (members.length - 1) / 2) * gap; });
  }
  return moved;
};

const ticks = (low, high, log) => {
  const found = [];
  if (log) {
    const steps = Math.log10(high / low) > 2.4 ? [1] : [1, 2, 5];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
      for (const step of steps) found.push(Number(`${step}e${power}`));
    }
  } else {
    const rough = (high - low) / 5;
    const base = 10 ** Math.floor(Math.log10(rough));
    const step = base * [1, 2, 5, 10].find((factor) => base * factor >= rough);
    for (let i = Math.ceil(low / step); i * step <= high + 1e-9; i += 1) found.push(Number((i * step).toPrecision(6)));
  }
  return found.filter((tick) => tick >= low - 1e-12 && tick <= high + 1e-12);
};

const draw = () => {
  const box = find(".chart");
  const width = box.clientWidth;
  const now = ready() && noiseNow();
  if (!width || !now) return;
  const table = curves();
  const values = valuesOf(table);
  const log = chosen.metric === "mse";
  const rule = props.results.metrics[chosen.metric];
  const columns = table.columns.map((column, i) => ({ ...column, i }))
    .filter((column) => column.noise === "clean" || key(column) === chosen.noise).sort((a, b) => a.level - b.level);
  const lines = table.rows.map((row, i) => ({
    row,
    points: columns.map((column) => [column.level, number(values[i][column.i])])
      .filter(([, value]) => value !== null && Number.isFinite(value) && (!log || value >= given.least)),
  })).filter(({ row, points }) => chosen.lines.has(row.name) && points.some(([level]) => level > 0));
  if (!lines.length) {
    box.replaceChildren(make("p", { class: "none" }, say("curves_none")));
    return;
  }
  const names = lines.map(({ row }) => called(row));
  const canvas = (draw.canvas ??= document.createElement("canvas").getContext("2d"));
  canvas.font = `550 13px ${getComputedStyle(box).fontFamily}`;
  const long = (words) => canvas.measureText(words).width;
  const room = Math.min(Math.max(...names.map(long)) + 4, width * 0.5 - 24); // beside the lines, for their names
  const short = (name) => {
    let end = name.length;
    while (end > 1 && long(`${name.slice(0, end)}…`) > room) end -= 1;
    return long(name) > room ? `${name.slice(0, end)}…` : name;
  };
  const margin = { left: 48, right: room + 24, top: 26, bottom: 44 };
  const height = Math.max(340, 18 * lines.length + margin.top + margin.bottom);
  const all = lines.flatMap(({ points }) => points.map(([, value]) => value));
  let [low, high] = [Math.min(...all), Math.max(...all)];
  if (log) [low, high] = [low / 1.2, high * 1.2];
  else {
    const edge = (high - low || 1) * 0.05;
    [low, high] = [low - edge, high + edge];
  }
  const levels = [...new Set([0, ...columns.map((column) => column.level)])].sort((a, b) => a - b);
  const last = levels.at(-1) || 1;
  const scale = log ? Math.log : (value) => value;
  const x = (level) => margin.left + (level / last) * (width - margin.left - margin.right);
  const y = (value) => margin.top + ((scale(high) - scale(value)) / (scale(high) - scale(low))) * (height - margin.top - margin.bottom);
  const metric = say(`metric_${chosen.metric}`);
  const svg = make("svg:svg", {
    viewBox: `0 0 ${width} ${height}`, height, role: "img",
    "aria-label": say("curves_alt", { metric, noise: noiseName(now), lines: names.join(", ") }),
  });
  for (const tick of ticks(low, high, log)) {
    svg.append(make("svg:line", { class: "grid", x1: margin.left, x2: x(last), y1: y(tick), y2: y(tick) }),
      make("svg:text", { x: margin.left - 8, y: y(tick) + 4, "text-anchor": "end" }, `${tick}`));
  }
  svg.append(make("svg:text", { x: 0, y: 12 }, metric));
  for (const level of levels) {
    svg.append(make("svg:text", { x: x(level), y: height - margin.bottom + 20, "text-anchor": "middle" }, `${level}`));
  }
  svg.append(make("svg:text", { x: (margin.left + x(last)) / 2, y: height - 4, "text-anchor": "middle" },
    say("level", { symbol: now.symbol }).trim()));
  const places = spread(lines.map(({ points }) => y(points.at(-1)[1])), 17);
  lines.forEach(({ row, points }, i) => {
    const pair = chosen.lines.get(row.name);
    const colour = row.kind === "input" ? "var(--quiet)" : `var(--curve-${pair % props.results.colours})`;
    const at = points.at(-1);
    const group = make("svg:g", { class: "line", "data-name": row.name });
    group.append(
      make("svg:line", { class: "lead", x1: x(at[0]) + 5, y1: y(at[1]), x2: x(last) + 18, y2: places[i] }),
      stroke(row, make("svg:polyline", { points: points.map(([level, value]) => `${x(level)},${y(value)}`).join(" ") })),
    );
    for (const [level, value] of points) {
      const dot = make("svg:circle", { cx: x(level), cy: y(value), r: 3.5 }, make("svg:title", {}, say("point", {
        name: names[i], level: `${level}`, metric, value: written(value, rule.decimals), digits: count(row.digits),
      })));
      dot.style.fill = colour;
      group.append(dot);
    }
    const label = make("svg:text", { class: "name", x: x(last) + 22, y: places[i] + 4 }, short(names[i]));
    label.style.fill = "var(--ink)";
    group.append(label);
    svg.append(group);
  });
  box.replaceChildren(svg);
};

const point = (name) => {
  const svg = find(".chart svg");
  if (!svg) return;
  const groups = [...svg.querySelectorAll("g.line")];
  groups.forEach((group) => group.classList.toggle("here", group.dataset.name === name));
  svg.classList.toggle("pointed", groups.some((group) => group.classList.contains("here")));
};

const freePair = () => {
  const taken = new Set(chosen.lines.values());
  let pair = 0;
  while (taken.has(pair) && pair < props.results.colours * props.results.dashes - 1) pair += 1;
  return pair;
};
const switchOn = (row) => chosen.lines.set(row.name, row.kind === "input" ? -1 : freePair());

const paintButton = (button, row) => {
  const on = chosen.lines.has(row.name);
  button.setAttribute("aria-pressed", on);
  const line = button.querySelector("line");
  line.removeAttribute("style");
  if (on) stroke(row, line);
};

const offerLines = () => {
  const buttons = curves().rows.map((row) => {
    const sample = make("svg:svg", { viewBox: "0 0 30 10", "aria-hidden": "true" },
      make("svg:line", { x1: 0, x2: 30, y1: 5, y2: 5 }));
    const button = make("button", { type: "button", "data-name": row.name }, sample, called(row));
    button.addEventListener("click", () => {
      if (!chosen.lines.delete(row.name)) switchOn(row);
      paintButton(button, row);
      draw();
      if (chosen.lines.has(row.name)) point(row.name);
    });
    for (const event of ["pointerenter", "focus"]) button.addEventListener(event, () => point(row.name));
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, () => point(null));
    paintButton(button, row);
    return button;
  });
  const box = find(".lines");
  box.setAttribute("aria-label", say("lines"));
  box.replaceChildren(...buttons);
};

// --- All of it

const explain = () => {
  find(".meaning").textContent = say(`${chosen.metric}_about`, { digits: count(props.results.ssim_digits) });
};

const show = () => {
  const results = props.results;
  const empty = props.words && results && !results.tables;
  find(".empty").hidden = !empty;
  find(".empty").textContent = empty ? say("none") : "";
  find(".all").hidden = !ready();
  if (!ready()) return;
  if (!chosen.noise) {
    results.lines.forEach((name) => switchOn(curves().rows.find((row) => row.name === name)));
    chosen.noise = noises().length ? key(noises()[0]) : "none";
    adopt();
    linked();
  }

  find(".metric legend").textContent = say("metric");
  find(".metric").replaceChildren(find(".metric legend"), ...Object.keys(results.metrics).map((metric) => {
    const input = make("input", { type: "radio", name: `${element.id || "results"}-metric`, value: metric });
    input.checked = metric === chosen.metric;
    input.addEventListener("change", () => {
      chosen.metric = metric;
      explain();
      draw();
      tabulate("denoising");
    });
    return make("label", {}, input, say(`metric_${metric}`));
  }));
  explain();

  find(".noise span").textContent = say("noise");
  find(".noise select").replaceChildren(...noises().map((group) => make("option", { value: key(group) }, noiseName(group))));
  find(".noise select").value = chosen.noise;
  find(".download span").textContent = say("download");
  find("[data-part=curves] h2").textContent = say("curves");
  find("[data-part=curves]").hidden = !noises().length;
  offerLines();
  draw();

  const { codes, labels } = results.tables;
  const level = codes.about.level;
  const noise = noiseName({ noise: codes.about.key || level, clip: null });
  const clipped = codes.about.key === "gaussian"; // the codes are measured with clipped noise
  const spoilt = clipped ? say("clipped", { noise: `${noise} ${level}` }) : `${noise} ${level}`;
  const captions = {
    curves: say("curves_about"),
    denoising: say("denoising_about"),
    codes: say("codes_about", { noise: codes.about.key ? spoilt : noise, active: codes.about.active }),
    labels: say("labels_about", labels.about),
  };
  const measured = say("measured", { digits: count(results.digits), seed: results.seed, versions: results.versions });
  for (const [part, caption] of Object.entries(captions)) {
    find(`[data-part=${part}] .caption`).textContent = caption;
    find(`[data-part=${part}] .measured`).textContent = measured;
    find(`[data-part=${part}] h2`).textContent = say(part);
  }
  for (const part of ["denoising", "codes", "labels"]) tabulate(part);
};

// The noise and the model that the other tabs talk about are the ones that this tab starts with. Before any of them was
// open, the address says it.
const lessonNow = () => window.daeLesson || location.search;
const linked = () => {
  const metric = window.daeOpened.get("metric"), names = (window.daeOpened.get("curves") ?? "").split(",");
  if (Object.keys(props.results.metrics).includes(metric)) chosen.metric = metric;
  const rows = names.map((name) => curves().rows.find((row) => row.name === name)).filter(Boolean);
  if (!rows.length) return;
  chosen.lines.clear();
  rows.forEach(switchOn);
};
window.daeLinks.results = () => {
  if (!chosen.noise) return {};
  const [noise, clip] = chosen.noise.split("|");
  return { noise, clip: clip === "false" ? "0" : "1", metric: chosen.metric, curves: [...chosen.lines.keys()].join(",") };
};
const adopt = () => {
  chosen.lesson = lessonNow();
  const lesson = new URLSearchParams(chosen.lesson);
  const clip = lesson.get("clip") !== "0";
  const noise = noises().find((group) => group.noise === lesson.get("noise") && (group.clip ?? clip) === clip);
  if (noise) chosen.noise = key(noise);
  const row = curves().rows.find(({ name }) => name === lesson.get("model"));
  if (row && !chosen.lines.has(row.name)) switchOn(row);
};

find(".noise select").addEventListener("change", (event) => {
  chosen.noise = event.target.value;
  draw();
});

// A figure for slides: the server draws it, and the browser saves it.
const buttons = () => element.querySelectorAll(".download button");
const free = (words = "") => {
  chosen.asked = "";
  buttons().forEach((button) => { button.disabled = false; });
  find(".said").textContent = words;
};
buttons().forEach((button) => button.addEventListener("click", () => {
  const now = noiseNow();
  if (chosen.asked || !now) return;
  const request = `${Date.now()}-${Math.random()}`;
  chosen.asked = request;
  buttons().forEach((each) => { each.disabled = true; });
  find(".said").textContent = say("busy");
  setTimeout(() => { if (chosen.asked === request) free(say("download_failed")); }, 60000);
  trigger('draw', {
    request, noise: now.noise, clip: now.clip, metric: chosen.metric, format: button.dataset.format,
    lines: Object.fromEntries(chosen.lines),
  });
}));
watch('figure', () => {
  const file = props.figure;
  if (!file || file.request !== chosen.asked) return;
  free(file.failed ? say("download_failed") : "");
  if (file.failed) return;
  const link = make("a", { href: file.data, download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
});

watch(["words", "results"], show);
show();

let width = 0;
new ResizeObserver(() => {
  if (find(".chart").clientWidth === width) return;
  width = find(".chart").clientWidth;
  draw();
}).observe(find(".chart"));

let asked = false;
new IntersectionObserver((entries) => {
  if (!entries.at(-1).isIntersecting) return;
  if (!asked) {
    asked = true;
    trigger('seen');
  } else if (ready() && chosen.lesson !== lessonNow()) {
    adopt();
    find(".noise select").value = chosen.noise;
    offerLines();
    draw();
  }
}).observe(element);
