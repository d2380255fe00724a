"""The assignments of a course for learning platforms: title, dates, and scores.

The scores are the site's where an assignment is published on it, else those of a results directory, which
`autograder grade --out graded/NAME` writes; tables of `quizzes results` beside it are quizzes that were
held in a terminal. Files are read again when they have changed. The page of a link
and the sender of scores ask here.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock

from pydantic import ValidationError
from sqlalchemy import Connection, and_, select

from autograder.course.assignment import AssignmentFile, assignment_file
from autograder.course.course import FILE, Course, find_course
from autograder.course.lateness import due_for
from autograder.course.roster import Person
from autograder.errors import AutograderError
from autograder.gradebook.columns import Column, quiz_columns, quiz_tables_in
from autograder.gradebook.tables import GradeRow, named_mistakes, points
from autograder.report import Report
from autograder.results.final_scores import FinalScore, GradedAssignment
from autograder.results.results_folder import Results
from autograder.site.database import Database
from autograder.site.extensions import LinkTarget
from autograder.site.homework.assignments import Homework, homework_in
from autograder.site.homework.due_dates import course_with_rules
from autograder.site.homework.posted_scores import (
    class_scores,
    person_score,
    score_state,
    scores_are_shown,
)
from autograder.site.lti.deliveries import queue_deliveries
from autograder.site.lti.score_sender import CurrentScore
from autograder.site.lti.users import links_of
from autograder.site.people import COURSE
from autograder.site.roles import takes_part
from autograder.site.tables import enrolment, lti_link, lti_member, lti_score, lti_user
from autograder.site.writer import Writer

__all__ = ["ASSIGNMENT", "GRADED", "Assignments"]

ASSIGNMENT = "assignment"
CONTEXT_KEYS = ("issuer", "client", "deployment", "context")
LINK_KEYS = ("issuer", "client", "deployment", "resource")
GRADED = "graded"  # the directory of results, beside course.yaml
log = logging.getLogger(__name__)
# Who has a recipient for which assignment, with what was sent there; run every few seconds.
SAME_PLATFORM = (lti_user.c.issuer == lti_link.c.issuer, lti_user.c.subject == lti_member.c.subject)
SAME_CONTEXT = (lti_link.c[name] == lti_member.c[name] for name in CONTEXT_KEYS)
SAME_RECIPIENT = (lti_score.c[name] == lti_link.c[name] for name in LINK_KEYS)
RECIPIENTS = (
    select(lti_user.c.person, lti_link.c.work, lti_score.c.state, lti_score.c.sent)
    .add_columns(lti_score.c.work.label("scored"))
    .select_from(lti_link)
    .join(lti_member, and_(*SAME_CONTEXT))
    .join(lti_user, and_(*SAME_PLATFORM))
    .outerjoin(lti_score, and_(*SAME_RECIPIENT, lti_score.c.subject == lti_user.c.subject))
    .join(enrolment, and_(enrolment.c.course == COURSE, enrolment.c.person == lti_user.c.person))
    .where(lti_link.c.kind == ASSIGNMENT, takes_part())
    .order_by(lti_link.c.work, lti_user.c.person)
)


@dataclass(frozen=True)
class _Snapshot:
    """What the files say: the course, its assignments, and the results of those that are graded."""

    course: Course | None  # None while course.yaml has never been readable
    files: Mapping[str, AssignmentFile]
    graded: Mapping[str, GradedAssignment]
    quizzes: Mapping[str, Column] = field(default_factory=dict)  # of tables beside the results directories
    problem: str = ""
    _scores: dict[str, Mapping[str, FinalScore]] = field(default_factory=dict)

    def scores(self, name: str) -> Mapping[str, FinalScore]:
        """The final scores of an assignment, by student ID; none before it is graded."""
        if name not in self._scores:
            graded = self.graded.get(name)
            self._scores[name] = graded.final_scores if graded is not None else {}
        return self._scores[name]


class Assignments:
    """The assignments of a course directory, and the results in another."""

    def __init__(self, folder: Path, graded: Path | None = None) -> None:
        """`graded` holds results directories, or is one; `graded` in the course's directory if left out."""
        self._folder, self._graded = folder, graded or folder / GRADED
        self._lock = Lock()
        self._state: tuple[object, ...] = ()
        self._snapshot: _Snapshot | None = None
        self._site_scores: dict[str, tuple[Hashable, dict[str, str]]] = {}  # by assignment, with their state

    def warning(self) -> str:
        """Why scores cannot be read, for staff; empty where all is well."""
        return self._read().problem

    def link_targets(self, connection: Connection) -> list[LinkTarget]:
        """What a platform's link may open: what is published on the site, then the other assignments."""
        snapshot, published = self._read(), homework_in(connection, COURSE)
        targets = [
            LinkTarget(
                ASSIGNMENT, row.id, _path(row.id), row.facts.title, row.facts.points, due_at=row.due_at
            )
            for row in published
        ]
        known, course = {row.id for row in published}, snapshot.course
        if course is None:
            return targets
        others = sorted(snapshot.files.items())
        return targets + [_target(name, file, course) for name, file in others if name not in known]

    def file(self, name: str) -> AssignmentFile | None:
        """The content of assignment.yaml; None for an unknown assignment."""
        return self._read().files.get(name)

    def due_for(self, name: str, student: str) -> datetime | None:
        """Until when a student may submit at no cost; None without a due date."""
        snapshot = self._read()
        return due_for(snapshot.course, name, snapshot.files[name], student) if snapshot.course else None

    def is_excused(self, name: str, student: str) -> bool:
        """Whether the gradebook leaves the assignment out for a student."""
        course = self._read().course
        return course is not None and course.extension(student, name).excused

    def final_score(self, name: str, student: str) -> FinalScore | None:
        """A student's final score; None before the assignment is graded, and for an excused student.

        Students are known by their ID alone: a name in a download gives nobody's score to another.
        """
        snapshot = self._read()
        if self.is_excused(name, student):
            return None
        return snapshot.scores(name).get(student)

    def score(self, connection: Connection, who: str, work: str, now: int) -> CurrentScore | None:
        """A person's score for a learning platform; None without one, and while it waits for a person's mark.

        Of an assignment that is published on the site it is the site's, as far as its student may see it;
        else that of the results directory.
        """
        published, course = self._published(connection, work), self._read().course
        if published is not None and course is not None:
            course = course_with_rules(connection, course, COURSE)
            return person_score(connection, course, COURSE, published, who, now)
        return self._score_of_results(work, who)

    def shown(self, connection: Connection, work: str, now: int) -> tuple[bool, bool]:
        """Whether students see their scores; one in a results directory as soon as it is there."""
        published, course = self._published(connection, work), self._read().course
        if published is None or course is None:
            return True, True
        is_shown = scores_are_shown(course_with_rules(connection, course, COURSE), published, now)
        return is_shown, is_shown

    def graded(self) -> Mapping[str, GradedAssignment]:
        """The results directories as they are now, by assignment."""
        return self._read().graded

    def quizzes(self) -> Mapping[str, Column]:
        """The quizzes in tables of `quizzes results` beside the results directories, as they are now."""
        return self._read().quizzes

    def is_linked(self, connection: Connection, name: str) -> bool:
        """Whether a platform's course has a link to an assignment: then its students may see it."""
        return bool(links_of(connection, name, ASSIGNMENT))

    def changed_scores(self, connection: Connection, now: int) -> list[tuple[str, str]]:
        """People and assignments whose score is not what a platform was sent last."""
        rows = [
            row for row in connection.execute(RECIPIENTS) if row.state not in ("waiting", "failed", "held")
        ]  # those are sent as they stand then
        changed: dict[tuple[str, str], None] = {}
        for work in sorted({row.work for row in rows}):
            scores = self._current_scores(connection, work, now)
            for row in rows:
                score = scores(row.person) if row.work == work else None
                if score is not None and (row.sent, row.scored) != (score, work):
                    changed[row.person, work] = None
        return list(changed)

    def _current_scores(self, connection: Connection, work: str, now: int) -> Callable[[str], str | None]:
        """The fingerprint of everybody's score in an assignment; what has not changed is not read again."""
        published, course = self._published(connection, work), self._read().course
        if published is None or course is None:
            return lambda person: self._fingerprint_of_results(work, person)
        course = course_with_rules(connection, course, COURSE)
        state = self._state, score_state(connection, COURSE, work), scores_are_shown(course, published, now)
        known = self._site_scores.get(work)
        if known is None or known[0] != state:
            scores = class_scores(connection, course, COURSE, published, now)
            known = state, {person: score.fingerprint for person, score in scores.items()}
            self._site_scores[work] = known
        return known[1].get

    def _published(self, connection: Connection, work: str) -> Homework | None:
        return next((row for row in homework_in(connection, COURSE) if row.id == work), None)

    def _fingerprint_of_results(self, work: str, who: str) -> str | None:
        final_score = self.final_score(work, who)
        if final_score is None or not final_score.is_final or final_score.possible <= 0:
            return None
        return _fingerprint(final_score)

    def _score_of_results(self, work: str, who: str) -> CurrentScore | None:
        file, final_score = self.file(work), self.final_score(work, who)
        fingerprint = self._fingerprint_of_results(work, who)
        if file is None or final_score is None or fingerprint is None:
            return None
        submitted = final_score.submitted
        return CurrentScore(
            file.title,
            final_score.earned,
            final_score.possible,
            finished_at=None if submitted is None else _instant(submitted),
            comment=_comment(final_score),
            fingerprint=fingerprint,
        )

    def queue_changed(self, database: Database, writer: Writer, now: int) -> int:
        """Let every changed score wait for its recipients; returns how many."""
        with database.reading() as connection:
            changed = self.changed_scores(connection, now)
        for who, work in changed:
            writer.submit(partial(queue_deliveries, who=who, work=work, now=now, kind=ASSIGNMENT)).result()
        return len(changed)

    def _read(self) -> _Snapshot:
        """What the files say now; the last good reading, with its problem, while they cannot be read."""
        with self._lock:
            state = tuple(_stamp(path) for path in self._watched())
            if self._snapshot is None or state != self._state:
                self._snapshot, self._state = self._read_files(self._snapshot), state
            return self._snapshot

    def _watched(self) -> Iterator[Path]:
        yield self._folder / FILE
        yield from sorted((self._folder / "assignments").glob("*/assignment.yaml"))
        yield from (results.ledger for results in self._results())
        yield from quiz_tables_in(self._graded)

    def _results(self) -> list[Results]:
        try:
            folders = [self._graded, *sorted(self._graded.iterdir())]
        except OSError:
            return []
        return [results for folder in folders if (results := Results(folder.absolute())).ledger.is_file()]

    def _read_files(self, before: _Snapshot | None) -> _Snapshot:
        problems, files, graded = [], {}, {}
        try:
            course = find_course(self._folder)
        except AutograderError as problem:
            if before is None:
                return _Snapshot(None, {}, {}, problem=_sentence(problem))
            return replace(before, problem=_sentence(problem))
        for name in course.assignment_ids():
            try:
                files[name] = assignment_file(course, name)
            except AutograderError as problem:
                problems.append(_sentence(problem))
        twice: set[str] = set()
        for results in self._results():
            try:
                found = GradedAssignment.read(results, course)
                if found.id in graded:
                    twice.add(found.id)
                assert found.final_scores is not None  # read now, where a damaged ledger is said
            except (AutograderError, ValidationError, OSError) as problem:
                problems.append(_sentence(problem))
            else:
                graded[found.id] = found
        for name in sorted(twice):
            del graded[name]
            problems.append(f"Two directories in {self._graded.name} hold results of {name}: keep one there.")
        quizzes: dict[str, Column] = {}
        for table in quiz_tables_in(self._graded):
            try:
                columns = quiz_columns(table, course)
            except (AutograderError, OSError) as problem:
                problems.append(_sentence(problem))
                continue
            for column in columns:
                if column.name in quizzes:
                    problems.append(
                        f"{self._graded.name}/{table.name} holds {column.name} again: keep one table."
                    )
                quizzes.setdefault(column.name, column)
        if problems:
            log.warning("Results of assignments cannot be read: %s", " ".join(problems))
        return _Snapshot(course, files, graded, quizzes, " ".join(problems))


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size


def _sentence(problem: Exception) -> str:
    return problem.message if isinstance(problem, AutograderError) else str(problem)


def _path(name: str) -> str:
    """The page of an assignment; where it is published on the site, it leads to the page there."""
    return f"/assignments/{name}"


def _target(name: str, file: AssignmentFile, course: Course) -> LinkTarget:
    due = due_for(course, name, file, "")
    due_at = None if due is None else _instant(due)
    return LinkTarget(ASSIGNMENT, name, _path(name), file.title, file.points, due_at=due_at)


def _instant(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _comment(final_score: FinalScore) -> str:
    """The remarks on a score, with the mistakes that were named; without these if the report is damaged."""
    mistakes: tuple[str, ...] = ()
    if final_score.report is not None:
        try:
            mistakes = named_mistakes(Report.from_json(final_score.report.read_bytes()))
        except (OSError, ValidationError):
            log.warning("%s cannot be read.", final_score.report)
    return GradeRow(final_score, Person(final_score.student), True, mistakes).remarks()


def _fingerprint(final_score: FinalScore) -> str:
    """What a platform is sent, shortly: the points for people, and a digest of all that a comment says."""
    remarks = GradeRow(final_score, Person(final_score.student), True).remarks()
    report = None if final_score.report is None else _stamp(final_score.report)
    digest = hashlib.sha256(repr((remarks, report and report[1:])).encode()).hexdigest()
    return f"{points(final_score.earned)}/{points(final_score.possible)} {digest[:8]}"
