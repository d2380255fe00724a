"""Cells that are not plain Python: magics, shell lines, other languages, and text of any kind."""

from __future__ import annotations

from typing import Any

import pytest
from cell_runs import CompletedCommand
from hypothesis import given
from hypothesis import strategies as st

from autograder.sandbox.cells import prepare, prepared, run_definitions


class TestMagics:
    """What IPython understands beyond Python is passed over, and the Python around it stays as it is."""

    @pytest.mark.parametrize(
        "line",
        [
            *("%matplotlib inline", "!pip install numpy", "%time trail.append(1)", "%load_ext autoreload"),
            *("f?", "?f", "f??", "files = !ls -l", "here = %pwd", "a, b = !ls", "if True:\n    %pwd"),
            *(
                "for x in [1]:\n    !echo $x",
                "%%",
                "%%time",
                "%%capture --no-stderr",
                "\n\n%%timeit -n 1",
            ),
        ],
    )
    def test_lines_for_ipython_are_passed_over(self, line: str) -> None:
        """Magics and shell lines, at the margin or indented, cost nothing of their cell."""
        completed = CompletedCommand(line + "\nA = 3\ndef f(): return A")
        assert completed.call() == 3
        assert completed.names["trail"] == []
        first = 2 + line.count("\n")
        assert completed.statements == [(1, first), (1, first + 1)]

    @pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%writefile x.py", "%%latex", "%%javascript"])
    def test_cells_in_another_language_are_left_out(self, magic: str) -> None:
        """A cell that is not Python, or not run where it stands, defines nothing and is no error."""
        completed = CompletedCommand(f"{magic}\ndef f(): return 1\nls -l |", "def f(): return 2")
        assert completed.call() == 2

    def test_future_imports_after_a_magic(self) -> None:
        """`from __future__` holds for the cells from there on, a magic above it or not."""
        future = "%matplotlib inline\n\nfrom __future__ import annotations\n"
        completed = CompletedCommand(
            future + "def f(x: not_there) -> nowhere: return x", "def g(x: not_there): return x"
        )
        assert completed.call(2) == 2
        assert completed.names["g"].__annotations__ == {"x": "not_there"}

    def test_without_future_import_annotations_are_evaluated(self) -> None:
        """The engine's own `from __future__` does not leak into a notebook."""
        assert CompletedCommand("def f(x: not_there): return x").places == [(1, 1)]

    @pytest.mark.parametrize("feature", ["no_such_feature", "braces", "CO_NESTED"])
    def test_an_unknown_future_is_no_catastrophe(self, feature: str) -> None:
        """A future that does not exist costs nothing beyond its own cell."""
        assert CompletedCommand(f"from __future__ import {feature}", "def f(): return 1").names["f"]() == 1

    @pytest.mark.parametrize(
        "body",
        [
            "return x * 2  # or times three?",
            "return (x\n        % 100) * 2",
            "return 2 * x if (x\n        != 0) else 0",
            'return len("""\n!\n""") * x - x',
            'return x + len("""\na?\n""") - 1',
        ],
    )
    def test_a_magic_changes_no_python_in_its_cell(self, body: str) -> None:
        """Lines that only look as if they were for IPython stay: comments, operators, parts of strings."""
        assert CompletedCommand(f"%matplotlib inline\ndef f(x):\n    {body}\n").call(3) == 6

    def test_an_indented_cell_runs(self) -> None:
        """A cell that is indented as a whole runs, as it does in Jupyter."""
        cells = [(1, "    A = 3\n    def f():\n        return A")]
        names: dict[str, Any] = {}
        describe = {"text": ""}
        assert run_definitions(cells, ["f"], names, set(), lambda *_: None, lambda _: describe) == []
        assert names["f"]() == 3

    def test_a_syntax_error_is_a_note(self) -> None:
        """Nothing of that cell runs, the note names the line, all other cells run."""
        completed = CompletedCommand("A = 1\n\ndef g(x:\n    return x", "def f(): return 1")
        assert completed.places == [(1, 3)]
        assert completed.notes[0]["text"].startswith("SyntaxError: ")
        assert completed.statements == [(2, 1)]
        assert completed.names["f"]() == 1

    def test_notes_are_short(self) -> None:
        """An endless message is cut."""
        completed = CompletedCommand("def g(): raise ValueError('x' * 10**6)\nA = g()\ndef f(): return A")
        assert len(completed.notes[0]["text"]) <= 500


class TestPreparedCells:
    """Cells that were parsed before the fork."""

    @pytest.mark.parametrize("source", ["A = 2\ndef f(): return A", "%time\n!ls\nA = 2\ndef f(): return A"])
    def test_a_prepared_cell_runs_like_any_other(self, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Prepared or not, at whatever place, a cell gives the same, and its place is its own."""
        before = CompletedCommand("", source)
        for name in list(prepared):
            monkeypatch.delitem(prepared, name)
        prepare([source])
        after = CompletedCommand("", source)
        assert (after.call(), after.statements) == (before.call(), before.statements)
        for name in list(prepared):
            del prepared[name]


class TestAnything:
    """No text makes the run itself fail."""

    @given(st.lists(st.text(alphabet="a=f(): \n\t%!?#\"'\\@{}[]*.1\0é\r\f", max_size=40), max_size=4))
    def test_any_text_is_run_or_noted(self, cells: list[str]) -> None:
        """Random text becomes statements or notes, and never keeps another cell's function from working."""
        completed = CompletedCommand(*cells, "def f(): return 1")
        assert completed.names["f"]() == 1

    @pytest.mark.parametrize(
        "source",
        [
            "x = " + "(" * 5000 + ")" * 5000,
            "x = " + "-" * 20_000 + "1",
            "x = " + "+".join(["1"] * 20_000),
            "if a: pass\n" + "elif a: pass\n" * 3000,
            "if a: x = 1\n" + "elif a: x = 1\n" * 600,
            "f.a" + ".a" * 20_000 + " = 1",
            "a" + "[0]" * 5000 + " = 1",
            "x = 9" + "9" * 10_000,
            "x = '\0'",
            "return 1",
            "nonlocal y",
            "def g():\n    yield\n    return await x",
            "def g(a, a): pass",
            "x = '\\N{no such name}'",
            "f(**{'a': 1}, *b) = 3",
        ],
        ids=lambda source: source[:16],
    )
    def test_what_no_parser_likes_is_a_note(self, source: str) -> None:
        """Too deep, too long or wrong only to the compiler: noted or left out, and the rest runs."""
        completed = CompletedCommand(source, "def f(): return 1")
        assert completed.names["f"]() == 1
        assert all(place[0] == 1 for place in completed.places)
