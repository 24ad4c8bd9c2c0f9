"""What visits leave behind: a thousand visitors come, train a network, use it and leave.

    python benchmarks/visits.py [--visits 1000] [--every 50]

The page runs as a program of its own; the visitors are sessions as its script makes them, without the browser (see
load.py): they open the page, look at a digit, start a run in Gradio's queue, stop it after its first steps, let their
own network restore a digit, upload a file, and close. Prints, as it goes, what /proc says of the process (Linux):
resident memory, threads and open files; and the files and megabytes in its temporary folder. Below that, the growth of
memory over the second half, by a straight line through it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from _app_process import running
from load import Visitor, run_key

WIDTHS = ([], [64], [256, 128], [512], [300, 100])


async def visit(port: int, number: int) -> None:
    """Raises whatever goes wrong."""
    visitor = Visitor(port, number)
    await visitor.open()
    assert "pictures" in (await visitor.ask("denoise", True) or {})
    train = visitor.dependency("train", "train")
    settings = {"widths": WIDTHS[number % len(WIDTHS)], "latent_dim": 32, "seed": number, "seconds": 5}
    asked = visitor.body(train, {"mode": "new", "settings": settings})
    (await visitor.http.post("/gradio_api/queue/join", json=asked)).raise_for_status()
    session = {"session_hash": visitor.session}
    async with visitor.http.stream("GET", "/gradio_api/queue/data", params=session) as stream:
        key = ""
        async for line in stream.aiter_lines():
            message = json.loads(line[5:]) if line.startswith("data:") else {}
            if message.get("msg") == "process_generating":
                key = run_key(message) or key
                if ((await visitor.server("frame", {"key": key})) or {}).get("step"):
                    break
    stopped = await visitor.event("train", "stop")
    own = stopped[0]["value"]["models"][0]["key"]
    assert own in (await visitor.ask("denoise", True, model=own) or {"query": ""})["query"]
    photo = {"files": ("photo.png", os.urandom(200_000))}
    (await visitor.http.post("/gradio_api/upload", files=photo)).raise_for_status()
    await visitor.leave()


def kept(folder: Path) -> tuple[int, float]:
    """Files below a folder and their megabytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=1000)
    parser.add_argument("--every", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(environment={"TMPDIR": folder}) as app:
        print("visits      MB  threads  open files  temporary files      MB    minutes", flush=True)
        start, memory = time.perf_counter(), []
        for number in range(1, options.visits + 1):
            asyncio.run(visit(app.port, number))
            if number % options.every == 0:
                memory.append((number, app.megabytes))
                files, megabytes = kept(Path(folder))
                print(
                    f"{number:6}{memory[-1][1]:8.0f}{app.threads:9}{app.open_files:12}{files:17}{megabytes:8.1f}"
                    f"{(time.perf_counter() - start) / 60:11.1f}",
                    flush=True,
                )
    if len(memory) >= 4:
        visits, resident = np.array(memory[len(memory) // 2 :]).T
        slope = np.polyfit(visits, resident, 1)[0]
        print(f"second half: {resident.mean():.0f} MB on average, {1000 * slope:+.0f} MB in 1,000 visits")


if __name__ == "__main__":
    main()
