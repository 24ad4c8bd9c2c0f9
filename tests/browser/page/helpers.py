"""What the page's tests look at: its words, its canvases, and what axe-core says."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from dae import data, manifest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PARTS = ("clean", "noisy", "reconstruction", "error")  # of the stage
AXE = Path(__file__).resolve().parents[3] / "node_modules/axe-core/axe.min.js"

# In base64: Playwright takes seconds for a list of so many numbers.
PIXELS = """(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let text = "";
  for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
  return [width, height, btoa(text)];
}"""


@functools.cache
def words(lang: str = "en") -> dict[str, str]:
    """The page's words."""
    return json.loads((manifest.PAGE / "words" / f"{lang}.json").read_text(encoding="utf-8"))


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, in light and in dark colours: rule and place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run({ resultTypes: ['violations'] })).violations")
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    own, other = ("dark", "light") if is_dark else ("light", "dark")
    page.emulate_media(color_scheme=other)
    contrast = "{ runOnly: ['color-contrast'], resultTypes: ['violations'] }"
    found += page.evaluate(f"async () => (await axe.run({contrast})).violations")
    page.emulate_media(color_scheme=own)
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def pixels_of(canvas: Locator) -> np.ndarray:
    """What a canvas shows: uint8 `(H, W, 4)`."""
    width, height, values = canvas.evaluate(PIXELS)
    return np.frombuffer(base64.b64decode(values), np.uint8).reshape(height, width, 4)


def gallery_digit(digit: int, index: int) -> torch.Tensor:
    """A digit of the gallery, `(1, 1, 28, 28)`."""
    place = digit * data.GALLERY_PER_CLASS + index
    return data.gallery().images[place : place + 1]


def as_bytes(images: torch.Tensor) -> np.ndarray:
    """The first of some images as it is shown: uint8 `(28, 28)`."""
    return (images[0, 0].clamp(0, 1) * 255).round().byte().numpy()


def until(page: Page, true: Callable[[], bool], what: str = "it") -> None:
    """Wait for something that the page comes to in a while."""
    for _ in range(400):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{what} did not happen")


def pixels(page: Page, part: str) -> np.ndarray:
    """What a picture of the stage shows: uint8, `(28, 28)`, or `(28, 28, 3)` for the error."""
    rgb = pixels_of(page.locator(f".denoise figure[data-part={part}] canvas"))[..., :3]
    if part == "error":
        return rgb
    assert (rgb == rgb[..., :1]).all()
    return rgb[..., 0]


def becomes(page: Page, part: str, expected: np.ndarray, tolerance: int = 0) -> None:
    until(page, lambda: np.abs(pixels(page, part).astype(int) - expected).max() <= tolerance, f"the {part} picture")


def changed(page: Page, part: str, before: np.ndarray) -> np.ndarray:
    until(page, lambda: not np.array_equal(pixels(page, part), before), f"another {part} picture")
    return pixels(page, part)
