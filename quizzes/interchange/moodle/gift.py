"""Reads GIFT, Moodle's text format: `::title:: question {=right ~wrong #feedback ####general feedback}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from quizzes.content.written_numbers import decimal_text
from quizzes.interchange import answers
from quizzes.interchange.answers import Answer, Notes, number_in
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.moodle.reader import tag_of_category
from quizzes.interchange.package import ImportedItem, Picture, unique_name
from quizzes.interchange.source_text import (
    NAMES,
    BankPictures,
    Form,
    html_from,
    needed_text,
    other_text,
)

__all__ = ["gift_questions"]


MOST_QUESTIONS = 5000
ESCAPED = ":#={}~n\\"
FIRST_SIGN = 0xE010  # of the private signs that stand for escaped ones while a question is read
HELD = {chr(FIRST_SIGN + number): "\n" if sign == "n" else sign for number, sign in enumerate(ESCAPED)}
GAP = "\ue002\ue003"
FORM = re.compile(r"\[(html|markdown|plain|moodle)\]")
SHARE = re.compile(r"%(-?\d{1,3}(?:\.\d*)?)%")
MARK = re.compile(r"\[(id|tag):((?:[^\]\\]|\\.)*)\]")


@dataclass
class _Block:
    """The lines of one question, its comments apart."""

    line: int
    lines: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The question, escaped signs held."""
        return _held("\n".join(self.lines)).strip()

    @property
    def is_open(self) -> bool:
        """Whether a brace of it is still to be closed."""
        return self.text.count("{") > self.text.count("}")


def _held(text: str) -> str:
    return re.sub(r"\\([:#={}~n\\])", lambda match: chr(FIRST_SIGN + ESCAPED.index(match[1])), text)


def _released(text: str) -> str:
    return "".join(HELD.get(sign, sign) for sign in text)


def gift_questions(
    text: str, report: Callable[[str, str], None], pictures: BankPictures
) -> Iterator[ImportedItem]:
    """The items of a text, in its order; `report` is called with an item's name and what was lost."""
    tag, number, titles = "", 0, set[str]()
    clean = re.sub("[\ue000-\uf8ff]", "", text)
    for block in _blocks(clean):
        if not block.text:
            continue
        if block.text.startswith("$CATEGORY:"):
            first, *rest = block.lines
            tag = tag_of_category(first.strip().removeprefix("$CATEGORY:").strip())
            block = _Block(block.line + 1, rest, block.comments)
            if not block.text:
                continue
        number += 1
        if number > MOST_QUESTIONS:
            report("the rest", f"Only the first {MOST_QUESTIONS} questions were read.")
            return
        title, body = _title(block)
        title = unique_name(title, titles)
        found = MARK.findall(" ".join(block.comments))
        marks = [(kind, _released(_held(value)).strip()) for kind, value in found]
        question = _Question(pictures)
        try:
            data = question.read(body)
        except LeftOut as problem:
            report(title, f"It was left out: {problem}.")
            continue
        for sentence in question.notes.losses:
            report(title, sentence)
        tags = list(dict.fromkeys(filter(None, [*(value for kind, value in marks if kind == "tag"), tag])))
        ident = next((value for kind, value in marks if kind == "id"), "")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,80}", ident):
            ident = ""
        yield ImportedItem(title, {**data, **({"tags": tags} if tags else {})}, question.images, ident=ident)


def _blocks(text: str) -> Iterator[_Block]:
    """The questions: between blank lines, unless a brace is open."""
    block = _Block(1)
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("//"):
            block.comments.append(stripped)
            continue
        after_blank = bool(block.lines) and not block.lines[-1].strip()
        starts_new = stripped.startswith(("::", "$CATEGORY:")) and after_blank
        if (not stripped and not block.is_open) or starts_new:
            if block.text:
                yield block
                block = _Block(number)
            if not stripped:
                continue
        if not block.lines:
            block.line = number
        block.lines.append(line)
    if block.text:
        yield block


def _title(block: _Block) -> tuple[str, str]:
    """The title and what follows it; without one, the beginning of the question."""
    match = re.match(r"::(.*?)::", block.text, re.DOTALL)
    if match and match[1].strip():
        return " ".join(_released(match[1]).split()), block.text[match.end() :].strip()
    words = re.sub(r"<[^>]*>|\[\w+\]", " ", _released(block.text.split("{")[0])).split()
    short = " ".join(words[:8]) or "question"
    return f"{short[:60]} (line {block.line})", block.text.removeprefix("::::").strip()


class _Question:
    """Reads one question."""

    def __init__(self, pictures: BankPictures) -> None:
        self.pictures, self.notes = pictures, Notes()
        self.images: list[Picture] = []
        self.form: Form = "auto"

    def read(self, body: str) -> dict[str, Any]:
        """The item's keys; raises LeftOut."""
        start, end = body.find("{"), body.find("}")
        if start < 0 and end < 0:
            raise LeftOut("it only shows a text; put it into the quiz's instructions")
        remainder, blocks = re.subn(r"\{[^{}]*\}", "", body)
        if blocks > 1 and not re.search("[{}]", remainder):
            raise LeftOut("it has several gaps with answers, and GIFT allows one; write it as gaps in a text")
        if start < 0 or end < start or re.search("[{}]", body[end + 1 :]) or "{" in body[start + 1 : end]:
            raise LeftOut("its braces { and } do not fit together; those in a text need a backslash")
        block = body[start + 1 : end].strip()
        after = body[end + 1 :].strip()
        text = body[:start] if not after else f"{body[:start]}{GAP}{body[end + 1 :]}"
        block, _, general = block.rpartition("####") if "####" in block else (block, "", "")
        prompt = self._prompt(text)
        data = self._answers(block.strip())
        explanation = self.other(general)
        if not prompt.strip():
            raise LeftOut("its text is empty")
        return {"prompt": prompt, **data, "explanation": answers.explanation(explanation, self.notes)}

    def _prompt(self, text: str) -> str:
        plain, self.form = self._formed(text.strip(), "auto")
        html, images = self.pictures.taken_from(html_from(plain, self.form), lambda _: None)
        self.images += images
        return needed_text(html, self.notes).replace(GAP, r"\_\_\_\_\_")

    def _formed(self, text: str, default: Form) -> tuple[str, Form]:
        match = FORM.match(text)
        if match is None:
            return _released(text).strip(), default
        return _released(text[match.end() :]).strip(), NAMES[match[1]]

    def needed(self, text: str) -> str:
        """A text that students need, as Markdown."""
        return needed_text(html_from(*self._formed(text.strip(), self.form)), self.notes)

    def other(self, text: str) -> str:
        """A feedback, as Markdown."""
        return other_text(html_from(*self._formed(text.strip(), self.form)), self.notes)

    def _answers(self, block: str) -> dict[str, Any]:
        if not block:
            return answers.essay("", [], self.notes)
        if block.startswith("#"):
            return {"type": "numeric", **self._number(block[1:])}
        if "~" in block:
            return self._choice(block)
        if "=" in block and "->" in block:
            return self._matching(block)
        statement = block.split("#")[0].strip()
        if statement in ("T", "TRUE", "F", "FALSE"):
            return self._true_false(statement, block)
        parts = [self._weighted(part, default=Decimal(1)) for part in _parts(block, "=")]
        texts = [
            Answer(_released(text).strip(), share, self.other(feedback)) for text, share, feedback in parts
        ]
        return answers.short_text(texts, match_case=False, notes=self.notes)

    def _choice(self, block: str) -> dict[str, Any]:
        options = []
        for part in _parts(block.replace("=", "~="), "~"):
            right = part.startswith("=")
            plain = part[1:].strip() if right else part
            if right and SHARE.match(plain):
                raise LeftOut("an option has both = and points in per cent")
            text, share, feedback = self._weighted(plain, default=Decimal(int(right)))
            options.append(Answer(self.needed(text), share, self.other(feedback)))
        single = "=" in block
        return answers.choice(options, single=single, shuffle=True, notes=self.notes)

    def _weighted(self, part: str, default: Decimal) -> tuple[str, Decimal, str]:
        """Text, share and feedback of an answer."""
        match = SHARE.match(part.strip())
        share, text = default, part.strip()
        if match:
            share = Decimal(match[1]) / 100
            text = text[match.end() :]
        text, _, feedback = text.partition("#")
        return text.strip(), share, feedback

    def _matching(self, block: str) -> dict[str, Any]:
        pairs = []
        for part in _parts(block, "="):
            left, arrow, right = part.partition("->")
            if not arrow:
                raise LeftOut("an entry of it has no -> before its partner")
            partner = html_from(_released(right).strip(), "plain")
            pairs.append((self.needed(left), needed_text(partner, self.notes)))
        return answers.matching(pairs, self.notes)

    def _true_false(self, statement: str, block: str) -> dict[str, Any]:
        _, *feedback = block.split("#", 2)
        wrong, right = (self.other(text) for text in [*feedback, "", ""][:2])
        truth = statement.startswith("T")
        on_true, on_false = (right, wrong) if truth else (wrong, right)
        return answers.true_false(truth, on_true, on_false, self.notes)

    def _number(self, block: str) -> dict[str, Any]:
        block, tilde, wrong = block.partition("~")
        found = []
        for part in _parts(block, "="):
            text, share, feedback = self._weighted(part, default=Decimal(1))
            found.append(_ranged(_released(text), share, self.other(feedback)))
        if tilde:
            found.append(Answer("*", Decimal(0), self.other(wrong.partition("#")[2])))
        return answers.number_key(found, self.notes)


def _parts(block: str, sign: str) -> list[str]:
    parts = [part.strip() for part in block.split(sign)]
    return parts if parts[0] else parts[1:]


def _ranged(text: str, share: Decimal, feedback: str) -> Answer:
    """A number with its tolerance: `3.14`, `3.14:0.01` or `3.13..3.15`."""
    if ".." in text:
        low, _, high = text.partition("..")
        least, most = number_in(low), number_in(high)
        if least > most:
            raise LeftOut(f"its range from {decimal_text(least)} to {decimal_text(most)} is empty")
        return Answer(f"{(least + most) / 2:f}", share, feedback, (most - least) / 2)
    number, colon, tolerance = text.partition(":")
    return Answer(number.strip(), share, feedback, number_in(tolerance) if colon else Decimal(0))
