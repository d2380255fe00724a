"""Presentation MathML becomes TeX that shows the same formula, or nothing."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup, Tag
from every_item import every_item
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.content.markup import mathml
from quizzes.interchange.html_markup import LeftOut, markdown_of
from quizzes.interchange.mathml_tex import tex_of

LETTERS = st.sampled_from(["x", "y", "n", "\\alpha", "\\theta", "1", "2.5", "\\nabla"])
OPERATORS = st.sampled_from(["+", "-", "=", "<", "\\cdot", "\\leq", "\\to", "\\in"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, OPERATORS, inner).map(" ".join),
        st.tuples(inner, inner).map(lambda pair: f"\\frac{{{pair[0]}}}{{{pair[1]}}}"),
        st.tuples(inner, inner).map(lambda pair: f"{{{pair[0]}}}^{{{pair[1]}}}"),
        st.tuples(inner, inner).map(lambda pair: f"{{{pair[0]}}}_{{{pair[1]}}}"),
        st.tuples(inner, inner, inner).map(lambda three: f"{{{three[0]}}}_{{{three[1]}}}^{{{three[2]}}}"),
        inner.map(lambda tex: f"\\sqrt{{{tex}}}"),
        st.tuples(inner, inner).map(lambda pair: f"\\sqrt[{pair[0]}]{{{pair[1]}}}"),
        inner.map(lambda tex: f"\\left({tex}\\right)"),
        inner.map(lambda tex: f"\\sum_{{i=1}}^{{n}} {tex}"),
        inner.map(lambda tex: f"\\hat{{{tex}}}"),
        inner.map(lambda tex: f"\\begin{{pmatrix}} {tex} & 1 \\\\ 0 & {tex} \\end{{pmatrix}}"),
        inner.map(lambda tex: f"\\log {tex}"),
        inner.map(lambda tex: f"\\mathrm{{ReLU}}({tex})"),
    )


FORMULAS = st.recursive(LETTERS, _larger, max_leaves=8)


def formula(markup: str) -> Tag:
    """The element, as an HTML parser reads it."""
    tag = BeautifulSoup(markup, "html.parser").find("math")
    assert isinstance(tag, Tag)
    return tag


def shape(markup: str) -> str:
    """The elements and signs of a formula, without groups, spaces and attributes."""
    bare = re.sub(
        r"<(\w+)[^>]*?(/?)>", r"<\1\2>", markup.translate(dict.fromkeys(map(ord, "\u2061\u2063\ufe00")))
    )
    return re.sub(r"</?mrow>|<mspace/>|</?math>|<mo></mo>|\s", "", bare)


@settings(max_examples=examples(150), deadline=None)
@given(FORMULAS)
def test_there_and_back(tex: str) -> None:
    """TeX to MathML without its TeX and back: the same elements and signs in the same order."""
    original = re.sub(r' alttext="[^"]*"', "", mathml(tex))
    back = tex_of(formula(original))
    assert back is not None, original
    assert shape(mathml(back)) == shape(original)


def test_every_formula_of_the_banks() -> None:
    """None is lost when its TeX is not there."""
    texts = [text for item in every_item().values() for text in re.findall(r"\$([^$]+)\$", item.prompt)]
    assert len(texts) > 40
    for tex in texts:
        original = re.sub(r' alttext="[^"]*"', "", mathml(tex))
        back = tex_of(formula(original))
        assert back is not None and shape(mathml(back)) == shape(original), tex


@pytest.mark.parametrize(
    ("markup", "tex"),
    [
        ("<mfenced open='[' close=')'><mi>a</mi><mi>b</mi></mfenced>", r"\left[ a , b \right)"),
        ("<mfrac linethickness='0'><mi>n</mi><mi>k</mi></mfrac>", r"{n \atop k}"),
        ("<munder><mo>lim</mo><mrow><mi>x</mi><mo>→</mo><mn>0</mn></mrow></munder>", r"\lim _{{x → 0}}"),
        ("<mi mathvariant='bold'>W</mi>", r"\mathbf{W}"),
        ("<msup><mi>A</mi><mo>⊤</mo></msup>", r"A^{\top }"),
        ("<mtext>50 % of</mtext>", r"\text{50 \% of}"),
        ("<semantics><mi>x</mi><annotation encoding='TeX'>x_0</annotation></semantics>", "x_0"),
        ("<semantics><mi>x</mi><annotation encoding='text/x-latex'>$x_0$</annotation></semantics>", "x_0"),
        ("<semantics><mi>x</mi><annotation encoding='StarMath 5.0'>x sub 0</annotation></semantics>", "x"),
    ],
)
def test_elements(markup: str, tex: str) -> None:
    """Fences, binomials, limits, variants and annotations by their several names."""
    assert " ".join((tex_of(formula(f"<math>{markup}</math>")) or "").split()) == " ".join(tex.split())


@pytest.mark.parametrize(
    "markup",
    [
        "<menclose notation='updiagonalstrike'><mi>x</mi></menclose>",
        "<mmultiscripts><mi>C</mi><mn>14</mn><none/></mmultiscripts>",
        "<mfrac><mi>a</mi></mfrac>",
        "<msup>x<mn>2</mn></msup>",
        "<mglyph src='x.png'/>",
        "<apply><plus/><ci>x</ci></apply>",
    ],
)
def test_what_has_no_tex(markup: str) -> None:
    """A formula that cannot be converted is never shortened to its signs: the item is left out."""
    assert tex_of(formula(f"<math>{markup}</math>")) is None
    with pytest.raises(LeftOut, match="a formula in it cannot be converted"):
        markdown_of(f"<p>So <math>{markup}</math>.</p>", lambda _: None)


def test_an_alternative_text_in_words() -> None:
    """It is not taken for TeX."""
    tag = formula('<math alttext="x squared"><msup><mi>x</mi><mn>2</mn></msup></math>')
    assert tex_of(tag) == "x^{2}"
