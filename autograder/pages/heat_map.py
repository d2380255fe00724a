"""A heat map of an array's wrong entries: a grid with one square per entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from autograder.pages.svg import coordinate, element, image, label

__all__ = ["heat_map", "where"]


MOST = 24
LEFT, TOP, AFTER = 40.0, 34.0, 32.0


def heat_map(
    wrong: Sequence[Sequence[bool]],
    *,
    key: str,
    title: str,
    description: str,
    worst: tuple[int, int] | None = None,
) -> Markup:
    """A grid of right and wrong entries, with a ring around the worst one."""
    rows = [list(row[:MOST]) for row in wrong[:MOST]]
    wide = max((len(row) for row in rows), default=0)
    side = 22.0 if max(wide, len(rows)) <= 10 else 12.0
    bottom = TOP + side * len(rows)
    ringed = worst is not None and 0 <= worst[0] < len(rows) and 0 <= worst[1] < len(rows[worst[0]])
    parts = [
        element("path", d=_squares(rows, side, False), class_="right"),
        element("path", d=_squares(rows, side, True), class_="wrong"),
        *_numbers(len(rows), wide, side),
    ]
    if worst and ringed:
        x, y = LEFT + side * worst[1] + 0.5, TOP + side * worst[0] + 0.5
        parts.append(element("rect", x=x, y=y, width=side - 1, height=side - 1, rx=2, class_="worst"))
    parts += _legend(bottom + AFTER - 10, ringed)
    width = max(LEFT + side * wide + 4, 250)
    return image(
        parts, key=key, title=title, description=description, width=width, height=bottom + AFTER, kind="map"
    )


def where(wrong: Sequence[Sequence[bool]]) -> str:
    """The wrong entries in words: whole rows or columns by number, others by their count."""
    rows = [list(row[:MOST]) for row in wrong[:MOST]]
    total = sum(len(row) for row in rows)
    bad = {(r, c) for r, row in enumerate(rows) for c, is_wrong in enumerate(row) if is_wrong}
    if len(bad) == total:
        return "Every entry is wrong."
    if not bad:
        return "No entry is wrong."
    for axis, name in ((0, "row"), (1, "column")):
        numbers = sorted({index[axis] for index in bad})
        whole = sum(len(rows[n]) if axis == 0 else sum(n < len(row) for row in rows) for n in numbers)
        if len(rows) > 1 and whole == len(bad) and len(numbers) <= 4:
            plural = "s" if len(numbers) > 1 else ""
            listed = " and ".join(", ".join(map(str, numbers)).rsplit(", ", 1))
            return f"Exactly {name}{plural} {listed}."
    return f"{len(bad)} of {total} entries."


def _squares(rows: list[list[bool]], side: float, wrong: bool) -> str:
    size = coordinate(side - 2)
    return "".join(
        f"M{coordinate(LEFT + side * c + 1)} {coordinate(TOP + side * r + 1)}h{size}v{size}h-{size}z"
        for r, row in enumerate(rows)
        for c, is_wrong in enumerate(row)
        if bool(is_wrong) is wrong
    )


def _numbers(high: int, wide: int, side: float) -> Iterator[Markup]:
    step = 1 if side > 12 else 4
    for c in range(0, wide, step):
        yield label(str(c), LEFT + side * (c + 0.5), TOP - 6, "tick", "middle")
    for r in range(0, high, step):
        yield label(str(r), LEFT - 6, TOP + side * (r + 0.5) + 3.5, "tick", "end")
    yield label("column", LEFT, 11, "tick")
    yield label("row", 0, TOP + side / 2 + 3.5, "tick")


def _legend(y: float, worst: bool) -> Iterator[Markup]:
    entries = [("wrong", "wrong", 62), ("right", "right", 56)] + (
        [("worst", "furthest off", 0)] if worst else []
    )
    left = LEFT + 1
    for kind, name, width in entries:
        yield element("rect", x=left, y=y - 9, width=10, height=10, rx=1, class_=kind)
        yield label(name, left + 15, y, "tick")
        left += width
