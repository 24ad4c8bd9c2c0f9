"""What the process writes is bounded, and how many files it may open is raised."""

import io
import subprocess
import sys

from served import ROOT

from dae.server import connections
from dae.server.connections import BoundedStream


def test_a_log_without_end_is_cut_and_goes_on_later(monkeypatch):
    now, stream = [0.0], io.StringIO()
    monkeypatch.setattr(connections.time, "monotonic", lambda: now[0])
    log = BoundedStream(stream, burst=1000, rate=10)
    for _ in range(100):
        log.write("x" * 99 + "\n")
    assert len(stream.getvalue()) == 1000
    now[0] = 20.0
    log.write("back\n")
    assert stream.getvalue()[1000:] == "(9,000 characters of the log were left out)\nback\n"
    assert log.getvalue() == stream.getvalue()  # all else is the stream's own


def test_the_limit_of_files_is_raised_as_far_as_it_can_be():
    code = (
        "import resource; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1];"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}));"
        "from dae.server.connections import open_files;"
        "print(open_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    for hard, wanted in (("1000", 1000), ("hard", None)):
        done = subprocess.run([sys.executable, "-c", code.format(hard=hard)], cwd=ROOT, capture_output=True, text=True)
        said, soft, _ = map(int, done.stdout.split())
        assert said == soft and (soft == wanted or (wanted is None and soft > 256)), done.stderr
