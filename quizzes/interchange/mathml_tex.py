"""Converts presentation MathML, which many systems write without TeX, to TeX.

A formula is converted only if the TeX, rendered again, holds the same signs in the same order; anything else
is None, so that a formula is never changed in silence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from quizzes.content.markup import MathProblem, mathml

__all__ = ["tex_of"]


TEX_ENCODINGS = ("tex", "latex")  # `application/x-tex`, `LaTeX`, `TeX`, `text/x-latex`
DELIMITED = re.compile(r"^(\$\$|\\\[|\\\(|\$)(.*?)(\$\$|\\\]|\\\)|\$)$", re.DOTALL)
INVISIBLE = dict.fromkeys(map(ord, "\u2061\u2062\u2063\u2064\u200b\ufeff\ufe00\ufe01"))
FUNCTIONS = {
    *("sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "coth"),
    *("log", "ln", "exp", "min", "max", "inf", "sup", "lim", "det", "dim", "ker", "deg", "gcd", "arg", "Pr"),
}
SIGNS = {
    **{sign: f"\\{sign}" for sign in "%#&_${}"},
    "\\": "\\backslash ",
    "⊤": "\\top ",
    "⊥": "\\bot ",
    "\u2212": "-",
    "\u2032": "'",
    "\u2033": "''",
    "~": "\\sim ",
    "\u00a0": "\\ ",
}
ACCENTS = {
    **dict.fromkeys("^ˆ\u0302", "hat"),
    **dict.fromkeys("~˜∼\u0303", "tilde"),
    **dict.fromkeys("¯‾―_\u0304\u0305\u0332", "overline"),
    **dict.fromkeys("→⃗\u20d7", "vec"),
    **dict.fromkeys("˙.\u0307", "dot"),
    **dict.fromkeys("¨\u0308", "ddot"),
    "⏞": "overbrace",
}
VARIANTS = {
    "bold": "mathbf",
    "double-struck": "mathbb",
    "script": "mathcal",
    "fraktur": "mathfrak",
    "sans-serif": "mathsf",
    "monospace": "mathtt",
    "bold-italic": "boldsymbol",
}
LARGE = "∑∏∐∫∮∬∭⋃⋂⨁⨂⨆"  # whose limits TeX writes as scripts
PAIRS = {"(": ")", "[": "]", "{": "}", "|": "|", "‖": "‖", "⟨": "⟩", "⌊": "⌋", "⌈": "⌉"}


class _Unknown(Exception):
    """An element or a sign that has no TeX here."""


def tex_of(math: Tag) -> str | None:
    """The TeX of a formula: its annotation's, its alternative text's if that is the same, else converted.

    None if there is no such TeX; empty for an empty formula.
    """
    return _tex_of(str(math))


@lru_cache(4096)  # a formula is repeated in prompt, options and feedback
def _tex_of(markup: str) -> str | None:
    math = BeautifulSoup(markup, "html.parser").find("math")
    if not isinstance(math, Tag):
        return None
    written = [
        annotation.get_text().strip()
        for annotation in math.find_all("annotation")
        if str(annotation.get("encoding") or "").lower().split("/")[-1].removeprefix("x-") in TEX_ENCODINGS
    ]
    for annotation in math.find_all(["annotation", "annotation-xml"]):
        annotation.decompose()
    signs = _signs(math)
    for tex in filter(None, [*written, str(math.get("alttext") or "").strip()]):
        plain = DELIMITED.sub(r"\2", tex)
        rendered = _signs_of_tex(plain)
        # An annotation is the author's TeX; an alternative text may as well be words.
        if rendered is not None and (rendered == signs or tex in written):
            return plain
    try:
        tex = " ".join(_inside(math).split())
    except (_Unknown, RecursionError):
        return None
    if not tex:
        return ""
    return tex if _signs_of_tex(tex) == signs else None


def _signs_of_tex(tex: str) -> str | None:
    """The signs that TeX shows; None if it cannot be rendered."""
    try:
        return _signs(BeautifulSoup(mathml(tex), "html.parser"))
    except MathProblem:
        return None


def _signs(node: Tag) -> str:
    """All signs of a formula in order, without spaces and without differences of style."""
    text = unicodedata.normalize("NFKC", "".join(_texts(node)).translate(INVISIBLE))
    for sign, others in {
        "-": "−‐‑–", "'": "′’", "^": "ˆ\u0302", "~": "˜∼\u0303", "¯": "‾―_\u0304\u0305\u0332̲", "→": "⃗\u20d7",
        "|": "∣", "‖": "∥", '"': "”“″", "*": "∗", ".": "˙\u0307",
    }.items():  # fmt: skip
        text = re.sub(f"[{others}]", sign, text)
    return re.sub(r"\s+", "", text)


def _texts(node: Tag) -> list[str]:
    """The texts in a formula; a fence that brackets its content says so by its attributes."""
    if node.name == "mfenced":
        return [*_fenced_texts(node)]
    texts: list[str] = []
    for child in node.children:
        if isinstance(child, Tag):
            texts += _texts(child)
        elif isinstance(child, NavigableString):
            texts.append(str(child))
    return texts


def _fenced_texts(node: Tag) -> list[str]:
    opening, closing, separators = _fence(node)
    texts = [opening]
    for number, child in enumerate(_children(node)):
        if number:
            texts.append(separators[min(number, len(separators)) - 1] if separators else "")
        texts += _texts(child)
    return [*texts, closing]


def _fence(node: Tag) -> tuple[str, str, str]:
    separators = re.sub(r"\s+", "", str(node.get("separators", ",")))
    return str(node.get("open", "(")).strip(), str(node.get("close", ")")).strip(), separators


def _children(node: Tag) -> list[Tag]:
    if any(isinstance(child, NavigableString) and child.strip() for child in node.children):
        raise _Unknown("text between elements")
    return [child for child in node.children if isinstance(child, Tag)]


def _exactly(node: Tag, count: int) -> list[str]:
    children = _children(node)
    if len(children) != count:
        raise _Unknown(node.name)
    return [_tex(child) for child in children]


def _inside(node: Tag) -> str:
    return " ".join(_tex(child) for child in _children(node))


def _tex(node: Tag) -> str:
    convert = CONVERTERS.get(node.name)
    if convert is None:
        raise _Unknown(node.name)
    return convert(node)


def _spelled(text: str) -> str:
    if "^" in text:
        raise _Unknown("^")
    return "".join(SIGNS.get(sign, sign) for sign in text.translate(INVISIBLE))


def _identifier(node: Tag) -> str:
    name = " ".join(node.get_text().split())
    variant = VARIANTS.get(str(node.get("mathvariant") or ""))
    if variant:
        return f"\\{variant}{{{_spelled(name)}}}"
    if name in FUNCTIONS:
        return f"\\{name} "
    if len(name) > 1 and unicodedata.normalize("NFC", name).isalnum():
        return f"\\mathrm{{{name}}}"
    if node.get("mathvariant") == "normal" and name.isascii() and name.isalpha():
        return f"\\mathrm{{{name}}}"
    return _spelled(name)


def _number(node: Tag) -> str:
    return _spelled("".join(node.get_text().split()))


def _operator(node: Tag) -> str:
    name = node.get_text().strip()
    if name in FUNCTIONS:
        return f"\\{name} "
    if len(name) > 1 and name.isalpha():
        return f"\\operatorname{{{name}}}"
    return _spelled(name)


def _text(node: Tag) -> str:
    text = node.get_text().replace("\u00a0", " ")
    if not text.strip():
        return "\\ "
    if re.search(r"[\\^~{}]", text):
        raise _Unknown(text)
    escaped_text = re.sub(r"([%#&_$])", r"\\\1", re.sub(r"\s+", " ", text))
    return f"\\text{{{escaped_text}}}"


def _fraction(node: Tag) -> str:
    over, under = _exactly(node, 2)
    if re.match(r"0(\D|$)", str(node.get("linethickness") or "")):
        return f"{{{over} \\atop {under}}}"
    return f"\\frac{{{over}}}{{{under}}}"


def _root(node: Tag) -> str:
    base, index = _exactly(node, 2)
    return f"\\sqrt[{index}]{{{base}}}"


def _scripts(node: Tag) -> str:
    base, *scripts = _exactly(node, 3 if node.name == "msubsup" else 2)
    marks = {"msub": "_", "msup": "^", "msubsup": "_^"}[node.name]
    parts = [
        script if mark == "^" and re.fullmatch("'+", script) else f"{mark}{{{script}}}"
        for mark, script in zip(marks, scripts, strict=True)
    ]
    held = base if re.fullmatch(r"\w|\\\w+ |[^\s\\{}']", base) else f"{{{base}}}"
    return held + "".join(parts)


def _limits(node: Tag) -> str:
    """Signs below and above: the limits of a sum, an accent, a brace, or a text over a sign."""
    base_node, *script_nodes = _children(node)
    if len(script_nodes) != (2 if node.name == "munderover" else 1):
        raise _Unknown(node.name)
    base, scripts = _tex(base_node), [_tex(child) for child in script_nodes]
    places = {"munder": "_", "mover": "^", "munderover": "_^"}[node.name]
    name = base_node.get_text().strip()
    if name and (name in LARGE or name in ("lim", "max", "min", "sup", "inf")):
        return base + "".join(f"{place}{{{script}}}" for place, script in zip(places, scripts, strict=True))
    sign = script_nodes[0].get_text().strip()
    if node.name == "mover" and sign in ACCENTS and script_nodes[0].name == "mo":
        return f"\\{ACCENTS[sign]}{{{base}}}"
    if node.name == "munder" and sign == "⏟":
        return f"\\underbrace{{{base}}}"
    if node.name == "munder" and sign in "_¯\u0332" and sign:
        return f"\\underline{{{base}}}"
    if (base.startswith("\\overbrace") and places == "^") or (
        base.startswith("\\underbrace") and places == "_"
    ):
        return f"{base}{places}{{{scripts[0]}}}"
    for place, script in zip(places, scripts, strict=True):
        base = f"\\{'underset' if place == '_' else 'overset'}{{{script}}}{{{base}}}"
    return base


def _fenced(node: Tag) -> str:
    opening, closing, separators = _fence(node)
    if not {opening, closing} <= {*PAIRS, *PAIRS.values(), ""}:
        raise _Unknown("mfenced")
    parts: list[str] = []
    for number, child in enumerate(_children(node)):
        if number and separators:
            parts.append(_spelled(separators[min(number, len(separators)) - 1]))
        parts.append(_tex(child))
    ends = [_spelled(sign) if sign else "." for sign in (opening, closing)]
    return f"\\left{ends[0]} {' '.join(parts)} \\right{ends[1]}"


def _table(node: Tag) -> str:
    rows = []
    for row in _children(node):
        cells = _children(row)
        if row.name != "mtr" or any(cell.name != "mtd" for cell in cells):
            raise _Unknown(row.name)
        if any(cell.get("rowspan", "1") != "1" or cell.get("columnspan", "1") != "1" for cell in cells):
            raise _Unknown("a cell over several rows or columns")
        rows.append(" & ".join(_inside(cell) for cell in cells))
    lines = " \\\\ ".join(rows)
    return f"\\begin{{matrix}} {lines} \\end{{matrix}}"


def _row(node: Tag) -> str:
    """Grouped content; a fence around a table grows with it."""
    children = _children(node)
    first = children[0] if children else node
    if (
        first.name == "mo"
        and first.get_text().strip() in PAIRS
        and "mtable" in [tag.name for tag in children]
    ):
        last = children[-1]
        is_closed = last.name == "mo" and last.get_text().strip() in PAIRS.values()
        inside = children[1:-1] if is_closed else children[1:]
        right = _spelled(last.get_text().strip()) if is_closed else "."
        held = " ".join(_tex(child) for child in inside if child.get_text().translate(INVISIBLE).strip())
        return f"\\left{_spelled(first.get_text().strip())} {held} \\right{right}"
    return f"{{{_inside(node)}}}"


def _semantics(node: Tag) -> str:
    children = _children(node)
    return _tex(children[0]) if children else ""


CONVERTERS: dict[str, Callable[[Tag], str]] = {
    "mi": _identifier,
    "mn": _number,
    "mo": _operator,
    "mtext": _text,
    "ms": _text,
    "mspace": lambda node: "\\," if node.get("width") else "",
    "mphantom": lambda node: f"\\phantom{{{_inside(node)}}}",
    "mrow": _row,
    "mstyle": lambda node: f"{{{_inside(node)}}}",
    "mpadded": lambda node: f"{{{_inside(node)}}}",
    "math": _inside,
    "semantics": _semantics,
    "mfrac": _fraction,
    "msqrt": lambda node: f"\\sqrt{{{_inside(node)}}}",
    "mroot": _root,
    "msub": _scripts,
    "msup": _scripts,
    "msubsup": _scripts,
    "munder": _limits,
    "mover": _limits,
    "munderover": _limits,
    "mfenced": _fenced,
    "mtable": _table,
}
