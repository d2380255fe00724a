"""Reads the body of QTI 2.1 and 2.2 items: HTML with marks where gaps stand, and the feedback in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from quizzes.interchange.html_markup import LeftOut, Lost
from quizzes.interchange.tracked_xml import Node, short
from quizzes.interchange.xml_tree import FOREIGN, TOO_DEEP

__all__ = ["GAP_MATCH", "PLACES", "Body", "Feedback", "is_blank"]


PLACE = "\ue002{}\ue003"  # where an interaction stands in a text
PLACES = re.compile("\ue002(\\d+)\ue003")
GAP_MATCH = "gapMatchInteraction"
INLINE = ("textEntryInteraction", "inlineChoiceInteraction")
FEEDBACK = ("feedbackBlock", "feedbackInline")
DRAWN = ("printedVariable", "templateBlock", "templateInline")
HTML = {
    *("a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br"),
    *("caption", "cite", "code", "col", "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "figcaption"),
    *(
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "kbd",
        "label",
        "li",
    ),
    *("nav", "ol", "p", "pre", "q", "rb", "rp", "rt", "ruby", "samp", "section", "small", "span", "strong"),
    *("sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var", "stimulusBody"),
}
SOUNDS = {"audio": "A sound", "video": "A video", "include": "", "svg": "A drawing"}
ATTRIBUTES = {
    *("id", "class", "lang", "label", "style", "href", "src", "alt", "width", "height", "longdesc", "type"),
    *("colspan", "rowspan", "headers", "scope", "abbr", "axis", "summary", "cite", "dir", "role", "title"),
    *("base", "space", "span", "start", "data", "rel", "target", "valign", "align", "border"),
}
KEPT = ("src", "alt", "href", "class", "style", "colspan", "rowspan", "start")
# What an interaction is called for the people who import it.
INTERACTIONS = {
    "associateInteraction": "pairing entries of one list",
    "customInteraction": "a question with a program of its own",
    "drawingInteraction": "a drawing",
    "endAttemptInteraction": "a button that ends an attempt",
    "graphicAssociateInteraction": "pairing places on a picture",
    "graphicGapMatchInteraction": "dragging labels onto a picture",
    "graphicOrderInteraction": "putting places on a picture into order",
    "hotspotInteraction": "a hot spot on a picture",
    "hottextInteraction": "marking words in a text",
    "mediaInteraction": "a sound or video to play",
    "portableCustomInteraction": "a question with a program of its own",
    "positionObjectStage": "placing an object on a picture",
    "positionObjectInteraction": "placing an object on a picture",
    "selectPointInteraction": "a point on a picture",
    "sliderInteraction": "a slider",
    "uploadInteraction": "a file to upload",
}


@dataclass(frozen=True)
class Feedback:
    """A text that is shown when an outcome has a value; `option` is the choice in which it stands."""

    shown_by: str  # `outcome identifier`, or `not outcome identifier`
    html: str
    option: str = ""


def is_blank(html: str) -> bool:
    """Whether HTML shows nothing."""
    return not re.sub(r"<(?!img|math)[^>]*>|&nbsp;|&#160;|\s", "", html)


class Body:
    """The texts of an item's body; interactions and feedback are collected on the way."""

    def __init__(self, lost: Lost) -> None:
        self.lost = lost
        self.interactions: list[Node] = []
        self.feedback: list[Feedback] = []
        self.gaps: list[str] = []  # of a word bank, by id
        self.rubric: list[str] = []  # for those who mark, as HTML
        self._option = ""

    def html(self, node: Node, *, inside_interaction: bool = False) -> str:
        """The content of an element."""
        parts = [escape(node.own_text, quote=False)]
        for child in node.take():
            parts.append(self._element(child, inside_interaction))
            parts.append(escape(child.tail, quote=False))
        return "".join(parts)

    def option_html(self, node: Node, ident: str) -> str:
        """The text of an option, without the feedback in it."""
        self._option = ident
        html = self.html(node, inside_interaction=True)
        self._option = ""
        return html

    def take_modal(self, item: Node) -> None:
        """Collect the feedback that stands after the body."""
        for node in item.take("modalFeedback"):
            node.get("title")
            self._take_feedback(node, is_modal=True)

    def _element(self, node: Node, inside: bool) -> str:
        tag = node.tag
        if tag == "math":
            return node.markup()
        if tag in FEEDBACK:
            self._take_feedback(node)
            return ""
        if tag.endswith("Interaction") or tag in INTERACTIONS:
            if inside:
                raise LeftOut("it asks a question inside another")
            if tag in INTERACTIONS:
                raise LeftOut(f"{INTERACTIONS[tag]} has no counterpart here")
            self.interactions.append(node)
            if tag == GAP_MATCH:
                return self._gap_match(node)
            return PLACE.format(len(self.interactions)) if tag in INLINE else ""
        if tag in DRAWN:
            raise LeftOut("its numbers or texts are drawn by the other system's own rules")
        special = _SPECIAL.get(tag)
        if special is not None:
            return special(self, node)
        if tag == TOO_DEEP:
            raise LeftOut("it nests elements more than 200 deep")
        if tag not in HTML:
            raise LeftOut(f"its part “{tag}” is not known here and may change what is asked")
        return self._tagged(node, inside)

    def _gap_match(self, node: Node) -> str:
        """The text around the gaps of a word bank; the words themselves are read by the item's reader."""
        around = [child for child in node.take() if child.tag not in ("gapText", "prompt")]
        return "".join(self._element(child, True) for child in around)

    def _gap(self, node: Node) -> str:
        for name in ("required", "fixed", "matchGroup", "templateIdentifier", "showHide"):
            if node.get(name) not in ("", "false", "true", "show"):
                raise LeftOut("its gaps take only some of the words")
        self.gaps.append(node.get("identifier"))
        return PLACE.format(len(self.gaps))

    def _tagged(self, node: Node, inside: bool) -> str:
        attributes = node.attributes
        for name in attributes:
            if name not in ATTRIBUTES and not name.startswith(("data-", "aria-")):
                plain = name.removeprefix(FOREIGN)
                self.lost(f"A setting of its text was left out: {plain}=“{short(attributes[name])}”.")
        written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if name in KEPT)
        content = self.html(node, inside_interaction=inside)
        if node.tag in ("br", "hr", "img", "col"):
            if not is_blank(content):
                self.lost(f"A text inside <{node.tag}> was left out: “{short(content)}”.")
            return f"<{node.tag}{written}/>"
        return f"<{node.tag}{written}>{content}</{node.tag}>"

    def _take_feedback(self, node: Node, *, is_modal: bool = False) -> None:
        outcome, ident = node.get("outcomeIdentifier"), node.get("identifier")
        for name in ("id", "class", "lang", "label", "base"):
            node.get(name)
        shown_by = f"{outcome} {ident}"
        if node.get("showHide", "show") == "hide":
            shown_by = f"not {shown_by}"
        if shown_by.startswith("not ") and not is_modal:
            raise LeftOut("a part of its text disappears while it is answered")
        option, self._option = self._option, ""
        # A question inside feedback is asked in a second step.
        html = self.html(node, inside_interaction=True)
        self._option = option
        if not is_blank(html):
            self.feedback.append(Feedback(shown_by, html, option))

    def _gap_picture(self, node: Node) -> str:
        raise LeftOut("dragging pictures into gaps has no counterpart here")

    def _picture(self, node: Node) -> str:
        """An object that is a picture; any other is reported."""
        attributes = node.attributes
        source, kind = attributes.get("data", ""), attributes.get("type", "")
        words = node.plain()
        if kind.startswith("image/") or re.search(r"\.(png|jpe?g|gif|svg)$", source, re.IGNORECASE):
            return f'<img src="{escape(source)}" alt="{escape(words)}"/>'
        if kind.startswith("text/"):
            raise LeftOut(f"a part of its text stands in another file, {source}")
        self.lost(f"A {'video' if kind.startswith('video') else 'media object'} was left out: {source}.")
        return ""

    def _sound(self, node: Node) -> str:
        what = SOUNDS[node.tag]
        if not what:
            raise LeftOut("a part of its text stands in another file")
        node.use_all()
        self.lost(f"{what} was left out.")
        return ""

    def _rubric(self, node: Node) -> str:
        views = node.get("view").split()
        for name in ("use", "id", "class", "lang", "label"):
            node.get(name)
        if "candidate" in views:
            return f"<div>{self.html(node)}</div>"
        if {"scorer", "tutor"} & {*views}:
            self.rubric.append(self.html(node))
            return ""
        words = node.plain()
        if words:
            self.lost(f"A note for {' and '.join(views) or 'others'} was left out: “{short(words)}”.")
        return ""

    def _hint(self, node: Node) -> str:
        words = node.plain()
        self.lost(f"A hint was left out: “{short(words)}”.")
        return ""

    def _stylesheet(self, node: Node) -> str:
        node.use_all()
        return ""


_SPECIAL: dict[str, Callable[[Body, Node], str]] = {
    "gap": Body._gap,
    "gapImg": Body._gap_picture,
    "object": Body._picture,
    "audio": Body._sound,
    "video": Body._sound,
    "svg": Body._sound,
    "include": Body._sound,
    "rubricBlock": Body._rubric,
    "infoControl": Body._hint,
    "stylesheet": Body._stylesheet,
}
