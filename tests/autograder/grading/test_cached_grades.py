"""Which of the engine's files a cached grade depends on: those of the rooms at or below grading alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from correct_notebook import SOURCE, notebook
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.assignment import Assignment
from autograder.grading import cache_keys
from autograder.grading.cache_keys import CacheKeys, bundle_files, engine_digest, provenance_of
from autograder.grading.grader import Grader
from autograder.report import Report, Status
from autograder.submissions.submission import Submission

ENGINE = Path(cache_keys.__file__).parents[1]
FILES = sorted(path.relative_to(ENGINE) for path in ENGINE.rglob("*.py"))
ABOVE = ("site", "pages", "cli", "lms", "gradebook", "runs", "authoring", "jupyter", "doctor")
BELOW = [path for path in FILES if path.parts[0] not in (*ABOVE, "__init__.py", "__main__.py")]
OTHERS = [path for path in FILES if path.parts[0] in ABOVE]
SEED = 3


@pytest.fixture(scope="module")
def report(tiny: Assignment) -> Report:
    """The report on a submission with one wrong function, by the engine as it is."""
    source = SOURCE.replace("return 2 * x\n", "return 3 * x\n")
    with Grader(tiny, SEED) as grader:
        return grader.grade(Submission("ann", "tiny.ipynb", notebook(source).encode()))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the engine's files, in place of the engine's own for the digests."""
    copy = tmp_path_factory.mktemp("engine") / "autograder"
    shutil.copytree(ENGINE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache_keys, "PACKAGE", copy)
        engine_digest.cache_clear()
        yield copy
    engine_digest.cache_clear()


def valid(tiny: Assignment, report: Report) -> set[bool]:
    """Whether each result of the report would be reused, now that the engine's files were read again."""
    engine_digest.cache_clear()
    keys, checks = CacheKeys(tiny, SEED, ""), {check.id: check for check in tiny.hidden_checks}
    return {keys.holds(checks[result.id], result) for result in report.results()}


def change(path: Path, text: str) -> bytes:
    """Add a line of source to a file; returns what it held before."""
    data = path.read_bytes()
    path.write_bytes(data + f"\n# {text}\n".encode("utf-8", "replace"))
    return data


def test_there_is_something_to_change() -> None:
    """Both kinds of files exist in every room that is named, so the tests below say something."""
    assert {path.parts[0] for path in OTHERS} == set(ABOVE)
    rooms = {path.parts[0].removesuffix(".py") for path in BELOW}
    assert {"checks", "course", "sandbox", "submissions", "results", "grading", "report", "errors"} <= rooms


@pytest.mark.parametrize("room", ABOVE)
def test_a_room_above_grading(room: str, engine: Path, tiny: Assignment, report: Report) -> None:
    """Changing, adding and removing files of site, pages, cli, lms and the like leaves all grades valid."""
    provenance = provenance_of(tiny, "")
    kept = {path: change(engine / path, "changed") for path in OTHERS if path.parts[0] == room}
    added = engine / room / "added.py"
    added.write_text("ADDED = 1\n")
    removed = engine / next(iter(kept))
    removed.unlink()
    try:
        assert valid(tiny, report) == {True}
        assert provenance_of(tiny, "") == provenance
    finally:
        added.unlink()
        for path, data in kept.items():
            (engine / path).write_bytes(data)


@given(path=st.sampled_from(BELOW), text=st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_file_at_or_below_grading(
    engine: Path, tiny: Assignment, report: Report, path: Path, text: str
) -> None:
    """Whatever file of these rooms is changed, and however little, no grade is reused."""
    engine_digest.cache_clear()
    provenance = provenance_of(tiny, "")
    data = change(engine / path, text)
    try:
        assert valid(tiny, report) == {False}, path
        assert provenance_of(tiny, "") != provenance
    finally:
        (engine / path).write_bytes(data)
    assert valid(tiny, report) == {True}


@pytest.mark.parametrize("path", BELOW, ids=str)
def test_each_file_at_or_below_grading(path: Path, engine: Path, tiny: Assignment, report: Report) -> None:
    """None of these files is left out of the digest, and neither is a new file beside it."""
    data = change(engine / path, "changed")
    try:
        assert valid(tiny, report) == {False}
    finally:
        (engine / path).write_bytes(data)
    if len(path.parts) > 1:
        added = (engine / path).with_name("added.py")
        added.write_text("")
        try:
            assert valid(tiny, report) == {False}
        finally:
            added.unlink()
    assert valid(tiny, report) == {True}


def copy_of(assignment: Assignment, root: Path) -> Assignment:
    """The same assignment with its two directories in another course."""
    folder, solution = (
        Path(shutil.copytree(path, root / path.parent.name / path.name))
        for path in (assignment.folder, assignment.solution)
    )
    return replace(assignment, folder=folder, solution=solution)


@pytest.mark.parametrize(
    "name", ["weights.pkl", "labels.TSV", "inputs.idx.gz", "data/{id}/checks.py", "LICENSE"]
)
def test_a_file_that_a_check_may_read(name: str, tiny: Assignment, tmp_path: Path) -> None:
    """Whatever file is in the solution, at any depth and of any suffix, a change of it is noticed."""
    copied = copy_of(tiny, tmp_path)
    check, file = tiny.hidden_checks[0], copied.solution / name.format(id=tiny.id)
    file.parent.mkdir(parents=True, exist_ok=True)
    seen = []
    for data in (b"first", b"other"):
        file.write_bytes(data)
        seen.append((CacheKeys(copied, SEED, "").key(check, Status.PASSED), provenance_of(copied, "").bundle))
        assert bundle_files(copied)[file.relative_to(tmp_path).as_posix()] == data
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


@pytest.mark.parametrize(
    "name", [".DS_Store", "__pycache__/checks.cpython-313.pyc", ".ipynb_checkpoints/a.ipynb"]
)
def test_a_file_that_programs_leave_behind(name: str, tiny: Assignment, tmp_path: Path) -> None:
    """Hidden files and compiled code belong to no assignment: no grade depends on them."""
    copied = copy_of(tiny, tmp_path / ".courses")
    before = bundle_files(copied)
    assert copied.solution.joinpath("checks.py").read_bytes() in before.values()
    file = copied.solution / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"left behind")
    assert bundle_files(copied) == before
