"""The roster: the students of the course, and the IDs under which the learning platforms know them.

`roster.csv` in the course's directory, or a table as Canvas, Moodle, Gradescope or nbgrader give it out:
commas, semicolons or tabs, with or without a byte order mark, the columns in any order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from autograder.course.csv_table import Table, read_table, unguard_formula
from autograder.course.moodle_table import in_english
from autograder.errors import UsageError

__all__ = [
    "FILE",
    "Person",
    "Roster",
    "RosterRow",
    "RosterTable",
    "find_roster",
    "letters",
    "read_people",
    "read_roster",
    "roster_from",
]

FILE = "roster.csv"
# What the columns are called elsewhere, in English, German, French, Spanish, Italian, Portuguese and Dutch;
# a header is compared in small letters, without spaces, signs and accents.
ALIASES = {
    "student_id": (
        *("studentid", "student", "sid", "id", "idnumber", "universityid", "matriculationnumber"),
        *("studentnumber", "studentno", "registrationnumber", "matriculationno", "matricnumber", "emplid"),
        *("uin", "bannerid", "orgdefinedid", "registrationnumberofstudent"),
        *("matrikelnummer", "matrikelnr", "matrnr", "matrikel", "martikelnummer", "idnummer"),
        *("numeroetudiant", "numerodetudiant", "numerodidentification", "codeetudiant", "matricule"),
        *("matricula", "numerodeidentificacion", "numerodeidentificacao", "numerodealuno", "nia"),
        *("matricola", "numerodimatricola", "numeroid", "studentnummer", "studentennummer"),
    ),
    "last_name": (
        *("lastname", "surname", "familyname", "familynameofstudent", "nachname", "familienname", "zuname"),
        *("nom", "nomdefamille", "apellidos", "apellido", "cognome", "sobrenome", "apelido", "achternaam"),
    ),
    "first_name": (
        *("firstname", "givenname", "forename", "vorname", "prenom", "nombre", "nome", "primeironome"),
        *("voornaam", "firstnameofstudent"),
    ),
    "full_name": (
        *("fullname", "name", "studentname", "displayname", "vollstandigername", "nameundvorname"),
        *("nomcomplet", "nometprenom", "nombrecompleto", "nombreyapellidos", "nomecompleto", "volledigenaam"),
    ),
    "email": (
        *("email", "emailaddress", "mail", "emailadresse", "mailadresse", "adressedecourriel", "courriel"),
        *("adresseemail", "correo", "correoelectronico", "direcciondecorreo", "direcciondeemail"),
        *("direcciondecorreoelectronico", "indirizzoemail", "enderecodeemail", "emailadres"),
        "emailaddressofstudent",
    ),
    "section": (
        *("section", "sections", "group", "groups", "gruppe", "gruppen", "groupe", "groupes", "grupo"),
        *("grupos", "gruppo", "gruppi", "groep", "groepen"),
    ),
    "canvas_id": ("canvasid", "canvasuserid"),
    "sis_id": ("sisid", "sisuserid"),
    "sis_login": (
        *("sislogin", "sisloginid", "login", "loginid", "username", "netid", "lmsuserid", "benutzername"),
        *("anmeldename", "nutzername", "benutzerkennung", "nomdutilisateur", "nombredeusuario", "usuario"),
        *("nomeutente", "nomedeutilizador", "nomedeusuario", "gebruikersnaam"),
    ),
    "moodle_id": ("moodleid", "identifier", "participant"),
    "gradescope_sid": ("gradescopesid", "gradescopeid"),
    "role": (
        *("role", "roles", "courserole", "enrolmentrole", "enrollmentrole", "rolle", "rollen"),
        *("rol", "ruolo", "ruoli", "papel", "papeis"),
    ),
}
IDS = ("student_id", "canvas_id", "sis_id", "sis_login", "moodle_id", "gradescope_sid", "email")
# How the roles begin of those who teach, on the platforms and in course offices; in letters alone.
STAFF = (
    *("ta", "teach", "instructor", "staff", "tutor", "grader", "lecturer", "professor", "mentor", "designer"),
    *(
        "assistant",
        "manager",
        "admin",
        "coursebuilder",
        "coursecreator",
        "editingteacher",
        "noneditingteacher",
    ),
    *("teachingassistant", "headta", "owner", "observer", "leader", "demonstrator", "contentdeveloper"),
    *("trainer", "dozent", "lehrer", "lehrende", "lehrkraft", "betreuer", "enseignant", "professeur"),
    *("profesor", "docent", "insegnante", "formador", "gestor"),
)
NO_STUDENTS = ("points possible", "student, test")  # rows of a Canvas gradebook
# Columns of a Canvas gradebook that identify somebody; its rows about assignments have none of them.
CANVAS_IDS = ("canvas_id", "sis_id", "sis_login", "student_id", "email")
# Headers of Brightspace's tables, which have # before each ID.
BRIGHTSPACE = {"orgdefinedid", "endoflineindicator"}
AS_TEXT = re.compile(r'="([^"]*)"')  # keeps Excel from reading an ID as a number
SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,2}", re.IGNORECASE)  # what Excel makes of a long ID
ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
# Marks that show nothing: they choose the form of a sign, or join letters.
INVISIBLE_MARKS = frozenset("\u034f\u180b\u180c\u180d\u180f") | {chr(code) for code in range(0xFE00, 0xFE10)}
MOST_SHOWN = 300  # characters of a table's headers in a message
TEST_LOGIN = re.compile(r"[0-9a-f]{40}")  # of the user that Canvas makes for the Student View


@dataclass(frozen=True)
class Person:
    """One person of the course; what is not known is empty."""

    student_id: str
    last_name: str = ""
    first_name: str = ""
    full_name: str = ""  # as one text, where the source does not split it
    email: str = ""
    section: str = ""
    canvas_id: str = ""
    sis_id: str = ""
    sis_login: str = ""
    moodle_id: str = ""
    gradescope_sid: str = ""
    role: str = ""  # as the source writes it; empty for a student

    @property
    def is_student(self) -> bool:
        """Whether scores are expected of the person: of everybody but the staff."""
        roles = re.split(r"[,;/|]+", self.role)
        return not any(letters(role).startswith(STAFF) for role in roles if letters(role))

    @property
    def name(self) -> str:
        """First name, last name; the id where neither is known."""
        return self.full_name or " ".join(filter(None, (self.first_name, self.last_name))) or self.student_id

    @property
    def sortable(self) -> str:
        """Last name, first name."""
        if self.last_name and self.first_name:
            return f"{self.last_name}, {self.first_name}"
        return self.last_name or self.name

    def names(self) -> set[str]:
        """Every way to write the full name, as letters."""
        last, first = self.last_name, self.first_name
        both = {f"{first} {last}", f"{last} {first}"}
        # It is not known where the last name begins, so the words are rotated at every position.
        words = self.full_name.replace(",", " ").split()
        rotations = {" ".join(words[at:] + words[:at]) for at in range(len(words))}
        return {letters(name) for name in both | rotations} - {""}


@dataclass(frozen=True)
class Roster:
    """The students of a course, in the order of the file."""

    people: tuple[Person, ...] = ()
    path: Path | None = None
    _ids: dict[str, list[Person]] = field(init=False, repr=False, compare=False)
    _names: dict[str, list[Person]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids: dict[str, list[Person]] = {}
        names: dict[str, list[Person]] = {}
        for person in self.people:
            ids_of_person = {_plain(getattr(person, column)) for column in IDS} - {""}
            for known_id in ids_of_person:
                ids.setdefault(known_id, []).append(person)
            for name in person.names():
                names.setdefault(name, []).append(person)
        object.__setattr__(self, "_ids", ids)
        object.__setattr__(self, "_names", names)

    def __bool__(self) -> bool:
        return bool(self.people)

    @property
    def students(self) -> tuple[Person, ...]:
        """The people of whom scores are expected, the staff left out."""
        return tuple(person for person in self.people if person.is_student)

    def resolve(self, *keys: str, names: Sequence[str] = ()) -> tuple[Person | None, str]:
        """The one student whom IDs, e-mail addresses and names mean; or None, and why.

        The first key that somebody has decides; a name only where no key is known.
        """
        for key in keys:
            if people := self._ids.get(_plain(key), []):
                return _only(people, key)
        for name in (*keys, *names):
            if people := self._names.get(letters(name), []):
                return _only(people, name)
        named = next((key for key in (*names, *keys) if key), "nobody")
        place = "on the roster" if self.path is None or self.path.name == FILE else f"in {self.path.name}"
        return None, f"{named} is not {place}."

    def column(self, column: str, key: str) -> Person | None:
        """The one student with this value in a column, such as canvas_id."""
        wanted = _plain(key)
        people = [person for person in self.people if wanted and _plain(getattr(person, column)) == wanted]
        return people[0] if len(people) == 1 else None


def letters(name: str) -> str:
    """A name's letters and digits, without accents, case, spaces and signs, to compare spellings.

    Vowel signs and sound marks are letters: Rama and Ram in Devanagari differ by nothing else.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(character for character in decomposed if character.isalnum() or _is_sound(character))


def _is_sound(character: str) -> bool:
    """Whether a mark makes another letter of the one before it, where an accent or a point is often left out.

    Unicode's combining classes tell them apart: 1 is an overlay, 10 to 35 are Hebrew and Arabic points, and
    from 200 on there are accents.
    """
    if unicodedata.category(character) not in ("Mn", "Mc") or character in INVISIBLE_MARKS:
        return False
    combining = unicodedata.combining(character)
    return combining != 1 and not 10 <= combining <= 35 and combining < 200


@dataclass(frozen=True)
class RosterRow:
    """One line of a table of people: the person, and every cell by its header."""

    line: int
    person: Person
    cells: Mapping[str, str]  # by header, in small letters and with `_` for spaces
    text: str  # the line, to show it in a message


@dataclass(frozen=True)
class RosterTable:
    """A table of people: its lines, and which headers were read and which were not."""

    path: Path
    rows: tuple[RosterRow, ...]
    columns: frozenset[str]  # names of Person's fields that the table speaks of
    headers: tuple[str, ...]  # as the table writes them
    unknown: tuple[str, ...]  # headers that name nothing of a person
    decimal_comma: bool  # where semicolons separate cells, a comma may separate decimals


def find_roster(course: Path) -> Roster:
    """The course's roster; an empty one where there is no roster.csv."""
    path = course / FILE
    return read_roster(path) if path.exists() else Roster()


def read_roster(path: Path) -> Roster:
    """A roster; raises UsageError with file, line and column."""
    return roster_from(read_people(read_table(path)))


def roster_from(table: RosterTable) -> Roster:
    """The people of a table: lines about one person that do not contradict each other are one.

    Raises UsageError, with both lines, for two that do.
    """
    rows: dict[str, RosterRow] = {}
    for row in table.rows:
        key = _plain(row.person.student_id)
        earlier = rows.setdefault(key, row)
        if earlier is row:
            continue
        merged = _merged(earlier.person, row.person)
        if merged is None:
            raise UsageError(
                f"{table.path}, line {row.line}, column student_id: {row.person.student_id} is also "
                f"in line {earlier.line}. Line {earlier.line}: {earlier.text}. Line {row.line}: {row.text}.",
                next_step="Remove one of the two lines.",
            )
        rows[key] = replace(earlier, person=merged)
    return Roster(tuple(row.person for row in rows.values()), table.path)


def read_people(table: Table) -> RosterTable:
    """The lines of any table that names people; raises UsageError with file, line and column."""
    table = in_english(table)
    lines = table.filled()
    head_line, heads = next(lines)
    columns = _columns(table, head_line, heads)
    names = [head.strip().casefold().replace(" ", "_") for head in heads]
    is_brightspace = any(letters(head) in BRIGHTSPACE for head in heads)
    rows = tuple(_rows(table, lines, columns, names, is_brightspace=is_brightspace))
    return RosterTable(
        table.path,
        rows,
        frozenset(columns.values()),
        tuple(head.strip() for head in heads),
        tuple(head.strip() for at, head in enumerate(heads) if at not in columns and head.strip()),
        table.delimiter == ";",
    )


def _rows(
    table: Table,
    lines: Iterator[tuple[int, list[str]]],
    columns: Mapping[int, str],
    names: Sequence[str],
    *,
    is_brightspace: bool,
) -> Iterator[RosterRow]:
    for line, row in lines:
        known = {name: _cell(row[at]) for at, name in columns.items() if at < len(row)}
        if is_brightspace:
            known |= {name: known[name].removeprefix("#") for name in IDS if name in known}
        person = _person(table.path, line, known)
        if person is not None:
            cells = {name: _cell(cell) for name, cell in zip(names, row, strict=False)}
            yield RosterRow(line, person, cells, table.delimiter.join(row).strip())


def _cell(text: str) -> str:
    """A cell without invisible characters, which come along when text is copied, and without our guard."""
    if match := AS_TEXT.fullmatch(text.strip()):
        text = match[1]
    shown = [at for at, character in enumerate(text) if not _is_invisible(character)]
    return unguard_formula(text[shown[0] : shown[-1] + 1]) if shown else ""


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def _merged(first: Person, second: Person) -> Person | None:
    """What two lines say of a person together; None if they contradict each other.

    Whoever is in two sections or groups has a line in each.
    """
    values = {}
    for column in fields(Person):
        both = list(dict.fromkeys(filter(None, (getattr(first, column.name), getattr(second, column.name)))))
        if column.name == "section" and len(both) > 1:
            sections = (name.strip() for cell in both for name in cell.split(","))
            both = [", ".join(dict.fromkeys(filter(None, sections)))]
        if len(both) > 1:
            return None
        values[column.name] = both[0] if both else ""
    return Person(**values)


def _columns(table: Table, line: int, row: list[str]) -> dict[int, str]:
    """Which column holds what; a Canvas gradebook's Student is a name and its ID is Canvas's own."""
    path = table.path
    heads = [letters(head) for head in row]
    canvas = "student" in heads and "id" in heads
    columns: dict[int, str] = {}
    for at, head in enumerate(heads):
        name = next((column for column, known in ALIASES.items() if head in (letters(column), *known)), "")
        if canvas and head in ("student", "id"):
            name = {"student": "sortable", "id": "canvas_id"}[head]
        if name and name in columns.values():
            if head != letters(name):
                continue  # an alias, and the real one came first
            second = next(position for position, column in columns.items() if column == name)
            if heads[second] == head:
                raise UsageError(
                    f"{path}, line {line}, column {at + 1}: there are two columns {row[at]}.",
                    next_step="Remove one of them.",
                )
            del columns[second]
        if name:
            columns[at] = name
    if not set(IDS) & set(columns.values()) and (place := _addresses(table)) is not None:
        columns[place] = "email"
    if not set(IDS) & set(columns.values()):
        there = ", ".join(head.strip() for head in row if head.strip())
        raise UsageError(
            f"{path}, line {line}: there is no column with the students' IDs, only {there[:MOST_SHOWN]}.",
            next_step="Call the column that holds them student_id, or add one; or add a column email.",
        )
    return columns


def _addresses(table: Table) -> int | None:
    """The column in which all cells are e-mail addresses, whatever it is called."""
    _, *rows = table.filled()
    width = min((len(row) for _, row in rows), default=0)
    columns = [at for at in range(width) if all(ADDRESS.fullmatch(row[at].strip()) for _, row in rows)]
    return columns[0] if len(columns) == 1 else None


def _person(path: Path, line: int, known: dict[str, str]) -> Person | None:
    # Canvas writes rows of its own: what an assignment is worth, how it is posted, a test student.
    if not any(known.values()) or known.get("sortable", "").casefold() in NO_STUDENTS:
        return None
    if "sortable" in known and not any(known.get(column) for column in CANVAS_IDS):
        return None  # such as the row of points possible in another language
    if "sortable" in known and TEST_LOGIN.fullmatch(known.get("sis_login", "")) and not known.get("sis_id"):
        return None
    known["moodle_id"] = re.sub(r"\A\D+", "", known.get("moodle_id", ""))  # Participant 123
    order = ("student_id", "sis_login", "sis_id", "email", "gradescope_sid", "canvas_id", "moodle_id")
    known["student_id"] = next((known[column] for column in order if known.get(column)), "")
    if not known["student_id"]:
        raise UsageError(
            f"{path}, line {line}, column student_id: the cell is empty.",
            next_step="Add the student's ID, or remove the line.",
        )
    for column in IDS:
        if SHORTENED.fullmatch(known.get(column, "")):
            raise UsageError(
                f"{path}, line {line}, column {column}: {known[column]} is a number that a spreadsheet has "
                "shortened; the ID is lost.",
                next_step="Download the table again and do not save it from a spreadsheet; or format the "
                "column as text and enter its IDs again.",
            )
    # Only Canvas writes the last name first; elsewhere a comma is part of the name, as in Ada King, PhD.
    if sortable := known.get("sortable", ""):
        last, _, first = sortable.partition(",")
        known["last_name"], known["first_name"] = last.strip(), first.strip()
    return Person(**{column.name: known.get(column.name, "") for column in fields(Person)})


def _only(people: list[Person], key: str) -> tuple[Person | None, str]:
    if len(people) == 1:
        return people[0], ""
    who = " and ".join(person.student_id for person in people[:3])
    return None, f"{key} matches {len(people)} students: {who}."


def _plain(key: str) -> str:
    return unicodedata.normalize("NFKC", _cell(key)).strip().casefold()
