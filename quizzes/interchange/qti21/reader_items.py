"""QTI 2.1 and 2.2 items, as items of a bank; what kind an item is says its interaction."""

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
    """One item while it is read."""

    def __init__(self, document: Element, lost: Lost) -> None:
        self.document, self.lost = document, lost
        found = document.find("itemBody")
        self.body = Element("itemBody") if found is None else found
        self.interactions = [one for one in self.body.iter() if one.tag.endswith(INTERACTION)]
        self.declared = {one.get("identifier", ""): one for one in document.iter("responseDeclaration")}

    def words(self, one: Element | str) -> str:
        """Markup as Markdown."""
        return markdown_of(one if isinstance(one, str) else inner_xml(one), self.lost)

    def declaration(self, interaction: Element) -> Element:
        """The declaration of an interaction's response."""
        return self.declared.get(interaction.get("responseIdentifier", ""), Element("responseDeclaration"))

    def right(self, interaction: Element) -> list[str]:
        """The right values."""
        declaration = self.declaration(interaction)
        values = [text_of(one) for one in declaration.findall("correctResponse/value")]
        if not values:  # some systems say it by what counts alone
            entries = declaration.findall("mapping/mapEntry")
            values = [one.get("mapKey", "") for one in entries if _positive(one.get("mappedValue", "0"))]
        return values

    def told(self, identifier: str) -> str:
        """The feedback with this identifier, as markup."""
        found = [one for one in self.document.iter("modalFeedback") if one.get("identifier") == identifier]
        return "".join(inner_xml(one) for one in found)


def item_in(document: Element, lost: Callable[[str, str], None], pictures: Pictures) -> ImportedItem | None:
    """The item in a document; `lost` is told its name and what it lost. None where it cannot be one."""
    name = document.get("title") or document.get("identifier") or "item"
    reader = _Reader(document, lambda sentence: lost(name, sentence))
    kinds = {one.tag for one in reader.interactions}
    if len(reader.interactions) == 1 and (read := _READERS.get(reader.interactions[0].tag)):
        made = read(reader, reader.interactions[0])
    elif reader.interactions and kinds <= set(INLINE):
        made = _blanks(reader, reader.interactions)
    else:
        asked = " and ".join(sorted(kinds)) or "no question"
        lost(name, f"It was left out: {asked} has no counterpart here.")
        return None
    html, found = pictures(_prompt(reader))
    told = reader.told("explanation")
    told = re.sub(r'<div class="model-answer">.*</div>', "", told, flags=re.DOTALL)
    common = {"prompt": reader.words(html), "explanation": reader.words(told) or NONE}
    return ImportedItem(name, {**common, **made}, found)


def _prompt(reader: _Reader) -> str:
    """The body without what is filled in, then the interactions' own prompts."""
    prompts = "".join(inner_xml(one) for one in reader.body.iter("prompt"))
    return _without(reader.body, {id(one) for one in reader.interactions}) + prompts


def _without(one: Element, gone: set[int]) -> str:
    for parent in list(one.iter()):
        for child in list(parent):
            if id(child) in gone or child.tag == "rubricBlock":
                at = list(parent).index(child)
                tail = child.tail or ""
                if at:
                    parent[at - 1].tail = (parent[at - 1].tail or "") + tail
                else:
                    parent.text = (parent.text or "") + tail
                parent.remove(child)
    return inner_xml(one)


def _choice(reader: _Reader, interaction: Element) -> dict[str, Any]:
    right = reader.right(interaction)
    many = reader.declaration(interaction).get("cardinality") == "multiple"
    options, texts = [], {}
    for one in interaction.findall("simpleChoice"):
        ident = one.get("identifier", "")
        inline = "".join(text_of(each) for each in one.findall("feedbackInline"))
        for each in one.findall("feedbackInline"):
            one.remove(each)
        texts[ident] = reader.words(one)
        option: dict[str, Any] = {"text": texts[ident], "correct": ident in right}
        if feedback := reader.words(reader.told(ident)) or inline:
            option["feedback"] = feedback
        if one.get("fixed") == "true":
            option["last"] = True
        options.append(option)
    if not many and sorted(texts.values()) == ["False", "True"] and len(right) == 1:
        said = "".join(option.get("feedback", "") for option in options if not option["correct"])
        answer = {"type": "true_false", "answer": texts[right[0]] == "True"}
        return answer | ({"feedback": said} if said else {})
    made = {"type": "choices" if many else "choice", "options": options}
    if many and reader.declaration(interaction).find("mapping") is None:
        made["rule"] = "off"
    return made | ({"shuffle": False} if interaction.get("shuffle") == "false" else {})


def _entry(reader: _Reader, interaction: Element) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    if declaration.get("baseType") in ("float", "integer"):
        return {
            "type": "numeric",
            **number_of(reader.document, declaration, reader.right(interaction), reader.lost),
        }
    return {"type": "short_text", "accept": _accepted(reader, interaction)}


def _accepted(reader: _Reader, interaction: Element) -> list[str]:
    """The right text first, then what counts in full."""
    entries = reader.declaration(interaction).findall("mapping/mapEntry")
    if any(one.get("caseSensitive") == "true" for one in entries):
        reader.lost("That capitals matter is lost.")
    values = {one.get("mapKey", ""): one.get("mappedValue", "0") for one in entries}
    most = max((_number(value) for value in values.values()), default=0)
    full = [key for key, value in values.items() if _number(value) == most and most > 0]
    if len(full) < sum(_positive(value) for value in values.values()):
        reader.lost("Texts that earned a part are left out.")
    return list(dict.fromkeys([*reader.right(interaction)[:1], *full]))


def _extended(reader: _Reader, interaction: Element) -> dict[str, Any]:
    rubric = reader.body.find("rubricBlock")
    lines = [] if rubric is None else [_criterion(reader, one) for one in rubric.iter("li")]
    if not lines:
        reader.lost("No rubric came with it: write what to look for.")
    model = re.search(r'<div class="model-answer">(.*)</div>', reader.told("explanation"), re.DOTALL)
    return {
        "type": "essay",
        "rubric": lines or [{"text": "Answers the question."}],
        "model_answer": (reader.words(model[1]) if model else "") or NONE,
    }


def _criterion(reader: _Reader, line: Element) -> dict[str, Any]:
    found = re.fullmatch(r"(.*) \((\d+)\)\s*", inner_xml(line), re.DOTALL)
    return (
        {"text": reader.words(found[1]), "weight": int(found[2])} if found else {"text": reader.words(line)}
    )


def _match(reader: _Reader, interaction: Element) -> dict[str, Any]:
    sets = interaction.findall("simpleMatchSet")
    lefts, rights = (
        {one.get("identifier", ""): reader.words(one) for one in each.findall("simpleAssociableChoice")}
        for each in (sets + [Element("simpleMatchSet")] * 2)[:2]
    )
    pairs = dict(pair.split(maxsplit=1) for pair in reader.right(interaction) if len(pair.split()) == 2)
    for ident in lefts.keys() - pairs.keys():
        reader.lost(f"The entry {lefts[ident]} has no partner and was left out.")
    spare = [text for ident, text in rights.items() if ident not in pairs.values()]
    asked = [
        {"left": lefts[left], "right": rights[right]}
        for left, right in pairs.items()
        if left in lefts and right in rights
    ]
    made: dict[str, Any] = {"type": "matching", "pairs": asked, **({"distractors": spare} if spare else {})}
    mapping = reader.declaration(interaction).find("mapping")
    if mapping is None:
        made["partial"] = False
    elif (taken := _number(mapping.get("defaultValue", "0"))) < 0 and asked:
        made["penalty"] = f"{float(-taken * len(asked)):.6g}"
    return made


def _order(reader: _Reader, interaction: Element) -> dict[str, Any]:
    texts = {one.get("identifier", ""): reader.words(one) for one in interaction.findall("simpleChoice")}
    entries = [texts[ident] for ident in reader.right(interaction) if ident in texts]
    return {"type": "ordering", "entries": entries, "rule": "exact"}


def _blanks(reader: _Reader, interactions: Sequence[Element]) -> dict[str, Any]:
    parents = {id(child): parent for parent in reader.body.iter() for child in parent}
    blanks, lists = [], []
    for number, one in enumerate(interactions, start=1):
        ident = one.get("responseIdentifier", "").removeprefix("BLANK_")
        parent = parents[id(one)]
        name = re.sub(r"[^a-z0-9]+", "-", ident.lower()).strip("-") or f"blank-{number}"
        if parent.tag == "li" and sum(each.tag in INLINE for each in parent.iter()) == 1:
            lists.append(parent)
            label = reader.words(_without(parent, {id(one)})).removesuffix(":").strip()
        else:
            label = f"\\[{number}\\]"
            one.tail = f" [{number}] {one.tail or ''}"
        blanks.append({"id": name, "label": label or name, **_filled(reader, one)})
    weights, penalty = parts_of(reader.document, [f"PART_{one['id']}" for one in blanks])
    for blank, weight in zip(blanks, weights, strict=True):
        if weight != 1:
            blank["weight"] = weight
    for one in lists:  # what was asked in a list is asked by the blanks themselves
        parents[id(one)].remove(one)
    return {"type": "blanks", "blanks": blanks, **({"penalty": penalty} if penalty else {})}


def _filled(reader: _Reader, one: Element) -> dict[str, Any]:
    """What belongs into a blank."""
    if one.tag == "inlineChoiceInteraction":
        right = reader.right(one)
        texts = {each.get("identifier", ""): reader.words(each) for each in one.findall("inlineChoice")}
        options = [*(texts[ident] for ident in right if ident in texts), *texts.values()]
        options = list(dict.fromkeys(options))
        return {"truth": options[0] == "True"} if set(options) == {"True", "False"} else {"options": options}
    made = _entry(reader, one)
    del made["type"]
    return made


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
