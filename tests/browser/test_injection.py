"""Whatever a visitor supplies is shown as text: markup in links, file names, model files, settings and questions."""

import io
import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from dae.ui import models, train_tab
from dae.ui.build import build, launch_options
from dae.ui.session import Lesson
from dae.ui.text import text
from PIL import Image
from playwright.sync_api import Page, expect

from dae import checkpoints
from dae.checkpoints import Info
from dae.models import ModelConfig
from dae.models import build as network

PATIENCE = 60_000  # milliseconds
MARKUP = "\"'><img src=x onerror=hacked=1><script>hacked=2</script></style></textarea><svg onload=hacked=3>"
PAYLOADS = {
    "markup": MARKUP,
    "address": "javascript:hacked=5//\" onfocus=hacked=6 autofocus x='",
    "template": '{{hacked=7}} ${hacked=8} {name} {0} %s $\\frac{$ __i18n__{"key": <b>',
    "invisible": "safe\u202e\u2066gpj.exe\u200b\u200d\ufeff\u0000\u0007\u2028\ud800 end",
    "long": "<b>" + "long name " * 30_000,
}
PARAMETERS = (*Lesson.__dataclass_fields__, "unknown", MARKUP, "view", "__theme", "deep_link", "session_hash")


@pytest.fixture(scope="module")
def url(launch, tmp_path_factory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAE_DATA", str(tmp_path_factory.mktemp("no-mnist")))
        yield launch(build(), **launch_options())


@pytest.fixture
def visit(open_page, url) -> Iterator[Callable[..., Page]]:
    """`visit(query)`: the page, once its stage shows something. In the end nothing that was supplied has run in it."""
    pages, events = [], []

    def visited(query: str = "", **context: object) -> Page:
        page = open_page("about:blank", viewport={"width": 1366, "height": 1000}, locale="en-US", **context)
        page.on("dialog", lambda dialog: (events.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: events.append(request.url) if request.url.endswith("/x") else None)
        page.goto(f"{url}?{query}", wait_until="domcontentloaded")
        page.set_default_timeout(PATIENCE)
        page.wait_for_selector("#stage [data-shown]", timeout=PATIENCE, state="attached")
        pages.append(page)
        return page

    yield visited
    for page in pages:
        page.wait_for_timeout(200)  # what was to run would have begun
        strangers = "[onerror], [onload], [onfocus], img[src=x], a[href^='javascript:' i]"
        assert page.evaluate("window.hacked") is None
        assert page.locator(strangers).count() == 0
        assert page.locator("script").filter(has_text=re.compile(r"^hacked")).count() == 0
    assert events == []


def sendable(payload: str, most: int) -> str:
    """As much of it as a browser can put into an address or a file name."""
    return payload.encode("utf-8", "replace").decode().replace("\0", "")[:most]


@pytest.mark.parametrize("name", ["markup", "template"])
def test_a_link_is_no_markup(visit, name):
    page = visit(urlencode(dict.fromkeys(PARAMETERS, sendable(PAYLOADS[name], 1000))))
    page.evaluate("daeCopyLink()")
    link = page.locator("#toast input").input_value()
    query = dict(parse_qsl(link.partition("?")[2]))
    assert Lesson.read(query, models.names()) == Lesson(lang="en")
    expect(page.locator("#title h1")).to_have_text(text("title", "en"))


def photo() -> bytes:
    stream = io.BytesIO()
    paper = Image.new("L", (80, 80), 255)
    paper.paste(0, (36, 15, 44, 65))
    paper.save(stream, "PNG")
    return stream.getvalue()


def test_the_name_of_a_photo_is_no_markup(visit):
    page = visit()
    page.locator("#source label").nth(2).click()
    files, said = page.locator("#upload-group input[type=file]"), page.locator("#notice p")
    for payload in PAYLOADS.values():
        named = f"{sendable(payload, 200)}.png"
        files.set_input_files({"name": named, "mimeType": "image/png", "buffer": b"no picture"})
        expect(said).to_be_visible()
        files.set_input_files({"name": named, "mimeType": "image/png", "buffer": photo()})
        expect(said).to_have_count(0)
        expect(page.locator("#stage .what")).to_have_text(text("from_upload", "en"))


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "page.png.xhtml", 'a".html', "nothing"])
def test_what_is_uploaded_is_never_served_as_a_page(url, name, chromium):
    content = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    client = chromium.new_context().request
    upload = {"files": {"name": name, "mimeType": "text/html", "buffer": content}}
    (path,) = client.post(f"{url}gradio_api/upload", multipart=upload).json()
    answer = client.get(f"{url}gradio_api/file={path}")
    if answer.ok:
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "html" not in answer.headers["content-type"] and "svg" not in answer.headers["content-type"]


def model_file(payload: str) -> bytes:
    """A network whose header says the payload wherever it may say something."""
    config = ModelConfig(latent_dim=4)
    stages = [{"noises": [{"key": payload, "high": 1.0}], "loss": payload}]
    recipe = {"name": payload, "summary": payload, "stages": stages, payload: payload}
    info = Info(recipe, config, 10**30, payload, [{payload: payload}], {payload: payload}, payload)
    with tempfile.TemporaryDirectory() as folder:
        return checkpoints.save(Path(folder) / "a.safetensors", network(config, seed=0), info).read_bytes()


def show(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=text(f"tab_{tab}", "en"), exact=True).click()


def test_a_model_file_is_no_markup(visit):
    page = visit("tab=train")
    rows = page.locator("#train .yours tbody tr")
    for count, payload in enumerate(PAYLOADS.values(), 1):
        named = f"{sendable(payload, 200)}.safetensors"
        given = {"name": named, "mimeType": "application/octet-stream", "buffer": model_file(payload)}
        page.locator("#train-upload input[type=file], input[type=file]").last.set_input_files(given)
        expect(rows).to_have_count(count)
        cells = rows.first.locator("td").all_text_contents()
        shown = models.one_line(payload, train_tab.MAX_TITLE)
        assert len(shown) > 10 and cells[1] == cells[-1] == shown and f"{10**30}" in cells
    expect(page.locator("#train .message")).to_have_text(text("train_loaded", "en"))

    with page.expect_download() as waiting:
        rows.last.locator(".get").click()
    assert waiting.value.suggested_filename == "your-model-1.safetensors"

    show(page, "denoise")
    page.locator("#model input").click()
    title = models.one_line(MARKUP, train_tab.MAX_TITLE)
    page.get_by_role("option", name=f"Your model 1: {title}", exact=True).click()
    expect(page.locator("#stage [data-part=reconstruction] canvas")).to_have_attribute(
        "aria-label", re.compile("^What Your model 1 makes")
    )
    show(page, "compare")
    page.locator("#compare-choice input").click()
    page.get_by_role("option", name="Your model 1", exact=True).click()
    expect(page.locator("#compare .cards h4").filter(has_text="Your model 1")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator("#make-grid").click()
    expect(page.locator("#grid th").filter(has_text="Your model 1")).to_have_count(1)
    expect(page.locator("#grid-svg")).to_be_visible()
    show(page, "latent")
    page.wait_for_selector("#latent [data-points]")
    with page.expect_download() as waiting:
        page.locator("#latent [data-format=svg]").click()
    assert waiting.value.suggested_filename == "codes-yours-pca.svg"
    drawn = ET.parse(waiting.value.path())
    assert not {"script", "img", "b"} & {element.tag.rpartition("}")[2] for element in drawn.iter()}
    assert "onerror=hacked" in " ".join(drawn.getroot().itertext())
    show(page, "features")
    expect(page.locator("#features .head").first).to_contain_text("Your model 1")
    page.wait_for_function("() => !window.daeLive.busy && !window.daeLive.again")
    show(page, "about")


def test_settings_are_no_markup_and_no_code(visit):
    page = visit("tab=train")
    page.wait_for_selector("#train[data-ready], #train [data-ready]", state="attached")
    for name, sentence in (("loss", "Loss cannot be what was asked for."), ("start", "The weights of {} fit its")):
        for payload in (MARKUP, '")\nimport os\nos.abort()#'):
            page.locator("#train-recipe").select_option("quick")
            expect(page.locator("#train .message")).to_have_text("")
            page.locator(f"#train-{name}").evaluate(
                "(menu, value) => { menu.append(new Option(value, value)); menu.value = value;"
                " menu.dispatchEvent(new Event('change')); }",
                payload,
            )
            expect(page.locator("#train .message")).to_contain_text(sentence.format(payload[:60]))
    assert "hacked" not in page.locator("#train pre").inner_text()
    page.locator("#train-recipe").select_option("quick")
    page.locator("#train-widths").fill(f"{MARKUP} 32")
    page.locator("#train-widths").dispatch_event("change")
    expect(page.locator("#train .message")).to_have_text("")
    expect(page.locator("#train .drawing text").nth(1)).to_have_text(re.compile(r"^\d+$"))


def test_drawings_and_questions_are_no_markup(visit):
    page = visit()
    before = page.evaluate("window.daeLesson")
    for payload in (*PAYLOADS.values(), "data:image/png;base64," + MARKUP, "data:text/html,<script>hacked=9</script>"):
        for view in ("denoise", "compare", "film", payload[:100]):
            for asked in (
                {"query": payload, "lang": payload, "drawing": None, "extras": [payload]},
                {"query": before, "lang": "en", "drawing": payload, "extras": [[payload]]},
            ):
                # As the page asks, and shows what is answered.
                page.evaluate(
                    "async ([view, asked]) => { const value = await window.daeAsk(view, asked).catch(() => null);"
                    " if (value) window.daeViews[view]?.show(value); }",
                    [view, asked],
                )
    page.evaluate("payload => { HTMLCanvasElement.prototype.toDataURL = () => payload; }", f"data:image/png,{MARKUP}")
    page.locator("#source label").nth(1).click()
    page.locator("#pad canvas").first.wait_for()
    box = page.locator("#pad canvas").first.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 90, steps=4)
    page.mouse.up()
    expect(page.locator("#notice p")).to_have_text(text("bad_drawing", "en"))
