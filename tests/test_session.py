"""The lesson: what a link may say, and what it may not."""

from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dae.noise import NOISES
from dae.ui.session import (
    HIDEABLE,
    LANGUAGES,
    MAX_SEED,
    SOURCES,
    TABS,
    Lesson,
    clamp_level,
    clamp_seed,
    decode_digit,
    encode_digit,
)

MODELS = ("conv-gaussian", "plain")
DIGIT = np.arange(784, dtype=np.uint8).reshape(28, 28)


@st.composite
def lessons(draw) -> Lesson:
    noise = draw(st.sampled_from(list(NOISES)))
    source = draw(st.sampled_from(SOURCES))
    picked = source == "pick"
    return Lesson(
        source=source,
        digit=draw(st.integers(0, 9)) if picked else Lesson.digit,
        index=draw(st.integers(0, 499)) if picked else Lesson.index,
        noise=noise,
        level=round(draw(st.floats(0, NOISES[noise].maximum)), 4),
        clip=draw(st.booleans()) if noise == "gaussian" else True,
        seed=draw(st.integers(0, MAX_SEED)),
        model=draw(st.sampled_from(MODELS)),
        pixels="" if picked else encode_digit(DIGIT),
        hide=tuple(name for name in HIDEABLE if draw(st.booleans())),
    )


@given(lessons())
def test_a_link_gives_the_lesson_back(lesson):
    assert Lesson.read(dict(parse_qsl(lesson.query())), MODELS) == lesson


nonsense = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["nan", "inf", "-inf", "1e400", "-1", "2000", "0x10", "<b>", "../../etc/passwd", "٣", "gaussian"]),
)


@given(st.dictionaries(st.sampled_from([*Lesson.__dataclass_fields__, "junk"]), nonsense))
def test_anything_in_a_link_gives_a_lesson_in_range(query):
    lesson = Lesson.read(query, MODELS)
    assert lesson.tab in TABS and lesson.source in SOURCES and lesson.lang in ("", *LANGUAGES)
    assert 0 <= lesson.digit <= 9 and 0 <= lesson.index <= 499
    assert lesson.noise in NOISES and 0 <= lesson.level <= NOISES[lesson.noise].maximum
    assert 0 <= lesson.seed <= MAX_SEED and lesson.model in MODELS
    assert set(lesson.hide) <= set(HIDEABLE)
    assert lesson.source == "pick" or decode_digit(lesson.pixels) is not None


@pytest.mark.parametrize(
    ("query", "field", "expected"),
    [
        ({"level": "2000"}, "level", 1.5),
        ({"level": "-1"}, "level", 0.0),
        ({"level": "nan"}, "level", 0.5),
        ({"noise": "block", "level": "0.9"}, "level", 0.8),
        ({"noise": "speckle"}, "level", 1.0),
        ({"seed": "1e12"}, "seed", MAX_SEED),
        ({"digit": "12"}, "digit", 9),
        ({"model": "../plain"}, "model", "conv-gaussian"),
        ({"model": "plain"}, "model", "plain"),
        ({"hide": "seed,nothing,model"}, "hide", ("seed", "model")),
        ({"source": "draw"}, "source", "pick"),
        ({"tab": "about"}, "tab", "about"),
        ({"clip": "0"}, "clip", False),
    ],
)
def test_values_are_clamped_or_replaced(query, field, expected):
    assert getattr(Lesson.read(query, MODELS), field) == expected


def test_without_any_model_a_lesson_can_still_be_read():
    assert Lesson.read({"model": "plain"}, ()).model == Lesson.model


@given(st.binary(min_size=784, max_size=784))
def test_a_digit_survives_the_link_unless_it_is_too_long(content):
    digit = np.frombuffer(content, np.uint8).reshape(28, 28)
    assert np.array_equal(decode_digit(encode_digit(digit)), digit)


@given(st.text(max_size=100))
def test_other_text_is_no_digit(content):
    digit = decode_digit(content)
    assert digit is None or digit.shape == (28, 28)


def test_a_packed_bomb_is_not_unpacked():
    import base64
    import zlib

    bomb = base64.urlsafe_b64encode(zlib.compress(bytes(10**6), 9)).decode().rstrip("=")
    assert len(bomb) < 2000
    assert decode_digit(bomb) is None


@pytest.mark.parametrize("value", [None, "x", float("nan"), [], {}, "1e999"])
def test_arguments_that_are_no_numbers(value):
    assert 0 <= clamp_level("masking", value) <= 0.95
    assert 0 <= clamp_seed(value) <= MAX_SEED
