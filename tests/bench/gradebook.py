"""The gradebook of 300 students, beside the bare reading of the same ledgers and tables.

Run by `make bench`. STUDENTS in the environment says how many.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from gradebook_fixture import AFTER, write_term

from autograder.course.course import find_course
from autograder.course.roster import find_roster
from autograder.gradebook.columns import columns_in
from autograder.gradebook.gradebook import gradebook_csv, gradebook_of
from autograder.pages.gradebook_pages import gradebook_page, write_gradebook
from autograder.results.ledger import read_ledger

STUDENTS = int(os.environ.get("STUDENTS", "300"))


def main() -> None:
    """Each step, the fastest of five, and the bytes of the class page."""
    with tempfile.TemporaryDirectory() as folder:
        root = write_term(Path(folder) / "course", STUDENTS)
        course, roster = find_course(root), find_roster(root)
        ledgers = sorted((root / "graded").glob("*/ledger.jsonl"))

        def fastest(work: object) -> float:
            assert callable(work)
            times = []
            for _ in range(5):
                started = time.perf_counter()
                work()
                times.append(time.perf_counter() - started)
            return min(times)

        course_gradebook = gradebook_of(columns_in([root / "graded"], course, roster), course, roster, AFTER)
        page = gradebook_page(course_gradebook, lambda row: f"students/{row.student}.html")
        bare = fastest(lambda: [read_ledger(path) for path in ledgers])
        steps = {
            "bare reading of the ledgers": bare,
            "reading and arithmetic": fastest(
                lambda: gradebook_of(columns_in([root / "graded"], course, roster), course, roster, AFTER)
            ),
            "the class page": fastest(lambda: gradebook_page(course_gradebook, lambda row: row.student)),
            "the table": fastest(lambda: gradebook_csv(course_gradebook)),
            "all pages": fastest(
                lambda: write_gradebook(course_gradebook, Path(folder) / "book", course.zone)
            ),
        }
    print(f"{STUDENTS} students, 5 homeworks, a quiz; the class page has {len(page) // 1000} kB")
    for name, seconds in steps.items():
        print(f"{name:30} {1000 * seconds:7.0f} ms   {seconds / bare:5.1f} x bare reading")


main()
