"""The endpoints for programs, called through gradio_client and curl on a running page."""

import inspect
import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator

import anyio
import numpy as np
import pytest
import torch
from gradio_client import Client
from gradio_client.exceptions import AppError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import ROOT, free_port, run_async

import dae
from dae import checkpoints, data, evaluation
from dae.features import dictionary
from dae.server import api, networks
from dae.server.app import build, launch
from dae.server.line import AT_ONCE, Line
from dae.server.refusal import CallError, Refusal

README = (ROOT / "README.md").read_text(encoding="utf-8")
DIGITS = data.gallery().images[:3]
ENDPOINTS = {"/models", "/corrupt", "/denoise", "/encode", "/decode", "/features", "/results"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = build()
    yield launch(server, server_name="127.0.0.1", server_port=free_port())
    server.get_blocks().close(verbose=False)


@pytest.fixture(scope="module")
def client(address) -> Client:
    return Client(address, verbose=False)


def numbers(images: torch.Tensor) -> list:
    return images[:, 0].double().numpy().round(6).tolist()


def test_these_and_no_others_are_public(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == ENDPOINTS


def test_pictures_go_the_way_they_go_in_the_library(client):
    noisy = client.predict(numbers(DIGITS), "gaussian", 0.5, 7, False, api_name="/corrupt")
    expected = dae.corrupt(DIGITS, "gaussian", 0.5, seed=7, clip=False)
    assert np.allclose(noisy, expected[:, 0], atol=2e-5)
    model = dae.load("fc-gaussian")
    restored = client.predict(noisy, "fc-gaussian", api_name="/denoise")
    assert np.allclose(restored, model(expected).detach()[:, 0], atol=1e-3)
    codes = client.predict(noisy, "fc-gaussian", api_name="/encode")
    assert np.shape(codes) == (3, model.config.latent_dim)
    decoded = client.predict(codes, "fc-gaussian", api_name="/decode")
    assert np.allclose(decoded, restored, atol=1e-3)


@pytest.mark.parametrize("name", ["wta-2000", "conv-gaussian"])
def test_features_are_the_dictionary(client, name):
    shown = client.predict(name, 2, 3, api_name="/features")
    model = dae.load(name)
    words = dictionary(model, evaluation.codes_of(model, data.gallery().images), 5)
    assert np.allclose(shown["pictures"], words.pictures[2:], atol=1e-4)
    assert (shown["steps"] is None) == words.is_linear


def test_models_and_results(client):
    found = {model["name"]: model for model in client.predict(api_name="/models")}
    assert set(found) == set(checkpoints.names())
    assert found["conv-gaussian"]["code"] == 128 and found["universal"]["code"] is None
    expected = evaluation.load_results()
    for record in expected["denoising"]:
        record["psnr"] = None if math.isinf(record["psnr"]) else record["psnr"]
    assert client.predict(api_name="/results") == expected


@pytest.mark.parametrize(
    ("endpoint", "arguments", "sentence"),
    [
        ("/denoise", ([[[0.5] * 28] * 28], "../conv-gaussian"), "no model called"),
        ("/denoise", ([[[0.5] * 28] * 28], "checkpoints/plain.safetensors"), "no model called"),
        ("/denoise", ([[[0.5] * 27] * 28], "plain"), "28 rows"),
        ("/denoise", ([], "plain"), "list of 1 to 64"),
        ("/denoise", ([[["a"] * 28] * 28], "plain"), "lists of numbers"),
        ("/denoise", ([[[1e9] * 28] * 28], "plain"), "between"),
        ("/corrupt", ([[[2] * 28] * 28], "gaussian", 0.5, 0, True), "between 0 and 1"),
        ("/corrupt", ([[[0] * 28] * 28], "rain", 0.5, 0, True), "no noise called"),
        ("/corrupt", ([[[0] * 28] * 28], "masking", 7, 0, True), "must lie between"),
        ("/encode", ([[[0] * 28] * 28], "universal"), "no code"),
        ("/decode", ([[0, 1, 2]], "conv-gaussian"), "128 values"),
        ("/features", ("plain", 9999, 3), "features 0 to 127"),
    ],
)
def test_what_is_wrong_is_said(client, endpoint, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(*arguments, api_name=endpoint)


@pytest.mark.parametrize("name", ["", "nobody", "../checkpoints/plain", str(checkpoints.find("plain")), "yours-none"])
def test_the_server_loads_shipped_names_only(name):
    with pytest.raises(Refusal):
        networks.load(name)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    endpoint=st.sampled_from([api.corrupt, api.denoise, api.encode, api.decode, api.features]),
    first=ANYTHING | st.just([[[0.5] * 28] * 28]),
    others=st.lists(ANYTHING | st.sampled_from(["plain", "masking", math.inf]), max_size=2),
)
def test_nothing_else_than_a_sentence_comes_of_nonsense(endpoint, first, others):
    import gradio as gr

    try:
        taken = len(inspect.signature(endpoint).parameters) - 1
        json.dumps(endpoint(first, *others[:taken]), allow_nan=False)
    except gr.Error as error:
        assert 10 < len(error.message) < 400 and str(checkpoints.directory()) not in error.message


def test_the_readmes_python_example(address, monkeypatch):
    (example,) = [
        block for block in re.findall(r"^```python\n(.*?)^```$", README, re.S | re.M) if "gradio_client" in block
    ]
    names: dict = {}
    exec(compile(example.replace("http://127.0.0.1:7860", address), "README.md", "exec"), names)
    assert np.shape(names["restored"]) == (1, 28, 28) and np.shape(names["code"]) == (1, 128)


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("sh") is None, reason="no curl")
def test_the_readmes_curl_example(address):
    (example,) = [block for block in re.findall(r"^```sh\n(.*?)^```$", README, re.S | re.M) if "curl" in block]
    script = example.replace("http://127.0.0.1:7860/", address)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    (answer,) = json.loads(done.stdout.partition("event: complete\ndata: ")[2].splitlines()[0])
    assert np.shape(answer["pictures"]) == (2, 28, 28)


def test_where_too_many_calls_wait_the_next_is_told():
    assert run_async(api.in_turn(api.models, Line()))
    with pytest.raises(CallError, match="busy"):
        run_async(api.in_turn(api.models, Line(waiting_seconds=-1)))


def test_faults_are_answered_with_a_sentence_and_logged(caplog):
    def faulty() -> None:
        raise FileNotFoundError(f"no such file: {ROOT}")

    with pytest.raises(CallError) as refusal:
        run_async(api.in_turn(faulty, Line()))
    assert str(refusal.value) == "The server could not answer this."
    assert str(ROOT) in caplog.text


def test_few_calls_run_at_once_and_the_others_wait():
    running, most = 0, 0
    started, line = [], Line()

    def slow(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        started.append(number)
        while len(started) < AT_ONCE:  # until as many run as may
            pass
        running -= 1
        return number

    async def all_of_them():
        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(api.in_turn(slow, line), number)

    run_async(all_of_them)
    assert sorted(started) == list(range(10)) and most == AT_ONCE
