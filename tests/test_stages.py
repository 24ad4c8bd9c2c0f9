"""How a network is trained, as settings: the noises on a batch, and what makes no sense."""

import pytest
import torch
from scipy import stats

from dae.models import ModelConfig, build
from dae.noise import corrupt
from dae.stages import Stage, TrainingNoise, check, spoil


def test_each_noise_gets_an_equal_share_of_every_batch():
    clean = torch.ones(128, 1, 28, 28)
    masks = tuple(TrainingNoise("masking", level) for level in (0.0, 1.0, 0.5))
    noisy = spoil(clean, Stage(noises=masks), torch.Generator().manual_seed(0)).mean((1, 2, 3))
    assert noisy.shape == (128,)
    assert [(noisy == 1).sum(), (noisy == 0).sum()] == [43, 43]
    assert torch.equal(spoil(clean, Stage(), torch.Generator()), clean)


@pytest.mark.parametrize("key", ["gaussian", "masking", "salt_and_pepper", "dropout", "speckle", "block"])
def test_a_batch_smaller_than_the_list_of_noises_is_spoilt_too(key):
    stage = Stage(noises=(TrainingNoise(key, 0.5, 0.0),) * 5)
    assert spoil(torch.ones(3, 1, 28, 28), stage, torch.Generator()).shape == (3, 1, 28, 28)


def test_levels_are_drawn_evenly_for_each_picture():
    """The share of black pixels tells each picture's masking level to within 2 %."""
    noise = TrainingNoise("masking", 0.8, 0.2)
    noisy = noise(torch.ones(2000, 1, 28, 28), torch.Generator().manual_seed(1))
    levels = (noisy == 0).double().mean((1, 2, 3)).numpy()
    assert stats.kstest(levels, stats.uniform(0.2, 0.6).cdf).pvalue > 1e-3
    fixed = TrainingNoise("masking", 0.8)(torch.ones(2000, 1, 28, 28), torch.Generator().manual_seed(1))
    share = (fixed == 0).double().mean((1, 2, 3))
    assert share.mean().item() == pytest.approx(0.8, abs=2e-3)
    assert share.std().item() == pytest.approx((0.8 * 0.2 / 784) ** 0.5, rel=0.1)


def test_training_noise_is_that_of_the_page_and_knows_clipping(digits):
    for clip in (True, False):
        noise = TrainingNoise("gaussian", 0.5, clip=clip)
        expected = corrupt(digits, "gaussian", 0.5, seed=2, clip=clip)
        assert torch.equal(noise(digits, torch.Generator().manual_seed(2)), expected)


def test_pictures_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"are \(N, 1, 28, 28\), not \(20, 784\)"):
        check(build(ModelConfig(hidden=(24,), latent_dim=8)), torch.rand(20, 784), Stage(batch_size=10))


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("make", "options", "sentence"),
    [
        (Stage, {"loss": "l2"}, "no loss called 'l2'; there are mse, bce"),
        (Stage, {"schedule": "step"}, "no schedule called 'step'; there are constant, cosine, plateau"),
        (Stage, {"batch_size": 0}, "above 0"),
        (Stage, {"epochs": 0}, "above 0"),
        (Stage, {"epochs": INF}, "finite"),
        (Stage, {"learning_rate": -1.0}, "above 0"),
        (Stage, {"learning_rate": NAN}, "finite"),
        (Stage, {"precision": "float16"}, "float32 or bfloat16"),
        (Stage, {"average": 1.0}, "1 excluded"),
        (TrainingNoise, {"key": "snow", "high": 1.0}, "no noise called 'snow'"),
        (TrainingNoise, {"key": "masking", "high": 1.5}, "between 0 and 1"),
        (TrainingNoise, {"key": "masking", "high": 0.5, "low": 0.6}, "low first"),
        (TrainingNoise, {"key": "masking", "high": 0.5, "low": -0.1}, "between 0 and 1"),
        (TrainingNoise, {"key": "gaussian", "high": NAN}, "must lie between"),
        (TrainingNoise, {"key": "gaussian", "high": INF}, "must lie between"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(make, options, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        make(**options)
    assert str(caught.value).endswith(".")
