"""Many visitors at once: how fast the page answers them, beside an empty Gradio app that is asked as often.

    python benchmarks/load.py [--visitors 1,10,50,100] [--seconds 15]

Each visitor holds a WebSocket, as the page does, and asks twice a second: four times of five for another level, else
for a digit that is being drawn. The empty app's visitors send an unqueued event as often. Both apps run as processes of
their own, and so do the visitors. Prints for each number of visitors the answers a second, the median and the 95th
percentile of the time to an answer, the errors, and the memory of the app's process (Linux).
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import websockets
from PIL import Image, ImageDraw
from startup import ROOT, free_port

EVERY_SECONDS = 0.5
EMPTY = """
import os
import gradio as gr
with gr.Blocks() as demo:
    level = gr.Slider(0, 1.5)
    answer = gr.HTML()
    level.input(lambda value: f"<p>{value}</p>", level, answer, queue=False, api_name="move")
demo.launch(server_port=int(os.environ["PORT"]), quiet=True, ssr_mode=False)
"""

Ask = Callable[[], Awaitable[bool]]  # one question; whether it was answered well


def drawing(chance: random.Random) -> str:
    """A few strokes as the pad sends them."""
    paper = Image.new("L", (112, 112))
    points = [(chance.randint(20, 92), chance.randint(20, 92)) for _ in range(4)]
    ImageDraw.Draw(paper).line(points, fill=255, width=9, joint="curve")
    stream = io.BytesIO()
    paper.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


async def page_visitor(port: int, chance: random.Random) -> tuple[Ask, Callable[[], Awaitable[None]]]:
    socket = await websockets.connect(f"ws://127.0.0.1:{port}/live", max_size=None, open_timeout=60)
    digit, seed = chance.randrange(10), chance.randrange(1000)

    async def ask() -> bool:
        query = f"digit={digit}&noise=gaussian&level={chance.randint(0, 150) / 100}&seed={seed}"
        picture = drawing(chance) if chance.random() < 0.2 else None
        await socket.send(
            "denoise " + json.dumps({"query": query, "lang": "en", "drawing": picture, "extras": [False]})
        )
        return "pictures" in (json.loads(await socket.recv()) or {})

    return ask, socket.close


async def empty_visitor(port: int, chance: random.Random) -> tuple[Ask, Callable[[], Awaitable[None]]]:
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)

    async def ask() -> bool:
        answer = await client.post("/gradio_api/run/move", json={"data": [chance.randint(0, 150) / 100]})
        return answer.status_code == 200 and "data" in answer.json()

    return ask, client.aclose


async def visits(visitor: Callable, port: int, count: int, seconds: float) -> tuple[list[float], int, float]:
    """The milliseconds of all answers, how many failed, and the seconds it took."""
    took: list[float] = []
    failed = 0

    async def stay(number: int) -> None:
        nonlocal failed
        chance = random.Random(number)
        ask, leave = await visitor(port, chance)
        await ask()  # what is only made once is made
        await asyncio.sleep(chance.random() * EVERY_SECONDS)
        next_time, end = time.perf_counter(), time.perf_counter() + seconds
        while next_time < end:
            await asyncio.sleep(max(0.0, next_time - time.perf_counter()))
            start = time.perf_counter()
            try:
                failed += not await ask()
            except (OSError, ValueError, httpx.HTTPError, websockets.WebSocketException):
                failed += 1
            took.append((time.perf_counter() - start) * 1e3)
            # A late answer is waited for, as the page waits for it.
            next_time = max(next_time + EVERY_SECONDS, time.perf_counter())
        await leave()

    start = time.perf_counter()
    await asyncio.gather(*(stay(number) for number in range(count)))
    return took, failed, time.perf_counter() - start


def megabytes(process: subprocess.Popen) -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", default="1,10,50,100")
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()

    apps = {"page": ([sys.executable, "app.py"], page_visitor), "empty": ([sys.executable, "-c", EMPTY], empty_visitor)}
    running = {}
    try:
        for name, (command, _) in apps.items():
            port = free_port()
            environment = {**os.environ, "PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            running[name] = subprocess.Popen(command, cwd=ROOT, env=environment, **quiet), port
        for _, port in running.values():
            for _ in range(600):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/", timeout=60)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
        print("visitors  app     answers/s   median ms   95 % ms   errors   memory MB")
        for count in map(int, options.visitors.split(",")):
            for name, (process, port) in running.items():
                took, failed, seconds = asyncio.run(visits(apps[name][1], port, count, options.seconds))
                quantiles = statistics.quantiles(took, n=20) if len(took) > 1 else took * 20
                print(
                    f"{count:8}  {name:6}{len(took) / seconds:11.1f}{statistics.median(took):12.1f}"
                    f"{quantiles[-1]:10.1f}{failed:9}{megabytes(process):12.0f}",
                    flush=True,
                )
    finally:
        for process, _ in running.values():
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    main()
