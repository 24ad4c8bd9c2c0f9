"""Questions about digits, codes and figures."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dae.server.protocol.basics import (
    MOST_FEATURES,
    Baseline,
    Corrupted,
    DigitPixels,
    Floats,
    Format,
    Label,
    Level,
    Message,
    Metric,
    Name,
    Noise,
    Words,
)

# Digits and denoisers


class Classical(Corrupted):
    """A noisy digit for classical denoisers, at some levels; those that are fitted have never seen the digit."""

    levels: list[Level] = Field(min_length=1, max_length=31)
    denoisers: list[Baseline] = Field(min_length=1, max_length=5)


class Restoration(Message):
    """What one denoiser made of the noisy pictures."""

    denoiser: Baseline
    restored: Floats | None = Field(description="a picture for each level; null where it has no answer")
    problem: Literal["", "no_answer", "no_record"] = ""


class Restorations(Message):
    """In the order that was asked for."""

    restorations: list[Restoration]


# Codes


class Neighbourhood(Message):
    """A digit of the gallery, by its place, whose neighbours in a network's code are asked for."""

    model: Name
    index: int = Field(ge=0, lt=5000)
    count: int = Field(default=8, ge=1, le=50)


class Neighbours(Message):
    """The nearest digits of the gallery, the nearest first, without the digit itself."""

    indices: list[int]
    distances: list[float]
    scale: float = Field(description="the typical distance between two classes")


class Embedding(Message):
    """A network whose codes' t-SNE is asked for, or begun."""

    model: Name


class EmbeddingState(Message):
    """How far a t-SNE is. One is computed at a time: `waiting` while it is another network's; ask again."""

    state: Literal["running", "waiting", "done", "failed"]
    percent: int
    xy: Floats | None = Field(description="(5000, 2) where it is done")


# Figures for slides: all words are the page's, in its language


class Drawn(Message):
    """What all figures take."""

    title: Label
    caption: Words = ""
    format: Format = "png"


class Row(Message):
    """One denoiser of a grid: a network's name or key, or a classical denoiser's."""

    denoiser: Name
    label: Label


class GridFigure(Drawn, Corrupted):
    """The digit at six levels, noisy and by each denoiser."""

    noisy: Label = Field(description="what the row of noisy pictures is called")
    rows: list[Row] = Field(max_length=40)
    level_name: Label


class DictionaryFigure(Drawn):
    """The decoder's dictionary of a network, in the given order."""

    model: Name
    features: list[int] = Field(min_length=1, max_length=MOST_FEATURES)
    common: bool = Field(default=False, description="one scale of colours for all pictures, else one for each")
    less: Label = Field(description="what the colour of negative values means")
    more: Label


class Curve(Message):
    """A line of a figure: whose, what it is called, and which pair of colour and dash it has."""

    denoiser: Name
    label: Label
    style: int = Field(ge=0, lt=35)


class CurvesFigure(Drawn):
    """What was measured, over the level."""

    noise: Noise
    clip: bool | None = Field(default=None, description="Gaussian noise only, as in the records")
    metric: Metric
    curves: list[Curve] = Field(min_length=1, max_length=60)
    level_label: Label
    metric_label: Label


class CodesFigure(Drawn):
    """A network's codes of the gallery on a plane, and a digit's place among them."""

    model: Name
    plane: Literal["code", "pca", "tsne"]
    digit: DigitPixels


class StageFigure(Drawn, Corrupted):
    """The stage of the Denoise tab, 16:9: clean, noisy, restored, the error, with their figures."""

    model: Name
    level: Level
    passes: int = Field(default=1, ge=1, le=8)
    labels: list[Label] = Field(min_length=4, max_length=4, description="of the four pictures")
    notes: list[Label] = Field(default=[], max_length=4, description="a line below each picture's figures")


class File(Message):
    """A file to download."""

    name: str
    type: str
    content: str = Field(description="base64")


class Figure(File):
    """A figure for a slide."""

    missing: list[str] = Field(default=[], description="denoisers that it is without, as they have no answer")
