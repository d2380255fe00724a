"""A new term from an old one: the course without its people, and every date in one table.

What is copied is content: course.yaml without rules for single students, assignments, solutions, banks and
quizzes. Dates keep their wall clock and move by whole days, unless the table says otherwise.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.course.course import FILE, Course
from autograder.course.local_time import instant_of
from autograder.errors import Conflict, ContentError, UsageError
from autograder.site.content.yaml_values import with_values
from autograder.yaml_source import read_data

__all__ = ["TermDate", "dates_of", "new_term", "shifted", "term_archive", "write_term"]

COPIED = ("assignments", "solutions", "quizzes", "README.md", ".gitignore", "Makefile")
LEFT_OUT = {".ipynb_checkpoints", "__pycache__", ".quizzes", ".git"}
LARGEST = 512 * 1024 * 1024  # bytes
KEYS = {"assignments": ("due",), "quizzes": ("opens", "due", "closes")}
DAYS = 4000


@dataclass(frozen=True)
class TermDate:
    """A date in a file of the course."""

    path: str  # of the file, in the course
    key: str
    title: str  # of the assignment or the quiz
    written: str  # as the file has it

    @property
    def id(self) -> str:
        """What a form calls it."""
        return f"{self.path} {self.key}"


def dates_of(course: Course) -> list[TermDate]:
    """Every date of the course's assignments and quizzes, in the order of the files."""
    dates: list[TermDate] = []
    for path in _dated(course.root):
        _, data = read_data(path)
        if not isinstance(data, dict):
            continue
        name = path.relative_to(course.root).as_posix()
        title = str(data.get("title") or path.stem)
        keys = (key for key in KEYS[name.split("/")[0]] if data.get(key))
        dates.extend(TermDate(name, key, title, _text(data[key])) for key in keys)
    return dates


def shifted(written: str, days: int) -> str:
    """A date so many days later: the same wall clock, with the offset from UTC left out.

    Raises Conflict for a text that does not begin with a date.
    """
    found = re.match(r"(\d{4}-\d{2}-\d{2})(.*)", written.strip(), re.DOTALL)
    try:
        day = date.fromisoformat(found[1]) if found else None
        if found is None or day is None:
            raise ValueError
        rest = re.sub(r"\s*(Z|[+-]\d{2}:?\d{2})$", "", found[2].rstrip())
        return f"{day + timedelta(days=days)}{rest}"
    except (ValueError, OverflowError):
        raise Conflict(
            f"“{written[:40]}” is not a date.", next_step="Write one such as 2030-05-04 23:59."
        ) from None


def new_term(
    course: Course, *, days: int, title: str = "", dates: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """The files of the new term, by path; `dates` are those of the table, by `TermDate.id`.

    An empty date in the table takes the date away. Raises Conflict for dates that cannot be.
    """
    if not -DAYS <= days <= DAYS:
        raise Conflict(f"{days} days are too many.", next_step="Shift by at most ten years.")
    changes: dict[str, dict[tuple[str | int, ...], Any]] = {}
    for known in dates_of(course):
        wanted = (dates or {}).get(known.id)
        text = shifted(known.written, days) if wanted is None else " ".join(wanted.split())
        if text:
            try:
                instant_of(_full(text), course.zone)
            except ContentError as problem:
                raise Conflict(
                    f"{known.title}, {known.key}: {problem.message}", next_step=problem.next_step
                ) from problem
        changes.setdefault(known.path, {})[(known.key,)] = text or None
    files: dict[str, bytes] = {}
    size = 0
    for path in content_files(course.root):
        name = path.relative_to(course.root).as_posix()
        content = path.read_bytes()
        if name in changes:
            content = with_values(content.decode(), changes[name]).encode()
        size += len(content)
        if size > LARGEST:
            raise Conflict("The course has more than 512 MB.", next_step="Copy it on the server's machine.")
        files[name] = content
    rules: dict[tuple[str | int, ...], Any] = {("students",): None}
    if title:
        rules[("title",)] = title
    files[FILE] = with_values((course.root / FILE).read_text(encoding="utf-8"), rules).encode()
    return dict(sorted(files.items()))


def term_archive(files: Mapping[str, bytes]) -> bytes:
    """The files as a ZIP."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def write_term(files: Mapping[str, bytes], target: Path) -> None:
    """Write the files into a new directory; raises UsageError for one with something in it."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} is there already.", next_step="Name a new directory.")
    try:
        for name, content in files.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as problem:
        raise UsageError(
            f"{target} cannot be written: {problem.strerror}.", next_step="Name another directory."
        ) from problem


def _dated(root: Path) -> list[Path]:
    return [
        *sorted((root / "assignments").glob("*/assignment.yaml")),
        *sorted((root / "quizzes").glob("*.yaml")),
    ]


def content_files(root: Path) -> Iterator[Path]:
    """The files that a term is made of, without what belongs to people or to a machine."""
    for name in COPIED:
        top = root / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.suffix in (".csv", ".db") or set(path.parts) & LEFT_OUT:
                continue  # tables of people and their results
            if path.is_file() and not path.is_symlink():
                yield path


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" + (f":{value:%S}" if value.second else "")
    return str(value)


def _full(text: str) -> str:
    """A date alone means the end of its day."""
    return f"{text} 23:59" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text
