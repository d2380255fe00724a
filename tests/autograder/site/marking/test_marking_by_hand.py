"""Marking by hand through the pages: anonymous, in an order of its own, by a rubric that may change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from live_server import Student
from marking_site import (
    QUESTION,
    TASK,
    WORK,
    MarkingSite,
    answer_paths,
    fields_of,
    mark,
    marking_site,
    points_on,
)
from tiny_course import ASSIGNMENT

from autograder.results.final_scores import GradedAssignment
from autograder.results.ledger import TaskMarked, read_ledger
from autograder.results.results_folder import Results
from autograder.site.homework.assignments import published
from autograder.site.homework.ledger_transfer import export_ledger
from autograder.site.homework.scores import attempts_of
from autograder.site.ledger_check import check_ledgers
from autograder.site.people import COURSE

ANSWERS = {"ann": "Because the derivative of 2x is 2.", "bob": "It doubles."}


@pytest.fixture
def site(address: str, tmp_path: Path) -> Iterator[MarkingSite]:
    """A site with two answers to each question."""
    with marking_site(address, tmp_path, **ANSWERS) as site:
        yield site


def items_on(page: str) -> dict[str, str]:
    """The ids of the rubric's items by their texts, on the page of an answer."""
    return {
        text.strip(): id
        for id, text in re.findall(
            r'name="item" value="([^"]+)"[^>]*>\s*<span>(?:<kbd>\d</kbd>)?\s*([^<]*?)\s*<small>', page
        )
    }


def answer_of(marker: Student, words: str, question: str = QUESTION) -> str:
    """The address of the answer with these words."""
    return next(path for path in answer_paths(marker, question) if words in marker.page(path))


def test_a_marker_sees_no_names(site: MarkingSite) -> None:
    """No page on the way to a mark names a student; the order of the answers differs by question."""
    tim = site.person("tim")
    orders = []
    for question in (QUESTION, f"{WORK}/questions/written:why-mean", TASK):
        pages = [tim.page(question), *map(tim.page, answer_paths(tim, question))]
        assert not any(re.search(r"\b(ann|bob)\b", page, re.IGNORECASE) for page in pages)
        orders.append([path.rpartition("/")[2] for path in answer_paths(tim, question)])
    assert len({code for order in orders for code in order}) == 6


def test_marking_one_after_another(site: MarkingSite) -> None:
    """A mark by the rubric counts with its items as words for the student, and the next answer follows."""
    tim, ann = site.person("tim"), site.person("ann")
    assert site.score("ann") == "4.5 of 4.5 points so far"
    path = answer_of(tim, ANSWERS["ann"])
    items = items_on(tim.page(path))
    sent = mark(tim, path, item=[items["It names the derivative."]], comment="Say why.")
    assert sent.status_code == 303
    following = tim.http.get(sent.headers["Location"]).headers["Location"]
    assert following == answer_of(tim, ANSWERS["bob"])
    assert points_on(tim.page(path)) == "0.5"
    assert site.score("ann") == "5 of 5.5 points so far"
    submission = re.search(r"/submissions/[\w-]+", ann.page(f"/homework/{ASSIGNMENT}"))
    assert submission is not None
    assert "It names the derivative (+0.5). Say why." in ann.page(submission[0])
    mark(tim, following, points="0.25")
    last = tim.http.get(f"{QUESTION}/next")
    assert last.headers["Location"] == QUESTION and "No answer waits for you" in tim.page(QUESTION)


@pytest.mark.parametrize(
    "fields",
    [{"points": "2"}, {"points": "lots"}, {"points": "0.12345"}, {"adjust": "x"}, {"item": ["nothing"]}],
)
def test_points_that_cannot_be(site: MarkingSite, fields: dict[str, object]) -> None:
    """They are refused in a sentence, and nothing is stored."""
    tim = site.person("tim")
    path = answer_paths(tim)[0]
    refused = mark(tim, path, **fields)
    assert (refused.status_code == 409 and "Go back" in refused.text) or "Reload" in refused.text
    assert points_on(tim.page(path)) == "–"


def test_two_people_on_one_mark(site: MarkingSite) -> None:
    """The second is shown both marks and chooses; neither is lost from the history."""
    tim, ina = site.person("tim"), site.person("ina")
    path = answer_paths(tim)[0]
    of_ina = fields_of(ina.page(path), path)
    assert mark(tim, path, points="0.75", comment="Good.").status_code == 303
    both = ina.post(path, **{**of_ina, "points": "0.25", "comment": "Weak."})
    assert both.status_code == 409
    assert "0.75 of 1. Good." in both.text and "0.25 of 1. Weak." in both.text
    assert points_on(tim.page(path)) == "0.75"
    form = both.text.split('role="alert"')[1]
    mine = ina.post(path, **fields_of(form, path))
    assert mine.status_code == 303
    page = ina.page(path)
    assert points_on(page) == "0.25"
    assert "0.75 of 1. Good." in page and "0.25 of 1. Weak." in page


def test_undo(site: MarkingSite) -> None:
    """It brings back the mark before, or none; only the mark that the page showed is undone."""
    tim = site.person("tim")
    path = answer_paths(tim)[0]
    items = items_on(tim.page(path))
    mark(tim, path, item=[items["It says why."]])
    mark(tim, path, item=[], points="1", comment="Full.")
    undo = fields_of(tim.page(path), f"{path}/undo")
    assert tim.post(f"{path}/undo", **undo).status_code == 303
    page = tim.page(path)
    assert points_on(page) == "0.5" and f'value="{items["It says why."]}" data-points="0.5" checked' in page
    assert tim.post(f"{path}/undo", **undo).status_code == 409
    first = tim.page(path)
    mark(tim, path, withdraw="yes")
    assert points_on(tim.page(path)) == "–"
    assert points_on(first) == "0.5"


def test_undo_brings_back_no_mark_of_other_words(site: MarkingSite) -> None:
    """Where the mark before was for an earlier answer, the new one waits again: nobody has marked it."""
    site.live.publish(counts="last")
    tim = site.person("tim")
    mark(tim, answer_of(tim, ANSWERS["ann"]), points="1", comment="Right.")
    site.submit("ann", "I do not know.")
    path = answer_of(tim, "I do not know.")
    assert "The points are for an earlier answer" in tim.page(path)
    mark(tim, path, points="0.25", comment="Hm.")
    undo = fields_of(tim.page(path), f"{path}/undo")
    assert tim.post(f"{path}/undo", **undo).status_code == 303
    assert points_on(tim.page(path)) == "–"
    assert site.score("ann") == "4.5 of 4.5 points so far"


def test_a_changed_item_changes_everybody_who_has_it(site: MarkingSite) -> None:
    """The difference is shown before anything is stored; a new item changes nobody."""
    tim, ina = site.person("tim"), site.person("ina")
    path, other = answer_of(tim, ANSWERS["ann"]), answer_of(tim, ANSWERS["bob"])
    items = items_on(tim.page(path))
    mark(tim, path, item=list(items.values()))
    mark(tim, other, points="0.5", comment="By feeling.")
    form = fields_of(ina.page(QUESTION), "/rubric")
    added = ina.post(
        f"{QUESTION}/rubric", **{**form, "item_text": [*form["item_text"][:2], "A drawing.", "", ""]}
    )
    assert added.status_code == 303  # nobody has the new item, so there is nothing to confirm
    assert points_on(tim.page(path)) == "1"

    form = fields_of(ina.page(QUESTION), "/rubric")
    points = ["0.25", *form["item_points"][1:]]
    shown = ina.post(f"{QUESTION}/rubric", **{**form, "item_points": points, "reason": "Too generous."})
    assert shown.status_code == 200
    assert "1 mark changes" in shown.text and "Nothing is stored before you confirm" in shown.text
    assert points_on(tim.page(path)) == "1"
    confirmed = ina.post(f"{QUESTION}/rubric", **fields_of(shown.text, "/rubric"))
    assert confirmed.status_code == 303
    site.recalculate()
    assert points_on(tim.page(path)) == "0.75"
    assert points_on(tim.page(other)) == "0.5"
    assert "It names the derivative (+0.25)." in tim.page(path)
    assert site.score("ann") == "5.25 of 5.5 points so far"
    assert "Too generous." in ina.page(QUESTION)


def test_a_changed_item_changes_attempts_that_do_not_count_now(site: MarkingSite) -> None:
    """Each mark once, whichever attempt counts: it may be the one that counts later."""
    tim, ina = site.person("tim"), site.person("ina")
    for words in (ANSWERS["ann"], "Another answer."):
        if words != ANSWERS["ann"]:
            site.submit("ann", words)
        path = answer_of(tim, words)
        mark(tim, path, item=list(items_on(tim.page(path)).values()))
    form = fields_of(ina.page(QUESTION), "/rubric")
    points = ["0.25", *form["item_points"][1:]]
    shown = ina.post(f"{QUESTION}/rubric", **{**form, "item_points": points, "reason": "Too generous."})
    assert "2 marks change" in shown.text
    assert ina.post(f"{QUESTION}/rubric", **fields_of(shown.text, "/rubric")).status_code == 303
    site.recalculate()
    with site.server.database.reading() as connection:
        row = published(connection, COURSE, ASSIGNMENT)
        attempts = attempts_of(connection, site.server.course, COURSE, row, "ann")
    assert [attempt.answers[0].earned for attempt in attempts] == [Decimal("0.75")] * 2


def test_two_people_on_one_rubric(site: MarkingSite) -> None:
    """The second is shown the other's rubric beside their own, and chooses."""
    tim, ina = site.person("tim"), site.person("ina")
    of_tim, of_ina = (fields_of(who.page(QUESTION), "/rubric") for who in (tim, ina))
    texts = of_tim["item_text"]
    assert tim.post(
        f"{QUESTION}/rubric", **{**of_tim, "item_text": [*texts[:2], "Tim's", "", ""]}
    ).is_redirect
    both = ina.post(f"{QUESTION}/rubric", **{**of_ina, "item_text": [*texts[:2], "Ina's", "", ""]})
    assert both.status_code == 409
    assert "Tim&#39;s" in both.text and "Ina&#39;s" in both.text
    assert ina.post(f"{QUESTION}/rubric", **fields_of(both.text, "/rubric")).is_redirect
    page = ina.page(QUESTION)
    assert "Ina&#39;s</textarea>" in page and "Tim&#39;s" in page  # the log keeps the other


def test_an_item_that_somebody_else_removed_comes_back(site: MarkingSite) -> None:
    """Whoever keeps their own rubric keeps the item; the difference is shown, and its marks have it again."""
    tim, ina = site.person("tim"), site.person("ina")
    path = answer_paths(tim)[0]
    mark(tim, path, item=list(items_on(tim.page(path)).values()))
    form = fields_of(ina.page(QUESTION), "/rubric")

    def changed(who: Student, **fields: object) -> httpx.Response:
        """Send the rubric, and once more where the page asks to confirm what it changes."""
        reply = who.post(f"{QUESTION}/rubric", **{**form, **fields, "token": who.token})
        assert reply.status_code == 200, reply.text
        return who.post(f"{QUESTION}/rubric", **fields_of(reply.text, "/rubric"))

    assert changed(tim, item_text=["", *form["item_text"][1:]]).is_redirect
    site.recalculate()
    assert points_on(tim.page(path)) == "0.5"
    both = ina.post(f"{QUESTION}/rubric", **form)
    assert both.status_code == 409
    form = fields_of(both.text, "/rubric")
    assert changed(ina).is_redirect
    site.recalculate()
    assert points_on(tim.page(path)) == "1"
    assert len(items_on(tim.page(path))) == 2


def test_a_mark_given_while_the_rubric_changes(site: MarkingSite) -> None:
    """What is confirmed is what was shown: an answer marked meanwhile is shown first."""
    tim, ina = site.person("tim"), site.person("ina")
    path, other = answer_paths(tim)
    items = items_on(tim.page(path))
    mark(tim, path, item=list(items.values()))
    form = fields_of(ina.page(QUESTION), "/rubric")
    changed = {**form, "item_points": ["0.1", *form["item_points"][1:]]}
    shown = ina.post(f"{QUESTION}/rubric", **changed)
    mark(tim, other, item=list(items.values()))
    again = ina.post(f"{QUESTION}/rubric", **fields_of(shown.text, "/rubric"))
    assert again.status_code == 200 and "2 marks change" in again.text
    assert ina.post(f"{QUESTION}/rubric", **fields_of(again.text, "/rubric")).is_redirect
    site.recalculate()
    assert [points_on(tim.page(where)) for where in (path, other)] == ["0.6", "0.6"]


def test_points_of_a_task(site: MarkingSite, tmp_path: Path) -> None:
    """A person's points stand in place of the task's checks, on pages and in the record of grades."""
    tim = site.person("tim")
    path = answer_paths(tim, TASK)[0]
    page = tim.page(path)
    assert "def double(" in page and "passed, 3 of 3" in page
    assert mark(tim, path, points="1").status_code == 409  # without a word why
    assert mark(tim, path, points="1", comment="Copied from the handout.").status_code == 303
    assert sorted(map(site.score, ANSWERS)) == ["2.5 of 4.5 points so far", "4.5 of 4.5 points so far"]
    server = site.server
    with server.database.reading() as connection:
        assert check_ledgers(connection, COURSE, site.live.files, "").faults == []
    results = Results(tmp_path / "results")
    export_ledger(server.database, site.live.files, server.course, COURSE, ASSIGNMENT, results)
    lines, _ = read_ledger(results.ledger)
    assert [(line.task, line.earned) for line in lines if isinstance(line, TaskMarked)] == [("double", 1.0)]
    scores = GradedAssignment.read(results, server.course).final_scores
    assert sorted(score.earned for score in scores.values()) == [2.5, 4.5]
    mark(tim, path, withdraw="yes", comment="A mistake.")
    assert list(map(site.score, ANSWERS)) == ["4.5 of 4.5 points so far"] * 2


def test_notes_and_saved_comments(site: MarkingSite) -> None:
    """Graders see each other's notes and comments; no page of the student has the note."""
    tim, ina, ann = site.person("tim"), site.person("ina"), site.person("ann")
    path = answer_of(tim, ANSWERS["ann"])
    assert tim.post(f"{path}/notes", note="Compare with the other one.").is_redirect
    assert tim.post(f"{path}/notes", note="  ").status_code == 409
    assert "Compare with the other one." in ina.page(path)
    assert tim.post(f"{QUESTION}/comments", text="See chapter 2.").is_redirect
    page = ina.page(path)
    assert 'data-comment="See chapter 2."' in page
    number = re.search(r'name="remove" value="(\d+)"', ina.page(QUESTION))
    assert number is not None
    assert ina.post(f"{QUESTION}/comments", remove=number[1]).is_redirect
    assert "See chapter 2." not in ina.page(path)
    pages = [
        ann.page(link)
        for link in re.findall(r'href="(/submissions/[^"]*)"', ann.page(f"/homework/{ASSIGNMENT}"))
    ]
    assert pages and not any("Compare with" in page for page in pages)


def test_keys_can_be_switched_off(site: MarkingSite) -> None:
    """Without them the page's script listens to no key (WCAG 2.1.4)."""
    tim = site.person("tim")
    path = answer_paths(tim)[0]
    assert 'data-keys="on"' in tim.page(path)
    assert tim.post("/marking/keys", off="yes", back=path).headers["Location"] == path
    assert "data-keys" not in tim.page(path)
    tim.post("/marking/keys", back="https://elsewhere.example/")
    assert 'data-keys="on"' in tim.page(path)


def test_students_have_no_marking_pages(site: MarkingSite) -> None:
    """For a student they do not exist, and their forms change nothing."""
    tim, bob = site.person("tim"), site.person("bob")
    path = answer_paths(tim)[0]
    for page in ("/marking", WORK, QUESTION, f"{QUESTION}/next", path):
        assert bob.http.get(page).status_code == 404
    for act in (
        path,
        f"{path}/undo",
        f"{path}/notes",
        f"{QUESTION}/rubric",
        f"{WORK}/assign",
        "/marking/conflicts",
    ):
        assert bob.post(act, points="1", seen="0").status_code == 404
    assert points_on(tim.page(path)) == "–"
