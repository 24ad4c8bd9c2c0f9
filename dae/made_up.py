"""Pictures for the verdict's classifier that MNIST lacks, drawn by rules: digits as others write them, and no digits.

    images, labels = digits(4000, np.random.default_rng(0))      # flagged ones, flat threes, looped nines, ...
    images = no_digits(4000, np.random.default_rng(0))           # blank paper, noise, scribbles, printed letters

All are float32 `(N, 1, 28, 28)` in [0, 1], as large and placed as MNIST's digits are.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

SIDE, BOX = 28, 20
LETTERS = "ACEFHKLMNPRTUVWXdefhkmnprvwx"  # those that look like no digit
TRAINING_FONTS = ("DejaVuSans", "DejaVuSans-BoldOblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic")
TEST_FONTS = ("cmr10", "cmtt10", "cmss10", "STIXGeneral", "STIXGeneralItalic")

# Strokes are lists of points (x, y) in a box of height 1, y downwards.
Stroke = np.ndarray


def _line(*points: tuple[float, float]) -> Stroke:
    return np.array(points, dtype=float)


def _arc(x: float, y: float, width: float, height: float, first: float, last: float) -> Stroke:
    """Part of an ellipse around (x, y) with these half axes, from one angle to another in degrees, 90 being down."""
    angles = np.radians(np.linspace(first, last, 24))
    return np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], 1)


def _one(rng: Generator) -> list[Stroke]:
    """A stem with a flag, and often a foot."""
    slant, length, angle = rng.uniform(-0.05, 0.12), rng.uniform(0.2, 0.5), np.radians(rng.uniform(30, 65))
    top = np.array([0.4 + slant, 0.0])
    strokes = [np.array([top + length * np.array([-np.cos(angle), np.sin(angle)]), top, [0.4 - slant, 1.0]])]
    if rng.random() < 0.6:
        strokes.append(_line((0.4 - slant - rng.uniform(0.12, 0.4), 1), (0.4 - slant + rng.uniform(0.12, 0.4), 1)))
    return strokes


def _four(rng: Generator) -> list[Stroke]:
    """Closed as in print, or in one stroke with a loop where it crosses itself, or with a loop in its corner."""
    kind = rng.integers(3)
    stem, left = rng.uniform(0.35, 0.6), 0.0
    right, bar = stem + rng.uniform(0, 0.3), rng.uniform(0.35 if kind else 0.2, 0.75)
    if kind == 0:
        return [_line((stem, 1), (stem, 0), (left, bar), (right, bar))]
    arm = _line((rng.uniform(0.05, 0.3), rng.uniform(0, 0.1)), (left, bar))
    if kind == 1:
        height = rng.uniform(0.3, 0.45)
        turn = _arc(stem, bar - height / 2, max(right - stem, 0.1), height / 2, 90, -80)
        return [np.concatenate([arm, turn, _line((stem, bar - height), (stem - rng.uniform(0, 0.1), 1))])]
    size = rng.uniform(0.05, 0.1)
    loop = _arc(left, bar, size, size, 200, -70)
    return [np.concatenate([arm, loop, _line((right, bar))]), _line((stem + 0.05, rng.uniform(0, 0.3)), (stem, 1))]


def _three(rng: Generator) -> list[Stroke]:
    """With a flat top, and a corner where its bowl begins."""
    width, middle = rng.uniform(0.35, 0.55), rng.uniform(0.3, 0.45)
    start = rng.uniform(0.1, 0.6) * width
    top = _line((rng.uniform(0, 0.1), rng.uniform(-0.02, 0.12)), (width, 0), (start, middle))
    height, reach = (1 - middle) / 2, rng.uniform(0.8, 1.2) * width - start
    bowl = _arc(start, middle + height, max(reach, 0.15), height, -90, rng.uniform(100, 150))
    return [np.concatenate([top, bowl])]


def _seven(rng: Generator) -> list[Stroke]:
    """Crossed, or with a serif: what a flagged one must not be taken for, and the other way round."""
    width, foot, bend = rng.uniform(0.5, 0.7), rng.uniform(0.1, 0.35), rng.uniform(-0.03, 0.05)
    strokes = [_line((0, bend), (width, 0), (foot, 1))]
    if rng.random() < 0.6:
        middle, half = (width + foot) / 2, rng.uniform(0.12, 0.25)
        strokes.append(_line((middle - half, 0.5), (middle + half, 0.5 + rng.uniform(-0.08, 0.04))))
    if rng.random() < 0.4:
        strokes.append(_line((0, bend), (rng.uniform(-0.03, 0.03), rng.uniform(0.08, 0.2))))
    return strokes


def _nine(rng: Generator) -> list[Stroke]:
    """A tail that ends straight, in a hook, or, seldom, in a loop that comes back to it, as a g's."""
    width, height = rng.uniform(0.2, 0.3), rng.uniform(0.2, 0.28)
    right, slant = 2 * width, rng.uniform(0, 0.15)
    head = _arc(width, height, width, height, rng.uniform(-60, -10), -360)
    kind, low = rng.choice(3, p=[0.3, 0.5, 0.2]), rng.uniform(0.78, 0.9)
    if kind == 0:
        return [np.concatenate([head, _line((right - slant, 1))])]
    reach = rng.uniform(0.12, 0.35)
    end = (rng.uniform(130, 190), rng.uniform(230, 270))[kind - 1]
    tail = _arc(right - slant - reach, low, reach, 1 - low, 0, end)
    if kind == 1:
        return [np.concatenate([head, tail])]
    return [np.concatenate([head, tail, _line((right - slant + rng.uniform(0, 0.08), low - rng.uniform(0.08, 0.16)))])]


SHAPES = {1: _one, 3: _three, 4: _four, 7: _seven, 9: _nine}


def _scribble(rng: Generator) -> list[Stroke]:
    """Two or three strokes from anywhere to anywhere, with turns: more than a digit has."""
    return [rng.random((rng.integers(4, 8), 2)) * (rng.uniform(0.5, 1), 1) for _ in range(rng.integers(2, 4))]


def drawn(strokes: Sequence[Stroke], rng: Generator) -> np.ndarray:
    """Strokes as a picture (28, 28): slanted and bent a little, with a pen about as wide as MNIST's."""
    slant, shift, wave = rng.uniform(-0.15, 0.35), rng.uniform(0, 6.3, 2), rng.uniform(0, 0.03, 2)
    width = rng.uniform(1.6, 3.6)
    dense = []
    for stroke in strokes:
        steps = np.linspace(0, len(stroke) - 1, 8 * len(stroke))
        stroke = np.stack([np.interp(steps, np.arange(len(stroke)), axis) for axis in stroke.T], 1)
        x, y = stroke.T
        x = x - slant * y + wave[0] * np.sin(5 * y + shift[0])
        dense.append(np.stack([x, y + wave[1] * np.sin(5 * x + shift[1])], 1))
    points = np.concatenate(dense)
    low, high = points.min(0), points.max(0)
    scale = (BOX - width) / max(np.max(high - low), 1e-6)
    lines = [(stroke - (low + high) / 2) * scale + SIDE / 2 - 0.5 for stroke in dense]
    ink = _ink(lines, width)
    rows, columns = np.indices(ink.shape)
    centre = np.array([(columns * ink).sum(), (rows * ink).sum()]) / ink.sum()
    return _ink([line + SIDE / 2 - centre for line in lines], width)


def _ink(lines: Sequence[np.ndarray], width: float) -> np.ndarray:
    """Lines through points in pixels -> ink (28, 28): 1 within half the width, falling to 0 over a pixel."""
    rows, columns = np.indices((SIDE, SIDE))
    places = np.stack([columns, rows], -1).reshape(-1, 1, 2)
    starts, ends = (np.concatenate([line[part] for line in lines]) for part in (slice(None, -1), slice(1, None)))
    along = ends - starts
    share = ((places - starts) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9)
    nearest = starts + share.clip(0, 1)[..., None] * along
    distance = np.sqrt(((places - nearest) ** 2).sum(-1)).min(1)
    return (width / 2 + 0.5 - distance).clip(0, 1).reshape(SIDE, SIDE)


def digits(count: int, rng: Generator) -> tuple[Tensor, Tensor]:
    """Drawn digits of each of the shapes, as many: images `(count, 1, 28, 28)` and labels `(count,)`."""
    labels = np.resize(list(SHAPES), count)
    return _images([drawn(SHAPES[label](rng), rng) for label in labels]), torch.from_numpy(labels)


def letters(count: int, rng: Generator, fonts: Sequence[str] = TRAINING_FONTS) -> Tensor:
    """Printed letters `(count, 1, 28, 28)` that look like no digit, slanted and turned a little."""
    return _images([_letter(rng.choice(list(LETTERS)), rng.choice(fonts), rng) for _ in range(count)])


@functools.cache
def _font(name: str) -> Any:
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf"), 48)


def _letter(letter: str, font: str, rng: Generator) -> np.ndarray:
    from PIL import Image, ImageDraw

    from dae.shaping import drawing

    paper = Image.new("L", (112, 112))
    ImageDraw.Draw(paper).text((56, 56), letter, fill=255, font=_font(font), anchor="mm")
    paper = paper.rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC)
    shear = rng.uniform(-0.2, 0.3)
    paper = paper.transform(
        paper.size, Image.Transform.AFFINE, (1, shear, -56 * shear, 0, 1, 0), Image.Resampling.BICUBIC
    )
    return drawing(paper)[0, 0].numpy()


def noise(count: int, rng: Generator) -> Tensor:
    """Blank paper of any shade and noise of four kinds, in turns, without any digit: `(count, 1, 28, 28)`."""
    shape, pictures = (SIDE, SIDE), []
    for number in range(count):
        strength = rng.random()
        picture = (
            np.full(shape, strength * (rng.random() < 0.5)),
            rng.random(shape) * strength,
            rng.normal(0, 1.5 * strength, shape),
            (rng.random(shape) < 0.6 * strength) * 1.0,
            np.kron(rng.random((7, 7)) < strength, np.ones((4, 4))) * rng.random(),
        )[number % 5]
        pictures.append(np.clip(picture, 0, 1))
    return _images(pictures)


def no_digits(count: int, rng: Generator) -> Tensor:
    """A third each of letters, of scribbles, and of noise and blank paper: `(count, 1, 28, 28)`."""
    third = count // 3
    scribbles = _images([drawn(_scribble(rng), rng) for _ in range(third)])
    return torch.cat([letters(third, rng), scribbles, noise(count - 2 * third, rng)])


def _images(pictures: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(pictures).astype(np.float32))[:, None]
