"""Named, reproducible settings: everything needed to train a network again.

    python -m dae train conv-gaussian --data-dir ...

The keys apx, gfg, yt-... and jz-... are tutorials' systems with the tutorials' own settings; where those are plainly
poor, a better one stands beside them under a name of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dae.augmentation import Augmentation
from dae.models import ModelConfig
from dae.photographs import Photographs
from dae.sparsity import Sparsity
from dae.stages import Stage, TrainingNoise


@dataclass(frozen=True)
class Recipe:
    """A name and everything needed to train it again, besides the seed."""

    name: str
    summary: str  # one line for the model menu
    model: ModelConfig
    stages: tuple[Stage, ...]
    precision: str = "float16"  # of the shipped file's weights


def gaussian(high: float, low: float | None = None, clip: bool = True) -> TrainingNoise:
    return TrainingNoise("gaussian", high, low, clip)


# Ours: the three that the page starts with.

FULLY_CONNECTED = ModelConfig(hidden=(1024,), latent_dim=128)
COSINE = Stage(schedule="cosine", warmup_steps=200, precision="bfloat16")
# The cross-entropy has the same best answer as the squared error, the mean of x given x~, and does not get stuck
# where the sigmoid is flat.
PROBABILITIES = replace(COSINE, loss="bce_with_logits", learning_rate=2e-3)

OURS = (
    Recipe(
        "fc-gaussian",
        "Fully connected, code of 128, trained on Gaussian noise of every level up to 1",
        FULLY_CONNECTED,
        (replace(PROBABILITIES, noises=(gaussian(1.0, 0.0),), epochs=60),),
        "int8",
    ),
    Recipe(
        "plain",
        "The same network as fc-gaussian, trained without noise: a plain autoencoder",
        FULLY_CONNECTED,
        (replace(PROBABILITIES, epochs=40),),
        "int8",
    ),
    Recipe(
        "conv-gaussian",
        "Convolutional, code of 128, trained on Gaussian noise of every level up to 1",
        ModelConfig("conv", channels=(16, 32, 64), latent_dim=128),
        (replace(PROBABILITIES, learning_rate=1e-3, noises=(gaussian(1.0, 0.0),), epochs=25),),
        "int8",
    ),
)

# What the page trains while somebody watches: as good as can be after a quarter of a minute on a laptop.

LIVE = (
    Recipe(
        "quick",
        "The fastest to learn: one wide layer, Gaussian 0.5, for a run of 15 seconds",
        ModelConfig(latent_dim=512, code_activation="relu"),
        (
            Stage(
                noises=(gaussian(0.5),),
                loss="bce_with_logits",
                epochs=4,
                learning_rate=8e-3,
                schedule="cosine",
                warmup_steps=50,
                clip_norm=1.0,
                precision="bfloat16",
            ),
        ),
        "int8",
    ),
)

# ApX: any autoencoder; here the smallest that does the job well.

APX_MODEL = ModelConfig(hidden=(128,), latent_dim=64)
APX = Stage(noises=(gaussian(0.2),), epochs=50)
APX_RECIPES = (
    Recipe("apx", "ApX tutorial: Gaussian 0.2, squared error", APX_MODEL, (APX,)),
    Recipe(
        "apx-gaussian-0.5",
        "ApX tutorial: Gaussian 0.5, squared error",
        APX_MODEL,
        (replace(APX, noises=(gaussian(0.5),)),),
    ),
    Recipe(
        "apx-masking",
        "ApX tutorial: masking 0.5, squared error",
        APX_MODEL,
        (replace(APX, noises=(TrainingNoise("masking", 0.5),)),),
    ),
    Recipe("apx-bce", "ApX tutorial: Gaussian 0.2, cross-entropy", APX_MODEL, (replace(APX, loss="bce"),)),
    Recipe(
        "apx-bce-logits",
        "ApX tutorial: Gaussian 0.2, cross-entropy with logits",
        APX_MODEL,
        (replace(APX, loss="bce_with_logits"),),
    ),
    Recipe(
        "apx-conv",
        "ApX tutorial: convolutional, Gaussian 0.2, squared error",
        ModelConfig("conv", channels=(16, 32), latent_dim=64),
        (replace(APX, precision="bfloat16"),),
        "int8",
    ),
)

# GeeksforGeeks: Gaussian noise of sigma 1, not clipped.

GFG_MODEL = ModelConfig(hidden=(512, 256), latent_dim=128, code_activation="relu")
GFG = Stage(noises=(gaussian(1.0, clip=False),), epochs=10, learning_rate=1e-2)
GFG_RECIPES = (
    Recipe("gfg", "GeeksforGeeks tutorial: Gaussian 1.0 unclipped, Adam 1e-2", GFG_MODEL, (GFG,), "int8"),
    Recipe(
        "gfg-better",
        "The GeeksforGeeks network with a falling learning rate and more epochs",
        GFG_MODEL,
        (replace(COSINE, noises=(gaussian(1.0, clip=False),), epochs=60),),
        "int8",
    ),
)

# YouTip: a code of 32.

YT_MODEL = ModelConfig(hidden=(256, 256), latent_dim=32, output="identity")
YT_DAE_MODEL = replace(YT_MODEL, output="sigmoid")
YT = Stage(epochs=10)
YT_RECIPES = (
    Recipe("yt-ae", "YouTip tutorial: plain, linear output", YT_MODEL, (YT,), "int8"),
    Recipe(
        "yt-conv",
        "YouTip tutorial: convolutional with global pooling",
        ModelConfig("pooled_conv", channels=(32, 64, 128, 256), latent_dim=32),
        (replace(YT, precision="bfloat16"),),
        "int8",
    ),
    Recipe(
        "yt-conv-better",
        "The YouTip convolutional network with the cross-entropy: with squared error it stays black",
        ModelConfig("pooled_conv", channels=(32, 64, 128, 256), latent_dim=32),
        (replace(YT, loss="bce_with_logits", precision="bfloat16"),),
        "int8",
    ),
    Recipe("yt-dae", "YouTip tutorial: Gaussian 0.3", YT_DAE_MODEL, (replace(YT, noises=(gaussian(0.3),)),), "int8"),
    *(
        Recipe(
            f"yt-dae-{key.replace('_', '-')}",
            f"YouTip tutorial: {key.replace('_', '-')} {level}",
            YT_DAE_MODEL,
            (replace(YT, noises=(TrainingNoise(key, level),)),),
            "int8",
        )
        for key, level in (("salt_and_pepper", 0.1), ("masking", 0.1), ("dropout", 0.2))
    ),
    Recipe(
        "yt-vae",
        "YouTip tutorial: variational, digits can be drawn from N(0, I)",
        replace(YT_DAE_MODEL, variational=True),
        (replace(YT, loss="bce_with_logits"),),
        "int8",
    ),
)

# Jian Zhong: one layer each way, leaky ReLU after both, tied weights first and then untied.

JZ_MODEL = ModelConfig(latent_dim=64, code_activation="leaky_relu", output="leaky_relu", tied=True)
JZ = Stage(epochs=100, batch_size=512, schedule="plateau")
JZ_STAGES = (JZ, replace(JZ, epochs=50, untie=True))


def jz_sparse(name: str, summary: str, code_activation: str = "leaky_relu", **sparsity: float | int | str) -> Recipe:
    model = replace(JZ_MODEL, code_activation=code_activation, sparsity=Sparsity(**sparsity))
    return Recipe(name, f"Jian Zhong's guide: {summary}", model, JZ_STAGES, "int8")


def jz_denoise(name: str, summary: str, noise: TrainingNoise) -> Recipe:
    stages = tuple(replace(stage, noises=(noise,)) for stage in JZ_STAGES)
    return Recipe(name, f"Jian Zhong's guide: {summary}", JZ_MODEL, stages, "int8")


JZ_DEEP = Stage(epochs=30, batch_size=512, schedule="plateau")
JZ_RECIPES = (
    Recipe("jz-fc", "Jian Zhong's guide: one layer each way, plain", JZ_MODEL, JZ_STAGES, "int8"),
    jz_sparse("jz-topk-16", "top-k sparsity, 16 of 64", kind="topk", k=16),
    jz_sparse("jz-topk-5", "top-k sparsity, 5 of 64", kind="topk", k=5),
    jz_sparse("jz-l1-1e-2", "L1 sparsity, lambda 0.01", "sigmoid", kind="l1", weight=1e-2),
    jz_sparse("jz-l1-1e-1", "L1 sparsity, lambda 0.1", "sigmoid", kind="l1", weight=1e-1),
    jz_sparse("jz-kl-1e-2", "KL sparsity, rho 0.05, lambda 0.01", "sigmoid", kind="kl", rho=0.05, weight=1e-2),
    jz_sparse("jz-kl-1e-1", "KL sparsity, rho 0.05, lambda 0.1", "sigmoid", kind="kl", rho=0.05, weight=1e-1),
    jz_sparse("jz-wta-25", "lifetime sparsity, 25 % of the batch", kind="lifetime", fraction=0.25),
    jz_sparse("jz-wta-5", "lifetime sparsity, 5 % of the batch", kind="lifetime", fraction=0.05),
    Recipe(
        "jz-conv",
        "Jian Zhong's guide: four 6x6 convolutions, fully connected decoder",
        ModelConfig(
            "valid_conv",
            channels=(8, 8, 8, 8),
            latent_dim=128,
            activation="leaky_relu",
            code_activation="leaky_relu",
            output="leaky_relu",
        ),
        (replace(JZ, precision="bfloat16"), replace(JZ, epochs=50, precision="bfloat16")),
        "int8",
    ),
    Recipe(
        "jz-deep",
        "Jian Zhong's guide: code of 2, trained layer by layer",
        ModelConfig(hidden=(128, 64, 32), latent_dim=2, activation="leaky_relu", output="leaky_relu"),
        (
            *(replace(JZ_DEEP, pairs=pairs, newest_pair_only=True) for pairs in (1, 2, 3, 4)),
            replace(JZ_DEEP, epochs=60),
        ),
        "int8",
    ),
    jz_denoise("jz-denoise-gaussian", "trained on Gaussian noise of variance 0.1", gaussian(0.1**0.5)),
    jz_denoise("jz-denoise-masking-25", "trained on masking 0.25", TrainingNoise("masking", 0.25)),
    jz_denoise("jz-denoise-masking-50", "trained on masking 0.5", TrainingNoise("masking", 0.5)),
)

# Beyond the tutorials.

SLIGHTLY_CHANGED = Augmentation(rotation=7, shear=0.1, scale=0.06, shift=1)
HINTON = Stage(
    augmentation=replace(SLIGHTLY_CHANGED, share=0.8),
    batch_size=256,
    warmup_steps=200,
    precision="bfloat16",
)
UNIVERSAL = Stage(
    noises=(
        gaussian(1.5, 0.0),
        gaussian(1.5, 0.0, clip=False),
        TrainingNoise("masking", 0.95, 0.0),
        TrainingNoise("salt_and_pepper", 0.95, 0.0),
        TrainingNoise("dropout", 0.9, 0.0),
        TrainingNoise("speckle", 3.0, 0.0),
        TrainingNoise("block", 0.8, 0.0),
    ),
    batch_size=512,
    schedule="cosine",
    warmup_steps=500,
    clip_norm=1.0,
    precision="bfloat16",
)
BEYOND = (
    Recipe(
        "universal",
        "Blind U-Net: one network for all six noises at every level",
        ModelConfig("unet", channels=(64, 128), latent_dim=256, output="identity"),
        (
            replace(UNIVERSAL, augmentation=replace(SLIGHTLY_CHANGED, share=0.5), epochs=265, learning_rate=1.5e-3),
            # It learns none of its training digits by heart: the true ones alone bring it further.
            replace(UNIVERSAL, epochs=35, learning_rate=4e-4),
            replace(UNIVERSAL, epochs=316, learning_rate=1e-3),
        ),
        "int8",
    ),
    Recipe(
        "hinton",
        "Hinton & Salakhutdinov's deep autoencoder, code of 30, plain",
        # The paper's units are logistic and its loss the cross-entropy. tanh is the same curve, centred, and trains
        # without the paper's pre-training; rectified units learn the training digits by heart.
        ModelConfig(hidden=(1000, 500, 250), latent_dim=30, activation="tanh", initial="xavier"),
        (
            replace(HINTON, loss="bce_with_logits", epochs=45),
            # From there the squared error, which the paper counts, is no longer flat.
            replace(HINTON, loss="mse", epochs=350, schedule="cosine"),
        ),
        "int8",
    ),
    Recipe(
        "wta-2000",
        "Makhzani & Frey's winner-take-all features: 2,000 units, 5 % lifetime sparsity",
        ModelConfig(
            latent_dim=2000,
            code_activation="relu",
            output="identity",
            tied=True,
            sparsity=Sparsity("lifetime", fraction=0.05),
        ),
        (Stage(epochs=60, batch_size=100, schedule="cosine", warmup_steps=200, precision="bfloat16"),),
        "int8",
    ),
)

# Not of digits but of photos: what in them is ink. `dae.preprocess` uses it.

INK = Recipe(
    "ink",
    "A small U-Net that finds the ink of a digit in a photo",
    ModelConfig("photo_unet", channels=(16, 24, 40, 56)),
    (
        Stage(
            photographs=Photographs(),
            loss="bce_with_logits",
            epochs=75,
            batch_size=512,
            learning_rate=4e-3,
            schedule="cosine",
            warmup_steps=200,
            weight_decay=1e-3,
            clip_norm=1.0,
            precision="bfloat16",
        ),
    ),
    "int8",
)

TUTORIALS = (*APX_RECIPES, *GFG_RECIPES, *YT_RECIPES, *JZ_RECIPES)
RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in (*OURS, *LIVE, *TUTORIALS, *BEYOND)}


def get(name: str) -> Recipe:
    """A recipe by its name.

    Raises:
        ValueError: there is no such recipe.
    """
    if name == INK.name:
        return INK
    if name not in RECIPES:
        raise ValueError(f"There is no recipe called {name!r}; there are {', '.join(RECIPES)}.")
    return RECIPES[name]
