"""The glossary: both languages say every term, and what the page asks about is there."""

import json
import re

import pytest

from dae import formulas, manifest

WORDS = manifest.PAGE / "words"


def groups(lang: str) -> dict[str, dict]:
    return json.loads((WORDS / f"glossary.{lang}.json").read_text(encoding="utf-8"))


def terms(lang: str) -> dict[str, dict[str, str]]:
    return {key: words for group in groups(lang).values() for key, words in group["terms"].items()}


def test_both_languages_have_the_same_terms_in_the_same_order():
    english, chinese = ({key: list(group["terms"]) for key, group in groups(lang).items()} for lang in ("en", "zh"))
    assert list(english.items()) == list(chinese.items())
    assert sum(map(len, english.values())) == len(terms("en")), "no term twice"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_term_has_a_name_and_a_short_text(lang):
    for key, words in terms(lang).items():
        assert set(words) == {"name", "text"} and words["name"], key
        length = len(words["text"].split()) if lang == "en" else len(words["text"])
        assert 5 <= length <= (60 if lang == "en" else 110), key
        assert words["text"][-1] in ".。" and not re.search(r"[<>{}]", words["text"]), key


def test_formulas_are_of_terms():
    assert set(formulas.TERMS) <= set(terms("en"))


def test_what_the_page_asks_about_is_explained():
    """Terms that are put together (`of=${noise.key}`) are asked about in the browser's tests."""
    asked = set()
    for path in (manifest.PAGE / "views").rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'<\$\{Term\} of="(\w+)"', source))
        for row in re.findall(r"<\$\{Terms\} of=\$\{([^}]*)\}", source):
            asked |= set(re.findall(r'"(\w+)"', re.sub(r".*===\s*\"\w+\"", "", row)))
    assert len(asked) > 25 and asked <= set(terms("en"))
