"""A notebook's code in pieces: every function or class for itself, and what stands around them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from autograder.similarity.tokens import Token, lex, structure
from autograder.similarity.winnow import grams, winnowed

__all__ = ["Piece", "Splitter"]

HEADS = ("def", "class", "async")
OPEN, CLOSE = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, eq=False)
class Piece:
    """A function, a class or a stretch of other code, with the tokens that are compared."""

    name: str  # empty outside functions and classes
    source: str
    tokens: tuple[Token, ...]  # without the head of the function, which the course prescribes
    shapes: tuple[str, ...]  # of each token what is compared
    comments: frozenset[str]  # with their white space made single

    @cached_property
    def grams(self) -> list[int]:
        """The hash of the gram that begins at each token."""
        return grams(self.shapes, [token.text for token in self.tokens])

    @cached_property
    def fingerprints(self) -> frozenset[int]:
        """The hashes that winnowing keeps."""
        return frozenset(winnowed(self.grams))


class Splitter:
    """Splits cells into pieces; the same text becomes the same piece, however many hand it in."""

    def __init__(self, keep: Iterable[str] = ()) -> None:
        """`keep` are the names that are compared as they are."""
        self._keep = frozenset(keep)
        self._cells: dict[str, list[Piece]] = {}
        self._pieces: dict[str, Piece] = {}

    def split(self, source: str) -> list[Piece]:
        """The pieces of a cell or a file that hold anything, in order."""
        if source not in self._cells:
            tokens, comments = lex(source)
            starts = list(_starts(source, tokens))
            if tokens and (not starts or starts[0][0]):
                starts.insert(0, (0, ""))  # an indented cell
            ends = [*(start for start, _ in starts), len(tokens)][1:]
            self._cells[source] = [
                self._piece(source, name, tokens[start:end], comments)
                for (start, name), end in zip(starts, ends, strict=True)
            ]
        return self._cells[source]

    def _piece(self, source: str, name: str, tokens: list[Token], comments: list[Token]) -> Piece:
        begin, code_end = _with_comments(source, tokens[0].start), tokens[-1].end
        # A comment behind the last line is part of it.
        end = line if (line := source.find("\n", code_end)) >= 0 else len(source)
        text = source[begin:code_end] + source[code_end:end].rstrip()
        if text not in self._pieces:
            if name:
                tokens = tokens[_body(tokens) :]
            own = tuple(Token(kind, text, start - begin, end - begin) for kind, text, start, end in tokens)
            first, last = (bisect_left(comments, place, key=_start) for place in (begin, end))
            self._pieces[text] = Piece(
                name,
                text,
                own,
                tuple(structure(one, self._keep) for one in own),
                frozenset(" ".join(one.text.lstrip("#").split()) for one in comments[first:last]),
            )
        return self._pieces[text]


def _start(token: Token) -> int:
    return token.start


def _starts(source: str, tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """Where pieces begin, and the names of those that are functions or classes."""
    other = decorated = False  # whether the last piece is one without a name; a decorator came last
    for i, token in enumerate(tokens):
        if (token.start and source[token.start - 1] != "\n") or token.text in CLOSE:
            continue
        head = token.text in HEADS
        if head and decorated:
            decorated = False  # its piece began with the decorator
        elif head or token.text == "@":
            if not decorated:
                yield i, _name(tokens, i)
            other, decorated = False, token.text == "@"
        elif not other:
            yield i, ""
            other, decorated = True, False


def _name(tokens: list[Token], i: int) -> str:
    """The name behind the next `def` or `class`."""
    for head, name in zip(tokens[i : i + 50], tokens[i + 1 : i + 51], strict=False):
        if head.text in ("def", "class"):
            return name.text
    return ""


def _with_comments(source: str, start: int) -> int:
    """Where the comments begin that stand right above a place at the left edge."""
    while start > 0:
        line = source.rfind("\n", 0, start - 1) + 1
        if not source.startswith("#", line):
            break
        start = line
    return start


def _body(tokens: list[Token]) -> int:
    """Where the body begins: after the first colon outside brackets that follows `def` or `class`."""
    depth, seen = 0, False
    for i, token in enumerate(tokens):
        seen = seen or token.text in HEADS
        if token.text in OPEN:
            depth += 1
        elif token.text in CLOSE:
            depth -= 1
        elif token.text == ":" and depth <= 0 and seen:
            return i + 1
    return 0
