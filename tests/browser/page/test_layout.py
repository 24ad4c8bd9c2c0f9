"""The Denoise tab at every width: nothing moves, nothing is missing, and everybody can use it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers import changed, pixels, pixels_of, until, violations
from playwright.sync_api import Page

WATCH_SHIFTS = """new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) (window.shifts ??= []).push(entry.value);
}).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("width", [320, 390, 820, 1366, 1920])
def test_nothing_moves_while_it_loads_or_overflows(blank, site_url, width):
    page = blank(viewport={"width": width, "height": 900})
    page.add_init_script(WATCH_SHIFTS)
    page.goto(f"{site_url}?passes=2")
    page.wait_for_selector(".held .pictures[data-shown]")
    until(page, lambda: pixels_of(page.locator(".tiles canvas").last)[..., 0].any(), "the strip")
    page.wait_for_timeout(300)
    assert page.evaluate("window.shifts ?? []") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    where = (
        "() => [...document.querySelectorAll('figure, .group')].map((n) => JSON.stringify(n.getBoundingClientRect()))"
    )
    before, clean = page.evaluate(where), pixels(page, "clean")
    page.locator("[data-control=noise] select").focus()
    page.evaluate("document.getElementById('another').click()")
    changed(page, "clean", clean)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(200)
    assert page.evaluate(where) == before


def test_on_a_phone_the_slider_and_the_pictures_are_on_the_screen_together(visit):
    page = visit(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    slider = page.locator("[data-control=level] input[type=range]")
    slider.scroll_into_view_if_needed()
    pictures, box = page.locator(".held").bounding_box(), slider.bounding_box()
    assert pictures["y"] == pytest.approx(0, abs=1) and pictures["y"] + pictures["height"] < box["y"]
    assert box["y"] + box["height"] <= 700
    small = page.locator(".denoise :is(button, select, input, .segments label):visible").evaluate_all(
        """nodes => nodes.filter((node) => node.type !== "radio" && node.type !== "checkbox")
          .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
          .filter(([, box]) => Math.min(box.width, box.height) < 40).map(([html]) => html)"""
    )
    assert small == []


def test_pictures_have_alternative_text_and_controls_are_reached_by_keyboard(visit):
    page = visit()
    for image in page.locator(".denoise figure canvas, .tiles canvas").all():
        assert len(image.get_attribute("aria-label")) > 10 and image.get_attribute("role") == "img"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached |= set(
            page.evaluate(
                """() => {
                  const names = [];
                  for (let node = document.activeElement; node; node = node.parentElement)
                    names.push(node.id, node.dataset.control, node.className);
                  return names.filter(Boolean);
                }"""
            )
        )
    controls = {"source", "noise", "level", "clip", "seed", "model"}
    assert {
        "skip",
        "tab-denoise",
        "copy-link",
        "language",
        "classes",
        "another",
        "new-noise",
        "again",
        "places",
    } <= reached
    assert controls <= reached
    before = pixels(page, "noisy")
    page.locator("[data-control=level] input[type=range]").press("ArrowRight")
    changed(page, "noisy", before)


@pytest.mark.parametrize(("width", "lang"), [(390, "zh"), (1366, "en")])
def test_axe_finds_nothing(visit: Callable[..., Page], width: int, lang: str):
    page = visit(f"lang={lang}&passes=2", viewport={"width": width, "height": 900})
    assert violations(page) == []
    for source in ("draw", "upload"):
        page.locator(f".source input[value={source}]").check()
        assert violations(page) == []
