"""The page that shows similar code side by side, for a person to read and to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.authoring.similarity.alignment import Row, Span, side_by_side
from autograder.authoring.similarity.baseline import Baseline
from autograder.authoring.similarity.pairs import LEAST, Pair, Similarities
from autograder.authoring.similarity.rare_tokens import RareTokens, Shared
from autograder.pages.rendering import render
from autograder.pages.text import count, cut

__all__ = ["similarity_page"]


MOST_WITH_CODE = 40
MOST_LISTED = 300
MOST_ROWS = 12  # fragments of one pair
MOST_CHARACTERS = 6_000  # of one fragment
MOST_NAMES = 30
LONGEST = 120
# How much of what the one with less of their own wrote the other has too.
PARTS = (
    (0.9, "Nearly all"),
    (0.7, "Most"),
    (0.5, "More than half"),
    (0.25, "A good part"),
    (0.0, "A small part"),
)


@dataclass(frozen=True)
class RowView:
    """Two fragments side by side."""

    name: str
    left: list[Span]
    right: list[Span]


@dataclass(frozen=True)
class PairView:
    """A pair as the page shows it; only the first ones come with their code."""

    number: int
    first: str
    second: str
    files: tuple[str, str]
    lines: str
    functions: str
    part: str  # in words: how much of what one of them wrote on their own
    less: str  # whose own material is the smaller
    rows: list[RowView]
    left_out: int
    shared: Shared


def similarity_page(
    similarities: Similarities,
    baseline: Baseline,
    *,
    title: str,
    course: str = "",
    unread: Sequence[str] = (),
) -> str:
    """The pairs as one self-contained HTML page; `unread` are students who could not be compared."""
    rare_tokens = RareTokens(similarities.works, baseline)
    leave_out = baseline.grams | similarities.common
    students = {work.student for work in similarities.works}
    able = {work.student for work in similarities.works if len(work.own_fingerprints) >= LEAST}
    return render(
        "similarity.html",
        title=title,
        course=course,
        students=len(students),
        little=len(students - able),
        pairs=[
            _pair(number, pair, rare_tokens, leave_out)
            for number, pair in enumerate(similarities.pairs[:MOST_LISTED], start=1)
        ],
        more=max(0, len(similarities.pairs) - MOST_LISTED),
        with_code=MOST_WITH_CODE,
        groups=[
            [cut(name, 60) for name in group[:MOST_NAMES]] for group in similarities.groups[:MOST_LISTED]
        ],
        group_sizes=[len(group) for group in similarities.groups],
        unread=[cut(name, 60) for name in unread[:MOST_NAMES]],
        unread_more=max(0, len(unread) - MOST_NAMES),
    )


def _pair(number: int, pair: Pair, rare_tokens: RareTokens, leave_out: set[int]) -> PairView:
    rows = side_by_side(pair.first.fragments, pair.second.fragments, leave_out)
    shown = rows[:MOST_ROWS] if number <= MOST_WITH_CODE else []
    first, second = (cut(name, 60) for name in pair.students)
    shared = rare_tokens.shared(pair)
    return PairView(
        number=number,
        first=first,
        second=second,
        files=(cut(pair.first.file, LONGEST), cut(pair.second.file, LONGEST)),
        lines=count(sum(row.lines for row in rows), "line"),
        functions=_places(rows),
        part=next(word for least, word in PARTS if pair.share >= least),
        less=first if pair.first_has_less else second,
        rows=[RowView(_name(row), _short(row.left_spans), _short(row.right_spans)) for row in shown],
        left_out=len(rows) - len(shown),
        shared=Shared(
            [cut(text, LONGEST) for text in shared.names],
            [cut(text, LONGEST) for text in shared.comments],
            [cut(text, LONGEST) for text in shared.literals],
        ),
    )


def _places(rows: Sequence[Row]) -> str:
    """The functions in which two notebooks are alike, in words."""
    functions = len({row.left.name for row in rows if row.left.name})
    named = count(functions, "function") if functions else ""
    outside = "code outside functions" if any(not row.left.name for row in rows) else ""
    return " and ".join(filter(None, [named, outside]))


def _name(row: Row) -> str:
    left, right = (cut(fragment.name, 60) or "outside functions" for fragment in (row.left, row.right))
    return left if left == right else f"{left} · {right}"


def _short(spans: Sequence[Span]) -> list[Span]:
    """The spans, as far as there is room."""
    shown: list[Span] = []
    room = MOST_CHARACTERS
    for span in spans:
        if len(span.text) > room:
            shown.append(replace(span, text=f"{span.text[:room]}\n… cut here"))
            break
        shown.append(span)
        room -= len(span.text)
    return shown
