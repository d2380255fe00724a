"""Reads the plain-text quizzes of text2qti: numbered questions in Markdown, each with its answers below.

The program text2qti refuses a whole file for one mistake; here it costs the question it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from quizzes.content.written_numbers import decimal_text
from quizzes.interchange import answers
from quizzes.interchange.answers import Answer, Notes, Range, number_in
from quizzes.interchange.concrete import number_text
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.package import ImportedItem, Picture, unique_name
from quizzes.interchange.source_text import BankPictures, html_from, needed_text, other_text

__all__ = ["text2qti_questions"]


MOST_QUESTIONS = 5000
LARGEST_PICTURE = 5 * 1024**2
# What a line begins with, in the order in which it is tried, as text2qti documents it.
STARTS = {
    "question": r"\d+\.",
    "right": r"\*[a-zA-Z]\)",
    "wrong": r"[a-zA-Z]\)",
    "right of several": r"\[\*\]",
    "wrong of several": r"\[ ?\]",
    "text": r"\*",
    "feedback": r"\.\.\.",
    "right feedback": r"\+",
    "wrong feedback": r"-",
    "solution": r"!",
    "number": r"=",
    "title": r"[Tt]itle:",
    "points": r"[Pp]oints:",
    "region": r"[Tt]ext(?: [Tt]itle)?:",
    "quiz title": r"[Qq]uiz [Tt]itle:",
    "quiz description": r"[Qq]uiz description:",
    "pick": r"[Pp]ick:",
    "solutions pick": r"[Ss]olutions pick:",
    "points per question": r"[Pp]oints per question:",
    "option": r"(?:[Ss]huffle answers|[Ss]how correct answers|[Oo]ne question at a time|[Cc]an't go back"
    r"|[Ff]eedback is solution|[Ss]olutions sample groups|[Ss]olutions randomize groups):",
}
ALONE = {"essay": r"___+", "file": r"\^\^\^+", "group": r"GROUP", "end of group": r"END_GROUP"}
START = re.compile(
    "|".join(
        [rf"(?P<{name.replace(' ', '_')}>{pattern}[ \t]+(?=\S))" for name, pattern in STARTS.items()]
        + [rf"(?P<{name.replace(' ', '_')}>{pattern}\s*$)" for name, pattern in ALONE.items()]
    )
)
KINDS = {
    "right": "options",
    "wrong": "options",
    "right of several": "several",
    "wrong of several": "several",
    "text": "text",
}
ONE_LINE = {"points", "pick", "solutions pick", "points per question", "number", "text", "option"}
SETTINGS = ("option", "solutions pick")  # of the quiz; reported with their names
CODE = re.compile(r"(```+)\s*\{.*\.run.*\}\s*$")
NUMBER_RANGE = re.compile(r"\[([^,\]]+),([^,\]]+)\]")
WITH_MARGIN = re.compile(r"(.+?)\+-(.+?)(%?)")
WHOLE = re.compile(r"0|[+-]?[1-9]\d*(?:_\d+)*")
UNITS = re.compile(r"\\(?:num|si|SI)\{")


@dataclass
class _Choice:
    """An option or an accepted text."""

    kind: str
    text: str
    feedback: str = ""


@dataclass
class _Question:
    """A question with what stands below it, still as text."""

    line: int
    text: str
    title: str = ""
    points: str = ""
    group: int = 0
    feedback: dict[str, str] = field(default_factory=dict)  # general, right, wrong; and the solution
    choices: list[_Choice] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)  # of answers other than choices
    number: str = ""
    problem: str = ""


@dataclass
class _Group:
    """A group of questions of which some are drawn."""

    pick: str = "1"
    points: str = "1"
    size: int = 0


@dataclass
class _Quiz:
    """A whole file."""

    questions: list[_Question] = field(default_factory=list)
    groups: list[_Group] = field(default_factory=list)
    losses: list[tuple[str, str]] = field(default_factory=list)


def text2qti_questions(
    text: str, path: Path, report: Callable[[str, str], None], pictures: BankPictures
) -> Iterator[ImportedItem]:
    """The items of a text, in its order; pictures lie beside the file or below it."""
    quiz = _parsed(re.sub("[\ue000-\uf8ff]", "", text))
    points: dict[str, int] = {}
    titles: set[str] = set()
    for question in quiz.questions[:MOST_QUESTIONS]:
        title = question.title or f"{' '.join(question.text.split()[:8])[:60]} (line {question.line})"
        title, notes = unique_name(title, titles), Notes()
        try:
            data, images = _item(question, quiz, notes, pictures, path)
        except LeftOut as problem:
            report(title, f"It was left out: {problem}.")
            continue
        for sentence in notes.losses:
            report(title, sentence)
        points[question.points or "1"] = points.get(question.points or "1", 0) + 1
        tags = {"tags": [f"group-{question.group}"]} if question.group else {}
        yield ImportedItem(title, {**data, **tags}, images)
    for name, sentence in quiz.losses:
        report(name, sentence)
    for number, group in enumerate(quiz.groups, start=1):
        report(
            f"group {number}",
            f"Of its {group.size} questions {group.pick} are drawn, with {group.points} points each; write "
            f"this in the quiz, as draw and points with the tag group-{number}.",
        )
    if set(points) - {"1"}:
        parts = "; ".join(f"{value} for {count} questions" for value, count in points.items())
        report(path.name, f"Points belong to a quiz; write them there: {parts}.")


def _parsed(text: str) -> _Quiz:
    """The questions of a text, with what could not be read marked on them."""
    quiz, state = _Quiz(), _State()
    lines = text.expandtabs(4).split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip() or line.startswith("%"):
            at += 1
        elif line.startswith("COMMENT"):
            at = _after(lines, at, lambda later: later.startswith("END_COMMENT"))
        elif code := CODE.match(line):
            fence = code[1]
            quiz.losses.append(
                (f"line {at + 1}", "A program that writes questions is not run; put its questions here.")
            )
            at = _after(lines, at, lambda later, fence=fence: later.rstrip() == fence)  # type: ignore[misc]
        elif match := START.match(line):
            name = (match.lastgroup or "").replace("_", " ")
            content, after = _content(lines, at, match, name)
            state.take(quiz, name, content, at + 1)
            at = after
        else:
            state.problem(quiz, f"line {at + 1} cannot be read, “{line.strip()[:60]}”", at + 1)
            at += 1
    return quiz


def _after(lines: list[str], at: int, is_end: Callable[[str], bool]) -> int:
    return next((number + 1 for number in range(at + 1, len(lines)) if is_end(lines[number])), len(lines))


def _content(lines: list[str], at: int, match: re.Match[str], name: str) -> tuple[str, int]:
    """The text after a start, with the lines below that are indented as far, and the line after it."""
    first = lines[at].strip() if name in SETTINGS else lines[at][match.end() :].strip()
    if name in ONE_LINE or name in ALONE:
        return first, at + 1
    indent = " " * match.end() if not match[0].rstrip().endswith(":") else ""
    content, number = [first], at + 1
    while number < len(lines):
        line = lines[number]
        if not line.strip():
            content.append("")
        elif not indent and line.startswith("  "):
            indent = " " * (len(line) - len(line.lstrip()))
            content.append(line.strip())
        elif indent and line.startswith(indent):
            content.append(line[len(indent) :].rstrip())
        else:
            break
        number += 1
    return "\n".join(content).strip(), number


class _State:
    """Where a line belongs: to the next question, the current one, or one of its options."""

    def __init__(self) -> None:
        self.title = self.points = ""
        self.in_group = False

    def take(self, quiz: _Quiz, name: str, content: str, line: int) -> None:
        """Add a part to the quiz."""
        question = quiz.questions[-1] if quiz.questions else None
        if name == "question":
            group = len(quiz.groups) if self.in_group else 0
            if group:
                quiz.groups[-1].size += 1
            quiz.questions.append(_Question(line, content, self.title, self.points, group))
            self.title = self.points = ""
        elif name == "title":
            self.title = " ".join(content.split())
        elif name == "points":
            self.points = content
        elif name == "group":
            quiz.groups.append(_Group())
            self.in_group = True
        elif name == "end of group":
            self.in_group = False
        elif name in ("pick", "points per question") and quiz.groups:
            setattr(quiz.groups[-1], "pick" if name == "pick" else "points", content)
        elif name in ("region", "quiz title", "quiz description"):
            what = {"region": "A text between questions"}.get(name, f"The {name}")
            quiz.losses.append((f"line {line}", f"{what} was left out: “{' '.join(content.split())[:80]}”."))
        elif name in SETTINGS:
            quiz.losses.append((f"line {line}", f"A setting of the quiz, “{content[:60]}”, was left out."))
        elif question is None:
            self.problem(quiz, f"line {line} stands before the first question", line)
        else:
            _add(question, name, content, line)

    def problem(self, quiz: _Quiz, sentence: str, line: int) -> None:
        """Remember what cannot be read with the question it stands in."""
        if quiz.questions:
            quiz.questions[-1].problem = quiz.questions[-1].problem or sentence
        else:
            quiz.losses.append((f"line {line}", f"It was left out: {sentence}."))


def _add(question: _Question, name: str, content: str, line: int) -> None:
    if name in ("right", "wrong", "right of several", "wrong of several", "text"):
        question.choices.append(_Choice(name, content))
    elif name == "feedback" and question.choices:
        choice = question.choices[-1]
        if choice.feedback:
            question.problem = question.problem or f"line {line} is a second feedback on one option"
        choice.feedback = content
    elif name in ("feedback", "right feedback", "wrong feedback", "solution"):
        if name in question.feedback:
            question.problem = question.problem or f"line {line} is a second {name}"
        question.feedback[name] = content
    elif name == "number":
        question.kinds.append("number")
        question.number = content
    else:
        question.kinds.append(name)


def _item(
    question: _Question, quiz: _Quiz, notes: Notes, pictures: BankPictures, path: Path
) -> tuple[dict[str, Any], list[Picture]]:
    """The item's keys and its pictures."""
    if question.problem:
        raise LeftOut(question.problem)
    html, images = pictures.taken_from(_html(question.text), lambda source: _file_beside(path, source))
    prompt = needed_text(html, notes)
    kinds = {KINDS[choice.kind] for choice in question.choices} | set(question.kinds)
    if not kinds:
        raise LeftOut("it has no answers")
    if len(kinds) > 1 or len(question.kinds) > 1:
        raise LeftOut("it has answers of several kinds")
    general = other_text(_html(question.feedback.get("feedback", "")), notes)
    solution = other_text(_html(question.feedback.get("solution", "")), notes)
    data = _answers(question, kinds.pop(), solution, notes)
    if solution and data["type"] != "essay":
        if general:
            notes.lost("Its solution was lost; the explanation is its general feedback.")
        else:
            general = solution
            notes.lost("Its solution became the explanation, which all see after the quiz.")
    return {"prompt": prompt, **data, "explanation": answers.explanation(general, notes)}, images


def _html(text: str) -> str:
    if UNITS.search(text):
        raise LeftOut("it uses \\num, \\si or \\SI; write the number and the unit out")
    return html_from(text, "dollar_markdown")


def _answers(question: _Question, kind: str, solution: str, notes: Notes) -> dict[str, Any]:
    if kind == "file":
        raise LeftOut("it asks for a file")
    if kind == "essay":
        return answers.essay(solution, [], notes)
    right = other_text(_html(question.feedback.get("right feedback", "")), notes)
    wrong = other_text(_html(question.feedback.get("wrong feedback", "")), notes)
    if kind in ("number", "text"):
        notes.for_right += [right]
        if wrong:
            notes.lost("Feedback on wrong answers was lost.")
        if kind == "number":
            return {"type": "numeric", **_number(question.number)}
        if any(choice.feedback for choice in question.choices):
            notes.lost("Feedback on an accepted text was lost.")
        texts = [Answer(choice.text.replace("*", "\\*"), Decimal(1)) for choice in question.choices]
        return answers.short_text(texts, match_case=False, notes=notes)
    if kind == "several":
        return _several(question, right, wrong, notes)
    return _options(question, right, wrong, notes)


def _options(question: _Question, right: str, wrong: str, notes: Notes) -> dict[str, Any]:
    """One right option; the feedback on right and wrong answers is that of the options."""
    options = []
    for choice in question.choices:
        is_right = choice.kind == "right"
        specific, general = other_text(_html(choice.feedback), notes), right if is_right else wrong
        feedback = "\n\n".join(filter(None, [specific, general]))
        options.append(Answer(needed_text(_html(choice.text), notes), Decimal(is_right), feedback))
    truths = [choice.text.lower() for choice in question.choices]
    if sum(bool(option.share) for option in options) > 1:
        raise LeftOut("more than one option is marked as right")
    if sorted(truths) == ["false", "true"]:
        by_name = dict(zip(truths, options, strict=True))
        truth = bool(by_name["true"].share)
        return answers.true_false(truth, by_name["true"].feedback, by_name["false"].feedback, notes)
    return answers.choice(options, single=True, shuffle=True, notes=notes)


def _several(question: _Question, right: str, wrong: str, notes: Notes) -> dict[str, Any]:
    correct = sum(choice.kind.startswith("right") for choice in question.choices)
    if not correct:
        raise LeftOut("no option is right")
    part = Decimal(1) / correct
    options = [
        Answer(
            needed_text(_html(choice.text), notes),
            part if choice.kind.startswith("right") else -part,
            other_text(_html(choice.feedback), notes),
        )
        for choice in question.choices
    ]
    notes.for_right += [right]
    if wrong:
        notes.lost("Feedback on wrong answers was lost.")
    return answers.choice(options, single=False, shuffle=True, notes=notes)


def _number(text: str) -> dict[str, Any]:
    """Key and tolerance of `[1, 2]`, `1.5 +- 0.1`, `1.5 +- 2%` or a whole number."""
    plain = text.strip()
    if match := NUMBER_RANGE.fullmatch(plain):
        least, most = number_in(match[1]), number_in(match[2])
        if least > most:
            raise LeftOut(f"its range from {decimal_text(least)} to {decimal_text(most)} is empty")
        return _key(Range((least + most) / 2, (most - least) / 2, (most - least) / 2))
    if match := WITH_MARGIN.fullmatch(plain):
        key, margin = number_in(match[1]), number_in(match[2])
        if margin < 0:
            raise LeftOut("its margin is negative")
        size = abs(key) * margin / 100 if match[3] else margin
        return _key(Range(key, size, size))
    if WHOLE.fullmatch(plain):
        return _key(Range(Decimal(plain.replace("_", "")), Decimal(0), Decimal(0)))
    raise LeftOut(f"“{plain[:40]}” is not a whole number, a range [1, 2] or a number +- margin")


def _key(right: Range) -> dict[str, Any]:
    digits = answers.digits_shown([right])
    data: dict[str, Any] = {"key": number_text(right.key), "tolerance": right.tolerance()}
    return data if digits == answers.DIGITS_SHOWN else data | {"shown_digits": digits}


def _file_beside(path: Path, source: str) -> bytes | None:
    """A picture in the folder of the quiz, or below it."""
    folder = path.resolve().parent
    try:
        file = (folder / unquote(source)).resolve()
        if not file.is_relative_to(folder) or not file.is_file() or file.stat().st_size > LARGEST_PICTURE:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None
