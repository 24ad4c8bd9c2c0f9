"""The static edition: `python -m dae site OUT`."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from dae import checkpoints, data, manifest, site
from dae.__main__ import main


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("static") / "out"
    assert main(["site", str(folder)]) == 0
    return folder


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_it_is_small_and_whole(made):
    assert site.size(made) < site.MOST_BYTES
    kept = read(made / "files.json")
    for name in [*kept["page"], *kept["others"]]:
        assert (made / name).exists(), name
    said = read(made / "page" / "manifest.json")
    assert said["edition"] == "static"
    names = {model["name"] for model in said["models"]}
    assert {*site.always(), "wta-2000"} <= names
    assert names | set(said["leftOut"]) == set(checkpoints.names())
    assert names == {path.stem for path in (made / "checkpoints").glob("*.safetensors")} - {"verdict", "ink"}
    for model in said["models"]:
        assert (made / "checkpoints" / f"{model['name']}.safetensors").stat().st_size == model["bytes"]


def test_lessons_and_what_they_show_are_kept_offline(made):
    """A class walks through a lesson whose network is gone."""
    for kept in (read(made / "files.json"), site.offline()):
        assert {f"page/lessons/{name}.json" for name in manifest.manifest()["lessons"]} <= set(kept["page"])
        assert {f"checkpoints/{name}.safetensors" for name in site.lesson_models()} <= set(kept["others"])
    assert {"plain", "fc-gaussian"} <= set(site.lesson_models())


def test_its_gallery_are_the_first_digits_of_each_class(made):
    digits = data.gallery().images.reshape(10, -1, 784)
    for digit in range(10):
        kept = np.frombuffer((made / "gallery" / f"{digit}.bin").read_bytes(), np.uint8).reshape(-1, 784)
        assert len(kept) == site.PER_CLASS == read(made / "page" / "manifest.json")["gallery"]["perClass"]
        assert (kept == (digits[digit, : len(kept)] * 255).round().numpy()).all()
    assert 10 * site.PER_CLASS >= 1_000


def test_it_names_no_address_outside_its_folder(made):
    """It works from any path: what the page loads is relative."""
    html = (made / "index.html").read_text(encoding="utf-8")
    for address in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert not address.startswith(("/", "http")), address
        assert (made / address).is_file(), address
    for address in re.findall(r'"(\./page/vendor/[^"]+)"', html):
        assert (made / address).is_file(), address


def test_it_is_a_static_space(made):
    _, header, text = (made / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(header)
    assert card["sdk"] == "static" and (made / card["app_file"]).is_file()
    assert len(card["short_description"]) <= 60
    assert (made / "page" / "preview.png").is_file()  # what previews of its links show
    assert text.strip()


def test_a_folder_that_holds_something_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["site", str(tmp_path)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_pages_files_are_all_there():
    for name in site.page_files():
        assert (manifest.PAGE.parent / name).is_file()
    assert "page/app.js" in site.page_files()
