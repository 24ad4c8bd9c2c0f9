"""The training loop against a plain one, its schedules against their formulas, and what happens when it goes wrong."""

import dataclasses
import math
from itertools import pairwise

import pytest
import torch
from torch.nn import functional as F

from dae import metrics
from dae.models import ModelConfig, Output, build
from dae.noise import corrupt
from dae.stages import LOSSES, Stage, TrainingNoise
from dae.training import Trainer, TrainingDiverged, fit, loss_of, resolve_device

MLP = ModelConfig(hidden=(24,), latent_dim=8)
NOISY = Stage(noises=(TrainingNoise("gaussian", 0.5),), batch_size=12, epochs=1)


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def trained(images, stage=NOISY, config=MLP, **options) -> dict[str, torch.Tensor]:
    model = build(config, seed=1)
    for _ in fit(model, images, stage, **options):
        pass
    return weights(model)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": "bce"},
        {"loss": "bce_with_logits"},
        {"weight_decay": 0.3, "learning_rate": 1e-2},
        {"clip_norm": 0.01},
        {"schedule": "cosine", "warmup_steps": 2},
    ],
    ids=str,
)
def test_five_steps_are_those_of_a_plain_loop(digits, options):
    stage = dataclasses.replace(NOISY, **options)  # 60 digits: 5 batches of 12
    model = build(MLP, seed=1)
    linears = {name: value.clone().requires_grad_() for name, value in weights(model).items()}
    decay, rate = stage.weight_decay, stage.learning_rate
    optimizer = torch.optim.Adam(linears.values(), lr=rate)
    generator = torch.Generator().manual_seed(7)
    order = torch.randperm(60, generator=generator)
    for step in range(5):
        clean = digits[order[12 * step : 12 * step + 12]]
        hidden = (clean + 0.5 * torch.randn(clean.shape, generator=generator)).clamp(0, 1).flatten(1)
        for i, name in enumerate(("encoder.0", "encoder.1", "decoder.0", "decoder.1")):
            hidden = F.linear(hidden, linears[f"{name}.weight"], linears[f"{name}.bias"])
            hidden = hidden.relu() if i in (0, 2) else hidden
        x, target = torch.sigmoid(hidden), clean.flatten(1)
        if stage.loss == "mse":
            loss = ((x - target) ** 2).mean()
        else:
            loss = -(target * x.log() + (1 - target) * (1 - x).log()).mean()
        optimizer.zero_grad()
        loss.backward()
        if stage.clip_norm:
            norm = sum(value.grad.square().sum() for value in linears.values()).sqrt()
            for value in linears.values():
                value.grad *= min(1.0, stage.clip_norm / norm.item())
        if stage.schedule == "cosine":
            optimizer.param_groups[0]["lr"] = rate * min(1, (step + 1) / 3) * (1 + math.cos(math.pi * step / 5)) / 2
        with torch.no_grad():
            for value in linears.values():
                value *= 1 - rate * decay
        optimizer.step()
    for _ in fit(model, digits, stage, seed=7):
        pass
    for name, value in weights(model).items():
        assert torch.allclose(value, linears[name], atol=2e-6), name


def test_the_first_step_of_adam_is_the_sign_of_the_gradient(digits):
    model = build(MLP, seed=1)
    before = weights(model)
    F.mse_loss(model(digits), digits).backward()
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    for _ in fit(model, digits, Stage(epochs=1, batch_size=60, learning_rate=0.01)):
        pass
    for name, value in weights(model).items():
        step = -0.01 * gradients[name] / (gradients[name].abs() + 1e-8)
        assert torch.allclose(value - before[name], step, atol=2e-4), name


def test_the_average_of_the_weights_is_the_formulas(digits, every_step):
    steps, decay = [], 0.7
    model = build(MLP, seed=1)
    for report in fit(model, digits, NOISY, seed=7):
        steps += [weights(model)] * (report.step > 0)
    average = steps[0]
    for made in steps[1:]:
        average = {name: decay * average[name] + (1 - decay) * value for name, value in made.items()}
    found = trained(digits, dataclasses.replace(NOISY, average=decay), seed=7)
    for name, value in found.items():
        assert torch.allclose(value, average[name], atol=1e-6), name
        assert not torch.allclose(value, steps[-1][name], atol=1e-6), name


def test_an_average_goes_on_where_it_stood(digits):
    stage = dataclasses.replace(NOISY, average=0.7)
    whole = Trainer(build(MLP, seed=1), digits, stage)
    for _ in whole.run(steps=5):
        pass
    first = Trainer(build(MLP, seed=1), digits, stage)
    for _ in first.run(steps=2):
        pass
    second = Trainer(build(MLP, seed=2), digits, stage)
    second.restore(first.snapshot())
    for _ in second.run(steps=5):
        pass
    assert same(weights(second.average.module), weights(whole.average.module))


def test_the_first_report_comes_before_any_work(digits):
    model = build(MLP, seed=1)
    before = weights(model)
    reports = fit(model, digits, NOISY)
    assert same(weights(model), before)
    first = next(reports)
    assert (first.step, first.steps, first.epoch, first.fraction) == (0, 5, 0, 0)
    assert math.isnan(first.loss)
    assert same(weights(model), before)
    *_, last = reports
    assert (last.step, last.steps, last.epoch, last.fraction) == (5, 5, 1, 1)
    assert math.isfinite(last.loss) and last.samples_per_second > 0
    assert not same(weights(model), before)


def test_reports_are_the_mean_loss_since_the_last_one(digits, every_step):
    model = build(MLP, seed=1)
    first = next(reports := fit(model, digits, dataclasses.replace(NOISY, noises=(), epochs=3, batch_size=60)))
    with torch.no_grad():
        expected = F.mse_loss(model(digits), digits).item()
    rest = list(reports)
    assert [p.step for p in (first, *rest)] == [0, 1, 2, 3]
    assert rest[0].loss == pytest.approx(expected, rel=1e-5)


def test_half_epochs_and_left_over_digits(digits):
    *_, last = fit(build(MLP), digits, Stage(epochs=2.5, batch_size=14))  # 4 whole batches an epoch
    assert (last.step, last.epoch) == (10, 2.5)


@pytest.mark.parametrize(
    ("config", "stage"),
    [
        (MLP, NOISY),
        (MLP, dataclasses.replace(NOISY, precision="bfloat16")),
        (dataclasses.replace(MLP, variational=True), dataclasses.replace(NOISY, loss="bce_with_logits")),
        (dataclasses.replace(MLP, variational=True), dataclasses.replace(NOISY, precision="bfloat16")),
        (ModelConfig("unet", channels=(4, 8), latent_dim=8), NOISY),
    ],
    ids=["mlp", "bfloat16", "variational", "variational bfloat16", "unet"],
)
def test_a_seed_is_a_result_whatever_else_is_drawn(digits, config, stage):
    images = digits.clone()
    state = torch.get_rng_state()
    one = trained(images, stage, config, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(images, digits)
    torch.rand(3)
    assert same(trained(digits, stage, config, seed=3), one)
    assert not same(trained(digits, stage, config, seed=4), one)
    assert all(value.dtype == torch.float32 and value.isfinite().all() for value in one.values())


def test_a_listener_may_look_at_the_network_in_evaluation_mode(digits, every_step):
    config = dataclasses.replace(MLP, variational=True)
    undisturbed = trained(digits, NOISY, config)
    model = build(config, seed=1)
    for _ in fit(model, digits, NOISY):
        model.eval()
        model(digits[:2])
    assert same(weights(model), undisturbed)


def rates(stage: Stage, images: torch.Tensor, bias: float = 0.0) -> list[float]:
    """The learning rate of every step, for a network with this bias on every pixel."""
    model = build(MLP, seed=1)
    torch.nn.init.constant_(model.decoder[-1].bias, bias)
    return [p.learning_rate for p in fit(model, images, stage)][1:]


def test_the_constant_schedule_warms_up_and_stays(digits, every_step):
    stage = Stage(epochs=2, batch_size=12, learning_rate=0.01, warmup_steps=3)
    assert rates(stage, digits) == pytest.approx([0.0025, 0.005, 0.0075] + [0.01] * 7)


def test_the_cosine_schedule_falls_to_0(digits, every_step):
    stage = Stage(epochs=4, batch_size=12, learning_rate=0.01, schedule="cosine")
    assert rates(stage, digits) == pytest.approx([0.005 * (1 + math.cos(math.pi * i / 20)) for i in range(20)])


def test_the_plateau_schedule_falls_after_ten_epochs_without_a_better_loss(digits, every_step):
    """A sigmoid at 200 has no slope: the loss is that of the first epoch for ever."""
    stage = Stage(epochs=26, batch_size=60, learning_rate=1e-3, schedule="plateau")
    assert rates(stage, digits, bias=200) == pytest.approx([1e-3] * 12 + [1e-4] * 11 + [1e-5] * 3)
    assert rates(stage, digits) == pytest.approx([1e-3] * 26)  # here it falls all the time


def test_a_time_limit_ends_the_run_and_stretches_the_schedule(digits, clock, every_step):
    stage = Stage(epochs=1, batch_size=12, learning_rate=0.01, schedule="cosine")
    reports = list(fit(build(MLP), digits, stage, seconds=30))
    fractions = [p.fraction for p in reports]
    assert reports[-1].step > 20 and reports[-1].epoch > 4  # more than the stage's epochs: the clock decides
    assert reports[-1].seconds == pytest.approx(30, abs=0.5)
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert all(p.fraction == pytest.approx(min(1, p.seconds / 30)) for p in reports)
    assert all(
        p.learning_rate == pytest.approx(0.005 * (1 + math.cos(math.pi * p.fraction)), abs=3e-4) for p in reports[1:]
    )
    assert reports[-1].learning_rate < 1e-4


def test_reports_come_about_four_times_a_second(digits, clock):
    reports = list(fit(build(MLP), digits, Stage(batch_size=12), seconds=30))
    gaps = [b.seconds - a.seconds for a, b in pairwise(reports[1:-1])]
    assert len(gaps) > 20
    assert all(0.25 <= gap <= 1 for gap in gaps)  # a step takes three ticks of this clock


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_no_time_is_no_training(digits, seconds):
    with pytest.raises(ValueError, match="training time must be above 0 seconds"):
        next(fit(build(MLP), digits, NOISY, seconds=seconds))


def test_a_run_that_is_closed_early_leaves_a_network_to_use(digits):
    model = build(ModelConfig(hidden=(24, 16), latent_dim=8), seed=1)
    reports = fit(model, digits, dataclasses.replace(NOISY, epochs=1000, pairs=1))
    next(reports)
    assert not all(p.requires_grad for p in model.parameters())
    reports.close()
    assert not model.training
    assert all(p.requires_grad for p in model.parameters())
    assert model(digits).isfinite().all()


@pytest.mark.parametrize("output", ["identity", "leaky_relu"])
def test_a_run_that_diverges_says_so_and_gives_good_weights_back(digits, output):
    model = build(dataclasses.replace(MLP, hidden=(24, 24), output=output), seed=1)
    start = weights(model)
    with pytest.raises(TrainingDiverged, match="learning rate is too high") as caught:
        for _ in fit(model, digits, dataclasses.replace(NOISY, learning_rate=1e3, epochs=100)):
            pass
    assert str(caught.value).endswith(".") and isinstance(caught.value, ValueError)
    assert all(value.isfinite().all() for value in weights(model).values())
    assert same(weights(model), start) or not model.training
    assert not model.training and model(digits).isfinite().all()


def test_the_weights_given_back_are_those_of_the_last_good_report(digits, every_step):
    model = build(dataclasses.replace(MLP, output="identity"), seed=1)
    kept = []
    stage = dataclasses.replace(NOISY, learning_rate=1e10, epochs=100)
    with pytest.raises(TrainingDiverged, match="at step"):
        for _ in fit(model, digits, stage):
            kept.append(weights(model))
    assert len(kept) > 1
    assert same(weights(model), kept[-1])


def test_weights_spoilt_by_the_last_step_are_noticed_though_the_loss_was_finite(digits):
    model = build(ModelConfig(latent_dim=1, output="identity"), seed=1)
    with torch.no_grad():  # the loss is about 1e33, the gradient beyond float32
        model.encoder[0].weight.mul_(1e-8)
        model.encoder[0].bias.zero_()
        model.decoder[0].weight.fill_(1e25)
    start = weights(model)
    with torch.no_grad():
        assert F.mse_loss(model(digits), digits).isfinite()
    with pytest.raises(TrainingDiverged):
        list(fit(model, digits, Stage(epochs=1, batch_size=60)))
    assert same(weights(model), start)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    "config",
    [MLP, ModelConfig("conv", channels=(4, 8), latent_dim=8), ModelConfig("unet", channels=(4, 8), latent_dim=8)],
    ids=lambda config: config.architecture,
)
def test_the_loss_falls(digits, config, precision, loss, every_step):
    stage = Stage(NOISY.noises, loss, epochs=8, batch_size=30, learning_rate=5e-3, precision=precision)
    losses = [p.loss for p in fit(build(config), digits, stage)][1:]
    assert sum(losses[-4:]) < 0.8 * sum(losses[:4])


def test_16_bit_products_learn_what_32_bit_ones_do(digits):
    stage = dataclasses.replace(NOISY, epochs=20, learning_rate=3e-3)
    errors = []
    for precision in ("float32", "bfloat16"):
        model = build(MLP, seed=1)
        for _ in fit(model, digits, dataclasses.replace(stage, precision=precision)):
            pass
        with torch.no_grad():
            errors.append(metrics.mse(model(digits), digits))
    assert errors[1] == pytest.approx(errors[0], rel=0.05)
    assert trained(digits, dataclasses.replace(stage, precision="bfloat16"))["encoder.0.weight"].dtype == torch.float32


def test_losses_by_their_formulas(digits):
    model = build(MLP, seed=1)
    output = model.run(digits)
    x, y = digits.double(), output.reconstruction.detach().double()
    entropy = -(x * y.log() + (1 - x) * (1 - y).log()).mean().item()
    assert loss_of(output, digits, Stage(loss="mse"), model).item() == pytest.approx(
        ((x - y) ** 2).mean().item(), rel=1e-5
    )
    assert loss_of(output, digits, Stage(loss="bce"), model).item() == pytest.approx(entropy, rel=1e-5)
    assert loss_of(output, digits, Stage(loss="bce_with_logits"), model).item() == pytest.approx(entropy, rel=1e-5)


def test_only_logits_survive_a_saturated_sigmoid(digits):
    logits = torch.full_like(digits, 200.0).requires_grad_()
    loss = loss_of(Output(torch.sigmoid(logits), logits, None), digits, Stage(loss="bce_with_logits"), build(MLP))
    loss.backward()
    assert loss.item() == pytest.approx(200 * (1 - digits).mean().item(), rel=1e-5)
    assert torch.allclose(logits.grad, (1 - digits) / digits.numel())


def test_greedy_training_changes_the_newest_pair_and_nothing_else(digits):
    model = build(ModelConfig(hidden=(24, 16), latent_dim=8), seed=1)
    for pairs in (1, 2, 3):
        before = weights(model)
        for _ in fit(model, digits, dataclasses.replace(NOISY, pairs=pairs, newest_pair_only=True)):
            pass
        changed = {name.rpartition(".")[0] for name, value in weights(model).items() if not value.equal(before[name])}
        assert changed == {f"encoder.{pairs - 1}", f"decoder.{3 - pairs}"}
        assert model.pairs == pairs
    before = weights(model)
    for _ in fit(model, digits, NOISY):
        pass
    assert not any(value.equal(before[name]) for name, value in weights(model).items())


@pytest.mark.parametrize(
    ("config", "options", "sentence"),
    [
        ({"output": "identity"}, {"loss": "bce"}, "needs a sigmoid output"),
        ({"output": "leaky_relu"}, {"loss": "bce_with_logits"}, "needs a sigmoid output"),
        ({}, {"batch_size": 61}, "A batch of 61 is larger than the 60 training digits"),
        ({"tied": True}, {"pairs": 1}, "decoder has its own weights"),
        ({"architecture": "conv", "channels": (4, 8)}, {"pairs": 1}, "Layer-wise training needs a fully connected"),
        ({"variational": True}, {"pairs": 1}, "Layer-wise training"),
        ({"hidden": (8,)}, {"pairs": 3}, "has 1 to 2 layer pairs to train, not 3"),
        ({"hidden": (8,)}, {"newest_pair_only": True}, "has 1 to 2 layer pairs to train, not 0"),
    ],
)
def test_settings_that_make_no_sense_together_are_refused_before_any_work(digits, config, options, sentence):
    model = build(ModelConfig(**config), seed=1)
    before = weights(model)
    with pytest.raises(ValueError, match=sentence) as caught:
        next(fit(model, digits, Stage(**({"batch_size": 12} | options))))
    assert str(caught.value).endswith(".")
    assert same(weights(model), before)


def test_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(ValueError, match="no CUDA device here"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == resolve_device("cuda") == torch.device("cuda")
    assert resolve_device("cpu") == torch.device("cpu")


def test_a_small_denoiser_learns_to_denoise_digits_that_it_never_saw(split):
    """Far better than doing nothing, than the mean digit, and than the same network trained without noise."""
    seen, unseen = split
    noisy = corrupt(unseen.images, "gaussian", 0.5, seed=1)
    errors = {}
    for name, noises in (("denoising", NOISY.noises), ("plain", ())):
        model = build(ModelConfig(latent_dim=128, code_activation="relu"), seed=1)
        stage = Stage(noises, "bce_with_logits", epochs=5, batch_size=64, learning_rate=5e-3)
        for _ in fit(model, seen.images, stage):
            pass
        with torch.no_grad():
            errors[name] = metrics.mse(model(noisy), unseen.images)
    nothing = metrics.mse(noisy, unseen.images)
    mean_digit = metrics.mse(seen.images.mean(0, keepdim=True).expand_as(noisy), unseen.images)
    assert nothing == pytest.approx(0.116, abs=0.002)
    assert errors["denoising"] < 0.035
    assert errors["denoising"] < mean_digit / 2
    assert errors["denoising"] < errors["plain"] / 1.5
