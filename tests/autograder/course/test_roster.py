"""The roster: tables of every platform are read, and a person is found by whatever names them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.csv_table import parse_table, write_rows
from autograder.course.roster import Person, Roster, find_roster, read_people, read_roster, roster_from
from autograder.errors import UsageError

OWN_WORK = "student_id,last_name,first_name,email,canvas_id\ns1,Lovelace,Ada,ada@example.org,11\n"
CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Week 1 (5)\n"
    ',,,,,Manual Posting\n    Points Possible,,,,,10\n"Lovelace, Ada",11,s1,ada,A,\n"Student, Test",9,,x,A,\n'
)
MOODLE = "Identifier;Full name;Email address\nParticipant 77;Ada Lovelace;ada@example.org\n"
GRADESCOPE = "First Name\tLast Name\tSID\tEmail\nAda\tLovelace\ts1\tada@example.org\n"
NBGRADER = "id,first_name,last_name,email,lms_user_id\r\ns1,Ada,Lovelace,ada@example.org,11\r\n"


def read(folder: Path, text: str) -> Roster:
    """A roster from its text."""
    (folder / "roster.csv").write_text(text, encoding="utf-8", newline="")
    return find_roster(folder)


BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n"
    "#s1,#ada,Lovelace,Ada,ada@example.org,#\n"
)
CAMPUS_ONLINE = (
    "REGISTRATION_NUMBER_OF_STUDENT;FAMILY_NAME_OF_STUDENT;FIRST_NAME_OF_STUDENT;EMAIL_ADDRESS_OF_STUDENT\n"
    "s1;Lovelace;Ada;ada@example.org\n"
)


@pytest.mark.parametrize("text", [OWN_WORK, CANVAS, MOODLE, GRADESCOPE, NBGRADER, BRIGHTSPACE, CAMPUS_ONLINE])
def test_tables_of_every_platform(tmp_path: Path, text: str) -> None:
    """Byte order mark, delimiter, headers and extra rows of each platform are understood."""
    roster = read(tmp_path, text)
    assert [person.sortable.replace("Ada Lovelace", "Lovelace, Ada") for person in roster.people] == [
        "Lovelace, Ada"
    ]
    for name in ("Ada Lovelace", "lovelace, ADA", "LovelaceAda", "  ada   lovelace\u200f", "Adá Lovelâce"):
        assert roster.resolve(name)[0] == roster.people[0], name


def test_ids_of_the_platforms(tmp_path: Path) -> None:
    """Canvas's ID is Canvas's own; Moodle's Identifier is a number."""
    assert read(tmp_path, CANVAS).people[0] == Person(
        "ada", "Lovelace", "Ada", section="A", canvas_id="11", sis_id="s1", sis_login="ada"
    )
    assert read(tmp_path, MOODLE).column("moodle_id", "77") is not None


def test_ids_of_brightspace(tmp_path: Path) -> None:
    """The # that Brightspace writes before IDs is no part of them; of another table it is."""
    person = read(tmp_path, BRIGHTSPACE).people[0]
    assert (person.student_id, person.sis_login, person.email) == ("s1", "ada", "ada@example.org")
    assert read(tmp_path, "student_id\n#s1\n").people[0].student_id == "#s1"


IDS = st.text("0123456789abcxyz", min_size=1, max_size=8)
INVISIBLE = st.text("\u200b\u200e\u200f\ufeff\xad\xa0 \t", max_size=3)


@given(st.lists(IDS, min_size=1, max_size=4, unique=True), INVISIBLE, INVISIBLE, st.booleans())
def test_what_spreadsheets_put_around_an_id(ids: list[str], before: str, after: str, as_text: bool) -> None:
    """An ID is the same with invisible characters around it, and written as text for Excel (`="007"`)."""
    cells = [f'="{ident}"' if as_text else f"{before}{ident}{after}" for ident in ids]
    text = write_rows([["student_id", "name"], *([cell, "Ada Lovelace"] for cell in cells)])
    roster = roster_from(read_people(parse_table(Path("roster.csv"), text.encode())))
    assert [person.student_id for person in roster.people] == ids
    for person in roster.people:
        assert roster.resolve(f"{after}{person.student_id}{before}")[0] == person


@pytest.mark.parametrize("column", ["student_id", "sis_login", "canvas_id"])
@pytest.mark.parametrize("written", ["1.23457E+11", "1,23457E+11", "1E+15"])
def test_an_id_that_excel_has_shortened(tmp_path: Path, column: str, written: str) -> None:
    """A long ID that went through Excel is lost: the table is refused, even for one student."""
    heads = "student_id,name" if column == "student_id" else f"student_id,{column}"
    cells = f'"{written}",Ada' if column == "student_id" else f's1,"{written}"'
    with pytest.raises(UsageError, match=f"line 2, column {column}: .* a spreadsheet has shortened"):
        read(tmp_path, f"{heads}\n{cells}\n")


def test_two_of_one_name(tmp_path: Path) -> None:
    """A name that two have means nobody and says why; an address still tells them apart."""
    roster = read(tmp_path, OWN_WORK + "s2,Lovelace,Ada,other@example.org,12\n")
    person, why = roster.resolve("Ada Lovelace")
    assert person is None
    assert "s1 and s2" in why
    assert roster.resolve("OTHER@example.org")[0] == roster.people[1]
    assert roster.resolve("Bob") == (None, "Bob is not on the roster.")


@pytest.mark.parametrize(
    ("text", "expected_text"),
    [
        ("", "is empty"),
        ("colour,shape\nred,round\n", "line 1: there is no column with the students' IDs"),
        ("student_id,first_name\n,Ada\n", "line 2, column student_id: the cell is empty"),
        ("student_id\ns1\ns2\nS1\n", "line 4, column student_id: S1 is also in line 2"),
        ('student_id,first_name\ns1,"Ada\n', "line 2"),
        ("student_id,student_id\ns1,s1\n", "two columns student_id"),
    ],
)
def test_mistakes_are_placed(tmp_path: Path, text: str, expected_text: str) -> None:
    """What is wrong is said with file, line and column."""
    with pytest.raises(UsageError, match=expected_text) as caught:
        read(tmp_path, text)
    assert "roster.csv" in caught.value.message


def test_not_utf8(tmp_path: Path) -> None:
    """Another encoding is a sentence."""
    (tmp_path / "roster.csv").write_bytes(b"student_id\nJos\xe9\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_roster(tmp_path / "roster.csv")


def test_no_roster(tmp_path: Path) -> None:
    """A course without a roster has an empty one."""
    assert not find_roster(tmp_path)


def test_a_comma_in_a_full_name(tmp_path: Path) -> None:
    """Only Canvas writes the last name first; in Moodle's table a comma belongs to the name."""
    person = read(tmp_path, MOODLE.replace("Ada Lovelace", "Ada Lovelace, PhD")).people[0]
    assert (person.name, person.last_name) == ("Ada Lovelace, PhD", "")


def test_a_person_with_one_name(tmp_path: Path) -> None:
    """Canvas's Student without a comma is a whole name."""
    roster = read(tmp_path, CANVAS.replace('"Lovelace, Ada"', "Teller"))
    assert roster.resolve("teller")[0] == roster.people[0]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("राम कुमार", "रमा कुमार"),  # vowel signs
        ("たかだ ゆき", "たかた ゆき"),  # sound marks
        ("กิต สม", "กุต สม"),
        ("மாலா", "மலை"),
    ],
)
def test_vowel_signs_and_sound_marks_tell_names_apart(name: str, other: str) -> None:
    """A name is not another's because both have the same consonants; in any normal form it is its own."""
    roster = Roster((Person("s1", full_name=name),))
    assert roster.resolve(other)[0] is None
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert roster.resolve(unicodedata.normalize(form, name))[0] == roster.people[0], form


def test_accents_and_points_are_left_out(tmp_path: Path) -> None:
    """What people leave out when they write a name does not keep them from being found."""
    for name, written in (("Zoë Şahin", "zoe sahin"), ("Фёдор", "федор"), ("מֹשֶׁה", "משה"), ("مُحَمَّد", "محمد")):
        roster = Roster((Person("s1", full_name=name),))
        assert roster.resolve(written)[0] == roster.people[0], name


def test_a_section_is_named_once(tmp_path: Path) -> None:
    """Lines that name several sections are joined without repeating one."""
    roster = read(tmp_path, 'student_id,section\ns1,"A, B"\ns1,A\ns1,"B, C"\n')
    assert [person.section for person in roster.people] == ["A, B, C"]
