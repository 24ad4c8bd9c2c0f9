"""Every checkpoint and every baseline measured: the published results, and their tables.

python -m dae evaluate          # everything in checkpoints/, on the 10,000 test digits: writes results.json
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from dae import checkpoints, data
from dae.baselines import BASELINES, baseline
from dae.data import Digits
from dae.denoising import Denoiser, measure
from dae.encoding import ACTIVE, codes_of, few_labels, measure_codes, pca_encoder
from dae.noise import NOISES

log = logging.getLogger(__name__)

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
SLOW_DIGITS = 1000  # for baselines that take minutes on all of them: the first of the test digits
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
