"""The channel's types: they are the library's, and the schema says all of them."""

import dataclasses
import json
import subprocess
import sys
import typing

import jsonschema
import pytest
from asked import small
from pydantic import ValidationError

from dae import baselines, data, noise, trial
from dae.server import protocol
from dae.server.protocol import EXCHANGES, basics, pictures, schema, training


def test_the_choices_are_the_librarys():
    assert typing.get_args(basics.Noise) == tuple(noise.NOISES)
    assert typing.get_args(basics.Baseline) == tuple(baselines.BASELINES)
    assert max(entry.maximum for entry in noise.NOISES.values()) == 3  # of a level
    with pytest.raises(ValidationError):
        pictures.Neighbourhood(model="plain", index=len(data.gallery()))


def test_the_settings_are_those_of_a_run():
    fields = {each.name for each in dataclasses.fields(trial.Settings)} - {"precision"}
    assert set(training.TrainingSettings.model_fields) == fields == set(small())


def test_the_docstring_lists_every_question():
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in protocol.__doc__.splitlines() if "|" in line]
    listed = {name: tuple(types) for names, *types in rows[2:] for name in names.split(", ")}
    assert listed == {
        name: (exchange.question.__name__, exchange.answer.__name__) for name, exchange in EXCHANGES.items()
    }


def test_the_schema_says_every_question_and_answer_with_a_title():
    whole = schema()
    jsonschema.Draft202012Validator.check_schema(whole)
    for part in ("questions", "answers"):
        assert set(whole["properties"][part]["properties"]) == set(EXCHANGES)
    for definition in whole["$defs"].values():
        assert definition["title"] and definition["description"] and definition["additionalProperties"] is False


def test_a_snapshot_and_an_answer_fit_the_schema(ask):
    whole = schema()

    def check(kind: str, value: object) -> None:
        jsonschema.validate(value, {"$defs": whole["$defs"], **whole["$defs"][kind]})

    check("Snapshot", training.Snapshot(run="", state="failed").model_dump(mode="json"))
    check("SettingsAnswer", ask("settings", settings=small()).json())
    check("Problem", ask("settings", settings=small(batch_size=10**4)).json())
    with pytest.raises(jsonschema.ValidationError):
        check("Neighbourhood", {"model": "plain", "index": -1})


def test_the_schema_is_written_by_a_command_without_torch():
    code = """
import sys, runpy
runpy.run_module("dae.server.protocol", run_name="__main__")
assert "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(json.dumps(schema()))
