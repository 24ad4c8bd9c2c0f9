"""The Train tab: settings, a network that learns while one watches, and the visitor's own networks.

The run itself is a generator in Gradio's queue, which says no more than that there is news; the browser then asks a
server function for what there is to see, by the run's unguessable key.
"""

from __future__ import annotations

import base64
import functools
import html
import logging
import math
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from typing import Any

import gradio as gr
import numpy as np

from dae import checkpoints, data, trial
from dae.checkpoints import CheckpointError
from dae.cost import cost
from dae.models import ACTIVATIONS, OUTPUTS, describe_widths
from dae.noise import NOISES
from dae.sparsity import KINDS
from dae.stages import LOSSES
from dae.training import resolve_device
from dae.trial import Schedule, Settings, SettingsError
from dae.trial.script import script
from dae.ui import models, runs, tiles
from dae.ui.compare_tab import choices as compare_choices
from dae.ui.controls import LIVE, Controls, told
from dae.ui.language import Language
from dae.ui.text import LANGUAGES, text, texts
from dae.ui.widgets import from_head, in_head, read_asset
from dae.ui.widgets import script as widget_script

log = logging.getLogger(__name__)

COLUMNS = 10  # of the pictures of features
MAX_TITLE = 80

Json = dict[str, Any]


def words(lang: str) -> dict[str, str]:
    """What the browser says: the tab's strings and the noises."""
    return texts("train_", lang) | {f"noise_{key}": text(f"noise_{key}", lang) for key in NOISES}


# What the browser asks for: anything may arrive, so each answer is None for nonsense


def setup(asked: Any) -> Json:
    """What the form is made of."""
    return {
        "recipes": {name: _as_json(settings) for name, settings in trial.recipes_to_start_from().items()},
        "weights": {name: _as_json(settings) for name, settings in trial.weights_to_start_from().items()},
        "ranges": trial.RANGES | {"seconds": (1, runs.LONGEST)},
        "widths": trial.WIDTHS,
        "levels": {key: noise.maximum for key, noise in NOISES.items()},
        "choices": {
            "architecture": trial.NETWORKS,
            "activation": list(ACTIVATIONS),
            "code_activation": list(ACTIVATIONS),
            "output": OUTPUTS,
            "sparsity": KINDS,
            "noise": [*NOISES, trial.PLAIN],
            "loss": LOSSES,
        },
        "digits": digits(data.is_downloaded()),
    }


def digits(everything: bool) -> Json:
    """How many digits there are to train on and to judge by."""
    seen, unseen = trial.digits(everything)
    return {"seen": len(seen), "unseen": len(unseen), "everything": everything}


def _as_json(settings: Settings) -> Json:
    return asdict(replace(settings, seconds=min(15, runs.LONGEST)))


def read_settings(asked: Any) -> Settings:
    """Settings as the form gives them, each of its kind; whether they make sense is not said.

    Raises:
        SettingsError: a field that is missing or of another kind.
    """
    start, values = Settings(), {}
    asked = asked if isinstance(asked, dict) else {}
    for each in fields(Settings):
        value, kind = asked.get(each.name, getattr(start, each.name)), type(getattr(start, each.name))
        if each.name == "widths":
            if not isinstance(value, list | tuple) or len(value) > 8 or any(type(width) is not int for width in value):
                raise SettingsError("choice", field="widths", value="")
            values["widths"] = tuple(value)
        elif kind in (int, float):
            # Comparing takes whole numbers of any size, which no float holds.
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
                raise SettingsError("number", field=each.name)
            if kind is int and value != int(value):
                raise SettingsError("number", field=each.name)
            values[each.name] = kind(min(max(value, -1e9), 1e9))
        elif not isinstance(value, kind) or (kind is str and len(value) > 200):
            raise SettingsError("choice", field=each.name, value="")
        else:
            values[each.name] = value
    return Settings(**{**values, "precision": runs.precision()})


def describe(asked: Any) -> Json | None:
    """What follows from settings: {"settings", "key"}: counts, a drawing, the noisy digits, the script, what makes no
    sense; and which digits a new run would have."""
    asked = asked if isinstance(asked, dict) else {}
    present = digits(data.is_downloaded())
    try:
        settings = read_settings(asked.get("settings"))
        runs.check(settings, present["seen"])
    except SettingsError as error:
        return {"problem": [error.reason, _plain(error.values)], "digits": present}
    config = settings.model
    run = runs.by_key(asked.get("key"))
    schedules = run.schedules if run is not None and run.settings == settings else []
    is_run = bool(schedules)
    if not is_run:
        schedules = [Schedule.whole(runs.guessed_steps(settings))]
    everything = run.everything if is_run else present["everything"]
    noisy, clean = _shown(settings.noises)
    return {
        "problem": None,
        "digits": present,
        "pixels": {"clean": clean, "noisy": noisy},
        "nothing": runs.exam(settings.noises).nothing,
        "parameters": cost(config).parameters,
        "compression": trial.compression(config),
        "drawing": drawing(settings),
        "steps": sum(schedule.planned for schedule in schedules),
        "script": script(settings, schedules, everything=everything, device=resolve_device().type),
        "script_note": _script_note(run, schedules) if is_run else ["code_guess", {}],
    }


def _script_note(run: runs.Run, schedules: list[Schedule]) -> list[Any]:
    """What the script of a run is, as a text's key and the whole numbers in it."""
    last = schedules[-1]
    numbers = {"steps": sum(schedule.made for schedule in schedules), "planned": last.planned}
    if not run.is_over:
        return ["code_planned", numbers]
    if len(schedules) > 1:
        return ["code_schedules", numbers | {"count": len(schedules)}]
    if last.made == last.planned:
        return ["code_run", numbers]
    return ["code_clock" if last.follows_clock else "code_stopped", numbers]


def _plain(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value)[:60] for name, value in values.items()}


def frame(asked: Any) -> Json | None:
    """What there is to see of a run: {"key"}."""
    run = runs.by_key(asked.get("key")) if isinstance(asked, dict) else None
    if run is None:
        return None
    shown: Json = {
        "key": run.key,
        "state": run.state,
        "problem": None if run.problem is None else [run.problem[0], _plain(run.problem[1])],
        "seconds": run.settings.seconds,
        "curve": run.curve,
        "digits": {"seen": run.seen, "unseen": len(runs.exam(run.settings.noises).clean), "everything": run.everything},
        "title": run.settings.title,
        "nothing": runs.exam(run.settings.noises).nothing,
        "best": runs.best(run.settings),
        "numbers": None if run.numbers is None else asdict(run.numbers),
    }
    moment = run.moment
    if moment is None:
        return shown
    progress = moment.progress
    noisy, clean = _shown(run.settings.noises)
    pixels = {"clean": clean, "noisy": noisy, "restored": tiles.png(tiles.row(moment.restored))}
    return shown | {
        "step": run.steps,
        "planned": None if run.planned is None else run.before + run.planned,
        "fraction": progress.fraction,
        "training_loss": progress.loss if math.isfinite(progress.loss) else None,
        "error": progress.error if math.isfinite(progress.error) else None,
        "unseen": moment.unseen,
        "rate": progress.samples_per_second,
        "learning_rate": progress.learning_rate,
        "pixels": pixels,
        "features": tiles.png(sheet(moment.features)),
    }


@functools.lru_cache(maxsize=64)
def _shown(noises: tuple) -> tuple[str, str]:
    """The eight digits noisy and clean, side by side."""
    questions = runs.exam(noises)
    noisy, clean = (tiles.png(tiles.row(each[questions.shown])) for each in (questions.noisy, questions.clean))
    return noisy, clean


def sheet(pictures: Any) -> np.ndarray:
    """Signed pictures `(F, 28, 28)` in rows, each on its own scale: RGB `(H, W, 3)`."""
    peaks = pictures.abs().amax((1, 2), keepdim=True).clamp_min(1e-9)
    drawn = tiles.signed((pictures / peaks).reshape(-1, 28))
    rows = -(-len(pictures) // COLUMNS)
    full = np.zeros((rows * COLUMNS, 28, 28, 3), np.uint8)
    full[: len(pictures)] = drawn.reshape(-1, 28, 28, 3)
    full = np.pad(full, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return full.reshape(rows, COLUMNS, 30, 30, 3).transpose(0, 2, 1, 3, 4).reshape(rows * 30, COLUMNS * 30, 3)


def file(asked: Any) -> Json | None:
    """One of the visitor's networks as a safetensors file: {"key"}."""
    own = models.yours(asked.get("key")) if isinstance(asked, dict) else None
    if own is None:
        return None
    content = checkpoints.serialized(own.network, own.info)
    return {"name": f"your-model-{own.number}.safetensors", "content": base64.b64encode(content).decode()}


def waiting(asked: Any) -> int | None:
    """How many runs come before that of a waiting visitor: {"ticket"}, a text of the browser's. None: too many."""
    ticket = asked.get("ticket") if isinstance(asked, dict) else None
    return runs.place(ticket) if isinstance(ticket, str) and 0 < len(ticket) <= 40 else None


def fetching(asked: Any) -> Json:
    """How far the download of MNIST is; {"start": true} begins one."""
    if isinstance(asked, dict) and asked.get("start") is True and not data.is_downloaded():
        runs.fetch()
    fetch = runs._fetch
    state = "none" if fetch is None else fetch.state
    if state != "running" and data.is_downloaded():  # also by somebody else
        state = "done"
    return {"state": state, "fraction": 0.0 if fetch is None else fetch.fraction}


# The drawing of a network


def drawing(settings: Settings) -> str:
    """The network as an inline SVG: a bar for each layer, as high as it is wide, in the pixels' order."""
    if settings.architecture == "mlp":
        widths = list(describe_widths(settings.model))
        labels = [f"{width:,}" for width in widths]
        code = len(widths) // 2
    else:
        channels, sides = settings.widths, (28, 14, 7, 7)
        half = [(channel * side**2, f"{channel}×{side}²") for channel, side in zip(channels, sides, strict=False)]
        layers = [(784, "784"), *half, (settings.latent_dim, f"{settings.latent_dim:,}"), *half[::-1], (784, "784")]
        widths, labels = [width for width, _ in layers], [label for _, label in layers]
        code = len(layers) // 2
    gap, bar, height = 56, 16, 150
    total = gap * (len(widths) - 1) + bar + 40
    tallest = math.log(max(*widths, 2))

    def half_height(width: int) -> float:
        return max(3.0, (height / 2 - 6) * math.log(max(width, 1.3)) / tallest)

    parts, middle = [], height / 2
    for i, width in enumerate(widths):
        x, h = 20 + gap * i, half_height(width)
        if i + 1 < len(widths):
            n = half_height(widths[i + 1])
            parts.append(
                f'<path class="link" d="M{x + bar} {middle - h:.1f}L{x + gap} {middle - n:.1f}'
                f'V{middle + n:.1f}L{x + bar} {middle + h:.1f}Z"/>'
            )
        kind = "code" if i == code else "layer"
        parts.append(f'<rect class="{kind}" x="{x}" y="{middle - h:.1f}" width="{bar}" height="{2 * h:.1f}" rx="3"/>')
        parts.append(f'<text x="{x + bar / 2}" y="{height + 14}">{html.escape(labels[i])}</text>')
    return (
        f'<svg viewBox="0 0 {total} {height + 22}" role="img" aria-label="{html.escape(" - ".join(labels))}">'
        + "".join(parts)
        + "</svg>"
    )


# The page


def page_script() -> str:
    """What the tab wants in the page's head: its script."""
    return in_head("train", widget_script("train", {"words": {lang: words(lang) for lang in LANGUAGES}}))


def add(language: Language, controls: Controls, compared: Any) -> None:
    """Build the tab; `compared` is the Compare tab's menu, which offers the visitor's networks too."""
    view = gr.HTML(
        None,
        html_template=read_asset("train.html"),
        js_on_load=from_head("train", "train", "stop", "remove", "offer"),
        server_functions=[setup, describe, frame, file, waiting, fetching],
        apply_default_css=False,
        elem_id="train",
    )
    with gr.Row(elem_id="train-file"):
        upload = language.make(
            gr.UploadButton, say={"label": "train_upload"}, size="sm", elem_id="train-upload",
            file_count="single", file_types=[checkpoints.SUFFIX],
        )  # fmt: skip
    menus = [controls.model, compared]
    quiet = {"show_progress": "hidden", "api_visibility": "private"}

    def offer(lang: str, chosen: Any, several: Any, request: gr.Request) -> list[Any]:
        """The menus as they are now; what was chosen there and is gone makes room for what is there."""
        known = models.offered(request.session_hash or "")
        lost = {"value": known[0]} if known and chosen is not None and chosen not in known else {}
        left = [name for name in several or [] if not str(name).startswith(models.YOURS) or name in known]
        fewer = {"value": left} if left != (several or []) else {}
        return [
            gr.update(choices=controls.model_choices(lang), **lost),
            gr.update(choices=compare_choices(lang), **fewer),
        ]

    # The browser asks for it when it hears of other networks: only then are language and choices the present ones.
    view.offer(offer, [controls.lang, *menus], menus, **LIVE)

    def news(owner: str, run: runs.Run | None = None, problem: runs.Problem | None = None, **more: Any) -> Any:
        """What the browser hears: which run to ask about, the visitor's networks, what could not be run.

        What is said `aside` is not about a run.
        """
        value = {
            "beat": news.count,
            "key": run.key if run else "",
            "models": own_models(owner),
            "problem": [problem[0], _plain(problem[1])] if problem else None,
            **more,
        }
        news.count += 1
        return gr.update(value=value)

    news.count = 0

    def train(request: gr.Request, event: gr.EventData) -> Iterator[Any]:
        owner, asked = request.session_hash or "", told(event)
        mode, run = asked.get("mode"), runs.of(owner)
        if runs.has_left(owner):  # a page that has been closed, or one that lost its connection and hears of it now
            yield news(owner, left=True)
            return
        yield news(owner, run, starting=True)  # before any work, which may be reading all of MNIST
        if mode in ("continue", "step", "restart") and asked.get("key") and (run is None or run.key != asked["key"]):
            yield news(owner, run, problem=("gone", {}))
            return
        try:
            if mode in ("continue", "step") and run is not None and run.moment is not None:
                run.prepare()
            else:
                settings = read_settings(asked.get("settings"))
                # As many steps as before on the same digits, so that the same seed gives the same curve.
                is_same = mode == "restart" and run is not None and run.settings == settings
                before = (run.planned, run.everything) if is_same else ()
                run = runs.begin(owner, settings, *before)
                run.look_after()
        except SettingsError as error:
            yield news(owner, problem=(error.reason, error.values))
            return
        except data.DataError as error:
            log.warning("a visitor's run did not begin: %s", error)
            yield news(owner, problem=("failed", {}))
            return
        try:
            yield news(owner, run)
            run.start(is_single=mode == "step")
            while run.wait():
                yield news(owner, run)
            run.keep()
            yield news(owner, run)
        finally:
            run.stop()

    training = view.train(
        train, None, view, concurrency_limit=1, concurrency_id="train", trigger_mode="once", **quiet
    )  # fmt: skip

    def stop(request: gr.Request) -> Any:
        owner = request.session_hash or ""
        run = runs.of(owner)
        if run is not None:
            run.stop()
            run.keep()
        return news(owner, run)

    view.stop(stop, None, view, queue=False, cancels=[training], **quiet)

    def remove(request: gr.Request, event: gr.EventData) -> Any:
        owner = request.session_hash or ""
        models.forget(owner, str(told(event).get("key"))[:60])
        return news(owner, runs.of(owner), aside=True)

    view.remove(remove, None, view, **{**LIVE, "trigger_mode": "multiple"})

    def load(path: Any, request: gr.Request) -> Any:
        owner = request.session_hash or ""
        if runs.has_left(owner):
            return news(owner, left=True)
        try:
            model, info = checkpoints.read(path)
        except (CheckpointError, OSError, TypeError) as error:
            log.info("a file was refused: %s", error)
            refused = str(error) if isinstance(error, CheckpointError) else ""
            return news(owner, runs.of(owner), aside=True, refused=refused)
        info = models.brief(info)
        title = models.one_line(info.recipe["summary"] or info.name, MAX_TITLE) or "?"
        models.keep(owner, title, model, info)
        return news(owner, runs.of(owner), aside=True, loaded=True)

    upload.upload(load, upload, view, concurrency_limit=2, concurrency_id="load", **quiet)


def own_models(owner: str) -> list[Json]:
    """The visitor's networks for the table, the newest first."""
    return [
        {
            "key": own.key,
            "number": own.number,
            "title": own.title,
            "parameters": own.network.parameter_count,
            "digits": models.one_line(own.info.data, MAX_TITLE),
            "seconds": own.info.seconds,
            "steps": own.info.steps,
            "seed": str(own.info.seed),  # of any size
            **_figures(own),
        }
        for own in reversed(models.of(owner))
    ]


def _figures(own: models.Yours) -> Json:
    """What a run measured on the digits that it never saw."""
    figure = next(iter(own.info.figures), {})
    numbers = {name: figure.get(name) for name in ("mse", "nothing")}
    return {
        name: value if isinstance(value, float) and math.isfinite(value) else None for name, value in numbers.items()
    }
