"""A link says what its page shows: every link of the first edition still opens it, and the page's own gives it back."""

from __future__ import annotations

import base64
import zlib
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from helpers import as_bytes, gallery_digit, pixels_of, words
from playwright.sync_api import Page, expect

PARTS = ("clean", "noisy", "reconstruction", "error")


def digit_text(digit: np.ndarray) -> str:
    return base64.urlsafe_b64encode(zlib.compress(digit.tobytes(), 9)).decode().rstrip("=")


def pictures(page: Page) -> list[np.ndarray]:
    return [pixels_of(page.locator(f".denoise figure[data-part={part}] canvas")) for part in PARTS]


def state(page: Page, name: str) -> object:
    return page.evaluate("async (name) => (await import('/page/page.js')).state.peek(name)", name)


def link_of(page: Page) -> str:
    """The link that the page gives: by hand, as the browser of a test has no clipboard to write to."""
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.locator("#copy-link").click()
    return page.locator(".toast input").input_value()


@pytest.mark.parametrize("source", ["pick", "draw"])
def test_a_link_gives_back_the_same_page_noise_and_all(visit, source):
    drawn = f"source=draw&pixels={digit_text(as_bytes(gallery_digit(3, 5)))}"
    start = "digit=4&index=77" if source == "pick" else drawn
    page = visit(f"{start}&noise=gaussian&clip=0&level=0.355&seed=123&model=fc-gaussian&passes=2&hide=seed")
    link = link_of(page)
    query = parse_qs(urlsplit(link).query)
    assert ("pixels" in query) == (source == "draw") and ("digit" in query) == (source == "pick")
    kept = {"level": ["0.355"], "seed": ["123"], "model": ["fc-gaussian"], "clip": ["0"], "passes": ["2"]}
    assert kept.items() <= query.items()
    again = visit(link)
    for before, after in zip(pictures(page), pictures(again), strict=True):
        assert np.array_equal(before, after)
    assert link_of(again) == link


def test_a_full_link_sets_every_control(visit):
    page = visit(
        "tab=denoise&source=pick&digit=4&index=77&noise=speckle&level=2.5&seed=99&model=plain&lang=zh&hide=upload,seed"
    )
    assert np.array_equal(pictures(page)[0][..., 0], as_bytes(gallery_digit(4, 77)))
    expect(page.locator("[data-control=level] input[type=number]")).to_have_value("2.5")
    expect(page.locator("[data-control=model] select")).to_have_value("plain")
    expect(page.locator("h1")).to_have_text(words("zh")["title"])
    expect(page.locator("[data-control=seed]")).to_have_count(0)
    for lang in ("zh", "en"):
        kept = [words(lang)["source_pick"], words(lang)["source_draw"]]
        expect(page.locator(".source label")).to_have_text(kept)
        page.locator("#language").click()  # what is left out stays out in the other language


# A link of each tab in the first edition, as its README gave the parameters.
LINKS = {
    "denoise": "source=upload&pixels={pixels}&noise=block&level=0.4&seed=0&model=universal&passes=8&lang=zh",
    "compare": "digit=3&index=20&noise=masking&level=0.75&compare=median,plain&hide=seed,model",
    "latent": "model=fc-gaussian&beside=jz-topk-5&plane=pca&grid=1",
    "features": "model=fc-gaussian&second=jz-topk-5&by=similarity&scale=common&from=clean",
    "results": "metric=ssim&curves=plain,median",
    "about": "lang=en",
}


@pytest.mark.parametrize("tab", LINKS)
def test_links_of_the_first_edition_are_kept_whole(visit, tab):
    asked = f"tab={tab}&{LINKS[tab].format(pixels=digit_text(as_bytes(gallery_digit(3, 5))))}"
    page = visit(asked, shown=f"#tab-{tab}[aria-selected=true]")
    found = parse_qs(urlsplit(link_of(page)).query)
    assert parse_qs(asked).items() <= found.items()


@pytest.mark.parametrize(
    "query",
    [
        "digit=nine&index=1e99&noise=%3Cscript%3Ealert(1)%3C/script%3E&level=nan&seed=-5&model=../../etc/passwd&tab=x",
        "level=2000&digit=-3&seed=99999999999999999999&source=draw&pixels=%00%ff&hide=everything&clip=maybe&lang=tlh",
        "source=upload&pixels=" + "A" * 5000,
        "source=draw&pixels=AAAA",
    ],
)
def test_nonsense_in_a_link_is_clamped_or_ignored(visit, query):
    page = visit(query)
    assert pictures(page)[0][..., :3].any()
    assert 0 <= float(page.locator("[data-control=level] input[type=number]").input_value()) <= 1.5
    expect(page.locator("h1")).to_have_text(words()["title"])
    assert page.locator("script:has-text('alert(1)')").count() == 0


def test_a_link_may_open_the_pad_before_anything_is_drawn(visit):
    page = visit("source=draw&digit=2&index=4")
    expect(page.locator(".pad canvas")).to_be_visible()
    assert np.array_equal(pictures(page)[0][..., 0], as_bytes(gallery_digit(2, 4)))
    query = parse_qs(urlsplit(link_of(page)).query)
    assert query["source"] == ["draw"] and query["digit"] == ["2"] and query["index"] == ["4"]


def test_a_pad_that_a_link_leaves_out_is_not_there_for_a_digit_that_was_drawn(visit):
    page = visit(f"source=draw&pixels={digit_text(as_bytes(gallery_digit(3, 5)))}&hide=draw")
    assert np.array_equal(pictures(page)[0][..., 0], as_bytes(gallery_digit(3, 5)))
    expect(page.locator(".source label")).to_have_text([words()["source_pick"], words()["source_upload"]])
    expect(page.locator(".pad, .gallery")).to_have_count(0)
    page.locator(".source label").first.click()
    expect(page.locator(".gallery")).to_be_visible()


def test_the_address_follows_and_back_and_reload_give_the_work_back(visit):
    page = visit("noise=masking")
    page.locator("[data-control=seed] input").fill("42")
    page.locator("[data-control=seed] input").blur()
    page.locator(".places button").nth(7).click()
    page.get_by_role("tab", name=words()["tab_results"], exact=True).click()
    page.go_back()
    page.wait_for_selector(".held .pictures[data-shown]")
    assert (state(page, "noise"), state(page, "seed"), state(page, "level")) == ("masking", 42, 0.665)
    page.wait_for_function("new URLSearchParams(location.search).get('level') === '0.665'")
    before = pictures(page)
    page.reload()
    page.wait_for_selector(".held .pictures[data-shown]")
    for one, other in zip(before, pictures(page), strict=True):
        assert np.array_equal(one, other)
