"""The plane's score: the exact one against autograd and torch.distributions, walks against their closed forms."""

import math
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from dae import score2d
from dae.noise import seeded
from dae.score2d import CURVES, Training, exact_denoiser, exact_score, field_error, grid, log_density, points, train

sigmas = st.floats(0.05, 3)


def mixture(clean: torch.Tensor, sigma: float) -> MixtureSameFamily:
    """The blurred density as torch has it."""
    return MixtureSameFamily(Categorical(torch.ones(len(clean))), Independent(Normal(clean, sigma), 1))


@pytest.mark.parametrize("name", CURVES)
@given(sigma=sigmas, seed=st.integers(0, 100))
def test_exact_score_is_the_gradient_of_the_log_density(name, sigma, seed):
    clean = points(name, 30, seed).double()
    noisy = (clean[:10] + sigma * torch.randn(10, 2, generator=seeded(seed))).requires_grad_()
    density = mixture(clean, sigma).log_prob(noisy)
    assert torch.allclose(log_density(clean, noisy, sigma), density, rtol=1e-5, atol=1e-6)
    (gradient,) = torch.autograd.grad(density.sum(), noisy)
    assert torch.allclose(exact_score(clean, noisy, sigma), gradient, rtol=1e-4, atol=1e-5 / sigma**2)


@given(name=st.sampled_from(list(CURVES)), sigma=sigmas)
def test_the_exact_denoiser_stays_among_the_points(name, sigma):
    clean = points(name, 50)
    denoised = exact_denoiser(clean, grid(7), sigma)
    assert bool((denoised >= clean.amin(0) - 1e-5).all() and (denoised <= clean.amax(0) + 1e-5).all())


def test_little_noise_leads_to_the_nearest_point_and_much_to_the_mean():
    clean = points("clusters", 40).double()
    noisy = grid(6).double()
    nearest = clean[torch.cdist(noisy, clean).argmin(1)]
    assert torch.allclose(exact_denoiser(clean, noisy, 1e-3), nearest, atol=1e-6)
    assert torch.allclose(exact_denoiser(clean, noisy, 1e4), clean.mean(0).expand(36, 2), atol=1e-6)


def test_the_blurred_density_adds_up_to_one():
    places = grid(161, 3.0).double()
    cell = (6 / 160) ** 2
    assert float(log_density(points("moons", 100).double(), places, 0.3).exp().sum()) * cell == pytest.approx(
        1, abs=1e-4
    )


@pytest.mark.parametrize("name", CURVES)
def test_points_come_from_their_seed_and_lie_in_the_square(name):
    clean = points(name, 400, seed=3)
    assert clean.shape == (400, 2) and clean.dtype == torch.float32
    assert torch.equal(clean, points(name, 400, seed=3)) and not torch.equal(clean, points(name, 400, seed=4))
    assert float(clean.abs().max()) < 1.15 and float(clean.std(0).min()) > 0.15
    assert float(clean.mean(0).norm()) < 0.15


@pytest.mark.parametrize("name", [name for name in CURVES if name != "clusters"])
def test_points_are_spread_evenly_along_their_curve(name):
    """Of a fine row of places, neighbours lie as far apart at the curve's end as at its beginning."""
    row = CURVES[name](torch.linspace(0, 0.9999, 2001))
    gaps = (row[1:] - row[:-1]).norm(dim=1)
    typical = gaps[200:].median()
    assert float(((gaps[200:] > 0.6 * typical) & (gaps[200:] < 1.7 * typical)).float().mean()) > 0.99


def test_the_grid_goes_row_by_row_from_the_bottom():
    assert grid(2, 1.0).tolist() == [[-1, -1], [1, -1], [-1, 1], [1, 1]]


@pytest.fixture(scope="module")
def ring():
    return points("ring", 500)


@pytest.fixture(scope="module")
def trained(ring):
    """The network after its training under noise, and after one without any: the plain autoencoder."""
    *_, denoising = train(ring, Training())
    *_, plain = train(ring, Training(sigma_low=0, sigma_high=0, steps=300))
    return denoising, plain


def test_a_short_training_finds_the_field_and_a_plain_autoencoder_does_not(ring, trained):
    denoising, plain = trained
    assert field_error(denoising.denoiser, ring, 0.2) < 0.1
    assert field_error(plain.denoiser, ring, 0.2) > 0.5
    assert plain.loss < 0.01  # for all that it copies what it is shown


def test_the_error_is_that_of_a_direct_computation(ring):
    assert field_error(partial(exact_denoiser, ring), ring, 0.2) == pytest.approx(0, abs=1e-5)
    # Who leaves everything where it is has a field of no length: it misses all of it.
    assert field_error(lambda noisy, sigma: noisy, ring, 0.2) == pytest.approx(1)


def test_many_sigmas_are_learned_by_one_network(ring):
    *_, moment = train(ring, Training(sigma_low=0.15, sigma_high=0.8))
    for sigma in (0.2, 0.4, 0.7):
        assert field_error(moment.denoiser, ring, sigma) < 0.25


def test_a_training_is_its_seed(ring):
    def weights(seed: int) -> torch.Tensor:
        *_, moment = train(ring, Training(0.1, 0.5, seed=seed, steps=5, width=8))
        return torch.nn.utils.parameters_to_vector(moment.denoiser.parameters())

    state = torch.random.get_rng_state()
    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(
    "settings",
    [
        {"sigma_low": 0.3, "sigma_high": 0.2},
        {"sigma_low": 0.0, "sigma_high": 0.2},
        {"sigma_low": math.nan, "sigma_high": math.nan},
        {"learning_rate": 0},
        {"learning_rate": math.nan},
        {"width": 0},
        {"depth": 99},
        {"batch_size": 0},
        {"steps": 10**7},
    ],
)
def test_nonsense_is_refused(settings):
    with pytest.raises(ValueError, match=r"must"):
        Training(**settings)


def test_nonsense_points_are_refused():
    with pytest.raises(ValueError, match=r"^There is no set of points called 'star'; there are ring, "):
        points("star", 5)
    with pytest.raises(ValueError, match=r"^There is at least one point"):
        points("ring", 0)
    for clean in (torch.zeros(0, 2), torch.zeros(3, 3), torch.zeros(2)):
        with pytest.raises(ValueError, match=r"^Points are \(N, 2\)"):
            next(train(clean))
    for sigma in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"^sigma must"):
            exact_denoiser(torch.zeros(1, 2), torch.zeros(1, 2), sigma)
    for rate in (0, 2.1, math.nan):
        with pytest.raises(ValueError, match=r"^The rate must"):
            next(score2d.langevin(partial(exact_denoiser, torch.zeros(1, 2)), torch.zeros(1, 2), [1.0], rate=rate))


# Walks. The blurred density of one point is a Gaussian around it.

ONE = torch.tensor([[0.3, -0.2]], dtype=torch.float64)


def test_repeating_goes_to_the_points():
    path = list(score2d.repeat(partial(exact_denoiser, ONE), torch.ones(3, 2).double(), 0.5, 2))
    assert len(path) == 3
    assert torch.equal(path[0], torch.ones(3, 2).double()) and torch.allclose(path[1], ONE.expand(3, 2))


def test_langevin_comes_to_rest_in_the_gaussian_of_the_last_sigma():
    """x - p <- (1 - rate / 2)(x - p) + sqrt(rate) sigma z has the variance rate sigma^2 / (1 - (1 - rate / 2)^2)."""
    rate, sigma = 0.2, 0.4
    *_, end = score2d.langevin(partial(exact_denoiser, ONE), torch.zeros(4000, 2).double(), [1.0, sigma], 60, rate)
    expected = rate * sigma**2 / (1 - (1 - rate / 2) ** 2)
    assert end.mean(0).tolist() == pytest.approx(ONE[0].tolist(), abs=0.03)
    assert end.var(0).tolist() == pytest.approx([expected] * 2, rel=0.1)


def test_the_ladder_shrinks_the_way_to_a_point_with_sigma():
    start = grid(4).double()
    path = list(score2d.ladder(partial(exact_denoiser, ONE), start, [1.0, 0.5, 0.1]))
    for points_, share in zip(path, (1, 0.5, 0.1, 0), strict=True):
        assert torch.allclose(points_ - ONE, share * (start - ONE))


def test_the_ladder_shares_noise_out_as_the_points_are():
    """Three of four points on the left: from noise that drowns them about three quarters of the walks end there."""
    clean = torch.tensor([[-1.0, 0.1], [-1, 0], [-1, -0.1], [1, 0]])
    start = 10 * torch.randn(3000, 2, generator=seeded(1)) + clean.mean(0)
    row = [10 * 0.93**step for step in range(100)]
    *_, end = score2d.ladder(partial(exact_denoiser, clean), start, row)
    assert float((end[:, 0] < 0).float().mean()) == pytest.approx(0.75, abs=0.03)
