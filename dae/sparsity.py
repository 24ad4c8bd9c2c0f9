"""Sparse codes: hard (top-k, lifetime) as functions on the code, soft (L1, KL) as penalties on it.

Codes are `(N, latent_dim)`. A sparsity is a part that any autoencoder can carry, not a model of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

KINDS = ("none", "topk", "lifetime", "l1", "kl")


@dataclass(frozen=True)
class Sparsity:
    """Which sparsity a code has, and how strong it is."""

    kind: str = "none"  # one of KINDS
    k: int = 16  # topk: how many values each sample keeps
    fraction: float = 0.05  # lifetime: the share of a batch in which each unit may be active
    weight: float = 1e-2  # l1, kl: lambda, the penalty's weight in the loss
    rho: float = 0.05  # kl: the wanted mean activation of each unit

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no sparsity called {self.kind!r}; there are {', '.join(KINDS)}.")
        if type(self.k) is not int or self.k < 1:
            raise ValueError("Top-k needs a whole number k of at least 1.")
        if not 0 < self.fraction <= 1:
            raise ValueError("Lifetime sparsity needs a share of the batch above 0 and up to 1.")
        if not 0 <= self.weight < math.inf:
            raise ValueError("A penalty's weight is a finite number and not negative.")
        if not 0 < self.rho < 1:
            raise ValueError("The KL penalty's rho must lie between 0 and 1.")

    def activate(self, code: Tensor, training: bool) -> Tensor:
        """The code after hard sparsity; lifetime sparsity is for training only, as in its paper."""
        if self.kind == "topk":
            return topk(code, self.k)
        if self.kind == "lifetime" and training:
            return lifetime(code, self.fraction)
        return code

    def penalty(self, code: Tensor) -> Tensor | float:
        """What the soft sparsity adds to the loss: a scalar, 0 where there is none."""
        if self.kind == "l1":
            return self.weight * l1(code)
        if self.kind == "kl":
            return self.weight * kl(code, self.rho)
        return 0.0


def topk(code: Tensor, k: int) -> Tensor:
    """Keep each sample's k largest values, set the others to 0 (Makhzani & Frey 2013, algorithm 1).

    The gradient reaches the kept values only. A k beyond the code's width keeps everything.
    """
    if k >= code.shape[1]:
        return code
    values, indices = code.topk(k, dim=1)
    return torch.zeros_like(code).scatter(1, indices, values)


def lifetime(code: Tensor, fraction: float) -> Tensor:
    """Keep each unit's largest values across the batch, at least one (Makhzani & Frey 2015, section 2)."""
    kept = max(1, round(fraction * len(code)))
    values, indices = code.topk(kept, dim=0)
    return torch.zeros_like(code).scatter(0, indices, values)


def l1(code: Tensor) -> Tensor:
    """The mean absolute code value: a scalar."""
    return code.abs().mean()


def kl(code: Tensor, rho: float) -> Tensor:
    """KL(rho || rho_hat), rho_hat each unit's mean over the batch, averaged over the units (Ng 2011, section 3).

    The code must lie in (0, 1), as behind a sigmoid.
    """
    rho_hat = code.mean(0).clamp(1e-6, 1 - 1e-6)
    return (rho * torch.log(rho / rho_hat) + (1 - rho) * torch.log((1 - rho) / (1 - rho_hat))).mean()
