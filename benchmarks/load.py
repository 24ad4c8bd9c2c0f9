"""Many visitors at once: what the server does for those who look, draw and slide, and while some of them train.

    python benchmarks/load.py [--visitors 1,50,300] [--training 3] [--seconds 20]

A visitor fetches what a browser fetches for a first visit (the page's files, a network, one class of digits), with a
client that takes a fifth of a millisecond for a file, since it has the same cores as the server, and then computes by
itself, so that the server hears nothing more of sliding and drawing. All come within a minute.
Some train, one after the other through Gradio's queue. Prints for each number of visitors: requests a second, median
and 95th percentile of the milliseconds to an answer, errors, steps that a run of 5 seconds made, the memory of the
server and the seconds of a processor that it has used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import secrets
import statistics
import time
from collections import Counter

import httpx
from _app_process import App, running
from _light_client import get_all

SPREAD_SECONDS = 60.0  # in which all come: a class that is told to open the page
SETTINGS = {
    "architecture": "mlp", "widths": [], "latent_dim": 512, "activation": "relu", "code_activation": "relu",
    "output": "sigmoid", "tied": False, "sparsity": "none", "k": 16, "fraction": 0.05, "weight": 0.01, "rho": 0.05,
    "noise": "gaussian", "low": 0.5, "high": 0.5, "clip": True, "loss": "bce_with_logits", "learning_rate": 0.008,
    "batch_size": 128, "seed": 0, "seconds": 5, "start": "",
}  # fmt: skip


async def visit(app: App, files: list[str], number: int, times: list[float], failed: list[str]) -> float:
    """A first visit: how many seconds it takes."""
    chance = random.Random(number)
    await asyncio.sleep(SPREAD_SECONDS * chance.random())
    wanted = [*files, "checkpoints/conv-gaussian.safetensors", f"gallery/{chance.randrange(10)}.bin"]
    begun = time.perf_counter()
    took, went_wrong = await get_all(app.port, "", wanted)
    times += [1000 * seconds for seconds in took]
    failed += went_wrong
    return time.perf_counter() - begun


def told(failed: list[str]) -> str:
    """How many errors, and what most of them say."""
    reasons = Counter(each.partition(": ")[2] for each in failed)
    return f"{len(failed)} errors{' ' + str(dict(reasons.most_common(3))) if failed else ''}"


async def train(app: App, client: httpx.AsyncClient, visitor: str = "") -> int:
    """A run of a visitor, through the queue as the page's: how many steps it made."""
    functions = (await client.get(f"{app.url}config")).json()["dependencies"]
    number = next(each["id"] for each in functions if each["api_name"] == "train")
    session, steps = secrets.token_urlsafe(12), 0
    values = [visitor or secrets.token_urlsafe(24), "new", SETTINGS, ""]
    joined = {"data": values, "fn_index": number, "session_hash": session}
    (await client.post(f"{app.url}gradio_api/queue/join", json=joined)).raise_for_status()
    # What is sent after the first is a difference to what was sent before: the last comes whole.
    async with client.stream("GET", f"{app.url}gradio_api/queue/data?session_hash={session}") as events:
        async for line in events.aiter_lines():
            said = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
            if said.get("msg") == "process_completed":
                steps = int(said["output"]["data"][0]["step"])
            if said.get("msg") in ("process_completed", "close_stream"):
                break
    return steps


async def measure(app: App, files: list[str], visitors: int, training: int) -> str:
    times: list[float] = []
    failed: list[str] = []
    begun, used = time.perf_counter(), app.cpu_seconds
    async with httpx.AsyncClient(timeout=None) as client:
        runs = [asyncio.create_task(train(app, client)) for _ in range(training)]
        await asyncio.gather(*(visit(app, files, number, times, failed) for number in range(visitors)))
        seconds = time.perf_counter() - begun
        steps = [await run for run in runs]
    ordered = sorted(times)
    return (
        f"{visitors:4} visitors, {training} training: {len(times) / seconds:.0f} requests/s, "
        f"{statistics.median(times):.0f} ms, 95 % {ordered[int(0.95 * len(ordered))]:.0f} ms, {told(failed)}, "
        f"steps {steps}, {app.megabytes:.0f} MB, {app.cpu_seconds - used:.1f} s of a core"
    )


def prepare(app: App) -> list[str]:
    """Let the server load what the first question loads, and pack each file; the files of a visit."""
    with httpx.Client(base_url=app.url, timeout=120) as client:
        # What index.html names, and what the engine's worker imports.
        named = re.findall(r'(?:href|src)="(page/[^"]+)"', client.get("").text)
        engine = [name for name in client.get("files.json").json()["page"] if "/engine/" in name]
        client.post("ask/recipes", json={})
    files = sorted({*named, *engine, "page/words/en.json"})
    asyncio.run(get_all(app.port, "", [*files, "checkpoints/conv-gaussian.safetensors"]))
    app.wait_until_idle()
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--visitors", default="1,50,300")
    parser.add_argument("--training", type=int, default=3)
    options = parser.parse_args()
    with running() as app:
        files = prepare(app)
        print(f"{len(files) + 2} files for a visit")
        for visitors in map(int, options.visitors.split(",")):
            for training in sorted({0, options.training}):
                print(asyncio.run(measure(app, files, visitors, training)), flush=True)


if __name__ == "__main__":
    main()
