"""`python app.py` as a process of its own, for the tests that ask it something."""

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def running_app(files: Path, **environment: str) -> Iterator[str]:
    """Its address, once it has said it. `files` is where Gradio keeps its own."""
    settings = {name: value for name, value in os.environ.items() if name != "GRADIO_MCP_SERVER"}
    settings |= {"PORT": str(free_port()), "PYTHONUNBUFFERED": "1", "GRADIO_TEMP_DIR": str(files)}
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=settings | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if address := re.match(r"Open (http://\S+) in your browser", line):
                break
        else:
            raise AssertionError(f"the app ended and said: {''.join(said)}")
        yield address[1]
    finally:
        process.terminate()
        process.communicate()
