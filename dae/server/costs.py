"""What a question costs, told from what it asks before anything of it is worked on: seconds of one core, megabytes.

Rough, and rather too much than too little: measured on one core of an ordinary machine, where nothing is remembered
of the questions before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dae import checkpoints
from dae.checkpoints import CheckpointError
from dae.cost import cost
from dae.figures.grid import FEW, MANY
from dae.models import ModelConfig
from dae.server import networks
from dae.server.calls import MOST
from dae.server.line import CHEAP, Cost
from dae.server.protocol import Message, pictures, training
from dae.server.slides import GRID_LEVELS

SPEED = 2e10  # multiplications of networks in a second
GALLERY = 5000  # digits whose codes are compared
READING = 5e7  # bytes of questions in a second
DRAWING = Cost(0.3, 40)  # a figure for a slide, whatever is in it
# Seconds for one picture at one level; those that are fitted are made anew for each digit.
BASELINES = {"median": 0.01, "tv": 0.015, "nlm": 0.01, "wiener": 0.3, "memoriser": 0.05}


def reading(body: bytes) -> Cost:
    """Of finding out what is asked."""
    return Cost(len(body) / READING, 4 * len(body) / 1e6)


def of(question: Message) -> Cost:
    """Of answering a question of the page."""
    work = COSTS.get(type(question))
    return CHEAP if work is None else work(question)


def of_call(name: str, arguments: tuple[Any, ...]) -> Cost:
    """Of a call of a public function, whatever its arguments are."""
    if name in ("models", "results"):
        return Cost(0.02)
    if name == "corrupt":
        return Cost(0.15)
    first, model = (arguments[0], arguments[-1]) if name != "features" else (None, arguments[0])
    if not isinstance(model, str) or model not in networks.names():
        return CHEAP  # is refused
    if name == "features":
        return _codes(model)
    count = min(len(first), MOST) if isinstance(first, list) else 1
    return Cost(0.05 + count * (0.001 + _multiplications(model) / SPEED), 100)


def _config(model: str) -> ModelConfig | None:
    """Of a network, a visitor's too; None where there is none that can be read: then the question is refused."""
    if (own := networks.kept(model)) is not None:
        return own.network.config
    try:
        return checkpoints.info(model).model if model in networks.names() else None
    except CheckpointError:
        return None


def _multiplications(model: str) -> int:
    """Of one picture's way through a network."""
    config = _config(model)
    return 0 if config is None else cost(config).multiplications


def _codes(model: str) -> Cost:
    """Of the gallery's codes and what follows from them, unless they are known."""
    config = _config(model)
    if config is None or not config.has_code or networks.has_codes(model):
        return Cost(0.1)
    return Cost(0.2 + GALLERY * cost(config).multiplications / 2 / SPEED, 100)  # the encoder is half of a network


def _plus(one: Cost, other: Cost) -> Cost:
    return Cost(*(left + right for left, right in zip(one, other, strict=True)))


def _denoise(question: pictures.Classical) -> Cost:
    return Cost(len(question.levels) * sum(BASELINES[name] for name in set(question.denoisers)), 60)


def _grid(question: pictures.GridFigure) -> Cost:
    def row(name: str) -> float:
        return BASELINES[name] if name in BASELINES else 0.01 + _multiplications(name) / SPEED

    work = GRID_LEVELS * sum(row(name) for name in (each.denoiser for each in question.rows))
    count = len(question.rows)
    megabytes = 15 if count <= FEW else 6 if count <= MANY else 3  # for a row, at its size
    return _plus(DRAWING, Cost(work + 0.03 * count, megabytes * count))


def _stage(question: pictures.StageFigure) -> Cost:
    return _plus(DRAWING, Cost(question.passes * _multiplications(question.model) / SPEED))


def _dictionary(question: pictures.DictionaryFigure) -> Cost:
    count = len(question.features)
    return _plus(_plus(DRAWING, _codes(question.model)), Cost(0.0015 * count, 0.4 * count))  # 224 x 224 pixels each


def _codes_figure(question: pictures.CodesFigure) -> Cost:
    return _plus(_plus(DRAWING, _codes(question.model)), Cost(0.4, 40))


COSTS: dict[type[Message], Callable[[Any], Cost]] = {
    pictures.Classical: _denoise,
    pictures.Neighbourhood: lambda question: _codes(question.model),
    pictures.Embedding: lambda question: Cost(0.05),  # it is computed in the background
    pictures.GridFigure: _grid,
    pictures.DictionaryFigure: _dictionary,
    pictures.CurvesFigure: lambda question: DRAWING,
    pictures.CodesFigure: _codes_figure,
    pictures.StageFigure: _stage,
    training.SettingsQuestion: lambda question: Cost(0.05, 20),
    training.NetworkFile: lambda question: Cost(0.1 + len(question.file) / 5e7, 3 * len(question.file) / 1e6),
    training.NetworkKey: lambda question: Cost(0.15, 60),
}
