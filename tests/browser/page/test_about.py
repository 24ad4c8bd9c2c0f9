"""The About tab: words at once, pictures that the browser makes, and nothing that a file says is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from helpers import gallery_digit, violations, words
from playwright.sync_api import Page, expect

import dae
from dae import manifest, metrics
from dae.evaluation import load_results
from dae.noise import NOISES
from dae.photo_quality import WAYS
from dae.verdict import verdict

HOSTILE = "<img src=x onerror=\"document.title='stolen'\"> ${1+1} {{value}} `"
SHOWN = ".about .run[data-shown=true]"


@pytest.fixture
def about(visit) -> Callable[..., Page]:
    def opened(query: str = "", **context: object) -> Page:
        return visit(f"tab=about&{query}", shown=SHOWN, **context)

    return opened


def pictures(page: Page) -> list[str]:
    return page.locator(".about :is(image, img)").evaluate_all(
        "all => all.map((one) => one.getAttribute('href') ?? one.getAttribute('src'))"
    )


@pytest.mark.parametrize("width", [1366, 360])
def test_words_pictures_and_languages(about, width):
    page = about(viewport={"width": width, "height": 800})
    shown = pictures(page)
    assert len(shown) == 2 * 4 + len(NOISES) and all(each.startswith("data:image/png;base64,") for each in shown)
    clean = gallery_digit(7, 11)
    noisy = dae.corrupt(clean, "gaussian", 0.5, seed=7)
    said = page.locator(".about .run").inner_text()
    for images in (noisy, dae.load("conv-gaussian")(noisy)):
        assert f"{metrics.mse(images, clean):.4f}" in said
    records = load_results()["photos"]["records"]
    count = sum(record["digits"] for record in records)
    shares = [100 * sum(record["digits"] * record[way] for record in records) / count for way in WAYS]
    values = dict(zip(WAYS, (f"{share:.1f} %" for share in shares), strict=True))
    sentence = words()["about_photos_2"].format(digits=f"{count:,}", **values)
    expect(page.locator(".about [data-section=photos] p").last).to_have_text(sentence)
    wide, tall = page.locator(".about .pipeline.wide"), page.locator(".about .pipeline.tall")
    expect(wide).to_be_visible(visible=width > 640)
    expect(tall).to_be_visible(visible=width <= 640)
    assert page.evaluate("document.documentElement.scrollWidth") <= width  # nothing sticks out
    # Formulas are set, and whole.
    formulas = page.locator(".about .noises .formula")
    assert formulas.evaluate_all("all => all.every((one) => one.scrollWidth <= one.clientWidth + 1)")
    top, bottom = (page.locator(".about .formula mfrac").first.locator("> *").nth(n).bounding_box() for n in (0, 1))
    assert top["y"] + top["height"] <= bottom["y"] + 1  # one above the other
    page.locator("#language").click()
    expect(page.locator(".about h2").first).to_have_text(words("zh")["about_idea_title"])
    assert pictures(page) == shown


def test_a_lesson_opens_within_the_page(about):
    page = about("lang=zh&passes=3")
    page.evaluate("window.isThisPage = true")
    page.locator(".about [data-section=lesson] a").first.click()
    page.wait_for_selector(".denoise .held .pictures[data-shown]")
    expect(page.locator("[data-control=model] select").first).to_have_value("plain")
    expect(page.locator("h1")).to_have_text(words("zh")["title"])
    assert page.evaluate("window.isThisPage")
    page.go_back()
    expect(page.locator(".about")).to_be_visible()


def test_the_questions_open_what_they_ask(about):
    """What the links lead to, computed by the library."""
    page = about()
    links = page.locator(".about [data-section=lesson] li a").evaluate_all("all => all.map((one) => one.search)")
    assert len(links) == 3
    asked = [{key: values[0] for key, values in parse_qs(link[1:]).items()} for link in links]
    clean = [gallery_digit(int(each["digit"]), int(each["index"])) for each in asked]
    noisy = [
        dae.corrupt(digit, each["noise"], float(each["level"]), seed=int(each["seed"]))
        for digit, each in zip(clean, asked, strict=True)
    ]

    def mse(i: int, model: str) -> float:
        return metrics.mse(dae.load(model)(noisy[i]), clean[i])

    no_noise, other_noise, too_much = (each["model"] for each in asked)
    assert dae.checkpoints.info(no_noise).recipe["stages"][0]["noises"] in ([], ())
    assert mse(0, no_noise) > 3 * mse(0, "fc-gaussian"), "it keeps the specks"
    trained = {noise["key"] for noise in dae.checkpoints.info(other_noise).recipe["stages"][0]["noises"]}
    assert trained == {"gaussian"} and asked[1]["noise"] == "masking"
    assert mse(1, other_noise) > 3 * mse(1, "universal"), "it does not fill the gaps"
    highest = max(noise["high"] for noise in dae.checkpoints.info(too_much).recipe["stages"][0]["noises"])
    (read,) = verdict(dae.load(too_much)(noisy[2]))
    assert float(asked[2]["level"]) > highest
    assert read.digit != int(asked[2]["digit"]) and read.confidence > 0.95, "another digit, and sure of it"


def test_what_a_header_says_is_only_text(open_page, site_url):
    known = json.loads((manifest.PAGE / "manifest.json").read_text(encoding="utf-8"))
    (line,) = (model for model in known["models"] if model["name"] == "plain")
    line |= {"summary": HOSTILE, "data": HOSTILE, "losses": [HOSTILE], "noises": [{"key": HOSTILE, "high": 1.0}]}
    page = open_page("about:blank", locale="en-US", service_workers="block")
    page.route("**/manifest.json", lambda route: route.fulfill(json=known))
    page.goto(f"{site_url}?tab=about")
    page.wait_for_selector(SHOWN, timeout=60_000)
    row = page.locator(".about .models tbody tr").filter(has=page.get_by_text("plain", exact=True))
    assert row.text_content().count(HOSTILE) == 4
    assert page.title() != "stolen" and page.locator("[onerror]").count() == 0


@pytest.mark.parametrize(("lang", "width"), [("en", 1366), ("zh", 390)])
def test_axe_finds_nothing(about, lang, width):
    page = about(f"lang={lang}", viewport={"width": width, "height": 900})
    page.locator(".about details summary").click()
    assert violations(page) == []
