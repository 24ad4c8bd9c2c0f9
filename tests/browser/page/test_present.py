"""For a projector: text that the last row reads, pictures as large as the screen, and a clicker's keys."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from helpers import becomes, changed, pixels, until, violations, words
from playwright.sync_api import Page, expect

from dae.manifest import PAGE

SIZES = {(1280, 720): 16, (1920, 1080): 24, (3840, 2160): 48}  # CSS pixels of the screen, and of the smallest text
TABS = {
    "denoise": ".denoise .held .pictures[data-shown]",
    "compare": ".compare .card .picture",
    "latent": ".latent .seen .picture",
    "features": ".features .dictionary canvas[data-tiles]",
    "sample": ".sample .growing[data-step]",
    "score": ".score[data-shown=true]",
    "train": ".train .form",
    "results": ".results tbody tr",
    "lessons": ".lessons li",
    "about": ".about .models tbody tr",
}
# Every visible text with its size on the screen in CSS pixels, whether in HTML, in SVG or in a control.
TEXTS = """() => {
  const found = [];
  const add = (node, text) => {
    if (!node.checkVisibility({ visibilityProperty: true })) return;
    const box = node.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) return;
    const scale = node instanceof SVGElement ? node.getScreenCTM().a : 1;
    found.push([Number.parseFloat(getComputedStyle(node).fontSize) * scale, node.tagName, text.trim().slice(0, 40)]);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && !node.closest("script, noscript, option, textarea, title, desc"))
      add(node, walk.currentNode.data);
  }
  for (const node of document.querySelectorAll("input, select, textarea"))
    if (!["range", "radio", "checkbox", "file"].includes(node.type)) add(node, node.value);
  return found;
}"""
# What is written on canvases, in CSS pixels.
WATCH_CANVAS = """const write = CanvasRenderingContext2D.prototype.fillText;
window.written = [];
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  const size = Number.parseFloat(this.font.match(/([\\d.]+)px/)[1]);
  if (this.canvas.isConnected) window.written.push([size, "CANVAS", text]);
  return write.call(this, text, ...rest);
};"""
FITS = "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
SCHEME = "() => getComputedStyle(document.documentElement).colorScheme"


def screen(size: tuple[int, int]) -> dict:
    return {"viewport": {"width": size[0], "height": size[1]}}


def is_on(page: Page) -> bool:
    return page.evaluate("document.documentElement.hasAttribute('data-present')")


def widths(page: Page) -> list[float]:
    return page.locator(".denoise .held .slide").evaluate_all("all => all.map((one) => one.offsetWidth)")


def boxes(page: Page, selector: str) -> list[list[float]]:
    """Left, top, right and bottom of each."""
    return page.locator(selector).evaluate_all(
        """all => all.map((one) => one.getBoundingClientRect())
          .map(({ left, top, right, bottom }) => [left, top, right, bottom])"""
    )


def tabs(page: Page) -> Iterator[str]:
    """Each tab, once it shows something, as the projector's own menu opens it."""
    for tab, shown in TABS.items():
        page.evaluate("window.written = []")
        page.locator(".present-bar > select").select_option(tab)
        page.wait_for_selector(shown, timeout=60_000)
        yield tab


def settled_texts(page: Page, least: float) -> list[list]:
    """All that is written; where some of it is smaller, once charts have had time to follow a change of their width."""
    texts: list[list] = []

    def fits() -> bool:
        texts[:] = page.evaluate(TEXTS)
        return all(size >= least for size, *_ in texts)

    for _ in range(40):
        if fits():
            break
        page.wait_for_timeout(50)
    return texts


@contextmanager
def unfolded(page: Page) -> Iterator[None]:
    """With the header, the tabs and all controls."""
    page.click("#present-more")
    page.wait_for_selector("#app > header")
    yield
    page.click("#present-more")
    expect(page.locator("#app > header")).to_be_hidden()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_text_is_smaller_than_24_pixels_at_1920(blank, site_url, lang):
    page = blank(**screen((1920, 1080)))
    page.add_init_script(WATCH_CANVAS)
    page.goto(f"{site_url}?present=1&lang={lang}")
    small = {}
    for tab in tabs(page):
        page.wait_for_timeout(500)
        texts = settled_texts(page, 23.9)
        written = page.evaluate("window.written")
        assert len(texts) > 12, tab
        assert bool(written) == (tab == "latent"), tab
        small[tab] = [text for text in texts + written if text[0] < 23.9]
        if tab == "latent":
            continue
        with unfolded(page):
            more = settled_texts(page, 23.9)
            assert len(more) > len(texts), tab
            small[tab] += [text for text in more if text[0] < 23.9]
    assert small == {tab: [] for tab in TABS}


@pytest.mark.parametrize(
    "query", ["", "passes=3", "hide=error", "hide=strip&noise=salt_and_pepper&model=apx-conv-small"]
)
def test_denoise_fills_the_screen_and_does_not_scroll(visit, query):
    first, *others = SIZES
    page = visit(f"present=1&{query}", **screen(first))
    fills_the_screen(page, first)
    for size in others:
        page.set_viewport_size(screen(size)["viewport"])
        page.wait_for_timeout(500)
        fills_the_screen(page, size)


def fills_the_screen(page: Page, size: tuple[int, int]) -> None:
    least = SIZES[size]
    assert page.evaluate(FITS) == list(size)
    assert min(text[0] for text in settled_texts(page, least - 0.1)) >= least - 0.1
    sides = widths(page)
    bottom = page.locator(".denoise").evaluate("node => node.getBoundingClientRect().bottom")
    assert sum(sides) >= 0.9 * size[0] or bottom >= 0.95 * size[1]
    assert sum(sides) >= 0.7 * size[0]
    for left, top, right, bottom in boxes(page, ".present-bar > *, .present-bar .line > *, .present-bar .tools > *"):
        assert left >= 0 and right <= size[0] and top >= 0 and bottom <= 3.5 * least
    for row in (boxes(page, ".present-bar .line > *"), sorted(boxes(page, ".present-bar .slider > *"))):
        assert all(before[2] <= after[0] + 0.5 for before, after in itertools.pairwise(row))


@pytest.mark.parametrize("width", [320, 390, 1024])
def test_other_screens_can_use_it(visit, width):
    page = visit("present=1", **screen((width, 768)))
    assert page.evaluate(FITS)[0] <= width
    assert min(text[0] for text in settled_texts(page, 15.9)) >= 15.9
    page.click("#present-more")
    expect(page.locator(".controls [data-control=level]")).to_be_visible()
    assert page.evaluate(FITS)[0] <= width


def test_f_and_the_button_open_it_and_f_and_escape_leave_it(visit):
    page = visit(**screen((1366, 768)))
    assert not is_on(page)
    assert "present.js" not in page.evaluate("performance.getEntriesByType('resource').map((one) => one.name).join()")
    before = min(widths(page))
    page.keyboard.press("f")
    until(page, lambda: is_on(page), "the projector")
    page.wait_for_selector(".present-bar")
    expect(page.locator("#app > header, #app > nav, .controls")).to_have_count(3)
    for part in ("#app > header", "#app > nav", ".controls"):
        expect(page.locator(part)).to_be_hidden()
    assert min(widths(page)) > 1.2 * before
    assert "present=1" in page.evaluate("new Promise((done) => setTimeout(() => done(location.search), 400))")
    page.keyboard.press("F")
    until(page, lambda: not is_on(page), "the page as it was")
    expect(page.locator(".present-bar")).to_have_count(0)
    expect(page.locator("#app > header")).to_be_visible()
    assert min(widths(page)) == before

    page.click("#present")
    page.wait_for_selector(".present-bar")
    until(page, lambda: page.evaluate("Boolean(document.fullscreenElement)"), "the whole screen")
    page.keyboard.press("Escape")
    until(page, lambda: not is_on(page) and page.evaluate("!document.fullscreenElement"), "the page as it was")


def test_letters_that_are_typed_or_meant_for_the_browser_are_left_alone(visit):
    page = visit()
    page.locator("[data-control=seed] input").focus()
    page.keyboard.press("f")
    page.locator("[data-control=noise] select").focus()
    page.keyboard.press("f")
    page.locator("body").press("Control+f")
    page.wait_for_timeout(300)
    assert not is_on(page)


def test_the_line_of_controls_changes_what_is_shown(visit):
    page = visit("present=1", **screen((1920, 1080)))
    noisy, clean = pixels(page, "noisy"), pixels(page, "clean")
    page.click(".present-bar .new-noise")
    noisy = changed(page, "noisy", noisy)
    page.click(".present-bar .another")
    changed(page, "clean", clean)
    page.locator(".present-bar [data-control=level] input[type=range]").fill("0")
    becomes(page, "noisy", pixels(page, "clean"))
    page.locator(".present-bar [data-control=model] select").select_option("plain")
    page.wait_for_selector(".pictures[data-shown=plain]")
    page.locator(".present-bar [data-control=noise] select").select_option("block")
    until(page, lambda: page.locator(".pictures").get_attribute("data-level") != "0", "the noise's own level")
    page.locator(".present-bar > select").select_option("results")
    page.wait_for_selector(".results tbody tr")
    expect(page.locator(".present-bar .control")).to_have_count(0)
    page.go_back()
    page.wait_for_selector(".denoise")
    assert is_on(page)


@pytest.mark.parametrize("key", ["b", "."])
def test_the_screen_goes_black_and_comes_back(visit, key):
    page = visit("present=1")
    black = page.get_by_role("button", name=words()["present_black"])
    noise = page.locator(".present-bar [data-control=noise] select")
    noise.focus()
    page.keyboard.press(key)
    expect(black).to_be_visible()
    box = black.bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 1366, 1000)
    assert black.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(0, 0, 0)"
    page.keyboard.press(key)
    expect(black).to_have_count(0)
    expect(noise).to_be_focused()  # where one was
    expect(noise).to_have_value("gaussian")  # and as one left it
    page.keyboard.press(key)
    page.keyboard.press("Escape")
    expect(black).to_have_count(0)
    assert is_on(page)
    page.keyboard.press(key)
    black.click()
    expect(black).to_have_count(0)


def test_escape_folds_the_controls_before_it_leaves(visit):
    page = visit("present=1")
    page.click("#present-more")
    expect(page.locator("#app > nav")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#app > nav")).to_be_hidden()
    assert is_on(page)
    page.keyboard.press("Escape")
    until(page, lambda: not is_on(page), "the page as it was")


def test_light_and_dark_are_changed_for_the_projector_alone(visit):
    page = visit("present=1", color_scheme="dark")
    back = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(back)
    page.click("#present-scheme")
    assert page.evaluate(SCHEME) == "light"
    assert page.evaluate(back) != dark
    page.keyboard.press("t")
    assert page.evaluate(back) == dark
    page.keyboard.press("t")
    page.keyboard.press("f")
    until(page, lambda: not is_on(page), "the page as it was")
    assert page.evaluate(back) == dark


LESSON = "present=1&lesson=copying"
STEPS = json.loads((PAGE / "lessons/copying.json").read_text(encoding="utf-8"))["steps"]


def test_a_clicker_walks_the_lesson(visit):
    page = visit(LESSON, **screen((1920, 1080)))
    of = page.locator(".player h2 .of")
    steps = len(STEPS)

    def at(step: int) -> None:
        expect(of).to_have_text(words()["lesson_step"].format(step=step, steps=steps))

    at(1)
    page.keyboard.press("PageDown")
    at(2)
    page.keyboard.press("ArrowRight")  # the step's heading has the focus, which is no control
    at(3)
    page.keyboard.press("ArrowLeft")
    at(2)
    page.keyboard.press("b")
    page.keyboard.press("PageDown")  # back from black, and no step further
    at(2)
    noise = page.locator(".present-bar [data-control=noise] select")
    noise.focus()
    page.keyboard.press("PageDown")  # a clicker's keys count wherever the focus is
    at(3)
    expect(noise).to_have_value("gaussian")
    page.keyboard.press("PageUp")
    at(2)
    level = page.locator(".present-bar [data-control=level] input[type=range]")
    level.fill("0.5")
    level.focus()
    page.keyboard.press("ArrowRight")  # but arrows are the slider's
    expect(level).to_have_value("0.505")
    at(2)
    for _ in range(steps):
        page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name=words()["lesson_end"])).to_be_visible()
    assert is_on(page)


def test_without_a_lesson_a_clicker_changes_nothing(visit):
    page = visit("present=1")
    before = pixels(page, "noisy")
    for key in ("PageDown", "PageUp", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert np.array_equal(pixels(page, "noisy"), before)
    assert "step=" not in page.url


def test_axe_finds_nothing_beside_a_lesson(visit):
    asks = next(number for number, step in enumerate(STEPS, 1) if "question" in step)
    page = visit(f"{LESSON}&step={asks}", **screen((1920, 1080)))
    expect(page.locator(".player .question")).to_be_visible()
    assert violations(page) == []


def test_axe_finds_nothing_in_any_tab(visit):
    page = visit("present=1", **screen((1920, 1080)))
    found = {}
    for tab in tabs(page):
        found[tab] = violations(page)
        with unfolded(page):
            found[tab] += violations(page)
    assert found == {tab: [] for tab in TABS}
