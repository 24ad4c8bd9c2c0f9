"""The verdict: right on digits that it has not seen, sure as often as it is right, and not sure of what is no digit."""

import numpy as np
import pytest
import torch
from safetensors import safe_open

from dae import data, made_up, verdict
from dae.verdict import probabilities


@pytest.fixture(scope="module")
def gallery() -> data.Digits:
    return data.gallery()


def test_gallery_digits_are_read_right(gallery):
    assert verdict.accuracy(gallery.images, gallery.labels) >= 0.98
    assert verdict.unsure(gallery.images) <= 0.02


def test_confidence_is_calibrated(gallery):
    """Of the verdicts with about the same confidence as large a share is right."""
    records = verdict.reliability(gallery.images, gallery.labels)
    assert sum(record["count"] for record in records) == len(gallery)
    gaps = [record["count"] * abs(record["confidence"] - record["right"]) for record in records if record["count"]]
    assert sum(gaps) / len(gallery) <= 0.01
    confidence = probabilities(gallery.images).max(1).values.mean()
    assert float(confidence) == pytest.approx(verdict.accuracy(gallery.images, gallery.labels), abs=0.01)


def test_shapes_that_mnist_lacks_are_read_right():
    images, labels = made_up.digits(400, np.random.default_rng(99))
    right = {label: verdict.accuracy(images[labels == label], labels[labels == label]) for label in (1, 4, 7, 9)}
    assert min(right.values()) >= 0.97, right


def test_it_is_not_sure_of_what_is_no_digit():
    rng = np.random.default_rng(99)
    assert verdict.unsure(made_up.letters(300, rng, made_up.TEST_FONTS)) >= 0.9
    assert verdict.unsure(made_up.noise(300, rng)) >= 0.97
    for shade in (0.0, 0.3, 1.0):
        (found,) = verdict.verdict(torch.full((1, 1, 28, 28), shade))
        assert found.digit is None


def test_a_verdict_is_none_exactly_below_the_least_confidence(gallery):
    images = torch.cat([gallery.images[::50], made_up.no_digits(60, np.random.default_rng(3))])
    found, shares = verdict.verdict(images), probabilities(images)
    assert shares.shape == (len(images), 10) and bool((shares.sum(1) <= 1 + 1e-6).all())
    for each, row in zip(found, shares, strict=True):
        assert each.confidence == pytest.approx(float(row.max()))
        assert each.digit == (int(row.argmax()) if row.max() >= verdict.LEAST else None)
    assert {each.digit is None for each in found} == {True, False}
    assert verdict.verdict(images * 3 - 1) == verdict.verdict((images * 3 - 1).clamp(0, 1))


def test_reliability_counts_by_confidence(monkeypatch):
    table = torch.zeros(4, 10)
    table[0, 3], table[1, 3], table[2, 5], table[3, 1] = 0.95, 0.97, 0.3, 1.0
    monkeypatch.setattr(verdict, "probabilities", lambda images: table)
    records = verdict.reliability(torch.zeros(4, 1, 28, 28), torch.tensor([3, 2, 5, 1]))
    found = {record["low"]: record for record in records if record["count"]}
    assert {low: record["count"] for low, record in found.items()} == {0.0: 1, 0.95: 2, 0.99: 1}
    assert found[0.95]["right"] == 0.5 and found[0.95]["confidence"] == pytest.approx(0.96)
    assert found[0.99]["right"] == found[0.0]["right"] == 1


def test_it_is_fitted_again_by_one_call(tmp_path, monkeypatch, split):
    training, test = split
    monkeypatch.setattr(data, "train", lambda directory: training)
    monkeypatch.setattr(data, "test", lambda directory: test)
    monkeypatch.setattr(verdict, "HELD_OUT", 500)
    monkeypatch.setattr(verdict, "MADE_UP", 60)
    path = tmp_path / "verdict.safetensors"
    monkeypatch.setattr(verdict, "FILE", path)
    try:
        assert verdict.fit(path=path, epochs=8) > 0.75
        assert {name: tuple(layer.shape) for name, layer in verdict.weights().items()} == verdict.SHAPES
    finally:
        verdict.weights.cache_clear()
    with safe_open(path, framework="pt") as file:
        assert 0.1 < float(file.metadata()["temperature"]) < 10
