"""The way through a lesson: Next, the browser's Back, Reset and Restart, and what is missing on the way."""

from __future__ import annotations

from helpers import until, words
from lesson_page import COVERED, STEP, lesson, onward, state
from playwright.sync_api import expect

SHOWN_BY = ".denoise .held .pictures[data-shown={}]"


def test_one_comes_back_to_where_one_was(visit):
    page = visit("lesson=copying&step=1", shown=STEP)
    onward(page)
    page.locator(".player .leave").click()
    page.locator("#tab-lessons").click()
    page.locator("[data-lesson=copying]").get_by_role("button", name=words()["lesson_continue"].format(step=2)).click()
    assert state(page, "step") == 2 and state(page, "lesson") == "copying"
    page.get_by_role("button", name=words()["lesson_restart"]).click()
    assert state(page, "step") == 1


def test_back_in_the_browser_goes_back_to_the_tab_and_step_before(visit):
    page = visit("lesson=copying&step=1", shown=STEP)
    page.locator("#tab-results").click()
    page.wait_for_function("location.search.includes('tab=results')")
    page.go_back()
    page.wait_for_selector(".held .pictures[data-shown]")
    assert (state(page, "lesson"), state(page, "step"), state(page, "tab")) == ("copying", 1, "denoise")
    assert state(page, "model") == lesson("copying")["steps"][0]["state"]["model"]


def test_each_step_has_its_own_place_in_the_browsers_history(visit):
    page = visit("tab=lessons", shown="[data-lesson=copying]")
    page.locator("[data-lesson=copying]").get_by_role("button", name=words()["lesson_start"], exact=True).click()

    def at(step: int, tab: str) -> None:
        expect(page.locator(STEP)).to_contain_text(lesson("copying")["steps"][step - 1]["name"]["en"])
        assert (state(page, "step"), state(page, "tab")) == (step, tab)

    for step in range(1, 6):
        at(step, "denoise")
        onward(page)
    at(6, "compare")
    for step in range(5, 3, -1):
        page.go_back()
        at(step, "denoise")
    page.go_forward()
    at(5, "denoise")
    for _ in range(4):
        page.go_back()
    at(1, "denoise")
    page.go_back()
    expect(page.locator(".player")).to_have_count(0)
    assert state(page, "tab") == "lessons"


def test_look_at_leads_back_to_the_steps_tab(visit):
    page = visit("lesson=copying&step=2", shown=STEP)
    page.locator("#tab-results").click()
    page.wait_for_selector(".results tbody tr")
    page.locator(".player .look").click()
    expect(page.locator(".denoise .figures").first).to_be_in_viewport()
    assert state(page, "tab") == "denoise"


def test_reset_takes_the_answer_back_and_restart_asks_before_it_forgets(visit):
    page = visit("lesson=copying&step=3", shown=".player .question")
    until(page, lambda: page.evaluate(COVERED) != [], "what it covers")
    page.locator(".player li button").first.click()
    until(page, lambda: any(page.evaluate(COVERED)), "uncovering it")
    page.get_by_role("button", name=words()["lesson_reset"]).click()
    until(page, lambda: not any(page.evaluate(COVERED)), "covering it")
    expect(page.locator(".player li button[aria-pressed=true]")).to_have_count(0)
    page.locator(".player li button").first.click()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept() if asked[1:] else dialog.dismiss()))
    restart = page.get_by_role("button", name=words()["lesson_restart"])
    restart.click()
    assert asked == [words()["lesson_restart_sure"]]
    expect(page.locator(".player li button[aria-pressed=true]")).to_have_count(1)
    restart.click()
    until(page, lambda: state(page, "step") == 1, "the first step")
    assert "answers" not in page.evaluate("localStorage.getItem('denoising-lessons')")


def test_a_network_that_cannot_be_had_is_said_above_the_cover_and_asked_for_again(blank, site_url):
    page = blank()
    page.route("**/plain.safetensors*", lambda route: route.abort())
    page.goto(f"{site_url}?lesson=copying&step=3")
    lacks = page.locator(".denoise .held .lacks")
    expect(lacks).to_contain_text("plain")
    expect(lacks).to_be_visible()
    picture = page.locator(".denoise .held [data-part=reconstruction] canvas")
    expect(picture).to_be_hidden()
    page.unroute("**/plain.safetensors*")
    lacks.get_by_role("button", name=words()["try_again"]).click()
    page.wait_for_selector(SHOWN_BY.format("plain"), state="attached")
    expect(lacks).to_have_count(0)
    expect(picture).to_be_hidden()


def test_a_network_is_asked_for_again_when_it_is_chosen_again_or_the_network_is_back(visit):
    page = visit()
    page.route("**/*.safetensors*", lambda route: route.abort())
    menu, lacks = page.locator("[data-control=model] select"), page.locator(".denoise .held .lacks")
    menu.select_option("plain")
    expect(lacks).to_be_visible()
    menu.select_option("universal")
    expect(lacks).to_contain_text("universal")
    page.unroute("**/*.safetensors*")
    menu.select_option("plain")
    page.wait_for_selector(SHOWN_BY.format("plain"))
    page.route("**/*.safetensors*", lambda route: route.abort())
    menu.select_option("jz-fc")
    expect(lacks).to_be_visible()
    page.unroute("**/*.safetensors*")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector(SHOWN_BY.format("jz-fc"))


def test_on_paper_a_step_stands_above_what_it_shows(visit):
    page = visit("lesson=copying&step=3", shown=STEP)
    page.wait_for_selector(SHOWN_BY.format("plain"))
    page.emulate_media(media="print")
    # Both at the same moment: what the step says may still grow.
    at = "all => all.map((each) => document.querySelector(each).getBoundingClientRect().toJSON())"
    step, pictures = page.evaluate(at, [".player", ".denoise .held"])
    assert step["bottom"] <= pictures["top"]
    for button in (".player .onward", ".player .leave", ".player .tools"):
        expect(page.locator(button)).to_be_hidden()
