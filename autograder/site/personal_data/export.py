"""Everything about one person as a ZIP: rows of the database, submitted files, attempts."""

from __future__ import annotations

import json
from contextlib import ExitStack
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Connection

from autograder.site.app_context import AppContext
from autograder.site.audit import acts_on
from autograder.site.extensions import extensions
from autograder.site.integrity.cases import CASE_ACTS
from autograder.site.personal_data.rows import rows_about

__all__ = ["person_zip"]

IN_MEMORY = 4 * 1024 * 1024  # bytes; the rest is on the disk
README = """This ZIP holds what the course's site stores about you.

person.json      name, address, role, sign-in and everything else that names you, table by table
history.json     what was done to your account, and when
homework/        what you submitted, with its results as far as you may see them now
quizzes/         your attempts with every answer that was saved

Your own download leaves out what only the course's staff read, such as who marks your work, and results that
are held; staff can add them.

Times are milliseconds since 1970 (UTC).
"""


def person_zip(context: AppContext, connection: Connection, person: str, *, full: bool, at: int) -> IO[bytes]:
    """The ZIP, at its beginning; with `full` also what the person may not see yet, for staff."""
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # the response closes it
    with ExitStack() as on_failure:
        on_failure.callback(file.close)
        _write(file, context, connection, person, full=full, at=at)
        on_failure.pop_all()
    file.seek(0)
    return file


def _write(
    file: IO[bytes], context: AppContext, connection: Connection, person: str, *, full: bool, at: int
) -> None:
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        archive.writestr("person.json", _json(dict(rows_about(connection, person, full=full))))
        history = [
            {"at": act.at, "who": act.who if full else "", "act": act.act, "detail": act.detail}
            for act in acts_on(connection, person)
            if full or act.act not in CASE_ACTS
        ]
        archive.writestr("history.json", _json(history))
        for extension in extensions():
            for name, content in extension.personal_files(context, connection, person, full=full, at=at):
                archive.writestr(name, content)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)
