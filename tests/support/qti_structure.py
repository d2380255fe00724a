"""What the published schemas say of the elements we write, compactly: children in order, attributes.

Facts from IMS's "QTI: ASI XML Binding 1.2" (2002), "QTI 2.1 XSD" (2012) and "Content Packaging 1.1". A
content model is a pattern over child names, each followed by a blank; no other elements may occur.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

FLOW = "(?:(?:p|div|ul|ol|pre|table|blockquote|h1|h2|h3|h4|h5|h6|hr) )*"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
INLINE = "(?:(?:em|strong|code|a|img|br|span|math|textEntryInteraction|inlineChoiceInteraction) )*"
ANY = f"(?:{FLOW}|{INLINE})*"
INTERACTION = "(?:choiceInteraction|matchInteraction|orderInteraction|extendedTextInteraction) "
ID = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True)
class Rule:
    """What an element may hold, which attributes it needs, and which else it may have."""

    children: str = ""
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    text: bool = False


QTI12 = {
    "questestinterop": Rule("assessment "),
    "assessment": Rule("(qtimetadata )*(section )+", ("ident",), ("title",)),
    "section": Rule("(selection_ordering )?(item |section )*", ("ident",), ("title",)),
    "selection_ordering": Rule("(selection )*"),
    "selection": Rule("(selection_number )?(selection_extension )?"),
    "selection_number": Rule(text=True),
    "selection_extension": Rule("points_per_item "),
    "points_per_item": Rule(text=True),
    "item": Rule("(itemmetadata )?(presentation )?(resprocessing )*(itemfeedback )*", ("ident",), ("title",)),
    "itemmetadata": Rule("(qtimetadata )*"),
    "qtimetadata": Rule("(qtimetadatafield )+"),
    "qtimetadatafield": Rule("fieldlabel fieldentry "),
    "fieldlabel": Rule(text=True),
    "fieldentry": Rule(text=True),
    "presentation": Rule("(material |response_lid |response_str )+"),
    "material": Rule("(mattext )+"),
    "mattext": Rule(text=True, may=("texttype",)),
    "response_lid": Rule("(material )?render_choice ", ("ident",), ("rcardinality",)),
    "response_str": Rule("(material )?render_fib ", ("ident",), ("rcardinality",)),
    "render_choice": Rule("(response_label )+"),
    "render_fib": Rule("(response_label )*", may=("fibtype",)),
    "response_label": Rule("(material )*", ("ident",)),
    "resprocessing": Rule("outcomes (respcondition )+"),
    "outcomes": Rule("(decvar )+"),
    "decvar": Rule(may=("varname", "vartype", "minvalue", "maxvalue")),
    "respcondition": Rule("conditionvar (setvar )*(displayfeedback )*", may=("continue", "title")),
    "conditionvar": Rule("(and |or |not |varequal |vargte |varlte |other )+"),
    "and": Rule("(and |or |not |varequal |vargte |varlte )+"),
    "or": Rule("(and |or |not |varequal |vargte |varlte )+"),
    "not": Rule("(and |or |not |varequal |vargte |varlte )"),
    "varequal": Rule(needs=("respident",), may=("case",), text=True),
    "vargte": Rule(needs=("respident",), text=True),
    "varlte": Rule(needs=("respident",), text=True),
    "other": Rule(),
    "setvar": Rule(may=("varname", "action"), text=True),
    "displayfeedback": Rule(needs=("linkrefid",), may=("feedbacktype",)),
    "itemfeedback": Rule("(flow_mat |material )+", ("ident",)),
    "flow_mat": Rule("(material )+"),
}
SHUFFLED = ("responseIdentifier", "shuffle")
TEST = {
    "assessmentTest": Rule("(testPart )+", ("identifier", "title")),
    "testPart": Rule("(assessmentSection )+", ("identifier", "navigationMode", "submissionMode")),
    "assessmentSection": Rule("(selection )?(assessmentItemRef )+", ("identifier", "title", "visible")),
    "selection": Rule(needs=("select",)),
    "assessmentItemRef": Rule("(weight )*", ("identifier", "href"), ("fixed",)),
    "weight": Rule(needs=("identifier", "value")),
}
EXPRESSION = (
    "(?:variable|correct|baseValue|match|and|not|isNull|gte|lte|mapResponse|sum|max|multiple)"  # of one value
)
QTI21 = {
    "assessmentItem": Rule(
        "(responseDeclaration )*(outcomeDeclaration )*(itemBody )?(responseProcessing )?(modalFeedback )*",
        ("identifier", "title", "adaptive", "timeDependent"),
    ),
    "responseDeclaration": Rule(
        "(correctResponse )?(mapping )?", ("identifier", "cardinality"), ("baseType",)
    ),
    "outcomeDeclaration": Rule(
        "(defaultValue )?", ("identifier", "cardinality"), ("baseType", "normalMaximum")
    ),
    "correctResponse": Rule("(value )+"),
    "defaultValue": Rule("(value )+"),
    "value": Rule(text=True),
    "mapping": Rule("(mapEntry )+", ("defaultValue",), ("lowerBound", "upperBound")),
    "mapEntry": Rule(needs=("mapKey", "mappedValue"), may=("caseSensitive",)),
    "itemBody": Rule(f"(?:{FLOW}|rubricBlock |{INTERACTION})*"),
    "rubricBlock": Rule(FLOW, ("view",)),
    "choiceInteraction": Rule("(prompt )?(simpleChoice )+", (*SHUFFLED, "maxChoices")),
    "orderInteraction": Rule("(prompt )?(simpleChoice )+", SHUFFLED),
    "simpleChoice": Rule(ANY, ("identifier",), ("fixed",)),
    "matchInteraction": Rule("(prompt )?simpleMatchSet simpleMatchSet ", (*SHUFFLED, "maxAssociations")),
    "simpleMatchSet": Rule("(simpleAssociableChoice )*"),
    "simpleAssociableChoice": Rule(ANY, ("identifier", "matchMax")),
    "inlineChoiceInteraction": Rule("(inlineChoice )+", SHUFFLED),
    "inlineChoice": Rule(needs=("identifier",), text=True),
    "textEntryInteraction": Rule(needs=("responseIdentifier",), may=("expectedLength",)),
    "extendedTextInteraction": Rule("(prompt )?", ("responseIdentifier",), ("expectedLines",)),
    "responseProcessing": Rule("(responseCondition |setOutcomeValue )+"),
    "responseCondition": Rule("responseIf (responseElseIf )*(responseElse )?"),
    "responseIf": Rule(f"{EXPRESSION} (setOutcomeValue )+"),
    "setOutcomeValue": Rule(f"{EXPRESSION} ", ("identifier",)),
    "variable": Rule(needs=("identifier",)),
    "correct": Rule(needs=("identifier",)),
    "mapResponse": Rule(needs=("identifier",)),
    "baseValue": Rule(needs=("baseType",), text=True),
    "match": Rule(f"{EXPRESSION} {EXPRESSION} "),
    "gte": Rule(f"{EXPRESSION} {EXPRESSION} "),
    "lte": Rule(f"{EXPRESSION} {EXPRESSION} "),
    "and": Rule(f"({EXPRESSION} )+"),
    "sum": Rule(f"({EXPRESSION} )+"),
    "max": Rule(f"({EXPRESSION} )+"),
    "multiple": Rule(f"({EXPRESSION} )*"),
    "not": Rule(f"{EXPRESSION} "),
    "isNull": Rule(f"{EXPRESSION} "),
    "modalFeedback": Rule(ANY, ("outcomeIdentifier", "identifier", "showHide")),
    **{tag: Rule(ANY, text=True) for tag in ("p", "li", "em", "strong", "span", "td", "th", "blockquote")},
    **{tag: Rule("(li )+") for tag in ("ul", "ol")},
    **{tag: Rule(INLINE, text=True) for tag in HEADINGS},
    "div": Rule(ANY, may=("class",), text=True),
    "pre": Rule(INLINE, text=True),
    "code": Rule(INLINE, may=("class",), text=True),
    "a": Rule(INLINE, ("href",), text=True),
    "img": Rule(needs=("src", "alt")),
    "br": Rule(),
    "hr": Rule(),
    "table": Rule("(thead )?(tbody )+"),
    "thead": Rule("(tr )+"),
    "tbody": Rule("(tr )+"),
    "tr": Rule("(th |td )+"),
}
MANIFEST = {
    "manifest": Rule("metadata organizations resources ", ("identifier",)),
    "metadata": Rule("schema schemaversion "),
    "schema": Rule(text=True),
    "schemaversion": Rule(text=True),
    "organizations": Rule(),
    "resources": Rule("(resource )*"),
    "resource": Rule("(file )*(dependency )*", ("identifier", "type"), ("href",)),
    "file": Rule(needs=("href",)),
    "dependency": Rule(needs=("identifierref",)),
}
NAMESPACES = {
    "assessmentItem": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "assessmentTest": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "manifest": "http://www.imsglobal.org/xsd/imscp_v1p1",
    "questestinterop": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2",
}
MATHML_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
# Of MathML 2's presentation elements: how many elements each holds (None: any), and its attributes.
TOKEN = ("mathvariant", "mathsize", "mathcolor", "mathbackground", "class", "style")
MATHML: dict[str, tuple[int | None, tuple[str, ...]]] = {
    "math": (None, ("alttext", "display", "class")),
    **dict.fromkeys(("mi", "mn", "mtext"), (0, TOKEN)),
    "mo": (0, (*TOKEN, "form", "fence", "separator", "lspace", "rspace", "stretchy", "symmetric", "maxsize",
               "minsize", "largeop", "movablelimits", "accent")),
    "mspace": (0, ("width", "height", "depth", "class", "style")),
    **dict.fromkeys(("mrow", "msqrt", "mphantom"), (None, ("class", "style"))),
    "mstyle": (None, ("displaystyle", "scriptlevel", *TOKEN)),
    "mpadded": (None, ("width", "lspace", "height", "depth", "class", "style")),
    "mfrac": (2, ("linethickness", "bevelled", "numalign", "denomalign", "class", "style")),
    **dict.fromkeys(("mroot", "msub", "msup"), (2, ("class", "style"))),
    "msubsup": (3, ("class", "style")),
    "munder": (2, ("accentunder", "class", "style")),
    "mover": (2, ("accent", "class", "style")),
    "munderover": (3, ("accent", "accentunder", "class", "style")),
    "mtable": (None, ("displaystyle", "columnalign", "rowalign", "columnspacing", "rowspacing", "columnlines",
                      "rowlines", "frame", "class", "style")),
    "mtr": (None, ("columnalign", "rowalign", "class", "style")),
    "mtd": (None, ("columnalign", "rowalign", "columnspan", "rowspan", "class", "style")),
    "menclose": (None, ("notation", "class", "style")),
}  # fmt: skip
# A list's entries hold mixed content; what is chosen between is not nested in itself.
IDENTIFIERS = ("identifier", "responseIdentifier", "outcomeIdentifier", "ident")


def local(node: Element) -> str:
    """A name without its namespace."""
    return node.tag.rpartition("}")[2]


def faults(root: Element, rules: dict[str, Rule], namespace: str = "") -> list[str]:
    """What in a document is not as the schema wants it, namespaces and formulas included."""
    problems = []
    namespace = namespace or NAMESPACES.get(local(root), "")
    if namespace and root.tag != f"{{{namespace}}}{local(root)}":
        problems.append(f"<{root.tag}> stands outside {namespace}")
    rule = rules.get(local(root))
    if rule is None:
        return [f"<{local(root)}> is no element of this schema"]
    inside = "".join(f"{local(child)} " for child in root)
    if not re.fullmatch(rule.children, inside):
        problems.append(f"<{local(root)}> holds {inside or 'nothing'}")
    problems += [f"<{local(root)}> has no {name}" for name in rule.needs if not root.get(name)]
    unknown = set(root.keys()) - {*rule.needs, *rule.may}
    problems += [f"<{local(root)}> has {name}" for name in sorted(unknown)]
    problems += [
        f"{name}={root.get(name)!r} is no identifier"
        for name in IDENTIFIERS
        if root.get(name) and not ID.fullmatch(root.get(name, ""))
    ]
    outside = (root.text or "") + "".join(child.tail or "" for child in root)
    mixed = rule.text or ANY in rule.children or rule.children == INLINE
    if outside.strip() and not mixed:
        problems.append(f"<{local(root)}> holds text: {outside.strip()[:40]}")
    for child in root:
        problems += math_faults(child) if local(child) == "math" else faults(child, rules, namespace)
    return problems


def math_faults(node: Element) -> list[str]:
    """What in a formula is not MathML 2, which QTI 2.1 takes in."""
    name = local(node)
    if node.tag != f"{{{MATHML_NAMESPACE}}}{name}":
        return [f"<{node.tag}> stands outside MathML's namespace"]
    if name not in MATHML:
        return [f"<{name}> is no element of MathML 2's presentation"]
    count, attributes = MATHML[name]
    problems = [f"<{name}> has {attribute}" for attribute in sorted(set(node.keys()) - {*attributes})]
    if count is not None and len(node) != count:
        problems.append(f"<{name}> holds {len(node)} elements, expected {count}")
    return [*problems, *(fault for child in node for fault in math_faults(child))]
