"""The page's strings: complete, and the same places to fill in both languages."""

import re
from string import Formatter

import pytest

from dae.noise import NOISES
from dae.pictures import REASONS
from dae.recipes import RECIPES
from dae.ui.text import MODELS, TEXT, browser_language, text


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", TEXT)
def test_both_languages_say_it(key):
    english, chinese = TEXT[key]
    assert english.strip() and chinese.strip()
    assert places(english) == places(chinese)
    assert not re.search(r"[\u4e00-\u9fff]", english) or key == "switch_language"


def test_most_strings_are_translated():
    same = [key for key, (english, chinese) in TEXT.items() if english == chinese]
    assert len(same) < 0.2 * len(TEXT), same


def test_every_noise_and_every_refusal_has_its_words():
    for noise in NOISES:
        assert f"noise_{noise}" in TEXT and f"about_{noise}" in TEXT
    for reason in set(REASONS) - {"not_an_image"}:  # an upload is always an image by then
        assert f"image_{reason}" in TEXT


def test_every_recipe_has_its_line_in_chinese():
    assert set(MODELS) == set(RECIPES)
    assert all(re.search(r"[\u4e00-\u9fff]", line) for line in MODELS.values())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("de-DE,zh;q=0.5", "zh"),
        ("tlh", "en"),
        ("", "en"),
        (None, "en"),
        (";;;,,,q=", "en"),
    ],
)
def test_the_browser_says_which_language(header, language):
    assert browser_language(header) == language


def test_unknown_languages_are_english():
    assert text("noise", "tlh") == TEXT["noise"][0]
