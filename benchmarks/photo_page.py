"""From a photo given to the page to the digit made of it, in Chromium.

    python benchmarks/photo_page.py [--photos 60] [--side 1024]

Milliseconds from the file's arrival until the digit is painted in the stage: decoded, scaled down, its ink found,
shaped. The photos are made up of the gallery's digits (`dae.photo_quality`), one disturbance after the other, enlarged,
as JPEG; the first, with which network and modules are loaded, is not counted.
"""

from __future__ import annotations

import argparse
import base64
import io
import statistics
import sys
from pathlib import Path

from _app_process import running
from _chromium import chromium
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dae import data
from dae.photo_quality import DISTURBANCES, photographed

WATCH = """() => {
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...values) {
    put.apply(this, values);
    if (this.canvas.closest("[data-part=clean]")) window.painted = performance.now();
  };
}"""
GIVE = """async (content) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
  window.painted = 0;
  const start = performance.now();
  document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
  while (!(window.painted > start)) {
    if (performance.now() > start + 5000) return null; // no ink
    await new Promise((done) => setTimeout(done, 1));
  }
  return window.painted - start;
}"""


def photos(count: int, side: int) -> list[str]:
    """Photos as JPEG in base64."""
    digits = data.gallery()
    shown = digits.images[7 :: len(digits) // count][:count]
    found = []
    for number, name in enumerate(DISTURBANCES):
        for photo in photographed(shown[number :: len(DISTURBANCES)], name, number):
            file = io.BytesIO()
            photo.resize((side, side)).save(file, "JPEG", quality=90)
            found.append(base64.b64encode(file.getvalue()).decode())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--side", type=int, default=1024, help="pixels")
    options = parser.parse_args()
    with running() as app, sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_context(viewport={"width": 1366, "height": 1400}, service_workers="block").new_page()
        page.goto(f"{app.url}?source=upload")
        page.wait_for_selector(".pictures[data-shown]", timeout=60_000)
        page.evaluate(WATCH)
        taken = []
        for content in photos(options.photos, options.side):
            taken.append(page.evaluate(GIVE, content))
            page.wait_for_timeout(300)
        times = sorted(time for time in taken[1:] if time is not None)
        print(
            f"{len(times)} photos of {options.side} x {options.side}: median {statistics.median(times):.0f} ms, "
            f"90 % within {times[int(0.9 * len(times))]:.0f} ms"
        )
        browser.close()


if __name__ == "__main__":
    main()
