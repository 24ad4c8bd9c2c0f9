"""What samples are worth: read with confidence, as many of each class, with as much ink, new, and spread as digits are.

    judge = fit_judge(training)                                         # a classifier that chose no setting
    quality(samples, test, training, judge, encode)["confident"]        # share that it reads with over 90 % confidence
    covered(model, clean, 64)["means"]                                  # one step against the mean of n samples, by n

`python -m dae evaluate` measures 1,000 samples of the network and the schedule named here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dae import checkpoints, data, metrics
from dae.data import Digits
from dae.denoising import Denoiser
from dae.encoding import codes_of
from dae.few_labels import learn
from dae.noise import seeded
from dae.sampling import FITTING, Ascent, known, sample, steps

MODEL = "universal"  # whose samples are measured
CODE = "hinton"  # in whose code the Fréchet distance is taken
SCHEDULE = Ascent(beta=0.02, h0=0.03)  # slower than the default: chosen with the verdict, on samples of other seeds
SAMPLES = 1000
CONFIDENT = 0.9
CLOSE = 0.01  # a sample is close to a training digit where it is nearer than this share of the test digits are
COVERED, ANSWERS = 20, 64  # half-covered digits, and samples under each
FIRST_SEED = 1_000_000
JUDGE = {"epochs": 4, "steps": 0, "batch_size": 128, "learning_rate": 2e-3}


def fit_judge(training: Digits, seed: int = 0) -> Callable[[Tensor], Tensor]:
    """Fit a small convolutional classifier, of another kind than `dae.verdict`, on clean digits.

    Returns:
        images `(N, 1, 28, 28)` -> the probability of each digit, `(N, 10)`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        network = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10)),
        )
    learn(network, list(network.parameters()), training, seeded(seed), **JUDGE)

    @torch.inference_mode()
    def probabilities(images: Tensor) -> Tensor:
        return torch.cat([network(part).softmax(1) for part in images.split(1000)])

    return probabilities


def nearest(images: Tensor, others: Tensor) -> Tensor:
    """The mean squared difference of each image `(N, ...)` to the nearest of others `(M, ...)`: `(N,)`."""
    others = others.flatten(1)
    lengths = others.square().sum(1)
    found = []
    for part in images.flatten(1).split(100):
        place = (lengths - 2 * part @ others.T).argmin(1)
        found.append((part - others[place]).square().mean(1))
    return torch.cat(found)


def frechet(codes: Tensor, others: Tensor) -> float:
    """The squared Fréchet distance of two sets of codes `(N, D)`, `(M, D)`, each taken for a Gaussian.

    |m - m'|^2 + tr(C + C' - 2 (C^1/2 C' C^1/2)^1/2): M. Heusel et al., "GANs trained by a two time-scale update rule
    converge to a local Nash equilibrium", NeurIPS 2017, there in the code of an Inception network.
    """
    codes, others = codes.double(), others.double()
    own, other = codes.T.cov(), others.T.cov()
    values, vectors = torch.linalg.eigh(own)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    both = torch.linalg.eigvalsh(root @ other @ root).clamp(min=0).sqrt().sum()
    return float((codes.mean(0) - others.mean(0)).square().sum() + own.trace() + other.trace() - 2 * both)


def quality(
    images: Tensor,
    test: Digits,
    judge: Callable[[Tensor], Tensor],
    encode: Callable[[Tensor], Tensor],
    training: Digits | None = None,
) -> dict[str, Any]:
    """How much like digits images are.

    Args:
        images: `(N, 1, 28, 28)`; values outside [0, 1] are clamped.
        test: the digits to compare with.
        judge: images -> the probability of each digit `(N, 10)`.
        encode: images -> codes `(N, D)`.
        training: the digits of which images may be copies; None: of none.

    Returns:
        `{"images", "confident", "classes", "ink", "frechet", "nearest"}`: how many; the share that the judge reads with
        over 90 % confidence; the share that it takes for each digit; the mean over all pixels; the Fréchet distance of
        their codes to the test digits'; the mean squared difference to the nearest training digit, sorted.
    """
    images = images.clamp(0, 1)
    confidence, digit = judge(images).max(1)
    return {
        "images": len(images),
        "confident": float((confidence > CONFIDENT).float().mean()),
        "classes": (torch.bincount(digit, minlength=10) / len(images)).tolist(),
        "ink": float(images.mean()),
        "frechet": frechet(encode(images), encode(test.images)),
        "nearest": nearest(images, training.images).sort().values.tolist() if training else None,
    }


def covered(denoiser: Denoiser, clean: Tensor, answers: int, seed: int = FIRST_SEED) -> dict[str, Any]:
    """One denoising step against the mean of n samples, where the lower half of digits is covered.

    The one-step answer is what the denoiser makes of the digit whose covered half is black; about it the samples start.

    Args:
        denoiser: one that knows missing blocks, too.
        clean: digits `(N, 1, 28, 28)`.
        answers: samples for each digit, a power of 2.
        seed: of the first sample.

    Returns:
        `{"digits", "fitting", "one_step", "means": [{"samples", "mse"}, ...], "apart", "from_one_step"}`: `FITTING`;
        mean squared errors over the covered half, of the one-step answer and of the mean of 1, 2, 4, ... samples; the
        root mean square difference there between two samples, and between the mean of all and the one-step answer.
    """
    mask = (torch.arange(28) < 14).view(28, 1).expand(28, 28)
    many = clean.repeat_interleave(answers, 0)
    with torch.no_grad():
        one_step = denoiser(clean.where(mask, 0)).clamp(0, 1)
    start = one_step.repeat_interleave(answers, 0)
    samples = sample(denoiser, len(many), seed=seed, measurement=known(many, mask), start=start, **FITTING)
    samples = samples.clamp(0, 1).view(len(clean), answers, 28, 28)[:, :, 14:]
    target, one_step = clean[:, :, 14:], one_step[:, :, 14:]
    mean = samples.mean(1, keepdim=True)
    counts = [2**power for power in range(answers.bit_length())]
    # Each mean is taken over all groups of so many samples: the fewer in each, the more groups.
    means = [samples.unflatten(1, (-1, count)).mean(2) for count in counts]
    return {
        "digits": len(clean),
        "fitting": fitting(),
        "one_step": metrics.mse(one_step, target),
        "means": [
            {"samples": count, "mse": metrics.mse(each, target)} for count, each in zip(counts, means, strict=True)
        ],
        # Twice the variance is the mean square of the difference between two.
        "apart": float((2 * samples.var(1).mean()).sqrt()),
        "from_one_step": float((mean - one_step).square().mean().sqrt()),
    }


def measure(
    directory: Path | None = None, *, samples: int = SAMPLES, digits: int = COVERED, answers: int = ANSWERS
) -> dict[str, Any]:
    """All figures of the samples of `MODEL`, beside those of test digits and of as many training digits.

    Args:
        directory: where MNIST is.
        samples: how many.
        digits: how many test digits are half-covered.
        answers: samples for each of these, a power of 2.

    Returns:
        `{"model", "code", "files", "schedule", "steps", "seed", "rows", "close", "covered"}`: rows are `quality` of the
        samples, of the training digits (the floor of the Fréchet distance) and of as many test digits, with the median
        of the distances to the training digits; close is the share of the samples that is nearer to a training digit
        than the nearest `CLOSE` of the test digits are.
    """
    training, test = data.train(directory), data.test(directory)
    model, encoder = checkpoints.load(MODEL), checkpoints.load(CODE)
    judge = fit_judge(training)
    for step in steps(model, samples, seed=FIRST_SEED, schedule=SCHEDULE):
        last = step

    def chosen(digits: Digits) -> Tensor:
        return digits.images[torch.randperm(len(digits), generator=seeded(0))[:samples]]

    kinds = {
        "samples": (last.noisy + last.direction, training),
        "training": (chosen(training), None),
        "test": (chosen(test), training),
    }
    rows = []
    for name, (images, others) in kinds.items():
        record = quality(images, test, judge, lambda shown: codes_of(encoder, shown), others)
        rows.append({"of": name} | record)
    own, typical = (torch.tensor(row["nearest"]) for row in rows if row["nearest"])
    for row in rows:
        row["nearest"] = float(torch.tensor(row["nearest"]).median()) if row["nearest"] else None
    return {
        "model": MODEL,
        "code": CODE,
        "files": files(),
        "schedule": asdict(SCHEDULE),
        "steps": last.number,
        "seed": FIRST_SEED,
        "rows": rows,
        "close": float((own < typical.quantile(CLOSE)).float().mean()),
        "covered": covered(model, test.images[:digits], answers),
    }


def fitting() -> dict[str, float]:
    """How the samples that fit what is known are drawn, as a record."""
    return {"beta": FITTING["schedule"].beta, "sigma_start": FITTING["sigma_start"]}


def files() -> dict[str, str] | None:
    """The files that `measure` is about, by name, each with its SHA-256; None where one is missing."""
    if not {MODEL, CODE} <= set(checkpoints.names()):
        return None
    return {name: checkpoints.digest(checkpoints.find(name)) for name in (MODEL, CODE)}


def is_due(found: dict[str, Any] | None, samples: int) -> bool:
    """Whether figures on record are of other files, another schedule or another number of samples than wanted."""
    wanted = files()
    if not samples or wanted is None:
        return False
    if not found:
        return True
    made_with = (found["files"], found["schedule"], found["covered"].get("fitting"), found["rows"][0]["images"])
    return made_with != (wanted, asdict(SCHEDULE), fitting(), samples)
