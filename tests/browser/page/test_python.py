"""What the Denoise tab asks Python: figures; answered here by the library, or by nobody."""

from __future__ import annotations

import base64
import json

from helpers import PARTS, as_bytes, gallery_digit, words
from playwright.sync_api import Route, expect

from dae import manifest


def test_a_figure_for_a_slide_is_asked_for_with_what_the_stage_shows(visit):
    page = visit("noise=salt_and_pepper&level=0.35&seed=9&passes=2&lang=zh")
    asked = []

    def answer(route: Route) -> None:
        asked.append(json.loads(route.request.post_data))
        content = base64.b64encode(b"<svg/>").decode()
        route.fulfill(json={"name": "stage.svg", "type": "image/svg+xml", "content": content, "missing": []})

    page.route("**/ask/stage-figure", answer)
    with page.expect_download() as download:
        page.locator(".slides button").nth(1).click()
    assert download.value.suggested_filename == "stage.svg"
    assert download.value.path().read_bytes() == b"<svg/>"
    (question,) = asked
    assert base64.b64decode(question["digit"]) == as_bytes(gallery_digit(7, 11)).tobytes()
    expected = {"noise": "salt_and_pepper", "level": 0.35, "seed": 9, "passes": 2, "format": "svg", "clip": True}
    assert expected.items() <= question.items() and question["model"] == "conv-gaussian"
    assert question["labels"] == [words("zh")[part] for part in PARTS] and len(question["notes"]) == 3
    page.unroute("**/ask/stage-figure")
    page.locator(".slides button").first.click()  # this server has no Python
    expect(page.locator(".slides [role=status]")).to_have_text(words("zh")["ask_failed"])


def test_without_a_server_the_page_says_what_needs_one(blank, site_url):
    page = blank()
    known = json.loads((manifest.PAGE / "manifest.json").read_text(encoding="utf-8"))
    page.route("**/manifest.json", lambda route: route.fulfill(json=known | {"edition": "static"}))
    page.goto(site_url)
    said = words()["ask_no_server"].format(what=words()["python_figure"])
    expect(page.locator(".slides .needs")).to_have_text(said)
    expect(page.locator(".slides :is(input, button)")).to_have_count(0)
