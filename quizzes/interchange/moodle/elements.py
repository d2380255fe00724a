"""Elements of Moodle XML: texts with their format, answers, pictures."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from decimal import Decimal
from html import escape, unescape
from posixpath import basename
from urllib.parse import quote
from xml.etree.ElementTree import Element

from quizzes.content.items.base import Image
from quizzes.content.markup import render
from quizzes.interchange.html_markup import plain_words
from quizzes.interchange.xml_tree import element

__all__ = ["answer", "moodle_html", "percent", "text", "with_pictures"]


MATH = re.compile(r'<math alttext="(.*?)"([^>]*)>.*?</math>', re.DOTALL)
STYLE = re.compile(r' style="[^"]*"')
PARTS = re.compile(r"(<[^>]*>|\ue008\d+\ue009)")
HELD = re.compile("\ue008(\\d+)\ue009")
# What Moodle takes for a formula, a gap or a computed value: a tag in between keeps it a text.
TAKEN = re.compile(r"\$(?=\$)|\\(?=[(\[])|\{(?=\d*:|#|=)")


def moodle_html(markdown: str) -> str:
    """A text as HTML, with formulas as TeX that Moodle shows by MathJax."""
    formulas: list[str] = []

    def hold(match: re.Match[str]) -> str:
        tex = escape(unescape(match[1]), quote=False)
        formulas.append(f"\\[{tex}\\]" if 'display="block"' in match[2] else f"\\({tex}\\)")
        return f"\ue008{len(formulas) - 1}\ue009"

    html = MATH.sub(hold, STYLE.sub("", render(re.sub("[\ue008\ue009]", "", markdown))))
    parts = [
        part
        if part.startswith(("<", "\ue008"))
        else TAKEN.sub(lambda match: f"<span>{match[0]}</span>", part)
        for part in PARTS.split(html)
    ]
    return HELD.sub(lambda match: formulas[int(match[1])], "".join(parts))


def text(name: str, html: str, *more: Element) -> Element:
    """An element with a text in HTML."""
    return element(name, {"format": "html"}, element("text", {}, html), *more)


def percent(share: Decimal) -> str:
    """A share of the points as Moodle writes it, with five digits behind the point at most."""
    value = f"{share * 100:.5f}".rstrip("0").rstrip(".")
    return "0" if value in ("-0", "") else value


def answer(answer_text: str, share: Decimal, feedback: str, *more: Element, form: str = "html") -> Element:
    """An answer with its feedback, both in HTML unless `form` says otherwise."""
    return element(
        "answer",
        {"fraction": percent(share), "format": form},
        element("text", {}, answer_text),
        *more,
        text("feedback", feedback),
    )


def with_pictures(html: str, images: list[Image], pictures: Mapping[str, bytes]) -> Element:
    """The text of a question with its pictures below."""
    names: dict[str, str] = {}
    for image in images:
        name, number = basename(image.file), 1
        while name in names.values():
            number += 1
            name = f"{number}-{basename(image.file)}"
        names.setdefault(image.file, name)
    for image in images:
        source = f"@@PLUGINFILE@@/{quote(names[image.file])}"
        alt = escape(plain_words(image.alt))
        html += f'<p><img src="{source}" alt="{alt}" /></p>'
    files = [
        element(
            "file",
            {"name": name, "path": "/", "encoding": "base64"},
            base64.b64encode(pictures[file]).decode(),
        )
        for file, name in names.items()
        if file in pictures
    ]
    return text("questiontext", html, *files)
