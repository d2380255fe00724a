"""Finds prompts and labels that show their own key: a gap that is named after its answer, or says it.

A number that stands in a prompt by chance is not a fault, so numbers count only as a gap's mark or label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Context
from quizzes.content.items.blanks import Blank, BlanksItem
from quizzes.content.items.numeric import NumericItem
from quizzes.content.items.short_text import ShortTextItem
from quizzes.content.marking.short_text import matches, plain
from quizzes.content.markup import unescaped

__all__ = ["exposed_keys"]


MARK = re.compile(r"\\?\[([^\[\]\n]{1,80}?)\\?\]")  # a gap in a text, such as \[1\]
SHORTEST = 2  # characters of a text that is looked for among other words
OUTSIDE = r"(?<![\w-])", r"(?![\w-])"  # ends of a word, hyphens included


def exposed_keys(item: Item, context: Context) -> Iterator[str]:
    """The faults of an item whose prompt or labels show what is right."""
    prompt = context.words(item.prompt)
    match item:
        case ShortTextItem():
            accepted = [context.words(text) for text in item.accept]
            if shown := _shown(prompt, accepted):
                yield f"the prompt shows the key “{shown}”; ask without it, or make it a choice"
        case NumericItem():
            if shown := _marked(prompt, [item.shown(context)], ""):
                yield f"the prompt shows the key {shown} as the mark of its gap"
        case BlanksItem():
            for place, blank in enumerate(item.blanks, start=1):
                yield from _exposed_blank(blank, str(place), prompt, context)


def _exposed_blank(blank: Blank, place: str, prompt: str, context: Context) -> Iterator[str]:
    label = unescaped(context.words(blank.label))
    keys = _keys(blank, context)
    bare = label.strip(" []().:;,_*`\"'“”")
    if plain(label) != f"[{place}]" and any(plain(bare) == plain(key) for key in keys):
        yield f"the label of blank {blank.id} is its key"
    elif blank.kind == "text" and (shown := _shown(label, keys)):
        yield f"the label of blank {blank.id} shows its key “{shown}”"
    elif blank.options and _shown(label, keys) and not _shown(label, blank.options[1:]):
        yield f"the label of blank {blank.id} shows its right option and no other"
    if shown := _marked(prompt, keys, place):
        yield f"the prompt marks blank {blank.id} with its key “{shown}”"
    elif blank.kind == "text" and (shown := _shown(prompt, keys)):
        yield f"the prompt shows the key “{shown}” of blank {blank.id}"


def _keys(blank: Blank, context: Context) -> list[str]:
    if blank.kind == "number":
        return [blank.shown(context)]
    if blank.kind == "text":
        return [context.words(text) for text in blank.accept]
    return [context.words(blank.options[0])] if blank.options else []


def _shown(text: str, keys: list[str]) -> str:
    """The first key that stands in a text as words of its own."""
    words = plain(unescaped(text))
    for key in keys:
        before, after = OUTSIDE
        is_long = len(plain(key)) >= SHORTEST and not re.fullmatch(r"[\d.,+-]+", key)
        if is_long and re.search(f"{before}{re.escape(plain(key))}{after}", words):
            return key
    return ""


def _marked(prompt: str, keys: list[str], place: str) -> str:
    """The first key that stands in square brackets, but for the number of its own gap."""
    marks = [mark for mark in MARK.findall(prompt) if mark != place]
    return next((key for key in keys if any(matches(unescaped(mark), [key]) for mark in marks)), "")
