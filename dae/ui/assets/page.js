// The tab that is open decides whether the controls stand beside it, and goes into the link.
window.daeLesson = "";
window.daeTab = (name) => {
  document.body.dataset.tab = name;
  if (window.daeViews[name]?.waits) window.daeFollow(null, true);
};
// What a tab has chosen for itself is read from the address by its own script, and goes into the link of the open tab
// (daeLinks: tab -> a function that gives {name: text}); into that of `all` when the page loads itself again.
window.daeOpened = new URLSearchParams(location.search);
window.daeLinks = {};
// Names between commas, or one, without the visitor's own networks, which are nobody else's.
window.daePublic = (names) => (names ?? "").split(",").filter((name) => !name.startsWith("yours-")).join(",");
window.daeLink = (all = false) => {
  const query = new URLSearchParams(window.daeLesson), tab = document.body.dataset.tab || "denoise";
  query.set("tab", tab);
  for (const each of all ? Object.keys(window.daeLinks) : [tab]) {
    for (const [name, chosen] of Object.entries(window.daeLinks[each]?.() ?? {})) {
      const text = window.daePublic(chosen);
      if (text && (each === tab || !query.has(name))) query.set(name, text);
    }
  }
  if (!window.daePublic(query.get("model"))) query.delete("model");
  // The language goes into the link when it was chosen, by a link or by the switch, and not merely the browser's.
  const lang = document.documentElement.lang;
  if (lang !== window.daeFirstLang || new URLSearchParams(location.search).has("lang")) query.set("lang", lang);
  return `${location.origin}${location.pathname}?${`${query}`.replaceAll("%2C", ",")}`;
};
window.daeCopyLink = async () => {
  const link = window.daeLink();
  const toast = document.getElementById("toast");
  let copied = true;
  try { await navigator.clipboard.writeText(link); } catch { copied = false; }
  toast.replaceChildren(copied ? toast.dataset.copied : toast.dataset.byHand);
  const field = document.createElement("input");
  field.readOnly = true;
  field.value = link;
  field.setAttribute("aria-label", toast.dataset.byHand);
  toast.append(field);
  toast.classList.add("shown");
  if (!copied) field.select();
  clearTimeout(window.daeToastTimer);
  window.daeToastTimer = setTimeout(() => toast.classList.remove("shown"), copied ? 4000 : 20000);
};

// What happens to the server is told to the line above the page (connection.js).
window.daeTell = (what) => document.dispatchEvent(new CustomEvent("server", {detail: what}));
// A view's question to Python: through a WebSocket, which is quickest; by a request while there is none. Questions go out
// one after the other.
window.daeSocket = null;
window.daeAsked = Promise.resolve();
window.daeAsk = (view, asked) => {
  const answer = window.daeAsked.then(() => window.daeSend(view, asked));
  window.daeAsked = answer.catch(() => {});
  return answer;
};
window.daeConnect = () => {
  if ([WebSocket.CONNECTING, WebSocket.OPEN].includes(window.daeSocket?.readyState)) return;
  const url = new URL(`${window.gradio_config.root}/live`, location);
  const socket = new WebSocket(Object.assign(url, {protocol: url.protocol.replace("http", "ws")}));
  socket.onopen = () => { socket.onclose = () => window.daeTell("lost"); }; // one that never opened says nothing of the server
  window.daeSocket = socket;
};
window.daeSend = async (view, asked) => {
  if (document.body.dataset.away) throw new Error("the server is away");
  const body = JSON.stringify(asked), socket = window.daeSocket;
  if (socket?.readyState === WebSocket.OPEN) {
    try {
      return await new Promise((resolve, reject) => {
        // Something on the way has lost it, or the server is very slow: asked once more, by a request.
        const late = setTimeout(() => { reject(new Error("no answer")); socket.close(); }, 30000);
        socket.onmessage = (event) => { clearTimeout(late); resolve(JSON.parse(event.data)); };
        socket.onclose = () => { clearTimeout(late); reject(new Error("the connection is gone")); window.daeTell("lost"); };
        socket.send(`${view} ${body}`);
      });
    } catch { /* by a request then */ }
  } else window.daeConnect();
  const url = new URL(`${window.gradio_config.root}/live/${view}`, location);
  try {
    const answer = await fetch(url, {method: "POST", headers: {"Content-Type": "application/json"}, body});
    if (answer.ok) return answer.json();
    if (answer.status > 500) window.daeTell("lost"); // said by a proxy, on behalf of a server that is not there
    return null;
  } catch (error) {
    window.daeTell("lost");
    throw error;
  }
};
// The open tab's view follows the slider and the pen while they move. One question is under way at a time; what changes
// meanwhile is asked once more, so the last state always arrives. What takes longer (`incomplete`) is asked for when nothing
// newer waits. A view may know the answer already (`recall`): then it is shown at once. A view with an `ask` of its own asks
// through Gradio's server functions. With `mine`, the key of one of them, the visitor's own networks are offered.
window.daeQuestion = (query, lang, drawing, extras) => ({query, lang, drawing, extras, mine: window.daeMine?.()});
window.daeHeard = (value) => {
  if (!value?.missing_network) return value;
  window.daeTell("stale"); // the model is a network of the visitor's that is not there any more
  return null;
};
window.daeViews = {}; // tab -> {show(value), extras(complete) -> list, incomplete() -> bool, recall(level) -> value}
window.daeLive = {busy: false, again: false, drawing: null, turn: 0, events: 0, shown: 0, loading: null, later: null};
// What an event of the controls takes along to Python and its answer brings back: the open tab, and a number that grows.
window.daeEvent = () => `${document.body.dataset.tab || "denoise"} ${++window.daeLive.events}`;
// Puts an answer in place. Of a network that is still being loaded it is asked again, soon and then less often; until half
// a second has passed what is shown stays, except in a view that shows what there is (`partial`).
window.daeShow = (view, value) => {
  if (!value) return view.show(value);
  const live = window.daeLive, now = performance.now();
  view.waits = value.loading; // for its network, and goes on when its tab is opened again
  live.loading = value.loading ? live.loading ?? now : null;
  clearTimeout(live.later);
  const waited = now - live.loading;
  if (!value.loading || view.partial || waited > 500) view.show(value);
  else { window.daeLesson = value.query; view.hold?.(value); }
  if (value.loading) live.later = setTimeout(() => window.daeFollow(null, true), Math.min(1000, Math.max(50, waited / 3)));
};
window.daeFollow = async (drawing = null, complete = false) => {
  const live = window.daeLive;
  if (drawing !== null) live.drawing = drawing;
  const tab = document.body.dataset.tab || "denoise", view = window.daeViews[tab];
  if (!view || !window.daeLesson) return;
  const level = document.querySelector("#level input[type=range]")?.value;
  const known = live.drawing === null && !complete && level ? view.recall?.(level) : null;
  if (known) {
    live.turn++; // what is under way is older
    view.show(known);
    if (!view.incomplete?.()) return;
  }
  if (live.busy) { live.again = true; return; }
  const query = new URLSearchParams(window.daeLesson);
  if (level) query.set("level", level);
  const asked = window.daeQuestion(`${query}`, document.documentElement.lang, live.drawing, view.extras?.(complete) ?? []);
  const turn = live.turn;
  let value = null;
  live.busy = true;
  live.drawing = null;
  const slow = setTimeout(() => window.daeTell("slow"), 10000);
  try {
    value = window.daeHeard(await (view.ask ? view.ask(asked) : window.daeAsk(tab, asked)));
    // An answer of the controls that came meanwhile is newer than this one.
    if (turn !== live.turn) live.again = true;
    else if (value) window.daeShow(view, value);
  } catch { /* The server is gone: what is shown stays, and is asked for again when it is back. */ }
  clearTimeout(slow);
  window.daeTell("answered");
  live.busy = false;
  if (live.again) { live.again = false; window.daeFollow(); }
  else if (value && !complete && view.incomplete?.()) window.daeFollow(null, true);
};
// A view calls this when its controls have answered: from now on its own questions start there. False where there is
// nothing to show: an answer that a later event's has overtaken; as it may have changed the controls, they are read again.
window.daeAnswered = (value) => {
  const live = window.daeLive;
  if (value?.query === undefined) return false;
  if (value.event < live.shown) { requestAnimationFrame(() => window.daeTell("stale")); return false; }
  live.shown = value.event ?? live.shown;
  window.daeLesson = value.query;
  live.turn++;
  return true;
};
// A view whose component's value is all that it shows: what the controls answer is shown at once. Returns what to watch.
window.daeJoin = (tab, view, value) => {
  const answered = () => { if (window.daeAnswered(value())) window.daeShow(view, value()); };
  window.daeViews[tab] = view;
  answered();
  return answered;
};
window.daeSetLevel = (level) => {
  const slider = document.querySelector("#level input[type=range]");
  slider.value = level;
  slider.dispatchEvent(new Event("input", {bubbles: true}));
};
document.addEventListener("input", (event) => {
  if (event.target.closest?.("#level") && event.target.value !== "") queueMicrotask(() => window.daeFollow());
});
// An emptied number box becomes 0 when it is left, without an event of its own.
document.addEventListener("focusout", (event) => {
  if (event.target.closest?.("#level")) requestAnimationFrame(() => {
    const level = document.querySelector("#level input[type=range]")?.value;
    if (Number(new URLSearchParams(window.daeLesson).get("level")) !== Number(level)) window.daeFollow();
  });
});
document.addEventListener("drawn", (event) => window.daeFollow(event.detail));

// What the views' scripts share. An element, or an SVG's with "svg:" before its tag; an attribute that is missing, null or
// false is left out.
window.daeMake = (tag, attributes = {}, ...children) => {
  const svg = tag.startsWith("svg:");
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
};
// Words that have not changed are left alone: screen readers would say them again.
window.daePut = (node, words) => { if (node && node.textContent !== words) node.textContent = words; };

// Pixels of the size of the canvas, grey or RGB, put on it at once: a picture would have to be decoded first.
window.daePaint = (canvas, base64) => {
  if (canvas.daePixels === base64) return;
  canvas.daePixels = base64;
  const bytes = atob(base64), context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const depth = bytes.length / (canvas.width * canvas.height);
  for (let i = 0, at = 0; i < image.data.length; i += 4, at += depth) {
    for (let c = 0; c < 3; c++) image.data[i + c] = bytes.charCodeAt(depth === 3 ? at + c : at);
    image.data[i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
};
