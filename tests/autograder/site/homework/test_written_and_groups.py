"""Written answers and groups on the site: who owns a submission, what counts meanwhile, who marks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from homework_site import HomeworkSite, Visitor, publish, serving
from tiny_course import ASSIGNMENT
from written_course import answered_notebook, write_written_course

CLASS = f"/staff/homework/{ASSIGNMENT}"
WORDS = {"why-two": "The derivative of 2x is 2.", "why-mean": "The batch size does not matter then."}
GROUPS = "group,student_id\nTeam A,ann\nTeam A,bob\nTeam A,nobody-here\nTeam B,ann\n"


def local(moment: datetime) -> str:
    """A time as course.yaml has it."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


@contextmanager
def site_of_a_group(folder: Path) -> Iterator[HomeworkSite]:
    """A running site: Ann and Bob are a group, the due time has passed, and Ann has an extension."""
    now = datetime.now(UTC)
    course = write_written_course(
        folder,
        f"students:\n  ann: {{assignments: {{{ASSIGNMENT}: {{due: '{local(now + timedelta(days=9))}'}}}}}}\n",
    )
    (course.root / "groups.csv").write_text(GROUPS, encoding="utf-8")
    file = course.root / "assignments" / ASSIGNMENT / "assignment.yaml"
    due = f"points: 6\ndue: '{local(now - timedelta(hours=30))}'\nlate: {{per_day: 0.1}}\n"
    file.write_text(file.read_text(encoding="utf-8").replace("points: 6\n", due, 1), encoding="utf-8")
    publish(course)
    with serving(course, "--graders", "1") as site:
        yield site


def submitted_by_ann(site: HomeworkSite) -> str:
    """The path of Ann's graded submission for her group."""
    ann = site.visitor("ann")
    path = ann.submitted(answered_notebook(site.course, WORDS))
    ann.graded(path)
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site with a group."""
    with site_of_a_group(tmp_path_factory.mktemp("course")) as site:
        yield site


@pytest.fixture(scope="module")
def submitted(site: HomeworkSite) -> str:
    """The path of Ann's graded submission for her group."""
    return submitted_by_ann(site)


def marked(visitor: Visitor, path: str, **fields: str) -> int:
    """Send the form of the written answers with the versions that the page shows; the status of the reply."""
    page = visitor.page(path)
    seen = dict(re.findall(r'name="(seen-[^"]*)" value="(\d+)"', page))
    names = {name.replace("_", "-"): value for name, value in fields.items()}
    data = {"token": visitor.token, **seen, **names}
    return visitor.http.post(f"{path}/answers", data=data).status_code


def test_a_group_s_submission(site: HomeworkSite, submitted: str) -> None:
    """Each member sees the submission and its feedback under the own name; each by their own due date."""
    ann, bob = site.visitor("ann"), site.visitor("bob")
    page = bob.page(submitted)
    assert "Ann submitted it for your group: you and Ann." in page
    assert "2 days late" in page and "2 days late" not in ann.page(submitted)
    assert ">bob<" in bob.page(f"{submitted}/feedback") and ">ann<" in ann.page(f"{submitted}/feedback")
    assert bob.http.get(f"{submitted}/file").content == ann.http.get(f"{submitted}/file").content
    assert "3.6 of 4.5 points so far" in bob.page("/")
    assert "4.5 of 4.5 points so far" in ann.page("/")


@pytest.mark.full
def test_before_a_partner_is_hurt(site: HomeworkSite) -> None:
    """The page names the group before the upload, and for whom it is late."""
    page = site.visitor("ann").page(f"/homework/{ASSIGNMENT}")
    assert "You submit for your group:</strong> you and Bob" in page
    assert "For Bob it is 2 days late." in page
    assert "It is 2 days late." in site.visitor("bob").page(f"/homework/{ASSIGNMENT}")


@pytest.mark.full
def test_the_same_bytes_by_a_partner(site: HomeworkSite, submitted: str) -> None:
    """The latest bytes again are the same submission, whichever member sends them."""
    assert site.visitor("bob").submitted(answered_notebook(site.course, WORDS)) == submitted


def test_the_class_counts_a_group_s_submission_once(site: HomeworkSite, submitted: str) -> None:
    """Both members are in the table with their own scores; faults in groups.csv are told to staff."""
    ina = site.visitor("ina")
    page = ina.page(CLASS)
    assert "<dd>2 <small>of 2</small></dd>" in page
    assert "nobody-here is not on the roster" in page and "ann is in two groups" in page
    (waiting,) = re.findall(r"\d+ answers? waits? for your mark", page)
    assert f": {waiting}</a>" in ina.page("/") and f": {waiting}</a>" in ina.page("/marking")
    assert f'href="/marking/homework/{ASSIGNMENT}' in page
    assert ">Bob<" not in ina.page(f"{CLASS}?show=missing") and "Nobody." in ina.page(f"{CLASS}?show=missing")
    assert ">Bob<" in ina.page(f"{CLASS}?show=late") and ">Ann<" not in ina.page(f"{CLASS}?show=late")
    assert ">Ann<" in ina.page(f"{CLASS}?show=unmarked&sort=-score")


@pytest.fixture
def unmarked(tmp_path: Path) -> Iterator[tuple[HomeworkSite, str]]:
    """A site with a graded submission of a group, which nobody has marked."""
    with site_of_a_group(tmp_path) as site:
        yield site, submitted_by_ann(site)


def test_marks_of_written_answers(unmarked: tuple[HomeworkSite, str]) -> None:
    """A score is so far until a person has marked; marks count for each member and stay with the words."""
    site, submitted = unmarked
    ina, tim, ann = site.visitor("ina"), site.visitor("tim"), site.visitor("ann")
    staff = f"/staff{submitted}"
    page = ina.page(staff)
    assert WORDS["why-two"] in page and "It names the derivative." in page
    assert marked(ina, staff, points_why_two="1.5") == 409
    assert marked(ina, staff, points_why_two="lots") == 409
    assert marked(ina, staff, comment_why_two="No points") == 409
    assert marked(ina, staff, points_why_two="0,5", comment_why_two="The why is missing") == 303
    late = {"seen-why-two": "0", "points-why-two": "1", "token": tim.token}
    assert tim.http.post(f"{staff}/answers", data=late).status_code == 409
    assert "5 of 5.5 points so far" in ann.page("/")
    assert "The why is missing" in ann.page(submitted)
    assert marked(ina, staff, points_why_mean="0.5", points_why_two="0.5", comment_why_two="The why") == 303
    assert "5.5 of 6 points" in ann.page("/") and "so far" not in ann.page("/")
    assert "4.4 of 6 points" in site.visitor("bob").page("/")

    other = {**WORDS, "why-mean": "I have thought again."}
    again = ann.submitted(answered_notebook(site.course, other))
    page = ann.graded(again)
    assert "5.5 of 6 points" in page
    assert "for an earlier answer" in page
    page = ina.page(f"/staff{again}")
    assert "The points are for an earlier answer" in page
    taken_back = marked(ina, staff, points_why_two="", comment_why_two="", points_why_mean="0.5")
    assert taken_back == 303
    assert "5 of 5 points so far" in ann.page(submitted)
