// The service worker: what the page has once fetched it has offline too. While there is a network its answer comes
// first, so that a new release replaces the old one at the next load.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const KEPT = "kept";

/** What Python answers is never kept. @param {URL} address */
const isKept = (address) =>
  address.origin === location.origin &&
  address.href.startsWith(worker.registration.scope) &&
  !/\/(ask|gradio_api)\//.test(address.pathname) &&
  !address.pathname.endsWith("/sw.js");

/** A page's address says its state; the page itself is one file. @param {Request} request */
const keyOf = (request) => (request.mode === "navigate" ? worker.registration.scope : request.url);

/** @param {Request} request */
async function answer(request) {
  const kept = await caches.open(KEPT);
  try {
    const found = await fetch(request);
    if (found.ok && found.status === 200) await kept.put(keyOf(request), found.clone()).catch(() => {});
    if (found.status < 500) return found;
    return (await kept.match(keyOf(request))) ?? found;
  } catch (error) {
    const found = await kept.match(keyOf(request));
    if (found) return found;
    throw error;
  }
}

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && isKept(new URL(request.url))) event.respondWith(answer(request));
});

// The page asks for this when its first picture is there: fetch what was not needed yet, and forget what is no more.
worker.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keepAll());
});

async function keepAll() {
  const kept = await caches.open(KEPT);
  const listed = await fetch(new URL("files.json", worker.registration.scope));
  if (!listed.ok) return;
  const { page, others } = await listed.json();
  const wanted = [...page, ...others].map((file) => new URL(file, worker.registration.scope).href);
  const folder = new URL("page/", worker.registration.scope).href;
  for (const request of await kept.keys()) {
    if (request.url.startsWith(folder) && !wanted.includes(request.url)) await kept.delete(request);
  }
  for (const address of wanted) {
    if (await kept.match(address)) continue;
    const found = await fetch(address).catch(() => null);
    if (found?.ok) await kept.put(address, found);
  }
}
