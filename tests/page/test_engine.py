"""The page's engine against the library: what PyTorch, scikit-image and PIL make of it is written into a folder, and
Node compares (engine.test.js, pen.test.js beside this file)."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from node import KERNELS, run_tests
from PIL import Image, ImageDraw
from safetensors.torch import load_file, save

from dae import checkpoints, features, metrics, shaping, verdict
from dae import made_up as made_up_pictures
from dae.models import ModelConfig, build
from dae.noise import NOISES, corrupt
from dae.pictures import ImageError
from dae.sparsity import Sparsity

ENGINE = Path(__file__).parents[2] / "dae" / "page" / "engine"
SEEDS = (0, 7, 123456, 2**40 + 5)
# What the shipped checkpoints do not show: odd widths, other activations, other depths.
CONFIGS = {
    "mlp-tanh": ModelConfig(hidden=(30, 7), latent_dim=5, activation="tanh", code_activation="sigmoid"),
    "mlp-tied": ModelConfig(hidden=(33,), latent_dim=10, tied=True, activation="gelu", output="leaky_relu"),
    "mlp-topk": ModelConfig(latent_dim=50, sparsity=Sparsity("topk", k=7), activation="sigmoid", output="identity"),
    "mlp-topk-all": ModelConfig(latent_dim=3, sparsity=Sparsity("topk", k=7)),
    "mlp-variational": ModelConfig(hidden=(20,), latent_dim=3, variational=True),
    "conv-2": ModelConfig("conv", channels=(3, 6), latent_dim=9, activation="tanh", code_activation="relu"),
    "conv-5": ModelConfig("conv", channels=(2, 3, 4, 5, 6), latent_dim=2, activation="leaky_relu"),
    "pooled-1": ModelConfig("pooled_conv", channels=(5,), latent_dim=4, activation="gelu"),
    "pooled-6": ModelConfig("pooled_conv", channels=(2, 3, 4, 5, 6, 7), latent_dim=6, code_activation="tanh"),
    "valid-1": ModelConfig("valid_conv", channels=(2,), latent_dim=2 * 11**2, activation="relu"),
    "valid-3": ModelConfig("valid_conv", channels=(4, 3, 5), latent_dim=5 * 6**2, activation="gelu"),
    "unet-1": ModelConfig("unet", channels=(6,), latent_dim=11, activation="gelu"),
    "unet-2": ModelConfig("unet", channels=(5, 7), latent_dim=8, activation="leaky_relu", output="sigmoid"),
}
# The sentence of each refusal, and the code that the engine has for it.
REFUSALS = {
    "The file is larger": "too_large",
    "This is not a whole safetensors file": "damaged",
    "This safetensors file was not written": "foreign",
    "This file was written in another format": "other_format",
    "The description inside this file does not make sense": "bad_description",
    "The description inside this file does not make a network": "no_network",
    "The weights in this file do not fit": "weights_do_not_fit",
    "Some weights in this file are not finite": "not_finite",
}


class Fixtures:
    """A folder of float32 arrays and an index of what they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index: dict[str, list] = {}
        self.count = 0

    def array(self, values: torch.Tensor | np.ndarray) -> str:
        """The name of a file that holds the values as float32."""
        self.count += 1
        name = f"{self.count}.f32"
        np.asarray(values, dtype=np.float32).tofile(self.folder / name)
        return name

    def add(self, what: str, **record) -> None:
        self.index.setdefault(what, []).append(record)

    def write(self) -> None:
        (self.folder / "index.json").write_text(json.dumps(self.index))


def add_noises(fixtures: Fixtures, clean: torch.Tensor) -> None:
    several = clean[:3]
    for noise in NOISES.values():
        settings = [(level, seed) for level in (0.0, noise.default, noise.maximum) for seed in SEEDS]
        settings.append(([0.3 * noise.maximum, 0.0, noise.maximum], 5))
        for level, seed in settings:
            for clip in (True, False) if noise.can_clip else (True,):
                at = torch.tensor(level) if isinstance(level, list) else level
                noisy = corrupt(several, noise.key, at, seed=seed, clip=clip)
                setting = {"noise": noise.key, "level": level, "seed": seed, "clip": clip}
                fixtures.add("noises", **setting, clean=fixtures.array(several), noisy=fixtures.array(noisy))


@torch.inference_mode()
def add_network(fixtures: Fixtures, path: Path, noisy: torch.Tensor, name: str, many: str) -> None:
    model, info = checkpoints.read(path)
    record = {
        "name": name,
        "path": str(path),
        "noisy": many,
        "restored": fixtures.array(model(noisy)),
        "latentDim": model.config.latent_dim,
        "parameters": model.parameter_count,
        "seed": info.seed,
    }
    if model.config.has_code:
        code = model.encode(noisy)
        record |= {"code": fixtures.array(code), "decoded": fixtures.array(model.decode(code))}
        record["logits"] = fixtures.array(model.decode_raw(code))
        filters, linear = features.encoder_filters(model), features.linear_decoder(model)
        record["filters"] = {
            "pictures": fixtures.array(filters.pictures),
            "count": len(filters.pictures),
            "side": filters.pictures.shape[-1],
            "isConvolution": filters.is_convolution,
            "onePerFeature": filters.one_per_feature,
        }
        record["linear"] = [fixtures.array(part) for part in linear] if linear else None
    fixtures.add("networks", **record)


def made_up(folder: Path) -> dict[str, Path]:
    """Checkpoints of `CONFIGS` with random weights, in every precision."""
    paths = {}
    for i, (name, config) in enumerate(CONFIGS.items()):
        model = build(config, seed=i)
        generator = torch.Generator().manual_seed(i)
        with torch.no_grad():  # biases, and the U-Net's convolutions that start at 0
            for parameter in model.parameters():
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
        figures = [{"psnr": float("nan"), "words": 'a "NaN" in words'}, {"psnr": float("inf")}]
        info = checkpoints.Info({"name": name}, config, i, "none", figures=figures)
        for precision in checkpoints.PRECISIONS:
            paths[f"{name}-{precision}"] = checkpoints.save(
                folder / f"{name}-{precision}.safetensors", model, info, precision
            )
    return paths


def damaged(folder: Path) -> dict[str, Path]:
    """Files that are no checkpoints, each in another way."""
    good = checkpoints.find("jz-fc")
    whole, tensors = good.read_bytes(), load_file(good)
    with open(good, "rb") as file:
        header = json.loads(file.read(8 + int.from_bytes(whole[:8], "little"))[8:])["__metadata__"]["dae"]
    fields = json.loads(header)

    def with_fields(**changed) -> bytes:
        return save(tensors, {"dae": json.dumps(fields | changed)})

    def with_model(**changed) -> bytes:
        return with_fields(model=fields["model"] | changed)

    eight_bit = {"encoder.0.weight": tensors["encoder.0.weight"].to(torch.int8)}
    missing = {name: value for name, value in fields.items() if name != "recipe"}
    contents = {
        "empty": b"",
        "short": whole[:5],
        "truncated": whole[:-1],
        "longer": whole + b"\0",
        "header of nonsense": whole[:8] + b"x" * (len(whole) - 8),
        "header too long": (2**40).to_bytes(8, "little") + whole[8:],
        "text": b"this is a text of some length, and no checkpoint",
        "large": b"\0" * (checkpoints.MAX_BYTES + 1),
        "of another program": save(tensors),
        "of another program with metadata": save(tensors, {"format": "pt"}),
        "another format": with_fields(format="dae-playground-9"),
        "no JSON": save(tensors, {"dae": "{"}),
        "a list": save(tensors, {"dae": "[]"}),
        "a field too many": with_fields(more=1),
        "a field too few": save(tensors, {"dae": json.dumps(missing)}),
        "a seed of text": with_fields(seed="1"),
        "negative steps": with_fields(steps=-1),
        "figures of numbers": with_fields(figures=[1]),
        "no architecture": with_model(architecture="transformer"),
        "an activation of nobody": with_model(activation="swish"),
        "an output of nobody": with_model(output="tanh"),
        "a code of nothing": with_model(latent_dim=0),
        "a width of text": with_model(hidden=["8"]),
        "a model's field too many": with_model(more=1),
        "many layers": with_model(hidden=[8] * 9),
        "sparsity of nobody": with_model(sparsity={"kind": "most"}),
        "no k": with_model(sparsity={"k": 0}),
        "no share": with_model(sparsity={"fraction": 0.0}),
        "a negative weight": with_model(sparsity={"weight": -0.1}),
        "a mean activation of 0": with_model(sparsity={"rho": 0.0}),
        "KL without a sigmoid": with_model(sparsity={"kind": "kl"}, code_activation="relu"),
        "a tied U-Net": with_model(architecture="unet", channels=[4], tied=True),
        "no channels": with_model(architecture="conv"),
        "a variational code that is sparse": with_model(
            variational=True, code_activation="identity", sparsity={"kind": "topk"}
        ),
        "a picture that convolutions use up": with_model(architecture="valid_conv", channels=[8, 8, 8, 8]),
        "another width": with_model(latent_dim=63),
        "a layer more": with_model(hidden=[64]),
        "tied weights": with_model(tied=True),
        "8 bits without scale": save(
            {name: value for name, value in (tensors | eight_bit).items() if not name.endswith(checkpoints.SCALE)},
            {"dae": header},
        ),
        "not finite": save(tensors | {"decoder.0.bias": torch.full((784,), torch.nan)}, {"dae": header}),
        "infinite": save(tensors | {"decoder.0.bias": torch.full((784,), torch.inf)}, {"dae": header}),
    }
    paths = {}
    for i, (name, content) in enumerate(contents.items()):
        paths[name] = folder / f"damaged-{i}.safetensors"
        paths[name].write_bytes(content)
    return paths


def refusal(path: Path) -> str:
    """The engine's code for what the library says of a file that it refuses."""
    with pytest.raises(checkpoints.CheckpointError) as caught:
        checkpoints.read(path)
    return next(code for sentence, code in REFUSALS.items() if str(caught.value).startswith(sentence))


def drawings(clean: torch.Tensor) -> list[np.ndarray]:
    """Pictures as the pad gives them, uint8 (112, 112): strokes of all widths, and digits that are drawn upon.

    None is symmetric: a centre of mass just between two pixels may fall to either.
    """
    side, numbers, made = 112, random.Random(0), []
    for width in (1, 2, 3, 6, 9, 9, 9, 12, 18, 30) * 4:
        large = Image.new("L", (4 * side, 4 * side))
        draw = ImageDraw.Draw(large)
        for _ in range(numbers.randint(1, 3)):
            points = [tuple(numbers.uniform(0.1, 0.9) * 4 * side for _ in "xy") for _ in range(numbers.randint(2, 5))]
            draw.line(points, fill=255, width=4 * width, joint="curve")
            for x, y in points:
                draw.ellipse((x - 2 * width, y - 2 * width, x + 2 * width, y + 2 * width), fill=255)
        made.append(np.asarray(large.resize((side, side), Image.Resampling.BOX)))
    speck = made[4].copy()
    speck[3, 3] = 255  # beside the strokes
    digits = [Image.fromarray((digit[0].numpy() * 255).round().astype(np.uint8)) for digit in clean[1:]]
    enlarged = [np.asarray(digit.resize((side, side), Image.Resampling.BICUBIC)) for digit in digits]
    dark_on_light = 255 - made[7]
    nothing = [np.zeros((side, side), np.uint8), np.full((side, side), 9, np.uint8)]
    return [*made, speck, *enlarged, *map(np.asarray, digits), dark_on_light, *nothing]


def add_drawings(fixtures: Fixtures, clean: torch.Tensor) -> None:
    for drawing in drawings(clean):
        height, width = drawing.shape
        record = {"pixels": fixtures.array(drawing), "width": width, "height": height}
        try:
            fixtures.add("drawings", **record, digit=fixtures.array(shaping.drawing(drawing)))
        except ImageError as error:
            fixtures.add("drawings", **record, code=error.reason)


def add_stage(fixtures: Fixtures, digit: torch.Tensor, name: str, passes: int) -> None:
    """A stage and a strip, put together from the library's functions."""
    setting = {"noise": "gaussian", "seed": 11, "clip": True}
    noisy = corrupt(digit, "gaussian", 0.5, seed=11)
    model, path = checkpoints.load(name), []
    for _ in range(passes):
        path.append(model(path[-1] if path else noisy))
    images = torch.cat([noisy, *path])
    psnr = [metrics.psnr(error) for error in metrics.mse_each(images, digit).tolist()]
    ssim = metrics.ssim_each(images, digit.expand_as(images)).tolist()
    levels = NOISES["gaussian"].levels(11)
    strip = torch.cat([corrupt(digit, "gaussian", level, seed=11) for level in levels])
    fixtures.add(
        "stages",
        question=setting | {"model": name, "level": 0.5, "passes": passes},
        digit=fixtures.array(digit),
        images=fixtures.array(images),
        psnr=psnr,
        ssim=ssim,
        digits=[each.digit for each in verdict.verdict(torch.cat([digit, noisy, path[-1]]))],
        strip=setting | {"model": name, "levels": levels},
        noisy=fixtures.array(strip),
        restored=fixtures.array(model(strip)),
    )


def add_verdicts(fixtures: Fixtures, images: torch.Tensor) -> None:
    found = verdict.verdict(images)
    fixtures.add(
        "verdicts",
        images=fixtures.array(images),
        probabilities=fixtures.array(verdict.probabilities(images)),
        digits=[each.digit for each in found],
        confidences=[each.confidence for each in found],
    )


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory: pytest.TempPathFactory, digits: torch.Tensor) -> Path:
    folder = tmp_path_factory.mktemp("engine")
    fixtures = Fixtures(folder)
    clean = digits[::12]  # 0, 2, 4, 6, 8
    noisy = corrupt(clean, "gaussian", 0.5, seed=7)
    add_noises(fixtures, clean)
    with torch.inference_mode():
        for images in (clean, noisy, corrupt(clean, "gaussian", 1.0, seed=3, clip=False)):
            add_verdicts(fixtures, images)
            errors = metrics.mse_each(images, clean).tolist()
            fixtures.add(
                "metrics",
                images=fixtures.array(images),
                clean=fixtures.array(clean),
                mse=errors,
                psnr=[metrics.psnr(error) if error else None for error in errors],  # infinite, which JSON has not
                ssim=metrics.ssim_each(images, clean).tolist(),
            )
        many = fixtures.array(noisy)
        own = folder / "made-up"
        for name, path in {each: checkpoints.find(each) for each in checkpoints.names()}.items():
            add_network(fixtures, path, noisy, name, many)
        for name, path in made_up(own).items():
            add_network(fixtures, path, noisy, name, many)
        for name, passes in (("universal", 3), ("conv-gaussian", 1), ("fc-gaussian", 2)):
            add_stage(fixtures, clean[2:3], name, passes)
    add_verdicts(fixtures, made_up_pictures.no_digits(9, np.random.default_rng(0)))
    for name, path in damaged(folder).items():
        fixtures.add("damaged", name=name, path=str(path), code=refusal(path))
    add_drawings(fixtures, clean)
    fixtures.add("files", checkpoints=str(checkpoints.directory()), verdict=str(verdict.FILE))
    fixtures.write()
    return folder


@pytest.mark.parametrize("kernels", KERNELS)
def test_the_engine_does_as_the_library_does(fixtures: Path, kernels: str):
    names = ("engine", "pen", "answers") if kernels == KERNELS[0] else ("engine",)  # the others need them once
    run_tests(*names, fixtures=fixtures, kernels=kernels)


def test_the_kernels_are_made_of_the_source_beside_them():
    for line in (ENGINE / "kernels.sha256").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((ENGINE / name).read_bytes()).hexdigest() == digest, f"{name} has changed: run build.sh"
