"""Codes without their decoder: how sparse they are, and what a classifier or a clustering makes of them.

codes = codes_of(model, digits.images)                   # (N, latent_dim)
sparsity_of(codes)                                       # {"nonzero": ..., "dead": ...}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dae.data import Digits
from dae.noise import corrupt

CODE_NOISE = ("gaussian", 0.5)  # the noise under which codes are judged again
ACTIVE = 0.01  # a code value counts as non-zero above this share of the largest value of all codes


@torch.inference_mode()
def codes_of(model: Any, images: Tensor) -> Tensor:
    """The codes of images `(N, 1, 28, 28)`: `(N, latent_dim)`."""
    # What a convolution makes of a hundred digits still fits into the processor's cache.
    return torch.cat([model.encode(part) for part in images.split(100)])


class Standardiser:
    """Codes to zero mean and unit scale, as measured on the codes that a classifier is fitted on."""

    def __init__(self, codes: Tensor) -> None:
        self.mean = codes.mean(0)
        # One scale for all: a unit that hardly ever fires must not be blown up.
        self.scale = (codes - self.mean).square().mean().sqrt().clamp_min(1e-8)

    def __call__(self, codes: Tensor) -> Any:
        return ((codes - self.mean) / self.scale).numpy()


def fit_probe(codes: Tensor, labels: Tensor, strength: float = 1.0) -> Callable[[Tensor], Any]:
    """A linear probe: logistic regression on codes. Returns codes `(N, D)` -> class of each `(N,)`."""
    from sklearn.linear_model import LogisticRegression

    scaled = Standardiser(codes)
    probe = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(scaled(codes), labels.numpy())
    return lambda others: probe.predict(scaled(others))


def accuracy(predicted: Any, labels: Tensor) -> float:
    """The share of predictions that are right."""
    return float((predicted == labels.numpy()).mean())


def firing_threshold(codes: Tensor) -> float:
    """The size above which a value of codes `(N, D)` counts as non-zero: `ACTIVE` times the largest size of all.

    Not 0, as leaky units and sigmoids are never exactly 0.
    """
    return ACTIVE * float(codes.abs().max())


def sparsity_of(codes: Tensor) -> dict[str, float]:
    """How sparse codes `(N, D)` are: the mean number of non-zero values of a digit, and the units that never fire.

    A value counts as non-zero when its size is above `firing_threshold(codes)`.
    """
    active = codes.abs() > firing_threshold(codes)
    return {"nonzero": float(active.float().sum(1).mean()), "dead": int((~active.any(0)).sum())}


def measure_codes(
    encode: Callable[[Tensor], Tensor], training: Digits, test: Digits, reference: Digits, seed: int = 0
) -> list[dict[str, Any]]:
    """What codes are worth without their decoder, on clean and on noisy test digits.

    Args:
        encode: images `(N, 1, 28, 28)` -> codes `(N, D)`.
        training: the digits that the linear probe is fitted on, clean.
        test: the digits that everything is judged on.
        reference: the digits among which the 5 nearest neighbours vote, clean.
        seed: of the noise and of k-means.

    Returns:
        two records `{"input", "probe", "neighbours", "nmi", "latent_dim", "nonzero", "dead"}`: accuracies of the probe
        and of the neighbours, and the normalised mutual information of k-means' 10 clusters with the classes.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score
    from sklearn.neighbors import KNeighborsClassifier

    probe = fit_probe(encode(training.images), training.labels)
    scaled = Standardiser(codes := encode(reference.images))
    neighbours = KNeighborsClassifier(5).fit(scaled(codes), reference.labels.numpy())
    noise, level = CODE_NOISE
    inputs = {"clean": test.images, f"{noise} {level:g}": corrupt(test.images, noise, level, seed=seed)}
    records = []
    for name, images in inputs.items():
        codes = encode(images)
        clusters = KMeans(10, n_init=3, random_state=seed).fit_predict(scaled(codes))
        records.append(
            {
                "input": name,
                "probe": accuracy(probe(codes), test.labels),
                "neighbours": accuracy(neighbours.predict(scaled(codes)), test.labels),
                "nmi": float(normalized_mutual_info_score(test.labels.numpy(), clusters)),
                "latent_dim": codes.shape[1],
                **sparsity_of(codes),
            }
        )
    return records


def pca_encoder(images: Tensor, components: int) -> Callable[[Tensor], Tensor]:
    """Principal components as a code: what a linear autoencoder of the same width would find."""
    from sklearn.decomposition import PCA

    pca = PCA(components, random_state=0).fit(images.flatten(1).numpy())
    return lambda others: torch.from_numpy(pca.transform(others.flatten(1).numpy())).float()
