"""The tutorials, word by word: every `sh` block runs in a fresh folder, files are written as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.authoring.release import release
from autograder.course.course import find_course

ROOT = Path(__file__).parents[2]
TUTORIALS = ROOT / ".docs" / "tutorials"
BLOCK = re.compile(r"^```(\w+)(?: (?:file|status)=(\S+))?\n(.*?)^```$", re.M | re.S)

pytestmark = pytest.mark.full


def blocks(door: str) -> Iterator[tuple[str, str, str]]:
    """The fenced blocks of a tutorial: language, file to write or exit code, text."""
    for found in BLOCK.finditer((TUTORIALS / f"{door}.md").read_text(encoding="utf-8")):
        yield found[1], found[2] or "", found[3]


def follow(door: str, folder: Path) -> None:
    """Do what a tutorial says; blocks of `console` are for another machine, or wait for a person."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "300",
    }
    shown = ""
    for language, file, text in blocks(door):
        if file and language != "sh":
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        elif language == "sh":
            done = subprocess.run(
                ["bash", "-e", "-c", text],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            shown = done.stdout + done.stderr
            assert done.returncode == int(file or 0), f"{text}\n{shown}"
            assert "Traceback" not in shown
        elif language == "text":
            for line in text.splitlines():
                assert re.search(re.escape(line).replace("…", ".*"), shown), f"{line!r} is not in\n{shown}"


@pytest.mark.parametrize("door", ["instructor", "author", "administrator"])
def test_in_an_empty_folder(door: str, tmp_path: Path) -> None:
    """Every command works as it stands."""
    follow(door, tmp_path)


def test_as_a_student(tmp_path: Path) -> None:
    """In the folder that an instructor gives out."""
    course = find_course(ROOT)
    released = release(course, course.assignment_ids()[0], tmp_path)
    folder = next(path for path in tmp_path.iterdir() if path.is_dir())
    assert released
    follow("student", folder)
