"""A quiz on paper: every kind of question, versions that differ, and keys on their own page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from event_loops import commanded
from live_server import course_in
from markdown_it import MarkdownIt

from autograder.errors import UsageError
from quizzes.cli import app
from quizzes.cli.print_quiz import BROWSERS
from quizzes.content.items.choice import ChoiceQuestion
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.printed_page import PARTS
from quizzes.interchange.printing import LETTERS, printed_quiz


@pytest.mark.parametrize("version", ["A", "B"])
def test_every_kind(tmp_path: Path, version: str) -> None:
    """Each question is there with its points and room; the key is not, and names the letters as printed."""
    quiz = load_quiz(course_in(tmp_path / "course"), "all").quiz
    made = printed_quiz(quiz, version)
    assert made == printed_quiz(quiz, version)
    for number, question in enumerate(quiz.variants(f"paper {version}".encode()), start=1):
        assert f"## Question {number} (1 point)" in made.questions
        assert question.explanation not in made.questions
        assert f"\n{number}. " in made.answer_sheet
        if isinstance(question, ChoiceQuestion):
            (right, *more) = [LETTERS[question.order.index(id)] for id in sorted(question.right)]
            assert right in made.key.split(f"\n{number}. **")[1].split("**")[0].split(", ")
            assert all(f"**{letter}**" in made.questions for letter in (right, *more))
        if question.kind in ("numeric", "short_text"):
            assert f"{number}. {question.key_text}\n" in made.key
    html = MarkdownIt("commonmark").render(made.questions)
    assert html.count("<h2>") == 11
    assert f"version {version}" in made.questions and f"version {version}" in made.key


def test_the_command(tmp_path: Path) -> None:
    """Three files a version; versions have other numbers; a wrong name is told in a sentence."""
    root, out = course_in(tmp_path / "course").root, tmp_path / "paper"
    words = ["print", "quiz4", "--out", str(out), "--course", str(root)]
    assert commanded(app, words).exception is None
    texts = {path.name: path.read_text("utf-8") for path in out.iterdir()}
    assert len(texts) == 6
    assert texts["quiz4-A-questions.md"].replace("version A", "") != texts["quiz4-B-questions.md"].replace(
        "version B", ""
    )
    assert isinstance(commanded(app, [*words, "--versions", "../x"]).exception, UsageError)


def test_pages_with_formulas(tmp_path: Path) -> None:
    """HTML has the questions and letters of the Markdown, formulas as MathML, keys only in the key."""
    root, out = course_in(tmp_path / "course").root, tmp_path / "paper"
    words = ["print", "all", "--out", str(out), "--course", str(root), "--versions", "A"]
    assert commanded(app, [*words, "--format", "html"]).exception is None
    pages = {path.stem.rpartition("-")[2]: path.read_text("utf-8") for path in out.iterdir()}
    assert set(pages) == {"questions", "sheet", "key"}
    assert "<math" in pages["questions"] and "$" not in pages["questions"]
    quiz = load_quiz(course_in(tmp_path / "again"), "all").quiz
    for question in quiz.variants(b"paper A"):
        assert question.public_view().prompt in pages["questions"]
        assert question.explanation not in pages["questions"]
        assert f"</div><div>{question.explanation}</div>" in pages["key"]  # not in one line with the answer
        if isinstance(question, ChoiceQuestion):
            letters = ", ".join(sorted(LETTERS[question.order.index(id)] for id in question.right))
            assert f"<b>{letters}</b>" in pages["key"]
    assert isinstance(commanded(app, [*words, "--format", "odt"]).exception, UsageError)


def test_pdf(tmp_path: Path) -> None:
    """A PDF is written by a browser; where there is none, a sentence says what to do with the HTML."""
    root, out = course_in(tmp_path / "course").root, tmp_path / "paper"
    words = ["print", "quiz4", "--out", str(out), "--course", str(root), "--versions", "A", "--format", "pdf"]
    problem = commanded(app, words).exception
    if any(map(shutil.which, BROWSERS)):
        assert problem is None
        assert [(out / f"quiz4-A-{part}.pdf").read_bytes()[:5] for part in PARTS] == [b"%PDF-"] * 3
    else:
        assert isinstance(problem, UsageError) and "print it to PDF" in problem.next_step
