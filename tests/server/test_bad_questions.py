"""Questions and files that are made to cost much, or to fail: each is a sentence, and cheap."""

import base64

import pytest
import torch

import dae
from dae import checkpoints
from dae.server import questions


def test_of_a_long_question_all_but_the_file_is_short(client, monkeypatch):
    """Pydantic would say of each of so many values what is wrong with it."""
    monkeypatch.setattr(questions, "malformed", lambda error: pytest.fail(f"{error.error_count()} mistakes were told"))
    for body in ("{" + ",".join(f'"{number}": 0' for number in range(20_000)) + "}", "[" + "[]," * 50_000 + "0]"):
        answer = client.post("/ask/keep", content=body)
        assert answer.status_code == 413 and answer.json()["code"] == "too_large"


def test_who_says_no_more_than_a_name_may_say_little(ask, visitor):
    for question in ("here", "leave", "stop", "networks"):
        assert ask(question, visitor=visitor).status_code == 200
        assert ask(question, visitor=visitor * 50).json()["code"] == "too_large"


def test_a_fault_that_comes_again_is_told_in_a_line(ask, monkeypatch, caplog):
    def fault(_):
        raise ArithmeticError

    monkeypatch.setitem(questions.answers(), "recipes", fault)
    for _ in range(3):
        assert ask("recipes").status_code == 500
    assert [bool(record.exc_info) for record in caplog.records] == [True, False, False]
    assert {record.getMessage() for record in caplog.records} == {
        "the question recipes was not answered: ArithmeticError"
    }


def network_file(model: dae.models.Autoencoder, **said) -> str:
    values = {"recipe": {"summary": "Mine"}, "model": model.config, "seed": 1, "data": "d"} | said
    return base64.b64encode(checkpoints.serialized(model, checkpoints.Info(**values))).decode()


def test_a_network_whose_numbers_are_none_to_work_with_is_refused(ask, visitor):
    model = dae.models.build(dae.models.ModelConfig(hidden=(4,), latent_dim=2))
    with torch.no_grad():
        for weights in model.parameters():
            weights.fill_(3e38)
    answer = ask("keep", visitor=visitor, file=network_file(model))
    assert answer.status_code == 422 and answer.json()["code"] == "file"
    assert ask("networks", visitor=visitor).json() == {"networks": []}


def test_a_network_that_counts_its_steps_as_true_is_listed(ask, visitor):
    model = dae.models.build(dae.models.ModelConfig(latent_dim=2))
    assert ask("keep", visitor=visitor, file=network_file(model, steps=True, seconds=True)).json()["steps"] == 1
    assert len(ask("networks", visitor=visitor).json()["networks"]) == 1
