"""What the page's controls say: the lesson. It is read from a link and written to one."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

import numpy as np

from dae.data import GALLERY_PER_CLASS
from dae.noise import NOISES
from dae.ui.text import LANGUAGES

TABS = ("denoise", "compare", "latent", "features", "train", "results", "about")
SOURCES = ("pick", "draw", "upload")
HIDEABLE = (
    "digit",
    "draw",
    "upload",
    "noise",
    "level",
    "clip",
    "seed",
    "model",
    "strip",
    "figures",
    "error",
    "language",
)
MAX_SEED = 999_999
MAX_PASSES = 8
MAX_LINK_PIXELS = 2_000  # characters of an encoded digit; a digit takes 200 to 700


@dataclass(frozen=True)
class Lesson:
    """All that the controls say. `Lesson.read` gives the ranges; every control starts from here.

    What a tab has chosen for itself its own script writes to a link and reads from one (`daeLinks` in assets/page.js).
    """

    tab: str = "denoise"  # one of TABS
    source: str = "pick"  # one of SOURCES
    digit: int = 7  # class of the picked digit, 0 to 9
    index: int = 11  # which of the class's digits in the gallery, 0 to 499
    noise: str = "gaussian"  # a key of NOISES
    level: float = 0.5  # 0 to the noise's maximum
    clip: bool = True  # Gaussian only
    seed: int = 7  # 0 to MAX_SEED
    model: str = "conv-gaussian"  # a shipped checkpoint
    passes: int = 1  # how often the network is applied, up to MAX_PASSES
    lang: str = ""  # one of LANGUAGES, or the browser's
    pixels: str = ""  # the drawn or uploaded digit, see `encode_digit`
    hide: tuple[str, ...] = ()  # controls to leave out, of HIDEABLE

    @classmethod
    def read(cls, query: Mapping[str, str], models: tuple[str, ...]) -> Lesson:
        """A lesson from a link's query: unknown keys ignored, nonsense replaced by the default, numbers clamped.

        Args:
            query: parameter -> text, as it came.
            models: the names that may be chosen.
        """
        start = cls()
        if models and start.model not in models:
            start = replace(start, model=models[0])
        noise = known_noise(query.get("noise"))
        pixels = query.get("pixels", "")
        source = _choice(query.get("source"), SOURCES, start.source)
        if source != "pick" and decode_digit(pixels) is None:
            source, pixels = "pick", ""
        return cls(
            tab=_choice(query.get("tab"), TABS, start.tab),
            source=source,
            digit=int(_number(query.get("digit"), 0, 9, start.digit)),
            index=int(_number(query.get("index"), 0, GALLERY_PER_CLASS - 1, start.index)),
            noise=noise,
            level=clamp_level(noise, query.get("level")),
            clip=query.get("clip", "1") not in ("0", "false"),
            seed=int(_number(query.get("seed"), 0, MAX_SEED, start.seed)),
            model=_choice(query.get("model"), models, start.model),
            passes=int(_number(query.get("passes"), 1, MAX_PASSES, start.passes)),
            lang=_choice(query.get("lang"), LANGUAGES, ""),
            pixels=pixels if source != "pick" else "",
            hide=tuple(name for name in HIDEABLE if name in query.get("hide", "").split(",")),
        )

    def query(self) -> str:
        """The query string that gives this lesson back, the tab and the language left to the page."""
        values: dict[str, str] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("tab", "lang") or (each.name in ("pixels", "hide") and not value):
                continue
            if each.name in ("digit", "index") and self.source != "pick":
                continue
            if each.name == "passes" and value == 1:
                continue
            if each.name == "clip" and not NOISES[self.noise].can_clip:
                continue
            if isinstance(value, bool):
                value = int(value)
            values[each.name] = ",".join(value) if isinstance(value, tuple) else f"{value}"
        return urlencode(values, safe=",")


def _choice(value: object, choices: tuple[str, ...], default: str) -> str:
    return value if isinstance(value, str) and value in choices else default


def _number(value: object, low: float, high: float, default: float) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return default
    return min(max(number, low), high) if number == number else default


def clamp_level(noise: str, level: object) -> float:
    """A level inside the slider's range of a noise; the noise's default for what is no number."""
    return _number(level, 0.0, NOISES[noise].maximum, NOISES[noise].default)


def known_noise(noise: object) -> str:
    """A key of NOISES; the page's first noise for anything else."""
    return _choice(noise, tuple(NOISES), Lesson.noise)


def clamp_seed(seed: object) -> int:
    """A seed in range; the default for what is no number."""
    return int(_number(seed, 0, MAX_SEED, Lesson.seed))


def clamp_passes(passes: object) -> int:
    """How often the network is applied, in range; once for what is no number."""
    return int(_number(passes, 1, MAX_PASSES, Lesson.passes))


def encode_digit(digit: np.ndarray) -> str:
    """A digit, uint8 `(28, 28)`, as text that fits in a link."""
    return base64.urlsafe_b64encode(zlib.compress(digit.tobytes(), 9)).decode().rstrip("=")


def decode_digit(text: str) -> np.ndarray | None:
    """The digit of `encode_digit`, uint8 `(28, 28)`, or None for anything else."""
    if not text or len(text) > MAX_LINK_PIXELS:
        return None
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        pixels = zlib.decompressobj().decompress(packed, 28 * 28 + 1)
    except (binascii.Error, ValueError, zlib.error):
        return None
    return np.frombuffer(pixels, np.uint8).reshape(28, 28).copy() if len(pixels) == 28 * 28 else None
