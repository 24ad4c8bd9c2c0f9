"""From starting the process to the page's first answer: ours beside a bare app that imports Gradio and torch.

    python benchmarks/startup.py [--rounds 5]

The two are started in turn, each in a process of its own, and asked for their page until it comes. Prints the medians
and their ratio.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence

from _app_process import PAGE, running

BARE = """
import os
import gradio as gr
import torch
with gr.Blocks() as demo:
    gr.Markdown("bare")
demo.launch(server_port=int(os.environ["PORT"]), quiet=True, ssr_mode=False)
"""


def seconds_to_answer(command: Sequence[str]) -> float:
    start = time.perf_counter()
    with running(command):
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    commands = {"ours": PAGE, "bare": [sys.executable, "-c", BARE]}
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
