"""Reads QTI 2.1 and 2.2 items into items of a bank; the interaction determines the kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup

from quizzes.content.marking.choice import ChoiceRule
from quizzes.interchange.answer_keys import ALIKE, choice_key, earned, order_rule
from quizzes.interchange.html_markup import LeftOut, markdown_of
from quizzes.interchange.package import ImportedItem, Pictures
from quizzes.interchange.qti21.body import PLACES, is_blank
from quizzes.interchange.qti21.reader import NONE, Reader
from quizzes.interchange.qti21.reader_gaps import blanks, check_correct, entry, word_bank
from quizzes.interchange.tracked_xml import Node, check_all_read, short

__all__ = ["item_in"]


GAP = "____"
INLINE = ("textEntryInteraction", "inlineChoiceInteraction")
MODEL_ANSWER = re.compile(r'<div class="model-answer">(.*)</div>', re.DOTALL)  # the last part
MOST_WORDS = re.compile(r"^\^\(\?:.*\)\{\d*,(\d{1,5})\}\$$")
# What can only change how an item looks, or says nothing about it.
LOOKS_ELEMENTS = ("stylesheet", "apipAccessibility", "accessibilityInfo")
LOOKS = {
    "*": ("id", "class", "lang", "label", "base", "space", "style", "schemaLocation", "dir", "role",
          "noNamespaceSchemaLocation", "interpretation", "longInterpretation", "view"),
    "assessmentItem": ("identifier", "title", "timeDependent", "toolName", "toolVersion"),
    "choiceInteraction": ("orientation",),
    "orderInteraction": ("orientation",),
    "matchInteraction": ("minAssociations", "maxAssociations"),
    "textEntryInteraction": ("expectedLength", "placeholderText", "format"),
    "extendedTextInteraction": ("expectedLength", "expectedLines", "placeholderText", "format", "minStrings"),
    "inlineChoiceInteraction": ("required",),
    "simpleAssociableChoice": ("fixed", "matchMin"),
    "modalFeedback": ("title",),
}  # fmt: skip


def item_in(document: Element, lost: Callable[[str, str], None], pictures: Pictures) -> ImportedItem | None:
    """The item in a document, None if it has no counterpart; `lost` is called with its name and a loss."""
    name = document.get("title") or document.get("identifier") or "item"
    losses: list[str] = []
    try:
        imported = _item(document, name, losses, pictures)
    except LeftOut as problem:
        lost(name, f"It was left out: {problem}.")
        return None
    for sentence in losses:
        lost(name, sentence)
    return imported


def _item(document: Element, name: str, losses: list[str], pictures: Pictures) -> ImportedItem:
    reader = Reader(document, losses.append, pictures)
    kinds = {interaction.tag for interaction in reader.interactions}
    if not reader.interactions:
        raise LeftOut("it asks for nothing")
    if not kinds <= {*_READERS}:
        raise LeftOut(f"{' and '.join(sorted(kinds - {*_READERS}))} has no counterpart here")
    if len(reader.interactions) == 1 and kinds != {"inlineChoiceInteraction"}:
        data = _READERS[reader.interactions[0].tag](reader, reader.interactions[0])
    elif kinds <= {*INLINE}:
        data = blanks(reader)
    else:
        raise LeftOut("it asks several things at once")
    processing = reader.processing
    if processing.is_given and processing.is_by_declaration and kinds != {"extendedTextInteraction"}:
        reader.lost("It has no rule of marking that gives points: its declared key earns them.")
    prompt_html, images = pictures(_with_gap(reader.prompt()))
    explanation = MODEL_ANSWER.sub("", "\n".join(reader.explanation))
    for note in reader.body.rubric:
        if words := BeautifulSoup(note, "html.parser").get_text().strip():
            reader.lost(f"A note for those who mark was left out: “{short(words)}”.")
    reader.report_feedback()
    common = {"prompt": reader.words(prompt_html), "explanation": reader.words(explanation) or NONE}
    check_all_read(reader.node, LOOKS_ELEMENTS, LOOKS, reader.lost)
    return ImportedItem(name, {**common, **data}, images)


def _with_gap(html: str) -> str:
    """The text with a mark where its only gap is, unless the gap stands in a place of its own."""
    soup = BeautifulSoup(html, "html.parser")
    for text in soup.find_all(string=PLACES):
        parent = text.parent
        block = parent if parent is not None else soup
        while block.name in ("span", "em", "strong", "b", "i", "label") and block.parent is not None:
            block = block.parent
        has_words = not is_blank(PLACES.sub("", block.decode_contents()))
        text.replace_with(PLACES.sub(f" {GAP} " if has_words else "", text))
    return str(soup)


def _choice(reader: Reader, interaction: Node) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    most = interaction.get("maxChoices", "1") or "1"
    many = declaration.cardinality == "multiple" and most != "1"
    if int(interaction.get("minChoices", "0") or "0") > 1:
        reader.lost(f"At least {interaction.get('minChoices')} options had to be chosen; here any number.")
    fixed = {node.get("identifier") for node in interaction.children if node.is_set("fixed")}
    options = reader.choices(interaction, "simpleChoice")
    key = choice_key(reader.processing, declaration.ident, options, many, reader.lost)
    check_correct(declaration, key.right, options)
    if many and most.isdigit() and 1 < int(most) < len(options):
        reader.lost(f"At most {most} options could be chosen; here any number.")
    texts: dict[str, list[str]] = {ident: [] for ident in options}
    left = []
    for feedback in reader.body.feedback:
        chosen = key.shown_by.get(feedback.shown_by)
        is_seen = feedback.shown_by in key.always or feedback.shown_by in key.other
        if feedback.option in texts and (chosen is None or feedback.option in chosen) and not is_seen:
            texts[feedback.option].append(feedback.html)
        elif chosen is not None and not feedback.option:
            for ident in options:
                if ident in chosen:
                    texts[ident].append(feedback.html)
        elif feedback.shown_by not in key.always and (
            feedback.option
            or feedback.shown_by in key.other
            or feedback.shown_by.split()[-1] in reader.processing.identifiers
        ):
            left.append(feedback)
        else:
            reader.explanation.append(feedback.html)
    reader.body.feedback = left
    rows: list[dict[str, Any]] = []
    for ident, text in options.items():
        row: dict[str, Any] = {"text": text, "correct": ident in key.right}
        if words := "\n\n".join(filter(None, map(reader.words, texts[ident]))):
            row["feedback"] = words
        if ident in fixed:
            row["last"] = True
        rows.append(row)
    is_shuffled = interaction.is_set("shuffle")
    if len(fixed & {*options}) == len(options):
        is_shuffled = False
        rows = [{name: value for name, value in row.items() if name != "last"} for row in rows]
    if not many and (answer := _true_false(rows)):
        return answer
    if fixed and is_shuffled and not _are_last(rows):
        reader.lost("An option that kept its place among the others may be shown last.")
    data: dict[str, Any] = {"type": "choices" if many else "choice", "options": rows}
    if many and key.rule not in (None, ChoiceRule.NET_CORRECT):
        data["rule"] = str(key.rule)
    return data if is_shuffled else data | {"shuffle": False}


def _are_last(rows: Sequence[Mapping[str, Any]]) -> bool:
    flags = [bool(row.get("last")) for row in rows]
    return flags == sorted(flags)


def _true_false(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """A statement to judge, if these are its options and only the wrong one has feedback."""
    right = [row for row in rows if row["correct"]]
    if sorted(row["text"] for row in rows) != ["False", "True"] or len(right) != 1 or "feedback" in right[0]:
        return None
    words = next((row["feedback"] for row in rows if "feedback" in row), "")
    answer = {"type": "true_false", "answer": right[0]["text"] == "True"}
    return answer | ({"feedback": words} if words else {})


def _extended(reader: Reader, interaction: Node) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    if interaction.get("maxStrings") not in ("", "1"):
        raise LeftOut("it asks for several texts at once")
    reader.place_feedback([{declaration.ident: ("x",)}, {declaration.ident: ()}])
    most_words = _most_words(reader, interaction.get("patternMask"))
    rubric = _rubric(reader)
    if not rubric:
        reader.lost("No rubric came with it: write what to look for.")
    model = MODEL_ANSWER.search("\n".join(reader.explanation))
    answer = reader.words(model[1]) if model else "\n\n".join(map(_as_markdown, declaration.correct))
    if reader.processing.gives_points and reader.processing.is_given and declaration.correct:
        reader.lost("Its marking by the text alone is lost: a person marks it here.")
    return {
        "type": "essay",
        "rubric": rubric or [{"text": "Answers the question."}],
        "model_answer": answer or NONE,
        **most_words,
    }


def _most_words(reader: Reader, mask: str) -> dict[str, int]:
    """The most words of an essay, which TAO writes as a pattern; any other pattern is reported."""
    if match := MOST_WORDS.search(mask):
        return {"most_words": int(match[1])}
    if mask:
        reader.lost(f"A pattern for what may be written was lost: “{short(mask)}”.")
    return {}


def _as_markdown(text: str) -> str:
    return markdown_of(text.replace("&", "&amp;").replace("<", "&lt;"), lambda _: None)


def _rubric(reader: Reader) -> list[dict[str, Any]]:
    """The entries of the notes for those who mark; a note without a list is one entry."""
    rubric = []
    for note in reader.body.rubric:
        soup = BeautifulSoup(note, "html.parser")
        for line in soup.find_all("li"):
            rubric.append(_criterion(reader, line.decode_contents()))
            line.decompose()
        if (words := soup.get_text().strip()) and rubric:
            reader.lost(f"A note for those who mark was left out: “{short(words)}”.")
        elif words:
            rubric.append({"text": reader.words(str(soup))})
    reader.body.rubric = []
    return rubric


def _criterion(reader: Reader, html: str) -> dict[str, Any]:
    match = re.fullmatch(r"(.*) \((\d{1,3})\)\s*", html, re.DOTALL)
    return (
        {"text": reader.words(match[1]), "weight": int(match[2])} if match else {"text": reader.words(html)}
    )


def _match(reader: Reader, interaction: Node) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    sets = interaction.take("simpleMatchSet")
    if len(sets) != 2:
        raise LeftOut("it has not exactly two lists to match")
    for match_set in sets:
        for node in match_set.children:
            node.get("matchMax")  # one partner for each entry on the left; one on the right may serve several
    lefts, rights = (reader.choices(match_set, "simpleAssociableChoice") for match_set in sets)
    interaction.get("shuffle")
    processing, ident = reader.processing, declaration.ident
    scores = {
        f"{left} {right}": earned(processing, {ident: (f"{left} {right}",)})
        for left in lefts
        for right in rights
    }
    declared = [" ".join(pair.split()) for pair in declaration.correct]
    if strange := [pair for pair in declared if pair not in scores]:
        raise LeftOut(f"its key names a pair “{short(strange[0])}” that it does not have")
    gaining = [pair for pair, score in scores.items() if score > 0]
    right_pairs = gaining or declared
    if declared and {*declared} != {*right_pairs}:
        raise LeftOut("its key and its marking name different pairs")
    key: dict[str, str] = {}
    for pair in right_pairs:
        left, right = pair.split()
        if left in key:
            raise LeftOut(f"“{short(lefts[left])}” has several right partners")
        key[left] = right
    for left, text in lefts.items():
        if left not in key:
            reader.lost(f"The entry {short(text)} has no partner and was left out.")
    whole = earned(processing, {ident: tuple(right_pairs)})
    if whole <= 0:
        raise LeftOut("its right pairs earn no points")
    data: dict[str, Any] = {
        "type": "matching",
        "pairs": [{"left": lefts[left], "right": rights[right]} for left, right in key.items()],
    }
    spare = [text for right, text in rights.items() if right not in key.values()]
    data |= {"distractors": list(dict.fromkeys(spare))} if spare else {}
    data |= _pair_rule(reader, ident, right_pairs, scores, whole)
    _check_pairs(reader, ident, right_pairs, scores, whole, data)
    reader.place_feedback([{ident: tuple(right_pairs)}, {ident: ()}])
    return data


def _check_pairs(
    reader: Reader,
    ident: str,
    right: Sequence[str],
    scores: Mapping[str, Fraction],
    whole: Fraction,
    data: Mapping[str, Any],
) -> None:
    """Report a rule of its own for partly right pairs: some missing, some wrong."""
    partial, penalty = data.get("partial", True), Fraction(str(data.get("penalty", 0)))
    wrong = {pair.split()[0]: pair for pair in scores if pair not in right}
    for left_out in range(1, len(right)):
        kept = right[left_out:]
        swapped = [wrong[pair.split()[0]] for pair in right[:left_out] if pair.split()[0] in wrong]
        for chosen in (kept, [*kept, *swapped]):
            expected = Fraction(len(kept), len(right)) - penalty * (len(chosen) - len(kept)) / len(right)
            share = max(earned(reader.processing, {ident: tuple(chosen)}) / whole, Fraction(0))
            if abs(share - (max(expected, Fraction(0)) if partial else 0)) > ALIKE:
                rule = "a share for each right pair" if partial else "all or nothing"
                reader.lost(f"Its own rule for partly right pairs becomes {rule}.")
                return


def _pair_rule(
    reader: Reader, ident: str, right: Sequence[str], scores: Mapping[str, Fraction], whole: Fraction
) -> dict[str, Any]:
    """All or nothing, or a share for each pair with what a wrong one takes."""
    processing, share = reader.processing, whole / len(right)
    alone = [scores[pair] for pair in right]
    if not any(alone):
        return {"partial": False}
    if any(abs(score - share) > ALIKE * whole for score in alone):
        raise LeftOut("points differ by pair")
    taken = set()
    for pair in scores.keys() - {*right}:
        left = pair.split()[0]
        others = tuple(other for other in right if other.split()[0] != left)
        taken.add(earned(processing, {ident: others}) - earned(processing, {ident: (*others, pair)}))
    if any(value < 0 for value in taken):
        raise LeftOut("a pair that is not right earns points together with others")
    if not taken or taken == {0}:
        return {}
    if len({value for value in taken if value}) > 1 or (0 in taken and len(right) > 1):
        reader.lost("What a wrong pair takes away differs; here it takes nothing.")
        return {}
    return {"penalty": f"{float(max(taken) / share):.6g}"}


def _order(reader: Reader, interaction: Node) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    texts = reader.choices(interaction, "simpleChoice")
    interaction.get("shuffle")
    for node in interaction.children:
        node.get("fixed")
    if interaction.get("minChoices") not in ("", "0") or interaction.get("maxChoices") not in ("", "0"):
        raise LeftOut("only some of its entries are put into order")
    right = declaration.correct
    if sorted(right) != sorted(texts):
        raise LeftOut("its key is not an order of all its entries")
    ident = declaration.ident
    rule = order_rule(reader.processing, ident, right, reader.lost)
    reader.place_feedback([{ident: tuple(right)}, {ident: tuple(reversed(right))}])
    return {"type": "ordering", "entries": [texts[entry] for entry in right], "rule": str(rule)}


_READERS: dict[str, Callable[[Reader, Node], dict[str, Any]]] = {
    "choiceInteraction": _choice,
    "extendedTextInteraction": _extended,
    "gapMatchInteraction": word_bank,
    "inlineChoiceInteraction": lambda reader, _: blanks(reader),
    "matchInteraction": _match,
    "orderInteraction": _order,
    "textEntryInteraction": entry,
}
