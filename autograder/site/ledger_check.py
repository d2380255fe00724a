"""Checking the site's ledgers: each chain, and with each part of the course what it is about.

`autograder verify` and `autograder restore` run it; `restore` asks for files that no ledger names, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from autograder.errors import UsageError
from autograder.site.extensions import extensions
from autograder.site.file_store import FileStore
from autograder.site.ledger import ledger_bytes, ledgers_in, people_in_ledgers, read_site_ledger
from autograder.site.tables import erased_file, integrity_evidence

__all__ = ["LedgerCheck", "check_ledgers", "missing_files"]


@dataclass
class LedgerCheck:
    """What was found."""

    faults: list[str] = field(default_factory=list)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)  # lines and the last one's digest


def check_ledgers(connection: Connection, course: str, files: FileStore, head: str = "") -> LedgerCheck:
    """Check all ledgers of a course; `head` is a digest that one of them must still hold."""
    found, people = LedgerCheck(), people_in_ledgers(connection, course)
    parts = {extension.work_kind: extension for extension in extensions()}
    held = False
    for name in ledgers_in(connection, course):
        try:
            lines, last = read_site_ledger(connection, name)
        except UsageError as problem:
            found.faults.append(problem.message)
            continue
        found.heads[str(name)] = len(lines), last
        found.faults += parts[name.kind].ledger_faults(connection, name, lines, people, files)
        held = held or head in {
            json.loads(raw)["digest"] for raw in ledger_bytes(connection, name).splitlines() if head
        }
    if head and not held:
        found.faults.append(f"No ledger of the site holds the line {head}: an end was cut off or rewritten.")
    return found


def missing_files(connection: Connection, course: str, files: FileStore) -> Iterator[str]:
    """What the course needs of the file store and the file store does not have, one sentence each."""
    erased = set(connection.execute(select(erased_file.c.digest)).scalars())
    evidence = connection.execute(select(integrity_evidence.c.file, integrity_evidence.c.digest))
    needed = [(f"evidence {row.file}", row.digest) for row in evidence]
    for extension in extensions():
        needed += extension.stored_files(connection, course)
    for name, digest in needed:
        if digest not in erased and digest not in files:
            yield f"The file of {name} is missing from the file store."
