"""The yardstick itself: figures against direct computation, and the published tables against the files."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import dae
from dae import checkpoints, data, evaluation, latent, metrics, recipes
from dae.models import ModelConfig, build
from dae.noise import corrupt


def test_measure_is_what_a_reader_would_compute(split):
    digits = split[1]
    record = evaluation.measure(lambda noisy: noisy * 0.5, digits, "gaussian", 0.5, clip=False, seed=3)
    noisy = corrupt(digits.images, "gaussian", 0.5, seed=3, clip=False)
    error = float(((noisy.double() * 0.5 - digits.images.double()) ** 2).mean())
    assert record["mse"] == pytest.approx(error, rel=1e-5)
    assert record["psnr"] == pytest.approx(10 * np.log10(1 / error), abs=1e-3)
    assert record["clip"] is False and record["digits"] == len(digits)
    assert record["ssim"] == pytest.approx(metrics.ssim(noisy * 0.5, digits.images))
    clean = evaluation.measure(lambda noisy: noisy, digits, None)
    assert clean["mse"] == 0 and clean["noise"] == "clean" and clean["clip"] is None


def test_sweep_uses_one_draw_for_all_levels(digits):
    result = evaluation.sweep(lambda noisy: noisy, digits[:1], "masking", [0.0, 0.3, 0.6], seed=1)
    for level, noisy in zip(result.levels, result.noisy, strict=True):
        assert torch.equal(noisy[None], corrupt(digits[:1], "masking", level, seed=1))
    assert result.noisy_psnr[0] == float("inf")
    assert result.noisy_psnr[1] == pytest.approx(metrics.psnr(metrics.mse(result.noisy[1:2], digits[:1])), abs=1e-4)


def test_denoising_again_feeds_the_result_back(digits):
    path = evaluation.denoise_again(lambda noisy: noisy * 0.5, digits, 3)
    assert len(path) == 4
    assert torch.equal(path[0], digits) and torch.allclose(path[3], digits / 8)


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
        patch.setattr(evaluation, "corrupt", lambda images, *_, **__: images)
        records = evaluation.measure_codes(encode, training, test, training)
    for record in records:
        assert record["probe"] == record["neighbours"] == 1 and record["nmi"] == pytest.approx(1)
        assert record["nonzero"] == 1 and record["dead"] == 0 and record["latent_dim"] == 10


def test_sparsity_is_counted():
    codes = torch.tensor([[0.0, 2.0, 0.001, 0.0], [0.0, -1.0, 0.5, 0.0]])
    assert evaluation.sparsity_of(codes) == {"nonzero": 1.5, "dead": 2}


def test_few_labels_takes_as_many_of_each_class(split, monkeypatch):
    training, test = split
    seen = []
    monkeypatch.setattr(evaluation, "LABELS", (100, None))
    monkeypatch.setattr(
        evaluation, "fit_probe", lambda codes, labels: seen.append(labels) or (lambda others: np.zeros(len(others)))
    )
    records = evaluation.few_labels(lambda images: images.flatten(1), training, test)
    assert [record["labels"] for record in records] == [100, len(training)]
    assert all(record["error"] == pytest.approx(0.9) for record in records), "always zero: right once in ten"
    assert len(seen) == evaluation.DRAWS + 1
    assert all((labels.bincount() == 10).all() for labels in seen[:-1])


@pytest.fixture
def folder(tmp_path, monkeypatch, split):
    """A folder with two small checkpoints, and few digits everywhere."""
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    training, test = (part[::9] for part in split)
    monkeypatch.setattr(data, "train", lambda directory=None: training)
    monkeypatch.setattr(data, "test", lambda directory=None: test)
    monkeypatch.setattr(data, "gallery", lambda: training)
    monkeypatch.setattr(evaluation, "LABELS", (100, None))
    monkeypatch.setattr(evaluation, "CONDITIONS", ((None, 0.0, True), ("gaussian", 0.5, True)))
    monkeypatch.setattr(evaluation, "REFERENCE_CODES", ("pixels",))
    monkeypatch.setattr(evaluation, "FEW_LABEL_MODELS", ("one",))

    def write(name: str, seed: int) -> None:
        config = ModelConfig(latent_dim=12)
        info = checkpoints.Info(checkpoints.describe(recipes.get("apx")), config, seed, "none")
        checkpoints.save(tmp_path / f"{name}.safetensors", build(config, seed=seed), info)

    write("one", 0)
    write("two", 1)
    return write


def test_evaluate_measures_everything_once_and_a_replaced_file_again(folder, tmp_path, monkeypatch):
    evaluation.write(evaluation.evaluate(baselines=False))
    first = evaluation.load_results()
    assert [record["denoiser"] for record in first["denoising"]] == ["none", "none", "one", "one", "two", "two"]
    assert [(record["model"], record["input"]) for record in first["codes"]] == [
        (name, given) for name in ("pixels", "one", "two") for given in ("clean", "gaussian 0.5")
    ]
    assert {record["model"] for record in first["few_labels"]} == {"pixels", "one"}
    expected = evaluation.measure(dae.load("one"), data.test(), "gaussian", 0.5, seed=0)
    assert first["denoising"][3]["mse"] == pytest.approx(expected["mse"], rel=1e-5)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == evaluation.tables(first)

    measured = []
    task = evaluation._measure_task
    monkeypatch.setattr(evaluation, "_measure_task", lambda *given: measured.append(given[:2]) or task(*given))
    evaluation.write(evaluation.evaluate(baselines=False))
    assert measured == [] and evaluation.load_results() == first
    folder("two", 5)
    evaluation.write(evaluation.evaluate(baselines=False))
    assert measured == [("denoising", "two"), ("codes", "two")]
    again = evaluation.load_results()
    assert again["denoising"][:4] == first["denoising"][:4] and again["denoising"][5] != first["denoising"][5]
    (tmp_path / "two.safetensors").unlink()
    evaluation.write(evaluation.evaluate(baselines=False))
    assert {record["denoiser"] for record in evaluation.load_results()["denoising"]} == {"none", "one"}


published = evaluation.load_results()


@pytest.mark.skipif(published is None, reason="no results.json")
class TestPublished:
    def test_the_readme_says_what_the_json_says(self):
        readme = evaluation.results_file().with_name("README.md").read_text(encoding="utf-8")
        assert readme == evaluation.tables(published)

    def test_it_is_about_the_files_that_are_shipped(self):
        import hashlib

        found = {name: hashlib.sha256(checkpoints.find(name).read_bytes()).hexdigest() for name in checkpoints.names()}
        assert found == published["files"]

    @pytest.mark.parametrize("name", sorted(published["files"]) if published else [])
    def test_a_sample_of_it_measures_alike_on_the_gallery(self, name):
        """Neither set was trained on, so the figures must be close: the same digits are checked where MNIST is."""
        model = dae.load(name)
        digits = data.gallery()[::10]
        for record in published["denoising"]:
            if record["denoiser"] == name and (record["noise"], record["level"]) in (("clean", 0), ("gaussian", 0.5)):
                noise = None if record["noise"] == "clean" else record["noise"]
                clip = record["clip"] is not False
                again = evaluation.measure(model, digits, noise, record["level"], clip=clip, seed=published["seed"])
                assert again["mse"] == pytest.approx(record["mse"], rel=0.15)

    @pytest.mark.skipif(not data.is_downloaded(), reason="MNIST is not downloaded")
    def test_a_sample_of_it_is_measured_again(self):
        digits = data.test()
        for record in published["denoising"][:: max(1, len(published["denoising"]) // 8)]:
            if record["denoiser"] in published["files"]:
                noise = None if record["noise"] == "clean" else record["noise"]
                again = evaluation.measure(
                    dae.load(record["denoiser"]), digits, noise, record["level"], clip=record["clip"] is not False,
                    seed=published["seed"],
                )  # fmt: skip
                assert again["mse"] == pytest.approx(record["mse"], rel=1e-3)

    @pytest.mark.parametrize(
        ("row", "denoiser", "code"),
        [
            ("`fc-gaussian`", "fc-gaussian", "fc-gaussian"),
            ("`plain`", "plain", "plain"),
            ("PCA, 64 components", None, "pca-64"),
            ("raw pixels", "none", "pixels"),
        ],
    )
    def test_what_the_project_says_of_training_with_noise(self, row, denoiser, code):
        readme = Path(dae.__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
        (line,) = [line for line in readme.splitlines() if line.startswith(f"| {row} |")]
        noisy, clean, probe, under_noise, drift = (cell.strip() for cell in line.strip("|").split("|")[1:])
        mse = {
            record["noise"]: record["mse"]
            for record in published["denoising"]
            if record["denoiser"] == denoiser and (record["level"], record["clip"]) in ((0.5, True), (0.0, None))
        }
        probes = {record["input"]: record["probe"] for record in published["codes"] if record["model"] == code}
        if denoiser:
            assert float(noisy) == pytest.approx(mse["gaussian"], abs=5.1e-5)
            assert float(clean) == pytest.approx(mse["clean"], abs=5.1e-5)
        assert float(probe.split()[0]) == pytest.approx(100 * probes["clean"], abs=0.051)
        assert float(under_noise.split()[0]) == pytest.approx(100 * probes["gaussian 0.5"], abs=0.051)
        if drift:
            stored = [record["drift"] for record in latent.load_planes(code).drift]
            assert [float(number) for number in drift.split("/")] == pytest.approx(stored, abs=0.0051)

    def test_it_is_plain_json(self):
        assert json.loads(evaluation.results_file().read_text(encoding="utf-8")) == published
