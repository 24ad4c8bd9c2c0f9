"""The formulas: MathML that is well-formed, and what they say against the library that computes it."""

import xml.etree.ElementTree as ET

import pytest

from dae import formulas
from dae.noise import NOISES

# element -> how many children it takes (MathML Core, section 3)
ARITY = {"mfrac": 2, "msqrt": 1, "msub": 2, "msup": 2, "mover": 2, "munder": 2, "munderover": 3, "msubsup": 3}
ALL = [*formulas.LOSSES.values(), *formulas.TERMS.values()]


def elements(latex: str, block: bool = False) -> list[ET.Element]:
    """All elements of a formula, the whole first, without the namespace in their names."""
    found = list(ET.fromstring(formulas.mathml(latex, block)).iter())
    for element in found:
        element.tag = element.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}")
    return found


@pytest.mark.parametrize("formula", ALL)
def test_formulas_are_mathml(formula):
    root, *parts = elements(formula)
    assert root.tag == "math" and root.get("display") == "inline" and parts
    for element in (root, *parts):
        if element.tag in ("mi", "mn", "mo", "mtext"):
            assert element.text and not len(element)
        elif element.tag != "mspace":
            assert element.tag in {*ARITY, "math", "mrow", "mstyle"} and len(element)
            assert len(element) == ARITY.get(element.tag, len(element))
    said = "".join(root.itertext())
    assert said.count("(") == said.count(")") and "\\" not in said


@pytest.mark.parametrize("formula", formulas.LOSSES.values())
def test_a_formula_of_its_own_line_has_its_bounds_below_and_above_the_sum(formula):
    root, *parts = elements(formula, block=True)
    assert root.get("display") == "block"
    assert {"munder", "munderover"} & {element.tag for element in parts}


def test_each_noise_has_a_formula_with_the_symbol_of_its_level():
    assert formulas.NOISES.keys() == NOISES.keys()
    for key in ("gaussian", "dropout", "speckle"):
        assert NOISES[key].symbol in "".join(elements(formulas.NOISES[key])[0].itertext())


def test_nothing_is_lost_on_the_way():
    said = "".join(elements(formulas.LOSSES["bce"])[0].itertext())
    assert said == "LBCE=−1n∑i=1n[xilogxi′+(1−xi)log(1−xi′)]"
