"""The course's server as a process, with a clock that a test sets: a file holds its milliseconds."""

from __future__ import annotations

import sys
from pathlib import Path

from autograder.cli.serve import tell_port
from autograder.course.course import find_course
from autograder.site.clock import ServerClock
from autograder.site.people import COURSE, add_course
from autograder.site.server import OpenSite, listening, open_site, serve


def main(folder: Path, clock_file: Path, port_file: Path) -> None:
    """Serve until SIGTERM, as `autograder serve --graders 0` does."""

    def nanoseconds() -> int:
        return int(clock_file.read_text(encoding="ascii")) * 1_000_000

    course = find_course(folder)
    with open_site(folder) as opened:
        site = OpenSite(opened.database, opened.signer, ServerClock(wall=nanoseconds, steady=nanoseconds))
        with site.database.transaction() as connection:
            add_course(connection, COURSE, course.title, str(course.zone))
        waiting = listening("127.0.0.1", 0)
        tell_port(port_file, waiting.getsockname()[1])
        serve(site, waiting, folder, graders=0)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
