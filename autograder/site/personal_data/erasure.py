"""Erasing a person: counted first, then name, address, sign-in, texts and files go, and no hash breaks.

The ledger names people by pseudonyms, so its lines stay as they are. What they are about stays under a random
name that leads to nobody: points, times and hashes. Files that belong to nobody else are deleted after the
transaction; `delete_erased_files` does it again where a server stopped in between.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from autograder.course.course import FILE as COURSE_FILE
from autograder.course.groups import FILE as GROUPS
from autograder.course.roster import FILE as ROSTER
from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.content.file_versions import digest_of
from autograder.site.extensions import extensions
from autograder.site.file_store import FileStore
from autograder.site.integrity.cases import erase_evidence, needed_evidence
from autograder.site.people import ERASED, add_person
from autograder.site.personal_data.rows import author_columns, count_rows, person_columns
from autograder.site.tables import audit, erased_file, file_version, lti_member, lti_user, outbox, person
from autograder.site.upsert import upsert

__all__ = ["ErasureCounts", "counts_of", "delete_erased_files", "erase_person", "files_that_name"]

NAME = "Erased person"
NAMING = (COURSE_FILE, ROSTER, GROUPS)  # files of the course's directory that may name people
# What the rows of a table are called on the page; of other tables the name is.
WORDS = {
    "announcement_recipient": "announcements received",
    "assigned_student": "assigned students",
    "attempt": "attempts at quizzes",
    "credential": "passcodes and sign-in links",
    "enrolment": "place in the course, with role and extra time",
    "extension_request": "requests for extensions",
    "group_member": "places in groups",
    "integrity_person": "integrity cases",
    "late_day": "late days spent",
    "lti_user": "users of learning platforms",
    "lti_score": "scores at learning platforms",
    "notification": "notices",
    "notification_choice": "choices of notices",
    "pseudonym": "names in ledgers",
    "section_member": "sections",
    "session": "sessions",
    "staff_token": "tokens for programs",
    "submission_owner": "submissions",
    "submit_token": "tokens for submitting",
}
AUTHOR_WORDS = {
    "audit": "lines of the log, without details about this person",
    "mark": "marks given",
    "submission": "submissions made",
}
WRITTEN = ("reason", "reply", "text", "comment")  # what people wrote, in the details of an act
NUMBERS = ("points", "before", "after")  # what is a number there, also as a text, whatever IDs are


@dataclass(frozen=True)
class ErasureCounts:
    """What erasing a person would delete, and what stays without their name."""

    deleted: Mapping[str, int]
    kept: Mapping[str, int]


def counts_of(connection: Connection, course: str, name: str) -> ErasureCounts:
    """The counts for a person; raises NotFound for somebody who is not stored."""
    _require(connection, name)
    deleted: dict[str, int] = {}
    kept: dict[str, int] = {}
    for found in person_columns():
        many = count_rows(connection, found, name)
        if many:
            where = kept if found.stays else deleted
            words = WORDS.get(found.table.name, found.table.name.replace("_", " "))
            where[words] = where.get(words, 0) + many
    for found in author_columns():
        if many := count_rows(connection, found, name):
            words = AUTHOR_WORDS.get(found.table.name, f"{found.table.name.replace('_', ' ')} by this person")
            kept[words] = kept.get(words, 0) + many
    for extension in extensions():
        more = extension.erasure_counts(connection, course, name)
        deleted |= more
    return ErasureCounts(dict(sorted(deleted.items())), dict(sorted(kept.items())))


def erase_person(connection: Connection, course: str, name: str, *, at: int, who: str) -> str:
    """Erase a person; the random name under which what stays is stored.

    Raises NotFound for somebody who is not stored, and Conflict where an attempt is open or it is oneself.
    """
    row = _require(connection, name)
    if who == name:
        raise Conflict("Nobody erases themselves.", next_step="Ask another instructor of the course.")
    new = f"{ERASED}{secrets.token_hex(6)}"
    add_person(connection, new, NAME)
    files: set[str] = erase_evidence(connection, name)
    for extension in extensions():
        files |= set(extension.erase_person(connection, course, name, new))
    files -= _needed_files(connection, files, name)
    users = connection.execute(select(lti_user).where(lti_user.c.person == name)).all()
    for user in users:
        of_user = lti_member.c.issuer == user.issuer, lti_member.c.subject == user.subject
        connection.execute(delete(lti_member).where(*of_user))
    for found in reversed(person_columns()):
        if not found.stays:
            connection.execute(delete(found.table).where(found.column == name))
    for found in person_columns():
        if found.stays:
            connection.execute(update(found.table).where(found.column == name).values({found.column: new}))
    for found in author_columns():
        connection.execute(update(found.table).where(found.column == name).values({found.column: new}))
    _erase_from_log(connection, row.id, row.name, row.email, new)
    _erase_from_outbox(connection, name)
    _erase_from_versions(connection, row.id, row.name, row.email, new)
    connection.execute(delete(person).where(person.c.id == name))
    for digest in sorted(files):  # of somebody else they may have been deleted before, and stored anew since
        upsert(connection, erased_file, {"digest": digest, "at": at, "gone_at": None})
    record_act(connection, Act(at, who, "erase person", new, {"files": len(files)}))
    return new


def delete_erased_files(connection: Connection, files: FileStore, at: int) -> int:
    """Delete the files of erased people that are still there; how many."""
    waiting = select(erased_file.c.digest).where(erased_file.c.gone_at.is_(None))
    hashes: set[str] = set(connection.execute(waiting).scalars())
    needed = _needed_files(connection, hashes, "")  # since: somebody has brought the same bytes
    connection.execute(delete(erased_file).where(erased_file.c.digest.in_(needed)))
    for digest in hashes - needed:
        files.delete(digest)
        gone = update(erased_file).where(erased_file.c.digest == digest).values(gone_at=at)
        connection.execute(gone)
    return len(hashes - needed)


def _needed_files(connection: Connection, files: Collection[str], without: str) -> set[str]:
    """Those of some files that the course needs, or anybody in it but one person."""
    needed = needed_evidence(connection, files, without)
    for extension in extensions():
        needed |= set(extension.needed_files(connection, files, without))
    return needed


def _require(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(select(person).where(person.c.id == name)).one_or_none()
    if row is None or name.startswith(ERASED):
        raise NotFound("There is no such person.", next_step="Go back to the list of people.")
    return row


def _erase_from_log(connection: Connection, name: str, full_name: str, email: str | None, new: str) -> None:
    """Replace a person in the log.

    Acts on them lose their details, other acts that name them what people wrote there. An act that only has
    the ID as a number, such as points, is about somebody else and stays as it is.
    """
    connection.execute(update(audit).where(audit.c.subject == name).values(subject=new, detail="{}"))
    words = [word for word in (name, full_name, email or "") if word]
    mentioned = select(audit.c.id, audit.c.detail).where(
        or_(*(audit.c.detail.contains(json.dumps(word)[1:-1], autoescape=True) for word in words)),
        audit.c.detail != "{}",
    )
    anywhere = _any_of(words)
    # A number is the ID of a person where a person stands: alone, in a list of people, or before a colon.
    named = _any_of([word for word in words if word != name] if name.isdecimal() else words)
    if name.isdecimal():
        id_alone = rf"(?:^|(?<=, )|(?<=: )){re.escape(name)}(?=: |, |$)"
        named = re.compile(f"{id_alone}|{named.pattern}" if named.pattern else id_alone)
    for row in connection.execute(mentioned).all():
        detail = _without_person(json.loads(row.detail), named, anywhere, new)
        written = json.dumps(detail, ensure_ascii=False, sort_keys=True)
        connection.execute(update(audit).where(audit.c.id == row.id).values(detail=written))


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Any of some words where it stands as a whole; the longest first."""
    return re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(words, key=len)[::-1]))


def _without_person(
    detail: dict[str, object], named: re.Pattern[str], anywhere: re.Pattern[str], new: str
) -> dict[str, object]:
    """The details of an act with another name for a person, and without what was written about them."""
    facts = {key: value for key, value in detail.items() if key not in WRITTEN}
    replaced = {
        key: value if key in NUMBERS else _replaced(value, named, new) for key, value in facts.items()
    }
    if replaced != facts:
        return replaced
    texts = {key: value for key, value in detail.items() if key in WRITTEN}
    return facts | {key: value for key, value in texts.items() if not anywhere.search(str(value))}


def _replaced(value: object, words: re.Pattern[str], new: str) -> object:
    if isinstance(value, str):
        return words.sub(new, value)
    if isinstance(value, list):
        return [_replaced(item, words, new) for item in value]
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in WRITTEN}
        return {words.sub(new, key): _replaced(item, words, new) for key, item in kept.items()}
    return value


def files_that_name(folder: Path, name: str, full_name: str, email: str | None) -> list[str]:
    """The files of the course's directory that name a person, for staff: erasing changes none of them."""
    found = []
    for file in NAMING:
        try:
            text = (folder / file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if _whole(name, full_name, email).search(text):
            found.append(file)
    return found


def _erase_from_versions(
    connection: Connection, name: str, full_name: str, email: str | None, new: str
) -> None:
    """Replace a person in the kept texts of course.yaml, where exceptions stand under IDs."""
    whole = _whole(name, full_name, email)
    rows = connection.execute(
        select(file_version.c.id, file_version.c.content).where(file_version.c.path == COURSE_FILE)
    ).all()
    for row in rows:
        content = whole.sub(new, row.content)
        if content != row.content:
            values = {"content": content, "digest": digest_of(content)}
            connection.execute(update(file_version).where(file_version.c.id == row.id).values(values))


def _whole(name: str, full_name: str, email: str | None) -> re.Pattern[str]:
    """The ID where it is a key or an item of a table or a list; name and address wherever they stand."""
    anywhere = "|".join(
        re.escape(word) for word in sorted({full_name, email or ""} - {"", name}, key=len)[::-1]
    )
    key = rf"(?m:(?<![^\s,'\"{{\[]){re.escape(name)}(?=['\"]?\s*(?:[:,\]}}]|$)))"
    return re.compile(rf"{key}|(?<!\w)(?:{anywhere})(?!\w)" if anywhere else key)


def _erase_from_outbox(connection: Connection, name: str) -> None:
    """Delete the messages about a person that were sent or wait."""
    mentioned = select(outbox.c.id, outbox.c.payload).where(
        outbox.c.payload.contains(json.dumps(name)[1:-1], autoescape=True)
    )
    gone = [
        row.id
        for row in connection.execute(mentioned).all()
        if any(_is_about(value, name) for value in json.loads(row.payload).values())
    ]
    connection.execute(delete(outbox).where(outbox.c.id.in_(gone)))


def _is_about(value: object, name: str) -> bool:
    return str(value) == name or str(value).endswith(f":{name}")
