"""All yardsticks, in one registry that the page, the evaluation and the tests read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from dae import data
from dae.baselines import median, memoriser, non_local_means, total_variation, wiener
from dae.data import Digits
from dae.denoising import Denoiser
from dae.noise import NOISES


@dataclass(frozen=True)
class Baseline:
    """One yardstick."""

    key: str
    summary: str  # one line for the model menu
    make: Callable[..., Denoiser]  # (noise, level, clip), and (digits, exclude) where it is fitted
    fitted: bool = False  # made from digits
    slow: bool = False  # seconds per 1,000 digits: published figures are of 1,000
    noises: tuple[str, ...] = tuple(NOISES)


BASELINES: dict[str, Baseline] = {
    entry.key: entry
    for entry in (
        Baseline("median", "Median of each pixel's surroundings", median.make),
        Baseline("tv", "Total variation: flat areas, sharp edges", total_variation.make),
        Baseline("nlm", "Non-local means: averages pixels whose surroundings are alike", non_local_means.make),
        Baseline("wiener", "Wiener filter: the best linear map, fitted on training digits", wiener.fit, fitted=True),
        Baseline(
            "memoriser",
            "Perfect memoriser: the mean of all training digits that the noisy one may have been",
            memoriser.make,
            fitted=True,
            slow=True,
        ),
    )
}


def baseline(
    name: str,
    noise: str | None,
    level: float,
    clip: bool = True,
    *,
    digits: Digits | None = None,
    exclude: Tensor | None = None,
) -> Denoiser:
    """A yardstick for one noise and level.

    Args:
        name: a key of `BASELINES`.
        noise: a key of `NOISES`, or None for clean input, which is a level of 0.
        level: the strength of the noise, one number.
        clip: Gaussian only: whether the noisy images were clipped to [0, 1].
        digits: wiener and memoriser: the digits to be made from; default the 55,000 where they are downloaded, else
            the gallery.
        exclude: wiener and memoriser: images `(M, 1, 28, 28)` that are left out wherever the digits hold the same
            ones, so that no digit is restored by something that has seen it.

    Returns:
        a denoiser, noisy `(N, 1, 28, 28)` to an estimate of the same shape in [0, 1]. Its `details` say in a phrase
        what it is: parameters, and the digits that it was made from.

    Raises:
        ValueError: an unknown baseline, a noise that it cannot handle, a level out of range, or no digits left.
        RecordError: its recorded parameters are missing or damaged.
    """
    if name not in BASELINES:
        raise ValueError(f"There is no baseline called {name!r}; there are {', '.join(BASELINES)}.")
    entry = BASELINES[name]
    if noise is None:
        noise, level = "gaussian", 0.0
    if noise not in entry.noises:
        raise ValueError(f"The baseline {name} cannot handle {noise!r}; it can {', '.join(entry.noises)}.")
    limit = NOISES[noise].limit
    if not (0 <= level <= limit and math.isfinite(level)):
        raise ValueError(f"The level of {noise} must lie between 0 and {limit:g}.")
    arguments = (noise, float(level), clip or not NOISES[noise].can_clip)
    if not entry.fitted:
        return entry.make(*arguments)
    if digits is None:
        digits = data.train() if data.is_downloaded() else data.gallery()
    return entry.make(*arguments, digits, exclude)
