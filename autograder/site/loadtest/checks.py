"""Checks after a test: is every acknowledged submission stored, and graded once?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from sqlalchemy import select

from autograder.errors import Refused
from autograder.site.backup import faults_in_file
from autograder.site.homework.tables import grading, submission
from autograder.site.ledger_check import check_ledgers
from autograder.site.loadtest.client import Receipt
from autograder.site.loadtest.fixture import HomeworkFixture
from autograder.site.people import COURSE

__all__ = ["damage", "missing", "wrongly_graded"]


def missing(fixture: HomeworkFixture, receipts: Collection[Receipt]) -> list[str]:
    """The receipts whose submission or bytes are not stored."""
    files = fixture.files()
    with fixture.open_site() as site, site.database.reading() as connection:
        stored = {
            row.id: row.digest for row in connection.execute(select(submission.c.id, submission.c.digest))
        }
    gone = []
    for receipt in receipts:
        try:
            if stored.get(receipt.submission) != receipt.digest or not files.get(receipt.digest):
                gone.append(receipt.path)
        except Refused:  # the bytes are not there, or not those
            gone.append(receipt.path)
    return gone


def wrongly_graded(fixture: HomeworkFixture) -> list[str]:
    """Submissions that were graded several times, or are not graded."""
    with fixture.open_site() as site, site.database.reading() as connection:
        rows = connection.execute(select(grading.c.submission, grading.c.state, grading.c.report)).all()
        names = set(connection.execute(select(submission.c.id)).scalars())
    graded = Counter(row.submission for row in rows if row.state == "graded" and row.report)
    queued = Counter(row.submission for row in rows)
    return [
        f"Submission {name} has {graded[name]} results and {queued[name]} gradings."
        for name in sorted(names)
        if (graded[name], queued[name]) != (1, 1)
    ]


def damage(fixture: HomeworkFixture) -> list[str]:
    """Faults in the database's file, and rows, reports and files that are not as the ledgers say."""
    with fixture.open_site() as site:
        faults = faults_in_file(site.database)
        with site.database.reading() as connection:
            return [*faults, *check_ledgers(connection, COURSE, fixture.files()).faults]
