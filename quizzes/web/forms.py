"""The form of a quiz page: how its controls are named, and what of an answer they hold.

The contract, between this module, `templates/controls.html` and `static/answers.js`:

- Question `pos` has the controls `a<pos>`, or `a<pos>.<field>` where it has several fields, and the controls
  `rev<pos>`, `flag<pos>` and `clear<pos>`. `ControlNames` spells all of them.
- A question's `data-shape` says what its controls hold. `single`: one text, or the id of the chosen option.
  `many`: the ids of the chosen options. `order`: in the field of each option its place, from 1. `fields`: a
  text or an option's id in each field.
- Controls that nobody has touched are not an answer; neither is the starter of a function.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from autograder.site.requests import Form, whole_number
from quizzes.content.question import Answer, PublicQuestion

__all__ = [
    "ControlNames",
    "ControlValues",
    "answer_from_form",
    "answer_html",
    "control_values",
    "shape_of",
    "values_in_form",
]


SHAPES = {"blanks": "fields", "matching": "fields", "ordering": "order", "choices": "many"}


@dataclass(frozen=True)
class ControlNames:
    """The names of the controls of one question."""

    pos: int

    @property
    def answer(self) -> str:
        """The control of a question with one field."""
        return f"a{self.pos}"

    def field(self, id: str) -> str:
        """The control of one of several fields."""
        return f"a{self.pos}.{id}"

    @property
    def rev(self) -> str:
        """The revision that the page shows."""
        return f"rev{self.pos}"

    @property
    def flag(self) -> str:
        """Whether the question is flagged."""
        return f"flag{self.pos}"

    @property
    def clear(self) -> str:
        """Whether the stored answer is to be cleared."""
        return f"clear{self.pos}"


@dataclass(frozen=True)
class ControlValues:
    """What the controls of a question hold."""

    text: str = ""
    chosen: frozenset[str] = frozenset()
    fields: dict[str, str] = field(default_factory=dict)


def shape_of(view: PublicQuestion) -> str:
    """What the controls of a question hold: `single`, `many`, `order` or `fields`."""
    return SHAPES.get(view.kind, "single")


def answer_from_form(form: Form, pos: int, view: PublicQuestion) -> Answer:
    """The answer in a form; None for controls that nobody has touched."""
    names = ControlNames(pos)
    match shape_of(view):
        case "fields":
            texts = {field.id: form.get(names.field(field.id), [""])[-1] for field in view.fields}
            return {id: text for id, text in texts.items() if text.strip()} or None
        case "order":
            positions = {option.id: form.get(names.field(option.id), [""])[-1] for option in view.options}
            if not any(positions.values()):
                return None
            numbers = {id: whole_number(text, len(positions)) for id, text in positions.items()}
            # Two entries at one place are in no order: without a place the answer is incomplete.
            taken = Counter(numbers.values())
            ids = {number: id for id, number in numbers.items() if number and taken[number] == 1}
            return [ids[number] for number in sorted(ids)]
        case "many":
            return form.get(names.answer) or None
    text = form.get(names.answer, [""])[-1]
    return None if not text.strip() or text.strip() == view.starter.strip() else text


def values_in_form(form: Form, pos: int, view: PublicQuestion) -> ControlValues:
    """What the controls of a form hold, as it was typed, to show it again."""
    names = ControlNames(pos)
    ids = [*(part.id for part in view.fields), *(option.id for option in view.options)]
    return ControlValues(
        text=form.get(names.answer, [""])[-1],
        chosen=frozenset(form.get(names.answer, [])),
        fields={id: form.get(names.field(id), [""])[-1] for id in ids},
    )


def control_values(view: PublicQuestion, answer: Answer) -> ControlValues:
    """What the controls hold for an answer."""
    if isinstance(answer, dict):
        return ControlValues(fields=answer)
    if isinstance(answer, list):
        positions = {id: str(place) for place, id in enumerate(answer, start=1)}
        return ControlValues(chosen=frozenset(answer), fields=positions)
    if answer is None:
        return ControlValues(text=view.starter)
    return ControlValues(text=answer, chosen=frozenset([answer]))


def answer_html(view: PublicQuestion, answer: Answer) -> Markup:
    """An answer as its student would read it, for results and staff."""
    options = {option.id: Markup(option.html) for option in view.options}
    if answer is None or answer in ("", [], {}):
        return Markup("<em>No answer</em>")
    if isinstance(answer, dict):
        fields = {field.id: field for field in view.fields}
        lines = []
        for id, value in answer.items():
            public = fields.get(id)
            known = (
                options | {option.id: Markup(option.html) for option in public.options} if public else options
            )
            label = Markup(public.label) if public else escape(id)
            lines.append(Markup("<li>{}: {}</li>").format(label, known.get(value, escape(value))))
        return Markup("<ul>{}</ul>").format(Markup("").join(lines))
    if isinstance(answer, list):
        kind = "ol" if shape_of(view) == "order" else "ul"
        lines = [Markup("<li>{}</li>").format(options.get(entry, escape(entry))) for entry in answer]
        return Markup("<{0}>{1}</{0}>").format(Markup(kind), Markup("").join(lines))
    if answer in options:
        return options[answer]
    return Markup("<pre>{}</pre>").format(answer) if "\n" in answer else escape(answer)
