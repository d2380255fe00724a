"""Tables for the platforms: what is written reads back, and nothing else of a template changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.csv_table import guard_formula, read_table, unguard_formula, write_rows
from autograder.course.roster import Person, Roster
from autograder.errors import UsageError
from autograder.gradebook.tables import GradeRow, grade_rows, plain_grades, points
from autograder.lms.canvas import CanvasColumn, canvas_gradebook
from autograder.lms.gradescope import gradescope_grades
from autograder.lms.moodle import moodle_worksheet
from autograder.results.final_scores import FinalScore

GRADEBOOK = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Week 1 (5),Quiz (6),Final Score\r\n"
    ",,,,,Manual Posting,,\r\n    Points Possible,,,,,10,20,(read only)\r\n"
    '"Lovelace, Ada",11,007,ada,"A, B",3,=1+1,\r\n"Kim, Min",13,,kim1,A,,,\r\n"Kim, Min",14,,kim2,A,4,,\r\n'
    '"Student, Test",99,,x,A,,,\r\n'
)
WORKSHEET = (
    "Identifier;Full name;Email address;Status;Grade;Maximum Grade;Grade can be changed;"
    "Last modified (grade);Feedback comments\n"
    "Participant 71;Ada Lovelace;ada@example.org;Submitted;;10,00;Yes;-;\n"
    "Participant 73;Min Kim;kim@example.org;;4,00;10,00;Yes;-;kept\n"
)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def stands(student: str, earned: float = 7.5, **fields: object) -> FinalScore:
    """A standing with ten points possible."""
    return FinalScore(student, earned, 10, earned, 1, None, **fields)  # type: ignore[arg-type]


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    """A table read as another program would."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def write(folder: Path, text: str) -> Path:
    """A template."""
    path = folder / "template.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=4), st.sampled_from(",;\t"))
def test_any_cells_read_back(table: list[list[str]], delimiter: str) -> None:
    """Quotes, delimiters and every kind of line end inside cells survive."""
    assert rows(write_rows(table, delimiter), delimiter) == table


@given(CELLS)
def test_the_guard_is_undone(text: str) -> None:
    """No guarded text is a formula, and what was written is known."""
    assert not guard_formula(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard_formula(guard_formula(text)) == text


@given(NAMES, NAMES, NAMES)
def test_names_and_ids_survive_every_exporter(last: str, first: str, number: str) -> None:
    """Ids come out as they are, names once the guard is taken off."""
    person = Person(number, last, first, email=number, canvas_id=number, sis_login=number, moodle_id=number)
    lines: Sequence[GradeRow] = [GradeRow(stands(number, comment=last), person, True)]
    canvas = rows(canvas_gradebook([CanvasColumn("Week 1", lines)])[0])[2]
    assert [unguard_formula(canvas[0]), canvas[1], canvas[3], canvas[5]] == [
        f"{last}, {first}",
        number,
        number,
        "7.5",
    ]
    moodle = rows(moodle_worksheet(lines)[0])[1]
    assert [moodle[0], unguard_formula(moodle[1]), moodle[2]] == [
        f"Participant {number}",
        person.name,
        number,
    ]
    scope = rows(gradescope_grades(lines))[1]
    assert [*map(unguard_formula, scope[:2]), scope[2], scope[3]] == [first, last, number, number]
    plain = rows(plain_grades(lines))[1]
    assert [plain[0], *map(unguard_formula, plain[1:3]), unguard_formula(plain[13])] == [
        number,
        last,
        first,
        last,
    ]


def test_a_student_nobody_knows_cannot_write_a_formula() -> None:
    """A file's name that became a student is guarded where a spreadsheet would run it."""
    lines = grade_rows([stands("=cmd|' /C calc'!A0")], Roster())
    assert all(cell[0] not in "=+-@" for row in rows(plain_grades(lines)) for cell in row if cell)


def test_canvas_fills_in_a_gradebook(tmp_path: Path) -> None:
    """Only the scores change: ids with zeros, formulas, other columns and rows stay as they were."""
    template = read_table(write(tmp_path, GRADEBOOK))
    final_scores = [stands("lovelaceada (11)"), stands("kimmin (14)", 0), stands("Min Kim"), stands("Bob")]
    text, left = canvas_gradebook([CanvasColumn("Week 1", grade_rows(final_scores, Roster()))], template)
    assert text == GRADEBOOK.replace('"A, B",3', '"A, B",7.5').replace("kim2,A,4", "kim2,A,0")
    assert [(unmatched.name, unmatched.reason) for unmatched in left] == [
        ("Min Kim", "Min Kim matches 2 students: kim1 and kim2."),
        ("Bob", "Bob is not in template.csv."),
    ]


def test_canvas_gets_a_new_column(tmp_path: Path) -> None:
    """An assignment that Canvas does not have is a column more, with its points."""
    template = read_table(write(tmp_path, GRADEBOOK))
    table = rows(
        canvas_gradebook([CanvasColumn("Week 9", grade_rows([stands("ada")], Roster()))], template)[0]
    )
    assert [row[-1] for row in table] == ["Week 9", "", "10", "7.5", "", "", ""]


def test_canvas_finds_students_by_the_courses_roster(tmp_path: Path) -> None:
    """The course's own id leads to Canvas's through the login."""
    roster = Roster((Person("m-1", "K.", "M.", sis_login="kim1"),))
    text, left = canvas_gradebook(
        [CanvasColumn("Week 1 (5)", grade_rows([stands("m-1")], roster))],
        read_table(write(tmp_path, GRADEBOOK)),
    )
    assert left == []
    assert rows(text)[4][5] == "7.5"


def test_canvas_without_ids() -> None:
    """Whom Canvas could not know is left out and told."""
    text, left = canvas_gradebook([CanvasColumn("Week 1", grade_rows([stands("Bob")], Roster()))])
    assert len(rows(text)) == 2
    assert "canvas_id" in left[0].reason


def test_moodle_fills_in_a_worksheet(tmp_path: Path) -> None:
    """Grade and comment of who was graded change; comments are HTML there."""
    template = read_table(write(tmp_path, WORKSHEET))
    lines = grade_rows([stands("Ada Lovelace (71)", comment="a < b")], Roster(), "moodle")
    text, left = moodle_worksheet(lines, template)
    assert left == []
    before, after = rows(WORKSHEET, ";"), rows(text, ";")
    assert after[1][4] == "7.5"
    assert after[1][8] == "7.5 of 10 points. a &lt; b"
    assert [after[0], after[2], after[1][:4]] == [before[0], before[2], before[1][:4]]


def test_a_canvas_template_with_semicolons(tmp_path: Path) -> None:
    """Canvas reads a decimal point in every table; what it wrote itself stays as it is."""
    text = (
        'Student;ID;SIS Login ID;Section;Week 1 (5)\nPoints Possible;;;;10,0\n"Lovelace, Ada";11;ada;A;3,25\n'
    )
    for title in ("Week 1", "New"):
        template = read_table(write(tmp_path, text))
        written, left = canvas_gradebook(
            [CanvasColumn(title, grade_rows([stands("ada")], Roster()))], template
        )
        assert left == []
        assert rows(written, ";")[2][-1] == "7.5"
        assert rows(written, ";")[1][4] == "10,0"


def test_moodle_with_another_maximum(tmp_path: Path) -> None:
    """Points on another scale are refused, not written."""
    template = read_table(write(tmp_path, WORKSHEET.replace("10,00", "100,00")))
    with pytest.raises(UsageError, match="Maximum Grade is 100,00") as caught:
        moodle_worksheet(grade_rows([stands("Ada Lovelace")], Roster(), "moodle"), template)
    assert "line 2" in caught.value.message


@pytest.mark.parametrize("possible", ["100", "100,00", "2.5"])
def test_another_scale_in_canvas(tmp_path: Path, possible: str) -> None:
    """An assignment that Canvas has with other points is refused, with its name and line."""
    text = 'Student,ID,Week 1 (7),Week 2 (8)\n    Points Possible,,"{}",50\n"Lovelace, Ada",11,,\n'
    rows = grade_rows([stands("Ada Lovelace")], Roster(), "canvas")
    title, most = "Week 1", points(rows[0].final_score.possible)
    for written in (most, f"{most}.00", "", "(read only)"):
        template = read_table(write(tmp_path, text.format(written)))
        canvas_gradebook([CanvasColumn(title, rows)], template)
    template = read_table(write(tmp_path, text.format(possible)))
    with pytest.raises(UsageError, match=rf"line 2: Points Possible of Week 1 \(7\) is {possible}") as caught:
        canvas_gradebook([CanvasColumn(title, rows)], template)
    assert f"points to {most} in Canvas" in caught.value.next_step


@pytest.mark.parametrize(
    ("text", "expected_text"), [("", "is empty"), ("a,b\n", "no column Student"), ('Student,"ID\n', "line 1")]
)
def test_no_template(tmp_path: Path, text: str, expected_text: str) -> None:
    """What is no gradebook is a sentence with file and place."""
    with pytest.raises(UsageError, match=expected_text):
        canvas_gradebook([CanvasColumn("Week 1", [])], read_table(write(tmp_path, text)))


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (-0.00001, "0"), (10, "10"), (2 / 3, "0.6667"), (1e-9, "0"), (100, "100")]
)
def test_points(number: float, text: str) -> None:
    """Points have no exponent and no needless places."""
    assert points(number) == text
