"""The Denoise tab as a visitor uses it, in a real Chromium."""

import io
import itertools
import json
import re
import struct
import zlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

import dae
from dae import data, metrics
from dae.noise import NOISES
from dae.ui.build import build, launch_options
from dae.ui.controls import picked, picker_value
from dae.ui.session import Lesson, encode_digit
from dae.ui.text import text

PARTS = ("clean", "noisy", "reconstruction", "error")


@pytest.fixture(scope="module")
def url(launch) -> str:
    return launch(build(), **launch_options())


@pytest.fixture
def visit(open_page, url):
    """`visit(query, **context)`: the page, once its stage shows something."""

    def visited(query: str = "", **context) -> Page:
        context.setdefault("locale", "en-US")
        context.setdefault("viewport", {"width": 1366, "height": 1000})
        page = open_page(f"{url}?{query}", **context)
        page.wait_for_selector("#stage [data-shown]", timeout=60_000)
        return page

    return visited


def pixels(page: Page, part: str) -> np.ndarray:
    """What a picture of the stage shows: uint8, `(28, 28)` or `(28, 28, 3)` for the error map."""
    shown = page.locator(f"#stage figure[data-part={part}] canvas").evaluate(
        "(canvas) => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    rgb = np.array(shown, np.uint8).reshape(28, 28, 4)[..., :3]
    if part == "error":
        return rgb
    assert (rgb == rgb[..., :1]).all()
    return rgb[..., 0]


def figure(page: Page, part: str, name: str) -> float:
    row = page.locator(f"#stage figure[data-part={part}] .figures div").filter(has_text=name)
    return float(row.locator("dd").inner_text().split()[0])


def changed(page: Page, part: str, before: np.ndarray) -> np.ndarray:
    """The picture once it differs from `before`."""
    for _ in range(200):
        now = pixels(page, part)
        if now.shape != before.shape or not np.array_equal(now, before):
            return now
        page.wait_for_timeout(50)
    raise AssertionError(f"the {part} picture stayed as it was")


def settled(page: Page) -> None:
    """Wait until the page asks nothing any more and what it shows stays as it is."""
    page.wait_for_function(
        """() => {
          const now = `${window.daeLesson} ${window.daeLive.turn} ${window.daeLive.busy || window.daeLive.again}`;
          window.calm = now.endsWith("false") && now === window.before ? (window.calm || 0) + 1 : 0;
          window.before = now;
          return window.calm > 4;
        }""",
        polling=200,
    )


def gallery_digit(digit: int, index: int) -> torch.Tensor:
    place = digit * data.GALLERY_PER_CLASS + index
    return data.gallery().images[place : place + 1]


def as_bytes(images: torch.Tensor) -> np.ndarray:
    return (images[0, 0].clamp(0, 1) * 255).round().byte().numpy()


def test_the_page_shows_what_the_library_computes(visit):
    page = visit("digit=3&index=40&noise=gaussian&level=0.4&seed=5&model=fc-gaussian")
    clean = gallery_digit(3, 40)
    noisy = dae.corrupt(clean, "gaussian", 0.4, seed=5)
    restored = dae.load("fc-gaussian")(noisy)
    assert np.array_equal(pixels(page, "clean"), as_bytes(clean))
    assert np.array_equal(pixels(page, "noisy"), as_bytes(noisy))
    assert np.abs(pixels(page, "reconstruction").astype(int) - as_bytes(restored)).max() <= 1
    for part, image in (("noisy", noisy), ("reconstruction", restored)):
        error = metrics.mse(image, clean)
        assert figure(page, part, "MSE") == pytest.approx(error, abs=6e-5)
        assert figure(page, part, "PSNR") == pytest.approx(metrics.psnr(error), abs=0.06)
        assert figure(page, part, "SSIM") == pytest.approx(metrics.ssim(image, clean), abs=0.006)
    difference = (restored - clean)[0, 0].numpy()
    shown = pixels(page, "error").astype(int)
    too_little, too_much = difference < -0.05, difference > 0.05
    assert (shown[too_little][:, 2] > shown[too_little][:, 0]).all()  # blue
    assert (shown[too_much][:, 0] > shown[too_much][:, 2]).all()  # orange


def test_picking_a_class_a_digit_and_another(visit):
    page = visit("digit=7&index=11")
    page.locator("#picker .classes button").nth(2).click()
    clean = changed(page, "clean", as_bytes(gallery_digit(7, 11)))
    assert np.array_equal(clean, as_bytes(gallery_digit(2, 0)))
    page.locator("#picker .digits button").nth(4).click()
    clean = changed(page, "clean", clean)
    assert np.array_equal(clean, as_bytes(gallery_digit(2, 4)))
    expect(page.locator("#picker .digits button").nth(4)).to_have_attribute("aria-pressed", "true")
    page.locator("#another").click()
    clean = changed(page, "clean", clean)
    twos = data.gallery().images[data.gallery().labels == 2]
    assert any(np.array_equal(clean, as_bytes(two[None])) for two in twos)


def test_the_slider_moves_the_noise_and_the_strip_marks_it(visit):
    page = visit("level=0.1")
    before = figure(page, "noisy", "MSE")
    slider = page.locator("#level input[type=range]")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.07, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen = []
    for step in range(2, 20):
        page.mouse.move(box["x"] + box["width"] * step / 20, box["y"] + box["height"] / 2)
        page.wait_for_timeout(80)
        seen.append(figure(page, "noisy", "MSE"))
    assert len(set(seen)) > 5, "the picture follows the slider while it moves"
    page.mouse.up()
    expect(page.locator("#stage [data-level]")).not_to_have_attribute("data-level", "0.1")
    assert figure(page, "noisy", "MSE") > before
    left = float(page.locator("#stage .here").evaluate("node => parseFloat(node.style.left)"))
    assert left > 70


def test_a_click_on_the_strip_chooses_that_level(visit):
    page = visit("noise=masking&level=0")
    box = page.locator("#stage .tiles").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 5.5 / 11, box["y"] + 5)
    expect(page.locator("#stage [data-level]")).to_have_attribute("data-level", "0.48")
    assert page.locator("#level input[type=number]").input_value() == "0.48", "the slider's nearest step"


@pytest.mark.parametrize("noise", list(NOISES))
def test_every_noise_can_be_chosen(visit, noise):
    other = "masking" if noise == "gaussian" else "gaussian"
    page = visit(f"noise={other}&level=0.3")
    before = pixels(page, "noisy")
    page.locator("#noise input").click()
    page.get_by_role("option", name=text(f"noise_{noise}", "en"), exact=True).click()
    shown = changed(page, "noisy", before)
    lesson = Lesson()
    expected = dae.corrupt(gallery_digit(lesson.digit, lesson.index), noise, NOISES[noise].default, seed=lesson.seed)
    assert np.array_equal(shown, as_bytes(expected))
    assert page.locator("#clip input").count() == (1 if noise == "gaussian" else 0)
    assert float(page.locator("#level input[type=range]").get_attribute("max")) == NOISES[noise].maximum


def test_unclipped_noise_new_noise_and_another_model(visit):
    page = visit("level=0.5")
    assert figure(page, "noisy", "MSE") < 0.2
    page.locator("#clip input").uncheck()
    page.wait_for_function(
        "() => parseFloat(document.querySelector('#stage figure[data-part=noisy] dd').textContent) > 0.2"
    )
    before = pixels(page, "noisy")
    page.locator("#new-noise").click()
    noisy = changed(page, "noisy", before)
    seed = int(page.locator("#seed input").input_value())
    clean = gallery_digit(Lesson().digit, Lesson().index)
    assert np.array_equal(noisy, as_bytes(dae.corrupt(clean, "gaussian", 0.5, seed=seed, clip=False)))
    before = pixels(page, "reconstruction")
    page.locator("#model input").click()
    page.get_by_role("option", name=re.compile("^plain:")).click()
    changed(page, "reconstruction", before)


def draw_seven(page: Page, steps: int = 14) -> list[np.ndarray]:
    """Draw a 7 with the mouse; what the reconstruction shows on the way."""
    pad = page.locator("#pad canvas").first
    pad.wait_for()
    box = pad.bounding_box()
    corners = [(0.3, 0.28), (0.68, 0.28), (0.45, 0.75)]
    page.mouse.move(box["x"] + box["width"] * corners[0][0], box["y"] + box["height"] * corners[0][1])
    page.mouse.down()
    seen = []
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        for i in range(1, steps + 1):
            x, y = x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps
            page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
            page.wait_for_timeout(40)
            seen.append(pixels(page, "reconstruction"))
    page.mouse.up()
    return seen


def centre_of_mass(picture: np.ndarray) -> tuple[float, float]:
    ink = picture.astype(float)
    rows, columns = np.indices(ink.shape)
    return float((rows * ink).sum() / ink.sum()), float((columns * ink).sum() / ink.sum())


def test_a_drawn_digit_is_restored_while_the_pen_moves(visit):
    page = visit("level=0.3&model=conv-gaussian")
    page.locator("#source label").nth(1).click()
    expect(page.locator("#pad canvas").first).to_be_visible()
    seen = draw_seven(page)
    different = sum(not np.array_equal(a, b) for a, b in itertools.pairwise(seen))
    assert different >= 4, "the reconstruction follows the pen"
    expect(page.locator("#stage .what")).to_have_text(text("from_draw", "en"))
    page.wait_for_timeout(400)
    clean = pixels(page, "clean")
    assert clean.max() > 200
    assert centre_of_mass(clean) == pytest.approx((13.5, 13.5), abs=1.2)
    rows, columns = np.nonzero(clean > 40)
    assert 17 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22, "the longer side is about 20 pixels, as in MNIST"
    assert figure(page, "reconstruction", "MSE") < figure(page, "noisy", "MSE")


def test_the_link_gives_back_the_same_page_noise_and_all(visit, open_page):
    page = visit("noise=salt_and_pepper&level=0.35&seed=123")
    page.locator("#source label").nth(1).click()
    draw_seven(page, steps=5)
    expect(page.locator("#stage .what")).to_have_text(text("from_draw", "en"))
    settled(page)
    page.locator("#copy-link").click()
    link = page.locator("#toast input").input_value()
    query = parse_qs(urlsplit(link).query)
    assert query["noise"] == ["salt_and_pepper"] and query["level"] == ["0.35"] and query["seed"] == ["123"]
    again = open_page(link, locale="en-US")
    again.wait_for_selector("#stage [data-shown]", timeout=60_000)
    for part in PARTS:
        assert np.array_equal(pixels(again, part), pixels(page, part)), part


def test_a_full_link_sets_every_control(visit):
    page = visit(
        "tab=denoise&source=pick&digit=4&index=77&noise=speckle&level=2.5&seed=99&model=plain&lang=zh&hide=upload,seed"
    )
    assert np.array_equal(pixels(page, "clean"), as_bytes(gallery_digit(4, 77)))
    assert page.locator("#level input[type=number]").input_value() == "2.5"
    assert page.locator("#model input").input_value().startswith("plain:")
    expect(page.locator("#title h1")).to_have_text(text("title", "zh"))
    expect(page.locator("#seed")).to_have_count(0)
    kept = page.locator("#source label")
    for lang in ("zh", "en"):
        expect(kept).to_have_text([text("source_pick", lang), text("source_draw", lang)])
        page.click("#language")  # what is left out stays out in the other language


@pytest.mark.parametrize(
    "query",
    [
        "digit=nine&index=1e99&noise=%3Cscript%3Ealert(1)%3C/script%3E&level=nan&seed=-5&model=../../etc/passwd&tab=x",
        "level=2000&digit=-3&seed=99999999999999999999&source=draw&pixels=%00%ff&hide=everything&clip=maybe&lang=tlh",
        "source=upload&pixels=" + "A" * 5000,
    ],
)
def test_nonsense_in_a_link_is_clamped_or_ignored(visit, query):
    page = visit(query)
    assert pixels(page, "clean").shape == (28, 28)
    level = float(page.locator("#level input[type=number]").input_value())
    assert 0 <= level <= 1.5
    assert page.locator("#title h1").inner_text() == text("title", "en")
    assert page.locator("script:has-text('alert(1)')").count() == 0


@pytest.mark.parametrize(("typed", "kept"), [("99999999", "999999"), ("-5", "0")])
def test_a_seed_out_of_range_becomes_the_nearest_and_the_page_goes_on(visit, typed, kept):
    page = visit("seed=3")
    page.locator("#seed input").fill(typed)
    expect(page.locator("#seed input")).to_have_value(kept)
    expect(page.locator("#stage [data-shown]")).to_have_attribute("data-shown", f"conv-gaussian:gaussian:0.5:{kept}")
    page.locator("#clip input").uncheck()
    page.wait_for_function("new URLSearchParams(daeLesson).get('clip') === '0'")


def test_an_emptied_level_is_0_on_the_stage_too(visit):
    page = visit("level=0.7")
    page.locator("#level input[type=number]").fill("")
    page.locator("#level input[type=number]").blur()
    expect(page.locator("#stage [data-shown]")).to_have_attribute("data-shown", "conv-gaussian:gaussian:0:7")
    assert np.array_equal(pixels(page, "noisy"), pixels(page, "clean"))


def test_a_pad_that_a_link_leaves_out_is_not_there_for_a_digit_that_was_drawn(visit):
    pixels_of = encode_digit(as_bytes(gallery_digit(3, 5)))
    page = visit(f"source=draw&pixels={pixels_of}&hide=draw")
    assert np.array_equal(pixels(page, "clean"), as_bytes(gallery_digit(3, 5)))
    expect(page.locator("#source label")).to_have_text([text("source_pick", "en"), text("source_upload", "en")])
    assert not page.locator("#pad").is_visible() and not page.locator("#picker").is_visible()
    page.locator("#source label").first.click()
    expect(page.locator("#picker")).to_be_visible()


def test_the_gallery_is_named_in_the_language_that_is_chosen(visit):
    page = visit("lang=en")
    first = page.locator("#picker button").first
    expect(first).to_have_attribute("aria-label", picker_value(picked(7, 11), "en")["class_labels"][0])
    page.click("#language")
    expect(first).to_have_attribute("aria-label", picker_value(picked(7, 11), "zh")["class_labels"][0])


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be huge and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def saved(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def frames() -> bytes:
    pictures = [Image.new("L", (40, 40), shade) for shade in (0, 120, 255)]
    return saved(pictures[0], "GIF", save_all=True, append_images=pictures[1:])


BAD_FILES = {
    "corrupt": ("digit.png", saved(Image.new("L", (64, 64), 99), "PNG")[:60]),
    "empty": ("digit.png", b""),
    "enormous": ("digit.png", png_header(20_000, 20_000)),
    "animated": ("digit.gif", frames()),
    "svg": ("digit.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    "text": ("digit.txt", b"I am a seven, honestly.\n"),
    "no_ink": ("digit.png", saved(Image.new("L", (64, 64), 200), "PNG")),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_uploads_get_their_own_sentence_and_the_picture_before_stays(visit, lang):
    page = visit(f"lang={lang}")
    page.locator("#source label").nth(2).click()
    before = {part: pixels(page, part) for part in PARTS}
    sentences = set()
    for reason, (name, content) in BAD_FILES.items():
        said = page.locator("#notice p").inner_text().strip() if page.locator("#notice p").count() else ""
        page.locator("#upload-group input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        page.wait_for_function(
            "(said) => ![undefined, '', said].includes(document.querySelector('#notice p')?.innerText.trim())",
            arg=said,
        )
        sentence = page.locator("#notice p").inner_text().strip()
        start = text(f"image_{reason}", lang).split("{")[0]
        assert sentence.startswith(start), reason
        assert "Traceback" not in sentence and "/" not in sentence.replace("://", "")
        sentences.add(sentence)
        for part in PARTS:
            assert np.array_equal(pixels(page, part), before[part]), reason
    assert len(sentences) == len(BAD_FILES)


def photo(digit: torch.Tensor) -> bytes:
    """Dark ink on grey, uneven, noisy paper, photographed with the camera on its side (EXIF orientation 6)."""
    generator = np.random.default_rng(3)
    ink = np.asarray(Image.fromarray(as_bytes(digit)).resize((260, 260), Image.Resampling.BICUBIC)) / 255
    rows, columns = np.indices((480, 640))
    paper = 150 + 50 * columns / 640 + 20 * rows / 480
    place = np.zeros((480, 640))
    place[60:320, 330:590] = ink
    shaded = paper * (1 - 0.75 * place) + generator.normal(0, 3, paper.shape)
    upright = Image.fromarray(shaded.clip(0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me 90 degrees clockwise"
    return saved(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=88, exif=exif)


def test_a_photo_comes_out_as_a_centred_white_digit(visit):
    digit = gallery_digit(5, 3)
    page = visit()
    before = pixels(page, "clean")
    page.locator("#source label").nth(2).click()
    page.locator("#upload-group input[type=file]").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo(digit)}
    )
    clean = changed(page, "clean", before)
    assert centre_of_mass(clean) == pytest.approx((13.5, 13.5), abs=1.2)
    assert clean[:3].max() < 40 and clean[:, :3].max() < 40, "the paper has become black"
    likeness = np.corrcoef(clean.ravel().astype(float), as_bytes(digit).ravel().astype(float))[0, 1]
    assert likeness > 0.85, "upright again, and the same digit"
    expect(page.locator("#stage .what")).to_have_text(text("from_upload", "en"))


def test_the_language_follows_the_browser_and_can_be_switched(visit):
    page = visit(locale="zh-CN")
    expect(page.locator("#title h1")).to_have_text(text("title", "zh"))
    expect(page.locator("#stage .strip h3")).to_have_text(text("every_level", "zh"))
    page.locator("#language").click()
    expect(page.locator("#title h1")).to_have_text(text("title", "en"))
    expect(page.locator("#stage .strip h3")).to_have_text(text("every_level", "en"))
    expect(page.locator("#another")).to_have_text(text("another", "en"))
    expect(page.locator("#source label").first).to_have_text(text("source_pick", "en"))
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("width", [360, 768, 1366, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_overflows_and_no_picture_makes_the_page_jump(visit, width, scheme):
    page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    where = """() => [...document.querySelectorAll('#stage figure, #stage .strip, #controls')]
        .map(n => JSON.stringify(n.getBoundingClientRect()))"""
    before, picture = page.evaluate(where), pixels(page, "reconstruction")
    page.locator("#another").click()
    changed(page, "reconstruction", picture)
    page.wait_for_timeout(200)
    after = page.evaluate(where)
    scroll = page.evaluate("window.scrollY")
    tops = [[round(json.loads(box)["top"] + shift) for box in boxes] for boxes, shift in ((before, 0), (after, scroll))]
    assert tops[0] == tops[1]
    sizes = [
        [(round(json.loads(b)["width"]), round(json.loads(b)["height"])) for b in boxes] for boxes in (before, after)
    ]
    assert sizes[0] == sizes[1]


def test_pictures_have_alternative_text_and_controls_are_reached_by_keyboard(visit):
    page = visit()
    for image in page.locator("#stage figure canvas").all():
        assert len(image.get_attribute("aria-label")) > 10 and image.get_attribute("role") == "img"
    for image in page.locator("#stage .tiles img").all():
        assert len(image.get_attribute("alt")) > 10
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached |= set(
            page.evaluate(
                """() => {
                  const ids = [];
                  for (let n = document.activeElement; n; n = n.parentElement) ids.push(n.id);
                  return ids;
                }"""
            )
        )
    assert {
        "copy-link",
        "language",
        "source",
        "picker",
        "another",
        "noise",
        "level",
        "clip",
        "seed",
        "new-noise",
        "model",
    } <= reached
    page.locator("#level input[type=range]").focus()
    before = pixels(page, "noisy")
    page.keyboard.press("ArrowRight")
    changed(page, "noisy", before)


def test_a_broken_checkpoint_gets_a_sentence_and_the_page_lives(launch, open_page, tmp_path, monkeypatch):

    shipped = dae.checkpoints.directory()
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    good = (shipped / "conv-gaussian.safetensors").read_bytes()
    Path(tmp_path, "conv-gaussian.safetensors").write_bytes(good)
    Path(tmp_path, "broken.safetensors").write_bytes(good[:1000])
    page = open_page(launch(build(), **launch_options()), locale="en-US")
    page.wait_for_selector("#stage [data-shown]", timeout=60_000)
    before = pixels(page, "reconstruction")
    page.locator("#model input").click()
    page.get_by_role("option", name=re.compile("^broken:")).click()
    expect(page.get_by_text(text("no_model", "en", name="broken"))).to_be_visible()
    assert np.array_equal(pixels(page, "reconstruction"), before)


def test_the_slider_is_followed_through_a_socket_and_without_one(visit):
    page = visit("noise=gaussian&level=0.2")
    for step, state in enumerate(("open", "closed", "never")):
        if state == "open":
            page.wait_for_function("() => { window.daeFollow(); return window.daeSocket?.readyState === 1; }")
        else:
            page.evaluate("window.daeSocket.close()")
            page.wait_for_function("() => window.daeSocket.readyState === 3")
        if state == "never":  # as behind a proxy that does not let it through
            page.evaluate(
                "() => { window.WebSocket = class { readyState = 3; static OPEN = 1; static CONNECTING = 0; }; }"
            )
        before = pixels(page, "noisy")
        page.evaluate("level => window.daeSetLevel(level)", 0.5 + 0.2 * step)
        changed(page, "noisy", before)
        settled(page)
        clean = gallery_digit(Lesson().digit, Lesson().index)
        expected = dae.corrupt(clean, "gaussian", round(0.5 + 0.2 * step, 2), seed=Lesson().seed, clip=True)
        assert np.array_equal(pixels(page, "noisy"), as_bytes(expected))


def test_the_slider_shows_at_once_what_was_fetched_while_it_was_pointed_at(visit):
    page = visit("noise=masking&level=0.2&model=fc-gaussian")
    settled(page)
    page.evaluate(
        "() => { window.asked = []; const send = window.daeSend;"
        " window.daeSend = (view, asked) => { window.asked.push(view); return send(view, asked); }; }"
    )
    page.locator("#level").hover()
    page.wait_for_function("() => window.asked.length === 4")  # 96 levels, 24 at a time
    settled(page)
    page.wait_for_timeout(500)
    assert page.evaluate("window.asked") == ["film"] * 4
    clean = gallery_digit(Lesson().digit, Lesson().index)
    for level in (0.95, 0.0, 0.33):
        page.evaluate("level => window.daeSetLevel(level)", level)
        page.wait_for_selector(f"#stage [data-level='{level:g}']")
        noisy = dae.corrupt(clean, "masking", level, seed=Lesson().seed)
        assert np.array_equal(pixels(page, "noisy"), as_bytes(noisy))
        restored = as_bytes(dae.load("fc-gaussian")(noisy)).astype(int)
        assert np.abs(pixels(page, "reconstruction") - restored).max() <= 2
    settled(page)
    assert page.evaluate("window.asked") == ["film"] * 4
    before = pixels(page, "noisy")
    page.locator("#new-noise").click()
    changed(page, "noisy", before)
    settled(page)
    page.evaluate("window.daeSetLevel(0.4)")
    settled(page)
    seed = int(page.locator("#seed input").input_value())
    assert np.array_equal(pixels(page, "noisy"), as_bytes(dae.corrupt(clean, "masking", 0.4, seed=seed)))
