"""Sparse codes against slow, obvious oracles, gradients included."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dae.models import ModelConfig, build
from dae.sparsity import Sparsity, kl, l1, lifetime, topk
from dae.stages import Stage
from dae.training import fit, loss_of


def codes(count: int, width: int, seed: int = 0) -> torch.Tensor:
    """Random codes on both sides of 0 without zeros and ties, in float64."""
    values = np.random.default_rng(seed).permutation(count * width) - count * width // 2
    return torch.tensor(values.reshape(count, width) / 7.0 + 0.05)


def slow_topk(code: torch.Tensor, k: int) -> torch.Tensor:
    kept = torch.zeros_like(code)
    for row, sample in enumerate(code.tolist()):
        for column in sorted(range(len(sample)), key=lambda i: sample[i], reverse=True)[:k]:
            kept[row, column] = sample[column]
    return kept


def slow_lifetime(code: torch.Tensor, fraction: float) -> torch.Tensor:
    return slow_topk(code.T, max(1, round(fraction * len(code)))).T


@given(st.integers(1, 8), st.integers(1, 12), st.integers(1, 15), st.integers(0, 99))
def test_topk_is_a_sort(count, width, k, seed):
    code = codes(count, width, seed)
    assert torch.equal(topk(code, k), slow_topk(code, k))


@given(st.integers(1, 12), st.integers(1, 8), st.floats(0.01, 1), st.integers(0, 99))
def test_lifetime_is_a_sort_of_every_column(count, width, fraction, seed):
    code = codes(count, width, seed)
    assert torch.equal(lifetime(code, fraction), slow_lifetime(code, fraction))


@pytest.mark.parametrize("k", [1, 3, 6])
def test_ties_do_not_let_more_values_through(k):
    code = torch.tensor([[1.0, 1, 1, 1, 1, 1], [2, 2, 2, 1, 1, 1]])
    kept = topk(code, k)
    assert ((kept != 0).sum(1) == k).all()
    assert torch.equal(kept.sum(1), code.sort(1, descending=True).values[:, :k].sum(1))
    assert ((lifetime(code.T, k / 6) != 0).sum(0) == k).all()


@pytest.mark.parametrize(("batch", "fraction", "kept"), [(100, 0.05, 5), (512, 0.25, 128), (8, 0.05, 1), (8, 1.0, 8)])
def test_lifetime_keeps_its_share_of_the_batch_for_every_unit(batch, fraction, kept):
    assert ((lifetime(codes(batch, 9) + 1e6, fraction) != 0).sum(0) == kept).all()


@pytest.mark.parametrize("sparsify", [lambda code: topk(code, 3), lambda code: lifetime(code, 0.4)])
def test_the_gradient_reaches_the_kept_values_only(sparsify):
    code = codes(5, 7).requires_grad_()
    kept = sparsify(code)
    weights = torch.arange(1.0, 36, dtype=torch.float64).view(5, 7)
    (kept * weights).sum().backward()
    assert torch.equal(code.grad, weights * (kept != 0))
    assert torch.autograd.gradcheck(sparsify, code)


def test_l1_against_numpy():
    code = codes(6, 5)
    assert l1(code).item() == pytest.approx(np.abs(code.numpy()).mean(), rel=1e-12)
    assert torch.autograd.gradcheck(l1, code.requires_grad_())


def slow_kl(code: np.ndarray, rho: float) -> float:
    total = 0.0
    for unit in code.T:
        mean = unit.mean()
        total += rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean))
    return total / code.shape[1]


@given(st.floats(0.01, 0.99), st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_kl_against_numpy_and_never_negative(rho, count, width, seed):
    code = torch.from_numpy(np.random.default_rng(seed).uniform(0.01, 0.99, (count, width)))
    assert kl(code, rho).item() == pytest.approx(slow_kl(code.numpy(), rho), rel=1e-9, abs=1e-12)
    assert kl(code, rho) >= -1e-12


def test_kl_is_0_where_every_unit_has_the_wanted_mean_and_its_gradient_checks():
    assert kl(torch.full((4, 3), 0.05, dtype=torch.float64), 0.05).item() == pytest.approx(0, abs=1e-15)
    code = torch.from_numpy(np.random.default_rng(0).uniform(0.1, 0.9, (4, 3))).requires_grad_()
    assert torch.autograd.gradcheck(lambda code: kl(code, 0.05), code)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_kl_of_saturated_units_is_finite_with_a_finite_gradient(value):
    code = torch.full((4, 3), value, requires_grad=True)
    kl(code, 0.05).backward()
    assert kl(code, 0.05).isfinite() and code.grad.isfinite().all()


def test_hard_sparsity_acts_on_the_code_and_soft_sparsity_on_the_loss():
    code = torch.from_numpy(np.random.default_rng(1).uniform(0.1, 0.9, (20, 8)))
    expected = {
        "none": (code, code, 0.0),
        "topk": (slow_topk(code, 2), slow_topk(code, 2), 0.0),
        "lifetime": (slow_lifetime(code, 0.25), code, 0.0),
        "l1": (code, code, 0.3 * np.abs(code.numpy()).mean()),
        "kl": (code, code, 0.3 * slow_kl(code.numpy(), 0.2)),
    }
    for kind, (training, evaluation, penalty) in expected.items():
        sparsity = Sparsity(kind, k=2, fraction=0.25, weight=0.3, rho=0.2)
        assert torch.equal(sparsity.activate(code, training=True), training), kind
        assert torch.equal(sparsity.activate(code, training=False), evaluation), kind
        assert float(sparsity.penalty(code)) == pytest.approx(penalty), kind


ARCHITECTURES = {
    "mlp": {"hidden": (32,), "latent_dim": 24},
    "tied": {"hidden": (32,), "latent_dim": 24, "tied": True},
    "conv": {"channels": (4, 8), "latent_dim": 24},
    "pooled_conv": {"channels": (4, 8), "latent_dim": 24},
    "valid_conv": {"channels": (4, 4, 4, 6), "latent_dim": 96},
}


def config(name: str, sparsity: Sparsity) -> ModelConfig:
    architecture = "mlp" if name == "tied" else name
    return ModelConfig(architecture, code_activation="sigmoid", sparsity=sparsity, **ARCHITECTURES[name])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_takes_every_sparsity(name, digits):
    dense = build(config(name, Sparsity()), seed=1)
    code = dense.encode(digits)
    assert (code != 0).all()
    topk_code = build(config(name, Sparsity("topk", k=3)), seed=1).encode(digits)
    assert torch.equal(topk_code, slow_topk(code, 3))
    winner = build(config(name, Sparsity("lifetime", fraction=0.1)), seed=1)
    assert torch.equal(winner.train().encode(digits), slow_lifetime(code, 0.1))
    assert torch.equal(winner.eval().encode(digits), code)
    assert torch.allclose(winner(digits), dense.eval()(digits))
    plain = loss_of(dense.run(digits), digits, Stage(), dense)
    for kind, penalty in (("l1", code.detach().abs().mean()), ("kl", slow_kl(code.detach().double().numpy(), 0.05))):
        model = build(config(name, Sparsity(kind, weight=0.7)), seed=1)
        loss = loss_of(model.run(digits), digits, Stage(), model)
        assert loss.item() == pytest.approx(plain.item() + 0.7 * float(penalty), rel=1e-5)


def test_a_heavier_penalty_trains_a_quieter_code(split):
    means = {}
    for kind in ("l1", "kl"):
        for weight in (0.0, 0.3, 3.0):
            model = build(ModelConfig(latent_dim=32, code_activation="sigmoid", sparsity=Sparsity(kind, weight=weight)))
            list(fit(model, split[0].images[::8], Stage(epochs=5, batch_size=64, learning_rate=1e-2)))
            with torch.no_grad():
                means[kind, weight] = model.encode(split[1].images).mean().item()
    assert means["l1", 3.0] < means["l1", 0.3] < means["l1", 0.0]
    assert means["l1", 3.0] < 0.02
    assert abs(means["kl", 3.0] - 0.05) < abs(means["kl", 0.3] - 0.05) < abs(means["kl", 0.0] - 0.05)
    assert means["kl", 3.0] == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kind": "lasso"}, "no sparsity called 'lasso'; there are none, topk"),
        ({"k": 0}, "k of at least 1"),
        ({"k": 2.5}, "a whole number k"),
        ({"fraction": 0.0}, "share of the batch above 0"),
        ({"fraction": 1.1}, "share of the batch above 0"),
        ({"fraction": float("nan")}, "share of the batch above 0"),
        ({"weight": -1.0}, "not negative"),
        ({"weight": float("nan")}, "finite"),
        ({"rho": 0.0}, "rho must lie between 0 and 1"),
        ({"rho": 1.0}, "rho must lie between 0 and 1"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        Sparsity(**options)
    assert str(caught.value).endswith(".")
