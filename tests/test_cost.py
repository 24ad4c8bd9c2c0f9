"""What a network costs: against torch's own counter, and what nobody may bring along."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch.utils.flop_counter import FlopCounterMode

from dae import checkpoints, trial
from dae.checkpoints import CheckpointError
from dae.cost import cost
from dae.models import ModelConfig, build
from dae.server import runs
from dae.trial import RANGES, WIDTHS, Settings, SettingsError

WIDTH = st.integers(1, 40)
CONFIGS = st.one_of(
    st.builds(
        ModelConfig, st.just("mlp"), hidden=st.lists(WIDTH, max_size=3).map(tuple), latent_dim=WIDTH, tied=st.booleans()
    ),
    st.builds(ModelConfig, st.just("mlp"), hidden=st.lists(WIDTH, max_size=2).map(tuple), variational=st.just(True)),
    st.builds(
        ModelConfig, st.just("conv"), channels=st.lists(WIDTH, min_size=2, max_size=5).map(tuple), latent_dim=WIDTH
    ),
    st.builds(ModelConfig, st.just("pooled_conv"), channels=st.lists(WIDTH, min_size=1, max_size=5).map(tuple)),
    st.builds(ModelConfig, st.just("unet"), channels=st.lists(WIDTH, min_size=1, max_size=2).map(tuple)),
)


@given(CONFIGS)
def test_multiplications_and_parameters_are_as_torch_counts_them(config):
    model, found = build(config).eval(), cost(config)
    with FlopCounterMode(display=False) as counter:
        model(torch.rand(1, 1, 28, 28))
    assert found.multiplications == counter.get_total_flops() / 2
    assert found.parameters == sum(each.numel() for each in model.parameters())


@given(CONFIGS)
def test_the_largest_layer_is_at_least_every_layers_result(config):
    model, made = build(config).eval(), [784]
    for layer in model.modules():
        layer.register_forward_hook(lambda layer, given, result: made.append(getattr(result, "numel", lambda: 0)()))
    model(torch.rand(1, 1, 28, 28))
    assert max(made) <= cost(config).values
    if config.architecture == "mlp":
        assert cost(config).values == max(784, *config.hidden, config.latent_dim * (1 + config.variational))


@pytest.mark.parametrize("name", checkpoints.names())
def test_every_shipped_network_can_be_read(name):
    assert cost(checkpoints.read(checkpoints.find(name))[1].model).is_bearable


@given(st.data())
def test_what_the_train_tab_makes_can_be_brought_back(data):
    kind = data.draw(st.sampled_from(sorted(WIDTHS)))
    fewest, most, largest = WIDTHS[kind]
    width = st.sampled_from([1, largest // 2, largest]) | st.integers(1, largest)
    settings = Settings(
        architecture=kind,
        widths=tuple(data.draw(st.lists(width, min_size=fewest, max_size=most))),
        latent_dim=data.draw(st.integers(1, int(RANGES["latent_dim"][1]))),
        batch_size=int(RANGES["batch_size"][0]),
    )
    try:
        runs.check(settings, 4500)
    except SettingsError:
        return
    assert cost(settings.model).is_bearable


def test_the_widest_convolutions_that_can_be_trained_can_be_brought_back():
    settings = Settings(architecture="conv", widths=(128, 128, 128, 128), latent_dim=100, batch_size=8)
    runs.check(settings, 4500)
    assert cost(settings.model).values == 128 * 784 and cost(settings.model).is_bearable


@pytest.mark.parametrize(
    "config",
    [
        ModelConfig("conv", channels=(4096, 1), latent_dim=2),
        ModelConfig("pooled_conv", channels=(2048, 1), latent_dim=2),
        ModelConfig("pooled_conv", channels=(4096,), latent_dim=2),
        ModelConfig("unet", channels=(512, 1), latent_dim=2),
        ModelConfig(hidden=(4096,), latent_dim=1),
    ],
    ids=lambda config: f"{config.architecture} {config.channels}",
)
def test_a_small_file_of_a_costly_network_is_refused_before_it_is_built(config, tmp_path, monkeypatch):
    info = checkpoints.Info(recipe={}, model=config, seed=0, data="")
    path = checkpoints.save(tmp_path / "costly.safetensors", build(config), info, "int8")
    monkeypatch.setattr(checkpoints, "_unpack", lambda packed: pytest.fail("its weights were read"))
    with pytest.raises(CheckpointError, match=r"^The network in this file is larger than any that is trained here"):
        checkpoints.read(path)


def test_a_long_description_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    path = tmp_path / "long.safetensors"
    save_file({"weight": torch.zeros(1)}, path, metadata={"dae": "x" * checkpoints.MAX_HEADER})
    monkeypatch.setattr("safetensors.safe_open", lambda *args, **kwargs: pytest.fail("it was parsed"))
    for call in (checkpoints.read, checkpoints.info, checkpoints.parameter_count):
        with pytest.raises(CheckpointError, match=r"^The description inside this file is longer than 64 kB\.$"):
            call(path)


def test_trial_has_the_networks_of_the_recipes_only_where_they_can_be_borne():
    assert all(cost(settings.model).is_bearable for settings in trial.recipes_to_start_from().values())
