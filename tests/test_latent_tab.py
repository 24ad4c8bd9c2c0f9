"""What the browser may ask the Latent space tab: true answers, and nothing but None for nonsense."""

import base64
import io
import json
import time

import numpy as np
import pytest
import torch
from PIL import Image

import dae
from dae import data, encoding, latent
from dae.figures import ABOVE, BELOW
from dae.ui import latent_tab, models, tiles
from dae.ui.live import values_of
from dae.ui.text import PROSE, text

MODEL = "fc-gaussian"
LESSON = {"query": f"model={MODEL}&digit=3&index=8&noise=gaussian&level=0.5&seed=4", "lang": "en"}
ANSWERS = ("points", "decode", "point", "grid", "between", "sampled", "manifold", "batch", "facts", "tsne", "figure")
NONSENSE = (
    None, [], "plain", 7, {}, {"model": 3}, {"model": "../plain"}, {"model": "universal"}, {"model": ["plain"]},
)  # fmt: skip


@pytest.mark.parametrize("asked", NONSENSE, ids=str)
@pytest.mark.parametrize("name", ANSWERS)
def test_nonsense_is_answered_with_nothing(name, asked):
    assert getattr(latent_tab, name)(asked) is None


@pytest.mark.parametrize("x", [None, "1", True, float("nan"), float("inf"), 1e9, [1]])
def test_places_that_are_none_are_answered_with_nothing(x):
    assert latent_tab.decode({"model": MODEL, "kind": "pca", "x": x, "y": 0.0}) is None


@pytest.mark.parametrize("index", [None, -1, 5000, 3.0, "3", True])
def test_digits_that_are_none_are_answered_with_nothing(index):
    assert latent_tab.point({"model": MODEL, "index": index}) is None
    assert latent_tab.between(LESSON | {"model": MODEL, "index": index}) is None


def test_everything_that_is_answered_is_json():
    values = values_of(LESSON)
    for name in (MODEL, "plain"):
        models.load(name)
    shown = latent_tab.shown(values, "pca", "plain", None)
    answers = [
        shown,
        latent_tab.points({"model": MODEL, "kind": "pca"}),
        latent_tab.sprite({}),
        latent_tab.decode({"model": MODEL, "kind": "pca", "x": 1, "y": -2.5}),
        latent_tab.point({"model": MODEL, "index": 4999}),
        latent_tab.grid({"model": MODEL, "kind": "pca"}),
        latent_tab.between(LESSON | {"model": MODEL, "index": 0}),
        latent_tab.facts({"model": MODEL}),
    ]
    assert all(isinstance(answer, dict) and json.dumps(answer) for answer in answers)
    assert [side["model"] for side in shown["sides"]] == [MODEL, "plain"]
    clean = data.gallery().images[1508:1509]
    copies = latent.noisy_copies(clean, "gaussian", 0.5, seed=4)
    for side in shown["sides"]:
        model = dae.load(side["model"])
        scale = latent.class_scale(encoding.codes_of(model, data.gallery().images), data.gallery().labels)
        expected = latent.drift(model.encode(clean), model.encode(copies), scale)
        assert float(side["drift"]) == pytest.approx(expected, abs=0.006)
    assert set(shown["words"]) == {key.removeprefix("latent_") for key in PROSE if key.startswith("latent_")}
    assert "words" not in latent_tab.shown(values, "pca", "plain", "en")


@pytest.mark.parametrize(
    ("lang", "inputs"), [("en", ["clean", "Gaussian, σ = 0.5"]), ("zh", ["原图", "高斯, σ = 0.5"])]
)
def test_what_was_measured_is_told_in_words(lang, inputs):
    assert [record["input"] for record in latent_tab.facts({"model": MODEL, "lang": lang})["codes"]] == inputs


def test_a_model_without_a_code_is_replaced_and_this_is_said():
    for name in (latent_tab.names()[0], "plain"):
        models.load(name)
    shown = latent_tab.shown(values_of({"query": "model=universal", "lang": "zh"}))
    assert shown["model"] == latent_tab.names()[0] and "universal" in shown["note"]
    assert "universal" not in latent_tab.names()
    assert latent_tab.beside("plain", "nobody") == "conv-gaussian" and latent_tab.beside(MODEL, None) == "plain"


def test_a_visitors_network_that_is_missing_is_told_of():
    shown = latent_tab.shown(values_of({"query": "model=plain", "lang": "zh"}), None, "yours-gone")
    assert shown["note"] == text("model_missing", "zh") and shown["sides"][1]["model"] == "conv-gaussian"


def test_an_extent_grows_until_everything_is_in_it():
    plane = latent.code_plane(torch.tensor([[0.0, 0.0], [2.0, 2.0]]))
    small, large = latent_tab.extent_of(plane), latent_tab.extent_of(plane, torch.tensor([[9.0, 1.0]]))
    assert small == pytest.approx([-0.08, 2.08, -0.08, 2.08])
    assert large[0] < 0 and large[1] > 9 and large[1] - large[0] == pytest.approx(large[3] - large[2])
    assert latent_tab.extent_of(plane, torch.tensor([[1.0, 1.0]])) == pytest.approx(small)


def test_a_batch_of_codes_is_a_picture_of_them():
    answer = latent_tab.batch({"query": f"model={MODEL}&level=0.5&noise=block", "lang": "en", "model": MODEL})
    clean, noisy = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(answer[key].partition(",")[2]))))
        for key in ("clean", "noisy")
    )
    assert clean.shape == noisy.shape == (answer["shown"], 512, 3) and (clean != noisy).any()
    codes = encoding.codes_of(dae.load(MODEL), data.gallery().images)
    blue, orange = (clean == BELOW).all(-1), (clean == ABOVE).all(-1)
    assert blue[:, 0].sum() == (codes[0] <= -float(answer["scale"])).sum()
    assert orange[:, -1].sum() == (codes[-1] >= float(answer["scale"])).sum()
    assert sum(answer["classes"]) == 512


def test_tsne_is_computed_when_it_is_asked_for_and_only_then(monkeypatch):
    monkeypatch.setattr(latent, "load_planes", lambda name: None)
    monkeypatch.setattr(latent_tab, "_finished", {})
    monkeypatch.setattr(latent_tab, "_work", None)
    plane = latent.Plane("tsne", torch.rand(5000, 2))

    def slow(codes, watch):
        watch(40)
        time.sleep(0.3)
        return plane

    monkeypatch.setattr(latent, "tsne_plane", slow)
    asked = {"model": MODEL, "kind": "tsne"}
    assert latent_tab.points(asked) == {"missing": True} and latent_tab.decode(asked | {"x": 0, "y": 0}) is None
    assert latent_tab.tsne(asked) == {"percent": 0}
    assert latent_tab.tsne({"model": "plain"})["busy"]
    while (answer := latent_tab.tsne(asked)) != {"done": True}:
        assert set(answer) == {"percent"}
        time.sleep(0.02)
    assert "points" in latent_tab.points(asked)
    x, y = plane.xy[123].tolist()
    nearest = latent_tab.decode(asked | {"x": x, "y": y})
    assert (
        nearest["digit"] == 0
        and base64.b64decode(nearest["pixels"]) == tiles.grey(data.gallery().images[123:124]).tobytes()
    )
    star = latent_tab.shown(values_of(LESSON), "tsne")["overlay"]["stars"][0]
    assert star == pytest.approx(plane.xy[1508].tolist())  # a gallery digit is its own nearest


def test_a_failed_tsne_says_so_and_can_be_tried_again(monkeypatch):
    monkeypatch.setattr(latent, "load_planes", lambda name: None)
    monkeypatch.setattr(latent_tab, "_finished", {})
    monkeypatch.setattr(latent_tab, "_work", None)

    def failing(codes, watch):
        raise ValueError("t-SNE failed on these points.")

    monkeypatch.setattr(latent, "tsne_plane", failing)
    answer = latent_tab.tsne({"model": MODEL})
    while "failed" not in answer:
        time.sleep(0.02)
        answer = latent_tab.tsne({"model": MODEL})
    assert latent_tab.tsne({"model": MODEL}).keys() in ({"percent"}, {"failed"})


def test_figures_say_model_and_data():
    answer = latent_tab.figure(LESSON | {"model": MODEL, "kind": "pca", "format": "svg"})
    words = base64.b64decode(answer["content"]).decode()
    assert answer["name"] == f"codes-{MODEL}-pca.svg" and f"The codes of {MODEL}" in words
    assert "MNIST gallery (5,000)" in words and "a 3 from MNIST, number 8" in words
    assert latent_tab.figure(LESSON | {"model": MODEL, "kind": "pca", "format": "pdf"}) is None


def test_codes_of_the_gallery_are_computed_once():
    model = models.load(MODEL)
    assert models.gallery_codes(model) is models.gallery_codes(model)
    torch.testing.assert_close(models.gallery_codes(model)[:3], model.encode(data.gallery().images[:3]))


def test_a_visitors_own_network_has_a_plane_and_keeps_its_key_to_itself(monkeypatch):
    from dae import checkpoints
    from dae.models import ModelConfig, build

    network = build(ModelConfig(hidden=(16,), latent_dim=2), seed=1).eval().requires_grad_(False)
    own = models.keep("visitor", "a small one", network, checkpoints.info(MODEL))
    try:
        shown = latent_tab.shown(values_of(LESSON | {"query": f"model={own.key}"}), None, None, "en")
        assert shown["model"] == own.key and shown["kinds"] == ["code"] and shown["note"] == ""
        assert shown["sides"][0]["label"] == models.label(own.key, "en") != own.key
        clean = data.gallery().images[3511:3512]
        assert shown["overlay"]["stars"][0] == pytest.approx(network.encode(clean)[0].tolist(), abs=1e-5)
        assert "points" in latent_tab.points({"model": own.key, "kind": "code"})
        answer = latent_tab.figure(LESSON | {"model": own.key, "kind": "code", "format": "svg"})
        assert own.key not in base64.b64decode(answer["content"]).decode() and own.key not in answer["name"]
        other = latent_tab.shown(values_of(LESSON), None, None, "en")
        assert own.key not in json.dumps(other)
        monkeypatch.setattr(latent_tab, "has_code", lambda name: name != own.key)
        note = latent_tab.shown(values_of(LESSON | {"query": f"model={own.key}"}))["note"]
        assert own.key not in note and models.label(own.key, "en") in note and "no code" in note
    finally:
        models.forget("visitor")
    assert latent_tab.points({"model": own.key, "kind": "code"}) is None
