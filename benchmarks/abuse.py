"""One well-behaved visitor beside one abusive client: what Python answers, what the browser fetches, and the memory.

    python benchmarks/abuse.py [--only figures,uploads] [--seconds 15] [--after 60] [--class 300]

The visitor asks what the page asks, one question after the other. The client has another address and 50 connections,
and sends nothing but legal calls: each kind in turn, on a fresh server. Prints for each the milliseconds until an
answer, median and 95th percentile, before and meanwhile, of questions and of files, and the server's memory before, at
its highest, and when the client has been gone for a while. With `--class`, instead: that many who open the page while
three train, and 30 who press Train at once and again as soon as their run has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import load
from _app_process import ROOT, App, running

sys.path.insert(0, str(ROOT))

CONNECTIONS = 50
ABUSER = "127.0.0.2"  # all of 127.0.0.0/8 are this machine, on Linux
NOISE = {"noise": "gaussian", "clip": True, "seed": 1}
EVERY_BASELINE = ["median", "tv", "nlm", "wiener", "memoriser"]
DIGIT = base64.b64encode(bytes(300) + bytes([255]) * 100 + bytes(384)).decode()

# The visitor


def stage(passes: int = 1) -> dict:
    return {"digit": DIGIT, "model": "fc-gaussian", "level": 0.5, "passes": passes, "title": "t", "labels": ["a"] * 4,
            **NOISE}  # fmt: skip


def a_round(chance: random.Random) -> list[tuple[str, dict]]:
    """What a visitor's page asks in a while: the Train form, Compare's slider, a figure."""
    settings = {**load.SETTINGS, "latent_dim": chance.randrange(8, 512), "widths": [chance.randrange(8, 512)]}
    classical = {"digit": DIGIT, "denoisers": EVERY_BASELINE, **NOISE}
    return [
        *(("settings", {"settings": {**settings, "seed": seed}}) for seed in range(4)),
        *(("denoise", {**classical, "levels": [round(chance.random(), 2)]}) for _ in range(4)),
        ("neighbours", {"model": "fc-gaussian", "index": chance.randrange(5000)}),
        ("stage-figure", stage()),
    ]


class Measured:
    """Milliseconds until the answers, and what went wrong."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.fetched: list[float] = []
        self.failed: Counter[str] = Counter()

    async def visit(self, app: App, seconds: float, seed: int) -> None:
        chance, end = random.Random(seed), time.monotonic() + seconds
        headers = {"Visitor": secrets.token_urlsafe(24)}
        async with httpx.AsyncClient(base_url=app.url, timeout=120, headers=headers) as client:
            while time.monotonic() < end:
                for name, body in a_round(chance):
                    await self._take(self.asked, client.post(f"ask/{name}", json=body), name)
                    await self._take(self.fetched, client.get(f"gallery/{chance.randrange(10)}.bin"), "a file")

    async def _take(self, times: list[float], asked: Awaitable[httpx.Response], name: str) -> None:
        start = time.perf_counter()
        try:
            (await asked).raise_for_status()
        except httpx.HTTPError as error:
            self.failed[f"{name}: {getattr(getattr(error, 'response', None), 'status_code', error)}"] += 1
        times.append(1000 * (time.perf_counter() - start))

    def __str__(self) -> str:
        def said(times: list[float]) -> str:
            return f"{statistics.median(times):5.0f} / {percentile(times):5.0f}"

        failed = f", failed {dict(self.failed)}" if self.failed else ""
        return f"asked {said(self.asked)} ms, files {said(self.fetched)} ms ({len(self.asked)} questions{failed})"


def percentile(times: list[float], share: float = 0.95) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


# The abusive client: each kind is what one of its connections does again and again

Turn = Callable[[httpx.AsyncClient], Awaitable[object]]


def made_up() -> dict[str, str]:
    return {"Visitor": secrets.token_urlsafe(24)}


async def figures(client: httpx.AsyncClient) -> None:
    """Of as many features as are answered."""
    question = {"model": "wta-2000", "features": list(range(220)), "title": "t", "less": "l", "more": "m"}
    await client.post("ask/dictionary-figure", json=question, headers=made_up())


async def grids(client: httpx.AsyncClient) -> None:
    rows = [{"denoiser": name, "label": name} for name in ("universal", "conv-gaussian", "plain", *EVERY_BASELINE) * 2]
    question = {"title": "t", "noisy": "n", "levelName": "l", "rows": rows, "digit": DIGIT, **NOISE, "format": "svg"}
    await client.post("ask/grid-figure", json=question, headers=made_up())


async def compare(client: httpx.AsyncClient) -> None:
    """All classical denoisers at as many levels as are answered, of a digit that is new each time."""
    digit = base64.b64encode(os.urandom(784)).decode()
    levels = [round(random.random(), 2) for _ in range(20)]
    question = {"digit": digit, "levels": levels, "denoisers": EVERY_BASELINE, **NOISE}
    await client.post("ask/denoise", json=question, headers=made_up())


async def settings(client: httpx.AsyncClient) -> None:
    widths = [random.randrange(1, 400) for _ in range(4)]
    noise = {"low": random.random() / 2, "high": 0.5 + random.random() / 2}
    question = {"settings": {**load.SETTINGS, "widths": widths, **noise}}
    await client.post("ask/settings", json=question, headers=made_up())


async def join(client: httpx.AsyncClient, seconds: int = 60) -> str:
    session = secrets.token_urlsafe(8)
    values = [secrets.token_urlsafe(24), "new", {**load.SETTINGS, "widths": [512, 512], "seconds": seconds}, ""]
    body = {"data": values, "fn_index": client.train, "session_hash": session}
    await client.post("gradio_api/queue/join", json=body)
    return session


async def queued(client: httpx.AsyncClient) -> None:
    """Trainings that nobody listens to."""
    await join(client)
    await asyncio.sleep(0.2)


async def sessions(client: httpx.AsyncClient) -> None:
    """Sessions of calls whose answers nobody fetches."""
    body = {"data": [], "session_hash": secrets.token_urlsafe(8)}
    await client.post("gradio_api/call/models", json=body)


async def listening(client: httpx.AsyncClient) -> None:
    """Trainings by made-up visitors, who listen."""
    session = await join(client, 5)
    async with client.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as events:
        async for _ in events.aiter_lines():
            pass


async def uploads(client: httpx.AsyncClient) -> None:
    await client.post("ask/keep", json={"visitor": secrets.token_urlsafe(24), "file": network()})


async def calls(client: httpx.AsyncClient) -> None:
    picture = [[0.5] * 28] * 28
    await client.post("gradio_api/run/denoise", json={"data": [[picture] * 64, "universal"]})


async def embeddings(client: httpx.AsyncClient) -> None:
    """The t-SNE of networks of one's own."""
    made = await client.post("ask/keep", json={"visitor": secrets.token_urlsafe(24), "file": network(64)})
    with contextlib.suppress(ValueError, KeyError):
        key = made.json()["key"]
        for question in ("tsne", "neighbours"):
            place = {"index": 1} if question == "neighbours" else {}
            await client.post(f"ask/{question}", json={"model": key, **place})


async def pages(client: httpx.AsyncClient) -> None:
    """The page's files, and what Gradio says of itself."""
    for path in ("", "page/app.js", "checkpoints/conv-gaussian.safetensors", "config", "gradio_api/info"):
        await client.get(path)


KINDS: dict[str, Turn] = {
    turn.__name__: turn
    for turn in (*(figures, grids, compare, settings, queued, sessions, listening, uploads, calls, embeddings, pages),)
}
_made: dict[str, str] = {}


def network(code: int = 0) -> str:
    """A network's file, as large as a visitor's may be unless a code is given."""
    if f"network {code}" not in _made:
        from dae import checkpoints
        from dae.models import ModelConfig, build

        model = build(ModelConfig(latent_dim=code or 1800))
        file = checkpoints.serialized(model, checkpoints.Info({"name": "n", "summary": "n"}, model.config, 0, "d"))
        _made[f"network {code}"] = base64.b64encode(file).decode()
    return _made[f"network {code}"]


async def abuse(kind: str, url: str, seconds: float) -> None:
    """50 connections from another address, each asking again as soon as it is answered."""
    counts: Counter[str] = Counter()
    transport = httpx.AsyncHTTPTransport(local_address=ABUSER, limits=httpx.Limits(max_connections=CONNECTIONS))

    async def count(answer: httpx.Response) -> None:
        counts[str(answer.status_code)] += 1

    async with httpx.AsyncClient(
        base_url=url, transport=transport, timeout=600, event_hooks={"response": [count]}
    ) as client:
        functions = (await client.get("config")).json()["dependencies"]
        client.train = next(each["id"] for each in functions if each["api_name"] == "train")

        async def again() -> None:
            while True:
                try:
                    await KINDS[kind](client)
                except httpx.HTTPError as error:
                    counts[type(error).__name__] += 1
                    await asyncio.sleep(0.1)

        tasks = [asyncio.create_task(again()) for _ in range(CONNECTIONS)]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
    print(json.dumps(counts), flush=True)


# Both together


async def highest(app: App, into: list[float]) -> None:
    while True:
        into.append(app.megabytes)
        await asyncio.sleep(0.2)


async def beside(app: App, kind: str, seconds: float, after: float) -> str:
    warm, quiet, meanwhile = Measured(), Measured(), Measured()
    await warm.visit(app, 5, 0)
    await quiet.visit(app, seconds, 1)
    before, megabytes = app.megabytes, []
    command = [sys.executable, __file__, "--abuse", kind, "--url", app.url, "--seconds", str(seconds + 5)]
    abuser = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    watching = asyncio.create_task(highest(app, megabytes))
    await asyncio.sleep(5)
    await meanwhile.visit(app, seconds, 2)
    said = (await asyncio.to_thread(abuser.communicate))[0].strip()
    await asyncio.sleep(after)
    watching.cancel()
    memory = (
        f"{before:.0f} MB, at most {max(megabytes) - before:+.0f}, {after:.0f} s later {app.megabytes - before:+.0f}"
    )
    rest = f"threads {app.threads}, files {app.open_files}; its answers {said}; load {os.getloadavg()[0]:.1f}"
    return f"{kind}\n  quiet:     {quiet}\n  meanwhile: {meanwhile}\n  memory {memory}; {rest}"


# A class


async def first_pictures(app: App, files: list[str], visitors: int, training: int) -> str:
    times: list[float] = []
    failed: list[str] = []
    whole: list[float] = []

    async def one(number: int) -> None:
        whole.append(1000 * await load.visit(app, files, number, times, failed))

    async with httpx.AsyncClient(timeout=None) as client:
        runs = [asyncio.create_task(load.train(app, client)) for _ in range(training)]
        await asyncio.gather(*(one(number) for number in range(visitors)))
        steps = [await run for run in runs]
    return (
        f"{visitors} who open the page, {training} training: all that the first picture needs after "
        f"{statistics.median(whole):.0f} / {percentile(whole):.0f} ms, {load.told(failed)}, steps {steps}, "
        f"{app.megabytes:.0f} MB"
    )


async def press_train(app: App, visitors: int) -> str:
    """All at once, and each again: the order in which they are served."""
    order: list[int] = []
    settings_before, load.SETTINGS["seconds"] = load.SETTINGS["seconds"], 1
    begun = time.monotonic()

    async def pupil(number: int, client: httpx.AsyncClient) -> None:
        visitor = secrets.token_urlsafe(24)
        for _ in range(2):
            await load.train(app, client, visitor)
            order.append(number)

    async with httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None)) as client:
        await asyncio.gather(*(pupil(number, client) for number in range(visitors)))
    load.SETTINGS["seconds"] = settings_before
    once, twice = order[:visitors], order[visitors:]
    return (
        f"{visitors} press Train twice: {len(order)} runs in {time.monotonic() - begun:.0f} s, "
        f"{len(set(once))} different among the first {len(once)}, {len(set(twice))} among the others"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default=",".join(KINDS))
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--after", type=float, default=60)
    parser.add_argument("--class", dest="visitors", type=int)
    parser.add_argument("--abuse", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.abuse:
        asyncio.run(abuse(options.abuse, options.url, options.seconds))
        return
    environment = {"DAE_DATA": tempfile.gettempdir()}  # without MNIST
    if options.visitors:
        with running(environment=environment) as app:
            files = load.prepare(app)
            print(asyncio.run(first_pictures(app, files, 1, 0)), flush=True)
            print(asyncio.run(first_pictures(app, files, options.visitors, 3)), flush=True)
            print(asyncio.run(press_train(app, 30)), flush=True)
        return
    for kind in options.only.split(","):
        with running(environment=environment) as app:
            load.prepare(app)
            print(asyncio.run(beside(app, kind, options.seconds, options.after)), flush=True)


if __name__ == "__main__":
    main()
