"""What the page must know of the library, written down for it once: python -m dae manifest

The noises with their ranges, the fields of the page's state with theirs, what the Train tab may set, and a line on each
shipped network. `dae/page/manifest.json` is that file; a test says when it is stale.
"""

from __future__ import annotations

import base64
import inspect
import json
import math
from collections.abc import Collection
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from dae.trial import Settings

PAGE = Path(__file__).resolve().parent / "page"
FILE = PAGE / "manifest.json"
GLOSSARY = PAGE / "words" / "glossary.math.json"  # by term; loaded with the glossary's texts
SCRIPT = PAGE / "views" / "train" / "script.json"  # loaded where a run is shown as code
PHOTOS = PAGE / "views" / "compare" / "photos.json"  # loaded when they are asked for

LANGUAGES = ("en", "zh")
TABS = ("denoise", "compare", "latent", "features", "sample", "score", "train", "results", "lessons", "about")
SOURCES = ("pick", "draw", "upload")
# Controls that a link's `hide=` leaves out.
HIDEABLE = (
    *("digit", "draw", "upload", "noise", "level", "clip", "seed", "model"),
    *("passes", "strip", "figures", "verdict", "error", "slide"),
    *("compare", "beside", "second"),
    *("sample_model", "sample_schedule", "sample_count", "sample_growing", "sample_question"),
    *("score_points", "score_network", "score_layers", "score_beside", "score_walk"),
    *("tabs", "link", "language"),
)
MAX_SEED = 999_999
MAX_PASSES = 8
MAX_PARTS = 99_999  # features: a network from a file may have more of them than one that is trained here
# What is known of the digit that the Sample tab asks about: all but a part, the means of blocks, or the noisy digit.
COVERS = ("lower", "upper", "left", "middle", "pixels", "coarse", "drawn", "noisy")
BETAS = (0.02, 1.0)  # of the ascent: smaller ones take hundreds of steps
MAX_SIGMAS = 100  # of the ladder
MAX_SAMPLES = 20  # that grow at once
MAX_ANSWERS = 64
# The guided lessons, `page/lessons/<id>.json`, in the order in which they build on each other.
LESSONS = ("copying", "noise", "levels", "code", "robust", "dictionaries", "train", "generating")
MAX_STEPS = 30  # of a lesson
SIGMAS = (0.05, 1.5)  # of the plane's noise
SCORE_LAYERS = ("points", "density", "exact", "learnt", "error")
MAX_DRAWN_POINTS, MAX_WALKERS = 300, 200
MAX_LINK_PIXELS = 2_000  # characters of an encoded digit in a link; a digit takes 200 to 700
FIRST_MODELS = (
    "conv-gaussian",
    "fc-gaussian",
    "plain",
    "universal",
)  # first in their groups, in this order; the first three are where to start, the first of all is what is shown
TRAIN_SECONDS = 15  # of a run, unless a visitor sets others
TRAIN_COMPARED = ("noise", "learning_rate", "latent_dim", "sparsity")  # what two runs side by side may differ in
TUTORIALS = ("apx", "gfg", "yt", "jz")  # sources of networks: the first word of their names
GROUPS = ("start", "all", "plain", "sparse", *TUTORIALS, "others")  # of the networks, in the menus' order


def choice(*choices: str, start: str | None = None) -> dict[str, Any]:
    return {"type": "choice", "choices": list(choices), "start": choices[0] if start is None else start}


def number(low: float, high: float, start: float, *, whole: bool = True) -> dict[str, Any]:
    return {"type": "whole" if whole else "number", "low": low, "high": high, "start": start}


def names(start: tuple[str, ...] = ()) -> dict[str, Any]:
    """Names between commas, of denoisers or networks."""
    return {"type": "names", "start": list(start)}


def state_fields() -> dict[str, dict[str, Any]]:
    """Every field of the page's state, by the name that it has in a link: its type, its range and where it starts."""
    from dae.data import GALLERY_PER_CLASS
    from dae.noise import NOISES

    return {
        "tab": choice(*TABS),
        "source": choice(*SOURCES),
        "digit": number(0, 9, 7),
        "index": number(0, GALLERY_PER_CLASS - 1, 11),
        "pixels": {"type": "pixels", "start": "", "longest": MAX_LINK_PIXELS},
        "noise": choice(*NOISES),
        "level": {"type": "level", "start": NOISES["gaussian"].default},  # its range is that of the noise
        "clip": {"type": "flag", "start": True},
        "seed": number(0, MAX_SEED, 7),
        "model": {"type": "model", "start": FIRST_MODELS[0]},
        "passes": number(1, MAX_PASSES, 1),
        "lang": choice(*LANGUAGES, start=""),  # empty: the browser's
        "hide": {"type": "list", "choices": list(HIDEABLE), "start": []},
        # A guided lesson, and where in it
        "lesson": {"type": "text", "start": "", "longest": 60},
        "step": number(1, MAX_STEPS, 1),
        "present": {"type": "flag", "start": False},  # for a projector
        # Compare
        "compare": names(),
        # Latent space
        "beside": {"type": "model", "start": ""},
        "plane": choice("code", "pca", "tsne", start=""),  # empty: the first that the network has
        "grid": {"type": "flag", "start": False},
        "picked": {"type": "text", "start": "", "longest": 5},  # a digit of the gallery: class and number, as "3-17"
        # Features
        "second": {"type": "model", "start": ""},
        "by": choice("rate", "energy", "similarity", "number", "noise"),
        "scale": choice("own", "common"),
        "from": choice("noisy", "clean"),
        "parts": number(0, MAX_PARTS, 5),  # features that a digit is built up from
        **sample_fields(),
        **score_fields(),
        # Train: a recipe, and what differs from it, as text
        "recipe": {"type": "text", "start": "", "longest": 60},
        "train_where": choice("browser", "server", start=""),  # empty: the browser, where it can and no GPU is offered
        **{f"train_{name}": {"type": "text", "start": "", "longest": 60} for name in train_settings()},
        # A second run beside it: the setting in which they differ, and its value there; empty: a usual one
        "train_compare": choice(*TRAIN_COMPARED, start=""),
        "train_with": {"type": "text", "start": "", "longest": 60},
        # Results
        "metric": choice("mse", "psnr", "ssim"),
        "curves": names(),
    }


def sample_fields() -> dict[str, dict[str, Any]]:
    """What the Sample tab may set: how digits are sampled, and what is asked about one."""
    from dae import sample_quality
    from dae.sampling import Ascent

    return {
        "sample_model": {"type": "model", "start": sample_quality.MODEL},
        "sample_schedule": choice("ascent", "ladder"),
        "sample_beta": number(*BETAS, Ascent().beta, whole=False),
        "sample_sigmas": number(2, MAX_SIGMAS, 20),  # of the ladder
        "sample_count": number(1, MAX_SAMPLES, 8),
        "sample_seed": number(0, MAX_SEED, 0),  # of the first
        "sample_cover": choice(*COVERS),
        "sample_hole": {"type": "pixels", "start": "", "longest": MAX_LINK_PIXELS},  # the drawn cover, 1 where it hides
        "sample_answers": number(1, MAX_ANSWERS, 8),
    }


def sampling_settings() -> dict[str, Any]:
    """What the Sample tab's schedules start from, and how it draws what fits."""
    from dae.sample_quality import fitting
    from dae.sampling import Ascent, Ladder

    ends = inspect.signature(Ladder.geometric).parameters
    return {
        "ascent": asdict(Ascent()),
        "ladder": {name: ends[name].default for name in ("first", "last")},
        "fitting": fitting(),
    }


def score_fields() -> dict[str, dict[str, Any]]:
    """What the Score tab may set: points of the plane, a network that learns their score, and walkers."""
    from dae.score2d import CURVES, MOST_STEPS, MOST_WIDTH, Training

    start = Training()
    return {
        "score_points": choice(*CURVES, "drawn"),
        "score_drawn": {"type": "pixels", "start": "", "longest": 3 * MAX_DRAWN_POINTS},  # three letters a point
        "score_sigma": number(*SIGMAS, start.sigma_low, whole=False),
        "score_sigmas": choice("one", "many"),  # that the network learns
        "score_low": number(*SIGMAS, SIGMAS[0], whole=False),
        "score_high": number(*SIGMAS, 1.0, whole=False),
        "score_width": number(1, min(256, MOST_WIDTH), start.width),  # as much as a browser trains while one looks on
        "score_batch": number(1, 2048, start.batch_size),
        "score_rate": number(1e-5, 1, start.learning_rate, whole=False),
        "score_steps": number(1, min(20_000, MOST_STEPS), start.steps),
        "score_seed": number(0, MAX_SEED, start.seed),
        "score_layers": {"type": "list", "choices": list(SCORE_LAYERS), "start": list(SCORE_LAYERS[:-1])},
        "score_beside": {"type": "flag", "start": False},  # the plain autoencoder of the same size
        "score_walkers": number(0, MAX_WALKERS, 0),  # dropped at random
        "score_walk": choice("once", "repeat", "langevin", "ladder"),
        "score_field": choice("learnt", "exact"),  # that they follow
    }


def train_settings() -> list[str]:
    """The settings of a run that a visitor sets."""
    from dae.trial import Settings

    return [each.name for each in fields(Settings) if each.name != "precision"]


def train_fields() -> dict[str, Any]:
    """What the Train tab may set: ranges, choices, and the settings that a run can start from."""
    from dae import trial
    from dae.cost import MOST_PARAMETERS
    from dae.models import ACTIVATIONS, OUTPUTS
    from dae.noise import NOISES
    from dae.sparsity import KINDS
    from dae.stages import LOSSES

    return {
        "ranges": {name: list(limits) for name, limits in trial.RANGES.items()},
        "widths": {name: list(limits) for name, limits in trial.WIDTHS.items()},
        "choices": {
            "architecture": list(trial.NETWORKS),
            "activation": list(ACTIVATIONS),
            "code_activation": list(ACTIVATIONS),
            "output": list(OUTPUTS),
            "sparsity": list(KINDS),
            "noise": [*NOISES, trial.PLAIN],
            "loss": list(LOSSES),
        },
        "stage": asdict(trial.Settings().stage),
        "limits": {"parameters": MOST_PARAMETERS, "work": trial.MOST_WORK},
        "recipes": {name: _settings(each) for name, each in trial.recipes_to_start_from().items()},
        "weights": {name: _settings(each) for name, each in trial.weights_to_start_from().items()},
    }


def _settings(settings: Settings) -> dict[str, Any]:
    """Settings as the form has them: the precision is the machine's."""
    return {name: value for name, value in asdict(settings).items() if name != "precision"} | {"seconds": TRAIN_SECONDS}


def group_of(name: str, noises: Collection[str], sparsity: str) -> str:
    """The menus' group of a network: the first of `GROUPS` that it belongs to.

    Args:
        name: the network's.
        noises: keys of the noises that it was trained on.
        sparsity: a kind of `dae.sparsity.KINDS`.
    """
    from dae.noise import NOISES

    source = name.split("-")[0]
    if name in FIRST_MODELS[:3]:
        return "start"
    if source in TUTORIALS:
        return source
    if set(noises) == set(NOISES):
        return "all"
    if sparsity != "none":
        return "sparse"
    return "others" if noises else "plain"


def model_lines() -> list[dict[str, Any]]:
    """A line on each shipped network, in the menus' order: what it is and what it was trained on."""
    from dae import checkpoints

    lines = []
    for name in checkpoints.names():
        info = checkpoints.info(name)
        stages = info.recipe.get("stages", ())
        noises = [noise for stage in stages for noise in stage.get("noises", ())]
        lines.append(
            {
                "name": name,
                "summary": info.recipe.get("summary", ""),
                "group": group_of(name, {noise["key"] for noise in noises}, info.model.sparsity.kind),
                "architecture": info.model.architecture,
                "latentDim": info.model.latent_dim if info.model.has_code else 0,
                "sparsity": info.model.sparsity.kind,
                "variational": info.model.variational,
                "widths": [*info.model.hidden, *info.model.channels],
                "noises": noises,
                "losses": list(dict.fromkeys(stage.get("loss", "") for stage in stages)),
                "data": info.data,
                "steps": info.steps,
                "seconds": round(info.seconds),
                "figures": [_finite(figure) for figure in info.figures],
                "parameters": checkpoints.parameter_count(name),
                "bytes": checkpoints.find(name).stat().st_size,
                "digest": checkpoints.digest(checkpoints.find(name))[:16],
            }
        )
    return sorted(lines, key=_order)


def _finite(figure: dict[str, Any]) -> dict[str, Any]:
    """A measured record as JSON can say it: an endless PSNR is null."""
    return {name: None if value == math.inf else value for name, value in figure.items()}


def _order(line: dict[str, Any]) -> tuple[int, int, str]:
    name = line["name"]
    first = FIRST_MODELS.index(name) if name in FIRST_MODELS else len(FIRST_MODELS)
    return GROUPS.index(line["group"]), first, name


def first_stage() -> dict[str, Any]:
    """What the page starts with, worked out beforehand, so that it shows before the network is loaded.

    Pictures are 784 grey values in base64; figures and verdicts are those of `dae.metrics` and `dae.verdict`.
    """
    import torch

    import dae
    from dae import metrics, verdict
    from dae.data import GALLERY_PER_CLASS, gallery

    start = {name: field["start"] for name, field in state_fields().items()}
    place = GALLERY_PER_CLASS * start["digit"] + start["index"]
    clean = gallery().images[place : place + 1]
    noisy = dae.corrupt(clean, start["noise"], start["level"], clip=start["clip"], seed=start["seed"])
    with torch.inference_mode():
        restored = dae.load(start["model"])(noisy)
    images = {"clean": clean, "noisy": noisy, "restored": restored.clamp(0, 1)}
    return {
        "pictures": {name: _greys(image) for name, image in images.items()},
        "figures": {
            name: {
                "mse": round(metrics.mse(image, clean), 6),
                "psnr": round(metrics.psnr(metrics.mse(image, clean)), 4),
                "ssim": round(metrics.ssim(image, clean), 4),
            }
            for name, image in (("noisy", noisy), ("restored", restored))
        },
        "verdicts": {
            name: {"digit": said.digit, "confidence": round(said.confidence, 4)}
            for name, image in images.items()
            for said in verdict.verdict(image)
        },
    }


def _greys(image: Tensor) -> str:
    return base64.b64encode((255 * image).round().byte().numpy().tobytes()).decode()


def manifest() -> dict[str, Any]:
    """The whole manifest, as JSON types."""
    from dae import formulas
    from dae.data import GALLERY_PER_CLASS
    from dae.noise import NOISES

    return {
        "edition": "server",
        "gallery": {"perClass": GALLERY_PER_CLASS},
        "noises": [
            {
                "key": noise.key,
                "symbol": noise.symbol,
                "maximum": noise.maximum,
                "start": noise.default,
                "canClip": noise.can_clip,
            }
            for noise in NOISES.values()
        ],
        "state": state_fields(),
        "lessons": [name for name in LESSONS if (PAGE / "lessons" / f"{name}.json").is_file()],
        "sampling": sampling_settings(),
        "train": train_fields(),
        "groups": [{"key": key, "tutorial": key in TUTORIALS} for key in GROUPS],
        "models": model_lines(),
        "first": first_stage(),
        "formulas": {
            "losses": {key: formulas.mathml(latex, block=True) for key, latex in formulas.LOSSES.items()},
            "noises": {key: formulas.mathml(latex) for key, latex in formulas.NOISES.items()},
        },
    }


def text() -> str:
    return json.dumps(manifest(), ensure_ascii=False, indent=1) + "\n"


def glossary_text() -> str:
    """The formulas of the glossary, as MathML."""
    from dae import formulas

    terms = {key: formulas.mathml(latex, block=True) for key, latex in formulas.TERMS.items()}
    return json.dumps(terms, ensure_ascii=False, indent=2) + "\n"


def script_text() -> str:
    """What the page writes scripts of its own runs with."""
    from dae.trial.script import for_page

    return json.dumps(for_page(), ensure_ascii=False, indent=2) + "\n"


def photos_text() -> str:
    """Made-up photos, for the Compare tab."""
    from dae.photo_quality import examples

    return json.dumps(examples(), indent=2) + "\n"


def write() -> list[Path]:
    """Write the manifest, the glossary's formulas, the script's template and the photos. Raises OSError."""
    from dae.checkpoints import write_whole

    written = ((FILE, text()), (GLOSSARY, glossary_text()), (SCRIPT, script_text()), (PHOTOS, photos_text()))
    return [write_whole(path, said.encode()) for path, said in written]
