"""What the tests of the server share: a server that is asked within this process, and nobody there before."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asked import PAGE
from httpx import Response
from starlette.testclient import TestClient

from dae.server import judging, mnist, networks, runs, visitors
from dae.server.app import build


@pytest.fixture(scope="session")
def page(tmp_path_factory) -> Path:
    """A page's folder."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in PAGE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def client(page) -> TestClient:
    """The server, within this process; a fault of its own is an answer, as for a browser."""
    return TestClient(build(page), raise_server_exceptions=False)


@pytest.fixture(scope="session")
def ask(client) -> Callable[..., Response]:
    """`ask("neighbours", model=..., index=...)`: the answer to a question of the page."""
    return lambda question, **values: client.post(f"/ask/{question}", json=values)


@pytest.fixture(autouse=True)
def nobody_before(monkeypatch, tmp_path) -> Iterator[None]:
    """No MNIST, one core, no visitors, no networks but the shipped ones."""
    monkeypatch.setenv("DAE_DATA", str(tmp_path))
    monkeypatch.setattr(runs, "cores", lambda: 1)
    monkeypatch.setattr(judging, "best", lambda settings: None)
    monkeypatch.setattr(mnist, "_fetch", None)
    yield
    for owner in runs.owners() | networks.owners():
        visitors.forget(owner)


@pytest.fixture
def visitor() -> str:
    return secrets.token_urlsafe(24)
