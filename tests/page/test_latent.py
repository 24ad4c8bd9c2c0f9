"""What the browser makes of codes, against `dae.latent`: this writes down what Python says, and Node compares."""

import json
from pathlib import Path

import pytest
import torch
from node import run_tests

import dae
from dae import data, latent
from dae.evaluation import codes_of
from dae.noise import corrupt

MODELS = ("fc-gaussian", "jz-deep", "jz-conv", "yt-vae")  # wide, a code of two values, a convolution, a variational one
PLACES = [[0.5, -1.25], [-2.0, 0.25]]
NOISE = {"noise": "gaussian", "level": 0.5, "seed": 7, "clip": True}
EXTENT = [-2.0, 3.0, -1.0, 4.0]


def numbers(values: torch.Tensor) -> list[float]:
    return values.detach().flatten().tolist()


@torch.inference_mode()
def answers(name: str) -> dict:
    gallery, model = data.gallery(), dae.load(name)
    codes = codes_of(model, gallery.images)
    plane, scale = latent.linear_plane(codes), latent.class_scale(codes, gallery.labels)
    clean, end = gallery.images[3511:3512], gallery.images[42:43]
    copies = latent.noisy_copies(clean, **NOISE)
    near, distances = latent.neighbours(codes, codes[3511], 8, leave_out=3511)
    grid = latent.decode_at(model, plane, latent.grid_places(tuple(EXTENT)))
    line = latent.interpolate(model.encode(clean), model.encode(end))
    chosen = torch.linspace(0, len(gallery) - 1, 512).round().long()
    units = codes[chosen].var(0).topk(min(16, codes.shape[1])).indices.sort().values
    noisy = codes_of(model, corrupt(gallery.images[chosen], **NOISE))
    found = {
        "plane": {
            "kind": plane.kind,
            "xy": numbers(plane.xy),
            "mean": numbers(plane.mean),
            "axes": numbers(plane.axes),
            "share": list(plane.share),
            "scale": scale,
        },
        "place": numbers(plane.project(model.encode(clean))),
        "places": numbers(plane.project(model.encode(copies))),
        "drift": latent.drift(model.encode(clean), model.encode(copies), scale),
        "decoded": numbers(latent.decode_at(model, plane, torch.tensor(PLACES))),
        "grid": numbers(grid[[0, 19, 380]]),
        "neighbours": near.tolist(),
        "distances": distances.tolist(),
        "between": numbers(model.decode(line)),
        "pixels": numbers(latent.interpolate(clean, end)),
        "batch": {
            "scale": float(codes[chosen][:, units].abs().flatten().quantile(0.995)),
            "clean": numbers(codes[chosen][:, units].T),
            "noisy": numbers(noisy[:, units].T),
            "classes": [int((gallery.labels[chosen] == digit).sum()) for digit in range(10)],
        },
    }
    if model.config.variational:
        found["samples"] = numbers(latent.samples(model, 3, seed=4))
        found["manifold"] = numbers(latent.manifold(model, plane)[[0, 21, 399]])
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A folder with the gallery as the page fetches it, and what Python says of the networks' codes."""
    folder = tmp_path_factory.mktemp("latent")
    (folder / "gallery").mkdir()
    grey = (data.gallery().images * 255).round().byte().numpy().reshape(10, -1)
    for digit in range(10):
        (folder / "gallery" / f"{digit}.bin").write_bytes(grey[digit].tobytes())
    asked = {"places": PLACES, "extent": EXTENT, "noise": NOISE, "checkpoints": str(latent.directory().parent)}
    said = asked | {"models": {name: answers(name) for name in MODELS}}
    (folder / "index.json").write_text(json.dumps({"latent": said}))
    return folder


def test_the_browser_says_the_same_of_codes(written):
    run_tests("latent", fixtures=written)
