"""Settings that are refused with a reason, and what follows from them."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dae import checkpoints, recipes, trial
from dae.cost import cost
from dae.models import build
from dae.trial import RANGES, REASONS, Settings, SettingsError, watch

SMALL = Settings(widths=(16,), latent_dim=8, batch_size=20, learning_rate=1e-2, seconds=60, seed=5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"learning_rate": 1e3}, "learning_rate"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"batch_size": 61}, "batch"),
        ({"batch_size": 7}, "range"),
        ({"latent_dim": 0}, "range"),
        ({"seconds": 61}, "range"),
        ({"seed": -1}, "range"),
        ({"architecture": "unet"}, "choice"),
        ({"noise": "fog"}, "choice"),
        ({"widths": (16,) * 5}, "widths"),
        ({"widths": (0,)}, "widths"),
        ({"architecture": "conv", "widths": (8,)}, "widths"),
        ({"low": 0.6}, "levels"),
        ({"high": 1.6}, "levels"),
        ({"low": math.nan}, "levels"),
        ({"sparsity": "kl"}, "kl_unbounded"),
        ({"sparsity": "kl", "code_activation": "tanh"}, "kl_unbounded"),
        ({"output": "identity"}, "bce_unbounded"),
        ({"output": "leaky_relu", "loss": "bce"}, "bce_unbounded"),
        ({"architecture": "conv", "widths": (8, 8), "tied": True}, "tied_conv"),
        ({"sparsity": "topk", "k": 8}, "topk_all"),
        ({"start": "no-such-checkpoint"}, "weights"),
        ({"architecture": "conv", "widths": (128, 128, 128, 128), "batch_size": 60}, "work"),
    ],
    ids=str,
)
def test_nonsense_is_refused_with_a_reason_before_any_work(changes, reason, few):
    settings = replace(SMALL, **changes)
    with pytest.raises(SettingsError) as caught:
        next(watch(settings, few))
    assert caught.value.reason == reason
    assert str(caught.value) == REASONS[reason].format(**caught.value.values)
    assert str(caught.value).endswith(".") and "{" not in str(caught.value)


@given(st.sampled_from(sorted(RANGES)), st.floats(allow_nan=True))
def test_no_number_breaks_the_check(field, value):
    kind = int if field in ("latent_dim", "k", "batch_size", "seed") and math.isfinite(value) else float
    try:
        replace(SMALL, **{field: kind(value)}).check(60)
    except SettingsError as error:
        assert error.reason in REASONS


def test_recipes_come_as_they_are():
    known = trial.recipes_to_start_from()
    assert next(iter(known)) == "quick" and {"gfg", "yt-dae", "conv-gaussian", "jz-kl-1e-1", "wta-2000"} <= set(known)
    for name, settings in known.items():
        recipe = recipes.get(name)
        stage = recipe.stages[0]
        assert settings.model.latent_dim == recipe.model.latent_dim and settings.model.tied == recipe.model.tied
        assert build(settings.model).parameter_count == build(recipe.model).parameter_count
        assert settings.model.sparsity.kind == recipe.model.sparsity.kind
        assert settings.noises == stage.noises
        assert (settings.loss, settings.learning_rate, settings.batch_size) == (
            stage.loss,
            stage.learning_rate,
            stage.batch_size,
        )
    for name in ("universal", "yt-vae", "yt-conv"):  # mixtures, variational codes and other networks cannot be set
        assert name not in known


@pytest.mark.parametrize("name", ["quick", "conv-gaussian", "jz-topk-5", "jz-fc"])
def test_counts_are_those_of_the_network(name):
    settings = trial.recipes_to_start_from()[name]
    model = build(settings.model)
    assert cost(settings.model).parameters == sum(p.numel() for p in model.parameters())
    products = [0]
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            layer.register_forward_hook(
                lambda layer, given, made: products.append(
                    layer.weight.numel()
                    * (
                        1
                        if made.ndim == 2
                        else given[0][0, 0].numel()
                        if isinstance(layer, torch.nn.ConvTranspose2d)
                        else made[0, 0].numel()
                    )
                )
            )
    model(torch.zeros(1, 1, 28, 28))
    if settings.tied or not products[1:]:
        expected = 2 * sum(layer.weight.numel() for layer in model.encoder)
    elif settings.architecture == "mlp":
        expected = sum(p.numel() for p in model.parameters() if p.ndim == 2)
    else:
        expected = sum(products)
    assert cost(settings.model).multiplications == expected


def test_weights_to_start_from_are_the_shipped_ones_that_can_be_set(tmp_path, monkeypatch, few):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    settings = replace(SMALL, sparsity="topk", k=3)
    for name, config in (("mine", settings.model), ("unet", recipes.get("universal").model)):
        info = checkpoints.Info({"name": name}, config, 0, "digits")
        checkpoints.save(tmp_path / f"{name}.safetensors", build(config, seed=8), info)
    (tmp_path / "broken.safetensors").write_bytes(b"broken")
    offered = trial.weights_to_start_from()
    assert list(offered) == ["mine"] and offered["mine"].model == settings.model
    first = next(watch(replace(settings, start="mine"), few, steps=1))
    assert all(
        torch.equal(value, first.snapshot.weights[name])
        for name, value in build(settings.model, seed=8).state_dict().items()
    )
    with pytest.raises(SettingsError, match="its own network only"):
        replace(settings, start="mine", latent_dim=9).check()
