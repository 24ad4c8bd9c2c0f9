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

import torch
from torch import Tensor

from dae import checkpoints, data, folders, made_up, photo_quality, sample_quality, verdict
from dae.baselines import BASELINES, baseline
from dae.data import Digits
from dae.denoising import Denoiser, generalisation, measure
from dae.encoding import CODE_NOISE, codes_of, measure_codes, pca_encoder
from dae.few_labels import PUBLISHED, fine_tuned, probed, probed_augmented
from dae.noise import corrupt
from dae.result_tables import tables

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
# Who a record is about.
FIELDS = {"denoising": "denoiser", "generalisation": "model", "codes": "model", "few_labels": "model"}
REFERENCE_CODES = ("pixels", "pca-64")
FINE_TUNED = {"fine-tuned": False, "fine-tuned-sdae": True}  # whether the encoder is pre-trained
AUGMENTED = {"wta-2000-augmented": "wta-2000"}  # the code whose linear classifier learns from changed digits
VERDICT_MODEL = "conv-gaussian"  # whose reconstructions the verdict is judged on, too
PHOTOS = 100  # made-up photos, of each thing that disturbs
OTHERS = 1000  # pictures of no digit, of each kind
SEEN_DIGITS = 10_000  # of the training digits, the first: as many as there are test digits


def evaluate(
    directory: Path | None = None,
    *,
    seed: int = 0,
    baselines: bool = True,
    jobs: int = 1,
    samples: int = sample_quality.SAMPLES,
) -> Iterator[dict[str, Any]]:
    """Measure every checkpoint and every baseline; what is on record for the same file is not measured again.

    Args:
        directory: where MNIST is.
        seed: of the noise.
        baselines: measure the classical denoisers, too.
        jobs: how many are measured at once (joblib's n_jobs).
        samples: how many digits are sampled from noise, 0: what is on record of samples stays as it is.

    Yields:
        the content of results.json, in six significant digits: first what still holds of it, then after each denoiser
        and each code.
    """
    import joblib

    results = load_results() or {}
    if results.get("seed") != seed:
        results = {}
    known = results.get("files", {})
    judged, sampled, photos = (results.get(key) for key in ("verdict", "sampling", "photos"))
    results = {"seed": seed, "versions": checkpoints.versions()} | {key: results.get(key, []) for key in FIELDS}
    names = checkpoints.names()
    results["files"] = {name: checkpoints.digest(checkpoints.find(name)) for name in names}
    unchanged = [name for name in names if known.get(name) == results["files"][name]]
    denoisers = ["none", *names, *(BASELINES if baselines else ())]
    codes = [*REFERENCE_CODES, *(name for name in names if checkpoints.info(name).model.has_code)]
    few = [*FINE_TUNED, *(name for name, code in AUGMENTED.items() if code in codes), *codes]
    order = {"denoising": denoisers, "generalisation": names, "codes": codes, "few_labels": few}
    results |= {"published_few_labels": PUBLISHED, "verdict": judged, "sampling": sampled, "photos": photos}
    for key, allowed in order.items():
        kept = {name for name in allowed if (own := AUGMENTED.get(name, name)) in unchanged or own not in names}
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
    if (judged or {}).get("file") != checkpoints.digest(verdict.FILE) or VERDICT_MODEL not in unchanged:
        results["verdict"] = measure_verdict(data.test(directory), seed)
        yield results
    files = {path.name: checkpoints.digest(path) for path in (folders.INK, verdict.FILE)}
    if (photos or {}).get("files") != files:
        results["photos"] = {"files": files, "records": photo_quality.measure(data.test(directory)[:PHOTOS], seed=seed)}
        yield results
    if sample_quality.is_due(sampled, samples):
        results["sampling"] = sample_quality.measure(directory, samples=samples)
        yield results


def measure_verdict(test: Digits, seed: int = 0) -> dict[str, Any]:
    """How often the verdict is right on digits `test`, by its confidence, and on what it is not sure.

    Returns:
        `{"file", "model", "pictures", "letters", "noise"}`: for clean, noisy and restored digits the share that is read
        right, the share without a verdict, and `dae.verdict.reliability`; of letters, and of noise and blank paper, the
        share without a verdict.
    """
    import numpy as np

    noise, level = CODE_NOISE
    noisy = corrupt(test.images, noise, level, seed=seed)
    model = checkpoints.load(VERDICT_MODEL) if VERDICT_MODEL in checkpoints.names() else None
    kinds = {"clean": test.images, "noisy": noisy}
    if model:
        kinds["restored"] = torch.cat([model(part) for part in noisy.split(1000)])
    rng = np.random.default_rng(seed + 1)
    return {
        "file": checkpoints.digest(verdict.FILE),
        "model": VERDICT_MODEL,
        "pictures": [
            {
                "name": name,
                "right": verdict.accuracy(images, test.labels),
                "unsure": verdict.unsure(images),
                "bins": verdict.reliability(images, test.labels),
            }
            for name, images in kinds.items()
        ],
        "letters": verdict.unsure(made_up.letters(OTHERS, rng, made_up.TEST_FONTS)),
        "noise": verdict.unsure(made_up.noise(OTHERS, rng)),
    }


def _measure_task(key: str, name: str, directory: Path | None, seed: int) -> tuple[str, list[dict[str, Any]]]:
    """All records of one denoiser or code under a key of `FIELDS`."""
    training, test = data.train(directory), data.test(directory)
    if key == "denoising":
        return key, _denoising_records(name, training, test, seed)
    if key == "generalisation":
        kinds = {"training": training[:SEEN_DIGITS], "test": test, "others": data.others()}
        records = generalisation(checkpoints.load(name), kinds, seed=seed)
    elif name in FINE_TUNED:
        records = fine_tuned(FINE_TUNED[name], training, test, seed)
    elif name in AUGMENTED:
        records = probed_augmented(_encoder(AUGMENTED[name], training), training, test, seed)
    elif key == "codes":
        records = measure_codes(_encoder(name, training), training, test, data.gallery(), seed)
    else:
        records = probed(_encoder(name, training), training, test, seed)
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
