"""Submissions: a file becomes cells and a digest, or a problem that its student can act on."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from pathlib import Path

import pytest

from autograder.submissions.notebook import LARGEST_FILE, Cell
from autograder.submissions.submission import Submission, digest, read_submission

NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}]}).encode()


def problem_with(path: Path) -> str:
    """The problem that a file's student is told."""
    submission = read_submission("student-1", path)
    assert submission.cells == ()
    assert submission.student == "student-1"
    assert submission.problem.endswith((".", "itself."))
    return submission.problem


def test_a_notebook(tmp_path: Path) -> None:
    """A readable notebook has its cells, its name, the digest of its bytes, and no problem."""
    path = tmp_path / "hw.ipynb"
    path.write_bytes(NOTEBOOK)
    submission = read_submission("student-1", path)
    assert submission == Submission("student-1", "hw.ipynb", NOTEBOOK)
    assert (submission.file, submission.problem) == ("hw.ipynb", "")
    assert submission.sha256 == submission.digest == hashlib.sha256(NOTEBOOK).hexdigest()
    assert submission.cells == (Cell(1, "x = 1"),)


def test_an_unreadable_notebook(tmp_path: Path) -> None:
    """What the reader refuses becomes the problem: what is wrong, then what to do. The digest is kept."""
    path = tmp_path / "hw.ipynb"
    path.write_bytes(NOTEBOOK[:-5])
    submission = read_submission("student-1", path)
    assert submission.problem == (
        "The file seems cut off: it ends in the middle of the notebook. "
        "Save the notebook again and submit the whole file."
    )
    assert submission.sha256 == hashlib.sha256(NOTEBOOK[:-5]).hexdigest()


def test_no_file(tmp_path: Path) -> None:
    """A file that is gone by now is a problem, not an exception."""
    assert "No such file" in problem_with(tmp_path / "gone.ipynb")


def test_a_folder(tmp_path: Path) -> None:
    """A folder stands for a student without a notebook, and says so."""
    assert "no notebook in the directory" in problem_with(tmp_path)


def test_no_permission(tmp_path: Path) -> None:
    """A file that may not be read is a problem with the system's reason."""
    path = tmp_path / "hw.ipynb"
    path.write_bytes(NOTEBOOK)
    path.chmod(0)
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)  # root may read everything
    try:
        assert "Permission denied" in problem_with(path)
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero", "hw.ipynb", "real.ipynb", "gone.ipynb", "."])
def test_links_are_not_followed(tmp_path: Path, target: str) -> None:
    """A symbolic link is refused, whatever it leads to: a secret, a device, itself, a notebook."""
    (tmp_path / "real.ipynb").write_bytes(NOTEBOOK)
    path = tmp_path / "hw.ipynb"
    path.symlink_to(target)
    submission = read_submission("student-1", path)
    assert "symbolic link" in submission.problem
    assert submission.sha256 == ""


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    """A named pipe that nobody writes to is refused at once."""
    path = tmp_path / "hw.ipynb"
    os.mkfifo(path)
    assert "named pipe" in problem_with(path)


def test_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket is refused."""
    monkeypatch.chdir(tmp_path)  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("hw.ipynb")
        assert "socket" in problem_with(tmp_path / "hw.ipynb")


def test_a_device() -> None:
    """A device is refused before anything is read from it."""
    assert "device" in problem_with(Path("/dev/zero"))


def test_a_huge_file(tmp_path: Path) -> None:
    """Of a huge file no more than the cap is read; its digest is left empty."""
    path = tmp_path / "hw.ipynb"
    with path.open("wb") as file:
        file.truncate(1000 * LARGEST_FILE)  # sparse: takes no room
    submission = read_submission("student-1", path)
    assert "larger than 20 MB" in submission.problem
    assert submission.sha256 == ""


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """Bytes in names that are not UTF-8 are replaced, so that a report can hold the names."""
    path = tmp_path / os.fsdecode(b"caf\xe9.ipynb")
    path.write_bytes(NOTEBOOK)
    submission = read_submission(path.stem, path)
    assert (submission.student, submission.file) == ("caf\ufffd", "caf\ufffd.ipynb")
    assert submission.cells


def test_reworded_reasons_make_no_new_submission(tmp_path: Path) -> None:
    """An unreadable submission keeps the digest that ledgers of version 0.1 have for it."""
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    submit = "Hand in the notebook file (.ipynb) itself."
    first_wording = {
        "link": f"There is a symbolic link in place of a notebook. {submit}",
        "folder": f"There is no notebook in the folder. {submit}",
        "pipe": f"There is a named pipe in place of a notebook. {submit}",
        "large": "The file is larger than 20 MB. Clear the notebook's outputs, save it and hand it in again.",
        "gone": f"The file cannot be read: No such file or directory. {submit}",
    }
    for name, reason in first_wording.items():
        submission = read_submission("student-1", tmp_path / name)
        assert submission.digest == digest(name, reason), name
        stored = Submission("student-1", name, unreadable=reason)  # as an old ledger line has it
        assert stored.digest == submission.digest and stored.unreadable != submission.unreadable
