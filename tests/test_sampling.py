"""Sampling where the best denoiser is known: means, variances and shares against the closed forms."""

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import dae
from dae.noise import seeded
from dae.sampling import SIGMA_START, START, Ascent, Ladder, Measurement, SamplingError, coarse, known, sample, steps

SIDE = 12
BASIS_SEED = 10**6  # no sample starts from this seed's numbers
SHAPE = (1, SIDE, SIDE)
PIXELS = SIDE**2


def directions() -> Tensor:
    """Two unit vectors (2, 144): one of the upper half of the picture, one of the lower."""
    basis = torch.zeros(2, SIDE, SIDE)
    basis[0, : SIDE // 2], basis[1, SIDE // 2 :] = torch.randn(2, SIDE // 2, SIDE, generator=seeded(BASIS_SEED))
    basis = basis.flatten(1)
    return basis / basis.norm(dim=1, keepdim=True)


BASIS = directions()
CENTRE = START  # the walks begin around the mean of the pictures
UPPER = (torch.arange(SIDE) < SIDE // 2).view(SIDE, 1).expand(SIDE, SIDE)


def code(images: Tensor) -> Tensor:
    """Images (N, 1, 12, 12) -> where they lie along the two directions: (N, 2)."""
    return (images.flatten(1) - CENTRE) @ BASIS.T


def picture(codes: Tensor) -> Tensor:
    return (CENTRE + codes @ BASIS).view(-1, *SHAPE)


def blind(posterior_mean: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The best denoiser of pictures of random codes: the 142 other directions hold noise alone and tell its sigma.

    Args:
        posterior_mean: noisy codes (N, 2) and variance of the noise (N, 1) -> the mean of the clean codes (N, 2).
    """

    def denoiser(noisy: Tensor) -> Tensor:
        codes = code(noisy)
        rest = (noisy - CENTRE).flatten(1).square().sum(1) - codes.square().sum(1)
        return picture(posterior_mean(codes, (rest / (PIXELS - 2))[:, None]))

    return denoiser


def gaussian(covariance: Tensor) -> Callable[[Tensor], Tensor]:
    """For codes from N(0, covariance): C (C + sigma^2)^-1 y."""
    values, vectors = torch.linalg.eigh(covariance)
    return blind(lambda codes, variance: (codes @ vectors * (values / (values + variance))) @ vectors.T)


def mixture(weights: Tensor, means: Tensor, spread: float) -> Callable[[Tensor], Tensor]:
    """For codes from a mixture of Gaussians with these weights (K,), means (K, 2) and one standard deviation."""

    def posterior_mean(codes: Tensor, variance: Tensor) -> Tensor:
        total = spread**2 + variance
        share = (weights.log() - (codes[:, None] - means).square().sum(2) / (2 * total)).softmax(1)
        return share @ means + spread**2 / total * (codes - share @ means)

    return blind(posterior_mean)


@pytest.mark.parametrize("beta", [1.0, 0.7])
def test_samples_of_a_gaussian_have_its_mean_and_covariance(beta):
    covariance = torch.tensor([[0.09, 0.03], [0.03, 0.02]])
    schedule = Ascent(beta, 0.004, 0.01)
    found = code(sample(gaussian(covariance), 1000, shape=SHAPE, schedule=schedule, sigma_start=3.0))
    assert found.mean(0).tolist() == pytest.approx([0, 0], abs=0.025)
    assert torch.allclose(found.T.cov(), covariance, rtol=0.12, atol=0.003)


@pytest.mark.parametrize("beta", [1.0, 0.4])
def test_each_step_does_to_a_gaussian_what_the_formulas_say(beta):
    """The variance of a direction of variance s^2: v <- (1 - h sigma^2 / (s^2 + sigma^2))^2 v + gamma^2."""
    variances = torch.tensor([0.09, 0.01])
    walk = list(steps(gaussian(variances.diag()), 600, shape=SHAPE, schedule=Ascent(beta, 0.02, 0.05)))
    sigma, expected = SIGMA_START, torch.full((2,), SIGMA_START**2)
    for step in (step for step in walk if bool(step.running.all())):
        assert code(step.noisy).var(0).tolist() == pytest.approx(expected.tolist(), rel=0.2)
        pull = variances / (variances + sigma**2)
        length = math.sqrt(((PIXELS - 2) * sigma**2 + float(((1 - pull) ** 2 * expected).sum())) / PIXELS)
        assert step.sigma.square().mean().sqrt().item() == pytest.approx(length, rel=0.05)
        h = 0.02 * step.number / (1 + 0.02 * (step.number - 1))
        added = length**2 * ((1 - beta * h) ** 2 - (1 - h) ** 2)
        expected = (1 - h * (1 - pull)) ** 2 * expected + added
        sigma = math.sqrt((1 - h) ** 2 * sigma**2 + added)
    assert len(walk) > 10


def test_samples_of_a_mixture_have_its_shares_means_and_variances():
    weights, means, spread = torch.tensor([0.6, 0.3, 0.1]), torch.tensor([[-1.0, 0], [1, 0.5], [0.5, -1.2]]), 0.15
    schedule = Ascent(0.6, 0.01, 0.005)
    found = code(sample(mixture(weights, means, spread), 1500, shape=SHAPE, schedule=schedule, sigma_start=10.0))
    mode = torch.cdist(found, means).argmin(1)
    for number, weight in enumerate(weights.tolist()):
        own = found[mode == number]
        assert len(own) / len(found) == pytest.approx(weight, abs=0.04)
        assert own.mean(0).tolist() == pytest.approx(means[number].tolist(), abs=0.04)
        assert own.var(0).mean().item() == pytest.approx(spread**2, rel=0.2)


def test_under_a_measurement_samples_of_a_gaussian_are_the_conditional_ones():
    """The upper half is known, and so its code a: the lower half's is N(c a / v, w - c^2 / v)."""
    covariance = torch.tensor([[0.09, 0.048], [0.048, 0.04]])
    question = picture(torch.tensor([[0.5, 0.0]]))
    found = sample(
        gaussian(covariance), 800, shape=SHAPE, schedule=Ascent(0.15, 0.01, 0.005), measurement=known(question, UPPER)
    )
    upper, lower = code(found).T
    assert torch.allclose(upper, torch.tensor(0.5), atol=1e-4)
    assert lower.mean().item() == pytest.approx(0.048 / 0.09 * 0.5, abs=0.03)
    assert lower.var().item() == pytest.approx(0.04 - 0.048**2 / 0.09, rel=0.2)


def test_from_a_noisy_picture_beta_a_half_leads_to_the_clean_ones_it_may_come_from():
    """Of a Gaussian C with noise sigma: N(C (C + sigma^2)^-1 y, C - C (C + sigma^2)^-1 C); a smaller beta forgets y."""
    covariance, sigma = torch.tensor([[0.09, 0.03], [0.03, 0.02]]), 0.3
    rest = CENTRE + torch.randn(1, *SHAPE, generator=seeded(BASIS_SEED + 1))
    rest -= picture(code(rest))
    rest *= sigma * math.sqrt(PIXELS - 2) / rest.norm()
    noisy = picture(torch.tensor([[0.5, 0.1]])) + rest
    shrunk = covariance @ torch.linalg.inv(covariance + sigma**2 * torch.eye(2))
    expected = shrunk @ torch.tensor([0.5, 0.1]), covariance - shrunk @ covariance

    def found(beta: float) -> Tensor:
        schedule = Ascent(beta, 0.002, 0.005)
        return code(sample(gaussian(covariance), 1000, shape=SHAPE, schedule=schedule, start=noisy, sigma_start=0.0))

    codes = found(0.5)
    assert torch.allclose(codes.mean(0), expected[0], atol=0.02)
    assert torch.allclose(codes.T.cov(), expected[1], rtol=0.15, atol=0.002)
    assert (found(0.1).mean(0) - expected[0]).norm() > 0.1


@pytest.mark.parametrize(
    ("a", "b", "spread", "x", "schedule"),
    [(1.0, 0.5, 0.15, 1.0, Ascent(0.4, 0.002, 0.01)), (0.3, 0.35, 0.3, 0.15, Ascent(0.03, 0.01, 0.03))],
)
def test_under_a_measurement_samples_of_a_mixture_are_the_conditional_ones(a, b, spread, x, schedule):
    """Means (-a, -b) and (a, b), equally often: where the upper code is x the second has the share
    w = 1 / (1 + exp(-2 a x / s^2)), so that the lower code has mean b (2 w - 1) and variance s^2 + 4 b^2 w (1 - w)."""
    denoiser = mixture(torch.tensor([0.5, 0.5]), torch.tensor([[-a, -b], [a, b]]), spread)
    question = known(picture(torch.tensor([[x, 0.0]])), UPPER)
    walk = {"schedule": schedule, "measurement": question, "sigma_start": 1.0}
    lower = code(sample(denoiser, 500, shape=SHAPE, **walk))[:, 1]
    share = 1 / (1 + math.exp(-2 * a * x / spread**2))
    assert lower.mean().item() == pytest.approx(b * (2 * share - 1), abs=0.05)
    assert lower.var().item() == pytest.approx(spread**2 + 4 * b**2 * share * (1 - share), rel=0.25)


# Whatever the denoiser

SMOOTH = gaussian(torch.eye(2) * 0.1)
betas = st.floats(0.02, 1)


@settings(max_examples=20)
@given(beta=betas, seed=st.integers(0, 2**40), sigma_end=st.floats(0.01, 0.2))
def test_a_walk_ends_below_the_last_sigma_and_keeps_what_is_known(beta, seed, sigma_end):
    mask = torch.rand(SIDE, SIDE, generator=seeded(seed)) < 0.3
    clean = torch.rand(1, *SHAPE, generator=seeded(seed + 1))
    schedule = Ascent(beta, 0.05, sigma_end)
    walk = list(steps(SMOOTH, 2, seed=seed, shape=SHAPE, schedule=schedule, measurement=known(clean, mask)))
    for step, after in pairwise(walk):
        arrived = ~step.running
        assert torch.equal(step.noisy[arrived], after.noisy[arrived]) and not bool((after.running & arrived).any())
    end = walk[-1]
    assert not bool(end.running.any()) and bool((end.sigma < sigma_end).all())
    off = (end.noisy - clean).where(mask, 0).flatten(1)
    assert bool((off.square().mean(1).sqrt() <= end.sigma + 1e-6).all())  # known pixels are as near as sigma says
    assert torch.allclose((end.noisy + end.direction).where(mask, 0), clean.where(mask, 0).expand(2, *SHAPE), atol=1e-6)


@settings(max_examples=10)
@given(side=st.sampled_from([1, 2, 3, 4, 6, 12]), seed=st.integers(0, 1000))
def test_coarse_samples_have_the_block_means_of_the_digit(side, seed):
    clean = torch.rand(3, *SHAPE, generator=seeded(seed))
    question = coarse(clean, side)
    found = sample(SMOOTH, 3, seed=seed, shape=SHAPE, schedule=Ascent(1.0, 0.05, 0.05), measurement=question)
    means = [x.view(3, SIDE // side, side, SIDE // side, side).mean((2, 4)) for x in (found, clean)]
    assert torch.allclose(*means, atol=1e-5)
    other = torch.randn(3, *SHAPE, generator=seeded(seed))
    once = question.project(clean)
    assert torch.allclose(question.project(once), once, atol=1e-6)  # a projection, and an orthogonal one
    assert float((once * (other - question.project(other))).sum()) == pytest.approx(0, abs=1e-3)


@settings(max_examples=10)
@given(beta=betas, seed=st.integers(0, 1000), number=st.integers(0, 4))
def test_a_sample_is_its_seeds_whatever_is_drawn_with_it(beta, seed, number):
    schedule = Ascent(beta, 0.05, 0.05)
    together = sample(SMOOTH, 5, seed=seed, shape=SHAPE, schedule=schedule)
    alone = sample(SMOOTH, 1, seed=seed + number, shape=SHAPE, schedule=schedule)
    assert torch.allclose(together[number], alone[0], atol=1e-4)


def test_without_added_noise_all_follows_from_the_start():
    walk = list(steps(SMOOTH, 2, seed=7, shape=SHAPE, schedule=Ascent(1.0, 0.1, 0.02)))
    starts = [torch.randn(SHAPE, generator=seeded(seed)) for seed in (7, 8)]
    y = START + SIGMA_START * torch.stack(starts)
    for step in walk:
        assert torch.allclose(step.noisy, y, atol=1e-4) and torch.allclose(step.denoised, SMOOTH(y), atol=1e-4)
        h = 0.1 * step.number / (1 + 0.1 * (step.number - 1))
        y = torch.where(step.running.view(-1, 1, 1, 1), y + h * (SMOOTH(y) - y), y)


def test_a_ladder_shrinks_the_way_to_a_constant_answer_with_sigma():
    target = torch.rand(1, *SHAPE, generator=seeded(0))
    ladder = Ladder((2.0, 1.0, 0.1))
    first, *rest = steps(lambda noisy: target.expand_as(noisy), 3, shape=SHAPE, schedule=ladder)
    assert [step.number for step in rest] == [2, 3]
    assert first.sigma.tolist() == pytest.approx([2] * 3, rel=0.25)  # it starts with its first sigma
    for step, share in zip(rest, (0.5, 0.05), strict=True):
        assert torch.allclose(step.noisy - target, share * (first.noisy - target), atol=1e-5)
    end = rest[-1]
    assert torch.allclose(end.noisy + end.direction, target.expand(3, *SHAPE), atol=1e-6)
    assert Ladder.geometric(3, 1.0, 0.01).sigmas == pytest.approx((1, 0.1, 0.01))


def test_a_network_makes_digits_that_keep_what_is_known_and_differ(digits):
    model = dae.load("universal")
    mask = (torch.arange(28) < 14).view(28, 1)
    question = known(digits[:1], mask)
    found = dae.sample(model, 3, seed=0, measurement=question, schedule=Ascent(1.0, 0.03, 0.05))
    assert found.shape == (3, 1, 28, 28)
    assert torch.allclose(found[:, :, :14], digits[:1, :, :14].expand(3, -1, -1, -1), atol=1e-6)
    assert float((found[0] - found[1])[:, 14:].square().mean()) > 1e-3
    assert bool((found > -0.3).all() and (found < 1.3).all())


# What makes no sense


@pytest.mark.parametrize(
    "wrong",
    [
        *({"beta": beta} for beta in (0, -0.1, 1.01, math.nan, math.inf)),
        *({"h0": h0} for h0 in (0, 1.5, math.nan)),
        *({"sigma_end": sigma} for sigma in (0, -1, math.nan, math.inf)),
        *({"most_steps": most} for most in (0, 10**9)),
    ],
)
def test_a_schedule_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)) if "most_steps" not in wrong else "^There are 1 to 10,000"):
        Ascent(**wrong)


@pytest.mark.parametrize("sigmas", [(), (1.0, 1.0), (0.1, 1.0), (1.0, 0.0), (math.inf, 1.0), (1.0, math.nan)])
def test_a_ladder_that_does_not_fall_is_refused(sigmas):
    with pytest.raises(ValueError, match=r"^The sigmas of a ladder"):
        Ladder(sigmas)


def test_a_ladder_without_room_is_refused():
    for arguments in ((1, 1.0, 0.1), (5, 0.1, 1.0), (5, 1.0, 0.0), (5, math.nan, 0.1)):
        with pytest.raises(ValueError, match=r"^A geometric ladder"):
            Ladder.geometric(*arguments)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"count": 0}, "at least one sample"),
        ({"start": math.nan}, "start must be finite"),
        ({"sigma_start": 0.0}, "first sigma"),
        ({"start": torch.zeros(1, *SHAPE), "sigma_start": -1.0}, "first sigma"),
        ({"start": torch.full((1, *SHAPE), math.nan)}, "must be finite"),
        ({"start": torch.zeros(3, *SHAPE)}, "does not fit"),
        ({"measurement": Measurement(lambda images: images, torch.zeros(1, 1, 28, 28))}, "does not fit 2 samples"),
        ({"measurement": Measurement(lambda images: images, torch.zeros(3, *SHAPE))}, "does not fit 2 samples"),
    ],
)
def test_a_walk_out_of_range_is_refused(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        sample(SMOOTH, **({"count": 2, "shape": SHAPE} | arguments))


def test_measurements_that_do_not_fit_are_refused():
    clean = torch.rand(2, 1, 28, 28)
    for mask in (torch.ones(27, 28), torch.ones(3, 1, 28, 28), torch.ones(1, 2, 1, 28, 28)):
        with pytest.raises(ValueError, match=r"^A mask"):
            known(clean, mask)
    for side in (0, 3, 28 * 2):
        with pytest.raises(ValueError, match=r"^Blocks of side"):
            coarse(clean, side)
    with pytest.raises(ValueError, match="not finite"):
        known(clean * math.nan, torch.ones(28, 28))
    known(torch.full((1, 1, 28, 28), math.nan), torch.zeros(28, 28))  # what is hidden may be anything


@pytest.mark.parametrize(
    ("denoiser", "reason"),
    [
        (lambda noisy: noisy + 1, r"^After 20 steps 2 of 2 samples have not arrived: sigma is still 1\.$"),
        (lambda noisy: noisy * math.nan, "not finite"),
        (lambda noisy: noisy[:, :, 1:], r"^The denoiser makes \(2, 1, 11, 12\) of images \(2, 1, 12, 12\)\.$"),
    ],
)
def test_a_denoiser_that_leads_nowhere_is_reported(denoiser, reason):
    with pytest.raises(SamplingError, match=reason):
        sample(denoiser, 2, shape=SHAPE, schedule=Ascent(most_steps=20))
