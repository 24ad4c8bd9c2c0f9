"""Visitors' runs and networks, made in no time, and what an event says of one."""

from __future__ import annotations

from dataclasses import replace

from asked import small
from served import run_async

from dae import checkpoints
from dae.models import build
from dae.server import networks, runs, training
from dae.server.askers import Asker
from dae.trial import Settings

SMALL = Settings(widths=(16,), latent_dim=8, batch_size=20, learning_rate=1e-2, seconds=30, seed=5)
ANN, BOB, EVE = ("ann" * 8, "bob" * 8, "eve" * 8)


def finished(run: runs.Run) -> runs.Run:
    while run.wait():
        pass
    run.thread.join()
    run.keep()
    return run


def trained(owner: str = ANN, steps: int = 10, **changes) -> runs.Run:
    run = runs.begin(owner, replace(SMALL, **changes), steps)
    run.look_after()
    run.start()
    return finished(run)


def kept(owner: str, number: int = 0) -> networks.Kept:
    info = checkpoints.Info({"name": "mine"}, SMALL.model, number, "digits")
    return networks.keep(owner, f"net {number}", build(SMALL.model, number).eval(), info)


def said_by(visitor, mode="new", settings=None, run="", **more) -> list[dict]:
    """All that an event says."""

    async def listen() -> list[dict]:
        return [said async for said in training.train(Asker("here", visitor), mode, settings, run, **more)]

    return run_async(listen)


def streamed(visitor: str, mode: str = "new", run: str = "", **changes) -> list[dict]:
    return said_by(visitor, mode, small(**changes), run)
