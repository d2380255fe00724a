"""Regrade requests: a student asks to look at a mark again; whoever gave it answers, and on appeal another.

Requests open some hours after a result was shown and close some days later. A student has a number of them;
one that changes the points comes back. Everything that was written stays readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from autograder.course.course import RegradeRequestRules
from autograder.errors import Conflict, Forbidden, NotFound, TooLarge
from autograder.site.audit import Act, record_act
from autograder.site.marking.tables import regrade_message, regrade_request
from autograder.site.tables import points_text

__all__ = [
    "Message",
    "RegradeRequest",
    "Window",
    "answer_request",
    "appeal_request",
    "find_request",
    "request_regrade",
    "requests_in",
    "requests_left",
    "require_may_answer",
    "window_of",
]

LONGEST = 2_000  # characters
HOUR, DAY = 3_600_000, 24 * 3_600_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wrote about a request; staff's has the points before and, where they changed, after."""

    at: int
    who: str
    text: str
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class RegradeRequest:
    """A request with everything that was written about it."""

    id: int
    kind: str
    work: str
    answer: str
    part: str
    person: str
    marker: str
    at: int
    state: str
    changed: bool
    messages: tuple[Message, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether staff have to answer."""
        return self.state in ("open", "appealed")

    @property
    def answered_by(self) -> str:
        """Who answered first; empty before that."""
        return next((message.who for message in self.messages if message.who != self.person), "")


@dataclass(frozen=True, slots=True)
class Window:
    """When a student may request a regrade of a result, in milliseconds; half-open."""

    opens_at: int
    closes_at: int

    def is_open(self, at: int) -> bool:
        """Whether a request is taken at an instant."""
        return self.opens_at <= at < self.closes_at


def window_of(rules: RegradeRequestRules, since: int) -> Window:
    """The window of a result that its student has seen since an instant."""
    opens_at = since + round(rules.after_hours * HOUR)
    return Window(opens_at, opens_at + round(rules.days * DAY))


def requests_left(connection: Connection, course: str, rules: RegradeRequestRules, person: str) -> int | None:
    """How many requests a student has left; None without a limit."""
    if rules.tokens is None:
        return None
    spent = (
        select(func.count())
        .select_from(regrade_request)
        .where(
            regrade_request.c.course == course,
            regrade_request.c.person == person,
            regrade_request.c.changed.is_(False),
        )
    )
    return max(0, rules.tokens - connection.execute(spent).scalar_one())


def request_regrade(
    connection: Connection,
    course: str,
    rules: RegradeRequestRules,
    window: Window | None,
    *,
    kind: str,
    work: str,
    answer: str,
    part: str,
    person: str,
    marker: str,
    text: str,
    at: int,
) -> int:
    """Store a student's request; its number.

    Raises Conflict outside the window, for a second request about the same mark, without a reason, and where
    none is left.
    """
    text = _checked(text, "Write what should be looked at again, and why.")
    if window is None:
        raise Conflict("This result is not shown yet.", next_step="Wait until you can see it.")
    if at < window.opens_at:
        hours = -(-(window.opens_at - at) // HOUR)
        raise Conflict(
            f"Regrade requests open in {hours} hour{'s' * (hours != 1)}.",
            next_step="Read the feedback first, and send the request then.",
        )
    if not window.is_open(at):
        raise Conflict(
            "The time for regrade requests of this result is over.",
            next_step="Write to the course's staff if you have a reason.",
        )
    if requests_left(connection, course, rules, person) == 0:
        raise Conflict(
            f"You have used your {rules.tokens} regrade requests.",
            next_step="One comes back whenever a request changes your points.",
        )
    values = {
        "course": course,
        "kind": kind,
        "work": work,
        "answer": answer,
        "part": part,
        "person": person,
        "marker": marker,
        "at": at,
        "state": "open",
        "changed": False,
    }
    this = [regrade_request.c[name] == values[name] for name in ("kind", "answer", "part", "person")]
    known = connection.execute(select(regrade_request.c.id).where(*this)).first()
    if known is not None:
        raise Conflict(
            "You have requested a regrade of this before.",
            next_step="Read the answer, and appeal if you do not agree.",
        )
    try:
        number = int(
            connection.execute(
                insert(regrade_request).values(values).returning(regrade_request.c.id)
            ).scalar_one()
        )
    except IntegrityError as problem:  # another server stored the same form
        raise Conflict(
            "You have requested a regrade of this before.", next_step="Reload the page."
        ) from problem
    _say(connection, number, person, at, person, text)
    return number


def require_may_answer(request: RegradeRequest, text: str, *, who: str) -> str:
    """The text of an answer as it is stored.

    Raises Conflict without a text and where the request was answered meanwhile, Forbidden for an appeal
    against one's own answer and for one's own request.
    """
    text = _checked(text, "Write an answer: the student reads it.")
    if who == request.person:
        raise Forbidden("This is your own request.", next_step="Let somebody else answer it.")
    if request.state == "appealed" and request.answered_by == who:
        raise Forbidden(
            "An appeal is decided by somebody else than who answered first.",
            next_step="Ask another member of the staff to answer it.",
        )
    if not request.waits:
        raise Conflict(
            "This request was answered meanwhile.", next_step="Reload the page and read the answer."
        )
    return text


def answer_request(
    connection: Connection,
    request: RegradeRequest,
    text: str,
    *,
    before: Decimal | None,
    after: Decimal | None,
    at: int,
    who: str,
) -> None:
    """Answer a request, or decide an appeal; `after` are new points, if there are any.

    Raises what `require_may_answer` does.
    """
    text = require_may_answer(request, text, who=who)
    changed = after is not None and after != before
    state = "closed" if request.state == "appealed" else "answered"
    done = connection.execute(
        update(regrade_request)
        .where(regrade_request.c.id == request.id, regrade_request.c.state == request.state)
        .values(state=state, changed=request.changed or changed)
    )
    if not done.rowcount:
        raise Conflict(
            "This request was answered meanwhile.", next_step="Reload the page and read the answer."
        )
    _say(connection, request.id, request.person, at, who, text, before, after if changed else None)
    detail: dict[str, object] = {"question": _shown_part(request), "reply": text, "request": request.id}
    if changed and after is not None:
        detail |= {"before": None if before is None else points_text(before), "after": points_text(after)}
    record_act(connection, Act(at, who, "answer regrade request", request.answer, detail))


def _shown_part(request: RegradeRequest) -> object:
    """The part as the log of acts names it: a quiz's questions are counted from 1."""
    return int(request.part) + 1 if request.kind == "quiz" else request.part


def appeal_request(connection: Connection, request: RegradeRequest, text: str, *, at: int) -> None:
    """Appeal against an answer, once: another person decides; raises Conflict otherwise."""
    text = _checked(text, "Write why you do not agree.")
    if request.state != "answered":
        raise Conflict(
            "There is no answer to appeal against."
            if request.state == "open"
            else "You have appealed already.",
            next_step="Wait for the answer." if request.waits else "The second answer is final.",
        )
    done = connection.execute(
        update(regrade_request)
        .where(regrade_request.c.id == request.id, regrade_request.c.state == "answered")
        .values(state="appealed", marker="")
    )
    if not done.rowcount:
        raise Conflict("You have appealed already.", next_step="Reload the page.")
    _say(connection, request.id, request.person, at, request.person, text)


def find_request(
    connection: Connection, course: str, number: int, person: str | None = None
) -> RegradeRequest:
    """A request, with `person` only if it is theirs; raises NotFound."""
    conditions = [regrade_request.c.id == number]
    if person is not None:
        conditions.append(regrade_request.c.person == person)
    for request in _requests(connection, course, conditions):
        return request
    raise NotFound("There is no such regrade request.", next_step="Go back to the list of requests.")


def requests_in(
    connection: Connection,
    course: str,
    *,
    person: str | None = None,
    answer: str | None = None,
    kind: str | None = None,
    work: str | None = None,
) -> list[RegradeRequest]:
    """The requests of a course, of one student, or about one piece of work; those that wait come first."""
    wanted = {"person": person, "answer": answer, "kind": kind, "work": work}
    conditions = [regrade_request.c[name] == value for name, value in wanted.items() if value is not None]
    return sorted(
        _requests(connection, course, conditions),
        key=lambda request: (not request.waits, request.at if request.waits else -request.at),
    )


def _requests(connection: Connection, course: str, conditions: Sequence[object]) -> list[RegradeRequest]:
    chosen = select(regrade_request).where(regrade_request.c.course == course, *conditions)  # type: ignore[arg-type]
    rows = connection.execute(chosen.order_by(regrade_request.c.id)).all()
    written: dict[int, list[Message]] = {}
    ids = chosen.with_only_columns(regrade_request.c.id).order_by(None)
    for row in connection.execute(
        select(regrade_message).where(regrade_message.c.request.in_(ids)).order_by(regrade_message.c.id)
    ):
        written.setdefault(row.request, []).append(Message(row.at, row.who, row.text, row.before, row.after))
    return [_request(row, written.get(row.id, [])) for row in rows]


def _request(row: Row[tuple[object, ...]], messages: Sequence[Message]) -> RegradeRequest:
    values = {name: value for name, value in row._mapping.items() if name != "course"}
    return RegradeRequest(**values, messages=tuple(messages))


def _say(
    connection: Connection,
    number: int,
    person: str,
    at: int,
    who: str,
    text: str,
    before: Decimal | None = None,
    after: Decimal | None = None,
) -> None:
    connection.execute(
        insert(regrade_message).values(
            request=number, person=person, at=at, who=who, text=text, before=before, after=after
        )
    )


def _checked(text: str, next_step: str) -> str:
    plain = text.replace("\0", "").strip()
    if not plain:
        raise Conflict("The text is empty.", next_step=next_step)
    if len(plain) > LONGEST:
        raise TooLarge(f"The text is longer than {LONGEST} characters.", next_step="Shorten it.")
    return plain
