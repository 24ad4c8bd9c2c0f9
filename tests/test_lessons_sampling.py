"""What the lessons claim of sampling and the score holds of the library's, at the very steps that claim it."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
import torch
from lesson_claims import NUMBER, right, said, step
from lesson_steps import network, state_at
from torch import Tensor

import dae
from dae import data, evaluation, manifest, score2d, verdict
from dae.sampling import FITTING, Ascent, Step, known, sample, steps

LEVELS = 10  # of the page's ladder
COUNT = 500  # points of the page's sets


@functools.cache
def ring() -> Tensor:
    state = state_at("generating", 1)
    return score2d.points(state["score_points"], COUNT, seed=0)


def far(places: Tensor) -> tuple[float, float]:
    """The mean distance to the nearest clean point, and to the mean of all."""
    nearest = torch.cdist(places, ring()).min(1).values
    return float(nearest.mean()), float((places - ring().mean(0)).norm(dim=1).mean())


def exact(places: Tensor, sigma: float) -> Tensor:
    return score2d.exact_denoiser(ring(), places, sigma)


@functools.cache
def learnt(seed: int, sigma: float, name: str = "ring") -> score2d.Denoiser2d:
    state = state_at("generating", 3)
    settings = {name: state[f"score_{name}"] for name in ("width", "steps")}
    training = score2d.Training(
        sigma, sigma, batch_size=state["score_batch"], learning_rate=state["score_rate"], seed=seed, **settings
    )
    for moment in score2d.train(score2d.points(name, COUNT, seed=0), training):
        last = moment
    return last.denoiser


class TestThePlane:
    def test_the_best_guess_under_little_noise_lies_near_the_ring(self):
        part = step("generating", 1)
        sigma, near, across = said(
            part, rf"With σ = {NUMBER} that guess lies .* {NUMBER} from .* ring is {NUMBER} across"
        )
        assert sigma == state_at("generating", 1)["score_sigma"]
        places = score2d.grid(9, 1.1)
        assert far(exact(places, sigma))[0] == pytest.approx(near, abs=0.005)
        assert float(2 * ring().norm(dim=1).mean()) == pytest.approx(across, abs=0.05)
        wrong = (
            (ring() - ring().mean(0)).square().mean(),
            (ring() + sigma * torch.randn(ring().shape) - ring()).square(),
        )
        best = (exact(ring() + sigma * torch.randn(ring().shape), sigma) - ring()).square().mean()
        assert best < wrong[0] and best < wrong[1].mean()

    def test_arrows_have_no_length_on_the_ridge_and_in_the_middle(self):
        def length(radius: float) -> float:
            angles = torch.linspace(0, 6.28, 40)
            places = radius * torch.stack([angles.cos(), angles.sin()], 1)
            return float((exact(places, 0.2) - places).norm(dim=1).mean())

        ridge = min(length(0.02 * i) for i in range(30, 50))
        assert max(ridge, length(0.0)) < 0.15 * length(1.2)

    def test_a_network_of_another_seed_learns_the_arrows(self):
        condition = step("generating", 3)["task"]["condition"]["all"]
        (limit,) = [each["below"] for each in condition if each["of"] == "score.error"]
        (stated,) = said(step("generating", 3), r"less than (\d+) % off")
        assert stated == limit
        for seed in (1, 3, 4):
            assert 100 * score2d.field_error(learnt(seed, 0.2), ring(), 0.2) < limit

    def test_the_plain_autoencoder_returns_nearly_what_it_gets(self):
        state = state_at("generating", 4)
        assert state["score_beside"] and right(step("generating", 4)) == "Hardly any: it returns what it gets"
        sigma, clean = state["score_sigma"], score2d.points(state["score_points"], COUNT, seed=0)
        denoiser, plain = (learnt(state["score_seed"], sigma=each, name=state["score_points"]) for each in (sigma, 0.0))
        percent, left, noise, best = said(
            step("generating", 4), rf"Yes: .* have (\d+) % of .* MSE of {NUMBER} of {NUMBER}, the denoiser {NUMBER}\."
        )
        places = score2d.grid(41, 1.25 + 2 * sigma)
        weight = score2d.log_density(clean, places, sigma).softmax(0)

        def told_nothing(noisy: Tensor, _: float) -> Tensor:
            return plain(noisy, 0.0)

        def length(field: Tensor) -> float:
            return float((weight * field.norm(dim=1)).sum())

        target = clean.repeat(20, 1)
        noisy = target + sigma * torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            share = length(score2d.field(told_nothing, places, sigma)) / length(
                score2d.exact_score(clean, places, sigma)
            )
            errors = [
                float((each - target).square().mean()) for each in (plain(noisy, 0.0), noisy, denoiser(noisy, sigma))
            ]
        assert round(100 * share) == percent
        assert errors == pytest.approx([left, noise, best], abs=0.0007)

    def test_one_step_from_much_noise_ends_near_the_middle(self):
        state = state_at("generating", 5)
        middle, near = said(
            step("generating", 5), rf"ends {NUMBER} from the mean of all points, and {NUMBER} from the nearest"
        )
        found = far(exact(score2d.grid(9, 1.1), state["score_sigma"]))
        assert found == pytest.approx((near, middle), abs=0.005)

    def test_a_ladder_leads_every_walker_to_the_ring(self):
        state = state_at("generating", 6)
        (near,) = said(step("generating", 6), rf"on average {NUMBER} from the nearest")
        low, high = state["score_low"], state["score_high"]
        start = 1.25 * (2 * torch.rand(50, 2, generator=torch.Generator().manual_seed(state["score_seed"])) - 1)
        sigmas = [high * (low / high) ** (i / (LEVELS - 1)) for i in range(LEVELS)]
        *_, end = score2d.ladder(exact, start, sigmas)
        assert far(end)[0] == pytest.approx(near, abs=0.005)


def clean_at(state: dict[str, Any]) -> Tensor:
    place = state["digit"] * data.GALLERY_PER_CLASS + state["index"]
    return data.gallery().images[place : place + 1]


@functools.cache
def grown() -> list[Step]:
    state = state_at("generating", 7)
    model = network(state["sample_model"])
    schedule = Ascent(beta=state["sample_beta"])
    return list(steps(model, state["sample_count"], seed=state["sample_seed"], schedule=schedule))


def apart(images: Tensor) -> float:
    """The root mean square difference of two of them."""
    return float((2 * images.var(0).mean()).sqrt())


class TestDigits:
    def test_the_first_guesses_are_blurred_digits_that_change(self):
        first, last = grown()[0].denoised, grown()[-1].noisy + grown()[-1].direction
        assert right(step("generating", 7)) == "Blurred digits, some hardly legible"
        assert apart(first) > 0.5 * apart(last)
        grey = [float(((images > 0.2) & (images < 0.8)).float().mean()) for images in (first, last)]
        assert grey[0] > 3 * grey[1]
        before, after = ([each.digit for each in verdict.verdict(images.clamp(0, 1))] for images in (first, last))
        assert None not in after and len(set(after)) >= 5
        said = json.dumps(step("generating", 7), ensure_ascii=False)
        assert said.count("the two 2s become an 8 and a 5") == said.count("两个 2 变成了一个 8 和一个 5") == 3
        assert [end for each, end in zip(before, after, strict=True) if each == 2] == [8, 5]
        assert 1 <= before.count(None) <= 3

    def test_in_far_stronger_noise_the_best_guesses_are_nearly_the_same(self):
        gallery = data.gallery().images.flatten(1)
        noisy = 30 * torch.randn(8, 784, generator=torch.Generator().manual_seed(0))
        share = (-torch.cdist(noisy, gallery).square() / (2 * 30**2)).softmax(1)
        assert apart(share @ gallery) < 0.2 * apart(gallery)

    def test_the_shares_of_a_thousand_samples(self):
        found = evaluation.load_results()["sampling"]
        rows = {row["of"]: row for row in found["rows"]}
        count, samples, test, close = said(
            step("generating", 8),
            rf"Of {NUMBER} such samples .* reads (\d+) % .* test digits (\d+) %\. Only {NUMBER} % come nearer",
        )
        assert found["model"] == state_at("generating", 8)["sample_model"]
        assert rows["samples"]["images"] == rows["test"]["images"] == count
        assert [round(100 * rows[of]["confident"]) for of in ("samples", "test")] == [samples, test]
        assert round(100 * found["close"], 1) == close

    def test_a_sample_is_as_far_from_the_gallery_as_its_digits_are_from_each_other(self):
        gallery = data.gallery().images.flatten(1)
        last = (grown()[-1].noisy + grown()[-1].direction).clamp(0, 1).flatten(1)
        nearest = torch.cdist(last, gallery).square().min(1).values / 784
        others = torch.cdist(gallery[::20], gallery).square().topk(2, largest=False).values[:, 1] / 784
        assert nearest.min() > others.quantile(0.05) and nearest.max() < others.max()

    def test_half_an_eight_has_many_answers_and_one_step_gives_about_their_mean(self):
        state = state_at("generating", 9)
        assert state["sample_cover"] == "lower"
        clean, mask = clean_at(state), (torch.arange(28) < 14).view(28, 1).expand(28, 28)
        model = network(state["sample_model"])
        with torch.inference_mode():
            one_step = model(clean.where(mask, 0)).clamp(0, 1)
        samples = sample(
            model, state["sample_answers"], measurement=known(clean, mask), start=one_step, **FITTING
        ).clamp(0, 1)
        found = [each.digit for each in verdict.verdict(samples)]
        part = step("generating", 9)
        for said_of_them in ("one is read as 8, one as 9, six as 4", "一个识别为 8，一个识别为 9，六个识别为 4"):
            assert str(part).count(said_of_them) == 3
        assert [found.count(digit) for digit in (8, 9, 4)] == [1, 1, 6]

        def mse(images: Tensor) -> float:
            return float((images - clean)[..., 14:, :].square().mean())

        stated = said(step("generating", 10), rf"Yes: {NUMBER}, and {NUMBER} for .* against {NUMBER} for single")
        assert [round(mse(each), 3) for each in (one_step, samples.mean(0, keepdim=True), samples)] == stated


class TestTheOthers:
    """The steps of the other lessons that sampling explains."""

    def test_what_a_noisy_five_may_have_been(self):
        state = state_at("levels", 8)
        assert state["sample_cover"] == "noisy" and not state["clip"]
        clean, model = clean_at(state), network(state["sample_model"])
        noisy = dae.corrupt(clean, state["noise"], state["level"], seed=state["seed"], clip=False)
        samples = sample(model, state["sample_answers"], start=noisy, sigma_start=0, schedule=Ascent(beta=0.5))
        samples = samples.clamp(0, 1)
        found = [each.digit for each in verdict.verdict(samples)]
        part = str(step("levels", 8))
        assert "six are read as 5, two as 3" in part and "六个识别为 5，两个识别为 3" in part
        assert (found.count(5), found.count(3)) == (6, 2)
        with torch.inference_mode():
            one_step = model(noisy).clamp(0, 1)
        single, one = ((each - clean).square().mean() for each in (samples, one_step))
        assert 0.4 < one / single < 0.6
        mean = samples.mean(0, keepdim=True)
        assert (mean - one_step).square().mean().sqrt() < 0.5 * (samples - one_step).square().mean().sqrt()

    def test_what_was_in_the_hole(self):
        state = state_at("noise", 7)
        assert state["sample_cover"] == "middle"
        mask = torch.ones(28, 28, dtype=torch.bool)
        mask[8:20, 8:20] = False
        clean, model = clean_at(state), network(state["sample_model"])
        with torch.inference_mode():
            one_step = model(clean.where(mask, 0)).clamp(0, 1)
        samples = sample(model, state["sample_answers"], measurement=known(clean, mask), start=one_step, **FITTING)
        found = [each.digit for each in verdict.verdict(samples.clamp(0, 1))]
        part = str(step("noise", 7))
        assert "five are read as 5, three as 3" in part and "五个识别为 5，三个识别为 3" in part
        assert (found.count(5), found.count(3)) == (5, 3)


def test_the_lesson_is_the_last():
    assert manifest.LESSONS[-1] == "generating"
