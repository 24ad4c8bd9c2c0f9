"""What it costs to open a tab for the first time, beside a tab with nothing in it, and to change something in it later.

    python benchmarks/tabs.py [--tabs latent,features] [--rounds 5]

For each tab: a fresh page each round, the tab and an empty one opened in turn, then the level moved. Prints medians in
milliseconds. Whatever the server remembers after the first visitor is remembered here as well: the first round is
reported by itself. For the latent space also: how many places a drag over the plane decodes in a second.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gradio as gr
from dae.ui.build import build, launch_options
from dae.ui.text import text
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@dataclass(frozen=True)
class Tab:
    """How to see that a tab has been drawn, and what a later change changes there."""

    drawn: str  # a JavaScript expression that is true once the tab shows what it is for
    state: str  # a JavaScript expression that another level gives another value


TABS = {
    "compare": Tab(
        "document.querySelectorAll('#compare .cards .card').length > 0",
        "document.querySelector('#compare .given [data-key=noisy] dd')?.textContent",
    ),
    "latent": Tab(
        "!!document.querySelector('#latent .latent[data-points]')",
        "document.querySelector('#latent .one')?.dataset.cloud",
    ),
    "features": Tab(
        "!!document.querySelector('#features .sheet[data-drawn]:not([data-drawn=\"0\"])')",
        "document.querySelector('#features [data-shown]')?.dataset.shown",
    ),
}

OPEN = """([name, drawn]) => new Promise((resolve) => {
  const start = performance.now();
  [...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent.trim() === name).click();
  const done = () => resolve(performance.now() - start);
  setTimeout(() => resolve(NaN), 60000);
  const look = () => requestAnimationFrame(eval(drawn) ? done : look);
  look();
})"""

MOVE = """([value, state]) => new Promise((resolve) => {
  const before = eval(state), start = performance.now(), slider = document.querySelector("#level input[type=range]");
  slider.value = value;
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  const done = () => resolve(performance.now() - start);
  setTimeout(() => resolve(NaN), 60000);
  const look = () => requestAnimationFrame(eval(state) !== before ? done : look);
  look();
})"""


def empty_page() -> gr.Blocks:
    """Two tabs, the second with a line of text that its opening fetches."""
    with gr.Blocks() as demo, gr.Tabs():
        with gr.Tab("first"):
            gr.HTML("<p>first</p>")
        with gr.Tab("empty") as empty:
            answer = gr.HTML("", elem_id="answer")
        empty.select(lambda: "<p class='drawn'>empty</p>", None, answer, queue=False, show_progress="hidden")
    return demo


def fresh(browser: Browser, url: str, ready: str) -> Page:
    page = browser.new_page(viewport={"width": 1366, "height": 1000}, locale="en-US")
    page.set_default_timeout(120_000)
    page.goto(url)
    page.wait_for_selector(ready, state="attached")
    page.wait_for_timeout(1500)  # whatever the page does after it is there
    return page


def dragged(page: Page, seconds: float = 3.0) -> float:
    """Pictures a second that the decoder makes while the mouse is dragged over the latent plane."""
    canvas = page.locator("#latent .large .plane-top")
    canvas.scroll_into_view_if_needed()
    box, root = canvas.bounding_box(), page.locator("#latent .latent")
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    start = time.perf_counter()
    before = int(root.get_attribute("data-decoded") or 0)
    while (spent := time.perf_counter() - start) < seconds:
        angle = 4 * spent
        page.mouse.move(
            box["x"] + box["width"] * (0.5 + 0.3 * math.cos(angle)),
            box["y"] + box["height"] * (0.5 + 0.3 * math.sin(angle)),
        )
        page.wait_for_timeout(10)
    count = int(root.get_attribute("data-decoded") or 0) - before
    page.mouse.up()
    return count / spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tabs", default=",".join(TABS), help=f"of {', '.join(TABS)}, separated by commas")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if unknown := set(options.tabs.split(",")) - set(TABS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")

    ours, empty = build(), empty_page()
    launch = {"prevent_thread_lock": True, "quiet": True, "_frontend": False}
    _, url, _ = ours.launch(**launch, **launch_options())
    _, empty_url, _ = empty.launch(**launch, ssr_mode=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        print("milliseconds; opening: first visitor, then the median; changes: the median")
        for name in options.tabs.split(","):
            tab, label = TABS[name], text(f"tab_{name}", "en")
            opened, beside, moved, drags = [], [], [], []
            for _ in range(options.rounds):
                page = fresh(browser, empty_url, "[role=tab]")
                beside.append(page.evaluate(OPEN, ["empty", "!!document.querySelector('#answer .drawn')"]))
                page.close()
                page = fresh(browser, url, "[data-shown]")
                opened.append(page.evaluate(OPEN, [label, tab.drawn]))
                page.wait_for_timeout(1000)
                for step in range(6):
                    moved.append(page.evaluate(MOVE, [str(round(0.6 + 0.05 * step, 2)), tab.state]))
                    time.sleep(0.1)
                if name == "latent":
                    drags.append(dragged(page))
                page.close()
            first, median, nothing = opened[0], statistics.median(opened[1:] or opened), statistics.median(beside)
            print(
                f"{name:9} opened {first:6.0f} first, {median:6.0f} then; an empty tab {nothing:5.0f}; "
                f"beyond it {median - nothing:6.0f}; a change {statistics.median(moved):5.0f}"
            )
            if drags:
                print(f"{'':9} a drag decodes {statistics.median(drags):.0f} places a second")
        browser.close()
    for demo in (ours, empty):
        demo.close(verbose=False)


if __name__ == "__main__":
    main()
