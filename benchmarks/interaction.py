"""From a browser's event to new pixels: the page beside an empty Gradio handler, in one run, in real Chromium.

    python benchmarks/interaction.py [--rounds 40]

Prints medians and their ratios for a slider move and for the pen put down on the drawing pad, against a handler bound
with `queue=False` and against one bound as Gradio does by default, queued. The pages are used in turn, so that a
machine whose speed drifts is fair to all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gradio as gr
from dae.ui.build import build, launch_options
from dae.ui.controls import LIVE, pad_labels
from dae.ui.widgets import drawing_pad
from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

# Milliseconds from the event to the frame in which `watched` has changed and its pictures are decoded.
MEASURE = """([watched, act]) => new Promise((resolve) => {
  const node = document.querySelector(watched);
  const observer = new MutationObserver(async (records) => {
    observer.disconnect();
    const pictures = records.map((record) => record.target).filter((target) => target.tagName === "IMG");
    await Promise.all(pictures.map((picture) => picture.decode().catch(() => {})));
    requestAnimationFrame(() => resolve(performance.now() - start));
  });
  observer.observe(node, {subtree: true, childList: true, characterData: true, attributes: true});
  const start = performance.now();
  window.benchmark[act.name](...act.values);
})"""

ACTS = """() => { window.benchmark = {
  slide(value) {
    const slider = document.querySelector("#level input[type=range]");
    slider.value = value;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
  },
  press(x, y) {
    const canvas = document.querySelector("#pad canvas"), box = canvas.getBoundingClientRect();
    const at = {bubbles: true, pointerId: 1, button: 0, buttons: 1, isPrimary: true, pointerType: "mouse",
                clientX: box.left + x * box.width, clientY: box.top + y * box.height};
    canvas.setPointerCapture = () => {};
    canvas.dispatchEvent(new PointerEvent("pointerdown", at));
  },
  lift() {
    document.querySelector("#pad canvas").dispatchEvent(new PointerEvent("pointerup", {bubbles: true, pointerId: 1}));
  },
} }"""


def empty_page(**bound: Any) -> gr.Blocks:
    """The least a Gradio page can do: a slider, a pad, and handlers, `bound` so, that send back a word."""
    with gr.Blocks() as demo:
        level = gr.Slider(0, 1.5, 0.5, step=0.01, elem_id="level")
        pad = drawing_pad(pad_labels("en"), elem_id="pad")
        answer = gr.HTML("<p>0</p>", elem_id="answer")
        level.input(lambda value: f"<p>{value}</p>", level, answer, **bound)
        count = iter(range(10**9))
        pad.input(lambda value: f"<p>{next(count)}</p>", pad, answer, **bound)
    return demo


def milliseconds(page: Page, watched: str, act: str, values: tuple[float, ...]) -> float:
    page.bring_to_front()  # a page behind another one draws late
    page.wait_for_timeout(150)
    took = page.evaluate(MEASURE, [watched, {"name": act, "values": list(values)}])
    if act == "press":
        page.evaluate("window.benchmark.lift()")
    page.wait_for_timeout(250)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds

    apps = {
        "ours": (build(), launch_options()),
        "empty": (empty_page(**LIVE), {"ssr_mode": False}),
        "queued": (empty_page(), {"ssr_mode": False}),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        pages = {}
        for name, (demo, options) in apps.items():
            _, url, _ = demo.launch(prevent_thread_lock=True, quiet=True, **options)
            pages[name] = browser.new_page(viewport={"width": 1366, "height": 1000})
            pages[name].goto(f"{url}?source=draw" if name == "ours" else url)
            pages[name].wait_for_selector("#pad canvas")
        pages["ours"].wait_for_selector("#stage [data-shown]")
        pages["ours"].locator("#source label").nth(1).click()
        pages["ours"].locator("#pad canvas").first.wait_for(state="visible")
        for page in pages.values():
            page.evaluate(ACTS)
        steps = range(rounds + 5)
        acts = {
            "slide": [(round(0.3 + 0.01 * (i % 100), 2),) for i in steps],
            "press": [(0.2 + 0.013 * (i % 46), 0.2 + 0.6 * ((i * 7) % 11) / 10) for i in steps],
        }
        print("milliseconds from event to pixels, median of", rounds)
        for act, values in acts.items():
            took: dict[str, list[float]] = {name: [] for name in apps}
            for value in values:
                for name in took:
                    took[name].append(milliseconds(pages[name], "#stage" if name == "ours" else "#answer", act, value))
            ours, empty, queued = (statistics.median(took[name][5:]) for name in apps)
            print(
                f"{act:6} page {ours:5.1f}   empty handler {empty:5.1f}, ratio {ours / empty:.2f}"
                f"   queued {queued:5.1f}, ratio {ours / queued:.2f}"
            )
        browser.close()
    for demo, _ in apps.values():
        demo.close(verbose=False)


if __name__ == "__main__":
    main()
