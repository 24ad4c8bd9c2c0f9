"""The API's functions as tools: MCP's own client asks a running server."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from served import ROOT, free_port, run_async, running_app

import dae
from dae import data
from dae.server import launch

# A continuous integration has it, or fails.
needs_mcp = pytest.mark.skipif(
    importlib.util.find_spec("mcp") is None and os.environ.get("CI") != "true", reason="gradio[mcp] is not installed"
)
PATH = "gradio_api/mcp/"
TOOLS = ["models", "corrupt", "denoise", "encode", "decode", "features", "results"]
DIGITS = data.gallery().images[:2]
PICTURES = DIGITS[:, 0].tolist()
FILE = {"path": str(Path(__file__)), "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("gradio")


@pytest.fixture(scope="module")
def ask(files) -> Iterator[Callable]:
    """`ask(questions)` gives what the coroutine `questions(session)` returns."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    with running_app(files, GRADIO_MCP_SERVER="true") as served:

        async def conversation(questions: Callable[[ClientSession], Coroutine[Any, Any, Any]]) -> Any:
            async with (
                streamable_http_client(f"{served.url}/{PATH}") as (incoming, outgoing, *_),
                ClientSession(incoming, outgoing) as session,
            ):
                await session.initialize()
                return await questions(session)

        yield lambda questions: run_async(conversation, questions)


@needs_mcp
def test_these_and_no_others_are_tools_and_each_is_described(ask):
    tools = ask(lambda session: session.list_tools()).tools
    assert [tool.name for tool in tools] == TOOLS
    for tool in tools:
        assert tool.description.endswith(".") and ". Returns: " in tool.description
        for name, schema in tool.inputSchema["properties"].items():
            assert schema["description"].endswith("."), f"{tool.name}: {name}"
    schemas = {tool.name: tool.inputSchema for tool in tools}
    images = schemas["corrupt"]["properties"]["images"]
    assert images["type"] == images["items"]["type"] == "array" and "28 rows of 28" in images["description"]
    assert schemas["corrupt"]["properties"]["noise"]["enum"] == list(dae.noise.NOISES)
    required = {name: schema["required"] for name, schema in schemas.items() if "required" in schema}
    assert required == {"corrupt": ["images"], "denoise": ["images"], "encode": ["images"], "decode": ["codes"]}


def test_the_readmes_address_is_the_one_that_answers():
    (settings,) = re.findall(r"^```json\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.S | re.M)
    (server,) = json.loads(settings)["mcpServers"].values()
    assert server["url"] == f"http://127.0.0.1:{launch.PORT}/{PATH}"


@needs_mcp
def test_tools_compute_what_the_library_computes(ask):
    async def questions(session):
        settings = {"images": PICTURES, "noise": "gaussian", "level": 0.5, "seed": 7, "clip": False}
        noisy = (await session.call_tool("corrupt", settings)).content[0].text
        restored = await session.call_tool("denoise", {"images": json.loads(noisy), "model": "fc-gaussian"})
        return noisy, restored.content[0].text

    noisy, restored = (np.array(json.loads(text)) for text in ask(questions))
    expected = dae.corrupt(DIGITS, "gaussian", 0.5, seed=7, clip=False)
    assert np.allclose(noisy, expected[:, 0], atol=2e-5)
    assert np.allclose(restored, dae.load("fc-gaussian")(expected).detach()[:, 0], atol=1e-3)


@needs_mcp
def test_many_calls_at_once_are_all_answered(ask):
    answers = []

    async def questions(session):
        async def one():
            answers.append(await session.call_tool("denoise", {"images": PICTURES}))

        async with anyio.create_task_group() as group:
            for _ in range(60):  # the server has 40 threads
                group.start_soon(one)

    ask(questions)
    assert len(answers) == 60 and not any(answer.isError for answer in answers)


@needs_mcp
@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("denoise", {"images": PICTURES, "model": "nobody"}, "There is no model called 'nobody'; `models` lists them."),
        ("denoise", {"images": [[[0.5] * 27] * 28]}, "A picture is 28 rows of 28 values; send a list of pictures."),
        ("decode", {"codes": [[0, 1]]}, "A code of conv-gaussian has 128 values; send a list of such lists."),
        ("corrupt", {"images": PICTURES, "noise": "rain"}, "'rain' is not one of"),
        ("corrupt", {"images": "a digit"}, "'a digit' is not of type 'array'"),
        ("corrupt", {}, "'images' is a required property"),
        ("denoise", {"images": [[FILE]]}, "was not uploaded"),
        ("opened", {}, "Unknown tool"),
    ],
)
def test_what_is_wrong_is_said(ask, files, tool, arguments, sentence):
    answer = ask(lambda session: session.call_tool(tool, arguments))
    (content,) = answer.content
    assert answer.isError and sentence in content.text and "Traceback" not in content.text
    assert [path for path in files.rglob("*") if path.name == Path(__file__).name] == [], "a file of ours was copied"


# Turning them on


@pytest.mark.parametrize("value", [None, "", "false", "0", "no"])
def test_off_needs_no_package(value, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp", None)  # as if it were not installed
    monkeypatch.delenv("GRADIO_MCP_SERVER", raising=False)
    if value is not None:
        monkeypatch.setenv("GRADIO_MCP_SERVER", value)
    assert launch.wants_tools() is False


@pytest.mark.parametrize("value", ["true", "True", "1"])
def test_asked_for_and_not_installed_is_answered_with_a_sentence(value, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setenv("GRADIO_MCP_SERVER", value)
    monkeypatch.delenv("PORT", raising=False)
    assert launch.main() == 1
    said = capsys.readouterr()
    assert said.out == "" and 'python -m pip install "gradio[mcp]"' in said.err and said.err.count("\n") == 1


def test_asked_for_and_broken_is_answered_with_a_sentence(tmp_path):
    (tmp_path / "mcp.py").touch()  # found, and without anything in it
    environment = os.environ | {"GRADIO_MCP_SERVER": "true", "PYTHONPATH": str(tmp_path), "PORT": str(free_port())}
    run = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 1 and "Open " not in run.stdout
    assert run.stderr.startswith("The tools for MCP clients do not start: ") and "Traceback" not in run.stderr
