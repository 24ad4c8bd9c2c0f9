"""Every question that the page asks Python, and every answer: one typed channel.

A question is `POST ask/<name>` with its model's JSON, relative to the page; the answer is its model's JSON. What cannot
be answered has a status of 400 and above and a `Problem`: a code that the page has words for, with values for their
places, and one English sentence. Names are camelCase, but those of `TrainingSettings`, which are `dae.trial.Settings`'
own. Pixels travel as base64 of bytes, row by row: `Pixels` one byte each, `Floats` four, little-endian.

| question | asks | answers | problems |
| --- | --- | --- | --- |
| denoise | Classical | Restorations | level |
| neighbours | Neighbourhood | Neighbours | model, no_code |
| tsne | Embedding | EmbeddingState | model, no_code, narrow |
| grid-figure | GridFigure | Figure | model, level, no_font |
| dictionary-figure | DictionaryFigure | Figure | model, no_code, no_font |
| curves-figure | CurvesFigure | Figure | nothing_measured, no_font |
| codes-figure | CodesFigure | Figure | model, no_code, not_computed, no_font |
| stage-figure | StageFigure | Figure | model, level, no_font |
| server | Nothing | Server | |
| recipes | Nothing | Recipes | |
| settings | SettingsQuestion | SettingsAnswer | those of `dae.trial.REASONS` |
| mnist | MnistQuestion | Mnist | |
| here, leave, stop | Visit | Nothing | |
| networks | Visit | Networks | |
| keep | NetworkFile | Network | file |
| forget | OwnNetwork | Networks | |
| network | NetworkKey | File | gone |

All of them: `unknown`, `malformed`, `too_much` (it costs more than anybody may ask for), `busy` (the line is full),
`replaced` (the visitor has asked the same anew, while it waited), `failed`. `here`, `leave`, `stop`, `networks` and
`forget` are answered at once; all others wait for their turn, see `dae.server.line`. The header `Visitor` says whose
question it is.

A visitor is a random text of the page's own, 20 characters and more from a cryptographic source: whoever knows it may
use the visitor's networks. The page says `here` at least once a minute while it is open, and `leave` when it goes
(`navigator.sendBeacon`); what is not heard of for three minutes is forgotten, or for 45 seconds where `here` was never
said, and the page may `keep` it again.

A run is an event of Gradio's queue: `client.submit("/train", [visitor, mode, settings, run])`, where mode is "new",
"continue", "restart" or "step", settings are TrainingSettings and run is the key of the run that is meant ("" for
"new"). It streams `Snapshot`s; what cannot begin streams one with a `problem`. `ask/stop` ends it with a last
snapshot, also while it waits; a closed stream ends it within seconds, as does one that nobody reads. Before its turn
has come a snapshot says its place in the line, see `dae.server.tickets`; a visitor has one place there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic.json_schema import models_json_schema

from dae.server.protocol import pictures, training
from dae.server.protocol.basics import LARGE, SMALL, TINY, Message, Nothing, Problem


class Exchange(NamedTuple):
    """A question with its answer."""

    question: type[Message]
    answer: type[Message]
    at_once: bool = False  # so quick that it does not wait in the line
    most_bytes: int = SMALL
    newest: bool = False  # a visitor's newest takes the place of one that waits


EXCHANGES: dict[str, Exchange] = {
    "denoise": Exchange(pictures.Classical, pictures.Restorations, newest=True),
    "neighbours": Exchange(pictures.Neighbourhood, pictures.Neighbours, newest=True),
    "tsne": Exchange(pictures.Embedding, pictures.EmbeddingState),
    "grid-figure": Exchange(pictures.GridFigure, pictures.Figure, newest=True),
    "dictionary-figure": Exchange(pictures.DictionaryFigure, pictures.Figure, newest=True),
    "curves-figure": Exchange(pictures.CurvesFigure, pictures.Figure, newest=True),
    "codes-figure": Exchange(pictures.CodesFigure, pictures.Figure, newest=True),
    "stage-figure": Exchange(pictures.StageFigure, pictures.Figure, newest=True),
    "server": Exchange(Nothing, training.Server),
    "recipes": Exchange(Nothing, training.Recipes),
    "settings": Exchange(training.SettingsQuestion, training.SettingsAnswer, newest=True),
    "mnist": Exchange(training.MnistQuestion, training.Mnist),
    "here": Exchange(training.Visit, Nothing, at_once=True, most_bytes=TINY),
    "leave": Exchange(training.Visit, Nothing, at_once=True, most_bytes=TINY),
    "stop": Exchange(training.Visit, Nothing, at_once=True, most_bytes=TINY),
    "networks": Exchange(training.Visit, training.Networks, at_once=True, most_bytes=TINY),
    "keep": Exchange(training.NetworkFile, training.Network, most_bytes=LARGE),
    "forget": Exchange(training.OwnNetwork, training.Networks, at_once=True, most_bytes=TINY),
    "network": Exchange(training.NetworkKey, pictures.File),
}


def schema() -> dict[str, Any]:
    """The JSON schema of all of it, an object with the questions and the answers by their names."""
    others = [(Problem, "serialization"), (training.Snapshot, "serialization")]
    others += [(training.Training, "validation"), (training.TrainingSettings, "validation")]
    wanted = [(each.question, "validation") for each in EXCHANGES.values()]
    wanted += [(each.answer, "serialization") for each in EXCHANGES.values()]
    references, definitions = models_json_schema(list(dict.fromkeys([*wanted, *others])), title="Protocol")

    def each(title: str, models: dict[str, tuple[type[Message], str]]) -> dict[str, Any]:
        properties = {name: references[model] for name, model in models.items()}
        return {
            "title": title,
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    parts = {
        "questions": each("Questions", {name: (each.question, "validation") for name, each in EXCHANGES.items()}),
        "answers": each("Answers", {name: (each.answer, "serialization") for name, each in EXCHANGES.items()}),
        "problem": references[(Problem, "serialization")],
        "training": references[(training.Training, "validation")],
        "snapshot": references[(training.Snapshot, "serialization")],
        "settings": references[(training.TrainingSettings, "validation")],
    }
    return {
        **definitions,
        "type": "object",
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }
