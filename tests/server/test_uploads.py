"""The folder of uploads: what is swept, what stays, whose it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest
from served import ROOT

from dae.server.uploads import MOST_AT_ONCE, PREFIX, Uploads


def put(folder: Path, name: str, size: int = 100, age: float = 0.0) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_what_is_too_old_goes_and_the_rest_stays(tmp_path):
    old, young = put(tmp_path, "a/old.png", age=200), put(tmp_path, "b/young.png", age=50)
    Uploads(tmp_path, most_seconds=100).sweep()
    assert not old.parent.exists() and young.exists()


@pytest.mark.parametrize(("most_bytes", "most_files", "room", "left"), [
    (1000, 100, 0, "cdef"), (1000, 100, 300, "ef"), (10**6, 3, 0, "def"), (10**6, 3, 1, "ef"), (100, 100, 0, ""),
])  # fmt: skip
def test_the_oldest_make_room(tmp_path, most_bytes, most_files, room, left):
    for age, name in enumerate("fedcba"):  # f is the newest
        put(tmp_path, f"{name}/file", 250, age=age)
    Uploads(tmp_path, most_bytes, most_files).sweep(room)
    assert "".join(sorted(path.parent.name for path in tmp_path.rglob("file"))) == left


def test_what_is_coming_stays_and_halves_of_others_go(tmp_path):
    uploads = Uploads(tmp_path, most_bytes=0)

    async def come() -> None:
        async with uploads.coming(100) as is_welcome:
            assert is_welcome
            half, left = put(tmp_path, "tmpabc"), put(tmp_path, "tmpold", age=60)
            async with uploads.coming(100):
                assert half.exists() and not left.exists()
            assert half.exists()
        assert not half.exists()

    anyio.run(come)


def test_no_more_than_so_many_come_at_once(tmp_path):
    uploads = Uploads(tmp_path)

    async def come(left: int) -> bool:
        async with uploads.coming(1) as is_welcome:
            return await come(left - 1) if left and is_welcome else is_welcome

    assert anyio.run(come, MOST_AT_ONCE - 1) is True
    assert anyio.run(come, MOST_AT_ONCE) is False
    assert anyio.run(come, 0) is True


BEGIN = "from dae.server import uploads; print(uploads.begin(), flush=True); {}"


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
    foreign = put(tmp_path, "other/file")
    third = begun(tmp_path, "import os; print(os.environ['GRADIO_TEMP_DIR'])")
    own, named = third.communicate()[0].split()
    assert own == named and not Path(own).exists()  # it has ended
    assert mine.exists() and not dead.exists() and foreign.exists()
    first.communicate("")
    assert not mine.exists()
