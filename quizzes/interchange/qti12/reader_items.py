"""Reads QTI 1.2, as Canvas and similar systems write it, into items of a bank.

Canvas's `question_type` says what kind an item is; where there is none, as elsewhere, its responses do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup

from quizzes.interchange.package import ImportedItem, Pictures
from quizzes.interchange.qti12.elements import GENERAL
from quizzes.interchange.qti12.reader import Reader
from quizzes.interchange.ranges import decimal_of, tolerance_of
from quizzes.interchange.xml_tree import text_of

__all__ = ["items_in"]


NONE = "No explanation came with it."
LAST_LIST = re.compile(r"<ul[^>]*>((?:\s*<li>(?:(?!<li>).)*?\[[\w-]+\]\s*</li>)+)\s*</ul>\s*$", re.DOTALL)
ENTRY = re.compile(r"<li>(.*?):?\s*\[([\w-]+)\]\s*</li>", re.DOTALL)


def items_in(document: Element, lost: Callable[[str, str], None], pictures: Pictures) -> list[ImportedItem]:
    """The items of a document, in its order; `lost` is called with an item's name and a loss."""
    imported = []
    for item in document.iter("item"):
        name = item.get("title") or item.get("ident") or "item"

        def report(sentence: str, name: str = name) -> None:
            lost(name, sentence)

        reader = Reader(item, report, pictures)
        data = _item(reader)
        if data is not None:
            general = reader.words(reader.feedback.get(GENERAL, "")) if "type" in data else ""
            common = {"prompt": reader.words(reader.prompt), "explanation": general or NONE}
            imported.append(ImportedItem(name, {**common, **data}, reader.images))
    return imported


def _item(reader: Reader) -> dict[str, Any] | None:
    kind = reader.kind or _guessed(reader)
    read = _READERS.get(kind)
    if read is None:
        reader.lost(
            f"It was left out: {kind.replace('_', ' ') or 'what it asks for'} has no counterpart here."
        )
        return None
    if read in (_choice, _true_false, _short_text) and not reader.responses:
        reader.lost("It was left out: it asks for nothing.")
        return None
    return read(reader)


def _guessed(reader: Reader) -> str:
    """The kind of item that the responses suggest."""
    lists = [response for response in reader.responses if response.tag == "response_lid"]
    if len(lists) == 1 and len(reader.responses) == 1:
        many = lists[0].get("rcardinality") == "Multiple"
        return "multiple_answers_question" if many else "multiple_choice_question"
    if lists:
        return "matching_question" if len(lists) == len(reader.responses) else ""
    if len(reader.responses) == 1:
        if next(reader.item.iter("vargte"), None) is not None:
            return "numerical_question"
        return "short_answer_question" if reader.right(reader.responses[0]) else "essay_question"
    return ""


def _choice(reader: Reader) -> dict[str, Any]:
    (response, *_) = reader.responses
    right, many = reader.right(response), reader.kind == "multiple_answers_question"
    many = many or response.get("rcardinality") == "Multiple"
    options = []
    for ident, text in reader.options(response).items():
        option: dict[str, Any] = {"text": text, "correct": ident in right}
        if feedback := reader.words(reader.feedback.get(f"{ident}_fb", "")):
            option["feedback"] = feedback
        options.append(option)
    return {"type": "choices" if many else "choice", "options": options}


def _true_false(reader: Reader) -> dict[str, Any]:
    (response, *_) = reader.responses
    options, right = reader.options(response), reader.right(response)
    truth = bool(right) and options.get(right[0], right[0]).casefold() in ("true", "t")
    wrong = [ident for ident in options if ident not in right]
    feedback = "".join(reader.words(reader.feedback.get(f"{ident}_fb", "")) for ident in wrong)
    return {"type": "true_false", "answer": truth, **({"feedback": feedback} if feedback else {})}


def _numeric(reader: Reader) -> dict[str, Any]:
    rules = reader.rules()
    if len(rules) > 1:
        reader.lost(f"Of {len(rules)} right numbers only the first stays.")

    def end(*tags: str) -> Decimal | None:
        nodes = (node for tag in tags for rule in rules[:1] for node in rule.iter(tag))
        return decimal_of(text_of(next(nodes, None)))

    least, most = end("vargte", "vargt"), end("varlte", "varlt")
    return {"type": "numeric", **tolerance_of(end("varequal"), least, most, reader.lost)}


def _short_text(reader: Reader) -> dict[str, Any]:
    (response, *_) = reader.responses
    return {"type": "short_text", "accept": reader.right(response)}


def _essay(reader: Reader) -> dict[str, Any]:
    soup = BeautifulSoup(reader.feedback.get(GENERAL, ""), "html.parser")
    model, rubric = soup.select_one("div.model-answer"), soup.select_one("ul.rubric")
    data: dict[str, Any] = {
        "type": "essay",
        "rubric": [{"text": "Answers the question."}],
        "model_answer": NONE,
    }
    if rubric is not None:
        data["rubric"] = [
            {"text": reader.words(match[1]), "weight": int(match[2])}
            for line in rubric.find_all("li")
            if (match := re.fullmatch(r"(.*) \((\d+)\)", line.decode_contents(), re.DOTALL))
        ]
        rubric.decompose()
    else:
        reader.lost("No rubric came with it: write what to look for.")
    if model is not None:
        data["model_answer"] = reader.words(model.decode_contents())
        model.decompose()
    reader.feedback[GENERAL] = str(soup)
    return data


def _matching(reader: Reader) -> dict[str, Any]:
    pairs: list[tuple[str, str]] = []
    rights: dict[str, None] = {}
    for response in reader.responses:
        options = reader.options(response)
        rights |= dict.fromkeys(options.values())
        right = [options[ident] for ident in reader.right(response) if ident in options]
        left = reader.words(reader.about(response))
        if right and left:
            pairs.append((left, right[0]))
        else:
            reader.lost(f"The entry {left or '(empty)'} has no partner and was left out.")
    if reader.ordering_kind == "ordering":
        return {
            "type": "ordering",
            "entries": [left for left, _ in sorted(pairs, key=lambda pair: int(pair[1]))],
        }
    used = {right for _, right in pairs}
    spare = [right for right in rights if right not in used]
    data: dict[str, Any] = {
        "type": "matching",
        "pairs": [{"left": left, "right": right} for left, right in pairs],
    }
    return data | ({"distractors": spare} if spare else {})


def _blanks(reader: Reader) -> dict[str, Any]:
    labels: dict[str, str] = {}
    if match := LAST_LIST.search(reader.prompt):
        labels = {id: html.strip() for html, id in ENTRY.findall(match[1])}
        reader.prompt = reader.prompt[: match.start()]
    blanks = []
    for response in reader.responses:
        name = text_of(next(response.iter("mattext"), None)) or response.get("ident", "").removeprefix(
            "response_"
        )
        options, right = reader.options(response), reader.right(response)
        blank: dict[str, Any] = {"id": _id(name), "label": reader.words(labels.get(name, f"[{name}]"))}
        texts = [text for ident, text in options.items() if ident in right]
        texts += [text for text in options.values() if text not in texts]
        if reader.kind == "multiple_dropdowns_question":
            truths = {"True", "False"} == set(texts)
            blank |= {"truth": texts[0] == "True"} if truths else {"options": texts}
        else:
            blank["accept"] = texts
        blanks.append(blank)
    return {"type": "blanks", "blanks": blanks}


def _id(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "blank"


_READERS: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "multiple_choice_question": _choice,
    "multiple_answers_question": _choice,
    "true_false_question": _true_false,
    "numerical_question": _numeric,
    "short_answer_question": _short_text,
    "essay_question": _essay,
    "matching_question": _matching,
    "fill_in_multiple_blanks_question": _blanks,
    "multiple_dropdowns_question": _blanks,
}
