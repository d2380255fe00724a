"""The base of all items (prompt, parameters, explanation) and of their variants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from quizzes.content.expression import Expression, ExpressionProblem, expression_of
from quizzes.content.markup import fill, names_in, render
from quizzes.content.question import PublicImage, PublicQuestion, Question
from quizzes.content.randomization import Draw, derived_seed
from quizzes.content.written_numbers import LARGEST_EXPONENT, LONGEST

__all__ = [
    "MOST_ROWS",
    "PICTURE_TYPES",
    "BaseItem",
    "Context",
    "Part",
    "Shown",
    "ShownQuestion",
    "Text",
    "VariantProblem",
]

PICTURE_TYPES = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}  # by ending


TRIES = 200
MOST_ROWS = 1000
MOST_STEPS = 10**12  # of a range
Shown = Mapping[str, Decimal]  # the values of a variant that a student has seen


def _as_text(value: object) -> object:
    """Accept numbers as texts (`text: 0.1`); YAML's yes and no must be quoted."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Text = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(min_length=1),
    WithJsonSchema({"type": ["string", "number"], "minLength": 1}),
]


def _decimals(value: object) -> Iterator[Decimal]:
    """The numbers in a field's value."""
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, dict):
        yield from (number for item in value.values() for number in _decimals(item))
    elif isinstance(value, list | tuple):
        yield from (number for item in value for number in _decimals(item))


class VariantProblem(ValueError):
    """No variant of the item can be built: a mistake of its author."""


class Part(BaseModel):
    """A part of a bank; unknown keys are refused, so that typing errors are found."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _numbers_are_bounded(cls, value: Any) -> Any:
        """Refuse numbers that no page could show: 1e999999999 would be a text of a gigabyte."""
        for number in _decimals(value):
            if len(number.as_tuple().digits) > LONGEST:
                raise ValueError(f"{number:.2e} has more than {LONGEST} digits")
            if number and abs(number.adjusted()) > LARGEST_EXPONENT:
                raise ValueError(
                    f"{number:.2e} is not between 1e-{LARGEST_EXPONENT} and 1e{LARGEST_EXPONENT}"
                )
        return value


class Parameter(Part):
    """A value drawn for each student: from a range in steps, or from choices."""

    range: tuple[Decimal, Decimal] | None = Field(default=None, description="First and last value.")
    step: Decimal = Field(default=Decimal(1), gt=0, description="The distance of the values.")
    choices: list[Decimal] = Field(default_factory=list, description="The values, if not a range.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.range) == bool(self.choices):
            raise ValueError("a parameter has either a range (with a step) or choices")
        if self.range and not self.range[0] <= self.range[1]:
            raise ValueError("the range ends before it begins")
        if self.range and (self.range[1] - self.range[0]) / self.step >= MOST_STEPS:
            raise ValueError(f"the range has more than {MOST_STEPS:.0e} values; give it a longer step")
        return self

    def __len__(self) -> int:
        return int((self.range[1] - self.range[0]) / self.step) + 1 if self.range else len(self.choices)

    def value(self, index: int) -> Decimal:
        """The value at a position, from 0."""
        return self.range[0] + self.step * index if self.range else self.choices[index]

    def drawn(self, draw: Draw) -> Decimal:
        """One value."""
        return self.value(draw.below(len(self)))


class Image(Part):
    """A picture with a description."""

    file: str = Field(
        pattern=rf"^[\w./-]+\.({'|'.join(PICTURE_TYPES)})$", description="A path beside the bank."
    )
    alt: Text = Field(description="What the picture shows, for those who do not see it.")

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if self.file.startswith("/") or ".." in self.file.split("/"):
            raise ValueError("a picture lies beside the bank or below it")
        return self


@dataclass(frozen=True)
class Context:
    """The context of a variant: its seed and the values drawn from it."""

    seed: bytes
    values: Mapping[str, Decimal]

    def html(self, text: str) -> str:
        """An author's text with this variant's values."""
        return render(fill(text, self.values))

    def words(self, text: str) -> str:
        """The same, not yet HTML."""
        return fill(text, self.values)

    def number(self, expression: str) -> Decimal:
        """The value of an expression over the variant's values."""
        return expression_of(expression, frozenset(self.values)).value(self.values)

    def draw(self, purpose: str) -> Draw:
        """A generator for one purpose, so that a new purpose changes no other's draws."""
        return Draw(derived_seed(self.seed, purpose))


class BaseItem(Part):
    """The keys of every item."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Unique in its bank.")
    prompt: Text = Field(description="What is asked, in Markdown with $TeX$ and [[values]].")
    explanation: Text = Field(description="The worked answer, shown when the quiz has closed.")
    tags: list[str] = Field(default_factory=list, description="Words to draw by.")
    images: list[Image] = Field(default_factory=list, description="Pictures below the prompt.")
    parameters: dict[str, Parameter] = Field(
        default_factory=dict, description="Values drawn for each student."
    )
    dataset: dict[str, list[Decimal]] = Field(
        default_factory=dict,
        description="Columns of values, one row of which is drawn for each student.",
    )
    derived: dict[str, Text] = Field(default_factory=dict, description="Values computed in this order.")
    where: Text = Field(
        default="1 == 1", description="What must hold of the values; else they are drawn again."
    )
    consistent: list[Text] = Field(
        default_factory=list, description="What must hold of the values as they are printed; lint proves it."
    )

    @model_validator(mode="after")
    def _values_are_sound(self) -> Self:
        known = {*self.parameters, *self.dataset}
        for name in (*self.parameters, *self.dataset, *self.derived):
            if not re.fullmatch(r"[^\W\d]\w*", name):
                raise ValueError(f"{name!r} is not a name for a value")
        if both := self.parameters.keys() & self.dataset.keys():
            raise ValueError(f"{min(both)!r} is both a parameter and a column of the dataset")
        rows = {len(column) for column in self.dataset.values()}
        if len(rows) > 1 or rows & {0} or max(rows, default=0) > MOST_ROWS:
            raise ValueError(f"the columns of a dataset have equally many values, from 1 to {MOST_ROWS}")
        try:
            for name, expression in self.derived.items():
                if name in known:
                    raise ValueError(f"{name!r} is both drawn and derived")
                Expression(expression, known)
                known.add(name)
            for condition in (self.where, *self.consistent):
                Expression(condition, known)
        except ExpressionProblem as problem:
            raise ValueError(str(problem)) from problem
        unknown = (names_in(self.prompt) | names_in(self.explanation)) - known
        if unknown:
            raise ValueError(f"[[{min(unknown)}]] is neither a parameter nor a derived value of this item")
        return self

    def names(self) -> set[str]:
        """The names of all values."""
        return {*self.parameters, *self.dataset, *self.derived}

    @property
    def drawn_names(self) -> tuple[str, ...]:
        """The names of the values that are drawn."""
        return (*self.parameters, *self.dataset)

    @property
    def draws_values(self) -> bool:
        """Whether students get values of their own."""
        return bool(self.drawn_names)

    @property
    def rows(self) -> list[dict[str, Decimal]]:
        """The rows of the dataset, or one without values."""
        if not self.dataset:
            return [{}]
        return [dict(zip(self.dataset, row, strict=True)) for row in zip(*self.dataset.values(), strict=True)]

    @property
    def combinations(self) -> int:
        """How many combinations of values can be drawn, `where` left aside."""
        return prod(map(len, self.parameters.values())) * len(self.rows)

    def context(self, seed: bytes, shown: Shown | None = None) -> Context:
        """The values of one variant; raises VariantProblem if none fulfil `where`.

        With values that were shown before, these are kept and only the other derived ones are computed.
        """
        if shown is not None:
            return Context(seed, self._completed(dict(shown)))
        draw = Draw(derived_seed(seed, "values"))
        for _ in range(TRIES):
            drawn = {name: parameter.drawn(draw) for name, parameter in self.parameters.items()}
            if self.dataset:
                drawn |= draw.choice(self.rows)
            values = self._completed(drawn)
            try:
                if expression_of(self.where, frozenset(values)).value(values):
                    return Context(seed, values)
            except ExpressionProblem as problem:
                raise VariantProblem(f"{problem}, with {_written(values)}") from problem
        raise VariantProblem(f"no values fulfil `where` in {TRIES} draws")

    def _completed(self, values: dict[str, Decimal]) -> dict[str, Decimal]:
        """The values with the derived ones that are not among them."""
        try:
            for name, expression in self.derived.items():
                if name not in values:
                    values[name] = expression_of(expression, frozenset(values)).value(values)
        except ExpressionProblem as problem:
            raise VariantProblem(f"{problem}, with {_written(values)}") from problem
        return values


class ShownQuestion(Question):
    """The base of the questions of all kinds."""

    def __init__(self, item: BaseItem, kind: str, context: Context, points: Decimal) -> None:
        self.item_id, self.kind, self.points, self.context = item.id, kind, points, context
        self.prompt = context.html(item.prompt)
        self._explanation = item.explanation
        self.images = tuple(PublicImage(file=image.file, alt=image.alt) for image in item.images)

    @property
    def explanation(self) -> str:
        """The worked answer, rendered only when it is needed, after the quiz."""
        return self.context.html(self._explanation)

    def _view(self, rule: str, **fields: Any) -> PublicQuestion:
        return PublicQuestion(
            kind=self.kind,
            prompt=self.prompt,
            points=f"{self.points:f}",
            rule=rule,
            images=self.images,
            **fields,
        )


def _written(values: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())
