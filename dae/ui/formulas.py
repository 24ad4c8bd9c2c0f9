"""The formulas of the page as MathML, which every current browser sets, and reads aloud, by itself.

Symbols: x clean, x~ noisy, x' reconstruction, n pixels, i a pixel, k a value of the code, e a standard normal draw.
"""

from __future__ import annotations


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _i(name: str) -> str:
    return f"<mi>{name}</mi>"


def _o(sign: str) -> str:
    return f"<mo>{sign}</mo>"


def _n(number: int) -> str:
    return f"<mn>{number}</mn>"


def _sub(base: str, index: str) -> str:
    return f"<msub>{base}{_i(index)}</msub>"


def _squared(base: str) -> str:
    return f"<msup>{base}{_n(2)}</msup>"


def _fraction(top: str, bottom: str) -> str:
    return f"<mfrac>{top}{bottom}</mfrac>"


def _over(top: str, bottom: str) -> str:
    """A fraction in full size inside a line."""
    return f'<mstyle displaystyle="true">{_fraction(top, bottom)}</mstyle>'


def _brackets(*parts: str, pair: str = "()") -> str:
    return _row(_o(pair[0]), *parts, _o(pair[1]))


def _log(argument: str) -> str:
    return _row(_i("log"), "<mo>&#8289;</mo>", argument)


def _sum(index: str, end: str = "") -> str:
    start = _row(_i(index), _o("="), _n(1)) if end else _i(index)
    return f"<munderover>{_o('∑')}{start}{_i(end)}</munderover>" if end else f"<munder>{_o('∑')}{start}</munder>"


def _math(*parts: str, block: bool = False) -> str:
    return f'<math display="{"block" if block else "inline"}">{_row(*parts)}</math>'


_X, _P, _SIGMA, _E = _i("x"), _i("p"), _i("σ"), _i("ε")
_NOISY = f'<mover accent="true">{_X}{_o("~")}</mover>'
_XI, _NOISY_I = _sub(_X, "i"), _sub(_NOISY, "i")
_RECON_I = _sub(_row(_X, '<mo lspace="0" rspace="0">′</mo>'), "i")
_MEAN = _row(_fraction(_n(1), _i("n")), _sum("i", "n"))
_REST = _row(_n(1), _o("−"), _P)
_MU2, _SIGMA2 = (f"<msubsup>{_i(name)}{_i('k')}{_n(2)}</msubsup>" for name in "μσ")
_KEEP = _sub(_i("m"), "i")


def _loss(name: str, *parts: str) -> str:
    return _math(f"<msub>{_i('L')}<mtext>{name}</mtext></msub>", _o("="), *parts, block=True)


LOSSES = {
    "mse": _loss("MSE", _MEAN, _squared(_brackets(_RECON_I, _o("−"), _XI))),
    "bce": _loss(
        "BCE",
        _o("−"),
        _MEAN,
        _brackets(
            _row(_XI, _log(_RECON_I)),
            _o("+"),
            _row(_brackets(_n(1), _o("−"), _XI), _log(_brackets(_n(1), _o("−"), _RECON_I))),
            pair="[]",
        ),
    ),
    "vae": _loss(
        "VAE",
        f"<msub>{_i('L')}<mtext>BCE</mtext></msub>",
        _o("+"),
        _fraction(_i("β"), _row(_n(2), _i("n"))),
        _sum("k"),
        _brackets(_MU2, _o("+"), _SIGMA2, _o("−"), _n(1), _o("−"), _log(_SIGMA2)),
    ),
}
"""key of the text -> formula, as `dae.training.loss_of` computes it"""

NOISES = {
    "gaussian": _math(_NOISY, _o("="), _i("clip"), _brackets(_X, _o("+"), _SIGMA, _E)),
    "masking": _math(_NOISY_I, _o("="), _KEEP, _XI),
    "salt_and_pepper": _math(
        _NOISY_I, _o("="), _KEEP, _XI, _o("+"), _brackets(_n(1), _o("−"), _KEEP), _sub(_i("b"), "i")
    ),
    "dropout": _math(_NOISY_I, _o("="), _over(_row(_KEEP, _XI), _REST)),
    "speckle": _math(_NOISY, _o("="), _i("clip"), _brackets(_X, _o("+"), _SIGMA, _X, _o("⊙"), _E)),
    "block": _math(_NOISY_I, _o("="), _brackets(_i("i"), _o("∉"), _i("Q"), pair="[]"), _XI),
}
"""key of `dae.noise.NOISES` -> formula"""
