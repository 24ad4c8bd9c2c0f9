"""Networks: shapes, weights counted by hand, the same function written out in NumPy, and what each promises."""

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from dae.models import (
    ACTIVATIONS,
    ARCHITECTURES,
    STAGES,
    ModelConfig,
    NoCodeError,
    build,
    compression_ratio,
    describe_widths,
)
from dae.recipes import RECIPES
from dae.sparsity import Sparsity
from dae.stages import Stage
from dae.training import loss_of, trainable

DEEP = ModelConfig(hidden=(48, 32), latent_dim=8)
SMALL = {
    "mlp": DEEP,
    "one layer": ModelConfig(latent_dim=8),
    "tied": dataclasses.replace(DEEP, tied=True),
    "variational": dataclasses.replace(DEEP, variational=True),
    "conv": ModelConfig("conv", channels=(4, 6), latent_dim=8),
    "conv of four": ModelConfig("conv", channels=(4, 6, 6, 8), latent_dim=8),
    "pooled_conv": ModelConfig("pooled_conv", channels=(4, 6, 8, 8), latent_dim=8),
    "valid_conv": ModelConfig("valid_conv", channels=(4, 4, 4, 2), latent_dim=32),
    "unet": ModelConfig("unet", channels=(4, 8), latent_dim=8),
    "unet of one": ModelConfig("unet", channels=(4,), latent_dim=8),
    "photo_unet": ModelConfig("photo_unet", channels=(4, 8)),
}
CONFIGS = SMALL | {recipe.name: recipe.model for recipe in RECIPES.values()}


def weights(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([value.detach().flatten() for value in model.state_dict().values()])


@pytest.mark.parametrize("name", CONFIGS)
def test_pictures_in_pictures_out_through_the_code(name, digits):
    config = CONFIGS[name]
    model = build(config).eval()
    images = digits[:3]
    with torch.no_grad():
        output = model.run(images)
        assert output.reconstruction.shape == output.logits.shape == (3, 1, 28, 28)
        assert output.reconstruction.dtype == torch.float32
        assert torch.equal(model(images), output.reconstruction)
        assert model(images[:1]).shape == (1, 1, 28, 28)
        assert torch.allclose(model(images[1:2]), output.reconstruction[1:2], atol=1e-5)  # each picture by itself
        if config.output == "sigmoid":
            assert ((output.reconstruction >= 0) & (output.reconstruction <= 1)).all()
        if config.has_code:
            assert model.encode(images).shape == (3, config.latent_dim)
            assert torch.equal(output.code, model.encode(images))
            assert torch.allclose(
                model.decode(output.code), output.reconstruction, atol=1e-6
            )  # nothing passes the code
            assert compression_ratio(config) == 784 / config.latent_dim
        else:
            assert output.code is None and compression_ratio(config) is None


@pytest.mark.parametrize("name", SMALL)
def test_a_seed_gives_the_weights_and_the_global_generator_stays(name):
    before = torch.get_rng_state()
    one = weights(build(SMALL[name], seed=1))
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(1)
    assert torch.equal(weights(build(SMALL[name], seed=1)), one)
    assert not torch.equal(weights(build(SMALL[name], seed=2)), one)
    assert one.isfinite().all()


@pytest.mark.parametrize("tied", [False, True])
def test_xaviers_weights_are_uniform_up_to_the_papers_bound(tied):
    config = ModelConfig(hidden=(300,), latent_dim=40, activation="tanh", tied=tied, initial="xavier")
    network = build(config, seed=3)
    for parameter in network.parameters():
        if parameter.ndim == 1:
            assert not parameter.any()
        else:
            bound = (6 / sum(parameter.shape)) ** 0.5
            uniform = stats.uniform(-bound, 2 * bound)
            assert stats.kstest(parameter.detach().flatten().numpy(), uniform.cdf).pvalue > 1e-3
    assert all(map(torch.equal, network.parameters(), build(config, seed=3).parameters()))
    assert not torch.equal(network.encoder[0].weight, build(config, seed=4).encoder[0].weight)


def test_networks_built_at_the_same_time_do_not_mix_their_seeds():
    expected = [weights(build(DEEP, seed=seed)) for seed in range(4)]
    with ThreadPoolExecutor(8) as pool:
        built = list(pool.map(lambda i: weights(build(DEEP, seed=i % 4)), range(64)))
    assert all(torch.equal(found, expected[i % 4]) for i, found in enumerate(built))


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (  # the GeeksforGeeks network, layer by layer
            ModelConfig(hidden=(512, 256), latent_dim=128),
            (784 * 512 + 512)
            + (512 * 256 + 256)
            + (256 * 128 + 128)
            + (128 * 256 + 256)
            + (256 * 512 + 512)
            + (512 * 784 + 784),
        ),
        (ModelConfig(latent_dim=64, tied=True), 784 * 64 + 64 + 784),
        (ModelConfig(hidden=(32,), latent_dim=8, tied=True), 784 * 32 + 32 + 32 * 8 + 8 + 32 + 784),
        (  # mean and log-variance
            ModelConfig(hidden=(256, 256), latent_dim=32, variational=True),
            (784 * 256 + 256)
            + (256 * 256 + 256)
            + (256 * 64 + 64)
            + (32 * 256 + 256)
            + (256 * 256 + 256)
            + (256 * 784 + 784),
        ),
        (
            ModelConfig("conv", channels=(32, 64, 64), latent_dim=128),
            (9 * 32 + 32)
            + (32 * 64 * 9 + 64)
            + (64 * 64 * 9 + 64)
            + (64 * 49 * 128 + 128)
            + (128 * 64 * 49 + 64 * 49)
            + (64 * 64 * 16 + 64)
            + (64 * 32 * 16 + 32)
            + (32 * 9 + 1),
        ),
        (
            ModelConfig("pooled_conv", channels=(32, 64, 128, 256), latent_dim=32),
            (9 * 32 + 32)
            + (32 * 64 * 9 + 64)
            + (64 * 128 * 9 + 128)
            + (128 * 256 * 9 + 256)
            + (256 * 32 + 32)
            + (32 * 256 * 4 + 256 * 4)
            + (256 * 128 * 9 + 128)
            + (128 * 64 * 9 + 64)
            + (64 * 32 * 9 + 32)
            + (32 * 9 + 1),
        ),
        (
            ModelConfig("valid_conv", channels=(8, 8, 8, 8), latent_dim=128),
            (36 * 8 + 8) + 3 * (8 * 8 * 36 + 8) + (128 * 784 + 784),
        ),
        (
            ModelConfig("unet", channels=(8, 16), latent_dim=4),
            (4 * 8 * 9 + 8)  # stem
            + 2 * (8 * 8 * 9 + 8)  # down
            + (8 * 16 * 4 + 16)
            + 4 * (16 * 16 * 9 + 16)  # two blocks at the bottom
            + (16 * 32 + 32 + 32 * 49 * 4 + 4 + 4 * 32 * 49 + 32 * 49 + 32 * 16 + 16)  # the whole digit at once
            + (16 * 8 * 4 + 8)
            + (16 * 8 * 9 + 8 + 8 * 8 * 9 + 8 + 16 * 8 + 8)  # up, with its skip
            + (8 * 4 * 9 + 4),  # head
        ),
    ],
    ids=["gfg", "tied", "tied deep", "variational", "conv", "pooled_conv", "valid_conv", "unet"],
)
def test_parameters_are_as_many_as_counted_by_hand(config, count):
    assert build(config).parameter_count == count


def test_the_widths_of_a_fully_connected_network():
    assert list(describe_widths(ModelConfig(hidden=(512, 256), latent_dim=128))) == [784, 512, 256, 128, 256, 512, 784]
    assert list(describe_widths(ModelConfig(latent_dim=64))) == [784, 64, 784]


SCALARS = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "gelu": lambda x: x * stats.norm.cdf(x),
}


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("output", ["sigmoid", "identity", "leaky_relu"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_fully_connected_network_written_out(activation, output, tied, digits):
    config = ModelConfig(
        hidden=(12, 10), latent_dim=6, activation=activation, code_activation="tanh", output=output, tied=tied
    )
    model = build(config, seed=3)
    if tied:
        with torch.no_grad():
            for bias in model.decoder_biases:
                bias.uniform_(-0.1, 0.1)
    state = {name: value.numpy().astype(np.float64) for name, value in model.state_dict().items()}
    hidden = digits[:4].flatten(1).double().numpy()
    for i in range(3):
        hidden = hidden @ state[f"encoder.{i}.weight"].T + state[f"encoder.{i}.bias"]
        hidden = SCALARS[activation if i < 2 else "tanh"](hidden)
    assert model.encode(digits[:4]).detach().numpy() == pytest.approx(hidden, abs=1e-5)
    for i in range(3):
        if tied:
            hidden = hidden @ state[f"encoder.{2 - i}.weight"] + state[f"decoder_biases.{i}"]
        else:
            hidden = hidden @ state[f"decoder.{i}.weight"].T + state[f"decoder.{i}.bias"]
        hidden = SCALARS[activation if i < 2 else output](hidden)
    expected = hidden.reshape(4, 1, 28, 28)
    assert model(digits[:4]).detach().numpy() == pytest.approx(expected, abs=1e-5)


def test_the_convolutional_network_written_out(digits):
    model = build(ModelConfig("conv", channels=(4, 6, 8), latent_dim=5), seed=4)
    state = model.state_dict()

    def part(name):
        return state[f"{name}.weight"], state[f"{name}.bias"]

    hidden = F.relu(F.conv2d(digits, *part("encoder.0"), padding=1))
    hidden = F.relu(F.conv2d(hidden, *part("encoder.1"), stride=2, padding=1))
    hidden = F.relu(F.conv2d(hidden, *part("encoder.2"), stride=2, padding=1))
    assert hidden.shape[1:] == (8, 7, 7)
    code = F.linear(hidden.flatten(1), *part("to_code"))
    hidden = F.relu(F.linear(code, *part("from_code"))).view(-1, 8, 7, 7)
    hidden = F.relu(F.conv_transpose2d(hidden, *part("decoder.0"), stride=2, padding=1))
    hidden = F.relu(F.conv_transpose2d(hidden, *part("decoder.1"), stride=2, padding=1))
    expected = torch.sigmoid(F.conv2d(hidden, *part("decoder.2"), padding=1))
    assert torch.allclose(model.encode(digits), code, atol=1e-5)
    assert torch.allclose(model(digits), expected, atol=1e-5)


def test_pooling_forgets_where_the_channels_fired_and_the_maximum_where_in_its_square():
    pooled = build(ModelConfig("pooled_conv", channels=(4, 8), latent_dim=8)).eval()
    dot = torch.zeros(1, 1, 28, 28)
    dot[..., 8, 8] = 1
    moved = dot.roll((8, 4), (2, 3))  # a multiple of the two strides, away from the borders
    assert torch.allclose(pooled.encode(dot), pooled.encode(moved), atol=1e-6)
    valid = build(SMALL["valid_conv"]).eval()
    raw = valid.encode_raw(dot).view(2, 4, 4)
    hidden = dot
    for i, layer in enumerate(valid.encoder):
        hidden = F.conv2d(hidden, layer.weight, layer.bias)
        hidden = F.relu(hidden) if i < 3 else hidden
    assert hidden.shape[1:] == (2, 8, 8)
    assert torch.allclose(raw, hidden.view(2, 4, 2, 4, 2).amax((2, 4)))


def test_a_tied_decoder_is_the_encoder_transposed_and_stays_so():
    model = build(SMALL["tied"], seed=5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    model(torch.rand(4, 1, 28, 28)).square().mean().backward()
    before = weights(model)
    optimizer.step()
    assert not torch.equal(weights(model), before)
    for (decoder, _), encoder in zip(model.decoder_weights(), reversed(model.encoder), strict=True):
        assert torch.equal(decoder, encoder.weight.T)
        assert decoder.data_ptr() == encoder.weight.data_ptr()


@pytest.mark.parametrize("training", [True, False])
def test_untying_keeps_the_function_and_gives_the_decoder_its_own_weights(training, digits):
    model = build(dataclasses.replace(DEEP, tied=True, sparsity=Sparsity("lifetime", fraction=0.2)), seed=6)
    with torch.no_grad():
        for bias in model.decoder_biases:
            bias.uniform_(-0.2, 0.2)
    model.train(training)
    before = torch.get_rng_state()
    untied = model.untie()
    assert torch.equal(torch.get_rng_state(), before)
    assert untied.config == dataclasses.replace(model.config, tied=False)
    assert torch.allclose(untied(digits), model(digits), atol=1e-6)
    assert torch.equal(untied.encode(digits), model.encode(digits))
    with torch.no_grad():
        for parameter in untied.decoder.parameters():
            parameter.zero_()
    assert all((layer.weight != 0).any() for layer in model.encoder)  # nothing is shared
    assert untied.untie() is untied


def test_a_variational_code_is_its_mean_in_evaluation(digits):
    model = build(SMALL["variational"], seed=7).eval()
    raw = model.encode_raw(digits)
    output = model.run(digits)
    assert raw.shape == (len(digits), 16)
    assert torch.equal(output.code, raw[:, :8]) and torch.equal(model.encode(digits), raw[:, :8])
    assert torch.equal(output.mean, raw[:, :8]) and torch.equal(output.log_variance, raw[:, 8:])
    assert torch.equal(model(digits), model(digits))


def test_a_variational_code_is_drawn_around_its_mean_while_training(digits):
    model = build(SMALL["variational"], seed=8).train()
    with torch.no_grad():
        model.encoder[-1].weight[8:] *= 20  # variances that differ
        output = model.run(digits[:1].expand(20_000, -1, -1, -1), torch.Generator().manual_seed(1))
    e = ((output.code - output.mean) / torch.exp(output.log_variance / 2)).double()
    assert e.mean(0).abs().max() < 5 * len(e) ** -0.5
    assert (e.var(0) - 1).abs().max() < 5 * (2 / len(e)) ** 0.5
    assert torch.corrcoef(e.T).sub(torch.eye(8)).abs().max() < 5 * len(e) ** -0.5
    draws = [model.run(digits, torch.Generator().manual_seed(seed)).code for seed in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])
    draws[0].sum().backward()  # the draw lets the gradient through to mean and variance
    assert (model.encoder[-1].bias.grad != 0).all()


@pytest.mark.parametrize("weight", [0.0, 1.0, 3.0])
def test_the_kl_of_a_variational_code_is_that_of_torch_distributions(weight, digits):
    model = build(SMALL["variational"], seed=9).eval()
    output = model.run(digits)
    deviation = torch.exp(output.log_variance / 2)
    divergence = kl_divergence(Normal(output.mean, deviation), Normal(0.0, 1.0)).sum(1).mean() / 784
    expected = F.mse_loss(output.reconstruction, digits) + weight * divergence
    assert divergence > 0
    assert loss_of(output, digits, Stage(kl_weight=weight), model).item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("pairs", [1, 2, 3])
def test_outer_pairs_alone_make_a_shallower_network(pairs, digits):
    model = build(DEEP, seed=10)
    model.pairs = pairs
    linears = [*model.encoder[:pairs], *model.decoder[-pairs:]]
    hidden = digits.flatten(1)
    for i, layer in enumerate(linears):
        hidden = layer(hidden)
        if i == pairs - 1:
            code = hidden = hidden if pairs == 3 else hidden.relu()  # the code of the whole network is linear
        elif i < len(linears) - 1:
            hidden = hidden.relu()
    assert torch.allclose(model.encode(digits), code, atol=1e-6)
    assert torch.allclose(model(digits), torch.sigmoid(hidden).view(-1, 1, 28, 28), atol=1e-6)


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        (Stage(), {"encoder.0", "encoder.1", "encoder.2", "decoder.0", "decoder.1", "decoder.2"}),
        (Stage(pairs=1), {"encoder.0", "decoder.2"}),
        (Stage(pairs=2), {"encoder.0", "encoder.1", "decoder.1", "decoder.2"}),
        (Stage(pairs=1, newest_pair_only=True), {"encoder.0", "decoder.2"}),
        (Stage(pairs=2, newest_pair_only=True), {"encoder.1", "decoder.1"}),
        (Stage(pairs=3, newest_pair_only=True), {"encoder.2", "decoder.0"}),
    ],
)
def test_greedy_stages_train_what_they_say_and_freeze_the_rest(stage, names):
    model = build(DEEP)
    parameters = trainable(model, stage)
    named = {name for name, p in model.named_parameters() if any(p is other for other in parameters)}
    assert named == {f"{name}.{kind}" for name in names for kind in ("weight", "bias")}
    assert {name for name, p in model.named_parameters() if p.requires_grad} == named


def test_a_network_with_skips_says_that_it_has_no_code(digits):
    model = build(SMALL["unet"])
    for ask in (lambda: model.encode(digits), lambda: model.decode(torch.zeros(1, 8))):
        with pytest.raises(NoCodeError, match="no code"):
            ask()
    assert not SMALL["unet"].has_code and issubclass(NoCodeError, ValueError)


def test_the_skips_carry_detail_and_the_bottom_sees_the_whole_digit():
    """The gradient of one pixel reaches its neighbourhood strongly and every input pixel at all."""
    model = build(SMALL["unet"], seed=11)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("layers.3.weight"):  # they start at 0
                parameter.uniform_(-0.1, 0.1)
    image = torch.rand(1, 1, 28, 28, requires_grad=True)
    model.run(image).logits[0, 0, 14, 14].backward()
    gradient = image.grad[0, 0].abs()
    assert (gradient > 0).all()
    assert gradient[10:19, 10:19].mean() > 10 * gradient[:5, :5].mean()


@pytest.mark.parametrize("architecture", ["conv", "pooled_conv", "unet", "valid_conv"])
@given(count=st.integers(0, 10), latent_dim=st.integers(1, 40))
def test_every_count_of_channels_runs_or_is_refused_with_a_sentence(architecture, count, latent_dim):
    if architecture == "valid_conv":
        latent_dim = 2 * max(1, (28 - 5 * count) // 2) ** 2
    try:
        model = build(ModelConfig(architecture, channels=(2,) * count, latent_dim=latent_dim))
    except ValueError as error:
        assert str(error).endswith(".") and "channel" in str(error)
        return
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 1, 28, 28)


SENTENCES = [
    ({"architecture": "transformer"}, "no architecture called 'transformer'"),
    ({"activation": "swish"}, "no activation called 'swish'; there are identity, relu"),
    ({"code_activation": "swish"}, "no activation called 'swish'"),
    ({"output": "tanh"}, "output is one of sigmoid, identity, leaky_relu, not 'tanh'"),
    ({"initial": "zeros"}, "default or xavier"),
    ({"latent_dim": 0}, "between 1 and 4096"),
    ({"latent_dim": 5000}, "between 1 and 4096"),
    ({"latent_dim": 8.0}, "whole numbers"),
    ({"hidden": (64, 0)}, "between 1 and 4096"),
    ({"hidden": (64, "32")}, "whole numbers"),
    ({"hidden": (8,) * 9}, "At most 8 hidden layers"),
    ({"architecture": "conv", "channels": (8, 16), "tied": True}, "fully connected network only"),
    ({"architecture": "unet", "channels": (8, 16), "variational": True}, "fully connected network only"),
    ({"architecture": "conv"}, "conv network takes 2 to 8 channel widths, not 0"),
    ({"architecture": "conv", "channels": (8,)}, "takes 2 to 8 channel widths, not 1"),
    ({"architecture": "valid_conv", "channels": (8,) * 6}, "takes 1 to 5 channel widths, not 6"),
    ({"architecture": "unet", "channels": (8,) * 3}, "takes 1 to 2 channel widths, not 3"),
    ({"architecture": "valid_conv", "channels": (8,) * 4, "latent_dim": 64}, "give a code of 128, not 64"),
    ({"variational": True, "sparsity": Sparsity("topk")}, "takes no sparsity"),
    ({"variational": True, "tied": True}, "cannot be tied"),
    ({"variational": True, "code_activation": "relu"}, "unbounded"),
    ({"sparsity": Sparsity("kl")}, "a sigmoid code"),
    ({"architecture": "unet", "channels": (8, 16), "sparsity": Sparsity("topk")}, "no code that could be sparse"),
]


@pytest.mark.parametrize(("options", "sentence"), SENTENCES, ids=itertools.count())
def test_settings_that_do_not_fit_are_refused_with_a_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        build(ModelConfig(**options))
    message = str(caught.value)
    assert message[0].isupper() and message.endswith(".") and "\n" not in message


def test_each_architecture_says_how_many_stages_fit():
    assert ARCHITECTURES.keys() == STAGES.keys()
