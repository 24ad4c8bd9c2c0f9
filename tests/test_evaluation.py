"""The yardstick itself: figures against direct computation, and the published tables against the files."""

import json
import re
from pathlib import Path

import pytest

import dae
from dae import checkpoints, data, denoising, evaluation, few_labels, latent, photo_quality, recipes, verdict
from dae.models import ModelConfig, build


@pytest.fixture
def folder(tmp_path, monkeypatch, split):
    """A folder with two small checkpoints, and few digits everywhere."""
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    training, test = (part[::9] for part in split)
    monkeypatch.setattr(data, "train", lambda directory=None: training)
    monkeypatch.setattr(data, "test", lambda directory=None: test)
    monkeypatch.setattr(data, "gallery", lambda: training)
    monkeypatch.setattr(few_labels, "LABELS", (100,))
    monkeypatch.setattr(few_labels, "DRAWS", 2)
    monkeypatch.setattr(data, "others", lambda: test)
    monkeypatch.setattr(evaluation, "OTHERS", 30)
    monkeypatch.setattr(evaluation, "PHOTOS", 3)
    monkeypatch.setattr(evaluation, "VERDICT_MODEL", "one")
    monkeypatch.setattr(evaluation, "CONDITIONS", ((None, 0.0, True), ("gaussian", 0.5, True)))
    monkeypatch.setattr(evaluation, "REFERENCE_CODES", ("pixels",))
    monkeypatch.setattr(evaluation, "FINE_TUNED", {})

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
    assert [record["model"] for record in first["few_labels"]] == ["pixels", "one", "two"]
    assert [(record["model"], record["input"]) for record in first["generalisation"]] == [
        (name, given) for name in ("one", "two") for given in ("clean", "gaussian 0.5")
    ]
    assert {"training", "test", "others"} < first["generalisation"][0].keys()
    expected = denoising.measure(dae.load("one"), data.test(), "gaussian", 0.5, seed=0)
    assert first["denoising"][3]["mse"] == pytest.approx(expected["mse"], rel=1e-5)
    assert first["generalisation"][1]["test"] == pytest.approx(expected["mse"], rel=1e-5)
    seen = denoising.measure(dae.load("one"), data.train(), "gaussian", 0.5, seed=0)
    assert first["generalisation"][1]["training"] == pytest.approx(seen["mse"], rel=1e-5)
    assert [kind["name"] for kind in first["verdict"]["pictures"]] == ["clean", "noisy", "restored"]
    assert first["verdict"]["pictures"][0]["right"] == verdict.accuracy(data.test().images, data.test().labels)
    assert {each["photos"] for each in first["photos"]["records"]} == set(photo_quality.DISTURBANCES)
    assert {each["digits"] for each in first["photos"]["records"]} == {3}
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == evaluation.tables(first)

    measured = []
    task = evaluation._measure_task
    monkeypatch.setattr(evaluation, "_measure_task", lambda *given: measured.append(given[:2]) or task(*given))
    evaluation.write(evaluation.evaluate(baselines=False))
    assert measured == [] and evaluation.load_results() == first
    folder("two", 5)
    evaluation.write(evaluation.evaluate(baselines=False))
    assert measured == [(key, "two") for key in ("denoising", "generalisation", "codes", "few_labels")]
    again = evaluation.load_results()
    assert again["denoising"][:4] == first["denoising"][:4] and again["denoising"][5] != first["denoising"][5]
    (tmp_path / "two.safetensors").unlink()
    evaluation.write(evaluation.evaluate(baselines=False))
    assert {record["denoiser"] for record in evaluation.load_results()["denoising"]} == {"none", "one"}


published = evaluation.load_results()


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+\.\d+", text)]


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
                again = denoising.measure(model, digits, noise, record["level"], clip=clip, seed=published["seed"])
                assert again["mse"] == pytest.approx(record["mse"], rel=0.15)

    @pytest.mark.skipif(not data.is_downloaded(), reason="MNIST is not downloaded")
    def test_a_sample_of_it_is_measured_again(self):
        digits = data.test()
        for record in published["denoising"][:: max(1, len(published["denoising"]) // 8)]:
            if record["denoiser"] in published["files"]:
                noise = None if record["noise"] == "clean" else record["noise"]
                again = denoising.measure(
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

    def test_what_the_project_says_of_its_blind_denoiser(self):
        readme = Path(dae.__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
        section = readme.split("### One blind denoiser for all")[1].split("\n### ")[0]
        records = {
            (record["denoiser"], record["noise"], record["level"], record["clip"] is not False): record
            for record in published["denoising"]
        }
        rows = [line.strip("|").split("|") for line in section.splitlines() if "|" in line][2:]
        assert len(rows) == 8
        for name, *said in rows:
            noise, level = re.match(r" (\D+) ([\d.]+)", name).groups()
            key = noise.lower().replace(" ", "_"), float(level), "not clipped" not in name
            own, nothing = (records[(who, *key)] for who in ("universal", "none"))
            found = [own["mse"], own["psnr"], nothing["mse"]]
            for cell, value, least in zip(said, found, (5.1e-5, 0.051, 5.1e-5), strict=True):
                assert float(cell.split()[0]) == pytest.approx(value, abs=least), name
        (gap,) = [
            record["training"]
            for record in published["generalisation"]
            if (record["model"], record["input"]) == ("universal", "gaussian 0.5")
        ]
        assert f"MSE at Gaussian 0.5 is {gap:.4f}." in section

    def test_what_the_project_says_beside_published_figures(self):
        readme = Path(dae.__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
        section = readme.split("### Beside published figures")[1].split("\n## ")[0]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line]
        said = [numbers(row[1]) for row in rows[2:6]]

        def errors(name: str) -> list[float]:
            own = [record for record in published["few_labels"] if record["model"] == name]
            return [100 * record["error"] for record in sorted(own, key=lambda record: record["labels"])]

        (clean,) = [
            record["mse"]
            for record in published["denoising"]
            if (record["denoiser"], record["noise"]) == ("hinton", "clean")
        ]
        (probe,) = [
            record["probe"]
            for record in published["codes"]
            if (record["model"], record["input"]) == ("wta-2000", "clean")
        ]
        found = [
            *([784 * clean], [100 * (1 - probe)], errors("wta-2000-augmented"), errors("wta-2000")),
            errors("fine-tuned") + errors("fine-tuned-sdae"),
            errors("yt-conv-better"),
        ]
        said += [[number for row in rows[6:8] for number in numbers(row[1])], numbers(rows[8][1])]
        for each, expected in zip(said, found, strict=True):
            assert each == pytest.approx(expected, abs=0.0051)
        clean = published["verdict"]["pictures"][0]
        verdict_line = re.search(r"reads ([\d.]+) % of the test digits rightly and says of ([\d.]+) %", section)
        assert [float(number) for number in verdict_line.groups()] == pytest.approx(
            [100 * clean["right"], 100 * clean["unsure"]], abs=0.0051
        )

    def test_figures_do_not_get_worse(self):
        errors = {(record["model"], record["labels"]): record["error"] for record in published["few_labels"]}
        assert errors["wta-2000-augmented", 55_000] <= 0.0125
        assert errors["yt-conv-better", 100] <= 0.10 and errors["yt-conv-better", 1000] <= 0.05
        assert errors["fine-tuned-sdae", 100] < errors["fine-tuned", 100]
        assert errors["fine-tuned-sdae", 1000] < errors["fine-tuned", 1000]
        clean, _, restored = published["verdict"]["pictures"]
        assert clean["right"] >= 0.985 and restored["right"] >= 0.97 and clean["unsure"] <= 0.01
        assert published["verdict"]["letters"] >= 0.95 and published["verdict"]["noise"] >= 0.99
        for found in clean["bins"]:
            if found["count"] >= 200:
                assert found["confidence"] == pytest.approx(found["right"], abs=0.05)

    def test_it_is_plain_json(self):
        assert json.loads(evaluation.results_file().read_text(encoding="utf-8")) == published
