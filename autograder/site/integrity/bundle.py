"""The evidence of a case as one ZIP: submissions with receipts, similarity pages, notes, hashes."""

from __future__ import annotations

import json
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Connection

from autograder.course.local_time import shown
from autograder.errors import NotFound
from autograder.site.app_context import AppContext
from autograder.site.homework.context import context_of
from autograder.site.homework.submissions import receipt_of, submissions_of
from autograder.site.integrity.cases import Case, names_in_cases

__all__ = ["case_bundle"]

IN_MEMORY = 4 * 1024 * 1024  # bytes; the rest is on the disk


def case_bundle(context: AppContext, connection: Connection, case: Case) -> IO[bytes]:
    """The ZIP, at its beginning; manifest.json has the SHA-256 of every other file in it."""
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # the response closes it
    files, hashes = context_of(context).files, {}
    names = names_in_cases(connection, [case])

    def add(archive: ZipFile, name: str, content: bytes) -> None:
        hashes[name] = sha256(content).hexdigest()
        archive.writestr(name, content)

    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for person in case.people:
            receipts = []
            for stored in submissions_of(connection, context.course, case.work, person):
                receipts.append(
                    {
                        "number": stored.number,
                        "received": shown(stored.received_at, context.zone),
                        "file": stored.file,
                        "sha256": stored.digest,
                        "submitted_by": stored.by_whom,
                        "signature": receipt_of(context.signer, stored, person).signature,
                    }
                )
                try:
                    content = files.get(stored.digest)
                except NotFound:
                    continue
                add(archive, f"submissions/{_plain(person)}/{stored.number} {_plain(stored.file)}", content)
            text = json.dumps(receipts, ensure_ascii=False, indent=1)
            add(archive, f"submissions/{_plain(person)}/receipts.json", text.encode())
        for item in case.evidence:
            try:
                add(archive, f"evidence/{item.id} {_plain(item.file)}", files.get(item.digest))
            except NotFound:
                continue
        add(archive, "case.txt", _summary(context, case, names).encode())
        archive.writestr("manifest.json", json.dumps(hashes, indent=1, sort_keys=True))
    file.seek(0)
    return file


def _summary(context: AppContext, case: Case, names: dict[str, str]) -> str:
    def when(at: int) -> str:
        return shown(at, context.zone)

    lines = [
        f"{case.title} ({case.work})",
        f"Opened {when(case.at)} by {names[case.by_whom]}",
        "People: " + ", ".join(f"{names[person]} ({person})" for person in case.people),
        f"Scores are {'held' if case.held and case.is_open else 'not held'}.",
        f"Outcome: {case.outcome or 'open'}",
        "",
        *(f"{when(note.at)} {names[note.by_whom]}: {note.text}" for note in case.notes),
    ]
    return "\n".join(lines) + "\n"


def _plain(name: str) -> str:
    """A name as a part of a path in a ZIP."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)[-100:]
