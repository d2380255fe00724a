"""Packages of other systems, built for tests: items of QTI 1.2 as Canvas writes them, and of QTI 2.1."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

__all__ = [
    "canvas_document",
    "canvas_item",
    "choice_list",
    "correct",
    "item21",
    "number_box",
    "package",
    "points",
    "response21",
    "text",
    "write_package",
]


QTI21 = "http://www.imsglobal.org/xsd/imsqti_v2p1"
TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates"


def write_package(path: Path, files: Mapping[str, str | bytes], resources: str) -> Path:
    """A ZIP archive with a manifest that lists these resources."""
    manifest = f'<manifest identifier="m"><organizations/><resources>{resources}</resources></manifest>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("imsmanifest.xml", manifest)
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def package(path: Path, documents: Mapping[str, str], more: Mapping[str, bytes] | None = None) -> Path:
    """A package of documents; their roots say what they are."""
    resources = "".join(
        f'<resource identifier="r{number}" type="{_kind(document)}" href="{name}">'
        f'<file href="{name}"/></resource>'
        for number, (name, document) in enumerate(documents.items())
    )
    return write_package(path, {**documents, **(more or {})}, resources)


def _kind(document: str) -> str:
    return "imsqti_xmlv1p2" if "<questestinterop" in document else "imsqti_item_xmlv2p1"


# QTI 1.2


def canvas_document(*items: str) -> str:
    """An assessment with these items."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><questestinterop><assessment ident="a" title="t">'
        f'<section ident="root_section">{"".join(items)}</section></assessment></questestinterop>'
    )


def canvas_item(
    title: str, kind: str, html: str, responses: str, processing: str = "", feedback: str = ""
) -> str:
    """An item; without a kind its metadata are missing, as other systems write it."""
    fields = "".join(
        "<qtimetadatafield>"
        f"<fieldlabel>{name}</fieldlabel><fieldentry>{value}</fieldentry></qtimetadatafield>"
        for name, value in (("question_type", kind), ("points_possible", "1.0"))
    )
    head = f"<itemmetadata><qtimetadata>{fields}</qtimetadata></itemmetadata>" if kind else ""
    outcomes = '<outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>'
    return (
        f'<item ident="i-{escape(title)}" title="{escape(title)}">{head}'
        f"<presentation>{text(html)}{responses}</presentation>"
        f"<resprocessing>{outcomes}{processing}</resprocessing>{feedback}</item>"
    )


def text(html: str, kind: str = "text/html") -> str:
    """A text."""
    return f'<material><mattext texttype="{kind}">{escape(html)}</mattext></material>'


def choice_list(
    ident: str,
    labels: Sequence[tuple[str, str]],
    *,
    about: str = "",
    cardinality: str = "Single",
    attributes: str = "",
) -> str:
    """A list to choose from, or the texts that a gap accepts."""
    rows = "".join(
        f'<response_label ident="{id}" {attributes}>{text(words, "text/plain")}</response_label>'
        for id, words in labels
    )
    above = text(about) if about else ""
    return (
        f'<response_lid ident="{ident}" rcardinality="{cardinality}">{above}'
        f"<render_choice>{rows}</render_choice></response_lid>"
    )


def number_box(ident: str = "response1", tag: str = "response_str") -> str:
    """A box for a number."""
    return (
        f'<{tag} ident="{ident}" rcardinality="Single"><render_fib fibtype="Decimal">'
        f'<response_label ident="answer1"/></render_fib></{tag}>'
    )


def correct(ident: str, value: str) -> str:
    """The condition that a response is this."""
    return f'<varequal respident="{ident}">{escape(value)}</varequal>'


def points(condition: str, value: str = "100", action: str = "Set", more: str = "") -> str:
    """A condition that gives points."""
    return (
        f'<respcondition continue="No"><conditionvar>{condition}</conditionvar>'
        f'<setvar action="{action}" varname="SCORE">{value}</setvar>{more}</respcondition>'
    )


# QTI 2.1


def item21(
    title: str,
    declarations: str,
    body: str,
    processing: str = "match_correct",
    after: str = "",
    **namespace: str,
) -> str:
    """An item; the processing is rules, or the name of a template."""
    rules = (
        f'<responseProcessing template="{TEMPLATES}/{processing}"/>'
        if processing.isidentifier()
        else f"<responseProcessing>{processing}</responseProcessing>"
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><assessmentItem xmlns="{namespace.get("xmlns", QTI21)}" '
        f'identifier="{title.replace(" ", "-")}" title="{title}" adaptive="false" timeDependent="false">'
        f'{declarations}<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
        f"<itemBody>{body}</itemBody>{rules}{after}</assessmentItem>"
    )


def response21(
    values: Sequence[str], base_type: str = "identifier", cardinality: str = "single", mapping: str = ""
) -> str:
    """The declaration of the response with its right values."""
    right = "".join(f"<value>{escape(value)}</value>" for value in values)
    held = f"<correctResponse>{right}</correctResponse>" if values else ""
    return (
        f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="{base_type}">'
        f"{held}{mapping}</responseDeclaration>"
    )
