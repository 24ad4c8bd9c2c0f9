"""What the lesson on dictionaries claims, measured on the shipped networks at the steps that claim it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from lesson_claims import NUMBER, measured, right, run, said, step
from lesson_steps import network, stage, state_at
from torch import Tensor

from dae import checkpoints, data, features, firing, manifest, metrics, recipes, trial
from dae.encoding import codes_of
from dae.models import ModelConfig

SOME = data.gallery()[::10]


def fires(name: str) -> firing.Firing:
    stored = firing.load_firing(name)
    assert stored is not None, "`python -m dae features`"
    return stored


def dead(name: str) -> int:
    return int((fires(name).rate == 0).sum())


def tiles(name: str) -> Tensor:
    return features.dictionary(network(name), codes_of(network(name), SOME.images)).pictures


def pixels(name: str) -> float:
    """In how many pixels the ink of a tile sits: (sum of squares)^2 / sum of fourth powers, the median of the tiles."""
    squares = tiles(name).flatten(1).square()
    return float((squares.sum(1).square() / squares.square().sum(1)).median())


def errors(state: dict[str, Any], name: str) -> tuple[list[int], list[float]]:
    """Numbers of features, as the slider has them, and the error of the clean digit that is built from so many."""
    clean = stage(state, model="plain").clean
    model = network(name)
    codes = codes_of(model, SOME.images)
    built = features.build_up(model, model.encode(clean), features.dictionary(model, codes), codes.mean(0))
    return built.counts, [metrics.mse(picture[None], clean) for picture in built.pictures]


def error(name: str) -> float:
    return measured("denoising", name, noise="clean")["mse"]


def test_a_tile_is_what_a_number_adds():
    (count,) = said(step("dictionaries", 1), r"The code of jz-fc has (\d+) numbers")
    pictures = tiles("jz-fc")
    assert len(pictures) == count
    code = network("jz-fc").encode(SOME.images[:1])
    layer = features.linear_decoder(network("jz-fc"))
    assert layer is not None, "the decoder adds the tiles up"
    total = (layer[1] + (code[0, :, None] * pictures.flatten(1)).sum(0)).view(1, 1, 28, 28)
    assert torch.allclose(network("jz-fc").output(total), network("jz-fc").decode(code), atol=1e-4)


def test_most_of_the_tiles_are_needed():
    state = state_at("dictionaries", 2)
    wanted = step("dictionaries", 2)["task"]["condition"]["below"]
    assert said(step("dictionaries", 2), rf"until the error is below {NUMBER}") == [wanted]
    least, of = said(step("dictionaries", 2), r"more than (\d+) of the (\d+)")
    counts, found = errors(state, state["model"])
    first = next(count for count, each in zip(counts, found, strict=True) if each < wanted)
    assert least < first < of == counts[-1]
    assert found[counts.index(state["parts"])] > wanted, "not done from the start"


def test_top_5_has_tiles_for_whole_digits():
    (kept,) = said(step("dictionaries", 3), r"only the (\d+) largest numbers")
    state = state_at("dictionaries", 3)
    assert checkpoints.info(state["model"]).model.sparsity.k == kept
    assert fires(state["model"]).nonzero == pytest.approx(kept, abs=0.1)
    assert right(step("dictionaries", 3)) == "Nearly whole digits"

    def likeness(name: str) -> float:
        """How like the orange of a tile is to the gallery's most alike digit: the cosine, the median of the tiles."""
        pictures, digits = (
            torch.nn.functional.normalize(each - each.mean(1, keepdim=True))
            for each in (tiles(name).flatten(1).clamp_min(0), SOME.images.flatten(1))
        )
        return float((pictures @ digits.T).amax(1).median())

    assert likeness(state["model"]) > 0.55 > 0.45 > likeness("jz-fc")
    two = fires(state["model"]).class_share.topk(2).values.sum(1)
    assert (two > 0.5).float().mean() > 0.5, "most fire mainly for one class or two"


def test_fewer_parts_larger_error():
    (plain,) = said(step("dictionaries", 4), rf"jz-fc has an error of {NUMBER}")
    sixteen, five = said({"text": step("dictionaries", 4)["question"]["choices"][0]["text"]}, rf"{NUMBER} and {NUMBER}")
    assert step("dictionaries", 4)["question"]["choices"][0]["right"]
    for name, claimed, digits in (("jz-fc", plain, 1), ("jz-topk-16", sixteen, 2), ("jz-topk-5", five, 2)):
        assert float(f"{error(name):.{digits}g}") == claimed
    state = state_at("dictionaries", 4)
    ends = [errors(state, name)[1][-1] for name in ("jz-fc", state["second"], state["model"])]
    assert ends == sorted(ends), "and for this digit"


def test_l1_makes_numbers_small_and_not_zero():
    state = state_at("dictionaries", 5)
    (percent,) = said(step("dictionaries", 5), rf"In jz-l1-1e-1 λ is {NUMBER}")
    sparsity = checkpoints.info(state["model"]).model.sparsity
    assert sparsity.kind == "l1" and sparsity.weight == percent
    assert right(step("dictionaries", 5)) == "About 50"
    found = fires(state["model"])
    assert found.nonzero == pytest.approx(50, abs=2)
    high, weight, low = said(step("dictionaries", 5), rf"on average {NUMBER}; with λ = {NUMBER} it is {NUMBER}")
    assert round(float(found.mean.mean()), 2) == high
    assert checkpoints.info("jz-l1-1e-2").model.sparsity.weight == weight
    assert round(float(fires("jz-l1-1e-2").mean.mean()), 2) == low
    assert (codes_of(network(state["model"]), SOME.images) > 0).all(), "no number becomes quite 0"


def test_kl_comes_near_its_target_and_both_penalties_make_small_tiles():
    target, reached = said(step("dictionaries", 6), rf"ρ = {NUMBER}.*jz-kl-1e-1 comes to {NUMBER}")
    state = state_at("dictionaries", 6)
    sparsity = checkpoints.info(state["model"]).model.sparsity
    assert sparsity.kind == "kl" and sparsity.rho == target
    assert round(float(fires(state["model"]).mean.mean()), 2) == reached
    assert max(pixels(state["model"]), pixels(state["second"])) < pixels("jz-fc") / 3


def test_winner_take_all_has_tiles_for_strokes():
    percent, count = said(step("dictionaries", 7), rf"only the (\d+) % of digits .* there are {NUMBER} features")
    state = state_at("dictionaries", 7)
    config = checkpoints.info(state["model"]).model
    assert (config.sparsity.kind, 100 * config.sparsity.fraction, config.latent_dim) == ("lifetime", percent, count)
    assert right(step("dictionaries", 7)) == "Short strokes"
    assert pixels(state["model"]) < 40 < pixels("jz-wta-5")
    used, wrong = said(step("dictionaries", 7), rf"about (\d+) of them, and comes out with an error of {NUMBER}")
    assert fires(state["model"]).nonzero == pytest.approx(used, abs=3)
    assert float(f"{error(state['model']):.2g}") == wrong
    assert dead(state["model"]) == 0


def test_dead_features():
    state, better = state_at("dictionaries", 8), "gfg-better"
    few, of = said(step("dictionaries", 8), r"Here (\d+) of (\d+) are dead")
    most, whole = said(step("dictionaries", 8), r"(\d+) of (\d+) are dead: it works with a dozen")
    models: list[ModelConfig] = [checkpoints.info(name).model for name in (state["model"], "gfg", better)]
    assert [of, whole] == [model.latent_dim for model in models[:2]]
    assert {model.code_activation for model in models} == {"relu"}
    assert (dead(state["model"]), dead("gfg")) == (few, most)
    assert most > step("dictionaries", 8)["task"]["condition"]["above"] > few
    assert whole - most == pytest.approx(12, abs=2), "a dozen"
    assert models[1] == models[2], "the same network"
    (lost,) = said(step("dictionaries", 8), r"lost only (\d+) with a learning rate that starts lower")
    assert dead(better) == lost
    (rate,) = said(step("dictionaries", 8), rf"a learning rate of {NUMBER} all the time")
    stages = [recipes.get(name).stages[0] for name in ("gfg", better)]
    assert stages[0].learning_rate == rate > stages[1].learning_rate
    assert (stages[0].schedule, stages[1].schedule) == ("constant", "cosine")


def test_of_two_runs_side_by_side_the_sparse_one_has_the_larger_error():
    state = state_at("dictionaries", 9)
    assert (state["train_compare"], state["train_with"]) == ("sparsity", "topk")
    first = trial.recipes_to_start_from()[state["recipe"]]
    kept, size = said(step("dictionaries", 9), r"keeps (\d+) of its (\d+) numbers")
    assert (int(state["train_k"]), first.sparsity, first.latent_dim) == (kept, "none", size)
    (steps,) = said(step("dictionaries", 9), r"after (\d+) steps already it was more than a quarter larger")
    second = replace(first, sparsity="topk", k=int(kept))
    plain, sparse = (run(each, int(steps))[-1].unseen for each in (first, second))
    assert sparse > 1.25 * plain
    (seconds,) = said(step("dictionaries", 9), r"share the (\d+) seconds")
    assert seconds == manifest.TRAIN_SECONDS and not state["train_seconds"]
