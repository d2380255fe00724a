"""Reads QTI 1.2, as Canvas and similar systems write it, into items of a bank.

Canvas's `question_type` says what kind an item is; where there is none, as elsewhere, its responses do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup

from quizzes.content.marking.choice import ChoiceRule
from quizzes.content.marking.short_text import plain
from quizzes.interchange.answer_keys import (
    ChoiceKey,
    Response,
    choice_key,
    earned,
    number_key,
    order_rule,
    part_weights,
    text_key,
)
from quizzes.interchange.blank_names import blank_id, shows_key
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.package import ImportedItem, Pictures
from quizzes.interchange.qti12.calculated import formula_in
from quizzes.interchange.qti12.elements import GENERAL
from quizzes.interchange.qti12.reader import CALCULATED, NONE, ORDERING, PLACES, Label, Reader, Respond
from quizzes.interchange.ranges import decimal_of
from quizzes.interchange.tracked_xml import short

__all__ = ["items_in"]


LAST_LIST = re.compile(r"<ul[^>]*>((?:\s*<li>(?:(?!<li>).)*?\[[\w-]+\]\s*</li>)+)\s*</ul>\s*$", re.DOTALL)
ENTRY = re.compile(r"<li>(.*?):?\s*\[([\w-]+)\]\s*</li>", re.DOTALL)
LISTS = ("dropdown", "wordbank")  # New Quizzes' ways to choose from a list
EXACT = ("", "equivalence", "textequivalence", "textinchoices")  # New Quizzes' comparisons of whole texts
GAP = "____"
RIGHT_FEEDBACK, WRONG_FEEDBACK = "correct_fb", "general_incorrect_fb"
NO_COUNTERPART = {
    "hot_spot_question": "a hot spot on a picture",
    "categorization_question": "sorting entries into categories",
}
SHARED = ("presentation_material", "objectives", "rubric")  # texts of a group of questions
ASKS_NOTHING = ("text_only_question", "stimulus_question", "text_block_question")


def items_in(document: Element, lost: Callable[[str, str], None], pictures: Pictures) -> list[ImportedItem]:
    """The items of a document, in its order; `lost` is called with an item's name and a loss."""
    imported = []
    for item in document.iter("item"):
        name = item.get("title") or item.get("ident") or "item"
        losses: list[str] = []
        try:
            read_item = _item(item, name, losses, pictures)
        except LeftOut as problem:
            lost(name, f"It was left out: {problem}.")
            continue
        for sentence in losses:
            lost(name, sentence)
        imported.append(read_item)
    for group in document.iter():
        if group.tag in ("assessment", "section"):
            _report_group(group, lost)
    return imported


def _item(item: Element, name: str, losses: list[str], pictures: Pictures) -> ImportedItem:
    reader = Reader(item, losses.append, pictures)
    kind = reader.kind
    if kind in ASKS_NOTHING:
        raise LeftOut("it is a text that asks for nothing")
    if kind in NO_COUNTERPART or (kind and kind not in _READERS):
        raise LeftOut(f"{NO_COUNTERPART.get(kind, kind.replace('_', ' '))} has no counterpart here")
    reader.read()
    kind = kind or _guessed(reader)
    if not reader.responses:
        raise LeftOut("it asks for nothing")
    data = _READERS[kind](reader)
    _keep_general(reader, frozenset(reader.solutions))
    general = reader.general()
    explanation = reader.words(general) if general else ""
    prompt = reader.words(_with_gap(reader.prompt))
    reader.report_feedback()
    reader.check()
    if reader.values is not None:
        prompt, explanation = reader.values.shown_in(prompt), reader.values.shown_in(explanation)
    common = {"prompt": prompt, "explanation": explanation or NONE}
    return ImportedItem(name, {**common, **data}, reader.images, reader.points)


def _report_group(group: Element, lost: Callable[[str, str], None]) -> None:
    """Report how many questions a group draws, and a bank that lies elsewhere."""
    name = group.get("title") or group.get("ident") or "group"
    for selection in group.iterfind("selection_ordering/selection"):
        number = (selection.findtext("selection_number") or "").strip()
        bank = (selection.findtext("sourcebank_ref") or "").strip()
        if bank:
            drawn = f"It draws {number or 'its questions'} from the bank {bank}"
            lost(name, f"{drawn}; a bank that is in the package is taken over with all its questions.")
        elif number:
            lost(
                name,
                f"How many of its questions are drawn, {number}, is lost: write `draw` in the quiz file.",
            )
    for shared in (node for tag in SHARED for node in group.findall(tag)):
        words = " ".join(re.sub(r"<[^>]*>", " ", "".join(shared.itertext())).split())
        if words:
            lost(name, f"A text that its questions share was left out: “{short(words)}”.")
    for tag, what in (
        ("bankentry_item", "a bank"),
        ("itemref", "another file"),
        ("sectionref", "another file"),
    ):
        for node in group.findall(tag):
            reference = node.get("item_ref") or node.get("linkrefid") or "?"
            lost(name, f"The question {reference} was left out here: it stands in {what}.")


def _guessed(reader: Reader) -> str:
    """The kind of item that the responses suggest."""
    lists = [response for response in reader.responses if not response.fib]
    if len(reader.responses) == 1:
        (response,) = reader.responses
        if lists:
            if response.is_ordered:
                return ORDERING
            many = response.cardinality == "Multiple"
            return "multiple_answers_question" if many else "multiple_choice_question"
        if _is_number(reader, response):
            return "numerical_question"
        return "short_answer_question" if _constants(reader, response) else "essay_question"
    if not reader.responses:
        return "essay_question"
    if len(lists) == len(reader.responses):
        texts = {tuple(sorted(label.plain for label in response.labels)) for response in lists}
        if len(texts) == 1 and all(response.about for response in lists):
            return "matching_question"
        if all(response.cardinality == "Single" for response in lists):
            return "multiple_dropdowns_question"
    if any(response.cardinality != "Single" for response in lists):
        raise LeftOut("it asks several things at once")
    return "fill_in_multiple_blanks_question"


def _constants(reader: Reader, response: Respond) -> list[str]:
    return [*reader.marking.constants.get(response.ident, []), *reader.marking.constants.get("", [])]


def _is_number(reader: Reader, response: Respond) -> bool:
    has_bounds = bool(reader.marking.bounds.get(response.ident) or reader.marking.bounds.get(""))
    return response.numeric or has_bounds


def _only(reader: Reader) -> Respond:
    if len(reader.responses) != 1:
        raise LeftOut("it asks several things at once")
    return reader.responses[0]


def _with_gap(html: str) -> str:
    """The prompt with a mark where the only gap is, if text follows it."""
    match = PLACES.search(html)
    if match and BeautifulSoup(PLACES.sub("", html[match.end() :]), "html.parser").get_text().strip():
        return PLACES.sub(f" {GAP} ", html)
    return PLACES.sub("", html)


def _labels(reader: Reader, response: Respond) -> dict[str, str]:
    """The options of a list by id, as Markdown; an empty one is dropped.

    Raises LeftOut if two have the same id, since nobody knows which is right.
    """
    idents = [label.ident for label in response.labels]
    if twice := sorted({ident for ident in idents if idents.count(ident) > 1}):
        raise LeftOut(f"two of its options have the same identifier, “{twice[0]}”")
    if strange := [ident for ident in _constants(reader, response) if ident not in idents]:
        raise LeftOut(f"its marking names an option “{short(strange[0])}” that it does not have")
    options = {}
    for label in response.labels:
        text = reader.strict_words(label.html)
        if text:
            options[label.ident] = text
        elif earned(reader.marking, {response.ident: (label.ident,)}) > 0:
            raise LeftOut("its right option is empty")
        else:
            reader.lost("An empty option was dropped.")
    return options


def _choice(reader: Reader) -> dict[str, Any]:
    response = _only(reader)
    many = reader.kind == "multiple_answers_question" or response.cardinality == "Multiple"
    options = _labels(reader, response)
    key = choice_key(
        reader.marking, response.ident, options, many, reader.lost, right_less_wrong=reader.has_canvas_kind
    )
    if many and response.most.isdigit() and 1 < int(response.most) < len(options):
        reader.lost(f"At most {response.most} options could be chosen; here any number.")
    data: dict[str, Any] = {
        "type": "choices" if many else "choice",
        "options": _options(reader, options, key),
    }
    if many and key.rule not in (None, ChoiceRule.NET_CORRECT):
        data["rule"] = str(key.rule)
    return data if response.shuffle else data | {"shuffle": False}


def _options(reader: Reader, options: Mapping[str, str], key: ChoiceKey) -> list[dict[str, Any]]:
    """The options with what is said to those who chose each."""
    feedback = reader.feedback
    texts: dict[str, list[str]] = {ident: [] for ident in options}
    for ident in list(feedback):
        if ident in key.shown_by:
            chosen: Sequence[str] = [option for option in options if option in key.shown_by[ident]]
        elif ident in key.other or ident in key.always:
            continue
        elif ident.removesuffix("_fb") in options:
            chosen = [ident.removesuffix("_fb")]
        elif key.rule is None and ident in (RIGHT_FEEDBACK, WRONG_FEEDBACK):
            chosen = [option for option in options if (option in key.right) is (ident == RIGHT_FEEDBACK)]
        else:
            continue
        html = feedback.pop(ident)
        for option in chosen:
            texts[option].append(reader.words(html))
    _keep_general(reader, key.always)
    return [
        {"text": text, "correct": ident in key.right}
        | ({"feedback": "\n\n".join(filter(None, texts[ident]))} if any(texts[ident]) else {})
        for ident, text in options.items()
    ]


def _keep_general(reader: Reader, always: frozenset[str]) -> None:
    """What every answer shows is part of the explanation."""
    html = [reader.feedback.pop(ident) for ident in list(reader.feedback) if ident in always - {GENERAL}]
    if html:
        reader.feedback[GENERAL] = "\n".join([reader.feedback.get(GENERAL, ""), *html])


def _true_false(reader: Reader) -> dict[str, Any]:
    data = _choice(reader)
    options = data["options"]
    values = {option["text"].casefold(): option for option in options}
    right = [option for option in options if option["correct"]]
    if set(values) != {"true", "false"} or len(right) != 1 or data["type"] != "choice":
        return data
    if right[0].get("feedback"):  # a statement to judge has feedback for the wrong answer alone
        return data | {"shuffle": False}
    wrong = next(option for option in options if not option["correct"])
    answer: dict[str, Any] = {"type": "true_false", "answer": right[0] is values["true"]}
    return answer | ({"feedback": wrong["feedback"]} if wrong.get("feedback") else {})


def _numeric(reader: Reader) -> dict[str, Any]:
    return {"type": "numeric", **_number(reader, _only(reader), {})}


def _number(reader: Reader, response: Respond, others: Mapping[str, Response]) -> dict[str, Any]:
    marking = reader.marking
    keys = []
    for text in _constants(reader, response):
        value = decimal_of(text)
        if value is None:
            raise LeftOut(f"its right number “{short(text)}” is not a number")
        keys.append(value)
    bounds = [*marking.bounds.get(response.ident, []), *marking.bounds.get("", [])]
    return number_key(marking, response.ident, [*bounds, *keys], keys, others, reader.lost)


def _short_text(reader: Reader) -> dict[str, Any]:
    response = _only(reader)
    if not response.fib:
        return _choice(reader)
    key = text_key(reader.marking, response.ident, _constants(reader, response), {}, reader.lost)
    return {"type": "short_text", **key}


def _essay(reader: Reader) -> dict[str, Any]:
    response = _only(reader)
    if not response.fib:
        raise LeftOut("it asks for a text, but shows a list to choose from")
    _keep_general(reader, reader.marking({response.ident: ("x",)}).shown)
    soup = BeautifulSoup(reader.feedback.get(GENERAL, ""), "html.parser")
    model, rubric = soup.select_one("div.model-answer"), soup.select_one("ul.rubric")
    data: dict[str, Any] = {
        "type": "essay",
        "rubric": [{"text": "Answers the question."}],
        "model_answer": NONE,
    }
    if response.most_words.isdigit():
        data["most_words"] = int(response.most_words)
    if rubric is not None:
        data["rubric"] = [_criterion(reader, line.decode_contents()) for line in rubric.find_all("li")]
        rubric.decompose()
    else:
        reader.lost("No rubric came with it: write what to look for.")
    if model is not None:
        data["model_answer"] = reader.words(model.decode_contents())
        model.decompose()
    for ident in [ident for ident in reader.feedback if ident.lower() in ("solution", "modelanswer")]:
        data["model_answer"] = reader.words(reader.feedback.pop(ident))
    reader.feedback[GENERAL] = str(soup)
    return data


def _criterion(reader: Reader, html: str) -> dict[str, Any]:
    match = re.fullmatch(r"(.*) \((\d{1,3})\)\s*", html, re.DOTALL)
    return (
        {"text": reader.words(match[1]), "weight": int(match[2])} if match else {"text": reader.words(html)}
    )


def _right_options(reader: Reader, response: Respond, options: Mapping[str, str]) -> list[str]:
    """The options of one part that earn the most; none if none earns points."""
    scores = {ident: earned(reader.marking, {response.ident: (ident,)}) for ident in options}
    most = max(scores.values(), default=0)
    if any(score < 0 for score in scores.values()):
        reader.lost("A wrong choice took points away; here it takes none.")
    if most <= 0:
        return []
    if any(0 < score < most for score in scores.values()):
        raise LeftOut("points differ by option in one of its parts")
    return [ident for ident, score in scores.items() if score == most]


def _matching(reader: Reader) -> dict[str, Any]:
    pairs: list[tuple[str, str]] = []
    rights: dict[str, None] = {}
    key: dict[str, Response] = {}
    for response in reader.responses:
        left = reader.strict_words(response.about)
        if not left:
            reader.lost("An empty entry on the left was dropped.")
            continue
        options = _labels(reader, response)
        rights |= dict.fromkeys(options.values())
        right = _right_options(reader, response, options)
        if len(right) > 1 and len({options[ident] for ident in right}) > 1:
            raise LeftOut(f"several partners are right for “{short(left)}”")
        if right:
            pairs.append((left, options[right[0]]))
            key[response.ident] = (right[0],)
        else:
            reader.lost(f"The entry {short(left)} has no partner and was left out.")
    if key and len(set(part_weights(reader.marking, key, reader.lost, "pair"))) > 1:
        raise LeftOut("points differ by pair")
    reader.prompt = PLACES.sub("", reader.prompt)
    if reader.ordering_kind == "ordering":
        if not all(right.isdigit() for _, right in pairs):
            raise LeftOut("the places of its entries are not numbers")
        if rights.keys() - {right for _, right in pairs}:
            raise LeftOut("it has places that no entry belongs to")
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


def _ordering(reader: Reader) -> dict[str, Any]:
    response, marking = _only(reader), reader.marking
    if not response.is_ordered:
        raise LeftOut("its list is not put into order")
    options = _labels(reader, response)
    places = marking.places.get(response.ident, {})
    orders = [*marking.orders.get(response.ident, []), tuple(places[place] for place in sorted(places))]
    scores = {
        order: earned(marking, {response.ident: order})
        for order in orders
        if sorted(order) == sorted(options)
    }
    most = max(scores.values(), default=0)
    if most <= 0:
        raise LeftOut("no order of all its entries earns points")
    right = next(order for order, score in scores.items() if score == most)
    rule = order_rule(marking, response.ident, right, reader.lost)
    tried = (right, right[::-1])
    shown = [marking({response.ident: order}).shown for order in tried]
    _keep_general(reader, frozenset.intersection(*shown))
    reader.prompt = PLACES.sub("", reader.prompt) + response.about
    return {"type": "ordering", "entries": [options[ident] for ident in right], "rule": str(rule)}


def _blanks(reader: Reader) -> dict[str, Any]:
    labels: dict[str, str] = {}
    text = PLACES.sub("", reader.prompt)
    if match := LAST_LIST.search(text):
        labels = {id: html.strip() for html, id in ENTRY.findall(match[1])}
        reader.prompt = text[: match.start()]
    key: dict[str, Response] = {}
    filled = []
    for response in reader.responses:
        data, right = _filled(reader, response)
        filled.append(data)
        key[response.ident] = (right,)
    if len(key) < len(filled):
        raise LeftOut("two of its gaps have the same identifier")
    weights = part_weights(reader.marking, key, reader.lost)
    blanks: list[dict[str, Any]] = []
    for response, data, weight in zip(reader.responses, filled, weights, strict=True):
        name = _name(reader, response)
        _check_about(reader, response, name, data)
        label = labels.get(name) or _place(reader, response, name, data)
        ident = blank_id(name, response.number, data, [blank["id"] for blank in blanks])
        blank = {"id": ident, "label": reader.words(label), **data}
        blanks.append(blank if weight == 1 else {**blank, "weight": weight})
    reader.prompt = PLACES.sub("", reader.prompt)
    return {"type": "blanks", "blanks": blanks}


def _name(reader: Reader, response: Respond) -> str:
    """The name that marks the gap in the text: Canvas's in square brackets."""
    about = " ".join(BeautifulSoup(response.about, "html.parser").get_text().split())
    names = [response.ident.removeprefix("response_"), about]
    return next(
        (name for name in names if name and f"[{escape(name, quote=False)}]" in reader.prompt), names[0]
    )


def _check_about(reader: Reader, response: Respond, name: str, data: Mapping[str, Any]) -> None:
    """Report a text at a gap that is neither its name nor one of its answers."""
    about = " ".join(BeautifulSoup(response.about, "html.parser").get_text().split())
    is_known = about in (name, *data.get("accept", []), *data.get("options", []))
    if reader.has_canvas_kind and about and not is_known and not response.fib:
        reader.lost(f"A text at gap {response.number} was left out: “{short(about)}”.")


def _place(reader: Reader, response: Respond, name: str, data: Mapping[str, Any]) -> str:
    """The label of a gap as HTML; the text has the same mark where the gap is."""
    written, number = f"[{escape(name, quote=False)}]", f"[{response.number}]"
    if written in reader.prompt:
        if not shows_key(name, data):
            return written
        reader.prompt = reader.prompt.replace(written, number)
        return number
    mark = f"\ue002{response.number}\ue003"
    if reader.has_canvas_kind:
        reader.lost(f"Its text does not say where gap {response.number} is.")
    elif response.about.strip() and not shows_key(response.about, data):
        reader.prompt = reader.prompt.replace(mark, "")
        return response.about
    reader.prompt = reader.prompt.replace(mark, f" {number} ")
    return number


def _filled(reader: Reader, response: Respond) -> tuple[dict[str, Any], str]:
    """The keys of a gap, and an answer that is right."""
    labels = response.labels
    types = {label.answer_type for label in labels}
    if response.fib:
        if _is_number(reader, response):
            data = _number(reader, response, {})
            return data, str(data["key"])
        key = text_key(reader.marking, response.ident, _constants(reader, response), {}, reader.lost)
        return key, key["accept"][0]
    if unknown := [label for label in labels if label.algorithm.lower() not in EXACT]:
        raise LeftOut(_comparison(unknown[0]))
    options = _labels(reader, response)
    right = _right_options(reader, response, options)
    if not right:
        raise LeftOut(f"no answer to its gap {response.number} earns points")
    is_list = reader.kind != "fill_in_multiple_blanks_question" or bool(types & {*LISTS})
    if not is_list:
        return {"accept": list(dict.fromkeys(label.plain for label in labels if label.plain))}, right[0]
    texts = list(dict.fromkeys([options[right[0]], *options.values()]))
    if len({options[ident] for ident in right}) > 1:
        raise LeftOut(f"several options are right in its gap {response.number}")
    if set(texts) == {"True", "False"}:
        return {"truth": texts[0] == "True"}, right[0]
    if len(texts) < 2:
        raise LeftOut(f"its gap {response.number} has a single option to choose")
    return {"options": texts}, right[0]


def _comparison(label: Label) -> str:
    words = {
        "textcontainsanswer": "every text that contains",
        "textcloseenough": "texts that nearly are",
        "textregex": "texts that match the pattern",
    }.get(label.algorithm.lower(), f"texts by the rule {label.algorithm} from")
    return f"it accepts {words} “{short(plain(label.plain))}”"


def _calculated(reader: Reader) -> dict[str, Any]:
    _only(reader)
    formula = formula_in(reader.extensions, reader.lost)
    reader.values = formula.values
    reader.prompt = formula.held_in(reader.prompt)
    if GENERAL in reader.feedback:
        reader.feedback[GENERAL] = formula.held_in(reader.feedback[GENERAL])
    number = formula.number()
    return {"type": "numeric", **formula.values.keys(), **number}


_READERS: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "multiple_choice_question": _choice,
    "multiple_answers_question": _choice,
    "true_false_question": _true_false,
    "numerical_question": _numeric,
    CALCULATED: _calculated,
    "short_answer_question": _short_text,
    "essay_question": _essay,
    "matching_question": _matching,
    ORDERING: _ordering,
    "fill_in_multiple_blanks_question": _blanks,
    "multiple_dropdowns_question": _blanks,
}
