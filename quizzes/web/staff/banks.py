"""The page of banks: another system's questions become a bank, and what is lost is shown before it is stored.

The upload is read in a program of its own, one at a time. What it would make is kept in a file for an hour;
the second form names that file by its digest, so that exactly what was shown is stored.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import time

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import AutograderError, Busy, Conflict, Refused
from autograder.site.app_context import AppContext
from autograder.site.audit import Act, record_act
from autograder.site.private_file import write_private
from autograder.site.requests import form_of, reads_much, site_of, uploaded_form
from autograder.site.roles import Permission
from autograder.site.sessions import Session
from autograder.site.staff import requires, staff_of_course
from quizzes.interchange.bank_files import bank_path, write_bank
from quizzes.interchange.preview import ImportPreview, preview_of
from quizzes.interchange.report_page import losses_by_item

__all__ = ["import_bank", "preview_import", "show_banks"]


DRAFTS = Path(".quizzes") / "imports"
DRAFT_LASTS = 3600  # seconds
MOST_DRAFTS = 5
MOST_ROWS = 500  # of a table
LONGEST_FILE = 100  # characters of a name
DIGEST = re.compile(r"[0-9a-f]{64}")
IN_USE = Lock()  # held while an upload is read
GONE = Conflict(
    "What was shown is not kept any more; nothing was imported.", next_step="Choose the file again."
)


@reads_much
@requires(Permission.MANAGE)
def show_banks(request: Request) -> Response:
    """The banks of the course, and the form of an import."""
    session = staff_of_course(request)
    return _page(request, session, imported=request.query_params.get("imported", ""))


@requires(Permission.MANAGE)
async def preview_import(request: Request) -> Response:
    """What an uploaded file would become, and what would be lost; no bank is written yet."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request)
    upload = await uploaded_form(request, session, "package", "package.zip")
    bank = upload.fields.get("bank", "").strip()

    def look() -> Response:
        try:
            if not upload.content:
                raise Conflict("No file was chosen, or it is empty.", next_step="Choose a file.")
            bank_path(site.folder, bank)  # before the work, so that a wrong name costs nothing
            shown, digest = _preview(site.folder, upload.content, upload.name, bank)
        except Busy:
            raise
        except AutograderError as problem:
            return _page(request, session, bank=bank, problem=_of_course(site, problem), status=409)
        return _page(request, session, bank=bank, shown=shown, digest=digest)

    return await site.in_thread(look)


@requires(Permission.MANAGE)
async def import_bank(request: Request) -> Response:
    """Write the bank that was shown; the same form again changes nothing."""
    site, at = site_of(request), request.state.at
    session = await site.in_reader(staff_of_course, request)
    form = await form_of(request, session)
    digest = form.get("digest", [""])[-1]
    try:
        shown = await site.in_thread(_write, site.folder, digest)
    except Refused:
        raise
    except AutograderError as problem:
        failed = partial(_page, request, session, problem=_of_course(site, problem), status=409)
        return await site.in_thread(failed)
    detail: dict[str, object] = {"file": shown.file, "questions": len(shown.questions), "digest": digest}

    def store(connection: Connection) -> int:
        return record_act(connection, Act(at, session.person, "import bank", f"banks/{shown.bank}", detail))

    await site.written(store)
    return RedirectResponse(f"/banks?imported={shown.bank}", 303)


def _preview(folder: Path, content: bytes, file: str, bank: str) -> tuple[ImportPreview, str]:
    """What an upload would become, kept under a digest; raises Conflict where nothing can be taken over."""
    if not IN_USE.acquire(blocking=False):
        raise Busy("Another file is being read just now.", next_step="Send it again in a minute.")
    try:
        shown = preview_of(content, _file_name(file), bank)
        if shown.problem:
            raise Conflict(shown.problem, next_step=shown.next_step)
        return shown, _keep(folder, shown)
    finally:
        IN_USE.release()


def _file_name(name: str) -> str:
    """A name that every disk takes: sentences of the report begin with it."""
    plain = name[-LONGEST_FILE:].strip(". ") or "upload"
    return plain.encode("ascii", "replace").decode().replace("?", "_")


def _keep(folder: Path, shown: ImportPreview) -> str:
    """Keep what was shown for the second form; the digest that names it."""
    content = json.dumps(asdict(shown), ensure_ascii=False).encode()
    digest, drafts = sha256(content).hexdigest(), folder / DRAFTS
    try:
        drafts.mkdir(parents=True, exist_ok=True)
        newest = sorted(drafts.glob("*.json"), key=lambda path: -path.stat().st_mtime)
        for number, path in enumerate(newest, start=1):
            if number >= MOST_DRAFTS or path.stat().st_mtime < time() - DRAFT_LASTS:
                path.unlink(missing_ok=True)
        write_private(drafts / f"{digest}.json", content)
    except OSError as problem:
        raise Conflict(
            f"The server cannot write into its folder {DRAFTS}: {problem.strerror}.",
            next_step="Tell whoever runs the server.",
        ) from problem
    return digest


def _write(folder: Path, digest: str) -> ImportPreview:
    """Write the bank of a draft; raises Conflict without the draft, UsageError if the bank is there."""
    if not DIGEST.fullmatch(digest):
        raise GONE
    draft = folder / DRAFTS / f"{digest}.json"
    try:
        content = draft.read_bytes()
    except OSError:
        raise GONE from None
    if sha256(content).hexdigest() != digest:
        raise GONE
    shown = ImportPreview(**json.loads(content))
    with suppress(OSError):  # the form was sent before
        if (folder / "quizzes" / "banks" / f"{shown.bank}.yaml").read_bytes() == shown.text.encode():
            return shown
    write_bank(bank_path(folder, shown.bank), shown.text, shown.picture_files())
    return shown


def _of_course(site: AppContext, problem: AutograderError) -> AutograderError:
    """A problem whose paths begin in the course."""
    return Conflict(problem.message.replace(f"{site.folder}/", ""), next_step=problem.next_step)


def _page(
    request: Request,
    session: Session,
    *,
    status: int = 200,
    bank: str = "",
    imported: str = "",
    shown: ImportPreview | None = None,
    digest: str = "",
    problem: AutograderError | None = None,
) -> Response:
    site = site_of(request)
    banks = sorted(path.stem for path in (site.folder / "quizzes" / "banks").glob("*.yaml"))
    losses = losses_by_item([(name, sentence) for name, sentence in shown.lost] if shown else [])
    page = site.page(
        "staff_banks.html",
        banks=banks,
        bank=bank,
        imported=imported if imported in banks else "",
        shown=shown,
        digest=digest,
        losses=losses,
        left_out=sum(item.is_left_out for item in losses),
        most_rows=MOST_ROWS,
        problem=problem,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page, status)
