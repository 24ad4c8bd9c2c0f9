"""Training many recipes: in this process, in processes of joblib's, on a Dask cluster."""

import dataclasses

import pytest
import torch

from dae import checkpoints, recipes
from dae.models import ModelConfig
from dae.recipes import Recipe
from dae.sparsity import Sparsity
from dae.stages import Stage
from dae.zoo import Job, is_trained, run, train, train_all

pytestmark = pytest.mark.slow

NAMES = ("jz-fc", "yt-vae", "gfg")


def jobs(names=NAMES, **settings) -> list[Job]:
    return [Job(name, embedded=True, threads=1, device="cpu", **{"seconds": 0.2, **settings}) for name in names]


def weights(model: torch.nn.Module) -> list[torch.Tensor]:
    return [value.detach().clone() for value in model.state_dict().values()]


def same(one: list, other: list) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_recipe_runs_through_its_stages(digits, every_step):
    stage = Stage(epochs=1, batch_size=12)
    tied = ModelConfig(latent_dim=8, tied=True, sparsity=Sparsity("topk", k=3))
    recipe = Recipe("short", "two stages", tied, (stage, dataclasses.replace(stage, epochs=3, untie=True)))
    reports = list(run(recipe, digits, seed=5))
    percents = [report.percent for report in reports]
    assert percents == sorted(percents) and (percents[0], percents[-1]) == (0, 100)
    assert [report.stage for report in reports] == [0] * 6 + [1] * 16
    assert next(report.percent for report in reports if report.stage) == 25
    assert [report.steps for report in reports] == [*range(6), *range(5, 21)]
    assert reports[0].model.config.tied and not reports[-1].model.config.tied
    assert not reports[-1].model.training
    again = list(run(recipe, digits, seed=5))[-1].model
    assert same(weights(again), weights(reports[-1].model))
    assert not same(weights(list(run(recipe, digits, seed=6))[-1].model), weights(again))


def test_a_time_limit_holds_for_each_stage_of_a_recipe(digits, clock):
    stage = Stage(epochs=1, batch_size=12)
    reports = list(
        run(Recipe("short", "two stages", ModelConfig(hidden=(24,), latent_dim=8), (stage, stage)), digits, seconds=5)
    )
    percents = [report.percent for report in reports]
    assert percents == sorted(percents) and percents[-1] == 100
    assert all(5 <= [r.progress.seconds for r in reports if r.stage == number][-1] < 6 for number in (0, 1))


def test_a_checkpoint_names_the_command_that_makes_it_again(tmp_path):
    job = jobs(["apx"], seed=3)[0]
    path = tmp_path / "apx.safetensors"
    path.write_bytes(train(job))
    info = checkpoints.info(path)
    assert info.command == "python -m dae train apx --seed 3 --seconds 0.2 --threads 1 --embedded"
    assert info.figures and info.steps > 0 and "4,500" in info.data


def test_a_recipe_goes_on_from_a_file_of_its_first_stages(tmp_path, monkeypatch):
    stages = (Stage(epochs=0.1), Stage(epochs=0.1, loss="bce_with_logits"), Stage(epochs=0.05))
    recipe = Recipe("apx", "three stages", ModelConfig(latent_dim=8), stages, "float32")
    job, path = Job("apx", embedded=True, threads=1, device="cpu"), tmp_path / "apx.safetensors"

    def trained(count: int, job: Job) -> checkpoints.Info:
        monkeypatch.setitem(recipes.RECIPES, "apx", dataclasses.replace(recipe, stages=stages[:count]))
        path.write_bytes(train(job))
        return checkpoints.info(path)

    at_once, wanted = trained(3, job), weights(checkpoints.load(path))
    first = trained(1, job)
    going_on = dataclasses.replace(job, begun=str(path))
    info = trained(3, going_on)
    assert same(weights(checkpoints.load(path)), wanted)
    assert info.command == f"{first.command} && {first.command} --continue apx.safetensors"
    assert (info.steps, info.recipe, info.figures) == (at_once.steps, at_once.recipe, at_once.figures)
    assert info.seconds >= first.seconds

    with pytest.raises(ValueError, match="has all 3 stages of the recipe apx behind it"):
        train(going_on)
    monkeypatch.setitem(recipes.RECIPES, "apx", dataclasses.replace(recipe, stages=(stages[1],) * 4))
    with pytest.raises(ValueError, match="was not made by the first stages of the recipe apx"):
        train(going_on)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_the_zoo_is_trained_and_what_is_there_is_kept(tmp_path, backend):
    assert dict(train_all(jobs(), tmp_path, workers=2, backend=backend)) == dict.fromkeys(NAMES, "trained")
    for name in NAMES:
        assert checkpoints.load(tmp_path / f"{name}.safetensors").config is not None
    # Interrupted: one file is missing, one was half written.
    (tmp_path / "gfg.safetensors").unlink()
    broken = tmp_path / "yt-vae.safetensors"
    broken.write_bytes(broken.read_bytes()[:500])
    before = (tmp_path / "jz-fc.safetensors").read_bytes()
    again = dict(train_all(jobs(), tmp_path, workers=2, backend=backend))
    assert again == {"jz-fc": "kept", "gfg": "trained", "yt-vae": "trained"}
    assert (tmp_path / "jz-fc.safetensors").read_bytes() == before


def test_another_seed_is_another_job(tmp_path):
    list(train_all(jobs(["jz-fc"]), tmp_path))
    path = tmp_path / "jz-fc.safetensors"
    assert is_trained(jobs(["jz-fc"])[0], path)
    assert not is_trained(jobs(["jz-fc"], seed=1)[0], path)


def test_a_failed_recipe_does_not_stop_the_others(tmp_path):
    mixed = [*jobs(["jz-fc"]), Job("yt-vae", embedded=False, data_dir=str(tmp_path / "nothing"), seconds=0.2)]
    outcomes = dict(train_all(mixed, tmp_path / "out", workers=2))
    assert outcomes["jz-fc"] == "trained"
    assert "python -m dae data" in outcomes["yt-vae"]
    assert not (tmp_path / "out" / "yt-vae.safetensors").exists()


def test_a_dask_cluster_trains_the_same_weights(tmp_path):
    distributed = pytest.importorskip("dask.distributed")
    # By epochs, so that the result does not depend on the clock.
    tiny = jobs(["jz-fc", "apx"], seconds=None)
    import dae.recipes as recipes

    short = {
        name: recipes.replace(
            recipes.RECIPES[name],
            stages=tuple(recipes.replace(stage, epochs=0.5) for stage in recipes.RECIPES[name].stages),
        )
        for name in ("jz-fc", "apx")
    }
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.run(_shorten, short)
        _shorten(short, restore := {})
        try:
            outcomes = dict(
                train_all(tiny, tmp_path / "dask", workers=2, backend="dask", scheduler=cluster.scheduler_address)
            )
            workers = client.run(_trained_here)
            assert outcomes == {"jz-fc": "trained", "apx": "trained"}
            here = dict(train_all(tiny, tmp_path / "here"))
            assert here == outcomes
        finally:
            recipes.RECIPES.update(restore)
    assert len(workers) == 2
    for name in outcomes:
        there, local = (checkpoints.load(tmp_path / place / f"{name}.safetensors") for place in ("dask", "here"))
        for key, value in local.state_dict().items():
            assert value.equal(there.state_dict()[key]), (name, key)


def _shorten(short: dict, before: dict | None = None) -> None:
    from dae import recipes

    if before is not None:
        before.update({name: recipes.RECIPES[name] for name in short})
    recipes.RECIPES.update(short)


def _trained_here() -> str:
    import os

    return f"process {os.getpid()}"
