"""Denoisers at work: what one makes of digits, how good that is, at every level, and pass after pass.

    measure(denoiser, digits, "gaussian", 0.5)["psnr"]       # dB
    sweep(denoiser, clean, "masking", [0.0, 0.3, 0.6])       # one digit, the same draw at each level

A *denoiser* is any callable, noisy `(N, 1, 28, 28)` to a clean estimate of the same shape: a network, a yardstick of
`dae.baselines`, a function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dae import metrics
from dae.data import Digits
from dae.noise import NOISES, corrupt

Denoiser = Callable[[Tensor], Tensor]

SSIM_DIGITS = 1000  # SSIM takes long: the mean over the first so many


@torch.inference_mode()
def measure(
    denoiser: Denoiser, digits: Digits, noise: str | None, level: float = 0.0, *, clip: bool = True, seed: int = 0
) -> dict[str, Any]:
    """MSE, PSNR and SSIM of a denoiser on noisy digits.

    Args:
        denoiser: any callable, noisy `(N, 1, 28, 28)` to clean estimate.
        digits: the clean digits.
        noise: a key of `NOISES`, or None for clean input.
        level: the strength of the noise.
        clip: Gaussian only.
        seed: of the noise.

    Returns:
        a record `{"noise", "level", "clip", "digits", "mse", "psnr", "ssim"}`; "clip" is None where it means nothing.
        SSIM is the mean over at most the first 1,000 digits.
    """
    clean = digits.images
    noisy = clean if noise is None else corrupt(clean, noise, level, seed=seed, clip=clip)
    restored = torch.cat([denoiser(part) for part in noisy.split(1000)])
    error = metrics.mse(restored, clean)
    return {
        "noise": noise or "clean",
        "level": level if noise else 0.0,
        "clip": clip if noise and NOISES[noise].can_clip else None,
        "digits": len(digits.images),
        "mse": error,
        "psnr": metrics.psnr(error),
        "ssim": metrics.ssim(restored[:SSIM_DIGITS], clean[:SSIM_DIGITS]),
    }


GENERALISATION = ((None, 0.0), ("gaussian", 0.5))  # noise and level at which networks meet digits of several kinds


@torch.inference_mode()
def generalisation(denoiser: Denoiser, kinds: dict[str, Digits], *, seed: int = 0) -> list[dict[str, Any]]:
    """The MSE of a denoiser on digits that it was trained on beside that on others, without noise and with it.

    Args:
        denoiser: any callable, noisy `(N, 1, 28, 28)` to clean estimate.
        kinds: the digits, by a name for each kind.
        seed: of the noise.

    Returns:
        a record `{"input", NAME: MSE, ...}` for each input of `GENERALISATION`: "clean", "gaussian 0.5".
    """
    records = []
    for noise, level in GENERALISATION:
        errors = {}
        for name, digits in kinds.items():
            clean = digits.images
            noisy = clean if noise is None else corrupt(clean, noise, level, seed=seed)
            errors[name] = metrics.mse(torch.cat([denoiser(part) for part in noisy.split(1000)]), clean)
        records.append({"input": f"{noise} {level:g}" if noise else "clean", **errors})
    return records


@dataclass(frozen=True)
class Sweep:
    """One digit under the same noise at several levels."""

    levels: list[float]
    noisy: Tensor  # (levels, 1, 28, 28)
    restored: Tensor  # (levels, 1, 28, 28)
    noisy_psnr: list[float]  # dB
    restored_psnr: list[float]  # dB


@torch.inference_mode()
def sweep(
    denoiser: Denoiser, clean: Tensor, noise: str, levels: list[float], *, seed: int = 0, clip: bool = True
) -> Sweep:
    """Corrupt one digit `(1, 1, 28, 28)` at each level with the same draw, and restore it each time."""
    noisy = torch.cat([corrupt(clean, noise, level, seed=seed, clip=clip) for level in levels])
    restored = denoiser(noisy)
    noisy_psnr, restored_psnr = (
        [metrics.psnr(error) for error in metrics.mse_each(images, clean).tolist()] for images in (noisy, restored)
    )
    return Sweep(list(levels), noisy, restored, noisy_psnr, restored_psnr)


@torch.inference_mode()
def denoise_again(denoiser: Denoiser, noisy: Tensor, passes: int) -> list[Tensor]:
    """The noisy images `(N, 1, 28, 28)` and what becomes of them after 1, 2, ... passes: `passes + 1` such tensors."""
    path = [noisy]
    for _ in range(passes):
        path.append(denoiser(path[-1]))
    return path
