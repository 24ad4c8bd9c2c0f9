"""A denoising autoencoder library for 28x28 digits, in plain PyTorch.

    import dae

    dae.checkpoints.names()                              # the shipped checkpoints
    model = dae.load("conv-gaussian")                    # a shipped checkpoint's name, or a path to a .safetensors file
    noisy = dae.corrupt(clean, "gaussian", 0.5, seed=0)  # (N, 1, 28, 28) -> the same
    restored = model(noisy)                              # (N, 1, 28, 28) -> the same
    code = model.encode(clean)                           # (N, latent_dim)
    digit = dae.preprocess(image)                        # PIL image or array -> (1, 1, 28, 28)
    samples = dae.sample(model, 8, seed=0)               # (8, 1, 28, 28), out of pure noise

Images are float32 (N, 1, 28, 28) in [0, 1], white ink on black. Everything is imported on first use, so that
``import dae`` alone costs nothing: no torch, no numpy.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dae.checkpoints import load
    from dae.noise import corrupt
    from dae.preprocessing import preprocess
    from dae.sampling import sample

__version__ = "0.1.0"

_FUNCTIONS = {"load": "checkpoints", "corrupt": "noise", "preprocess": "preprocessing", "sample": "sampling"}
# Not dae.server: it needs Gradio, the library does not.
_MODULES = tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in ("__main__", "server")))

__all__ = ["corrupt", "load", "preprocess", "sample", *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        value = getattr(importlib.import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
