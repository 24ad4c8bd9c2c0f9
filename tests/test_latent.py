"""Codes to a plane and back, neighbours, drift, and the stored planes: each held against another way to get it."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi, norm

import dae
from dae import checkpoints, latent, recipes, tsne
from dae.__main__ import main
from dae.checkpoints import Info
from dae.data import Digits
from dae.models import ModelConfig, build
from dae.noise import corrupt

WIDE = ModelConfig(hidden=(24,), latent_dim=6)
FLAT = ModelConfig(hidden=(24,), latent_dim=2)


@pytest.fixture(scope="module")
def labelled(digits) -> Digits:
    """60 digits, six of each class."""
    return Digits(digits, torch.arange(10).repeat_interleave(6), "MNIST gallery (60)")


@pytest.fixture(scope="module")
def codes(digits) -> torch.Tensor:
    with torch.no_grad():
        return build(WIDE, seed=1).eval().encode(digits)


# Planes


def test_pca_is_the_singular_value_decomposition(codes):
    plane = latent.pca_plane(codes)
    centred = codes.double().numpy() - codes.double().numpy().mean(0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    for own, other in zip(plane.axes.numpy(), axes[:2], strict=True):
        assert abs(own @ other) == pytest.approx(1, abs=1e-4)  # up to the sign
    np.testing.assert_allclose(plane.share, sizes[:2] ** 2 / (sizes**2).sum(), rtol=1e-4)
    np.testing.assert_allclose(plane.xy.numpy(), centred @ plane.axes.double().numpy().T, atol=1e-5)


def test_pca_inverse_by_hand(codes):
    plane = latent.pca_plane(codes)
    place = torch.tensor([[0.3, -0.7]])
    by_hand = [float(plane.mean[i] + 0.3 * plane.axes[0, i] - 0.7 * plane.axes[1, i]) for i in range(6)]
    np.testing.assert_allclose(plane.lift(place)[0], by_hand, atol=1e-6)
    # What is lost on the way to the plane is exactly what does not lie in it.
    lost = codes - plane.lift(plane.project(codes))
    np.testing.assert_allclose(lost @ plane.axes.T, torch.zeros(60, 2), atol=1e-5)


@given(st.lists(st.tuples(*[st.floats(-50, 50)] * 2), min_size=1, max_size=5))
def test_a_place_has_a_code_and_the_code_that_place(places):
    wide = latent.pca_plane(torch.randn(40, 5, generator=torch.Generator().manual_seed(3)) * 4)
    flat = latent.code_plane(torch.randn(10, 2, generator=torch.Generator().manual_seed(3)))
    xy = torch.tensor(places)
    for plane in (wide, flat):
        np.testing.assert_allclose(plane.project(plane.lift(xy)), xy, atol=1e-4)


def test_a_flat_code_is_shown_as_it_is():
    codes = torch.tensor([[1.0, -2.0], [0.5, 4.0]])
    plane = latent.code_plane(codes)
    assert torch.equal(plane.xy, codes) and torch.equal(plane.lift(codes), codes)
    line = latent.code_plane(codes[:, :1])
    assert torch.equal(line.xy, torch.tensor([[1.0, 0.0], [0.5, 0.0]])) and torch.equal(
        line.lift(line.xy), codes[:, :1]
    )
    assert (latent.kinds(1), latent.kinds(2), latent.kinds(3)) == (("code",), ("code",), ("pca", "tsne"))
    with pytest.raises(ValueError, match="3 values is no place"):
        latent.code_plane(torch.zeros(4, 3))


def test_a_dragged_point_is_decoded_through_the_inverse(digits, codes):
    model = build(WIDE, seed=1).eval()
    plane = latent.pca_plane(codes)
    xy = torch.tensor([[0.1, 0.2], [-0.3, 0.05]])
    with torch.no_grad():
        expected = model.decode(plane.mean + xy[:, :1] * plane.axes[0] + xy[:, 1:] * plane.axes[1])
    torch.testing.assert_close(latent.decode_at(model, plane, xy), expected)


def test_tsne_keeps_groups_together_and_has_no_inverse():
    generator = torch.Generator().manual_seed(0)
    centres = 20 * torch.eye(4)[:3]
    codes = torch.cat([centre + torch.randn(20, 4, generator=generator) for centre in centres])
    told = []
    plane = latent.tsne_plane(codes, watch=told.append)
    assert plane.xy.shape == (60, 2) and plane.xy.dtype == torch.float32
    groups = torch.arange(3).repeat_interleave(20)
    apart = torch.cdist(plane.xy, plane.xy).fill_diagonal_(math.inf)
    assert (groups[apart.argmin(1)] == groups).all()
    assert told == sorted(told) and told[-1] == 100 and len(told) > 3
    for refused in (plane.project, plane.lift):
        with pytest.raises(ValueError, match="t-SNE"):
            refused(plane.xy)
    assert torch.equal(plane.nearest(plane.xy[[7, 31]] + 1e-4), torch.tensor([7, 31]))


def test_what_tsne_cannot_take_is_refused_and_a_watcher_can_stop_it():
    for points in (np.zeros((3, 2)), np.zeros(9), np.full((9, 2), np.nan)):
        with pytest.raises(ValueError, match="at least four points"):
            tsne.embed(points)

    def stop(percent):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tsne.embed(np.random.default_rng(0).normal(size=(40, 3)), watch=stop)


# Neighbours, lines, grids


@given(st.integers(0, 59), st.integers(1, 8))
def test_neighbours_by_brute_force(place, count):
    codes = torch.randn(60, 3, generator=torch.Generator().manual_seed(5))
    found, distances = latent.neighbours(codes, codes[place], count, leave_out=place)
    by_hand = sorted(
        (math.dist(codes[place].tolist(), other.tolist()), i) for i, other in enumerate(codes) if i != place
    )
    assert found.tolist() == [i for _, i in by_hand[:count]]
    np.testing.assert_allclose(distances, [distance for distance, _ in by_hand[:count]], rtol=1e-4)


def test_there_are_no_more_neighbours_than_codes():
    codes = torch.arange(3.0)[:, None]
    assert latent.neighbours(codes, codes[0], 9)[0].tolist() == [0, 1, 2]
    assert latent.neighbours(codes, codes[0], 9, leave_out=0)[0].tolist() == [1, 2]


@pytest.mark.parametrize("shape", [(1, 6), (1, 1, 28, 28)])
def test_interpolation_begins_and_ends_where_it_should(shape):
    start, end = torch.rand(2, *shape, generator=torch.Generator().manual_seed(2))
    line = latent.interpolate(start, end)
    assert line.shape == (9, *shape[1:])
    assert torch.equal(line[:1], start) and torch.equal(line[-1:], end)
    torch.testing.assert_close(line[4:5], (start + end) / 2)
    torch.testing.assert_close(line.diff(dim=0), ((end - start) / 8).expand(8, *shape[1:]), atol=1e-6, rtol=1e-4)


def test_grid_places_are_the_middles_of_cells_from_the_top_left():
    places = latent.grid_places((-2, 2, 10, 14), side=2)
    assert places.tolist() == [[-1, 13], [1, 13], [-1, 11], [1, 11]]


def test_manifold_goes_through_the_normal_distribution():
    model = build(dataclasses.replace(FLAT, variational=True), seed=2).eval()
    plane = latent.code_plane(torch.zeros(1, 2))
    pictures = latent.manifold(model, plane, side=5)
    assert pictures.shape == (25, 1, 28, 28)
    quantiles = norm.ppf([0.1, 0.3, 0.5, 0.7, 0.9])
    with torch.no_grad():
        corner = model.decode(torch.tensor([[quantiles[0], quantiles[4]]], dtype=torch.float32))
        middle = model.decode(torch.zeros(1, 2))
    torch.testing.assert_close(pictures[:1], corner, atol=1e-5, rtol=0)
    torch.testing.assert_close(pictures[12:13], middle, atol=1e-5, rtol=0)


def test_samples_are_decoded_standard_normal_codes():
    model = build(ModelConfig(latent_dim=300, output="identity", variational=True), seed=2).eval()
    weight = torch.zeros(784, 300)
    weight[:300] = torch.eye(300)  # the picture is the code
    model.decoder[0].weight.data, model.decoder[0].bias.data = weight, torch.zeros(784)
    drawn = latent.samples(model, 50, seed=4).flatten(1)[:, :300]
    assert torch.equal(drawn, latent.samples(model, 50, seed=4).flatten(1)[:, :300])
    assert not torch.equal(drawn, latent.samples(model, 50, seed=5).flatten(1)[:, :300])
    assert drawn.mean() == pytest.approx(0, abs=0.05) and drawn.std() == pytest.approx(1, abs=0.03)


# Noise and codes


def test_copies_begin_with_the_noise_that_the_page_shows(digits):
    copies = latent.noisy_copies(digits[:1], "gaussian", 0.4, seed=9)
    assert copies.shape == (64, 1, 28, 28)
    assert torch.equal(copies[:1], corrupt(digits[:1], "gaussian", 0.4, seed=9))
    assert not torch.equal(copies[0], copies[1])
    assert torch.equal(latent.noisy_copies(digits[:1], "block", 0.0, seed=9), digits[:1].expand(64, -1, -1, -1))


def test_class_scale_by_hand():
    codes = torch.tensor([[0.0, 0.0], [2.0, 0.0], [1.0, 3.0], [1.0, 5.0], [4.0, 0.0], [6.0, 0.0]])
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    # centroids (1, 0), (1, 4), (5, 0): sides of a triangle
    assert latent.class_scale(codes, labels) == pytest.approx((4 + 4 + math.hypot(4, 4)) / 3)


@pytest.mark.parametrize("width", [1, 2, 30])
def test_drift_of_a_linear_encoder_in_closed_form(width):
    """z = W x with orthonormal rows and unclipped noise: |sigma W e| is sigma times a chi variable of `width`."""
    generator = torch.Generator().manual_seed(width)
    rows = torch.linalg.qr(torch.randn(784, width, generator=generator)).Q.T
    clean = torch.rand(1, 1, 28, 28, generator=generator)
    noisy = latent.noisy_copies(clean, "gaussian", 0.3, seed=1, clip=False, count=4000)
    measured = latent.drift(clean.flatten(1) @ rows.T, noisy.flatten(1) @ rows.T, scale=2.0)
    assert measured == pytest.approx(0.3 * chi.mean(width) / 2, rel=0.05)


@given(st.floats(0.01, 100), st.integers(0, 1000))
def test_drift_does_not_depend_on_the_units_of_the_code(factor, seed):
    generator = torch.Generator().manual_seed(seed)
    clean, noisy = torch.randn(2, 40, 3, generator=generator)
    labels = torch.arange(40) % 4
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator)).Q
    before = latent.drift(clean, noisy, latent.class_scale(clean, labels))
    moved = [factor * codes @ turn + 5 for codes in (clean, noisy)]
    assert latent.drift(*moved, latent.class_scale(moved[0], labels)) == pytest.approx(before, rel=1e-2)


def test_drift_of_a_code_that_says_nothing_is_no_number():
    assert math.isnan(
        latent.drift(torch.zeros(1, 2), torch.ones(3, 2), latent.class_scale(torch.zeros(4, 2), torch.arange(4)))
    )


def test_drift_over_digits_grows_with_the_noise(labelled):
    model = dae.load("plain")
    with torch.no_grad():
        codes = model.encode(labelled.images)
        records = latent.measure_drift(model, labelled, codes)
        noisy = model.encode(corrupt(labelled.images, "gaussian", 0.5, seed=0))
    assert [record["level"] for record in records] == [0.25, 0.5, 1.0]
    drifts = [record["drift"] for record in records]
    assert drifts == sorted(drifts)
    centroids = codes.view(10, 6, -1).mean(1).numpy()
    pairs = [np.linalg.norm(centroids[a] - centroids[b]) for a in range(10) for b in range(a)]
    by_hand = np.mean([np.linalg.norm(a - b) for a, b in zip(noisy.numpy(), codes.numpy(), strict=True)]) / np.mean(
        pairs
    )
    assert drifts[1] == pytest.approx(by_hand, rel=1e-4)


# Stored planes


@pytest.fixture
def shipped(tmp_path, monkeypatch, labelled):
    """A folder of three small checkpoints, and a gallery of 60 digits."""
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(dae.data, "gallery", lambda: labelled)

    def write(name: str, config: ModelConfig, seed: int = 0) -> None:
        info = Info(checkpoints.describe(recipes.get("apx")), config, seed, "none")
        checkpoints.save(tmp_path / f"{name}.safetensors", build(config, seed=seed), info)

    write("flat", FLAT)
    write("wide", WIDE)
    write("unet", ModelConfig("unet", channels=(4, 8), latent_dim=8))
    return write


def test_planes_are_written_once_and_belong_to_one_file(shipped, tmp_path, capsys):
    assert main(["planes"]) == 0
    assert capsys.readouterr().out.splitlines() == ["flat: written", "unet: has no code", "wide: written"]
    assert main(["planes", "wide"]) == 0
    assert capsys.readouterr().out == "wide: kept\n"
    flat, wide = latent.load_planes("flat"), latent.load_planes("wide")
    model, images = dae.load("wide"), dae.data.gallery().images
    assert flat.tsne is None and wide.tsne.kind == "tsne" and not wide.tsne.linear
    linear = latent.pca_plane(model.encode(images))
    assert (wide.linear.kind, wide.linear.share, flat.linear.kind) == ("pca", pytest.approx(linear.share), "code")
    torch.testing.assert_close(wide.linear.project(model.encode(images)), linear.xy)
    fine = (linear.xy.amax(0) - linear.xy.amin(0)) / 65535
    assert ((wide.linear.xy - linear.xy).abs() <= 0.6 * fine).all()
    flat_codes = dae.load("flat").encode(images)
    torch.testing.assert_close(flat.linear.xy, flat_codes, atol=float(flat_codes.abs().max()) * 1e-4, rtol=0)
    fresh = latent.tsne_plane(model.encode(images))
    step = (fresh.xy.amax(0) - fresh.xy.amin(0)) / 255
    assert ((wide.tsne.xy - fresh.xy).abs() <= 0.501 * step).all()
    assert wide.scale == pytest.approx(latent.class_scale(model.encode(images), dae.data.gallery().labels))
    table = (tmp_path / "planes" / "README.md").read_text(encoding="utf-8")
    assert f"| wide | {' | '.join(format(record['drift'], '.3f') for record in wide.drift)} |" in table

    shipped("wide", WIDE, seed=5)
    assert latent.load_planes("wide") is None and latent.load_planes("flat") is not None
    assert "| wide |" not in latent.drift_table(["flat", "wide"]) and "| flat |" in latent.drift_table(["flat", "wide"])


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x02\0\0\0\0\0\0\0{}"])
def test_damaged_planes_are_no_planes(shipped, tmp_path, content, caplog):
    (tmp_path / "planes").mkdir()
    (tmp_path / "planes" / "flat.safetensors").write_bytes(content)
    assert latent.load_planes("flat") is None
    assert "python -m dae planes" in caplog.text


def test_planes_of_what_is_not_there(shipped, tmp_path, capsys):
    with pytest.raises(checkpoints.CheckpointError):
        latent.load_planes("nobody")
    (tmp_path / "broken.safetensors").write_bytes(b"nonsense")
    assert main(["planes", "broken", "nobody", "flat"]) == 1
    broken, nobody, flat = capsys.readouterr().out.splitlines()
    assert "damaged" in broken and "There is no checkpoint called 'nobody'" in nobody and flat == "flat: written"


def test_shipped_planes_fit_their_checkpoints():
    """Every stored plane belongs to its checkpoint's file and shows the 5,000 digits."""
    folder = latent.directory()
    stored = [path.stem for path in folder.glob("*.safetensors")] if folder.is_dir() else []
    assert sum(path.stat().st_size for path in folder.glob("*")) < 1_200_000 if stored else True
    for name in stored:
        planes = latent.load_planes(name)
        assert planes is not None, f"{name}: another checkpoint's; run `python -m dae planes`"
        assert planes.linear.xy.shape == (5000, 2) and planes.linear.xy.isfinite().all()
        if planes.tsne is None:
            assert checkpoints.info(name).model.latent_dim <= 2
        else:
            assert planes.tsne.xy.shape == (5000, 2) and planes.tsne.xy.isfinite().all()
