"""Reads QTI 2.1 and 2.2 items into items of a bank; the interaction determines the kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from quizzes.interchange.html_markup import Lost, markdown_of
from quizzes.interchange.package import ImportedItem, Pictures
from quizzes.interchange.qti21.reader_conditions import number_of, parts_of
from quizzes.interchange.xml_tree import inner_xml, text_of

__all__ = ["item_in"]


NONE = "No explanation came with it."
INTERACTION = "Interaction"
INLINE = ("textEntryInteraction", "inlineChoiceInteraction")


class _Reader:
    """Reads one item."""

    def __init__(self, document: Element, lost: Lost) -> None:
        self.document, self.lost = document, lost
        item_body = document.find("itemBody")
        self.body = Element("itemBody") if item_body is None else item_body
        self.interactions = [node for node in self.body.iter() if node.tag.endswith(INTERACTION)]
        self.declared = {node.get("identifier", ""): node for node in document.iter("responseDeclaration")}

    def words(self, markup: Element | str) -> str:
        """Markup as Markdown."""
        return markdown_of(markup if isinstance(markup, str) else inner_xml(markup), self.lost)

    def declaration(self, interaction: Element) -> Element:
        """The declaration of an interaction's response."""
        return self.declared.get(interaction.get("responseIdentifier", ""), Element("responseDeclaration"))

    def right(self, interaction: Element) -> list[str]:
        """The right values."""
        declaration = self.declaration(interaction)
        values = [text_of(node) for node in declaration.findall("correctResponse/value")]
        if not values:  # some systems say it by what counts alone
            entries = declaration.findall("mapping/mapEntry")
            values = [
                entry.get("mapKey", "") for entry in entries if _positive(entry.get("mappedValue", "0"))
            ]
        return values

    def feedback_html(self, identifier: str) -> str:
        """The feedback with this identifier, as markup."""
        nodes = [node for node in self.document.iter("modalFeedback") if node.get("identifier") == identifier]
        return "".join(inner_xml(node) for node in nodes)


def item_in(document: Element, lost: Callable[[str, str], None], pictures: Pictures) -> ImportedItem | None:
    """The item in a document, None if it has no counterpart; `lost` is called with its name and a loss."""
    name = document.get("title") or document.get("identifier") or "item"
    reader = _Reader(document, lambda sentence: lost(name, sentence))
    kinds = {interaction.tag for interaction in reader.interactions}
    if len(reader.interactions) == 1 and (read := _READERS.get(reader.interactions[0].tag)):
        data = read(reader, reader.interactions[0])
    elif reader.interactions and kinds <= set(INLINE):
        data = _blanks(reader, reader.interactions)
    else:
        interaction_names = " and ".join(sorted(kinds)) or "no question"
        lost(name, f"It was left out: {interaction_names} has no counterpart here.")
        return None
    html, images = pictures(_prompt(reader))
    explanation = reader.feedback_html("explanation")
    explanation = re.sub(r'<div class="model-answer">.*</div>', "", explanation, flags=re.DOTALL)
    common = {"prompt": reader.words(html), "explanation": reader.words(explanation) or NONE}
    return ImportedItem(name, {**common, **data}, images)


def _prompt(reader: _Reader) -> str:
    """The body without its interactions, then the prompts of the interactions."""
    prompts = "".join(inner_xml(node) for node in reader.body.iter("prompt"))
    return _without(reader.body, {id(interaction) for interaction in reader.interactions}) + prompts


def _without(node: Element, gone: set[int]) -> str:
    for parent in list(node.iter()):
        for child in list(parent):
            if id(child) in gone or child.tag == "rubricBlock":
                at = list(parent).index(child)
                tail = child.tail or ""
                if at:
                    parent[at - 1].tail = (parent[at - 1].tail or "") + tail
                else:
                    parent.text = (parent.text or "") + tail
                parent.remove(child)
    return inner_xml(node)


def _choice(reader: _Reader, interaction: Element) -> dict[str, Any]:
    right = reader.right(interaction)
    many = reader.declaration(interaction).get("cardinality") == "multiple"
    options, texts = [], {}
    for node in interaction.findall("simpleChoice"):
        ident = node.get("identifier", "")
        inline = "".join(text_of(feedback_node) for feedback_node in node.findall("feedbackInline"))
        for feedback_node in node.findall("feedbackInline"):
            node.remove(feedback_node)
        texts[ident] = reader.words(node)
        option: dict[str, Any] = {"text": texts[ident], "correct": ident in right}
        if feedback := reader.words(reader.feedback_html(ident)) or inline:
            option["feedback"] = feedback
        if node.get("fixed") == "true":
            option["last"] = True
        options.append(option)
    if not many and sorted(texts.values()) == ["False", "True"] and len(right) == 1:
        joined_feedback = "".join(option.get("feedback", "") for option in options if not option["correct"])
        answer = {"type": "true_false", "answer": texts[right[0]] == "True"}
        return answer | ({"feedback": joined_feedback} if joined_feedback else {})
    data = {"type": "choices" if many else "choice", "options": options}
    if many and reader.declaration(interaction).find("mapping") is None:
        data["rule"] = "off"
    return data | ({"shuffle": False} if interaction.get("shuffle") == "false" else {})


def _entry(reader: _Reader, interaction: Element) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    if declaration.get("baseType") in ("float", "integer"):
        return {
            "type": "numeric",
            **number_of(reader.document, declaration, reader.right(interaction), reader.lost),
        }
    return {"type": "short_text", "accept": _accepted(reader, interaction)}


def _accepted(reader: _Reader, interaction: Element) -> list[str]:
    """The right text first, then other texts with full marks."""
    entries = reader.declaration(interaction).findall("mapping/mapEntry")
    if any(entry.get("caseSensitive") == "true" for entry in entries):
        reader.lost("That capitals matter is lost.")
    values = {entry.get("mapKey", ""): entry.get("mappedValue", "0") for entry in entries}
    most = max((_number(value) for value in values.values()), default=0)
    full = [key for key, value in values.items() if _number(value) == most and most > 0]
    if len(full) < sum(_positive(value) for value in values.values()):
        reader.lost("Texts that earned a part are left out.")
    return list(dict.fromkeys([*reader.right(interaction)[:1], *full]))


def _extended(reader: _Reader, interaction: Element) -> dict[str, Any]:
    rubric = reader.body.find("rubricBlock")
    lines = [] if rubric is None else [_criterion(reader, node) for node in rubric.iter("li")]
    if not lines:
        reader.lost("No rubric came with it: write what to look for.")
    model = re.search(r'<div class="model-answer">(.*)</div>', reader.feedback_html("explanation"), re.DOTALL)
    return {
        "type": "essay",
        "rubric": lines or [{"text": "Answers the question."}],
        "model_answer": (reader.words(model[1]) if model else "") or NONE,
    }


def _criterion(reader: _Reader, line: Element) -> dict[str, Any]:
    match = re.fullmatch(r"(.*) \((\d+)\)\s*", inner_xml(line), re.DOTALL)
    return (
        {"text": reader.words(match[1]), "weight": int(match[2])} if match else {"text": reader.words(line)}
    )


def _match(reader: _Reader, interaction: Element) -> dict[str, Any]:
    sets = interaction.findall("simpleMatchSet")
    lefts, rights = (
        {
            node.get("identifier", ""): reader.words(node)
            for node in match_set.findall("simpleAssociableChoice")
        }
        for match_set in (sets + [Element("simpleMatchSet")] * 2)[:2]
    )
    pairs = dict(pair.split(maxsplit=1) for pair in reader.right(interaction) if len(pair.split()) == 2)
    for ident in lefts.keys() - pairs.keys():
        reader.lost(f"The entry {lefts[ident]} has no partner and was left out.")
    spare = [text for ident, text in rights.items() if ident not in pairs.values()]
    pairs_found = [
        {"left": lefts[left], "right": rights[right]}
        for left, right in pairs.items()
        if left in lefts and right in rights
    ]
    data: dict[str, Any] = {
        "type": "matching",
        "pairs": pairs_found,
        **({"distractors": spare} if spare else {}),
    }
    mapping = reader.declaration(interaction).find("mapping")
    if mapping is None:
        data["partial"] = False
    elif (taken := _number(mapping.get("defaultValue", "0"))) < 0 and pairs_found:
        data["penalty"] = f"{float(-taken * len(pairs_found)):.6g}"
    return data


def _order(reader: _Reader, interaction: Element) -> dict[str, Any]:
    texts = {node.get("identifier", ""): reader.words(node) for node in interaction.findall("simpleChoice")}
    entries = [texts[ident] for ident in reader.right(interaction) if ident in texts]
    return {"type": "ordering", "entries": entries, "rule": "exact"}


def _blanks(reader: _Reader, interactions: Sequence[Element]) -> dict[str, Any]:
    parents = {id(child): parent for parent in reader.body.iter() for child in parent}
    blanks, lists = [], []
    for number, interaction in enumerate(interactions, start=1):
        ident = interaction.get("responseIdentifier", "").removeprefix("BLANK_")
        parent = parents[id(interaction)]
        name = re.sub(r"[^a-z0-9]+", "-", ident.lower()).strip("-") or f"blank-{number}"
        if parent.tag == "li" and sum(descendant.tag in INLINE for descendant in parent.iter()) == 1:
            lists.append(parent)
            label = reader.words(_without(parent, {id(interaction)})).removesuffix(":").strip()
        else:
            label = f"\\[{number}\\]"
            interaction.tail = f" [{number}] {interaction.tail or ''}"
        blanks.append({"id": name, "label": label or name, **_filled(reader, interaction)})
    weights, penalty = parts_of(reader.document, [f"PART_{blank['id']}" for blank in blanks])
    for blank, weight in zip(blanks, weights, strict=True):
        if weight != 1:
            blank["weight"] = weight
    for interaction in lists:  # what was asked in a list is asked by the blanks themselves
        parents[id(interaction)].remove(interaction)
    return {"type": "blanks", "blanks": blanks, **({"penalty": penalty} if penalty else {})}


def _filled(reader: _Reader, node: Element) -> dict[str, Any]:
    """The keys of a blank."""
    if node.tag == "inlineChoiceInteraction":
        right = reader.right(node)
        texts = {
            choice_node.get("identifier", ""): reader.words(choice_node)
            for choice_node in node.findall("inlineChoice")
        }
        options = [*(texts[ident] for ident in right if ident in texts), *texts.values()]
        options = list(dict.fromkeys(options))
        return {"truth": options[0] == "True"} if set(options) == {"True", "False"} else {"options": options}
    data = _entry(reader, node)
    del data["type"]
    return data


def _number(text: str) -> Decimal:
    return (
        Decimal(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text.strip()) else Decimal(0)
    )


def _positive(text: str) -> bool:
    return _number(text) > 0


_READERS: dict[str, Callable[[_Reader, Element], dict[str, Any]]] = {
    "choiceInteraction": _choice,
    "textEntryInteraction": _entry,
    "extendedTextInteraction": _extended,
    "matchInteraction": _match,
    "orderInteraction": _order,
}
