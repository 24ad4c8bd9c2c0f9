"""The "?" beside the words: what they open, in both languages, by keyboard and on a phone; and all terms in About."""

from __future__ import annotations

import json
import re

import pytest
from helpers import until, violations, words
from playwright.sync_api import Locator, Page, expect

from dae import manifest

TABS = {
    "denoise": ".denoise .held .pictures[data-shown]",
    "compare": ".compare .card:nth-of-type(3)",
    "latent": ".latent .terms",
    "features": ".features .dictionary .sheet",
    "sample": ".sample .growing .terms",
    "score": ".score[data-shown=true]",
    "results": ".results table",
}
CARD = ".term-card"


def glossary(lang: str = "en") -> dict[str, dict[str, str]]:
    said = json.loads((manifest.PAGE / "words" / f"glossary.{lang}.json").read_text(encoding="utf-8"))
    return {key: entry for group in said.values() for key, entry in group["terms"].items()}


def button(page: Page, term: str) -> Locator:
    return page.locator(f"[data-term={term}]").first


def opened(page: Page, term: str, lang: str = "en") -> Locator:
    card = page.locator(CARD)
    expect(card).to_be_visible()
    expect(card.locator("h2")).to_have_text(glossary(lang)[term]["name"])
    expect(card.locator("#term-text")).to_have_text(glossary(lang)[term]["text"])
    return card


@pytest.mark.parametrize("tab", TABS)
def test_every_question_mark_opens_its_term(visit, tab):
    page = visit(f"tab={tab}", shown=TABS[tab])
    asked = page.locator("main [data-term]").evaluate_all("all => all.map((one) => one.dataset.term)")
    assert len(asked) >= 3 and set(asked) <= set(glossary())
    for term in dict.fromkeys(asked):
        button(page, term).click()
        opened(page, term)
        page.keyboard.press("Escape")
        expect(page.locator(CARD)).to_be_hidden()
        expect(button(page, term)).to_be_focused()


def test_nothing_is_loaded_before_it_is_asked_for(visit, blank, site_url):
    page = blank()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(site_url)
    page.wait_for_selector(TABS["denoise"])
    page.wait_for_load_state("networkidle")
    assert not [url for url in fetched if re.search(r"glossary|term-", url)]
    button(page, "psnr").click()
    opened(page, "psnr")
    assert len([url for url in fetched if "glossary.en.json" in url]) == 1


def test_by_keyboard_it_opens_closes_and_leads_to_all_terms(visit):
    page = visit()
    button(page, "level").focus()
    page.keyboard.press("Enter")
    card = opened(page, "level")
    expect(card).to_be_focused()
    assert card.get_attribute("role") == "dialog"
    page.keyboard.press("Tab")
    expect(card.locator(".close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card).to_be_hidden()
    expect(button(page, "level")).to_be_focused()
    page.keyboard.press("Enter")
    opened(page, "level").locator("a").press("Enter")
    term = page.locator(".about #term-level")
    expect(term).to_be_focused()
    expect(term).to_be_in_viewport()
    assert page.url.endswith("#term-level") and "tab=about" in page.url
    page.locator("#tab-denoise").click()
    page.wait_for_selector(TABS["denoise"])
    assert "#" not in page.url


def test_a_second_press_and_a_press_elsewhere_close_it(visit):
    page = visit()
    button(page, "seed").click()
    opened(page, "seed")
    button(page, "seed").click()
    expect(page.locator(CARD)).to_be_hidden()
    button(page, "seed").click()
    button(page, "psnr").click()
    opened(page, "psnr")
    page.locator("h1").click()
    expect(page.locator(CARD)).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1366])
def test_it_lies_within_the_window_and_shows_pictures(visit, width):
    page = visit("noise=masking&level=0.5&passes=2", viewport={"width": width, "height": 800})
    for term, count in (("masking", 2), ("level", 5), ("mse", 4), ("target", 3), ("passes", 4)):
        button(page, term).click()
        card = opened(page, term)
        canvases = card.locator(".made canvas")
        expect(canvases).to_have_count(count)
        until(page, lambda card=card: all(card.locator("figcaption").all_inner_texts()), "the pictures")
        box = card.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800
        page.keyboard.press("Escape")


def test_chinese_and_its_own_words_once_the_language_is_another(visit):
    page = visit(locale="zh-CN")
    button(page, "psnr").click()
    opened(page, "psnr", "zh")
    page.keyboard.press("Escape")
    assert button(page, "psnr").get_attribute("aria-label") == words("zh")["term_ask"].format(word="PSNR")
    page.locator("#language").click()
    expect(page.locator("h1")).to_have_text(words()["title"])
    button(page, "psnr").click()
    opened(page, "psnr")


def test_names_of_controls_stay_as_they_are(visit):
    """The question mark is no part of a control's label."""
    page = visit()
    for key in ("noise", "model", "seed", "clip"):
        expect(page.get_by_label(words()[key], exact=True)).to_have_count(1)


def test_a_glossary_that_cannot_be_fetched_is_told_and_tried_again(visit):
    page = visit()
    page.route("**/glossary.*.json", lambda route: route.abort())
    button(page, "seed").click()
    expect(page.locator(".toast p")).to_have_text(words()["term_missing"])
    page.unroute("**/glossary.*.json")
    button(page, "seed").click()
    opened(page, "seed")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_about_has_every_term_and_a_link_leads_to_one(open_page, site_url, lang):
    page = open_page(f"{site_url}?tab=about&lang={lang}#term-nmi", viewport={"width": 1366, "height": 800})
    term = page.locator(".about #term-nmi")
    expect(term).to_be_in_viewport(timeout=30_000)
    said = glossary(lang)
    expect(page.locator(".about .glossary dt")).to_have_text([entry["name"] for entry in said.values()])
    expect(page.locator(".about .glossary dd p")).to_have_text([entry["text"] for entry in said.values()])
    expect(term.locator("math")).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(("scheme", "width"), [("light", 1366), ("dark", 390)])
def test_axe_finds_nothing(visit, scheme, width):
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 900})
    button(page, "ssim").click()
    opened(page, "ssim")
    assert violations(page) == []
