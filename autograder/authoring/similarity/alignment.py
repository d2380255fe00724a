"""The alignment of two notebooks: their fragments side by side, with the matching stretches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from autograder.authoring.similarity.fragments import GRAM, Fragment

__all__ = ["Row", "Span", "side_by_side"]


LEAST = 3  # grams that two fragments must share to be shown side by side
MOST_PLACES = 8  # of a gram: what is written out a thousand times would be looked at a million times


@dataclass(frozen=True)
class Span:
    """A stretch of a fragment's source; matching runs have the same number, 0 is everything else."""

    text: str
    run: int = 0
    first: bool = False  # whether the run begins here


@dataclass(frozen=True)
class Row:
    """Two fragments with matching stretches, cut into spans."""

    left: Fragment
    right: Fragment
    left_spans: list[Span]
    right_spans: list[Span]

    @property
    def lines(self) -> int:
        """The lines that have part in a run, on the side where they are fewer."""
        return min(_lines(self.left_spans), _lines(self.right_spans))


def side_by_side(
    left: Iterable[Fragment], right: Iterable[Fragment], leave_out: Collection[int]
) -> list[Row]:
    """The matching fragments of two notebooks, in the order of the left one.

    `leave_out` are grams to ignore. Every fragment is shown next to the one with the most in common.
    """
    lefts, rights = list(dict.fromkeys(left)), list(dict.fromkeys(right))
    holders: dict[int, set[int]] = defaultdict(set)
    for j, fragment in enumerate(rights):
        for gram in set(fragment.grams):
            if gram not in leave_out:
                holders[gram].add(j)
    counts: Counter[tuple[int, int]] = Counter()
    for i, fragment in enumerate(lefts):
        for gram in set(fragment.grams):
            if len(positions := holders.get(gram, ())) <= MOST_PLACES:
                counts.update((i, j) for j in positions)
    chosen: list[tuple[int, int]] = []
    used_left: set[int] = set()
    used_right: set[int] = set()
    for (i, j), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if count >= LEAST and not (i in used_left and j in used_right):
            chosen.append((i, j))
            used_left.add(i)
            used_right.add(j)
    rows: list[Row] = []
    runs = 0
    for i, j in sorted(chosen):
        row, runs = _row(lefts[i], rights[j], leave_out, runs)
        rows.append(row)
    return rows


def _row(left: Fragment, right: Fragment, leave_out: Collection[int], before: int) -> tuple[Row, int]:
    """Two fragments, their runs numbered on from the earlier ones."""
    positions: dict[int, list[int]] = defaultdict(list)
    for j, gram in enumerate(right.grams):
        if gram not in leave_out and len(positions[gram]) < MOST_PLACES:
            positions[gram].append(j)
    left_marks, right_marks = [0] * len(left.tokens), [0] * len(right.tokens)
    run, i = before, 0
    while i < len(left.grams):
        length, j = max(
            ((_length(left.grams, i, right.grams, j), j) for j in positions.get(left.grams[i], ())),
            default=(0, 0),
        )
        if length:
            run += 1
            _mark(left_marks, i, i + length + GRAM - 1, run)
            _mark(right_marks, j, j + length + GRAM - 1, run)
        i += max(length, 1)
    return Row(left, right, _spans(left, left_marks), _spans(right, right_marks)), run


def _length(left: Sequence[int], i: int, right: Sequence[int], j: int) -> int:
    """How many grams in a row are the same from there on."""
    length = 0
    while i + length < len(left) and j + length < len(right) and left[i + length] == right[j + length]:
        length += 1
    return length


def _mark(marks: list[int], start: int, end: int, run: int) -> None:
    for position in range(start, end):
        marks[position] = marks[position] or run


def _spans(fragment: Fragment, marks: Sequence[int]) -> list[Span]:
    """The source cut so that the tokens of a run are marked line by line, with nothing around them."""
    spans: list[Span] = []
    seen: set[int] = set()
    done, i = 0, 0
    while i < len(marks):
        run, start, end = marks[i], fragment.tokens[i].start, fragment.tokens[i].end
        i += 1
        if not run:
            continue
        while (
            i < len(marks) and marks[i] == run and "\n" not in fragment.source[end : fragment.tokens[i].start]
        ):
            end = fragment.tokens[i].end
            i += 1
        spans += [Span(fragment.source[done:start]), Span(fragment.source[start:end], run, run not in seen)]
        seen.add(run)
        done = end
    spans.append(Span(fragment.source[done:]))
    return [span for span in spans if span.text]


def _lines(spans: Sequence[Span]) -> int:
    """How many lines have a part in a run."""
    line, lines = 0, set[int]()
    for span in spans:
        if span.run:
            lines.add(line)
        line += span.text.count("\n")
    return len(lines)
