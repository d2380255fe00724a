"""Downloads of Canvas, Moodle, Gradescope and nbgrader, laid out as each of them does it."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.course.groups import Groups
from autograder.course.roster import Person, Roster, letters
from autograder.errors import UsageError
from autograder.lms.layouts import collect_submissions
from autograder.submissions.class_archive import unpacked
from autograder.submissions.collecting import CollectedSubmissions

ROSTER = Roster(
    (
        Person("s1", "Lovelace", "Ada", email="ada@example.org", canvas_id="11", moodle_id="71"),
        Person("s2", "O'Brien-Núñez", "Zoë", email="zoe@example.org", canvas_id="12", gradescope_sid="007"),
        Person("s3", "Kim", "Min", canvas_id="13", moodle_id="73", email="kim1@example.org"),
        Person("s4", "Kim", "Min", canvas_id="14", moodle_id="74", email="kim2@example.org"),
    )
)
CANVAS = (
    "lovelaceada_11_500_hw1.ipynb",
    "lovelaceada_LATE_11_620_hw1-1.ipynb",
    "obriennúñezzoë_12_501_my notebook, final-2.ipynb",
    "kimmin_13_502_hw1.ipynb",
    "kimmin_LATE_14_503_hw1.ipynb",
    "strangerbob_99_504_hw1.ipynb",
    "writereve_98_505_essay.pdf",
)
MOODLE = (
    "Ada Lovelace_71_assignsubmission_file_/hw1.ipynb",
    "Group A-Zoë O'Brien-Núñez_72_assignsubmission_file_/x, \u202ey.ipynb",
    "Min Kim_73_assignsubmission_file_/hw1.ipynb",
    "Min Kim_74_assignsubmission_file_/hw1.ipynb",
    "Bob Stranger_79_assignsubmission_file_/hw1.ipynb",
    "Ada Lovelace_71_assignsubmission_onlinetext_/onlinetext.html",
)
METADATA = """\
submission_456:
  :submitters:
  - :name: Ada Lovelace
    :sid: ''
    :email: ada@example.org
  - :name: "Zoë"
    :sid: 007
    :email: other@example.org
  :created_at: 2026-02-03 04:05:06.123456789 Z
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    score: 3
submission_789:
  :submitters:
  - :name: Bob Stranger
    :email: bob@example.org
  :created_at: 2026-02-03 04:05:06.000000000 -08:00
"""


def archive(folder: Path, files: dict[str, str]) -> Path:
    """A ZIP of files."""
    path = folder / "submissions.zip"
    with zipfile.ZipFile(path, "w") as whole:
        for name, text in files.items():
            whole.writestr(name, text)
    return path


def lay_out(folder: Path, files: dict[str, str]) -> Path:
    """The same as a folder."""
    for name, text in files.items():
        path = folder / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "class"


@pytest.fixture(params=["folder", "zip", "inner folder"])
def collect(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Files, read as a folder and as a ZIP, with and without a folder around them."""

    def read(files: dict[str, str] | tuple[str, ...], roster: Roster = ROSTER) -> CollectedSubmissions:
        whole = files if isinstance(files, dict) else dict.fromkeys(files, "{}")
        if request.param == "inner folder":
            whole = {f"outer/{name}": text for name, text in whole.items()}
        make = lay_out if request.param == "folder" else archive
        with unpacked(make(tmp_path, whole)) as (directory, left):
            result = collect_submissions(directory, "hw1", roster)
            self_told = [unmatched.name for unmatched in left]
        return CollectedSubmissions(
            result.entries, result.unmatched, result.layout + (" told" if self_told else "")
        )

    return read


def test_canvas(collect) -> None:  # type: ignore[no-untyped-def]
    """Every attempt is kept, oldest first; late marks are read; strangers and essays are told."""
    result = collect(CANVAS)
    assert result.layout.startswith("canvas")
    assert [(submission.student, submission.attempt, submission.marked_late) for submission in result] == [
        ("s1", 500, False),
        ("s1", 620, True),
        ("s2", 501, False),
        ("s3", 502, False),
        ("s4", 503, True),
    ]
    newest = {submission.student: submission.attempt for submission in result}
    assert list(newest.values()) == [620, 501, 502, 503]
    why = {unmatched.name: unmatched.reason for unmatched in result.unmatched}
    assert "not on the roster" in why["strangerbob_99_504_hw1.ipynb"]
    assert "not a notebook" in why["writereve_98_505_essay.pdf"]


def test_canvas_without_a_roster(collect) -> None:  # type: ignore[no-untyped-def]
    """Two of one name stay apart by Canvas's number."""
    students = {submission.student for submission in collect(CANVAS, Roster())}
    assert {"kimmin (13)", "kimmin (14)", "lovelaceada (11)"} <= students


def test_canvas_with_names_hidden(collect) -> None:  # type: ignore[no-untyped-def]
    """Anonymous downloads have a code for a name."""
    result = collect(("anon_x7Kp2_500_hw1.ipynb", "LATE_anon_b3Qz9_501_hw1.ipynb"), Roster())
    assert [(submission.student, submission.marked_late) for submission in result] == [
        ("anon_b3Qz9", True),
        ("anon_x7Kp2", False),
    ]


@pytest.mark.parametrize("team", ["Team Alpha", "Team 7", "Team_7"])
def test_canvas_groups(tmp_path: Path, team: str) -> None:
    """Of a group Canvas writes the name and one member's number: it is every member's submission."""
    slug = team.replace(" ", "").lower()
    files = {f"{slug}_11_500_hw1.ipynb": "{}", "kimmin_13_501_hw1.ipynb": "{}"}
    groups = Groups({letters(team): ("s1", "s2")})
    result = collect_submissions(lay_out(tmp_path, files), "hw1", ROSTER, groups=groups)
    assert [submission.student for submission in result] == ["s1", "s2", "s3"]
    assert result.layout == "canvas" and result.unmatched == ()


def test_canvas_several_notebooks_in_one_submission(collect) -> None:  # type: ignore[no-untyped-def]
    """They are one submission; the one named after the assignment is first, and both are read with it."""
    result = collect(("lovelaceada_11_5_scratch.ipynb", "lovelaceada_11_4_hw1-3.ipynb"))
    assert [submission.attempt for submission in result] == [4]
    assert "hw1" in result[0].origin
    assert result[0].files is not None
    assert [name for name, _ in result[0].files] == ["scratch.ipynb", "hw1.ipynb"]


def test_moodle_folders(collect) -> None:  # type: ignore[no-untyped-def]
    """The number tells two of one name apart; a group's name before the student's does no harm."""
    result = collect(MOODLE)
    assert (result.layout, [submission.student for submission in result]) == (
        "moodle",
        ["s1", "s2", "s3", "s4"],
    )
    assert [unmatched.reason for unmatched in result.unmatched] == ["Bob Stranger is not on the roster."]
    assert result[0].origin == "Ada Lovelace_71_assignsubmission_file_"
    assert len({submission.student for submission in collect(MOODLE, Roster())}) == 5


def test_moodle_single_files(collect) -> None:  # type: ignore[no-untyped-def]
    """Without folders the same names stand before the file's own."""
    names = tuple(name.replace("_/", "_") for name in MOODLE[:4])
    assert [submission.student for submission in collect(names)] == ["s1", "s2", "s3", "s4"]


@pytest.mark.parametrize("has_roster", [False, True])
@pytest.mark.parametrize("random", ["", "+aB3_-xyzXYZ9"])
@pytest.mark.parametrize("zone", ["UTC", "+00"])
def test_the_inbound_directory_of_nbgrader_s_exchange(
    tmp_path: Path, has_roster: bool, random: str, zone: str
) -> None:
    """Each attempt is its student's, at the time in its name; other assignments' are passed over."""
    names = [f"s1+hw1+2026-05-04 {time}:00.000000" for time in ("19:58", "20:01")]
    names += [f"s2+{assignment}+2026-05-04 20:00:00.000000" for assignment in ("hw1", "hw2")]
    files = {f"{name} {zone}{random}/hw1.ipynb": "{}" for name in names}
    result = collect_submissions(lay_out(tmp_path, files), "hw1", ROSTER if has_roster else Roster())
    assert (result.layout, result.unmatched) == ("nbgrader", ())
    assert [(submission.student, submission.submitted) for submission in result] == [
        ("s1", datetime(2026, 5, 4, 19, 58, tzinfo=UTC)),
        ("s1", datetime(2026, 5, 4, 20, 1, tzinfo=UTC)),
        ("s2", datetime(2026, 5, 4, 20, 0, tzinfo=UTC)),
    ]
    assert not any(submission.read("hw1").problem.startswith("There is no") for submission in result)


def test_gradescope(collect) -> None:  # type: ignore[no-untyped-def]
    """A group's submission is each member's; ids keep their zeros; times have their zone."""
    result = collect(
        {
            "assignment_1_export/submission_metadata.yml": METADATA,
            "assignment_1_export/submission_456/hw1.ipynb": "{}",
            "assignment_1_export/submission_789/other.ipynb": "{}",
            "assignment_1_export/submission_790/hw1.ipynb": "{}",
        }
    )
    when = datetime(2026, 2, 3, 4, 5, 6, 123456, UTC)
    assert [(submission.student, submission.submitted) for submission in result] == [
        ("s1", when),
        ("s2", when),
    ]
    assert {unmatched.name for unmatched in result.unmatched} == {"submission_789", "submission_790"}


def test_a_name_that_disagrees(collect) -> None:  # type: ignore[no-untyped-def]
    """Canvas's number of somebody whose name is another is refused."""
    result = collect({"lovelaceada_11_500_hw1.ipynb": "{}", "wrongsam_12_501_hw1.ipynb": "{}"})
    assert [submission.student for submission in result] == ["s1"]
    assert "not wrongsam" in result.unmatched[0].reason


def test_a_name_that_disagrees_with_the_address(collect) -> None:  # type: ignore[no-untyped-def]
    """Gradescope's address of somebody whose name is another is refused."""
    metadata = METADATA.replace(":name: Ada Lovelace", ":name: Somebody Else")
    assert metadata != METADATA
    result = collect({"export/submission_metadata.yml": metadata, "export/submission_456/hw1.ipynb": "{}"})
    assert "s1" not in [submission.student for submission in result]
    assert any("not Somebody Else" in unmatched.reason for unmatched in result.unmatched)


def test_nbgrader(collect) -> None:  # type: ignore[no-untyped-def]
    """The time is in timestamp.txt."""
    files = {
        "submitted/s1/hw1/hw1.ipynb": "{}",
        "submitted/s1/hw1/timestamp.txt": "2026-02-03 15:58:23.948203 America/Los_Angeles\n",
        "submitted/s2/hw1/hw1.ipynb": "{}",
        "submitted/s2/hw1/timestamp.txt": "yesterday",
    }
    result = collect(files)
    assert [submission.student for submission in result] == ["s1", "s2"]
    assert result[0].submitted is not None
    assert result[0].submitted.astimezone(UTC).hour == 23
    assert result[1].submitted is None


def test_a_student_cannot_write_the_time(collect) -> None:  # type: ignore[no-untyped-def]
    """Outside nbgrader's own folder a timestamp.txt is the student's."""
    files = {
        "s1/hw1/hw1.ipynb": "{}",
        "s1/hw1/timestamp.txt": "2001-01-01 00:00:00 UTC",
        "s2/hw1.ipynb": "{}",
    }
    assert [submission.submitted for submission in collect(files)] == [None, None]


def test_plain_names_are_no_platforms(tmp_path: Path) -> None:
    """Notebooks that only remind of a platform are students' own."""
    names = ("s1_1_2_x.ipynb", "s2.ipynb", "Ada_Lovelace_3.ipynb")
    result = collect_submissions(lay_out(tmp_path, dict.fromkeys(names, "{}")), "hw1")
    assert (result.layout, len(result)) == ("folder", 3)


def test_nobody_on_the_roster(tmp_path: Path) -> None:
    """When nobody can be placed, the first reason is said."""
    folder = lay_out(tmp_path, {"Bob.ipynb": "{}", "Eve.ipynb": "{}"})
    with pytest.raises(UsageError, match="is not on the roster"):
        collect_submissions(folder, "hw1", ROSTER)


@pytest.mark.parametrize("text", ["- [", "just text", "a: !!python/object:os.system {}"])
def test_metadata_that_is_none(tmp_path: Path, text: str) -> None:
    """Metadata that cannot be read is a sentence that names the file."""
    folder = lay_out(tmp_path, {"submission_metadata.yml": text, "submission_1/hw1.ipynb": "{}"})
    with pytest.raises(UsageError, match=r"submission_metadata\.yml"):
        collect_submissions(folder, "hw1")
