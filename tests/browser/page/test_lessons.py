"""Guided lessons: each is played to its end by keyboard alone, with the server gone; and what the player promises."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from helpers import until, violations, words
from lesson_page import COVERED, STEP, lesson, onward, state
from lesson_solutions import SOLUTIONS
from playwright.sync_api import expect

from dae import manifest, site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DONE = ".player .task[data-done=true]"
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def gone(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, str]]:
    """A page that was visited once and has kept everything, whose server is gone since; and its address."""
    folder = tmp_path_factory.mktemp("site") / "out"
    site.write(folder)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        disable_nagle_algorithm = True

        def log_message(self, *arguments: object) -> None:
            pass

    context = chromium.new_context(locale="en-US", reduced_motion="reduce")
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    wanted = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        page.goto(address)
        kept = "async () => (await (await caches.open('kept')).keys()).length"
        until(page, lambda: page.evaluate(kept) >= len(wanted["page"]) + len(wanted["others"]), "keeping it")
        server.shutdown()
    yield page, address
    context.close()
    assert errors == []


def to(page: Page, selector: str) -> None:
    """Go by Tab to the first part of a selector, which is a control."""
    page.wait_for_selector(selector, state="attached", timeout=20_000)
    for key in ("Tab", "Shift+Tab"):
        for _ in range(90):
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
            page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by keyboard")


def press(page: Page, selector: str) -> None:
    to(page, selector)
    page.keyboard.press("Enter")


def choose(page: Page, selector: str, value: str) -> None:
    """An option of a menu, by the arrow keys."""
    to(page, selector)
    menu = page.locator(selector).first
    page.keyboard.press("Home")
    for _ in range(60):
        if menu.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{selector} has no {value}")


def fill(page: Page, selector: str, value: str) -> None:
    to(page, selector)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(value)
    page.keyboard.press("Enter")


def hold(page: Page, selector: str, key: str, times: int = 1) -> None:
    to(page, selector)
    for _ in range(times):
        page.keyboard.press(key)


def seek(page: Page, selector: str, keys: list[str]) -> None:
    to(page, selector)
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(500)  # a place is decoded, and a task is done when its condition holds for a moment
        if page.locator(DONE).count():
            return


def train(page: Page, seconds: str = "") -> None:
    """A whole run in this browser, of the lesson's length or another."""
    page.wait_for_selector(".train[data-ready=true]", timeout=60_000)
    if seconds:
        fill(page, ".train [data-setting=seconds]", seconds)
    press(page, ".train [data-do=train]")
    page.wait_for_selector(".train:not([data-state=done])", timeout=20_000)
    page.wait_for_selector(".train[data-state=done]", timeout=120_000)


ACTIONS = {"press": press, "choose": choose, "fill": fill, "hold": hold, "seek": seek, "train": train}


def play(page: Page, name: str, lang: str) -> None:
    """Every step of the open lesson, from the first to the end."""
    data = lesson(name)
    kept = "localStorage.getItem('denoising-lessons')"
    for number, step in enumerate(data["steps"], 1):
        expect(page.locator(STEP)).to_contain_text(step["name"][lang])
        expect(page.locator(STEP)).to_be_focused()
        where = f"{name} {number} {lang}"
        if "question" in step:
            if step["question"].get("cover"):
                until(page, lambda: page.evaluate(COVERED) != [], f"what {where} covers")
                assert not any(page.evaluate(COVERED)), f"{where} is covered"
            right = next(i for i, choice in enumerate(step["question"]["choices"]) if choice.get("right"))
            press(page, f".player li:nth-child({right + 1}) button")
            said = step["question"]["choices"][right]["say"][lang].replace("*", "")
            expect(page.locator(".player .say")).to_have_text(said)
            if step["question"].get("cover"):
                assert any(page.evaluate(COVERED)), f"{where} is uncovered"
        elif step.get("task", {}).get("needs") == "server":
            expect(page.locator(".player .say")).to_have_text(words(lang)["lesson_needs_server"])
        elif "task" in step:
            assert page.locator(DONE).count() == 0, where
            if "hint" in step["task"]:
                press(page, ".player .hint")
                expect(page.locator(".player .hinted")).to_have_text(step["task"]["hint"][lang].replace("*", ""))
            for action, *arguments in SOLUTIONS[name, number]:
                ACTIONS[action](page, *arguments)
            expect(page.locator(DONE), where).to_have_count(1)
        assert page.evaluate(FITS), where
        press(page, ".player .onward")
    expect(page.locator(STEP)).to_have_text(words(lang)["lesson_end"])
    assert page.evaluate(FITS)
    assert json.loads(page.evaluate(kept))["lessons"][name]["finished"]


SIZES = {"wide": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
# Every lesson in both languages and on both screens, and every language on both screens.
PLAYS = [
    (name, lang, size)
    for number, name in enumerate(manifest.manifest()["lessons"])
    for lang, size in zip(manifest.LANGUAGES, sorted(SIZES, reverse=number % 2 == 1), strict=True)
]


@pytest.mark.parametrize(("name", "lang", "size"), PLAYS)
def test_every_lesson_is_played_to_its_end_by_keyboard_with_the_server_gone(gone, name, lang, size):
    page, address = gone
    page.set_viewport_size(SIZES[size])
    page.evaluate("localStorage.clear()")
    page.goto(f"{address}?lesson={name}&step=1&lang={lang}")
    play(page, name, lang)


def test_a_link_opens_a_step_with_all_that_it_shows(visit):
    page = visit("lesson=copying&step=3", shown=STEP)
    said = {key: value for step in lesson("copying")["steps"][:3] for key, value in step.get("state", {}).items()}
    for field, value in said.items():
        assert state(page, field) == value, field
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.get_by_role("button", name=words()["lesson_link"]).click()
    assert page.locator(".toast input").input_value().endswith("/?lesson=copying&step=3")


def test_what_was_changed_at_a_step_is_in_its_link_and_reset_takes_it_back(visit):
    page = visit("lesson=copying&step=2&seed=5&level=0.25", shown=STEP)
    assert (state(page, "seed"), state(page, "level")) == (5, 0.25)
    page.locator("[data-control=noise] select").select_option("masking")
    page.wait_for_function("location.search.includes('masking')")
    page.reload()
    page.wait_for_selector(STEP)
    assert (state(page, "seed"), state(page, "noise"), state(page, "level")) == (5, "masking", 0.5)
    page.get_by_role("button", name=words()["lesson_reset"]).click()
    said = {key: value for step in lesson("copying")["steps"][:2] for key, value in step.get("state", {}).items()}
    assert {key: state(page, key) for key in said} == said


@pytest.mark.parametrize(
    ("query", "step"), [("step=99", "last"), ("step=0", 1), ("step=-3", 1), ("step=two", 1), ("step=2.7", 2), ("", 1)]
)
def test_a_step_that_there_is_not_is_the_nearest_one(visit, query, step):
    page = visit(f"lesson=copying&{query}", shown=STEP)
    assert state(page, "step") == (len(lesson("copying")["steps"]) if step == "last" else step)


@pytest.mark.parametrize("name", ["nothing", "../../manifest", "%3Cb%3E", "__proto__", "x" * 70])
def test_a_lesson_that_there_is_not_is_a_sentence(visit, name):
    page = visit(f"lesson={name}&step=3")
    if len(name) <= 60:
        expect(page.locator(".player .problem")).to_have_text(words()["lesson_problem_no_lesson"])
        page.locator(".player .leave").click()
    expect(page.locator(".player")).to_have_count(0)
    expect(page.locator(".held")).to_be_visible()


@pytest.mark.parametrize("body", ["no JSON", "{}", '{"format": 2}'])
def test_a_lesson_that_cannot_be_read_is_a_sentence(blank, site_url, body):
    page = blank()
    page.route("**/lessons/copying.json", lambda route: route.fulfill(body=body))
    page.goto(f"{site_url}?lesson=copying")
    expect(page.locator(".player .problem")).to_contain_text(re.compile(r"^[A-Z][^{}]{20,}\.$"))
    page.locator(".player .ways button").click()
    expect(page.locator(".lessons").get_by_text(words()["lesson_problem_unreachable"])).to_be_visible()


def test_texts_of_a_lesson_are_never_markup(blank, site_url):
    hostile = lesson("copying")
    evil = "<img src=x onerror='window.hit = 1' *bold* **strong**\nnext"  # a whole tag is refused
    hostile["steps"][0] |= {"name": {"en": evil}, "text": {"en": evil}}
    page = blank()
    page.route("**/lessons/copying.json", lambda route: route.fulfill(json=hostile))
    page.goto(f"{site_url}?lesson=copying")
    expect(page.locator(STEP)).to_contain_text("<img src=x")
    expect(page.locator(".player em")).to_have_text("bold")
    expect(page.locator(".player strong")).to_have_text("strong")
    assert page.locator(".player :is(img, b:not(.look b))").count() == 0
    assert page.evaluate("window.hit") is None


def test_the_first_visit_offers_the_first_lesson_once(blank, site_url):
    page = blank()
    page.goto(site_url)
    expect(page.locator("#offer")).to_be_visible()
    page.locator(".offer .dismiss").click()
    expect(page.locator(".offer")).to_have_count(0)
    page.reload()
    page.wait_for_selector(".held .pictures[data-shown]")
    expect(page.locator(".offer")).to_have_count(0)
    other = blank()
    other.goto(site_url)
    other.locator("#offer").click()
    expect(other.locator(STEP)).to_be_focused()
    other.locator(".player .leave").click()
    expect(other.locator(".player, .offer")).to_have_count(0)


def test_it_works_where_nothing_can_be_kept(blank, site_url):
    page = blank()
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } });")
    page.goto(f"{site_url}?lesson=copying")
    onward(page)
    expect(page.locator(STEP)).to_contain_text(lesson("copying")["steps"][1]["name"]["en"])
    page.locator(".player .leave").click()
    expect(page.locator(".player, .offer")).to_have_count(0)


@pytest.mark.parametrize("colours", ["none", "active"])
def test_the_ring_is_seen_around_the_part_that_is_meant(visit, colours):
    page = visit("lesson=copying&step=1", shown=STEP, forced_colors=colours)
    ringed = page.locator("[data-part=reconstruction]")
    until(page, lambda: ringed.evaluate("(node) => getComputedStyle(node).outlineStyle") == "solid", "the ring")
    assert ringed.evaluate("(node) => parseFloat(getComputedStyle(node).outlineWidth)") >= 3
    expect(ringed).to_be_in_viewport()
    page.locator(".player .leave").click()
    assert ringed.evaluate("(node) => getComputedStyle(node).outlineStyle") == "none"


@pytest.mark.parametrize("height", [667, 844])
def test_on_a_phone_the_sheet_leaves_the_pictures_in_view(visit, height):
    page = visit("lesson=copying&step=2", viewport={"width": 390, "height": height}, has_touch=True, is_mobile=True)
    sheet, pictures = page.locator(".player").bounding_box(), page.locator(".held").bounding_box()
    assert sheet["y"] + sheet["height"] == pytest.approx(height, abs=1)
    assert pictures["y"] + pictures["height"] <= sheet["y"]
    expect(page.locator(".player .onward")).to_be_in_viewport(ratio=1)
    small = page.locator(".player button:visible").evaluate_all(
        "nodes => nodes.filter((node) => node.getBoundingClientRect().height < 40).map((node) => node.outerHTML)"
    )
    assert small == []
    page.locator(".player .fold").click()
    assert page.locator(".player").bounding_box()["height"] < 175


@pytest.mark.parametrize("present", [0, 1])
def test_at_twice_the_size_the_text_is_read_without_scrolling(visit, present):
    size = {"width": 683, "height": 384}  # 1366x768 at 200 %
    page = visit(f"lesson=copying&step=3&present={present}", shown=".player .question", viewport=size)
    text = page.locator(".player > p").bounding_box()
    ways = page.locator(".player > .ways").bounding_box()
    assert text["height"] > 60 and text["y"] + text["height"] <= ways["y"]
    expect(page.locator(".player .onward")).to_be_in_viewport(ratio=1)
    slide, player = page.locator("[data-part=reconstruction] .slide"), page.locator(".player").bounding_box()

    def in_sight() -> bool:
        box = slide.bounding_box()
        return box["y"] >= 0 and box["y"] + box["height"] <= player["y"] + 1

    until(page, in_sight, "the picture above the sheet")


@pytest.mark.parametrize("width", [390, 1366])
def test_axe_finds_nothing(visit, width):
    page = visit("tab=lessons", shown=".lessons li", viewport={"width": width, "height": 900})
    assert violations(page) == []
    kinds = set()
    page.locator("[data-lesson=copying]").get_by_role("button", name=words()["lesson_start"], exact=True).click()
    for step in lesson("copying")["steps"]:
        kind = next((kind for kind in ("question", "task") if kind in step), "plain")
        if kind not in kinds:
            kinds.add(kind)
            if kind == "question":
                assert violations(page) == []
                page.locator(".player li button").first.click()
            if kind == "task":
                page.locator(".player .hint").click()
            assert violations(page) == []
        onward(page)
    assert kinds == {"plain", "question", "task"}
    expect(page.locator(STEP)).to_have_text(words()["lesson_end"])
    assert violations(page) == []
