"""The formulas, as LaTeX; and as MathML, which every current browser sets, and reads aloud, by itself.

    mathml(NOISES["gaussian"])                               # "<math ...>...</math>"

Symbols: x clean, x~ noisy, x' reconstruction, n pixels, i a pixel, k a value of the code, e a standard normal draw.
"""

from __future__ import annotations

import functools

LOSSES = {
    "mse": r"L_\text{MSE} = \frac{1}{n} \sum_{i=1}^{n} (x'_i - x_i)^2",
    "bce": r"L_\text{BCE} = -\frac{1}{n} \sum_{i=1}^{n} \left[ x_i\,\log\,x'_i + (1 - x_i)\,\log\,(1 - x'_i) \right]",
    "vae": r"L_\text{VAE} = L_\text{BCE} + \frac{\beta}{2n} \sum_k (\mu_k^2 + \sigma_k^2 - 1 - \log\,\sigma_k^2)",
}
"""a loss -> its formula, as `dae.training.loss_of` computes it"""

NOISES = {
    "gaussian": r"\tilde{x} = \operatorname{clip}(x + \sigma \varepsilon)",
    "masking": r"\tilde{x}_i = m_i x_i",
    "salt_and_pepper": r"\tilde{x}_i = m_i x_i + (1 - m_i) b_i",
    "dropout": r"\tilde{x}_i = \dfrac{m_i x_i}{1 - p}",
    "speckle": r"\tilde{x} = \operatorname{clip}(x + \sigma x \odot \varepsilon)",
    "block": r"\tilde{x}_i = [i \notin Q]\, x_i",
}
"""key of `dae.noise.NOISES` -> formula"""


@functools.cache
def mathml(latex: str, block: bool = False) -> str:
    """A formula as a `<math>` element, on a line of its own where `block`."""
    from latex2mathml.converter import convert

    return convert(latex, display="block" if block else "inline")
