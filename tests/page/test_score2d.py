"""What the browser makes of points of the plane, against `dae.score2d`: this writes down what Python says, and Node
compares (score2d.test.js)."""

import json
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
import torch
from node import run_tests

from dae import score2d
from dae.noise import seeded
from dae.score2d import CURVES, Training

COUNT = 500
STEPS = 100
SETTINGS = {
    **{name: (name, Training(seed=i)) for i, name in enumerate(CURVES)},
    "many sigmas": ("ring", Training(0.05, 1.0, seed=3)),
    "many sigmas, wide": ("moons", Training(0.1, 0.5, width=96, batch_size=100, seed=4)),
    "narrow and slow": ("spiral", Training(0.1, 0.1, width=9, batch_size=9, learning_rate=0.003, seed=5)),
    "one layer": ("letters", Training(0.3, 0.3, width=33, depth=1, steps=150, seed=6)),
    "three layers": ("clusters", Training(0.2, 0.2, width=24, depth=3, learning_rate=0.01, seed=2**31)),
    "a plain autoencoder": ("ring", Training(0.0, 0.0, seed=7)),
    "a short run": ("moons", Training(steps=STEPS, seed=8)),
}
SIGMAS = [1.0, 0.5, 0.25, 0.125]


def numbers(values: torch.Tensor) -> list[float]:
    return values.detach().flatten().tolist()


def trained(name: str, training: Training) -> dict:
    clean = score2d.points(name, COUNT, training.seed)
    moments = []
    for moment in islice(score2d.train(clean, training), STEPS):
        if moment.step == 1:
            first = numbers(torch.nn.utils.parameters_to_vector(moment.denoiser.parameters()))
        moments.append(moment.loss)
    network = moment.denoiser
    return {
        "set": name,
        "training": {
            "sigmaLow": training.sigma_low,
            "sigmaHigh": training.sigma_high,
            "width": training.width,
            "depth": training.depth,
            "batchSize": training.batch_size,
            "learningRate": training.learning_rate,
            "steps": training.steps,
            "seed": training.seed,
        },
        "first": first,
        "weights": numbers(torch.nn.utils.parameters_to_vector(network.parameters())),
        "losses": moments,
        "error": score2d.field_error(network, clean, 0.3),
        "denoised": numbers(network(score2d.grid(5), 0.3)),
    }


def exact(name: str) -> dict:
    clean, places = score2d.points(name, COUNT, 1), score2d.grid(9, 1.5)
    found = {"points": numbers(clean), "sigmas": {}}
    for sigma in (0.02, 0.2, 1.5):
        found["sigmas"][sigma] = {
            "density": numbers(score2d.log_density(clean, places, sigma)),
            "denoised": numbers(score2d.exact_denoiser(clean, places, sigma)),
            "still": score2d.field_error(lambda noisy, _: noisy, clean, sigma),
            "other": score2d.field_error(partial(score2d.exact_denoiser, clean + 0.05), clean, sigma),
        }
    return found


def walks(count: int) -> dict:
    clean = score2d.points("spiral", COUNT, 2)
    denoiser = partial(score2d.exact_denoiser, clean)
    start = 2.5 * torch.rand(count, 2, generator=seeded(3)) - 1.25
    langevin = score2d.langevin(denoiser, start, SIGMAS, steps=5, rate=0.2, seed=11)
    return {
        "start": numbers(start),
        "repeat": [numbers(each) for each in score2d.repeat(denoiser, start, 0.2, 6)],
        "langevin": [numbers(each) for each in langevin],
        "ladder": [numbers(each) for each in score2d.ladder(denoiser, start, SIGMAS)],
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("score2d")
    said = {
        "grid": numbers(score2d.grid(4, 1.25)),
        "exact": {name: exact(name) for name in CURVES},
        "trained": {what: trained(*each) for what, each in SETTINGS.items()},
        "walks": {count: walks(count) for count in (1, 3, 7, 8, 50)},
        "sigmas": SIGMAS,
        "draws": {count: numbers(torch.randn(2, count, generator=seeded(5))) for count in (1, 2, 7, 8, 9)},
    }
    (folder / "index.json").write_text(json.dumps({"score2d": said}))
    return folder


@pytest.mark.parametrize("kernels", ["relaxed.wasm", "javascript"])
def test_the_browser_computes_the_same(written, kernels):
    run_tests("score2d", fixtures=written, kernels=kernels)
