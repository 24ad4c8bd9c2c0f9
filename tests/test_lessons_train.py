"""What the lesson on training claims, held by short runs of the very settings that its steps have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lesson_claims import NUMBER, measured, right, run, said, step
from lesson_steps import lesson, state_at

from dae import checkpoints, data, trial
from dae.trial import Settings, exam

STEPS = 400
SHORT = 100


def settings(number: int, **others: Any) -> Settings:
    """What the form says at a step of the lesson."""
    state = state_at("train", number)
    found = trial.recipes_to_start_from()[state["recipe"]]
    for name in ("learning_rate", "loss", "latent_dim", "seconds", "noise"):
        if text := state[f"train_{name}"]:
            found = replace(found, **{name: type(getattr(found, name))(text)})
    return replace(found, **others)


@pytest.fixture(scope="module")
def first() -> list[trial.Moment]:
    """The run of the second step."""
    return run(settings(2), STEPS)


@pytest.fixture(scope="module")
def nothing() -> float:
    (found,) = said(step("train", 2), rf"as it is: {NUMBER} at Gaussian noise 0.5")
    return found


def at(moments: list[trial.Moment], number: int) -> trial.Moment:
    """The moment nearest to a step."""
    return min(moments, key=lambda each: abs(each.progress.step - number))


def test_the_recipe_is_the_one_that_the_tab_starts_with():
    assert next(iter(trial.recipes_to_start_from())) == state_at("train", 1)["recipe"]
    found = settings(2)
    assert said(step("train", 1), r"a batch of (\d+) noisy digits") == [found.batch_size]
    assert (found.noise, found.low, found.high) == ("gaussian", 0.5, 0.5)
    assert said(step("train", 3), rf"quick takes {NUMBER}. Here it is {NUMBER}, and the run lasts (\d+) s") == [
        found.learning_rate,
        settings(3).learning_rate,
        settings(3).seconds,
    ]
    assert said(step("train", 5), r"a code size of (\d+) instead of (\d+)") == [
        settings(5).latent_dim,
        found.latent_dim,
    ]
    assert said(step("train", 5), r"The run lasts (\d+) seconds again") == [settings(5).seconds]
    changed = {name for name in vars(found) if getattr(found, name) != getattr(settings(5), name)}
    assert changed == {"latent_dim", "seconds"}


def test_doing_nothing(nothing):
    assert round(exam(settings(2).noises, data.visitor_split()[1]).nothing, 3) == nothing
    for number in (2, 4):
        (wanted,) = [each for each in step("train", number)["task"]["condition"]["all"] if each["of"] == "train.mse"]
        assert wanted.get("below", wanted.get("above")) == nothing


def test_a_few_hundred_steps_remove_noise(first):
    (error,) = said(step("train", 2), rf"after a few hundred steps the error is below {NUMBER}")
    assert first[-1].progress.step == STEPS and first[-1].unseen < error


def test_steps_far_too_small_lead_nowhere(nothing):
    (count,) = said(step("train", 3), r"After (\d+) steps its error is above that of doing nothing")
    assert count == SHORT and right(step("train", 3)).startswith("Hardly anything")
    assert run(settings(3), SHORT)[-1].unseen > nothing
    assert run(settings(2), SHORT)[-1].unseen < nothing / 2, "with 0.008 it is below half of it"


def test_the_rate_that_breaks_it(first, nothing):
    (well,) = said(step("train", 4), rf"It learns with {NUMBER}")
    (broken,) = said(step("train", 4), rf"with {NUMBER} it ends worse than doing nothing")
    assert said(step("train", 4), rf"Try {NUMBER}, and press Train") == [broken]
    found = settings(4)
    assert (found.loss, found.learning_rate) == ("mse", well)
    assert run(found, SHORT)[-1].unseen < nothing / 1.5
    stuck = run(replace(found, learning_rate=broken), SHORT)[-1]
    assert stuck.unseen > nothing
    flat = (stuck.restored < 1e-4) | (stuck.restored > 1 - 1e-4)
    assert flat.float().mean() > 0.9, "where the sigmoid is flat"
    (largest,) = said(step("train", 4), rf"with it even {NUMBER} still learns, only less well")
    assert largest == trial.RANGES["learning_rate"][1], "the largest that the form takes"
    worse = run(replace(settings(2), learning_rate=largest), STEPS)[-1]
    assert first[-1].unseen < worse.unseen < nothing / 3


def test_a_code_of_two_is_too_small(first):
    assert "more than three times as large" in step("train", 5)["question"]["choices"][2]["say"]["en"]
    assert run(settings(5), STEPS)[-1].unseen > 3 * first[-1].unseen


def test_the_shipped_network(first):
    (error,) = said(step("train", 6), rf"on Gaussian noise 0.5 its error is {NUMBER}")
    record = measured("denoising", "conv-gaussian", noise="gaussian", level=0.5, clip=True)
    assert float(f"{record['mse']:.1g}") == error < first[-1].unseen
    info = checkpoints.info("conv-gaussian")
    (noise,) = info.recipe["stages"][0]["noises"]
    assert (noise["key"], noise["low"], noise["high"]) == ("gaussian", 0.0, 1.0), "every level up to 1"
    assert info.seconds > 10 * settings(2).seconds, "for far longer"


def test_a_run_that_was_stopped_is_worse_than_the_whole_run(first):
    half = at(first, STEPS // 2)
    assert abs(half.progress.step - STEPS // 2) < STEPS / 8
    assert 1.1 * first[-1].unseen < half.unseen < 0.115
    rates = [moment.progress.learning_rate for moment in first[1:]]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < 0.02 * max(rates), "it falls to 0"


def test_of_two_runs_side_by_side_the_one_without_noise_learns_to_copy(nothing):
    state, found = state_at("train", 8), settings(8)
    assert (state["train_compare"], state["train_with"]) == ("noise", "none")
    assert said(step("train", 8), r"The run takes (\d+) seconds") == [found.seconds]
    figures = rf"after (\d+) steps .* in training, about {NUMBER} against {NUMBER}, .*, about {NUMBER} against {NUMBER}"
    count, *claimed = said(step("train", 8), figures)
    answer = rf"after (\d+) steps about {NUMBER} and {NUMBER}, with noise about {NUMBER} and {NUMBER}"
    order = [count, claimed[0], claimed[2], claimed[1], claimed[3]]
    assert said(lesson("train")["worksheet"], answer) == order
    questions = exam(found.noises, data.visitor_split()[1])
    runs = [run(replace(found, noise=noise), int(count)) for noise in ("none", found.noise)]
    curves = [
        [trial.examine(trial.trained(moment.config, moment.snapshot.weights), questions) for moment in moments]
        for moments in runs
    ]
    seen = [[moment.progress.error for moment in moments[1:]] for moments in runs]
    ends = [seen[0][-1], seen[1][-1], curves[0][-1], curves[1][-1]]
    assert ends == pytest.approx(claimed, rel=0.05)
    assert right(step("train", 7)).startswith("In training the one without noise")
    assert ends[0] < ends[1] and ends[3] < ends[2] < nothing
    lowest = curves[0].index(min(curves[0]))
    assert 0 < lowest < len(curves[0]) / 2 and ends[2] > 1.5 * curves[0][lowest], "it falls and then rises"
    assert ends[0] < seen[0][lowest] / 3, "while it copies better and better"
    (begun,) = said(step("train", 8), r"fewer than (\d+) steps")
    assert at(runs[0], int(begun)).progress.step > runs[0][lowest].progress.step


def test_what_the_worksheet_says_of_the_first_run(first, nothing):
    text = r"quick: ([\d.]+), cross-entropy, (\d+), (\d+) s, about ([\d.]+) or less. Doing nothing: ([\d.]+)\."
    rate, size, seconds, error, idle = said(lesson("train")["worksheet"], text)
    found = settings(2)
    assert (found.learning_rate, found.latent_dim, found.seconds) == (rate, size, seconds)
    assert found.loss == "bce_with_logits" and idle == nothing and first[-1].unseen <= error
