"""Checkpoints: what goes in comes out, and whatever else is in a file is refused with a sentence."""

import dataclasses
import json
import os
import stat
import struct

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

import dae
from dae import checkpoints, recipes
from dae.checkpoints import CheckpointError, Info
from dae.models import ModelConfig, build
from dae.sparsity import Sparsity
from dae.stages import Stage
from dae.training import fit

CONFIGS = {
    "mlp": ModelConfig(hidden=(24, 16), latent_dim=8, activation="leaky_relu", output="identity"),
    "tied": ModelConfig(
        latent_dim=8, tied=True, code_activation="sigmoid", sparsity=Sparsity("kl", rho=0.1, weight=2.0)
    ),
    "variational": ModelConfig(hidden=(24,), latent_dim=8, variational=True),
    "conv": ModelConfig("conv", channels=(4, 8), latent_dim=8, sparsity=Sparsity("topk", k=3)),
    "pooled_conv": ModelConfig("pooled_conv", channels=(4, 8), latent_dim=8),
    "valid_conv": ModelConfig("valid_conv", channels=(4, 4, 4, 2), latent_dim=32),
    "unet": ModelConfig("unet", channels=(4, 8), latent_dim=8),
}
FIGURES = [{"noise": "gaussian", "level": 0.5, "clip": True, "digits": 10, "mse": 0.01, "psnr": 20.0, "ssim": 0.9}]


def described(config: ModelConfig = CONFIGS["mlp"], **changes) -> Info:
    info = Info(
        recipe=checkpoints.describe(recipes.get("gfg")),
        model=config,
        seed=7,
        data="MNIST train without the gallery (55,000)",
        figures=FIGURES,
        versions=checkpoints.versions(),
        command="python -m dae train gfg --seed 7",
        seconds=12.5,
        steps=340,
    )
    return dataclasses.replace(info, **changes)


def written(path, config=CONFIGS["mlp"], precision="float32", seed=3):
    model = build(config, seed=seed).eval()
    return model, checkpoints.save(path / "model.safetensors", model, described(config), precision)


@pytest.fixture
def file(tmp_path):
    return written(tmp_path)[1]


def header_of(path) -> dict:
    with safe_open(path, framework="pt") as opened:
        return json.loads(opened.metadata()[checkpoints.KEY])


def rewritten(path, header=None, tensors=None, **fields):
    """The file again with another header or other weights."""
    with safe_open(path, framework="pt") as opened:
        weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    text = json.dumps(header_of(path) | fields) if header is None else header
    save_file(weights if tensors is None else tensors(weights), path, metadata={checkpoints.KEY: text})
    return path


def refused(path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(CheckpointError) as caught:
        checkpoints.load(path)
    sentence = str(caught.value)
    assert sentence[0].isupper() and sentence.endswith(".") and "\n" not in sentence
    assert isinstance(caught.value, ValueError)
    return sentence


@pytest.mark.parametrize("name", CONFIGS)
def test_float32_comes_back_bit_for_bit(name, tmp_path, digits):
    model, path = written(tmp_path, CONFIGS[name])
    loaded = checkpoints.load(path)
    assert loaded.config == model.config
    assert loaded.state_dict().keys() == model.state_dict().keys()
    for key, value in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value)
    assert torch.equal(loaded(digits), model(digits))
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert checkpoints.parameter_count(path) == model.parameter_count


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_rounded_weights_are_within_their_rounding(name, precision, tmp_path, digits):
    model, path = written(tmp_path, CONFIGS[name], precision)
    loaded = checkpoints.load(path)
    for key, value in model.state_dict().items():
        error = (loaded.state_dict()[key] - value).abs()
        bound = value.abs() * 2.0**-11 + 2.0**-25  # half a unit in the last place, or of the smallest half float
        if precision == "int8" and value.ndim > 1 and value.numel() > checkpoints.FEW:
            rows = value.flatten(1)
            bound = (rows.abs().amax(1) / 254 * 1.001).view(-1, *[1] * (value.ndim - 1)).expand_as(value)
            loaded_rows = loaded.state_dict()[key].flatten(1)
            assert all(len(row.unique()) <= 255 for row in loaded_rows)
        assert (error <= bound).all(), key
        assert loaded.state_dict()[key].dtype == torch.float32
    assert torch.allclose(loaded(digits), model(digits), atol=0.05)
    assert checkpoints.parameter_count(path) == model.parameter_count
    sizes = {kind: written(tmp_path, CONFIGS[name], kind)[1].stat().st_size for kind in ("float32", precision)}
    assert sizes[precision] < sizes["float32"]


def test_a_row_of_zeros_and_huge_rows_survive_8_bits(tmp_path):
    model = build(CONFIGS["mlp"])
    with torch.no_grad():
        model.encoder[0].weight[0] = 0
        model.encoder[0].weight[1] *= 1e6
    loaded = checkpoints.load(checkpoints.save(tmp_path / "a.safetensors", model, described(), "int8"))
    assert (loaded.encoder[0].weight[0] == 0).all()
    assert torch.allclose(loaded.encoder[0].weight[1], model.encoder[0].weight[1], atol=1e6 / 28 / 254)


def test_the_header_says_it_all(file):
    info = checkpoints.info(file)
    assert info == dataclasses.replace(described(), recipe=json.loads(json.dumps(described().recipe)))
    assert info.name == "gfg"
    assert info.model.hidden == (24, 16) and info.model.sparsity == Sparsity()
    assert info.recipe["stages"][0]["noises"][0] == {"key": "gaussian", "high": 1.0, "low": None, "clip": False}
    assert set(info.versions) >= {"python", "torch"}
    header = header_of(file)
    assert header["format"] == checkpoints.FORMAT and header["precision"] == "float32"


def test_the_file_describes_the_network_as_it_is_now(tmp_path):
    tied = build(CONFIGS["tied"])
    path = checkpoints.save(tmp_path / "a.safetensors", tied.untie(), described(CONFIGS["tied"]))
    assert not checkpoints.info(path).model.tied
    assert not checkpoints.load(path).config.tied


def test_a_loaded_network_can_be_trained_on(file, digits):
    model = checkpoints.load(file)
    before = model.encoder[0].weight.clone()
    for _ in fit(model, digits, Stage(epochs=1, batch_size=20)):
        pass
    assert not torch.equal(model.encoder[0].weight, before)
    assert torch.equal(checkpoints.load(file).encoder[0].weight, before)


def test_names_are_those_of_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    assert checkpoints.names() == []
    with pytest.raises(CheckpointError, match="no checkpoint called 'b'; there are none"):
        dae.load("b")
    for name in ("b", "a-1"):
        checkpoints.save(tmp_path / f"{name}.safetensors", build(CONFIGS["mlp"], seed=1), described())
    (tmp_path / "README.md").write_text("not a checkpoint")
    assert checkpoints.names() == ["a-1", "b"]
    assert checkpoints.find("b") == tmp_path / "b.safetensors"
    assert dae.load("b").config == checkpoints.info("b").model == CONFIGS["mlp"]
    with pytest.raises(CheckpointError, match="no checkpoint called 'c'; there are a-1, b"):
        dae.load("c")


def test_a_missing_folder_holds_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path / "nowhere"))
    assert checkpoints.names() == []


def test_the_shipped_folder_is_beside_the_package(monkeypatch):
    monkeypatch.delenv("DAE_CHECKPOINTS", raising=False)
    assert checkpoints.directory().name == "checkpoints"
    assert (checkpoints.directory().parent / "dae" / "checkpoints.py").is_file()


@pytest.mark.parametrize("name", ["../model", "/etc/passwd", "", ".", "a/b", "model.safetensor"])
def test_a_name_cannot_leave_the_folder(name, tmp_path, monkeypatch):
    written(tmp_path)
    (tmp_path / "inner").mkdir()
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path / "inner"))
    with pytest.raises(CheckpointError, match="no checkpoint called"):
        checkpoints.find(name)


def test_paths_load_as_text_and_as_paths(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (file, str(file), "model.safetensors"):
        assert checkpoints.load(path).config == CONFIGS["mlp"]
    assert "There is no file missing.safetensors" in refused(tmp_path / "missing.safetensors")
    (tmp_path / "folder.safetensors").mkdir()
    assert "There is no file folder.safetensors" in refused(tmp_path / "folder.safetensors")


def test_information_follows_the_file(file):
    assert checkpoints.info(file).seed == 7
    model = build(CONFIGS["mlp"])
    checkpoints.save(file, model, described(seed=8))
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1_000_000))  # on file systems with coarse times
    assert checkpoints.info(file).seed == 8


def test_a_file_is_written_whole_or_not_at_all(file, monkeypatch):
    before = file.read_bytes()
    model = build(CONFIGS["mlp"])
    with pytest.raises(ValueError, match="precision on disk is one of float32, float16, int8, not 'int4'"):
        checkpoints.save(file, model, described(), "int4")
    with pytest.raises(TypeError):
        checkpoints.save(file, model, described(command=object()))
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["model.safetensors"]


@pytest.mark.skipif(os.name == "nt", reason="no permissions to speak of")
def test_others_may_read_the_file_as_the_umask_says(tmp_path):
    umask = os.umask(0o022)
    try:
        assert stat.S_IMODE(written(tmp_path / "new" / "folder")[1].stat().st_mode) == 0o644
    finally:
        os.umask(umask)


def test_an_empty_file_and_other_files_are_refused(tmp_path):
    for name, content in {
        "empty": b"",
        "text": b"hello, this is no network at all",
        "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "zip": b"PK\x03\x04" + bytes(200),
        "endless header": struct.pack("<Q", 2**62) + b"{}",
    }.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        assert "not a whole safetensors file" in refused(path)
        with pytest.raises(CheckpointError, match="not a whole safetensors file"):
            checkpoints.info(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file to make others of; a path, as hypothesis would print all its bytes."""
    return written(tmp_path_factory.mktemp("whole"), precision="int8")[1]


@given(st.data())
def test_a_truncated_file_is_refused_wherever_it_ends(whole, data):
    content = whole.read_bytes()
    length = data.draw(st.integers(0, len(content) - 1) | st.sampled_from([0, 7, 8, 9, len(content) - 1]))
    path = whole.with_name("short.safetensors")
    path.write_bytes(content[:length])
    assert "not a whole safetensors file" in refused(path)


@settings(max_examples=60)
@given(st.data())
def test_a_file_with_changed_bytes_loads_or_is_refused(whole, data):
    changed = bytearray(whole.read_bytes())
    description = 8 + struct.unpack("<Q", changed[:8])[0]
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, description - 1))] = data.draw(st.integers(0, 255))
    path = whole.with_name("changed.safetensors")
    path.write_bytes(changed)
    try:
        checkpoints.load(path)
    except CheckpointError as error:
        assert str(error).endswith(".")


def test_safetensors_of_others_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    for metadata in (None, {"format": "pt"}, {"dae2": "{}"}):
        save_file({"weight": torch.zeros(3)}, path, metadata=metadata)
        assert "not written by this playground" in refused(path)


def test_another_format_is_refused(file):
    assert "another format" in refused(rewritten(file, format="dae-playground-2"))


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "3", "[]", '"text"', "[" * 60_000, "{}", '{"format": "dae-playground-1"}'],
    ids=lambda text: text[:20],
)
def test_descriptions_that_are_no_description_are_refused(file, text):
    assert "does not make sense" in refused(rewritten(file, header=text))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [field.name for field in dataclasses.fields(Info)]
MODEL_FIELDS = [field.name for field in dataclasses.fields(ModelConfig)]


@settings(max_examples=120)
@given(field=st.sampled_from(FIELDS), inner=st.none() | st.sampled_from(MODEL_FIELDS), value=JSON)
def test_descriptions_with_nonsense_in_a_field_load_or_are_refused(whole, field, inner, value):
    path = whole.with_name("nonsense.safetensors")
    path.write_bytes(whole.read_bytes())
    header = header_of(path)
    if inner:
        header["model"][inner] = value
    else:
        header[field] = value
    try:
        model = checkpoints.load(rewritten(path, header=json.dumps(header)))
        info = checkpoints.read(path)[1]
    except CheckpointError as error:
        assert str(error).endswith(".")
        return
    assert model(torch.rand(2, 1, 28, 28)).shape == (2, 1, 28, 28)  # what loads works
    assert isinstance(info.name, str) and isinstance(info.data, str) and all(isinstance(f, dict) for f in info.figures)


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": "transformer"},
        {"latent_dim": 8.0},
        {"latent_dim": -1},
        {"latent_dim": True},
        {"latent_dim": 10**400},
        {"hidden": [24, float("inf")]},
        {"hidden": "44"},
        {"hidden": [24.5, 16]},
        {"hidden": [16] * 9},
        {"channels": [1] * 10_000},
        {"depth": 3},
        {"sparsity": None},
        {"sparsity": {"kind": "topk", "k": 2.5}},
        {"sparsity": {"kind": "topk", "k": True}},
        {"sparsity": {"strength": 3}},
    ],
    ids=lambda change: f"{change}"[:40],
)
def test_networks_that_cannot_be_are_refused(file, change):
    assert "does not make sense" in refused(rewritten(file, model=header_of(file)["model"] | change))


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": []},
        {"recipe": None},
        {"seed": "7"},
        {"figures": {}},
        {"figures": [3]},
        {"versions": 3},
        {"data": None},
        {"seconds": "long"},
        {"seconds": float("nan")},
        {"seconds": 10**30},
        {"steps": 10**30},
        {"steps": -1},
        {"colour": "blue"},
    ],
    ids=str,
)
def test_fields_that_are_unknown_or_of_another_type_are_refused(file, change):
    path = rewritten(file, **change)
    assert "does not make sense" in refused(path)
    with pytest.raises(CheckpointError, match="does not make sense"):
        checkpoints.info(path)


@pytest.mark.parametrize(
    "tensors",
    [
        lambda weights: {},
        lambda weights: weights | {"extra.weight": torch.zeros(2)},
        lambda weights: {name: value for name, value in weights.items() if name != "decoder.0.bias"},
        lambda weights: weights | {"decoder.0.bias": torch.zeros(3)},
        lambda weights: weights | {"encoder.0.weight": weights["encoder.0.weight"].T.contiguous()},
        lambda weights: weights | {"decoder.0.bias": weights["decoder.0.bias"][None]},
    ],
    ids=["nothing", "one more", "one less", "another length", "transposed", "another rank"],
)
def test_weights_that_do_not_fit_their_description_are_refused(file, tensors):
    assert "do not fit the network" in refused(rewritten(file, tensors=tensors))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(file, value):
    def spoil(weights):
        weights["decoder.0.weight"][1, 2] = value
        return weights

    assert "not finite" in refused(rewritten(file, tensors=spoil))


def test_8_bit_weights_need_their_scale(tmp_path):
    path = written(tmp_path, precision="int8")[1]
    scale = "encoder.0.weight" + checkpoints.SCALE
    assert "damaged" in refused(rewritten(path, tensors=lambda w: {k: v for k, v in w.items() if k != scale}))
    path = written(tmp_path, precision="int8")[1]
    assert "damaged" in refused(rewritten(path, tensors=lambda w: w | {scale: torch.ones(5)}))


@pytest.mark.filterwarnings("ignore:.*Profiler clears events")
def test_a_huge_description_costs_no_memory(file):
    """A gigabyte of weights is described, and none of it allocated."""

    def allocated(work) -> int:
        with torch.profiler.profile(profile_memory=True, activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            work()
        return sum(max(0, event.self_cpu_memory_usage) for event in profile.key_averages())

    path = rewritten(file, model=header_of(file)["model"] | {"hidden": [4096] * 8, "latent_dim": 4096})
    assert allocated(lambda: refused(path)) < 1e6
    assert "larger than any that is trained here" in refused(path)
    assert allocated(lambda: build(ModelConfig(latent_dim=512))) > 2e6  # so it would be seen


def test_a_file_that_is_too_large_is_refused_unread(file, monkeypatch):
    monkeypatch.setattr(checkpoints, "MAX_BYTES", 1000)
    assert "The file is larger than" in refused(file)


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_can_be_read_back_from_its_description(name):
    recipe = recipes.get(name)
    description = json.loads(json.dumps(checkpoints.describe(recipe)))
    assert checkpoints.parse_config(description["model"]) == recipe.model
    assert description["name"] == name and len(description["stages"]) == len(recipe.stages)
