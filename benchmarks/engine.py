"""Milliseconds per restored digit: the page's engine beside torch with one thread.

    python benchmarks/engine.py [--rounds 15] [NETWORK ...]

Node runs the engine (engine.mjs beside this file) as a browser's worker would: in WebAssembly with relaxed SIMD, with
plain SIMD, and in JavaScript. They and torch take turns, so that what else the machine does meets all of them; shown
are the median and the quickest of all digits, one digit at a time, and how the medians compare.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch starts its threads

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dae import checkpoints, data
from dae.noise import corrupt

NETWORKS = ("fc-gaussian", "conv-gaussian", "universal", "hinton", "wta-2000")
KINDS = ("relaxed", "plain", "javascript")
SLICE_SECONDS = 0.2  # for each of them in a round


class Engine:
    """Node with the engine in it, which answers one line with another."""

    def __init__(self) -> None:
        node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
        if node is None:
            sys.exit("Node is missing: it comes with requirements-dev.txt.")
        command = [node, str(Path(__file__).with_name("engine.mjs"))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question) -> list[float]:
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


@torch.inference_mode()
def torch_times(model: torch.nn.Module, noisy: torch.Tensor, seconds: float) -> list[float]:
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        model(noisy)
        times.append(1000 * (time.perf_counter() - start))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    noisy = corrupt(data.gallery().images[:1], "gaussian", 0.5, seed=0)
    pixels, engine = noisy.flatten().tolist(), Engine()
    print(
        f"{'ms per digit':16}"
        + "".join(f"{kind:>20}" for kind in (*KINDS, "torch"))
        + f"{'relaxed':>14}{'relaxed':>10}"
    )
    print(f"{'':16}" + f"{'median (quickest)':>20}" * 4 + f"{'/ javascript':>14}{'/ torch':>10}")
    for name in arguments.networks:
        model, path = checkpoints.load(name), str(checkpoints.find(name))
        times: dict[str, list[float]] = {kind: [] for kind in (*KINDS, "torch")}
        for turn in range(arguments.rounds + 1):
            for kind in times:
                if kind == "torch":
                    found = torch_times(model, noisy, SLICE_SECONDS)
                else:
                    found = engine.ask(path=path, kind=kind, noisy=pixels, seconds=SLICE_SECONDS)
                times[kind] += found if turn else []  # the first round warms up
        middle = {kind: median(each) for kind, each in times.items()}
        cells = [f"{middle[kind]:.3f} ({min(each):.3f})" for kind, each in times.items()]
        ratios = f"{middle['relaxed'] / middle['javascript']:14.2f}{middle['relaxed'] / middle['torch']:10.2f}"
        print(f"{name:16}" + "".join(f"{cell:>20}" for cell in cells) + ratios, flush=True)
    engine.close()


if __name__ == "__main__":
    main()
