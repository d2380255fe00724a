"""The pages of the gradebook: the class and one student for staff, exports, and a student's own grades."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from statistics import fmean, median
from urllib.parse import quote, urlencode

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.course.course import Course
from autograder.course.local_time import shown
from autograder.errors import AutograderError, Conflict, NotFound
from autograder.gradebook.final_grades import unfinished
from autograder.gradebook.gradebook import Gradebook, Row, percent
from autograder.gradebook.scores import Score, State
from autograder.pages.bar_charts import histogram
from autograder.pages.gradebook_pages import SIGNS, score_reasons, section_sentence, weight_text, weights_of
from autograder.pages.text import count, points
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, record_act
from autograder.site.gradebook.course_gradebook import CourseGradebook, GradebookCache, course_gradebook
from autograder.site.gradebook.exports import (
    FORMATS,
    MOST_CHANGES,
    Export,
    keep_export,
    kept_export,
    make_export,
)
from autograder.site.lti.deliveries import send_scores_again
from autograder.site.lti.score_states import ScoreState, linked_work, score_states, usual_cause
from autograder.site.requests import (
    PageRoute,
    form_of,
    is_json,
    reads,
    reads_much,
    session_of,
    site_of,
    status_of,
    uploaded_form,
    whole_number,
)
from autograder.site.roles import Permission, require_visible, student_access, visible_among
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_access, staff_of_course

__all__ = ["GRADEBOOK_ROUTES"]

PATH, PART = "/gradebook", "gradebook"
SEPARATOR = ", "  # between the sections of a student
ROWS = 200  # students on one page
MOST = 999_999_999  # of a page's number
SHOWS = {
    "": "everybody",
    "missing": "work that is missing",
    "waiting": "scores that are not final",
    "undelivered": "scores a platform does not have",
}
STATES = {
    State.COUNTED: "Counts",
    State.MISSING: "Counts as zero",
    State.DROPPED: "Dropped",
    State.EXCUSED: "Excused",
    State.WAITING: "Not final yet",
    State.OPEN: "Not due yet",
}
States = Mapping[tuple[str, str], Sequence[ScoreState]]


@dataclass(frozen=True)
class Cell:
    """One score of a student in the grid."""

    kind: str  # a class of the style sheet
    text: str
    link: str
    undelivered: bool  # a platform does not have it


@dataclass(frozen=True)
class GridRow:
    """A student in the grid."""

    student: str
    name: str
    section: str
    link: str
    total: str
    share: float
    letter: str
    cells: list[Cell]


@dataclass(frozen=True)
class Delivered:
    """How many scores of a work are where, at learning platforms."""

    title: str
    kind: str
    work: str
    sent: int
    waiting: int
    held: int
    failed: Sequence[ScoreState]
    unknown: int  # students with a score whom no platform has named

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        """The platforms' answers, each with its usual cause and how often it came."""
        answers = [state.problem for state in self.failed]
        return [(text, usual_cause(text), answers.count(text)) for text in dict.fromkeys(answers)]


@reads_much
@requires(Permission.STUDENTS)
def gradebook_page(request: Request) -> Response:
    """The class in one grid: sorted, filtered and paged on the server.

    Whoever sees only some students' work has only their rows.
    """
    site = site_of(request)
    session, _ = staff_access(request)
    return HTMLResponse(_class_page(request, site, session))


def _class_page(
    request: Request,
    site: AppContext,
    session: Session,
    *,
    export: Export | None = None,
    problem: AutograderError | None = None,
) -> str:
    wanted = request.query_params
    find, section, show = (wanted.get(name, "")[:100] for name in ("find", "section", "show"))
    found, states, linked = _read(site, request, session)
    gradebook = found.gradebook
    everybody = [_grid_row(found, row, states.get(row.student, {})) for row in gradebook.rows]
    by_student = {row.student: row for row in gradebook.rows}
    rows = [
        row
        for row in everybody
        if find.casefold() in f"{row.student} {row.name}".casefold()
        and (not section or section in row.section.split(SEPARATOR))
        and _is_shown(show, by_student[row.student], row)
    ]
    sort = _sort(wanted.get("sort", "name"), gradebook)
    rows.sort(key=partial(_order, sort, gradebook, by_student))
    pages = max(1, -(-len(rows) // ROWS))
    number = min(max(1, whole_number(wanted.get("page", "1"), MOST) or 0), pages)
    kept: dict[str, object] = {"find": find, "section": section, "show": show, "sort": sort, "page": number}
    totals = [float(row.total) for row in gradebook.rows if row.total is not None]
    return site.page(
        "gradebook.html",
        gradebook=gradebook,
        work=found.work,
        rows=rows[(number - 1) * ROWS : number * ROWS],
        many=len(rows),
        number=number,
        pages=pages,
        find=find,
        section=section,
        show=show,
        shows=SHOWS,
        sort=sort,
        sections=sorted({name for row in everybody for name in row.section.split(SEPARATOR)} - {""}),
        link=lambda **changes: "?" + urlencode({k: v for k, v in (kept | changes).items() if v != ""}),
        head_link=partial(_head_link, sort),
        mean=f"{100 * fmean(totals):.1f}" if totals else "",
        median=f"{100 * median(totals):.1f}" if totals else "",
        letters=_letters(gradebook),
        chart=_chart(totals),
        weights=weights_of(gradebook),
        delivered=_delivered(found, states, linked),
        formats=FORMATS,
        export=export,
        most_changes=MOST_CHANGES,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )


def _read(
    site: AppContext, request: Request, session: Session
) -> tuple[CourseGradebook, Mapping[str, States], set[tuple[str, str]]]:
    """The rows that a member of staff may see, with the states of their scores at platforms."""
    found = _of_class(site, request.state.at)
    with site.database.reading() as connection:
        access = student_access(connection, site.course, session.person)
        students = [row.student for row in found.gradebook.rows]
        visible = visible_among(connection, site.course, access, students)
        states, linked = score_states(connection), linked_work(connection)
    if len(visible) < len(students):
        rows = tuple(row for row in found.gradebook.rows if row.student in visible)
        found = replace(found, gradebook=replace(found.gradebook, rows=rows, remarks=()))
        states = {person: by_work for person, by_work in states.items() if person in visible}
    return found, states, linked


def _of_class(site: AppContext, at: int) -> CourseGradebook:
    """The gradebook of the class; what has not changed is not computed again."""
    cache: GradebookCache = site.parts.setdefault(PART, GradebookCache(site.database))
    files = site.assignments
    return cache.read(site.course_rules(), at, files.graded(), files.quizzes())


def _to_export(site: AppContext, at: int, kind: str) -> CourseGradebook:
    """What an export may have: what students may not see leaves the site only in the table of everything."""
    if kind == "csv":
        return _of_class(site, at)
    with site.database.reading() as connection:
        return course_gradebook(
            connection,
            site.course_rules(),
            at,
            shown_only=True,
            graded=site.assignments.graded(),
            quizzes=site.assignments.quizzes(),
        )


def _hidden_notes(found: CourseGradebook, kind: str) -> list[str]:
    """How many scores of each work are not in an export, since students may not see them yet."""
    if kind == "csv":
        return []
    notes = []
    for work in found.work.values():
        if many := len(work.hidden):
            are = "is" if many == 1 else "are"
            notes.append(
                f"{count(many, 'score')} of {work.column.title} {are} not in it: "
                "students do not see them yet."
            )
    return notes


def _grid_row(found: CourseGradebook, row: Row, states: States) -> GridRow:
    cells = []
    for score in row.scores:
        work = found.work[score.name]
        undelivered = any(state.is_undelivered for state in states.get((work.kind, score.name), ()))
        cells.append(Cell(*_cell(score), work.link(row.student) or work.staff_page, undelivered))
    return GridRow(
        row.student,
        row.person.sortable,
        row.person.section,
        f"{PATH}/students/{quote(row.student, safe='')}",
        "" if row.total is None else str(percent(row.total)),
        float(row.total or 0),
        row.letter,
        cells,
    )


def _cell(score: Score) -> tuple[str, str]:
    """The style and the text of a score; every text can be pressed."""
    if score.state is State.OPEN:
        return "", "–"
    text = SIGNS.get(score.state, points(float(score.earned)))
    if score.state is State.COUNTED and score.earned >= score.possible:
        return "f", text
    return {State.MISSING: "z", State.DROPPED: "d"}.get(score.state, ""), text


def _is_shown(show: str, row: Row, shown_row: GridRow) -> bool:
    if show == "missing":
        return any(score.state is State.MISSING for score in row.scores)
    if show == "waiting":
        return any(score.state is State.WAITING for score in row.scores)
    if show == "undelivered":
        return any(cell.undelivered for cell in shown_row.cells)
    return True


def _sort(wanted: str, gradebook: Gradebook) -> str:
    known = {"name", "total", *(column.name for column in gradebook.columns)}
    return wanted if wanted.removeprefix("-") in known else "name"


def _order(
    sort: str, gradebook: Gradebook, by_student: Mapping[str, Row], row: GridRow
) -> tuple[object, ...]:
    name = (row.name.casefold(), row.student)
    key, down = sort.removeprefix("-"), sort.startswith("-")
    if key == "name":
        return name
    value: Fraction | None = by_student[row.student].total
    if key != "total":
        at = next(at for at, column in enumerate(gradebook.columns) if column.name == key)
        score = by_student[row.student].scores[at]
        value = score.earned if score.has_points else None
    return (value is None, -(value or 0) if down else value or 0, *name)


def _head_link(sort: str, name: str) -> str:
    """The order that a press on a head asks for: the highest first, then the lowest."""
    return name if sort == f"-{name}" or name == "name" else f"-{name}"


def _letters(gradebook: Gradebook) -> list[tuple[str, int]]:
    order = sorted(gradebook.rules.scale, key=lambda letter: -gradebook.rules.scale[letter])
    return [(letter, sum(row.letter == letter for row in gradebook.rows)) for letter in order]


def _chart(totals: Sequence[float]) -> Markup | None:
    if not totals:
        return None
    return histogram(
        totals,
        key="totals",
        title="Distribution of the totals",
        description=f"{count(len(totals), 'total')}, the median is {100 * median(totals):.1f} %.",
        median=median(totals),
    )


def _delivered(
    found: CourseGradebook, states: Mapping[str, States], linked: set[tuple[str, str]]
) -> list[Delivered]:
    """The state of each column at learning platforms; none where no platform links to anything."""
    known = {key for by_work in states.values() for key in by_work}
    students = {row.student for row in found.gradebook.rows}
    table = []
    for name, work in found.work.items():
        key = work.kind, name
        if key not in linked | known:
            continue
        all_states = [state for by_work in states.values() for state in by_work.get(key, ())]
        scored = [
            student
            for student in students & set(work.column.final_scores)
            if key not in states.get(student, {})
        ]
        table.append(
            Delivered(
                work.column.title,
                *key,
                sent=sum(state.state == "sent" for state in all_states),
                waiting=sum(state.state == "waiting" for state in all_states),
                held=sum(state.state == "held" for state in all_states),
                failed=[state for state in all_states if state.state == "failed"],
                unknown=len(scored),
            )
        )
    return table


@dataclass(frozen=True)
class Part:
    """One score on a student's page."""

    title: str
    link: str
    points: str
    state: State
    words: str
    why: list[str]
    submitted: str
    contribution: str
    platforms: list[str]  # what each platform has, a sentence each
    problems: list[str]  # for staff: the platforms' answers with their usual causes


@dataclass(frozen=True)
class Section:
    """One group on a student's page."""

    name: str
    parts: list[Part]
    share: str
    weight: str
    contribution: str
    sentence: str


@reads_much
@requires(Permission.STUDENTS)
def student_page(request: Request) -> Response:
    """One student's scores for staff: what counts and why, and what the platforms have."""
    site, who = site_of(request), request.path_params["student"]
    session, access = staff_access(request)
    found = _of_class(site, request.state.at)
    with site.database.reading() as connection:
        require_visible(connection, site.course, access, [who])
        states = score_states(connection, who).get(who, {})
    row = next((row for row in found.gradebook.rows if row.student == who), None)
    if row is None:
        raise NotFound("There is no such student.", next_step="Go back to the gradebook.")
    return HTMLResponse(_grades(site, session, found, row, states, staff=True))


@reads
def grades_page(request: Request) -> Response:
    """A student's own grades, as far as they are shown now."""
    site, session = site_of(request), session_of(request)
    with site.database.reading() as connection:
        found = own_grades(connection, site, session.person, request.state.at)
        states = score_states(connection, session.person).get(session.person, {})
    row = next((row for row in found.gradebook.rows if row.student == session.person), None)
    if row is None:
        raise NotFound(
            "You have no grades in this course: its students have.",
            next_step="Open the gradebook of the class, or ask the course's staff to add you.",
        )
    return HTMLResponse(_grades(site, session, found, row, states, staff=False))


def own_grades(connection: Connection, site: AppContext, student: str, at: int) -> CourseGradebook:
    """A student's own gradebook, as far as they may see it."""
    course: Course = site.course_rules()
    graded, quizzes = site.assignments.graded(), site.assignments.quizzes()
    return course_gradebook(connection, course, at, student=student, graded=graded, quizzes=quizzes)


def _grades(
    site: AppContext, session: Session, found: CourseGradebook, row: Row, states: States, *, staff: bool
) -> str:
    gradebook = found.gradebook
    used = [group for group in row.groups if group.share is not None]
    drops = {group.name: group.drop_lowest for group in gradebook.rules.groups}
    local = partial(shown, zone=site.zone)
    sections = [
        Section(
            name=group.name,
            parts=[_part(found, row, score, states, local, staff=staff) for score in group.scores],
            share="" if group.share is None else str(percent(group.share)),
            weight=weight_text(group.weight),
            contribution=str(percent(group.contribution)),
            sentence=section_sentence(group, drops[group.name]),
        )
        for group in row.groups
        if group.scores
    ]
    return site.page(
        "grades.html",
        row=row,
        staff=staff,
        sections=sections,
        total="" if row.total is None else str(percent(row.total)),
        sum=" + ".join(f"{percent(group.contribution)}" for group in used),
        reweighted=bool(used) and len(used) < len(row.groups),
        unfinished=unfinished(row),
        scale=sorted(gradebook.rules.scale.items(), key=lambda threshold: -threshold[1]),
        failed=sum(state.state == "failed" for of_work in states.values() for state in of_work),
        session=session,
        token=site.form_token(session),
    )


def _part(
    found: CourseGradebook,
    row: Row,
    score: Score,
    states: States,
    local: Callable[[int], str],
    *,
    staff: bool,
) -> Part:
    work = found.work[score.name]
    there = states.get((work.kind, score.name), ())
    when = score.final_score.submitted if score.final_score else None
    earned = points(float(score.earned)) if score.has_points else "–"
    link = work.link(row.student) if staff else work.links.get(row.student) or work.page
    return Part(
        title=score.title,
        link=link,
        points=f"{earned} of {points(float(score.possible))}",
        state=score.state,
        words=STATES[score.state],
        why=score_reasons(score),
        submitted=local(int(when.timestamp() * 1000)) if when else "",
        contribution=str(percent(score.contribution)) if score.state.counts else "",
        platforms=[state.sentence(local) for state in there if state.state != "retired"],
        problems=[
            f"{state.platform} answered: {state.problem}. {usual_cause(state.problem)}"
            for state in there
            if state.problem
        ],
    )


@requires(Permission.MANAGE)
async def export(request: Request) -> Response:
    """Make an export and show what is in it; nothing of the course changes."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    sent = await uploaded_form(request, session, "template", "table.csv")
    kind = sent.fields.get("format", "")

    def made() -> Export:
        found = _to_export(site, request.state.at, kind)
        export = make_export(
            found.gradebook,
            kind,
            template=sent.content,
            template_name=sent.name,
            column=sent.fields.get("column", ""),
            by=sent.fields.get("by", "email"),
            unfinished_too="unfinished" in sent.fields,
        )
        export = replace(export, notes=(*export.notes, *_hidden_notes(found, kind)))
        keep_export(site.folder, export)
        return export

    try:
        result = await site.in_thread(made)
    except AutograderError as problem:
        if is_json(request):
            raise Conflict(problem.message, next_step=problem.next_step) from problem
        failed = partial(_class_page, request, site, session, problem=problem)
        return HTMLResponse(await site.in_thread(failed), status_of(problem))
    detail: dict[str, object] = {
        "format": kind,
        "students": result.students,
        "left": len(result.left),
        "digest": result.digest,
    }
    act = Act(request.state.at, session.person, "export gradebook", "gradebook", detail)
    await site.written(lambda connection: record_act(connection, act))
    if is_json(request):
        return JSONResponse({**detail, "file": f"{PATH}/exports/{result.digest}", "changes": result.changes})
    return HTMLResponse(
        await site.in_thread(partial(_class_page, request, site, session, export=result)), 200
    )


@reads_much
@requires(Permission.MANAGE)
def download(request: Request) -> Response:
    """The file of an export, as its page showed it."""
    site = site_of(request)
    staff_of_course(request)
    kept = kept_export(site.folder, request.path_params["digest"])
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(kept.file)}"}
    return Response(kept.text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


@requires(Permission.MANAGE)
async def retry_scores(request: Request) -> Response:
    """Send scores again that did not arrive: all of them, or those of a work or a student."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    kind, work, who = (form.get(name, [""])[-1][:200] for name in ("kind", "work", "student"))

    def write(connection: Connection) -> int:
        return send_scores_again(connection, at, session.person, kind=kind, work=work, student=who)

    many = await site.written(write)
    if is_json(request):
        return JSONResponse({"scores": many})
    return RedirectResponse(f"{PATH}/students/{quote(who, safe='')}" if who else f"{PATH}#platforms", 303)


GRADEBOOK_ROUTES = (
    PageRoute("/grades", grades_page),
    PageRoute(PATH, gradebook_page),
    PageRoute(f"{PATH}/students/{{student:path}}", student_page),
    PageRoute(f"{PATH}/exports", export, methods=["POST"]),
    PageRoute(f"{PATH}/exports/{{digest}}", download),
    PageRoute(f"{PATH}/scores", retry_scores, methods=["POST"]),
)
