"""Finding written answers in a notebook, whatever happened to ids, tags, headings and kinds of cells."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_factory import make_check, make_report, make_task

from autograder.report import WrittenAnswer, summarize_report
from autograder.submissions.written_answers import (
    PLACEHOLDER,
    WrittenText,
    answer_cell_source,
    answer_tag,
    written_text,
)

TITLE, TASK = "A dead unit", "dead-unit"
OTHER_TITLE, OTHER_TASK = "The depth", "depth"


def cell(source: str, kind: str = "markdown", **more: Any) -> dict[str, Any]:
    """A cell as Jupyter saves it."""
    return {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True), **more}


def answer_cell(task: str, title: str) -> dict[str, Any]:
    """The handout's cell for an answer."""
    tags = {"metadata": {"tags": [answer_tag(task)]}, "id": f"written-{task}"}
    return cell(answer_cell_source(title)) | tags


def notebook() -> list[dict[str, Any]]:
    """A handout with two answers, one right after the other."""
    return [
        cell("# Homework"),
        cell("Question 1"),
        answer_cell(TASK, TITLE),
        cell("Question 2"),
        answer_cell(OTHER_TASK, OTHER_TITLE),
        cell("check()", "code"),
    ]


GIVEN = ["".join(cell["source"]) for cell in notebook()]


def found(cells: list[Any]) -> WrittenText | None:
    """The first answer."""
    return written_text(cells, GIVEN, TASK, TITLE)


def answered(text: str) -> list[dict[str, Any]]:
    """The notebook with an answer in place of the placeholder."""
    cells = notebook()
    cells[2]["source"] = "".join(cells[2]["source"]).replace(PLACEHOLDER, text).splitlines(keepends=True)
    return cells


def without_metadata(cells: list[dict[str, Any]]) -> None:
    """Colab and converters drop tags and give new ids."""
    for number, each in enumerate(cells):
        each["metadata"] = {}
        each["id"] = f"new{number}"


def without_heading(cells: list[dict[str, Any]]) -> None:
    """The student overwrote the whole cell."""
    cells[2]["source"] = [line for line in cells[2]["source"] if "Your answer" not in line]


def as_code(cells: list[dict[str, Any]]) -> None:
    """A wrong key press makes the cell code."""
    cells[2]["cell_type"] = "code"


def as_raw(cells: list[dict[str, Any]]) -> None:
    """Another wrong key press."""
    cells[2]["cell_type"] = "raw"


def one_string(cells: list[dict[str, Any]]) -> None:
    """Some tools write each source as one string, with Windows line ends."""
    for each in cells:
        each["source"] = "".join(each["source"]).replace("\n", "\r\n")


def other_heading(cells: list[dict[str, Any]]) -> None:
    """The heading's marks and case were edited."""
    cells[2]["source"] = [line.replace("#### Your answer", "**your answer**") for line in cells[2]["source"]]


def moved(cells: list[dict[str, Any]]) -> None:
    """Cells in another order."""
    cells.insert(0, cells.pop(2))


def odd_cells(cells: list[Any]) -> None:
    """What is not a cell stands between them."""
    cells[1:1] = [None, 7, {"cell_type": "markdown"}, {"source": 3}, {"metadata": 5, "source": "x"}]


DAMAGE = [without_metadata, without_heading, as_code, as_raw, one_string, other_heading, moved, odd_cells]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_found_whatever_happened(damage: Any) -> None:
    """Tag, id or heading is enough, and the text is the student's words alone."""
    cells = answered("Its weights stay as they are.\n\nFor ever.")
    damage(cells)
    answer = found(cells)
    assert answer is not None
    assert answer.text.replace("\r", "") == "Its weights stay as they are.\n\nFor ever."


def test_cells_added_below() -> None:
    """An answer written in new cells below its own belongs to it; what follows in the handout does not."""
    cells = notebook()
    cells[3:3] = [cell("The gradient is 0."), cell("So nothing moves.", "raw")]
    answer = found(cells)
    assert answer is not None
    assert answer.text == "The gradient is 0.\n\nSo nothing moves."
    other = written_text(cells, GIVEN, OTHER_TASK, OTHER_TITLE)
    assert other is not None
    assert other.text == ""


def test_untouched_and_missing() -> None:
    """The handout's own cell is an empty answer; a notebook without the cell has none."""
    untouched = found(notebook())
    assert untouched is not None
    assert (untouched.text, untouched.cell) == ("", 3)
    cells = notebook()
    del cells[2]
    assert found(cells) is None


def test_a_copied_cell() -> None:
    """Who copies the cell and writes in the copy has answered once."""
    cells = answered("Never again.")
    cells.insert(3, copy.deepcopy(cells[2]))
    cells.insert(4, copy.deepcopy(notebook()[2]))
    answer = found(cells)
    assert answer is not None
    assert answer.text == "Never again."


@given(
    st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="#"), max_size=200)
)
def test_any_words_are_kept(words: str) -> None:
    """Whatever is written is found again, but for white space at the ends, by tag as by heading."""
    text = " ".join(f"w{words}w".split())
    by_tag, by_heading = answered(text), answered(text)
    without_heading(by_tag)
    without_metadata(by_heading)
    for cells in (by_tag, by_heading):
        answer = found(cells)
        assert answer is not None
        assert answer.text == text


def test_the_digest_is_of_words() -> None:
    """White space changes no digest, a word does: a mark is for these words."""
    assert WrittenText("a  b\n", 1).digest == WrittenText("a b", 9).digest != WrittenText("a c", 1).digest


@pytest.mark.parametrize(
    ("blanks", "headline"),
    [
        (0, "everything passed"),
        (1, "everything passed, and a written answer is blank"),
        (2, "everything passed, and 2 written answers are blank"),
    ],
)
def test_blank_answers_in_the_headline(blanks: int, headline: str) -> None:
    """Where every check passed, the headline says why the points are not all there."""
    answers = [
        WrittenAnswer(task=f"q{number}", title=TITLE, points=1, blank=number < blanks) for number in range(2)
    ]
    report = make_report(make_task("relu", make_check()), written=answers)
    assert summarize_report(report).headline == headline
