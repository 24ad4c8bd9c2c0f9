"""The rules that settings obey, each with a code: here they are checked, wherever settings are put together.

    try:
        settings.check()
    except SettingsError as error:
        error.reason, error.values                           # "batch", {"batch": "5,000", "digits": "4,500"}

A program that speaks other languages has a sentence of its own for each code.
"""

from __future__ import annotations

import functools
from typing import Any

REASONS = {
    "number": "{field} must be a number, a whole one where things are counted.",
    "range": "{field} must lie between {low} and {high}.",
    "learning_rate": "A learning rate of {value} is out of range: it must lie between {low} and {high}.",
    "batch": "A batch of {batch} is larger than the {digits} training digits.",
    "choice": "{field} cannot be {value}.",
    "widths": "This network takes {fewest} to {most} layers of 1 to {largest} units.",
    "levels": "The levels of this noise lie between 0 and {limit}, low first.",
    "kl_unbounded": "The KL penalty compares probabilities: it needs codes in (0, 1), so a sigmoid code.",
    "bce_unbounded": "Binary cross-entropy reads the output as probabilities: it needs a sigmoid output.",
    "tied_conv": "Tied weights exist for the fully connected network only.",
    "topk_all": "Top {k} of a code of {code} keeps everything: choose a smaller k.",
    "weights": "The weights of {name} fit its own network only: choose random weights for another one.",
    "size": "This network has more than {most} parameters: choose a smaller code or smaller layers.",
    "work": "A step of this network with this batch would take too long: choose a smaller code, layers or batch.",
}


class SettingsError(ValueError):
    """Settings that make no sense, in a sentence; `reason` is a key of REASONS and `values` fill its places."""

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(REASONS[reason].format(**values))
        self.reason, self.values = reason, values

    def __reduce__(self) -> tuple:  # it comes back from another process
        return functools.partial(SettingsError, self.reason, **self.values), ()


def check_batch(batch: int, digits: int) -> None:
    """A batch holds no digit twice."""
    if batch > digits:
        raise SettingsError("batch", batch=f"{batch:,}", digits=f"{digits:,}")


def check_penalty(sparsity: str, code_activation: str) -> None:
    """`sparsity`: one of `dae.sparsity.KINDS`."""
    if sparsity == "kl" and code_activation != "sigmoid":
        raise SettingsError("kl_unbounded")


def check_loss(loss: str, output: str) -> None:
    """`loss`: one of `dae.stages.LOSSES`; `output`: one of `dae.models.OUTPUTS`."""
    if loss != "mse" and output != "sigmoid":
        raise SettingsError("bce_unbounded")


def check_tie(tied: bool, architecture: str) -> None:
    """`architecture`: a key of `dae.models.ARCHITECTURES`."""
    if tied and architecture != "mlp":
        raise SettingsError("tied_conv")


def check_kept(k: int, latent_dim: int) -> None:
    """A top-k code leaves something out."""
    if k >= latent_dim:
        raise SettingsError("topk_all", k=k, code=latent_dim)
