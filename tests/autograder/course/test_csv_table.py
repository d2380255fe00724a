"""The one reader of tables: any delimiter, with or without a byte order mark, written back unchanged."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.csv_table import parse_table, read_table, write_rows, write_table
from autograder.course.roster import read_roster
from autograder.errors import UsageError

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=12)
NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], str]:
    """Rows with plain headers, and the delimiter that separates their cells."""
    heads = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    width = len(heads)
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=4))
    return [heads, *rows], draw(st.sampled_from(",;\t"))


@given(tables(), st.booleans(), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_read_and_written_back(
    table: tuple[list[list[str]], str], bom: bool, says_delimiter: bool, newline: str
) -> None:
    """Every cell is read as it was written, and the table's text comes back byte for byte."""
    rows, delimiter = table
    separator_line = f"sep={delimiter}{newline}" if says_delimiter else ""
    text = ("\ufeff" if bom else "") + separator_line + write_rows(rows, delimiter, newline)
    with TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        path.write_bytes(text.encode())
        table_read = read_table(path)
    assert (table_read.rows, table_read.delimiter, table_read.bom) == (rows, delimiter, bom)
    assert table_read.text() == text


@given(tables(), st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf16(table: tuple[list[list[str]], str], encoding: str) -> None:
    """Blackboard's table for Excel is UTF-16; it is read the same, and written as UTF-8 that Excel knows."""
    rows, delimiter = table
    text = "\ufeff" + write_rows(rows, delimiter)
    table_read = parse_table(Path("gc.xls"), text.encode(encoding))
    assert (table_read.rows, table_read.delimiter) == (rows, delimiter)
    assert table_read.text() == text


def test_lines_below_a_line_for_excel() -> None:
    """The line `sep=;` counts as one of the file, so messages still place a mistake."""
    table = parse_table(Path("table.csv"), b'sep=;\r\na;b\r\n1;"2,5"\r\n')
    assert list(table.filled()) == [(2, ["a", "b"]), (3, ["1", "2,5"])]


def test_lines_are_the_files_own(tmp_path: Path) -> None:
    """A row's line is where it ends in the file, also behind blank lines and line breaks in a cell."""
    path = tmp_path / "table.csv"
    path.write_text('\na,b\n"x\ny",1\n , \nz,2\n', encoding="utf-8")
    assert [(line, row[0]) for line, row in read_table(path).filled()] == [(2, "a"), (4, "x\ny"), (6, "z")]


def test_a_delimiter_inside_quotes_does_not_count(tmp_path: Path) -> None:
    """Commas in a quoted header leave a semicolon table a semicolon table, for the roster too."""
    path = tmp_path / "roster.csv"
    path.write_text('student_id;"notes, remarks, and so on";email\ns1;;ada@example.org\n', encoding="utf-8")
    assert read_table(path).delimiter == ";"
    assert [(person.student_id, person.email) for person in read_roster(path).people] == [
        ("s1", "ada@example.org")
    ]


@pytest.mark.parametrize(
    ("content", "expected_text"),
    [
        (b"", "is empty"),
        (b"\n , \n", "is empty"),
        (b"a,b\n1,Jos\xe9\n", "is not UTF-8 text"),
        (b'a,b\n1,2\n3,"4\n', "line 3"),
        (b'sep=,\na,b\n1,2\n3,"4\n', "line 4"),
        (b"\xff\xfea", "is not UTF-16 text"),
        (b"PK\x03\x04\x14\0\0\0", "is a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a workbook of old versions of Excel"),
        (b"%PDF-1.7", "is a PDF document"),
        (b"<html><body><table><tr><td>ID</td></tr></table></body></html>", "is a web page"),
    ],
)
def test_unreadable_tables(tmp_path: Path, content: bytes, expected_text: str) -> None:
    """A file that is not a table raises UsageError, which names the file and, where it can, the line."""
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=expected_text) as caught:
        read_table(path)
    assert "table.csv" in caught.value.message


def test_a_table_has_a_cell_under_each_header() -> None:
    """A row that is too short or too long is a fault of the program, and is never written."""
    assert write_table(["a", "b"], [["1", "x,y"]]) == 'a,b\n1,"x,y"\n'
    for row in (["1"], ["1", "2", "3"]):
        with pytest.raises(
            ValueError, match=f"row 3: expected 2 cells as there are headers, found {len(row)}"
        ):
            write_table(["a", "b"], [["1", "2"], row])


def test_every_table_has_one_writer() -> None:
    """Only this module writes CSV: it counts the cells, and quotes line ends as every reader takes them."""
    root = Path(__file__).parents[3]
    writers = [
        path.relative_to(root).as_posix()
        for folder in ("autograder", "quizzes")
        for path in sorted((root / folder).rglob("*.py"))
        if re.search(r"csv\.(writer|DictWriter)\(", path.read_text(encoding="utf-8"))
    ]
    assert writers == ["autograder/course/csv_table.py"]
