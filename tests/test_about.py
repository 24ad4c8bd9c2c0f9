"""The About tab: well-formed in both languages, and true to the files it speaks of."""

import base64
import html
import io
import re
import xml.etree.ElementTree as ET
from string import Formatter
from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch
from PIL import Image

import dae
from dae import checkpoints, data, formulas
from dae.checkpoints import Info
from dae.models import ModelConfig, build
from dae.noise import NOISES
from dae.stages import LOSSES
from dae.ui import about_tab, models
from dae.ui.session import Lesson
from dae.ui.text import LANGUAGES, PROSE, TEXT, text

HOSTILE = "<img src=x onerror=alert(1)></td>\"'&amp; ${1+1} {{value}} {names} <script>"
FIGURES = [
    {"noise": "clean", "level": 0.0, "clip": None, "digits": 10_000, "mse": 0.00123, "psnr": 29.1, "ssim": 0.981},
    {"noise": "gaussian", "level": 0.7, "clip": False, "digits": 10_000, "mse": 0.0456, "psnr": 13.4, "ssim": 0.62},
]
STAGE = {"noises": [{"key": "gaussian", "high": 1.0, "low": 0.0, "clip": False}], "loss": "bce_with_logits"}


def words(element: ET.Element) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def page(lang: str = "en") -> ET.Element:
    return ET.fromstring(about_tab.page(lang))


def rows(lang: str = "en") -> dict[str, ET.Element]:
    """Model -> its row of the table."""
    tables = page(lang).iterfind(".//table[@class='models']")
    return {words(row.find("th/code")): row for table in tables for row in table.iterfind("tbody/tr")}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty checkpoints folder."""
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    yield tmp_path


def write(path, precision="float32", **fields):
    """A small checkpoint whose header says `fields`."""
    known = {
        "recipe": {"name": path.stem, "summary": "a test", "stages": [STAGE]},
        "seed": 0,
        "data": "55,000 digits",
        "figures": FIGURES,
        "seconds": 600.0,
        "steps": 12_345,
    }
    network = build(ModelConfig(hidden=(16,), latent_dim=9))
    return checkpoints.save(path, network, Info(model=network.config, **(known | fields)), precision)


@pytest.mark.parametrize("key", PROSE)
def test_both_languages_say_it_with_the_same_places(key):
    english, chinese = ({name for _, name, _, _ in Formatter().parse(words) if name} for words in PROSE[key])
    assert english == chinese
    assert key not in TEXT
    assert not re.search(r"[\u4e00-\u9fff]", PROSE[key][0])


def test_all_but_names_are_translated():
    same = [key for key, (english, chinese) in PROSE.items() if english == chinese]
    assert len(same) < 0.1 * len(PROSE), same


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_well_formed_and_accessible(lang):
    article = page(lang)
    assert len(article.findall("section")) == len(article.findall("section/h2")) == 8
    assert all(head.get("scope") in ("row", "col") for head in article.iter("th"))
    identifiers = [element.get("id") for element in article.iter() if element.get("id")]
    assert len(identifiers) == len(set(identifiers))
    for picture in article.iter("svg"):
        labels = (picture.get("aria-labelledby") or "").split()
        assert picture.get("role") == "img"
        assert picture.get("aria-label") or (labels and set(labels) <= set(identifiers))
    assert bool(re.search(r"[\u4e00-\u9fff]", words(article))) == (lang == "zh")
    assert not re.search(r"[{}]", words(article))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_references_lead_to_addresses(lang):
    links = [link.get("href") for link in page(lang).iter("a")]
    for _, _, _, _, address in about_tab.PAPERS.values():
        assert links.count(address) >= 1
    assert all(re.match(r"https?://|\?", link) for link in links)


def test_each_noise_and_each_loss_has_its_formula_and_words():
    assert set(formulas.NOISES) == set(NOISES)
    assert set(about_tab.LOSSES) == set(LOSSES)
    for key in formulas.LOSSES:
        assert {f"loss_{key}_title", f"loss_{key}_about"} <= set(PROSE)


def test_the_noise_table_says_what_the_registry_says():
    table = page().find(".//table[@class='noises']")
    levels = [words(row.findall("td")[-1]) for row in table.iterfind("tbody/tr")]
    assert levels == [f"{noise.symbol} 0 – {noise.maximum:g}" for noise in NOISES.values()]


@pytest.mark.parametrize("name", checkpoints.names())
def test_the_table_says_what_the_shipped_files_say(name):
    info = checkpoints.info(name)
    row = words(rows()[name])
    shown = [float(number) for number in re.findall(r"(\d\.\d{4}) ", row)]
    assert shown == pytest.approx([figure["mse"] for figure in info.figures], abs=0.5e-4)
    shown = [float(number) for number in re.findall(r"(\d+\.\d) dB", row)]
    assert shown == pytest.approx([figure["psnr"] for figure in info.figures], abs=0.051)
    shown = [float(number) for number in re.findall(r"dB (-?\d\.\d\d)", row)]
    assert shown == pytest.approx([figure["ssim"] for figure in info.figures], abs=0.0051)
    assert info.data in row
    assert f"{info.steps:,} steps" in row
    assert f"{dae.load(name).parameter_count:,} parameters" in row


@pytest.mark.parametrize("precision", checkpoints.PRECISIONS)
def test_parameters_are_counted_without_the_weights(folder, precision):
    # 784 - 16 - 9 and back: weights 2 * (784 * 16 + 16 * 9), biases 16 + 9 + 16 + 784
    write(folder / "small.safetensors", precision)
    assert checkpoints.parameter_count("small") == dae.load("small").parameter_count == 26_201


def test_a_row_in_full(folder):
    file = write(folder / "small.safetensors")
    cells = [words(cell) for cell in rows()["small"].iterfind("td")]
    assert cells[0] == f"fully connected16 → code of 926,201 parameters{file.stat().st_size / 1e6:.1f} MB"
    assert cells[1] == "55,000 digitsGaussian σ 0 – 1 unclippedcross-entropy with logits12,345 steps, 10 min"
    assert cells[2] == ("clean 0.0012 29.1 dB 0.98Gaussian σ 0.7 unclipped 0.0456 13.4 dB 0.62on 10,000 digits")


def test_a_header_is_shown_as_text(folder):
    stage = {"noises": [{"key": HOSTILE, "high": 1.0}], "loss": HOSTILE}
    write(folder / "<b>&.safetensors", recipe={"summary": HOSTILE, "stages": [stage]}, data=HOSTILE)
    row = rows()["<b>&"]
    assert not {"img", "script", "b"} & {element.tag for cell in row.findall("td")[:2] for element in cell.iter()}
    assert words(row).count(words(ET.fromstring(f"<p>{html.escape(HOSTILE)}</p>"))) == 4


@pytest.mark.parametrize(
    "fields",
    [
        {"recipe": {}},
        {"recipe": {"stages": 3}},
        {"recipe": {"stages": [{"noises": ["gaussian"], "loss": "mse"}]}},
        {"recipe": {"stages": [{"noises": [{"key": [], "high": 1.0}], "loss": "mse"}]}},
        {"recipe": {"stages": [{"noises": [{"key": "gaussian", "high": "<b>"}], "loss": []}]}},
        {"figures": [{"noise": "clean"}]},
        {"figures": [FIGURES[0] | {"mse": "<b>"}]},
        {"figures": [FIGURES[0] | {"digits": None}]},
    ],
)
def test_a_header_without_sense_gets_a_line(folder, fields):
    write(folder / "good.safetensors")
    write(folder / "odd.safetensors", **fields)
    shown = rows()
    assert words(shown["odd"].find("td")) == text("models_damaged", "en")
    assert len(shown["good"].findall("td")) == 3


def test_damaged_files_get_a_line(folder):
    whole = write(folder / "good.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[:200])
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "gone.safetensors").symlink_to(folder / "nowhere")
    for lang in LANGUAGES:
        shown = rows(lang)
        for name in ("cut", "empty", "gone"):
            assert words(shown[name].find("td")) == text("models_damaged", lang)
        assert "0.0456" in words(shown["good"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_models_the_page_says_so(folder, lang):
    section = page(lang).find("section[@data-section='models']")
    assert re.sub("<.*?>", "", text("no_models", lang)) in words(section)
    assert section.find(".//table") is None
    assert "reconstruction" not in about_tab.pictures()["images"]


def test_links_open_what_they_ask_about(folder):
    write(folder / "plain.safetensors")
    write(folder / "conv-gaussian.safetensors")
    links = [link.get("href") for link in page("zh").find("section[@data-section='lesson']").iter("a")]
    asked = [Lesson.read(dict(parse_qsl(link.removeprefix("?"))), models.names()) for link in links]
    assert [lesson.query() for lesson in asked] == [lesson.query() for lesson in about_tab.EXPERIMENTS.values()]
    assert {(lesson.tab, lesson.lang) for lesson in asked} == {("denoise", "zh")}


def pixels(source: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/png;base64,")))))


def test_the_pictures_are_a_real_run(folder):
    write(folder / "conv-gaussian.safetensors")
    shown = about_tab.pictures()
    lesson = Lesson()
    digits = data.gallery()
    clean = digits.images[digits.labels == lesson.digit][lesson.index][None]
    noisy = dae.corrupt(clean, lesson.noise, lesson.level, seed=lesson.seed)
    network = dae.load("conv-gaussian")
    expected = {"clean": clean, "noisy": noisy, "reconstruction": network(noisy)}
    for part, image in expected.items():
        assert np.abs(pixels(shown["images"][part]) / 255 - image[0, 0].numpy()).max() < 0.0025
    code = network.encode(noisy)[0]
    cells = pixels(shown["images"]["code"])
    assert cells.flatten()[: len(code)].argmax() == code.argmax()
    assert cells.flatten()[: len(code)].argmin() == code.argmin()
    assert (pixels(shown["images"]["code_wide"]) == cells.T).all()
    assert set(shown["images"]) >= {f"noise_{key}" for key in NOISES}
    assert shown["figures"]["model"] == "conv-gaussian"
    for name, image in (("noisy_mse", noisy), ("restored_mse", expected["reconstruction"])):
        assert float(shown["figures"][name]) == pytest.approx(torch.mean((image - clean) ** 2).item(), abs=0.5e-4)


def test_another_network_stands_in_for_a_damaged_one(folder):
    (folder / "conv-gaussian.safetensors").write_bytes(b"nothing")
    write(folder / "other.safetensors")
    assert about_tab.pictures()["figures"]["model"] == "other"


def test_writing_the_page_loads_no_network(folder, monkeypatch):
    write(folder / "small.safetensors")
    monkeypatch.setattr(checkpoints, "read", lambda path: pytest.fail("a network is loaded"))
    about_tab.page("en")
