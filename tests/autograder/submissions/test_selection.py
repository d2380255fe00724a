"""Which file of a submission is graded: the same one in a directory, an archive and an unpacked archive."""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from correct_notebook import SOURCE, notebook
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.lms.layouts import collect_submissions
from autograder.submissions.class_archive import unpacked
from autograder.submissions.submission import Submission, read_submission

FUNCTIONS = ("double", "double_backward", "mean_square")
STUB = 'def {0}(x):\n    """What to do."""\n    raise NotImplementedError("{0}")'
STUBS = [STUB.format(name) for name in FUNCTIONS]
RIGHT = notebook(SOURCE).encode()
OTHER = notebook(SOURCE.replace("2 *", "3 *")).encode()
HANDOUT = notebook("import numpy as np", *STUBS, 'check("double")').encode()
# The handout after somebody has run it, and after it was saved by another version of Jupyter.
HANDOUT_RUN = json.dumps(json.loads(HANDOUT) | {"nbformat_minor": 5, "metadata": {"kernelspec": {}}}).encode()

Files = dict[str, bytes]


def lay_out(folder: Path, files: Files) -> Path:
    """Write files into a directory."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def archived(files: Files) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: Files) -> bytes:
    """A tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def below(files: Files, folder: str) -> Files:
    """The same files in a directory."""
    return {f"{folder}/{name}": data for name, data in files.items()}


@contextmanager
def temporary() -> Iterator[Path]:
    """A directory for one example of a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def read_as(files: Files, make: Callable[[Path, Files], Path]) -> Submission:
    """What is read of the student `s1`, submitted in one of the ways of `WAYS`, beside another student."""
    with temporary() as folder, unpacked(make(folder, files)) as (directory, skipped):
        assert skipped == []
        collected = collect_submissions(directory, "tiny")
        assert ([entry.student for entry in collected], collected.unmatched) == (["s1", "s2"], ())
        return collected[0].read("tiny", FUNCTIONS)


def in_class(make: Callable[[Files], Files]) -> Callable[[Path, Files], Path]:
    """A directory of the class in which `make` lays the student's files out."""
    return lambda folder, files: lay_out(folder / "class", {"s2.ipynb": RIGHT, **make(files)})


def class_archive(pack: Callable[[Files], bytes], name: str) -> Callable[[Path, Files], Path]:
    """An archive of the class, with a directory of the student in it."""
    return lambda folder, files: (
        lay_out(folder, {name: pack({"s2.ipynb": RIGHT, **below(files, "s1")})}) / name
    )


WAYS: dict[str, Callable[[Path, Files], Path]] = {
    "directory": in_class(lambda files: below(files, "s1")),
    "archive in a directory": in_class(lambda files: {"s1/work.zip": archived(files)}),
    "archive": in_class(lambda files: {"s1.zip": archived(files)}),
    "tar": in_class(lambda files: {"s1.tar.gz": tarred(files)}),
    "archive with a directory in it": in_class(lambda files: {"s1.zip": archived(below(files, "my work"))}),
    "archive in an archive": in_class(lambda files: {"s1.zip": archived({"work.zip": archived(files)})}),
    "class archive": class_archive(archived, "class.zip"),
    "class tar": class_archive(tarred, "class.tar.gz"),
}


def read_every_way(files: Files) -> Submission:
    """What is read of one student's files, after it was found to be the same in all ways to submit them."""
    submissions = {way: read_as(files, make) for way, make in WAYS.items()}
    first = submissions["directory"]
    for way, submission in submissions.items():
        assert submission.cells == first.cells, way
        assert bool(submission.problem) == bool(first.problem), way
    return first


def cells_of(data: bytes) -> list[str]:
    """The code cells of a notebook."""
    return [cell["source"] for cell in json.loads(data)["cells"]]


def graded(files: Files) -> list[str]:
    """The code cells that are graded of a student's files, however they are submitted."""
    submission = read_every_way(files)
    assert submission.problem == ""
    return [cell.source for cell in submission.cells]


some = settings(max_examples=settings().max_examples // 3)  # each is read in every way
folders = st.lists(st.sampled_from(["hw", "src", "my files", "ä", "a.b", "deep"]), max_size=6).map("/".join)
clutter = st.dictionaries(
    st.sampled_from(
        [
            ".ipynb_checkpoints/tiny-checkpoint.ipynb",
            "__MACOSX/._tiny.ipynb",
            ".git/HEAD",
            "report.pdf",
            "data/train.csv",
            "data/settings.json",
            "README.md",
        ]
    ),
    st.just(b"{}"),
)


@given(folders, st.sampled_from(["tiny.ipynb", "final (2).ipynb", "tiny.ipynb.txt", "TINY.IPYNB"]), clutter)
@some
def test_any_depth_in_any_way(folder: str, name: str, others: Files) -> None:
    """The only notebook is graded wherever it is in the submission, and whatever else is."""
    assert graded({f"{folder}/{name}".lstrip("/"): RIGHT, **others}) == cells_of(RIGHT)


contents = st.sampled_from([RIGHT, OTHER, HANDOUT, HANDOUT_RUN])
names = st.sampled_from(["tiny.ipynb", "a.ipynb", "b.ipynb", "old.ipynb"])
places = st.builds(lambda folder, name: f"{folder}/{name}".lstrip("/"), folders, names)


@given(st.dictionaries(places, contents, min_size=1, max_size=4))
@some
def test_the_rule_for_several(files: Files) -> None:
    """The named one with work in it; else the only work; else a sentence that lists all of them."""
    submission = read_every_way(files)
    sources = [cell.source for cell in submission.cells]
    work = {name: data for name, data in files.items() if data not in (HANDOUT, HANDOUT_RUN)}
    named = {name: data for name, data in work.items() if name.rpartition("/")[2] == "tiny.ipynb"}
    top = min((name.count("/") for name in named), default=0)
    candidates = {data for name, data in named.items() if name.count("/") == top} or set(work.values())
    if not work:
        assert sources in (cells_of(HANDOUT), cells_of(HANDOUT_RUN))
    elif len(candidates) == 1:
        assert sources == cells_of(*candidates)
        assert submission.file_name in work
        assert sorted([submission.file_name, *submission.others]) == sorted(files)
    else:
        assert submission.problem.startswith("There are several notebooks: ")
        assert all(
            any(name in submission.problem for name, other in work.items() if other == data)
            for data in candidates
        )
        assert "only that one be named tiny.ipynb" in submission.problem
        assert sorted(submission.others) == sorted(files)


class TestExamples:
    """The cases that people meet."""

    def test_the_handout_came_along(self) -> None:
        """Work under another name is graded, not the untouched handout, though that has the right name."""
        assert graded({"tiny.ipynb": HANDOUT, "my solution.ipynb": RIGHT}) == cells_of(RIGHT)

    def test_a_cloned_repository(self) -> None:
        """Of all assignments in a repository, the one named after the assignment is graded."""
        files = {"hw/tiny.ipynb": RIGHT, "hw/other.ipynb": OTHER, "README.md": b"", ".git/config": b""}
        assert graded(below(files, "course-main")) == cells_of(RIGHT)

    def test_a_directory_named_after_the_assignment(self) -> None:
        """What is in a directory named after the assignment goes before what is in others."""
        assert graded({"tiny/solution.ipynb": RIGHT, "hw2/solution.ipynb": OTHER}) == cells_of(RIGHT)

    def test_the_nearest_of_two_with_its_name(self) -> None:
        """Of two that are named after the assignment the one nearer to the top is graded."""
        assert graded({"tiny.ipynb": RIGHT, "backup/tiny.ipynb": OTHER}) == cells_of(RIGHT)

    def test_two_copies_are_one(self) -> None:
        """The same bytes under two names are one notebook."""
        assert graded({"a.ipynb": RIGHT, "copy of a.ipynb": RIGHT}) == cells_of(RIGHT)

    def test_one_that_is_damaged(self) -> None:
        """A file that is no notebook any more does not stand in the way of one that is."""
        assert graded({"a.ipynb": RIGHT, "b.ipynb": RIGHT[:-9]}) == cells_of(RIGHT)

    def test_data_in_json(self) -> None:
        """JSON is a notebook only if it holds one."""
        assert graded({"a.json": RIGHT, "cells.json": b'{"cells": 3}', "b.json": b"["}) == cells_of(RIGHT)

    def test_without_a_notebook(self) -> None:
        """The sentence names what is there instead."""
        submission = read_as({"tiny.py": b"x", "a/report.pdf": b"x"}, WAYS["directory"])
        assert submission.problem == (
            "There is no notebook in the directory, only a/report.pdf, tiny.py. "
            "Submit the notebook file (.ipynb) itself."
        )
        assert submission.others == ("a/report.pdf", "tiny.py")

    def test_what_is_there_makes_no_new_submission(self, tmp_path: Path) -> None:
        """A directory without a notebook stays the same submission when other files are added to it."""
        first = read_submission("s1", lay_out(tmp_path / "s1", {"tiny.py": b"x"}))
        second = read_submission("s1", lay_out(tmp_path / "s1", {"report.pdf": b"x"}))
        assert first.unreadable != second.unreadable
        assert first.digest == second.digest

    @pytest.mark.parametrize("kind", ["link to a file", "link to a directory", "pipe"])
    def test_links_and_pipes(self, tmp_path: Path, kind: str) -> None:
        """A link or a pipe beside a notebook is never followed; alone it is what is wrong."""
        student = lay_out(tmp_path / "s1", {"tiny.ipynb": RIGHT})
        lay_out(tmp_path / "secret", {"tiny.ipynb": OTHER})
        for folder in (student, tmp_path / "s2"):
            folder.mkdir(exist_ok=True)
            odd = folder / "odd.ipynb"
            if kind == "pipe":
                os.mkfifo(odd)
            else:
                target = tmp_path / "secret"
                odd.symlink_to(target if kind == "link to a directory" else target / "tiny.ipynb")
        submission = read_submission("s1", student, "tiny")
        assert (submission.problem, submission.others) == ("", ("odd.ipynb",))
        assert "in place of a notebook" in read_submission("s2", tmp_path / "s2", "tiny").problem

    def test_a_huge_directory(self, tmp_path: Path) -> None:
        """A directory with more files than anybody submits is refused with a sentence."""
        (tmp_path / "s1").mkdir()
        for number in range(10_001):
            (tmp_path / "s1" / f"{number}.txt").touch()
        assert "more than 10,000 files" in read_submission("s1", tmp_path / "s1").problem
