"""Quizzes on paper as HTML with MathML: questions with room to write, an answer sheet, or an answer key.

A browser prints the page, or writes it as PDF; formulas are the ones that students see. The questions are
those of `printing`, by the same name of the version.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Iterator

from markupsafe import Markup

from autograder.course.local_time import counted
from autograder.pages.text import worth
from quizzes.content.items.base import ShownQuestion
from quizzes.content.markup import render
from quizzes.content.question import PublicQuestion
from quizzes.content.quiz import Quiz

__all__ = ["PARTS", "printed_page"]

PARTS = ("questions", "sheet", "key")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LINES = {"essay": 14, "function": 12, "numeric": 1, "short_text": 1, "expression": 1}
STYLE = """
:root { color-scheme: light; }
body { font: 11pt/1.5 ui-serif, "Linux Libertine O", Georgia, "Liberation Serif", serif; color: #000;
  background: #fff; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "DejaVu Math TeX Gyre", math; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.1rem; margin: 0 0 .4rem; display: flex; justify-content: space-between; }
h2 span { font-weight: 400; }
section { break-inside: avoid; margin: 1.4rem 0; }
ul, ol { padding-left: 1.6rem; } .boxes { list-style: none; padding-left: 0; } .boxes li { margin: .3rem 0; }
.box { display: inline-block; width: .8em; height: .8em; border: 1px solid #000; margin-right: .6em; }
.line { border-bottom: 1px solid #000; height: 1.9rem; }
.name { display: grid; grid-template-columns: 2fr 1fr; gap: 2rem; }
.name p { display: flex; gap: .5rem; align-items: end; } .name .line { flex: 1; height: 1.4rem; }
.blank { display: inline-block; min-width: 9rem; border-bottom: 1px solid #000; }
.key { font-weight: 600; margin: .4rem 0; }
.hint { font-size: .85rem; font-style: italic; }
pre { white-space: pre-wrap; border: 1px solid #999; padding: .5rem; }
img { max-width: 100%; } footer { font-size: .8rem; border-top: 1px solid #999; margin-top: 2rem; }
@page { margin: 16mm 18mm; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
"""


def printed_page(quiz: Quiz, version: str, part: str, picture: Callable[[str], bytes | None]) -> str:
    """One part of a version as a page of its own; `picture` reads a picture by its file's name."""
    questions = quiz.variants(f"paper {version}".encode())
    title = {"questions": "", "sheet": ": answer sheet", "key": ": key"}[part]
    body = [Markup("<h1>{}{} <small>version {}</small></h1>").format(quiz.title, title, version)]
    if part != "key":
        body.append(
            Markup(
                '<div class="name"><p>Name <span class="line">&nbsp;</span></p>'
                '<p>Date <span class="line">&nbsp;</span></p></div>'
            )
        )
    if part == "questions":
        size = worth(quiz.points), counted(len(questions), "question")
        body.append(Markup("<p>{}, {}.</p>").format(*size))
        body.append(Markup("<ul>{}</ul>").format(_items(Markup(render(rule)) for rule in quiz.rules)))
        body.append(Markup("<div>{}</div>").format(Markup(render(quiz.instructions or ""))))
    for number, question in enumerate(questions, start=1):
        body.append({"questions": _asked, "sheet": _room, "key": _right}[part](number, question, picture))
    body.append(Markup("<footer>{}, version {}</footer>").format(quiz.title, version))
    return Markup(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{}, version {}</title>'
        "<style>{}</style></head><body>{}</body></html>\n"
    ).format(quiz.title, version, Markup(STYLE), Markup("\n").join(body))


def _head(number: int, question: ShownQuestion) -> Markup:
    return Markup("<h2>Question {} <span>{}</span></h2>").format(number, worth(question.points))


def _asked(number: int, question: ShownQuestion, picture: Callable[[str], bytes | None]) -> Markup:
    """A question with its options and room to write."""
    view = question.public_view()
    parts = [_head(number, question), Markup(view.prompt), *_pictures(view, picture)]
    box = Markup('<span class="box"></span>')
    if view.fields:
        if view.options:  # in matching all fields share them
            shared = zip(LETTERS, view.options, strict=False)
            letters = (
                Markup("<b>{}</b> {}").format(letter, Markup(option.html)) for letter, option in shared
            )
            parts.append(Markup('<ul class="boxes">{}</ul>').format(_items(letters)))
        parts.append(
            Markup('<ul class="boxes">{}</ul>').format(_items(_field(field) for field in view.fields))
        )
    elif view.options:
        shown = zip(LETTERS, view.options, strict=False)
        options = (
            Markup("{}<b>{}</b> {}").format(box, letter, Markup(option.html)) for letter, option in shown
        )
        parts.append(Markup('<ul class="boxes">{}</ul>').format(_items(options)))
    elif view.starter:
        parts.append(Markup("<pre>{}</pre>").format(view.starter.rstrip()))
    parts.append(Markup('<p class="hint">{} {}</p>').format(view.rule, view.hint))
    parts += [Markup('<div class="line"></div>')] * LINES.get(question.kind, 0)
    return Markup("<section>{}</section>").format(Markup("").join(parts))


def _field(field: object) -> Markup:
    label, options = Markup(field.label), field.options  # type: ignore[attr-defined]
    if not options:
        return Markup('{} <span class="blank">&nbsp;</span>').format(label)
    boxes = (Markup('<span class="box"></span>{} ').format(Markup(option.html)) for option in options)
    return Markup("{}: {}").format(label, Markup("").join(boxes))


def _pictures(view: PublicQuestion, picture: Callable[[str], bytes | None]) -> Iterator[Markup]:
    for image in view.images:
        content = picture(image.file)
        if content is not None:
            kind = mimetypes.guess_type(image.file)[0] or "image/png"
            source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
            yield Markup('<p><img src="{}" alt="{}"></p>').format(source, image.alt)


def _room(number: int, question: ShownQuestion, picture: Callable[[str], bytes | None]) -> Markup:
    """The space on the answer sheet: boxes to tick, or a line."""
    view = question.public_view()
    if view.options and not view.fields:
        boxes = (
            Markup('<span class="box"></span>{} &nbsp; ').format(letter)
            for letter, _ in zip(LETTERS, view.options, strict=False)
        )
        room = Markup("<p>{}</p>").format(Markup("").join(boxes))
    elif view.fields:
        room = Markup("<p>{}</p>").format(
            Markup(" &nbsp; ").join([Markup('<span class="blank"></span>')] * len(view.fields))
        )
    elif LINES.get(question.kind) == 1:
        room = Markup('<div class="line"></div>')
    else:
        room = Markup("<p>on the question's page</p>")
    return Markup("<section>{}{}</section>").format(_head(number, question), room)


def _right(number: int, question: ShownQuestion, picture: Callable[[str], bytes | None]) -> Markup:
    """The right answer with its explanation."""
    if question.kind == "function":
        key = Markup("<pre>{}</pre>").format(question.key_text)
    else:
        key = Markup(render(question.key_text))
    answer, letters = question.key_answer, ""
    ids = [option.id for option in question.public_view().options]
    if (
        isinstance(answer, (str, list))
        and ids
        and set(answer if isinstance(answer, list) else [answer]) <= set(ids)
    ):
        chosen = answer if isinstance(answer, list) else [answer]
        places = sorted(ids.index(id) for id in chosen)
        if question.kind == "ordering":
            places = [ids.index(id) for id in chosen]
        letters = ", ".join(LETTERS[place] for place in places if place < len(LETTERS))
    named = Markup("<p><b>{}</b></p>").format(letters) if letters else Markup("")
    explanation = Markup("<div>{}</div>").format(Markup(question.explanation))
    return Markup('<section>{}{}<div class="key">{}</div>{}</section>').format(
        _head(number, question), named, key, explanation
    )


def _items(texts: Iterator[Markup]) -> Markup:
    return Markup("").join(Markup("<li>{}</li>").format(text) for text in texts)
