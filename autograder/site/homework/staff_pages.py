"""The homework pages of staff: an assignment with its class, one submission, release and hold, overrides."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from statistics import median
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.course.assignment import ModelAnswer, read_model_answers
from autograder.course.course import Course
from autograder.course.local_time import counted as counted_noun
from autograder.errors import AutograderError, Conflict, NotFound
from autograder.pages.bar_charts import histogram
from autograder.pages.text import percent
from autograder.report import Report, WrittenAnswer, mistake_in_words
from autograder.site.audit import Act, record_act
from autograder.site.homework.assignments import (
    Homework,
    due_for_student,
    homework_in,
    published,
    set_release,
)
from autograder.site.homework.context import homework_of, role_of
from autograder.site.homework.extension_requests import open_requests
from autograder.site.homework.grade_records import TOTAL, whole_work, written_part
from autograder.site.homework.notices import tell_mark
from autograder.site.homework.pages import feedback_page
from autograder.site.homework.partners import partners_in
from autograder.site.homework.queue import LONG_WAIT, failures_in, retry_failed, waiting_for_long
from autograder.site.homework.releases import schedule_release, undo_release
from autograder.site.homework.rendered_notebook import picture_of, render_notebook
from autograder.site.homework.score_history import score_history
from autograder.site.homework.scores import (
    KIND,
    Attempt,
    MarkedAnswer,
    attempts_of,
    attempts_of_class,
    counted,
)
from autograder.site.homework.submissions import find_submission, owners_of
from autograder.site.marking.assigned_work import marking_refusal, require_may_mark
from autograder.site.marking.regrade_requests import requests_in
from autograder.site.marking.rubrics import read_points
from autograder.site.marking.waiting import waiting_for
from autograder.site.marks import Mark, Source, add_marks
from autograder.site.people import ERASED, names_in, names_of, students_in
from autograder.site.requests import Form, PageRoute, form_of, reads_much, site_of, whole_number
from autograder.site.roles import Access, Permission, require_visible, visible_among
from autograder.site.staff import requires, staff_access, staff_of_course

__all__ = ["HOMEWORK_STAFF_ROUTES", "person_section", "waits_for_staff"]

ROWS = 200  # students on one page
LONGEST_REASON = 500
MOST = 999_999_999  # of a page's or a mark's number
SORTS = ("name", "score", "-score", "state", "late")
SHOWS = {
    "": "everybody",
    "missing": "who has not submitted",
    "late": "late submissions",
    "unmarked": "written answers to mark",
    "waiting": "not graded yet",
}


@dataclass(frozen=True)
class StudentRow:
    """A student in the table of the class."""

    person: str
    name: str
    attempts: list[Attempt]
    counted: Attempt | None

    @property
    def score(self) -> Decimal | None:
        """The score that counts."""
        return None if self.counted is None else self.counted.final

    @property
    def state(self) -> str:
        """The state of the newest submission."""
        return self.attempts[-1].state if self.attempts else "Not submitted"

    def is_shown(self, show: str) -> bool:
        """Whether the student is among those that a choice of SHOWS means."""
        if show == "missing":
            return not self.attempts
        if show == "late":
            return any(attempt.days_late for attempt in self.attempts)
        if show == "unmarked":
            return self.counted is not None and bool(self.counted.unmarked)
        if show == "waiting":
            return any(attempt.grading.state != "graded" for attempt in self.attempts)
        return True


@reads_much
@requires(Permission.STUDENTS)
def assignment_page(request: Request) -> Response:
    """The class in one assignment: numbers, histogram, commonest mistakes, students."""
    site, context = site_of(request), homework_of(request)
    session, access = staff_access(request)
    wanted = request.query_params
    find, sort, show = wanted.get("find", "")[:100], wanted.get("sort", "name"), wanted.get("show", "")
    with site.database.reading() as connection:
        row = published(connection, site.course, request.path_params["assignment"]).as_of(request.state.at)
        rows = _class(connection, context.course(connection), site.course, row, access)
        others = [other for other in homework_in(connection, site.course) if other.id != row.id]
        partners = partners_in(connection, context.course(connection), site.course, row.id)
        to_mark = [
            item for item in waiting_for(connection, site, access) if (item.kind, item.work) == (KIND, row.id)
        ]
    submissions = {item.submission.id: item for student in rows for item in student.attempts}
    shown = [
        item
        for item in rows
        if find.casefold() in f"{item.person} {item.name}".casefold() and item.is_shown(show)
    ]
    shown.sort(key=partial(_order, sort if sort in SORTS else "name"))
    number = min(max(1, whole_number(wanted.get("page", "1"), MOST) or 0), max(1, -(-len(shown) // ROWS)))
    kept: dict[str, object] = {"find": find, "show": show, "sort": sort, "page": number}
    scores = [float(item.score) for item in rows if item.score is not None]
    page = site.page(
        "homework_class.html",
        homework=row,
        others=others,
        rows=shown[(number - 1) * ROWS : number * ROWS],
        many=len(shown),
        number=number,
        pages=-(-len(shown) // ROWS),
        find=find,
        sort=sort,
        show=show,
        shows=SHOWS,
        link=lambda **changes: "?" + urlencode(kept | changes),
        submitted=sum(bool(item.attempts) for item in rows),
        students=len(rows),
        waiting=sum(item.grading.state in ("waiting", "leased") for item in submissions.values()),
        failed=[item for item in submissions.values() if item.grading.state == "failed"],
        to_mark=to_mark,
        group_problems=partners.problems if access.may(Permission.ALL_STUDENTS) else (),  # they name anybody
        broken=sorted({name for item in rows if item.counted for name in item.counted.summary.broken}),
        old=len(_counting_old(row, rows)),
        median=median(scores) if scores else None,
        histogram=_histogram(row, scores),
        mistakes=_mistakes(rows),
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@reads_much
@requires(Permission.STUDENTS)
def submission_page(request: Request) -> Response:
    """One submission: the notebook, its results, the points set by hand, the student's other submissions."""
    site, context = site_of(request), homework_of(request)
    session, access = staff_access(request)
    with site.database.reading() as connection:
        course = context.course(connection)
        row, attempts = _found(connection, course, site.course, request, access)
        name = request.path_params["submission"]
        owned = [next(item for item in items if item.submission.id == name) for items in attempts.values()]
        names = names_of(connection, attempts)
        markers = names_of(connection, {mark.who for item in owned for mark in _marks_on(item)})
        titles = {task.id: task.title for task in (*row.facts.tasks, *row.facts.written)}
        history = score_history(connection, name, titles)
        asked = requests_in(connection, site.course, answer=name)
        refusal = marking_refusal(connection, site.course, session.person, list(attempts))
    attempt, of_first = owned[0], next(iter(attempts.values()))
    report = attempt.grading.report
    page = site.page(
        "homework_submission.html",
        homework=row,
        attempt=attempt,
        attempts=of_first,
        owned=owned,
        names=names,
        markers=markers,
        counting=counted(course, row, attempt.person, of_first),
        answers=_answers(context.files.get(report), attempt) if report else [],
        models=_model_answers(course, row.id),
        headline=_sentence(attempt.summary.headline, row.facts.functions) if attempt.summary else "",
        history=history,
        asked=asked,
        refusal=refusal,
        notebook=render_notebook(
            context.files,
            attempt.submission.digest,
            attempt.submission.file,
            f"/staff/submissions/{name}/pictures/",
        ),
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


def _marks_on(attempt: Attempt) -> list[Mark]:
    """The marks of people that its page names."""
    marks = [attempt.mark, *(answer.mark for answer in attempt.answers)]
    return [mark for mark in marks if mark is not None]


@reads_much
@requires(Permission.STUDENTS)
def submission_picture(request: Request) -> Response:
    """One picture of the notebook that a submission's page shows."""
    site, context = site_of(request), homework_of(request)
    _, access = staff_access(request)
    with site.database.reading() as connection:
        _, attempts = _found(connection, context.course(connection), site.course, request, access)
    submission = _attempt_in(attempts, request).submission
    picture = picture_of(context.files, submission.digest, submission.file, request.path_params["number"])
    if picture is None:
        raise NotFound("There is no such picture.", next_step="Reload the submission's page.")
    kind, content = picture
    return Response(content, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})


@reads_much
@requires(Permission.STUDENTS)
def submission_feedback(request: Request) -> Response:
    """The whole report on a submission, whatever its student may see."""
    site, context = site_of(request), homework_of(request)
    _, access = staff_access(request)
    with site.database.reading() as connection:
        row, attempts = _found(connection, context.course(connection), site.course, request, access)
        names = names_of(connection, attempts)
    return feedback_page(request, row, _attempt_in(attempts, request), ", ".join(names.values()), full=True)


@requires(Permission.MANAGE)
async def release(request: Request) -> Response:
    """Release the results of an assignment ten minutes from now or at once, undo that, or hold them."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, assignment, at = (
        await form_of(request, session),
        request.path_params["assignment"],
        request.state.at,
    )
    hold = "hold" in form

    def write(connection: Connection) -> None:
        row, who = published(connection, site.course, assignment).as_of(at), session.person
        if "undo" in form:
            undo_release(connection, site.course, assignment, at=at, who=who)
            return
        if not hold and "now" not in form:
            schedule_release(connection, site.course, assignment, at=at, who=who)
            return
        released = row.released_at if hold else at
        set_release(connection, site.course, assignment, released_at=released, held_at=at if hold else None)
        act = "hold results" if hold else "release results"
        record_act(connection, Act(at, who, act, assignment, {}))

    await site.written(write)
    return RedirectResponse(f"/staff/homework/{assignment}", 303)


@requires(Permission.MANAGE)
async def grade_again(request: Request) -> Response:
    """Queue what failed by a fault of ours."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    await form_of(request, session)
    assignment, at, context = request.path_params["assignment"], request.state.at, homework_of(request)

    def write(connection: Connection) -> None:
        published(connection, site.course, assignment)
        many = retry_failed(connection, site.course, assignment)
        record_act(connection, Act(at, session.person, "grade failed again", assignment, {"many": many}))

    await site.written(write)
    context.announce_submission()
    return RedirectResponse(f"/staff/homework/{assignment}", 303)


@requires(Permission.STUDENTS)
async def override(request: Request) -> Response:
    """Set the points of a submission by hand, with a reason, or withdraw them."""
    site = site_of(request)
    session, access = await site.in_reader(staff_access, request)
    form, at = await form_of(request, session), request.state.at
    name = request.path_params["submission"]
    reason = form.get("reason", [""])[-1].strip()[:LONGEST_REASON]
    points = None if "withdraw" in form else read_points(form.get("points", [""])[-1])
    seen = whole_number(form.get("seen", ["0"])[-1], MOST) or 0
    if not reason:
        raise Conflict(
            "The reason is missing; the student sees it.", next_step="Give a reason of a few words."
        )

    context = homework_of(request)

    def write(connection: Connection) -> None:
        row, attempts = _found(connection, context.course(connection), site.course, request, access)
        require_may_mark(connection, site.course, session.person, list(attempts))
        attempt = _attempt_in(attempts, request)
        if (attempt.mark.id if attempt.mark else 0) != seen:
            raise Conflict(
                "Somebody else has set these points meanwhile.",
                next_step="Go back, reload the page, and decide which points stand.",
            )
        for owner, (first, *_) in attempts.items():
            if first.whole is not None:  # what a person decides now replaces it
                taken_back = Mark(TOTAL, None, Source.MANUAL, at, who=session.person, reason=reason)
                add_marks(connection, KIND, whole_work(site.course, row.id, owner), [taken_back])
        mark = Mark(TOTAL, points, Source.MANUAL, at, who=session.person, reason=reason)
        add_marks(connection, KIND, name, [mark])
        detail: dict[str, object] = {
            "before": None if attempt.final is None else str(attempt.final),
            "points": None if points is None else str(points),
            "reason": reason,
            "assignment": row.id,
        }
        record_act(connection, Act(at, session.person, "override points", name, detail))
        course, once = context.course(connection), f"mark:{name}:{at}"
        path = f"/submissions/{name}"
        tell_mark(connection, course, site.course, row, list(attempts), path=path, once=once, at=at)

    await site.written(write)
    return RedirectResponse(f"/staff/submissions/{name}", 303)


@requires(Permission.STUDENTS)
async def mark_answers(request: Request) -> Response:
    """Set the points of written answers, each with a comment that the student sees, or take them back."""
    site = site_of(request)
    session, access = await site.in_reader(staff_access, request)
    form, at, context = await form_of(request, session), request.state.at, homework_of(request)
    name = request.path_params["submission"]

    def write(connection: Connection) -> None:
        row, attempts = _found(connection, context.course(connection), site.course, request, access)
        require_may_mark(connection, site.course, session.person, list(attempts))
        attempt = _attempt_in(attempts, request)
        marks = [mark for answer in attempt.answers if (mark := _new_mark(answer, form, session.person, at))]
        add_marks(connection, KIND, name, marks)
        for mark in marks:
            detail: dict[str, object] = {
                "part": mark.part,
                "points": None if mark.points is None else str(mark.points),
                "comment": mark.reason,
                "assignment": row.id,
            }
            record_act(connection, Act(at, session.person, "mark written answer", name, detail))
        if marks:
            course, once = context.course(connection), f"mark:{name}:{at}"
            path = f"/submissions/{name}"
            tell_mark(connection, course, site.course, row, list(attempts), path=path, once=once, at=at)

    await site.written(write)
    return RedirectResponse(f"/staff/submissions/{name}#answers", 303)


def waits_for_staff(connection: Connection, course: str, access: Access, at: int) -> list[tuple[str, str]]:
    """Requests for extensions, and submissions that are not graded: sentences and the pages to go to.

    A submission that has just come in is left out: it is graded without anybody.
    """
    waiting = []
    if access.manages and (asked := len(open_requests(connection, course, access))):
        words = counted_noun(asked, "student asks for an extension", "students ask for an extension")
        waiting.append((words, "/extensions#requests"))
    titles = {row.id: row.facts.title for row in homework_in(connection, course)}
    for assignment, many in failures_in(connection, course, access).items():
        words = counted_noun(many, "submission is", "submissions are")
        sentence = f"{titles.get(assignment, assignment)}: {words} not graded because of an error"
        waiting.append((sentence, f"/staff/homework/{assignment}"))
    for assignment, many in waiting_for_long(connection, course, access, at).items():
        words = counted_noun(many, "submission has", "submissions have")
        minutes = counted_noun(LONG_WAIT // 60_000, "minute")
        sentence = (
            f"{titles.get(assignment, assignment)}: {words} waited for more than {minutes} to be graded"
        )
        waiting.append((sentence, f"/staff/homework/{assignment}"))
    return waiting


def person_section(request: Request, connection: Connection, person: str) -> Markup:
    """A student's assignments for staff: dates, submissions, what counts; empty for members of staff."""
    site, course = site_of(request), homework_of(request).course(connection)
    if role_of(connection, site.course, person) != "student":
        return Markup("")
    items = []
    for row in homework_in(connection, site.course):
        attempts = attempts_of(connection, course, site.course, row, person)
        due_at = due_for_student(course, row, person)
        items.append((row, due_at, attempts, counted(course, row, person, attempts)))
    return Markup(site.page("person_homework.html", items=items, person=person)) if items else Markup("")


HOMEWORK_STAFF_ROUTES = (
    PageRoute("/staff/homework/{assignment}", assignment_page),
    PageRoute("/staff/homework/{assignment}/release", release, methods=["POST"]),
    PageRoute("/staff/homework/{assignment}/grade-again", grade_again, methods=["POST"]),
    PageRoute("/staff/submissions/{submission}", submission_page),
    PageRoute("/staff/submissions/{submission}/feedback", submission_feedback),
    PageRoute("/staff/submissions/{submission}/pictures/{number:whole}", submission_picture),
    PageRoute("/staff/submissions/{submission}/points", override, methods=["POST"]),
    PageRoute("/staff/submissions/{submission}/answers", mark_answers, methods=["POST"]),
)


def _class(
    connection: Connection, course: Course, of: str, row: Homework, access: Access | None = None
) -> list[StudentRow]:
    """The students of the course, and whoever else has submitted; of `access` those it lets see."""
    names = names_in(connection, of)
    attempts = attempts_of_class(connection, course, of, row, access)
    students = students_in(connection, of)
    if access is not None:
        visible = visible_among(connection, of, access, students)
        students = [student for student in students if student in visible]
    former = [person for person in attempts if person not in names and not person.startswith(ERASED)]
    people = [*students, *former]
    return [
        StudentRow(
            person,
            names.get(person, person),
            attempts.get(person, []),
            counted(course, row, person, attempts.get(person, [])),
        )
        for person in dict.fromkeys(people)
    ]


def _found(
    connection: Connection, course: Course, of: str, request: Request, access: Access
) -> tuple[Homework, dict[str, list[Attempt]]]:
    """The assignment of the submission in the path, and all attempts of each of its owners."""
    name = request.path_params["submission"]
    owners = owners_of(connection, name)
    stored = find_submission(connection, of, name)
    if stored is None or not owners:
        raise NotFound("There is no such submission.", next_step="Go back to the assignment.")
    require_visible(connection, of, access, owners)
    row = published(connection, of, stored.assignment)
    return row, {owner: attempts_of(connection, course, of, row, owner) for owner in owners}


def _attempt_in(attempts: dict[str, list[Attempt]], request: Request) -> Attempt:
    """The attempt that the path names, as its first owner's."""
    of_first = next(iter(attempts.values()))
    return next(item for item in of_first if item.submission.id == request.path_params["submission"])


def _counting_old(row: Homework, rows: Collection[StudentRow]) -> dict[str, str]:
    """The submissions that count and were graded with an earlier version: their digests by id."""
    return {
        item.counted.submission.id: item.counted.submission.digest
        for item in rows
        if item.counted is not None and item.counted.grading.bundle != row.bundle
    }


def _answers(report: bytes, attempt: Attempt) -> list[tuple[MarkedAnswer, WrittenAnswer]]:
    """The written answers of a submission, each with its words."""
    words = {answer.task: answer for answer in Report.from_json(report).written}
    return [(answer, words[answer.task]) for answer in attempt.answers if answer.task in words]


def _model_answers(course: Course, assignment: str) -> dict[str, ModelAnswer]:
    """The question, rubric and model answer of each written task; none where the file cannot be read."""
    try:
        return dict(read_model_answers(course, assignment))
    except AutograderError:
        return {}


def _new_mark(answer: MarkedAnswer, form: Form, who: str, at: int) -> Mark | None:
    """The mark that a form gives an answer; None where it changes nothing.

    Raises Conflict where somebody else has marked the answer since, and for points that it cannot earn.
    """
    written = form.get(f"points-{answer.task}", [""])[-1].strip()
    comment = form.get(f"comment-{answer.task}", [""])[-1].strip()[:LONGEST_REASON]
    points = read_points(written, most=answer.points) if written else None
    before = answer.mark
    if (points, comment) == ((before.points, before.reason) if before else (None, "")) and not answer.changed:
        return None
    seen = whole_number(form.get(f"seen-{answer.task}", ["0"])[-1], MOST) or 0
    if (before.id if before else 0) != seen:
        raise Conflict(
            f"Somebody else has marked “{answer.title}” meanwhile.",
            next_step="Go back, reload the page, and decide which points stand.",
        )
    if points is None and before is None:
        raise Conflict(
            f"“{answer.title}” has a comment and no points.",
            next_step=f"Go back and give points from 0 to {answer.points.normalize():f}.",
        )
    detail = json.dumps({"answer": answer.digest})
    return Mark(written_part(answer.task), points, Source.MANUAL, at, who, comment, detail=detail)


def _order(sort: str, row: StudentRow) -> tuple[object, ...]:
    name = row.name.casefold(), row.person
    if sort in ("score", "-score"):
        score = row.score or Decimal(0)
        return (row.score is None, score if sort == "score" else -score, *name)
    if sort == "state":
        return (row.state, *name)
    if sort == "late":
        return (-(row.counted.days_late if row.counted else 0), *name)
    return name


def _histogram(row: Homework, scores: list[float]) -> Markup:
    """The distribution of the scores that count."""
    shares = [score / row.facts.points for score in scores]
    middle = median(shares) if shares else None
    return histogram(
        shares,
        key="scores",
        title="Distribution of the scores",
        description=f"{counted_noun(len(scores), 'score')} of {row.facts.points:g} points."
        + (f" The median is {percent(middle)}." if middle is not None else ""),
        median=middle,
    )


def _mistakes(rows: list[StudentRow]) -> list[tuple[str, str, int]]:
    """The commonest known mistakes in what counts: name, hint, how many students."""
    hints: dict[str, str] = {}
    many: Counter[str] = Counter()
    for row in rows:
        for name, hint in row.counted.summary.mistakes if row.counted else ():
            many[name] += 1
            hints.setdefault(name, hint)
    return [(mistake_in_words(name), hints[name], number) for name, number in many.most_common(10)]


def _sentence(headline: str, functions: Sequence[str]) -> str:
    """A headline as a sentence; the name of a function keeps its first letter."""
    name = re.match(r"\w*", headline)
    is_name = name is not None and name[0] in functions
    text = headline if is_name else headline[:1].upper() + headline[1:]
    return f"{text.rstrip('.')}."
