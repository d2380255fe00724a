"""Fragments of code and their fingerprints: hashes of k-grams, thinned out by winnowing.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003:
of every WINDOW neighbouring hashes the smallest is kept, so that two fragments which share a run of
GRAM + WINDOW - 1 tokens share a fingerprint, wherever the run stands.

Names that may be renamed enter a gram as the distance to their last occurrence within it: Baker,
"Parameterized pattern matching", 1996. So a consistent renaming changes nothing, and neither does a
statement added before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np

from autograder.authoring.similarity.tokens import Token, lex, structure

__all__ = ["GRAM", "WINDOW", "Fragment", "Splitter", "grams", "winnowed"]


GRAM = 9  # tokens of a gram: about half a line
WINDOW = 4
# Odd numbers without a pattern, for a polynomial hash modulo 2^64; sums wrap around as they should.
FACTOR, MIXER, HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(32)


def grams(shapes: Sequence[str], names: Sequence[str]) -> list[int]:
    """The hash of the gram at every token that has GRAM - 1 after it; the same in every process.

    `shapes` are empty where `names`, the tokens' texts, may be renamed.
    """
    # A positive number for a fixed token, for a name minus the distance to where it last was.
    codes: list[int] = []
    last: dict[str, int] = {}
    for i, (shape, name) in enumerate(zip(shapes, names, strict=True)):
        if shape:
            codes.append(crc32(shape.encode("utf-8", "replace")) + 1)
        else:
            codes.append(last.get(name, -GRAM) - i)
            last[name] = i
    count = len(codes) - GRAM + 1
    if count <= 0:
        return []
    hashes = np.zeros(count, np.uint64)
    for i in range(GRAM):
        column = np.array(codes[i : i + count])
        # A name that was last seen before the gram is new in it.
        hashes = hashes * FACTOR + np.where(column >= -i, column, 0).astype(np.uint64)
    # Without mixing, the smallest would be those that begin with certain tokens.
    hashes = (hashes ^ hashes >> HALF) * MIXER
    mixed: list[int] = (hashes ^ hashes >> HALF).tolist()
    return mixed


def winnowed(hashes: Sequence[int]) -> set[int]:
    """Of every WINDOW neighbouring hashes the smallest."""
    if len(hashes) <= WINDOW:
        return {min(hashes)} if hashes else set()
    return {min(hashes[i : i + WINDOW]) for i in range(len(hashes) - WINDOW + 1)}


HEADS = ("def", "class", "async")
OPEN, CLOSE = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, eq=False)
class Fragment:
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
    """Splits cells into fragments; the same text becomes the same fragment for all students."""

    def __init__(self, keep: Iterable[str] = ()) -> None:
        """`keep` are the names that are compared as they are."""
        self._keep = frozenset(keep)
        self._cells: dict[str, list[Fragment]] = {}
        self._fragments: dict[str, Fragment] = {}

    def split(self, source: str) -> list[Fragment]:
        """The fragments of a cell or a file that are not empty, in order."""
        if source not in self._cells:
            tokens, comments = lex(source)
            starts = list(_starts(source, tokens))
            if tokens and (not starts or starts[0][0]):
                starts.insert(0, (0, ""))  # an indented cell
            ends = [*(start for start, _ in starts), len(tokens)][1:]
            self._cells[source] = [
                self._fragment(source, name, tokens[start:end], comments)
                for (start, name), end in zip(starts, ends, strict=True)
            ]
        return self._cells[source]

    def _fragment(self, source: str, name: str, tokens: list[Token], comments: list[Token]) -> Fragment:
        begin, code_end = _with_comments(source, tokens[0].start), tokens[-1].end
        # A comment behind the last line is part of it.
        end = line if (line := source.find("\n", code_end)) >= 0 else len(source)
        text = source[begin:code_end] + source[code_end:end].rstrip()
        if text not in self._fragments:
            if name:
                tokens = tokens[_body(tokens) :]
            own_tokens = tuple(
                Token(kind, text, start - begin, end - begin) for kind, text, start, end in tokens
            )
            first, last = (bisect_left(comments, position, key=_start) for position in (begin, end))
            self._fragments[text] = Fragment(
                name,
                text,
                own_tokens,
                tuple(structure(token, self._keep) for token in own_tokens),
                frozenset(" ".join(token.text.lstrip("#").split()) for token in comments[first:last]),
            )
        return self._fragments[text]


def _start(token: Token) -> int:
    return token.start


def _starts(source: str, tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """The starts of fragments, and the names of those that are functions or classes."""
    other = decorated = False  # whether the last fragment is one without a name; a decorator came last
    for i, token in enumerate(tokens):
        if (token.start and source[token.start - 1] != "\n") or token.text in CLOSE:
            continue
        head = token.text in HEADS
        if head and decorated:
            decorated = False  # its fragment began with the decorator
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
