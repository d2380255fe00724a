"""`autograder serve --demo`: a course with a class in all states, in a temporary directory.

One assignment is open, one was due yesterday and its results are held, the others come later; submissions are
right, mistaken, late and unreadable, one could not be graded by a fault of ours; all quizzes are open.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, select, update

from autograder.authoring.demo_class import make_class
from autograder.authoring.release import release
from autograder.cli.show import say
from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.site.extensions import extensions
from autograder.site.file_store import FileStore
from autograder.site.homework.assignments import Facts, bundle_of, publish, published, set_release
from autograder.site.homework.context import files_address
from autograder.site.homework.submissions import store_submission
from autograder.site.homework.tables import grading
from autograder.site.lti.platforms import FILE as LTI_FILE
from autograder.site.people import COURSE, add_course, add_person, enrol
from autograder.site.server import OpenSite, open_site
from autograder.site.sessions import new_link
from autograder.site.settings.new_term import content_files

__all__ = ["demo_site", "say_how_to_sign_in"]

DAY = 24 * 60 * 60_000  # milliseconds
STUDENTS = 24
PEOPLE = {
    "ana": ("Ana", "student"),
    "assistant": ("Assistant", "ta"),
    "instructor": ("Instructor", "instructor"),
}
DUE = (2, -1)  # days from now, of the first assignments; a week more for each further one
FAULT = "The machine had no memory left (made up for the demonstration)."


@contextmanager
def demo_site(course: Course) -> Iterator[tuple[OpenSite, Path]]:
    """The open site of a demonstration and its folder; both are gone afterwards."""
    os.environ.pop("AUTOGRADER_FILES", None)  # nothing of the course's own files is touched
    with tempfile.TemporaryDirectory(prefix="autograder-demo-") as name:
        folder = Path(name)
        shutil.copy(course.root / "course.yaml", folder)
        for path in content_files(course.root):
            (copy := folder / path.relative_to(course.root)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        if (course.root / LTI_FILE).is_file():
            shutil.copy(course.root / LTI_FILE, folder)  # so that launches come in
        with open_site(folder, course_file=True) as site:
            _fill(site, folder, course)
            yield site, folder


def say_how_to_sign_in(site: OpenSite, course: Course, address: str) -> None:
    """Print a link for a student, an assistant and an instructor."""
    say(f"A demonstration of {course.title}: {address}\nSign in by a link, which works once:")
    for person, (name, _) in PEOPLE.items():
        with site.database.transaction() as connection:
            secret = new_link(connection, person, site.signer, site.clock.now())
        say(f"  {name}: {address}/sign-in/{secret}")
    say("Learning platforms: sign in as the instructor and open /platforms; a launch needs an https address.")
    say("Ctrl-C ends it; everything in it is thrown away.")


def _fill(site: OpenSite, folder: Path, course: Course) -> None:
    files, now = FileStore(files_address(folder)), site.clock.now()
    students = [f"student-{number:02}" for number in range(1, STUDENTS + 1)]
    with site.database.transaction() as connection:
        add_course(connection, COURSE, course.title, str(course.zone))
        for person, (name, role) in PEOPLE.items():
            add_person(connection, person, name)
            enrol(connection, COURSE, person, role=role)
        for student in students:
            add_person(connection, student, student.replace("-", " ").title())
            enrol(connection, COURSE, student)
        for extension in extensions():
            extension.fill_demo(connection, course, now)
    for number, name in enumerate(course.assignment_ids()):
        assignment = load_assignment(course, name)
        days = DUE[number] if number < len(DUE) else 7 * (number - len(DUE) + 1)
        with tempfile.TemporaryDirectory() as temporary:
            release(course, name, Path(temporary))
            handout = files.put((Path(temporary) / f"{name}.zip").read_bytes())
            samples = make_class(assignment, STUDENTS, Path(temporary) / "class") if number < len(DUE) else []
            contents = [sample.path.read_bytes() for sample in samples]
        digest = files.put(bundle_of(course, name))
        with site.database.transaction() as connection:
            publish(
                connection,
                COURSE,
                name,
                digest=digest,
                handout=handout,
                facts=Facts.of(assignment.file),
                due_at=now + days * DAY,
                at=now,
                who="demo",
            )
            if days < 0:
                set_release(connection, COURSE, name, released_at=None, held_at=now)
            for place, content in enumerate(contents):
                person = "ana" if place == 1 else students[place]
                received = min(now - 60_000, now + days * DAY + (place % 4 - 3) * DAY // 3)
                _submit(connection, site, name, person, files.put(content), len(content), received)
            if contents and days < 0:
                _fail_one(connection)


def _submit(
    connection: Connection, site: OpenSite, name: str, person: str, digest: str, size: int, at: int
) -> None:
    store_submission(
        connection,
        published(connection, COURSE, name),
        course=COURSE,
        person=person,
        digest=digest,
        size=size,
        file=f"{name}.ipynb",
        began_at=at,
        received_at=at,
        signer=site.signer,
        queued_at=site.clock.now(),
    )


def _fail_one(connection: Connection) -> None:
    newest = select(grading.c.id).order_by(grading.c.id.desc()).limit(1).scalar_subquery()
    connection.execute(update(grading).where(grading.c.id == newest).values(state="failed", problem=FAULT))
