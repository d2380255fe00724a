"""Regrade requests: their window and number, who answers, the appeal, and the regrade for all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fake_clock import MINUTE
from live_server import Student
from marking_site import QUESTION, TASK, MarkingSite, answer_paths, fields_of, mark, marking_site

REQUESTS = "/regrade-requests"
HOUR = 60 * MINUTE


@pytest.fixture
def site(address: str, tmp_path: Path) -> Iterator[MarkingSite]:
    """A site with two answers; both of Ann and Bob are marked by Tim with half of the points."""
    with marking_site(address, tmp_path, ann="It is 2.", bob="It doubles.") as site:
        for path in answer_paths(site.person("tim")):
            mark(site.person("tim"), path, points="0.5", comment="Say why.")
        yield site


def submission(student: Student) -> str:
    """The id of a student's submission."""
    found = re.search(r'"/submissions/([\w-]+)"', student.page("/homework/tiny"))
    assert found is not None
    return found[1]


def later(site: MarkingSite, hours: float) -> None:
    """Let time pass; who was signed in signs in again."""
    site.server.fake.pass_(round(hours * HOUR))
    for person in site.people.values():
        person.sign_in()


def asked(student: Student, text: str = "I say why.", part: str = "written:why-two", **more: str) -> int:
    """Send a request about the student's own answer; the status of the reply."""
    values = {"kind": "homework", "answer": submission(student), "part": part, "text": text, **more}
    return student.post(REQUESTS, **values).status_code


def answered(staff: Student, number: int = 1, **fields: str) -> httpx.Response:
    """Send the answer of a member of staff, with the mark that the page shows."""
    page = staff.page(f"{REQUESTS}?show=all")
    path = f"{REQUESTS}/{number}/answer"
    seen = fields_of(page, path) if f'"{path}"' in page else {"seen": ["0"]}
    return staff.post(path, **{**seen, "text": "I looked again.", **fields})


def test_the_window(site: MarkingSite) -> None:
    """Requests open a day after the result was shown and close a week later, as the page says."""
    ann = site.person("ann")
    assert asked(ann) == 409
    page = ann.page(f"/submissions/{submission(ann)}")
    assert page.count("Requests can be made from ") == 1 and "<summary>Request a regrade" not in page
    later(site, 25)
    assert "<summary>Request a regrade" in ann.page(f"/submissions/{submission(ann)}")
    assert asked(ann, text="  ") == 409
    assert asked(ann) == 303
    assert asked(ann) == 409  # once is enough
    later(site, 8 * 24)
    assert asked(ann, part="task:double") == 409
    assert "the time for requests is over" in ann.page(f"/submissions/{submission(ann)}")


def test_a_request_that_succeeds(site: MarkingSite) -> None:
    """It goes to the marker; the new points count, before and after are shown, and the token comes back."""
    ann, tim, ina = site.person("ann"), site.person("tim"), site.person("ina")
    later(site, 25)
    assert asked(ann) == 303
    assert "You have 2 requests left" in ann.page(REQUESTS)
    waits = '<a href="/regrade-requests">1 regrade request waits for an answer</a>'
    assert waits in tim.page("/") and waits in ina.page("/") and "waits for an answer" not in ann.page("/")
    assert "For Tim, who marked it." in tim.page(REQUESTS)
    assert answered(tim, points="5").status_code == 409
    assert answered(tim, text="").status_code == 409
    assert answered(tim, points="1", text="You do, sorry.").status_code == 303
    assert waits not in tim.page("/")
    page = " ".join(ann.page(REQUESTS).split())
    assert "points changed" in page and "0.5 → <strong>1</strong> of 1" in page and "You do, sorry." in page
    assert "You have 3 requests left" in page
    assert site.score("ann") == "5.5 of 5.5 points so far"
    assert answered(ina).status_code == 409  # it was answered
    history = ann.page(f"/submissions/{submission(ann)}")
    assert "Tim gave 0.5: Say why." in history and "Tim gave 1: You do, sorry." in history


def test_an_appeal_goes_to_another(site: MarkingSite) -> None:
    """Who answered first cannot decide it; the second answer is final, and everything stays readable."""
    ann, tim, ina = site.person("ann"), site.person("tim"), site.person("ina")
    later(site, 25)
    asked(ann)
    appeal = f"{REQUESTS}/1/appeal"
    assert ann.post(appeal, text="No.").status_code == 409
    answered(tim)
    assert site.person("bob").post(appeal, text="Me too.").status_code == 404
    assert ann.post(appeal, text="It is there in the second line.").status_code == 303
    assert answered(tim).status_code == 403
    assert "somebody else decides the appeal" in tim.page(REQUESTS)
    assert answered(ina, points="0.75", text="Half of it.").status_code == 303
    page = ann.page(REQUESTS)
    for words in ("I say why.", "I looked again.", "It is there in the second line.", "Half of it."):
        assert words in page
    assert ann.post(appeal, text="Still no.").status_code == 409


def test_tokens(site: MarkingSite) -> None:
    """After three requests without success there is none left; the course may set another number."""
    ann = site.person("ann")
    later(site, 25)
    parts = ("written:why-two", "task:double", "task:mean_square")
    assert [asked(ann, part=part) for part in parts] == [303] * 3
    for path in answer_paths(site.person("tim"), QUESTION.replace("why-two", "why-mean")):
        mark(site.person("tim"), path, points="0")
    later(site, 25)
    refused = ann.post(
        REQUESTS, kind="homework", answer=submission(ann), part="written:why-mean", text="And this."
    )
    assert refused.status_code == 409 and "You have used your 3 regrade requests." in refused.text
    file = site.server.course.root / "course.yaml"
    file.write_text(file.read_text("utf-8") + "regrade_requests: {tokens: 4}\n", encoding="utf-8")
    assert asked(ann, part="written:why-mean") == 303


def test_two_people_on_one_request(site: MarkingSite) -> None:
    """Points for a mark that somebody changed meanwhile are refused, and the request still waits."""
    ann, tim, ina = site.person("ann"), site.person("tim"), site.person("ina")
    later(site, 25)
    asked(ann)
    form = fields_of(ina.page(REQUESTS), f"{REQUESTS}/1/answer")
    for path in answer_paths(tim):
        mark(tim, path, points="0.6", comment="Better.")
    late = ina.post(f"{REQUESTS}/1/answer", **{**form, "text": "Full.", "points": "1"})
    assert late.status_code == 409 and "meanwhile" in late.text
    assert "0.6" in site.person("tim").page(answer_paths(tim)[0])
    assert answered(ina, points="1").status_code == 303


def test_the_check_is_wrong(site: MarkingSite) -> None:
    """An instructor's answer proposes the regrade of everybody, with the request as its reason."""
    ann, tim, ina = site.person("ann"), site.person("tim"), site.person("ina")
    later(site, 25)
    asked(ann, part="task:double", text="The check wants the wrong sign.")
    assert answered(tim, check_is_wrong="yes").status_code == 403
    sent = answered(ina, check_is_wrong="yes", text="You are right.")
    assert sent.status_code == 303
    page = ina.page(sent.headers["Location"])
    assert "Regrade request 1: You are right." in page and "0 of 2 submissions graded" in page


def test_a_refused_answer_proposes_no_regrade(site: MarkingSite) -> None:
    """Without a text, with points for an older mark, or answered meanwhile: the class is not graded again."""
    ann, tim, ina = site.person("ann"), site.person("tim"), site.person("ina")
    later(site, 25)
    asked(ann, part="task:double", text="The check wants the wrong sign.")
    regrades = "/staff/homework/tiny/regrades"
    assert answered(ina, check_is_wrong="yes", text=" ").status_code == 409
    assert answered(ina, check_is_wrong="yes", points="3", seen="77").status_code == 409
    assert answered(tim).status_code == 303
    assert answered(ina, check_is_wrong="yes").status_code == 409
    assert ina.get(regrades, headers={"Accept": "application/json"}).json() == []


def test_other_people_s_answers(site: MarkingSite) -> None:
    """Nobody requests for another, and no student answers, or sees others' requests."""
    ann, bob = site.person("ann"), site.person("bob")
    later(site, 25)
    of_ann = {"kind": "homework", "answer": submission(ann), "part": "written:why-two", "text": "Mine."}
    assert bob.post(REQUESTS, **of_ann).status_code == 404
    assert bob.post(REQUESTS, **{**of_ann, "kind": "exam"}).status_code == 404
    assert bob.post(REQUESTS, **{**of_ann, "answer": "nothing"}).status_code == 404
    asked(ann)
    assert "I say why." not in bob.page(REQUESTS)
    assert bob.post(f"{REQUESTS}/1/answer", text="Yes.", points="1").status_code == 404
    assert answer_paths(site.person("tim"), TASK)
