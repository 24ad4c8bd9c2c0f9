"""The recipes against what the tutorials and papers say, and each of them run for a few steps."""

import dataclasses

import pytest
import torch

from dae import recipes
from dae.models import MLP, build, compression_ratio, describe_widths
from dae.noise import NOISES
from dae.recipes import RECIPES
from dae.stages import TrainingNoise, check
from dae.zoo import run

GAUSSIAN = TrainingNoise("gaussian", 0.2)
PLAIN = ()
# name: (layer widths or channels, noises, loss, learning rate, batch size, epochs of each stage)
TUTORIALS = {
    "apx": (None, (GAUSSIAN,), "mse", 1e-3, None, [50]),
    "apx-gaussian-0.5": (None, (TrainingNoise("gaussian", 0.5),), "mse", 1e-3, None, [50]),
    "apx-masking": (None, (TrainingNoise("masking", 0.5),), "mse", 1e-3, None, [50]),
    "apx-bce": (None, (GAUSSIAN,), "bce", 1e-3, None, [50]),
    "apx-bce-logits": (None, (GAUSSIAN,), "bce_with_logits", 1e-3, None, [50]),
    "gfg": (
        [784, 512, 256, 128, 256, 512, 784],
        (TrainingNoise("gaussian", 1.0, clip=False),),
        "mse",
        1e-2,
        128,
        [10],
    ),
    "yt-ae": ([784, 256, 256, 32, 256, 256, 784], PLAIN, "mse", 1e-3, None, [10]),
    "yt-conv": ([32, 64, 128, 256], PLAIN, "mse", 1e-3, None, [10]),
    "yt-dae": ([784, 256, 256, 32, 256, 256, 784], (TrainingNoise("gaussian", 0.3),), "mse", 1e-3, None, [10]),
    "yt-dae-salt-and-pepper": (None, (TrainingNoise("salt_and_pepper", 0.1),), "mse", 1e-3, None, [10]),
    "yt-dae-masking": (None, (TrainingNoise("masking", 0.1),), "mse", 1e-3, None, [10]),
    "yt-dae-dropout": (None, (TrainingNoise("dropout", 0.2),), "mse", 1e-3, None, [10]),
    "yt-vae": ([784, 256, 256, 32, 256, 256, 784], PLAIN, None, None, None, None),
    "jz-fc": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-topk-16": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-topk-5": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-l1-1e-2": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-l1-1e-1": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-kl-1e-2": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-kl-1e-1": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-wta-25": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-wta-5": ([784, 64, 784], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-conv": ([8, 8, 8, 8], PLAIN, "mse", 1e-3, 512, [100, 50]),
    "jz-deep": ([784, 128, 64, 32, 2, 32, 64, 128, 784], PLAIN, "mse", None, None, None),
    "jz-denoise-gaussian": ([784, 64, 784], (TrainingNoise("gaussian", 0.1**0.5),), "mse", 1e-3, 512, [100, 50]),
    "jz-denoise-masking-25": ([784, 64, 784], (TrainingNoise("masking", 0.25),), "mse", 1e-3, 512, [100, 50]),
    "jz-denoise-masking-50": ([784, 64, 784], (TrainingNoise("masking", 0.5),), "mse", 1e-3, 512, [100, 50]),
}
SPARSITY = {
    "jz-topk-16": {"kind": "topk", "k": 16},
    "jz-topk-5": {"kind": "topk", "k": 5},
    "jz-l1-1e-2": {"kind": "l1", "weight": 1e-2},
    "jz-l1-1e-1": {"kind": "l1", "weight": 1e-1},
    "jz-kl-1e-2": {"kind": "kl", "weight": 1e-2, "rho": 0.05},
    "jz-kl-1e-1": {"kind": "kl", "weight": 1e-1, "rho": 0.05},
    "jz-wta-25": {"kind": "lifetime", "fraction": 0.25},
    "jz-wta-5": {"kind": "lifetime", "fraction": 0.05},
    "wta-2000": {"kind": "lifetime", "fraction": 0.05},
}


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorials_recipe_is_true_to_the_tutorial(name):
    widths, noises, loss, rate, batch, epochs = TUTORIALS[name]
    recipe = recipes.get(name)
    model = recipe.model
    assert widths in (None, list(model.channels) or list(describe_widths(model)))
    for stage in recipe.stages:
        assert stage.noises == noises
        assert loss in (None, stage.loss)
        assert rate in (None, stage.learning_rate)
        assert batch in (None, stage.batch_size)
    assert epochs in (None, [stage.epochs for stage in recipe.stages])


@pytest.mark.parametrize("name", SPARSITY)
def test_the_sparsity_is_the_wanted_one(name):
    sparsity = dataclasses.asdict(recipes.get(name).model.sparsity)
    assert {key: sparsity[key] for key in SPARSITY[name]} == SPARSITY[name]


def test_outputs_codes_and_ties_of_the_tutorials():
    yt, jz = recipes.get("yt-ae").model, recipes.get("jz-fc")
    assert (yt.activation, yt.code_activation, yt.output) == ("relu", "identity", "identity")
    assert compression_ratio(yt) == 24.5
    assert recipes.get("yt-dae").model.output == recipes.get("yt-conv").model.output == "sigmoid"
    assert recipes.get("yt-vae").model.variational
    assert (jz.model.code_activation, jz.model.output) == ("leaky_relu", "leaky_relu")
    assert jz.model.tied and [stage.untie for stage in jz.stages] == [False, True]
    assert all(stage.schedule == "plateau" for stage in jz.stages)
    gfg, better = recipes.get("gfg"), recipes.get("gfg-better")
    assert (gfg.model.activation, gfg.model.code_activation, gfg.model.output) == ("relu", "relu", "sigmoid")
    assert better.model == gfg.model and better.stages[0].noises == gfg.stages[0].noises
    deep = recipes.get("jz-deep").stages
    assert [stage.pairs for stage in deep] == [1, 2, 3, 4, 0]
    assert [stage.newest_pair_only for stage in deep] == [True] * 4 + [False]


def test_the_plain_autoencoder_differs_from_the_denoising_one_by_its_noise():
    plain, denoising = recipes.get("plain"), recipes.get("fc-gaussian")
    assert plain.model == denoising.model
    assert all(not stage.noises for stage in plain.stages) and denoising.stages[0].noises


def test_the_papers_recipes():
    assert list(describe_widths(recipes.get("hinton").model))[:5] == [784, 1000, 500, 250, 30]
    assert recipes.get("wta-2000").model.latent_dim == 2000
    universal = recipes.get("universal")
    assert universal.model.architecture == "unet"
    covered = {(noise.key, noise.clip) for noise in universal.stages[-1].noises}
    assert covered == {(key, True) for key in NOISES} | {("gaussian", False)}
    for noise in universal.stages[-1].noises:
        assert (noise.low, noise.high) == (0, NOISES[noise.key].maximum)


def test_names_and_summaries_tell_recipes_apart():
    assert all(name == recipe.name for name, recipe in RECIPES.items())
    lists = [value for name, value in vars(recipes).items() if isinstance(value, tuple) and name != "TUTORIALS"]
    written = [recipe for group in lists for recipe in group if isinstance(recipe, recipes.Recipe)]
    assert len(written) == len(RECIPES)  # none hides another of the same name
    summaries = [recipe.summary for recipe in RECIPES.values()]
    assert len(set(summaries)) == len(summaries)
    assert all(summary and len(summary) <= 100 and "\n" not in summary for summary in summaries)


def test_an_unknown_recipe_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match=r"no recipe called 'gfg2'; there are .*gfg, .*universal.*\.$"):
        recipes.get("gfg2")


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_runs(name, digits):
    """A few steps of each stage: everything is trained in the end, and stays finite."""
    recipe = recipes.get(name)
    model, largest = build(recipe.model), torch.zeros(1, 1, 28, 28).expand(55_000, -1, -1, -1)
    for stage in recipe.stages:
        model = model.untie() if stage.untie else model
        check(model, largest, stage)
    last = recipe.stages[-1]
    assert not isinstance(model, MLP) or (last.pairs in (0, len(model.encoder)) and not last.newest_pair_only)
    stages = tuple(dataclasses.replace(stage, batch_size=20, epochs=2 / 3) for stage in recipe.stages)
    *_, report = run(dataclasses.replace(recipe, stages=stages), digits)
    assert report.percent == pytest.approx(100) and report.steps == 2 * len(stages)
    before = build(recipe.model).state_dict()
    for key, value in report.model.state_dict().items():
        assert value.isfinite().all(), key
        assert key not in before or not torch.equal(value, before[key]), key
    assert report.model.config == dataclasses.replace(recipe.model, tied=model.config.tied)
