// The tab that is open decides whether the controls stand beside it, and goes into the link.
window.daeLesson = "";
window.daeTab = (name) => { document.body.dataset.tab = name; };
window.daeLink = () => {
  const query = new URLSearchParams(window.daeLesson);
  query.set("tab", document.body.dataset.tab || "denoise");
  // The language goes into the link when it was chosen, by a link or by the switch, and not merely the browser's.
  const lang = document.documentElement.lang;
  if (lang !== window.daeFirstLang || new URLSearchParams(location.search).has("lang")) query.set("lang", lang);
  return `${location.origin}${location.pathname}?${query}`;
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
