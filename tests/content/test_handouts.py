"""Handouts run in Jupyter from top to bottom: as they are given out, and solved."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from examples import one_in, shared_out
from nbclient import NotebookClient
from repository_assignments import NAMES, assignment

from autograder.authoring.solved_notebook import solved_notebook


def run(name: str, notebook: nbformat.NotebookNode, folder: Path) -> list[dict[str, Any]]:
    """Run a notebook in a copy of its folder; returns all outputs. A cell that raises fails the test."""
    place = shutil.copytree(assignment(name).folder, folder / name)
    NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(place)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    return outputs


def shown(outputs: list[dict[str, Any]]) -> str:
    """All plain text that the notebook shows."""
    return "\n".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs)


@pytest.mark.parametrize("name", one_in(2, NAMES))
def test_released(name: str, tmp_path: Path) -> None:
    """With its stubs it runs without an error; the checks are shown, none passes, nothing is drawn."""
    handout = nbformat.read(assignment(name).handout, as_version=4)
    outputs = run(name, handout, tmp_path)
    text = shown(outputs)
    assert "is not written yet" in text
    for task in assignment(name).file.tasks:
        assert f"{task.title}: 0 of" in text
    assert "Traceback" not in text


WRONG = {
    "returns None": "return None",
    "returns text": "return 'text'",
    "returns one number": "return 0.5",
    "returns NaN": "return np.full(np.shape(arguments[0]), np.nan)",
    "raises": "raise ValueError('odd')",
}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(body, id=kind, marks=() if kind == "returns NaN" else pytest.mark.full)
        for kind, body in WRONG.items()
    ],
)
@pytest.mark.parametrize("name", shared_out(NAMES, ["hw1-activations"]))
def test_wrong(name: str, body: str, tmp_path: Path) -> None:
    """Whatever is wrong with all functions, every cell runs, and no NaN is called right."""
    replace = {
        function: f"def {function}(*arguments):\n    {body}" for function in assignment(name).functions
    }
    text = shown(run(name, solved_notebook(assignment(name), replace), tmp_path))
    assert "Traceback" not in text
    assert "nan is right" not in text
    for task in assignment(name).file.tasks:
        count = sum(check.task == task.id for check in assignment(name).public_checks)
        assert f"{task.title}: {count} of {count} checks pass" not in text


# The recipe asks two questions, so training stands beside testing; rates are chosen on validation data.
SHOWN_BESIDE = {
    "hw2-losses": (
        r"One rate for both: .* on validation data",
        r"what is left of the lead on testing data is [+-]",
    ),
    "hw3-minibatch": (
        r"Good on training data\? loss [\d.]+, [\d.]+% right",
        r"Good on testing data\?  loss [\d.]+, [\d.]+% right",
    ),
    "hw4-optimizers": tuple(
        rf"{rule}: best rate [\d.]+; .*Training data [\d.]+% right, testing data [\d.]+%"
        for rule in ("SGD", "momentum", "Adagrad", "Adam")
    ),
    "hw5-mnist": (r"Good on training data\? [\d.]+% right", r"Good on testing data\?  [\d.]+% right"),
}


@pytest.mark.parametrize("name", shared_out(NAMES, ["hw1-activations"]))
def test_solved(name: str, tmp_path: Path) -> None:
    """With the reference's code it runs without an error, every check passes and plots are drawn."""
    outputs = run(name, solved_notebook(assignment(name)), tmp_path)
    text = shown(outputs)
    public = assignment(name).public_checks
    for task in assignment(name).file.tasks:
        count = sum(check.task == task.id for check in public)
        assert f"{task.title}: {count} of {count} checks pass" in text
    assert any("image/png" in output.get("data", {}) for output in outputs)
    for pattern in SHOWN_BESIDE.get(name, ()):
        assert re.search(pattern, text), pattern


def texts(name: str) -> list[str]:
    """The cells of a handout, in order."""
    return [cell.source for cell in nbformat.read(assignment(name).handout, as_version=4).cells]


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_and_ends_as_every_handout_does(name: str) -> None:
    """It says what you will be able to do, time, dates, where, how, who may help; it ends with all tasks."""
    first, second, *_, last = texts(name)
    assert "After this homework you can" in first and "| task |" in first
    frame = ("**Time.**", "**Dates.**", "**Where and how.**", "**Working together.**", "**AI assistants**")
    assert [words for words in frame if words not in second] == []
    assert f"`{name}.ipynb`" in second
    assert last == "check()"


# What students derive: the result stands in a folded hint and nowhere else.
DERIVED = {
    "hw1-activations": (
        r"\sigma(x) + x\,\sigma'(x)",
        r"\mathrm{leaky\_relu}'(x)",
        r"\frac{\log(\alpha x + 1)}{\alpha^2}",
        r"\frac{\partial\,\mathrm{prelu}(x)}{\partial \alpha}",
        r"h_{k-1}^{\top}",
    ),
    "hw2-losses": (
        r"\log \sum_j e^{z_j} - z_y",
        r"p_{n,c} - t_{n,c}}{N}",
        r"-p_j\, p_c",
        r"\Big(g_c - \sum_j g_j\, p_j\Big)",
        "(p - onehot)",
    ),
    "hw4-optimizers": (
        r"s \leftarrow s + g^2",
        r"\theta \leftarrow \theta + v",
        "sum_sq <- sum_sq + grad^2",
    ),
    "hw5-mnist": (r"\sqrt{\frac{2}{\text{inputs}}}", r"\frac{p - t}{N}", r"h_{l-1}^{\mathsf T}", "h.T @ g"),
}  # fmt: skip
FOLDED = re.compile(r"<details><summary>.*?</summary>.*?</details>", re.DOTALL)


@pytest.mark.parametrize("name", DERIVED)
def test_derivations_are_folded(name: str) -> None:
    """Students work out gradients and rules; the handout's results are hints that have to be opened."""
    markdown = [
        cell.source
        for cell in nbformat.read(assignment(name).handout, as_version=4).cells
        if cell.cell_type == "markdown"
    ]
    folded = "\n".join(hint for source in markdown for hint in FOLDED.findall(source))
    in_sight = FOLDED.sub("", "\n".join(texts(name)))
    for result in DERIVED[name]:
        assert result not in in_sight, result
        assert result in folded or "\\" not in result, result


def test_code_that_gives_a_solution_away_is_folded() -> None:
    """Homework 5 backpropagates through sigmoids in a cell whose code a notebook shows when it is opened."""
    cells = nbformat.read(assignment("hw5-mnist").handout, as_version=4).cells
    giving_away = [cell for cell in cells if "def with_sigmoids" in cell.source]
    assert [cell.metadata.get("jupyter") for cell in giving_away] == [{"source_hidden": True}]


def test_what_the_lecture_says_is_there() -> None:
    """COURSE's list: each of the lecture's points stands in a handout."""
    everything = "\n".join(text for name in NAMES for text in texts(name))
    points = (
        r"\theta^* = \arg\min_\theta L(\theta)",
        "Good on training data? Good on testing data?",
        "validation split",
        "What overfitting looks like",
        "model.fit(x_train, y_train, epochs=200, batch_size=100)",
        "almost random",
        "already converged",
        "It is biological",
        "thinner linear network",
        "Elfwing",
        "Hendrycks",
        "Ramachandran",
        "ICML 2013",
        "AISTATS 2011",
        "smaller derivatives get larger rates, and vice versa",
        "An overview of gradient descent",
    )
    assert [point for point in points if point not in everything] == []
