"""Training in the browser against `dae.training`: this writes down what torch does in its first hundred steps, and Node
compares (training.test.js)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dae import data
from dae.models import ModelConfig, build
from dae.sparsity import Sparsity
from dae.stages import Stage, TrainingNoise
from dae.training import Trainer

HERE = Path(__file__).parent
COUNT = 300  # digits
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
    "plateau": (model(), stage(schedule="plateau", learning_rate=1e-6, batch_size=150)),
    "not clipped, weights decay": (model(), stage(clip_norm=0.0, weight_decay=0.1)),
    "a large rate": (model(), stage(learning_rate=0.1)),
    "a batch of 1": (model(), stage(batch_size=1)),
    "all digits at once": (model(), stage(batch_size=COUNT)),
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
    (folder / "index.json").write_text(json.dumps({"training": said}))
    return folder


@pytest.mark.parametrize("kernels", ["wasm", "javascript"])
def test_the_browser_trains_as_torch_does(written, kernels):
    node = shutil.which("node")
    if node is None:
        pytest.fail("Node is missing")
    command = [node, "--test", str(HERE / "training.test.js")]
    environment = os.environ | {"DAE_ENGINE_FIXTURES": str(written), "DAE_ENGINE_KERNELS": kernels}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "skipped 0" in done.stdout
