"""Many visitors at once: how fast the page answers them, beside an empty Gradio app that is asked as often.

    python benchmarks/load.py [--visitors 1,10,50,100] [--training 3] [--seconds 15] [--root CHECKOUT]

The visitors are sessions as the page makes them, without the browser: the page itself, the heartbeat, the event of
opening it, then a WebSocket. Twice a second each of them does something: 15 times of 20 the slider moves (what lies
around is fetched ahead, as the page does; a level that is there already is shown at once and is not counted), 4 times a
digit is being drawn, once the seed is changed, which is one of Gradio's own unqueued events. Some of them train, one
after the other through Gradio's queue, and look at their run while it goes on. The empty app's visitors send an
unqueued event as often. Both apps run as processes of their own, and so do the visitors.

Prints for each number of visitors: answers a second, median and 95th percentile of the milliseconds to an answer, the
same for opening the page when all come at once, errors, and the memory of the app's process (Linux). `--root` names
another checkout of this project, to compare with.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import io
import json
import random
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

import httpx
import websockets
from _app_process import ROOT, running
from PIL import Image, ImageDraw

EVERY_SECONDS = 0.5
LEVELS = [round(i / 100, 2) for i in range(151)]
EMPTY = """
import os
import gradio as gr
with gr.Blocks() as demo:
    level = gr.Slider(0, 1.5)
    answer = gr.HTML()
    level.input(lambda value: f"<p>{value}</p>", level, answer, queue=False, api_name="move")
demo.launch(server_port=int(os.environ["PORT"]), quiet=True, ssr_mode=False)
"""


def drawing(chance: random.Random) -> str:
    """A few strokes as the pad sends them."""
    paper = Image.new("L", (112, 112))
    points = [(chance.randint(20, 92), chance.randint(20, 92)) for _ in range(4)]
    ImageDraw.Draw(paper).line(points, fill=255, width=9, joint="curve")
    stream = io.BytesIO()
    paper.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


class Visitor:
    """One session of the page."""

    config: ClassVar[dict] = {}  # of the page, the same for all visitors
    runs: ClassVar[int] = 0  # that came to their end

    def __init__(self, port: int, number: int) -> None:
        self.chance = random.Random(number)
        self.session = secrets.token_hex(8)
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120)
        self.live = f"ws://127.0.0.1:{port}/live"
        self.one_at_a_time = asyncio.Lock()  # as the page asks through its WebSocket
        self.tasks: list[asyncio.Task] = []
        self.digit, self.seed = self.chance.randrange(10), self.chance.randrange(1000)
        self.film: set[float] = set()

    async def open(self) -> None:
        page = await self.http.get("/")
        page.raise_for_status()
        if not Visitor.config:
            Visitor.config = (await self.http.get("/config")).json()
        self.tasks.append(asyncio.create_task(self._heartbeat()))
        await self.event(target="load")
        self.socket = await websockets.connect(self.live, max_size=None, open_timeout=120)

    @classmethod
    def dependency(cls, elem_id: str | None, event: str) -> dict:
        named = {each["id"]: each["props"].get("elem_id") for each in cls.config["components"]}
        for each in cls.config["dependencies"]:
            if any(
                what == event and (elem_id is None or named.get(where) == elem_id) for where, what in each["targets"]
            ):
                return each
        raise LookupError(f"{elem_id} has no event {event}")

    def body(self, dependency: dict, data: object = None, **values: object) -> dict:
        props = {each["id"]: each["props"] for each in self.config["components"]}
        sent = [values.get(props[i].get("elem_id"), props[i].get("value")) for i in dependency["inputs"]]
        return {
            "fn_index": dependency["id"],
            "session_hash": self.session,
            "data": sent,
            "event_data": data,
            "trigger_id": dependency["targets"][0][0],
        }

    async def event(self, elem_id: str | None = None, target: str = "click", **values: object) -> list:
        """One of the page's unqueued events."""
        dependency = self.dependency(elem_id, target)
        answer = await self.http.post("/gradio_api/run/predict", json=self.body(dependency, **values))
        return answer.raise_for_status().json()["data"]

    async def _heartbeat(self) -> None:
        async with self.http.stream("GET", f"/gradio_api/heartbeat/{self.session}") as stream:
            async for _ in stream.aiter_raw():
                pass

    async def server(self, name: str, data: dict) -> object:
        """A question of the Train tab's script."""
        view = self.dependency("train", "train")["targets"][0][0]
        question = {"data": data, "component_id": view, "fn_name": name, "session_hash": self.session}
        return (await self.http.post("/gradio_api/component_server", json=question)).raise_for_status().json()

    async def ask(
        self, view: str, extra: object, picture: str | None = None, level: float = 0.5, model: str = ""
    ) -> dict | None:
        """A question of the Denoise tab's script."""
        query = f"digit={self.digit}&noise=gaussian&level={level}&seed={self.seed}&model={model}"
        asked = {"query": query, "lang": "en", "drawing": picture, "extras": [extra]}
        async with self.one_at_a_time:
            await self.socket.send(f"{view} {json.dumps(asked)}")
            return json.loads(await self.socket.recv())

    async def _fetch_ahead(self, level: float) -> None:
        seed = self.seed
        while seed == self.seed and (missing := [each for each in LEVELS if each not in self.film]):
            missing.sort(key=lambda each: abs(each - level))
            found = await self.ask("film", missing)
            if not found or not found["frames"] or seed != self.seed:
                return
            self.film.update(frame["level"] for frame in found["frames"])

    async def act(self) -> bool | None:
        """Do something: whether it was answered well, or None where nothing had to be asked."""
        what = self.chance.random()
        if what < 0.75:
            level = self.chance.choice(LEVELS)
            if level in self.film:
                return None
            answer = await self.ask("denoise", False, level=level)
            self.tasks = [task for task in self.tasks if not task.done()]
            if len(self.tasks) == 1:  # the heartbeat
                self.tasks.append(asyncio.create_task(self._fetch_ahead(level)))
            return "pictures" in (answer or {})
        if what < 0.95:
            return "pictures" in (await self.ask("denoise", False, drawing(self.chance)) or {})
        self.seed, self.film = self.chance.randrange(1000), set()
        values = {"open-tab": "denoise", "seed": self.seed, "model": "conv-gaussian"}
        return "pictures" in json.dumps((await self.event("seed", "input", **values))[0])

    async def train(self, seconds: float) -> None:
        """One run after the other, until the time is over."""
        dependency = self.dependency("train", "train")
        settings = (await self.server("setup", {}))["recipes"]["quick"]
        end, key = time.perf_counter() + seconds, ""
        while time.perf_counter() < end:
            asked = self.body(dependency, {"mode": "new", "settings": settings})
            (await self.http.post("/gradio_api/queue/join", json=asked)).raise_for_status()
            async with self.http.stream(
                "GET", "/gradio_api/queue/data", params={"session_hash": self.session}
            ) as stream:
                async for line in stream.aiter_lines():
                    if time.perf_counter() > end:
                        break
                    message = json.loads(line[5:]) if line.startswith("data:") else {}
                    if message.get("msg") == "process_completed":
                        Visitor.runs += 1
                        break
                    if message.get("msg") == "process_generating":
                        key = run_key(message) or key
                        if await self.server("frame", {"key": key}) is None and key:
                            raise ValueError("the run is not there")

    async def leave(self) -> None:
        for task in self.tasks:
            task.cancel()
        with contextlib.suppress(AttributeError):
            await self.socket.close()
        await self.http.aclose()


def run_key(message: dict) -> str:
    """The key of a run in what Gradio sends of it: a value, or the changes of one; empty where it does not change."""
    told = message["output"]["data"][0]
    if isinstance(told, dict):
        return told["value"]["key"]
    return next((value for _, path, value in told if path == ["value", "key"]), "")


class EmptyVisitor:
    def __init__(self, port: int, number: int) -> None:
        self.chance = random.Random(number)
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120)

    async def open(self) -> None:
        (await self.http.get("/")).raise_for_status()

    async def act(self) -> bool:
        answer = await self.http.post("/gradio_api/run/move", json={"data": [self.chance.choice(LEVELS)]})
        return answer.status_code == 200 and "data" in answer.json()

    async def leave(self) -> None:
        await self.http.aclose()


async def visits(kind: type, port: int, count: int, training: int, seconds: float) -> dict[str, list[float] | int]:
    """Milliseconds of all answers and of opening the page, and how much failed."""
    took: list[float] = []
    opening: list[float] = []
    failed = 0
    expected = (OSError, ValueError, LookupError, httpx.HTTPError, websockets.WebSocketException)

    async def timed(action: Callable[[], Awaitable[bool | None]], times: list[float]) -> None:
        nonlocal failed
        start = time.perf_counter()
        try:
            well = await action()
            failed += well is False
        except expected as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            well, failed = True, failed + 1
        if well is not None:
            times.append((time.perf_counter() - start) * 1e3)

    async def opened(visitor: Visitor | EmptyVisitor) -> bool:
        await visitor.open()
        return True

    async def stay(visitor: Visitor | EmptyVisitor) -> None:
        await asyncio.sleep(visitor.chance.random() * EVERY_SECONDS)
        next_time, end = time.perf_counter(), time.perf_counter() + seconds
        while next_time < end:
            await asyncio.sleep(max(0.0, next_time - time.perf_counter()))
            await timed(visitor.act, took)
            # A late answer is waited for, as the page waits for it.
            next_time = max(next_time + EVERY_SECONDS, time.perf_counter())

    visitors = [kind(port, number) for number in range(count)]
    if kind is Visitor and not Visitor.config:  # what is only made once is made
        first = Visitor(port, -1)
        await first.open()
        await first.act()
        await first.leave()
    await asyncio.gather(*(timed(lambda visitor=visitor: opened(visitor), opening) for visitor in visitors))
    busy = [visitor.train(seconds) for visitor in visitors[:training]]
    await asyncio.gather(*(stay(visitor) for visitor in visitors[training:]), *busy)
    await asyncio.gather(*(visitor.leave() for visitor in visitors))
    return {"took": took, "opening": opening, "failed": failed}


def quantiles(times: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(times), (statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", default="1,10,50,100")
    parser.add_argument("--training", type=int, default=3, help="how many of them train in the second line of each")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--root", type=Path, default=ROOT)
    options = parser.parse_args()

    kinds = {"page": Visitor, "empty": EmptyVisitor}
    with running(root=options.root) as page, running((sys.executable, "-c", EMPTY)) as empty:
        apps = {"page": page, "empty": empty}
        print(f"{'':29}answers{'':13}opening")
        print("visitors  training  app      a second  median  95 %  median  95 %  errors  memory MB")
        for count in map(int, options.visitors.split(",")):
            lines = [("page", 0), ("empty", 0)]
            if count > options.training > 0:
                lines.insert(1, ("page", options.training))
            for name, training in lines:
                found = asyncio.run(visits(kinds[name], apps[name].port, count, training, options.seconds))
                figures = (*quantiles(found["took"]), *quantiles(found["opening"]))
                print(
                    f"{count:8}{training:10}  {name:8}{len(found['took']) / options.seconds:9.1f}"
                    + "".join(f"{figure:{width}.0f}" for figure, width in zip(figures, (8, 6, 8, 6), strict=True))
                    + f"{found['failed']:8}{apps[name].megabytes:11.0f}",
                    flush=True,
                )
        print(f"training runs that came to their end: {Visitor.runs}")


if __name__ == "__main__":
    main()
