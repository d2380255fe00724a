"""Quizzes on paper: questions with room to write, an answer sheet and an answer key, as Markdown.

One seed is one version; its name is on every page, so that sheets and keys find each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.course.local_time import counted
from autograder.pages.text import worth
from quizzes.content.items.base import BaseItem, ShownQuestion
from quizzes.content.items.blanks import BlanksQuestion
from quizzes.content.items.choice import ChoiceQuestion
from quizzes.content.items.matching import MatchingQuestion
from quizzes.content.items.ordering import OrderingQuestion
from quizzes.content.quiz import Quiz

__all__ = ["PrintedQuiz", "printed_quiz"]


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LINES = {"essay": 14, "function": 12, "numeric": 1, "short_text": 1, "expression": 1}
LINE = "\\_" * 40


@dataclass(frozen=True)
class PrintedQuiz:
    """The three texts of one version."""

    questions: str
    answer_sheet: str
    key: str


def printed_quiz(quiz: Quiz, version: str) -> PrintedQuiz:
    """The quiz with the numbers of this version, deterministic."""
    seed = f"paper {version}".encode()
    items, questions = [item for _, item, _ in quiz.picked(seed)], quiz.variants(seed)
    head = f"# {quiz.title} — version {version}\n\n"
    name = f"Name: {LINE} Date: {LINE[:24]}\n\n"
    parts = [head, name, f"{worth(quiz.points)}, {counted(len(questions), 'question')}.\n\n"]
    if quiz.rules:
        parts.append("".join(f"- {rule.strip()}\n" for rule in quiz.rules) + "\n")
    if quiz.instructions:
        parts.append(f"{quiz.instructions.strip()}\n\n")
    sheet, key = [f"{head}## Answer sheet\n\n", name], [f"{head}## Key\n\n"]
    for number, (item, question) in enumerate(zip(items, questions, strict=True), start=1):
        parts += _asked(number, item, question)
        sheet.append(f"{number}. {_room(question)}\n\n")
        key.append(f"{number}. {_right(question)}\n\n")
    return PrintedQuiz("".join(parts), "".join(sheet), "".join(key))


def _asked(number: int, item: BaseItem, question: ShownQuestion) -> Iterator[str]:
    """One question with its options and room to write."""
    words, view = question.context.words, question.public_view()
    yield f"## Question {number} ({worth(question.points)})\n\n{words(item.prompt).strip()}\n\n"
    for image in view.images:
        yield f"![{image.alt}](banks/{image.file})\n\n"
    if isinstance(question, ChoiceQuestion):
        for letter, id in zip(LETTERS, question.order, strict=False):
            yield f"- ☐ **{letter}** {words(question.options[id].text)}\n"
        yield "\n"
    elif isinstance(question, MatchingQuestion):
        for letter, option in zip(LETTERS, view.options, strict=False):
            yield f"- **{letter}** {words(question.rights[option.id])}\n"
        yield "\n"
        for field in view.fields:
            yield f"- {words(question.lefts[field.id])} \\_\\_\\_\\_\n"
        yield "\n"
    elif isinstance(question, OrderingQuestion):
        for option in view.options:
            yield f"- \\_\\_\\_\\_ {words(question.entries[option.id])}\n"
        yield "\n"
    elif isinstance(question, BlanksQuestion):
        for field in view.fields:
            yield f"- {words(question.blanks[field.id].label)}: {_blank(question, field.id)}\n"
        yield "\n"
    elif view.starter:
        yield f"```python\n{view.starter.rstrip()}\n```\n\n"
    yield f"*{view.rule}{f' {view.hint}' if view.hint else ''}*\n\n"
    yield from [f"{LINE}\n\n"] * LINES.get(question.kind, 0)


def _blank(question: BlanksQuestion, id: str) -> str:
    field = next(field for field in question.public_view().fields if field.id == id)
    if not field.options:
        return LINE[:32]
    texts = question.choices[id]
    return " ".join(f"☐ {question.context.words(texts[option.id])}" for option in field.options)


def _room(question: ShownQuestion) -> str:
    """The space on the answer sheet for a question: letters to mark, or a line."""
    if isinstance(question, ChoiceQuestion):
        return " ".join(f"○ {letter}" for letter, _ in zip(LETTERS, question.order, strict=False))
    if isinstance(question, MatchingQuestion | OrderingQuestion | BlanksQuestion):
        view = question.public_view()
        return " ".join(["\\_\\_\\_\\_"] * len(view.fields or view.options))
    return LINE if LINES.get(question.kind) == 1 else "on the question's page"


def _right(question: ShownQuestion) -> str:
    if isinstance(question, ChoiceQuestion):
        letter_of = {id: letter for letter, id in zip(LETTERS, question.order, strict=False)}
        letters = ", ".join(sorted(letter_of[id] for id in question.right))
        return f"**{letters}** — {question.key_text}"
    return f"\n\n```python\n{question.key_text}\n```" if question.kind == "function" else question.key_text
