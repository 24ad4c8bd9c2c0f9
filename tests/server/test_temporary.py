"""The folder of what visitors bring along: whose it is, and when it goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from served import ROOT

from dae.server.temporary import PREFIX

BEGIN = "from dae.server import temporary; print(temporary.begin(), flush=True); {}"


def begun(folder: Path, then: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN.format(then)],
        cwd=ROOT,
        env=os.environ | {"GRADIO_TEMP_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_each_process_has_its_own_and_those_of_the_dead_go(tmp_path):
    first = begun(tmp_path, "input()")
    mine = Path(first.stdout.readline().strip())
    second = begun(tmp_path, "import os; os.kill(os.getpid(), 9)")
    dead = Path(second.stdout.readline().strip())
    second.communicate()
    assert dead.exists() and mine.exists() and mine.parent == tmp_path and mine.name.startswith(f"{PREFIX}{first.pid}-")
    foreign = tmp_path / "other"
    foreign.mkdir()
    third = begun(tmp_path, "import os; print(os.environ['GRADIO_TEMP_DIR'])")
    own, named = third.communicate()[0].split()
    assert own == named and not Path(own).exists()  # it has ended
    assert mine.exists() and not dead.exists() and foreign.exists()
    first.communicate("")
    assert not mine.exists()
