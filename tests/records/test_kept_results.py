"""A folder of results that version 0.1 wrote: it verifies, resumes, is graded again and takes an override."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from command import autograder
from examples import one_in
from kept_records import EXPECTED, KEPT, course_in, results_in

HOMEWORK = EXPECTED["homework"]
STUDENTS: dict[str, dict[str, Any]] = HOMEWORK["students"]
LEDGER = (KEPT / "graded" / "tiny" / "ledger.jsonl").read_bytes()
LOWER = "bob"  # the one whom an earlier regrade with --only-raise left the points of a lenient check
# The words of today's commands, and the columns of today's grades.csv by what version 0.1 called them.
OVERRIDE, AUTHOR, REASON, REFRESH = "override", "--author", "--reason", "refresh"
COLUMN: dict[str, str] = {}


class Folder:
    """The course and its results, and the command in it."""

    def __init__(self, place: Path) -> None:
        self.course, self.results = course_in(place), results_in(place)

    def run(self, *words: object, exit_code: int = 0) -> CompletedProcess[str]:
        """A command in the course's folder, that has to end so."""
        ran = autograder(*words, folder=self.course)
        assert ran.returncode == exit_code, ran.stdout + ran.stderr
        return ran

    def added(self) -> list[dict[str, Any]]:
        """The lines of the ledger since version 0.1, whose own are still the same bytes."""
        now = (self.results / "ledger.jsonl").read_bytes()
        assert now.startswith(LEDGER)
        return [json.loads(line) for line in now[len(LEDGER) :].splitlines()]

    def grades(self) -> dict[str, dict[str, str]]:
        """The table of the class, by student."""
        with (self.results / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture
def kept(tmp_path: Path) -> Folder:
    """What version 0.1 left."""
    return Folder(tmp_path)


def same_scores(grades: dict[str, dict[str, str]], *but: str) -> None:
    """Scores, penalties, attempts and comments are those of version 0.1, but for some students."""
    assert grades.keys() == STUDENTS.keys()
    for student in STUDENTS.keys() - set(but):
        row, said = grades[student], STUDENTS[student]
        for name in ("earned", "possible", "raw", "penalty", "double", "mean_square"):
            assert float(row[COLUMN.get(name, name)]) == said[name], (student, name)
        for name in ("attempt", "attempts", "days_late"):
            assert int(row[COLUMN.get(name, name)]) == said[name], (student, name)
        assert row[COLUMN.get("submitted", "submitted")] == said["submitted"]
        assert row[COLUMN.get("comment", "comment")] == said["comment"]
        assert (row[COLUMN.get("by_hand", "by_hand")] == "yes") == said["overridden"]
        assert (row[COLUMN.get("marked_late", "marked_late")] == "yes") == said["marked_late"]


def lower_score() -> float:
    """What the notebook earns by the standard checks, as the kept ledger says: the score stayed above it."""
    lines = [json.loads(line) for line in LEDGER.splitlines()]
    (line,) = [line for line in lines if line["kind"] == "kept"]
    assert line["student"] == LOWER
    return float(line["earned"])


def test_it_verifies(kept: Folder) -> None:
    """Chain, reports, submissions and table are as version 0.1 wrote them, and verifying writes nothing."""
    said = kept.run("verify", kept.results, "--head", HOMEWORK["head"]).stdout
    assert HOMEWORK["head"] in said and str(HOMEWORK["lines"]) in said
    assert kept.added() == []


@pytest.mark.parametrize("where", ["earned", "why", "student", "attempt"])
def test_an_edited_line_is_found(kept: Folder, where: str) -> None:
    """An old line is guarded by its digest: not even the order of its keys may change."""
    ledger = kept.results / "ledger.jsonl"
    lines = LEDGER.splitlines(keepends=True)
    place = max(number for number, line in enumerate(lines) if f'"{where}"'.encode() in line)
    body = json.loads(lines[place])
    body[where] = body.pop(where)  # the same values in another order
    lines[place] = json.dumps(body, ensure_ascii=False).encode() + b"\n"
    ledger.write_bytes(b"".join(lines))
    ran = kept.run("verify", kept.results, exit_code=2)
    assert f"line {place + 1}" in ran.stderr


def test_pages_and_table_are_written_anew(kept: Folder) -> None:
    """From the ledger and the reports of version 0.1, with everybody's score; no line is added."""
    for name in ("grades.csv", "index.html"):
        (kept.results / name).unlink()
    kept.run(REFRESH, kept.results)
    same_scores(kept.grades())
    assert kept.added() == []
    page = (kept.results / "index.html").read_text("utf-8")
    assert all(student in page for student in STUDENTS)
    kept.run("verify", kept.results, "--head", HOMEWORK["head"])


@pytest.mark.parametrize("cut", one_in(2, [b'{"previous": "0', b""]), ids=["stopped in a line", "whole"])
def test_grading_again_resumes(kept: Folder, cut: bytes) -> None:
    """The same submissions: the seed stays, what is graded anew is added, and a second run adds nothing."""
    with (kept.results / "ledger.jsonl").open("ab") as ledger:
        ledger.write(cut)
    for _ in range(2):
        for source in ("submitted", "canvas"):
            said = kept.run("grade", "tiny", KEPT / source, "--out", kept.results, "--workers", 1).stdout
            assert str(HOMEWORK["seed"]) in said
    added = kept.added()
    # An engine that is another than version 0.1's grades each attempt once more, the same engine none.
    graded = [(line["student"], line["submission"]) for line in added if line["kind"] == "graded"]
    assert {line["kind"] for line in added} <= {"graded"}
    assert len(graded) == len(set(graded)) and len(graded) in (0, len(HOMEWORK["reports"]))
    same_scores(kept.grades(), LOWER)
    wanted = lower_score() if graded else STUDENTS[LOWER]["earned"]
    assert float(kept.grades()[LOWER]["earned"]) == wanted
    kept.run("verify", kept.results, "--head", HOMEWORK["head"])


def test_another_seed_is_refused(kept: Folder) -> None:
    """Results of version 0.1 keep their seed; nothing is written over them."""
    words = ("grade", "tiny", KEPT / "submitted", "--out", kept.results, "--seed", 1)
    assert str(HOMEWORK["seed"]) in kept.run(*words, exit_code=2).stderr
    assert kept.added() == []


@pytest.mark.parametrize("only_raise", [False, True])
def test_regrading(kept: Folder, only_raise: bool) -> None:
    """Everything from the stored copies: a lower score counts unless it may only rise; overrides stay."""
    kept.run("regrade", kept.results, "--all", "--workers", 1, *(["--only-raise"] if only_raise else []))
    kinds = {(line["student"], line["kind"]) for line in kept.added()}
    assert (LOWER, "kept" if only_raise else "graded") in kinds
    assert {kind for student, kind in kinds if student != LOWER} == {"graded"}
    assert {student for student, _ in kinds} == STUDENTS.keys()
    grades = kept.grades()
    same_scores(grades, LOWER)
    assert float(grades[LOWER]["earned"]) == (STUDENTS[LOWER]["earned"] if only_raise else lower_score())
    kept.run("verify", kept.results, "--head", HOMEWORK["head"])


def test_a_dry_run_writes_nothing(kept: Folder) -> None:
    """What a regrade would change is shown, and no byte of the ledger is written."""
    assert LOWER in kept.run("regrade", kept.results, "--all", "--dry-run", "--workers", 1).stdout
    assert kept.added() == []


def test_an_override_is_appended(kept: Folder) -> None:
    """A score, a comment, and one set in version 0.1 taken back; what is not mentioned stays."""
    by = (AUTHOR, "tom", REASON, "looked again")
    kept.run(OVERRIDE, kept.results, "gil", "--score", 5.5, *by)
    kept.run(OVERRIDE, kept.results, "dan", "--comment", "Send it again.", *by)
    kept.run(OVERRIDE, kept.results, "eve", "--clear", *by)
    added = kept.added()
    assert [line["student"] for line in added] == ["gil", "dan", "eve"]
    assert all("tom" in line.values() and "looked again" in line.values() for line in added)
    grades = kept.grades()
    same_scores(grades, "gil", "dan", "eve")
    assert float(grades["gil"]["earned"]) == 5.5
    assert (float(grades["dan"]["earned"]), grades["dan"]["comment"]) == (1, "Send it again.")
    assert float(grades["eve"]["earned"]) == STUDENTS["eve"]["raw"]
    kept.run("regrade", kept.results, "--all", "--workers", 1)
    assert float(kept.grades()["gil"]["earned"]) == 5.5
    kept.run("verify", kept.results, "--head", HOMEWORK["head"])


@pytest.mark.parametrize(
    ("platform", "who", "score"),
    [("csv", "student_id", "earned"), ("canvas", "ID", "Doubling and squaring")],
)
def test_the_tables_for_platforms(kept: Folder, platform: str, who: str, score: str) -> None:
    """Everybody's final score, from the ledger and reports of version 0.1."""
    table = kept.results.parent / "table.csv"
    kept.run("export", platform, kept.results, "--out", table)
    with (kept.course / "roster.csv").open(encoding="utf-8", newline="") as file:
        people = {row["canvas_id"]: row["student_id"] for row in csv.DictReader(file)}
    rows = [row for row in csv.DictReader(io.StringIO(table.read_text("utf-8-sig"))) if row[who]]
    assert {people.get(row[who], row[who]): float(row[score]) for row in rows} == {
        student: said["earned"] for student, said in STUDENTS.items()
    }


def test_the_feedback_is_read(kept: Folder) -> None:
    """Reports of version 0.1 become Gradescope's results, a file for each student with what it earned."""
    table, feedback = kept.results.parent / "table.csv", kept.results.parent / "feedback.zip"
    kept.run("export", "gradescope", kept.results, "--out", table, "--feedback", feedback)
    with zipfile.ZipFile(feedback) as archive:
        read = [json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")]
    assert sorted(one["score"] for one in read) == sorted(said["raw"] for said in STUDENTS.values())


def test_the_gradebook(kept: Folder) -> None:
    """Homework and quiz together, from the results and the quiz's table of version 0.1: everybody's total."""
    pages = kept.results.parents[1] / "pages"
    scores = KEPT / "scores" / "midterm.csv"
    kept.run("gradebook", "--from", kept.results, "--from", scores, "--out", pages)
    with (pages / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    for said in EXPECTED["gradebook"]:
        if (student := said["student_id"]) in {*STUDENTS, "hal", "ivy"}:
            for name in ("total_percent", "midterm", "midterm possible", "tiny", "tiny possible"):
                assert rows[student][name] == said[name], (student, name)
