"""Any order of answering, marking, overriding, reopening, regrading and importing keeps people's marks.

The test keeps books of what people did and of the time that everybody has, derives each total from the rows
and the events as plainly as the rules read, and marks every answer by a few lines of its own.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from exam_fixture import LOCK, SIGNER, ExamFixture, numbers
from fake_clock import MINUTE
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from autograder.course.csv_table import read_table
from autograder.course.roster import read_people
from autograder.errors import Conflict, Refused
from autograder.site.audit import acts_on
from autograder.site.database import Database
from autograder.site.roster_import import plan_import
from autograder.site.tables import mark as mark_table
from autograder.site.tables import outbox, waiting_mark
from quizzes.attempts.events import fold
from quizzes.attempts.response import answer_from
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService
from quizzes.store.answers import accept_late
from quizzes.store.attempts import AttemptRow, answers_of, attempt_from_rows
from quizzes.store.events import events_of
from quizzes.store.extensions import extend, extend_all, reopen
from quizzes.store.marks import give_mark, history_of, marks_in, points_of, set_points, withdraw_mark
from quizzes.store.overrides import terms_of
from quizzes.store.quizzes import publish
from quizzes.store.regrades import regrade_runs

GRACE, SHORT_WAITS_SECONDS, DAY = 20_000, 2_000, 24 * 60 * MINUTE
STUDENTS = 2
CHOICE, NUMBER, ESSAY = range(3)
POINTS = {CHOICE: Decimal(1), NUMBER: Decimal("0.5"), ESSAY: Decimal(2)}
OPTIONS = ("north", "east", "south")
students = st.integers(0, STUDENTS - 1)
positions = st.sampled_from([CHOICE, NUMBER, ESSAY])
overrides = st.sampled_from(["0", "0.1", "0.25", "0.5"])
# What an author may correct: which options are right, a typo in one, the number's key and its range.
keys = st.fixed_dictionaries(
    {
        "right": st.sets(st.sampled_from(OPTIONS), min_size=1, max_size=2),
        "typo": st.booleans(),
        "off": st.integers(0, 1),
        "last": st.integers(5, 9),
        "dropped": st.booleans(),
    }
)
FIRST_KEY = {"right": {"north"}, "typo": True, "off": 0, "last": 5, "dropped": False}


def quiz_by(key: dict[str, Any]) -> Quiz:
    """The quiz with this key; with the typo an option reads `esat`."""
    words = {"prompt": "Which?", "explanation": "So."}
    texts = {text: "esat, of course" if key["typo"] and text == "east" else text for text in OPTIONS}
    texts["east"] = texts["east"] if key["typo"] else "east, of course"
    options = [{"text": texts[text], "correct": text in key["right"]} for text in OPTIONS]
    choice: dict[str, Any] = {"id": "choice", "type": "choice", **words, "options": options}
    number: dict[str, Any] = {
        "id": "number",
        "type": "numeric",
        **words,
        "prompt": "What is [[a]] and one?",
        "parameters": {"a": {"range": [1, key["last"]]}},
        "key": f"a + 1 + {key['off']}",
        "tolerance": {"mode": "exact"},
    }
    essay = {
        "id": "essay",
        "type": "essay",
        **words,
        "rubric": [{"text": "Good."}],
        "model_answer": "So.",
    }
    items: list[dict[str, Any]] = [choice, number, essay]
    pools = [
        {"items": {f"t/{item['id']}": item}, "points": str(points)}
        for item, points in zip(items, POINTS.values(), strict=True)
    ]
    dropped = ["t/number"] if key["dropped"] else []
    return Quiz.model_validate(
        {"name": "t", "title": "T", "shuffle": False, "pools": pools, "dropped": dropped}
    )


class MarkMachine(RuleBasedStateMachine):
    """Two students at one quiz, and staff."""

    address: str

    @initialize()
    def begin(self) -> None:
        """A quiz is published; nobody has begun."""
        self.fixture = ExamFixture(Database(self.address))
        self.fixture.exam.close()
        opens, database = self.fixture.opens, Database(self.address)
        self.fixture.database = database
        self.fixture.exam = ExamService(database, self.fixture.clock, SIGNER, Quiz.read)
        self.quiz = f"quiz-{next(numbers)}"
        first = quiz_by(FIRST_KEY)
        self.keys: dict[str, dict[str, Any]] = {first.hash: FIRST_KEY}
        with database.transaction() as connection:
            publish(
                connection,
                self.quiz,
                course="course",
                title="T",
                version=first,
                schedule=self.fixture.schedule(due_at=opens + DAY, closes_at=opens + 2 * DAY),
                at=self.fixture.clock.now(),
                who="staff",
                force=True,
            )
        self.people = [self.fixture.student() for _ in range(STUDENTS)]
        self.attempts: dict[int, AttemptRow] = {}
        self.responses: dict[tuple[str, int, int], Any] = {}  # by attempt, position and revision
        self.late: dict[str, list[tuple[str, int, Any]]] = {}
        self.personal: dict[tuple[str, int], Decimal] = {}  # what people gave and nobody changed
        self.acted: dict[str, int] = {}
        self.runs: list[int] = []
        self.proposed: dict[int, dict[str, tuple[str, int, dict[int, int]]]] = {}
        self.times: dict[tuple[str, str], int] = {}  # of an attempt or a student, by name
        self.rows: dict[int, tuple[Any, ...]] = {}

    # Students

    @rule(student=students)
    def start(self, student: int) -> None:
        """Start, once."""
        if student not in self.attempts:
            row = self.fixture.exam.start(self.quiz, self.people[student], LOCK).result()
            self.attempts[student] = row

    @precondition(lambda self: self.attempts)
    @rule(student=students, pos=positions, which=st.integers(0, 2))
    def save(self, student: int, pos: int, which: int) -> None:
        """Save an answer; one that comes after the end is kept for staff."""
        if student not in self.attempts:
            return
        row = self.attempts[student]
        items = self.fixture.exam.items_of(row.id)
        answer: Any = {
            CHOICE: [option.id for option in items[CHOICE].view.options][which],
            NUMBER: str(int(Decimal(json.loads(items[NUMBER].params)["a"])) + which),
            ESSAY: f"Because {which}.",
        }[pos]
        with self.fixture.database.reading() as connection:
            stored = answers_of(connection, row.id).get(pos)
        base = stored.rev if stored else 0
        save_id = f"save-{next(numbers):08}"
        result = self.fixture.save(row, answer, base, pos=pos, save_id=save_id)
        if result.outcome == "saved":
            self.responses[row.id, pos, result.stored.rev] = answer
        else:
            assert result.outcome in ("closed", "late")
            self.late.setdefault(row.id, []).append((save_id, pos, answer))

    @precondition(lambda self: self.attempts)
    @rule(student=students)
    def hand_in(self, student: int) -> None:
        """Submit."""
        if student in self.attempts:
            row = self.attempts[student]
            self.fixture.exam.finish(row.id, row.person).result()

    @rule(student=students, which=st.tuples(*[st.integers(0, 2)] * 3))
    def take(self, student: int, which: tuple[int, int, int]) -> None:
        """Answer everything, submit, and be marked."""
        self.start(student)
        for pos in POINTS:
            self.save(student, pos, which[pos])
        self.hand_in(student)
        self.mark()

    # The server

    @rule(span=st.sampled_from([1_000, MINUTE, 20 * MINUTE + GRACE + SHORT_WAITS_SECONDS + 1]))
    def wait(self, span: int) -> None:
        """Time passes."""
        self.fixture.fake.pass_(span)

    @rule()
    def sweep(self) -> None:
        """Close what is overdue."""
        self.fixture.exam.sweep()

    @rule()
    def mark(self) -> None:
        """Mark what was submitted."""
        self.fixture.exam.mark()

    @rule()
    def restart(self) -> None:
        """The server ends and starts again."""
        self.fixture.exam.close()
        self.fixture.database = Database(self.address)
        self.fixture.exam = ExamService(self.fixture.database, self.fixture.clock, SIGNER, Quiz.read)

    # Staff

    @precondition(lambda self: self.attempts)
    @rule(student=students, minutes=st.integers(2, 30))
    def let_go_on(self, student: int, minutes: int) -> None:
        """Reopen an attempt that is over."""
        row = self.now(student)
        if row is not None and row.state != "open":
            event("reopened")
            until = self.fixture.clock.now() + minutes * MINUTE
            self.act(reopen, row.id, until, reason="a power cut")
            self.may_shrink(row.id)

    @precondition(lambda self: self.attempts)
    @rule(student=students, minutes=st.integers(1, 30), everybody=st.booleans())
    def give_time(self, student: int, minutes: int, everybody: bool) -> None:
        """Extend one attempt or all."""
        row = self.now(student)
        if everybody:
            self.act(extend_all, self.quiz, minutes=minutes, reason="an outage")
        elif row is not None and row.state == "open":
            end = max(row.deadline_at or 0, self.fixture.clock.now()) + minutes * MINUTE
            self.act(extend, row.id, end, reason="a headache")

    @rule(
        student=students,
        extra=st.sampled_from(["", "0", "5", "30"]),
        role=st.sampled_from(["", "student"]),
        confirmed=st.booleans(),
    )
    def import_roster(self, student: int, extra: str, role: str, confirmed: bool) -> None:
        """Import a table about one student, who loses time only where that is confirmed."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "roster.csv"
            line = f"{self.people[student]},Somebody,{extra},{role}"
            path.write_text(f"student_id,name,extra_minutes,role\n{line}\n", encoding="utf-8")
            table = read_people(read_table(path))
        with self.fixture.database.transaction() as connection:
            plan = plan_import(connection, ZoneInfo("Europe/Berlin"), table, take_away=confirmed)
            assert confirmed or not plan.losses
            plan.apply(connection, self.fixture.clock.now(), "staff")
        event(f"imported, time taken away: {bool(plan.losses)}")
        if plan.losses:
            self.may_shrink(self.people[student])

    @precondition(lambda self: any(self.late.values()))
    @rule(which=st.integers(0, 10**6))
    def accept(self, which: int) -> None:
        """Accept a late answer."""
        attempt_id, (save_id, pos, answer) = [
            (attempt_id, save) for attempt_id, saves in self.late.items() for save in saves
        ][which % sum(map(len, self.late.values()))]
        at = self.fixture.clock.now()
        try:
            stored = self.fixture.write(accept_late, attempt_id, save_id, at, "staff")
        except Conflict:
            assert self.fixture.exam.inspect(attempt_id)[0].attempt.state == "open"
            return
        event("accepted")
        self.late[attempt_id].remove((save_id, pos, answer))
        self.responses[attempt_id, pos, stored.rev] = answer

    @precondition(lambda self: self.attempts)
    @rule(student=students, pos=positions, points=overrides)
    def override(self, student: int, pos: int, points: str) -> None:
        """Set the points of any question."""
        self.give(
            student, pos, Decimal(points), lambda row: self.act(set_points, row.id, pos, points, reason="x")
        )

    @precondition(lambda self: self.attempts)
    @rule(student=students, points=st.sampled_from([Decimal(0), Decimal("1.3333"), Decimal(2)]))
    def mark_essay(self, student: int, points: Decimal) -> None:
        """Mark an essay."""
        self.give(
            student,
            ESSAY,
            points,
            lambda row: self.act(give_mark, row.id, ESSAY, points, detail="{}", reason="by the rubric"),
        )

    def give(self, student: int, pos: int, points: Decimal, work: Any) -> None:
        """Give a mark, which is refused before the attempt is marked."""
        row = self.now(student)
        if row is None:
            return
        try:
            work(row)
        except Conflict:
            assert row.state != "graded"
            return
        event("a person's mark")
        self.personal[row.id, pos] = points
        self.acted[row.id] = self.acted.get(row.id, 0) + 1

    @precondition(lambda self: self.personal)
    @rule(which=st.integers(0, 10**6))
    def withdraw(self, which: int) -> None:
        """Let the automatic mark count again."""
        # In the order in which they were given: ids are random, and a repeated run has to do the same.
        attempt_id, pos = list(self.personal)[which % len(self.personal)]
        if self.fixture.exam.inspect(attempt_id)[0].attempt.state == "graded":
            self.act(withdraw_mark, attempt_id, pos, reason="a slip")
            del self.personal[attempt_id, pos]

    @rule(key=keys)
    def propose(self, key: dict[str, Any]) -> None:
        """Propose a regrade; it changes no score."""
        before = self.totals()
        version = quiz_by(key)
        self.keys[version.hash] = key
        run, changes = self.fixture.exam.regrades.propose(self.quiz, version, who="staff")
        assert self.totals() == before
        assert all(before[change.attempt] == change.before for change in changes)
        self.runs.append(run)
        with self.fixture.database.reading() as connection:
            self.proposed[run] = {
                row.id: seen
                for row in self.attempts.values()
                if (seen := self.seen(connection, row.id))[0] == "graded"
            }

    @precondition(lambda self: self.runs)
    @rule(older=st.sampled_from([0, 0, 0, 1, 2]))
    def release(self, older: int) -> None:
        """Release a proposal: only the newest one; then nothing but what it listed has changed."""
        self.release_run(self.runs[max(0, len(self.runs) - 1 - older)])

    @rule(key=keys)
    def correct(self, key: dict[str, Any]) -> None:
        """Propose and release at once."""
        self.propose(key)
        self.release_run(self.runs[-1])

    def release_run(self, run: int) -> None:
        """Release a run and compare."""
        before = self.totals()
        with self.fixture.database.reading() as connection:
            self.before_release = {row.id: self.seen(connection, row.id) for row in self.attempts.values()}
            known = {proposal.id: proposal for proposal in regrade_runs(connection, self.quiz)}[run]
        try:
            self.fixture.exam.regrades.release(self.quiz, run, who="staff")
        except Refused:
            assert known.released_at is None and run != max(self.runs)
            assert self.totals() == before
            return
        assert run == max(self.runs) or known.released_at is not None
        self.fixture.exam.regrades.apply(run)
        if known.released_at is not None:
            assert self.totals() == before
            return
        event("released")
        with self.fixture.database.reading() as connection:
            (proposal,) = [proposal for proposal in regrade_runs(connection, self.quiz) if proposal.id == run]
            skipped = {change.attempt: change.outcome for change in proposal.skipped}
            for row in self.attempts.values():
                seen, now = self.proposed[run].get(row.id), self.seen(connection, row.id)
                key = history_of(connection, row.id)
                if seen is None:
                    continue
                if seen == self.before_release[row.id]:  # nothing has changed since
                    event("applied")
                    assert row.id not in skipped
                    newest = [marks for pos, marks in key.items() if pos != ESSAY]
                    automatic = [[mark for mark in marks if mark.source == "auto"][-1] for marks in newest]
                    assert {mark.key_version for mark in automatic} == {proposal.key_version}
                else:
                    event("skipped")
                    assert row.id in skipped
                assert (now[0], now[2]) == (self.before_release[row.id][0], self.before_release[row.id][2])

    # Books

    def act(self, work: Any, *arguments: Any, **named: Any) -> Any:
        """An act of staff, now."""
        at = self.fixture.clock.now()
        return self.fixture.write(work, *arguments, at=at, who="staff", **named)

    def now(self, student: int) -> AttemptRow | None:
        """A student's attempt."""
        if student not in self.attempts:
            return None
        return self.fixture.row(self.attempts[student])

    def seen(self, connection: Any, attempt_id: str) -> tuple[str, int, dict[int, int]]:
        """What a proposal depends on: the state, how many marks there are, and the answers' revisions."""
        marks = sum(map(len, history_of(connection, attempt_id).values()))
        revisions = {pos: answer.rev for pos, answer in answers_of(connection, attempt_id).items()}
        return attempt_from_rows(connection, attempt_id).state.value, marks, revisions

    def totals(self) -> dict[str, Decimal | None]:
        """The points of all attempts."""
        with self.fixture.database.reading() as connection:
            return {row.id: points_of(connection, row.id) for row in self.attempts.values()}

    def may_shrink(self, whose: str) -> None:
        """Somebody has just named this attempt or student in an act that sets times."""
        self.times = {key: time for key, time in self.times.items() if key[0] != whose}

    def times_now(self) -> dict[tuple[str, str], int]:
        """The ends of all attempts, and what everybody who starts now would get."""
        now: dict[tuple[str, str], int | None] = {}
        for attempt in self.attempts.values():
            row = self.fixture.row(attempt)
            now |= {(row.id, "deadline"): row.deadline_at, (row.id, "due"): row.due_at}
        with self.fixture.database.reading() as connection:
            for student in self.people:
                terms = terms_of(connection, self.quiz, student)
                now[student, "time allowed"] = terms.time_allowed
                now |= {(student, "due"): terms.due_at, (student, "close"): terms.closes_at}
        assert None not in now.values()
        return {key: time for key, time in now.items() if time is not None}

    def earned(self, key: dict[str, Any], attempt_id: str, pos: int, rev: int) -> Decimal:
        """What an answer earns by a key, worked out once more."""
        answer = self.responses.get((attempt_id, pos, rev))
        item = self.fixture.exam.items_of(attempt_id)[pos]
        if pos == NUMBER and key["dropped"]:
            return POINTS[pos]
        if answer is None or pos == ESSAY:
            return Decimal(0)
        if pos == NUMBER:
            a = int(Decimal(json.loads(item.params)["a"]))
            return Decimal(POINTS[pos] * (int(answer) == a + 1 + key["off"]))
        shown = {option.id: option.html for option in item.view.options}[answer]
        direction = next(text for text in OPTIONS if text in shown or (text == "east" and "esat" in shown))
        return POINTS[pos] * (direction in key["right"])

    # The promises

    @invariant()
    def every_mark_is_kept(self) -> None:
        """Rows of marks are only added."""
        if not hasattr(self, "rows"):
            return
        with self.fixture.database.reading() as connection:
            ids = [row.id for row in self.attempts.values()]
            found = connection.execute(select(mark_table).where(mark_table.c.work.in_(ids)))
            now = {row.id: tuple(row) for row in found}
        assert self.rows.items() <= now.items()
        self.rows = now

    @invariant()
    def marks_of_people_stand(self) -> None:
        """What a person gave counts, in every state of the attempt, flagged if its answer changed."""
        if not hasattr(self, "rows"):
            return
        with self.fixture.database.reading() as connection:
            for row in self.attempts.values():
                marks, answers = marks_in(connection, row.id), answers_of(connection, row.id)
                given = {pos: points for (name, pos), points in self.personal.items() if name == row.id}
                personal = {pos: now for pos, now in marks.items() if now.mark.source.personal}
                assert {pos: now.points for pos, now in personal.items()} == given
                for pos, now in personal.items():
                    event(f"changed: {now.changed}")
                    assert now.changed == (now.mark.answer_rev != (answers[pos].rev if pos in answers else 0))
                acts = [act for act in acts_on(connection, row.id) if act.act == "set points"]
                assert len(acts) == self.acted.get(row.id, 0)

    @invariant()
    def totals_follow_from_the_rows(self) -> None:
        """A total is what events and marks say, automatic marks are right, and others are told of it."""
        if not hasattr(self, "rows"):
            return
        with self.fixture.database.reading() as connection:
            for row in self.attempts.values():
                folded = fold(events_of(connection, row.id))
                stored = attempt_from_rows(connection, row.id)
                assert (folded.state, folded.answers) == (stored.state, stored.answers)
                assert (folded.deadline_at, folded.due_at) == (stored.deadline_at, stored.due_at)
                points = points_of(connection, row.id)
                if folded.state != "graded":
                    assert points is None
                    continue
                whole, waits = Decimal(0), set()
                for pos in POINTS:
                    answer = folded.answers.get(pos, StoredAnswer())
                    rev = answer.rev
                    if rev:
                        assert answer_from(answer.response) == self.responses[row.id, pos, rev]
                    earned, automatic, changed = self.replayed(connection, row.id, pos, rev)
                    whole += earned
                    assert automatic.answer_rev == rev
                    by_key = self.earned(self.keys[automatic.key_version], row.id, pos, rev)
                    assert automatic.points == by_key
                    assert automatic.pending == (pos == ESSAY and bool(rev))
                    personal = (row.id, pos) in self.personal
                    if changed or (automatic.pending and not personal):
                        waits.add(str(pos))
                assert points == whole
                listed = select(waiting_mark.c.part).where(waiting_mark.c.work == row.id)
                assert set(connection.execute(listed).scalars()) == waits
                payloads = [
                    payload
                    for text in connection.execute(select(outbox.c.payload).order_by(outbox.c.id)).scalars()
                    if (payload := json.loads(text))["attempt"] == row.id
                ]
                assert payloads[-1]["points"] == float(points)

    def replayed(self, connection: Any, attempt_id: str, pos: int, rev: int) -> tuple[Decimal, Any, bool]:
        """The points of one question by its rows, the automatic mark, and whether a person's is flagged."""
        automatic = personal = None
        rows = select(mark_table).where(mark_table.c.work == attempt_id, mark_table.c.part == str(pos))
        for row in connection.execute(rows.order_by(mark_table.c.id)):
            if row.source == "manual":
                personal = row if row.points is not None else None
            else:
                automatic = row
        assert automatic is not None
        if personal is not None:
            return Decimal(personal.points), automatic, personal.answer_rev != rev
        return Decimal(automatic.points), automatic, False

    @invariant()
    def no_time_shrinks(self) -> None:
        """Ends, due dates, closes and time allowed stay or grow, unless somebody was named to lose some."""
        if hasattr(self, "rows"):
            now = self.times_now()
            shrunk = {key: (time, now[key]) for key, time in self.times.items() if now[key] < time}
            assert shrunk == {}
            self.times = now

    def teardown(self) -> None:
        """Close the server."""
        if hasattr(self, "fixture"):
            self.fixture.exam.close()


MORE = int(os.environ.get("FUZZ", "0")) // 20


def test_marks_in_any_order(address: str) -> None:
    """The promises hold after every step, on both databases."""

    class Here(MarkMachine):
        pass

    Here.address = address
    run_state_machine_as_test(
        Here, settings=settings(max_examples=max(20, MORE), stateful_step_count=40, deadline=None)
    )
