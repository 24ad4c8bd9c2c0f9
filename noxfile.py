"""The tests outside the browser, in a throw-away environment for each Python and torch that ZeroGPU has: make matrix

`nox -k "py312 and torch29"` picks from them, `nox --list` names them; what follows `--` goes to pytest.
"""

import atexit
import shutil
from pathlib import Path
from xml.etree import ElementTree

import nox

PYTHONS = ("3.10", "3.12")
ZEROGPU_TORCH = {"2.8.0": "0.23.0", "2.9.1": "0.24.1", "2.10.0": "0.25.0", "2.11.0": "0.26.0"}  # with its torchvision
COLUMNS = ("Python", "torch", "torchvision", "passed", "failed", "skipped", "seconds")
COMBINATIONS = [
    nox.param(python, torch, id=f"py{python}-torch{torch.rpartition('.')[0]}".replace(".", ""))
    for torch in ZEROGPU_TORCH
    for python in PYTHONS
]
VERSIONS = """
import platform, torch, torchvision
print(platform.python_version(), torch.__version__, torchvision.__version__)
"""

nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = True

table: list[tuple[str, ...]] = []


@nox.session
@nox.parametrize("python,torch", COMBINATIONS)
def tests(session: nox.Session, torch: str) -> None:
    """Everything but the tests in a browser and the slow ones."""
    environment = Path(session.virtualenv.location)
    cache = session.cache_dir / "uv"
    uv = {"UV_CACHE_DIR": str(cache)}
    report = Path(session.create_tmp()).resolve() / "report.xml"
    report.unlink(missing_ok=True)
    versions = (str(session.python), torch, ZEROGPU_TORCH[torch])
    if not table:
        atexit.register(finish, cache)
    try:
        pinned = (f"torch=={torch}", f"torchvision=={ZEROGPU_TORCH[torch]}")
        session.install("-r", "requirements-dev.txt", *pinned, env=uv)
        versions = tuple(session.run("python", "-c", VERSIONS, silent=True).split())
        fast = ("--ignore=tests/browser", "-m", "not slow")
        session.run("python", "-m", "pytest", *fast, f"--junitxml={report}", *session.posargs)
    finally:
        table.append((*versions, *counts(report)))
        # Gigabytes, and no other session uses the same wheels.
        shutil.rmtree(environment, ignore_errors=True)
        large = ("torch", "torchvision", "triton")
        session.run_install("uv", "cache", "clean", *large, env=uv, silent=True, external=True)


def counts(report: Path) -> tuple[str, ...]:
    """What pytest's report says in the table's last four columns."""
    if not report.exists():
        return ("", "did not run", "", "")
    suite = ElementTree.parse(report).getroot().find("testsuite")
    total, failures, errors, skipped = (int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped"))
    failed = failures + errors
    return (str(total - failed - skipped), str(failed), str(skipped), f"{float(suite.get('time')):.0f}")


def finish(cache: Path) -> None:
    widths = [max(map(len, column)) for column in zip(COLUMNS, *table, strict=True)]
    for row in (COLUMNS, *table):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)
    shutil.rmtree(cache, ignore_errors=True)
