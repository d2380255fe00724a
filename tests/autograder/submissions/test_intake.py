"""Intake: which notebooks are at a path, and whose they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.lms.layouts import collect_submissions


def put(folder: Path, *names: str) -> Path:
    """Create empty files, and folders for names that end in a slash."""
    for name in names:
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    return folder


def collected(path: Path, base: Path | None = None) -> list[tuple[str, str]]:
    """Students and the files that would be graded, or their folders; the paths relative to a folder."""
    result = []
    for entry in collect_submissions(path, "hw1"):
        file = entry.path / entry.read("hw1").file_name
        result.append((entry.student, file if file.exists() else entry.path))
    return [(student, str(file.relative_to(base or path))) for student, file in result]


class TestOneNotebook:
    """PATH is a file."""

    def test_named_by_student(self, tmp_path: Path) -> None:
        """A single notebook belongs to whom it is named after."""
        put(tmp_path, "student-1.ipynb")
        assert collected(tmp_path / "student-1.ipynb", tmp_path) == [("student-1", "student-1.ipynb")]

    def test_named_after_the_assignment(self, tmp_path: Path) -> None:
        """A notebook named after the assignment belongs to its folder's student."""
        put(tmp_path, "s1/hw1.ipynb", "s2/hw1/hw1.ipynb")
        assert collected(tmp_path / "s1/hw1.ipynb", tmp_path) == [("s1", "s1/hw1.ipynb")]
        assert collected(tmp_path / "s2/hw1/hw1.ipynb", tmp_path) == [("s2", "s2/hw1/hw1.ipynb")]

    def test_named_after_the_assignment_from_inside(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The folder counts also when it is not part of what was typed."""
        monkeypatch.chdir(put(tmp_path / "s1", "hw1.ipynb"))
        assert [entry.student for entry in collect_submissions(Path("hw1.ipynb"), "hw1")] == ["s1"]


class TestFolderOfNotebooks:
    """PATH is a folder with a notebook for each student."""

    def test_natural_order(self, tmp_path: Path) -> None:
        """Numbers in names sort as numbers, capitals among small letters."""
        put(tmp_path, "s10.ipynb", "s9.ipynb", "S2.ipynb", "a.ipynb", "Zoë Ö.ipynb")
        assert [student for student, _ in collected(tmp_path)] == ["a", "S2", "s9", "s10", "Zoë Ö"]

    def test_other_files_are_no_submissions(self, tmp_path: Path) -> None:
        """Tables, hidden files, checkpoints and what archivers leave behind are passed over."""
        put(tmp_path, "s1.ipynb", "expected.csv", ".s2.ipynb", ".ipynb_checkpoints/s1-checkpoint.ipynb")
        put(tmp_path, "__MACOSX/s1.ipynb", "._s1.ipynb", "Thumbs.db")
        assert collected(tmp_path) == [("s1", "s1.ipynb")]
        assert collect_submissions(tmp_path, "hw1").unmatched == ()

    def test_capital_suffix(self, tmp_path: Path) -> None:
        """The suffix counts in any case."""
        put(tmp_path, "s1.IPYNB")
        assert collected(tmp_path) == [("s1", "s1.IPYNB")]

    def test_handout_name_among_others(self, tmp_path: Path) -> None:
        """Among other students' notebooks every name is a student's name."""
        put(tmp_path, "hw1.ipynb", "s1.ipynb")
        assert [student for student, _ in collected(tmp_path)] == ["hw1", "s1"]

    def test_names_stay_as_given(self, tmp_path: Path) -> None:
        """Odd names are kept: formulas, dashes, spaces, dots, the direction mark of another script."""
        names = ["=1+1", "-rf", "a  b", "x.y.z", "\u202eabc", "a'b\"c"]
        put(tmp_path, *(f"{name}.ipynb" for name in names))
        assert {student for student, _ in collected(tmp_path)} == set(names)

    def test_names_that_are_no_text(self, tmp_path: Path) -> None:
        """Bytes in a name that are not UTF-8 are replaced."""
        put(tmp_path, os.fsdecode(b"caf\xe9.ipynb"))
        assert [entry.student for entry in collect_submissions(tmp_path, "hw1")] == ["caf\ufffd"]

    def test_links_and_pipes_are_listed_not_followed(self, tmp_path: Path) -> None:
        """A link or a pipe in place of a notebook is its student's entry; reading it will say why not."""
        put(tmp_path, "s1.ipynb")
        (tmp_path / "s2.ipynb").symlink_to("/etc/passwd")
        (tmp_path / "s3").symlink_to("/etc")
        os.mkfifo(tmp_path / "s4.ipynb")
        assert collected(tmp_path) == [
            ("s1", "s1.ipynb"),
            ("s2", "s2.ipynb"),
            ("s3", "s3"),
            ("s4", "s4.ipynb"),
        ]


class TestFolderPerStudent:
    """PATH is a folder with a folder for each student."""

    def test_the_only_notebook(self, tmp_path: Path) -> None:
        """A student's only notebook is taken, whatever its name."""
        put(tmp_path, "s1/final version (2).ipynb", "s1/notes.txt", "s2/hw1.ipynb")
        assert collected(tmp_path) == [("s1", "s1/final version (2).ipynb"), ("s2", "s2/hw1.ipynb")]

    def test_the_one_named_after_the_assignment(self, tmp_path: Path) -> None:
        """Of several, the one named after the assignment is taken, even if it is older."""
        put(tmp_path, "s1/hw1.ipynb", "s1/a.ipynb", "s1/z.ipynb")
        os.utime(tmp_path / "s1/hw1.ipynb", (1, 1))
        assert collected(tmp_path) == [("s1", "s1/hw1.ipynb")]

    def test_several_under_other_names(self, tmp_path: Path) -> None:
        """Of several with other names none is guessed: a sentence lists them; checkpoints do not count."""
        put(tmp_path, "s1/.ipynb_checkpoints/d.ipynb")
        for name in "abc":
            (tmp_path / f"s1/{name}.ipynb").write_text(name)
        (entry,) = collect_submissions(tmp_path, "hw1")
        problem = entry.read("hw1").problem
        assert problem == (
            "There are several notebooks: a.ipynb, b.ipynb, c.ipynb. "
            "Keep only the one to grade, or let only that one be named hw1.ipynb."
        )

    def test_no_notebook(self, tmp_path: Path) -> None:
        """A student without a notebook is an entry too: the folder, which becomes a report."""
        put(tmp_path, "s1/hw1.ipynb", "s2/", "s3/essay.pdf", "s4/.ipynb_checkpoints/hw1.ipynb")
        assert collected(tmp_path) == [("s1", "s1/hw1.ipynb"), ("s2", "s2"), ("s3", "s3"), ("s4", "s4")]

    def test_beside_notebooks(self, tmp_path: Path) -> None:
        """Both layouts may be mixed."""
        put(tmp_path, "s1.ipynb", "s2/hw1.ipynb")
        assert collected(tmp_path) == [("s1", "s1.ipynb"), ("s2", "s2/hw1.ipynb")]

    def test_one_students_folder(self, tmp_path: Path) -> None:
        """A folder with nothing but the assignment's notebook is that student's."""
        put(tmp_path, "s1/hw1.ipynb", "s1/data.csv")
        assert collected(tmp_path / "s1") == [("s1", "hw1.ipynb")]


class TestNbgrader:
    """PATH is what nbgrader collects: submitted/<student>/<assignment>/<notebook>."""

    def test_from_the_course_or_from_submitted(self, tmp_path: Path) -> None:
        """The course's folder will do, and so will `submitted`; other assignments do not count."""
        put(
            tmp_path, "source/hw1/hw1.ipynb", "submitted/s1/hw1/hw1.ipynb", "submitted/s2/hw1/Problem 1.ipynb"
        )
        put(tmp_path, "submitted/s1/hw1/timestamp.txt", "submitted/s3/hw2/hw2.ipynb")
        expected = [("s1", "s1/hw1/hw1.ipynb"), ("s2", "s2/hw1/Problem 1.ipynb"), ("s3", "s3")]
        assert collected(tmp_path, tmp_path / "submitted") == expected
        assert collected(tmp_path / "submitted") == expected

    def test_one_students_assignment(self, tmp_path: Path) -> None:
        """The innermost folder belongs to the student above it."""
        put(tmp_path, "s1/hw1/hw1.ipynb")
        assert collected(tmp_path / "s1/hw1") == [("s1", "hw1.ipynb")]

    def test_the_assignments_folder_is_nobodys_name(self, tmp_path: Path) -> None:
        """A folder with one named after the assignment in it may be a student's or a class's: refused."""
        put(tmp_path, "hw1/s1.ipynb", "hw1/s2.ipynb")
        with pytest.raises(UsageError) as caught:
            collect_submissions(tmp_path, "hw1")
        assert str(tmp_path / "hw1") in caught.value.next_step
        assert [student for student, _ in collected(tmp_path / "hw1")] == ["s1", "s2"]


class TestRefused:
    """What cannot be meant is refused, with what to type."""

    @pytest.mark.parametrize(
        ("make", "name", "expected_text", "next_step"),
        [
            ([], "gone", "does not exist", "Name a notebook, a directory"),
            (["empty/"], "empty", "holds no notebook", ".ipynb"),
            (["a/notes.txt", "a/b/c.txt"], "a", "holds no notebook", ".ipynb"),
            (["s1.pdf"], "s1.pdf", "is not a notebook", ".ipynb"),
            (["out/ledger.jsonl", "out/reports/s1.json"], "out", "holds the results", "autograder regrade"),
        ],
    )
    def test_nothing_to_grade(
        self, tmp_path: Path, make: list[str], name: str, expected_text: str, next_step: str
    ) -> None:
        """A path without submissions says what was expected there."""
        put(tmp_path, *make)
        with pytest.raises(UsageError, match=expected_text) as caught:
            collect_submissions(tmp_path / name, "hw1")
        assert next_step in caught.value.next_step

    @pytest.mark.parametrize(
        "pair", [("s1.ipynb", "s1/hw1.ipynb"), ("s1.ipynb", "s1.IPYNB"), ("s1.ipynb", "s1/")]
    )
    def test_two_of_one_student(self, tmp_path: Path, pair: tuple[str, str]) -> None:
        """Two entries of one student that nothing orders are both named; the others are graded."""
        put(tmp_path, *pair, "s2.ipynb")
        collected = collect_submissions(tmp_path, "hw1")
        assert [entry.student for entry in collected.entries] == ["s2"]
        places = {name.partition("/")[0] for name in pair}  # of a directory, the directory
        assert len(collected.unmatched) == 2
        for unmatched in collected.unmatched:
            assert "two submissions of s1" in unmatched.reason
            named = unmatched.reason.partition("the later: ")[2].partition(". Move one")[0]
            assert {*named.split(" and ")} == places

    @pytest.mark.parametrize("target", ["real", "real/s1.ipynb", "gone"])
    def test_a_link(self, tmp_path: Path, target: str) -> None:
        """A link is not followed even when it is typed; what it leads to can be typed instead."""
        put(tmp_path, "real/s1.ipynb")
        (tmp_path / "link").symlink_to(target)
        with pytest.raises(UsageError, match="symbolic link") as caught:
            collect_submissions(tmp_path / "link", "hw1")
        assert caught.value.next_step.endswith(str(tmp_path / target))


def test_a_large_class(tmp_path: Path) -> None:
    """Thousands of entries are found in order, none lost."""
    put(tmp_path, *(f"s{number}.ipynb" for number in range(2000)), *(f"t{number}/" for number in range(500)))
    assert [student for student, _ in collected(tmp_path)] == [
        *(f"s{number}" for number in range(2000)),
        *(f"t{number}" for number in range(500)),
    ]
