"""Reads the gaps of QTI 2.1 and 2.2 items: texts and numbers to type, lists in a text, word banks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from bs4 import BeautifulSoup

from quizzes.interchange.answer_keys import (
    ALIKE,
    Evaluate,
    Evaluated,
    Response,
    earned,
    number_key,
    part_weights,
    text_key,
)
from quizzes.interchange.blank_names import blank_id
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.qti21.body import PLACES, is_blank
from quizzes.interchange.qti21.processing import Declaration
from quizzes.interchange.qti21.reader import Reader
from quizzes.interchange.ranges import decimal_of
from quizzes.interchange.tracked_xml import Node, short

__all__ = ["blanks", "check_correct", "entry", "word_bank"]


def entry(reader: Reader, interaction: Node) -> dict[str, Any]:
    """A text or a number that is typed: the only thing the item asks for."""
    declaration = reader.declaration(interaction)
    data, right = _typed(reader, interaction, declaration, {})
    probes: list[dict[str, Response]] = [{declaration.ident: (right,)}, {declaration.ident: ("\ue004",)}]
    if "key" in data:
        probes[1] = {declaration.ident: ("1e299",)}
    reader.place_feedback(probes)
    return {"type": "numeric" if "key" in data else "short_text", **data}


def _typed(
    reader: Reader, interaction: Node, declaration: Declaration, others: Mapping[str, Response]
) -> tuple[dict[str, Any], str]:
    """The key of a text or a number that is typed, and an answer that is right."""
    if interaction.get("patternMask"):
        raise LeftOut("what may be typed is limited by a pattern")
    if interaction.get("base", "10") not in ("", "10"):
        raise LeftOut("its number is written to another base than ten")
    if interaction.get("stringIdentifier"):
        raise LeftOut("its answer has several parts")
    if declaration.base_type in ("float", "integer"):
        data = _typed_number(reader, declaration, others)
        return data, str(data["key"])
    processing = reader.processing
    candidates = [*declaration.correct, *(key for key, _, _ in declaration.mapping), *processing.constants]
    key = text_key(processing, declaration.ident, candidates, others, reader.lost)
    if declaration.correct and not {*declaration.correct} & {*key["accept"]}:
        raise LeftOut(f"its key is “{short(declaration.correct[0])}”, but its marking gives that no points")
    return key, key["accept"][0]


def _typed_number(reader: Reader, declaration: Declaration, others: Mapping[str, Response]) -> dict[str, Any]:
    keys = [value for text in declaration.correct if (value := decimal_of(text)) is not None]
    keys += [
        value for key, worth, _ in declaration.mapping if worth > 0 and (value := decimal_of(key)) is not None
    ]
    processing = reader.processing
    tried: set[Any] = set()
    # Conditions name the numbers at which they change while they are run, some only behind others.
    ends = {*keys}
    for _ in range(5):
        for value in [*(ends - tried), *([] if tried else [decimal_of("1e200")])]:
            if value is not None:
                processing({**others, declaration.ident: (f"{value:f}",)})
                tried.add(value)
        found = {bound for bound in processing.bounds if abs(bound) < decimal_of("1e199")}  # type: ignore[operator]
        if found <= ends:
            break
        ends |= found
    return number_key(processing, declaration.ident, ends, keys, others, reader.lost)


def blanks(reader: Reader) -> dict[str, Any]:
    """Several gaps in a text, or a list to choose from in it."""
    key = _right_answers(reader)
    soup = BeautifulSoup(reader.html, "html.parser")
    blanks: list[dict[str, Any]] = []
    for number, interaction in enumerate(reader.interactions, start=1):
        declaration = reader.declaration(interaction)
        others = {ident: right for ident, right in key.items() if ident != declaration.ident}
        data, right = _filled(reader, interaction, declaration, others)
        if declaration.ident in [blank["response"] for blank in blanks]:
            raise LeftOut("two of its gaps stand for the same answer")
        key[declaration.ident] = (right,)
        label = _label(soup, number)
        name = declaration.ident.removeprefix("BLANK_")
        ident = blank_id(name, number, data, [blank["id"] for blank in blanks])
        label_words = reader.words(label).removesuffix(":").strip()
        blanks.append({"response": declaration.ident, "id": ident, "label": label_words, **data})
    reader.html = str(soup)
    key = {blank["response"]: key[blank["response"]] for blank in blanks}
    weights = part_weights(reader.processing, key, reader.lost)
    for blank, weight in zip(blanks, weights, strict=True):
        if weight != 1:
            blank["weight"] = weight
    penalty = _penalty(reader, blanks, key, weights)
    reader.place_feedback([key, {}])
    for blank in blanks:
        del blank["response"]
    return {"type": "blanks", "blanks": blanks, **({"penalty": penalty} if penalty else {})}


def word_bank(reader: Reader, interaction: Node) -> dict[str, Any]:
    """Gaps of a text that are filled from one list of words: a list to choose from in each."""
    declaration, gaps = reader.declaration(interaction), reader.body.gaps
    interaction.get("shuffle")
    for node in interaction.children:
        node.get("matchMax")
        node.get("matchMin")
        node.get("matchGroup")
    words = reader.choices(interaction, "gapText")

    def evaluate(responses: Mapping[str, Response]) -> Evaluated:
        pairs = [f"{word} {gap}" for gap, chosen in responses.items() for word in chosen]
        return reader.processing({declaration.ident: tuple(pairs)})

    pairs_declared = [pair.split() for pair in declaration.correct]
    declared = {pair[1]: pair[0] for pair in pairs_declared if len(pair) == 2}
    if len(declared) < len(declaration.correct) or declared.keys() - {*gaps}:
        raise LeftOut("its key names a gap twice, or one that it does not have")
    key: dict[str, Response] = {gap: (word,) for gap, word in declared.items()}
    soup = BeautifulSoup(reader.html, "html.parser")
    blanks: list[dict[str, Any]] = []
    for number, gap in enumerate(gaps, start=1):
        others = {other: right for other, right in key.items() if other != gap}
        right = _right_choice(evaluate, gap, others, words)
        key[gap] = (right,)
        options = list(dict.fromkeys([words[right], *words.values()]))
        ident = blank_id(gap, number, {"options": options}, [blank["id"] for blank in blanks])
        label = reader.words(_label(soup, number)).removesuffix(":").strip()
        blanks.append({"id": ident, "label": label, "options": options})
    reader.html = str(soup)
    key = {gap: key[gap] for gap in gaps}
    for blank, weight in zip(blanks, part_weights(evaluate, key, reader.lost), strict=True):
        if weight != 1:
            blank["weight"] = weight
    pairs = tuple(f"{right[0]} {gap}" for gap, right in key.items())
    reader.place_feedback([{declaration.ident: pairs}, {declaration.ident: ()}])
    return {"type": "blanks", "blanks": blanks}


def _right_choice(
    evaluate: Evaluate, ident: str, others: Mapping[str, Response], texts: Mapping[str, str]
) -> str:
    """The one option of a gap that earns the most; raises LeftOut if it is not the only one to earn."""
    base = earned(evaluate, {**others, ident: ()})
    scores = {option: earned(evaluate, {**others, ident: (option,)}) - base for option in texts}
    most = max(scores.values(), default=Fraction(0))
    if most <= 0:
        raise LeftOut("none of the options of a gap earns points")
    if any(0 < score < most for score in scores.values()):
        raise LeftOut("points differ by option in one of its gaps")
    right = [option for option, score in scores.items() if score == most]
    if len({texts[option] for option in right}) > 1:
        raise LeftOut("several options are right in one of its gaps")
    return right[0]


def _right_answers(reader: Reader) -> dict[str, Response]:
    """What the item itself declares as right for each gap."""
    key: dict[str, Response] = {}
    for interaction in reader.interactions:
        declaration = reader.declaration(interaction)
        best = max(declaration.mapping, key=lambda entry: entry[1], default=None)
        if declaration.correct:
            key[declaration.ident] = (declaration.correct[0],)
        elif best is not None:
            key[declaration.ident] = (best[0],)
    return key


def _label(soup: BeautifulSoup, number: int) -> str:
    """The label of a gap, as HTML: the entry of a list that it ends, else the mark that stands in its place.

    An entry that is a label goes out of the text.
    """
    mark = f"[{number}]"
    for text in soup.find_all(string=re.compile(f"\ue002{number}\ue003")):
        entry = text.find_parent("li")
        content = entry.decode_contents() if entry is not None else ""
        before, _, after = content.partition(f"\ue002{number}\ue003")
        if (
            entry is not None
            and len(PLACES.findall(content)) == 1
            and is_blank(after)
            and not is_blank(before)
        ):
            parent = entry.parent
            entry.decompose()
            if parent is not None and parent.name in ("ul", "ol") and is_blank(parent.decode_contents()):
                parent.decompose()
            return str(BeautifulSoup(before, "html.parser"))
        text.replace_with(text.replace(f"\ue002{number}\ue003", f" {mark} "))
    return mark


def _filled(
    reader: Reader, interaction: Node, declaration: Declaration, others: Mapping[str, Response]
) -> tuple[dict[str, Any], str]:
    """The keys of a gap, and an answer that is right."""
    if interaction.tag != "inlineChoiceInteraction":
        return _typed(reader, interaction, declaration, others)
    interaction.get("shuffle")
    for node in interaction.children:
        node.get("fixed")
    texts = reader.choices(interaction, "inlineChoice")
    right = _right_choice(reader.processing, declaration.ident, others, texts)
    check_correct(declaration, [ident for ident in texts if texts[ident] == texts[right]], texts)
    options = list(dict.fromkeys([texts[right], *texts.values()]))
    if set(options) == {"True", "False"}:
        return {"truth": options[0] == "True"}, right
    if len(options) < 2:
        raise LeftOut("one of its gaps has a single option to choose")
    return {"options": options}, right


def _penalty(
    reader: Reader, blanks: Sequence[Mapping[str, Any]], key: Mapping[str, Response], weights: Sequence[int]
) -> str:
    """What a wrong choice takes, as a share of what the right one earns; empty if nothing."""
    whole = earned(reader.processing, key)
    shares = []
    for blank, weight, interaction in zip(blanks, weights, reader.interactions, strict=True):
        if interaction.tag != "inlineChoiceInteraction":
            continue
        ident, worth = blank["response"], whole * weight / sum(weights)
        left = earned(reader.processing, {**key, ident: ()})
        for node in interaction.children:
            choice = node.get("identifier")
            if (choice,) != key[ident] and node.tag == "inlineChoice":
                taken = left - earned(reader.processing, {**key, ident: (choice,)})
                shares.append(taken / worth)
    if not shares or max(shares) <= ALIKE:
        return ""
    if max(shares) - min(shares) > ALIKE or len(blanks) < 2:
        reader.lost("What a wrong choice takes away differs; here it takes nothing.")
        return ""
    return f"{float(max(shares)):.6g}"


def check_correct(declaration: Declaration, right: Sequence[str], options: Mapping[str, str]) -> None:
    """Raises LeftOut if the declared key earns nothing: one of the two is a mistake."""
    declared = declaration.correct
    if strange := [ident for ident in declared if ident not in options]:
        raise LeftOut(f"its key names an option “{short(strange[0])}” that it does not have")
    if wrong := [ident for ident in declared if ident not in right]:
        raise LeftOut(
            f"its key names “{short(options[wrong[0]])}”, but its marking gives the points to others"
        )
