// A plane of points. The points are on one canvas, drawn when they or the view change; what follows the pointer is on
// another. Plane coordinates have y upwards; `x`, `y` of a pixel are CSS pixels from the stage's top left corner.
const HOVER_EVERY_MS = 80;
const DRAG_EVERY_MS = 65;
const REACH = { mouse: 14, pen: 18, touch: 26 };  // how far from a point it is still meant, pixels
const SLOP = { mouse: 4, pen: 6, touch: 10 };     // a press that moves less is a click
const MAX_ZOOM = 40;

const find = (name) => element.querySelector('.plane-' + name);
const stage = find('stage'), under = find('points'), top = find('top'), tip = find('tip'), live = find('live');
const legend = find('legend');
const tipPicture = tip.querySelector('canvas'), tipName = tip.querySelector('span');
// What Python set last, or what the component was made with: of a tab that was never opened Gradio keeps only the
// properties of the last update, and drops the others.
const get = (name) => props[name] ?? given[name];
const text = (name) => String((get('labels') || {})[name] ?? '');
const copy = (value) => (value ? JSON.parse(JSON.stringify(value)) : null);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// What Python sent.
let count = 0, xs = [], ys = [], classes = [];
let extent = [-1, 1, -1, 1];
let overlay = { stars: [], clouds: [], dim: false };
let sprite = null, background = null;
// What the visitor did.
let view = { x: 0, y: 0, zoom: 1 };   // centre in plane coordinates
const hiddenClasses = new Set();
let spotlight = -1;                   // the class whose legend button is pointed at
let state = { x: null, y: null, index: -1, hover: -1 };
let shown = -1;                       // the point whose picture is shown
// What is on the screen.
let width = 0, height = 0, ratio = 1;
let masks = null;
const layer = document.createElement('canvas');

// ---- coordinates
const pixelsPerUnitX = () => (width / (extent[1] - extent[0])) * view.zoom;
const pixelsPerUnitY = () => (height / (extent[3] - extent[2])) * view.zoom;
const toPixel = (x, y) => [width / 2 + (x - view.x) * pixelsPerUnitX(), height / 2 - (y - view.y) * pixelsPerUnitY()];
const toPlane = (px, py) => [view.x + (px - width / 2) / pixelsPerUnitX(), view.y - (py - height / 2) / pixelsPerUnitY()];

function setView(x, y, zoom) {
  view.zoom = clamp(zoom, 1, MAX_ZOOM);
  const halfX = (extent[1] - extent[0]) / 2 / view.zoom, halfY = (extent[3] - extent[2]) / 2 / view.zoom;
  view.x = clamp(x, extent[0] + halfX, extent[1] - halfX);
  view.y = clamp(y, extent[2] + halfY, extent[3] - halfY);
  hideTip();
  draw(true);
}

function zoomAt(px, py, factor) {
  const [x, y] = toPlane(px, py);
  const zoom = clamp(view.zoom * factor, 1, MAX_ZOOM), kept = view.zoom / zoom;
  setView(x + (view.x - x) * kept, y + (view.y - y) * kept, zoom);
}

function zoomButton(factor) {
  const [px, py] = state.x === null ? [width / 2, height / 2] : toPixel(state.x, state.y);
  if (px >= 0 && px <= width && py >= 0 && py <= height) zoomAt(px, py, factor);
  else zoomAt(width / 2, height / 2, factor);
}

// ---- what Python sends
function bytes(base64) {
  const text = atob(base64 || '');
  const array = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) array[i] = text.charCodeAt(i);
  return array;
}

function floats(base64) {
  const view = new DataView(bytes(base64).buffer);
  return Float32Array.from({ length: view.byteLength >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}

function readPoints() {
  const points = get('points') || {};
  const xy = floats(points.xy);
  classes = bytes(points.classes);
  count = Math.min(classes.length, xy.length >> 1);
  xs = xy.filter((_, i) => i % 2 === 0);
  ys = xy.filter((_, i) => i % 2 === 1);
  const given = Array.from(points.extent || []);
  extent = given.length === 4 && given[1] > given[0] && given[3] > given[2] ? given : [-1, 1, -1, 1];
  state.hover = -1;
  setView((extent[0] + extent[1]) / 2, (extent[2] + extent[3]) / 2, 1);
}

function picture(source, done) {
  if (!source) return done(null);
  const image = new Image();
  // A bitmap stays decoded; an image may be decoded again for each picture that is cut out of it.
  image.onload = () => createImageBitmap(image).then(done, () => done(image));
  image.onerror = () => done(null);
  image.src = source;
}

let spriteTurn = 0, backgroundTurn = 0;
function readSprite() {
  const given = copy(get('sprite')), turn = ++spriteTurn;
  sprite = null;
  hideTip();
  picture(given && given.src, (image) => {
    if (turn === spriteTurn && image) sprite = { image, columns: given.columns, side: given.side };
  });
}

function readBackground() {
  const given = copy(get('background')), turn = ++backgroundTurn;
  picture(given && given.src, (image) => {
    if (turn !== backgroundTurn) return;
    background = image && { image, extent: given.extent };
    draw(true);
  });
}

function readOverlay() {
  const dim = overlay.dim;
  overlay = { stars: [], clouds: [], dim: false, ...copy(get('overlay')) };
  for (const cloud of overlay.clouds) cloud.xy = floats(cloud.xy);
  draw(dim !== overlay.dim);
}

function readLegend() {
  const names = Array.from(get('class_names') || []), colours = Array.from(get('colours') || []);
  legend.style.setProperty('--plane-wide', Math.min(10, Math.max(1, names.length)));
  legend.style.setProperty('--plane-narrow', Math.min(5, Math.max(1, names.length)));
  legend.replaceChildren(...names.map((name, index) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.style.setProperty('--plane-colour', colours[index]);
    button.setAttribute('aria-pressed', String(!hiddenClasses.has(index)));
    const mark = document.createElement('i'), word = document.createElement('span');
    word.textContent = name;
    button.append(mark, word);
    button.addEventListener('click', () => {
      if (!hiddenClasses.delete(index)) hiddenClasses.add(index);
      button.setAttribute('aria-pressed', String(!hiddenClasses.has(index)));
      hideTip();
      draw(true);
    });
    const light = (on) => () => {
      spotlight = on ? index : -1;
      draw(true);
    };
    button.addEventListener('pointerenter', (event) => { if (event.pointerType === 'mouse') light(true)(); });
    button.addEventListener('pointerleave', light(false));
    button.addEventListener('focus', () => { if (button.matches(':focus-visible')) light(true)(); });
    button.addEventListener('blur', light(false));
    return button;
  }));
  draw(true);
}

function readLabels() {
  top.setAttribute('aria-label', text('canvas'));
  legend.setAttribute('aria-label', text('legend'));
  find('zoom').setAttribute('aria-label', text('zoom'));
  for (const [name, word] of [['in', 'zoom_in'], ['out', 'zoom_out'], ['reset', 'zoom_reset']]) {
    find(name).setAttribute('aria-label', text(word));
    find(name).title = text(word);
  }
}

// A value set from Python moves the marker; nothing is sent back.
function readValue() {
  const value = copy(props.value) || {};
  const placed = Number.isFinite(value.x) && Number.isFinite(value.y);
  state = { x: placed ? value.x : null, y: placed ? value.y : null, index: value.index ?? -1, hover: -1 };
  hideTip();
  draw(false);
}

// ---- drawing
let drawAll = false, frame = null;
function draw(all) {
  drawAll = drawAll || all;
  if (frame === null) frame = requestAnimationFrame(() => {
    frame = null;
    if (!width || !height) return; // in a hidden tab; the observer draws when it is shown
    if (drawAll) drawUnder();
    drawAll = false;
    drawTop();
  });
}

function prepare(canvas) {
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// How much of each pixel a dot covers, for dots whose centre lies at a quarter of a pixel in either direction.
function dotMasks(radius) {
  if (masks && masks.radius === radius) return masks;
  const reach = Math.ceil(radius + 1), side = 2 * reach + 1;
  const shapes = [];
  for (let j = 0; j < 4; j++) for (let i = 0; i < 4; i++) {
    const shape = new Float32Array(side * side);
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
      shape[y * side + x] = clamp(radius + 0.5 - Math.hypot(x - reach - i / 4, y - reach - j / 4), 0, 1);
    }
    shapes.push(shape);
  }
  masks = { radius, reach, side, shapes };
  return masks;
}

const rgb = (colour) => [1, 3, 5].map((at) => parseInt(String(colour).slice(at, at + 2), 16) || 0);

// The points, set pixel by pixel: without a graphics card that is many times faster than thousands of canvas calls.
function drawPoints(context) {
  const wide = under.width, tall = under.height;
  const image = new ImageData(wide, tall), data = image.data;
  const crowd = clamp(Math.sqrt(width * height / Math.max(1, count)) * 0.22, 1.8, 5);
  const { reach, side, shapes } = dotMasks(crowd * Math.min(2, Math.sqrt(view.zoom)) * ratio);
  const colours = Array.from(get('colours') || [], rgb);
  const strength = overlay.dim ? 0.25 : 0.85;
  for (let n = 0; n < count; n++) {
    if (hiddenClasses.has(classes[n])) continue;
    const [px, py] = toPixel(xs[n], ys[n]);
    const qx = Math.round(px * ratio * 4 - 2), qy = Math.round(py * ratio * 4 - 2);
    const cx = qx >> 2, cy = qy >> 2;
    if (cx < -reach || cx >= wide + reach || cy < -reach || cy >= tall + reach) continue;
    const shape = shapes[(qy & 3) * 4 + (qx & 3)];
    const [red, green, blue] = colours[classes[n]] || [136, 136, 136];
    const alpha = spotlight === -1 ? strength : classes[n] === spotlight ? 1 : 0.1;
    for (let y = Math.max(0, cy - reach), last = Math.min(tall - 1, cy + reach); y <= last; y++) {
      const row = (y - cy + reach) * side - cx + reach;
      for (let x = Math.max(0, cx - reach), end = Math.min(wide - 1, cx + reach); x <= end; x++) {
        const over = shape[row + x] * alpha;
        if (over === 0) continue;
        const at = 4 * (y * wide + x), below = (data[at + 3] / 255) * (1 - over), sum = over + below;
        data[at] = (red * over + data[at] * below) / sum;
        data[at + 1] = (green * over + data[at + 1] * below) / sum;
        data[at + 2] = (blue * over + data[at + 2] * below) / sum;
        data[at + 3] = 255 * sum;
      }
    }
  }
  layer.width = wide;
  layer.height = tall;
  layer.getContext('2d').putImageData(image, 0, 0);
  context.drawImage(layer, 0, 0, width, height);
}

function niceStep(span) {
  const step = 10 ** Math.floor(Math.log10(span));
  return [1, 2, 5, 10].map((times) => times * step).find((candidate) => span / candidate <= 1) ?? 10 * step;
}

function drawGrid(context) {
  const look = getComputedStyle(stage);
  context.strokeStyle = context.fillStyle = look.color;
  context.lineWidth = 1;
  context.font = '11px ' + look.fontFamily;
  const [left, bottom] = toPlane(0, height), [right, upper] = toPlane(width, 0);
  const step = niceStep((right - left) / Math.max(2, width / 90));
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = (low, high) => {
    const found = [];
    for (let i = Math.ceil(low / step); i * step <= high && found.length < 60; i++) found.push(i * step);
    return found;
  };
  const line = (value, from, to) => {
    context.globalAlpha = Math.abs(value) < step / 2 ? 0.3 : 0.1;
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    context.globalAlpha = 0.6;
  };
  const name = (value) => (Math.abs(value) < step / 2 ? 0 : value).toFixed(digits).replace('-', '−');
  context.textAlign = 'center';
  for (const value of ticks(left, right)) {
    const x = Math.round(toPixel(value, 0)[0]) + 0.5;
    line(value, [x, 0], [x, height]);
    if (x > 30 && x < width - 16) context.fillText(name(value), x, height - 6);
  }
  context.textAlign = 'left';
  for (const value of ticks(bottom, upper)) {
    const y = Math.round(toPixel(0, value)[1]) + 0.5;
    line(value, [0, y], [width, y]);
    if (y > 16 && y < height - 24) context.fillText(name(value), 6, y - 4);
  }
  context.globalAlpha = 1;
}

function drawUnder() {
  const context = prepare(under);
  if (background) {
    const [x0, x1, y0, y1] = background.extent || extent;
    const [left, upper] = toPixel(x0, y1), [right, lower] = toPixel(x1, y0);
    context.imageSmoothingEnabled = false;
    context.drawImage(background.image, left, upper, right - left, lower - upper);
  }
  if (get('axes') !== false) drawGrid(context);
  drawPoints(context);
}

function ring(context, x, y, radius, colour, thick) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = '#000';
  context.lineWidth = thick + 2;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = thick;
  context.stroke();
}

function star(context, x, y, radius) {
  context.beginPath();
  for (let i = 0; i < 10; i++) {
    const angle = (i * Math.PI) / 5 - Math.PI / 2, reach = i % 2 ? radius * 0.45 : radius;
    context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  context.closePath();
  context.lineJoin = 'round';
  context.strokeStyle = '#000';
  context.lineWidth = 3.5;
  context.stroke();
  context.fillStyle = '#fff';
  context.fill();
}

function drawTop() {
  const context = prepare(top);
  for (const cloud of overlay.clouds) {
    const centre = cloud.centre ? toPixel(...cloud.centre) : null;
    const places = [];
    for (let i = 0; i + 1 < cloud.xy.length; i += 2) places.push(toPixel(cloud.xy[i], cloud.xy[i + 1]));
    context.strokeStyle = context.fillStyle = cloud.colour || '#888';
    if (centre) {
      context.globalAlpha = 0.45;
      context.lineWidth = 1;
      context.beginPath();
      for (const place of places) {
        context.moveTo(...centre);
        context.lineTo(...place);
      }
      context.stroke();
    }
    context.globalAlpha = 1;
    context.strokeStyle = 'rgb(0 0 0 / 60%)';
    for (const place of places) {
      context.beginPath();
      context.arc(...place, 3.5, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
    if (centre) ring(context, ...centre, 6, cloud.colour || '#888', 2);
  }
  for (const place of overlay.stars) star(context, ...toPixel(place[0], place[1]), 11);
  if (state.x !== null) {
    const [x, y] = toPixel(state.x, state.y);
    ring(context, x, y, 9, '#fff', 2);
    context.beginPath();
    context.arc(x, y, 2, 0, 2 * Math.PI);
    context.fillStyle = '#fff';
    context.fill();
  }
  if (shown >= 0) ring(context, ...toPixel(xs[shown], ys[shown]), 7, (get('colours') || [])[classes[shown]] || '#888', 2.5);
}

// ---- the picture beside a point
function hideTip() {
  if (shown === -1) return;
  shown = -1;
  tip.hidden = true;
  draw(false);
}

function showTip(index) {
  if (index === -1) return hideTip();
  if (index === shown) return;
  shown = index;
  tipPicture.hidden = !sprite;
  if (sprite) {
    const { image, columns, side } = sprite;
    tipPicture.width = tipPicture.height = side;
    const context = tipPicture.getContext('2d');
    context.clearRect(0, 0, side, side);
    context.drawImage(image, (index % columns) * side, Math.floor(index / columns) * side, side, side, 0, 0, side, side);
  }
  tipName.textContent = (get('class_names') || [])[classes[index]] ?? '';
  tip.style.setProperty('--plane-colour', (get('colours') || [])[classes[index]]);
  tip.hidden = false;
  const [x, y] = toPixel(xs[index], ys[index]), gap = 14;
  const box = { width: tip.offsetWidth, height: tip.offsetHeight };
  const left = x + gap + box.width <= width ? x + gap : x - gap - box.width;
  const upper = y - gap - box.height >= 0 ? y - gap - box.height : y + gap;
  tip.style.transform = `translate(${clamp(left, 0, Math.max(0, width - box.width))}px, ${clamp(upper, 0, Math.max(0, height - box.height))}px)`;
  draw(false);
}

// The nearest point that is not hidden, within `reach` pixels; -1 when there is none.
function nearest(px, py, reach) {
  const scaleX = pixelsPerUnitX(), scaleY = pixelsPerUnitY(), [x, y] = toPlane(px, py);
  let best = -1, least = reach * reach;
  for (let i = 0; i < count; i++) {
    if (hiddenClasses.has(classes[i])) continue;
    const dx = (xs[i] - x) * scaleX, dy = (ys[i] - y) * scaleY, distance = dx * dx + dy * dy;
    if (distance <= least) {
      least = distance;
      best = i;
    }
  }
  return best;
}

let announcing = null;
function announce() {
  clearTimeout(announcing);
  announcing = setTimeout(() => {
    const index = state.x === null ? -1 : nearest(...toPixel(state.x, state.y), Infinity);
    const name = index === -1 ? '' : String((get('class_names') || [])[classes[index]] ?? '');
    live.textContent = name && text('nearest').replace('{name}', name);
  }, 250);
}

// ---- sending. Everything is in the value: an event that waits for the one before it keeps the older event's data.
function sender(name, pause) {
  let timer = null, last = 0;
  const send = () => {
    clearTimeout(timer);
    timer = null;
    last = performance.now();
    props.value = { ...state };
    trigger(name);
  };
  return {
    now: send,
    soon: () => { if (timer === null) timer = setTimeout(send, Math.max(0, last + pause - performance.now())); },
    drop: () => { clearTimeout(timer); timer = null; },
  };
}
const hovered = sender('hover', HOVER_EVERY_MS), dragged = sender('drag', DRAG_EVERY_MS);
const picked = sender('pick', 0), released = sender('release', 0);

function hover(index) {
  showTip(index);
  if (index === state.hover) return;
  state.hover = index;
  hovered.soon();
}

function moveTo(px, py) {
  const [x, y] = toPlane(clamp(px, 0, width), clamp(py, 0, height));
  state = { ...state, x, y, index: -1 };
  draw(false);
  dragged.soon();
}

function endDrag() {
  dragged.now();
  released.now();
  announce();
}

function pick(px, py, reach) {
  const index = nearest(px, py, reach);
  const [x, y] = index === -1 ? toPlane(px, py) : [xs[index], ys[index]];
  state = { ...state, x, y, index };
  showTip(index);
  draw(false);
  picked.now();
  announce();
}

// ---- mouse, pen and touch
const pointers = new Map();
let gesture = null; // 'press' (may be a click), 'drag', 'pan' or 'pinch'
let pinch = null;

function place(event) {
  const box = top.getBoundingClientRect();
  return [(event.clientX - box.left) * (width / box.width), (event.clientY - box.top) * (height / box.height)];
}

function pinchNow() {
  const [a, b] = [...pointers.values()].map((pointer) => pointer.at);
  return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, apart: Math.hypot(a[0] - b[0], a[1] - b[1]) };
}

top.addEventListener('pointerdown', (event) => {
  const panning = event.button === 1 || (event.button === 0 && event.shiftKey);
  if ((event.button !== 0 && !panning) || pointers.size === 2) return;
  if (event.button === 1) event.preventDefault(); // no automatic scrolling
  top.setPointerCapture(event.pointerId);
  const at = place(event);
  pointers.set(event.pointerId, { at, from: at });
  if (pointers.size === 2) {
    if (gesture === 'drag') endDrag();
    gesture = 'pinch';
    pinch = pinchNow();
  } else {
    gesture = panning ? 'pan' : 'press';
  }
});

top.addEventListener('pointermove', (event) => {
  const at = place(event), pointer = pointers.get(event.pointerId);
  if (!pointer) {
    if (!pointers.size && event.pointerType !== 'touch') hover(nearest(...at, REACH[event.pointerType] || REACH.mouse));
    return;
  }
  const before = pointer.at;
  pointer.at = at;
  if (gesture === 'press' && Math.hypot(at[0] - pointer.from[0], at[1] - pointer.from[1]) > (SLOP[event.pointerType] || SLOP.mouse)) {
    gesture = 'drag';
    hideTip();
  }
  if (gesture === 'drag') moveTo(...at);
  else if (gesture === 'pan') setView(view.x - (at[0] - before[0]) / pixelsPerUnitX(), view.y + (at[1] - before[1]) / pixelsPerUnitY(), view.zoom);
  else if (gesture === 'pinch') {
    const now = pinchNow();
    setView(view.x - (now.x - pinch.x) / pixelsPerUnitX(), view.y + (now.y - pinch.y) / pixelsPerUnitY(), view.zoom);
    if (pinch.apart > 0 && now.apart > 0) zoomAt(now.x, now.y, now.apart / pinch.apart);
    pinch = now;
  }
});

for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) {
  top.addEventListener(name, (event) => {
    const pointer = pointers.get(event.pointerId);
    if (!pointer) return;
    pointers.delete(event.pointerId);
    if (gesture === 'drag') {
      if (name === 'pointerup') moveTo(...place(event));
      endDrag();
    } else if (gesture === 'press' && name === 'pointerup') {
      pick(...pointer.at, REACH[event.pointerType] || REACH.mouse);
    }
    // The finger that a pinch leaves behind must not begin to drag.
    gesture = pointers.size ? 'done' : null;
  });
}
top.addEventListener('pointerleave', () => { if (!pointers.size) hover(-1); });
top.addEventListener('wheel', (event) => {
  if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
  event.preventDefault();
  zoomAt(...place(event), Math.exp(-clamp(event.deltaY, -50, 50) / 120));
}, { passive: false });

find('in').addEventListener('click', () => zoomButton(1.6));
find('out').addEventListener('click', () => zoomButton(1 / 1.6));
find('reset').addEventListener('click', () => zoomAt(width / 2, height / 2, 0));

// ---- keyboard
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const held = new Set();

top.addEventListener('keydown', (event) => {
  if (pointers.size || event.ctrlKey || event.metaKey || event.altKey) return;
  const here = state.x === null ? [width / 2, height / 2] : toPixel(state.x, state.y);
  if (event.key in ARROWS) {
    held.add(event.key);
    const pace = (event.shiftKey ? 0.1 : 0.02) * Math.min(width, height);
    for (const key of held) { here[0] += ARROWS[key][0] * pace; here[1] += ARROWS[key][1] * pace; }
    if (view.zoom > 1) { // the view follows the point
      const [px, py] = [clamp(here[0], 0, width), clamp(here[1], 0, height)];
      const [dx, dy] = [here[0] - px, here[1] - py];
      if (dx || dy) {
        setView(view.x + dx / pixelsPerUnitX(), view.y - dy / pixelsPerUnitY(), view.zoom);
        here[0] -= dx;
        here[1] -= dy;
      }
    }
    moveTo(...here);
    showTip(nearest(...toPixel(state.x, state.y), REACH.mouse));
    announce();
  } else if (event.key === 'Enter' || event.key === ' ') {
    if (!event.repeat) pick(...here, REACH.touch);
  } else if (event.key === '+' || event.key === '=') zoomButton(1.6);
  else if (event.key === '-') zoomButton(1 / 1.6);
  else if (event.key === '0') zoomButton(0);
  else if (event.key === 'Escape') hideTip();
  else return;
  event.preventDefault();
});
top.addEventListener('keyup', (event) => {
  if (held.delete(event.key) && !held.size) endDrag();
});
top.addEventListener('blur', () => {
  if (held.size) endDrag();
  held.clear();
});

// ---- size and theme
new ResizeObserver(() => {
  width = stage.clientWidth;
  height = stage.clientHeight;
  ratio = window.devicePixelRatio || 1;
  for (const canvas of [under, top]) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  hideTip();
  draw(true);
}).observe(stage);
const themes = new MutationObserver(() => {
  if (element.isConnected) draw(true);
  else themes.disconnect();
});
themes.observe(document.body, { attributes: true, attributeFilter: ['class'] });

watch('points', readPoints);
watch('sprite', readSprite);
watch('background', readBackground);
watch('overlay', readOverlay);
watch(['colours', 'class_names'], readLegend);
watch('labels', readLabels);
watch('axes', () => draw(true));
watch('value', readValue);
readLabels();
readLegend();
readPoints();
readSprite();
readBackground();
readOverlay();
readValue();
