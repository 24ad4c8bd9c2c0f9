"""The engine's features against the library's: what torch and scipy make of them is written into a folder, and Node
compares (features.test.js beside this file)."""

import json
from pathlib import Path

import pytest
import torch
from node import run_tests

import dae
from dae import checkpoints, data, features, firing, metrics
from dae.encoding import codes_of

# Deep, linear with a leaky output and top-k, tied, and one of each kind of convolution.
NETWORKS = ("plain", "jz-topk-5", "wta-2000", "yt-vae", "jz-kl-1e-1", "jz-conv", "yt-conv", "apx-conv")
EACH = 4  # digits of each class
SPOTS = slice(None, None, 37)  # of a picture's 784 pixels
NOISES = (("gaussian", 0.6, 4), ("masking", 0.5, 9))


def numbers(values: torch.Tensor) -> list:
    return [float(f"{value:.6g}") for value in values.flatten().tolist()]


def described(name: str, digits: data.Digits) -> dict:
    model = dae.load(name)
    codes = codes_of(model, digits.images)
    words, filters = features.dictionary(model, codes), features.encoder_filters(model)
    measured = firing.measure(model, digits)
    some = [0, 1, codes.shape[1] // 2, codes.shape[1] - 1]
    said = {
        "dictionary": {
            "peak": float(words.pictures.abs().max()),
            "some": some,
            "pictures": [numbers(words.pictures[i].flatten()[SPOTS]) for i in some],
            "linear": words.is_linear,
        },
        "filters": {
            "count": len(filters.pictures),
            "side": filters.pictures.shape[-1],
            "convolution": filters.is_convolution,
            "own": filters.one_per_feature,
            "last": numbers(filters.pictures[-1].flatten()[SPOTS]),
        },
        "firing": {
            "threshold": measured.threshold,
            "nonzero": measured.nonzero,
            "most": measured.most,
            "active": measured.active,
            "rate": numbers(measured.rate),
            "mean": numbers(measured.mean[some]),
            "std": numbers(measured.std[some]),
            "energy": numbers(codes.square().mean(0)[some]),
            "classShare": numbers(measured.class_share[some]),
            "histogram": numbers(measured.histogram[some]),
            "edges": numbers(measured.edges[some]),
            "values": numbers(codes.abs().topk(firing.EXCITING, 0).values.T[some]),
        },
        "noises": [],
    }
    for noise, level, seed in NOISES:
        noisy = dae.corrupt(digits.images, noise, level, seed=seed)
        after = codes_of(model, noisy)
        effect = features.noise_effect(codes, after, measured.threshold)
        stats = features.statistics(after, digits.labels, measured.threshold)
        spoilt = dae.corrupt(digits.images[:1], noise, level, seed=seed)
        built = {}
        for source, image in (("noisy", spoilt), ("clean", digits.images[:1])):
            steps = features.build_up(model, model.encode(image), words, codes.mean(0))
            built[source] = {
                "exact": steps.is_exact,
                "order": steps.order[:3].tolist(),
                "counts": steps.counts,
                "errors": metrics.mse_each(steps.pictures, digits.images[:1].expand_as(steps.pictures)).tolist(),
            }
        one = features.noise_effect(codes[:1], model.encode(spoilt), measured.threshold)
        said["noises"].append(
            {
                "noise": noise,
                "level": level,
                "seed": seed,
                "nonzero": stats.nonzero,
                "active": features.shares(stats.active, measured.most, firing.BINS).tolist(),
                "drift": numbers(effect.drift[some]),
                "on": float(effect.on.sum()),
                "off": float(effect.off.sum()),
                "switchedOn": one.on.nonzero()[:, 0].tolist(),
                "switchedOff": one.off.nonzero()[:, 0].tolist(),
                "build": built,
            }
        )
    return said


def similarity() -> dict:
    """Some words, and the heights at which scipy joins them."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import pdist

    words = features.dictionary(dae.load("jz-topk-5"), torch.empty(0, 64)).pictures.flatten(1)[:24]
    return {"count": 24, "heights": linkage(pdist(words.double().numpy(), "cosine"), "average")[:, 2].tolist()}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A folder with a small gallery as the page fetches it, and what Python says of the networks' features there."""
    folder = tmp_path_factory.mktemp("features")
    (folder / "gallery").mkdir()
    places = [digit * data.GALLERY_PER_CLASS + 8 + i for digit in range(10) for i in range(EACH)]
    digits = data.gallery()[places]
    grey = (digits.images * 255).round().byte().numpy().reshape(10, -1)
    for digit in range(10):
        (folder / "gallery" / f"{digit}.bin").write_bytes(grey[digit].tobytes())
    with torch.inference_mode():
        said = {
            "each": EACH,
            "digests": {name: checkpoints.digest(checkpoints.find(name)) for name in NETWORKS},
            "networks": {name: described(name, digits) for name in NETWORKS},
            "similarity": similarity(),
        }
    (folder / "index.json").write_text(json.dumps({"features": said}))
    return folder


def test_the_browser_says_the_same_of_features(written):
    run_tests("features", fixtures=written)
