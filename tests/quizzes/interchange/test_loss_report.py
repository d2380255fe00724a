"""What is lost is said item by item, in the terminal and on a page, in no library's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from event_loops import commanded
from qti_packages import (
    canvas_document,
    canvas_item,
    choice_list,
    correct,
    item21,
    package,
    points,
    response21,
)

from autograder.errors import UsageError
from quizzes.cli import app
from quizzes.interchange.importing import import_package
from quizzes.interchange.report_page import report_page

LIBRARY = re.compile(
    r"pydantic|validation error|ValueError|KeyError|should (be|have)|Input |List should|at most \d+ item|"
    r"not well-formed|mismatched tag|NoneType|Traceback|Decimal\(|syntax error|codec",
    re.IGNORECASE,
)
YES_NO = [("1", "yes"), ("2", "no")]


def question(title: str, rows: list[tuple[str, str]], html: str = "<p>Which?</p>") -> str:
    """A choice whose first option is right."""
    rules = points(correct("response1", rows[0][0]))
    return canvas_item(title, "multiple_choice_question", html, choice_list("response1", rows), rules)


ODD = {
    "too many options": question("Odd", [(str(n), f"option {n}") for n in range(30)]),
    "one option": question("Odd", [("1", "only")]),
    "no text": question("Odd", YES_NO, ""),
    "equal options": question("Odd", [("1", "yes"), ("2", "yes")]),
    "TeX that cannot be read": question("Odd", YES_NO, "<p>\\(\\nonsense{x}\\)</p>"),
    "no response": canvas_item("Odd", "multiple_choice_question", "<p>?</p>", ""),
    "too many gaps": canvas_item(
        "Odd",
        "fill_in_multiple_blanks_question",
        "".join(f"[g{n}] " for n in range(20)),
        "".join(choice_list(f"response_g{n}", [(f"a{n}", "word")], about=f"g{n}") for n in range(20)),
        "".join(points(correct(f"response_g{n}", f"a{n}"), "5", "Add") for n in range(20)),
    ),
    "a number that is none": canvas_item(
        "Odd",
        "numerical_question",
        "<p>?</p>",
        choice_list("response1", YES_NO).replace("response_lid", "response_str"),
        points(correct("response1", "a lot")),
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_sentences_are_the_authors(name: str, tmp_path: Path) -> None:
    """Whatever is wrong with an item, one sentence names it and says why, without a library's words."""
    path = package(tmp_path / "x.zip", {"q.xml": canvas_document(ODD[name], question("Plain", YES_NO))})
    made = import_package(path, "bank")
    about_odd = [sentence for title, sentence in made.lost if title == "Odd"]
    assert made.items == 1 and about_odd[0].startswith("It was left out: ")
    assert not LIBRARY.search(" ".join(about_odd)), about_odd
    assert about_odd[0].endswith(".") and not about_odd[0].endswith("..")


def test_the_command_and_its_page(tmp_path: Path) -> None:
    """The same sentences in the terminal and on the page; those that were left out come first."""
    (tmp_path / "course.yaml").write_text("title: C\n", encoding="utf-8")
    path = package(
        tmp_path / "x.zip",
        {
            "q.xml": canvas_document(question("Plain", [*YES_NO, ("3", "")]), ODD["one option"]),
            "r.xml": item21("Third &amp; &lt;last&gt;", response21([]), "<hotspotInteraction/>"),
        },
    )
    page = tmp_path / "report.html"
    words = ["import", str(path), "--bank", "b", "--report", str(page), "--course", str(tmp_path)]
    result = commanded(app, words)
    assert result.exception is None
    assert "Plain: An empty option was dropped." in result.stdout
    assert "1 item in" in result.stdout and ", 2 left out" in result.stdout
    html = page.read_text("utf-8")
    assert html.index("Odd") < html.index("Plain") and "Third &amp; &lt;last&gt;" in html
    for line in result.stdout.splitlines()[:-1]:
        _, _, sentence = line.partition(": ")
        assert sentence.split("“")[0].strip() in html


def test_a_page_without_losses() -> None:
    """It says so."""
    assert "Nothing was lost." in report_page("Import", "3 items.", ())


def test_a_package_of_which_nothing_is_left(tmp_path: Path) -> None:
    """The error has the sentences of its items."""
    path = package(tmp_path / "x.zip", {"q.xml": canvas_document(ODD["one option"])})
    with pytest.raises(UsageError, match="Odd: It was left out: it has fewer than 2 options"):
        import_package(path, "bank")
