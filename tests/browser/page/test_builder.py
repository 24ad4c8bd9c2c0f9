"""The teacher's bench: a lesson is built by mouse and keyboard, kept, tried, and handed on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from helpers import until, violations, words
from own_lessons import LESSON, choose, copied, read_qr, state, texts_of, unpacked
from playwright.sync_api import expect

from dae import manifest


def test_a_lesson_of_six_steps_is_built_kept_handed_on_and_played(visit, opened):
    page = visit("tab=lessons", shown="#build-lesson")
    page.locator("#build-lesson").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".builder h2")).to_be_focused()
    page.wait_for_selector(".denoise .held .pictures[data-shown]")
    texts_of(page, title="My lesson")
    # By keyboard: the step is added, its name has the focus, its text is the next field.
    page.locator("#add-step").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".builder [data-text=name]")).to_be_focused()
    page.keyboard.type("A seven")
    page.keyboard.press("Tab")
    page.keyboard.type("This digit is *clean*.")
    # By mouse: the page is set up, then the view is added.
    choose(page, "noise", "masking")
    page.locator("#add-step").click()
    texts_of(page, name="Masked", text="Half of the pixels are gone.")
    page.locator(".builder [data-control=spotlight] select").select_option("noisy")
    choose(page, "model", "plain")
    page.locator("#add-step").click()
    texts_of(page, name="Plain", text="This one never saw noise.")
    page.locator(".builder [data-control=kind] label", has_text=words()["build_kind_question"]).click()
    texts_of(page, question="Does it help?")
    for i, (answer, say) in enumerate([("No", "Right: it copies."), ("Yes", "Look at the holes.")]):
        page.locator(".builder [data-text=choice]").nth(i).fill(answer)
        page.locator(".builder [data-text=say]").nth(i).fill(say)
    choose(page, "noise", "gaussian")
    page.locator(".bench [data-control=level] input[type=number]").fill("0.9")
    page.locator(".bench [data-control=level] input[type=number]").blur()
    page.locator("#add-step").click()
    texts_of(page, name="Find one", text="Too much for plain.")
    page.locator(".builder [data-control=kind] label", has_text=words()["build_kind_task"]).click()
    texts_of(page, task="Choose the network that removes it.", hint="The first in the menu.", done="Yes.")
    page.locator(".builder [data-do=test]").click()
    page.locator(".builder [data-control=of] select").select_option("model")
    page.locator(".builder [data-control=value] select").select_option("conv-gaussian")
    expect(page.locator(".builder [data-holds=false]")).to_be_visible()
    page.locator(".builder [data-do=test]").click()
    last = page.locator(".builder .test").nth(1)
    last.locator("[data-control=of] select").select_option("denoise.restored.psnr")
    last.locator("[data-control=test] select").select_option("above")
    last.locator("[data-control=value] input").fill("12")
    last.locator("[data-control=value] input").blur()
    choose(page, "model", "conv-gaussian")
    expect(page.locator(".builder [data-holds=true]")).to_be_visible()
    page.get_by_role("tab", name=words()["tab_latent"], exact=True).click()
    page.wait_for_selector(".latent")
    page.locator("#add-step").click()
    texts_of(page, name="Codes", text="Where it lies.")
    page.get_by_role("tab", name=words()["tab_features"], exact=True).click()
    page.locator("#add-step").click()
    texts_of(page, name="Features", text="What it is made of.")
    names = page.locator(".builder .choose")
    expect(names).to_have_text(
        [re.compile(each) for each in ("A seven", "Masked", "Plain", "Find one", "Codes", "Features")]
    )
    # The last becomes the first but one, by keyboard; a step is deleted and comes back.
    names.nth(5).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(names.nth(4)).to_contain_text("Features")
    expect(names.nth(4)).to_be_focused()
    page.keyboard.press("Delete")
    expect(names).to_have_count(5)
    page.reload()
    page.locator(".builder [data-do=undo]").click()
    expect(names.nth(4)).to_contain_text("Features")
    # A step shows its view again, with what is left out of it.
    names.nth(1).click()
    until(page, lambda: state(page, "noise") == "masking" and state(page, "tab") == "denoise", "the step's view")
    page.locator(".builder summary", has_text=re.compile(words()["build_controls"].partition(":")[0])).click()
    page.locator(".builder [data-control=stays-seed] input").uncheck()
    expect(page.locator(".bench [data-control=seed]")).to_have_count(0)
    page.reload()
    page.wait_for_selector(".builder .steps")
    expect(page.locator(".builder .choose")).to_have_count(6)
    expect(page.locator(".builder [data-text=title]")).to_have_value("My lesson")
    link = copied(page, lambda: page.locator(".builder [data-do=link]").click())
    assert len(link) < 2_500
    lesson = unpacked(link)
    assert [step["name"]["en"] for step in lesson["steps"]] == [
        *("A seven", "Masked", "Plain", "Find one", "Features", "Codes")
    ]

    student = opened(link.partition("/")[2].partition("/")[2].partition("/")[2])
    expect(student.locator(".player h2")).to_contain_text("A seven")
    expect(student.locator(".player em")).to_have_text("clean")
    steps = [
        {"tab": "denoise", "noise": "gaussian", "level": 0.5, "model": "conv-gaussian", "hide": []},
        {"tab": "denoise", "noise": "masking", "model": "conv-gaussian", "hide": ["seed"]},
        {"tab": "denoise", "noise": "masking", "model": "plain", "hide": []},
        {"tab": "denoise", "noise": "gaussian", "level": 0.9, "model": "plain"},
        {"tab": "features", "noise": "gaussian", "level": 0.9, "model": "conv-gaussian"},
        {"tab": "latent", "noise": "gaussian", "level": 0.9, "model": "conv-gaussian"},
    ]
    for number, wanted in enumerate(steps, start=1):
        until(student, lambda number=number: state(student, "step") == number, f"step {number}")
        assert {name: state(student, name) for name in wanted} == wanted, number
        if number == 3:
            student.get_by_role("button", name="Yes", exact=True).click()
            expect(student.locator(".player .say")).to_have_text("Look at the holes.")
        if number == 4:
            student.locator(".player .hint").click()
            choose(student, "model", "conv-gaussian")
            expect(student.locator(".player [data-done=true]")).to_be_visible()
        student.locator(".player .onward").click()
    rows = student.locator(".summary tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator("td")).to_have_text(["3", "Plain", "Yes", "no", "1", "–"])
    expect(rows.nth(1).locator("td")).to_have_text(["4", "Find one", "task", "yes", "–", "yes"])


def test_a_lesson_is_tried_from_any_step_and_the_bench_is_there_again(bench):
    page = bench(LESSON)
    page.locator(".builder .choose").nth(1).click()
    page.locator(".builder [data-do=try]").click()
    expect(page.locator(".player h2")).to_contain_text("Find another network")
    expect(page.locator(".builder")).to_have_count(0)
    choose(page, "model", "universal")
    expect(page.locator(".player [data-done=true]")).to_be_visible()
    page.locator(".player [data-do=bench]").click()
    expect(page.locator(".builder [data-text=name]")).to_have_value("Find another network")
    until(page, lambda: state(page, "model") == "plain" and state(page, "lesson") == "", "the step's own view")
    expect(page.locator(".bench [data-control=level]")).to_have_count(0)
    page.wait_for_function("location.hash === ''")


def test_one_of_the_pages_lessons_becomes_ones_own(visit):
    page = visit("tab=lessons", shown="[data-lesson=copying] [data-do=take]")
    page.locator("[data-lesson=copying] [data-do=take]").click()
    page.wait_for_selector(".builder .steps")
    ours = json.loads((manifest.PAGE / "lessons" / "copying.json").read_text(encoding="utf-8"))
    texts_of(page, title="Mine")
    theirs = unpacked(copied(page, lambda: page.locator(".builder [data-do=link]").click()))
    assert re.fullmatch(r"lesson-\w+", theirs["id"])
    assert theirs["title"] == {"en": "Mine", "zh": ours["title"]["zh"]} and theirs["worksheet"] == ours["worksheet"]
    assert [step["text"] for step in theirs["steps"]] == [step["text"] for step in ours["steps"]]


def test_what_is_missing_is_said_where_it_is_missing(bench):
    page = bench()
    page.locator("#add-step").click()
    texts_of(page, title="T", name="N")
    page.locator("#add-step").click()
    texts_of(page, name="M", text="X")
    page.locator(".builder [data-do=link]").click()
    problem = page.locator(".builder .problem")
    part = words()["lesson_problem_text"].format(name=words()["lesson_part_text"])
    expect(problem).to_have_text(words()["lesson_problem_at"].format(step=1, problem=part))
    expect(page.locator(".builder [data-text=name]")).to_have_value("N")  # one is taken there
    texts_of(page, text="<b>bold</b>")
    page.locator(".builder [data-do=link]").click()
    expect(problem).to_contain_text("HTML")
    texts_of(page, text="a < b")
    assert unpacked(copied(page, lambda: page.locator(".builder [data-do=link]").click()))["title"] == {"en": "T"}
    expect(problem).to_have_text("")


def test_a_file_goes_round_and_can_be_dropped(bench, opened):
    page = bench(LESSON)
    with page.expect_download() as saved:
        page.locator(".builder [data-do=file]").click()
    content = Path(saved.value.path()).read_bytes()
    assert saved.value.suggested_filename == "From-noise-to-codes.json"
    lesson = json.loads(content)
    for place in ("title", "summary", "worksheet", "id"):
        assert lesson[place] == LESSON[place]
    for ours, theirs in zip(lesson["steps"], LESSON["steps"], strict=True):
        assert ours["name"] == theirs["name"] and ours["text"] == theirs["text"]
        assert ours.get("task") == theirs.get("task")
    other = opened("?tab=lessons", shown="#build-lesson")
    drop = """([node, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "lesson.json", { type: "application/json" }));
      for (const type of ["dragover", "drop"])
        document.querySelector(".lessons").dispatchEvent(
          new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    other.evaluate(drop, [None, "{ damaged"])
    expect(other.locator(".own .problem")).to_have_text(words()["lesson_problem_damaged"])
    other.evaluate(drop, [None, content.decode()])
    expect(other.locator(".player h2")).to_contain_text("Two thirds are gone")
    expect(other.locator(".player p em")).to_have_text("gone")
    assert state(other, "level") == 0.65


def test_a_qr_code_is_the_link(bench, site_url):
    page = bench(LESSON)
    page.locator(".builder [data-do=qr]").click()
    link = read_qr(page)
    assert link.startswith(f"{site_url}#lesson=")
    assert link == copied(page, lambda: page.locator(".builder [data-do=link]").click())
    texts_of(page, text="".join(chr(0x4E00 + (7919 * i) % 20_000) for i in range(1_500)))
    page.locator(".builder [data-do=qr]").click()
    expect(page.locator(".qr p")).to_contain_text("2,953")
    expect(page.locator(".qr canvas")).to_be_hidden()


def test_the_bench_works_where_nothing_can_be_kept(open_page, site_url):
    page = open_page("about:blank", viewport={"width": 1366, "height": 1000}, locale="en-US", service_workers="block")
    page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage']) delete window[name];"
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('none'); } });"
    )
    page.goto(f"{site_url}?tab=lessons")
    page.locator("#build-lesson").click()
    page.locator("#add-step").click()
    texts_of(page, title="T", name="N", text="X")
    assert unpacked(copied(page, lambda: page.locator(".builder [data-do=link]").click()))["steps"][0]["name"] == {
        "en": "N"
    }


@pytest.mark.parametrize(("width", "lang"), [(390, "en"), (1366, "zh"), (1920, "en")])
def test_axe_finds_nothing_on_the_bench_and_nothing_overflows(bench, width, lang):
    page = bench(LESSON, lang=lang, viewport={"width": width, "height": 900})
    for details in page.locator(".builder details").all():
        details.evaluate("(node) => { node.open = true; }")
    for step in (0, 1):
        page.locator(".builder .choose").nth(step).click()
        page.locator(".builder .question-editor, .builder .task-editor").wait_for()
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("tab", name=words(lang)["tab_lessons"], exact=True).click()
    page.wait_for_selector("#build-lesson")
    assert violations(page) == []


def test_two_tabs_with_the_bench_keep_what_was_written_last(bench):
    page = bench(LESSON)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".builder .steps li")
    texts_of(page, title="Written here")
    expect(other.locator(".builder [data-text=title]")).to_have_value("Written here")
    texts_of(page, title="And here again")
    page.wait_for_function("localStorage.getItem('denoising-draft').includes('And here again')")
    other.close(run_before_unload=True)
    page.reload()
    expect(page.locator(".builder [data-text=title]")).to_have_value("And here again")


def test_a_tab_that_changed_nothing_writes_nothing(bench):
    page = bench(LESSON)
    page.wait_for_function("(localStorage.getItem('denoising-draft') ?? '').includes('lesson-test')")
    page.evaluate(  # as another tab would, whose message has not come yet
        "() => { const kept = JSON.parse(localStorage.getItem('denoising-draft'));"
        "localStorage.setItem('denoising-draft', JSON.stringify({ ...kept, title: { en: 'Theirs' } })); }"
    )
    page.reload()
    expect(page.locator(".builder [data-text=title]")).to_have_value("Theirs")


def test_a_long_text_is_pointed_out_and_taken(bench):
    page = bench(LESSON)
    length = page.locator(".builder [data-long]")
    expect(length).to_contain_text(words()["build_text_count"].format(count=11))
    for count, is_long in ((60, "false"), (61, "true")):
        texts_of(page, text="word " * count)
        expect(length).to_contain_text(words()["build_text_count"].format(count=count))
        expect(length).to_have_attribute("data-long", is_long)
    page.locator(".builder [data-do=link]").click()
    expect(page.locator(".builder .problem")).to_have_text("")


def test_digits_are_counted_from_1_in_conditions(bench):
    page = bench(LESSON)
    page.locator(".builder .choose").nth(1).click()
    until(page, lambda: state(page, "index") == 20, "the step's view")
    page.locator(".builder [data-control=of] select").select_option("index")
    value = page.locator(".builder [data-control=value] input")
    expect(value).to_have_value("21")
    value.fill("5")
    value.blur()
    condition = unpacked(copied(page, lambda: page.locator(".builder [data-do=link]").click()))["steps"][1]["task"]
    assert condition["condition"] == {"all": [{"of": "index", "above": 4}]}
