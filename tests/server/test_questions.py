"""The page's questions that need Python, against what the library says; and what becomes of nonsense."""

import base64
import inspect
import io
import json
import threading
import weakref

import numpy as np
import pytest
import torch
from asked import digit_text, floats, small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import dae
from dae import baselines, data, figures, latent, trial
from dae.figures.grid import GAP
from dae.server import codes, line, networks, questions
from dae.server.protocol import EXCHANGES

NOISE = {"noise": "gaussian", "clip": False, "seed": 7}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def size_of(figure: dict) -> tuple[int, int]:
    assert figure["type"] == "image/png" and figure["name"].endswith(".png")
    return Image.open(io.BytesIO(base64.b64decode(figure["content"]))).size


# Digits


def test_classical_denoisers_answer_as_in_the_library(ask):
    clean = data.gallery().images[3:4]
    answer = ask("denoise", digit=digit_text(3), levels=[0.25, 0.5], denoisers=["median", "wiener"], **NOISE).json()
    assert [each["denoiser"] for each in answer["restorations"]] == ["median", "wiener"]
    for each in answer["restorations"]:
        for level, image in zip((0.25, 0.5), floats(each["restored"]), strict=True):
            noisy = dae.corrupt(clean, "gaussian", level, seed=7, clip=False)
            # Without the digit itself, which a fitted one would otherwise have seen.
            restore = baselines.baseline(
                each["denoiser"], "gaussian", level, False, digits=data.gallery(), exclude=clean
            )
            assert torch.allclose(image[None], restore(noisy), atol=1e-6)


def test_a_denoiser_without_an_answer_says_so_and_the_others_answer(ask, monkeypatch):
    lost = "tv" if "block" in baselines.BASELINES["median"].noises else "median"
    monkeypatch.setattr(
        "dae.server.digits.classical",
        lambda name, *rest: (_ for _ in ()).throw(ValueError) if name == lost else (lambda image: image),
    )
    answer = ask("denoise", digit=digit_text(), levels=[0.5], denoisers=[lost, "nlm"], **NOISE | {"noise": "block"})
    assert [each["problem"] for each in answer.json()["restorations"]] == ["no_answer", ""]


# Codes


def test_neighbours_are_the_librarys(ask):
    answer = ask("neighbours", model="fc-gaussian", index=1234, count=5).json()
    found = networks.gallery_codes(networks.load("fc-gaussian"))
    near, distances = latent.neighbours(found, found[1234], 5, leave_out=1234)
    assert answer["indices"] == near.tolist() and 1234 not in answer["indices"]
    assert answer["distances"] == pytest.approx(distances.tolist())
    assert answer["scale"] == pytest.approx(latent.class_scale(found, data.gallery().labels), rel=1e-3)


def test_a_stored_tsne_is_handed_out_at_once(ask):
    answer = ask("tsne", model="fc-gaussian").json()
    stored = latent.load_planes("fc-gaussian").tsne.xy
    xy = np.frombuffer(base64.b64decode(answer["xy"]), "<f4").reshape(-1, 2)
    assert answer["state"] == "done" and np.array_equal(xy, stored.numpy())


def test_a_tsne_runs_one_at_a_time_and_ends(ask, monkeypatch):
    go, begun = threading.Event(), threading.Event()

    def compute(found, watch):
        watch(40)
        begun.set()
        go.wait(30)
        return latent.Plane("tsne", found[:, :2].contiguous())

    monkeypatch.setattr(latent, "tsne_plane", compute)
    monkeypatch.setattr(codes, "stored_planes", lambda name: None)
    monkeypatch.setattr(codes, "_finished", networks.Remembered(4))
    assert ask("tsne", model="fc-gaussian").json()["state"] == "running"
    assert begun.wait(60)
    assert ask("tsne", model="fc-gaussian").json() == {"state": "running", "percent": 40, "xy": None}
    assert ask("tsne", model="plain").json()["state"] == "waiting"
    work = next(thread for thread in threading.enumerate() if thread.name == "t-SNE")
    go.set()
    work.join(60)
    assert [ask("tsne", model=name).json()["state"] for name in ("fc-gaussian", "plain")] == ["done", "done"]


def test_a_tsne_that_fails_says_so_once_and_can_begin_again(ask, monkeypatch):
    monkeypatch.setattr(latent, "tsne_plane", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(codes, "stored_planes", lambda name: None)
    monkeypatch.setattr(codes, "_finished", networks.Remembered(4))
    states = []
    monkeypatch.setattr(codes, "_failed", weakref.WeakSet())
    for _ in range(3):
        states.append(ask("tsne", model="plain").json()["state"])
        for thread in [thread for thread in threading.enumerate() if thread.name == "t-SNE"]:
            thread.join(60)
    assert states == ["running", "failed", "running"]


@pytest.mark.parametrize(
    ("question", "values", "status", "code"),
    [
        ("neighbours", {"model": "universal", "index": 0}, 422, "no_code"),
        ("neighbours", {"model": "../plain", "index": 0}, 404, "model"),
        ("neighbours", {"model": "yours-nobody", "index": 0}, 410, "gone"),
        ("neighbours", {"model": "plain", "index": 5000}, 422, "malformed"),
        ("neighbours", {"model": "plain", "index": 1.5}, 422, "malformed"),
        ("neighbours", {"model": "plain", "index": 1, "path": "/etc"}, 422, "malformed"),
        ("network", {"key": "plain"}, 410, "gone"),
        ("denoise", {"digit": "AAAA", "levels": [0.5], "denoisers": ["median"], **NOISE}, 422, "malformed"),
        ("denoise", {"digit": "!" * 1048, "levels": [0.5], "denoisers": ["median"], **NOISE}, 422, "malformed"),
        ("here", {"visitor": "short"}, 422, "malformed"),
        ("nobody-asks-this", {}, 404, "unknown"),
    ],
)
def test_what_is_wrong_has_a_code_and_a_sentence(ask, question, values, status, code):
    answer = ask(question, **values)
    said = answer.json()
    assert answer.status_code == status and said["code"] == code and said["message"].endswith(".")
    assert str(dae.checkpoints.directory()) not in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 10**4], ids=repr)
def test_what_is_no_question_at_all_is_refused(client, body):
    answer = client.post("/ask/keep", content=body)
    assert answer.status_code in (400, 422) and answer.json()["code"] == "malformed"


def test_too_long_a_question_is_not_read_to_its_end(client):
    assert client.post("/ask/neighbours", content=b" " * 70_000).json()["code"] == "too_large"


def test_a_question_is_posted(client):
    assert client.get("/ask/keep").status_code == 404  # as whatever is not on the list


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    question=st.sampled_from(sorted(EXCHANGES)),
    body=st.dictionaries(st.text(max_size=8), ANYTHING, max_size=4) | ANYTHING,
)
def test_nothing_but_a_sentence_comes_of_nonsense(client, question, body):
    answer = client.post(f"/ask/{question}", content=json.dumps(body))
    assert answer.status_code in (200, 400, 413, 422) and json.loads(answer.content) is not None


def test_a_fault_is_a_sentence_and_logged(ask, monkeypatch, caplog):
    monkeypatch.setitem(questions.answers(), "recipes", lambda _: 1 / 0)
    answer = ask("recipes")
    assert answer.status_code == 500 and answer.json()["code"] == "failed" and "ZeroDivisionError" in caplog.text


# Figures


def test_a_stage_is_16_to_9_and_holds_the_pictures(ask):
    question = {
        "digit": digit_text(11), "model": "fc-gaussian", "level": 0.5, "title": "Seven", "caption": "MNIST",
        "labels": ["clean", "noisy", "restored", "error"], "notes": ["reads 7"], **NOISE,
    }  # fmt: skip
    answer = ask("stage-figure", **question).json()
    width, height = size_of(answer)
    assert width * 9 == height * 16 and answer["name"] == "stage-fc-gaussian-gaussian.png"
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["content"]))).convert("RGB"))
    assert (picture == figures.SLIDE).all(-1).mean() > 0.05  # paper of digits on the slide
    # The error alone has colours.
    blue, orange = (
        (np.abs(picture.astype(int) - colour).sum(-1) < 200).sum() for colour in (figures.BELOW, figures.ABOVE)
    )
    assert blue > 1000 and orange > 100
    changed = ask("stage-figure", **question | {"passes": 3}).json()
    assert changed["content"] != answer["content"]


def test_a_grid_has_a_row_for_each_denoiser_and_says_which_it_is_without(ask):
    rows = [{"denoiser": name, "label": name} for name in ("fc-gaussian", "median", "yours-gone")]
    question = {"digit": digit_text(), "noisy": "noisy", "title": "t", "levelName": "σ", **NOISE}
    whole = ask("grid-figure", rows=rows, **question).json()
    fewer = ask("grid-figure", rows=rows[:1], **question).json()
    assert whole["missing"] == ["yours-gone"] and fewer["missing"] == []
    assert size_of(whole)[1] - size_of(fewer)[1] == pytest.approx(28 * figures.PIXEL + GAP, abs=2)


def test_a_dictionary_has_the_features_in_their_order(ask):
    question = {"model": "wta-2000", "title": "t", "less": "less", "more": "more"}
    first, second = (
        ask("dictionary-figure", features=order, **question).json() for order in ([3, 800, 5], [5, 800, 3])
    )
    assert size_of(first) == size_of(second) and first["content"] != second["content"]
    assert ask("dictionary-figure", features=[2000], **question).json()["code"] == "features"


def test_curves_of_what_was_measured(ask):
    question = {
        "title": "t", "noise": "gaussian", "clip": True, "metric": "mse", "levelLabel": "σ", "metricLabel": "MSE",
        "curves": [{"denoiser": "none", "label": "Noisy", "style": 0}, {"denoiser": "plain", "label": "P", "style": 1}],
    }  # fmt: skip
    answer = ask("curves-figure", **question, format="svg").json()
    text = base64.b64decode(answer["content"]).decode()
    assert (
        text.startswith("<?xml") and answer["type"] == "image/svg+xml" and answer["name"] == "mse-gaussian-clipped.svg"
    )
    assert ask("curves-figure", **question | {"clip": None}).json()["code"] == "nothing_measured"


@pytest.mark.parametrize("plane", ["pca", "tsne"])
def test_codes_on_a_plane(ask, plane):
    answer = ask("codes-figure", model="plain", plane=plane, digit=digit_text(40), title="The codes of plain").json()
    assert answer["name"] == f"codes-plain-{plane}.png" and min(size_of(answer)) > 1000


def test_figures_say_it_in_chinese_where_there_is_a_font(ask, monkeypatch):
    question = {"model": "plain", "plane": "pca", "digit": digit_text(), "title": "编码"}
    if ask("server").json()["chinese"]:
        boxes, words = (
            ask("codes-figure", **question | {"title": title}).json()["content"] for title in ("□□", "编码")
        )
        assert boxes != words
    monkeypatch.setattr("dae.figures.sheet._fonts", lambda: ["DejaVu Sans"])
    assert ask("codes-figure", **question).json()["code"] == "no_font"
    assert ask("codes-figure", **question | {"title": "Codes"}).status_code == 200


# Training's settings


def test_what_follows_from_settings(ask):
    answer = ask("settings", settings=small()).json()
    assert answer["parameters"] == dae.models.build(trial.Settings(widths=(16,), latent_dim=8).model).parameter_count
    assert answer["compression"] == 98 and "STEPS" in answer["script"] and not answer["isRun"]
    assert [layer["width"] for layer in answer["layers"]] == [784, 16, 8, 16, 784]
    assert [layer["isCode"] for layer in answer["layers"]] == [False, False, True, False, False]
    assert answer["nothing"] == pytest.approx(0.115, abs=0.003)
    assert all(len(base64.b64decode(answer[each])) == 8 * 784 for each in ("clean", "noisy"))
    layered = ask("settings", settings=small(architecture="conv", widths=[4, 8, 16, 16], latent_dim=32)).json()[
        "layers"
    ]
    assert [layer["label"] for layer in layered[:6]] == ["784", "4×28²", "8×14²", "16×7²", "16×7²", "32"]


@pytest.mark.parametrize(
    ("changes", "code", "values"),
    [
        ({"learning_rate": 1e3}, "learning_rate", {"value": "1000", "low": "1e-05", "high": "0.1"}),
        ({"batch_size": 10**4}, "batch", {"batch": "10,000", "digits": "4,500"}),
        ({"sparsity": "kl"}, "kl_unbounded", {}),
        ({"start": "../../etc/passwd"}, "weights", None),
        ({"architecture": "<b>"}, "choice", None),
    ],
)
def test_settings_that_make_no_sense_have_a_reason(ask, changes, code, values):
    answer = ask("settings", settings=small(**changes))
    assert answer.status_code == 422 and answer.json()["code"] == code
    assert values is None or answer.json()["values"] == values


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"widths": "512"},
            {"widths": [1.5]},
            {"widths": [True]},
            {"widths": list(range(99))},
            {"latent_dim": "many"},
        ),
        *({"latent_dim": 1.5}, {"latent_dim": None}, {"seed": True}, {"tied": "yes"}, {"noise": ["gaussian"]}),
        *({"loss": "x" * 1000}, {"surprise": 1}),
    ],
    ids=str,
)
def test_settings_of_another_kind_are_malformed(ask, changes):
    assert ask("settings", settings=small(**changes)).json()["code"] == "malformed"


def test_recipes_can_be_trained_as_they_are(ask):
    answer = ask("recipes").json()
    assert list(answer["recipes"]) == list(trial.recipes_to_start_from())
    for settings_of in answer["recipes"].values():
        assert ask("settings", settings=settings_of).status_code == 200
    for name, settings_of in answer["weights"].items():
        problem = ask("settings", settings=settings_of).json().get("code")
        assert settings_of["start"] == name and problem in (None, "bce_unbounded")  # the loss is still to be chosen
    assert answer["digits"] == {"seen": 4500, "unseen": 500, "everything": False}


def test_mnist_is_fetched_once_for_all_and_says_when_it_failed(ask, monkeypatch):
    def no_network(directory=None):
        raise data.DataError("There is no network.")

    monkeypatch.setattr(data, "download", no_network)
    assert ask("mnist").json() == {"state": "none", "fraction": 0.0}
    ask("mnist", start=True)
    for thread in [thread for thread in threading.enumerate() if thread.name == "download"]:
        thread.join(30)
    assert ask("mnist").json()["state"] == "failed"
    monkeypatch.setattr(data, "is_downloaded", lambda directory=None: True)
    assert ask("mnist", start=True).json() == {"state": "done", "fraction": 1.0}


# The line


def test_what_is_slow_holds_up_neither_what_is_quick_nor_other_addresses(page, monkeypatch):
    from starlette.testclient import TestClient

    from dae.server.app import build

    go, begun = threading.Event(), threading.Semaphore(0)

    def slow(_):
        begun.release()
        go.wait(60)
        return EXCHANGES["dictionary-figure"].answer.model_construct()

    monkeypatch.setitem(questions.answers(), "dictionary-figure", slow)
    figure = {"model": "wta-2000", "title": "t", "features": list(range(200)), "less": "l", "more": "m"}
    statuses = []
    with TestClient(build(page, line.Line(waiting_seconds=3))) as busy:

        def ask_for_one(**headers: str) -> threading.Thread:
            def asking() -> None:
                statuses.append(busy.post("/ask/dictionary-figure", json=figure, headers=headers).status_code)

            thread = threading.Thread(target=asking)
            thread.start()
            return thread

        threads = [ask_for_one(Visitor="a" * 20)]
        assert begun.acquire(timeout=60)
        threads += [ask_for_one(Visitor="b" * 20)]
        assert busy.post("/ask/settings", json={"settings": small()}).status_code == 200
        assert busy.get("/page/app.js").status_code == 200
        threads += [ask_for_one(Visitor="b" * 20)]  # in the place of the one before
        threads[1].join(30)
        assert statuses == [409]
        go.set()
        for thread in threads:
            thread.join(30)
    assert sorted(statuses) == [200, 200, 409]


def test_training_gives_way_while_a_question_is_answered_by_any_thread():
    threads = [threading.Thread(target=lambda: [use() for _ in range(300)]) for _ in range(8)]

    def use():
        with line.others_first():
            assert not line._nobody_asks.is_set()

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert line._questions == 0 and line._nobody_asks.is_set()


def test_every_question_has_who_answers_it_with_the_right_type():
    assert set(questions.answers()) == set(EXCHANGES)
    for name, answer in questions.answers().items():
        hints = inspect.get_annotations(answer, eval_str=True)
        (asked,) = [hint for key, hint in hints.items() if key != "return"]
        assert (asked, hints["return"]) == EXCHANGES[name][:2], name
