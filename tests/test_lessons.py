"""What the first lessons claim of digits and networks holds of the shipped ones, at the very steps that claim it."""

from __future__ import annotations

import functools
import itertools
import json

import pytest
import torch
from lesson_claims import texts
from lesson_steps import FOLDER, Stage, lesson, network, stage, state_at

import dae
from dae import checkpoints, data, manifest, metrics, site, verdict

NAMES = [path.stem for path in sorted(FOLDER.glob("*.json"))]
CONFIDENT = 0.9


def claims(name: str, step: int, *said: str) -> None:
    """A step says these figures, in each language."""
    part = lesson(name)["steps"][step - 1]
    for lang in manifest.LANGUAGES:
        joined = " ".join(texts(part, lang))
        for each in said:
            assert each in joined, f"{name} {step}, {lang}: {each}"


def at(name: str, step: int, **changes: object) -> Stage:
    return stage(state_at(name, step), **changes)


def decibels(psnr: float) -> str:
    return f"{psnr:.1f} dB"


@functools.cache
def confident_errors(model: str, level: float) -> float:
    """The share of the gallery whose reconstruction the classifier is sure to be another digit."""
    gallery = data.gallery()
    with torch.inference_mode():
        restored = network(model)(dae.corrupt(gallery.images, "gaussian", level, seed=7))
    found = zip(verdict.verdict(restored), gallery.labels.tolist(), strict=True)
    wrong = [each.digit not in (None, label) and each.confidence >= CONFIDENT for each, label in found]
    return sum(wrong) / len(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_has_its_place_and_a_worksheet(name):
    assert name in manifest.LESSONS
    assert len(lesson(name)["worksheet"]) >= 3
    assert len(lesson(name)["steps"]) in range(6, 12)


@pytest.mark.parametrize("name", NAMES)
def test_the_static_edition_has_the_digits_that_lessons_show(name):
    for number in range(1, len(lesson(name)["steps"]) + 1):
        assert state_at(name, number)["index"] < site.PER_CLASS, f"{name} {number}"


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_names_the_one_that_comes_after_it(name):
    after = manifest.LESSONS[manifest.LESSONS.index(name) + 1 :]
    if not after or after[0] not in NAMES:
        return
    last = lesson(name)["steps"][-1]["text"]
    for lang in manifest.LANGUAGES:
        assert lesson(after[0])["title"][lang] in last[lang]


class TestCopying:
    def test_the_copy_of_a_clean_digit_can_hardly_be_told_from_it(self):
        shown = at("copying", 1)
        assert torch.equal(shown.noisy, shown.clean) and shown.psnr > 29
        assert shown.read.digit == shown.read_clean.digit == 3
        assert checkpoints.info("plain").model.latent_dim == 128
        claims("copying", 1, "784", "128")

    def test_both_networks_have_the_same_shape_and_digits_and_loss(self):
        plain, denoiser = checkpoints.info("plain"), checkpoints.info("fc-gaussian")
        assert plain.model == denoiser.model and plain.data == denoiser.data
        losses = [{each["loss"] for each in info.recipe["stages"]} for info in (plain, denoiser)]
        assert losses[0] == losses[1]
        assert not any(each.get("noises") for each in plain.recipe["stages"])
        assert all(each["noises"] for each in denoiser.recipe["stages"])
        assert checkpoints.parameter_count("plain") == checkpoints.parameter_count("fc-gaussian")
        claims("copying", 2, "55,000")
        assert "55,000" in plain.data and "without the gallery" in plain.data
        claims("copying", 6, f"{checkpoints.parameter_count('plain'):,}")

    def test_the_plain_network_makes_the_noisy_digit_hardly_better(self):
        shown = at("copying", 3)
        assert shown.psnr - shown.noisy_psnr < 1
        claims("copying", 3, decibels(shown.psnr), decibels(shown.noisy_psnr))
        assert shown.restored.mean() > shown.clean.mean(), "there is plenty of ink"

    def test_it_paints_the_noise_back_in(self):
        """What is wrong with its picture goes with the noise: two draws of noise make two different messes."""
        shown, other = at("copying", 4), at("copying", 4, seed=8)
        wrong = shown.restored - shown.clean
        assert torch.corrcoef(torch.stack([wrong.flatten(), (shown.noisy - shown.clean).flatten()]))[0, 1] > 0.25
        same, changed = at("copying", 5), at("copying", 5, seed=8)
        assert (shown.restored - other.restored).square().mean() > 4 * (
            same.restored - changed.restored
        ).square().mean()

    def test_the_one_that_saw_noise_is_ten_decibels_better(self):
        shown, plain = at("copying", 5), at("copying", 4)
        assert shown.psnr - plain.psnr == pytest.approx(10, abs=0.5)
        claims("copying", 5, decibels(shown.psnr))
        assert shown.read.digit == 3

    def test_side_by_side_are_these_two_with_the_better_one_first(self):
        state = state_at("copying", 6)
        assert state["compare"] == ["fc-gaussian", "plain"]
        assert stage(state, model="fc-gaussian").psnr > stage(state, model="plain").psnr

    def test_on_clean_digits_the_plain_one_is_better(self):
        assert at("copying", 7).psnr < 28
        plain, denoiser = at("copying", 7, level=0), at("copying", 7, level=0, model="fc-gaussian")
        assert plain.psnr > 28 > denoiser.psnr
        claims("copying", 7, decibels(plain.psnr), decibels(denoiser.psnr), "28 dB")

    def test_the_worksheets_figures(self):
        assert metrics.psnr(0.01) == pytest.approx(20) and metrics.psnr(0.001) == pytest.approx(30)


class TestNoise:
    def test_the_specialist_removes_its_own_noise(self):
        shown = at("noise", 1)
        assert [each["key"] for each in checkpoints.info("conv-gaussian").recipe["stages"][0]["noises"]] == ["gaussian"]
        assert checkpoints.info("conv-gaussian").recipe["stages"][0]["noises"][0]["high"] == 1
        claims("noise", 1, f"{shown.noisy_psnr:.1f}", decibels(shown.psnr))

    def test_masking_it_cannot_repair(self):
        shown = at("noise", 2)
        assert shown.psnr < shown.noisy_psnr
        assert shown.read.digit is None
        claims("noise", 2, decibels(shown.psnr), decibels(shown.noisy_psnr))
        assert float(shown.restored.mean() / shown.clean.mean()) == pytest.approx(1 / 3, abs=0.03)

    def test_salt_and_pepper_it_removes_though_it_never_saw_it(self):
        shown = at("noise", 4)
        assert shown.psnr - shown.noisy_psnr > 10 and shown.read.digit == 0
        claims("noise", 4, decibels(shown.psnr), decibels(shown.noisy_psnr))

    def test_the_task_is_done_by_what_the_hint_says_and_not_by_salt_and_pepper(self):
        assert at("noise", 5).read.digit == 0, "not done at the start"
        done = at("noise", 5, noise="block", level=0.4)
        assert done.read.digit not in (None, 0) and done.psnr < done.noisy_psnr

    def test_the_universal_network_closes_the_hole(self):
        shown = at("noise", 6)
        assert shown.read.digit == 0 and shown.read_noisy.digit != 0
        claims("noise", 6, decibels(shown.psnr), decibels(shown.noisy_psnr))
        trained = {each["key"] for each in checkpoints.info("universal").recipe["stages"][0]["noises"]}
        assert len(trained) == 6

    def test_it_is_about_as_good_at_the_specialists_noise(self):
        state = state_at("noise", 8)
        specialist, universal = (stage(state, model=name).psnr for name in state["compare"])
        assert universal - specialist == pytest.approx(1, abs=0.2)
        images = data.gallery().images[::25]
        noisy = dae.corrupt(images, state["noise"], state["level"], seed=7)
        with torch.inference_mode():
            each = [metrics.psnr(metrics.mse(network(name)(noisy), images)) for name in state["compare"]]
        assert each[0] == pytest.approx(each[1], abs=1)
        millions = [checkpoints.parameter_count(name) / 1e6 for name in state["compare"]]
        said = json.dumps(lesson("noise")["steps"][7], ensure_ascii=False)
        assert f"{millions[1]:.1f} against {millions[0]:.1f} million" in said
        assert all(f"{round(100 * each, -1):.0f} 万" in said for each in millions)


class TestLevels:
    def test_a_little_noise_is_no_trouble(self):
        shown = at("levels", 1)
        assert shown.read.digit == 5 and shown.psnr - shown.noisy_psnr > 6
        noises = [each for stage in checkpoints.info("fc-gaussian").recipe["stages"] for each in stage["noises"]]
        assert max(each["high"] for each in noises) == 1

    def test_the_curve_falls_bit_by_bit(self):
        levels = [0.15 * i for i in range(11)]
        shown = [at("levels", 2, level=level) for level in levels]
        curve = [each.psnr for each in shown]
        steps = [before - after for before, after in itertools.pairwise(curve)]
        assert all(0 < step < 3 for step in steps)
        claims("levels", 2, decibels(curve[0]), decibels(curve[-1]))
        assert all(each.psnr > each.noisy_psnr for each in shown[1:])

    def test_the_five_turns_into_a_clean_three(self):
        shown = at("levels", 3)
        assert (shown.read.digit, shown.read_clean.digit) == (3, 5)
        assert shown.read.confidence > 0.99
        claims("levels", 3, "99 %")
        assert float(shown.restored.max()) > 0.95, "drawn, and no grey cloud"

    def test_the_shares_of_confident_errors(self):
        for level, said in ((0, 3), (0.5, 10), (0.8, 25), (1, 43)):
            assert 1000 * confident_errors("fc-gaussian", level) == pytest.approx(said, abs=1.5), level
        assert len(data.gallery().images) == 5000
        assert state_at("levels", 4)["level"] == 0.8
        for lang in manifest.LANGUAGES:
            joined = " ".join(texts(lesson("levels")["steps"][3], lang))
            assert all(each in joined for each in ("5,000", "90 %", " 3 ", " 10", "25", "43"))

    def test_the_tipping_point(self):
        assert at("levels", 5).read.digit == 3
        assert at("levels", 5, level=0.49).read.digit == 3
        shown = at("levels", 5, level=0.48)
        assert shown.read.digit == 5
        claims("levels", 5, f"{100 * shown.read.confidence:.0f} %", "σ = 0.48")

    def test_other_noise_of_the_same_strength_is_often_read_rightly(self):
        assert at("levels", 6).read.digit == 3
        assert sum(at("levels", 6, seed=seed).read.digit == 5 for seed in range(20)) >= 10

    def test_the_mean_of_two_digits_has_half_the_loss_of_either_guess(self):
        gallery = data.gallery()
        three, five = gallery.images[gallery.labels == 3][0], gallery.images[gallery.labels == 5][0]

        def loss(answer: torch.Tensor) -> float:
            return float(torch.stack([answer - three, answer - five]).square().mean())

        assert loss((three + five) / 2) == pytest.approx(loss(three) / 2) == pytest.approx(loss(five) / 2)

    def test_with_much_noise_the_reconstructions_grow_alike_and_grey(self):
        images = data.gallery().images[::25]
        high = state_at("levels", 9)["level"]

        def restored(level: float) -> torch.Tensor:
            with torch.inference_mode():
                return network("universal")(dae.corrupt(images, "gaussian", level, seed=7))

        few, many = restored(0.3), restored(high)
        assert many.var(0).mean() < 0.6 * few.var(0).mean()
        grey = [float(((each > 0.2) & (each < 0.8)).float().mean()) for each in (few, many)]
        assert grey[1] > 2 * grey[0]
        noises = checkpoints.info("universal").recipe["stages"][0]["noises"]
        assert max(each["high"] for each in noises if each["key"] == "gaussian") == high == 1.5
