"""Two weeks of a server, time compressed: its memory, threads and files at the end of each day.

    python benchmarks/life.py [--days 14] [--visits 60]

Visits as they come: who only looks; who asks Python; who trains; who brings networks along; who sends what
is broken, breaks off, or meets a fault of the server's own. Visitors who say nothing any more are forgotten after
seconds instead of minutes. Prints a line for each day, and how the second week differs from the first. The files that
are open more after the first days are fonts: matplotlib opens its own for each thread that draws, 64 of them at most.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import secrets
import statistics
import sys
import tempfile
from pathlib import Path

import abuse
import httpx
import load
from _app_process import App, running

# The same server, but for how long it remembers, and for two questions that fail as no question should.
COMPRESSED = """
import sys
from dae.server import app, launch, questions, visitors
app.SWEEP_SECONDS, visitors.GONE_SECONDS, visitors.BRIEF_SECONDS = 1.0, 6.0, 4.0
answers = questions.answers()
def neighbours(question, answer=answers["neighbours"]):
    if question.count == 49:
        raise RuntimeError("a fault")
    if question.count == 50:
        raise MemoryError
    return answer(question)
answers["neighbours"] = neighbours
launch.run()
"""


async def look(app: App, chance: random.Random, client: httpx.AsyncClient) -> None:
    for path in ("", "page/app.js", "checkpoints/plain.safetensors", f"gallery/{chance.randrange(10)}.bin"):
        await client.get(path)


async def ask(app: App, chance: random.Random, client: httpx.AsyncClient) -> None:
    for name, body in abuse.a_round(chance):
        await client.post(f"ask/{name}", json=body)


async def train(app: App, chance: random.Random, client: httpx.AsyncClient) -> None:
    await load.train(app, client)  # and goes without a word


async def bring(app: App, chance: random.Random, client: httpx.AsyncClient) -> None:
    visitor = secrets.token_urlsafe(24)
    file = abuse.network(chance.choice((8, 64, 0)))
    made = (await client.post("ask/keep", json={"visitor": visitor, "file": file})).json()
    if "key" in made:
        await client.post("ask/neighbours", json={"model": made["key"], "index": 1})
    if chance.random() < 0.5:  # else a browser that crashed
        await client.post("ask/leave", json={"visitor": visitor})


async def fail(app: App, chance: random.Random, client: httpx.AsyncClient) -> None:
    for body in (b"{", b"[" * 5000, b'{"file": "AAAA"}'):
        await client.post("ask/keep", content=body)
    for count in (49, 50):
        await client.post("ask/neighbours", json={"model": "plain", "index": 3, "count": count})
    with contextlib.suppress(httpx.HTTPError):
        file = {"visitor": secrets.token_urlsafe(24), "file": abuse.network()}
        await client.post("ask/keep", json=file, timeout=0.05)  # breaks off
    body = {"data": [], "session_hash": secrets.token_urlsafe(8)}
    await client.post("gradio_api/call/models", json=body)  # whose answer nobody fetches


VISITS = ((look, 60), (ask, 20), (bring, 10), (fail, 7), (train, 3))  # of a hundred


async def a_day(app: App, visits: int, chance: random.Random) -> None:
    kinds = [kind for kind, count in VISITS for _ in range(count)]

    async def visit() -> None:
        headers = {"Visitor": secrets.token_urlsafe(24)}
        async with httpx.AsyncClient(base_url=app.url, timeout=300, headers=headers) as client:
            await chance.choice(kinds)(app, chance, client)

    for start in range(0, visits, 4):  # four at a time
        await asyncio.gather(*(visit() for _ in range(min(4, visits - start))))
    await asyncio.sleep(8)  # the night: all are forgotten


def measured(app: App, folder: Path) -> tuple[float, int, int, int]:
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    return app.megabytes, app.threads, app.open_files, files


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--visits", type=int, default=60, help="a day")
    options = parser.parse_args()
    chance, days = random.Random(0), []
    load.SETTINGS["seconds"] = 1
    with tempfile.TemporaryDirectory() as folder:
        environment = {"GRADIO_TEMP_DIR": folder, "DAE_DATA": folder}
        with running((sys.executable, "-c", COMPRESSED), environment=environment) as app:
            load.prepare(app)
            for day in range(1, options.days + 1):
                asyncio.run(a_day(app, options.visits, chance))
                days.append(measured(app, Path(folder)))
                megabytes, threads, open_files, files = days[-1]
                print(
                    f"day {day:2}: {megabytes:5.0f} MB, {threads} threads, {open_files} open files, "
                    f"{files} temporary files, {app.children} children",
                    flush=True,
                )
    half = len(days) // 2
    for place, name in enumerate(("MB", "threads", "open files", "temporary files")):
        first, second = (statistics.mean(day[place] for day in days_) for days_ in (days[:half], days[half:]))
        print(f"{name}: {first:.1f} in the first half, {second:.1f} in the second")


if __name__ == "__main__":
    main()
