"""What codes are worth, on codes whose worth is known."""

import pytest
import torch

from dae import encoding


def test_probe_and_neighbours_on_codes_that_tell_the_class(split):
    training, test = split
    told = torch.eye(10)

    def encode(images):  # the class itself, found through the images' own bytes
        labels = {
            image.numpy().tobytes(): int(label)
            for part in split
            for image, label in zip(part.images, part.labels, strict=True)
        }
        return torch.stack([told[labels[image.numpy().tobytes()]] for image in images])

    training, test = training[::9], test[::5]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "corrupt", lambda images, *_, **__: images)
        records = encoding.measure_codes(encode, training, test, training)
    for record in records:
        assert record["probe"] == record["neighbours"] == 1 and record["nmi"] == pytest.approx(1)
        assert record["nonzero"] == 1 and record["dead"] == 0 and record["latent_dim"] == 10


def test_sparsity_is_counted():
    codes = torch.tensor([[0.0, 2.0, 0.001, 0.0], [0.0, -1.0, 0.5, 0.0]])
    assert encoding.sparsity_of(codes) == {"nonzero": 1.5, "dead": 2}
