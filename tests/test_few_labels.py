"""Learning from few labels: which digits are labelled, what is counted, and that pre-training is what it says."""

import dataclasses

import numpy as np
import pytest
import torch

from dae import few_labels
from dae.models import ModelConfig, build

SMALL = ModelConfig(hidden=(48, 48), latent_dim=48, code_activation="relu")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(few_labels, "NETWORK", SMALL)
    quick = {"epochs": 3, "learning_rate": 5e-3}
    stages = tuple(dataclasses.replace(stage, **quick) for stage in few_labels.PRE_TRAINING)
    monkeypatch.setattr(few_labels, "PRE_TRAINING", stages)
    monkeypatch.setattr(
        few_labels, "FINE_TUNING", few_labels.FINE_TUNING | {"epochs": 1, "steps": 100, "learning_rate": 3e-3}
    )
    monkeypatch.setattr(few_labels, "DRAWS", 2)
    monkeypatch.setattr(few_labels, "ALL_DRAWS", 1)


def test_as_many_of_each_class_are_labelled_and_every_draw_is_another(split, monkeypatch):
    training, test = split
    seen = []
    monkeypatch.setattr(
        few_labels,
        "fit_probe",
        lambda codes, labels: seen.append((codes, labels)) or (lambda others: np.full(len(others), len(seen) % 10)),
    )
    records = few_labels.probed(lambda images: images.flatten(1), training, test)
    assert [(record["labels"], record["draws"]) for record in records] == [(100, 10), (1000, 10)]
    # A guess is right once in ten, whichever class it names.
    assert all(record["error"] == pytest.approx(0.9) and record["spread"] == 0 for record in records)
    assert [len(labels) for _, labels in seen] == [100] * 10 + [1000] * 10
    assert all(len(set(labels.bincount().tolist())) == 1 for _, labels in seen)
    assert len({codes.numpy().tobytes() for codes, _ in seen}) == 20


def test_the_spread_is_the_standard_deviation_of_the_draws():
    record = few_labels.record(100, [0.1, 0.2, 0.4])
    assert record["error"] == pytest.approx(np.mean([0.1, 0.2, 0.4]))
    assert record["spread"] == pytest.approx(np.std([0.1, 0.2, 0.4], ddof=1))
    assert few_labels.record(5, [0.3]) == {"labels": 5, "error": 0.3, "spread": 0, "draws": 1}


def test_fine_tuning_names_digits_and_leaves_the_encoder_as_it_was(split):
    training, test = split
    encoder = build(SMALL)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    settings = few_labels.FINE_TUNING | {"epochs": 2, "steps": 100, "learning_rate": 3e-3}
    predict = few_labels.fine_tune(encoder, training, seed=1, **settings)
    assert (predict(test.images) == test.labels).float().mean() > 0.85
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    again = few_labels.fine_tune(encoder, training, seed=1, **settings)
    assert torch.equal(predict(test.images), again(test.images))


def test_pre_training_is_layer_by_layer_and_restores_masked_digits(split, small):
    training, test = split
    stack = few_labels.pre_trained(training.images)
    fresh = build(SMALL)
    with torch.inference_mode():
        trained, untrained = (float((model(test.images) - test.images).square().mean()) for model in (stack, fresh))
    assert trained < untrained / 2
    assert [stage.pairs for stage in few_labels.PRE_TRAINING] == [1, 2, 3]
    assert all(stage.newest_pair_only and stage.noises for stage in few_labels.PRE_TRAINING)


@pytest.mark.parametrize("pre_training", [False, True])
def test_the_experiment_measures_each_count_of_labels(split, small, pre_training):
    training, test = split
    records = few_labels.fine_tuned(pre_training, training, test)
    assert [(record["labels"], record["draws"]) for record in records] == [(100, 2), (1000, 2), (4500, 1)]
    errors = [record["error"] for record in records]
    assert 0.6 > errors[0] > max(errors[1:]) and max(errors[1:]) < 0.25


def test_a_linear_classifier_learns_from_changed_digits(split, monkeypatch):
    training, test = split
    monkeypatch.setattr(few_labels, "AUGMENTED", few_labels.AUGMENTED | {"steps": 200, "learning_rate": 1e-2})
    seen = []

    def encode(images):
        seen.append(images)
        return images.flatten(1)

    (record,) = few_labels.probed_augmented(encode, training, test)
    assert (record["labels"], record["draws"]) == (len(training), 1)
    assert 0.02 < record["error"] < 0.2, "a linear classifier of pixels"
    known = {image.numpy().tobytes() for image in training.images}
    batch = [image.numpy().tobytes() in known for image in seen[1]]
    assert batch.count(False) == round(few_labels.AUGMENTATION.share * len(batch))
