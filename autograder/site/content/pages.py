"""The pages of content: what the course has, new work, and an assignment's dates, points and visibility."""

from __future__ import annotations

import asyncio
import re
import subprocess
from functools import partial

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.authoring.assignment_files import handout_cells, write_assignment
from autograder.authoring.new_assignment import (
    NewAssignment,
    parse_signature,
    placeholder,
    tasks_of,
    with_examples,
)
from autograder.course.course import Course
from autograder.environment import all_cores, module_command
from autograder.errors import AutograderError, Conflict, NotFound
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, record_act
from autograder.site.content.assignment_form import (
    Change,
    changed_assignment,
    changes_of,
    file_of,
    overtaken,
    values_of,
)
from autograder.site.content.file_versions import Clash, digest_of, read_text, save_text, versions_of
from autograder.site.content.git_commits import commit_file, saved_word
from autograder.site.extensions import extensions
from autograder.site.homework.assignments import homework_in
from autograder.site.people import names_of
from autograder.site.requests import Form, PageRoute, form_of, is_json, reads_much, site_of
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course
from autograder.site.tables import person

__all__ = ["CONTENT_ROUTES"]

PUBLISH_SECONDS = 300  # an assignment is loaded as the command does it
CHOICES = {
    "feedback": {
        "immediately": "as soon as they are graded",
        "after_due": "after the due date, extensions included",
        "when_released": "when staff release them",
    },
    "detail": {
        "full": "everything",
        "titles": "how each check ended, without values",
        "score": "the score alone",
    },
    "counts": {"best": "the best submission", "last": "the last one", "last_on_time": "the last one in time"},
}
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


@reads_much
@requires(Permission.CONTENT)
def content_page(request: Request) -> Response:
    """Everything that can be edited, part by part, with the forms of new work."""
    site, session = site_of(request), staff_of_course(request)
    with site.database.reading() as connection:
        published = {row.id: row for row in homework_in(connection, site.course)}
    names = site.course_rules().assignment_ids()
    page = site.page(
        "course_content.html",
        assignments=names,
        published=published,
        sections=[html for extension in extensions() if (html := extension.content_section(request))],
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@requires(Permission.CONTENT)
async def new_assignment(request: Request) -> Response:
    """A new assignment from signatures, as `autograder new` writes it."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    name, title = (form.get(field, [""])[-1].strip()[:100] for field in ("name", "title"))
    signatures = [line.strip() for line in form.get("functions", [""])[-1].splitlines() if line.strip()]
    try:
        course = site.course_rules()
        names = await asyncio.to_thread(_write_new, course, name, title, signatures)
    except AutograderError as problem:
        raise Conflict(
            problem.message.replace(f"{site.folder}/", ""), next_step=problem.next_step
        ) from problem
    detail: dict[str, object] = {"functions": signatures}
    act = Act(at, session.person, "new assignment", name, detail)
    await site.written(lambda connection: record_act(connection, act))
    await site.in_thread(_commit, site, session, names, f"New assignment {name}")
    return RedirectResponse(f"/content/assignments/{name}?new=yes", 303)


def _write_new(course: Course, name: str, title: str, signatures: list[str]) -> list[str]:
    if not NAME.fullmatch(name):
        raise Conflict(
            f"“{name}” cannot be a name of files.",
            next_step="Use small letters, digits, - and _: for example dropout-and-noise.",
        )
    if not signatures:
        raise Conflict(
            "Nothing says which functions students write.",
            next_step="Write one on each line, such as relu(x).",
        )
    parsed = [parse_signature(text) for text in signatures]
    known = {function: parameters for function, _, parameters in parsed}
    if len(known) < len(parsed):
        raise Conflict("A function is named twice.", next_step="Name each function once.")
    title = title or name.replace("-", " ").replace("_", " ").capitalize()
    tasks = tasks_of([placeholder(text, known) for text in signatures])
    made = with_examples(NewAssignment(name, title, tasks, handout_cells(title, tasks)))
    return [path.relative_to(course.root).as_posix() for path in write_assignment(course, made)]


@reads_much
@requires(Permission.CONTENT)
def assignment_form(request: Request) -> Response:
    """The form of an assignment's dates, points and visibility."""
    site, session, name = site_of(request), staff_of_course(request), _known(request)
    text = read_text(site.folder / _path(name))
    return _page(request, session, name, values=values_of(file_of(text, name)), seen=digest_of(text))


@requires(Permission.CONTENT)
async def change_assignment(request: Request) -> Response:
    """Show what a form would change; with `save` change it."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, name, at = await form_of(request, session), _known(request), request.state.at
    typed, seen = _typed(form), form.get("seen", [""])[-1][:64]

    def changed() -> tuple[str, str, list[Change]]:
        text = read_text(site.folder / _path(name))
        new = changed_assignment(text, name, typed)
        return text, new, changes_of(file_of(text, name), file_of(new, name))

    try:
        text, new, changes = await site.in_thread(changed)
    except Conflict as problem:
        if is_json(request):
            raise
        failed = partial(_page, request, session, name, values=typed, seen=seen, problem=problem, status=409)
        return await site.in_thread(failed)
    if "save" not in form:
        return await site.in_thread(
            partial(_page, request, session, name, values=typed, seen=digest_of(text), changes=changes)
        )
    result = await site.written(
        lambda connection: save_text(
            connection,
            site.folder,
            _path(name),
            new,
            seen=seen,
            at=at,
            who=session.person,
            note="; ".join(f"{change.what}: {change.before} → {change.after}" for change in changes),
            act="edit assignment",
        )
    )
    if isinstance(result, Clash):
        clash = Conflict(
            f"{result.theirs_by or 'Somebody'} has changed this assignment since you opened the form.",
            next_step="Below is what your values would change in it now: look, and save again.",
        )
        if is_json(request):
            raise clash
        again = partial(_page, request, session, name, values=typed, seen=result.theirs_digest)
        return await site.in_thread(partial(again, changes=changes, problem=clash, status=409))
    answer = ""
    if result.changed:
        message = f"Change dates or points of {name}"
        answer = await site.in_thread(_commit, site, session, [_path(name)], message)
    word = saved_word(answer, changed=result.changed)
    return RedirectResponse(f"/content/assignments/{name}?saved={word}", 303)


@requires(Permission.MANAGE)
async def publish_assignment(request: Request) -> Response:
    """Publish an assignment as its files are now, by the command, in a program of its own."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    await form_of(request, session)
    name = _known(request)
    command = module_command("autograder", "publish", name, "--author", session.person)

    def run() -> subprocess.CompletedProcess[str]:
        with all_cores():
            return subprocess.run(
                command, cwd=site.folder, capture_output=True, check=False, timeout=PUBLISH_SECONDS,
                encoding="utf-8", errors="replace",
            )  # fmt: skip

    try:
        done = await asyncio.to_thread(run)
    except subprocess.TimeoutExpired as problem:
        raise Conflict(
            "Loading the assignment takes too long; nothing was published.",
            next_step="Run autograder lint on the server's machine.",
        ) from problem
    if done.returncode:
        lines = [line.strip() for line in done.stderr.replace(f"{site.folder}/", "").splitlines()]
        answer = " ".join(filter(None, lines))[-1000:] or "The assignment cannot be loaded."
        raise Conflict(f"Nothing was published. {answer}", next_step="Correct the files and publish again.")
    if is_json(request):
        return JSONResponse({"published": name})
    return RedirectResponse(f"/content/assignments/{name}?published=yes", 303)


def _known(request: Request) -> str:
    """The assignment in the path; raises NotFound for one that the course does not have."""
    name = str(request.path_params["name"])
    if not NAME.fullmatch(name) or not (site_of(request).folder / _path(name)).is_file():
        raise NotFound("There is no such assignment.", next_step="Go back to the list of content.")
    return name


def _path(name: str) -> str:
    return f"assignments/{name}/assignment.yaml"


def _typed(form: Form) -> dict[str, str]:
    """What was typed; a box that is not ticked is not in a form."""
    typed = {name: values[-1] for name, values in form.items() if name not in ("token", "seen", "save")}
    return {"limited": "", **typed} if "form" in form else typed


def _page(
    request: Request,
    session: Session,
    name: str,
    *,
    values: dict[str, str],
    seen: str,
    changes: list[Change] | None = None,
    problem: Conflict | None = None,
    status: int = 200,
) -> Response:
    site = site_of(request)
    text = read_text(site.folder / _path(name))
    file = file_of(text, name)
    values = values_of(file) | values
    course = site.course_rules()
    moved = []
    if changes:
        moved = overtaken(course, name, file_of(changed_assignment(text, name, values), name))
    with site.database.reading() as connection:
        row = next((row for row in homework_in(connection, site.course) if row.id == name), None)
        versions = versions_of(connection, _path(name))
        names = names_of(connection, {*(version.who for version in versions), *moved} - {""})
    page = site.page(
        "assignment_form.html",
        name=name,
        file=file,
        values=values,
        choices=CHOICES,
        seen=seen,
        changes=changes,
        moved=[names.get(student, student) for student in moved],
        row=row,
        zone=site.zone.key,
        versions=versions,
        names=names,
        problem=problem,
        new=request.query_params.get("new", ""),
        saved=request.query_params.get("saved", ""),
        was_published=request.query_params.get("published", ""),
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status)


def _commit(site: AppContext, session: Session, names: list[str], message: str) -> str:
    with site.database.reading() as connection:
        email = _email(connection, session.person)
    return commit_file(site.folder, names, who=session.name, email=email, message=message)


def _email(connection: Connection, who: str) -> str:
    return connection.execute(select(person.c.email).where(person.c.id == who)).scalar_one_or_none() or ""


CONTENT_ROUTES = (
    PageRoute("/content", content_page),
    PageRoute("/content/assignments", new_assignment, methods=["POST"]),
    PageRoute("/content/assignments/{name}", assignment_form),
    PageRoute("/content/assignments/{name}", change_assignment, methods=["POST"]),
    PageRoute("/content/assignments/{name}/publish", publish_assignment, methods=["POST"]),
)
