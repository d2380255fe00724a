"""Nobody vanishes: every file that is collected is graded, ignored by a rule, or named with what to do."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command import autograder, files
from correct_notebook import SOURCE, notebook
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_course import ASSIGNMENT

from autograder.course.course import Course
from autograder.lms.layouts import collect_submissions
from autograder.results.ledger import UnmatchedFiles, read_ledger, unmatched_files
from autograder.submissions.class_archive import unpacked
from autograder.submissions.collecting import TABLES, CollectedSubmissions
from autograder.submissions.guarded_files import is_ignored

RIGHT = notebook(SOURCE)
ENDINGS = [
    *(".ipynb", ".IPYNB", ".ipynb.txt", ".ipynb.json", ".json", ".zip", ".tar.gz", ".rar", ".7z"),
    *(".py", ".html", ".pdf", ".docx", ".txt", ".md", ".csv", ".ipynb (1)", ".ipynb (1).ipynb", ".ipynb~"),
    *(".ipynb.crdownload", ".png", ".mat", ""),
]
# Real names in the layouts of the platforms, with room for one more part of a name.
LAYOUTS = {
    "folder": (["s1.ipynb"], ["{}", "s3{}", "student 4{}", "s5/work{}", "s6/deep/er/work{}", "s7/", ".s8{}"]),
    "canvas": (
        ["lovelaceada_11_500_tiny.ipynb", "oddeve_14_506_tiny.ipynb"],
        ["leeann_12_501_a{}", "leeann_12_502_b{}", "ottben_LATE_13_503_c{}", "by hand{}"],
    ),
    "moodle": (
        ["Ada Lovelace_71_assignsubmission_file/tiny.ipynb"],
        [
            "Ann Lee_72_assignsubmission_file/work{}",
            "Ann Lee_72_assignsubmission_file/src/more{}",
            "Ben Ott_73_assignsubmission_file_work{}",
            "Ben Ott_73_assignsubmission_file_more{}",
            "Cem Kaya_74_assignsubmission_onlinetext/onlinetext{}",
            "Default group_assignsubmission_file/work{}",
            "other{}",
        ],
    ),
    "gradescope": (
        ["submission_1/tiny.ipynb"],
        ["submission_2/work{}", "submission_3/src/work{}", "submission_9/work{}", "other{}"],
    ),
    "nbgrader": (
        ["submitted/s1/tiny/tiny.ipynb"],
        ["submitted/s2/tiny/work{}", "submitted/s3/tiny/src/work{}", "submitted/other{}"],
    ),
    "nbgrader's exchange": (
        [
            f"{name}/tiny.ipynb"
            for name in ("s1+tiny+2026-05-04 20:00:00 UTC", "s9+tiny+2026-05-04 20:00:00 UTC")
        ],
        [
            "s1+tiny+2026-05-04 21:00:00 UTC/work{}",
            "s2+tiny+2026-05-04 20:00:00 UTC+aB3_-xyzXYZ9/src/work{}",
            "other{}",
        ],
    ),
    "blackboard": (
        ["Week 1_a_lee_attempt_2026-05-04-19-58-00_tiny.ipynb"],
        [
            "Week 1_b_lee_attempt_2026-05-04-19-58-00_work{}",
            "Week 1_b_lee_attempt_2026-05-04-19-58-00_more{}",
            "Week 1_a_lee_attempt_2026-05-05-19-58-00_work{}",
            "other{}",
        ],
    ),
    "brightspace": (
        ["12-77 - Ada Lovelace - May 4, 2026 758 PM/tiny.ipynb"],
        [
            "13-78 - Ben Ott - 4 May, 2026 1958/work{}",
            "13-78 - Ben Ott - 4 May, 2026 1958/src/more{}",
            "14-79 - Cem Kaya - 4 mai 2026 19h58 - work{}",
            "14-79 - Cem Kaya - 4 mai 2026 19h58 - more{}",
            "other{}",
        ],
    ),
    "ilias": (
        ["Lovelace_Ada_ada.l_501/tiny.ipynb", "Team 8/Lee_Ann_lee_504/tiny.ipynb"],
        [
            "Team 7/Ott_Ben_ben_o_502/work{}",
            "Team 7/Kaya_Cem_s3_503/more{}",
            "Kim_Min_kim_505/x{}",
            "other.pdf{}",
        ],
    ),
    "sakai": (
        [f"{name}/Submission attachment(s)/tiny.ipynb" for name in ("Lovelace, Ada(ada.l)", "Lee, Ann(lee)")],
        [
            "Ott, Ben(ben_o)/Submission attachment(s)/work{}",
            "Ott, Ben(ben_o)/Submission attachment(s)/src/more{}",
            "Ott, Ben(ben_o)/work{}",
            "other.pdf{}",
        ],
    ),
}
METADATA = "".join(
    f"submission_{number}:\n  :submitters:\n  - :name: S {number}\n    :email: s{number}@example.org\n"
    for number in (1, 2, 3)
)


@contextmanager
def temporary() -> Iterator[Path]:
    """A directory for one example of a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def lay_out(folder: Path, names: list[str]) -> Path:
    """Write files into a directory, each a notebook whatever its name; a name may be a directory's."""
    for name in names:
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(f"{RIGHT} " if name.endswith("json") else RIGHT)
    return folder


def is_file_of_one(name: str) -> bool:
    """Whether a file's own name is its student's."""
    return "/" not in name or name.rpartition("/")[2].startswith("other")


def accounted_for(folder: Path, collected: CollectedSubmissions) -> list[str]:
    """The names of the files that are neither graded nor ignored by a rule nor named."""
    named = {file.name for file in collected.unmatched}
    in_submissions: set[Path] = set()
    for entry in collected:
        submission = entry.read(ASSIGNMENT)
        listed = [submission.file_name, *submission.others]
        in_submissions |= {entry.path, *(entry.path / name for name in listed)}
        in_submissions |= {file for name, file in entry.files or () if {name, file.name} & {*listed}}
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and path not in in_submissions
        and not any(is_ignored(part) for part in path.relative_to(folder).parts)
        and not (path.parent in (folder, folder / "submitted") and path.suffix in TABLES)
        and not set(path.relative_to(folder).parts) & named
        and path.name != "submission_metadata.yml"
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(st.data())
@settings(max_examples=settings().max_examples // 2)
def test_every_file_is_accounted_for(layout: str, data: st.DataObject) -> None:
    """Whatever is put into a class, as a directory or as an archive, in any platform's layout."""
    first, patterns = LAYOUTS[layout]
    drawn = st.tuples(st.sampled_from(patterns), st.sampled_from(ENDINGS))
    names = {pattern.format(ending).strip("/") for pattern, ending in data.draw(st.lists(drawn, max_size=6))}
    # A file cannot be where a directory is, and two entries of one student are refused: see test_intake.
    names = {name for name in names if not any(other.startswith(f"{name}/") for other in names)}
    students = [name.partition(".")[0] for name in names if is_file_of_one(name)]
    names = {name for name in names if students.count(name.partition(".")[0]) <= 1} - {""}
    with temporary() as folder:
        path = lay_out(folder / "assignment_1_export", [*first, *sorted(names)])
        if layout == "gradescope":
            (path / "submission_metadata.yml").write_text(METADATA)
        collected = collect_submissions(path, ASSIGNMENT)
        assert collected.layout == layout.partition("'")[0]
        assert accounted_for(path, collected) == []
        shutil.make_archive(str(path), "zip", folder, path.name)
        with unpacked(folder / f"{path.name}.zip") as (directory, skipped):
            again = collect_submissions(directory, ASSIGNMENT)
            assert skipped == []
            assert [entry.student for entry in again] == [entry.student for entry in collected]
            assert again.unmatched == collected.unmatched
            assert not any(str(directory.parent) in file.reason for file in again.unmatched)


@pytest.mark.parametrize(
    ("name", "advised"),
    [
        ("s2.py", "Python script: ask the student for the notebook"),
        ("s2.html", "web page: ask the student for the notebook"),
        ("s2.pdf", "PDF document: ask the student for the notebook"),
        ("s2.rar", "unpack it into a directory of the same name"),
        ("s2.7z", "unpack it into a directory of the same name"),
        ("s2.ipynb (1)", "rename it to s2.ipynb"),
        ("s2.ipynb.crdownload", "rename it to s2.ipynb"),
        ("s2.docx", "not a notebook"),
        ("s2.json", "JSON without a list of cells"),
        ("s2", "not a notebook"),
    ],
)
def test_what_to_do(tmp_path: Path, name: str, advised: str) -> None:
    """A file that nobody can read as a notebook is named with what to do about it."""
    lay_out(tmp_path, ["s1.ipynb"])
    (tmp_path / name).write_text("{}")
    collected = collect_submissions(tmp_path, ASSIGNMENT)
    assert [entry.student for entry in collected] == ["s1"]
    ((unmatched, reason),) = [(file.name, file.reason) for file in collected.unmatched]
    assert unmatched == name and advised in reason


@pytest.mark.parametrize("ending", ["ipynb", "ipynb.txt", "ipynb.json", "json", "IPYNB"])
def test_notebooks_under_odd_endings(tmp_path: Path, ending: str) -> None:
    """What browsers and mail programs make of a notebook's name is read as one."""
    lay_out(tmp_path, [f"s1.{ending}", "s2.ipynb"])
    collected = collect_submissions(tmp_path, ASSIGNMENT)
    assert [entry.student for entry in collected] == ["s1", "s2"]
    assert [entry.read(ASSIGNMENT).problem for entry in collected] == ["", ""]
    assert collected.unmatched == ()


def test_files_of_one_submission_are_one_attempt(tmp_path: Path) -> None:
    """Canvas: several files of a user are read together; of two uploads of one file the newer one counts."""
    lay_out(
        tmp_path,
        [
            *("leeann_12_501_tiny.ipynb", "leeann_12_503_tiny-1.ipynb", "leeann_12_502_notes.pdf"),
            *("ottben_13_504_part 1.ipynb", "ottben_13_505_part 2.ipynb"),
        ],
    )
    (tmp_path / "leeann_12_503_tiny-1.ipynb").write_text(notebook("newer = 1"))
    (tmp_path / "ottben_13_505_part 2.ipynb").write_text(notebook("other = 1"))
    ann, ben = collect_submissions(tmp_path, ASSIGNMENT)
    submission = ann.read(ASSIGNMENT)
    assert [cell.source for cell in submission.cells] == ["newer = 1"]
    assert submission.others == ("leeann_12_501_tiny.ipynb (an earlier upload)", "notes.pdf")
    assert "several notebooks: part 1.ipynb, part 2.ipynb" in ben.read(ASSIGNMENT).problem


class TestTheCommand:
    """`autograder grade` prints, records and shows what it could not grade."""

    @pytest.fixture
    def course(self, tiny_course: Course, tmp_path: Path) -> Path:
        """A course with a roster of three."""
        course = shutil.copytree(tiny_course.root, tmp_path / "course")
        people = "student_id,last_name,first_name\ns1,Lee,Ann\ns2,Ott,Ben\ns3,Kaya,Cem\n"
        (course / "roster.csv").write_text(people)
        return course

    def test_from_files_to_nothing_left(self, course: Path, tmp_path: Path) -> None:
        """Exit code 5 until all is graded; a run with nothing new writes nothing; what is mended goes."""
        folder, out = tmp_path / "class", tmp_path / "out"
        lay_out(folder, ["s1.ipynb", "s2.pdf", "stranger.ipynb", "s3.ipynb.txt"])
        command = ("grade", ASSIGNMENT, folder, "--out", out, "--workers", "1")
        completed = autograder(*command, folder=course)
        assert (
            completed.returncode == 5
            and "2 files could not be graded; everything else was." in completed.stderr
        )
        page = (out / "index.html").read_text()
        reasons = {"s2.pdf": "PDF document", "stranger.ipynb": "stranger is not on the roster."}
        for name, reason in reasons.items():
            assert f"Not graded: {name}: " in completed.stdout
            assert name in page and reason in page
        assert "s3,6" in (out / "grades.csv").read_text()
        (recorded,) = unmatched_files(read_ledger(out / "ledger.jsonl")[0]).values()
        assert [file.name for file in recorded] == ["stranger.ipynb", "s2.pdf"]

        before, ledger = files(out), (out / "ledger.jsonl").read_bytes()
        assert autograder(*command, folder=course).returncode == 5
        assert (files(out), (out / "ledger.jsonl").read_bytes()) == (before, ledger)
        assert autograder("verify", out, folder=course).returncode == 0

        (folder / "s2.pdf").unlink()
        (folder / "stranger.ipynb").rename(folder / "s2.ipynb")
        completed = autograder(*command, folder=course)
        assert (completed.returncode, completed.stderr) == (0, "")
        lines, _ = read_ledger(out / "ledger.jsonl")
        assert unmatched_files(lines) == {}
        assert [line.files for line in lines if isinstance(line, UnmatchedFiles)][-1] == []
        assert "stranger" not in (out / "index.html").read_text()

    def test_two_submissions_in_an_archive(self, course: Path, tmp_path: Path) -> None:
        """They are named by their places in the archive, and a run with nothing new writes nothing."""
        out = tmp_path / "out"
        lay_out(tmp_path / "class", ["s1.ipynb", "a/s2.ipynb", "s2/work.ipynb", "s2 (1).ipynb"])
        archive = shutil.make_archive(str(tmp_path / "class"), "zip", tmp_path / "class")
        command = ("grade", ASSIGNMENT, archive, "--out", out, "--workers", "1")
        completed = autograder(*command, folder=course)
        assert completed.returncode == 5
        assert "nothing says which is the later: s2 and s2 (1).ipynb. Move one of" in completed.stdout
        before, ledger = files(out), (out / "ledger.jsonl").read_bytes()
        assert autograder(*command, folder=course).returncode == 5
        assert (files(out), (out / "ledger.jsonl").read_bytes()) == (before, ledger)

    @pytest.mark.full
    def test_half_of_the_class(self, course: Path, tmp_path: Path) -> None:
        """What one run could not grade stays listed after a run over other files, until it is graded."""
        out = tmp_path / "out"
        for part, names in {"a": ["s1.ipynb", "x.ipynb"], "b": ["s2.ipynb", "s3.py"]}.items():
            completed = autograder(
                *("grade", ASSIGNMENT, lay_out(tmp_path / part, names), "--out", out, "--workers", "1"),
                folder=course,
            )
            assert completed.returncode == 5
        page = (out / "index.html").read_text()
        assert "2 files were not graded" in page and "x.ipynb" in page and "s3.py" in page
        roster = course / "roster.csv"
        roster.write_text(f"{roster.read_text()}x,Ng,Eva\n")
        lay_out(tmp_path / "c", ["x.ipynb"])
        autograder("grade", ASSIGNMENT, tmp_path / "c", "--out", out, "--workers", "1", folder=course)
        (left,) = unmatched_files(read_ledger(out / "ledger.jsonl")[0]).values()
        assert [file.name for file in left] == ["s3.py"]

    @pytest.mark.parametrize(
        ("names", "sentence"),
        [
            (["s2/a.ipynb", "s2/b.ipynb"], "Not graded: s2: There are several notebooks: a.ipynb, b.ipynb."),
            (["s2/src/hw.py"], "Not graded: s2: There is no notebook in the directory, only src/hw.py."),
            (["s2.zip: a.ipynb", "s2.zip: b.ipynb"], "Not graded: s2: There are several notebooks: "),
            (["s2.zip: hw.py"], "Not graded: s2: There is no notebook in the archive"),
            (["s2/all.zip: a.ipynb", "s2/b.ipynb"], "Not graded: s2: There are several notebooks: "),
            (["s2/"], ""),
            (["s2/a.ipynb", "s2/tiny.ipynb"], ""),
        ],
    )
    def test_files_of_which_none_stands_out(
        self, course: Path, tmp_path: Path, names: list[str], sentence: str
    ) -> None:
        """Where somebody has to choose, the student is named and the exit code is 5, as for a loose file."""
        folder, out = tmp_path / "class", tmp_path / "out"
        lay_out(folder, ["s1.ipynb"])
        for name in names:
            archive, _, inside = name.rpartition(": ")
            content = notebook(f"# {name}", SOURCE).encode() if name.endswith(".ipynb") else b"x"
            path = folder / (archive or name)
            (path if name.endswith("/") else path.parent).mkdir(exist_ok=True, parents=True)
            if archive:
                with zipfile.ZipFile(path, "a") as opened:
                    opened.writestr(inside, content)
            elif not name.endswith("/"):
                path.write_bytes(content)
        completed = autograder(*("grade", ASSIGNMENT, folder, "--out", out, "--workers", "1"), folder=course)
        assert completed.returncode == (5 if sentence else 0), completed.stderr
        assert sentence in completed.stdout
        if sentence:
            assert "1 submission could not be graded; everything else was." in completed.stderr
            reason = sentence.partition(": s2: ")[2]
            assert reason in (out / "index.html").read_text()
            assert reason in (out / "ledger.jsonl").read_text()

    def test_the_page_names_the_other_files(self, course: Path, tmp_path: Path) -> None:
        """The student's page says which file was graded and which others were there, also after a regrade."""
        folder, out = tmp_path / "class", tmp_path / "out"
        lay_out(folder, ["s1/work/tiny.ipynb", "s1/notes.pdf", "s2/old.txt"])
        with zipfile.ZipFile(folder / "s2" / "all.zip", "w") as archive:
            archive.writestr("x/tiny.ipynb", RIGHT)
            archive.writestr("x/data.csv", "1,2")
        autograder("grade", ASSIGNMENT, folder, "--out", out, "--workers", "1", folder=course)
        for command in ("refresh", "regrade"):
            completed = autograder(command, out, *(["--all"] if command == "regrade" else []), folder=course)
            assert completed.returncode == 0, completed.stderr
            page = (out / "feedback" / "s1.html").read_text()
            assert "work/tiny.ipynb" in page and "notes.pdf" in page
            page = (out / "feedback" / "s2.html").read_text()
            assert "all.zip: tiny.ipynb" in page and "old.txt, x/data.csv" in page


def test_a_pipe_in_a_class(tmp_path: Path) -> None:
    """A named pipe among the files of a class is named and not opened."""
    lay_out(tmp_path, ["s1.ipynb"])
    for name in ("s2.json", "s3.pdf", "about.json", "submission_metadata.yml"):
        os.mkfifo(tmp_path / name)
    collected = collect_submissions(tmp_path, ASSIGNMENT)
    assert [entry.student for entry in collected] == ["s1"]
    assert {file.name for file in collected.unmatched} == {
        *("s2.json", "s3.pdf", "about.json", "submission_metadata.yml")
    }
