"""What the channel's messages are made of."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

MOST_NETWORK = 12_000_000  # bytes of a file; a visitor's largest network has 2.9 million weights
MOST_FEATURES = 2000  # pictures of a figure
LARGE = 4 * -(-MOST_NETWORK // 3) + 2**14  # bytes of a question that brings a file
SMALL = 2**16  # bytes of any other
TINY = 2**10  # bytes of one that says no more than who asks


def _is_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    return text


def encoded(low: int, high: int) -> Any:
    """Base64 of so many bytes."""
    limits = StringConstraints(min_length=4 * -(-low // 3), max_length=4 * -(-high // 3))
    return Annotated[str, limits, AfterValidator(_is_base64)]


Noise = Literal["gaussian", "masking", "salt_and_pepper", "dropout", "speckle", "block"]
Baseline = Literal["median", "tv", "nlm", "wiener", "memoriser"]
Metric = Literal["mse", "psnr", "ssim"]
Format = Literal["png", "svg"]
Mode = Literal["new", "continue", "restart", "step"]
State = Literal["waiting", "running", "stopped", "done", "failed"]
DigitPixels = encoded(784, 784)
Pixels = Annotated[str, Field(description="base64 of bytes, 0 to 255")]
Signed = Annotated[str, Field(description="base64 of signed bytes, -127 to 127")]
Floats = Annotated[str, Field(description="base64 of 32-bit floats, little-endian")]
Visitor = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{20,64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Key = Annotated[str, StringConstraints(max_length=60)]
Label = Annotated[str, StringConstraints(max_length=200)]
Words = Annotated[str, StringConstraints(max_length=1500)]
Seed = Annotated[int, Field(ge=0, le=999_999)]
Level = Annotated[float, Field(ge=0, le=3)]


class Message(BaseModel):
    """What goes over the channel: nothing that is not named here, and every value of its kind."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False,
        alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )  # fmt: skip


class Nothing(Message):
    """A question or an answer that says no more than its name."""


class Problem(Message):
    """Why there is no answer."""

    code: Name
    values: dict[str, str] = Field(default={}, description="for the places of the page's words")
    message: str = Field(default="", description="one English sentence, for who reads the log")


class Corrupted(Message):
    """A digit and the noise on it: the noisy picture is the same here as in the browser."""

    digit: DigitPixels
    noise: Noise
    clip: bool = Field(default=True, description="Gaussian noise only")
    seed: Seed
