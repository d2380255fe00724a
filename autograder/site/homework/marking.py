"""Homework as marking by hand sees it: written answers, and tasks whose checks a person may override.

The answer of a student is that of the submission that counts. The attempts of a class are kept in memory, and
a mark or a grading reads those of its owners again: the next answer and the number of those that wait are
there at once, also in a class of 2,000 whose submissions are being graded.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from threading import Lock

from markupsafe import Markup
from sqlalchemy import Connection, func, select

from autograder.course.assignment import ModelAnswer, read_model_answers
from autograder.course.course import FILE, Course
from autograder.errors import AutograderError, Conflict, NotFound
from autograder.report import CheckResult, Report, Status
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, record_act
from autograder.site.homework.assignments import Homework, homework_in, published
from autograder.site.homework.context import HomeworkContext, context_of
from autograder.site.homework.grade_records import TASK, WRITTEN, task_part, whole_work, written_part
from autograder.site.homework.notices import tell_mark
from autograder.site.homework.regrades import COUNTING, open_regrade, propose_regrade
from autograder.site.homework.rendered_notebook import RenderedCell, render_notebook
from autograder.site.homework.scores import KIND, Attempt, attempts_of, attempts_of_class, counted
from autograder.site.homework.submissions import counts, find_submission, owners_of
from autograder.site.homework.tables import grading, submission, submission_owner
from autograder.site.homework.visibility import latest_due, visible_to
from autograder.site.marking.source import (
    AnswerToMark,
    Criterion,
    GivenMark,
    QuestionToMark,
    ShownAnswer,
    WaitingWork,
    question_of,
)
from autograder.site.marks import Mark, Source, add_marks, marks_of_work
from autograder.site.people import erased_people
from autograder.site.tables import mark, points_text

__all__ = ["HomeworkMarking", "homework_marking"]

PART = "homework marking"
MOST_KEPT = 8  # classes in memory
FEW = 100  # people whose attempts are read one by one; of more the whole class is read
OUTCOMES = {
    Status.PASSED: "passed",
    Status.ERROR: "the check is broken",
    Status.SKIPPED: "not run: a check it needs did not pass",
}


@dataclass(frozen=True)
class _State:
    """What tells whether anything has happened in the course that may change what a student's work earns."""

    rules: Hashable  # of another one, everything may be different
    graded: Hashable  # another one with every grading that ends, of whatever assignment
    newest_mark: int


@dataclass
class _Class:
    """The attempts of a class, with the state of the course that they were read from."""

    row: Homework
    state: _State
    gradings: frozenset[tuple[int, str]]  # that count and have ended, each with its submission
    attempts: dict[str, list[Attempt]]
    chosen: dict[str, Attempt | None]  # which attempt of a person counts
    #: What follows from these, made when it is asked for: the attempts that count by their submission, and
    #: the people of each answer that waits by its question.
    counting: dict[str, tuple[Attempt, tuple[str, ...]]] | None = None
    waiting: dict[str, list[tuple[str, ...]]] | None = None


class HomeworkMarking:
    """The assignments of a course for marking by hand; see `autograder.site.marking.source`."""

    kind = KIND

    def __init__(self, context: HomeworkContext) -> None:
        self._context = context
        self._classes: dict[str, _Class] = {}
        self._lock = Lock()

    def works(self, connection: Connection) -> list[tuple[str, str]]:
        """The published assignments."""
        return [(row.id, row.facts.title) for row in homework_in(connection, self._context.site.course)]

    def questions(self, connection: Connection, work: str) -> list[QuestionToMark]:
        """The written answers of an assignment, then its tasks."""
        row = published(connection, self._context.site.course, work)
        models = self._models(row) if row.facts.written else {}
        written = [
            QuestionToMark(
                written_part(task.id),
                task.title,
                Decimal(str(task.points)),
                by_hand=True,
                criteria=tuple(
                    Criterion(criterion.text, Decimal(str(criterion.points)))
                    for criterion in (models[task.id].rubric if task.id in models else ())
                ),
            )
            for task in row.facts.written
        ]
        tasks = [
            QuestionToMark(task_part(task.id), task.title, Decimal(str(task.points)), by_hand=False)
            for task in row.facts.tasks
        ]
        return [*written, *tasks]

    def answers(self, connection: Connection, work: str, question: QuestionToMark) -> list[AnswerToMark]:
        """The answers in the submissions that count; a group's once, with all who submitted it."""
        course = self._context.course(connection)
        row = published(connection, self._context.site.course, work)
        with self._lock:
            known = self._class(connection, course, row, self._state(connection, course))
            counting = self._counting(known)
        answers = (self._answer(connection, question, *item) for item in counting.values())
        return [answer for answer in answers if answer is not None]

    def waiting(self, connection: Connection) -> list[WaitingWork]:
        """The written answers that wait; a task has what its checks gave."""
        works = []
        course = self._context.course(connection)
        state = self._state(connection, course)
        for row in homework_in(connection, self._context.site.course):
            if not row.facts.written:
                continue
            with self._lock:
                known = self._class(connection, course, row, state)
                if known.waiting is None:
                    known.waiting = self._waiting(connection, row, self._counting(known))
                if known.waiting:
                    works.append(WaitingWork(row.id, row.facts.title, dict(known.waiting)))
        return works

    def questions_of_people(self, connection: Connection, work: str) -> set[str]:
        """The written answers, and the tasks of which a person marked a submission that counts."""
        course = self._context.course(connection)
        row = published(connection, self._context.site.course, work)
        with self._lock:
            known = self._class(connection, course, row, self._state(connection, course))
            counting = self._counting(known)
        written = {written_part(task.id) for task in row.facts.written}
        return written | {task_part(task) for attempt, _ in counting.values() for task in attempt.task_marks}

    def marked(self, connection: Connection, work: str, question: QuestionToMark) -> list[AnswerToMark]:
        """The answers that people have marked, each mark once, also in submissions that do not count."""
        row = published(connection, self._context.site.course, work)
        course = self._context.course(connection)
        with self._lock:
            everybody = dict(self._class(connection, course, row, self._state(connection, course)).attempts)
        others = (
            self._answer(connection, question, attempt, (person,))
            for person, attempts in everybody.items()
            for attempt in attempts
            if attempt.grading.report is not None
        )
        marked: dict[int, AnswerToMark] = {}
        for answer in (*self.answers(connection, work, question), *others):
            if answer is not None and answer.mark is not None and not answer.changed:
                marked.setdefault(answer.mark.id, answer)
        return list(marked.values())

    def answer(
        self, connection: Connection, work: str, question: QuestionToMark, id: str, part: str
    ) -> AnswerToMark:
        """One answer as the database has it now, of a submission that counts or of another one."""
        attempt, people = self._found(connection, work, id)
        answer = self._answer(connection, question, attempt, people)
        if answer is None or part != question.id:
            raise NotFound("There is no such answer.", next_step="Go back to the list of answers.")
        return answer

    def shown(
        self, connection: Connection, work: str, question: QuestionToMark, answer: AnswerToMark
    ) -> ShownAnswer:
        """The words of an answer; or the student's functions, with what the checks say."""
        row = published(connection, self._context.site.course, work)
        attempt, _ = self._found(connection, work, answer.id)
        report = Report.from_json(self._context.files.get(attempt.grading.report or ""))
        task = _task(question.id)
        if question.by_hand:
            model, words = self._models(row).get(task), {item.task: item for item in report.written}.get(task)
            asked = [("Question", _lines(model.question))] if model and model.question else []
            text = "Its cell was not found. Open the submission and look for it in the notebook."
            if words is not None and words.cell:
                text = words.text
            for_staff = [("Model answer", _lines(model.answer))] if model else []
            return ShownAnswer([*asked, ("Answer", _lines(text))], for_staff)
        found = next((item for item in report.tasks if item.task == task), None)
        functions = found.functions if found else []
        checks = [_check(check) for check in found.checks] if found else []
        cells = render_notebook(
            self._context.files, attempt.submission.digest, attempt.submission.file, "/staff/submissions/"
        )[0]
        code = [cell for cell in cells if _defines(cell, functions)]
        parts = [("Code", Markup('<pre tabindex="0">{}</pre>').format(cell.source)) for cell in code]
        if not parts:
            parts = [("Code", Markup("<p>None of its functions was found in a cell.</p>"))]
        return ShownAnswer([*parts, ("Checks", Markup("<ul>{}</ul>").format(Markup("").join(checks)))])

    def give(
        self,
        connection: Connection,
        work: str,
        question: QuestionToMark,
        answer: AnswerToMark,
        given: GivenMark,
        *,
        at: int,
        who: str,
    ) -> None:
        """Add a person's mark of a written answer, for its words, or of a task, for this submission."""
        attempt, _ = self._found(connection, work, answer.id)
        detail: dict[str, object] = {"rubric": given.rubric} if given.rubric else {}
        if question.by_hand:
            detail["answer"] = next(
                item.digest for item in attempt.answers if written_part(item.task) == question.id
            )
        elif given.points is not None and not given.comment:
            raise Conflict(
                "The comment is missing: the student reads why a person set the points of a task.",
                next_step="Go back and write a comment, or choose an item of the rubric.",
            )
        new_mark = Mark(
            question.id,
            given.points,
            Source.MANUAL,
            at,
            who,
            given.comment,
            detail=json.dumps(detail, ensure_ascii=False),
        )
        add_marks(connection, KIND, answer.id, [new_mark])
        acted: dict[str, object] = {
            "part": question.id,
            "before": None if answer.earned is None else points_text(answer.earned),
            "points": None if given.points is None else points_text(given.points),
            "comment": given.comment,
            "assignment": work,
        }
        act = "mark written answer" if question.by_hand else "mark task"
        record_act(connection, Act(at, who, act, answer.id, acted))
        tell_mark(
            connection,
            self._context.course(connection),
            self._context.site.course,
            published(connection, self._context.site.course, work),
            answer.people,
            path=self.page_for_student(answer),
            once=f"mark:{answer.id}:{question.id}:{at}",
            at=at,
        )

    def earlier(self, connection: Connection, answer: AnswerToMark) -> list[Mark]:
        """All marks of the part that people gave, also with an earlier submission of the same students."""
        works = [answer.id]
        if answer.part.startswith(WRITTEN):
            stored = find_submission(connection, self._context.site.course, answer.id)
            assert stored is not None
            of_people = (
                select(submission.c.id)
                .join(submission_owner, submission_owner.c.submission == submission.c.id)
                .where(
                    submission_owner.c.person == answer.people[0],
                    submission.c.assignment == stored.assignment,
                )
            )
            works = [*connection.execute(of_people).scalars()]
            works.append(whole_work(self._context.site.course, stored.assignment, answer.people[0]))
        marks = [
            given for name in works for given in marks_of_work(connection, KIND, name).get(answer.part, [])
        ]
        return sorted(marks, key=lambda given: given.id)

    def is_for(self, connection: Connection, answer: AnswerToMark, given: Mark) -> bool:
        """Whether a mark is for the words as they are now; points of a task are for their submission."""
        if not answer.part.startswith(WRITTEN):
            return True
        attempt, _ = self._found(connection, self.work_of(connection, answer.id), answer.id)
        words = {written_part(item.task): item.digest for item in attempt.answers}
        return bool(json.loads(given.detail).get("answer") == words.get(answer.part))

    def people_of(self, connection: Connection, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The owners of submissions."""
        people: dict[str, tuple[str, ...]] = {}
        rows = connection.execute(
            select(submission_owner)
            .where(submission_owner.c.submission.in_(ids))
            .order_by(submission_owner.c.person)
        )
        for row in rows:
            people[row.submission] = *people.get(row.submission, ()), row.person
        return people

    def work_of(self, connection: Connection, id: str) -> str:
        """The assignment of a submission."""
        stored = find_submission(connection, self._context.site.course, id)
        if stored is None:
            raise NotFound("There is no such submission.", next_step="Go back to the assignment.")
        return stored.assignment

    def question_at(self, connection: Connection, work: str, id: str, part: str) -> QuestionToMark:
        """The written answer or the task; both are named in every submission alike."""
        return question_of(connection, self, work, part)

    def shown_since(
        self, connection: Connection, work: str, answer: AnswerToMark, person: str, at: int
    ) -> int | None:
        """When it was graded, or when results were released, whichever came later."""
        course = self._context.course(connection)
        row = published(connection, self._context.site.course, work).as_of(at)
        last_due = latest_due(course, row)
        of = self._context.site.course
        if not visible_to(connection, of, row, person, "student", at, last_due).score:
            return None
        graded = select(func.max(grading.c.graded_at)).where(
            grading.c.submission == answer.id, grading.c.state == "graded", counts()
        )
        since = [connection.execute(graded).scalar_one() or 0, row.released_at or 0]
        if row.facts.feedback == "after_due" and row.released_at is None:
            since.append(last_due or 0)
        return max(since)

    def page_for_student(self, answer: AnswerToMark) -> str:
        """The page of the submission."""
        return f"/submissions/{answer.id}"

    def propose_for_all(self, work: str, reason: str, *, at: int, who: str) -> str:
        """Grade every submission that counts again with the published version."""
        site = self._context.site
        with site.database.reading() as connection:
            course = self._context.course(connection)
            row = published(connection, site.course, work)
            with self._lock:
                known = self._class(connection, course, row, self._state(connection, course))
                chosen = list(known.chosen.values())
        submissions = {item.submission.id: item.submission.digest for item in chosen if item is not None}
        propose = partial(
            propose_regrade,
            course=site.course,
            row=row,
            submissions=sorted(submissions.items()),
            scope=COUNTING,
            reason=reason,
            signer=site.signer,
            at=at,
            who=who,
        )
        return f"/staff/homework/{work}/regrades/{site.writer.submit(propose).result()}"

    def open_regrade(self, connection: Connection, work: str) -> tuple[int, str] | None:
        """The regrade of the assignment that is neither released nor discarded."""
        return open_regrade(connection, self._context.site.course, work)

    def page_of(self, answer: AnswerToMark) -> str:
        """The staff's page of the submission."""
        return f"/staff/submissions/{answer.id}"

    def page_of_work(self, work: str) -> str:
        """The staff's page of the assignment."""
        return f"/staff/homework/{work}"

    def _state(self, connection: Connection, course: Course) -> _State:
        of = self._context.site.course
        written = (self._context.site.folder / FILE).stat().st_mtime
        rules = written, course.due_rules.digest, erased_people(connection)
        return _State(rules, _graded(connection, of), _newest_mark(connection))

    def _class(self, connection: Connection, course: Course, row: Homework, state: _State) -> _Class:
        """The attempts of the class, as this connection sees them; the caller holds the lock.

        After marks and gradings only those of the submissions' owners are read.
        """
        of = self._context.site.course
        known = self._classes.pop(row.id, None)  # it is put in again as the one that was used last
        if (
            known is None
            or (known.row, known.state.rules) != (row, state.rules)
            or state.newest_mark < known.state.newest_mark  # another request read the class later
        ):
            gradings = _ended_gradings(connection, of, row.id)
            attempts = attempts_of_class(connection, course, of, row)
            known = _Class(row, state, gradings, attempts, _chosen(course, row, attempts))
        elif state != known.state:
            changed = _marked_since(connection, of, row.id, known.state.newest_mark)
            if state.graded != known.state.graded:
                gradings = _ended_gradings(connection, of, row.id)
                for name in {name for _, name in gradings ^ known.gradings}:
                    changed.update(owners_of(connection, name))
                known.gradings = gradings
            known.state = state
            if changed:
                whole = attempts_of_class(connection, course, of, row) if len(changed) > FEW else {}
                read = whole or {
                    person: attempts_of(connection, course, of, row, person) for person in changed
                }
                known.attempts.update(read)
                known.chosen.update(_chosen(course, row, read))
                known.counting = known.waiting = None
        while len(self._classes) >= MOST_KEPT:
            self._classes.pop(next(iter(self._classes)))
        self._classes[row.id] = known
        return known

    def _counting(self, known: _Class) -> dict[str, tuple[Attempt, tuple[str, ...]]]:
        """The attempts that count, each with all who submitted it; the caller holds the lock."""
        if known.counting is None:
            people: dict[str, list[str]] = {}
            for person, attempts in known.attempts.items():
                for attempt in attempts:  # also for whom another one counts: nobody marks what they submitted
                    people.setdefault(attempt.submission.id, []).append(person)
            first: dict[str, Attempt] = {}
            for chosen in known.chosen.values():
                if chosen is not None and chosen.grading.report is not None:
                    first.setdefault(chosen.submission.id, chosen)
            known.counting = {name: (attempt, tuple(people[name])) for name, attempt in first.items()}
        return known.counting

    def _waiting(
        self,
        connection: Connection,
        row: Homework,
        counting: Mapping[str, tuple[Attempt, tuple[str, ...]]],
    ) -> dict[str, list[tuple[str, ...]]]:
        waiting: dict[str, list[tuple[str, ...]]] = {}
        for question in self.questions(connection, row.id):
            if question.by_hand:
                answers = (self._answer(connection, question, *item) for item in counting.values())
                of_question = [answer.people for answer in answers if answer is not None and answer.waits]
                if of_question:
                    waiting[question.id] = of_question
        return waiting

    def _found(self, connection: Connection, work: str, id: str) -> tuple[Attempt, tuple[str, ...]]:
        """A submission of an assignment as its first owner's attempt, and its owners."""
        of, course = self._context.site.course, self._context.course(connection)
        stored = find_submission(connection, of, id)
        owners = tuple(owners_of(connection, id))
        if stored is None or stored.assignment != work or not owners:
            raise NotFound("There is no such submission.", next_step="Go back to the assignment.")
        row = published(connection, of, work)
        attempts = attempts_of(connection, course, of, row, owners[0])
        return next(item for item in attempts if item.submission.id == id), owners

    def _answer(
        self, connection: Connection, question: QuestionToMark, attempt: Attempt, people: tuple[str, ...]
    ) -> AnswerToMark | None:
        """The answer to a question in an attempt; None where the attempt has none."""
        task = _task(question.id)
        if not question.by_hand:
            given = attempt.task_marks.get(task)
            machine = Decimal(str(attempt.summary.tasks.get(task, 0)))
            newest = attempt.newest_task_marks.get(task, 0)
            return AnswerToMark(attempt.submission.id, question.id, people, given, False, machine, newest)
        written = next((item for item in attempt.answers if item.task == task), None)
        if written is None:
            return None
        waits = attempt.mark is None  # points of the whole submission leave nothing to mark
        return AnswerToMark(
            attempt.submission.id,
            question.id,
            people,
            written.mark,
            written.changed and waits,
            None,
            written.newest,
            blank=not waits,
        )

    def _models(self, row: Homework) -> dict[str, ModelAnswer]:
        try:
            return dict(read_model_answers(self._context.course(), row.id))
        except AutograderError:
            return {}


def homework_marking(site: AppContext) -> HomeworkMarking:
    """The source of this server process, made once."""
    source: HomeworkMarking | None = site.parts.get(PART)
    if source is None:
        source = site.parts[PART] = HomeworkMarking(context_of(site))
    return source


def _task(question: str) -> str:
    return question.removeprefix(WRITTEN).removeprefix(TASK)


def _lines(text: str) -> Markup:
    return Markup('<p class="answer">{}</p>').format(text)


def _check(check: CheckResult) -> Markup:
    """A check in a line: its title, how it ended, and its message."""
    outcome = OUTCOMES.get(check.status, check.status.value)
    line = Markup("<li><strong>{}</strong> {}, {} of {}").format(
        f"{check.title.rstrip('.')}:", outcome, f"{check.earned:g}", f"{check.possible:g}"
    )
    return line + (Markup(". {}</li>").format(check.message) if check.message else Markup("</li>"))


def _defines(cell: RenderedCell, functions: Sequence[str]) -> bool:
    return cell.kind == "code" and any(f"def {name}(" in cell.source for name in functions)


def _chosen(
    course: Course, row: Homework, attempts: Mapping[str, Sequence[Attempt]]
) -> dict[str, Attempt | None]:
    return {person: counted(course, row, person, of_person) for person, of_person in attempts.items()}


def _graded(connection: Connection, of: str) -> Hashable:
    """What changes with every grading of the course that ends, and every one of a regrade that counts.

    An index has all of it: a class is not read to learn that nothing has happened.
    """
    ended = select(func.count(), func.max(grading.c.id)).where(
        grading.c.course == of, grading.c.state == "graded"
    )
    applied = select(func.count(grading.c.applied_at)).where(
        grading.c.course == of, grading.c.regrade.is_not(None)
    )
    return tuple(connection.execute(ended).one()), connection.execute(applied).scalar_one()


def _newest_mark(connection: Connection) -> int:
    return connection.execute(select(func.max(mark.c.id))).scalar_one() or 0


def _ended_gradings(connection: Connection, of: str, assignment: str) -> frozenset[tuple[int, str]]:
    """The gradings of an assignment that have ended and count, each with its submission."""
    rows = connection.execute(
        select(grading.c.id, grading.c.submission)
        .join(submission, submission.c.id == grading.c.submission)
        .where(
            submission.c.course == of,
            submission.c.assignment == assignment,
            grading.c.state == "graded",
            counts(),
        )
    )
    return frozenset((row.id, row.submission) for row in rows)


def _marked_since(connection: Connection, of: str, assignment: str, newest: int) -> set[str]:
    """The people whose work got a mark after another one."""
    works = connection.execute(
        select(mark.c.work).where(mark.c.kind == KIND, mark.c.id > newest).distinct()
    ).scalars()
    people: set[str] = set()
    prefix = whole_work(of, assignment, "")
    for work in works.all():
        if ":" in work:
            if work.startswith(prefix):
                people.add(work.removeprefix(prefix))
        else:
            stored = find_submission(connection, of, work)
            if stored is not None and stored.assignment == assignment:
                people.update(owners_of(connection, work))
    return people
