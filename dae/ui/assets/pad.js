// The drawing pad. Strokes are kept as points in units of the paper's side, so they can be drawn again at any size.
const PEN = 1 / 12;
const SENT_SIDE = 112;
const SEND_EVERY_MS = 90;
const STEP = 1 / 40;
const NEAREST = 0.003;
const UNDO_LIMIT = 100;

const find = (name) => element.querySelector('.pad-' + name);
const paper = find('paper'), canvas = find('canvas'), hint = find('hint'), cursor = find('cursor');
const undoButton = find('undo'), clearButton = find('clear'), live = find('live');
const view = canvas.getContext('2d');
const small = document.createElement('canvas');
small.width = small.height = SENT_SIDE;
// Read back often, so kept off the graphics card.
const sent = small.getContext('2d', { willReadFrequently: true });

let base = null;          // picture set from Python, under the strokes
let strokes = [];         // never changed in place: the undo list shares them
let undoList = [];
let stroke = null;        // the line being drawn
let pointer = null;       // id of the pointer that draws it; null while the keyboard does
let timer = null, lastSent = 0, restoring = 0;

const empty = () => !base && !strokes.length && !stroke;
const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

// Draws the points of a line from number `first` on: curves through the middles of the measured points.
function ink(context, side, line, first, ended) {
  context.strokeStyle = context.fillStyle = '#fff';
  context.lineCap = context.lineJoin = 'round';
  for (let i = first; i < line.length; i++) {
    const point = line[i];
    if (i === 0) { // a line of length zero draws nothing, so a dot is a disc
      context.beginPath();
      context.arc(point.x * side, point.y * side, PEN * point.width * side / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    const corner = line[i - 1];
    const from = i > 1 ? middle(line[i - 2], corner) : corner;
    const to = middle(corner, point);
    context.lineWidth = PEN * point.width * side;
    context.beginPath();
    context.moveTo(from.x * side, from.y * side);
    context.quadraticCurveTo(corner.x * side, corner.y * side, to.x * side, to.y * side);
    context.stroke();
  }
  if (ended && line.length > 1) {
    const last = line[line.length - 1], from = middle(line[line.length - 2], last);
    context.lineWidth = PEN * last.width * side;
    context.beginPath();
    context.moveTo(from.x * side, from.y * side);
    context.lineTo(last.x * side, last.y * side);
    context.stroke();
  }
}

function inkBoth(line, first, ended) {
  if (canvas.width) ink(view, canvas.width, line, first, ended);
  ink(sent, SENT_SIDE, line, first, ended);
}

function redraw() {
  view.clearRect(0, 0, canvas.width, canvas.height);
  sent.fillStyle = '#000';
  sent.fillRect(0, 0, SENT_SIDE, SENT_SIDE);
  if (base) {
    if (canvas.width) {
      view.imageSmoothingQuality = 'high';
      view.drawImage(base, 0, 0, canvas.width, canvas.height);
    }
    sent.imageSmoothingQuality = 'high';
    sent.drawImage(base, 0, 0, SENT_SIDE, SENT_SIDE);
  }
  for (const line of strokes) inkBoth(line, 0, true);
  if (stroke) inkBoth(stroke, 0, false);
}

function showState() {
  hint.hidden = !empty();
  undoButton.setAttribute('aria-disabled', String(!undoList.length));
  clearButton.setAttribute('aria-disabled', String(empty()));
}

function send(released) {
  clearTimeout(timer);
  timer = null;
  lastSent = performance.now();
  props.value = empty() ? '' : small.toDataURL('image/png');
  element.dispatchEvent(new CustomEvent('drawn', { bubbles: true, detail: props.value }));
  trigger('input');
  if (released) trigger('release');
}

function sendSoon() {
  if (timer === null) timer = setTimeout(send, Math.max(0, lastSent + SEND_EVERY_MS - performance.now()), false);
}

function remember() {
  undoList.push({ base, strokes });
  if (undoList.length > UNDO_LIMIT) undoList.shift();
}

function begin(point) {
  remember();
  stroke = [point];
  inkBoth(stroke, 0, false);
  showState();
  sendSoon();
}

function extend(points) {
  const first = stroke.length;
  for (const point of points) {
    const last = stroke[stroke.length - 1];
    if (Math.hypot(point.x - last.x, point.y - last.y) >= NEAREST) stroke.push(point);
  }
  if (stroke.length === first) return;
  inkBoth(stroke, first, false);
  sendSoon();
}

function finish() {
  if (!stroke) return;
  inkBoth(stroke, stroke.length, true);
  strokes = [...strokes, stroke];
  stroke = null;
  pointer = null;
  cursor.classList.remove('pad-down');
  showState();
  send(true);
}

function undo() {
  if (stroke) finish();
  if (!undoList.length) return;
  ({ base, strokes } = undoList.pop());
  redraw();
  showState();
  send(true);
}

function clear() {
  if (stroke) finish();
  if (empty()) return;
  remember();
  base = null;
  strokes = [];
  redraw();
  showState();
  send(true);
  live.textContent = text('cleared');
}

// A value set from Python: shown, never sent back.
function restore() {
  const value = props.value, turn = ++restoring;
  clearTimeout(timer);
  timer = null;
  const show = (picture) => {
    if (turn !== restoring) return;
    base = picture;
    strokes = [];
    undoList = [];
    stroke = pointer = null;
    cursor.classList.remove('pad-down');
    redraw();
    showState();
  };
  if (typeof value !== 'string' || !value.startsWith('data:image/')) return show(null);
  const picture = new Image();
  picture.onload = () => show(picture);
  picture.onerror = () => show(null);
  picture.src = value;
}

const text = (name) => String((props.labels ?? given.labels)[name] ?? '');

function showLabels() {
  hint.textContent = text('hint');
  canvas.setAttribute('aria-label', text('canvas'));
  for (const [button, name] of [[undoButton, 'undo'], [clearButton, 'clear']]) {
    button.querySelector('span').textContent = text(name);
    button.title = text(name);
  }
}

// Mouse, pen and touch.
function place(event) {
  const box = canvas.getBoundingClientRect();
  // A mouse reports the pressure 0.5; some touch screens report 0 or 1 always, so only pens are believed.
  const width = event.pointerType === 'pen' && event.pressure > 0 ? 0.75 + 0.5 * event.pressure : 1;
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height, width };
}

canvas.addEventListener('pointerdown', (event) => {
  if (event.button !== 0 || pointer !== null) return;
  if (stroke) finish();
  restoring++;
  pointer = event.pointerId;
  canvas.setPointerCapture(pointer);
  cursor.hidden = true;
  begin(place(event));
});
canvas.addEventListener('pointermove', (event) => {
  if (event.pointerId !== pointer || !stroke) return;
  const fine = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  extend((fine.length ? fine : [event]).map(place));
});
for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) {
  canvas.addEventListener(name, (event) => {
    if (event.pointerId !== pointer) return;
    finish();
    pointer = null;
  });
}
canvas.addEventListener('contextmenu', (event) => { if (pointer !== null) event.preventDefault(); });

// Keyboard. Space held while moving draws until it is let go; space tapped puts the pen down until the next tap.
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const held = new Set();
let at = { x: 0.5, y: 0.3 };
let spaceHeld = false, movedWhileHeld = false;

function showCursor() {
  cursor.hidden = false;
  cursor.style.left = at.x * 100 + '%';
  cursor.style.top = at.y * 100 + '%';
  cursor.classList.toggle('pad-down', Boolean(stroke));
}

function lift() {
  finish();
  showCursor();
  live.textContent = text('pen_up');
}

canvas.addEventListener('keydown', (event) => {
  if (pointer !== null || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in ARROWS) {
    event.preventDefault();
    held.add(event.key);
    const pace = event.shiftKey ? 4 * STEP : STEP;
    let { x, y } = at;
    for (const key of held) { x += ARROWS[key][0] * pace; y += ARROWS[key][1] * pace; }
    at = { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
    if (stroke) {
      extend([{ ...at, width: 1 }]);
      movedWhileHeld = movedWhileHeld || spaceHeld;
    }
    showCursor();
  } else if (event.key === ' ') {
    event.preventDefault();
    if (event.repeat) return;
    if (stroke) return lift();
    spaceHeld = true;
    movedWhileHeld = false;
    restoring++;
    begin({ ...at, width: 1 });
    showCursor();
    live.textContent = text('pen_down');
  } else if (event.key === 'Escape' && stroke) {
    lift();
  } else if (event.key === 'Delete' || event.key === 'Backspace') {
    event.preventDefault();
    clear();
    showCursor();
  }
});
canvas.addEventListener('keyup', (event) => {
  held.delete(event.key);
  if (event.key !== ' ') return;
  if (spaceHeld && movedWhileHeld && stroke && pointer === null) lift();
  spaceHeld = false;
});
canvas.addEventListener('focus', () => { if (canvas.matches(':focus-visible')) showCursor(); });
canvas.addEventListener('blur', () => {
  held.clear();
  spaceHeld = false;
  if (stroke && pointer === null) finish();
  cursor.hidden = true;
});
element.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'z') {
    event.preventDefault();
    undo();
  }
});
undoButton.addEventListener('click', undo);
clearButton.addEventListener('click', clear);

// Sized from what is on the screen: a pad in a hidden tab has no size until the tab is shown.
new ResizeObserver(() => {
  const side = Math.round(paper.clientWidth * (window.devicePixelRatio || 1));
  if (side === canvas.width && side === canvas.height) return;
  canvas.width = canvas.height = side;
  redraw();
}).observe(paper);

watch('labels', showLabels);
watch('value', restore);
showLabels();
restore();
