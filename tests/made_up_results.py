"""A results file for the tests of the Results tab: round numbers that nothing measured."""

import math


def _denoising(denoiser: str, noise: str, level: float, mse: float, clip: bool | None = None, digits: int = 10_000):
    psnr = math.inf if mse == 0 else -10 * math.log10(mse)
    numbers = {"digits": digits, "mse": mse, "psnr": psnr, "ssim": 1 - mse}
    return {"denoiser": denoiser, "noise": noise, "level": level, "clip": clip, **numbers}


def _code(model: str, given: str, probe: float, nmi: float) -> dict:
    numbers = {"probe": probe, "neighbours": probe, "nmi": nmi, "latent_dim": 64, "nonzero": 12.5, "dead": 3}
    return {"model": model, "input": given, **numbers}


RESULTS = {
    "seed": 3,
    "versions": {"python": "3.99", "torch": "<i>9</i>"},
    "files": {"net": "a", "<b>bold</b>": "b"},
    "denoising": [
        *(
            _denoising(name, "gaussian", level, factor * level, clip, digits)
            for name, factor, digits in (
                ("none", 0.4, 10_000), ("net", 0.02, 10_000), ("<b>bold</b>", 0.01, 10_000), ("memoriser", 0.03, 1000),
            )
            for level in (1.0, 0.5, 0.3)
            for clip in (True, False)
        ),
        _denoising("none", "clean", 0.0, 0.0),
        _denoising("net", "clean", 0.0, 0.002),
        _denoising("<b>bold</b>", "clean", 0.0, 0.004),
        _denoising("net", "rain", 0.2, 0.5),
        _denoising("none", "masking", 0.5, 0.05),
        _denoising("net", "masking", 0.5, 0.01),
        _denoising("<b>bold</b>", "masking", 0.5, 0.02),
    ],
    "codes": [
        _code("pixels", "clean", 0.92, 0.5),
        _code("net", "clean", 0.96, 0.6),
        _code("net", "gaussian 0.5", 0.90, 0.4),
    ],
    "generalisation": [
        {"model": name, "input": given, "training": error, "test": 2 * error, "others": 3 * error}
        for name, error in (("net", 0.004), ("<b>bold</b>", 0.002))
        for given in ("clean", "gaussian 0.5")
    ],
    "few_labels": [
        {"model": "fine-tuned", "labels": 100, "error": 0.25, "spread": 0.01, "draws": 10},
        {"model": "fine-tuned", "labels": 55_000, "error": 0.02, "spread": 0.001, "draws": 3},
        {"model": "net", "labels": 100, "error": 0.2, "spread": 0.012, "draws": 10},
        {"model": "pixels", "labels": 100, "error": 0.3, "spread": 0.03, "draws": 10},
    ],
    "published_few_labels": [
        {"model": "Somebody's", "source": "<i>They</i> 2099", "labels": 100, "error": 0.01},
        {"model": "Another's", "source": "They 2099", "labels": None, "error": 0.005},
    ],
    "verdict": {
        "file": "c",
        "model": "net",
        "letters": 0.97,
        "noise": 1.0,
        "pictures": [
            {
                "name": name,
                "right": right,
                "unsure": 0.01,
                "bins": [
                    {"low": 0.0, "high": 0.6, "count": 0},
                    {"low": 0.6, "high": 1.0, "count": 10_000, "confidence": 0.98, "right": right},
                ],
            }
            for name, right in (("clean", 0.985), ("noisy", 0.8), ("restored", 0.95))
        ],
    },
    "sampling": {
        **{"model": "net", "code": "net", "files": {}, "steps": 158, "seed": 1, "close": 0.0123},
        "schedule": {"beta": 0.02, "h0": 0.03, "sigma_end": 0.05, "most_steps": 1000},
        "rows": [
            {
                **{"of": of, "images": 1000, "confident": sure, "ink": 0.125, "frechet": 0.456, "nearest": nearest},
                "classes": [0.05, 0.15, *[0.1] * 8],
            }
            for of, sure, nearest in (("samples", 0.951, 0.0222), ("training", 0.96, None), ("test", 0.97, 0.0333))
        ],
        "covered": {
            "fitting": {"beta": 0.5, "sigma_start": 1.0},
            **{"digits": 20, "one_step": 0.0346, "apart": 0.2468, "from_one_step": 0.0642},
            "means": [{"samples": 1, "mse": 0.067}, {"samples": 2, "mse": 0.05}],
        },
    },
}  # fmt: skip
