"""The yardsticks: what removes noise without a network, each a denoiser like any network.

    denoiser = baseline("wiener", "gaussian", 0.5)
    restored = denoiser(noisy)  # (N, 1, 28, 28) -> the same, in [0, 1]

median, tv, nlm   scikit-image's filters. They know nothing about digits; their strength was tuned per noise and level
                  on training digits and is recorded in `baselines.json`.
wiener            the best affine map from noisy to clean: needs the mean and covariance of digits, no more.
memoriser         the posterior mean over a finite set of digits: perfect for a digit of the set, close to a nearest
                  neighbour for any other. Not an upper bound for new digits.

Each has a file of its own, and `registry.py` knows them all. Tuning again takes ten minutes of one core, and MNIST in
DAE_DATA or the cache folder:

    python -m dae.baselines > baselines.json
"""

from dae.baselines.median import Median
from dae.baselines.memoriser import Memoriser
from dae.baselines.non_local_means import NonLocalMeans
from dae.baselines.record import RECORD, RecordError, tuned
from dae.baselines.registry import BASELINES, Baseline, baseline
from dae.baselines.total_variation import TotalVariation
from dae.baselines.wiener import Wiener

__all__ = [
    "BASELINES",
    "RECORD",
    "Baseline",
    "Median",
    "Memoriser",
    "NonLocalMeans",
    "RecordError",
    "TotalVariation",
    "Wiener",
    "baseline",
    "tuned",
]
