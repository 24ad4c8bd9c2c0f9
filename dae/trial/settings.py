"""What may be set of a run, whether it makes sense, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dae import checkpoints, rules
from dae.cost import cost
from dae.models import ACTIVATIONS, OUTPUTS, ModelConfig, compression_ratio, describe_widths
from dae.noise import NOISES
from dae.recipes import RECIPES, Recipe
from dae.rules import SettingsError
from dae.sparsity import KINDS, Sparsity
from dae.stages import LOSSES, Stage, TrainingNoise

NETWORKS = ("mlp", "conv")
PLAIN = "none"  # in the place of a noise: clean to clean
WARMUP_STEPS = 50
CLIP_NORM = 1.0
MOST_WORK = 2e9  # multiplications of a batch's forward pass: no step takes much longer than a fifth of a second

# field: (smallest, largest) of what can be set; the batch is also bounded by the digits that there are.
RANGES: dict[str, tuple[float, float]] = {
    "latent_dim": (1, 2048),
    "k": (1, 2048),
    "fraction": (0.001, 1.0),
    "weight": (0.0, 10.0),
    "rho": (0.001, 0.999),
    "learning_rate": (1e-5, 0.1),
    "batch_size": (8, 2048),
    "seed": (0, 999_999),
    "seconds": (1, 60),
}
WIDTHS = {"mlp": (0, 4, 2048), "conv": (2, 4, 128)}  # fewest and most layers, largest width


@dataclass(frozen=True)
class Settings:
    """What can be set. `check` says whether it makes sense."""

    architecture: str = "mlp"  # one of NETWORKS
    widths: tuple[int, ...] = ()  # of the layers between pixels and code, or the channels of the convolutions
    latent_dim: int = 512
    activation: str = "relu"
    code_activation: str = "relu"
    output: str = "sigmoid"
    tied: bool = False
    sparsity: str = "none"  # one of dae.sparsity.KINDS
    k: int = 16  # these four: see dae.sparsity.Sparsity
    fraction: float = 0.05
    weight: float = 1e-2
    rho: float = 0.05
    noise: str = "gaussian"  # a key of NOISES, or PLAIN
    low: float = 0.5  # levels are drawn evenly from [low, high]
    high: float = 0.5
    clip: bool = True  # Gaussian only
    loss: str = "bce_with_logits"  # one of LOSSES
    learning_rate: float = 2e-3
    batch_size: int = 128
    seed: int = 0
    seconds: float = 15.0
    start: str = ""  # the shipped checkpoint whose weights it starts from; empty: random weights
    precision: str = "float32"  # or bfloat16, for the matrix products

    @classmethod
    def of(cls, recipe: Recipe, **others: Any) -> Settings:
        """A recipe's settings, those of its first stage.

        Raises:
            SettingsError: a network, a sparsity or a mixture of noises that cannot be set.
        """
        stage = recipe.stages[0]
        if len(stage.noises) > 1:
            raise SettingsError("choice", field="noise", value="a mixture")
        noise = stage.noises[0] if stage.noises else TrainingNoise("gaussian", 0.5)
        settings = cls(
            noise=noise.key if stage.noises else PLAIN,
            low=noise.high if noise.low is None else noise.low,
            high=noise.high,
            clip=noise.clip,
            loss=stage.loss,
            learning_rate=stage.learning_rate,
            batch_size=stage.batch_size,
        )
        return replace(settings.with_network(recipe.model), **others)

    def with_network(self, config: ModelConfig) -> Settings:
        """These settings with another network.

        Raises:
            SettingsError: a network that cannot be set.
        """
        if config.architecture not in NETWORKS or config.variational:
            raise SettingsError("choice", field="architecture", value=config.architecture)
        sparsity = config.sparsity
        return replace(
            self,
            architecture=config.architecture,
            widths=config.hidden if config.architecture == "mlp" else config.channels,
            latent_dim=config.latent_dim,
            activation=config.activation,
            code_activation=config.code_activation,
            output=config.output,
            tied=config.tied,
            sparsity=sparsity.kind,
            k=sparsity.k,
            fraction=sparsity.fraction,
            weight=sparsity.weight,
            rho=sparsity.rho,
        )

    def check(self, digits: int | None = None) -> None:
        """Refuse what makes no sense.

        Args:
            digits: how many there are to train on.

        Raises:
            SettingsError: with the reason.
        """
        choices = {
            "architecture": NETWORKS,
            "activation": ACTIVATIONS,
            "code_activation": ACTIVATIONS,
            "output": OUTPUTS,
            "sparsity": KINDS,
            "noise": (PLAIN, *NOISES),
            "loss": LOSSES,
            "precision": ("float32", "bfloat16"),
        }
        for field, known in choices.items():
            if getattr(self, field) not in known:
                raise SettingsError("choice", field=field, value=getattr(self, field))
        low, high = RANGES["learning_rate"]
        if not low <= self.learning_rate <= high:
            raise SettingsError("learning_rate", value=f"{self.learning_rate:g}", low=f"{low:g}", high=f"{high:g}")
        if digits is not None:
            rules.check_batch(self.batch_size, digits)
        for field, (low, high) in RANGES.items():
            if not low <= getattr(self, field) <= high:
                raise SettingsError("range", field=field, low=f"{low:g}", high=f"{high:g}")
        fewest, most, largest = WIDTHS[self.architecture]
        if not (fewest <= len(self.widths) <= most and all(1 <= width <= largest for width in self.widths)):
            raise SettingsError("widths", fewest=fewest, most=most, largest=largest)
        if self.noise != PLAIN:
            limit = NOISES[self.noise].maximum
            if not 0 <= self.low <= self.high <= limit:
                raise SettingsError("levels", limit=f"{limit:g}")
        model = self.model  # which obeys the rules of networks
        rules.check_loss(self.loss, self.output)
        if self.sparsity == "topk":
            rules.check_kept(self.k, self.latent_dim)
        if self.start and _config_of(self.start) != model:
            raise SettingsError("weights", name=self.start)
        if cost(model).multiplications * self.batch_size > MOST_WORK:
            raise SettingsError("work")

    @property
    def model(self) -> ModelConfig:
        """The network's config. Raises ValueError for one that `check` refuses."""
        layers = {"hidden" if self.architecture == "mlp" else "channels": self.widths}
        # What the chosen sparsity does not read stays out, so that equal networks have equal configs.
        used = {"topk": ("k",), "lifetime": ("fraction",), "l1": ("weight",), "kl": ("weight", "rho")}
        strength = {name: getattr(self, name) for name in used.get(self.sparsity, ())}
        return ModelConfig(
            self.architecture,
            latent_dim=self.latent_dim,
            activation=self.activation,
            code_activation=self.code_activation,
            output=self.output,
            tied=self.tied,
            sparsity=Sparsity(self.sparsity, **strength),
            **layers,
        )

    @property
    def noises(self) -> tuple[TrainingNoise, ...]:
        if self.noise == PLAIN:
            return ()
        return (TrainingNoise(self.noise, self.high, None if self.low == self.high else self.low, self.clip),)

    @property
    def stage(self) -> Stage:
        """How to train; how long is not the stage's to say here."""
        return Stage(
            self.noises,
            self.loss,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            schedule="cosine",
            warmup_steps=WARMUP_STEPS,
            clip_norm=CLIP_NORM,
            precision=self.precision,
        )

    @property
    def recipe(self) -> Recipe:
        """As a recipe, for a checkpoint's header."""
        return Recipe("trial", self.title, self.model, (self.stage,), "float32")

    @property
    def title(self) -> str:
        """The settings in a few words: layers, noise, loss."""
        if self.architecture == "mlp":
            shape = "-".join(map(str, describe_widths(self.model)))
        else:
            shape = f"conv {'-'.join(map(str, self.widths))}, {self.latent_dim}"
        levels = f"{self.high:g}" if self.low == self.high else f"{self.low:g}-{self.high:g}"
        spoilt = "plain" if self.noise == PLAIN else f"{self.noise.replace('_', '-')} {levels}"
        return f"{shape}, {spoilt}"


def recipes_to_start_from() -> dict[str, Settings]:
    """The recipes of the zoo that can be set here, `quick` first."""
    found = {}
    for name, recipe in sorted(RECIPES.items(), key=lambda item: item[0] != "quick"):
        try:
            settings = Settings.of(recipe)
            settings.check()
        except SettingsError:
            continue
        found[name] = settings
    return found


def weights_to_start_from() -> dict[str, Settings]:
    """The shipped checkpoints whose network can be set here, each with its network."""
    found = {}
    for name in checkpoints.names():
        try:
            settings = replace(Settings().with_network(checkpoints.info(name).model), start=name)
            if _config_of(name) == settings.model:
                found[name] = settings
        except ValueError:  # another kind of network, or a damaged file
            continue
    return found


def _config_of(name: str) -> ModelConfig | None:
    """The network of a shipped checkpoint in the form of `Settings.model`, None where there is none."""
    try:
        return Settings().with_network(checkpoints.info(name).model).model if name in checkpoints.names() else None
    except ValueError:
        return None


def compression(config: ModelConfig) -> float | None:
    """Pixels per code value; of a top-k code, per value that is kept."""
    if config.sparsity.kind == "topk":
        return 784 / config.sparsity.k
    return compression_ratio(config)
