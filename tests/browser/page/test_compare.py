"""The Compare tab: many denoisers on the same noisy digit; what Python makes is answered here by the library."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.request import urlopen

import numpy as np
import pytest
import torch
from helpers import as_bytes, gallery_digit, pixels_of, until, violations, words
from PIL import Image
from playwright.sync_api import Page, Route, expect

import dae
from dae import data, manifest, metrics
from dae.baselines import baseline
from dae.evaluation import load_results
from dae.photo_quality import WAYS
from dae.preprocessing import read

PLACE = (3, 8)
QUERY = "tab=compare&digit=3&index=8&noise=gaussian&level=0.5&seed=4"
CARDS = ".compare .card[data-denoiser]:not([data-denoiser=clean], [data-denoiser=noisy])"
START = ("universal", "conv-gaussian", "fc-gaussian", "plain", "median", "tv", "wiener")


def restored(key: str, noise: str, level: float, seed: int, clean: torch.Tensor) -> torch.Tensor:
    denoiser = baseline(key, noise, level, digits=data.gallery(), exclude=clean)
    return denoiser(dae.corrupt(clean, noise, level, seed=seed))


def answer_by_library(page: Page) -> list[dict]:
    """Answer for the classical denoisers as the server does; what was asked."""
    asked = []

    def answer(route: Route) -> None:
        question = json.loads(route.request.post_data)
        asked.append(question)
        pixels = np.frombuffer(base64.b64decode(question["digit"]), np.uint8).reshape(1, 1, 28, 28)
        clean = torch.from_numpy(pixels.astype(np.float32) / 255)
        found = []
        for key in question["denoisers"]:
            if key == "memoriser":
                found.append({"denoiser": key, "restored": None, "problem": "no_answer"})
                continue
            rows = [restored(key, question["noise"], level, question["seed"], clean) for level in question["levels"]]
            content = base64.b64encode(torch.cat(rows).numpy().astype("<f4").tobytes()).decode()
            found.append({"denoiser": key, "restored": content, "problem": ""})
        route.fulfill(json={"restorations": found})

    page.route("**/ask/denoise", answer)
    return asked


@pytest.fixture
def compare(open_page, site_url) -> Callable[..., Page]:
    def opened(query: str = QUERY, shown: int = len(START), **context: object) -> Page:
        context = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}} | context
        page = open_page("about:blank", **context)
        answer_by_library(page)
        page.goto(f"{site_url}?{query}")
        expect(page.locator(CARDS)).to_have_count(shown, timeout=60_000)
        return page

    return opened


def cards(page: Page) -> dict[str, float]:
    """Name -> MSE of the cards, in their order."""
    return {
        card.get_attribute("data-denoiser"): float(card.locator("dd").first.inner_text())
        for card in page.locator(CARDS).all()
    }


def test_cards_are_sorted_and_true_and_follow_the_controls(compare):
    page = compare()
    shown = cards(page)
    assert set(shown) == set(START)
    assert list(shown.values()) == sorted(shown.values())
    clean = gallery_digit(*PLACE)
    noisy = dae.corrupt(clean, "gaussian", 0.5, seed=4)
    expected = {"conv-gaussian": dae.load("conv-gaussian")(noisy)}
    expected |= {key: restored(key, "gaussian", 0.5, 4, clean) for key in ("median", "wiener")}
    for key, image in expected.items():
        assert shown[key] == pytest.approx(metrics.mse(image, clean), abs=1e-4)
    canvas = pixels_of(page.locator(".compare [data-denoiser=median] canvas"))[..., 0]
    assert np.abs(canvas.astype(int) - as_bytes(expected["median"]).astype(int)).max() <= 1
    page.locator("[data-control=level] .exact").fill("0.9")
    page.locator("[data-control=level] .exact").blur()
    worse = metrics.mse(restored("median", "gaussian", 0.9, 4, clean), clean)
    until(page, lambda: cards(page)["median"] == pytest.approx(worse, abs=1e-4), "the classical denoisers' answer")
    expect(page.locator(".compare [data-old=true]")).to_have_count(0)
    noisy_words = page.locator(".compare [data-denoiser=noisy] dd").first.inner_text()
    page.locator("#tab-denoise").click()
    expect(page.locator(".denoise figure[data-part=noisy] dd").first).to_have_text(noisy_words)


def test_denoisers_come_and_go_and_what_has_no_answer_is_said(compare):
    page = compare(f"{QUERY}&compare=plain,median", shown=2)
    menu = page.locator("[data-control=compare] select")
    menu.select_option("memoriser")
    sentence = words()["compare_cannot"].format(name=words()["baseline_memoriser"], noise=words()["noise_gaussian"])
    expect(page.locator(".compare .missing li")).to_have_text(sentence)
    expect(menu.locator("option[value=memoriser]")).to_be_disabled()
    page.locator("#language").click()
    sentence = words("zh")["compare_cannot"]
    said = sentence.format(name=words("zh")["baseline_memoriser"], noise=words("zh")["noise_gaussian"])
    expect(page.locator(".compare .missing li")).to_have_text(said)
    for name in ("plain", "median", "memoriser"):
        page.locator(f".compare .chips [data-denoiser={name}]").click()
    expect(page.locator(CARDS)).to_have_count(0)
    expect(page.get_by_text(words("zh")["compare_empty"])).to_be_visible()
    page.wait_for_function("new URLSearchParams(location.search).get('compare') === 'none'")


def test_the_grid_is_what_was_asked_for_in_the_language_that_is_spoken(compare):
    page = compare(f"{QUERY}&compare=plain,median&clip=0", shown=2)
    page.locator("#make-grid").click()
    rows = page.locator(".compare .grid tbody tr")
    expect(rows).to_have_count(3, timeout=60_000)
    levels = (0, 0.3, 0.6, 0.9, 1.2, 1.5)
    expect(page.locator(".compare .grid thead th")).to_have_text([f"σ {level}" for level in levels])
    clean = gallery_digit(*PLACE)
    expected = [restored("median", "gaussian", level, 4, clean) for level in (0.3, 0.9)]
    page.locator("[data-control=noise] select").select_option("masking")  # what was made stays
    page.locator("#language").click()
    expect(rows.locator("th")).to_have_text([words("zh")["noisy"], "plain", words("zh")["baseline_median"]])
    expect(page.locator(".compare .grid thead th").nth(1)).to_have_text("σ 0.3")
    for column, image in zip((1, 3), expected, strict=True):
        shown = pixels_of(rows.nth(2).locator("canvas").nth(column))[..., 0]
        assert np.abs(shown.astype(int) - as_bytes(image).astype(int)).max() <= 1
    asked = []

    def answer(route: Route) -> None:
        asked.append(json.loads(route.request.post_data))
        content = base64.b64encode(b"<svg/>").decode()
        route.fulfill(json={"name": "grid.svg", "type": "image/svg+xml", "content": content, "missing": []})

    page.route("**/ask/grid-figure", answer)
    with page.expect_download() as download:
        page.locator(".compare [data-format=svg]").click()
    assert download.value.suggested_filename == "grid.svg"
    (question,) = asked
    assert question.items() >= {"noise": "gaussian", "clip": False, "seed": 4, "format": "svg"}.items()
    assert [row["denoiser"] for row in question["rows"]] == ["plain", "median"]
    page.unroute("**/ask/grid-figure")
    page.locator(".compare [data-format=png]").click()  # this server has no Python
    expect(page.locator(".levels-grid [role=status]")).to_have_text(words("zh")["ask_failed"])


def test_without_a_server_networks_are_compared_and_the_rest_is_said(open_page, site_url):
    page = open_page("about:blank", locale="en-US", viewport={"width": 390, "height": 900})
    page.route("**/ask/denoise", lambda route: route.abort())
    page.goto(f"{site_url}?{QUERY}&hide=digit,noise,level,clip,seed,figures")
    expect(page.locator(CARDS)).to_have_count(4, timeout=60_000)
    expect(page.locator(".compare .missing li")).to_contain_text(words()["baseline_median"])
    expect(page.locator(".connection")).to_have_text(words()["server_gone"])
    expect(page.locator(".bench .controls, .compare .figures")).to_have_count(0)
    assert page.locator(".bench").evaluate("node => node.firstElementChild.getBoundingClientRect().width") > 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.unroute("**/ask/denoise")
    answer_by_library(page)
    page.route("**/ask/server", lambda route: route.fulfill(json={}))
    expect(page.locator(".connection")).to_have_text("")
    expect(page.locator(CARDS)).to_have_count(7)  # nobody has done anything
    expect(page.locator(".compare .missing li")).to_have_count(0)


@pytest.mark.parametrize(("scheme", "lang"), [("light", "en"), ("dark", "zh")])
def test_axe_finds_nothing(compare, scheme, lang):
    page = compare(f"{QUERY}&compare=plain,median&lang={lang}", shown=2, color_scheme=scheme)
    page.locator("#make-grid").click()
    expect(page.locator(".compare .grid tbody tr")).to_have_count(3, timeout=60_000)
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_photo_before_and_after_and_the_measured_figures(visit):
    page = visit("tab=compare&compare=plain&lang=en", shown="#show-photos")
    page.locator("#show-photos").click()
    examples = json.loads(manifest.PHOTOS.read_text(encoding="utf-8"))
    records = {record["photos"]: record for record in load_results()["photos"]["records"]}
    assert set(examples) <= set(records)
    for number, (name, example) in enumerate(examples.items()):
        photo = Image.open(urlopen(example["photo"]))
        page.locator(".photos [data-control=photo] select").select_option(index=number)
        for part, prepare in WAYS.items():
            wanted = as_bytes(read(photo).digits if part == "network" else prepare(photo)).astype(int)
            canvas = page.locator(f".photos figure[data-part={part}] canvas")
            until(
                page,
                lambda canvas=canvas, wanted=wanted: (
                    canvas.count() and np.abs(pixels_of(canvas)[..., 0] - wanted).mean() < 4
                ),
                f"{name}: {part}",
            )
        chosen = page.locator(".photos tr[data-chosen=true]")
        shares = [f"{100 * records[name][way]:.1f} %" for way in WAYS]
        assert chosen.locator("td").all_inner_texts() == shares
    green = pixels_of(page.locator(".photos figure[data-part=ink] canvas"))[..., :3].astype(int)
    assert ((green[..., 1] - green[..., 0]) > 60).sum() > 100
    assert violations(page) == []
