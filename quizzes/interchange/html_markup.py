"""Converts authors' Markdown to the HTML of other systems, and their HTML to Markdown.

Formulas are MathML in QTI 2.1, and in QTI 1.2 Canvas's pictures of them, which carry their TeX. Both are
read, as is TeX between \\( and \\) or two dollars. What Markdown has no word for is dropped, and said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import quote, unquote

from bs4 import BeautifulSoup, Comment, Tag
from markdownify import MarkdownConverter

from quizzes.content.markup import render
from quizzes.interchange.mathml_tex import tex_of

__all__ = ["MATHML", "LeftOut", "Lost", "canvas_html", "markdown_of", "plain_text", "plain_words", "xhtml"]


Lost = Callable[[str], None]  # takes a sentence on what was lost


class LeftOut(Exception):
    """An item that cannot be taken over; the message ends the sentence "It was left out: …"."""


MATHML = "http://www.w3.org/1998/Math/MathML"
MATH = re.compile(r'<math alttext="(.*?)"([^>]*)>.*?</math>', re.DOTALL)
TEX = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$", re.DOTALL)
HELD = re.compile("\ue000(\\d+)\ue001")
STYLE = re.compile(r' style="[^"]*"')
DANGEROUS = ("script", "style", "iframe", "object", "embed", "form", "input", "video", "audio", "svg", "link")
# Tags whose text stays when Markdown has no word for them; any other tag is reported.
KNOWN = {
    *("a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br"),
    *("body", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div"),
    *("dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "head"),
    *("header", "hr", "html", "i", "img", "ins", "kbd", "label", "li", "main", "mark", "nav", "nobr", "ol"),
    *("p", "picture", "pre", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "section", "small", "span"),
    *("stimulusbody", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "time", "title", "tr", "tt", "u", "ul", "var", "wbr"),
}
OFFICE = ("o:", "w:", "st1:")  # what word processors leave in texts
DEEPEST = 100  # elements in each other; no page of a quiz has as many, and each level is a call of Python
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
RAISED = re.compile(r"[\w+\-−]+")  # what a formula writes as an exponent or an index


def xhtml(text: str) -> str:
    """A text as well-formed HTML, with formulas in MathML's namespace."""
    return STYLE.sub("", render(text)).replace("<math ", f'<math xmlns="{MATHML}" ')


def canvas_html(text: str) -> str:
    """A text in the HTML of Canvas: formulas are pictures with their TeX."""

    def picture(match: re.Match[str]) -> str:
        tex = unescape(match[1])
        escaped_tex, path = escape(tex), quote(quote(tex, safe=""), safe="")
        image = (
            f'<img class="equation_image" title="{escaped_tex}" src="/equation_images/{path}" '
            f'alt="LaTeX: {escaped_tex}" data-equation-content="{escaped_tex}" />'
        )
        return f"<p>{image}</p>" if 'display="block"' in match[2] else image

    return MATH.sub(picture, STYLE.sub("", render(text)))


def plain_text(text: str) -> str:
    """A text for places that take no HTML: without Markdown, formulas as TeX between \\( and \\)."""
    html = MATH.sub(lambda match: f"\\({match[1]}\\)", STYLE.sub("", render(text)))
    return " ".join(BeautifulSoup(html, "html.parser").get_text().split())


def plain_words(text: str) -> str:
    """A text without HTML: formulas stay TeX, and Markdown stays as it is."""
    return " ".join(text.split())


class _Markdown(MarkdownConverter):
    """Converts HTML to our Markdown, where dollars are escaped since they mark formulas."""

    def escape(self, text: str, parent_tags: set[str]) -> str:
        # The stubs overlook the method.
        return str(super().escape(text, parent_tags)).replace("$", "\\$")  # type: ignore[misc]


def markdown_of(html: str, lost: Lost) -> str:
    """HTML as Markdown with TeX; `lost` is called with what Markdown cannot express.

    Raises LeftOut for a formula that cannot be converted.
    """
    soup = BeautifulSoup(re.sub("[\ue000\ue001]", "", html), "html.parser")
    if _flattened(soup):
        lost("HTML nested more than 100 deep was left out; its text is kept.")
    formulas: list[str] = []

    def hold(tex: str, *, display: bool = False) -> str:
        tex = " ".join(tex.split())
        formulas.append(f"$${tex}$$" if display else f"${tex}$")
        return f"\ue000{len(formulas) - 1}\ue001"

    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup.find_all(DANGEROUS):
        lost(f"A <{tag.name}> was left out.")
        tag.decompose()
    for tag in soup.find_all(style=HIDDEN):
        if tag.get_text().strip():
            lost(f"A hidden text was left out: “{_short(tag.get_text())}”.")
        tag.decompose()
    for tag in soup.find_all("math"):
        if tag.decomposed or tag.parent is None:
            continue  # inside another formula
        tex = tex_of(tag)
        if tex is None:
            raise LeftOut(f"a formula in it cannot be converted: “{_short(tag.get_text(' '))}”")
        tag.replace_with(hold(tex, display=tag.get("display") == "block") if tex else "")
    for tag in soup.find_all("img"):
        tag.replace_with(_picture(tag, hold, lost, bool(soup.get_text().strip())))
    for tag in soup.find_all(["sup", "sub"]):
        inner = tag.get_text().strip()
        sign = "^" if tag.name == "sup" else "_"
        if inner:
            is_formula = RAISED.fullmatch(inner) and "_" not in inner
            tag.replace_with(hold(f"{{}}{sign}{{{inner}}}") if is_formula else f"{sign}({inner})")
    for text in list(soup.find_all(string=TEX)):
        if not text.find_parent(["code", "pre"]):
            text.replace_with(TEX.sub(lambda match: _held(match, hold), text))
    for tag in soup.find_all(lambda tag: tag.name.startswith(OFFICE)):
        tag.unwrap()
    for tag in soup.find_all(lambda tag: tag.name not in KNOWN):
        lost(f"The tag <{tag.name}> was left out; its text is kept.")
        tag.unwrap()
    converter = _Markdown(
        code_language_callback=_language, heading_style="ATX", bullets="-", escape_misc=True
    )
    markdown = converter.convert_soup(soup)
    markdown = re.sub(r"\n{3,}", "\n\n", markdown).strip()
    return HELD.sub(lambda match: formulas[int(match[1])], markdown)


def _flattened(soup: BeautifulSoup) -> bool:
    """Replace elements nested too deep by their text; returns whether there were any."""
    depths: dict[int, int] = {id(soup): 0}
    deep = []
    for tag in soup.find_all(True):  # in the order of the document, so a parent comes before its children
        depth = depths.get(id(tag.parent), DEEPEST) + 1
        if depth <= DEEPEST:
            depths[id(tag)] = depth
        elif id(tag.parent) in depths:
            deep.append(tag)
    for tag in deep:
        text = tag.get_text(" ")
        tag.clear()
        tag.replace_with(text)
    return bool(deep)


def _language(block: Tag) -> str:
    names = [str(name) for code in block.find_all("code") for name in code.get("class") or []]
    return next((name.removeprefix("language-") for name in names if name.startswith("language-")), "")


def _held(match: re.Match[str], hold: Callable[..., str]) -> str:
    return hold(match[1] or match[2] or match[3], display=not match[1])


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 80 else f"{words[:79]}…"


def _picture(tag: Tag, hold: Callable[..., str], lost: Lost, has_words: bool) -> str:
    tex = str(tag.get("data-equation-content") or "")
    source, words = str(tag.get("src") or ""), str(tag.get("alt") or "")
    if not tex and "/equation_images/" in source:
        tex = unquote(unquote(source.split("/equation_images/")[1].split("?")[0]))
    if tex:
        parent = tag.parent
        is_alone = (
            has_words
            and parent is not None
            and parent.name == "p"
            and not parent.get_text().strip()
            and len(parent.find_all()) == 1
        )
        return hold(tex, display=is_alone)
    lost(f"A picture was left out{f': {words}' if words else ''}.")
    return f"({words})" if words else ""
