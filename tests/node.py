"""Node, which runs the page's code in tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent / "page"
KERNELS = ("relaxed.wasm", "kernels.wasm", "javascript")  # what the engine may compute with, the quickest first
RELAXED = "--experimental-wasm-relaxed-simd"  # which newer releases of Node do without


def node() -> str:
    """Node, which `make test` installs beside Python."""
    found = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if found is None:
        pytest.fail("Node is missing: `make test` installs it")
    return found


def run_tests(*names: str, fixtures: Path, kernels: str = KERNELS[0]) -> None:
    """Run `<name>.test.js` of the page's tests, all of them, with what a test has written into a folder."""
    known = subprocess.run([node(), "--v8-options"], capture_output=True, text=True, timeout=60).stdout
    command = [node(), *([RELAXED] if RELAXED in known else []), "--test", *(str(PAGE / f"{n}.test.js") for n in names)]
    environment = os.environ | {"DAE_ENGINE_FIXTURES": str(fixtures), "DAE_ENGINE_KERNELS": kernels}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "skipped 0" in done.stdout
