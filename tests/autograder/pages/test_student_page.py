"""The student's page says everything that is in the report."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from parsed_page import ParsedPage, parse
from report_factory import make_check, make_report, make_task
from sample_report import realistic_report, wrong_gradient

from autograder.pages.rendering import LOOKS
from autograder.pages.student_page import student_page
from autograder.report import (
    CheckResult,
    Curve,
    Evidence,
    FunctionSource,
    Number,
    Score,
    Status,
    TaskReport,
    Worst,
)

NUMBERS: st.SearchStrategy[Number] = st.floats() | st.sampled_from(["nan", "inf", "-inf"])


def page_with(*checks: CheckResult) -> ParsedPage:
    """The page of a report with one task."""
    return parse(student_page(make_report(make_task("relu", *checks))))


def test_heading_names_what_and_who() -> None:
    """The page is headed by the assignment's title and names the student and the course."""
    page = parse(student_page(make_report(), title="Losses", course="Deep Learning"))
    assert [heading.text for heading in page.all("h1")] == ["Losses"]
    assert "Ada Lovelace" in page.body
    assert "Deep Learning" in page.body


def test_without_a_title_the_id_stands_in() -> None:
    """Without a title the assignment's id is the heading."""
    assert parse(student_page(make_report())).all("h1")[0].text == "hw1-activations"


def test_score_is_a_number_and_a_bar() -> None:
    """The score is there as a number, and as a bar of that length."""
    page = page_with(make_check(points=3), make_check(Status.FAILED, 1))
    assert "3 of 4 points" in page.body
    bar = page.by_id("score-title").parent
    assert bar is not None
    assert [rect.attributes["width"] for rect in bar.find("rect")] == ["100%", "75%"]


def test_extra_credit_goes_beyond_the_bar() -> None:
    """A score above all points fills the bar, and the number is the real one."""
    extra = make_task("extra", make_check(points=2), extra=True)
    html = student_page(make_report(make_task("relu", make_check(points=4)), extra))
    assert "6 of 4 points" in parse(html).body.replace("</strong>", "")
    assert "150%" in parse(html).body
    assert 'width="150%"' not in html


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_word(status: Status) -> None:
    """Each status is said in a word and drawn with a symbol of its own, not in colour alone."""
    page = page_with(make_check(status))
    assert LOOKS[status].word in page.body
    used = [element.attributes["href"] for element in page.all("use")]
    assert f"#{LOOKS[status].symbol}" in used
    page.by_id(LOOKS[status].symbol)


def test_no_two_statuses_look_alike() -> None:
    """Words and symbols of the statuses are all different, and no status is without."""
    assert set(LOOKS) == set(Status)
    assert len({look.word for look in LOOKS.values()}) == len(Status)
    assert len({look.symbol for look in LOOKS.values()}) == len(Status)


def test_what_to_repair_comes_first_and_open() -> None:
    """In a task, failing checks come first and are open; passed ones follow, closed."""
    passed = make_check(title="fine", message="A warning alone costs nothing.")
    page = page_with(
        passed, make_check(Status.SKIPPED, title="waits"), make_check(Status.FAILED, title="wrong")
    )
    assert [heading.text for heading in page.all("h3")] == ["wrong", "waits", "fine"]
    opened = ["open" in element.attributes for element in page.all("details") if element.find("h3")]
    assert opened == [True, True, False, False]  # those that passed, and the one with a message among them


WRITES: dict[str, Any] = {
    "cause": "named",
    "function": "relu",
    "mistake": "relu: writes_into_x",
    "hint": "Work on a copy.",
}


def relu_task(*checks: CheckResult) -> TaskReport:
    """A task with the source of its function, as a student wrote it."""
    text = "def relu(x):\n    x[x < 0] = 0\n    return x"
    source = FunctionSource(function="relu", cell=4, line=2, text=text)
    return make_task("relu", *checks).model_copy(update={"sources": [source]})


def test_one_reason_is_told_once() -> None:
    """Checks that fail for the same reason are under the first of them, counted, with their own evidence."""
    failed = [
        make_check(Status.FAILED, title=f"check {i}", message=f"entry {i} differs", **WRITES)
        for i in range(3)
    ]
    other = make_check(Status.FAILED, title="another", message="too slow", hint="Use an array.")
    page = parse(student_page(make_report(relu_task(*failed, other))))
    assert page.body.count("Work on a copy.") == 1
    assert "2 more checks fail for this reason" in page.body
    assert [heading.text for heading in page.all("h3")] == ["check 0", "check 1", "check 2", "another"]
    assert all(f"entry {i} differs" in page.body for i in range(3))


def test_hints_without_a_proven_cause_are_not_merged() -> None:
    """Two checks that say the same by themselves stay apart: nobody has shown that the reason is one."""
    checks = [make_check(Status.FAILED, title=f"check {i}", hint="Use an array.") for i in range(2)]
    assert page_with(*checks).body.count("Use an array.") == 2


def test_the_function_stands_beside_its_failure() -> None:
    """The source is shown with its cell, once in a task, and the line that the hint is about is marked."""
    place = "cell 4, line 3: x[x < 0] = 0"
    checks = [make_check(Status.FAILED, title=f"check {i}", place=place, **WRITES) for i in range(2)]
    more = make_check(Status.FAILED, title="curve", evidence=Evidence(call="relu(x)"))
    page = parse(student_page(make_report(relu_task(*checks, more))))
    assert page.body.count("Your relu, cell 4") == 1
    assert [mark.text.strip() for mark in page.all("mark")] == ["x[x < 0] = 0"]


def test_failed_tasks_come_first_and_passed_ones_are_folded() -> None:
    """Tasks with something to repair stand above those without, which are in one closed part, by name."""
    done, wrong = make_task("relu", make_check()), make_task("silu", make_check(Status.FAILED))
    page = parse(student_page(make_report(done, wrong)))
    headings = [heading.text for heading in page.all("h2") if heading.text in ("relu", "silu")]
    assert headings == ["silu", "relu"]
    (folded,) = [each for each in page.all("details") if each.find("h2")]
    assert "open" not in folded.attributes
    assert "1 task without anything to repair: relu" in folded.text


def test_digits_that_differ_are_pointed_out() -> None:
    """Of two numbers that begin alike, the digits from the first different one on are marked."""
    worst = Worst(index=[], got=-3.7378071, expected=-3.7377982, relative_error=2.4e-6)
    page = page_with(make_check(Status.FAILED, evidence=Evidence(worst=worst)))
    marked = [each.text for each in page.all("span") if each.attributes.get("class") == "differs"]
    assert marked == ["807", "798"]
    assert "-3.737807" in page.body


def test_a_passed_check_keeps_its_curves() -> None:
    """The curves of a passed check can still be looked at."""
    curve = Curve(label="relu(x)", x=[-1, 0, 1], got=[0, 0, 1], expected=[0, 0, 1])
    page = page_with(make_check(evidence=Evidence(curves=[curve])))
    assert "relu(x)" in [caption.text for caption in page.all("figcaption")]
    assert "your curve is the expected one" in page.by_id("task1-check1-curve0-desc").text


def test_a_broken_check_costs_nothing_and_says_so() -> None:
    """A broken check is said to be broken, to cost nothing, and to be known to the instructor."""
    page = page_with(make_check(), make_check(Status.ERROR))
    sentence = "This check itself is broken. It costs you nothing, and your instructor has been notified."
    assert sentence in page.body
    assert "1 of 1 check passed" in page.body


def test_a_skipped_check_says_what_it_waits_for() -> None:
    """The message of a skipped check is shown."""
    message = "Not run: “relu is right” has to pass first."
    assert message in page_with(make_check(Status.SKIPPED, message=message)).body


def test_start_points_at_the_first_check_with_advice() -> None:
    """The page says where to start, and the link leads to that check."""
    page = page_with(
        make_check(Status.MISSING, title="stub"), make_check(Status.FAILED, hint="h", title="sign")
    )
    link = next(element for element in page.all("a") if element.text == "sign")
    assert "sign" in page.by_id(link.attributes["href"][1:]).text


def test_all_evidence_is_shown() -> None:
    """Call, arguments, values, the worst entry, trace, print and drawings are on the page."""
    body = parse(student_page(realistic_report())).body
    for words in [
        "relu_backward(x, grad_out)",
        "shape (24, 24)",
        "0.721934",
        "grad_alpha[3, 1]",
        "2.7",
        "ValueError: matmul",
        "cell 14, line 9",
        "layer 0 (7, 20) (20, 50)",
        "Exactly columns 1 and 3.",
        "Known mistake: no mask",
        "The gradient passes everywhere here",
        "10 values are NaN and left out. 6 values are infinite and drawn at the edge.",
    ]:
        assert words in body, words


def test_footer_says_how_it_was_graded() -> None:
    """Sandbox, data set, seed, file, digest and versions are in the footer."""
    (footer,) = parse(student_page(realistic_report())).all("footer")
    for words in ["Landlock", "MNIST", "20250518", "hw1-activations.ipynb", "5f2c9e5f2c9e", "2.4.6"]:
        assert words in footer.text
    assert "5f2c9e" * 3 not in footer.text


def test_problem_and_notes_are_shown() -> None:
    """A file nobody could read is said at the top, and what was left out of a notebook is listed."""
    assert "It is a PDF." in parse(student_page(make_report(problem="It is a PDF."))).body
    assert "Cell 3, line 1 The line magic" in parse(student_page(realistic_report())).body


def test_a_file_that_could_not_be_read_is_one_message() -> None:
    """The page says why, once, and lists none of the checks that could not be run."""
    checks = [
        make_check(Status.MISSING, id=f"check{number}", title=f"Title {number}.") for number in range(49)
    ]
    body = parse(student_page(make_report(make_task("relu", *checks), problem="It is a PDF."))).body
    assert body.count("It is a PDF.") == 1
    assert "Title 7." not in body
    assert "Not written" not in body


def test_everything_passed() -> None:
    """Full marks are met with a kind word and nothing to start with."""
    body = page_with(make_check()).body
    assert "Everything passed." in body
    assert "Start here" not in body


def test_numbers_that_look_alike_are_told_apart() -> None:
    """Got and expected are written with enough digits to differ."""
    worst = Worst(index=[], got=1.00000001, expected=1.0, relative_error=1e-8)
    body = page_with(make_check(Status.FAILED, evidence=Evidence(worst=worst))).body
    assert "1.00000001" in body


def test_empty_report() -> None:
    """A report without tasks, a task without checks and points that are not numbers are still pages."""
    assert "0 of 0 checks passed" in parse(student_page(make_report())).body
    assert "relu" in page_with().body
    odd = make_report(make_task("relu", make_check()), score=Score(earned=math.nan, possible=math.inf))
    assert "0%" in parse(student_page(odd)).body


@given(
    x=st.lists(st.floats(), max_size=8),
    got=st.lists(NUMBERS, max_size=8),
    expected=st.lists(NUMBERS, max_size=8),
    worst=st.builds(
        Worst,
        index=st.lists(st.integers(), max_size=3),
        got=NUMBERS,
        expected=NUMBERS,
        relative_error=NUMBERS,
    ),
    wrong=st.lists(st.lists(st.booleans(), max_size=30), max_size=30),
)
@settings(max_examples=examples(150))
def test_any_numbers(
    x: list[float], got: list[Number], expected: list[Number], worst: Worst, wrong: list[list[bool]]
) -> None:
    """Whatever the numbers are, also NaN, infinite, huge or none, every drawing has finite places."""
    curve = Curve.model_construct(label="", x=x, got=got, expected=expected)
    evidence = Evidence.model_construct(worst=worst, wrong=wrong, curves=[curve])
    page = page_with(make_check(Status.FAILED, evidence=evidence), make_check(evidence=evidence))
    for element in page.elements:
        for name in ("x", "y", "x1", "y1", "d", "width", "height"):
            assert not re.search("nan|inf|e[+-]?[0-9]", element.attributes.get(name, "")), element


def test_ids_are_unique() -> None:
    """No id is used twice, also when checks share theirs, and every reference finds its id."""
    page = parse(student_page(make_report(make_task("relu", wrong_gradient(), wrong_gradient()))))
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        if element.attributes.get("href", "").startswith("#"):
            assert element.attributes["href"][1:] in ids
