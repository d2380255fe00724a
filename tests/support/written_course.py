"""The tiny course with two written tasks, and submissions with answers in words."""

from __future__ import annotations

import json
from pathlib import Path

from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.authoring.solved_notebook import filled_in, to_bytes, with_answers
from autograder.course.assignment import load_assignment
from autograder.course.course import Course, find_course
from autograder.submissions.written_answers import answer_cell_source, answer_tag

__all__ = ["WRITTEN", "answered_notebook", "write_written_course"]

WRITTEN = {"why-two": "Why two", "why-mean": "Why the mean"}
TASKS = """\
  - {id: why-two, kind: written, title: Why two, part_of: double, points: 1}
  - {id: why-mean, kind: written, title: Why the mean, part_of: mean_square, points: 0.5}
"""
ANSWERS = """\
answers:
  why-two:
    question: Why is the gradient 2?
    rubric: [{text: It names the derivative., points: 0.5}, {text: It says why., points: 0.5}]
    answer: The derivative of 2x is 2.
  why-mean:
    rubric: [{text: It names the batch size., points: 0.5}]
    answer: So that it does not grow with the batch.
"""


def write_written_course(root: Path, more: str = "") -> Course:
    """Write the course; `more` is added to its course.yaml."""
    write_tiny_course(root)
    public, solution = root / "assignments" / ASSIGNMENT, root / "solutions" / ASSIGNMENT
    with (public / "assignment.yaml").open("a", encoding="utf-8") as file:
        file.write(TASKS)
    (solution / "written.yaml").write_text(ANSWERS, encoding="utf-8")
    path = public / f"{ASSIGNMENT}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for task, title in WRITTEN.items():
        notebook["cells"].append(
            {
                "cell_type": "markdown",
                "id": f"written-{task}",
                "metadata": {"tags": [answer_tag(task)]},
                "source": answer_cell_source(title).splitlines(keepends=True),
            }
        )
    path.write_text(json.dumps(notebook, indent=1) + "\n", encoding="utf-8")
    with (root / "course.yaml").open("a", encoding="utf-8") as file:
        file.write(more)
    return find_course(root)


def answered_notebook(course: Course, answers: dict[str, str], wrong: bool = False) -> bytes:
    """A solved notebook with these answers by task; `wrong` loses the two points of `mean_square`."""
    replace = {"mean_square": "def mean_square(x):\n    return 7.0"} if wrong else {}
    return to_bytes(with_answers(filled_in(load_assignment(course, ASSIGNMENT), replace), answers))
