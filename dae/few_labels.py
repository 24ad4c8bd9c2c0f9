"""Learning from few labels: a linear probe on codes, and an encoder fine-tuned with and without pre-training.

    probed(encode, training, test)           # [{"labels": 100, "error": 0.15, "spread": 0.01, "draws": 10}, ...]
    fine_tuned(True, training, test)         # the same, of P. Vincent et al.'s experiment, JMLR 11, 2010

The unlabelled digits are all of the training digits in each case; only the labels are few.
"""

from __future__ import annotations

import copy
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dae.augmentation import Augmentation
from dae.data import Digits
from dae.encoding import Standardiser, accuracy, fit_probe
from dae.models import MLP, ModelConfig, build
from dae.noise import seeded
from dae.stages import Stage, TrainingNoise
from dae.training import fit

LABELS = (100, 1000)
DRAWS = 10  # random choices of the labelled digits
ALL_DRAWS = 2  # with all labels: of the weights and of the order

# What others publish, with the share of wrong test digits. "All" labels are the 60,000 of the training split or, where
# some were kept to choose the settings, 50,000 of them.
PUBLISHED = (
    {"model": "M1 + TSVM", "source": "Kingma et al. 2014", "labels": 100, "error": 0.1182},
    {"model": "M1 + M2", "source": "Kingma et al. 2014", "labels": 1000, "error": 0.0240},
    {"model": "Ladder network", "source": "Rasmus et al. 2015", "labels": 100, "error": 0.0106},
    {"model": "Stacked DAE, fine-tuned", "source": "Vincent et al. 2010", "labels": None, "error": 0.0128},
    {"model": "k-sparse codes, linear", "source": "Makhzani & Frey 2013", "labels": None, "error": 0.0135},
    {"model": "Winner-take-all codes, linear", "source": "Makhzani & Frey 2014", "labels": None, "error": 0.0120},
)

NETWORK = ModelConfig(hidden=(500, 500), latent_dim=500, code_activation="relu")
# Layer by layer, each new pair to clean digits from corrupted ones.
PRE_TRAINING = tuple(
    Stage(
        noises=(TrainingNoise("masking", 0.25),),
        loss="bce_with_logits",
        epochs=10,
        schedule="cosine",
        precision="bfloat16",
        pairs=pairs,
        newest_pair_only=True,
    )
    for pairs in (1, 2, 3)
)
AUGMENTATION = Augmentation(rotation=5, shear=0.08, scale=0.05, shift=1, share=0.7)
AUGMENTED = {"epochs": 0, "steps": 4000, "batch_size": 500, "learning_rate": 2e-3, "weight_decay": 0.01}
STANDARD = 10_000  # training digits, the first, whose codes give mean and scale
FINE_TUNING = {"epochs": 10, "steps": 300, "batch_size": 100, "learning_rate": 1e-3}


def choose(labels: Tensor, count: int, seed: int) -> Tensor:
    """The places of `count` labelled digits, as many of each class, drawn at random."""
    order = torch.randperm(len(labels), generator=seeded(seed))
    return torch.cat([order[labels[order] == digit][: count // 10] for digit in range(10)])


def record(labels: int, errors: Sequence[float]) -> dict[str, Any]:
    """Mean and standard deviation of the errors of several draws; one draw has no spread."""
    spread = statistics.stdev(errors) if len(errors) > 1 else 0.0
    return {"labels": labels, "error": statistics.mean(errors), "spread": spread, "draws": len(errors)}


def probed(encode: Callable[[Tensor], Tensor], training: Digits, test: Digits, seed: int = 0) -> list[dict[str, Any]]:
    """Test error of a logistic regression on codes when only some training digits have labels.

    With all labels it is `dae.encoding.measure_codes`'s linear probe.

    Returns:
        records `{"labels", "error", "spread", "draws"}` for each of `LABELS`: the mean over random choices of as many
        digits of each class, and their standard deviation.
    """
    codes, judged = encode(training.images), encode(test.images)
    records = []
    for count in LABELS:
        errors = []
        for draw in range(DRAWS):
            chosen = choose(training.labels, count, seed + draw)
            probe = fit_probe(codes[chosen], training.labels[chosen])
            errors.append(1 - accuracy(probe(judged), test.labels))
        records.append(record(count, errors))
    return records


def pre_trained(images: Tensor, seed: int = 0) -> MLP:
    """A stack of denoising autoencoders, trained layer by layer on images `(N, 1, 28, 28)` without any label."""
    model = build(NETWORK, seed)
    for number, stage in enumerate(PRE_TRAINING):
        for _ in fit(model, images, stage, seed=seed + 1000 * number):
            pass
    return model


def learn(
    logits: Callable[[Tensor], Tensor],
    parameters: Sequence[Tensor],
    digits: Digits,
    generator: torch.Generator,
    augmentation: Augmentation | None = None,
    *,
    epochs: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float = 0.0,
) -> None:
    """Train what names digits: AdamW, a rate that falls to 0, cross-entropy; for so many epochs or so many steps,
    whichever is longer."""
    total = max(steps, epochs * len(digits) // batch_size)
    optimizer = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    order = torch.empty(0, dtype=torch.long)
    for _ in range(total):
        if len(order) < min(batch_size, len(digits)):
            order = torch.randperm(len(digits), generator=generator)
        batch, order = order[:batch_size], order[batch_size:]
        images = digits.images[batch]
        images = augmentation(images, generator) if augmentation else images
        loss = F.cross_entropy(logits(images), digits.labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _head(width: int, generator: torch.Generator) -> nn.Linear:
    head = nn.Linear(width, 10)
    with torch.no_grad():
        head.weight.normal_(0, width**-0.5, generator=generator)
        head.bias.zero_()
    return head


def fine_tune(encoder: MLP, digits: Digits, seed: int = 0, **settings: float) -> Callable[[Tensor], Tensor]:
    """Train an encoder and a linear layer on its code to name digits.

    Args:
        encoder: the encoder to start from; it is left as it is.
        digits: the labelled digits.
        seed: of the linear layer and of the order.
        settings: as `FINE_TUNING`.

    Returns:
        images `(N, 1, 28, 28)` -> class of each `(N,)`.
    """
    encoder = copy.deepcopy(encoder).train().requires_grad_(True)
    generator = seeded(seed)
    head = _head(encoder.config.latent_dim, generator)
    parameters = [*encoder.encoder.parameters(), *head.parameters()]
    learn(lambda images: head(encoder.encode(images)), parameters, digits, generator, **settings)
    encoder.eval()

    @torch.inference_mode()
    def predict(images: Tensor) -> Tensor:
        return head(encoder.encode(images)).argmax(1)

    return predict


def probed_augmented(
    encode: Callable[[Tensor], Tensor], training: Digits, test: Digits, seed: int = 0
) -> list[dict[str, Any]]:
    """Test error of a linear layer on codes that learned from all labels and from digits that are changed a little,
    anew in every step.

    Returns:
        one record as `probed` gives them.
    """
    generator = seeded(seed)
    codes = encode(training.images[:STANDARD])
    scaled = Standardiser(codes)
    head = _head(codes.shape[1], generator)

    def logits(images: Tensor) -> Tensor:
        with torch.no_grad():
            codes = (encode(images) - scaled.mean) / scaled.scale
        return head(codes.clone())

    learn(logits, list(head.parameters()), training, generator, AUGMENTATION, **AUGMENTED)
    with torch.no_grad():
        named = torch.cat([logits(part).argmax(1) for part in test.images.split(1000)])
    return [record(len(training), [1 - accuracy(named.numpy(), test.labels)])]


def fine_tuned(pre_training: bool, training: Digits, test: Digits, seed: int = 0) -> list[dict[str, Any]]:
    """Test error of `NETWORK`'s encoder after fine-tuning with some of the labels, from a stack of denoising
    autoencoders that saw all training digits, or from nothing.

    Returns:
        records as `probed` gives them, and one for all labels.
    """
    stack = pre_trained(training.images, seed) if pre_training else None
    records = []
    for count in (*LABELS, len(training)):
        errors = []
        for draw in range(seed, seed + (DRAWS if count in LABELS else ALL_DRAWS)):
            chosen = training[choose(training.labels, count, draw)] if count in LABELS else training
            predict = fine_tune(stack or build(NETWORK, draw), chosen, draw, **FINE_TUNING)
            errors.append(1 - accuracy(predict(test.images).numpy(), test.labels))
        records.append(record(count, errors))
    return records
