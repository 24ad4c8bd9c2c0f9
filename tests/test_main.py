"""The command line: what it says, what it writes, and one sentence for everything that goes wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from dae import checkpoints, data, recipes
from dae.__main__ import main


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAE_DATA", str(tmp_path / "no data"))


def complaint(capsys, *arguments: str) -> str:
    """What the command says when it fails: one sentence, on the error stream."""
    assert main(arguments) == 1
    captured = capsys.readouterr()
    (sentence,) = [line for line in captured.err.splitlines() if line and "%|" not in line]
    assert captured.out == "" and "Traceback" not in sentence
    return sentence


def test_help_names_the_commands_at_once():
    """In a process of its own, to see that help does not wait for torch."""
    code = "import sys, runpy; sys.argv = ['dae', '--help']\ntry: runpy.run_module('dae', run_name='__main__')\n"
    code += "finally: print('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(Path(data.__file__).parents[1])}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert result.returncode == 0
    for command in ("data", "train", "evaluate"):
        assert f" {command} " in result.stdout
    assert result.stdout.rstrip().endswith("False")


def test_train_list_names_every_recipe(capsys):
    assert main(["train", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(recipes.RECIPES)
    assert all(line.endswith(recipe.summary) for line, recipe in zip(lines, recipes.RECIPES.values(), strict=True))


def test_a_short_run_writes_a_checkpoint_that_describes_itself(tmp_path, capsys, digits):
    path = tmp_path / "new folder" / "small.safetensors"
    words = ["train", "apx", "--embedded", "--seconds", "0.3", "--seed", "5", "--threads", "1", "--device", "cpu"]
    assert main([*words, "--output", str(path)]) == 0
    said = capsys.readouterr().out
    info = checkpoints.info(path)
    assert info.command == "python -m dae train apx --seed 5 --seconds 0.3 --threads 1 --embedded"
    assert (info.name, info.seed, info.model) == ("apx", 5, recipes.get("apx").model)
    assert "4,500" in info.data and info.steps > 0 and info.seconds >= 0.3
    assert [(f["noise"], f["level"], f["clip"], f["digits"]) for f in info.figures] == [
        ("clean", 0.0, None, 500),
        ("gaussian", 0.5, True, 500),
        ("gaussian", 0.2, True, 500),
    ]
    for figure in info.figures:
        assert figure["mse"] == pytest.approx(10 ** (-figure["psnr"] / 10))
        assert 0 < figure["mse"] < 0.3 and figure["ssim"] < 1
        assert f"MSE {figure['mse']:.5f}" in said
    assert "Wrote" in said and "small.safetensors" in said
    assert checkpoints.load(path)(digits).shape == digits.shape
    assert [entry.name for entry in path.parent.iterdir()] == ["small.safetensors"]
    with safe_open(path, framework="pt") as file:
        assert json.loads(file.metadata()["dae"])["precision"] == recipes.get("apx").precision == "float16"
        assert file.get_tensor("encoder.0.weight").dtype == torch.float16


def test_the_file_is_named_after_the_recipe_and_its_precision_can_be_chosen(tmp_path):
    words = ["train", "jz-fc", "--embedded", "--seconds", "0.1", "--device", "cpu"]
    assert main([*words, "--precision", "int8"]) == 0
    info = checkpoints.info(tmp_path / "jz-fc.safetensors")
    assert info.command == "python -m dae train jz-fc --seed 0 --seconds 0.1 --precision int8 --embedded"
    with safe_open(tmp_path / "jz-fc.safetensors", framework="pt") as file:
        assert file.get_tensor("encoder.0.weight").dtype == torch.int8


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gfg2"], "There is no recipe called 'gfg2'; there are"),
        ([], "Name one recipe or say --all"),
        (["gfg", "--all"], "Name one recipe or say --all"),
        (["gfg"], "run `python -m dae data`"),
        (["gfg", "--embedded", "--output", "model.pt"], "The output file must end in .safetensors."),
        (["gfg", "--embedded", "--seconds", "0"], "The training time must be above 0 seconds."),
        (["gfg", "--embedded", "--seconds", "nan"], "The training time must be above 0 seconds."),
        (["gfg", "--embedded", "--output", "file/model.safetensors"], "file"),
        (["gfg", "--embedded", "--continue", "nowhere.safetensors"], "There is no file nowhere.safetensors."),
        (["--all", "--continue", "gfg.safetensors"], "--continue goes with one recipe."),
        (["--all", "--only", "gfg,gfg2"], "There is no recipe called 'gfg2'"),
        (["--all", "--scheduler", "tcp://localhost:1"], "--scheduler goes with --backend dask."),
    ],
)
def test_what_cannot_be_trained_is_refused_with_one_sentence(words, sentence, capsys, tmp_path, caplog):
    (tmp_path / "file").write_text("no folder")
    with caplog.at_level("ERROR"):
        assert sentence in complaint(capsys, "train", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_missing_gpu_is_one_sentence(capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "There is no CUDA device here" in complaint(capsys, "train", "gfg", "--embedded", "--device", "cuda")


@pytest.mark.parametrize(
    "words",
    [
        ["train", "gfg", "--threads", "0"],
        ["train", "gfg", "--seed", "-1"],
        ["train", "gfg", "--seed", "1" * 30],
        ["train", "gfg", "--seed", "one"],
        ["train", "gfg", "--device", "tpu"],
        ["train", "gfg", "--precision", "int4"],
        ["learn"],
        [],
    ],
    ids=str,
)
def test_options_that_make_no_sense_show_the_usage(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: python -m dae" in capsys.readouterr().err


def test_an_interrupted_run_leaves_the_old_file_as_it_was(tmp_path, monkeypatch, capsys):
    from dae import zoo

    path = tmp_path / "apx.safetensors"
    path.write_bytes(b"before")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(zoo, "measure_recipe", interrupt)
    assert main(["train", "apx", "--embedded", "--seconds", "0.1", "--output", str(path)]) == 130
    assert "Stopped" in capsys.readouterr().err
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["apx.safetensors"]


def test_data_says_where_the_digits_are(tmp_path, monkeypatch, capsys):
    asked = []

    def download(directory):
        asked.append(directory)
        return directory

    monkeypatch.setattr(data, "download", download)
    assert main(["data", "--data-dir", str(tmp_path / "here")]) == 0
    assert asked == [tmp_path / "here"]
    assert f"MNIST is in {tmp_path / 'here'}." in capsys.readouterr().out


def test_data_that_cannot_be_fetched_is_one_sentence(capsys, monkeypatch):
    def download(directory):
        raise data.DataError("MNIST's files could not be fetched.")

    monkeypatch.setattr(data, "download", download)
    assert complaint(capsys, "data") == "MNIST's files could not be fetched."
