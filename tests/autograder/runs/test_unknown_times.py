"""A time of submission that is not known is said wherever its student's score is, and costs nothing."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from command import autograder
from correct_notebook import SOURCE, notebook
from examples import one_in
from tiny_course import ASSIGNMENT, write_tiny_course

DUE = "points: 6\ndue: 2026-02-01T12:00\nlate: {per_day: 0.5}\n"
UNKNOWN = "The time of submission is not known, so lateness costs nothing: "
HEAD = "Identifier,Full name,Email address,Status,Grade,Last modified (submission)\n"
BOB = "Participant 12,bob,,,,2026-01-05 12:00\n"
GRADESCOPE = """---
submission_1:
  :submitters:
  - :name: Ann
    :sid: ann
  :created_at: {}
submission_2:
  :submitters:
  - :name: Bob
    :sid: bob
  :created_at: 2026-01-05 12:00:00.000000000 Z
"""

# The files beside the notebook of ann, whose time is not known, and of bob, whose time is; and what is said.
CASES: dict[str, tuple[dict[str, str | bytes], str]] = {
    "nbgrader, unreadable": (
        {
            "submitted/ann/tiny/tiny.ipynb": "",
            "submitted/ann/tiny/timestamp.txt": "last Tuesday",
            "submitted/bob/tiny/tiny.ipynb": "",
            "submitted/bob/tiny/timestamp.txt": "2026-01-05 12:00:00 UTC",
        },
        "'last Tuesday' cannot be read as a time",
    ),
    "nbgrader, another zone's abbreviation": (
        {
            "submitted/ann/tiny/tiny.ipynb": "",
            "submitted/ann/tiny/timestamp.txt": "2026-01-05 12:00:00 XYZT",
            "submitted/bob/tiny/tiny.ipynb": "",
            "submitted/bob/tiny/timestamp.txt": "2026-01-05 12:00:00 UTC",
        },
        "'2026-01-05 12:00:00 XYZT' cannot be read as a time",
    ),
    "nbgrader, empty": (
        {
            "submitted/ann/tiny/tiny.ipynb": "",
            "submitted/ann/tiny/timestamp.txt": "",
            "submitted/bob/tiny/tiny.ipynb": "",
            "submitted/bob/tiny/timestamp.txt": "2026-01-05 12:00:00 UTC",
        },
        "there is no timestamp.txt, or it is empty",
    ),
    "nbgrader, missing": (
        {
            "submitted/ann/tiny/tiny.ipynb": "",
            "submitted/bob/tiny/tiny.ipynb": "",
            "submitted/bob/tiny/timestamp.txt": "2026-01-05 12:00:00 UTC",
        },
        "there is no timestamp.txt, or it is empty",
    ),
    "nbgrader, not text": (
        {
            "submitted/ann/tiny/tiny.ipynb": "",
            "submitted/ann/tiny/timestamp.txt": b"\xff\xfe\x00",
            "submitted/bob/tiny/tiny.ipynb": "",
            "submitted/bob/tiny/timestamp.txt": "2026-01-05 12:00:00 UTC",
        },
        "timestamp.txt",
    ),
    "Moodle, no row of the worksheet": (
        {
            "ann_11_assignsubmission_file_/tiny.ipynb": "",
            "bob_12_assignsubmission_file_/tiny.ipynb": "",
            "sheet.csv": HEAD + BOB,
        },
        "neither a grading worksheet nor the download says it",
    ),
    "Moodle, a time that cannot be read": (
        {
            "ann_11_assignsubmission_file_/tiny.ipynb": "",
            "bob_12_assignsubmission_file_/tiny.ipynb": "",
            "sheet.csv": f"{HEAD}Participant 11,ann,,,,28.11 at noon\n{BOB}",
        },
        "'28.11 at noon' cannot be read as a time",
    ),
    "Gradescope, a time that cannot be read": (
        {
            "submission_1/tiny.ipynb": "",
            "submission_2/tiny.ipynb": "",
            "submission_metadata.yml": GRADESCOPE.format("'?'"),
        },
        "submission_metadata.yml gives no time that can be read",
    ),
}


def lay_out(folder: Path, files: dict[str, str | bytes]) -> Path:
    """The files below a directory; an empty notebook is a correct one, another for each path."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".ipynb"):
            content = notebook(f"# {name}", SOURCE)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def course_with(tmp_path: Path, policy: str) -> Path:
    """A course whose assignment has this policy in place of the points alone."""
    course = write_tiny_course(tmp_path / "course").root
    yaml = course / "assignments" / ASSIGNMENT / "assignment.yaml"
    yaml.write_text(yaml.read_text().replace("points: 6\n", policy, 1))
    return course


def text_of(page: Path) -> str:
    """A page's text, tags left out."""
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text()))


@pytest.mark.parametrize("case", one_in(3, CASES))
def test_it_is_said_everywhere(tmp_path: Path, case: str) -> None:
    """In the terminal, in the ledger, on the class page, on the student's page, and on nobody else's."""
    files, reason = CASES[case]
    course, out = course_with(tmp_path, DUE), tmp_path / "out"
    folder = lay_out(tmp_path / "class", files)
    completed = autograder("grade", ASSIGNMENT, folder, "--out", out, folder=course)
    assert completed.returncode == 0, completed.stderr
    printed = " ".join(completed.stdout.split())
    assert "ann" in printed and "is not known, so lateness costs nothing" in printed and reason in printed
    lines = [json.loads(line) for line in (out / "ledger.jsonl").read_text().splitlines()[1:]]
    reasons = {line["student"].partition(" ")[0]: line.get("time_problem", "") for line in lines}
    assert reason in reasons["ann"] and reasons["bob"] == ""
    pages = {path.stem[:3]: text_of(path) for path in (out / "feedback").iterdir()}
    assert UNKNOWN in pages["ann"] and reason in pages["ann"]
    assert UNKNOWN not in pages["bob"]
    class_page = " ".join(text_of(out / "index.html").split())
    assert re.search(rf"ann( \(11\))?: .*{re.escape(reason)}", class_page)


def test_it_is_taken_back(tmp_path: Path) -> None:
    """A time that becomes known later counts, and nothing says any more that it is not."""
    course, out = course_with(tmp_path, DUE), tmp_path / "out"
    files, reason = CASES["nbgrader, missing"]
    folder = lay_out(tmp_path / "class", files)
    for _ in range(2):  # the second time there is nothing to add
        autograder("grade", ASSIGNMENT, folder, "--out", out, folder=course)
        assert (out / "ledger.jsonl").read_text().count("\n") == 3
    assert autograder("verify", out, folder=course).returncode == 0
    lay_out(folder, {"submitted/ann/tiny/timestamp.txt": "2026-02-02 11:00:00 UTC"})
    completed = autograder("grade", ASSIGNMENT, folder, "--out", out, folder=course)
    assert completed.returncode == 0 and "is not known" not in completed.stdout
    assert reason not in text_of(out / "index.html") + text_of(out / "feedback" / "ann.html")
    assert "1 day late" in text_of(out / "feedback" / "ann.html")


def test_without_a_due_date_it_matters_to_nobody(tmp_path: Path) -> None:
    """The ledger holds the reason, should a date be set; pages do not mention it until then."""
    course, out = course_with(tmp_path, "points: 6\n"), tmp_path / "out"
    files, reason = CASES["nbgrader, unreadable"]
    folder = lay_out(tmp_path / "class", files)
    autograder("grade", ASSIGNMENT, folder, "--out", out, folder=course)
    assert reason in (out / "ledger.jsonl").read_text()
    assert reason not in text_of(out / "index.html") + text_of(out / "feedback" / "ann.html")
    yaml = course / "assignments" / ASSIGNMENT / "assignment.yaml"
    yaml.write_text(yaml.read_text().replace("points: 6\n", DUE, 1))
    assert autograder("refresh", out, folder=course).returncode == 0
    assert reason in text_of(out / "index.html") and reason in text_of(out / "feedback" / "ann.html")


@pytest.mark.parametrize(
    ("policy", "mentioned"), [(DUE, True), ("points: 6\n", False)], ids=["due", "no date"]
)
def test_a_plain_directory(tmp_path: Path, policy: str, mentioned: bool) -> None:
    """A directory of notebooks has no times: where there is a due date, one sentence says so."""
    course = course_with(tmp_path, policy)
    folder = lay_out(tmp_path / "class", {"ann.ipynb": "", "bob/tiny.ipynb": ""})
    completed = autograder("grade", ASSIGNMENT, folder, "--out", tmp_path / "out", folder=course)
    assert ("have no times of submission, so lateness costs nothing" in completed.stdout) is mentioned
