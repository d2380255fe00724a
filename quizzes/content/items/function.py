"""Functions: short NumPy code that hidden checks grade in a sandbox after the quiz."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol, Self

from pydantic import Field, model_validator

from autograder.course.python_source import syntax_tree
from quizzes.content.items.base import BaseItem, Context, Part, Shown, ShownQuestion, Text
from quizzes.content.question import Answer, Mark, PublicQuestion

__all__ = ["FunctionGrader", "FunctionItem", "FunctionQuestion", "Verdict"]


LONGEST_CODE = 10_000


@dataclass(frozen=True)
class Verdict:
    """The share that a function earns, with feedback in Markdown; `trouble` is for staff."""

    share: Fraction
    feedback: str = ""
    trouble: str = ""


class FunctionGrader(Protocol):
    """Grades a function in a sandbox of the homework engine, never in the web process."""

    def __call__(self, item: FunctionItem, source: str, seed: bytes) -> Verdict:
        """The share earned by the source against the hidden checks, and feedback."""


class WrongFunction(Part):
    """A known mistake, and what to say to those whose function answers just as it does."""

    value: Text = Field(description="The wrong function, as a student would write it.")
    feedback: Text = Field(description="Shown after the quiz to those who were as wrong; plain words.")


class FunctionItem(BaseItem):
    """A short NumPy function; hidden checks decide, later and in a sandbox."""

    type: Literal["function"]
    function: str = Field(pattern=r"^[a-z_]\w*$", description="The function's name.")
    starter: Text = Field(description="The code the student begins with.")
    reference: Text = Field(description="The solution.")
    checks: Text = Field(
        description="Hidden checks: functions of (student, reference, rng), the docstring for the student."
    )

    common_wrong: list[WrongFunction] = Field(default_factory=list, description="The commonest first.")

    @model_validator(mode="after")
    def _code_is_sound(self) -> Self:
        if self.draws_values:
            raise ValueError("a function draws no parameters: its checks choose the arguments")
        sources = {"starter": self.starter, "reference": self.reference}
        sources |= {
            f"common_wrong {n}": mistake.value for n, mistake in enumerate(self.common_wrong, start=1)
        }
        for name, source in sources.items():
            if self.function not in {function.name for function in _defined(name, source)}:
                raise ValueError(f"{name} does not define {self.function}")
        checks = [
            (function, [a.arg for a in function.args.args]) for function in _defined("checks", self.checks)
        ]
        checks = [(function, names) for function, names in checks if names[:1] == ["student"]]
        if not checks:
            raise ValueError("checks has no function of (student, reference, rng)")
        for function, names in checks:
            if unknown := set(names) - {"student", "reference", "rng"}:
                raise ValueError(
                    f"check {function.name} asks for {min(unknown)}; it gets student, reference, rng"
                )
            if not ast.get_docstring(function):
                raise ValueError(f"check {function.name} has no docstring; the student reads it")
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> FunctionQuestion:
        """One variant."""
        return FunctionQuestion(self, self.context(seed, shown), points)


def _defined(name: str, source: str) -> list[ast.FunctionDef]:
    try:
        tree = syntax_tree(source)
    except SyntaxError as problem:
        raise ValueError(f"{name} is not Python: {problem.msg} in its line {problem.lineno}") from problem
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


class FunctionQuestion(ShownQuestion):
    """A variant that asks for a function."""

    def __init__(self, item: FunctionItem, context: Context, points: Decimal) -> None:
        super().__init__(item, "function", context, points)
        self.item = item

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        return self._view(
            "Your function is called with inputs of our own; each check it passes counts the same.",
            hint="It is graded after the quiz. NumPy is there as np.",
            starter=self.item.starter,
            longest=LONGEST_CODE,
        )

    @property
    def key_text(self) -> str:
        """The solution."""
        return self.item.reference

    @property
    def key_answer(self) -> Answer:
        """None: the homework engine decides."""
        return None

    def longest_text(self, field: str = "") -> int:
        """The most characters of code."""
        return LONGEST_CODE

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        return "" if isinstance(answer, str) else "Write Python code."

    def mark(self, answer: Answer) -> Mark:
        """Pending; nothing written earns nothing at once."""
        if not isinstance(answer, str) or not answer.strip() or self.problem_with(answer):
            return self._mark(Fraction(0))
        return self._pending()

    def graded(self, answer: str, grader: FunctionGrader) -> Mark:
        """The mark by a grader that runs the code in a sandbox; still pending if the grader has trouble."""
        if not self.mark(answer).pending:
            return self.mark(answer)
        verdict = grader(self.item, answer, self.context.seed)
        if verdict.trouble:
            return replace(self._pending(), detail={"trouble": verdict.trouble})
        return self._mark(verdict.share, verdict.feedback)
