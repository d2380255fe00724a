"""Staff in the browser: the class, one submission, hold and release, points by hand, grading again."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command import autograder
from homework_site import HomeworkSite, Visitor, publish, serving, solved, with_mistake
from patience import eventually
from tiny_course import ASSIGNMENT, write_tiny_course

CLASS = f"/staff/homework/{ASSIGNMENT}"


@contextmanager
def running(folder: Path) -> Iterator[HomeworkSite]:
    """A site with one grader beside it; what is submitted is late."""
    course = write_tiny_course(folder)
    file = course.root / "assignments" / ASSIGNMENT / "assignment.yaml"
    late = "points: 6\ndue: 2026-05-18 12:00\nlate: {per_day: 0.01, at_most: 0.1}\n"
    file.write_text(file.read_text(encoding="utf-8").replace("points: 6\n", late, 1), encoding="utf-8")
    publish(course)
    with serving(course, "--graders", "1") as site:
        yield site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[HomeworkSite]:
    """A site of its own, where nobody has submitted."""
    with running(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A site for all tests that leave results released, no points set by hand and the version published."""
    with running(tmp_path_factory.mktemp("course")) as site:
        yield site


def post(visitor: Visitor, path: str, **fields: str) -> int:
    """Send a form; the status of the reply."""
    return visitor.http.post(path, data={"token": visitor.token, **fields}).status_code


def staff_path(path: str) -> str:
    """The staff's page of a submission."""
    return path.replace("/submissions", "/staff/submissions")


def test_the_class(site: HomeworkSite) -> None:
    """The table names everybody, whoever has not submitted too; the commonest mistake has its hint."""
    ann, ina = site.visitor("ann"), site.visitor("ina")
    ann.graded(ann.submitted(with_mistake(site.course)))
    page = ina.page(CLASS)
    assert "<dd>1 <small>of 2</small></dd>" in page
    assert re.search(r"Bob.*?Not submitted", page, re.DOTALL)
    assert "The factor 2 is missing" in page
    assert "Ann" not in ina.page(f"{CLASS}?find=bob").split("<tbody>")[-1]
    for sort in ("score", "state", "late", "nonsense"):
        assert "Bob" in ina.page(f"{CLASS}?sort={sort}&page=99")


def test_hold_and_release(shared_site: HomeworkSite) -> None:
    """While results are held, no page of a student has a score or a report; staff see both."""
    site = shared_site
    bob, ina = site.visitor("bob"), site.visitor("ina")
    path = bob.submitted(with_mistake(site.course))
    bob.graded(path)
    assert post(ina, f"{CLASS}/release", hold="yes") == 303
    held = [bob.page(page) for page in ("/", f"/homework/{ASSIGNMENT}", path)]
    assert not [page for page in held if re.search(r"[345][.\d]* of 6 points</strong>", page)]
    assert "look at the results before you see them" in held[1]
    assert bob.http.get(f"{path}/feedback").status_code == 403
    assert "The factor 2 is missing" in ina.page(f"{staff_path(path)}/feedback")
    assert post(ina, f"{CLASS}/release", now="yes") == 303
    assert "The factor 2 is missing" in bob.page(f"{path}/feedback")


def test_points_by_hand(shared_site: HomeworkSite) -> None:
    """Points set with a reason count; a second person is told of the first; they can be withdrawn."""
    site = shared_site
    bob, ina = site.visitor("bob"), site.visitor("ina")
    path = bob.submitted(with_mistake(site.course))
    bob.graded(path)
    points = f"{staff_path(path)}/points"
    assert post(ina, points, points="5.5", reason="", seen="0") == 409
    for typed in ("many", "1_0", "5.12345"):  # neither ten points nor a rounded number
        assert post(ina, points, points=typed, reason="so", seen="0") == 409
    assert post(ina, points, points="5.5", reason="A typing error", seen="0") == 303
    assert post(ina, points, points="1", reason="At the same time", seen="0") == 409
    page = bob.page(f"/homework/{ASSIGNMENT}")
    assert "5.5 of 6 points" in page and "set by hand (A typing error)" in page
    seen = re.search(r'name="seen" value="(\d+)"', ina.page(staff_path(path)))
    assert seen is not None
    assert post(ina, points, withdraw="yes", reason="Not so", seen=seen[1]) == 303
    assert "set by hand" not in bob.page(f"/homework/{ASSIGNMENT}")


def test_the_notebook_is_text(shared_site: HomeworkSite) -> None:
    """Whatever a notebook holds, its page for staff has no markup of it."""
    site = shared_site
    notebook = json.loads(solved(site.course))
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": f"# {evil}"}
    kinds = ("text/html", "image/svg+xml", "text/markdown", "application/javascript", "text/plain")
    data = [{"output_type": "display_data", "metadata": {}, "data": {kind: evil}} for kind in kinds]
    data.append({"output_type": "stream", "name": "stdout", "text": [evil]})
    data.append({"output_type": "error", "ename": evil, "evalue": evil, "traceback": [evil]})
    data.append({"output_type": "display_data", "metadata": {}, "data": {"image/png": evil}})
    notebook["cells"] += [
        {**cell, "outputs": data},
        {"cell_type": "markdown", "metadata": {}, "source": f"{evil} [a link](javascript:alert(1))"},
    ]
    ann, ina = site.visitor("ann"), site.visitor("ina")
    path = ann.submitted(json.dumps(notebook).encode())
    page = ina.page(staff_path(path))
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page and "<img src=x" not in page
    assert 'href="javascript' not in page and "data:image/png;base64,PHN" not in page
    policy = ina.http.get(staff_path(path)).headers["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_pictures_have_addresses(shared_site: HomeworkSite) -> None:
    """A notebook's pictures are not in the page but at addresses of it; a number too many is not found."""
    site = shared_site
    notebook = json.loads(solved(site.course))
    pictures = [b"\x89PNG\r\n\x1a\n" + bytes([n]) * 50_000 for n in (1, 2)]
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": b64encode(picture).decode()}}
        for picture in pictures
    ]
    code = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "plot()"}
    notebook["cells"].append({**code, "outputs": outputs})
    ann, ina = site.visitor("ann"), site.visitor("ina")
    path = ann.submitted(json.dumps(notebook).encode())
    page = ina.page(staff_path(path))
    assert len(page) < 60_000 and "data:" not in page
    addresses = re.findall(r'<img [^>]*src="([^"]+)"', page)
    found = [ina.http.get(address) for address in addresses]
    assert [answer.content for answer in found] == pictures
    assert {answer.headers["Content-Type"] for answer in found} == {"image/png"}
    assert ina.http.get(addresses[0].replace("/1", "/3")).status_code == 404
    assert ann.http.get(addresses[0]).status_code == 404


@pytest.mark.full
def test_grading_again_with_new_checks(site: HomeworkSite) -> None:
    """After the assignment is published anew, staff see which scores are old and grade them again."""
    ann, ina = site.visitor("ann"), site.visitor("ina")
    path = ann.submitted(with_mistake(site.course))
    ann.graded(path)
    assert "earlier version" not in ina.page(CLASS)
    solution = site.course.root / "solutions" / ASSIGNMENT / "checks.py"
    solution.write_text(solution.read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")
    assert autograder("publish", ASSIGNMENT, folder=site.course.root).returncode == 0
    assert "earlier version of the assignment" in ina.page(CLASS)
    regrade = f"{CLASS}/regrades"
    assert post(ina, regrade, scope="counting", reason="A remark") == 303
    assert eventually(lambda: "waits for its release" in ina.page(f"{regrade}/1"))
    assert "earlier version" in ina.page(CLASS)
    assert post(ina, f"{regrade}/1/release") == 303
    assert eventually(lambda: "earlier version" not in ina.page(CLASS))


def test_students_have_no_staff_pages(shared_site: HomeworkSite) -> None:
    """For a student the staff's pages do not exist, and their forms change nothing."""
    site = shared_site
    ann, bob = site.visitor("ann"), site.visitor("bob")
    path = ann.submitted(solved(site.course))
    for page in (CLASS, staff_path(path), f"{staff_path(path)}/feedback"):
        assert bob.http.get(page).status_code == 404
        assert ann.http.get(page).status_code == 404
    assert post(bob, f"{staff_path(path)}/points", points="6", reason="mine", seen="0") == 404
    assert post(bob, f"{CLASS}/release") == 404
    assert post(bob, f"{CLASS}/grade-again") == 404
    assert post(bob, f"{CLASS}/regrades", scope="all", reason="mine") == 404
