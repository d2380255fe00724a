"""The editor of banks and quizzes: YAML with a look at it while it is typed, and every saved version kept.

A look is made in a program of its own, one at a time on this server; it says what is wrong, with lines, and
shows the questions with their keys. Saving needs no look: a draft with faults can be kept. Whoever saves a
text that began with another one than the file has now reads both and decides.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

from markupsafe import Markup
from pydantic import BaseModel
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.errors import AutograderError, Busy, Conflict, NotFound, Refused
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, record_act
from autograder.site.content.file_versions import (
    LARGEST_TEXT,
    Clash,
    digest_of,
    keep_found,
    read_text,
    save_text,
    version_of,
    versions_of,
)
from autograder.site.content.git_commits import commit_file, saved_word
from autograder.site.people import names_of
from autograder.site.requests import (
    LARGEST_JSON,
    form_of,
    is_json,
    json_of,
    reads_much,
    site_of,
    uploaded_form,
    whole_number,
)
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course
from autograder.site.tables import person
from quizzes.content.bank import BankFile
from quizzes.content.draft import Draft, look_at
from quizzes.content.items.base import PICTURE_TYPES
from quizzes.content.new_quiz import write_quiz
from quizzes.content.question import PublicField, PublicImage, PublicOption, PublicQuestion
from quizzes.content.quiz_file import QuizFile
from quizzes.web.forms import control_values
from quizzes.web.question_view import QuestionView

__all__ = ["check_draft", "content_section", "edit", "new_quiz", "picture", "save"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
KINDS = {"banks": "bank", "quizzes": "quiz"}
FOLDERS = {"banks": Path("quizzes") / "banks", "quizzes": Path("quizzes")}
IN_USE = Lock()  # held while a text is looked at
SHORT_WAIT, LONG_WAIT = (
    5.0,
    20.0,
)  # seconds for another look: a script asks again by itself, a person does not
MOST = 999_999_999  # of a version's number


@reads_much
@requires(Permission.CONTENT)
def edit(request: Request) -> Response:
    """A bank or a quiz in the editor; `?version=` begins with an earlier text."""
    site, session = site_of(request), staff_of_course(request)
    kind, name = _named(request)
    text, at = read_text(site.folder / name), request.state.at
    site.writer.submit(lambda connection: keep_found(connection, name, text, at)).result()
    shown = text
    if (number := whole_number(request.query_params.get("version", ""), MOST)) is not None:
        with site.database.reading() as connection:
            shown = version_of(connection, name, number).content
    return _page(request, session, kind, name, shown, seen=digest_of(text), current=text)


@requires(Permission.CONTENT)
async def save(request: Request) -> Response:
    """Save the text of the editor, and commit it in the editor's name where the course is under git.

    With `look` instead of `save` nothing is saved: the page shows what a look at the text says.
    """
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    kind, name = _named(request)
    sent = await uploaded_form(request, session, "file", "none", longest=LARGEST_TEXT + 1024)
    text = sent.fields.get("text", "").replace("\r\n", "\n")
    seen, note = sent.fields.get("seen", "")[:64], " ".join(sent.fields.get("note", "").split())[:200]
    at = request.state.at
    if "look" in sent.fields:
        try:
            look = partial(_page, request, session, kind, name, text, seen=seen, look=True)
            return await site.in_thread(look)
        except Refused as problem:  # the text stays in the editor
            again = partial(_page, request, session, kind, name, text, seen=seen, problem=problem)
            return await site.in_thread(again)
    try:
        result = await site.written(
            lambda connection: save_text(
                connection, site.folder, name, text, seen=seen, at=at, who=session.person, note=note
            )
        )
    except Conflict as problem:
        if is_json(request):
            raise
        again = partial(_page, request, session, kind, name, text, seen=seen, problem=problem)
        return await site.in_thread(again)
    if isinstance(result, Clash):
        if is_json(request):
            return JSONResponse(
                {"message": _clash_sentence(result), "merged": result.merged, "seen": result.theirs_digest},
                409,
            )
        shown = partial(_page, request, session, kind, name, result.merged, clash=result, status=409)
        return await site.in_thread(partial(shown, seen=result.theirs_digest))
    answer = ""
    if result.changed:
        message = note or f"Edit {name}"
        answer = await site.in_thread(_commit, site, session, [name], message)
    if is_json(request):
        return JSONResponse({"seen": result.digest, "changed": result.changed, "git": answer})
    word = saved_word(answer, changed=result.changed)
    return RedirectResponse(f"{request.url.path}?saved={word}", 303)


@requires(Permission.CONTENT)
async def check_draft(request: Request) -> Response:
    """A look at a text that is being typed: faults, the preview as HTML, and who saved meanwhile."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    kind, name = _named(request)
    sent = await json_of(request, session, LARGEST_JSON)
    # JSON may have half a character, which no file has.
    text = str(sent.get("text", "")).encode("utf-8", "replace").decode()
    seed = str(sent.get("seed", "1")).encode("ascii", "replace").decode()[:20]

    def look() -> dict[str, Any]:
        draft = _look(site, kind, name, text, seed)
        theirs = read_text(site.folder / name)
        meanwhile = ""
        if digest_of(theirs) != sent.get("seen"):
            with site.database.reading() as connection:
                meanwhile = _meanwhile(connection, name, theirs)
        html = site.page("draft.html", draft=draft, views=_views(draft), name=_stem(name))
        return {"faults": draft.faults, "html": html, "meanwhile": meanwhile}

    return JSONResponse(await site.in_thread(look))


@requires(Permission.CONTENT)
async def new_quiz(request: Request) -> Response:
    """A new quiz with a bank of one item of each kind, as `quizzes new` writes it."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    form, at = await form_of(request, session), request.state.at
    name, title = (form.get(field, [""])[-1].strip()[:100] for field in ("name", "title"))
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise Conflict(
            f"“{name}” cannot be a name of files.",
            next_step="Use small letters, digits, - and _: for example quiz-5.",
        )
    title = title or name.replace("-", " ").replace("_", " ").capitalize()

    def write(connection: Connection) -> list[str]:
        paths = write_quiz(site.course_rules(), name, title)
        record_act(connection, Act(at, session.person, "new quiz", name, {"title": title}))
        return [path.relative_to(site.folder).as_posix() for path in paths]

    try:
        names = await site.written(write)
    except AutograderError as problem:
        raise Conflict(
            problem.message.replace(f"{site.folder}/", ""), next_step=problem.next_step
        ) from problem
    await site.in_thread(_commit, site, session, names, f"New quiz {name}")
    return RedirectResponse(f"/content/quizzes/{name}", 303)


@reads_much
@requires(Permission.CONTENT)
def picture(request: Request) -> Response:
    """A picture of a bank, for the preview."""
    site = site_of(request)
    staff_of_course(request)
    banks = (site.folder / FOLDERS["banks"]).resolve()
    path = (banks / request.path_params["file"]).resolve()
    kind = PICTURE_TYPES.get(path.suffix.lower().removeprefix("."))
    if kind is None or not path.is_relative_to(banks) or not path.is_file():
        raise NotFound("There is no such picture.", next_step="Put it beside its bank.")
    return Response(path.read_bytes(), media_type=kind)


def content_section(request: Request) -> Markup:
    """The banks and quizzes of the course, each with its editor, and the form of a new quiz."""
    site = site_of(request)
    session = staff_of_course(request)
    names = {
        kind: sorted(path.stem for path in (site.folder / folder).glob("*.yaml") if NAME.fullmatch(path.stem))
        for kind, folder in FOLDERS.items()
    }
    return Markup(
        site.page("content_quizzes.html", names=names, session=session, token=site.form_token(session))
    )


def _named(request: Request) -> tuple[str, str]:
    """The kind of the file in the path, and its path in the course; raises NotFound for other names."""
    kind, name = request.url.path.split("/")[2], request.path_params["name"]
    if kind not in KINDS or not NAME.fullmatch(name):
        raise NotFound("There is no such file.", next_step="Go back to the list of content.")
    return kind, (FOLDERS[kind] / f"{name}.yaml").as_posix()


def _stem(name: str) -> str:
    return Path(name).stem


def _look(site: AppContext, kind: str, name: str, text: str, seed: str, wait: float = SHORT_WAIT) -> Draft:
    """A look at a text, one at a time; raises Busy while somebody else's is looked at."""
    if len(text.encode()) > LARGEST_TEXT:
        raise Conflict(f"A file may have {LARGEST_TEXT // 1024} KB.", next_step="Divide it into two.")
    if not IN_USE.acquire(timeout=wait):
        raise Busy("Another text is being looked at just now.", next_step="Look at yours again in a moment.")
    try:
        banks = site.folder / FOLDERS["banks"]
        return look_at(KINDS[kind], _stem(name), text, banks, site.zone.key, seed)
    finally:
        IN_USE.release()


def _page(
    request: Request,
    session: Session,
    kind: str,
    name: str,
    text: str,
    *,
    seen: str,
    current: str | None = None,
    clash: Clash | None = None,
    look: bool = False,
    problem: Refused | None = None,
    status: int = 200,
) -> Response:
    site = site_of(request)
    current = read_text(site.folder / name) if current is None else current
    draft = _look(site, kind, name, text, "1", LONG_WAIT) if look else None
    with site.database.reading() as connection:
        versions = versions_of(connection, name)
        names = names_of(connection, {version.who for version in versions} - {""})
        meanwhile = "" if clash or seen == digest_of(current) else _meanwhile(connection, name, current)
    page = site.page(
        "content_editor.html",
        kind=KINDS[kind],
        path=name,
        name=_stem(name),
        address=request.url.path,
        text=text,
        seen=seen,
        problem=problem,
        clash=clash,
        clash_sentence=_clash_sentence(clash) if clash else "",
        theirs=list(_difference(clash.base, clash.theirs)) if clash else [],
        mine=list(_difference(clash.base, clash.mine)) if clash else [],
        changed=list(_difference(current, text)) if text != current and not clash else [],
        draft=draft,
        views=_views(draft) if draft else [],
        versions=versions,
        names=names,
        meanwhile=meanwhile,
        saved=request.query_params.get("saved", ""),
        keys=_keys(KINDS[kind]),
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, problem.status if problem else status)


def _views(draft: Draft) -> list[QuestionView]:
    """The questions of a draft as pages show them, with nothing answered."""
    views = []
    for pos, question in enumerate(draft.questions):
        values = dict(question["view"])
        values["options"] = tuple(PublicOption(**option) for option in values["options"])
        values["images"] = tuple(PublicImage(**image) for image in values["images"])
        values["fields"] = tuple(
            PublicField(**{**field, "options": tuple(PublicOption(**option) for option in field["options"])})
            for field in values["fields"]
        )
        view = PublicQuestion(**values)
        views.append(QuestionView(pos, view, 0, control_values(view, question["answer"]), False, False))
    return views


def _difference(before: str, after: str) -> Iterator[str]:
    """The lines of a difference, without the names of files."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return (line for line in lines if not line.startswith(("--- ", "+++ ")))


def _clash_sentence(clash: Clash) -> str:
    both = "Both changes are in the text below."
    if clash.clashes:
        times = "In one place" if clash.clashes == 1 else f"In {clash.clashes} places"
        both = f"{times} they contradict each other: both ways are marked in the text below."
    return f"{clash.theirs_by or 'Somebody'} has saved this file since you opened it. {both} Look, and save."


def _meanwhile(connection: Connection, name: str, theirs: str) -> str:
    """Who saved a file that somebody has open."""
    digest = digest_of(theirs)
    newest = next((row for row in versions_of(connection, name) if row.digest == digest and row.who), None)
    who = names_of(connection, {newest.who})[newest.who] if newest else "Somebody"
    return f"{who} has saved this file since you opened it; when you save, you see both changes."


def _commit(site: AppContext, session: Session, names: list[str], message: str) -> str:
    with site.database.reading() as connection:
        email = connection.execute(
            select(person.c.email).where(person.c.id == session.person)
        ).scalar_one_or_none()
    return commit_file(site.folder, names, who=session.name, email=email or "", message=message)


@cache
def _keys(kind: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What each key of a file means, by what it belongs to: from the models that read the file."""
    models: list[type[BaseModel]] = [BankFile if kind == "bank" else QuizFile]
    found: list[tuple[str, list[tuple[str, str]]]] = []
    definitions = models[0].model_json_schema()
    for title, schema in ((kind, definitions), *definitions.get("$defs", {}).items()):
        rows = [
            (key, value.get("description", ""))
            for key, value in schema.get("properties", {}).items()
            if value.get("description")
        ]
        if rows:
            found.append((re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title).lower(), rows))
    return found
