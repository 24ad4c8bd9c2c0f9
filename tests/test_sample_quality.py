"""How much samples are like digits, against direct computation and closed forms."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from scipy import linalg

from dae import checkpoints, data, evaluation, sample_quality
from dae.noise import seeded
from dae.sampling import Ascent

README = Path(__file__).resolve().parent.parent / "README.md"


def test_the_judge_reads_digits_and_is_its_seed(split):
    training, test = split
    judge = sample_quality.fit_judge(training)
    found = judge(test.images)
    assert found.shape == (500, 10) and torch.allclose(found.sum(1), torch.ones(500), atol=1e-5)
    assert float((found.argmax(1) == test.labels).float().mean()) > 0.85
    assert torch.equal(found, sample_quality.fit_judge(training)(test.images))


def test_nearest_is_the_least_of_all_distances(digits):
    images = digits[:20] + 0.1 * torch.randn(20, 1, 28, 28, generator=seeded(0))
    every = (images[:, None] - digits[None, 20:]).square().flatten(2).mean(2)
    assert torch.allclose(sample_quality.nearest(images, digits[20:]), every.min(1).values, atol=1e-6)
    assert float(sample_quality.nearest(digits[3:4], digits)) == 0


def test_the_frechet_distance_is_the_formula_with_scipys_square_root():
    codes = torch.randn(300, 5, generator=seeded(0)).double() @ torch.randn(5, 5, generator=seeded(1)).double()
    others = torch.randn(200, 5, generator=seeded(2)).double() + 0.3
    own, other = codes.T.cov().numpy(), others.T.cov().numpy()
    expected = float((codes.mean(0) - others.mean(0)).square().sum())
    expected += (own + other - 2 * linalg.sqrtm(own @ other).real).trace()
    assert sample_quality.frechet(codes, others) == pytest.approx(expected)
    assert sample_quality.frechet(codes, codes + 2) == pytest.approx(5 * 2**2)
    # Stretched by 3 around their mean: the standard deviations differ by (3 - 1) s.
    assert sample_quality.frechet(codes, 3 * codes - 2 * codes.mean(0)) == pytest.approx(4 * own.trace())


def test_quality_is_what_a_reader_would_count(split):
    training, test = split
    images = torch.cat([test.images[:5] * 3 - 1, training.images[:5]])

    def judge(shown):
        assert bool(((shown >= 0) & (shown <= 1)).all())
        return torch.eye(10)[[0, 1, 1, 1, 1, 2, 2, 2, 2, 9]] * torch.tensor([*[0.5] * 8, 0.85, 0.95])[:, None]

    found = sample_quality.quality(images, test, judge, lambda shown: shown.flatten(1)[:, 300:304], training)
    assert found["images"] == 10 and found["confident"] == pytest.approx(0.1)
    assert found["classes"] == pytest.approx([0.1, 0.4, 0.4, 0, 0, 0, 0, 0, 0, 0.1])
    assert found["ink"] == pytest.approx(float(images.clamp(0, 1).mean()))
    assert found["nearest"] == sorted(found["nearest"]) and found["nearest"][:5] == pytest.approx([0] * 5, abs=1e-7)


def test_the_mean_of_more_samples_is_nearer_to_the_best_answer(digits, monkeypatch):
    """A denoiser whose answer is the same grey whatever it sees: all samples end there, and one step does, too."""
    monkeypatch.setattr(sample_quality, "SCHEDULE", Ascent(0.5, 0.1, 0.05))
    grey = sample_quality.covered(lambda noisy: torch.full_like(noisy, 0.25), digits[:2], 4)
    error = float((digits[:2, :, 14:] - 0.25).square().mean())
    assert [each["samples"] for each in grey["means"]] == [1, 2, 4]
    assert [each["mse"] for each in grey["means"]] == pytest.approx([error] * 3, rel=1e-4)
    assert grey["one_step"] == pytest.approx(error) and grey["digits"] == 2
    assert grey["apart"] == pytest.approx(0, abs=1e-5) and grey["from_one_step"] == pytest.approx(0, abs=1e-5)


def test_spread_answers_err_by_their_variance_over_their_number(digits, monkeypatch):
    """Each sample is its own noise: the mean square error of the mean of n is (bias^2 + variance / n)."""
    clean = torch.full((1, 1, 28, 28), 0.5)
    noise = 0.5 + 0.1 * torch.randn(16, 1, 28, 28, generator=seeded(5))
    monkeypatch.setattr(sample_quality, "sample", lambda *_, **__: noise)
    found = sample_quality.covered(lambda noisy: torch.full_like(noisy, 0.5), clean, 16)
    for each in found["means"]:
        assert each["mse"] == pytest.approx(0.01 / each["samples"], rel=0.2)
    assert found["apart"] == pytest.approx(0.1 * 2**0.5, rel=0.05)
    assert found["from_one_step"] == pytest.approx(0.1 / 4, rel=0.2)


def test_all_is_measured_and_told_and_is_due_once(split, monkeypatch):
    training, test = split
    monkeypatch.setattr(data, "train", lambda directory=None: training)
    monkeypatch.setattr(data, "test", lambda directory=None: test)
    monkeypatch.setattr(sample_quality, "SCHEDULE", Ascent(1.0, 0.05, 0.1))
    monkeypatch.setitem(sample_quality.JUDGE, "epochs", 1)
    found = json.loads(json.dumps(sample_quality.measure(samples=40, digits=1, answers=2)))
    assert [row["of"] for row in found["rows"]] == ["samples", "training", "test"]
    samples, floor, tested = found["rows"]
    assert all(row["images"] == 40 and sum(row["classes"]) == pytest.approx(1) for row in found["rows"])
    assert 0 < floor["frechet"] < samples["frechet"]  # digits are nearer to digits than these hasty samples
    assert floor["nearest"] is None and 0 < tested["nearest"] < 0.1 and 0 < samples["nearest"] < 0.1
    assert 0 <= found["close"] <= 1
    assert set(found["files"]) == {"universal", "hinton"}

    assert not sample_quality.is_due(found, 40) and not sample_quality.is_due(None, 0)
    assert sample_quality.is_due(None, 40) and sample_quality.is_due(found, 41)
    assert sample_quality.is_due(found | {"files": {}}, 40)
    assert sample_quality.is_due(found | {"covered": found["covered"] | {"fitting": {"beta": 0.05}}}, 40)
    monkeypatch.setattr(sample_quality, "SCHEDULE", dataclasses.replace(sample_quality.SCHEDULE, beta=0.5))
    assert sample_quality.is_due(found, 40)

    section = "\n".join(evaluation.tables({"seed": 0, "files": {}, "sampling": found}).partition("## Sampling")[1:])
    assert "40 samples of universal" in section and f"| samples | {100 * samples['confident']:.1f} % |" in section
    assert f"| {found['covered']['one_step']:.4f} |" in section and "| one step | mean of 1 | mean of 2 |" in section


def test_without_its_networks_nothing_is_due(tmp_path, monkeypatch):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    assert checkpoints.names() == [] and not sample_quality.is_due(None, 1000)


def test_the_readme_says_what_was_measured():
    readme = " ".join(README.read_text(encoding="utf-8").split())
    found = evaluation.load_results()["sampling"]
    assert found["schedule"] == dataclasses.asdict(sample_quality.SCHEDULE) and not sample_quality.is_due(found, 1000)
    schedule = found["schedule"]
    assert (
        f"β {schedule['beta']}, h0 {schedule['h0']}, until σ {schedule['sigma_end']}: {found['steps']} steps" in readme
    )
    names = {"samples": "out of noise", "training": "of the training digits", "test": "of the test digits"}
    for row in found["rows"]:
        low, high = (100 * share for share in (min(row["classes"]), max(row["classes"])))
        cells = [f"{100 * row['confident']:.1f} %", f"{low:.1f} to {high:.1f} %", f"{row['ink']:.3f}"]
        assert " | ".join([names[row["of"]], *cells, f"{row['frechet']:.2f} |"]) in readme
    hidden = found["covered"]
    means = {each["samples"]: each["mse"] for each in hidden["means"]}
    for said in (
        f"{100 * found['close']:.1f} % of them are nearer",
        f"lower half of {hidden['digits']} test digits covered, one",
        f"one denoising step has an MSE of {hidden['one_step']:.4f}",
        f"one sample {means[1]:.4f}, the mean of 64 samples {means[64]:.4f}",
        f"Between the two lies {hidden['from_one_step'] / hidden['apart']:.2f} of the root mean square difference",
        f"noise of σ = {hidden['fitting']['sigma_start']:g} and ascend with β = {hidden['fitting']['beta']:g}",
    ):
        assert said in readme, said


def test_the_samples_on_record_are_about_as_good_as_digits():
    """What is claimed of them; as many are close to a training digit as of the test digits, 1 %."""
    found = evaluation.load_results()["sampling"]
    samples, _, test = found["rows"]
    assert samples["confident"] >= 0.95 and min(samples["classes"]) >= 0.05
    assert abs(samples["ink"] / test["ink"] - 1) < 0.05 and found["close"] < 0.02
    assert found["covered"]["from_one_step"] < 0.25 * found["covered"]["apart"]
