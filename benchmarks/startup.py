"""From starting the process to the page's first answer: ours beside a bare app that imports Gradio and torch.

    python benchmarks/startup.py [--rounds 5]

The two are started in turn, each in a process of its own, and asked for their page until it comes. Prints the medians
and their ratio.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BARE = """
import os
import gradio as gr
import torch
with gr.Blocks() as demo:
    gr.Markdown("bare")
demo.launch(server_port=int(os.environ["PORT"]), quiet=True, ssr_mode=False)
"""


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def seconds_to_answer(command: list[str], limit: float = 120.0) -> float:
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while (spent := time.perf_counter() - start) < limit:
            if process.poll() is not None:
                raise SystemExit(f"{' '.join(command[:2])} ended with {process.returncode}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=limit) as answer:
                    answer.read()
                return time.perf_counter() - start
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise SystemExit(f"no answer within {spent:.0f} s")
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    commands = {"ours": [sys.executable, "app.py"], "bare": [sys.executable, "-c", BARE]}
    took: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            seconds = seconds_to_answer(command)
            if turn:  # the first start reads the packages from the disk
                took[name].append(seconds)
    ours, bare = (statistics.median(took[name]) for name in ("ours", "bare"))
    print(f"seconds to the first answer, median of {rounds}: page {ours:.2f}, bare {bare:.2f}, ratio {ours / bare:.2f}")


if __name__ == "__main__":
    main()
