"""The Sample tab: digits out of noise and many answers to one question, against the library; with as few samples and
steps as say something."""

from __future__ import annotations

import base64
import functools
import re
import zlib
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
from helpers import gallery_digit, pixels_of, until, violations, words
from PIL import Image
from playwright.sync_api import Locator, Page, expect

import dae
from dae import data, verdict
from dae.sampling import FITTING, Ascent, Ladder, coarse, known, sample, steps

QUICK = "sample_beta=0.5"
DONE = "[data-status=done][data-read=true]"
STILL = {"reduced_motion": "reduce"}
NARROW = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CLOSE = 4  # grey values: the browser's sums round otherwise, and a walk carries that along


@pytest.fixture
def open_tab(visit) -> Callable[..., Page]:
    """The tab with a part of it: `growing` or `question`."""

    def opened(part: str, query: str, shown: str = DONE, **context: object) -> Page:
        other = "sample_question" if part == "growing" else "sample_growing"
        return visit(f"tab=sample&hide={other}&{query}", shown=f".sample .{part}{shown}", **context)

    return opened


def shown(canvas: Locator) -> np.ndarray:
    return pixels_of(canvas)[..., 0]


def greys(images: torch.Tensor) -> np.ndarray:
    """uint8 `(N, 28, 28)`."""
    return (images[:, 0].clamp(0, 1) * 255).round().byte().numpy()


def is_close(got: np.ndarray, expected: np.ndarray) -> bool:
    return np.abs(got.astype(int) - expected).max() <= CLOSE


def tile(page: Page, number: int, row: int) -> np.ndarray:
    """Of a growing sample: row 0 is y, row 1 where it leads."""
    return shown(page.locator(f".growing .tile[data-sample='{number}'] canvas").nth(row))


def answer(page: Page, number: int) -> np.ndarray:
    return shown(page.locator(f".question .tile[data-answer='{number}'] canvas"))


def step_of(page: Page) -> int:
    return int(page.locator(".growing").get_attribute("data-step") or 0)


@functools.cache
def model(name: str = "universal") -> dae.models.Autoencoder:
    return dae.load(name)


def measured(page: Page, name: str) -> object:
    return page.evaluate("(name) => import('./page/lesson/measured.js').then((all) => all.measured(name))", name)


def query_of(page: Page) -> dict[str, str]:
    page.wait_for_timeout(300)  # the address follows after a pause
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


@pytest.mark.parametrize("part", ["growing", "question"])
def test_a_network_that_could_not_be_fetched_is_asked_for_again(visit, part):
    other = "sample_question" if part == "growing" else "sample_growing"
    page = visit("tab=about", shown="[data-tab=about]")
    page.context.route("**/checkpoints/universal.safetensors", lambda route: route.abort())
    page.evaluate("query => history.replaceState(null, '', query)", f"?tab=sample&hide={other}&{QUICK}")
    page.reload()
    problem = page.locator(f".sample .{part} .problem")
    said = words()["stage_unreachable"].format(name="universal") + f" {words()['try_again']}"
    expect(problem).to_have_text(said)
    problem.locator("button").focus()
    page.keyboard.press("Enter")  # in vain
    expect(problem.locator("button")).to_be_focused()
    expect(problem).to_have_text(said)
    page.context.unroute("**/checkpoints/universal.safetensors")
    if part == "growing":
        problem.locator("button").click()
    else:
        page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector(f".sample .{part}{DONE}")
    expect(problem).to_have_count(0)


def test_digits_grow_out_of_noise_as_in_python(open_tab):
    page = open_tab("growing", f"{QUICK}&sample_count=3&sample_seed=5")
    walk = list(steps(model(), 3, seed=5, schedule=Ascent(beta=0.5)))
    end = walk[-1].noisy + walk[-1].direction
    assert step_of(page) == len(walk)
    for number, read in enumerate(verdict.verdict(end)):
        assert is_close(tile(page, number, 0), greys(walk[-1].noisy)[number])
        assert is_close(tile(page, number, 1), greys(end)[number])
        said = page.locator(f".tile[data-sample='{number}']")
        assert said.get_attribute("data-digit") == (None if read.digit is None else str(read.digit))
    expect(page.locator(".growing .status")).to_have_text(words()["sample_done"].format(count=3, steps=len(walk)))
    assert measured(page, "sample.finished") is True and measured(page, "sample.steps") == len(walk)
    assert measured(page, "sample.sigma") == pytest.approx(float(walk[-1].sigma.mean()), rel=1e-3)
    page.locator("[data-control=sample_seed] input").fill("40")
    page.keyboard.press("Enter")
    expect(page.locator(".growing")).to_have_attribute("data-status", "done")
    until(page, lambda: is_close(tile(page, 0, 1), greys(sample(model(), 1, seed=40, schedule=Ascent(beta=0.5)))[0]))


def test_it_goes_step_by_step_and_back(open_tab):
    page = open_tab("growing", f"{QUICK}&sample_count=2", "[data-step='1']", **STILL)
    page.wait_for_timeout(500)
    assert step_of(page) == 1, "it stands still where less motion is preferred"
    walk = list(steps(model(), 2, schedule=Ascent(beta=0.5)))
    for number in (1, 2, 3):
        expect(page.locator(".growing")).to_have_attribute("data-step", str(number))
        for n in range(2):
            assert is_close(tile(page, n, 0), greys(walk[number - 1].noisy)[n])
            assert is_close(tile(page, n, 1), greys(walk[number - 1].denoised)[n])
        page.locator("#growing-step").press("Enter")
    expect(page.locator(".growing")).to_have_attribute("data-step", "4")
    page.locator("#sample-step").press("Home")
    expect(page.locator(".scrubber output")).to_have_text(
        words()["sample_step"].format(step=1, sigma=f"{float(walk[0].sigma.mean()):#.2g}")
    )
    assert is_close(tile(page, 0, 0), greys(walk[0].noisy)[0])
    page.locator("#growing-run").click()  # it goes on from the newest step
    expect(page.locator(".growing")).to_have_attribute("data-status", "done")
    assert step_of(page) == len(walk)
    page.locator("#sample-step").press("ArrowLeft")
    expect(page.locator(".growing")).to_have_attribute("data-step", str(len(walk) - 1))
    box = page.locator(".scrubber .chart svg").bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    until(page, lambda: 0.3 * len(walk) < step_of(page) < 0.7 * len(walk), "the step that is clicked")


def test_a_run_is_paused_and_begun_again(open_tab):
    page = open_tab("growing", "sample_count=6", "[data-status=running][data-step]")
    page.locator("#growing-run").click()
    expect(page.locator(".growing")).to_have_attribute("data-status", "paused")
    page.wait_for_timeout(200)
    at = step_of(page)
    page.wait_for_timeout(400)
    assert step_of(page) == at
    page.locator("[data-control=sample_schedule] input[value=ladder]").check(force=True)
    expect(page.locator(".growing")).to_have_attribute("data-step", "1")
    page.wait_for_timeout(300)
    assert step_of(page) == 1, "what was paused begins anew, and waits"
    page.locator("[data-control=sample_sigmas] input").fill("4")
    page.keyboard.press("Enter")
    page.locator("#growing-restart").click()
    expect(page.locator(".growing")).to_have_attribute("data-status", "done")
    end = sample(model(), 6, schedule=Ladder.geometric(4))
    assert step_of(page) == 4
    assert all(is_close(tile(page, n, 1), greys(end)[n]) for n in range(6))


def test_a_network_that_is_not_made_for_it_may_be_tried(open_tab):
    page = open_tab("growing", "sample_model=apx-masking&sample_count=2", "[data-status=failed]")
    said = re.escape(words()["sample_problem_not_arrived"]).replace(r"\{", "{").replace(r"\}", "}")
    pattern = said.format(steps="1000", left="[12]", count="2", sigma=r"[\d.]+")
    expect(page.locator(".growing .problem")).to_have_text(re.compile(pattern))
    assert measured(page, "sample.failed") is True
    expect(page.locator(".suited p")).to_have_text(words()["sample_lacks_noise"])
    page.locator("#use-suited").click()
    expect(page.locator(".suited p")).to_have_text(words()["sample_suited"])
    expect(page.locator(".growing .problem")).to_have_count(0)
    expect(page.locator("[data-control=sample_model] select")).to_have_value("universal")
    until(page, lambda: step_of(page) > 1, "the other network's run")


def test_a_sample_stands_beside_its_nearest_digits(open_tab):
    page = open_tab("growing", f"{QUICK}&sample_count=2&sample_seed=3")
    page.locator(".tile[data-sample='1']").press("Enter")
    figures = page.locator(".opened figure[data-mse]")
    expect(figures).to_have_count(6)
    end = sample(model(), 2, seed=3, schedule=Ascent(beta=0.5))[1:].clamp(0, 1)
    images = data.gallery().images
    apart = (images - end).square().flatten(1).mean(1)
    nearest = apart.sort()
    said = [float(one.get_attribute("data-mse")) for one in figures.all()]
    assert said == pytest.approx(nearest.values[:6].tolist(), abs=3e-4)
    first = nearest.indices[0]
    assert np.array_equal(shown(figures.first.locator("canvas")), greys(images[first : first + 1])[0])
    others = (images - images[first]).square().flatten(1).mean(1)
    others[first] = torch.inf
    expect(page.locator(".opened > p")).to_contain_text(f"{float(others.min()):.4f}")
    assert measured(page, "sample.nearest") == pytest.approx(float(apart.min()), abs=3e-4)
    page.locator(".opened .close").click()
    expect(page.locator(".opened")).to_have_count(0)


UPPER = (torch.arange(28) < 14).view(28, 1).expand(28, 28)
MIDDLE = torch.ones(28, 28, dtype=torch.bool)
MIDDLE[8:20, 8:20] = False


def fitting(clean: torch.Tensor, mask: torch.Tensor) -> dict:
    """How the samples are drawn where some pixels are known: about the one-step answer."""
    one = model()(clean.where(mask, 0)).detach().clamp(0, 1)
    return {"measurement": known(clean, mask), "start": one} | FITTING


def asked(cover: str, clean: torch.Tensor, seed: int, level: float) -> tuple[torch.Tensor, torch.Tensor, dict]:
    """What is left of a digit, which of its pixels are known, and how it is sampled."""
    nothing = torch.zeros(28, 28, dtype=torch.bool)
    if cover == "noisy":
        noisy = dae.corrupt(clean, "gaussian", level, seed=seed, clip=False)
        return noisy, nothing, {"start": noisy, "sigma_start": 0.0, "schedule": Ascent(beta=0.5)}
    if cover == "coarse":
        measurement = coarse(clean, 4)
        return measurement.values, nothing, {"measurement": measurement}
    mask = {
        "lower": UPPER,
        "upper": ~UPPER,
        "left": ~UPPER.T,
        "middle": MIDDLE,
        "pixels": torch.rand(28, 28, generator=torch.Generator().manual_seed(seed)) >= 0.8,
    }[cover]
    return clean.where(mask, 0), mask, fitting(clean, mask)


def hidden_mse(images: torch.Tensor, others: torch.Tensor, mask: torch.Tensor) -> float:
    return float((images - others).square()[..., ~mask].mean())


def ask(page: Page, **values: object) -> None:
    """Change the state, and wait for the answers."""
    change = """async (values) => {
      const { state } = await import("./page/page.js");
      state.set(values);
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    }"""
    page.evaluate(change, values)
    page.wait_for_selector(f".sample .question{DONE}")


def test_one_question_has_many_answers(open_tab):
    count = 2
    page = open_tab(
        "question", f"sample_beta=0.4&digit=5&index=3&seed=4&level=0.7&sample_answers={count}&sample_seed=2"
    )
    clean = gallery_digit(5, 3)
    for cover in ("lower", "upper", "left", "middle", "pixels", "coarse", "noisy"):
        ask(page, sample_cover=cover)
        left, mask, how = asked(cover, clean, 4, 0.7)
        samples = sample(model(), count, seed=2, **({"schedule": Ascent(beta=0.4)} | how)).clamp(0, 1)
        one = model()(left).detach().clamp(0, 1)
        mean = samples.mean(0, keepdim=True)
        assert all(is_close(answer(page, n), greys(samples)[n]) for n in range(count)), cover
        assert is_close(shown(page.locator("[data-part=one] canvas")), greys(one)[0]), cover
        assert is_close(shown(page.locator("[data-part=mean] canvas")), greys(mean)[0]), cover
        covered = pixels_of(page.locator("[data-part=asked] canvas.picture"))[..., :3]
        if cover not in ("coarse", "noisy"):
            assert ((covered[..., 0] == covered[..., 2]) == mask.numpy()).all(), "what is hidden is no grey"
            assert (covered[..., 0][mask.numpy()] == greys(clean)[0][mask.numpy()]).all()
        rows = {
            row: [
                float(cell)
                for cell in page.locator(f".measured tr[data-row={row}] td").all_inner_texts()
                if cell != "–"
            ]
            for row in ("step", "mean", "single")
        }
        every = one.expand_as(samples), clean.expand_as(samples)
        expected = {
            "step": [hidden_mse(one, clean, mask)],
            "mean": [hidden_mse(mean, clean, mask), hidden_mse(mean, one, mask) ** 0.5],
            "single": [hidden_mse(samples, every[1], mask), hidden_mse(samples, every[0], mask) ** 0.5],
        }
        for row, values in expected.items():
            assert rows[row] == pytest.approx(values, abs=1e-3), (cover, row)
        apart = float((2 * samples.var(0)[..., ~mask].mean()).sqrt())
        said = float(page.locator(".measured [data-apart]").get_attribute("data-apart"))
        assert said == pytest.approx(apart, abs=1e-3)
        assert measured(page, "sample.answers.apart") == pytest.approx(apart, abs=1e-3)
        bars = page.locator(".bars [data-count]").evaluate_all("all => all.map((one) => Number(one.dataset.count))")
        digits = [read.digit for read in verdict.verdict(samples)]
        assert bars == [digits.count(digit) for digit in (*range(10), None)]
        assert measured(page, "sample.answers.most") == max(bars[:10])


def test_a_hole_is_painted_with_the_pen_and_the_keys(open_tab, visit):
    query = f"{QUICK}&digit=8&index=2&sample_cover=drawn&sample_answers=2"
    page = open_tab("question", query, "")
    expect(page.locator(".question .status")).to_have_text(words()["sample_lacks_question_hole"])
    pad = page.locator(".paper-over .pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.35 * box["height"], steps=4)
    page.mouse.up()

    def hidden(page: Page) -> np.ndarray:
        colours = pixels_of(page.locator("[data-part=asked] canvas.picture"))[..., :3]
        return colours[..., 0] != colours[..., 2]

    until(page, lambda: hidden(page).any(), "a hole")
    first = hidden(page)
    assert first[9, 14] and not first[24].any()
    pad.focus()
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")  # the pen goes down
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    until(page, lambda: hidden(page)[23].any(), "the keys' hole")
    both = hidden(page)
    page.wait_for_selector(f".sample .question{DONE}")
    clean = gallery_digit(8, 2)
    mask = torch.from_numpy(~both)
    samples = sample(model(), 2, **fitting(clean, mask)).clamp(0, 1)
    until(page, lambda: all(is_close(answer(page, n), greys(samples)[n]) for n in range(2)), "the hole's answers")
    assert (answer(page, 0)[~both] == greys(clean)[0][~both]).all(), "what is known stays"
    until(page, lambda: "sample_hole" in query_of(page), "the hole in the address")
    hole = query_of(page)["sample_hole"]
    other = visit(f"tab=sample&hide=sample_growing&{query}&sample_hole={hole}", shown=f".sample .question{DONE}")
    assert np.array_equal(hidden(other), both)
    page.locator(".question .pad .undo").click()
    until(page, lambda: np.array_equal(hidden(page), first), "the first hole alone")
    page.locator(".question .pad .clear").click()
    expect(page.locator(".question .status")).to_have_text(words()["sample_lacks_question_hole"])
    until(page, lambda: "sample_hole" not in query_of(page), "the address without it")


def test_only_gaussian_noise_is_sampled_from(open_tab):
    page = open_tab("question", "noise=masking&sample_cover=noisy&sample_answers=1", "")
    expect(page.locator(".question .status")).to_have_text(words()["sample_lacks_question_gaussian"])
    page.locator("#use-gaussian").click()
    page.wait_for_selector(f".sample .question{DONE}")


def test_another_question_replaces_the_one_before(open_tab):
    page = open_tab("question", "sample_answers=6", "[data-status=running]")
    page.locator("[data-control=sample_answers] input").fill("2")
    page.keyboard.press("Enter")
    page.locator("[data-control=sample_cover] select").select_option("middle")
    page.locator("[data-control=source] input[value=pick]").focus()
    page.get_by_role("button", name=words()["pick_class"].format(digit=4)).click()
    page.wait_for_selector(f".sample .question{DONE}")
    clean = gallery_digit(4, 0)
    samples = sample(model(), 2, **fitting(clean, MIDDLE)).clamp(0, 1)
    assert all(is_close(answer(page, n), greys(samples)[n]) for n in range(2))


@pytest.mark.parametrize("part", ["growing", "question"])
def test_figures_are_saved(open_tab, tmp_path, part):
    page = open_tab(part, f"{QUICK}&sample_count=2&sample_answers=2")
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<svg")):
        with page.expect_download() as download:
            page.locator(f".{part} .save [data-format={kind}]").click()
        saved = tmp_path / download.value.suggested_filename
        download.value.save_as(saved)
        assert saved.suffix == f".{kind}" and saved.read_bytes().startswith(start)
        if kind == "png":  # what is hidden is chequered, as on the page
            seen = Image.open(saved).convert("RGB")
            colours = {colour for _, colour in seen.getcolors(seen.width * seen.height)}
            assert ({(62, 74, 92), (44, 54, 68)} <= colours) == (part == "question")
    text = saved.read_text(encoding="utf-8")
    assert "data:image/png" in text and "β = 0.5" in text


def test_a_film_is_recorded(open_tab, tmp_path):
    page = open_tab("growing", "sample_schedule=ladder&sample_sigmas=3&sample_count=2")
    with page.expect_download(timeout=30_000) as download:
        page.locator("#save-film").click()
        expect(page.locator(".save [role=status]")).to_contain_text("%")
    film = tmp_path / download.value.suggested_filename
    download.value.save_as(film)
    assert film.suffix == ".webm"
    assert film.read_bytes()[:4] == bytes.fromhex("1a45dfa3"), "WebM is Matroska is EBML"
    assert film.stat().st_size > 5_000
    lasts = """(bytes) => new Promise((done) => {
      const video = document.createElement("video");
      video.onloadedmetadata = () => done([video.videoWidth, video.videoHeight]);
      video.onerror = () => done(null);
      video.src = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: "video/webm" }));
    })"""
    assert page.evaluate(lasts, list(film.read_bytes())) == [1280, 720]


def test_without_a_recorder_the_film_says_why(blank, site_url):
    page = blank()
    page.add_init_script("delete window.MediaRecorder")
    page.goto(f"{site_url}?tab=sample&hide=sample_question&sample_count=1&{QUICK}")
    page.wait_for_selector(f".growing{DONE}")
    expect(page.locator("#save-film")).to_be_disabled()
    expect(page.locator(".save [role=status]")).to_have_text(words()["sample_no_film"])


def packed(digit: torch.Tensor) -> str:
    """A digit as it is in a link."""
    return base64.urlsafe_b64encode(zlib.compress(greys(digit).tobytes())).decode().rstrip("=")


def run_script(page: Page, part: str) -> dict:
    """What the page's script makes."""
    text = page.locator(f".{part} details.code textarea").input_value()
    made: dict = {}
    exec(compile(text, "script", "exec"), made)
    return made


def test_the_script_gives_the_same_samples(open_tab, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    page = open_tab("growing", "sample_schedule=ladder&sample_sigmas=6&sample_count=2&sample_seed=8")
    made = run_script(page, "growing")
    assert all(is_close(tile(page, n, 1), greys(made["samples"])[n]) for n in range(2))
    assert (tmp_path / "samples.png").is_file()


def test_the_questions_script_gives_the_same_answers(open_tab, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    page = open_tab("question", f"digit=2&index=7&{QUICK}&sample_answers=2&sample_seed=1")
    for cover in ("left", "pixels", "coarse", "noisy", "drawn"):
        if cover == "drawn":
            hole = packed((torch.arange(28) % 3 > 0).float().view(1, 1, 28, 1).expand(1, 1, 28, 28))
            drawing = {"source": "draw", "pixels": packed(gallery_digit(6, 1))}
            ask(page, sample_cover="drawn", sample_hole=hole, sample_schedule="ladder", **drawing)
        else:
            ask(page, sample_cover=cover)
        made = run_script(page, "question")
        assert all(is_close(answer(page, n), greys(made["samples"])[n]) for n in range(2)), cover
        assert is_close(shown(page.locator("[data-part=one] canvas")), greys(made["one_step"].detach())[0]), cover
        told = float(capsys.readouterr().out.rpartition(":")[2])
        assert told == pytest.approx(float(page.locator(".measured tr[data-row=mean] td").last.inner_text()), abs=1e-3)


def test_a_link_gives_all_of_it_back(open_tab, visit):
    page = open_tab("growing", "", "")
    page.locator("[data-control=sample_model] select").select_option("conv-gaussian")
    page.locator("[data-control=sample_beta] .exact").fill("0.3")
    page.keyboard.press("Enter")
    page.locator("[data-control=sample_count] input").fill("99")  # more than there may be
    page.keyboard.press("Enter")
    expect(page.locator("[data-control=sample_count] input")).to_have_value("20")
    page.locator("[data-control=sample_count] input").fill("3")
    page.keyboard.press("Enter")
    page.locator("#new-sample-seed").click()
    found = query_of(page)
    assert found["sample_model"] == "conv-gaussian" and found["sample_beta"] == "0.3" and found["sample_count"] == "3"
    other = visit(urlsplit(page.url).query, shown=f".growing{DONE}")
    end = sample(model("conv-gaussian"), 3, seed=int(found["sample_seed"]), schedule=Ascent(beta=0.3))
    assert all(is_close(tile(other, n, 1), greys(end)[n]) for n in range(3))


def test_nonsense_in_a_link_is_replaced(open_tab):
    page = open_tab(
        "question",
        "sample_hole=!!&sample_cover=nothing&sample_answers=1&sample_beta=x&sample_schedule=ladder&sample_sigmas=2",
    )
    expect(page.locator("[data-control=sample_cover] select")).to_have_value("lower")


def test_what_is_shown_stays_while_another_tab_is_open(open_tab):
    page = open_tab("growing", f"{QUICK}&sample_count=2")
    before = tile(page, 0, 1)
    page.locator("#tab-results").click()
    page.wait_for_selector(".results tbody tr")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#tab-sample").click()
    page.wait_for_selector(f".growing{DONE}", timeout=2000)
    assert np.array_equal(tile(page, 0, 1), before) and not [url for url in asked if "checkpoints" in url]


@pytest.mark.parametrize(("scheme", "lang", "context"), [("light", "zh", NARROW), ("dark", "en", {})])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(visit, scheme, lang, context):
    query = f"tab=sample&lang={lang}&{QUICK}&sample_count=20&sample_answers=2&sample_cover=drawn"
    page = visit(query, shown=f".growing{DONE}", color_scheme=scheme, **context)
    expect(page.locator(".growing h2")).to_have_text(words(lang)["sample_growing"])
    page.locator(".growing .tile").first.click()
    expect(page.locator(".opened figure")).to_have_count(7)
    page.locator(".question details.code summary").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_on_a_phone_the_digits_stay_in_sight_while_settings_are_changed(open_tab):
    page = open_tab("growing", QUICK, **NARROW)
    slider = page.locator("[data-control=sample_beta] input[type=range]")
    slider.scroll_into_view_if_needed()
    tiles, box = page.locator(".growing .held").bounding_box(), slider.bounding_box()
    assert tiles["y"] == pytest.approx(0, abs=1) and tiles["y"] + tiles["height"] < box["y"]
    assert box["y"] + box["height"] <= 844


# Begin again, until it has begun.
RESTART = """() => new Promise((begun) => {
  const growing = document.querySelector(".sample .growing");
  new MutationObserver(() => growing.dataset.status === "done" || begun()).observe(growing, { attributes: true });
  document.getElementById("growing-restart").click();
})"""


def test_engines_beside_the_pages_own_come_with_work_and_go_without(blank, site_url):
    page = blank()
    page.add_init_script("Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 })")
    page.clock.install()
    page.goto(f"{site_url}?tab=sample&hide=sample_question&sample_count=2&{QUICK}")
    done = page.locator(f".sample .growing{DONE}")
    expect(done).to_be_visible(timeout=60_000)
    assert len(page.workers) == 2
    with page.workers[-1].expect_event("close"):
        page.clock.fast_forward(60_000)
    ends = tile(page, 1, 1)
    page.evaluate(RESTART)
    expect(done).to_be_visible(timeout=60_000)
    assert len(page.workers) == 2
    assert np.array_equal(tile(page, 1, 1), ends)
