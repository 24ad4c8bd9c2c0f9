"""The Compare tab: many denoisers on the digit, noise and level of the Denoise tab."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

import dae
from dae import data, metrics
from dae.baselines import baseline
from dae.ui.build import build, launch_options
from dae.ui.text import text


@pytest.fixture(scope="module")
def url(launch) -> str:
    return launch(build(), **launch_options())


@pytest.fixture
def compare(open_page, url):
    def opened(query: str) -> Page:
        page = open_page(f"{url}?tab=compare&{query}", locale="en-US", viewport={"width": 1366, "height": 1000})
        page.wait_for_selector("#compare .cards .card", timeout=90_000)
        return page

    return opened


def cards(page: Page) -> dict[str, float]:
    """Key -> MSE of the cards, in their order."""
    return {
        card.get_attribute("data-key"): float(card.locator("dd").first.inner_text())
        for card in page.locator("#compare .cards .card").all()
    }


def test_cards_are_sorted_and_true(compare):
    page = compare("digit=3&index=8&noise=gaussian&level=0.5&seed=4")
    shown = cards(page)
    assert {"conv-gaussian", "fc-gaussian", "plain", "median", "wiener"} <= set(shown)
    assert list(shown.values()) == sorted(shown.values())
    place = 3 * data.GALLERY_PER_CLASS + 8
    clean = data.gallery().images[place : place + 1]
    noisy = dae.corrupt(clean, "gaussian", 0.5, seed=4)
    expected = {
        "conv-gaussian": dae.load("conv-gaussian")(noisy),
        "median": baseline("median", "gaussian", 0.5)(noisy),
        "wiener": baseline("wiener", "gaussian", 0.5, digits=data.gallery(), exclude=clean)(noisy),
    }
    for key, restored in expected.items():
        assert shown[key] == pytest.approx(metrics.mse(restored, clean), abs=1e-4)
    assert shown["conv-gaussian"] < shown["plain"] and shown["conv-gaussian"] < shown["median"]


def test_it_follows_the_controls_and_denoise_catches_up(compare):
    page = compare("level=0.3")
    before = cards(page)
    slider = page.locator("#level input[type=range]")
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#compare .given .card").nth(1).locator("dd").first).not_to_have_text("")
    page.wait_for_function(
        "(old) => parseFloat(document.querySelector('#compare [data-key=conv-gaussian] dd').textContent) > old",
        arg=before["conv-gaussian"],
    )
    page.wait_for_function("() => window.daeLesson.includes('level=0.42') && !window.daeLive.busy")
    noisy = page.locator("#compare .given [data-key=noisy] dd").first.inner_text()
    page.get_by_role("tab", name=text("tab_denoise", "en")).click()
    expect(page.locator("#stage figure[data-part=noisy] dd").first).to_have_text(noisy)


def test_denoisers_are_chosen_and_a_noise_without_answer_is_said(compare):
    page = compare("level=0.4")
    count = len(cards(page))
    page.locator("#compare-choice .token-remove").first.click()
    expect(page.locator("#compare .cards .card")).to_have_count(count - 1)


def test_an_answer_that_a_later_one_has_overtaken_changes_nothing(compare):
    page = compare("noise=gaussian&level=0.3&seed=7")
    page.wait_for_function("() => window.daeLive.shown && window.daeLive.shown === window.daeLive.events")
    count, held = len(cards(page)), []

    def hold(route: Route) -> None:
        held.append(route) if not held else route.continue_()

    page.route("**/run/predict**", hold)
    with page.expect_request("**/run/predict**"):
        page.locator("#new-noise").click()
    page.locator("#compare-choice .token-remove").first.click()
    expect(page.locator("#compare .cards .card")).to_have_count(count - 1)
    assert len(held) == 1
    with page.expect_response("**/run/predict**"):
        held[0].continue_()
    # It brings the new seed; what is shown then has both.
    page.wait_for_function("() => !window.daeLesson.includes('seed=7&')")
    expect(page.locator("#compare .cards .card")).to_have_count(count - 1)
    expect(page.locator("#compare-choice .token")).to_have_count(count - 1)


def test_the_grid_is_drawn_and_downloaded(compare):
    page = compare("noise=masking&level=0.4")
    page.locator("#make-grid").click()
    page.wait_for_selector("#grid table.grid", timeout=60_000)
    rows, columns = page.locator("#grid tbody tr").count(), page.locator("#grid thead th").count()
    assert rows == len(cards(page)) + 1 and columns == 6
    pictures = page.locator("#grid tbody tr").nth(0).locator("img").all()
    first = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0].get_attribute("src").split(",")[1]))))
    assert first.shape == (28, 28)
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        with page.expect_download() as download:
            page.locator(f"#grid-{kind}").click()
        content = Path(download.value.path()).read_bytes()
        assert content.startswith(start) and re.search(rf"grid.*\.{kind}$", download.value.suggested_filename)
