"""What is mechanical of how the page's words are written: punctuation, and terms that have one name only."""

import json
import re
from collections.abc import Iterator

import pytest

from dae import manifest

HAN = "\u3400-\u9fff"
# What is said otherwise: eigenvalues, accuracies that are lost, ... are other things.
OTHERWISE_IN_CHINESE = {
    "特征值": "特征的取值",
    "读作": "识别为",
    "共享权重": "权重绑定",
    "遮蔽": "掩码",
    "生命期": "生命周期",
    "死亡": "失活",
    "正确答案": "目标",
    "潜在空间": "潜空间",
    "隐空间": "潜空间",
    "重构": "重建",
    "降噪": "去噪",
    "编码空间": "潜空间",
    "正确率": "准确率",
    "带噪(?!声)": "加噪",
}
OTHERWISE_IN_ENGLISH = {
    r"\bspoil": "add noise to, corrupt",
    r"(?i)\bfirst weights": "starting weights",
    r"(?i)\bhyperparam": "setting",
    r"(?i)\bdenoised (image|picture|digit)": "reconstruction",
}
SAID_ONCE = {"about_idea_2": r"\bspoil"}  # with the literature's word beside it


def texts(lang: str) -> Iterator[tuple[str, str]]:
    """Every text of the page in a language, with where it stands."""

    def within(where: str, found: object) -> Iterator[tuple[str, str]]:
        if isinstance(found, dict):
            for key, value in found.items():
                yield from within(f"{where} {key}", value)
        elif isinstance(found, list):
            for value in found:
                yield from within(where, value)
        elif isinstance(found, str):
            yield where, found

    for name in (f"{lang}.json", f"glossary.{lang}.json"):
        found = json.loads((manifest.PAGE / "words" / name).read_text(encoding="utf-8"))
        for where, text in within("", found):
            yield where.strip(), text
    for path in sorted((manifest.PAGE / "lessons").glob("*.json")):
        for where, text in within(path.name, json.loads(path.read_text(encoding="utf-8"))):
            if where.endswith(f" {lang}"):
                yield where, text


def test_there_are_texts_to_look_at():
    assert all(len(list(texts(lang))) > 500 for lang in ("en", "zh"))


def test_chinese_has_full_width_punctuation():
    for where, text in texts("zh"):
        bare = re.sub(r"\{\w+\}", "0", re.sub(r"<[^>]*>", "", text))
        assert not re.search(rf"[{HAN}][,;:?!()]|[,;:?!()][{HAN}]|[{HAN}]\.(\s|$)|\.\.\.", bare), (where, text)
        assert not re.search(rf"[{HAN}][\"']|[\"'][{HAN}]", bare), (where, text)
        assert not re.search(rf"[，。；：？！、] |[{HAN}] [{HAN}]", bare), (where, text)


def test_english_has_its_own_punctuation():
    for where, text in texts("en"):
        assert not re.search(rf"[，。；：？！、（）{HAN}]", text) or where == "switch_language", (where, text)


@pytest.mark.parametrize(("lang", "otherwise"), [("zh", OTHERWISE_IN_CHINESE), ("en", OTHERWISE_IN_ENGLISH)])
def test_a_thing_has_one_name(lang, otherwise):
    for where, text in texts(lang):
        for banned, instead in otherwise.items():
            if SAID_ONCE.get(where) != banned:
                assert not re.search(banned, text), f"{where} says {banned!r} for {instead!r}: {text}"


def test_chinese_lessons_call_buttons_and_menus_by_what_is_on_them():
    labels = set(json.loads((manifest.PAGE / "words" / "zh.json").read_text(encoding="utf-8")).values())
    named = [(where, each) for where, text in texts("zh") for each in re.findall(r"(?:点击|打开)“([^”]+)”", text)]
    assert len(named) >= 10
    for where, each in named:
        assert each in labels, (where, each)
