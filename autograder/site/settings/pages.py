"""The pages of settings: course.yaml as a form, backups, maintenance, the log, and a new term."""

from __future__ import annotations

import asyncio
import re
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.course.course import FILE
from autograder.errors import AutograderError, Conflict
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, record_act
from autograder.site.content.file_versions import (
    Clash,
    Saved,
    digest_of,
    read_text,
    save_text,
    versions_of,
)
from autograder.site.content.git_commits import commit_file, saved_word
from autograder.site.notices.mail import FILE as MAIL
from autograder.site.people import names_of
from autograder.site.requests import PageRoute, form_of, is_json, reads, reads_much, site_of, whole_number
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.settings.backups import BackupPlan, backup_folder, backups_in, plan_of, set_plan
from autograder.site.settings.course_form import (
    SPARE,
    changed_course,
    course_file_of,
    course_values,
    differences,
)
from autograder.site.settings.log import act_words, log_page
from autograder.site.settings.mail_form import MAIL_FIELDS, mail_text, mail_values
from autograder.site.settings.maintenance import set_maintenance
from autograder.site.settings.new_term import dates_of, new_term, shifted, term_archive
from autograder.site.settings.site_settings import read_setting
from autograder.site.staff import requires, staff_of_course

__all__ = ["SETTINGS_ROUTES"]

PATH = "/settings"
MOST = 999_999_999
Differences = list[tuple[str, str, str]]


@reads_much
@requires(Permission.MANAGE)
def settings_page(request: Request) -> Response:
    """Everything that is set of the course and of the server."""
    session = staff_of_course(request)
    text = read_text(site_of(request).folder / FILE)
    return _page(request, session, values=course_values(course_file_of(text)), seen=digest_of(text))


@requires(Permission.MANAGE)
async def change_course(request: Request) -> Response:
    """Show what the form of course.yaml would change; with `save` change it."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    typed = {name: values[-1] for name, values in form.items() if name not in ("token", "seen", "save")}
    typed = {"written": "", **typed} if "form" in form else typed
    seen = form.get("seen", [""])[-1][:64]

    def changed() -> tuple[str, str, Differences]:
        text = read_text(site.folder / FILE)
        new = changed_course(text, typed)
        return text, new, differences(course_file_of(text), course_file_of(new))

    try:
        text, new, changes = await site.in_thread(changed)
    except Conflict as problem:
        if is_json(request):
            raise
        failed = partial(_page, request, session, values=typed, seen=seen, problem=problem, status=409)
        return await site.in_thread(failed)
    if "save" not in form:
        shown = partial(_page, request, session, values=typed, seen=digest_of(text), changes=changes)
        return await site.in_thread(shown)
    note = "; ".join(f"{what}: {before} → {after}" for what, before, after in changes)
    result = await site.written(
        lambda connection: save_text(
            connection,
            site.folder,
            FILE,
            new,
            seen=seen,
            at=at,
            who=session.person,
            note=note,
            act="edit settings",
        )
    )
    if isinstance(result, Clash):
        clash = Conflict(
            f"{result.theirs_by or 'Somebody'} has changed course.yaml since you opened the form.",
            next_step="Below is what your values would change in it now: look, and save again.",
        )
        if is_json(request):
            raise clash
        again = partial(_page, request, session, values=typed, seen=result.theirs_digest)
        return await site.in_thread(partial(again, changes=changes, problem=clash, status=409))
    answer = ""
    if result.changed:
        commit = partial(
            commit_file, site.folder, [FILE], who=session.name, email="", message="Change settings"
        )
        answer = await site.in_thread(commit)
    return RedirectResponse(f"{PATH}?saved={saved_word(answer, changed=result.changed)}", 303)


@requires(Permission.MANAGE)
async def change_mail(request: Request) -> Response:
    """Write mail.yaml; without a server's name mail is off."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    typed = {name: " ".join(form.get(name, [""])[-1].split())[:200] for name in MAIL_FIELDS}
    seen = form.get("seen", [""])[-1][:64]

    def write(connection: Connection) -> Saved | Clash:
        text = mail_text(site.folder, typed)
        return save_text(
            connection,
            site.folder,
            MAIL,
            text,
            seen=seen,
            at=at,
            who=session.person,
            act="edit mail settings",
        )

    result = await site.written(write)
    if isinstance(result, Clash):
        raise Conflict(
            f"{result.theirs_by or 'Somebody'} has changed {MAIL} since you opened the form.",
            next_step="Go back, reload the page, and decide which values stand.",
        )
    return RedirectResponse(f"{PATH}#mail", 303)


@requires(Permission.MANAGE)
async def plan_backups(request: Request) -> Response:
    """Set when backups are made, and how many are kept."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    keep = whole_number(form.get("keep", ["14"])[-1], 1000)
    plan = BackupPlan("on" in form, form.get("at", ["03:30"])[-1].strip(), keep or 0)
    try:
        await site.written(lambda connection: set_plan(connection, plan, at=at, who=session.person))
    except AutograderError as problem:
        raise Conflict(problem.message, next_step=problem.next_step) from problem
    return RedirectResponse(f"{PATH}#backups", 303)


@requires(Permission.MANAGE)
async def back_up_now(request: Request) -> Response:
    """Make a backup now, and check it."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    await form_of(request, session)
    if site.backups is None or site.database.file is None:
        raise Conflict(
            "This server makes no backups itself.",
            next_step="Back up PostgreSQL with its own tools, such as pg_dump.",
        )
    state = await asyncio.to_thread(site.backups.make, session.person)
    if is_json(request):
        return JSONResponse(state, 200 if not state["problem"] else 409)
    return RedirectResponse(f"{PATH}#backups", 303)


@requires(Permission.MANAGE)
async def change_maintenance(request: Request) -> Response:
    """Begin or end maintenance."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    begins, message = "begin" in form, form.get("message", [""])[-1]
    await site.written(
        lambda connection: set_maintenance(connection, on=begins, message=message, at=at, who=session.person)
    )
    site.maintenance.forget()
    await site.in_reader(site.maintenance.state, at)
    return RedirectResponse(f"{PATH}#maintenance", 303)


@reads
@requires(Permission.MANAGE)
def show_log(request: Request) -> Response:
    """The log: the newest acts first, found by a text."""
    site, session = site_of(request), staff_of_course(request)
    find = request.query_params.get("find", "")[:100]
    before = whole_number(request.query_params.get("before", "0"), 10**15) or 0
    with site.database.reading() as connection:
        page = log_page(connection, find=find, before=before)
        names = names_of(
            connection, {act.who for _, act in page.acts} | {act.subject for _, act in page.acts}
        )
    if is_json(request):
        rows = [
            {
                "id": id,
                "at": act.at,
                "who": act.who,
                "act": act.act,
                "subject": act.subject,
                "detail": act.detail,
            }
            for id, act in page.acts
        ]
        return JSONResponse({"acts": rows, "older": page.older})
    html = site.page(
        "log.html",
        acts=[(act, act_words(act.detail, site.zone)) for _, act in page.acts],
        names=names,
        find=find,
        before=before,
        older=page.older,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(html)


@reads_much
@requires(Permission.MANAGE)
def term_page(request: Request) -> Response:
    """Every date of the course in one table, moved by some days, for a new term."""
    site, session = site_of(request), staff_of_course(request)
    days = _days(request.query_params.get("days", "182"))
    course = site.course_rules()
    rows = []
    for known in dates_of(course):
        try:
            rows.append((known, shifted(known.written, days)))
        except Conflict:
            rows.append((known, known.written))
    html = site.page(
        "new_term.html",
        rows=rows,
        days=days,
        title=course.title,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(html)


@requires(Permission.MANAGE)
async def make_term(request: Request) -> Response:
    """The course without its people and with the dates of the table, as a ZIP."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    days, title = _days(form.get("days", ["0"])[-1]), " ".join(form.get("title", [""])[-1].split())[:200]
    dates = {
        name.removeprefix("date "): values[-1] for name, values in form.items() if name.startswith("date ")
    }

    def made() -> bytes:
        return term_archive(new_term(site.course_rules(), days=days, title=title, dates=dates or None))

    content = await site.in_thread(made)
    detail: dict[str, object] = {"days": days, "title": title, "bytes": len(content)}
    act = Act(at, session.person, "make new term", "course", detail)
    await site.written(lambda connection: record_act(connection, act))
    headers = {"Content-Disposition": 'attachment; filename="new-term.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


def _days(text: str) -> int:
    if not re.fullmatch(r"\s*-?\d{1,4}\s*", text):
        raise Conflict(f"“{text[:20]}” is not a number of days.", next_step="Write one such as 182.")
    return int(text)


SETTINGS_ROUTES = (
    PageRoute(PATH, settings_page),
    PageRoute(f"{PATH}/course", change_course, methods=["POST"]),
    PageRoute(f"{PATH}/mail", change_mail, methods=["POST"]),
    PageRoute(f"{PATH}/backup-plan", plan_backups, methods=["POST"]),
    PageRoute(f"{PATH}/backups", back_up_now, methods=["POST"]),
    PageRoute(f"{PATH}/maintenance", change_maintenance, methods=["POST"]),
    PageRoute(f"{PATH}/log", show_log),
    PageRoute(f"{PATH}/new-term", term_page),
    PageRoute(f"{PATH}/new-term", make_term, methods=["POST"]),
)


def _page(
    request: Request,
    session: Session,
    *,
    values: dict[str, str],
    seen: str,
    changes: Differences | None = None,
    problem: Conflict | None = None,
    status: int = 200,
) -> Response:
    site: AppContext = site_of(request)
    text = read_text(site.folder / FILE)
    values = course_values(course_file_of(text)) | values
    mail = read_text(site.folder / MAIL) if (site.folder / MAIL).is_file() else None
    numbers = {int(name.split("-")[1]) for name in values if re.match(r"group-\d+-", name)}

    def read(connection: Connection) -> dict[str, object]:
        versions = versions_of(connection, FILE)
        return {
            "plan": plan_of(connection),
            "last": read_setting(connection, "last backup"),
            "versions": versions,
            "names": names_of(connection, {version.who for version in versions} - {""}),
        }

    with site.database.reading() as connection:
        stored = read(connection)
    page = site.page(
        "settings.html",
        values=values,
        groups=range(max(numbers, default=-1) + 1 + SPARE),
        seen=seen,
        mail=mail_values(mail or ""),
        mail_seen=digest_of(mail) if mail is not None else "",
        changes=changes,
        problem=problem,
        saved=request.query_params.get("saved", ""),
        backups=backups_in(site.folder)[:20],
        backup_folder=backup_folder(site.folder),
        makes_backups=site.backups is not None and site.database.file is not None,
        state=site.maintenance.state(request.state.at),
        session=session,
        token=site.form_token(session),
        **stored,
    )
    return HTMLResponse(page, status)
