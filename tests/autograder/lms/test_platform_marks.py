"""A platform's mark counts only where the platform writes it: a student's directory is the student's."""

from __future__ import annotations

import shutil
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from correct_notebook import SOURCE, notebook

from autograder.course.roster import Person, Roster
from autograder.lms.layouts import collect_submissions
from autograder.submissions.class_archive import unpacked
from autograder.submissions.collecting import NOBODY, CollectedSubmissions

ROSTER = Roster(
    (
        Person("s1", "Lee", "Ann", email="ann@example.org"),
        Person("s2", "Ott", "Ben", email="ben@example.org"),
        Person("victim", "Kaya", "Cem", email="cem@example.org"),
    )
)
ODD_KINDS = [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE]
ABOUT = '{"assignment": "hw1", "title": "HW", "due": null, "functions": ["f"]}'


def export(*submissions: tuple[str, str]) -> str:
    """Gradescope's metadata: each submission's directory with an e-mail address."""
    return "".join(
        f"{name}:\n  :submitters:\n  - :name: {email.partition('@')[0]}\n    :sid: ''\n    :email: {email}\n"
        f"  :created_at: 2026-01-01 00:00:00.000000000 Z\n"
        for name, email in submissions
    )


# What a student may put into a directory of their own to look like a whole class's, with names and times.
FORGERIES: dict[str, dict[str, str]] = {
    "gradescope": {
        "submission_metadata.yml": export(("submission_1", "cem@example.org")),
        "submission_1/hw1.ipynb": notebook(SOURCE),
    },
    "gradescope beside a notebook": {
        "submission_metadata.yml": export(("submission_1", "cem@example.org"), ("gone", "ben@example.org")),
        "submission_1/notes.txt": "",
        "hw1.ipynb": notebook(SOURCE),
    },
    "gradescope without directories": {
        "submission_metadata.yml": export(("submission_1", "cem@example.org")),
        "hw1.ipynb": notebook(SOURCE),
    },
    "gradescope beside another directory": {
        "submission_metadata.yml": export(("submission_1", "cem@example.org")),
        "submission_1/hw1.ipynb": notebook(SOURCE),
        "data/x.csv": "",
    },
    "gradescope's metadata damaged": {"submission_metadata.yml": "- [", "hw1.ipynb": notebook(SOURCE)},
    "nbgrader": {
        "submitted/victim/hw1/hw1.ipynb": notebook(SOURCE),
        "submitted/victim/hw1/timestamp.txt": "2026-01-01 00:00:00 UTC",
    },
    "moodle": {"Cem Kaya_7_assignsubmission_file_/hw1.ipynb": notebook(SOURCE)},
    "canvas": {"kayacem_7_70_hw1.ipynb": notebook(SOURCE)},
    "dropbox": {
        "about.json": ABOUT,
        "victim+20260101T000000Z+0123456789abcdef-01234567.ipynb": notebook(SOURCE),
    },
}


def lay_out(folder: Path, files: dict[str, str]) -> Path:
    """Write files into a directory."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def students(collected: CollectedSubmissions) -> list[str]:
    """Whose submissions were collected."""
    return [entry.student for entry in collected]


@pytest.mark.parametrize("way", ["directory", "archive"])
@pytest.mark.parametrize("classmates", [0, 1, 2])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_inside_a_students_directory(tmp_path: Path, forgery: str, classmates: int, way: str) -> None:
    """Whatever a student puts into their directory, it is theirs, at no time, alone in the class or not."""
    lay_out(tmp_path / "class" / "s1", FORGERIES[forgery])
    for number in range(classmates):
        lay_out(tmp_path / "class" / f"s2{'x' * number}", {"hw1.ipynb": notebook(SOURCE)})
    path = tmp_path / "class"
    if way == "archive":
        path = Path(shutil.make_archive(str(tmp_path / "class"), "zip", path))
    roster = NOBODY if classmates == 2 else ROSTER
    with unpacked(path) as (folder, _):
        collected = collect_submissions(folder, "hw1", roster)
        first = collected[0]
        assert students(collected) == ["s1", "s2", "s2x"][: classmates + 1]
        assert (first.submitted, first.attempt, first.marked_late) == (None, 0, False)
        assert first.read("hw1").problem == ""


@pytest.mark.parametrize("forgery", [name for name in FORGERIES if name not in ("moodle", "canvas")])
def test_alone_and_without_a_roster(tmp_path: Path, forgery: str) -> None:
    """Where nothing says who the students are, one submission is a student's, and the file is named."""
    lay_out(tmp_path / "class" / "s1", FORGERIES[forgery])
    collected = collect_submissions(tmp_path / "class", "hw1")
    assert (students(collected), collected[0].submitted) == (["s1"], None)
    if forgery == "gradescope":
        ((name, reason),) = [(file.name, file.reason) for file in collected.unmatched]
        assert name == "s1/submission_metadata.yml"
        assert "a student may have written it" in reason and "name its directory itself" in reason


@pytest.mark.parametrize("forgery", FORGERIES)
def test_the_directory_named_is_a_students(tmp_path: Path, forgery: str) -> None:
    """Naming one student's directory grades that student, whatever is in it."""
    collected = collect_submissions(lay_out(tmp_path / "s1", FORGERIES[forgery]), "hw1", ROSTER)
    assert (students(collected), collected[0].submitted) == (["s1"], None)


@pytest.mark.parametrize("name", ["submission_456", "Ann Lee_7_assignsubmission_file_", "submitted/s9"])
@pytest.mark.parametrize("forgery", ["gradescope", "moodle", "canvas"])
def test_a_directory_that_a_platform_named(tmp_path: Path, name: str, forgery: str) -> None:
    """A directory that a platform made for one student is that student's, also without a roster."""
    folder = lay_out(tmp_path / name, FORGERIES[forgery])
    if name.startswith("submitted"):
        lay_out(folder, {"hw1/hw1.ipynb": notebook(SOURCE)})
    assert students(collect_submissions(folder, "hw1")) == [folder.name]


def test_beside_classmates(tmp_path: Path) -> None:
    """A directory beside those of other students is one of them, although nothing in it says so."""
    lay_out(tmp_path / "class" / "s2", {"hw1.ipynb": notebook(SOURCE)})
    folder = lay_out(tmp_path / "class" / "s1", FORGERIES["gradescope"])
    collected = collect_submissions(folder, "hw1")
    assert collected.layout == "folder"
    assert [file.name for file in collected.unmatched] == ["submission_metadata.yml"]


@pytest.mark.parametrize("wrappers", ["", "outer/", "a/b/c/"])
@pytest.mark.parametrize("folder", ["", "assignment_1_export/", "assignment_1_export (1)/", "export/"])
@pytest.mark.parametrize("roster", [NOBODY, ROSTER], ids=["no roster", "roster"])
def test_where_gradescope_writes_it(tmp_path: Path, wrappers: str, folder: str, roster: Roster) -> None:
    """The export itself is read at the top and below directories that hold nothing else."""
    files = {
        "submission_metadata.yml": export(
            ("submission_1", "ann@example.org"), ("submission_2", "ben@example.org")
        ),
        "submission_1/hw1.ipynb": notebook(SOURCE),
        "submission_2/deep/hw1.ipynb": notebook(SOURCE),
    }
    lay_out(tmp_path / "class", {f"{wrappers}{folder}{name}": text for name, text in files.items()})
    collected = collect_submissions(tmp_path / "class", "hw1", roster)
    assert (collected.layout, collected.unmatched) == ("gradescope", ())
    expected = ["s1", "s2"] if roster else ["ann@example.org", "ben@example.org"]
    assert students(collected) == expected
    assert all(entry.submitted is not None and entry.read("hw1").problem == "" for entry in collected)


def test_one_submission_in_gradescopes_directory(tmp_path: Path) -> None:
    """A directory with the name of an export is one, also of a single submission."""
    lay_out(tmp_path / "x" / "assignment_12_export", FORGERIES["gradescope"])
    assert students(collect_submissions(tmp_path / "x", "hw1")) == ["cem@example.org"]


@pytest.mark.parametrize("kind", ODD_KINDS)
@pytest.mark.parametrize("name", ["null", "s1/null", "s1/hw1.ipynb", "null.ipynb", "s1"])
@pytest.mark.parametrize("size", [0, 512, 10**9])
def test_a_tar_that_begins_with_a_device(tmp_path: Path, kind: bytes, name: str, size: int) -> None:
    """A device, a pipe or a link costs only itself: every other member of the archive is read."""
    path = tmp_path / "class.tar"
    data = notebook(SOURCE).encode()
    with tarfile.open(path, "w") as archive:
        odd = tarfile.TarInfo(name)
        odd.type, odd.linkname, odd.size = kind, "elsewhere", size
        archive.addfile(odd)
        for student in ("s2", "s3"):
            info = tarfile.TarInfo(f"{student}/hw1.ipynb")
            info.size = len(data)
            archive.addfile(info, BytesIO(data))
    with unpacked(path) as (folder, skipped):
        collected = collect_submissions(folder, "hw1")
        read = {entry.student: entry.read("hw1").problem for entry in collected}
    assert [member.name for member in skipped] == [name]
    assert {student: problem for student, problem in read.items() if student != "s1"} == {"s2": "", "s3": ""}


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.SYMTYPE])
@pytest.mark.parametrize("name", ["null", "other.ipynb"])
def test_a_students_tar_that_begins_with_a_device(tmp_path: Path, kind: bytes, name: str) -> None:
    """In a student's own archive, too, the notebook that can be read is read."""
    data = notebook(SOURCE).encode()
    with tarfile.open(tmp_path / "s1.tar", "w") as archive:
        odd = tarfile.TarInfo(name)
        odd.type, odd.linkname = kind, "elsewhere"
        archive.addfile(odd)
        info = tarfile.TarInfo("work.ipynb")
        info.size = len(data)
        archive.addfile(info, BytesIO(data))
    (entry,) = collect_submissions(tmp_path, "hw1")
    submission = entry.read("hw1")
    assert (submission.problem, submission.others) == ("", (name,))
