"""The teacher's bench: a lesson built by mouse and keyboard, what becomes of it (link, file, QR code, paper, figures),
and what a student hands in."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdf
import pytest
import zxingcpp
from helpers import pixels_of, until, violations, words
from PIL import Image
from playwright.sync_api import Page, expect

LESSON = {
    "format": 1,
    "id": "lesson-test",
    "minutes": 5,
    "title": {"en": "From noise to codes", "zh": "从噪声到编码"},
    "summary": {"en": "Two steps about noise."},
    "steps": [
        {
            "name": {"en": "Two thirds are gone", "zh": "少了三分之二"},
            "text": {"en": "Most pixels are *gone*.\nLook at the <3 holes & “gaps”.", "zh": "大部分像素*没有了*。"},
            "state": {"tab": "denoise", "noise": "masking", "level": 0.65, "digit": 3, "index": 20, "model": "plain"},
            "question": {
                "text": {"en": "Does it fill the gaps?", "zh": "它会补上缺口吗？"},
                "cover": ["reconstruction"],
                "choices": [
                    {
                        "text": {"en": "Yes, all of them", "zh": "全部补上"},
                        "say": {"en": "Look again.", "zh": "再看看。"},
                    },
                    {
                        "text": {"en": "No, it keeps them", "zh": "不会"},
                        "right": True,
                        "say": {"en": "It never saw a gap.", "zh": "它从未见过缺口。"},
                    },
                ],
            },
        },
        {
            "name": {"en": "Find another network", "zh": "换一个网络"},
            "text": {"en": "The same digit.", "zh": "同一个数字。"},
            "state": {"hide": ["seed", "level"]},
            "task": {
                "text": {"en": "Choose universal.", "zh": "选择 universal。"},
                "condition": {"of": "model", "is": "universal"},
                "hint": {"en": "It is in the menu.", "zh": "在菜单里。"},
                "done": {"en": "It saw all noises.", "zh": "它见过所有噪声。"},
            },
        },
    ],
    "worksheet": [{"question": {"en": "Why is a mean grey?"}, "answer": {"en": "It averages digits."}, "lines": 5}],
}


def packed(text: str) -> str:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = deflate.compress(text.encode()) + deflate.flush()
    return f"#lesson={base64.urlsafe_b64encode(content).decode().rstrip('=')}"


def unpacked(link: str) -> dict:
    text = link.partition("#lesson=")[2]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), -15))


def lesson_hash(lesson: dict) -> str:
    return packed(json.dumps(lesson))


def state(page: Page, name: str) -> object:
    return page.evaluate("async (name) => (await import('/page/page.js')).state.peek(name)", name)


def copied(page: Page, press: Callable[[], None]) -> str:
    """What a button copies; the browser of a test has no clipboard to write to."""
    page.evaluate(
        "() => { window.copied = ''; navigator.clipboard.writeText = async (text) => { window.copied = text; }; }"
    )
    press()
    page.wait_for_function("window.copied")
    return page.evaluate("window.copied")


@pytest.fixture
def bench(visit) -> Callable[..., Page]:
    """`bench(lesson)`: the bench beside the Denoise tab, with a lesson on it from its file."""

    def opened(lesson: dict | None = None, lang: str = "en", **context: object) -> Page:
        page = visit(f"tab=lessons&lang={lang}", shown="#build-lesson", **context)
        page.locator("#build-lesson").click()
        page.wait_for_selector(".builder #add-step")
        if lesson:
            content = json.dumps(lesson).encode()
            file = {"name": "lesson.json", "mimeType": "application/json", "buffer": content}
            page.locator(".builder input[type=file]").set_input_files(file)
            expect(page.locator(".builder .steps li")).to_have_count(len(lesson["steps"]))
        page.wait_for_selector(".denoise .held .pictures[data-shown]")
        return page

    return opened


@pytest.fixture
def opened(open_page, site_url) -> Callable[..., Page]:
    """`opened(end of the address)`: the page that a teacher's link opens, in a browser of its own."""

    def visited(end: str, shown: str = ".player h2", **context: object) -> Page:
        context = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}, "service_workers": "block"} | context
        page = open_page(f"{site_url}{end}", **context)
        page.wait_for_selector(shown, timeout=60_000)
        return page

    return visited


def texts_of(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        page.locator(f".builder [data-text={name}]").fill(text)


def choose(page: Page, control: str, value: str) -> None:
    page.locator(f".bench [data-control={control}] select").select_option(value)


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
    assert "#lesson" not in page.evaluate("location.hash")


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


def read_qr(page: Page) -> str:
    until(page, lambda: pixels_of(page.locator(".qr canvas")).shape[0] > 20, "the QR code")
    grey = pixels_of(page.locator(".qr canvas"))[..., 0]
    assert set(np.unique(grey)) == {0, 255}
    (found,) = zxingcpp.read_barcodes(np.kron(grey, np.ones((4, 4), np.uint8)))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


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


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_worksheet_has_all_questions_and_the_answers_on_a_page_of_their_own(bench, paper, lang):
    page = bench(LESSON, lang=lang)
    page.locator(".builder [data-do=worksheet]").click()
    page.wait_for_selector(".worksheet[data-ready=true]")
    asked = page.locator(".worksheet .paper > .step figure")
    assert [asked.nth(i).get_attribute("data-part") for i in range(asked.count())] == [
        *("clean", "noisy", "reconstruction")  # the second step shows the same view
    ]
    # What the question covers is to be sketched first; the answers show it.
    expect(page.locator(".worksheet .step [data-part=reconstruction] canvas")).to_have_count(0)
    expect(page.locator(".worksheet .answers [data-part=reconstruction] canvas")).to_have_count(1)
    corner = pixels_of(page.locator(".worksheet .step [data-part=clean] canvas"))[0, 0, :3]
    assert corner.tolist() == [255, 255, 255]  # paper is white
    assert violations(page) == []
    pdf = pypdf.PdfReader(io.BytesIO(page.pdf(format=paper)))
    width, height = {"A4": (595, 842), "Letter": (612, 792)}[paper]
    assert pdf.pages[0].mediabox.width == pytest.approx(width, abs=2)
    assert pdf.pages[0].mediabox.height == pytest.approx(height, abs=2)
    # Without blanks, and without the printer's ligatures.
    squeezed = [re.sub(r"\s+", "", unicodedata.normalize("NFKC", each.extract_text())) for each in pdf.pages]
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


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1366, "dark"), (1920, "light")])
def test_axe_finds_nothing_on_the_bench_and_nothing_overflows(bench, width, scheme, lang):
    page = bench(LESSON, lang=lang, viewport={"width": width, "height": 900}, color_scheme=scheme)
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
