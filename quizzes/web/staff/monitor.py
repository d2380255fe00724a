"""The monitor of a quiz while it is held: who works on it, more time for some or all, and messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.errors import Conflict, Forbidden, NotFound
from autograder.site.audit import acts_on
from autograder.site.people import names_in
from autograder.site.requests import form_of, reads_much, site_of
from autograder.site.roles import Permission, StudentData, visible_among
from autograder.site.staff import requires
from quizzes.store.extensions import extend_all, extend_chosen
from quizzes.store.messages import send_notice
from quizzes.store.monitor import Activity, StudentActivity, recent_saves, student_activity
from quizzes.store.quizzes import published_in
from quizzes.web.context import quizzes_of
from quizzes.web.staff.access import (
    access_in,
    reason_in,
    require_may_extend,
    staff_at,
    visible_attempts,
    whole_number_in,
)
from quizzes.web.staff.acts import (
    act_among,
    act_done,
    done_redirect,
    once_in,
    quiz_act_sentence,
    shown_once,
)

__all__ = ["give_time", "monitor", "send_message"]

FAR = 2**62  # after every instant
ORDER = [Activity.SILENT, Activity.WRITING, Activity.ABSENT, Activity.DONE]
SORTS: dict[str, Callable[[StudentActivity], tuple[object, ...]]] = {
    "now": lambda student: (ORDER.index(student.activity), student.last_at or 0),
    "answers": lambda student: (student.activity is Activity.ABSENT, student.answered),
    "last": lambda student: (student.last_at is None, student.last_at or 0),
    "left": lambda student: (student.activity is Activity.DONE, student.deadline_at or FAR),
}


@reads_much
@requires(Permission.STUDENTS)
def monitor(request: Request) -> Response:
    """What every student does now; `?part=table` is the table alone, for the page's script."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    with site.database.reading() as connection:
        access = access_in(connection, site.course, session)
        students = student_activity(connection, quiz, request.state.at, access)
        saves = recent_saves(connection, quiz, request.state.at)
        published = next(
            published for published in published_in(connection, site.course) if published.id == quiz
        )
        names = names_in(connection, site.course)
        acts, done = acts_on(connection, quiz), act_done(request, connection, quiz)
        if not (sees_all := access.students is StudentData.ALL):
            visible = visible_among(connection, site.course, access, names)
            acts = [seen for act in acts if (seen := act_among(act, visible)) is not None]
    wanted = request.query_params
    find, show, sort = (wanted.get(name, "")[:100] for name in ("find", "show", "sort"))
    shown = [
        student
        for student in students
        if find.casefold() in f"{student.person} {student.name}".casefold()
        and show in ("", student.activity.name.lower())
    ]
    if sort in SORTS:
        shown.sort(key=SORTS[sort])
    values = {
        "published": published,
        "students": shown,
        "everybody": len(students),
        "find": find,
        "show": show,
        "sort": sort,
        "activities": {activity.name.lower(): str(activity) for activity in Activity},
        "link": lambda **changes: "?" + urlencode({"find": find, "show": show, "sort": sort} | changes),
        "counts": Counter(str(student.activity) for student in students),
        "saves": saves,
        "now": request.state.at,
    }
    if request.query_params.get("part") == "table":
        return HTMLResponse(site.page("staff_table.html", **values))
    page = site.page(
        "staff_monitor.html",
        **values,
        sees_all=sees_all,
        done=quiz_act_sentence(done, names) if done else "",
        acts=[(act.at, quiz_act_sentence(act, names)) for act in reversed(acts)],
        session=session,
        token=site.form_token(session),
    )
    return shown_once(HTMLResponse(page))


@requires(Permission.STUDENTS)
async def give_time(request: Request) -> Response:
    """Give more time to the chosen attempts, or to the whole class."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = await site_of(request).in_reader(staff_at, request, quiz)
    form = await form_of(request, session)
    minutes, percent = whole_number_in(form, "minutes"), whole_number_in(form, "percent")
    given = {"at": request.state.at, "who": session.person, "reason": reason_in(form), "once": once_in(form)}
    chosen = form.get("attempt", [])
    everybody = form.get("who", ["chosen"])[-1] == "all"

    def allowed() -> None:
        with site.database.reading() as connection:
            access = access_in(connection, site.course, session)
            if everybody and access.students is not StudentData.ALL:
                raise Forbidden("You see a part of the class.", next_step="Choose students of yours.")
            if not everybody and not set(chosen) <= visible_attempts(connection, site.course, quiz, access):
                raise NotFound("There is no such attempt.", next_step="Reload the page.")
            if not everybody:
                require_may_extend(connection, site.course, session.person, chosen)

    await site.in_reader(allowed)
    if everybody:

        def work(connection: Connection) -> int:
            return extend_all(connection, quiz, minutes=minutes, percent=percent, **given).act

    elif not chosen or minutes + percent == 0:
        raise Conflict(
            "No student is chosen, or no time is given.",
            next_step="Choose students and give minutes or percent.",
        )
    else:

        def work(connection: Connection) -> int:
            return extend_chosen(connection, quiz, chosen, minutes=minutes, percent=percent, **given)

    return done_redirect(f"/staff/{quiz}", await site.written(work, *chosen))


@requires(Permission.STUDENTS)
async def send_message(request: Request) -> Response:
    """Send a message to everybody who takes the quiz."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = await site_of(request).in_reader(staff_at, request, quiz)
    form = await form_of(request, session)
    text, once = form.get("text", [""])[-1], once_in(form)

    def allowed() -> None:
        with site.database.reading() as connection:
            if access_in(connection, site.course, session).students is not StudentData.ALL:
                raise Forbidden(
                    "You see a part of the class, and a message goes to everybody in the quiz.",
                    next_step="Ask one of the course's instructors to send it.",
                )

    await site.in_reader(allowed)
    act = await site.written(
        lambda connection: send_notice(
            connection, quiz, text, at=request.state.at, who=session.person, once=once
        )
    )
    quizzes_of(request).forget_notices(quiz)
    return done_redirect(f"/staff/{quiz}", act)
