"""Converts the texts of other systems to Markdown: HTML, Markdown, plain text, and text with line breaks.

In a text that students need (a prompt, an option) nothing may be missing: what cannot be converted raises
LeftOut. In other texts (feedback, explanations) it is reported. Pictures belong to prompts alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from html import escape, unescape
from posixpath import basename
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt

from quizzes.interchange.answers import Notes
from quizzes.interchange.html_markup import LeftOut, markdown_of
from quizzes.interchange.package import Picture

__all__ = [
    "NAMES",
    "BankPictures",
    "Form",
    "decoded",
    "form_named",
    "html_from",
    "needed_text",
    "other_text",
    "unescaped_plain",
]


LONGEST_TEXT = 200_000  # characters of one text; no page of a quiz has as many
LARGEST_PICTURE = 5 * 1024**2
# A picture is what it begins with, whatever it is called; SVG can hold scripts and is not taken in.
SIGNS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
NO_DESCRIPTION = "A picture without a description."
DATA = re.compile(r"data:image/[\w.+-]+;base64,(.*)", re.DOTALL)
INVISIBLE = {"script", "style", "link", "meta", "title"}  # nothing that is read goes with them
KNOWN = {
    *("a", "abbr", "acronym", "address", "article", "b", "bdi", "bdo", "big", "blockquote", "body", "br"),
    *("caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em"),
    *("figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr"),
    *("html", "i", "img", "ins", "kbd", "li", "main", "mark", "math", "nav", "nobr", "ol", "p", "pre", "q"),
    *("s", "samp", "section", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr"),
}
Form = str  # "html", "markdown", "dollar_markdown" (with $TeX$), "plain" or "auto" (HTML with line breaks)
NAMES: dict[str, Form] = {
    "html": "html",
    "markdown": "markdown",
    "plain_text": "plain",
    "plain": "plain",
    "moodle_auto_format": "auto",
    "moodle": "auto",
}
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
CODE = r"(?P<code>```.*?```|~~~.*?~~~|`[^`]+`)"
TEX = CODE + r"|\$\$(?P<display>.+?)\$\$|\\\\?\((?P<inline>.+?)\\\\?\)|\\\\?\[(?P<block>.+?)\\\\?\]"
DOLLARS = r"|(?<!\\)\$(?P<dollars>\S|\S[^$]*?[^\s\\$])\$"
FORMULAS = {"markdown": re.compile(TEX, re.DOTALL), "dollar_markdown": re.compile(TEX + DOLLARS, re.DOTALL)}
HELD = re.compile("\ue004(\\d+)\ue005")


def form_named(name: str) -> Form:
    """The form of a text by Moodle's name of it; raises LeftOut for one that is not read here."""
    if name not in NAMES:
        raise LeftOut(f"its text is in the format {name or 'without a name'}, which is not read here")
    return NAMES[name]


def html_from(text: str, form: Form) -> str:
    """A text as HTML, formulas as TeX between \\\\( and \\\\) or two dollars."""
    if len(text) > LONGEST_TEXT:
        raise LeftOut(f"a text of it has more than {LONGEST_TEXT} characters")
    if form == "plain":
        return escape(text.strip(), quote=False).replace("\n", "<br>\n")
    if form == "auto":
        text = re.sub(r">\s+<", "><", text.strip())
        text = re.sub(r"\r?\n<", " <", re.sub(r">\r?\n", "> ", text))
        return text.replace("\n", "<br>\n")
    if form in FORMULAS:
        return _from_markdown(text, form)
    return text


def _from_markdown(text: str, form: Form) -> str:
    formulas: list[str] = []

    def hold(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        inline = match["inline"] or match.groupdict().get("dollars")
        tex = escape(inline or match["display"] or match["block"], quote=False)
        formulas.append(f"\\({tex}\\)" if inline else f"$${tex}$$")
        return f"\ue004{len(formulas) - 1}\ue005"

    html = MARKDOWN.render(FORMULAS[form].sub(hold, re.sub("[\ue004\ue005]", "", text)))
    return HELD.sub(lambda match: formulas[int(match[1])], html)


def needed_text(html: str, notes: Notes) -> str:
    """HTML that students need as Markdown; raises LeftOut if anything of it cannot be converted."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup.find_all(True):
        if tag.name in INVISIBLE or ":" in tag.name or tag.find_parent("math"):
            continue
        if tag.name not in KNOWN:
            raise LeftOut(f"its text holds <{tag.name}>, which cannot be shown here")
    for tag in soup.find_all("img"):
        if not _is_formula(tag):
            raise LeftOut("it shows a picture outside the prompt")

    def lost(sentence: str) -> None:
        if not any(f"<{name}>" in sentence for name in INVISIBLE):
            raise LeftOut(f"its text cannot be taken over whole. {sentence}".rstrip("."))
        notes.lost(sentence)

    return markdown_of(html, lost)


def other_text(html: str, notes: Notes) -> str:
    """HTML of feedback or an explanation as Markdown, with losses reported."""
    try:
        return markdown_of(html, notes.lost)
    except LeftOut as problem:
        notes.lost(f"A feedback was left out: {problem}.")
        return ""


def unescaped_plain(text: str) -> str:
    """A short Markdown text as people compare it: no escapes, no full stop at its end."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", " ".join(text.split())).rstrip(".!")


def _is_formula(tag: Tag) -> bool:
    return bool(tag.get("data-equation-content")) or "/equation_images/" in str(tag.get("src") or "")


class BankPictures:
    """The pictures that an import puts beside its bank, each under a name of its own."""

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._names: dict[str, bytes] = {}

    def taken_from(self, html: str, find: Callable[[str], bytes | None]) -> tuple[str, list[Picture]]:
        """HTML without its pictures, and these; raises LeftOut for a picture that cannot be taken over.

        `find` returns the bytes of a file by the reference that the HTML has.
        """
        if "<img" not in html.lower():
            return html, []
        soup, pictures = BeautifulSoup(html, "html.parser"), []
        for tag in soup.find_all("img"):
            if _is_formula(tag):
                continue
            source, alt = str(tag.get("src") or ""), unescape(str(tag.get("alt") or "")).strip()
            embedded = DATA.fullmatch(source.strip())
            data = decoded(embedded[1]) if embedded else find(source)
            shown = "in its text" if embedded else _name(source)
            if data is None:
                raise LeftOut(f"its picture {shown} is not in the file")
            pictures.append(Picture(self._file(source, data, shown), alt or NO_DESCRIPTION, data))
            tag.decompose()
        return str(soup), pictures

    def _file(self, source: str, data: bytes, shown: str) -> str:
        ending = next((kind for sign, kind in SIGNS.items() if data.startswith(sign)), "")
        if not ending:
            raise LeftOut(f"its picture {shown} is neither PNG nor JPEG")
        if len(data) > LARGEST_PICTURE:
            raise LeftOut(f"its picture {shown} is larger than {LARGEST_PICTURE // 1024**2} MB")
        stem = "picture" if source.startswith("data:") else _name(source).rpartition(".")[0]
        stem = re.sub(r"[^\w-]+", "-", stem, flags=re.ASCII).strip("-")[:60] or "picture"
        number, name = 1, f"{self._bank}/{stem}.{ending}"
        while self._names.setdefault(name, data) != data:
            number += 1
            name = f"{self._bank}/{stem}-{number}.{ending}"
        return name


def _name(source: str) -> str:
    plain = basename(unquote(source).split("?")[0])
    return plain if len(plain) <= 80 else f"{plain[:79]}…"


def decoded(text: str) -> bytes | None:
    """Bytes in base64, None if they are not."""
    if len(text) > 2 * LARGEST_PICTURE:
        return b""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
