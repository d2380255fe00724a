"""`check` in a real notebook: what a student sees."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tiny_course import ASSIGNMENT

from autograder.course.assignment import Assignment

IMPORT = "import numpy as np\nfrom autograder import check, unfinished_is_fine"


@pytest.fixture
def folder(tiny: Assignment, tmp_path: Path) -> Path:
    """A student's copy of the assignment's folder."""
    return shutil.copytree(tiny.folder, tmp_path / ASSIGNMENT)


def executed(folder: Path, *sources: str) -> list[nbformat.NotebookNode]:
    """Run cells in a kernel; returns them with their outputs."""
    new = nbformat.v4
    cells = [new.new_code_cell(source) for source in (IMPORT, *sources)]
    notebook = new.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(folder)}}).execute()
    return list(notebook.cells[1:])


def only_output(cell: nbformat.NotebookNode) -> dict[str, Any]:
    """A cell's only output, as {mime type: text}."""
    (output,) = cell.outputs
    return dict(output.get("data", {"text/plain": output.get("text", "")}))


def last_output(folder: Path, *sources: str) -> dict[str, Any]:
    """Run cells in a kernel; returns the last cell's only output."""
    return only_output(executed(folder, *sources)[-1])


def test_a_function_that_passes(folder: Path) -> None:
    """Says so, as HTML in Jupyter and as text elsewhere."""
    shown = last_output(
        folder,
        "def double(x):\n    return 2 * x",
        "def double_backward(x, grad_out):\n    return 2 * grad_out",
        "check('double')",
    )
    assert "checks pass" in shown["text/plain"]
    assert "✗" not in shown["text/plain"]
    assert "passed" in shown["text/html"]


def test_what_will_not_be_there_is_said(folder: Path) -> None:
    """In grading's own words: libraries, stand-ins and files that the checked functions rest on."""
    shown = last_output(
        folder,
        "import scipy.special as special\nimport matplotlib.pyplot as plt\nimport nbformat",
        "TABLE = [1]\ntry:\n    TABLE = open('table.txt').read()\nexcept OSError:\n    pass",
        "def other(x):\n    from nbclient import NotebookClient\n    plt.close()\n    return special.expit",
        "def double(x):\n    if len(TABLE) > 1: open('a.txt')\n    return 2 * x if TABLE else other(x)",
        "def mean_square(x):\n    return nbformat",
        "check('double')",
    )
    library = "ModuleNotFoundError: {} cannot be imported when graded, only NumPy and the standard library"
    message = [line for line in shown["text/plain"].splitlines() if "When graded" in line]
    assert message == [
        "  When graded: import matplotlib.pyplot as plt: "
        "matplotlib does nothing when graded: only NumPy and the standard library can be imported",
        "  When graded: import scipy.special as special: " + library.format("scipy"),
        "  When graded: from nbclient import NotebookClient: " + library.format("nbclient"),
        "  When graded: if len(TABLE) > 1: open('a.txt'): no file of yours is there when graded",
    ]
    assert "When graded: import scipy.special as special" in shown["text/html"]


def test_what_was_written_anew_is_forgotten(folder: Path) -> None:
    """A cell that was run before it was mended says nothing any more."""
    shown = last_output(
        folder,
        "import scipy.special as special",
        "def double(x):\n    return special.expit(x)",
        "def double(x):\n    return 2 * x",
        "check('double')",
    )
    assert "When graded" not in shown["text/plain"]


def test_a_function_that_fails(folder: Path) -> None:
    """Teaches: the call, what came back, what was expected."""
    shown = last_output(folder, "def double(x):\n    return 3 * x", "check('double')")
    for word in ("✗", "got:", "expected:"):
        assert word in shown["text/plain"]
    assert "<table" in shown["text/html"]


def test_what_a_function_returns_is_escaped(folder: Path) -> None:
    """Text that looks like HTML is shown as text."""
    shown = last_output(
        folder, "def double(x):\n    raise ValueError('<script>alert(1)</script>')", "check('double')"
    )
    assert "<script>" not in shown["text/html"]
    assert "&lt;script&gt;" in shown["text/html"]


def test_a_stub(folder: Path) -> None:
    """A stub is not an error: it is still to be written."""
    shown = last_output(folder, "def double(x):\n    raise NotImplementedError('double')", "check('double')")
    assert "double is not written yet" in shown["text/plain"]


def test_functions_that_are_not_there(folder: Path) -> None:
    """Before their cells have run, every function of the task is said to be missing."""
    shown = last_output(folder, "check('double')")
    assert "There is no function double yet." in shown["text/plain"]
    assert "There is no function double yet." in shown["text/html"]
    assert "Traceback" not in shown["text/plain"]


def test_an_exception_shows_the_student_s_own_line(folder: Path) -> None:
    """The type, the text and the line of the notebook, not of a library."""
    shown = last_output(folder, "def double(x):\n    return np.einsum('ij->', x, x)", "check('double')")
    assert "return np.einsum" in shown["text/plain"]


def test_an_idiom_is_told_with_its_line(folder: Path) -> None:
    """A habit that goes wrong on arrays is recognised, and the line of the cell is shown."""
    shown = last_output(folder, "def double(x):\n    return max(0, 2 * x)", "check('double')")
    assert "np.maximum compares entry by entry" in shown["text/plain"]
    assert "line 2: return max(0, 2 * x)" in shown["text/plain"]


def test_two_names_of_one_array_are_told_with_their_line(folder: Path) -> None:
    """Without an exception the line is found in the function's source."""
    body = "def double(x):\n    a, b = x, x\n    a += 1\n    return a + b"
    shown = last_output(folder, body, "check('double')")
    assert "a and b are two names of one array" in shown["text/plain"]
    assert "line 2: a, b = x, x" in shown["text/plain"]


def test_a_wrong_call_gets_a_sentence(folder: Path) -> None:
    """No traceback for a mistyped name or a wrong folder: what to type instead."""
    calls = {
        "check('no such task')": "Unknown task or function 'no such task'.",
        "check('double', folder='/')": "/ contains no checks.py.",
        "check('double', 'mean_square')": "`check` takes one task; without any it takes all of them.",
        "check(print, len)": "`check` takes one task; without any it takes all of them.",
    }
    for cell, message in zip(executed(folder, *calls), calls.values(), strict=True):
        assert message in only_output(cell)["text/plain"]


def test_the_authors_check_in_a_notebook(folder: Path) -> None:
    """A notebook that imported the authors' decorator is told which import is meant."""
    with pytest.raises(CellExecutionError, match="in a notebook, write: from autograder import check"):
        last_output(folder, "from autograder.checks import check", "check('double')")


def test_a_cell_that_waits_for_a_function(folder: Path) -> None:
    """With `unfinished_is_fine` a cell says what is missing instead of failing."""
    shown = last_output(
        folder,
        "def double(x):\n    raise NotImplementedError('double')",
        "with unfinished_is_fine():\n    print(double(2))",
    )
    assert shown["text/plain"] == "Nothing to show yet: double is still to be written.\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "raise NotImplementedError('No Answer Given!')",
            "Nothing to show yet: double is still to be written.",
        ),
        ("return half(x)", "Nothing to show yet: half is still to be written."),
        # NumPy and Python raise it, too, of a function that is written.
        (
            "return memoryview(np.zeros((2, 2)))[0]",
            "line 2 of the cell with double raises NotImplementedError",
        ),
    ],
)
def test_only_a_stub_is_still_to_be_written(folder: Path, body: str, message: str) -> None:
    """The function whose stub was reached is named, whatever its stub says."""
    half = "def half(x):\n    raise NotImplementedError"
    use = "with unfinished_is_fine():\n    print(double(2))"
    assert message in last_output(folder, half, f"def double(x):\n    {body}", use)["text/plain"]


def test_an_error_of_a_student_s_is_one_sentence(folder: Path) -> None:
    """A cell that uses a wrong function says which and why; no half plot is left, the notebook goes on."""
    messages = {
        "raise ValueError('odd\\nand long')": "line 2 of the cell with double raises ValueError: odd.",
        "return np.linalg.inv(x)": "line 2 of the cell with double raises LinAlgError",
        "return None": "this cell cannot use what your functions return (TypeError",
        "return 1 / 0": "ZeroDivisionError",
    }
    use = "with unfinished_is_fine():\n    plt.plot([1, 2])\n    print(double(np.zeros((2, 2))) + 1)"
    cells = [part for body in messages for part in (f"def double(x):\n    {body}", use)]
    on = "with unfinished_is_fine():\n    print('on')"
    _, *used, last = executed(folder, "import matplotlib.pyplot as plt", *cells, on)
    for cell, message in zip(used[1::2], messages.values(), strict=True):
        shown = only_output(cell)["text/plain"]
        assert shown.startswith("Nothing to show: ")
        assert message in shown
        assert shown.count("\n") == 1
    assert only_output(last)["text/plain"] == "on\n"


def test_nbgrader_sees_checks_that_do_not_pass(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nbgrader runs the notebook, a failing check is an error: it notices nothing else."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(CellExecutionError, match="Doubling: 0 of 1 checks pass"):
        last_output(folder, "def double(x):\n    return 3 * x", "check('double')")
    shown = last_output(folder, "def double(x):\n    return 2 * x", "check('double')")
    assert "1 of 1 checks pass" in shown["text/plain"]


def test_a_stub_of_nbgrader_s(folder: Path) -> None:
    """A stub that does not say whose it is gets the name of the function it stands in."""
    stub = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    shown = last_output(folder, stub, "with unfinished_is_fine():\n    print(double(2))")
    assert shown["text/plain"] == "Nothing to show yet: double is still to be written.\n"


def test_a_function_instead_of_its_name(folder: Path) -> None:
    """`check(double)` is `check("double")`; what is no function of the assignment is said in a sentence."""
    cells = ("def double(x):\n    return 2 * x", "def double_backward(x, grad_out):\n    return 2 * grad_out")
    checks = [f"check({word})" for word in ("'double'", "double", "print")]
    by_name, by_value, unknown = map(only_output, executed(folder, *cells, *checks)[2:])
    assert by_name == by_value
    assert "Unknown task or function 'print'" in unknown["text/plain"]


def test_a_setting_outside_the_function_does_not_count(folder: Path) -> None:
    """As in grading, each call begins with NumPy's own settings: who relies on others is told so here."""
    relying = "def double(x):\n    try:\n        return 2 * x + 0 * (1 / np.zeros(1))\n"
    relying += "    except FloatingPointError:\n        return 2 * x"
    careful = relying.replace("return 2 * x + 0", "with np.errstate(all='raise'): return 2 * x + 0")
    backward = "def double_backward(x, grad_out):\n    return 2 * grad_out"
    setting = "np.seterr(all='raise')"
    refused = last_output(folder, setting, relying, backward, "check('double')")
    passed = last_output(folder, careful, backward, "check('double')")
    assert "✗" in refused["text/plain"]
    assert "✗" not in passed["text/plain"]


def test_the_table_names_what_will_not_be_there(folder: Path) -> None:
    """`check()` names imports that grading does not have: nobody is told to submit what earns nothing."""
    answers = (
        "import scipy.special as special",
        "def double(x):\n    return x * special.factorial(2)",
        "def double_backward(x, grad_out):\n    return 2 * grad_out",
        "def mean_square(x):\n    return float(np.mean(x * x))",
    )
    shown = last_output(folder, *answers, "check()")
    note = "When graded: import scipy.special as special: ModuleNotFoundError: scipy cannot be imported"
    for kind in ("text/plain", "text/html"):
        assert note in shown[kind]
        assert "All checks pass here, but not everything will be there when graded" in shown[kind]
        assert "Ready to submit" not in shown[kind]


@pytest.mark.parametrize(
    "source",
    [
        "def double():\n    return 1",
        "class double:\n    pass",
        "import json\ndouble = json.loads",
        "double = np.linalg.inv",
    ],
)
def test_no_line_of_the_engine_is_shown(folder: Path, source: str) -> None:
    """Where a call fails outside of the student's lines, `where` is left out: no line of ours helps them."""
    shown = last_output(folder, source, "check('double')")["text/plain"]
    assert "raised" in shown
    assert "where:" not in shown


def test_the_deepest_line_of_the_notebook_is_shown(folder: Path) -> None:
    """An error inside a library is shown at the student's line that called it."""
    source = "import json\ndef double(x):\n    return json.loads('{')"
    shown = last_output(folder, source, "check('double')")["text/plain"]
    assert "where: line 3: return json.loads('{')" in shown
