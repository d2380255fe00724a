"""The results of a quiz for staff: attempts and their questions in one table, and each question's mean."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from autograder.site.marks import Current
from autograder.site.people import names_in, not_counted
from autograder.site.requests import is_json, reads_much, site_of, whole_number
from autograder.site.roles import Permission
from autograder.site.staff import requires
from quizzes.attempts.events import State
from quizzes.store.attempts import AttemptRow, attempts_at
from quizzes.store.marks import marks_at, total
from quizzes.store.tables import attempt, attempt_item
from quizzes.web.staff.access import access_in, quiz_page, staff_at, visible_attempts
from quizzes.web.staff.marking import quiz_marking

__all__ = ["results_page"]

ROWS, MOST = 200, 999_999
WHICH = {"first": "first attempts", "last": "last attempts", "all": "all attempts"}
SORTS = ("name", "points", "-points", "state")


@dataclass(frozen=True)
class ResultRow:
    """An attempt in the table; its questions by their ids."""

    attempt: AttemptRow
    name: str
    points: Decimal | None
    positions: dict[str, int]
    marks: dict[str, Current]


@reads_much
@requires(Permission.STUDENTS)
def results_page(request: Request) -> Response:
    """The attempts at a quiz, by student and question: find, sort, 200 a page."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session, wanted = staff_at(request, quiz), request.query_params
    find, sort = wanted.get("find", "")[:100], wanted.get("sort", "name")
    which = wanted.get("attempts", "first") if wanted.get("attempts") in WHICH else "first"
    with site.database.reading() as connection:
        access = access_in(connection, site.course, session)
        visible = visible_attempts(connection, site.course, quiz, access)
        rows = _rows(connection, site.course, quiz, which, visible)
        source = quiz_marking(site)
        assert source is not None  # this page is of quizzes
        questions = source.questions_in_order(connection, quiz)
        excluded = not_counted(connection, site.course)
        names = names_in(connection, site.course)
        titles = {item.digest: item.id for item in questions}
        placed = [_placed(row, names, titles, connection_items) for row, connection_items in rows]
    counted_rows = [row for row in placed if row.attempt.person not in excluded and row.points is not None]
    means = {
        question.id: _mean(
            [row.marks[question.id].points for row in counted_rows if question.id in row.marks]
        )
        for question in questions
    }
    shown = [row for row in placed if find.casefold() in f"{row.attempt.person} {row.name}".casefold()]
    shown.sort(key=lambda row: _order(sort if sort in SORTS else "name", row))
    number = min(max(1, whole_number(wanted.get("page", "1"), MOST) or 0), max(1, -(-len(shown) // ROWS)))
    if is_json(request):
        return JSONResponse([_as_json(row) for row in shown])
    kept: dict[str, object] = {"find": find, "sort": sort, "attempts": which, "page": number}
    numbers = _numbers(placed)
    unique = {question.id: question for question in questions}
    return quiz_page(
        request,
        session,
        "staff_results.html",
        rows=shown[(number - 1) * ROWS : number * ROWS],
        many=len(shown),
        number=number,
        pages=-(-len(shown) // ROWS),
        questions=sorted(unique.values(), key=lambda item: (numbers.get(item.id) or len(numbers), item.id)),
        numbers=numbers,
        means=means,
        mean=_mean([row.points for row in counted_rows if row.points is not None]),
        find=find,
        sort=sort,
        attempts=which,
        which=WHICH,
        link=lambda **changes: "?" + urlencode(kept | changes),
    )


def _rows(
    connection: Connection, course: str, quiz: str, which: str, visible: frozenset[str]
) -> list[tuple[AttemptRow, tuple[dict[int, str], dict[int, Current]]]]:
    """The chosen attempts, each with the hashes of its questions and its marks by position."""
    attempts = [row for row in attempts_at(connection, quiz) if not row.preview and row.id in visible]
    if which != "all":
        ordered = sorted(attempts, key=lambda row: row.number, reverse=which == "first")
        attempts = list({row.person: row for row in ordered}.values())
    marks = marks_at(connection, quiz)
    hashes: dict[str, dict[int, str]] = defaultdict(dict)
    items = select(attempt_item.c.attempt, attempt_item.c.pos, attempt_item.c.question_hash)
    of_quiz = items.join(attempt, attempt.c.id == attempt_item.c.attempt).where(attempt.c.quiz == quiz)
    for row in connection.execute(of_quiz):
        hashes[row.attempt][row.pos] = row.question_hash
    return [(row, (hashes.get(row.id, {}), marks.get(row.id, {}))) for row in attempts]


def _placed(
    row: AttemptRow,
    names: dict[str, str],
    titles: dict[str, str],
    found: tuple[dict[int, str], dict[int, Current]],
) -> ResultRow:
    hashes, marks = found
    graded = row.state is State.GRADED
    positions = {titles[digest]: pos for pos, digest in hashes.items() if digest in titles}
    return ResultRow(
        row,
        names.get(row.person, row.person),
        total(marks.values()) if graded and marks else None,
        positions,
        {id: marks[pos] for id, pos in positions.items() if graded and pos in marks},
    )


def _numbers(rows: list[ResultRow]) -> dict[str, int | None]:
    """The number of each question, where it has the same one in all attempts."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        for question, pos in row.positions.items():
            found[question].add(pos + 1)
    return {question: min(known) if len(known) == 1 else None for question, known in found.items()}


def _mean(points: list[Decimal]) -> Decimal | None:
    return sum(points, Decimal(0)) / len(points) if points else None


def _order(sort: str, row: ResultRow) -> tuple[object, ...]:
    name = row.name.casefold(), row.attempt.person, row.attempt.number
    if sort in ("points", "-points"):
        points = row.points or Decimal(0)
        return (row.points is None, points if sort == "points" else -points, *name)
    return (row.attempt.state.value, *name) if sort == "state" else name


def _as_json(row: ResultRow) -> dict[str, object]:
    return {
        "attempt": row.attempt.id,
        "student": row.attempt.person,
        "number": row.attempt.number,
        "state": row.attempt.state.value,
        "points": None if row.points is None else float(row.points),
        "questions": {id: float(current.points) for id, current in row.marks.items()},
    }
