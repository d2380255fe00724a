"""Tables in other languages than English: read by what their cells look like, or refused with what to do."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.csv_table import Table, parse_table, read_table
from autograder.course.moodle_table import in_english
from autograder.course.roster import Person, Roster, read_people, read_roster
from autograder.errors import UsageError
from autograder.gradebook.tables import grade_rows
from autograder.lms.layouts import collect_submissions
from autograder.lms.moodle import moodle_worksheet
from autograder.lms.worksheet import read_worksheet
from autograder.results.final_scores import FinalScore

ENGLISH = [
    *("Identifier", "Full name", "Email address", "ID number", "Status", "Group", "Grade", "Maximum Grade"),
    *("Grade can be changed", "Last modified (submission)", "Online text", "Last modified (grade)"),
    "Feedback comments",
]
# By language: the headers, a hidden name, a state, "yes", a time.
LANGUAGES = {
    "English": (
        ENGLISH,
        "Participant ",
        "Submitted for grading",
        "Yes",
        "Saturday, 28 November 2026, 1:50 PM",
    ),
    "German": (
        [
            *("ID", "Vollständiger Name", "E-Mail-Adresse", "ID-Nummer", "Status", "Gruppe", "Bewertung"),
            *("Bestwertung", "Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)", "Texteingabe"),
            *("Zuletzt geändert (Bewertung)", "Feedback als Kommentar"),
        ],
        "Teilnehmer/in",
        "Zur Bewertung abgegeben",
        "Ja",
        "Samstag, 28. November 2026, 13:50",
    ),
    "French": (
        [
            *("Identifiant", "Nom complet", "Adresse de courriel", "Numéro d'identification", "Statut"),
            *("Groupe", "Note", "Note maximale", "La note peut être modifiée"),
            *("Dernière modification (travail remis)", "Texte en ligne", "Dernière modification (note)"),
            "Feedback par commentaires",
        ],
        "Participant",
        "Remis pour évaluation",
        "Oui",
        "samedi 28 novembre 2026, 13:50",
    ),
    "one that nobody here knows": (
        [f"Столбец {number}" for number in range(13)],
        "Участник",
        "Отправлено",
        "Да",
        "2026-11-28 13:50",
    ),
}
PEOPLE = {
    "12": ("Ada Lovelace", "s1", "Team A"),
    "7": ("Jürgen Weiß - Klein", "s2", ""),
    "31": ("李 小龙", "s3", "Team A"),
}
WHEN = "2026-11-28 13:50"


def worksheet(
    language: str, columns: set[str], grades: list[str] | None = None, maximum: str = "20.00"
) -> Table:
    """A grading worksheet, with these of the columns that a Moodle may leave out."""
    heads, hidden, state, yes, time = LANGUAGES[language]
    chosen = [at for at, name in enumerate(ENGLISH) if name in columns or name not in OPTIONAL]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([heads[at] for at in chosen])
    for (number, (name, sid, group)), grade in zip(PEOPLE.items(), grades or ["", "", ""], strict=True):
        row = [f"{hidden}{number}", name, f"{sid}@example.org", sid, f"{state} -  - ", group, grade, maximum]
        row += [yes, time, "", "-", ""]
        table.writerow([row[at] for at in chosen])
    return parse_table(Path("sheet.csv"), ("\ufeff" + text.getvalue()).encode())


PERSONAL = {"Full name", "Email address", "ID number"}
OPTIONAL = {*PERSONAL, "Group", "Online text"}
columns_of_a_moodle = st.sets(st.sampled_from(sorted(OPTIONAL))).map(
    lambda columns: columns if "Full name" in columns else columns - PERSONAL  # hidden names hide it all
)


@given(
    st.sampled_from(sorted(set(LANGUAGES) - {"English"})),
    columns_of_a_moodle,
    st.sampled_from([["", "", ""], ["20.00", "20.00", "20.00"], ["17.50", "", "3.00"]]),
)
def test_worksheets_in_any_language(language: str, columns: set[str], grades: list[str]) -> None:
    """Whatever columns there are, they are found by their cells; those of an English one by their names."""
    found = in_english(worksheet(language, columns, grades))
    expected = worksheet("English", columns, grades)
    names = set(expected.rows[0]) - {"Online text"}
    assert {name: found.column(name) for name in names} == {name: expected.column(name) for name in names}
    assert in_english(expected) is expected


@given(st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=8), min_size=1, max_size=5))
def test_other_tables_stay_as_they_are(rows: list[list[str]]) -> None:
    """A table that does not look like a worksheet is read by the names of its columns alone."""
    table = Table(Path("any.csv"), rows, ",", "\n", False, tuple(range(1, len(rows) + 1)))
    assert in_english(table) is table


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("hidden", [False, True], ids=["names", "hidden names"])
def test_there_and_back(tmp_path: Path, language: str, hidden: bool) -> None:
    """A download is matched and dated by its worksheet, and grades go into the same worksheet."""
    sheet = tmp_path / "sheet.csv"
    columns = {"Group"} if hidden else {"Full name", "Email address", "Group"}
    sheet.write_text(worksheet(language, columns).text(), encoding="utf-8", newline="")
    folder = tmp_path / "class"
    for number, (name, _, _) in PEOPLE.items():
        shown = LANGUAGES[language][1].strip().replace("/", "") if hidden else name
        path = folder / f"{shown}_{number}_assignsubmission_file_" / "hw1.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text('{"cells": [], "nbformat": 4}')
    roster = Roster(
        tuple(Person(sid, full_name=name, email=f"{sid}@example.org") for name, sid, _ in PEOPLE.values())
    )
    read = read_worksheet(sheet)
    assert read is not None
    collected = collect_submissions(folder, "hw1", roster, ZoneInfo("UTC"), worksheets=[read])
    assert collected.unmatched == () and len(collected) == 3
    assert {f"{entry.submitted:%Y-%m-%d %H:%M}" for entry in collected} == {WHEN}
    assert all(entry.anonymous is hidden for entry in collected)
    scores = [
        FinalScore(entry.student, 10 + at, 20, 10, 1, None, origin=entry.origin)
        for at, entry in enumerate(collected)
    ]
    text, left = moodle_worksheet(grade_rows(scores, roster, "moodle"), read_table(sheet))
    assert left == []
    before, after = (list(csv.reader(io.StringIO(table))) for table in (sheet.read_text("utf-8-sig"), text))
    changed = {
        (row, at)
        for row, cells in enumerate(after[1:], start=1)
        for at, cell in enumerate(cells)
        if cell != before[row][at]
    }
    grade, comments = (worksheet("English", columns).column(name) for name in ("Grade", "Feedback comments"))
    assert changed == {(row, at) for row in (1, 2, 3) for at in (grade, comments)}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_row_that_the_worksheet_lacks(language: str) -> None:
    """Whom a worksheet does not hold is named with the number that it lacks, and not with the roster."""
    scores = [
        FinalScore("Participant (99)", 1, 20, 1, 1, None, origin="Participant_99_assignsubmission_file_"),
        FinalScore("s9", 1, 20, 1, 1, None),
    ]
    rows = grade_rows(scores, Roster((Person("s9", full_name="Eve Moor"),)), "moodle")
    _, left = moodle_worksheet(rows, worksheet(language, {"Full name", "Email address"}))
    reasons = [unmatched.reason for unmatched in left]
    assert reasons == [
        "sheet.csv has no row with the number 99 of this submission.",
        "Eve Moor is not in sheet.csv.",
    ]


ROSTERS = {
    "German": "Matrikelnummer;Nachname;Vorname;E-Mail-Adresse;Gruppe",
    "French": "Numéro d'étudiant;Nom;Prénom;Courriel;Groupe",
    "Spanish": "Matrícula;Apellidos;Nombre;Correo electrónico;Grupo",
    "Italian": "Matricola;Cognome;Nome;Indirizzo email;Gruppo",
    "Portuguese": "Número de aluno;Apelido;Nome;Endereço de email;Grupo",
    "Dutch": "Studentnummer;Achternaam;Voornaam;E-mailadres;Groep",
}


@pytest.mark.parametrize("heads", ROSTERS.values(), ids=ROSTERS)
def test_rosters(tmp_path: Path, heads: str) -> None:
    """A course office's list is a roster as it comes."""
    path = tmp_path / "roster.csv"
    path.write_text(f"{heads}\n1001;Lovelace;Ada;ada@example.org;A\n")
    expected = Person("1001", "Lovelace", "Ada", email="ada@example.org", section="A")
    assert read_roster(path).people == (expected,)


def test_a_roster_by_its_addresses(tmp_path: Path) -> None:
    """Of headers in a language that nobody here knows, the one over addresses is understood."""
    path = tmp_path / "roster.csv"
    path.write_text("Имя,Почта\nАда,ada@example.org\nБен,ben@example.org\n")
    assert [person.student_id for person in read_roster(path).people] == [
        "ada@example.org",
        "ben@example.org",
    ]


def test_a_roster_that_cannot_be_understood(tmp_path: Path) -> None:
    """The message shows the headers, and says which to call what."""
    path = tmp_path / "roster.csv"
    path.write_text("Имя,Номер\nАда,17\n")
    with pytest.raises(UsageError) as refused:
        read_people(read_table(path))
    assert "only Имя, Номер." in refused.value.message
    assert "Call the column that holds them student_id" in refused.value.next_step


def test_hidden_names_in_any_language(tmp_path: Path) -> None:
    """One name for all submissions of an archive is no name, whatever the word is."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in (5, 6, 7):
            archive.writestr(f"Osallistuja_{number}_assignsubmission_file_/hw1.ipynb", '{"cells": []}')
        archive.extractall(tmp_path / "class")
    collected = collect_submissions(tmp_path / "class", "hw1", Roster((Person("s1", "Li", "Anna"),)))
    assert collected.unmatched == () and all(entry.anonymous for entry in collected)
