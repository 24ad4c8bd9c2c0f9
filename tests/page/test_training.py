"""Training in the browser against `dae.training`: this writes down what torch does in its first hundred steps, and Node
compares (training.test.js)."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from node import KERNELS, run_tests

import dae
from dae import checkpoints, data, manifest, site, trial
from dae.cost import cost
from dae.models import ModelConfig, build
from dae.noise import NOISES
from dae.rules import SettingsError
from dae.server import runs, trials
from dae.sparsity import Sparsity
from dae.stages import Stage, TrainingNoise
from dae.training import Trainer
from dae.trial import Schedule, Settings
from dae.trial.script import script

COUNT = 150  # digits
STEPS = 100
SEEN = (1, 10, 100)  # steps after which both are looked at

GAUSSIAN = (TrainingNoise("gaussian", 0.5),)


def model(**fields: Any) -> ModelConfig:
    return ModelConfig(**{"latent_dim": 12} | fields)


def stage(noises: tuple[TrainingNoise, ...] = GAUSSIAN, loss: str = "bce_with_logits", **fields: Any) -> Stage:
    usual = {"batch_size": 16, "learning_rate": 2e-3, "schedule": "cosine", "warmup_steps": 50, "clip_norm": 1.0}
    return Stage(noises, loss, **usual | fields)


def sparse(kind: str, **fields: Any) -> Sparsity:
    return Sparsity(kind, **fields)


SETTINGS: dict[str, tuple[ModelConfig, Stage]] = {
    "one layer": (model(), stage()),
    "two layers": (model(hidden=(20,)), stage()),
    "five layers, of odd widths": (model(hidden=(37, 23, 19, 7), latent_dim=5), stage(learning_rate=5e-3)),
    "identity": (model(hidden=(20,), activation="identity"), stage()),
    "leaky relu": (model(hidden=(20,), activation="leaky_relu"), stage()),
    "sigmoid": (model(hidden=(20,), activation="sigmoid"), stage()),
    "tanh": (model(hidden=(20,), activation="tanh"), stage()),
    "gelu": (model(hidden=(20,), activation="gelu"), stage()),
    "relu code": (model(code_activation="relu"), stage()),
    "leaky relu code": (model(code_activation="leaky_relu"), stage(loss="mse")),
    "sigmoid code": (model(code_activation="sigmoid"), stage()),
    "tanh code": (model(hidden=(20,), code_activation="tanh"), stage()),
    "gelu code": (model(code_activation="gelu"), stage()),
    "squared error": (model(), stage(loss="mse")),
    "cross-entropy": (model(), stage(loss="bce")),
    "linear output": (model(output="identity"), stage(loss="mse")),
    "leaky output": (model(hidden=(20,), output="leaky_relu"), stage(loss="mse")),
    "tied": (model(tied=True), stage()),
    "tied, three layers": (model(hidden=(30, 20), tied=True, activation="tanh"), stage(loss="mse")),
    "top k": (model(latent_dim=30, sparsity=sparse("topk", k=5)), stage()),
    "top k of relu, tied": (model(latent_dim=30, code_activation="relu", tied=True, sparsity=sparse("topk")), stage()),
    "lifetime": (model(latent_dim=30, sparsity=sparse("lifetime", fraction=0.15)), stage()),
    "l1": (model(latent_dim=30, sparsity=sparse("l1", weight=0.1)), stage()),
    "kl": (model(latent_dim=30, code_activation="sigmoid", sparsity=sparse("kl", weight=0.5)), stage(loss="mse")),
    "variational": (model(hidden=(20,), variational=True), stage()),
    "variational, one layer": (model(variational=True), stage(loss="mse", kl_weight=0.3)),
    "clean to clean": (model(), stage(())),
    "gaussian, all levels": (model(), stage((TrainingNoise("gaussian", 1.0, 0.0),))),
    "gaussian, not clipped": (model(), stage((TrainingNoise("gaussian", 0.7, clip=False),))),
    "masking": (model(), stage((TrainingNoise("masking", 0.5),))),
    "masking, many levels": (model(), stage((TrainingNoise("masking", 0.9, 0.1),))),
    "salt and pepper": (model(), stage((TrainingNoise("salt_and_pepper", 0.3),))),
    "salt and pepper, many levels": (model(), stage((TrainingNoise("salt_and_pepper", 0.6, 0.1),))),
    "dropout": (model(), stage((TrainingNoise("dropout", 0.5),))),
    "dropout, many levels": (model(), stage((TrainingNoise("dropout", 0.8, 0.2),))),
    "speckle": (model(), stage((TrainingNoise("speckle", 1.0),))),
    "speckle, many levels": (model(), stage((TrainingNoise("speckle", 3.0, 0.5),))),
    "block": (model(), stage((TrainingNoise("block", 0.4),))),
    "block, many levels": (model(), stage((TrainingNoise("block", 0.8, 0.1),))),
    "three noises": (model(), stage((*GAUSSIAN, TrainingNoise("masking", 0.5, 0.2), TrainingNoise("block", 0.4)))),
    "constant rate, no warm-up": (model(), stage(schedule="constant", warmup_steps=0)),
    "plateau": (model(), stage(schedule="plateau", learning_rate=1e-6, batch_size=75)),
    "not clipped, weights decay": (model(), stage(clip_norm=0.0, weight_decay=0.1)),
    "a large rate": (model(), stage(learning_rate=0.03)),
    "a batch of 1": (model(), stage(batch_size=1)),
    "all digits at once": (model(), stage(batch_size=COUNT)),
}


# What a visitor may set, and how far it goes; the last ones make no sense.
ASKED = {
    "the start": {},
    "deep": {"widths": (300, 20), "latent_dim": 10, "activation": "tanh", "noise": "salt_and_pepper", "low": 0.1},
    "plain": {"noise": "none", "loss": "mse", "output": "identity"},
    "top k": {"sparsity": "topk", "k": 20, "seed": 7},
    "kl, tied": {"sparsity": "kl", "code_activation": "sigmoid", "tied": True, "rho": 0.1, "latent_dim": 1000},
    "lifetime": {"sparsity": "lifetime", "fraction": 0.1, "clip": False},
    "other weights": {"start": "quick"},
    "another choice": {"loss": "x"},
    "a quick rate": {"learning_rate": 1000.0},
    "a large batch": {"batch_size": 5000},
    "a small batch": {"batch_size": 2},
    "no code": {"latent_dim": 0},
    "many layers": {"widths": (9, 9, 9, 9, 9)},
    "wide layers": {"widths": (4000,)},
    "levels the wrong way": {"low": 0.9, "high": 0.2},
    "kl of relu": {"sparsity": "kl"},
    "cross-entropy of what has no bounds": {"output": "identity"},
    "all of top k": {"sparsity": "topk", "k": 512},
    "weights that do not fit": {"start": "quick", "latent_dim": 9},
    "much work": {"widths": (2048, 2048), "batch_size": 2048},
    "many parameters": {"widths": (2048,)},
    "long": {"seconds": 1000.0},
}


SCHEDULES = [Schedule(200, 300, 300), Schedule(1000, 1500, 1200), Schedule.whole(50)]


def asked(name: str) -> dict:
    """What follows from settings, as the page has to find it."""
    settings = replace(trial.recipes_to_start_from()["quick"], **ASKED[name])
    plain = {each.name: getattr(settings, each.name) for each in dataclasses.fields(Settings)}
    del plain["precision"]
    try:
        runs.check(settings, 4500)
    except SettingsError as error:
        said = {"1e-05": "0.00001"}  # as JavaScript writes it
        wanted = error.values if error.reason != "choice" else {"field": error.values["field"]}
        values = {name: said.get(str(value), str(value)) for name, value in wanted.items()}
        return {"name": name, "settings": plain, "problem": {"code": error.reason, "values": values}}
    return {
        "name": name,
        "settings": plain,
        "recipe": checkpoints.describe(replace(settings, precision="float32").recipe),
        "parameters": cost(settings.model).parameters,
        "work": cost(settings.model).multiplications,
        "compression": trial.compression(settings.model),
        "script": script(replace(settings, precision="float32"), SCHEDULES),
        "one": script(replace(settings, precision="float32"), SCHEDULES[:1]),
        "layers": [layer.model_dump(mode="json", by_alias=True) for layer in trials.layers(settings)],
    }


def run(config: ModelConfig, stage: Stage, images: torch.Tensor, seed: int) -> dict:
    """The first weights, and loss, gradient and weights after some of the steps."""

    def weights() -> torch.Tensor:
        return torch.cat([value.flatten() for value in network.state_dict().values()])

    network = build(config, seed)
    first = weights()
    trainer = Trainer(network, images, stage, seed=seed)
    network.train()
    moments = []
    for step in range(STEPS):
        if step + 1 not in SEEN:
            trainer.step(step / STEPS)
            continue
        trainer.running.zero_()
        trainer.running_error.zero_()
        numbers = trainer.measured_step(step / STEPS)
        moments.append({**asdict(numbers), "rate": trainer.optimizer.param_groups[0]["lr"], "weights": weights()})
    return {"first": first, "moments": moments, "names": list(network.state_dict())}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    images = data.visitor_split()[0].images[:: 4500 // COUNT]
    arrays: list[torch.Tensor] = [images]

    def array(values: torch.Tensor) -> list[int]:
        """Where the values will be found in the one file of all."""
        start = sum(each.numel() for each in arrays)
        arrays.append(values.detach().flatten())
        return [start, start + values.numel()]

    runs = []
    for seed, (name, (config, settings)) in enumerate(SETTINGS.items()):
        found = run(config, settings, images, seed)
        moments = [{**moment, "weights": array(moment["weights"])} for moment in found["moments"]]
        described = {"name": name, "seed": seed, "config": asdict(config), "stage": asdict(settings)}
        runs.append({**described, "names": found["names"], "first": array(found["first"]), "moments": moments})
    np.concatenate([each.flatten().numpy() for each in arrays]).astype(np.float32).tofile(folder / "values.f32")
    plateau = next(run for run in runs if run["name"] == "plateau")
    assert plateau["moments"][-1]["rate"] < plateau["moments"][0]["rate"]  # or it would show nothing
    said = {"count": COUNT, "steps": STEPS, "seen": SEEN, "runs": runs}
    rules = manifest.train_fields() | {"levels": {key: noise.maximum for key, noise in NOISES.items()}}
    asking = [asked(name) for name in ASKED]
    (folder / "index.json").write_text(
        json.dumps(
            {"training": said, "asked": asking, "rules": rules, "schedules": [asdict(each) for each in SCHEDULES]}
        )
    )
    return folder


@pytest.mark.parametrize("kernels", KERNELS)
def test_the_browser_trains_as_torch_does(written, kernels):
    for digit in range(10):
        (written / f"{digit}.bin").write_bytes(site.gallery_bytes(digit))
    run_tests("training", fixtures=written, kernels=kernels)
    for name in ("whole", "sparse"):
        path = written / f"{name}.safetensors"
        network, info = dae.load(path), checkpoints.info(path)
        [figure] = info.figures
        exam = trial.exam((TrainingNoise("gaussian", 0.5),), data.visitor_split()[1])
        assert figure["digits"] == 500 and info.data == data.visitor_split()[0].name
        assert figure["mse"] == pytest.approx(trial.examine(network, exam), rel=1e-3)  # the same to three digits
        assert figure["nothing"] == pytest.approx(exam.nothing, rel=1e-5)
        assert network.config == info.model and info.steps == 30
