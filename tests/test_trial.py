"""Settings that are refused with a reason, runs that can be taken up again anywhere, and what they show."""

import math
import pickle
import time
from dataclasses import replace
from itertools import islice

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dae import checkpoints, metrics, recipes, trial
from dae.cost import cost
from dae.data import Digits
from dae.features import dictionary
from dae.models import build
from dae.noise import corrupt, seeded
from dae.training import Trainer
from dae.trial import PLAIN, RANGES, REASONS, Settings, SettingsError, again, exam, one_step, watch

SMALL = Settings(widths=(16,), latent_dim=8, batch_size=20, learning_rate=1e-2, seconds=60, seed=5)


@pytest.fixture
def few(digits, split):
    """60 digits to train on, 500 to judge by."""
    return Digits(digits, torch.arange(10).repeat_interleave(6), "sixty"), split[1]


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def alike(one: dict, other: dict) -> bool:
    """But for rounding: where sums stand in memory can change their last bit; other noise changes the third digit."""
    return one.keys() == other.keys() and all(torch.allclose(one[name], other[name], rtol=0, atol=1e-6) for name in one)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"learning_rate": 1e3}, "learning_rate"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"batch_size": 61}, "batch"),
        ({"batch_size": 7}, "range"),
        ({"latent_dim": 0}, "range"),
        ({"seconds": 61}, "range"),
        ({"seed": -1}, "range"),
        ({"architecture": "unet"}, "choice"),
        ({"noise": "fog"}, "choice"),
        ({"widths": (16,) * 5}, "widths"),
        ({"widths": (0,)}, "widths"),
        ({"architecture": "conv", "widths": (8,)}, "widths"),
        ({"low": 0.6}, "levels"),
        ({"high": 1.6}, "levels"),
        ({"low": math.nan}, "levels"),
        ({"sparsity": "kl"}, "kl_unbounded"),
        ({"sparsity": "kl", "code_activation": "tanh"}, "kl_unbounded"),
        ({"output": "identity"}, "bce_unbounded"),
        ({"output": "leaky_relu", "loss": "bce"}, "bce_unbounded"),
        ({"architecture": "conv", "widths": (8, 8), "tied": True}, "tied_conv"),
        ({"sparsity": "topk", "k": 8}, "topk_all"),
        ({"start": "no-such-checkpoint"}, "weights"),
        ({"architecture": "conv", "widths": (128, 128, 128, 128), "batch_size": 60}, "work"),
    ],
    ids=str,
)
def test_nonsense_is_refused_with_a_reason_before_any_work(changes, reason, few):
    settings = replace(SMALL, **changes)
    with pytest.raises(SettingsError) as caught:
        next(watch(settings, few))
    assert caught.value.reason == reason
    assert str(caught.value) == REASONS[reason].format(**caught.value.values)
    assert str(caught.value).endswith(".") and "{" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"sparsity": "kl", "code_activation": "sigmoid"},
        {"output": "identity", "loss": "mse"},
        {"noise": PLAIN, "low": 0.7, "high": 0.2},  # levels that nobody reads
        {"architecture": "conv", "widths": (4, 8)},
        {"tied": True, "widths": ()},
        {"batch_size": 60},
    ],
    ids=str,
)
def test_what_makes_sense_runs(changes, few):
    *_, last = watch(replace(SMALL, **changes), few, steps=3)
    assert last.progress.step == 3 and math.isfinite(last.unseen)
    assert last.restored.shape == (8, 1, 28, 28) and last.features.shape == (8, 28, 28)


@given(st.sampled_from(sorted(RANGES)), st.floats(allow_nan=True))
def test_no_number_breaks_the_check(field, value):
    kind = int if field in ("latent_dim", "k", "batch_size", "seed") and math.isfinite(value) else float
    try:
        replace(SMALL, **{field: kind(value)}).check(60)
    except SettingsError as error:
        assert error.reason in REASONS


def test_recipes_come_as_they_are():
    known = trial.recipes_to_start_from()
    assert next(iter(known)) == "quick" and {"gfg", "yt-dae", "conv-gaussian", "jz-kl-1e-1", "wta-2000"} <= set(known)
    for name, settings in known.items():
        recipe = recipes.get(name)
        stage = recipe.stages[0]
        assert settings.model.latent_dim == recipe.model.latent_dim and settings.model.tied == recipe.model.tied
        assert build(settings.model).parameter_count == build(recipe.model).parameter_count
        assert settings.model.sparsity.kind == recipe.model.sparsity.kind
        assert settings.noises == stage.noises
        assert (settings.loss, settings.learning_rate, settings.batch_size) == (
            stage.loss,
            stage.learning_rate,
            stage.batch_size,
        )
    for name in ("universal", "yt-vae", "yt-conv"):  # mixtures, variational codes and other networks cannot be set
        assert name not in known


@pytest.mark.parametrize("name", ["quick", "conv-gaussian", "jz-topk-5", "jz-fc"])
def test_counts_are_those_of_the_network(name):
    settings = trial.recipes_to_start_from()[name]
    model = build(settings.model)
    assert cost(settings.model).parameters == sum(p.numel() for p in model.parameters())
    products = [0]
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            layer.register_forward_hook(
                lambda layer, given, made: products.append(
                    layer.weight.numel()
                    * (
                        1
                        if made.ndim == 2
                        else given[0][0, 0].numel()
                        if isinstance(layer, torch.nn.ConvTranspose2d)
                        else made[0, 0].numel()
                    )
                )
            )
    model(torch.zeros(1, 1, 28, 28))
    if settings.tied or not products[1:]:
        expected = 2 * sum(layer.weight.numel() for layer in model.encoder)
    elif settings.architecture == "mlp":
        expected = sum(p.numel() for p in model.parameters() if p.ndim == 2)
    else:
        expected = sum(products)
    assert cost(settings.model).multiplications == expected


def test_the_exam_is_the_unseen_digits_with_the_same_noise_each_time(split):
    one, other = exam(SMALL.noises, split[1]), exam(replace(SMALL, seed=9, widths=()).noises, split[1])
    assert torch.equal(one.noisy, other.noisy) and torch.equal(one.clean, split[1].images)
    assert torch.equal(one.noisy, corrupt(split[1].images, "gaussian", 0.5, seed=0))
    assert [int(split[1].labels[i]) for i in one.shown] == [0, 2, 3, 4, 5, 7, 8, 9]
    assert one.nothing == pytest.approx(metrics.mse(one.noisy, one.clean))
    plain = exam((), split[1])
    assert plain.nothing == 0 and torch.equal(plain.noisy, plain.clean)
    model = build(SMALL.model).eval()
    with torch.inference_mode():
        assert trial.examine(model, one) == pytest.approx(float(((model(one.noisy) - one.clean) ** 2).mean()))


def test_a_run_is_seen_before_any_work_and_its_errors_fall(few):
    moments = list(watch(SMALL, few, steps=60))
    first, last = moments[0], moments[-1]
    assert first.progress.step == 0 and math.isnan(first.progress.error)
    assert same(first.snapshot.weights, build(SMALL.model, seed=5).state_dict())
    assert last.progress.step == last.steps == 60 and last.progress.fraction == 1
    assert last.unseen < first.unseen / 2 and last.progress.error < 0.8 * first.unseen
    model = trial.trained(last.config, last.snapshot.weights)
    questions = exam(SMALL.noises, few[1])
    assert trial.examine(model, questions) == pytest.approx(last.unseen, rel=1e-5)
    with torch.inference_mode():
        assert torch.allclose(model(questions.noisy[questions.shown]), last.restored, atol=1e-5)
    assert not any(p.requires_grad for p in model.parameters())


def test_without_a_number_of_steps_the_time_is_planned_and_kept(few):
    *_, last = watch(replace(SMALL, seconds=1.5), few)
    assert last.steps >= 5 and last.progress.step <= last.steps
    assert last.progress.fraction == pytest.approx(1, abs=0.2)
    assert last.progress.learning_rate < SMALL.learning_rate / 2  # the schedule came to its end


def test_a_machine_without_time_to_plan_still_trains(few, monkeypatch):
    """Planning alone takes longer than the run shall."""
    step = Trainer.step

    def slow(trainer, done):
        time.sleep(0.3)
        return step(trainer, done)

    monkeypatch.setattr(Trainer, "step", slow)
    *_, last = watch(replace(SMALL, seconds=1), few)
    assert last.steps >= 1 and last.progress.step >= 1


@pytest.mark.parametrize("changes", [{}, {"noise": "dropout"}, {"sparsity": "lifetime"}, {"precision": "bfloat16"}])
@pytest.mark.parametrize("at", [2, 3, 7])
def test_a_run_goes_on_as_if_it_had_never_stopped(changes, at, few):
    """Through a pickle, as from another process; 3 steps are an epoch."""
    settings = replace(SMALL, **changes)
    *_, whole = watch(settings, few, steps=10)
    trainer = trial._trainer(settings, few[0], "cpu", None)
    trainer.model.train()
    for _ in range(at):
        trainer.step(trainer.steps / 10)
    snapshot = pickle.loads(pickle.dumps(trainer.snapshot()))
    assert snapshot.step == at
    moments = list(watch(settings, few, snapshot=snapshot, steps=10))
    assert moments[0].progress.step == at and same(moments[0].snapshot.weights, snapshot.weights)
    assert alike(moments[-1].snapshot.weights, whole.snapshot.weights)


def test_single_steps_are_the_steps_of_the_run(few):
    *_, whole = watch(SMALL, few, steps=5)
    snapshot, seen = None, []
    for _ in range(5):
        numbers, moment = one_step(SMALL, few, snapshot=snapshot, steps=5)
        seen.append(numbers)
        snapshot = moment.snapshot
    assert alike(snapshot.weights, whole.snapshot.weights)
    assert all(numbers.loss_after < numbers.loss for numbers in seen[1:3])


def test_the_numbers_of_a_step_by_their_definitions(few):
    numbers, moment = one_step(SMALL, few, steps=5)
    model = build(SMALL.model, seed=5)
    generator = seeded(5)
    order = torch.randperm(60, generator=generator)
    clean = few[0].images[order[:20]]
    noisy = (clean + 0.5 * torch.randn(clean.shape, generator=generator)).clamp(0, 1)
    loss = torch.nn.functional.binary_cross_entropy(model(noisy), clean)
    loss.backward()
    gradient = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert numbers.loss == pytest.approx(loss.item(), rel=1e-4)
    assert numbers.gradient == pytest.approx(gradient.norm().item(), rel=1e-4)
    change = torch.cat([(moment.snapshot.weights[name] - p.detach()).flatten() for name, p in model.named_parameters()])
    assert numbers.change == pytest.approx(change.norm().item(), rel=1e-4) and numbers.change > 0
    after = trial.trained(moment.config, moment.snapshot.weights)
    assert numbers.loss_after == pytest.approx(
        torch.nn.functional.binary_cross_entropy(after(noisy), clean).item(), rel=1e-4
    )


def test_again_keeps_the_network_and_its_moments_and_begins_a_new_schedule(few):
    *_, first = watch(SMALL, few, steps=30)
    moments = list(watch(SMALL, few, snapshot=again(first.snapshot), steps=30))
    assert moments[0].progress.step == 0 and same(moments[0].snapshot.weights, first.snapshot.weights)
    assert moments[-1].progress.step == 30 and moments[-1].progress.error < first.progress.error


def test_all_that_a_run_yields_can_be_pickled(few):
    for moment in islice(watch(SMALL, few, steps=3), 2):
        copy = pickle.loads(pickle.dumps(moment))
        assert same(copy.snapshot.weights, moment.snapshot.weights)
        assert all(value.device.type == "cpu" for value in copy.snapshot.weights.values())
    assert pickle.loads(pickle.dumps(SMALL)) == SMALL


def test_features_are_the_columns_of_a_linear_decoder_or_what_a_deeper_one_does(few):
    clean = few[1].images[:100]
    linear = build(replace(SMALL, widths=()).model, seed=1).eval()
    assert torch.equal(trial.features(linear, clean, 5), linear.decoder[0].weight[:, :5].T.reshape(5, 28, 28))
    deep = build(SMALL.model, seed=1).eval()
    codes = deep.encode(clean).detach()
    assert torch.allclose(trial.features(deep, clean), dictionary(deep, codes).pictures, atol=1e-3)


def test_weights_to_start_from_are_the_shipped_ones_that_can_be_set(tmp_path, monkeypatch, few):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    settings = replace(SMALL, sparsity="topk", k=3)
    for name, config in (("mine", settings.model), ("unet", recipes.get("universal").model)):
        info = checkpoints.Info({"name": name}, config, 0, "digits")
        checkpoints.save(tmp_path / f"{name}.safetensors", build(config, seed=8), info)
    (tmp_path / "broken.safetensors").write_bytes(b"broken")
    offered = trial.weights_to_start_from()
    assert list(offered) == ["mine"] and offered["mine"].model == settings.model
    first = next(watch(replace(settings, start="mine"), few, steps=1))
    assert same(first.snapshot.weights, build(settings.model, seed=8).state_dict())
    with pytest.raises(SettingsError, match="its own network only"):
        replace(settings, start="mine", latent_dim=9).check()


def test_a_trainer_frozen_within_an_epoch_keeps_the_order(few):
    def make():
        return Trainer(build(SMALL.model, 1), few[0].images, SMALL.stage, seed=3)

    one, other = make(), make()
    for _ in range(4):
        one.step(0.0)
    other.restore(one.snapshot())
    assert torch.equal(one.batch(), other.batch())
    assert torch.equal(torch.rand(3, generator=one.generator), torch.rand(3, generator=other.generator))
