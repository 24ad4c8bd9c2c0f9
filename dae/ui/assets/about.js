// The words are there at once; the pictures are asked for when the tab is first seen, and put back in place after a
// change of language has drawn the words anew.
const paint = () => {
  const shown = props.pictures;
  if (!shown) return;
  for (const node of element.querySelectorAll("image[data-part]")) {
    const source = shown.images[node.dataset.part];
    if (source) node.setAttribute("href", source);
  }
  for (const node of element.querySelectorAll("[data-figure]")) node.textContent = shown.figures[node.dataset.figure] ?? "";
  element.querySelectorAll(".run").forEach((node) => node.classList.toggle("shown", "model" in shown.figures));
};
watch(["value", "pictures"], paint);
paint();

const seen = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  seen.disconnect();
  trigger('seen');
});
seen.observe(element);
