"""What the Denoise tab asks Python: photos and figures; answered here by the library, or by nobody."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
import zlib

import numpy as np
import pytest
from helpers import PARTS, as_bytes, becomes, gallery_digit, pixels, until, words
from PIL import Image
from playwright.sync_api import Page, Route, expect

from dae import manifest
from dae.pictures import REASONS, ImageError, open_image
from dae.preprocessing import preprocess


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be huge and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


BAD_FILES = {
    "corrupt": saved(Image.new("L", (64, 64), 99), "PNG")[:60],
    "empty": b"",
    "enormous": png_header(20_000, 20_000),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "text": b"I am a seven, honestly.\n",
    "no_ink": saved(Image.new("L", (64, 64), 200), "PNG"),
    "too_many_bytes": bytes(12_000_001),
}


def answer_photos(page: Page) -> list[bytes]:
    """Answer the page's photos as the server does, by the library; what was asked."""
    asked: list[bytes] = []

    def answer(route: Route) -> None:
        asked.append(base64.b64decode(json.loads(route.request.post_data)["image"]))
        try:
            digit = as_bytes(preprocess(open_image(asked[-1])))
            route.fulfill(json={"digit": base64.b64encode(digit.tobytes()).decode()})
        except ImageError as error:
            values = {
                name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in error.values.items()
            }
            route.fulfill(status=400, json={"code": error.reason, "values": values, "message": str(error)})

    page.route("**/ask/photo", answer)
    return asked


def sevens_photo() -> bytes:
    """Dark ink on uneven grey paper."""
    ink = np.asarray(Image.fromarray(as_bytes(gallery_digit(5, 3))).resize((260, 260), Image.Resampling.BICUBIC)) / 255
    rows, columns = np.indices((480, 640))
    paper = 150 + 50 * columns / 640 + 20 * rows / 480
    place = np.zeros((480, 640))
    place[60:320, 330:590] = ink
    return saved(Image.fromarray((paper * (1 - 0.75 * place)).clip(0, 255).astype(np.uint8)), "JPEG", quality=88)


DROP = """([bytes, kind]) => {
  const transfer = new DataTransfer();
  const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  transfer.items.add(new File([content], "digit.jpg", { type: "image/jpeg" }));
  const options = { bubbles: true, cancelable: true, dataTransfer: transfer, clipboardData: transfer };
  document.body.dispatchEvent(kind === "paste" ? new ClipboardEvent(kind, options) : new DragEvent(kind, options));
}"""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_reason_that_a_picture_is_refused_for_has_its_sentence(lang):
    for reason, sentence in REASONS.items():
        if reason == "not_an_image":  # no file is refused for that
            continue
        places = {name.partition(":")[0] for name in re.findall(r"\{([^}]*)\}", sentence)}
        assert set(re.findall(r"\{(\w+)\}", words(lang)[f"image_{reason}"])) <= places, reason


def test_bad_uploads_get_their_own_sentence_and_the_picture_before_stays(visit):
    page = visit("lang=zh&source=upload&digit=3&index=8")
    asked = answer_photos(page)
    before = {part: pixels(page, part) for part in PARTS}
    for reason, content in BAD_FILES.items():
        file = {"name": "digit.png", "mimeType": "image/png", "buffer": content}
        page.locator(".upload input").set_input_files(file)
        sentence = words("zh")[f"image_{reason}"].replace("{width}", "20000").replace("{height}", "20000")
        limit = "25" if reason == "enormous" else "12"
        expect(page.locator(".notice")).to_have_text(sentence.replace("{limit}", limit))
    assert len(asked) == len(BAD_FILES) - 2, "what is empty or too big stays here"
    for part in PARTS:
        assert np.array_equal(pixels(page, part), before[part])


def test_a_photo_is_chosen_dropped_or_pasted_and_comes_out_as_a_digit(visit):
    page = visit("noise=masking&level=0")
    answer_photos(page)
    photo = sevens_photo()
    digit = as_bytes(preprocess(open_image(photo)))
    page.evaluate(DROP, [base64.b64encode(photo).decode(), "drop"])
    becomes(page, "clean", digit)
    expect(page.locator(".source input[value=upload]")).to_be_checked()
    expect(page.locator(".held .what")).to_have_text(words()["from_upload"])
    page.locator(".source input[value=pick]").check()
    becomes(page, "clean", as_bytes(gallery_digit(7, 11)))
    page.evaluate(DROP, [base64.b64encode(photo).decode(), "paste"])
    becomes(page, "clean", digit)
    page.locator(".source input[value=pick]").check()
    page.locator(".source input[value=upload]").check()
    becomes(page, "clean", digit)  # it is kept
    until(page, lambda: "pixels=" in page.url, "the address")
    page.reload()
    page.wait_for_selector(".held .pictures[data-shown]")
    becomes(page, "clean", digit)


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
    page.goto(f"{site_url}?source=upload")
    for place, what in ((".upload", "python_photo"), (".slides", "python_figure")):
        expect(page.locator(f"{place} .needs")).to_have_text(words()["ask_no_server"].format(what=words()[what]))
        expect(page.locator(f"{place} :is(input, button)")).to_have_count(0)
