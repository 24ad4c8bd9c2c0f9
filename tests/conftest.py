"""What several test files share: real digits, one torch thread, hypothesis without a clock."""

import os
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch starts its threads

import hypothesis
import pytest
import torch

from dae import data, training
from dae.server import temporary

temporary.begin()  # before Gradio is imported: no test sees what another process has uploaded
torch.set_num_threads(1)
hypothesis.settings.register_profile("dae", deadline=None, max_examples=40)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("dae")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files of the folders, the longest among them, come first: no worker is left alone with one of them."""
    items.sort(key=lambda item: item.path.parent == Path(__file__).parent)


@pytest.fixture(scope="session")
def digits() -> torch.Tensor:
    """60 clean gallery digits, six of each class: (60, 1, 28, 28)."""
    return data.gallery().images.view(10, -1, 1, 28, 28)[:, :6].flatten(0, 1).clone()


@pytest.fixture(scope="session")
def split() -> tuple[data.Digits, data.Digits]:
    """The gallery as a visitor's run has it: 4,500 digits to train on, 500 to judge by."""
    return data.visitor_split()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whatever the reason, in CI a browser test that did not run has failed."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and os.environ.get("CI") == "true" and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr}"
    return report


@pytest.fixture
def every_step(monkeypatch):
    """Have training report after every step."""
    monkeypatch.setattr(training, "REPORT_SECONDS", -1.0)


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a tenth of a second whenever it is read."""
    ticks = iter(range(10**6))
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 10))
