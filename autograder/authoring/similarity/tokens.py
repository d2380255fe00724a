"""Python source as tokens that survive renaming and formatting.

One regular expression does what the tokenizer would. It cannot fail, nest or take long, so that code
that is not Python has tokens too, and nothing a student wrote is parsed in this process.
"""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Literal, NamedTuple

__all__ = ["Kind", "Token", "lex", "structure"]


Kind = Literal["name", "fixed", "number", "string", "mark", "comment"]

LEXEME = re.compile(
    r"""
    (?P<magic>^[ \t]*+[%!?][^\n]*)
  | (?P<skip>[\s\\;]+)
  | (?P<comment>\#[^\n]*)
  | (?P<string>[rRbBuUfFtT]{0,2}(?:
        \"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\"|\Z) | '''(?:[^'\\]|\\.|'(?!''))*+(?:'''|\Z)
      | "(?:[^"\\\n]|\\.)*+(?:"|$) | '(?:[^'\\\n]|\\.)*+(?:'|$) ))
  | (?P<number>(?:\d|\.\d)(?:[eE][+-]|[\w.])*+)
  | (?P<name>[^\W\d]\w*+)
  | (?P<mark>\*\*=?|//=?|>>=?|<<=?|[-+*/%@&|^=!<>:]=|->|.)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
FIXED = frozenset(keyword.kwlist) | frozenset(dir(builtins)) | {"np", "self"}
BEFORE_STRINGS = frozenset("([{,=+%")  # a string on the next line belongs to what is before
LINE_ENDS = re.compile(r"[ \t;]*(?:\#|\n|\Z)")
SMALL = {"0", "1", "2"}  # numbers that are structure; others are tuned, and classed
LONGEST = 300  # characters of a name that are looked at


class Token(NamedTuple):
    """A token: its kind, its text, and where it stands in its source."""

    kind: Kind
    text: str
    start: int
    end: int


def lex(source: str) -> tuple[list[Token], list[Token]]:
    """The tokens of a source, and its comments; white space, magics and docstrings are neither."""
    tokens: list[Token] = []
    comments: list[Token] = []
    before: re.Match[str] | None = None
    for match in LEXEME.finditer(source):
        kind = match.lastgroup
        if kind == "comment":
            comments.append(Token("comment", match[0], *match.span()))
        if kind in ("skip", "comment", "magic"):
            continue
        last, before = before, match
        if kind == "string" and _stands_alone(source, last, match):
            continue
        # Formatters add a comma before a closing bracket.
        if kind == "mark" and match[0] in ")]}" and tokens and tokens[-1].text == ",":
            tokens.pop()
        tokens.append(Token(kind, match[0], *match.span()))  # type: ignore[arg-type]  # the groups' names
    fixed = [_fixed(tokens, i) if token.kind == "name" else token for i, token in enumerate(tokens)]
    return fixed, comments


def structure(token: Token, keep: frozenset[str]) -> str:
    """What is compared: empty for a name that may be renamed, else the same for what means the same.

    `keep` are the names that the course gives out, which everybody has to use.
    """
    if token.kind == "name":
        return token.text if token.text in keep else ""
    if token.kind == "number":
        plain = token.text.rstrip("0").rstrip(".") if "." in token.text else token.text
        return plain if plain in SMALL else "0" if plain == "" else "number"
    return "string" if token.kind == "string" else token.text[:LONGEST]


def _fixed(tokens: list[Token], i: int) -> Token:
    """A name, or a fixed one: what the language and libraries call so and nobody can rename alone."""
    token = tokens[i]
    before = tokens[i - 1].text if i else ""
    after = tokens[i + 1].text if i + 1 < len(tokens) else ""
    attribute = before == "." and not (i > 1 and tokens[i - 2].text == "self")
    argument = after == "=" and before in ("(", ",")
    special = token.text.startswith("__") and token.text.endswith("__")
    if token.text in FIXED or attribute or argument or special:
        return Token("fixed", token.text, token.start, token.end)
    return token


def _stands_alone(source: str, before: re.Match[str] | None, match: re.Match[str]) -> bool:
    """Whether a string is a statement of its own: a docstring, or a comment in disguise."""
    if before is not None and (
        before[0] in BEFORE_STRINGS or not source.count("\n", before.end(), match.start())
    ):
        return False
    return LINE_ENDS.match(source, match.end()) is not None
