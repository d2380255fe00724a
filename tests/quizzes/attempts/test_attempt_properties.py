"""Any order of starting, saving, handing in, sweeping, extending and restarting keeps every promise.

The test keeps books of its own, written as plainly as the rules read, and compares them with the store.
"""

from __future__ import annotations

import os
from fractions import Fraction

from exam_fixture import SIGNER, ExamFixture
from fake_clock import MINUTE
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from small_quiz import SmallQuiz

from autograder.site.database import Database
from quizzes.attempts.events import FinishedBy, Saved, fold
from quizzes.schedule.timing import Accommodation
from quizzes.services.exam import ExamService
from quizzes.store.attempts import AttemptRow, attempt_from_rows
from quizzes.store.endings import finish
from quizzes.store.extensions import extend, extend_all, reopen
from quizzes.store.receipts import is_genuine

GRACE, SHORT_WAITS_SECONDS = 20_000, 2_000
LOCKS = ["lock-of-tab-0", "lock-of-tab-1"]
spans = st.one_of(
    st.integers(0, 25 * MINUTE),
    st.sampled_from([1, GRACE, GRACE + 1, GRACE + SHORT_WAITS_SECONDS, MINUTE, 20 * MINUTE]),
)
locks = st.sampled_from(LOCKS)


class AttemptMachine(RuleBasedStateMachine):
    """One student's attempt at a quiz of two sums, and everything that can happen to it."""

    address: str

    @initialize(
        multiplier=st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(4, 3)]),
        start=st.integers(0, 59 * MINUTE),
    )
    def begin(self, multiplier: Fraction, start: int) -> None:
        """Start, at some time in the window."""
        self.fixture = ExamFixture(Database(self.address))
        student = self.fixture.student(Accommodation(multiplier))
        quiz = self.fixture.quiz(questions=2)
        self.true = self.fixture.opens
        self.pass_(start)
        self.attempt: AttemptRow = self.fixture.exam.start(quiz, student, LOCKS[0]).result()
        time_allowed = 20 * MINUTE * multiplier
        close = self.fixture.opens + 60 * MINUTE + time_allowed - 20 * MINUTE
        self.deadline = int(min(self.true + time_allowed, close))
        self.started, self.lock, self.open = self.true, LOCKS[0], True
        self.finished_at: int | None = None
        self.answers: dict[int, tuple[int, str | None]] = {0: (0, None), 1: (0, None)}
        self.acknowledged: dict[str, tuple[int, str | None, int]] = {}
        self.sent: list[tuple[str, int, str | None, int, str, bool]] = []

    # Time

    @rule(span=spans)
    def pass_(self, span: int) -> None:
        """Time passes."""
        self.fixture.fake.pass_(span)
        self.true += span

    @rule(
        beyond=st.sampled_from(
            [-1, 0, 1, GRACE, GRACE + 1, GRACE + SHORT_WAITS_SECONDS, GRACE + SHORT_WAITS_SECONDS + 1]
        )
    )
    def pass_until_the_end(self, beyond: int) -> None:
        """It is just before, at or after the deadline, the end of the grace, or the sweeper's time."""
        self.pass_(max(0, self.deadline + beyond - self.true))

    @rule(span=st.integers(0, 60 * MINUTE))
    def set_clock_back(self, span: int) -> None:
        """The machine's clock is set back; true time does not care."""
        self.fixture.clock.now()
        self.fixture.fake.set_back(span)

    # The student

    @rule(
        pos=st.integers(0, 1),
        value=st.sampled_from([None, "", "1", "2", "x"]),
        off=st.sampled_from([0, 0, 0, -1, 1]),
        lock=locks,
        clear=st.booleans(),
        queued=st.sampled_from([0, 0, 0, 500, GRACE]),
    )
    def save(self, pos: int, value: str | None, off: int, lock: str, clear: bool, queued: int) -> None:
        """A save, which may have waited for its turn."""
        base = max(0, self.answers[pos][0] + off)
        self.sent.append((f"save-{len(self.sent):06}", pos, value, base, lock, clear))
        self.deliver(self.sent[-1], queued)

    @rule(pos=st.integers(0, 1), value=st.sampled_from([None, "1", "2"]), clear=st.booleans())
    def save_as_a_page_does(self, pos: int, value: str | None, clear: bool) -> None:
        """With the revision it has and the edit lock that counts."""
        self.save(pos, value, 0, self.lock, clear, 0)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 10**6))
    def deliver_again(self, which: int) -> None:
        """A save arrives a second time."""
        self.deliver(self.sent[which % len(self.sent)], 0)

    def deliver(self, sent: tuple[str, int, str | None, int, str, bool], queued: int) -> None:
        """Send it and compare the reply with what the rules say."""
        save_id, pos, value, base, lock, clear = sent
        at = max(self.started, self.true - queued)
        result = self.fixture.save(
            self.attempt, value, base, pos=pos, save_id=save_id, lock=lock, clear=clear, at=at
        )
        if save_id in self.acknowledged:
            assert (result.outcome, result.replayed) == ("saved", True)
            assert (pos, result.answer, result.stored.rev) == self.acknowledged[save_id]
            return
        rev, stored = self.answers[pos]
        blank, had = not (value or "").strip(), bool((stored or "").strip())
        if not self.open:
            expected = "closed"
        elif at > self.deadline + GRACE:
            expected = "late"
        elif lock != self.lock:
            expected = "elsewhere"
        elif value == "x":
            expected = "invalid"
        elif base != rev:
            expected = "stale"
        elif blank and had and not clear:
            expected = "blank"
        else:
            expected = "saved"
            self.answers[pos] = (rev + 1, value)
            self.acknowledged[save_id] = (pos, value, rev + 1)
            assert result.in_grace == (at > self.deadline)
        assert result.outcome == expected
        assert (result.stored.rev, result.answer) == self.answers[pos]

    @rule(lock=locks)
    def open_window(self, lock: str) -> None:
        """Another tab takes the edit lock, unless it is all over."""
        self.fixture.exam.take_lock(self.attempt.id, self.attempt.person, lock).result()
        if self.open:
            self.lock = lock

    @rule(timer=st.booleans())
    def finish(self, timer: bool) -> None:
        """Hand in."""
        self.fixture.exam.finish(self.attempt.id, self.attempt.person, timer=timer).result()
        if self.open:
            self.over(min(self.true, self.deadline))

    @rule()
    def reload(self) -> None:
        """The student's page; it ends what is overdue."""
        view = self.fixture.exam.view(self.attempt.id, self.attempt.person)
        self.swept()
        assert view.remaining == max(0, self.deadline - self.true)
        assert view.attempt.state == "open" or not self.open

    # The server and staff

    @rule()
    def sweep(self) -> None:
        """It ends the attempt exactly when it is overdue."""
        was_open = self.open
        self.swept()
        assert self.fixture.exam.sweep() == (was_open and not self.open)

    @rule()
    def staff_look(self) -> None:
        """Changes nothing, as the invariants show."""
        self.fixture.exam.inspect(self.attempt.id)

    @rule()
    def mark(self) -> None:
        """Marks change no answer and no time."""
        self.fixture.exam.mark()

    @precondition(lambda self: self.open)
    @rule(minutes=st.integers(1, 30), everybody=st.booleans())
    def give_time(self, minutes: int, everybody: bool) -> None:
        """Staff extend it, alone or with all others."""
        if everybody:
            named = {"at": self.true, "who": "staff", "reason": "outage", "minutes": minutes}
            self.fixture.write(extend_all, self.attempt.quiz, **named)
            self.deadline += minutes * MINUTE
        else:
            self.deadline = max(self.deadline, self.true) + minutes * MINUTE
            self.fixture.write(
                extend, self.attempt.id, self.deadline, at=self.true, who="staff", reason="alarm"
            )

    @precondition(lambda self: not self.open)
    @rule(minutes=st.integers(1, 30))
    def let_go_on(self, minutes: int) -> None:
        """Staff reopen it."""
        self.deadline = self.true + minutes * MINUTE
        self.fixture.write(
            reopen, self.attempt.id, self.deadline, at=self.true, who="staff", reason="accident"
        )
        self.open, self.finished_at = True, None

    @rule()
    def restart(self) -> None:
        """The server ends and starts again."""
        self.fixture.exam.close()
        database = Database(self.address)
        self.fixture.database, self.fixture.exam = (
            database,
            ExamService(database, self.fixture.clock, SIGNER, SmallQuiz),
        )

    def swept(self) -> None:
        """Book an end by the clock, if it is due."""
        if self.open and self.true > self.deadline + GRACE + SHORT_WAITS_SECONDS:
            self.over(self.deadline)

    def over(self, at: int) -> None:
        """Book an end."""
        self.open, self.finished_at = False, at

    # The promises

    @invariant()
    def the_clock_is_true(self) -> None:
        """Nobody gains or loses by the machine's clock."""
        assert not hasattr(self, "attempt") or self.fixture.clock.now() == self.true

    @invariant()
    def books_rows_and_events_agree(self) -> None:
        """Deadline, end, edit lock and answers are those of the books; the events fold to the rows."""
        if not hasattr(self, "attempt"):
            return
        view, events = self.fixture.exam.inspect(self.attempt.id)
        row = view.attempt
        assert (row.state == "open", row.deadline_at) == (self.open, self.deadline)
        assert (row.finished_at, row.lock) == (self.finished_at, self.lock)
        stored = {pos: (answer.rev, answer.response) for pos, answer in view.answers.items()}
        raws = {None: "null", "": '""', "1": '"1"', "2": '"2"'}
        assert stored == {pos: (rev, raws[value]) for pos, (rev, value) in self.answers.items() if rev}
        with self.fixture.database.reading() as connection:
            rows = attempt_from_rows(connection, self.attempt.id)
        folded = fold(events)
        assert (folded.state, folded.answers, folded.lock) == (rows.state, rows.answers, rows.lock)
        assert (folded.deadline_at, folded.due_at) == (rows.deadline_at, rows.due_at)
        assert (folded.finished_at, folded.finished_by) == (rows.finished_at, rows.finished_by)
        counted = {e.save_id for e in events if isinstance(e, Saved) and e.valid and not e.late}
        assert counted == set(self.acknowledged)
        assert self.open or (view.receipt is not None and is_genuine(SIGNER, view.receipt))

    def teardown(self) -> None:
        """The next student finds no attempt open."""
        if hasattr(self, "fixture"):
            if hasattr(self, "attempt"):
                at = self.fixture.clock.now()
                self.fixture.write(finish, self.attempt.id, at, FinishedBy.STAFF, SIGNER)
            self.fixture.exam.close()


MORE = int(os.environ.get("FUZZ", "0")) // 20


def test_any_order_of_anything(address: str) -> None:
    """The promises hold after every step, on both databases."""

    class Here(AttemptMachine):
        pass

    Here.address = address
    run_state_machine_as_test(
        Here, settings=settings(max_examples=max(20, MORE), stateful_step_count=40, deadline=None)
    )
