"""Reads QTI 2.1 and 2.2 items into items of a bank; the interaction determines the kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup

from quizzes.content.marking.choice import ChoiceRule
from quizzes.content.marking.order import OrderRule, order_share
from quizzes.interchange.answer_keys import (
    ALIKE,
    Response,
    choice_key,
    earned,
    number_key,
    part_weights,
    text_key,
)
from quizzes.interchange.blank_names import blank_id
from quizzes.interchange.html_markup import LeftOut, Lost, markdown_of
from quizzes.interchange.package import ImportedItem, Pictures
from quizzes.interchange.qti21.body import PLACES, Body, Feedback, is_blank
from quizzes.interchange.qti21.processing import Declaration, Processing
from quizzes.interchange.ranges import decimal_of
from quizzes.interchange.tracked_xml import Node, check_all_read, short

__all__ = ["item_in"]


NONE = "No explanation came with it."
GAP = "____"
INLINE = ("textEntryInteraction", "inlineChoiceInteraction")
MODEL_ANSWER = re.compile(r'<div class="model-answer">(.*)</div>', re.DOTALL)  # the last part
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


class _Reader:
    """Reads one item; every part that it uses is recorded."""

    def __init__(self, document: Element, lost: Lost, pictures: Pictures) -> None:
        self.node, self.lost = Node(document), lost
        self._pictures = pictures
        if self.node.is_set("adaptive"):
            raise LeftOut("it is answered in several steps that depend on each other")
        if self.node.take("templateDeclaration", "templateProcessing"):
            raise LeftOut("its numbers or texts are drawn by the other system's own rules")
        self.declared = {
            declaration.ident: declaration
            for declaration in map(_declaration, self.node.take("responseDeclaration"))
        }
        self.body = Body(lost)
        self.html = "".join(self.body.html(body) for body in self.node.take("itemBody"))
        self.interactions = self.body.interactions
        self.processing = Processing(self.node, self.declared, lost)
        self.body.take_modal(self.node)
        hiding = {
            feedback.shown_by for feedback in self.body.feedback if feedback.shown_by.startswith("not ")
        }
        self.processing.hiding = {shown_by.removeprefix("not ") for shown_by in hiding}
        self.explanation: list[str] = []

    def words(self, html: str) -> str:
        """HTML as Markdown; what cannot be shown is reported."""
        return markdown_of(PLACES.sub("", html), self.lost)

    def strict_words(self, html: str) -> str:
        """The Markdown of an option; raises LeftOut if something in it cannot be shown."""

        def refuse(sentence: str) -> None:
            raise LeftOut(f"an option cannot be shown here: {sentence.rstrip('.')}")

        return markdown_of(html, refuse)

    def declaration(self, interaction: Node) -> Declaration:
        """The declaration of an interaction's response."""
        ident = interaction.get("responseIdentifier")
        if ident not in self.declared:
            raise LeftOut("what it asks for is declared nowhere, so that it has no key")
        return self.declared[ident]

    def choices(self, interaction: Node, *tags: str) -> dict[str, str]:
        """The entries of an interaction by id, as Markdown; an empty one is dropped.

        Raises LeftOut if two have the same id, since nobody knows which is right.
        """
        texts: dict[str, str] = {}
        for node in interaction.take(*tags):
            ident = node.get("identifier")
            _refuse_templates(node)
            if ident in texts:
                raise LeftOut(f"two of its options have the same identifier, “{ident}”")
            texts[ident] = self.strict_words(self.body.option_html(node, ident))
        for ident in [ident for ident, text in texts.items() if not text]:
            del texts[ident]
            self.lost("An empty option was dropped.")
        return texts

    def prompt(self) -> str:
        """The text that asks, as HTML: the body, then the interactions' own prompts."""
        prompts = [
            f"<div>{self.body.html(node, inside_interaction=True)}</div>"
            for interaction in self.interactions
            for node in interaction.take("prompt")
        ]
        return self.html + "".join(prompts)

    def place_feedback(self, probes: Sequence[Mapping[str, Response]]) -> None:
        """Feedback that all answers show, or none, is explanation; other feedback is reported."""
        shown = [self.processing(probe).shown for probe in probes]
        left: list[Feedback] = []
        for feedback in self.body.feedback:
            times = sum(feedback.shown_by in idents for idents in shown)
            depends = feedback.shown_by.split()[-1] in self.processing.identifiers
            if not feedback.option and (times == len(shown) or (not times and not depends)):
                self.explanation.append(feedback.html)
            else:
                left.append(feedback)
        self.body.feedback = left

    def report_feedback(self) -> None:
        """Report the feedback that was not taken over."""
        for feedback in self.body.feedback:
            words = " ".join(BeautifulSoup(feedback.html, "html.parser").get_text(" ").split())
            self.lost(f"Feedback that depends on the answer was left out: “{short(words)}”.")


def _declaration(node: Node) -> Declaration:
    declaration = Declaration(node.get("identifier"), node.get("cardinality", "single"), node.get("baseType"))
    if declaration.cardinality == "record":
        raise LeftOut("its answer has several parts of different kinds")
    for correct in node.take("correctResponse"):
        correct.get("interpretation")
        for value in correct.take("value"):
            value.get("baseType")
            declaration.correct.append(value.text)
    for mapping in node.take("mapping"):
        declaration.has_mapping = True
        declaration.default = _number(mapping.get("defaultValue", "0"))
        for name in ("lowerBound", "upperBound"):
            if (bound := decimal_of(mapping.get(name))) is not None:
                setattr(declaration, "least" if name == "lowerBound" else "most", Fraction(bound))
        for entry in mapping.take("mapEntry"):
            worth = _number(entry.get("mappedValue", "0"))
            declaration.mapping.append((entry.get("mapKey"), worth, entry.is_set("caseSensitive", True)))
    for default in node.take("defaultValue"):
        default.use_all()
    declaration.check()
    return declaration


def _number(text: str) -> Fraction:
    value = decimal_of(text)
    if value is None:
        raise LeftOut(f"its points are “{short(text)}”, which is not a number")
    return Fraction(value)


def _refuse_templates(node: Node) -> None:
    if node.get("templateIdentifier"):
        raise LeftOut("its options are drawn by the other system's own rules")
    node.get("showHide")


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
    reader = _Reader(document, losses.append, pictures)
    kinds = {interaction.tag for interaction in reader.interactions}
    if not reader.interactions:
        raise LeftOut("it asks for nothing")
    if not kinds <= {*_READERS}:
        raise LeftOut(f"{' and '.join(sorted(kinds - {*_READERS}))} has no counterpart here")
    if len(reader.interactions) == 1 and kinds != {"inlineChoiceInteraction"}:
        data = _READERS[reader.interactions[0].tag](reader, reader.interactions[0])
    elif kinds <= {*INLINE}:
        data = _blanks(reader)
    else:
        raise LeftOut("it asks several things at once")
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


def _is_shuffled(interaction: Node) -> bool:
    return interaction.is_set("shuffle")


def _choice(reader: _Reader, interaction: Node) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    most = interaction.get("maxChoices", "1") or "1"
    many = declaration.cardinality == "multiple" and most != "1"
    if int(interaction.get("minChoices", "0") or "0") > 1:
        reader.lost(f"At least {interaction.get('minChoices')} options had to be chosen; here any number.")
    fixed = {node.get("identifier") for node in interaction.children if node.is_set("fixed")}
    options = reader.choices(interaction, "simpleChoice")
    key = choice_key(reader.processing, declaration.ident, options, many, reader.lost)
    _check_correct(declaration, key.right, options)
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
    is_shuffled = _is_shuffled(interaction)
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


def _check_correct(declaration: Declaration, right: Sequence[str], options: Mapping[str, str]) -> None:
    """Raises LeftOut if the declared key earns nothing: one of the two is a mistake."""
    declared = declaration.correct
    if strange := [ident for ident in declared if ident not in options]:
        raise LeftOut(f"its key names an option “{short(strange[0])}” that it does not have")
    if wrong := [ident for ident in declared if ident not in right]:
        raise LeftOut(
            f"its key names “{short(options[wrong[0]])}”, but its marking gives the points to others"
        )


def _true_false(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """A statement to judge, if these are its options and only the wrong one has feedback."""
    right = [row for row in rows if row["correct"]]
    if sorted(row["text"] for row in rows) != ["False", "True"] or len(right) != 1 or "feedback" in right[0]:
        return None
    words = next((row["feedback"] for row in rows if "feedback" in row), "")
    answer = {"type": "true_false", "answer": right[0]["text"] == "True"}
    return answer | ({"feedback": words} if words else {})


def _entry(reader: _Reader, interaction: Node) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    data, right = _typed(reader, interaction, declaration, {})
    probes: list[dict[str, Response]] = [{declaration.ident: (right,)}, {declaration.ident: ("\ue004",)}]
    if "key" in data:
        probes[1] = {declaration.ident: ("1e299",)}
    reader.place_feedback(probes)
    return {"type": "numeric" if "key" in data else "short_text", **data}


def _typed(
    reader: _Reader, interaction: Node, declaration: Declaration, others: Mapping[str, Response]
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
    accept = text_key(processing, declaration.ident, candidates, others, reader.lost)
    if declaration.correct and not {*declaration.correct} & {*accept}:
        raise LeftOut(f"its key is “{short(declaration.correct[0])}”, but its marking gives that no points")
    return {"accept": accept}, accept[0]


def _typed_number(
    reader: _Reader, declaration: Declaration, others: Mapping[str, Response]
) -> dict[str, Any]:
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


def _extended(reader: _Reader, interaction: Node) -> dict[str, Any]:
    declaration = reader.declaration(interaction)
    if interaction.get("maxStrings") not in ("", "1"):
        raise LeftOut("it asks for several texts at once")
    reader.place_feedback([{declaration.ident: ("x",)}, {declaration.ident: ()}])
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
    }


def _as_markdown(text: str) -> str:
    return markdown_of(text.replace("&", "&amp;").replace("<", "&lt;"), lambda _: None)


def _rubric(reader: _Reader) -> list[dict[str, Any]]:
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


def _criterion(reader: _Reader, html: str) -> dict[str, Any]:
    match = re.fullmatch(r"(.*) \((\d{1,3})\)\s*", html, re.DOTALL)
    return (
        {"text": reader.words(match[1]), "weight": int(match[2])} if match else {"text": reader.words(html)}
    )


def _match(reader: _Reader, interaction: Node) -> dict[str, Any]:
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
    for left in lefts.keys() - key.keys():
        reader.lost(f"The entry {short(lefts[left])} has no partner and was left out.")
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
    reader.place_feedback([{ident: tuple(right_pairs)}, {ident: ()}])
    return data


def _pair_rule(
    reader: _Reader, ident: str, right: Sequence[str], scores: Mapping[str, Fraction], whole: Fraction
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


def _order(reader: _Reader, interaction: Node) -> dict[str, Any]:
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
    processing, ident = reader.processing, declaration.ident
    whole = earned(processing, {ident: tuple(right)})
    if whole <= 0:
        raise LeftOut("its right order earns no points")
    tried = [list(reversed(right)), right[1:] + right[:1], right[-1:] + right[:-1]]
    tried += [[*right[:at], right[at + 1], right[at], *right[at + 2 :]] for at in range(len(right) - 1)]
    shares = [(order, earned(processing, {ident: tuple(order)}) / whole) for order in tried if order != right]
    data = {"type": "ordering", "entries": [texts[entry] for entry in right]}
    reader.place_feedback([{ident: tuple(right)}, {ident: tuple(tried[0])}])
    for rule in (OrderRule.EXACT, OrderRule.POSITION, OrderRule.LCS):
        if all(
            abs(order_share(rule, order, right) - max(share, Fraction(0))) <= ALIKE for order, share in shares
        ):
            return data | {"rule": str(rule)}
    reader.lost("Its own rule for partly right orders becomes all or nothing.")
    return data | {"rule": "exact"}


def _blanks(reader: _Reader) -> dict[str, Any]:
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


def _right_answers(reader: _Reader) -> dict[str, Response]:
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
    reader: _Reader, interaction: Node, declaration: Declaration, others: Mapping[str, Response]
) -> tuple[dict[str, Any], str]:
    """The keys of a gap, and an answer that is right."""
    if interaction.tag != "inlineChoiceInteraction":
        return _typed(reader, interaction, declaration, others)
    interaction.get("shuffle")
    for node in interaction.children:
        node.get("fixed")
    texts = reader.choices(interaction, "inlineChoice")
    base = earned(reader.processing, {**others, declaration.ident: ()})
    scores = {
        ident: earned(reader.processing, {**others, declaration.ident: (ident,)}) - base for ident in texts
    }
    most = max(scores.values(), default=Fraction(0))
    if most <= 0:
        raise LeftOut("none of the options of a gap earns points")
    if any(0 < score < most for score in scores.values()):
        raise LeftOut("points differ by option in one of its gaps")
    right = [ident for ident, score in scores.items() if score == most]
    _check_correct(declaration, right, texts)
    if len({texts[ident] for ident in right}) > 1:
        raise LeftOut("several options are right in one of its gaps")
    options = list(dict.fromkeys([texts[right[0]], *texts.values()]))
    if set(options) == {"True", "False"}:
        return {"truth": options[0] == "True"}, right[0]
    if len(options) < 2:
        raise LeftOut("one of its gaps has a single option to choose")
    return {"options": options}, right[0]


def _penalty(
    reader: _Reader, blanks: Sequence[Mapping[str, Any]], key: Mapping[str, Response], weights: Sequence[int]
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


_READERS: dict[str, Callable[[_Reader, Node], dict[str, Any]]] = {
    "choiceInteraction": _choice,
    "extendedTextInteraction": _extended,
    "inlineChoiceInteraction": lambda reader, _: _blanks(reader),
    "matchInteraction": _match,
    "orderInteraction": _order,
    "textEntryInteraction": _entry,
}
