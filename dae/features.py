"""What the values of a code stand for: the decoder's dictionary, when each feature fires, digits built from features.

    codes = encoding.codes_of(model, digits.images)          # (N, D)
    words = dictionary(model, codes)                         # one signed picture for each of the D features
    stats = statistics(codes, digits.labels)                 # firing rates, energy, dead units, shares of the classes
    steps = build_up(model, codes[:1], words, codes.mean(0)) # the digit from its strongest features, one at a time

A *feature* is one value of the code, with what it does to the picture. It *fires* for a digit when the size of its
value is above a threshold, by default the one of `encoding.firing_threshold`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dae.encoding import firing_threshold
from dae.models import MLP, Autoencoder, NoCodeError, ValidConv
from dae.noise import seeded

CLASSES = 10
ORDERS = ("rate", "energy", "similarity", "number", "noise")
CHUNK = 256  # codes that are decoded at once
BEST_ORDER = 512  # leaves up to which the best order of a tree is looked for: it takes a quarter of a second there
CURVE_POINTS = 64  # pictures of a digit that is built up


@dataclass(frozen=True, eq=False)
class Dictionary:
    """One signed picture for each feature."""

    pictures: Tensor  # (D, 28, 28)
    steps: Tensor | None  # (D,) how far each value was moved from the mean code; None: columns of the weight matrix

    @property
    def is_linear(self) -> bool:
        """Whether the pictures are the columns of the decoder's only weight matrix."""
        return self.steps is None


@dataclass(frozen=True, eq=False)
class Filters:
    """What an encoder's first layer looks for."""

    pictures: Tensor  # (H, h, w): 28 x 28 for a fully connected layer, else the kernels of a convolution
    is_convolution: bool
    one_per_feature: bool  # filter i leads to feature i and to no other


@dataclass(frozen=True, eq=False)
class Statistics:
    """How N digits use D features."""

    threshold: float  # a feature fires when |value| is above it
    rate: Tensor  # (D,) share of the digits for which it fires
    energy: Tensor  # (D,) mean square of its value
    mean: Tensor  # (D,)
    std: Tensor  # (D,) population standard deviation
    class_share: Tensor  # (D, 10) share of each class among the digits for which it fires; 0 for one that never does
    active: Tensor  # (N,) how many features fire for each digit

    @property
    def dead(self) -> Tensor:
        """(D,) features that fire for no digit."""
        return self.rate == 0

    @property
    def nonzero(self) -> float:
        """How many features fire for a digit, on average."""
        return float(self.active.double().mean())


@dataclass(frozen=True, eq=False)
class BuildUp:
    """A digit built from its K strongest features, one at a time."""

    order: Tensor  # (K,) features, the strongest first
    strength: Tensor  # (K,) how much each changes the picture: the Euclidean length of its share
    counts: list[int]  # after how many features there is a picture, from 0 to K
    pictures: Tensor  # (len(counts), 1, 28, 28)
    output: str | None  # of a linear decoder: what is put on each partial sum; None: features moved from the mean code

    @property
    def is_exact(self) -> bool:
        """Whether the features add up before the output function; where that is the identity, their pictures do too."""
        return self.output is not None


@dataclass(frozen=True, eq=False)
class NoiseEffect:
    """What noise does to each of D features, over N digits."""

    drift: Tensor  # (D,) mean |code(noisy) - code(clean)|
    on: Tensor  # (D,) share of the digits for which it fires when they are noisy only
    off: Tensor  # (D,) share of the digits for which it fires when they are clean only


def linear_decoder(model: Autoencoder) -> tuple[Tensor, Tensor] | None:
    """Weight `(784, D)` and bias `(784,)` of a decoder with one layer before its output activation; else None."""
    if isinstance(model, MLP):
        layers = model.decoder_weights()[-model.pairs :]
        return layers[0] if len(layers) == 1 else None
    if isinstance(model, ValidConv):
        return model.decoder.weight, model.decoder.bias
    return None


@torch.inference_mode()
def dictionary(model: Autoencoder, codes: Tensor, count: int | None = None) -> Dictionary:
    """The decoder's picture of each feature.

    Args:
        model: any network with a code.
        codes: of many digits `(N, D)`: where the mean code is, and how far each value is moved.
        count: of the first so many features only.

    Returns:
        for a linear decoder the columns of its weight matrix, d logits / d code. For a deeper one the change in the
        output when one value moves from the mean code by its standard deviation over `codes`:
        decode(mean + std_i e_i) - decode(mean), which is 0 for a value that never changes.

    Raises:
        NoCodeError: the network has no code.
    """
    _check_code(model)
    if (layer := linear_decoder(model)) is not None:
        return Dictionary(layer[0].T[:count].reshape(-1, 28, 28), None)
    # Rounding must neither move a value that never changes nor be shown as what it does.
    moves = codes.amax(0) > codes.amin(0)
    mean, steps = codes.mean(0), codes.std(0, unbiased=False) * moves
    start = model.decode(mean[None])[:, 0]
    moved = torch.diag(steps)[:count]
    pictures = torch.cat([model.decode(mean + part)[:, 0] - start for part in moved.split(CHUNK)])
    return Dictionary(pictures * moves[:count, None, None], steps[:count])


@torch.inference_mode()
def encoder_filters(model: Autoencoder) -> Filters:
    """What the encoder's first layer looks for: rows of its weight matrix as pictures, or its kernels.

    Raises:
        NoCodeError: the network has no code.
    """
    _check_code(model)
    first = model.encoder[0].weight
    if not isinstance(model, MLP):
        return Filters(first[:, 0], True, False)
    alone = model.pairs == 1
    rows = first[: model.config.latent_dim] if alone else first  # a variational layer gives variances, too
    return Filters(rows.reshape(-1, 28, 28), False, alone)


def statistics(codes: Tensor, labels: Tensor, threshold: float | None = None) -> Statistics:
    """How digits use the features.

    Args:
        codes: `(N, D)`.
        labels: class of each digit, int64 `(N,)`.
        threshold: a feature fires when |value| is above it; None: `encoding.firing_threshold(codes)`.
    """
    threshold = firing_threshold(codes) if threshold is None else threshold
    fires = (codes.abs() > threshold).float()
    classes = torch.nn.functional.one_hot(labels, CLASSES).float()  # (N, 10)
    per_class = fires.T @ classes  # (D, 10) counts
    return Statistics(
        threshold,
        rate=fires.mean(0),
        energy=codes.square().mean(0),
        mean=codes.mean(0),
        std=codes.std(0, unbiased=False),
        class_share=per_class / per_class.sum(1, keepdim=True).clamp_min(1),
        active=fires.sum(1).long(),
    )


def histogram(values: Tensor, bins: int = 24) -> tuple[Tensor, Tensor]:
    """How often values `(N,)` fall into equal intervals: counts `(bins,)` and edges `(bins + 1,)`.

    No values give no counts, with edges from 0 to 1; equal values all fall into one interval.
    """
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = torch.linspace(low, high, bins + 1, dtype=torch.float64)
    places = ((values.double() - low) / (high - low) * bins).long().clamp(0, bins - 1)
    return torch.bincount(places, minlength=bins), edges


def shares(active: Tensor, most: int, bins: int = 24) -> Tensor:
    """For which share of the digits how many features fire: `(bins,)`, or fewer where `most` is small.

    Args:
        active: how many features fire for each digit, int64 `(N,)`.
        most: the numbers 0 to `most` are spread over the bins as evenly as can be; larger ones count as `most`.
    """
    bins = min(bins, most + 1)
    places = active.clamp(max=most) * bins // (most + 1)
    return torch.bincount(places, minlength=bins) / max(len(active), 1)


def most_exciting(values: Tensor, count: int = 9) -> Tensor:
    """The digits for which a feature's values `(N,)` are largest in size, the largest first: int64 `(count,)`."""
    return values.abs().topk(min(count, len(values))).indices


def some_exciting(values: Tensor, threshold: float, count: int = 9, seed: int = 0) -> Tensor:
    """Some of the digits for which a feature fires, at random: int64 `(count,)` at most, in rising order."""
    firing = (values.abs() > threshold).nonzero()[:, 0]
    chosen = torch.randperm(len(firing), generator=seeded(seed))[:count]
    return firing[chosen].sort().values


def similarity_order(pictures: Tensor) -> Tensor:
    """An order of D pictures `(D, h, w)` in which like stands beside like: int64 `(D,)`.

    The leaves of average-linkage clustering under the cosine distance; for up to 512 pictures the order of the leaves
    in which neighbours are closest (Bar-Joseph et al. 2001). Pictures of nothing but zeros come last.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    flat = pictures.flatten(1).double()
    length = flat.norm(dim=1)
    full, empty = (length > 0).nonzero()[:, 0], (length == 0).nonzero()[:, 0]
    if len(full) < 3:
        return torch.cat((full, empty))
    unit = flat[full] / length[full, None]
    distance = (1 - unit @ unit.T).clamp_min(0)
    condensed = squareform(distance.cpu().numpy(), checks=False)  # reads one half only
    tree = linkage(condensed, "average")
    if len(full) <= BEST_ORDER:
        tree = optimal_leaf_ordering(tree, condensed)
    return torch.cat((full[torch.from_numpy(leaves_list(tree)).long()], empty))


def order(by: str, words: Dictionary, stats: Statistics, effect: NoiseEffect | None = None) -> Tensor:
    """The features `(D,)` in one of `ORDERS`: by falling firing rate or energy, like beside like, by falling drift
    under noise, or as they are numbered. Ties stay in the order of their numbers.

    Raises:
        ValueError: an unknown order, or that of noise without its effect.
    """
    if by == "similarity":
        return similarity_order(words.pictures)
    if by == "number":
        return torch.arange(len(words.pictures))
    if by == "noise" and effect is not None:
        values = effect.drift
    elif by in ("rate", "energy"):
        values = getattr(stats, by)
    else:
        raise ValueError(f"The features have an order by {', '.join(ORDERS)}, not by {by!r}.")
    return values.argsort(descending=True, stable=True)


@torch.inference_mode()
def build_up(
    model: Autoencoder, code: Tensor, words: Dictionary, mean: Tensor, counts: Sequence[int] | None = None
) -> BuildUp:
    """A digit from its strongest features, one at a time; the last picture is the reconstruction.

    A linear decoder's picture is output(bias + sum_i code_i w_i): the features are those with code_i != 0, sorted by
    |code_i| |w_i|, and the pictures are output(partial sum): exact before the output function. For any other decoder
    all features start at the mean code and are set to the digit's own values one after the other, sorted by
    |code_i - mean_i| / step_i times the length of what the step changes: an approximation, as what a feature changes
    there depends on the others.

    Args:
        model: the network.
        code: of one digit `(1, D)`.
        words: the network's dictionary.
        mean: the mean code `(D,)`; means nothing to a linear decoder.
        counts: after how many features a picture is wanted; None: `curve_counts(K)`. Others than 0 to K are left out,
            and 0 and K are always there.
    """
    _check_code(model)
    (values,) = code
    lengths = words.pictures.flatten(1).norm(dim=1)
    layer = linear_decoder(model)
    if layer is None:
        steps = words.steps
        sizes = torch.where(steps > 0, (values - mean).abs() / steps, 0.0) * lengths
        order = sizes.argsort(descending=True, stable=True)
    else:
        sizes = values.abs() * lengths
        order = sizes.argsort(descending=True, stable=True)[: int((values != 0).sum())]
    total = len(order)
    wanted = curve_counts(total) if counts is None else counts
    wanted = sorted({0, total, *(count for count in wanted if 0 < count < total)})
    if layer is not None:
        weight, bias = (part.double() for part in layer)
        shares = (weight[:, order] * values[order].double()).T  # (K, 784)
        sums = torch.cat((bias[None], bias + shares.cumsum(0)))[wanted]
        pictures = model.output(sums.float().view(-1, 1, 28, 28))
    else:
        place = order.argsort()  # of each feature in the order
        switched = place < torch.tensor(wanted, device=place.device)[:, None]  # (pictures, D)
        pictures = torch.cat([model.decode(part) for part in torch.where(switched, values, mean).split(CHUNK)])
    return BuildUp(order, sizes[order], wanted, pictures, None if layer is None else model.config.output)


def curve_counts(total: int, points: int = CURVE_POINTS) -> list[int]:
    """At most `points` whole numbers from 0 to `total`: every one at first, then ever wider apart."""
    if total < points:
        return list(range(total + 1))
    counts = [0]
    for left in range(points - 1, 0, -1):
        last = counts[-1]
        # The ratio that leads from here to the end in the steps that are left.
        ratio = (total / max(last, 1)) ** (1 / left)
        counts.append(total if left == 1 else max(last + 1, math.floor(last * ratio)))
    return counts


def noise_effect(clean: Tensor, noisy: Tensor, threshold: float) -> NoiseEffect:
    """What noise does to the codes `(N, D)` of the same digits, clean and noisy.

    Args:
        threshold: a feature fires when |value| is above it; take that of many clean digits.
    """
    before, after = clean.abs() > threshold, noisy.abs() > threshold
    return NoiseEffect(
        drift=(noisy - clean).abs().mean(0),
        on=(after & ~before).float().mean(0),
        off=(before & ~after).float().mean(0),
    )


def _check_code(model: Autoencoder) -> None:
    if not model.config.has_code:
        raise NoCodeError("This network has no code, so it has no features to show.")
