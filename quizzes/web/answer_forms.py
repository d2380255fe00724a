"""Answers and the controls of a page: from a form's fields to an answer, and back to what is shown.

A control of question 3 is called `a3`, one of its several fields `a3.<id>`. The page's script reads the same
controls by the same names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup, escape

from autograder.site.requests import Form
from quizzes.content.question import Answer, PublicQuestion

__all__ = ["Filled", "answer_in", "answer_shown", "filled"]


SEVERAL = ("blanks", "matching")


@dataclass(frozen=True)
class Filled:
    """What the controls of a question hold."""

    text: str = ""
    chosen: frozenset[str] = frozenset()
    fields: dict[str, str] = field(default_factory=dict)


def answer_in(form: Form, pos: int, view: PublicQuestion) -> Answer:
    """The answer in a form; None for controls nobody touched."""
    name = f"a{pos}"
    if view.kind in SEVERAL:
        given = {one.id: form.get(f"{name}.{one.id}", [""])[-1] for one in view.fields}
        return {id: value for id, value in given.items() if value.strip()} or None
    if view.kind == "ordering":
        places = {one.id: form.get(f"{name}.{one.id}", [""])[-1] for one in view.options}
        if not any(places.values()):
            return None
        return [id for place, id in sorted((int(place), id) for id, place in places.items() if _whole(place))]
    if view.kind == "choices":
        return form.get(name) or None
    text = form.get(name, [""])[-1]
    return None if not text.strip() or text.strip() == view.starter.strip() else text


def filled(view: PublicQuestion, answer: Answer) -> Filled:
    """What the controls show for an answer."""
    if isinstance(answer, dict):
        return Filled(fields=answer)
    if isinstance(answer, list):
        places = {id: str(place) for place, id in enumerate(answer, start=1)}
        return Filled(chosen=frozenset(answer), fields=places)
    if answer is None:
        return Filled(text=view.starter)
    return Filled(text=answer, chosen=frozenset([answer]))


def answer_shown(view: PublicQuestion, answer: Answer) -> Markup:
    """An answer as its student would read it, for the results."""
    names = {one.id: Markup(one.html) for one in view.options}
    if answer is None or answer in ("", [], {}):
        return Markup("<em>No answer</em>")
    if isinstance(answer, dict):
        own = {one.id: one for one in view.fields}
        lines = []
        for id, value in answer.items():
            place = own.get(id)
            known = names | {one.id: Markup(one.html) for one in place.options} if place else names
            label = Markup(place.label) if place else escape(id)
            lines.append(Markup("<li>{}: {}</li>").format(label, known.get(value, escape(value))))
        return Markup("<ul>{}</ul>").format(Markup("").join(lines))
    if isinstance(answer, list):
        kind = "ol" if view.kind == "ordering" else "ul"
        lines = [Markup("<li>{}</li>").format(names.get(one, escape(one))) for one in answer]
        return Markup("<{0}>{1}</{0}>").format(Markup(kind), Markup("").join(lines))
    if answer in names:
        return names[answer]
    return Markup("<pre>{}</pre>").format(answer) if "\n" in answer else escape(answer)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4
