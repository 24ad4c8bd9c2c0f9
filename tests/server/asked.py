"""What the tests of the server send and read."""

from __future__ import annotations

import base64
from typing import Any

import torch

from dae import data

PAGE = {
    "index.html": '<!doctype html><title>Digits</title><meta property="og:image" content="page/preview.png">',
    "sw.js": "self.skipWaiting();\n",
    "app.js": "export const one = 1;\n" * 60,
    "engine/kernels.wasm": "\0asm",
    "words/zh.json": '{"title": "数字"}',
    ".hidden/secret.js": "export {};",
    "notes.md": "not for browsers",
}


def digit_text(index: int = 0) -> str:
    """A digit of the gallery as the page sends it."""
    return base64.b64encode(data.gallery().images[index].mul(255).round().byte().numpy().tobytes()).decode()


def floats(text: str) -> torch.Tensor:
    """Pictures as the server sends them: (N, 1, 28, 28)."""
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32).view(-1, 1, 28, 28)


def small(**changes: Any) -> dict[str, Any]:
    """Settings of a network that learns in no time, as the page sends them."""
    start = {
        "architecture": "mlp", "widths": [16], "latent_dim": 8, "activation": "relu", "code_activation": "relu",
        "output": "sigmoid", "tied": False, "sparsity": "none", "k": 16, "fraction": 0.05, "weight": 0.01, "rho": 0.05,
        "noise": "gaussian", "low": 0.5, "high": 0.5, "clip": True, "loss": "bce_with_logits", "learning_rate": 0.01,
        "batch_size": 20, "seed": 5, "seconds": 30, "start": "",
    }  # fmt: skip
    return start | changes
