"""Questions about training, and a visitor's own networks."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from dae.server.protocol.basics import (
    MOST_NETWORK,
    Key,
    Message,
    Mode,
    Name,
    Pixels,
    Problem,
    Signed,
    State,
    Visitor,
    encoded,
)


class TrainingSettings(Message):
    """What can be set of a run: `dae.trial.Settings`, whose `check` says what makes sense."""

    model_config = ConfigDict(alias_generator=None)

    architecture: Name
    widths: list[int] = Field(max_length=8)
    latent_dim: int
    activation: Name
    code_activation: Name
    output: Name
    tied: bool
    sparsity: Name
    k: int
    fraction: float
    weight: float
    rho: float
    noise: Name
    low: float
    high: float
    clip: bool
    loss: Name
    learning_rate: float
    batch_size: int
    seed: int
    seconds: float
    start: Key = Field(description="a shipped network whose weights it starts from; empty: random ones")


class TrainingDigits(Message):
    """The digits that runs have."""

    seen: int
    unseen: int
    everything: bool = Field(description="all of MNIST but the gallery, else 4,500 digits of the gallery")


class Server(Message):
    """What this server can do."""

    id: str = Field(description="of the process: another one has forgotten all networks")
    seconds: int = Field(description="of the longest run")
    gpu: bool = Field(description="runs borrow a GPU, on the visitor's own minutes")
    chinese: bool = Field(description="figures can hold Chinese")


class Recipes(Message):
    """What a run can start from, by name."""

    digits: TrainingDigits
    recipes: dict[str, TrainingSettings]
    weights: dict[str, TrainingSettings] = Field(description="with a shipped network's weights")


class SettingsQuestion(Message):
    """Settings to be checked, perhaps those of a run."""

    settings: TrainingSettings
    run: Key = ""


class Layer(Message):
    """A layer of the drawing of a network."""

    width: int = Field(description="values")
    label: str
    is_code: bool


class Best(Message):
    """The best shipped network on the same digits with the same noise."""

    name: str
    mse: float


class SettingsAnswer(Message):
    """What follows from settings that make sense."""

    digits: TrainingDigits
    clean: Pixels = Field(description="eight digits")
    noisy: Pixels = Field(description="the same with the settings' noise")
    nothing: float = Field(description="MSE of leaving the noise as it is")
    best: Best | None = Field(description="null until it is worked out: ask again")
    parameters: int
    compression: float | None
    layers: list[Layer]
    steps: int = Field(description="that the script makes: those of the run, or a guess")
    planned: int = Field(description="steps of the run's last schedule of the learning rate")
    schedules: int = Field(description="one, or more where a run went on after its end")
    script: str = Field(description="the same run as a PyTorch script")
    script_is: Literal["guess", "planned", "run", "stopped", "clock", "schedules"] = Field(
        description="of settings alone; of a run that goes on, as planned; of a whole run; of one that was stopped; of "
        "one that its time ended, whose learning rate followed the clock; of one that went on after its end"
    )
    is_run: bool = Field(description="whether it is the script of the run that was asked about")


class MnistQuestion(Message):
    """Whether all of MNIST is there; `start` fetches it."""

    start: bool = False


class Mnist(Message):
    """How far the download is."""

    state: Literal["none", "running", "done", "failed"]
    fraction: float


class StepNumbers(Message):
    """What a single step did."""

    loss: float
    loss_after: float
    error: float
    gradient: float = Field(description="its norm")
    change: float = Field(description="of the weights, its norm")


class Network(Message):
    """A visitor's network that the server keeps."""

    key: Key
    number: int
    title: str
    parameters: int
    digits: str
    seconds: float
    steps: int
    seed: str
    mse: float | None
    nothing: float | None
    version: int = Field(description="of the weights behind the key")


class Networks(Message):
    """A visitor's networks, the newest first."""

    networks: list[Network]


class Snapshot(Message):
    """What there is to see of a run. Numbers are null until they are known."""

    run: Key = Field(description="empty while it waits in the line")
    state: State
    place: int | None = Field(default=None, description="in the line: how many runs come before this one")
    problem: Problem | None = None
    title: str = ""
    seconds: float = Field(default=0.0, description="that the run may take")
    digits: TrainingDigits | None = None
    nothing: float | None = None
    best: Best | None = None
    curve: list[tuple[int, float, float]] = Field(
        default=[], description="step, MSE of the batches, MSE on unseen digits"
    )
    step: int = 0
    planned: int | None = None
    fraction: float = Field(default=0.0, description="of the run that is done, 0 to 1")
    loss: float | None = None
    error: float | None = Field(default=None, description="MSE of the batches")
    unseen: float | None = Field(default=None, description="MSE on digits that it never saw")
    rate: float = Field(default=0.0, description="digits per second")
    learning_rate: float | None = None
    clean: Pixels = Field(default="", description="eight digits")
    noisy: Pixels = ""
    restored: Pixels = ""
    features: Signed = Field(default="", description="pictures of 784 each, on a scale of their own")
    numbers: StepNumbers | None = None
    networks: list[Network] | None = Field(default=None, description="the visitor's, once the run has ended")
    kept: Key = Field(default="", description="key of the network that the run made")


# Visitors and their networks


class Visit(Message):
    """A visitor."""

    visitor: Visitor


class Training(Visit):
    """What an event of the queue is asked: its data in this order, without their names."""

    mode: Mode
    settings: TrainingSettings = Field(description="of a new run")
    run: Key = Field(description="key of the run that is meant; may be empty for a new one and for its first step")


class NetworkFile(Visit):
    """A network of the visitor's own, as the content of a .safetensors file."""

    file: encoded(8, MOST_NETWORK)


class OwnNetwork(Visit):
    """One of the visitor's networks."""

    key: Key


class NetworkKey(Message):
    """A network that the server keeps."""

    key: Key
