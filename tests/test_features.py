"""Features against explicit loops, brute force and finite differences taken by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dae import encoding, features, metrics, models
from dae.models import ModelConfig, NoCodeError
from dae.noise import corrupt
from dae.sparsity import Sparsity

LINEAR = {
    "tied leaky": ModelConfig(latent_dim=12, code_activation="leaky_relu", output="leaky_relu", tied=True),
    "top-k sigmoid": ModelConfig(latent_dim=20, output="sigmoid", sparsity=Sparsity("topk", k=5)),
    "wide relu": ModelConfig(latent_dim=300, code_activation="relu", output="identity", tied=True),
    "valid conv": ModelConfig(
        "valid_conv",
        channels=(8, 8, 8, 8),
        latent_dim=128,
        activation="leaky_relu",
        code_activation="leaky_relu",
        output="leaky_relu",
    ),
    "variational": ModelConfig(latent_dim=6, variational=True),
}
DEEP = {
    "mlp": ModelConfig(hidden=(40,), latent_dim=10),
    "conv": ModelConfig("conv", channels=(4, 6), latent_dim=9),
    "pooled": ModelConfig("pooled_conv", channels=(4, 6), latent_dim=7, output="identity"),
    "variational": ModelConfig(hidden=(30,), latent_dim=5, variational=True),
}
EVERY = {f"linear {key}": config for key, config in LINEAR.items()} | {f"deep {k}": c for k, c in DEEP.items()}


def network(config: ModelConfig, seed: int = 3) -> models.Autoencoder:
    model = models.build(config, seed=seed).eval().requires_grad_(False)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "bias" in name:  # tied biases start at 0, and a bias that is 0 hides a bias that was forgotten
                value.uniform_(-0.2, 0.2, generator=torch.Generator().manual_seed(len(name)))
    return model


def each(table):
    return pytest.mark.parametrize("config", table.values(), ids=table)


@each(LINEAR)
def test_a_linear_decoders_dictionary_is_what_each_code_value_adds(config, digits):
    model = network(config)
    codes = encoding.codes_of(model, digits)
    words = features.dictionary(model, codes)
    assert words.is_linear and words.steps is None and words.pictures.shape == (codes.shape[1], 28, 28)
    nothing = model.decode_raw(torch.zeros(1, codes.shape[1]))
    for feature in range(0, codes.shape[1], 7):
        code = torch.zeros(1, codes.shape[1])
        code[0, feature] = 1
        expected = (model.decode_raw(code) - nothing)[0, 0]
        assert torch.allclose(words.pictures[feature], expected, atol=1e-5)


@each(DEEP)
def test_a_deeper_decoders_dictionary_is_a_finite_difference(config, digits):
    model = network(config)
    codes = encoding.codes_of(model, digits)
    words = features.dictionary(model, codes)
    mean = codes.numpy().mean(0)
    assert not words.is_linear and np.allclose(words.steps, codes.numpy().std(0), atol=1e-6)
    for feature in range(codes.shape[1]):
        moved = mean.copy()
        moved[feature] += codes[:, feature].numpy().std()
        at, beside = (model.decode(torch.from_numpy(code)[None])[0, 0] for code in (mean, moved))
        assert torch.allclose(words.pictures[feature], beside - at, atol=1e-5)
        assert words.pictures[feature].abs().max() > 0


def test_a_value_that_never_changes_changes_nothing(digits):
    model = network(ModelConfig(hidden=(20,), latent_dim=4))
    codes = encoding.codes_of(model, digits).clone()
    codes[:, 2] = 0.7
    pictures = features.dictionary(model, codes).pictures
    assert (pictures[2] == 0).all() and (pictures[[0, 1, 3]].flatten(1).norm(dim=1) > 0).all()


@each(EVERY)
def test_encoder_filters(config, digits):
    model = network(config)
    filters = features.encoder_filters(model)
    assert filters.is_convolution == (config.architecture != "mlp")
    assert filters.one_per_feature == (config.architecture == "mlp" and not config.hidden)
    image = digits[:1].double()
    first = model.encoder[0]
    if filters.is_convolution:
        answer = torch.nn.functional.conv2d(
            image, filters.pictures.double()[:, None], first.bias.double(), first.stride, first.padding
        )
        assert torch.allclose(answer.float(), first(digits[:1]), atol=1e-4)
    else:
        answer = torch.einsum("fij,ij->f", filters.pictures.double(), image[0, 0]) + first.bias[: len(filters.pictures)]
        assert torch.allclose(answer.float(), first(digits[:1].flatten(1))[0, : len(answer)], atol=1e-4)
        assert len(answer) == (config.hidden[0] if config.hidden else config.latent_dim)


def test_a_network_without_a_code_says_so(digits):
    model = models.build(ModelConfig("unet", channels=(4,), output="identity"))
    calls = (
        lambda: features.dictionary(model, torch.zeros(3, 4)),
        lambda: features.encoder_filters(model),
        lambda: features.build_up(
            model, torch.zeros(1, 4), features.Dictionary(torch.zeros(4, 28, 28), None), torch.zeros(4)
        ),
    )
    for call in calls:
        with pytest.raises(NoCodeError, match="no code"):
            call()


@pytest.mark.parametrize("threshold", [None, 0.0, 0.4])
def test_statistics_by_brute_force(threshold):
    generator = torch.Generator().manual_seed(5)
    codes = torch.randn(50, 8, generator=generator).relu()
    codes[:, 3] = 0
    labels = torch.randint(0, 10, (50,), generator=generator)
    stats = features.statistics(codes, labels, threshold)
    limit = 0.01 * float(codes.max()) if threshold is None else threshold
    assert stats.threshold == pytest.approx(limit)
    for feature in range(8):
        values = [float(value) for value in codes[:, feature]]
        firing = [i for i, value in enumerate(values) if abs(value) > limit]
        assert float(stats.rate[feature]) == pytest.approx(len(firing) / 50)
        assert float(stats.energy[feature]) == pytest.approx(sum(v * v for v in values) / 50, abs=1e-6)
        assert float(stats.mean[feature]) == pytest.approx(np.mean(values), abs=1e-6)
        assert float(stats.std[feature]) == pytest.approx(np.std(values), abs=1e-6)
        shares = [sum(int(labels[i]) == digit for i in firing) / max(len(firing), 1) for digit in range(10)]
        assert stats.class_share[feature].tolist() == pytest.approx(shares, abs=1e-6)
        assert bool(stats.dead[feature]) == (not firing)
    assert stats.active.tolist() == [sum(abs(float(v)) > limit for v in row) for row in codes]
    assert bool(stats.dead[3])


def test_statistics_agree_with_the_published_count(digits):
    codes = encoding.codes_of(network(LINEAR["tied leaky"]), digits)
    stats = features.statistics(codes, torch.zeros(len(codes), dtype=torch.long))
    published = encoding.sparsity_of(codes)
    assert stats.nonzero == pytest.approx(published["nonzero"]) and int(stats.dead.sum()) == published["dead"]


@given(st.lists(st.floats(-100, 100, width=32), max_size=40), st.integers(1, 30))
def test_a_histogram_counts_every_value_once(values, bins):
    counts, edges = features.histogram(torch.tensor(values), bins)
    assert counts.shape == (bins,) and int(counts.sum()) == len(values)
    assert edges.shape == (bins + 1,) and bool((edges.diff() > 0).all())
    if values:
        assert float(edges[0]) <= min(values) and max(values) <= float(edges[-1])
    if len(set(values)) > 1:
        assert counts[0] > 0 and counts[-1] > 0


def test_a_histogram_is_numpys():
    values = torch.randn(500, generator=torch.Generator().manual_seed(1))
    counts, edges = features.histogram(values, 12)
    theirs, places = np.histogram(values.double().numpy(), 12)
    assert np.allclose(edges, places) and counts.tolist() == theirs.tolist()


@given(st.lists(st.integers(0, 60), min_size=1, max_size=30), st.integers(0, 50), st.integers(1, 30))
def test_shares_of_digits_by_how_many_features_fire(active, most, bins):
    found = features.shares(torch.tensor(active), most, bins)
    assert len(found) == min(bins, most + 1) and float(found.sum()) == pytest.approx(1, abs=1e-5)
    held = [  # the numbers of each bin
        [n for n in range(most + 1) if features.shares(torch.tensor([n]), most, bins)[i] > 0] for i in range(len(found))
    ]
    assert [n for part in held for n in part] == list(range(most + 1))
    assert max(map(len, held)) - min(map(len, held)) <= 1
    for i, part in enumerate(held):
        assert float(found[i]) == pytest.approx(sum(min(n, most) in part for n in active) / len(active), abs=1e-6)


@pytest.mark.parametrize("by", features.ORDERS)
def test_orders(by, digits):
    model = network(LINEAR["top-k sigmoid"])
    codes = encoding.codes_of(model, digits)
    words, stats = features.dictionary(model, codes), features.statistics(codes, torch.zeros(60, dtype=torch.long))
    noisy = encoding.codes_of(model, corrupt(digits, "masking", 0.5, seed=1))
    effect = features.noise_effect(codes, noisy, stats.threshold)
    order = features.order(by, words, stats, effect).tolist()
    assert sorted(order) == list(range(20))
    keys = {
        "rate": lambda i: sum(abs(float(v)) > stats.threshold for v in codes[:, i]),
        "energy": lambda i: float((codes[:, i] ** 2).sum()),
        "number": lambda i: -i,
        "noise": lambda i: float((noisy[:, i] - codes[:, i]).abs().sum()),
    }
    if by in keys:
        assert order == sorted(range(20), key=lambda i: (-round(keys[by](i), 4), i))
    else:
        assert order == features.similarity_order(words.pictures).tolist()


def test_unknown_orders_are_refused(digits):
    words = features.Dictionary(torch.ones(3, 28, 28), None)
    stats = features.statistics(torch.ones(4, 3), torch.zeros(4, dtype=torch.long))
    for by in ("beauty", "noise"):  # that of noise needs its effect
        with pytest.raises(ValueError, match="order by rate"):
            features.order(by, words, stats)


def test_which_digits_excite():
    values = torch.tensor([0.0, -3.0, 0.5, 2.0, 0.0, 0.2, 1.0])
    assert features.most_exciting(values, 3).tolist() == [1, 3, 6]
    assert len(features.most_exciting(values, 9)) == 7
    some = features.some_exciting(values, 0.3, 3, seed=1)
    assert set(some.tolist()) <= {1, 2, 3, 6} and len(some) == 3
    assert torch.equal(some, features.some_exciting(values, 0.3, 3, seed=1))
    assert {tuple(features.some_exciting(values, 0.3, 2, seed=s).tolist()) for s in range(20)} > {
        tuple(some[:2].tolist())
    }
    assert features.some_exciting(values, 5.0).tolist() == []


def test_like_stands_beside_like():
    """Gratings of two kinds and of turning angles, shuffled: the kinds stay together, and angles rise or fall."""
    places = torch.linspace(0, 1, 28)
    bumps = torch.stack([torch.exp(-((places - i / 7) ** 2) / 0.02) for i in range(8)])
    rows, columns = bumps[:, :, None].expand(8, 28, 28), bumps[:, None, :].expand(8, 28, 28)
    pictures = torch.cat((rows - 0.5, 0.5 - columns, torch.zeros(2, 28, 28)))
    shuffled = torch.randperm(18, generator=torch.Generator().manual_seed(2))
    order = shuffled[features.similarity_order(pictures[shuffled])].tolist()
    assert sorted(order) == list(range(18)) and set(order[16:]) == {16, 17}
    kinds = [i // 8 for i in order[:16]]
    assert kinds in ([0] * 8 + [1] * 8, [1] * 8 + [0] * 8)
    for part in (order[:8], order[8:16]):
        assert part in (sorted(part), sorted(part, reverse=True))


@given(st.integers(0, 6))
def test_few_pictures_have_an_order_too(count):
    pictures = torch.randn(count, 3, 3, generator=torch.Generator().manual_seed(count))
    assert sorted(features.similarity_order(pictures).tolist()) == list(range(count))


@each(LINEAR)
def test_partial_sums_of_a_linear_decoder_end_in_the_reconstruction(config, digits):
    model = network(config)
    codes = encoding.codes_of(model, digits)
    words = features.dictionary(model, codes)
    weight, bias = features.linear_decoder(model)
    for place in (0, 31):
        code = codes[place : place + 1]
        total = int((code != 0).sum())
        steps = features.build_up(model, code, words, codes.mean(0), range(total + 1))
        assert steps.is_exact and steps.counts == list(range(total + 1))
        assert torch.allclose(steps.pictures[-1], model(digits[place : place + 1])[0], atol=1e-5)
        # The same by an explicit loop
        length = {i: abs(float(code[0, i])) * float(weight[:, i].norm()) for i in range(codes.shape[1]) if code[0, i]}
        assert set(steps.order.tolist()) == set(length)
        assert [length[i] for i in steps.order.tolist()] == pytest.approx(
            sorted(length.values(), reverse=True), rel=1e-4
        )
        assert steps.strength.tolist() == pytest.approx([length[i] for i in steps.order.tolist()], rel=1e-4)
        logits = bias.clone()
        for count, feature in enumerate([None, *steps.order.tolist()]):
            if feature is not None:
                logits = logits + code[0, feature] * weight[:, feature]
            assert torch.allclose(steps.pictures[count], model.output(logits).view(1, 28, 28), atol=1e-5)
        assert steps.output == config.output


@pytest.mark.parametrize("output", models.OUTPUTS)
def test_features_add_up_before_the_output_function_and_their_pictures_only_without_one(output, digits):
    """The inverse of the output function finds each feature's own column between two pictures."""
    inverse = {"identity": lambda x: x, "sigmoid": torch.logit, "leaky_relu": lambda x: torch.where(x < 0, 100 * x, x)}
    model = network(ModelConfig(latent_dim=12, output=output))
    codes = encoding.codes_of(model, digits)
    words = features.dictionary(model, codes)
    steps = features.build_up(model, codes[3:4], words, codes.mean(0), range(13))
    shares = codes[3, steps.order, None] * words.pictures.flatten(1)[steps.order]
    pictures = steps.pictures.flatten(1)
    assert torch.allclose(inverse[output](pictures).diff(dim=0), shares, atol=1e-4)
    assert torch.allclose(pictures.diff(dim=0), shares, atol=1e-4) == (output == "identity")
    assert steps.is_exact and steps.output == output


@each(DEEP)
def test_features_are_switched_on_one_at_a_time_from_the_mean(config, digits):
    model = network(config)
    codes = encoding.codes_of(model, digits)
    words = features.dictionary(model, codes)
    code, mean = codes[7:8], codes.mean(0)
    steps = features.build_up(model, code, words, mean, range(codes.shape[1] + 1))
    assert not steps.is_exact and steps.output is None and sorted(steps.order.tolist()) == list(range(codes.shape[1]))
    assert bool((steps.strength.diff() <= 0).all())
    strength = ((code[0] - mean).abs() / codes.std(0, unbiased=False)) * words.pictures.flatten(1).norm(dim=1)
    assert torch.allclose(steps.strength, strength[steps.order], rtol=1e-4)
    now = mean.clone()
    for count, feature in enumerate([None, *steps.order.tolist()]):
        if feature is not None:
            now[feature] = code[0, feature]
        assert torch.allclose(steps.pictures[count], model.decode(now[None])[0], atol=1e-5)
    assert torch.allclose(steps.pictures[-1], model(digits[7:8])[0], atol=1e-5)


def test_a_build_up_of_some_counts_is_a_part_of_the_whole(digits):
    model = network(LINEAR["wide relu"])
    codes = encoding.codes_of(model, digits)
    words = features.dictionary(model, codes)
    code = codes[:1]
    total = int((code != 0).sum())
    whole = features.build_up(model, code, words, codes.mean(0), range(total + 1))
    part = features.build_up(model, code, words, codes.mean(0), [-3, 5, 2, 2, total + 9])
    assert part.counts == [0, 2, 5, total]
    assert torch.equal(part.pictures, whole.pictures[part.counts])
    default = features.build_up(model, code, words, codes.mean(0))
    assert default.counts == features.curve_counts(total) and len(default.counts) <= features.CURVE_POINTS
    error = metrics.mse(default.pictures[-1:], model(digits[:1]))
    assert error < 1e-10


def test_a_code_of_zeros_is_built_of_nothing(digits):
    model = network(LINEAR["wide relu"])
    words = features.dictionary(model, torch.zeros(1, 300))
    steps = features.build_up(model, torch.zeros(1, 300), words, torch.zeros(300))
    assert steps.counts == [0] and steps.order.tolist() == []
    assert torch.allclose(steps.pictures[0], model.decode(torch.zeros(1, 300))[0], atol=1e-6)


@given(st.integers(0, 5000), st.integers(2, 100))
def test_curve_counts_go_from_nothing_to_all(total, points):
    counts = features.curve_counts(total, points)
    assert counts[0] == 0 and counts[-1] == total
    assert len(counts) == min(total + 1, points)
    gaps = np.diff(counts)
    assert (gaps > 0).all()


def test_what_noise_does_by_brute_force(digits):
    model = network(LINEAR["top-k sigmoid"])
    clean = encoding.codes_of(model, digits)
    noisy = encoding.codes_of(model, corrupt(digits, "gaussian", 0.7, seed=2))
    limit = encoding.firing_threshold(clean)
    effect = features.noise_effect(clean, noisy, limit)
    for feature in range(clean.shape[1]):
        pairs = [(float(a), float(b)) for a, b in zip(clean[:, feature], noisy[:, feature], strict=True)]
        assert float(effect.drift[feature]) == pytest.approx(np.mean([abs(b - a) for a, b in pairs]), abs=1e-6)
        on = np.mean([abs(a) <= limit < abs(b) for a, b in pairs])
        off = np.mean([abs(b) <= limit < abs(a) for a, b in pairs])
        assert float(effect.on[feature]) == pytest.approx(on, abs=1e-6)
        assert float(effect.off[feature]) == pytest.approx(off, abs=1e-6)
    assert effect.on.sum() > 0 and effect.off.sum() > 0
    still = features.noise_effect(clean, clean, limit)
    assert still.drift.sum() == still.on.sum() == still.off.sum() == 0
