"""`autograder gradebook`: pages, tables for the platforms, nbgrader; wrong words get sentences."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from command import autograder
from gradebook_fixture import student, write_term
from playwright.sync_api import Page, expect

from autograder.lms.nbgrader.gradebook_db import open_gradebook


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A term of 300 students, and its pages."""
    root = write_term(tmp_path_factory.mktemp("term") / "course", 300)
    completed = autograder("gradebook", "--out", "book", folder=root)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "300 students, 300 with a total." in completed.stdout
    return root


def rows(path: Path) -> list[list[str]]:
    """A table read as another program would."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True))


def test_the_class_page(term: Path, browser_page: Page) -> None:
    """Sorted by a click, filtered by name and by letter, a link to each student; nothing is complained of."""
    browser_page.goto((term / "book" / "index.html").as_uri())
    shown = browser_page.locator("#table tbody tr:visible")
    expect(shown).to_have_count(300)
    browser_page.get_by_role("button", name="Total").click()
    totals = [float(text.split()[0]) for text in browser_page.locator("td.s").all_text_contents()]
    assert totals == sorted(totals, reverse=True)
    search = browser_page.get_by_role("searchbox", name="Show only")
    search.fill("LÄSTS007")
    expect(shown).to_have_count(1)
    expect(browser_page.get_by_role("status")).to_have_text("1 of 300")
    search.fill("b")
    letters = {text.split()[1] for text in shown.locator("td.s").all_text_contents()}
    assert letters == {"B"}
    search.fill("s003")
    browser_page.get_by_role("link", name="Lasts003").click()
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("First Lasts003")
    expect(browser_page.get_by_text("Was ill.")).to_be_visible()
    expect(browser_page.get_by_text("this one gives the best result")).to_be_visible()


def test_without_script_and_for_print(term: Path) -> None:
    """The table is whole without any script, and nothing comes from elsewhere."""
    text = (term / "book" / "index.html").read_text(encoding="utf-8")
    assert text.count("<tr><th scope=row") + text.count('<tr><th scope="row"') == 300
    assert 'class="filter" hidden' in text and "http" not in text.replace("http-equiv", "")


def test_canvas(term: Path) -> None:
    """As Canvas's help describes an import: five columns first, points possible below."""
    assert autograder("gradebook", "export", "canvas", "--out", "canvas.csv", folder=term).returncode == 0
    head, possible, *students = rows(term / "canvas.csv")
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert head[5:] == ["Week 1", "Week 2", "Week 3", "Week 4", "Week 5", "Quiz 4"]
    assert possible == ["    Points Possible", "", "", "", "", "10", "20", "30", "30", "40", "8"]
    assert len(students) == 300 and {len(student) for student in students} == {11}
    assert students[3][1] == "1003" and students[3][6] == "EX"
    assert all(cell == "EX" or float(cell) >= 0 for student in students for cell in student[5:])


def test_canvas_filled_in(term: Path) -> None:
    """Into Canvas's own table the scores go by its ids, and all else in it stays."""
    table = (
        "Student,ID,SIS User ID,SIS Login ID,Section,Week 1 (71),Quiz 4 (76),Final Score\r\n"
        "    Points Possible,,,,,10,8,(read only)\r\n"
        '"Lasts000, First",1000,,s000,A,,,12\r\n'
    )
    (term / "template.csv").write_text(table, encoding="utf-8", newline="")
    words = ("export", "canvas", "--template", "template.csv", "--out", "filled.csv")
    completed = autograder("gradebook", *words, folder=term)
    assert "Not in filled.csv: s001: " in completed.stdout
    head, _, student = rows(term / "filled.csv")
    assert head[5:8] == ["Week 1 (71)", "Quiz 4 (76)", "Final Score"]
    assert float(student[5]) > 0 and float(student[6]) > 0 and student[7] == "12"


def test_moodle_and_csv(term: Path) -> None:
    """A line a student by e-mail address and id; the plain table has what became of everything."""
    for kind in ("moodle", "csv"):
        assert autograder("gradebook", "export", kind, "--out", f"{kind}.csv", folder=term).returncode == 0
    moodle = rows(term / "moodle.csv")
    assert moodle[0][:3] == ["Email address", "ID number", "Full name"]
    assert moodle[4][4] == "-"  # who is excused has no grade there
    plain = rows(term / "csv.csv")
    assert (term / "csv.csv").read_bytes() == (term / "book" / "gradebook.csv").read_bytes()
    assert len(plain) == 301 and plain[4][plain[0].index("week2 state")] == "excused"


@pytest.mark.full
@pytest.mark.xdist_group("nbgrader")
def test_into_nbgrader(tmp_path: Path) -> None:
    """A quiz becomes an assignment of one cell; a second push changes nothing, a person's score stays."""
    root = write_term(tmp_path / "course", 3)
    push = ("gradebook", "push", "graded/quiz4.csv", "--db", f"sqlite:///{tmp_path}/gradebook.db")
    assert "3 submissions changed" in autograder(*push, folder=root).stdout
    assert "0 submissions changed" in autograder(*push, folder=root).stdout
    with open_gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        submission = gradebook.find_submission("quiz4", student(1))
        assert (submission.max_score, submission.timestamp is not None) == (8, True)
        assert submission.score == float(rows(root / "graded" / "quiz4.csv")[2][5])
        grade = gradebook.find_grade("quiz4", "quiz4", "quiz4", student(1))
        grade.manual_score = 2.5
        gradebook.db.commit()
    assert "1 grade set by hand in nbgrader stayed" in autograder(*push, folder=root).stdout
    with open_gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        assert gradebook.find_submission("quiz4", student(1)).score == 2.5


@pytest.mark.full
def test_wrong_words(term: Path, tmp_path: Path) -> None:
    """A folder that holds something else, one that is not there, a table of something else."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for words, message in (
        (("--out", tmp_path / "mine"), "thesis.tex does not belong to a gradebook; nothing was written"),
        (("--from", tmp_path / "nowhere"), "nowhere does not exist"),
        (("--from", tmp_path / "other.csv"), "no column student"),
        (("--from", tmp_path / "mine"), "No results were found in"),
    ):
        completed = autograder("gradebook", *words, folder=term)
        assert (
            completed.returncode == 2 and message in completed.stderr and "Traceback" not in completed.stderr
        )
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


@pytest.mark.full
def test_who_left_is_taken_away(tmp_path: Path) -> None:
    """Written again after the roster changed, a page of somebody who left is gone."""
    root = write_term(tmp_path / "course", 3)
    assert autograder("gradebook", folder=root).returncode == 0
    shutil.rmtree(root / "graded")
    smaller = write_term(tmp_path / "smaller", 2)
    shutil.copytree(smaller / "graded", root / "graded")
    shutil.copy(smaller / "roster.csv", root / "roster.csv")
    assert autograder("gradebook", folder=root).returncode == 0
    assert sorted(path.name for path in (root / "gradebook" / "students").iterdir()) == [
        "s000.html",
        "s001.html",
    ]
