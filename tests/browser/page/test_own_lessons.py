"""Teachers' lessons: links that open them, bad and hostile ones, paper, figures, and what students hand in."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import zipfile

import numpy as np
import pypdf
import pytest
from helpers import violations, words
from own_lessons import LESSON, copied, lesson_hash, packed, read_qr, state, unpacked
from PIL import Image
from playwright.sync_api import expect

LATER = {**LESSON, "format": 2}
MARKUP = {**LESSON, "title": {"en": "<img src=x onerror=alert(1)>"}}


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lesson_hash(LESSON)[:-40], "lesson_problem_damaged"),
        ("#lesson=%3Cscript%3E", "lesson_problem_damaged"),
        (lesson_hash(LATER), "lesson_problem_format"),
        (lesson_hash(MARKUP), "lesson_problem_markup"),
        (packed("[" + "0," * 2_000_000 + "0]"), "lesson_problem_large"),
        ("#lesson=" + "A" * 16_001, "lesson_problem_long_link"),
    ],
    ids=["cut", "nonsense", "version", "markup", "bomb", "long"],
)
def test_a_bad_link_gives_a_sentence_and_changes_nothing(opened, end, said):
    page = opened(f"?noise=masking{end}", shown=".denoise .held .pictures[data-shown]")
    part = words()["lesson_part_title"]
    sentence = words()[said].format(name=part, most=200 if said.endswith("large") else 16000, length=16001)
    expect(page.locator(".toast p")).to_have_text(sentence)
    expect(page.locator(".player")).to_have_count(0)
    assert (state(page, "lesson"), state(page, "noise")) == ("", "masking")
    page.wait_for_function("location.hash === ''")


def test_hostile_texts_are_shown_as_they_are(opened):
    hostile = json.loads(json.dumps(LESSON))
    text = '<img src=x onerror="window.hit=1" {{x}} ${1} javascript:alert(1)'
    hostile["steps"][0]["name"] = hostile["title"] = {"en": text}
    hostile["steps"][0]["question"]["choices"][0]["text"] = {"en": text}
    hostile["id"] = "copying"  # the id of one of ours
    page = opened(lesson_hash(hostile))
    expect(page.locator(".player h2")).to_contain_text(text)
    assert page.locator(".player img").count() == 0 and page.evaluate("window.hit") is None
    assert state(page, "lesson") == "lesson-copying"
    page.locator(".player .onward").click()
    page.locator(".player .onward").click()
    expect(page.locator(".summary table")).to_be_visible()
    page.locator(".player .leave").click()
    page.get_by_role("tab", name=words()["tab_lessons"], exact=True).click()
    page.locator("[data-lesson=copying] [data-do=worksheet]").wait_for()
    assert page.evaluate("localStorage.getItem('denoising-lessons')").count("copying") == 1  # its progress is its own


@pytest.mark.parametrize("storage", [True, False])
def test_reload_and_back_keep_a_teachers_lesson_open(opened, storage):
    page = opened(lesson_hash(LESSON))
    if not storage:
        block = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('none'); } });"
        page.add_init_script(block + block.replace("local", "session"))
        page.reload()
        page.wait_for_selector(".player h2")
    page.locator(".player .onward").click()
    expect(page.locator(".player h2")).to_contain_text("Find another network")
    page.wait_for_function("new URLSearchParams(location.search).get('step') === '2'")
    page.reload()
    expect(page.locator(".player h2")).to_contain_text("Find another network")
    page.get_by_role("tab", name=words()["tab_about"], exact=True).click()
    page.wait_for_selector(".about")
    page.go_back()
    page.wait_for_selector(".denoise")
    expect(page.locator(".player h2")).to_contain_text("Find another network")
    link = copied(page, lambda: page.locator("#copy-link").click())
    assert "lesson=lesson-test" in link and unpacked(link)["title"] == LESSON["title"]
    page.locator(".player .leave").click()
    page.wait_for_function("location.hash === ''")
    page.reload()
    page.wait_for_selector(".denoise .held .pictures[data-shown]")
    expect(page.locator(".player")).to_have_count(0)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_worksheet_has_all_questions_and_the_answers_on_a_page_of_their_own(bench, paper, lang):
    bare = {key: value for key, value in LESSON["steps"][0]["question"].items() if key != "cover"}
    page = bench(
        {
            **LESSON,
            "steps": [
                *LESSON["steps"],
                {key: value for key, value in (LESSON["steps"][1] | {"question": bare}).items() if key != "task"},
            ],
        },
        lang=lang,
    )
    page.locator(".builder [data-do=worksheet]").click()
    page.wait_for_selector(".worksheet[data-ready=true]")
    asked = page.locator(".worksheet .paper > .step figure")
    assert [asked.nth(i).get_attribute("data-part") for i in range(asked.count())] == [
        *("clean", "noisy", "reconstruction")  # the second step shows the same view
    ]
    # What the question covers is to be sketched first; the answers show it.
    expect(page.locator(".worksheet .step [data-part=reconstruction] canvas")).to_have_count(0)
    expect(page.locator(".worksheet .answers [data-part=reconstruction] canvas")).to_have_count(1)
    texts = "items => items.flatMap(({ childNodes }) => [...childNodes].map((node) => node.nodeName))"
    assert "#text" not in page.locator(".worksheet .answers > ol:first-of-type > li").evaluate_all(texts)
    clean = page.locator(".worksheet .step [data-part=clean] canvas")
    shown = np.asarray(Image.open(io.BytesIO(clean.screenshot())).convert("L"))
    assert shown[8:20, 8:20].min() == 255 and shown[shown.shape[0] // 2].min() < 40  # black ink on white paper
    assert violations(page) == []
    pdf = pypdf.PdfReader(io.BytesIO(page.pdf(format=paper)))
    width, height = {"A4": (595, 842), "Letter": (612, 792)}[paper]
    assert pdf.pages[0].mediabox.width == pytest.approx(width, abs=2)
    assert pdf.pages[0].mediabox.height == pytest.approx(height, abs=2)
    # Without blanks, the printer's ligatures, and the dots of Chinese emphasis.
    squeezed = [re.sub(r"[\s•]+", "", unicodedata.normalize("NFKC", each.extract_text())) for each in pdf.pages]
    *questions, answers = squeezed

    def said(text: dict[str, str]) -> str:
        return re.sub(r"\s+|\*", "", unicodedata.normalize("NFKC", text.get(lang, text["en"])))

    question, task = LESSON["steps"][0]["question"], LESSON["steps"][1]["task"]
    asked = [question["text"], task["text"], LESSON["worksheet"][0]["question"], LESSON["steps"][0]["text"]]
    for text in [*asked, *(choice["text"] for choice in question["choices"]), LESSON["title"]]:
        assert said(text) in "".join(questions)
    for text in [question["choices"][1]["say"], task["done"], LESSON["worksheet"][0]["answer"]]:
        assert said(text) in answers and said(text) not in "".join(questions)
    page.keyboard.press("Escape")
    expect(page.locator(".worksheet")).to_have_count(0)
    expect(page.locator(".builder [data-do=worksheet]")).to_be_focused()


def test_the_figures_are_one_zip_of_large_pictures(bench):
    page = bench(LESSON)
    with page.expect_download(timeout=60_000) as saved:
        page.locator(".builder [data-do=figures]").click()
    assert saved.value.suggested_filename == "From-noise-to-codes.zip"
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["01-Two-thirds-are-gone.png", "02-Find-another-network.png"]
        for name in archive.namelist():
            image = Image.open(io.BytesIO(archive.read(name)))
            assert image.format == "PNG" and image.size == (1920, 1080)
            assert len(image.convert("L").getcolors()) > 20  # words and pictures


TABS = {
    **LESSON,
    "steps": [
        {"name": {"en": "A tab"}, "text": {"en": "What it shows."}, "state": values}
        for values in (
            {"tab": "compare", "compare": ["plain", "universal", "median"]},
            {"tab": "latent", "model": "fc-gaussian"},
            {"tab": "features", "model": "fc-gaussian"},
            {"tab": "score", "score_points": "moons"},
            {"tab": "sample", "sample_schedule": "ladder", "sample_sigmas": 8},
            {
                **{"tab": "sample", "hide": ["sample_growing"], "source": "pick", "digit": 8, "index": 8},
                **{"sample_cover": "lower", "sample_answers": 4},
            },
        )
    ],
}


def test_figures_show_what_the_other_tabs_show(bench):
    page = bench(TABS)
    with page.expect_download(timeout=90_000) as saved:
        page.locator(".builder [data-do=figures]").click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        images = [np.asarray(Image.open(io.BytesIO(archive.read(name)))).astype(int) for name in archive.namelist()]
    assert len(images) == 6
    # Digits are grey; a plane has ten colours, a dictionary blue and orange, a density violet.
    assert len(np.unique(images[4])) > 100
    assert np.abs(images[4] - images[5]).mean() > 5, "the question, and no digits out of noise"
    coloured = [(each[..., :3].max(-1) - each[..., :3].min(-1) > 60) for each in images]
    assert coloured[0].sum() == coloured[4].sum() == coloured[5].sum() == 0
    hues = [
        {tuple(colour // 32) for colour in each[mask][:, :3][::7]} for each, mask in zip(images, coloured, strict=True)
    ]
    assert len(hues[1]) > 20
    assert coloured[2].sum() > 20_000 and len(hues[2]) < len(hues[1])
    assert coloured[3].sum() > 5_000 and all(blue > max(red, green) for red, green, blue in hues[3])


def test_what_a_student_did_is_handed_in_as_text_csv_and_qr(opened):
    page = opened(lesson_hash(LESSON))
    for answer in ("Yes, all of them", "No, it keeps them"):
        page.get_by_role("button", name=answer).click()
    page.locator(".player .onward").click()
    page.locator(".player .onward").click()
    summary = page.locator(".summary")
    expect(summary).to_contain_text(words()["handin_private"])
    summary.locator("[data-text=who]").fill('=HYPERLINK("http://x.example")')
    table = list(csv.reader(io.StringIO(copied(page, lambda: summary.locator("[data-do=csv]").click()))))
    assert table[0] == ["Lesson", "From noise to codes"]
    assert table[1] == ["Your name", """'=HYPERLINK("http://x.example")"""]
    answers = "Yes, all of them → No, it keeps them"
    assert ["1", "Two thirds are gone", answers, "yes", "2", "–"] in table
    assert ["2", "Find another network", "task", "no", "–", "no"] in table
    text = copied(page, lambda: summary.locator("[data-do=text]").click())
    assert answers in text
    summary.locator("[data-do=qr]").click()
    assert read_qr(page) == text
    assert violations(page) == []
    pdf = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4")))
    printed = re.sub(r"\s+", "", "".join(each.extract_text() for each in pdf.pages))
    assert "Twothirdsaregone" in printed and words()["handin_csv"].replace(" ", "") not in printed


@pytest.mark.parametrize("width", [390, 1366])
def test_long_words_and_titles_stay_within_the_player(opened, width):
    long = json.loads(json.dumps(LESSON))
    address = {"en": "https://example.org/" + "a" * 170}
    step = long["steps"][0]
    step["name"] = step["text"] = address
    for choice in step["question"]["choices"]:
        choice["text"] = choice["say"] = address
    long["title"] = {"en": "A lesson on " + "noise, codes and features, " * 6 + "and whatever else"}
    page = opened(lesson_hash(long), viewport={"width": width, "height": 844})
    page.locator(".player li button").first.click()
    expect(page.locator(".player .say")).not_to_be_empty()
    player = page.locator(".player")
    assert player.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".player .head").bounding_box()["height"] < 64
    expect(page.locator(".player .onward")).to_be_in_viewport(ratio=1)
    page.locator(".player .leave").click()
    page.locator("#tab-lessons").click()
    page.wait_for_selector("#build-lesson")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
