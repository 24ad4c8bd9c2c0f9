"""How fast a network is trained here, beside the usual tutorial's loop and the floor that the hardware sets.

    python benchmarks/training.py [--data-dir DIR] [--device cpu] [--steps 240] [--target-seconds 0]

All train the network 784-512-256-128-256-512-784 with Adam on batches of 128, Gaussian noise of sigma 1, not clipped,
in one process, so that only the ratios count:

tutorial   a DataLoader whose dataset turns each digit into a tensor when it is asked for it, the noise drawn for each
           batch, a plain Adam; in float32
ours       `dae.training.Trainer.step`, in float32 and with its products in bfloat16
products   nothing but the matrix products of the same steps, in either precision: forward, and twice as many backward

With --target-seconds the tutorial's loop, and then our fastest settings for this task, train until the test MSE is
0.0395 (at sigma 1, not clipped), each for at most so long; ours for --fastest-steps at most.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dae import data, metrics, recipes
from dae.models import build
from dae.noise import corrupt
from dae.stages import Stage, TrainingNoise
from dae.training import Trainer, device_name, resolve_device

BATCH = 128
PRECISIONS = ("float32", "bfloat16")
TARGET = 0.0395
RECIPE = recipes.get("gfg")
STAGE = Stage(noises=(TrainingNoise("gaussian", 1.0, clip=False),), batch_size=BATCH)
# What reaches the target soonest: one wide layer, cross-entropy, a learning rate that is high and falls.
FASTEST = replace(
    recipes.get("quick").stages[0], noises=(TrainingNoise("gaussian", 1.0, clip=False),), learning_rate=4e-3
)


class Items(torch.utils.data.Dataset):
    """Digits as torchvision's MNIST hands them out: picture and label, made into a tensor when asked for."""

    def __init__(self, digits: data.Digits) -> None:
        self.data = (digits.images[:, 0] * 255).round().byte()
        self.targets = digits.labels
        self.transform = transforms.ToTensor()

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        picture, label = self.data[index], int(self.targets[index])
        return self.transform(Image.fromarray(picture.numpy(), mode="L")), label


def tutorial(digits: data.Digits, device: torch.device) -> Iterator[nn.Module]:
    """The usual loop; the network after each step."""
    torch.manual_seed(0)
    widths = (784, 512, 256, 128)
    encoder = [layer for i, o in pairwise(widths) for layer in (nn.Linear(i, o), nn.ReLU())]
    decoder = [layer for i, o in pairwise(widths[::-1]) for layer in (nn.Linear(i, o), nn.ReLU())][:-1]
    model = nn.Sequential(nn.Flatten(), *encoder, *decoder, nn.Sigmoid()).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=RECIPE.stages[0].learning_rate)
    loader = torch.utils.data.DataLoader(Items(digits), batch_size=BATCH, shuffle=True)
    while True:
        for clean, _ in loader:
            clean = clean.to(device)
            noisy = clean + torch.randn_like(clean)
            loss = F.mse_loss(model(noisy), clean.flatten(1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            yield model


def ours(images: torch.Tensor, precision: str, device: torch.device) -> Iterator[nn.Module]:
    trainer = Trainer(build(RECIPE.model), images, replace(STAGE, precision=precision), device=device)
    trainer.model.train()
    while True:
        trainer.step(0.0)
        yield trainer.model


def products(precision: str, device: torch.device) -> Iterator[None]:
    """The products alone: x W, then dL/dx and dL/dW of each layer (the first needs no dL/dx)."""
    widths, dtype = (784, 512, 256, 128, 256, 512, 784), getattr(torch, precision)
    shapes = [((BATCH, i), (i, o), (BATCH, o)) for i, o in pairwise(widths)]
    layers = [[torch.rand(shape).to(device, dtype) for shape in each] for each in shapes]
    while True:
        for number, (x, w, gradient) in enumerate(layers):
            x @ w
            x.T @ gradient
            if number:
                gradient @ w.T
        yield None


def milliseconds(run: Iterator, steps: int, device: torch.device) -> float:
    """The median time of a step; on a GPU, which works on while the next steps are being asked for, the mean of all."""
    for _ in range(5):
        next(run)
    if device.type == "cuda":
        torch.cuda.synchronize()
    times = [time.perf_counter()]
    for _ in range(steps):
        next(run)
        times.append(time.perf_counter())
    if device.type == "cuda":
        torch.cuda.synchronize()
        return (time.perf_counter() - times[0]) / steps * 1e3
    return float(np.median(np.diff(times))) * 1e3


def until(model_of: Iterator[nn.Module], test_error: Callable[[nn.Module], float], seconds: float, every: int) -> tuple:
    """(seconds of training, test MSE) when the target is reached, or at the end of the time."""
    spent, step, error = 0.0, 0, float("inf")
    while spent < seconds and error > TARGET:
        start = time.perf_counter()
        model = next(model_of, None)
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()
        spent += time.perf_counter() - start
        if model is None:
            break
        step += 1
        if step % every == 0:
            error = test_error(model)
    return spent, error


def fastest(images: torch.Tensor, steps: int, device: torch.device) -> Iterator[nn.Module]:
    trainer = Trainer(build(recipes.get("quick").model), images, FASTEST, device=device)
    trainer.model.train()
    for step in range(steps):
        trainer.step(step / steps)
        yield trainer.model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="the folder that holds MNIST/raw; without it the embedded digits are used")
    parser.add_argument("--device", choices=("cpu", "cuda", "auto"), default="cpu")
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--target-seconds", type=float, default=0)
    parser.add_argument("--fastest-steps", type=int, default=200, help="of the recipe's schedule, towards the target")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = resolve_device(arguments.device)
    everything = data.is_downloaded(arguments.data_dir)
    seen, test = (data.train(arguments.data_dir), data.test(arguments.data_dir)) if everything else data.visitor_split()
    print(f"{seen.name}; {device_name(device)}, {arguments.threads} threads")
    print(f"{arguments.steps} steps each, interleaved in three rounds\n")

    # In turns, so that what else the machine does meets all of them alike.
    runs = {"tutorial": tutorial(seen, device)}
    for precision in PRECISIONS:
        runs[f"ours, {precision}"] = ours(seen.images, precision, device)
        runs[f"products, {precision}"] = products(precision, device)
    times = {name: [] for name in runs}
    for _ in range(3):
        for name, run in runs.items():
            times[name].append(milliseconds(run, max(1, arguments.steps // 3), device))
    best = {name: float(np.median(each)) for name, each in times.items()}
    for name, each in best.items():
        print(
            f"{name:20}{each:8.2f} ms a step{BATCH / each * 1e3:10,.0f} digits a second{best['tutorial'] / each:7.2f}x"
        )
    for precision in PRECISIONS:
        print(f"\nours / products, {precision}: {best[f'ours, {precision}'] / best[f'products, {precision}']:.2f}")

    if arguments.target_seconds:
        clean = test.images.to(device)
        noisy = corrupt(test.images, "gaussian", 1.0, seed=0, clip=False).to(device)

        @torch.inference_mode()
        def test_error(model: nn.Module) -> float:
            restored = torch.cat([model(part) for part in noisy.split(1000)])
            return metrics.mse(restored.view_as(clean), clean)

        print(f"\ntime to a test MSE of {TARGET} at sigma 1, not clipped")
        found = {}
        for name, run, every in (
            ("tutorial", tutorial(seen, device), 50),
            ("ours", fastest(seen.images, arguments.fastest_steps, device), 25),
        ):
            found[name], error = until(run, test_error, arguments.target_seconds, every)
            print(f"{name:10}{found[name]:8.1f} s, MSE {error:.4f}", flush=True)
        print(f"ratio: {found['tutorial'] / found['ours']:.1f}")


if __name__ == "__main__":
    main()
