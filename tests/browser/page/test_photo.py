"""Photos on the page: chosen, dropped or pasted; read in the browser as the library reads them, turned, cropped, and
several digits to choose from."""

from __future__ import annotations

import base64
import io
import json
import re

import numpy as np
import pytest
from helpers import PARTS, as_bytes, becomes, gallery_digit, pixels, pixels_of, until, violations, words
from PIL import Image
from playwright.sync_api import Page, expect
from sheets import small_digits

from dae import data, manifest
from dae.pictures import REASONS, open_image
from dae.preprocessing import read


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


BAD_FILES = {
    "corrupt": saved(Image.new("L", (64, 64), 99), "PNG")[:20],
    "empty": b"",
    "enormous": saved(Image.new("1", (20_000, 2_000)), "PNG"),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "text": b"I am a seven, honestly.\n",
    "unsupported": bytes(range(64)),
    "other_format": saved(Image.new("L", (64, 64), 99), "TIFF"),
    "no_ink": saved(Image.new("L", (64, 64), 200), "PNG"),
    "too_many_bytes": bytes(12_000_001),
}


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
        if reason in ("not_an_image", "many_scans", "animated"):  # a browser refuses no file for that
            continue
        places = {name.partition(":")[0] for name in re.findall(r"\{([^}]*)\}", sentence)}
        assert set(re.findall(r"\{(\w+)\}", words(lang)[f"image_{reason}"])) <= places, reason


def choose(page: Page, content: bytes) -> None:
    file = {"name": "digit", "mimeType": "application/octet-stream", "buffer": content}
    page.locator(".upload input").first.set_input_files(file)


def test_bad_uploads_get_their_own_sentence_and_the_picture_before_stays_and_is_called_so(visit):
    page = visit("lang=zh&source=upload&digit=3&index=8")
    before = {part: pixels(page, part) for part in PARTS}
    values = {"width": 20_000, "height": 2_000, "format": "TIFF"}
    for reason, content in BAD_FILES.items():
        choose(page, content)
        limit = 25 if reason == "enormous" else 12
        sentence = words("zh")[f"image_{reason}"].format(limit=limit, **values)
        expect(page.locator(".notice")).to_have_text(sentence + words("zh")["upload_kept"])
    for part in PARTS:
        assert np.array_equal(pixels(page, part), before[part])
    for format_name, content in (("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0"), ("PDF", b"%PDF-1.7\n%\xe2\xe3")):
        choose(page, content)
        expect(page.locator(".notice")).to_contain_text(f" {format_name} ")
    photo = sevens_photo()
    choose(page, photo)
    near(page, as_bytes(read(open_image(photo)).digits))
    expect(page.locator(".held .what")).to_have_text(words("zh")["from_upload"])
    choose(page, photo[:1200])  # a browser shows what there is of it
    expect(page.locator(".notice")).to_have_text(words("zh")["image_corrupt"] + words("zh")["upload_kept"])
    expect(page.locator(".photo .made canvas")).to_have_count(1)  # the photo before
    png = saved(open_image(photo), "PNG")
    choose(page, png[: len(png) * 9 // 10])
    expect(page.locator(".notice")).to_have_text(words("zh")["photo_cut"])
    choose(page, photo)
    expect(page.locator(".notice")).to_have_text("")
    choose(page, photo[:-200])  # all of its rows but the last ones
    expect(page.locator(".notice")).to_have_text(words("zh")["photo_cut"])
    page.wait_for_function(
        "JSON.parse(sessionStorage.photo).isCut && location.search.includes(JSON.parse(sessionStorage.photo).text)"
    )
    page.reload()
    expect(page.locator(".notice")).to_have_text(words("zh")["photo_cut"])
    choose(page, BAD_FILES["no_ink"])
    expect(page.locator(".held .what")).to_have_text(words("zh")["from_before"])


def shown(page: Page) -> np.ndarray:
    return pixels(page, "clean").astype(int)


def near(page: Page, digit: np.ndarray) -> None:
    """The clean picture becomes a digit; the browser's own decoder and scaling leave a little difference."""
    until(page, lambda: np.abs(shown(page) - digit.astype(int)).mean() < 4, "the digit of the photo")


def test_a_photo_is_dropped_pasted_turned_and_cropped_and_comes_out_as_a_digit(visit):
    page = visit("noise=masking&level=0")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/ask/" in request.url else None)
    photo = sevens_photo()
    digit = as_bytes(read(open_image(photo)).digits)
    page.evaluate(DROP, [base64.b64encode(photo).decode(), "drop"])
    near(page, digit)
    expect(page.locator(".source input[value=upload]")).to_be_checked()
    expect(page.locator(".held .what")).to_have_text(words()["from_upload"])
    page.locator(".photo .right").click()
    turned = as_bytes(read(open_image(photo).transpose(Image.Transpose.ROTATE_270)).digits)
    near(page, turned)
    page.locator(".photo .left").click()
    near(page, digit)
    page.locator(".source input[value=pick]").check()
    becomes(page, "clean", as_bytes(gallery_digit(7, 11)))
    page.evaluate(DROP, [base64.b64encode(photo).decode(), "paste"])
    near(page, digit)
    page.locator(".source input[value=pick]").check()
    page.locator(".source input[value=upload]").check()
    near(page, digit)  # it is kept, and so is its photo
    box = page.locator(".photo .seen").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)  # the empty part
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.9 * box["height"])
    page.mouse.up()
    expect(page.locator(".notice")).to_contain_text(words()["image_no_ink"])
    near(page, digit)
    page.locator(".photo .all").click()
    expect(page.locator(".photo .made canvas")).to_have_count(1)
    until(page, lambda: "pixels=" in page.url, "the address")
    page.reload()
    page.wait_for_selector(".held .pictures[data-shown]")
    near(page, digit)
    expect(page.locator(".photo .seen canvas")).to_be_visible()
    page.locator(".photo .right").click()
    near(page, turned)
    assert asked == [], "a photo stays in the browser"


def test_a_crop_and_quick_turns_by_keyboard(visit):
    page = visit("source=upload&noise=masking&level=0")
    photo = open_image(sevens_photo())
    choose(page, saved(photo, "PNG"))
    near(page, as_bytes(read(photo).digits))
    page.locator(".photo .crop").focus()
    page.keyboard.press("Enter")
    frame = page.locator(".photo .frame")
    expect(frame).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(frame).to_have_count(0)
    expect(page.locator(".photo .crop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(frame).to_be_focused()
    for key, times in (("ArrowRight", 7), ("ArrowUp", 5), ("Shift+ArrowLeft", 2)):
        for _ in range(times):
            page.keyboard.press(key)
    said = words()["crop_at"].format(left=29, top=10 - 5, right=95, bottom=75)
    expect(page.locator(".photo .seen [aria-live]")).to_have_text(said)
    page.keyboard.press("Enter")
    part = photo.crop((round(0.29 * 640), round(0.05 * 480), round(0.95 * 640), round(0.75 * 480)))
    near(page, as_bytes(read(part).digits))
    expect(page.locator(".photo .crop")).to_be_focused()
    # Each turn starts from the one before, whether that is shown yet or not.
    busy = page.evaluate("""async () => {
      for (let i = 0; i < 3; i++) document.querySelector(".photo .right").click();
      await new Promise(requestAnimationFrame);
      return document.querySelector(".photo").ariaBusy;
    }""")
    assert busy == "true"
    near(page, as_bytes(read(part.transpose(Image.Transpose.ROTATE_90)).digits))
    expect(page.locator(".photo")).to_have_attribute("aria-busy", "false")


def test_on_a_phone_the_newest_photo_wins_and_a_finger_scrolls_past_it(visit):
    page = visit("source=upload&noise=masking&level=0", viewport={"width": 390, "height": 844}, has_touch=True)
    expect(page.locator(".upload .camera input")).to_have_attribute("capture", "environment")
    held = []
    page.route("**/ink.safetensors", lambda route: held.append(route))
    page.evaluate("document.querySelector('.source').scrollIntoView()")
    choose(page, saved(Image.eval(open_image(sevens_photo()), lambda level: 255 - level), "JPEG"))
    until(page, lambda: bool(held), "the network's file")
    expect(page.locator(".notice")).to_have_text(words()["upload_reading"])
    newest = open_image(sevens_photo()).transpose(Image.Transpose.ROTATE_180)
    choose(page, saved(newest, "AVIF"))
    held[0].continue_()
    near(page, as_bytes(read(newest).digits))
    expect(page.locator(".notice")).to_have_text("")
    seen = page.locator(".photo .seen")
    assert "pan-y" in seen.evaluate("(it) => getComputedStyle(it).touchAction")
    page.locator(".photo .crop").tap()
    assert seen.evaluate("(it) => getComputedStyle(it).touchAction") == "none"
    page.locator(".photo .all").tap()
    expect(page.locator(".photo .frame")).to_have_count(0)


def test_of_several_digits_each_can_be_chosen_and_without_a_server_too(blank, site_url):
    page = blank()
    known = json.loads((manifest.PAGE / "manifest.json").read_text(encoding="utf-8"))
    page.route("**/manifest.json", lambda route: route.fulfill(json=known | {"edition": "static"}))
    page.goto(f"{site_url}?source=upload")
    sheet = Image.new("L", (420, 200), 255)
    for number, at in ((3, (10, 20)), (7, (150, 40)), (5, (290, 25))):
        ink = Image.fromarray(255 - as_bytes(gallery_digit(number, 11)).reshape(28, 28))
        sheet.paste(ink.resize((120, 120), Image.Resampling.BICUBIC), at)
    digits = read(sheet).digits
    choose(page, saved(sheet, "PNG"))
    expect(page.locator(".notice")).to_have_text(words()["image_several"].format(count=3))
    expect(page.locator(".photo .pieces button")).to_have_count(4)
    near(page, as_bytes(digits[:1]))
    page.locator(".photo .pieces button").nth(2).click()
    near(page, as_bytes(digits[2:]))
    box = page.locator(".photo .seen").bounding_box()
    page.locator(".photo .seen").click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    near(page, as_bytes(digits[1:2]))


def test_small_digits_in_a_table_are_read_from_nearer(visit):
    page = visit("source=upload")
    sheet, _ = small_digits(data.gallery().images[7::417], table=True)
    digits = read(sheet).digits
    assert len(digits) >= 12
    choose(page, saved(sheet, "PNG"))
    expect(page.locator(".photo .pieces button")).to_have_count(len(digits) + 1)
    for number in (0, 5, len(digits) - 1):
        page.locator(".photo .pieces button").nth(number).click()
        near(page, as_bytes(digits[number : number + 1]))


def is_beside(page: Page) -> bool:
    """Whether the digit beside the photo is the stage's."""
    made = page.locator(".photo .made canvas")
    return made.count() == 1 and np.array_equal(pixels_of(made)[..., 0], pixels(page, "clean"))


ASK = """async () => {
  const module = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/page/page.js"));
  const { engine } = await import(module.name);
  const question = { rgba: new Uint8ClampedArray(4 * 64 * 64).fill(255), width: 64, height: 64 };
  await engine.ask("photo", question, { channel: "test" }).catch(() => {});
}"""


def test_the_photo_is_that_of_the_digit_which_is_chosen(visit):
    page = visit("source=upload&noise=masking&level=0")
    held = []
    page.route("**/ink.safetensors", lambda route: held.append(route))
    photo = sevens_photo()
    choose(page, photo)
    until(page, lambda: bool(held), "the network's file")
    page.locator(".source input[value=pick]").check()
    held[0].continue_()
    page.evaluate(ASK)
    becomes(page, "clean", as_bytes(gallery_digit(7, 11)))
    expect(page.locator(".source input[value=pick]")).to_be_checked()
    page.locator(".source input[value=upload]").check()
    expect(page.locator(".photo")).to_have_count(0)
    expect(page.locator(".notice")).to_have_text("")
    choose(page, photo)
    near(page, as_bytes(read(open_image(photo)).digits))
    first = shown(page)
    until(page, lambda: "pixels=" in page.url, "the address")
    page.locator("#tab-compare").click()
    until(page, lambda: "tab=compare" in page.url, "the address")
    address = page.url
    choose(page, saved(open_image(photo).transpose(Image.Transpose.ROTATE_180), "PNG"))
    until(page, lambda: page.url != address, "the other photo's address")
    page.go_back()
    page.wait_for_selector(".denoise .held .pictures[data-shown]")
    becomes(page, "clean", first)
    until(page, lambda: is_beside(page), "the photo of before")
    page.locator(".photo .right").click()
    near(page, as_bytes(read(open_image(photo).transpose(Image.Transpose.ROTATE_270)).digits))
    until(page, lambda: is_beside(page), "the turned photo")


def test_a_reload_shows_what_was_said_and_a_crop_ends_before_nothing_is_left(visit):
    page = visit("source=upload&noise=masking&level=0")
    blots = Image.fromarray(np.random.default_rng(4).normal(128, 40, (24, 32)).clip(0, 255).astype(np.uint8))
    faint = np.asarray(blots.resize((640, 480))) + 0.3 * np.asarray(open_image(sevens_photo()).convert("L")) - 0.3 * 192
    photo = Image.fromarray(faint.clip(0, 255).astype(np.uint8))
    reading = read(photo)
    assert not reading.is_sure and len(reading.digits) == 1
    choose(page, saved(photo, "PNG"))
    expect(page.locator(".notice")).to_have_text(words()["photo_unsure"])
    until(page, lambda: "pixels=" in page.url and is_beside(page), "the address")
    page.reload()
    page.wait_for_selector(".held .pictures[data-shown]")
    expect(page.locator(".notice")).to_have_text(words()["photo_unsure"])
    until(page, lambda: is_beside(page), "the digit")
    crop, seen = page.locator(".photo .crop"), page.locator(".photo .seen canvas")
    while crop.is_enabled():
        crop.click()
        crop.click()
        expect(page.locator(".photo")).to_have_attribute("aria-busy", "false")
    assert seen.evaluate("(it) => [it.width, it.height]") == [28, 28]
