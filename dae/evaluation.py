"""What denoisers and their codes are worth, measured.

python -m dae evaluate          # everything in checkpoints/, on the 10,000 test digits: writes results.json
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dae import checkpoints, data, metrics
from dae.data import Digits
from dae.noise import NOISES, corrupt, seeded

if TYPE_CHECKING:
    from dae.recipes import Recipe

log = logging.getLogger(__name__)

Denoiser = Callable[[Tensor], Tensor]

# (noise, level, clip) of the published table; None is clean input.
CONDITIONS: tuple[tuple[str | None, float, bool], ...] = (
    (None, 0.0, True),
    *(("gaussian", level, True) for level in (0.3, 0.5, 1.0)),
    *(("gaussian", level, False) for level in (0.3, 0.5, 1.0)),
    *(("masking", level, True) for level in (0.25, 0.5, 0.75)),
    *(("salt_and_pepper", level, True) for level in (0.1, 0.3, 0.5)),
    *(("dropout", level, True) for level in (0.2, 0.5)),
    ("speckle", 1.0, True),
    ("block", 0.4, True),
)
SLOW_DIGITS = 1000  # for baselines that take minutes on all of them, and for SSIM: the first of the test digits
CODE_NOISE = ("gaussian", 0.5)  # the noise under which codes are judged again
ACTIVE = 0.01  # a code value counts as non-zero above this share of the largest value of all codes
LABELS = (100, 1000, None)  # few-label learning; None: all of them
DRAWS = 5  # random choices of the labelled digits, averaged


@torch.inference_mode()
def measure(
    denoiser: Denoiser, digits: Digits, noise: str | None, level: float = 0.0, *, clip: bool = True, seed: int = 0
) -> dict[str, Any]:
    """MSE, PSNR and SSIM of a denoiser on spoilt digits.

    Args:
        denoiser: any callable, noisy `(N, 1, 28, 28)` to clean estimate.
        digits: the clean digits.
        noise: a key of `NOISES`, or None for clean input.
        level: the strength of the noise.
        clip: Gaussian only.
        seed: of the noise.

    Returns:
        a record `{"noise", "level", "clip", "digits", "mse", "psnr", "ssim"}`; "clip" is None where it means nothing.
        SSIM is the mean over at most the first 1,000 digits.
    """
    clean = digits.images
    noisy = clean if noise is None else corrupt(clean, noise, level, seed=seed, clip=clip)
    restored = torch.cat([denoiser(part) for part in noisy.split(1000)])
    error = metrics.mse(restored, clean)
    return {
        "noise": noise or "clean",
        "level": level if noise else 0.0,
        "clip": clip if noise and NOISES[noise].can_clip else None,
        "digits": len(digits.images),
        "mse": error,
        "psnr": metrics.psnr(error),
        "ssim": metrics.ssim(restored[:SLOW_DIGITS], clean[:SLOW_DIGITS]),
    }


def measure_recipe(denoiser: Denoiser, recipe: Recipe, digits: Digits, seed: int = 0) -> list[dict[str, Any]]:
    """The figures that a checkpoint carries: clean, Gaussian 0.5 clipped, and what it was trained on at its highest."""
    settings = [(None, 0.0, True), ("gaussian", 0.5, True)]
    for noise in recipe.stages[-1].noises:
        setting = (noise.key, noise.high, noise.clip)
        if setting not in settings:
            settings.append(setting)
    return [measure(denoiser, digits, key, level, clip=clip, seed=seed) for key, level, clip in settings]


@dataclass(frozen=True)
class Sweep:
    """One digit under the same noise at several levels."""

    levels: list[float]
    noisy: Tensor  # (levels, 1, 28, 28)
    restored: Tensor  # (levels, 1, 28, 28)
    noisy_psnr: list[float]  # dB
    restored_psnr: list[float]  # dB


@torch.inference_mode()
def sweep(
    denoiser: Denoiser, clean: Tensor, noise: str, levels: list[float], *, seed: int = 0, clip: bool = True
) -> Sweep:
    """Spoil one digit `(1, 1, 28, 28)` at each level with the same draw, and restore it each time."""
    noisy = torch.cat([corrupt(clean, noise, level, seed=seed, clip=clip) for level in levels])
    restored = denoiser(noisy)
    noisy_psnr, restored_psnr = (
        [metrics.psnr(error) for error in metrics.mse_each(images, clean).tolist()] for images in (noisy, restored)
    )
    return Sweep(list(levels), noisy, restored, noisy_psnr, restored_psnr)


@torch.inference_mode()
def denoise_again(denoiser: Denoiser, noisy: Tensor, passes: int) -> list[Tensor]:
    """The noisy images `(N, 1, 28, 28)` and what becomes of them after 1, 2, ... passes: `passes + 1` such tensors."""
    path = [noisy]
    for _ in range(passes):
        path.append(denoiser(path[-1]))
    return path


@torch.inference_mode()
def codes_of(model: Any, images: Tensor) -> Tensor:
    """The codes of images `(N, 1, 28, 28)`: `(N, latent_dim)`."""
    # What a convolution makes of a hundred digits still fits into the processor's cache.
    return torch.cat([model.encode(part) for part in images.split(100)])


class Standardiser:
    """Codes to zero mean and unit scale, as measured on the codes that a classifier is fitted on."""

    def __init__(self, codes: Tensor) -> None:
        self.mean = codes.mean(0)
        # One scale for all: a unit that hardly ever fires must not be blown up.
        self.scale = (codes - self.mean).square().mean().sqrt().clamp_min(1e-8)

    def __call__(self, codes: Tensor) -> Any:
        return ((codes - self.mean) / self.scale).numpy()


def fit_probe(codes: Tensor, labels: Tensor, strength: float = 1.0) -> Callable[[Tensor], Any]:
    """A linear probe: logistic regression on codes. Returns codes `(N, D)` -> class of each `(N,)`."""
    from sklearn.linear_model import LogisticRegression

    scaled = Standardiser(codes)
    probe = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(scaled(codes), labels.numpy())
    return lambda others: probe.predict(scaled(others))


def accuracy(predicted: Any, labels: Tensor) -> float:
    """The share of predictions that are right."""
    return float((predicted == labels.numpy()).mean())


def firing_threshold(codes: Tensor) -> float:
    """The size above which a value of codes `(N, D)` counts as non-zero: `ACTIVE` times the largest size of all.

    Not 0, as leaky units and sigmoids are never exactly 0.
    """
    return ACTIVE * float(codes.abs().max())


def sparsity_of(codes: Tensor) -> dict[str, float]:
    """How sparse codes `(N, D)` are: the mean number of non-zero values of a digit, and the units that never fire.

    A value counts as non-zero when its size is above `firing_threshold(codes)`.
    """
    active = codes.abs() > firing_threshold(codes)
    return {"nonzero": float(active.float().sum(1).mean()), "dead": int((~active.any(0)).sum())}


def measure_codes(
    encode: Callable[[Tensor], Tensor], training: Digits, test: Digits, reference: Digits, seed: int = 0
) -> list[dict[str, Any]]:
    """What codes are worth without their decoder, on clean and on noisy test digits.

    Args:
        encode: images `(N, 1, 28, 28)` -> codes `(N, D)`.
        training: the digits that the linear probe is fitted on, clean.
        test: the digits that everything is judged on.
        reference: the digits among which the 5 nearest neighbours vote, clean.
        seed: of the noise and of k-means.

    Returns:
        two records `{"input", "probe", "neighbours", "nmi", "latent_dim", "nonzero", "dead"}`: accuracies of the probe
        and of the neighbours, and the normalised mutual information of k-means' 10 clusters with the classes.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score
    from sklearn.neighbors import KNeighborsClassifier

    probe = fit_probe(encode(training.images), training.labels)
    scaled = Standardiser(codes := encode(reference.images))
    neighbours = KNeighborsClassifier(5).fit(scaled(codes), reference.labels.numpy())
    noise, level = CODE_NOISE
    inputs = {"clean": test.images, f"{noise} {level:g}": corrupt(test.images, noise, level, seed=seed)}
    records = []
    for name, images in inputs.items():
        codes = encode(images)
        clusters = KMeans(10, n_init=3, random_state=seed).fit_predict(scaled(codes))
        records.append(
            {
                "input": name,
                "probe": accuracy(probe(codes), test.labels),
                "neighbours": accuracy(neighbours.predict(scaled(codes)), test.labels),
                "nmi": float(normalized_mutual_info_score(test.labels.numpy(), clusters)),
                "latent_dim": codes.shape[1],
                **sparsity_of(codes),
            }
        )
    return records


def few_labels(
    encode: Callable[[Tensor], Tensor], training: Digits, test: Digits, seed: int = 0
) -> list[dict[str, Any]]:
    """Test error of a logistic regression on codes when only some training digits have labels.

    Returns:
        records `{"labels", "error", "draws"}`; each error is the mean over some random choices of as many per class.
    """
    codes, judged = encode(training.images), encode(test.images)
    records = []
    for count in LABELS:
        draws = DRAWS if count else 1
        errors = []
        for draw in range(draws):
            chosen = torch.arange(len(training))
            if count:
                order = torch.randperm(len(training), generator=seeded(seed + draw))
                places = [order[training.labels[order] == digit][: count // 10] for digit in range(10)]
                chosen = torch.cat(places)
            errors.append(1 - accuracy(fit_probe(codes[chosen], training.labels[chosen])(judged), test.labels))
        records.append({"labels": count or len(training), "error": sum(errors) / draws, "draws": draws})
    return records


def pca_encoder(images: Tensor, components: int) -> Callable[[Tensor], Tensor]:
    """Principal components as a code: what a linear autoencoder of the same width would find."""
    from sklearn.decomposition import PCA

    pca = PCA(components, random_state=0).fit(images.flatten(1).numpy())
    return lambda others: torch.from_numpy(pca.transform(others.flatten(1).numpy())).float()


FIELDS = {"denoising": "denoiser", "codes": "model", "few_labels": "model"}  # who a record is about
REFERENCE_CODES = ("pixels", "pca-64")
FEW_LABEL_MODELS = ("jz-fc", "jz-topk-16", "plain", "fc-gaussian", "hinton", "wta-2000")


def evaluate(
    directory: Path | None = None, *, seed: int = 0, baselines: bool = True, jobs: int = 1
) -> Iterator[dict[str, Any]]:
    """Measure every checkpoint and every baseline; what is on record for the same file is not measured again.

    Args:
        directory: where MNIST is.
        seed: of the noise.
        baselines: measure the classical denoisers, too.
        jobs: how many are measured at once (joblib's n_jobs).

    Yields:
        the content of results.json, in six significant digits: first what still holds of it, then after each denoiser
        and each code.
    """
    import joblib

    from dae.baselines import BASELINES

    results = load_results() or {}
    if results.get("seed") != seed:
        results = {}
    known = results.get("files", {})
    results = {"seed": seed, "versions": checkpoints.versions()} | {key: results.get(key, []) for key in FIELDS}
    names = checkpoints.names()
    results["files"] = {name: checkpoints.digest(checkpoints.find(name)) for name in names}
    unchanged = [name for name in names if known.get(name) == results["files"][name]]
    denoisers = ["none", *names, *(BASELINES if baselines else ())]
    codes = [*REFERENCE_CODES, *(name for name in names if checkpoints.info(name).model.has_code)]
    few = [name for name in codes if name in (*REFERENCE_CODES, *FEW_LABEL_MODELS)]
    order = {"denoising": denoisers, "codes": codes, "few_labels": few}
    for key, allowed in order.items():
        kept = {name for name in allowed if name in unchanged or name not in names}
        results[key] = [record for record in results[key] if record[FIELDS[key]] in kept]

    yield results
    tasks = [(key, name) for key in order for name in order[key] if all(r[FIELDS[key]] != name for r in results[key])]
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
    for key, records in parallel(joblib.delayed(_measure_task)(key, name, directory, seed) for key, name in tasks):
        records = [
            {name: float(f"{value:.6g}") if isinstance(value, float) else value for name, value in record.items()}
            for record in records
        ]
        results[key] = sorted(results[key] + records, key=lambda record: order[key].index(record[FIELDS[key]]))
        yield results


def _measure_task(key: str, name: str, directory: Path | None, seed: int) -> tuple[str, list[dict[str, Any]]]:
    """All records of one denoiser or code under a key of `FIELDS`."""
    training, test = data.train(directory), data.test(directory)
    if key == "denoising":
        return key, _denoising_records(name, training, test, seed)
    encode = _encoder(name, training)
    if key == "codes":
        records = measure_codes(encode, training, test, data.gallery(), seed)
    else:
        records = few_labels(encode, training, test, seed)
    return key, [{"model": name, **record} for record in records]


def _denoising_records(name: str, training: Digits, test: Digits, seed: int) -> list[dict[str, Any]]:
    from dae.baselines import BASELINES, baseline

    if name in BASELINES and BASELINES[name].slow:
        test = test[:SLOW_DIGITS]
    model = checkpoints.load(name) if name not in BASELINES and name != "none" else None
    records = []
    for noise, level, clip in CONDITIONS:
        if name == "none":
            denoiser: Denoiser = lambda noisy: noisy  # noqa: E731
        elif model is not None:
            denoiser = model
        else:
            try:
                denoiser = baseline(name, noise or "gaussian", level, clip=clip, digits=training)
            except ValueError as error:  # a baseline that has no answer to this noise
                log.info("%s: %s", name, error)
                continue
        records.append({"denoiser": name, **measure(denoiser, test, noise, level, clip=clip, seed=seed)})
    return records


def _encoder(name: str, training: Digits) -> Callable[[Tensor], Tensor]:
    """A checkpoint's encoder, or one of `REFERENCE_CODES`."""
    if name == "pixels":
        return lambda images: images.flatten(1)
    if name == "pca-64":
        return pca_encoder(training.images, 64)
    return functools.partial(codes_of, checkpoints.load(name))


def results_file() -> Path:
    """Where the measured results are: beside the checkpoints."""
    return checkpoints.directory() / "results.json"


def load_results() -> dict[str, Any] | None:
    """The measured results, or None where there are none that can be read."""
    try:
        results = json.loads(results_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return results if isinstance(results, dict) else None


def write(progress: Iterator[dict[str, Any]]) -> None:
    """Write results.json after every step of `evaluate`, and the tables of checkpoints/README.md with it."""
    results = None
    for results in progress:
        checkpoints.write_whole(results_file(), json.dumps(results, separators=(",", ":")).encode())
        results_file().with_name("README.md").write_text(tables(results), encoding="utf-8")
        log.info("%d figures", len(results["denoising"]))


def condition_name(noise: str, level: float, clip: bool | None) -> str:
    """A condition in words, as in the tables: "gaussian 0.5 unclipped"."""
    return "clean" if noise == "clean" else f"{noise} {level:g}{' unclipped' if clip is False else ''}"


def tables(results: dict[str, Any]) -> str:
    """The results as Markdown, for checkpoints/README.md: what each file is, and what it measured."""
    lines = [
        "# The shipped checkpoints",
        "",
        "Each file rebuilds its own network: `dae.load(name)`. The tables are written by `python -m dae evaluate` from",
        f"`results.json`: the official 10,000 test digits, noise of seed {results['seed']}, weights as they are in the",
        "file. MSE is the mean over all pixels and images in [0, 1] units. No network has seen a test digit",
        "or one of the 5,000 digits of the page's gallery.",
        "",
        "| checkpoint | what it is | parameters | file | made by |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in results["files"]:
        info, size = checkpoints.info(name), checkpoints.find(name).stat().st_size
        lines.append(
            f"| {name} | {info.recipe['summary']} | {checkpoints.parameter_count(name):,} | {size / 1e6:.2f} MB | "
            f"`{info.command}` ({info.steps:,} steps) |"
        )
    conditions = [
        (noise or "clean", level, clip if noise and NOISES[noise].can_clip else None)
        for noise, level, clip in CONDITIONS
    ]
    cells = {
        (record["denoiser"], record["noise"], record["level"], record["clip"]): record
        for record in results["denoising"]
    }
    denoisers = list(dict.fromkeys(record["denoiser"] for record in results["denoising"]))
    lines += ["", "## Restoring: MSE on the test digits", ""]
    lines.append("| denoiser | " + " | ".join(condition_name(*condition) for condition in conditions) + " |")
    lines.append("| --- |" + " --- |" * len(conditions))
    for name in denoisers:
        row = [cells.get((name, *condition)) for condition in conditions]
        few = " (1,000 digits)" if any(cell and cell["digits"] == SLOW_DIGITS for cell in row) else ""
        lines.append(f"| {name}{few} | " + " | ".join(f"{cell['mse']:.4f}" if cell else "" for cell in row) + " |")
    if results["codes"]:
        lines += ["", "## Codes: what they are worth without their decoder", ""]
        lines += [
            "Linear probe and 5 nearest neighbours: accuracy in %; k-means: normalised mutual information of 10",
            f"clusters with the classes. A code value counts as non-zero above {ACTIVE:.0%} of the largest of all.",
            "Probe and neighbours know clean digits only; the Gaussian noise on the input is clipped to [0, 1].",
            "",
            "| code | input | width | probe | neighbours | k-means NMI | non-zero values | dead units |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| {code['model']} | {code['input']} | {code['latent_dim']} | {100 * code['probe']:.2f} | "
            f"{100 * code['neighbours']:.2f} | {code['nmi']:.3f} | {code['nonzero']:.1f} | {code['dead']} |"
            for code in results["codes"]
        ]
    if results["few_labels"]:
        counts = sorted({record["labels"] for record in results["few_labels"]})
        lines += ["", "## Few labels: test error in % of a logistic regression on the codes", ""]
        lines.append("| code | " + " | ".join(f"{count:,} labels" for count in counts) + " |")
        lines.append("| --- |" + " --- |" * len(counts))
        for name in dict.fromkeys(record["model"] for record in results["few_labels"]):
            own = [record for record in results["few_labels"] if record["model"] == name]
            errors = {record["labels"]: record["error"] for record in own}
            lines.append(f"| {name} | " + " | ".join(f"{100 * errors[count]:.2f}" for count in counts) + " |")
    return "\n".join(lines) + "\n"
