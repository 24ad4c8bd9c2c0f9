"""The formulas, as LaTeX; and as MathML, which every current browser sets, and reads aloud, by itself.

    mathml(NOISES["gaussian"])                               # "<math ...>...</math>"

Symbols: x clean, x~ noisy, x' reconstruction, n pixels, i a pixel, k a value of the code z of m values, e a standard
normal draw; f the encoder, g the decoder.
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

TERMS = NOISES | {
    "noisy": r"\tilde{x} \sim q(\tilde{x} \mid x)",
    "reconstruction": r"x' = g(f(\tilde{x}))",
    "error": r"x' - x",
    "code": r"z = f(\tilde{x})",
    "logits": r"x' = \frac{1}{1 + e^{-a}}",
    "tied": r"W_\text{decoder} = W_\text{encoder}^\top",
    "variational": LOSSES["vae"],
    "bce": LOSSES["bce"],
    "learning_rate": r"\theta \leftarrow \theta - \eta\,\frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}",
    "schedule": r"\eta_t = \frac{\eta}{2} \left( 1 + \cos\,\pi t \right)",
    "gradient": r"g = \frac{\partial L}{\partial \theta}",
    "clip_norm": r"g \leftarrow \frac{g}{\max(1, |g|)}",
    "l1": r"L + \frac{\lambda}{m} \sum_{k=1}^{m} |z_k|",
    "kl": (
        r"L + \frac{\lambda}{m} \sum_{k=1}^{m} \left[ \rho\,\log\,\frac{\rho}{\hat{\rho}_k}"
        r" + (1 - \rho)\,\log\,\frac{1 - \rho}{1 - \hat{\rho}_k} \right]"
    ),
    "energy": r"E_k = \frac{1}{N} \sum_{j=1}^{N} z_{jk}^2",
    "similarity": r"\cos(w_a, w_b) = \frac{w_a \cdot w_b}{|w_a|\,|w_b|}",
    "mse": r"\text{MSE} = \frac{1}{n} \sum_{i=1}^{n} (x'_i - x_i)^2",
    "psnr": r"\text{PSNR} = -10\,\log_{10}\,\text{MSE}",
    "ssim": (
        r"\text{SSIM} = \frac{(2 \mu_x \mu_y + c_1)(2 \sigma_{xy} + c_2)}"
        r"{(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)}"
    ),
    "confidence": r"p_c = \frac{e^{a_c}}{\sum_d e^{a_d}}",
    "nmi": r"\text{NMI} = \frac{2\,I(K; C)}{H(K) + H(C)}",
    "drift": r"d = \frac{1}{M} \sum_{j=1}^{M} \frac{|f(\tilde{x}_j) - f(x)|}{s}",
    "sampling": r"y \leftarrow y + h\,(D(y) - y) + \gamma \varepsilon",
    "beta": r"\gamma = \sigma \sqrt{(1 - \beta h)^2 - (1 - h)^2}",
    "score": r"\nabla \log\,p_\sigma(\tilde{x}) = \frac{r(\tilde{x}) - \tilde{x}}{\sigma^2}",
    "langevin": r"x \leftarrow x + \frac{a}{2}\,\nabla \log\,p_\sigma(x) + \sqrt{a}\,\varepsilon",
    "wiener": r"x' = W \tilde{x} + b",
    "memoriser": r"x' = \frac{\sum_j p(\tilde{x} \mid y_j)\,y_j}{\sum_j p(\tilde{x} \mid y_j)}",
}
"""a term of the page's glossary -> its formula, where it has one"""


@functools.cache
def mathml(latex: str, block: bool = False) -> str:
    """A formula as a `<math>` element, on a line of its own where `block`."""
    from latex2mathml.converter import convert

    return convert(latex, display="block" if block else "inline")
