"""The pages of marking by hand: what there is to mark, a question with its rubric, and one answer at a time.

Names are hidden while an answer is marked; its address has a code that differs by question. Whoever sends a
mark says which mark they saw: of two people on one mark the second is shown both, and chooses.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from sqlalchemy import Connection, insert, select, update
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.errors import Conflict, NotFound
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, acts_on, record_act
from autograder.site.marking.assigned_work import (
    add_conflict,
    assign_evenly,
    conflict_pairs,
    conflicts_in,
    in_marking_order,
    markers_in,
    markers_of,
    may_mark,
    remove_conflict,
    store_markers,
    take_back,
)
from autograder.site.marking.rubrics import (
    MOST_ITEMS,
    PointsChange,
    Rubric,
    RubricItem,
    changes_by,
    comment_by,
    points_by,
    read_points,
    rubric_of,
    store_rubric,
    unapplied,
)
from autograder.site.marking.source import (
    AnswerToMark,
    GivenMark,
    MarkingSource,
    QuestionToMark,
    marking_source,
    marking_sources,
    question_of,
    rubric_detail,
)
from autograder.site.marking.tables import marking_note, saved_comment
from autograder.site.marking.waiting import WaitingForMarker, waiting_for, waiting_sentences
from autograder.site.marks import Mark
from autograder.site.people import names_in, names_of, students_in
from autograder.site.requests import Form, PageRoute, form_of, is_json, reads_much, site_of, whole_number
from autograder.site.roles import Permission, student_access, visible_among
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course
from autograder.site.tables import section_member

__all__ = ["MARKING_ROUTES"]

MOST = 10**15  # the largest number of a mark that a form may carry
LONGEST_COMMENT = 1000
LONGEST_TEXT = 300  # characters of an item of a rubric
LONGEST_NOTE = 2000
MOST_COMMENTS = 50  # saved ones of a question
KEYS_COOKIE, KEYS_AGE = "marking_keys", 365 * 24 * 3600  # seconds
WHOLE = "/marking/{kind}/{work}"
QUESTION = f"{WHOLE}/questions/{{question}}"
ANSWER = f"{QUESTION}/answers/{{code}}"


@dataclass(frozen=True)
class Progress:
    """How far the marking of a question is."""

    question: QuestionToMark
    answers: int
    marked: int
    waiting: int
    changed: int
    by_marker: Sequence[tuple[str, int, int]]  # marker, assigned answers, of them marked
    unassigned: int
    mine: int  # answers that wait for whoever looks

    @property
    def share(self) -> int:
        """What is marked, in percent."""
        return 100 * self.marked // self.answers if self.answers else 0


@dataclass(frozen=True)
class Place:
    """The question that an address names, with the answers that the person may mark, in marking order."""

    source: MarkingSource
    work: str
    title: str  # of the work
    question: QuestionToMark
    answers: Mapping[str, AnswerToMark]
    assigned: Mapping[str, str]  # the marker of each person
    path: str

    def is_mine(self, answer: AnswerToMark, marker: str) -> bool:
        """Whether an answer is assigned to a marker; without assigned work everything is everybody's."""
        return not self.assigned or any(self.assigned.get(person) == marker for person in answer.people)

    def next_waiting(self, marker: str, after: str = "") -> str:
        """The code of the next answer that waits for this marker, from a code on and then from the start."""
        waiting = [
            code for code, answer in self.answers.items() if answer.waits and self.is_mine(answer, marker)
        ]
        return next((code for code in waiting if code > after), waiting[0] if waiting else "")


# Pages


@reads_much
@requires(Permission.STUDENTS)
def overview(request: Request) -> Response:
    """Everything that people mark by hand, with its progress, and the conflicts of interest."""
    site, session = site_of(request), staff_of_course(request)
    with site.database.reading() as connection:
        access = student_access(connection, site.course, session.person)
        waiting = waiting_for(connection, site, access)
        mine = _mine(waiting)
        works = []
        for source in marking_sources(site):
            for work, title in source.works(connection):
                listed = source.questions_of_people(connection, work)
                progress = [
                    item
                    for item in _progress(connection, site, source, work, session, mine, listed)
                    if item.question.by_hand or item.marked or item.changed
                ]
                if progress:
                    works.append((source.kind, work, title, progress))
        names, conflicts = names_in(connection, site.course), conflicts_in(connection, site.course)
        visible = visible_among(connection, site.course, access, {item.person for item in conflicts})
        conflicts = [item for item in conflicts if item.person in visible or item.marker == session.person]
        markers, students = markers_in(connection, site.course), students_in(connection, site.course)
    if is_json(request):
        return JSONResponse(
            [
                {
                    "kind": kind,
                    "work": work,
                    "title": title,
                    "questions": [_as_json(item) for item in progress],
                }
                for kind, work, title, progress in works
            ]
        )
    return _page(
        request,
        session,
        "marking.html",
        works=works,
        waiting=waiting_sentences(waiting),
        names=names,
        conflicts=conflicts,
        markers=markers,
        students=students,
        me=session.person,
    )


@reads_much
@requires(Permission.STUDENTS)
def work_page(request: Request) -> Response:
    """The questions of an assignment or a quiz, their progress, and how they are assigned."""
    site, session = site_of(request), staff_of_course(request)
    source, work = marking_source(site, request.path_params["kind"]), request.path_params["work"]
    with site.database.reading() as connection:
        title = _title(connection, source, work)
        waiting = waiting_for(connection, site, student_access(connection, site.course, session.person))
        progress = _progress(connection, site, source, work, session, _mine(waiting))
        names, markers = names_in(connection, site.course), markers_in(connection, site.course)
        sections = _sections(connection, site.course)
    if is_json(request):
        return JSONResponse({"title": title, "questions": [_as_json(item) for item in progress]})
    return _page(
        request,
        session,
        "marking_work.html",
        kind=source.kind,
        work=work,
        work_title=title,
        back=source.page_of_work(work),
        progress=progress,
        names=names,
        markers=markers,
        sections=sections,
    )


@reads_much
@requires(Permission.STUDENTS)
def question_page(request: Request) -> Response:
    """A question: its rubric, saved comments, and its answers by their codes."""
    session = staff_of_course(request)
    return _question_page(request, session)


@reads_much
@requires(Permission.STUDENTS)
def next_answer(request: Request) -> Response:
    """The way to the next answer that waits for whoever asks."""
    site, session = site_of(request), staff_of_course(request)
    with site.database.reading() as connection:
        place = _place(connection, request, session)
    code = place.next_waiting(session.person, request.query_params.get("after", "")[:20])
    return RedirectResponse(f"{place.path}/answers/{code}" if code else place.path, 303)


@reads_much
@requires(Permission.STUDENTS)
def answer_page(request: Request) -> Response:
    """One answer without its student's name, and the form of its mark."""
    session = staff_of_course(request)
    return _answer_page(request, session)


# Acts


@requires(Permission.STUDENTS)
async def give_mark(request: Request) -> Response:
    """Mark an answer by the rubric, by points, or both; or withdraw the mark."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    place, answer = await site.in_thread(_found, request, session)
    seen = whole_number(form.get("seen", [""])[-1], MOST)
    if seen is None:
        raise Conflict(
            "The form does not say which mark it saw.", next_step="Reload the page and mark again."
        )
    chosen = form.get("item", [])
    comment = form.get("comment", [""])[-1].strip()[:LONGEST_COMMENT]
    typed = form.get("points", [""])[-1].strip()
    adjust = read_points(form.get("adjust", [""])[-1] or "0", negative=True, most=place.question.points)
    withdraw = "withdraw" in form

    def write(connection: Connection) -> AnswerToMark | None:
        current = place.source.answer(connection, place.work, place.question, answer.id, answer.part)
        if current.newest != seen:
            return current
        used = rubric_of(connection, site.course, place.source.kind, place.work, place.question)
        if withdraw:
            given = GivenMark(None, comment or "The mark was withdrawn.")
        else:
            given = _given(used, place.question, chosen, typed, adjust, comment)
            if used.version == 0 and given.rubric:  # from now on its items keep their ids
                store_rubric(
                    connection,
                    site.course,
                    place.source.kind,
                    place.work,
                    place.question,
                    used,
                    seen=0,
                    at=at,
                    who=session.person,
                    log=False,
                )
        place.source.give(connection, place.work, place.question, current, given, at=at, who=session.person)
        return None

    meanwhile = await site.written(write, answer.id)
    if meanwhile is not None:
        return await site.in_thread(_two_marks, request, session, meanwhile, form)
    if is_json(request):
        return JSONResponse(await site.in_thread(_answer_json, request, session))
    code = request.path_params["code"]
    if "stay" in form:
        return RedirectResponse(f"{place.path}/answers/{code}", 303)
    return RedirectResponse(f"{place.path}/next?after={code}", 303)


@requires(Permission.STUDENTS)
async def undo_mark(request: Request) -> Response:
    """Let the mark before the newest one count again; the newest must be the one that the form names.

    One that was given for an earlier answer does not come back: nobody has marked this answer then.
    """
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    place, answer = await site.in_thread(_found, request, session)
    newest = whole_number(form.get("mark", [""])[-1], MOST)

    def write(connection: Connection) -> None:
        current = place.source.answer(connection, place.work, place.question, answer.id, answer.part)
        marks = [mark for mark in place.source.earlier(connection, current) if mark.source.personal]
        if not marks or marks[-1].id != newest:
            raise Conflict(
                "There is a newer mark than the one that you want to undo.",
                next_step="Reload the page and look at the newer mark.",
            )
        before = marks[-2] if len(marks) > 1 else None
        given = GivenMark(None, "Undone.")
        if (
            before is not None
            and before.points is not None
            and place.source.is_for(connection, current, before)
        ):
            given = GivenMark(before.points, before.reason, rubric_detail(before))
        place.source.give(connection, place.work, place.question, current, given, at=at, who=session.person)
        detail: dict[str, object] = {"question": place.question.id, "mark": newest}
        record_act(connection, Act(at, session.person, "undo mark", answer.id, detail))

    await site.written(write, answer.id)
    if is_json(request):
        return JSONResponse(await site.in_thread(_answer_json, request, session))
    return RedirectResponse(f"{place.path}/answers/{request.path_params['code']}", 303)


@requires(Permission.STUDENTS)
async def add_note(request: Request) -> Response:
    """Leave a note that only graders see."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    place, answer = await site.in_thread(_found, request, session)
    text = form.get("note", [""])[-1].strip()[:LONGEST_NOTE]
    if not text:
        raise Conflict("The note is empty.", next_step="Go back and write a sentence.")

    def write(connection: Connection) -> None:
        connection.execute(
            insert(marking_note).values(
                course=site.course,
                kind=place.source.kind,
                answer=answer.id,
                question=place.question.id,
                who=session.person,
                at=at,
                text=text,
            )
        )
        detail: dict[str, object] = {"question": place.question.id}
        record_act(connection, Act(at, session.person, "note for graders", answer.id, detail))

    await site.written(write, answer.id)
    return _done(request, f"{place.path}/answers/{request.path_params['code']}")


@requires(Permission.STUDENTS)
async def save_comment(request: Request) -> Response:
    """Save a comment for the next answers to a question, or remove one."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    place = await site.in_thread(_question_at, request, session)
    text, remove = form.get("text", [""])[-1].strip()[:LONGEST_COMMENT], form.get("remove", [""])[-1]
    number = whole_number(remove, MOST) if remove else None
    if not remove and not text:
        raise Conflict("The comment is empty.", next_step="Go back and write one.")
    key = _key(site, place)

    def write(connection: Connection) -> None:
        this = [saved_comment.c[name] == key[name] for name in key]
        if remove:
            gone = update(saved_comment).where(*this, saved_comment.c.id == number)
            if not connection.execute(gone.values(removed_at=at)).rowcount:
                raise NotFound("There is no such comment.", next_step="Reload the page.")
        else:
            known = _comments(connection, key)
            if len(known) >= MOST_COMMENTS:
                raise Conflict(
                    f"A question has at most {MOST_COMMENTS} saved comments.", next_step="Remove one first."
                )
            connection.execute(insert(saved_comment).values(**key, text=text, who=session.person, at=at))
        act = "remove saved comment" if remove else "save comment"
        record_act(connection, Act(at, session.person, act, place.work, {"question": place.question.id}))

    await site.written(write)
    return _done(request, place.path)


@requires(Permission.STUDENTS)
async def change_rubric(request: Request) -> Response:
    """Change a rubric: the difference is shown first where it alters given marks, then confirmed."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    place = await site.in_thread(_question_at, request, session)
    seen = whole_number(form.get("version", [""])[-1], MOST)
    if seen is None:
        raise Conflict("The form does not say which rubric it saw.", next_step="Reload the page.")
    new = _rubric_in(form)
    confirmed = form.get("confirm", [""])[-1]
    reason = form.get("reason", [""])[-1].strip()[:LONGEST_TEXT]

    def difference() -> tuple[list[PointsChange], Rubric]:
        with site.database.reading() as connection:
            known = rubric_of(connection, site.course, place.source.kind, place.work, place.question)
            answers = place.source.marked(connection, place.work, place.question)
        removed = {item.id for item in known.items} - {item.id for item in new.items}
        return changes_by(new, place.question, answers, removed), known

    changes, known = await site.in_thread(difference)
    if known.version != seen:
        return await site.in_thread(_two_rubrics, request, session, place, new, known)
    if changes and confirmed != _digest(changes):
        return await site.in_thread(_rubric_difference, request, session, place, new, seen, changes, reason)
    work = partial(
        store_rubric,
        course=site.course,
        kind=place.source.kind,
        work=place.work,
        question=place.question,
        new=new,
        changes=changes,
        seen=seen,
        at=at,
        who=session.person,
        reason=reason,
    )
    await site.written(work)
    return _done(request, place.path)


@requires(Permission.MANAGE)
async def assign(request: Request) -> Response:
    """Assign the answers to some questions evenly, by section or by person, or take them back."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    source, work = marking_source(site, request.path_params["kind"]), request.path_params["work"]
    chosen = form.get("question", [])
    markers, how = form.get("marker", []), form.get("how", ["evenly"])[-1]
    if not chosen:
        raise Conflict("No question is chosen.", next_step="Go back and choose at least one question.")
    if how == "nobody":
        await site.written(
            partial(
                take_back,
                course=site.course,
                kind=source.kind,
                work=work,
                questions=chosen,
                at=at,
                who=session.person,
            )
        )
        return _done(request, f"/marking/{source.kind}/{work}")

    def assigned() -> dict[str, str]:
        with site.database.reading() as connection:
            known = set(markers_in(connection, site.course))
            if (not markers and how != "section") or not known.issuperset(markers):
                raise Conflict(
                    "No marker is chosen, or one who is not on the course's staff.",
                    next_step="Go back and choose assistants or instructors of this course.",
                )
            questions = [question_of(connection, source, work, name) for name in chosen]
            groups = {
                answer.people: None
                for question in questions
                for answer in source.answers(connection, work, question)
            }
            conflicts = conflict_pairs(connection, site.course)
            answered = {person for group in groups for person in group}
            sections = _sections(connection, site.course)
            others = [(person,) for person in students_in(connection, site.course) if person not in answered]
        if how == "section":
            return _by_section(sections, [*groups, *others], form, known, conflicts)
        if how == "person" and len(markers) != 1:
            raise Conflict("Choose the one marker who marks everybody.", next_step="Go back and choose one.")
        return assign_evenly(list(groups), markers, conflicts) | assign_evenly(others, markers, conflicts)

    plan = await site.in_thread(assigned)
    await site.written(
        partial(
            store_markers,
            course=site.course,
            kind=source.kind,
            work=work,
            questions=chosen,
            assigned=plan,
            at=at,
            who=session.person,
        )
    )
    return _done(request, f"/marking/{source.kind}/{work}")


@requires(Permission.MANAGE)
async def conflict_of_interest(request: Request) -> Response:
    """Keep a member of staff from marking a student's work, or allow it again."""
    site, session = site_of(request), await site_of(request).in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    marker, person, reason = (form.get(name, [""])[-1].strip() for name in ("marker", "person", "reason"))

    def write(connection: Connection) -> None:
        if "remove" in form:
            if not remove_conflict(connection, site.course, marker, person):
                raise NotFound("There is no such conflict of interest.", next_step="Reload the page.")
            detail: dict[str, object] = {"person": person}
            record_act(connection, Act(at, session.person, "remove conflict of interest", marker, detail))
            return
        if marker not in markers_in(connection, site.course) or person not in names_in(
            connection, site.course
        ):
            raise Conflict(
                "This course has no such marker, or no such student.",
                next_step="Go back and choose a member of staff and a student ID of this course.",
            )
        if not reason:
            raise Conflict("The reason is missing; it is recorded.", next_step="Go back and give a reason.")
        add_conflict(connection, site.course, marker, person, reason, at=at, who=session.person)

    await site.written(write)
    return _done(request, "/marking")


@requires(Permission.STAFF)
async def set_keys(request: Request) -> Response:
    """Switch the keys of the marking page on or off, for this browser."""
    session = await site_of(request).in_reader(staff_of_course, request)
    form = await form_of(request, session)
    back = form.get("back", ["/marking"])[-1][:500]
    response = _done(request, back if back.startswith("/marking") else "/marking")
    value = "off" if "off" in form else "on"
    response.set_cookie(KEYS_COOKIE, value, max_age=KEYS_AGE, path="/marking", httponly=True, samesite="lax")
    return response


MARKING_ROUTES = (
    PageRoute("/marking", overview),
    PageRoute("/marking/keys", set_keys, methods=["POST"]),
    PageRoute("/marking/conflicts", conflict_of_interest, methods=["POST"]),
    PageRoute(WHOLE, work_page),
    PageRoute(f"{WHOLE}/assign", assign, methods=["POST"]),
    PageRoute(QUESTION, question_page),
    PageRoute(f"{QUESTION}/next", next_answer),
    PageRoute(f"{QUESTION}/rubric", change_rubric, methods=["POST"]),
    PageRoute(f"{QUESTION}/comments", save_comment, methods=["POST"]),
    PageRoute(ANSWER, answer_page),
    PageRoute(ANSWER, give_mark, methods=["POST"]),
    PageRoute(f"{ANSWER}/undo", undo_mark, methods=["POST"]),
    PageRoute(f"{ANSWER}/notes", add_note, methods=["POST"]),
)


# What the pages share


def _page(request: Request, session: Session, template: str, status: int = 200, **values: object) -> Response:
    site = site_of(request)
    page = site.page(template, session=session, token=site.form_token(session), **values)
    return HTMLResponse(page, status)


def _done(request: Request, path: str) -> Response:
    """The reply to an act: the way to the page that shows it."""
    return JSONResponse({"page": path}) if is_json(request) else RedirectResponse(path, 303)


def _title(connection: Connection, source: MarkingSource, work: str) -> str:
    for name, title in source.works(connection):
        if name == work:
            return title
    raise NotFound("There is no such page.", next_step="Go back to the list of what can be marked.")


def _key(site: AppContext, place: Place) -> dict[str, str]:
    return {
        "course": site.course,
        "kind": place.source.kind,
        "work": place.work,
        "question": place.question.id,
    }


def _secret(site: AppContext) -> str:
    return site.signer.of("marking order", site.course)


def _place(connection: Connection, request: Request, session: Session) -> Place:
    """The question in the address, with the answers that this person may mark."""
    site, params = site_of(request), request.path_params
    source = marking_source(site, params["kind"])
    work = params["work"]
    title = _title(connection, source, work)
    question = question_of(connection, source, work, params["question"])
    conflicts = conflict_pairs(connection, site.course)
    assigned = markers_of(connection, site.course, source.kind, work).get(question.id, {})
    answers = in_marking_order(_secret(site), question.id, source.answers(connection, work, question))
    visible = _visible(connection, site, session, answers.values(), assigned)
    allowed = {
        code: answer
        for code, answer in answers.items()
        if may_mark(conflicts, session.person, answer.people) and not visible.isdisjoint(answer.people)
    }
    path = f"/marking/{source.kind}/{work}/questions/{question.id}"
    return Place(source, work, title, question, allowed, assigned, path)


def _visible(
    connection: Connection,
    site: AppContext,
    session: Session,
    answers: Iterable[AnswerToMark],
    assigned: Mapping[str, str],
) -> frozenset[str]:
    """The people whose answers this person may see: by role and section, and those assigned to them."""
    access = student_access(connection, site.course, session.person)
    people = {person for answer in answers for person in answer.people}
    mine = {person for person, marker in assigned.items() if marker == session.person}
    return visible_among(connection, site.course, access, people) | frozenset(mine)


def _question_at(request: Request, session: Session) -> Place:
    with site_of(request).database.reading() as connection:
        return _place(connection, request, session)


def _found(request: Request, session: Session) -> tuple[Place, AnswerToMark]:
    """The answer in the address; raises NotFound for one that this person may not mark, too."""
    place = _question_at(request, session)
    answer = place.answers.get(request.path_params["code"])
    if answer is None:
        raise NotFound(
            "There is no such answer among those that you may mark.",
            next_step="Go back to the question and choose the next answer.",
        )
    return place, answer


def _mine(waiting: Iterable[WaitingForMarker]) -> dict[tuple[str, str, str], int]:
    """How many answers wait for the marker, by kind, work and question."""
    return {
        (work.kind, work.work, question): numbers.mine
        for work in waiting
        for question, numbers in work.questions.items()
    }


def _progress(
    connection: Connection,
    site: AppContext,
    source: MarkingSource,
    work: str,
    session: Session,
    mine: Mapping[tuple[str, str, str], int],
    listed: Collection[str] | None = None,
) -> list[Progress]:
    """The progress of each question of a piece of work, with the answers that this person may see.

    `mine` are the answers that wait for this person; `listed` names the questions, all if it is left out.
    """
    assigned = markers_of(connection, site.course, source.kind, work)
    progress = []
    for question in source.questions(connection, work):
        if listed is not None and question.id not in listed:
            continue
        of_question = assigned.get(question.id, {})
        answers = source.answers(connection, work, question)
        visible = _visible(connection, site, session, answers, of_question)
        answers = [answer for answer in answers if not visible.isdisjoint(answer.people)]
        markers = [
            next((of_question[p] for p in answer.people if p in of_question), "") for answer in answers
        ]
        done = Counter(
            marker for marker, answer in zip(markers, answers, strict=True) if marker and not answer.waits
        )
        many = Counter(filter(None, markers))
        progress.append(
            Progress(
                question,
                len(answers),
                sum(answer.mark is not None and not answer.changed for answer in answers),
                sum(answer.waits for answer in answers),
                sum(answer.changed for answer in answers),
                [(marker, many[marker], done[marker]) for marker in sorted(many)],
                sum(not marker for marker in markers) if of_question else 0,
                mine.get((source.kind, work, question.id), 0),
            )
        )
    return progress


def _as_json(item: Progress) -> dict[str, object]:
    return {
        "id": item.question.id,
        "title": item.question.title,
        "points": float(item.question.points),
        "answers": item.answers,
        "marked": item.marked,
        "waiting": item.waiting,
        "waiting_for_you": item.mine,
        "changed": item.changed,
    }


def _comments(connection: Connection, key: Mapping[str, str]) -> list[tuple[int, str]]:
    rows = connection.execute(
        select(saved_comment.c.id, saved_comment.c.text)
        .where(*(saved_comment.c[name] == key[name] for name in key), saved_comment.c.removed_at.is_(None))
        .order_by(saved_comment.c.id)
    )
    return [(row.id, row.text) for row in rows]


def _notes(connection: Connection, kind: str, answer: str, question: str) -> list[tuple[int, str, str]]:
    rows = connection.execute(
        select(marking_note)
        .where(
            marking_note.c.kind == kind, marking_note.c.answer == answer, marking_note.c.question == question
        )
        .order_by(marking_note.c.id)
    )
    return [(row.at, row.who, row.text) for row in rows]


def _question_page(request: Request, session: Session, *, status: int = 200, **more: object) -> Response:
    site = site_of(request)
    with site.database.reading() as connection:
        place = _place(connection, request, session)
        used = rubric_of(connection, site.course, place.source.kind, place.work, place.question)
        comments = _comments(connection, _key(site, place))
        names = names_in(connection, site.course)
        history = [
            act
            for act in acts_on(connection, place.work)
            if act.act == "change rubric" and act.detail.get("question") == place.question.id
        ]
        left = unapplied(connection, site.course, place.source.kind, place.work, place.question.id)
    used_by = Counter(
        item for answer in place.answers.values() for item in rubric_detail(answer.mark).get("items", ())
    )
    if is_json(request):
        return JSONResponse(
            {
                "title": place.question.title,
                "points": float(place.question.points),
                "rubric": {
                    "version": used.version,
                    "from_full": used.from_full,
                    "items": [
                        {"id": item.id, "text": item.text, "points": float(item.points)}
                        for item in used.items
                    ],
                },
                "answers": [
                    {
                        "code": code,
                        "waits": answer.waits,
                        "points": None if answer.earned is None else float(answer.earned),
                    }
                    for code, answer in place.answers.items()
                ],
            },
            status,
        )
    values: dict[str, object] = {
        "place": place,
        "rubric": used,
        "used_by": used_by,
        "comments": comments,
        "names": names,
        "history": [(act.at, names.get(act.who, act.who), act.detail) for act in reversed(history)],
        "left": left,
        "mine": [code for code, answer in place.answers.items() if place.is_mine(answer, session.person)],
        "next": place.next_waiting(session.person),
        "changes": [],
        "new": None,
        "theirs": None,
        "digest": "",
        "reason": "",
    }
    return _page(request, session, "marking_question.html", status, **(values | more))


def _rubric_difference(
    request: Request,
    session: Session,
    place: Place,
    new: Rubric,
    seen: int,
    changes: Sequence[PointsChange],
    reason: str,
) -> Response:
    """What a change of the rubric would alter; nothing is stored."""
    if is_json(request):
        answers = {(answer.id, answer.part): code for code, answer in place.answers.items()}
        return JSONResponse(
            {
                "confirm": _digest(changes),
                "changes": [
                    {
                        "answer": answers.get((change.answer.id, change.answer.part), ""),
                        "before": float(change.before),
                        "after": float(change.after),
                    }
                    for change in changes
                ],
            }
        )
    return _question_page(
        request,
        session,
        changes=changes,
        new=replace(new, version=seen),
        digest=_digest(changes),
        reason=reason,
    )


def _two_rubrics(request: Request, session: Session, place: Place, new: Rubric, known: Rubric) -> Response:
    """Both rubrics, where somebody else has changed it: the second person chooses."""
    if is_json(request):
        raise Conflict(
            "Somebody else has changed this rubric meanwhile.",
            next_step=f"Read version {known.version} and send your change for it.",
        )
    return _question_page(request, session, status=409, new=replace(new, version=known.version), theirs=known)


def _digest(changes: Sequence[PointsChange]) -> str:
    """What was shown of a difference, so that nothing else is confirmed."""
    text = json.dumps(
        [
            [change.answer.id, change.answer.part, change.answer.newest, str(change.after)]
            for change in changes
        ]
    )
    return f"{len(changes)}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _rubric_in(form: Form) -> Rubric:
    """The rubric of a form: rows of an id, a text and points; rows without a text are left out."""
    ids, texts, points = (form.get(name, []) for name in ("item_id", "item_text", "item_points"))
    items = []
    for number, text in enumerate(texts[:MOST_ITEMS]):
        id = ids[number] if number < len(ids) else ""
        if not text.strip():
            continue
        written = points[number] if number < len(points) else ""
        items.append(
            RubricItem(id[:40], " ".join(text.split())[:LONGEST_TEXT], read_points(written, negative=True))
        )
    if len({item.id for item in items if item.id}) < sum(bool(item.id) for item in items):
        raise Conflict("An item of the rubric is there twice.", next_step="Reload the page.")
    if not items:
        raise Conflict("The rubric has no item.", next_step="Go back and write at least one.")
    return Rubric(tuple(items), "from_full" in form)


def _given(
    used: Rubric,
    question: QuestionToMark,
    chosen: Sequence[str],
    typed: str,
    adjust: Decimal,
    comment: str,
) -> GivenMark:
    """The mark of a form: points as they were typed, else those of the chosen items."""
    known = {item.id for item in used.items}
    if not set(chosen) <= known:
        raise Conflict(
            "An item that you chose is not in the rubric any more.",
            next_step="Reload the page and choose again.",
        )
    words = comment_by(used, chosen, comment)
    if typed:
        points = read_points(typed, most=question.points)
        by_items = points_by(used, chosen, Decimal(0), question.points)
        if not chosen:
            return GivenMark(points, words)
        adjust = points - by_items
    elif not chosen and not used.items:
        raise Conflict("There are no points.", next_step="Go back and write points.")
    points = points_by(used, chosen, adjust, question.points)
    detail = {
        "items": list(chosen),
        "adjust": str(adjust),
        "comment": comment,
        "version": max(1, used.version),
    }
    return GivenMark(points, words, detail)


def _answer_page(
    request: Request,
    session: Session,
    *,
    status: int = 200,
    yours: Form | None = None,
) -> Response:
    site = site_of(request)
    with site.database.reading() as connection:
        place = _place(connection, request, session)
        code = request.path_params["code"]
        answer = place.answers.get(code)
        if answer is None:
            raise NotFound(
                "There is no such answer among those that you may mark.",
                next_step="Go back to the question and choose the next answer.",
            )
        answer = place.source.answer(connection, place.work, place.question, answer.id, answer.part)
        shown = place.source.shown(connection, place.work, place.question, answer)
        used = rubric_of(connection, site.course, place.source.kind, place.work, place.question)
        comments = _comments(connection, _key(site, place))
        notes = _notes(connection, place.source.kind, answer.id, place.question.id)
        history = place.source.earlier(connection, answer)
        regrade = place.source.open_regrade(connection, place.work)
        people = {mark.who for mark in history} | {who for _, who, _ in notes}
        people |= {regrade[1]} if regrade else set()
        names = names_of(connection, people)
    if is_json(request):
        return JSONResponse(_as_answer_json(place, code, answer))
    codes = list(place.answers)
    number = codes.index(code)
    waiting = [
        name for name, item in place.answers.items() if item.waits and place.is_mine(item, session.person)
    ]
    detail = rubric_detail(answer.mark)
    return _page(
        request,
        session,
        "marking_answer.html",
        status,
        place=place,
        code=code,
        answer=answer,
        shown=shown,
        regrade=None if regrade is None else (regrade[0], names[regrade[1]]),
        rubric=used,
        chosen=set(detail.get("items", ())),
        adjust=Decimal(str(detail.get("adjust", "0"))),
        typed=answer.mark.points if answer.mark and "items" not in detail else None,
        comment=detail.get("comment", answer.mark.reason if answer.mark and "items" not in detail else ""),
        comments=comments,
        notes=[(at, names[who], text) for at, who, text in notes],
        history=[(mark, names[mark.who]) for mark in reversed(history)],
        number=number + 1,
        many=len(codes),
        waiting=len(waiting),
        before=codes[number - 1] if number else "",
        after=codes[number + 1] if number + 1 < len(codes) else "",
        keys=request.cookies.get(KEYS_COOKIE) != "off",
        yours=yours,
        by=names.get(answer.mark.who, answer.mark.who) if answer.mark else "",
    )


def _two_marks(request: Request, session: Session, current: AnswerToMark, form: Form) -> Response:
    """Both marks, where somebody else has marked meanwhile: the second person chooses."""
    if is_json(request):
        given = "withdrawn" if current.mark is None else f"set to {current.mark.points}"
        raise Conflict(
            f"The points were {given} meanwhile by somebody else.",
            next_step=f"Look at mark {current.newest}, and send yours with seen={current.newest}.",
        )
    return _answer_page(request, session, status=409, yours=form)


def _answer_json(request: Request, session: Session) -> dict[str, object]:
    place, answer = _found(request, session)
    return _as_answer_json(place, request.path_params["code"], answer)


def _as_answer_json(place: Place, code: str, answer: AnswerToMark) -> dict[str, object]:
    """An answer for a program: its points and the number of its newest mark, never its students."""
    mark: Mark | None = answer.mark
    return {
        "code": code,
        "points": None if answer.earned is None else float(answer.earned),
        "of": float(place.question.points),
        "items": rubric_detail(mark).get("items", []),
        "comment": "" if mark is None else mark.reason,
        "changed": answer.changed,
        "waits": answer.waits,
        "seen": answer.newest,
    }


def _sections(connection: Connection, course: str) -> dict[str, set[str]]:
    """The people of each section, its staff included."""
    rows = connection.execute(select(section_member).where(section_member.c.course == course))
    members: dict[str, set[str]] = {}
    for row in rows:
        members.setdefault(row.section, set()).add(row.person)
    return dict(sorted(members.items()))


def _by_section(
    sections: Mapping[str, set[str]],
    groups: Sequence[Sequence[str]],
    form: Form,
    known: set[str],
    conflicts: set[tuple[str, str]],
) -> dict[str, str]:
    """Each group goes to a marker of its section; raises Conflict for a section without one."""
    section_of = {person: section for section, people in sections.items() for person in people}
    markers_by: dict[str, list[str]] = {
        section: [marker for marker in form.get(f"section:{section}", []) if marker in known]
        for section in sections
    }
    by_section: dict[str, list[Sequence[str]]] = {}
    for group in groups:
        by_section.setdefault(next((section_of[p] for p in group if p in section_of), ""), []).append(group)
    assigned: dict[str, str] = {}
    for section, of_section in by_section.items():
        chosen = markers_by.get(section) or []
        if not chosen:
            raise Conflict(
                f"{'Section ' + section if section else 'Those without a section'} has no marker.",
                next_step="Go back and choose a marker for every section, or assign evenly.",
            )
        assigned |= assign_evenly(of_section, chosen, conflicts)
    return assigned
