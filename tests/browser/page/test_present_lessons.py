"""Lessons on a projector: the step beside the stage, its text in the panel, what it points at never under it."""

from __future__ import annotations

import json

import pytest
from helpers import words
from playwright.sync_api import expect
from test_present import FITS, SIZES, screen, settled_texts

from dae import manifest

# Goes to a step as a teacher does and answers it rightly; then what is wrong with what one sees, in words.
SEEN = """async ([id, number]) => {
  const course = await import("/page/lesson/course.js");
  const { SPOTS } = await import("/page/lesson/spots.js");
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  if (number === 1) await course.open(id, 1);
  else course.next();
  const { question, task } = course.step.peek();
  await pause(60);
  const panel = document.querySelector(".player");
  const wrong = [];
  const scrolls = () => panel.scrollHeight > panel.clientHeight + 1;
  if (scrolls()) wrong.push(`the text is ${panel.scrollHeight} high in ${panel.clientHeight}`);
  if (question) {
    course.answer(question.choices.findIndex((choice) => choice.right));
    await pause(60);
    const [say, ways] = [".say", ".ways"].map((part) => panel.querySelector(part).getBoundingClientRect());
    if (say.bottom > ways.top + 1 || say.height < 10) wrong.push("the answer is not seen");
    if (panel.querySelectorAll("li:not([hidden])").length && [...panel.querySelectorAll("li")]
      .filter((each) => each.checkVisibility()).length !== 1) wrong.push("the other choices are still there");
  }
  if (task) course.hint();
  await pause(60);
  const box = panel.getBoundingClientRect();
  if (box.bottom > innerHeight || box.right > innerWidth) wrong.push("the panel is outside the screen");
  if (scrolls()) wrong.push(`with its answer the text is ${panel.scrollHeight} high in ${panel.clientHeight}`);
  const bar = document.querySelector(".present-bar").getBoundingClientRect().bottom;
  const spot = course.spot.peek();
  const { at } = spot ? SPOTS[spot] : {};
  let trouble = "";
  for (let tries = 0; at && tries < 100; tries++) {
    const part = [...document.querySelectorAll(at)].find((each) => each.checkVisibility());
    const { left, right, top, bottom } = part?.getBoundingClientRect() ?? { bottom: -1 };
    const isBar = part?.closest(".present-bar");
    const height = Math.min(bottom, innerHeight) - Math.max(top, isBar ? 0 : bar);
    const isUnder = right > box.left && !isBar;
    trouble = !part ? `${spot} is not there` : isUnder ? `${spot} lies under the panel`
      : height < Math.min(bottom - top, 0.5 * innerHeight) - 1 ? `${spot} is not in sight` : "";
    if (!trouble) break;
    await pause(50);
  }
  return [...wrong, trouble].filter(Boolean);
}"""


def test_every_step_fits_the_panel_and_what_it_points_at_is_in_sight(visit):
    page = visit("present=1&lesson=noise&step=1", shown=".player h2", **screen((1920, 1080)))
    wrong = {}
    for name in manifest.LESSONS:
        steps = json.loads((manifest.PAGE / "lessons" / f"{name}.json").read_text(encoding="utf-8"))["steps"]
        for number in range(1, len(steps) + 1):
            if found := page.evaluate(SEEN, [name, number]):
                wrong[name, number] = found
    assert wrong.pop(("generating", 3)) == ["score_network is not there"]  # among the controls, behind "More"
    assert wrong == {}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("size", "least"), SIZES.items())
def test_a_step_is_large_and_stands_beside_the_pictures(visit, size, least, lang):
    page = visit(f"present=1&lesson=copying&step=3&lang={lang}", shown=".player .question", **screen(size))
    page.wait_for_selector(".denoise .held .pictures[data-shown]")
    page.locator(".player li button").first.click()  # the wrong one: all choices stay, with what is said of it
    expect(page.locator(".player .say")).not_to_be_empty()
    assert [text for text in settled_texts(page, least - 0.1) if text[0] < least - 0.1] == []
    assert page.evaluate(FITS) == list(size)
    panel = page.locator(".player").bounding_box()
    for figure in page.locator(".denoise .held figure").all():
        box = figure.bounding_box()
        assert box["width"] > 10 * least and box["x"] + box["width"] < panel["x"]
        assert box["y"] + box["height"] < size[1]


def test_a_low_screen_has_pictures(visit):
    page = visit("present=1&lesson=copying&step=3", **screen((1024, 400)))
    for figure in page.locator(".denoise .held .slide").all():
        assert figure.bounding_box()["width"] > 90


def test_a_clicker_scrolls_what_is_left_of_a_step_before_it_goes_on(visit):
    page = visit("present=1&lesson=copying&step=3", shown=".player .question", **screen((1280, 270)))
    panel = page.locator(".player")
    assert panel.evaluate("node => node.scrollHeight > node.clientHeight + 20")
    step = words()["lesson_step"].format(step=3, steps=8)
    presses = 0
    while panel.evaluate("node => node.scrollHeight - node.clientHeight - node.scrollTop >= 2"):
        page.keyboard.press("PageDown")
        expect(page.locator(".player h2 .of")).to_have_text(step)
        presses += 1
        assert presses < 20
    page.keyboard.press("PageDown")
    expect(page.locator(".player h2 .of")).to_have_text(words()["lesson_step"].format(step=4, steps=8))
    assert panel.evaluate("node => node.scrollTop") == 0
