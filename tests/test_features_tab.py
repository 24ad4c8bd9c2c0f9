"""What the Features tab answers a browser: true to the library, and unmoved by nonsense."""

import base64

import numpy as np
import pytest
import torch

import dae
from dae import checkpoints, data, encoding, features
from dae.models import ModelConfig, build
from dae.ui import features_tab as tab
from dae.ui import models
from dae.ui.controls import Values
from dae.ui.live import values_of
from dae.ui.text import LANGUAGES, PROSE, text, texts

MODEL = "plain"
QUERY = "digit=3&index=8&noise=gaussian&level=0.6&seed=4&model=plain"
NONSENSE = (
    None, 7, "plain", [], {}, {"model": 3}, {"model": "../plain"}, {"model": "universal"}, {"model": "nobody"},
    {"model": MODEL, "query": 5}, {"model": MODEL, "query": "x" * 100_000}, {"model": ["plain"]},
)  # fmt: skip


def floats(packed: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed), "<f4")


def values(query: str = QUERY) -> Values:
    found = values_of({"query": query, "lang": "en"})
    assert found is not None
    return found


@pytest.fixture(scope="module")
def codes() -> torch.Tensor:
    return encoding.codes_of(dae.load(MODEL), data.gallery().images)


@pytest.mark.parametrize("asked", NONSENSE, ids=lambda asked: str(asked)[:40])
@pytest.mark.parametrize("function", [tab.pictures, tab.feature, tab.ordered, tab.sample, tab.figure])
def test_nonsense_is_answered_with_nothing(function, asked):
    assert function(asked) is None


@pytest.mark.parametrize("asked", NONSENSE[:9], ids=lambda asked: str(asked)[:40])
def test_there_is_no_study_of_nonsense(asked):
    assert tab.study(asked) is None


@pytest.mark.parametrize(
    ("function", "more"),
    [
        (tab.pictures, {"kind": "words", "indices": [128]}),
        (tab.pictures, {"kind": "words", "indices": [-1]}),
        (tab.pictures, {"kind": "words", "indices": [True]}),
        (tab.pictures, {"kind": "words", "indices": [0] * 257}),
        (tab.pictures, {"kind": "model", "indices": [0]}),
        (tab.feature, {"index": 128}),
        (tab.feature, {"index": 1.0}),
        (tab.ordered, {"by": "beauty"}),
        (tab.figure, {"by": "rate", "format": "exe"}),
        (tab.figure, {"by": ["rate"], "format": "png"}),
        (tab.figure, {"by": "rate", "format": ["png"]}),
    ],
)
def test_questions_out_of_range_are_answered_with_nothing(function, more):
    assert function({"model": MODEL, "query": QUERY, **more}) is None


def test_a_study_says_what_the_library_says(codes):
    found = tab.study({"model": MODEL})
    published = encoding.sparsity_of(codes)
    assert found["nonzero"] == pytest.approx(published["nonzero"]) and found["dead"] == published["dead"]
    assert found["count"] == 128 and found["digits"] == 5000 and not found["linear"]
    assert sum(found["sparsity"]) == pytest.approx(1, abs=1e-5)
    assert len(floats(found["rates"])) == 128


def test_pictures_come_back_to_their_values(codes):
    asked = {"model": MODEL, "kind": "words", "indices": [5, 0, 127]}
    answer = tab.pictures(asked)
    pixels = np.frombuffer(base64.b64decode(answer["pixels"]), np.uint8).reshape(3, 28, 28).astype(float)
    expected = features.dictionary(dae.load(MODEL), codes).pictures[[5, 0, 127]].numpy()
    for got, peak, true in zip(pixels, answer["peaks"], expected, strict=True):
        assert peak == pytest.approx(np.abs(true).max(), rel=1e-3)
        assert np.allclose((got - 128) / 127 * peak, true, atol=peak / 127)


def test_a_feature_in_detail(codes):
    index = 17
    found = tab.feature({"model": MODEL, "index": index, "seed": 2})
    column = codes[:, index]
    limit = encoding.firing_threshold(codes)
    strongest = np.sort(np.abs(column.numpy()))[::-1][:9]
    assert np.allclose(np.abs(found["most"]["values"]), strongest, atol=1e-4)
    places = [int((column - value).abs().argmin()) for value in found["most"]["values"]]
    assert found["most"]["labels"] == data.gallery().labels[places].tolist()
    shown = np.frombuffer(base64.b64decode(found["most"]["pixels"]), np.uint8).reshape(9, 28, 28)
    assert np.allclose(shown / 255, data.gallery().images[places, 0].numpy(), atol=1e-6)
    assert len(found["some"]["values"]) == 9 and all(abs(value) > limit for value in found["some"]["values"])
    assert found["firing"] == sum(found["histogram"]["counts"]) == int((column.abs() > limit).sum())
    assert tab.feature({"model": MODEL, "index": index, "seed": 3})["some"] != found["some"]
    assert tab.feature({"model": MODEL, "index": index, "seed": "?"})["index"] == index


def test_what_moves_with_the_digit(codes):
    for name in (MODEL, "fc-gaussian"):
        models.load(name)
    shown = tab.features_value(values(), {"second": "fc-gaussian"})
    assert [side["model"] for side in shown["sides"]] == ["plain", "fc-gaussian"]
    clean = data.gallery().images[3 * 500 + 8][None]
    noisy = dae.corrupt(clean, "gaussian", 0.6, seed=4)
    for side in shown["sides"]:
        model = dae.load(side["model"])
        assert np.allclose(floats(side["noisy"]), model.encode(noisy)[0], atol=1e-4)
        end = float((model(noisy) - clean).square().mean())
        assert side["build"]["errors"][-1] == pytest.approx(end, rel=1e-3)
        assert len(side["build"]["errors"]) == len(side["build"]["counts"])
    own = tab.features_value(values(), {"clean": True})["sides"][0]
    assert own["build"]["errors"][-1] == pytest.approx(
        float((dae.load(MODEL)(clean) - clean).square().mean()), rel=1e-3
    )
    assert own["on"] == shown["sides"][0]["on"], "what the noise does is not what is built up"
    limit = encoding.firing_threshold(codes)
    before, after = np.abs(floats(own["clean"])) > limit, np.abs(floats(own["noisy"])) > limit
    assert (
        own["on"] == np.flatnonzero(after & ~before).tolist() and own["off"] == np.flatnonzero(before & ~after).tolist()
    )


@pytest.mark.parametrize(
    "own", [None, 3, [], {"second": "universal"}, {"second": ["plain"]}, {"second": "../x", "clean": 1}]
)
def test_settings_that_make_no_sense_are_left_out(own):
    assert len(tab.features_value(values(), own)["sides"]) == 1


def test_a_network_without_a_code_gets_a_sentence():
    (side,) = tab.features_value(values("model=universal"), {})["sides"]
    assert "no code" in side["problem"] and "build" not in side
    offered = [name for name, _ in tab.features_value(values(), {})["others"]]
    assert "plain" in offered and "universal" not in offered and set(offered) <= set(checkpoints.names())


def test_damaged_and_missing_networks_get_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    assert tab.features_value(values(), {})["sides"][0]["problem"]
    (tmp_path / "broken.safetensors").write_bytes(b"no network")
    with pytest.raises(checkpoints.CheckpointError):
        models.load("broken")  # a tab does not wait until a file is read
    (side,) = tab.features_value(values("model=broken"), {})["sides"]
    assert "broken" in side["problem"] and tab.study({"model": "broken"}) is None


def test_a_visitors_network_that_is_missing_gets_a_sentence():
    _, side = tab.features_value(values(), {"second": "yours-gone"})["sides"]
    assert side["problem"] == text("model_missing", "en") and "build" not in side


def test_noise_over_a_sample():
    found = tab.sample({"model": MODEL, "query": QUERY})
    still = tab.sample({"model": MODEL, "query": QUERY.replace("0.6", "0")})
    assert found["digits"] == still["digits"] == 500
    assert floats(found["drift"]).min() > 0 and floats(still["drift"]).max() == 0
    assert still["woken"] == 0 and sum(found["sparsity"]) == pytest.approx(1, abs=1e-5)
    by_noise = tab.ordered({"model": MODEL, "query": QUERY, "by": "noise"})
    assert (np.diff(floats(found["drift"])[by_noise]) <= 0).all()


@pytest.mark.parametrize("format", tab.TYPES)
def test_the_dictionary_as_a_file(format):
    file = tab.figure({"model": MODEL, "query": QUERY, "by": "energy", "common": True, "format": format})
    kind, content = file["src"].split(";base64,")
    assert kind == f"data:{tab.TYPES[format]}" and file["name"] == f"dictionary-plain.{format}"
    content = base64.b64decode(content)
    assert content.startswith(b"\x89PNG" if format == "png" else b"<?xml")
    for words in (b"Decoder dictionary of plain", b"MNIST gallery", b"Sorted by: energy"):
        assert words in content


def test_the_browser_has_all_its_words():
    script = tab.read_asset("features.js")
    import re

    said = set(re.findall(r'say\("(\w+)"', script)) | {"by_rate", "download_png", "choose_second"}
    for lang in LANGUAGES:
        assert said <= set(texts("features_", lang))
    for key in (key for key in PROSE if key.startswith("features_")):
        english, chinese = PROSE[key]
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", chinese)), key


def test_a_visitors_own_network_is_studied_and_its_key_kept_secret():
    network = build(ModelConfig(latent_dim=6, tied=True), seed=2).eval().requires_grad_(False)
    own = models.keep("somebody", "six values", network, checkpoints.Info({}, network.config, 0, "a test"))
    try:
        found = tab.study({"model": own.key})
        assert found["count"] == 6 and found["linear"] and found["tied"]
        first, second = tab.features_value(values(), {"second": own.key})["sides"]
        assert first["model"] == "plain" and second["model"] == own.key != second["label"]
        file = tab.figure({"model": own.key, "query": QUERY, "by": "number", "common": False, "format": "svg"})
        assert own.key not in file["name"] and own.key.encode() not in base64.b64decode(file["src"].split(",")[1])
    finally:
        models.forget("somebody")
    assert tab.study({"model": own.key}) is None
