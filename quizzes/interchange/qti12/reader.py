"""Reads the parts of one QTI 1.2 item: its texts in order, its responses and their options, its feedback."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup

from quizzes.interchange.html_markup import LeftOut, Lost, markdown_of
from quizzes.interchange.moodle.calculated import Calculated
from quizzes.interchange.package import Picture, Pictures
from quizzes.interchange.qti12.conditions import Marking
from quizzes.interchange.qti12.elements import GENERAL, KIND_FIELD
from quizzes.interchange.tracked_xml import Node, check_all_read, short

__all__ = ["CALCULATED", "NONE", "ORDERING", "Label", "Reader", "Respond"]


NONE = "No explanation came with it."
ORDERING, CALCULATED = "ordering_question", "calculated_question"
PLACE = "\ue002{}\ue003"  # where a response stands in a text
PLACES = re.compile("\ue002(\\d+)\ue003")
RESPONSES = ("response_lid", "response_str", "response_num", "response_xy", "response_grp")
FLOWS = ("flow", "flow_mat", "flow_label", "material", "altmaterial", "mat_extension")
TEXTS = ("mattext", "matemtext", "mat_formattedtext")
DISPLAY = {"display_style", "enumeration", "grading_type"}  # of Brightspace; its conditions say the rest
SOUNDS = {
    "mataudio": "A sound",
    "matvideo": "A video",
    "matapplet": "A program",
    "matapplication": "A program",
}
COMMON_CARTRIDGE = {
    "cc.multiple_choice.v0p1": "multiple_choice_question",
    "cc.multiple_response.v0p1": "multiple_answers_question",
    "cc.true_false.v0p1": "true_false_question",
    "cc.fib.v0p1": "short_answer_question",
    "cc.essay.v0p1": "essay_question",
}
# What can only change how an item looks, or says nothing about it.
LOOKS_ELEMENTS = ("qticomment", "duration", "itemcontrol", "reference")
LOOKS = {
    "*": ("lang", "space", "base", "schemaLocation", "noNamespaceSchemaLocation", "entityref", "class"),
    "item": ("ident", "title", "label", "maxattempts", "instructions"),
    "presentation": ("label", "x0", "y0", "width", "height"),
    "material": ("label", "orientation"),
    "mattext": ("label", "uri", "width", "height", "x0", "y0", "charset"),
    "render_fib": ("encoding", "rows", "columns", "maxchars", "prompt", "charset", "minnumber", "maxnumber"),
    "render_choice": ("minnumber",),
    "response_str": ("rce", "spell_check", "word_count", "word_limit_max", "word_limit_min"),
    "response_label": ("position", "rshuffle", "shuffle", "lock", "allow_reuse", "labelrefid", "rarea",
                       "rrange"),
    # How an author put the range that stands beside it.
    "varequal": ("margintype", "margin", "precisiontype", "precision"),
    "respcondition": ("correctanswer",),
    "itemfeedback": ("title", "view"),
    "solution": ("feedbackstyle",),
    "hint": ("feedbackstyle",),
}  # fmt: skip


@dataclass
class Label:
    """An option, or a text that is accepted."""

    ident: str
    html: str
    plain: str
    answer_type: str  # how New Quizzes asks: dropdown, wordbank, openEntry
    algorithm: str  # how New Quizzes compares


@dataclass
class Respond:
    """One place of an item to answer."""

    number: int
    ident: str
    tag: str
    cardinality: str
    about: str = ""  # HTML
    fib: bool = False
    numeric: bool = False
    shuffle: bool = True
    most_words: str = ""  # of an essay
    most: str = ""  # how many options may be chosen
    labels: list[Label] = field(default_factory=list)

    @property
    def is_ordered(self) -> bool:
        """Whether it asks for an order."""
        return self.cardinality == "Ordered" and not self.fib


class Reader:
    """Reads one item; every part that it uses is recorded."""

    def __init__(self, item: Element, lost: Lost, pictures: Pictures) -> None:
        self.node, self.lost, self._pictures = Node(item), lost, pictures
        self.images: list[Picture] = []
        self.responses: list[Respond] = []
        self._fields = self._metadata()
        self.kind = self._fields.get("question_type", "")
        self.kind = self.kind or COMMON_CARTRIDGE.get(self._fields.get("cc_profile", ""), "")
        self.ordering_kind = self._fields.get(KIND_FIELD, "")
        self.prompt = ""
        self.values: Calculated | None = None  # of a formula question

    @property
    def points(self) -> str:
        """The points that the item was worth, if it says so."""
        return self._fields.get("points_possible", "")

    @property
    def has_canvas_kind(self) -> bool:
        """Whether Canvas, or a system that writes as it does, says what kind of item it is."""
        return bool(self._fields.get("question_type"))

    def read(self) -> None:
        """Read texts, responses, marking and feedback."""
        for presentation in self.node.take("presentation"):
            for flow in presentation.take():
                self.prompt += self._content(flow)
        self.prompt, self.images = self._pictures(self.prompt)
        is_order = self.kind in ("", ORDERING)
        ordered = [response.ident for response in self.responses if is_order and response.is_ordered]
        self.marking = Marking(self.node, self.lost, ordered)
        self.feedback: dict[str, str] = {}
        self.solutions: set[str] = set()  # feedback that is the worked answer, whoever is shown it
        for node in self.node.take("itemfeedback"):
            parts = node.take()
            self.feedback[node.get("ident")] = "".join(map(self._material, parts))
            if parts and all(part.tag == "solution" for part in parts):
                self.solutions.add(node.get("ident"))
        for node in self.node.take("rubric", "objectives", "itemrubric"):
            self.lost(f"A note beside it was left out: “{short(node.plain())}”.")
        self.extensions = self.node.take("itemproc_extension")
        for node in self.extensions:
            if node.children and self.kind != CALCULATED:
                raise LeftOut("it has marking of its own kind that is not known here")

    def check(self) -> None:
        """Raises LeftOut for what was not read and may change the item."""
        check_all_read(self.node, LOOKS_ELEMENTS, LOOKS, self.lost)

    def words(self, html: str) -> str:
        """HTML as Markdown; what cannot be shown is reported."""
        return markdown_of(PLACES.sub("", html), self.lost)

    def strict_words(self, html: str) -> str:
        """The Markdown of an option; raises LeftOut if something in it cannot be shown."""

        def refuse(sentence: str) -> None:
            raise LeftOut(f"an option cannot be shown here: {sentence.rstrip('.')}")

        return markdown_of(PLACES.sub("", html), refuse)

    def general(self) -> str:
        """The explanation that everybody gets, as HTML."""
        return self.feedback.pop(GENERAL, "")

    def report_feedback(self) -> None:
        """Report the feedback that was not taken over."""
        for html in self.feedback.values():
            if text := " ".join(re.sub(r"<[^>]*>", " ", html).split()):
                self.lost(f"Feedback that depends on the answer was left out: “{short(text)}”.")

    def _metadata(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        for metadata in self.node.take("itemmetadata", "qtimetadata"):
            for entry in metadata.all("qtimetadatafield"):
                label = next(iter(entry.take("fieldlabel")), None)
                value = next(iter(entry.take("fieldentry")), None)
                if label is not None and value is not None:
                    fields.setdefault(label.text, value.text)
            metadata.use_all()
        return fields

    def _content(self, node: Node) -> str:
        """A part of the presentation as HTML, with a mark where a response stands."""
        if node.tag in FLOWS:
            return self._flow(node, self._content)
        if node.tag in RESPONSES:
            return self._response(node)
        if node.tag == "response_extension" and {child.tag for child in node.children} <= DISPLAY:
            node.use_all()
            return ""
        return self._material(node)

    def _flow(self, node: Node, read: Callable[[Node], str]) -> str:
        content = "".join(read(child) for child in node.take())
        return f"{content} " if node.tag == "flow" else content

    def _material(self, node: Node) -> str:
        """Texts and pictures as HTML."""
        if node.tag in FLOWS or node.tag in ("solution", "solutionmaterial", "hint", "hintmaterial"):
            return self._flow(node, self._material)
        if node.tag in TEXTS:
            html = self._html(node)
            return f"<em>{html}</em>" if node.tag == "matemtext" else html
        if node.tag == "matbreak":
            node.use_all()
            return "<br/>"
        if node.tag == "matimage":
            source, alt = node.get("uri"), node.get("label")
            node.use_all()
            return f'<img src="{escape(source)}" alt="{escape(alt)}"/>'
        if node.tag in SOUNDS:
            node.use_all()
            self.lost(f"{SOUNDS[node.tag]} was left out.")
            return ""
        if node.tag == "qticomment":
            node.use_all()
            return ""
        raise LeftOut(f"its part “{node.tag}” is not known here and may change what is asked")

    def _html(self, node: Node) -> str:
        kind = (node.get("texttype") or node.get("type", "text/plain")).lower()
        if node.children:  # HTML that was not escaped
            for child in node.take():
                child.use_all()
            return "".join([node.own_text, *(child.markup() + child.tail for child in node.children)])
        text = node.own_text
        if kind in ("text/html", "text/xhtml", "html", "smart_text", "xhtml"):
            return text
        return escape(text, quote=False)

    def _response(self, node: Node) -> str:
        number = len(self.responses) + 1
        ident, cardinality = node.get("ident"), node.get("rcardinality", "Single").capitalize()
        node.get("rtiming"), node.get("numtype")
        most_words = node.get("word_limit_max") if node.is_set("word_limit_enabled") else ""
        response = Respond(number, ident, node.tag, cardinality or "Single")
        response.numeric = node.tag == "response_num"
        response.most_words = most_words
        self.responses.append(response)
        if node.tag in ("response_xy", "response_grp"):
            raise LeftOut(
                "places on a picture have no counterpart here"
                if node.tag == "response_xy"
                else "its way to put a list into order is not known here"
                if response.is_ordered
                else "grouping entries has no counterpart here"
            )
        for child in node.take():
            if child.tag in FLOWS:
                response.about += self._material(child)
            elif child.tag in ("render_choice", "render_fib"):
                self._render(child, response)
            elif child.tag == "render_extension" and response.is_ordered:
                self._render_order(child, response)
            else:
                raise LeftOut("its way to answer has no counterpart here")
        return PLACE.format(number)

    def _render(self, node: Node, response: Respond) -> None:
        response.fib = node.tag == "render_fib"
        kind = node.get("fibtype").lower()
        response.numeric = response.numeric or kind in ("decimal", "integer", "scientific")
        if node.tag == "render_choice":
            response.shuffle = node.get("shuffle", "Yes").lower() != "no"
            response.most = node.get("maxnumber")
        for child in node.take():
            self._label(child, response)

    def _render_order(self, node: Node, response: Respond) -> None:
        """New Quizzes' list to put into order, with what it says at either end."""
        ends = {}
        for child in node.take():
            if child.tag == "material":
                ends[child.get("position")] = self._material(child)
            elif child.tag == "ims_render_object":
                child.get("shuffle"), child.get("orientation")
                for label in child.take():
                    self._label(label, response)
            else:
                raise LeftOut("its way to answer has no counterpart here")
        if unknown := ends.keys() - {"top", "bottom"}:
            raise LeftOut(f"a text stands at the place “{short(min(unknown))}” of its list")
        written = [
            f"{place}: {html}"
            for place, html in (("Top", ends.get("top", "")), ("Bottom", ends.get("bottom", "")))
            if html.strip()
        ]
        response.about += f"<p>{'; '.join(written)}</p>" if written else ""

    def _label(self, node: Node, response: Respond) -> None:
        if node.tag == "flow_label":
            node.get("class")
            for child in node.take():
                self._label(child, response)
        elif node.tag == "response_label":
            node.get("class")
            ident, answer_type = node.get("ident"), node.get("answer_type")
            algorithm = node.get("scoring_algorithm")
            html = "".join(self._material(child) for child in node.take())
            plain = " ".join(BeautifulSoup(html, "html.parser").get_text().split())
            response.labels.append(Label(ident, html, plain, answer_type, algorithm))
        elif node.tag in FLOWS:
            response.about += self._material(node)
        else:
            raise LeftOut(f"its part “{node.tag}” is not known here and may change the options")
