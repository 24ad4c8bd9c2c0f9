"""The Latent space tab: the gallery's codes on a plane to hover over, click and drag on, and what noise does to them.

The tab is one component. Its script asks the server functions below for what it shows, so that nothing is computed or
sent before the tab is opened, and a drag does not wait for Gradio's events. Whatever arrives there may come from
anybody: each function answers None to nonsense.
"""

from __future__ import annotations

import base64
import functools
import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np
import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dae import checkpoints, data, encoding, evaluation, latent
from dae.checkpoints import CheckpointError
from dae.figures import CLASS_COLOURS, FORMATS
from dae.latent import Plane
from dae.models import Autoencoder
from dae.noise import NOISES, corrupt
from dae.ui import models, tiles
from dae.ui.controls import Controls, Values, View
from dae.ui.live import follow, values_of
from dae.ui.models import Loading
from dae.ui.text import text, texts
from dae.ui.widgets import (
    PNG_PREFIX,
    from_head,
    in_head,
    pack_overlay,
    pack_points,
    pack_sprite,
    plane_script,
    read_asset,
    script,
)

log = logging.getLogger(__name__)

BESIDE = ("plain", "conv-gaussian", "fc-gaussian")  # what a model is put beside unless another is chosen
COPY_COLOURS = ("#34d3a6", "#eceff3")  # of the noisy copies: the model's, and those of the one beside it
NEIGHBOURS = 8
BATCH = 512
UNITS = 128  # code values that the picture of a batch shows at most
SAMPLES = (4, 10)  # rows and columns
SPRITE_COLUMNS = 100

Json = dict[str, Any]


def has_code(name: str) -> bool:
    if (own := models.yours(name)) is not None:
        return own.network.config.has_code
    try:
        return checkpoints.info(name).model.has_code
    except CheckpointError:
        return False


def names(also: object = None) -> list[str]:
    """The models that have a code, in the page's order, `also` among them where it is a visitor's own."""
    return [name for name in models.known(also) if has_code(name)]


def beside(name: str, wished: object) -> str:
    """The model to show beside `name`: the wished one, else a plain one beside a denoising one and the other way."""
    known = names()
    if isinstance(wished, str) and wished in names(wished):
        return wished
    return next((other for other in (*BESIDE, *known) if other in known and other != name), name)


@functools.lru_cache(maxsize=8)
def _linear_plane(name: str, model: Autoencoder) -> Plane:
    codes, stored = models.gallery_codes(model), stored_planes(name)
    return replace(stored.linear, xy=stored.linear.project(codes)) if stored else latent.linear_plane(codes)


@functools.lru_cache(maxsize=8)
def _scale(model: Autoencoder) -> float:
    return latent.class_scale(models.gallery_codes(model), data.gallery().labels)


def stored_planes(name: str) -> latent.Planes | None:
    """What was computed beforehand; nothing for a visitor's own network."""
    return latent.load_planes(name) if models.yours(name) is None else None


def plane_of(name: str, kind: object) -> Plane | None:
    """A plane of a model's codes; of t-SNE, which takes long, only what is stored or has been computed, else None.

    Anything but "tsne" is the plane that has a decoder.
    """
    model = models.load(name)
    if kind == "tsne":
        stored = stored_planes(name)
        return stored.tsne if stored else _finished.get(model)
    return _linear_plane(name, model)


def scale_of(name: str) -> float:
    stored = stored_planes(name)
    return stored.scale if stored else _scale(models.load(name))


def extent_of(plane: Plane, inside: torch.Tensor | None = None) -> list[float]:
    """A square around a plane's points, larger in steps of a quarter until other places `(K, 2)` lie in it as well."""
    extent = np.array(pack_points(plane.xy.numpy(), np.zeros(len(plane.xy)))["extent"])
    centre, half = extent.reshape(2, 2).mean(1), (extent[1] - extent[0]) / 2
    if inside is not None and len(inside):
        reach = float(np.abs(inside.numpy() - centre).max()) * 1.05
        half *= 1.25 ** max(0, math.ceil(math.log(max(reach / half, 1e-9), 1.25)))
    return [*(centre[0] + np.array([-half, half])), *(centre[1] + np.array([-half, half]))]


def places_of(name: str, plane: Plane, codes: torch.Tensor) -> torch.Tensor:
    """Where codes lie on a plane; on t-SNE's, where the nearest gallery digit does."""
    if plane.linear:
        return plane.project(codes)
    known = models.gallery_codes(models.load(name))
    return torch.cat([plane.xy[latent.neighbours(known, code, 1)[0]] for code in codes])


# The picture from which hovering cuts its digits, with an address of its own: too large for a component's properties.
SPRITE = "live/gallery.png"
_drawing_sprite = threading.Lock()


@functools.cache
def _sprite() -> tuple[Json, bytes]:
    sprite = pack_sprite(data.gallery().images.numpy(), SPRITE_COLUMNS)
    return sprite | {"src": SPRITE}, base64.b64decode(sprite["src"].removeprefix(PNG_PREFIX))


def _send_sprite(request: Request) -> Response:
    with _drawing_sprite:
        content = _sprite()[1]
    return Response(content, media_type="image/png", headers={"Cache-Control": "max-age=86400"})


def routes() -> list[BaseRoute]:
    """For the server that Gradio launches."""
    return [Route(f"/{SPRITE}", _send_sprite)]


# t-SNE on request, one at a time


@dataclass
class Work:
    """A t-SNE that is under way."""

    model: Autoencoder
    percent: int = 0
    failed: bool = False


_finished: dict[Autoencoder, Plane] = {}  # the latest few
_working = threading.Lock()
_work: Work | None = None


def _compute(work: Work) -> None:
    def watch(percent: int) -> None:
        work.percent = percent

    try:
        plane = latent.tsne_plane(models.gallery_codes(work.model), watch=watch)
        while len(_finished) >= 8:
            _finished.pop(next(iter(_finished)))
        _finished[work.model] = plane
    except Exception:
        log.exception("t-SNE failed")
        work.failed = True
    work.percent = 100


# What the browser may ask


Answer = Callable[[Any], Json | None]


def answers(function: Callable[[Json], Json | None]) -> Answer:
    """A server function: anything may arrive, and what makes no sense is None."""

    @functools.wraps(function)
    def answer(asked: Any) -> Json | None:
        try:
            return function(asked) if isinstance(asked, dict) else None
        except (ValueError, TypeError):  # a model that is gone, a number that is none
            return None

    return answer


def asked_model(asked: Json) -> str:
    """The model with a code that is asked about. Raises ValueError."""
    name = asked.get("model")
    if not isinstance(name, str) or name not in names(name):
        raise ValueError("There is no such model with a code.")
    return name


def asked_index(asked: Json) -> int:
    index = asked.get("index")
    if type(index) is not int or not 0 <= index < len(data.gallery()):
        raise ValueError("There is no such digit.")
    return index


def asked_plane(asked: Json) -> tuple[str, Plane]:
    name = asked_model(asked)
    plane = plane_of(name, asked.get("kind"))
    if plane is None:
        raise ValueError("This t-SNE has not been computed.")
    return name, plane


def asked_values(asked: Json) -> Values:
    values = values_of(asked)
    if values is None:
        raise ValueError("That is no lesson.")
    return values


def row(images: torch.Tensor) -> str:
    """Images side by side, for a canvas."""
    return tiles.raw(np.ascontiguousarray(tiles.row(images)))


def mosaic(images: torch.Tensor, columns: int) -> str:
    """Images (rows * columns, 1, 28, 28) row by row, as a PNG."""
    grey = tiles.grey(images).reshape(-1, columns, 28, 28)
    return tiles.png(grey.swapaxes(1, 2).reshape(-1, columns * 28))


@answers
def points(asked: Json) -> Json | None:
    """The gallery on a plane: {"model", "kind"}."""
    name = asked_model(asked)
    plane = plane_of(name, asked.get("kind"))
    if plane is None:
        return {"missing": True}
    return {
        "points": pack_points(plane.xy.numpy(), data.gallery().labels.numpy()),
        "width": models.load(name).config.latent_dim,
        "share": [f"{share:.0%}" for share in plane.share],
    }


@answers
def sprite(asked: Json) -> Json | None:
    """Where the pictures are that hovering shows."""
    with _drawing_sprite:
        return _sprite()[0]


@answers
@torch.inference_mode()
def decode(asked: Json) -> Json | None:
    """The decoder's picture of a place, or the nearest digit where there is no decoder: {"model", "kind", "x", "y"}."""
    name, plane = asked_plane(asked)
    place = [asked.get("x"), asked.get("y")]
    if not all(type(value) in (int, float) and abs(value) < 1e6 for value in place):  # also false for NaN
        return None
    xy = torch.tensor([place], dtype=torch.float32)
    if plane.linear:
        return {"pixels": row(latent.decode_at(models.load(name), plane, xy))}
    index = int(plane.nearest(xy))
    gallery = data.gallery()
    return {"pixels": row(gallery.images[index : index + 1]), "digit": int(gallery.labels[index])}


@answers
@torch.inference_mode()
def point(asked: Json) -> Json | None:
    """A digit of the gallery, its reconstruction, and its nearest neighbours in code space: {"model", "index"}."""
    name, index = asked_model(asked), asked_index(asked)
    gallery, model = data.gallery(), models.load(name)
    codes = models.gallery_codes(model)
    near, distances = latent.neighbours(codes, codes[index], NEIGHBOURS, leave_out=index)
    clean = gallery.images[index : index + 1]
    return {
        "index": index,
        "digit": int(gallery.labels[index]),
        "number": index % data.GALLERY_PER_CLASS,
        "clean": row(clean),
        "reconstruction": row(model.decode(codes[index : index + 1])),
        "neighbours": [
            {
                "index": i,
                "digit": int(gallery.labels[i]),
                "pixels": row(gallery.images[i : i + 1]),
                "distance": distance,
            }
            for i, distance in zip(near.tolist(), distances.tolist(), strict=True)
        ],
    }


@functools.lru_cache(maxsize=16)
def _grid(model: Autoencoder, plane: Plane) -> Json:
    extent = extent_of(plane)
    pictures = latent.decode_at(model, plane, latent.grid_places(tuple(extent)))
    return {"src": mosaic(pictures, latent.GRID), "extent": extent}


@answers
def grid(asked: Json) -> Json | None:
    """The decoder's pictures all over a plane: {"model", "kind"}."""
    name, plane = asked_plane(asked)
    return _grid(models.load(name), plane) if plane.linear else None


@answers
@torch.inference_mode()
def between(asked: Json) -> Json | None:
    """From the visitor's digit to one of the gallery, through the codes and through the pixels: a lesson, and
    {"model", "index"}."""
    name, index = asked_model(asked), asked_index(asked)
    model, start = models.load(name), asked_values(asked).shown.clean
    end = data.gallery().images[index : index + 1]
    codes = latent.interpolate(model.encode(start), model.encode(end))
    return {"code": row(model.decode(codes)), "pixel": row(latent.interpolate(start, end)), "index": index}


@answers
def sampled(asked: Json) -> Json | None:
    """Digits out of nothing, for a variational model: {"model", "seed"}."""
    model, seed = models.load(asked_model(asked)), asked.get("seed")
    if not model.config.variational or type(seed) is not int or not 0 <= seed < 2**31:
        return None
    return {"src": mosaic(latent.samples(model, SAMPLES[0] * SAMPLES[1], seed), SAMPLES[1])}


@functools.lru_cache(maxsize=4)
def _manifold(model: Autoencoder, plane: Plane) -> str:
    return mosaic(latent.manifold(model, plane), latent.GRID)


@answers
def manifold(asked: Json) -> Json | None:
    """Pictures of equally probable codes, for a variational model: {"model"}."""
    name = asked_model(asked)
    model, plane = models.load(name), plane_of(name, None)
    return {"src": _manifold(model, plane)} if model.config.variational and plane is not None else None


@answers
@torch.inference_mode()
def batch(asked: Json) -> Json | None:
    """The codes of 512 digits as a picture, clean and under the lesson's noise: a lesson, and {"model"}."""
    lesson, model = asked_values(asked).lesson, models.load(asked_model(asked))
    gallery = data.gallery()
    chosen = torch.linspace(0, len(gallery) - 1, BATCH).round().long()  # the gallery is in the order of its classes
    clean = models.gallery_codes(model)[chosen]
    noisy = corrupt(gallery.images[chosen], lesson.noise, lesson.level, seed=lesson.seed, clip=lesson.clip)
    codes = (clean, encoding.codes_of(model, noisy))
    units = clean.var(0).topk(min(UNITS, clean.shape[1])).indices.sort().values
    # One scale for both pictures, from the clean codes; the few largest values may saturate.
    scale = float(clean[:, units].abs().flatten().quantile(0.995)) or 1.0
    pictures = [tiles.png(tiles.signed(each[:, units].T / scale)) for each in codes]
    return {
        "clean": pictures[0],
        "noisy": pictures[1],
        "shown": len(units),
        "width": clean.shape[1],
        "scale": f"{scale:.3g}",
        "classes": [int((gallery.labels[chosen] == digit).sum()) for digit in range(10)],
    }


@answers
def facts(asked: Json) -> Json | None:
    """What has been measured of a model's codes: {"model", "lang"}."""
    name, lang = asked_model(asked), asked.get("lang")
    stored, results = stored_planes(name), evaluation.load_results()
    records = results.get("codes") if isinstance(results, dict) else None
    figures = []
    for record in records if isinstance(records, list) else ():
        try:
            if record["model"] == name:
                shares = [f"{100 * float(record[key]):.1f}" for key in ("probe", "neighbours")]
                noise, _, level = record["input"].rpartition(" ")
                spoilt = _noise(noise, float(level), lang) if noise else text("latent_clean", lang)
                figures.append({"input": spoilt, "figures": [*shares, f"{float(record['nmi']):.2f}"]})
        except (AttributeError, LookupError, TypeError, ValueError):
            continue
    drifts = stored.drift if stored else []
    return {
        "codes": figures,
        "drift": [
            {"noise": f"{NOISES[each['noise']].symbol} {each['level']:g}", "drift": f"{each['drift']:.2f}"}
            for each in drifts
        ],
        "variational": models.load(name).config.variational,
    }


@answers
def tsne(asked: Json) -> Json | None:
    """Begin a t-SNE, or say how far it is: {"model"} gives {"percent"}, {"done"}, {"busy"} or {"failed"}."""
    global _work
    model = models.load(name := asked_model(asked))
    if plane_of(name, "tsne") is not None or len(latent.kinds(model.config.latent_dim)) == 1:
        return {"done": True}
    with _working:
        if _work is not None and _work.model is model:
            if _work.failed:
                _work = None
                return {"failed": True}
            if _work.percent < 100:
                return {"percent": _work.percent}
        if _work is not None and _work.percent < 100:
            return {"busy": True, "percent": _work.percent}
        _work = Work(model)
        threading.Thread(target=_compute, args=(_work,), daemon=True, name="t-SNE").start()
    return {"percent": 0}


@answers
def figure(asked: Json) -> Json | None:
    """The plane as a figure for a slide: a lesson, and {"model", "kind", "format"}."""
    from dae.figures import scatter_figure

    name, plane = asked_plane(asked)
    values, fmt = asked_values(asked), asked.get("format")
    if fmt not in FORMATS:
        return None
    star = places_of(name, plane, _encode(name, values.shown.clean))[0]
    gallery = data.gallery()
    how = {
        "code": "the code of two values as it is",
        "pca": f"PCA, {sum(plane.share):.0%} of the variance",
        "tsne": "t-SNE",
    }
    label = models.label(name, "en")
    about = f"{label}: {models.summary(name, 'en')}"
    caption = f"{about}. {gallery.name}, {how[plane.kind]}. Star: {values.shown.describe('en')}."
    extent = extent_of(plane, star[None])
    content = scatter_figure(
        plane.xy, gallery.labels, f"The codes of {label}", caption, fmt, star=star.tolist(), extent=extent
    )
    return {
        "name": f"codes-{name if models.yours(name) is None else 'yours'}-{plane.kind}.{fmt}",
        "type": {"png": "image/png", "svg": "image/svg+xml"}[fmt],
        "content": base64.b64encode(content).decode(),
    }


@torch.inference_mode()
def _encode(name: str, images: torch.Tensor) -> torch.Tensor:
    return models.load(name).encode(images)


def side(name: str, clean: torch.Tensor, copies: torch.Tensor, colour: str, lang: str) -> Json:
    """A digit (1, 1, 28, 28) and its noisy copies in one model's code."""
    version, plane = models.version(name), plane_of(name, None)
    star, cloud = _encode(name, clean), _encode(name, copies)
    place, places = plane.project(star), plane.project(cloud)
    overlay = pack_overlay(
        [place[0].tolist()], [{"points": places.numpy(), "colour": colour, "centre": place[0].tolist()}], dim=True
    )
    return {
        "model": name,
        "version": version,
        "label": models.label(name, lang),
        "overlay": overlay,
        "extent": extent_of(plane, torch.cat([place, places])),
        "drift": tiles.number(latent.drift(star, cloud, scale_of(name)), 2),
    }


def shown(values: Values, kind: object = None, wished: object = None, spoken: object = None) -> Any:
    """All that follows the controls: where the visitor's digit is, and what noise does to it in two models.

    Args:
        values: of the controls.
        kind: of the large plane.
        wished: the model to put beside the controls' one.
        spoken: the language of the words that the browser has.
    """
    lesson = values.lesson
    known = list(dict.fromkeys([*names(lesson.model), *(key for key in models.offered() if has_code(key))]))
    answer: Json = {"query": values.lesson.query(), "lang": values.lang}
    if values.lang != spoken:
        answer["words"] = texts("latent_", values.lang)
    if not known:
        return answer | {"note": text("latent_none", values.lang)}
    name = lesson.model if lesson.model in known else known[0]
    called = {"model": models.label(lesson.model, values.lang), "shown": models.label(name, values.lang)}
    answer["note"] = "" if name == lesson.model else text("latent_no_code", values.lang, **called)
    if models.is_missing(wished):
        answer["note"] = text("model_missing", values.lang)
    try:
        other = beside(name, wished)
        for each in (name, other):
            models.at_hand(each)
        offered = latent.kinds(models.load(name).config.latent_dim)
        kind = kind if kind in offered else offered[0]
        clean = values.shown.clean
        copies = latent.noisy_copies(clean, lesson.noise, lesson.level, seed=lesson.seed, clip=lesson.clip)
        plane = plane_of(name, kind)
        star = places_of(name, plane, _encode(name, clean))[0].tolist() if plane else None
        sides = [
            side(each, clean, copies, colour, values.lang)
            for each, colour in zip((name, other), COPY_COLOURS, strict=True)
        ]
    except Loading:
        return answer | {"note": text("stage_loading", values.lang), "loading": True}
    except CheckpointError:
        return answer | {"note": text("no_model", values.lang, name=name)}
    return answer | {
        "model": name,
        "names": [[key, models.label(key, values.lang)] for key in known],
        "kinds": list(offered),
        "kind": kind,
        "overlay": pack_overlay([star] if star else []),
        "sides": sides,
        "digit": row(clean),
        "noisy": row(copies[:1]),
        "what": values.shown.describe(values.lang),
        "noise": _noise(lesson.noise, lesson.level, values.lang),
    }


def _noise(noise: str, level: float, lang: str) -> str:
    return f"{text(f'noise_{noise}', lang)}, {NOISES[noise].symbol} = {level:g}"


def render(values: Values) -> Any:
    """For Gradio: only what the controls say; the browser then asks for the rest itself, when this is not as it was."""
    return {"query": values.lesson.query(), "lang": values.lang, "versions": models.versions()}


def page_script() -> str:
    """What the tab wants in the page's head: its script, with the plane's as a function that makes one."""
    digits = [str(digit) for digit in range(10)]
    return in_head(
        "latent",
        f"const makePlane = (element, props, watch, trigger) => {{\n{plane_script(CLASS_COLOURS, digits)}\n}};\n"
        f"{script('latent', {'steps': latent.STEPS, 'colours': list(CLASS_COLOURS)})}",
    )


def add(controls: Controls) -> None:
    """Build the tab; it follows the controls while it is open and costs nothing while it is not."""
    live = follow(shown, extras=3)
    view = gr.HTML(
        None,
        html_template=read_asset("latent.html").replace("<!-- plane -->", read_asset("plane.html")),
        js_on_load=from_head("latent"),
        server_functions=[
            live, points, sprite, decode, point, grid, between, sampled, manifold, batch, facts, tsne, figure
        ],
        apply_default_css=False,
        elem_id="latent",
    )  # fmt: skip
    controls.views.append(View("latent", view, render))
