"""A notebook's definitions: what runs, in which order, and what is left out."""

from __future__ import annotations

import pytest
from cell_runs import CompletedCommand


class TestOrder:
    """Statements run as they stand, each on its own."""

    def test_cells_run_from_top_to_bottom(self) -> None:
        """Statements run in the order of the notebook, whatever the order of execution was."""
        completed = CompletedCommand("import math\n\nA = 1", "B = A + 1\ndef f(): return A, B")
        assert completed.call() == (1, 2)
        assert completed.statements == [(1, 1), (1, 3), (2, 1), (2, 2)]

    def test_the_last_definition_wins(self) -> None:
        """A function that is written twice is the later one, as in the notebook."""
        assert CompletedCommand("def f(): return 1", "def f(): return 2").call() == 2

    @pytest.mark.parametrize(
        "stub", ["pass", "...", "raise NotImplementedError", '"""Doc."""\n    raise NotImplementedError("f")']
    )
    def test_an_empty_copy_below_the_answer(self, stub: str) -> None:
        """A copied cell, or an answer above its stub, loses the answer as in Jupyter; a note says where."""
        answer, copy = "def f():\n    return 1", f"import math\ndef f():\n    {stub}"
        (note,) = CompletedCommand(answer, "x = 2", copy).notes
        assert (note["cell"], note["line"]) == (3, 2)
        assert "f is defined again here" in note["text"] and "in cell 1 does not count" in note["text"]
        assert CompletedCommand(copy, answer).notes == []
        assert CompletedCommand(copy, copy).notes == []

    def test_each_statement_fails_alone(self) -> None:
        """A statement that raises is a note with cell and line; all others run, also in its cell."""
        completed = CompletedCommand(
            "A = 1\nB = A / 0\nC = 3", "import no_such_module as D\ndef f(): return A, B, C, D"
        )
        assert completed.places == [(1, 2), (2, 1)]
        assert completed.notes[0]["text"].startswith("ZeroDivisionError")
        assert (completed.names["A"], completed.names["C"], "B" in completed.names) == (1, 3, False)
        assert callable(completed.names["f"])

    @pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "RecursionError"])
    def test_any_exception_is_a_note(self, kind: str) -> None:
        """Even what is no ordinary exception ends only its statement."""
        completed = CompletedCommand(
            f"def leave(): raise {kind}\nX = leave()\ndef f(): return X", "def g(): return 1"
        )
        assert completed.places == [(1, 2)]
        assert completed.names["g"]() == 1

    def test_an_import_that_nothing_uses_may_fail_silently(self) -> None:
        """A plotting library that is missing when graded is no news unless a function uses it."""
        assert CompletedCommand("import no_such_library as plt\ndef f(): return 1").call() == 1
        assert CompletedCommand("from no_such_library import *\ndef f(): return 1").call() == 1

    def test_what_only_plots_use_may_fail_silently(self) -> None:
        """Data and libraries for the handout's own pictures are no news; for a wanted function they are."""
        plots = (
            "import no_such_library as plt\nimages = load()\nSIDE = images.side\ndef draw(): return plt, SIDE"
        )
        completed = CompletedCommand(plots, "def f(): return 1")
        assert (completed.call(), completed.notes) == (1, [])
        assert len(CompletedCommand(plots, "def f(): return draw()").notes) == 3

    def test_skipped_statements_are_left_out_with_a_note(self) -> None:
        """What ended an earlier child is not run again, and the note says where it stands."""
        completed = CompletedCommand("A = 1\nB = 2\ndef f(): return A, B", skip={(1, 2)})
        assert completed.places == [(1, 2)]
        assert completed.statements == [(1, 1), (1, 3)]
        assert "B" not in completed.names


class TestWhatNeverRuns:
    """Only imports, definitions and the assignments under them run."""

    @pytest.mark.parametrize(
        "statement",
        [
            "trail.append(1)",
            "print(trail.append(1))",
            "for _ in [1]: trail.append(1)",
            "while not trail: trail.append(1)",
            "if True: trail.append(1)",
            "if True:\n    y = 2\n    trail.append(1)",
            "with open('/dev/null'): trail.append(1)",
            "try:\n    trail.append(1)\nexcept ValueError: pass",
            "try: x = 1\nfinally: trail.append(1)",
            "assert trail.append(1)",
            "del trail[:], nothing",
            "raise ValueError",
            "match trail.append(1):\n    case _: pass",
            "global_ = [trail.append(1)]",
            "plot: list = [trail.append(1)]",
            "first, *rest = trail.append(1), 2",
            "await trail.append(1)",
            "lambda: trail.append(1)",
            "f'{trail.append(1)}'",
        ],
    )
    def test_other_statements_leave_no_trace(self, statement: str) -> None:
        """Calls, loops, conditions around them, and assignments that no definition uses do not run."""
        completed = CompletedCommand(statement, "def f(): return 1")
        assert completed.names["trail"] == []
        assert completed.names["f"]() == 1

    def test_a_training_run_for_a_plot_is_left_out(self) -> None:
        """An assignment runs only when a definition rests on it, directly or through others."""
        completed = CompletedCommand(
            "SIZE = 2\nSCALE = SIZE + 1\nlosses = trail.append(1)", "def f(): return SCALE"
        )
        assert completed.call() == 3
        assert completed.names["trail"] == []
        assert "losses" not in completed.names

    def test_a_wanted_name_may_be_assigned(self) -> None:
        """A function that is asked for counts as used, also when it is a lambda or a partial."""
        assert CompletedCommand("HALF = 0.5", "f = lambda x: x * HALF").call(4) == 2
        assert (
            CompletedCommand(
                "from functools import partial\ndef g(a, b): return a - b\nf = partial(g, 1)"
            ).call(3)
            == -2
        )


class TestNeeds:
    """What a definition rests on is found, wherever it is used."""

    @pytest.mark.parametrize(
        "definition",
        [
            "def f(): return A",
            "def f(x=A): return x",
            "def f():\n    def g(): return A\n    return g()",
            "def f(): return (lambda: A)()",
            "def f(): return [A for _ in range(2)][1]",
            "def f() -> int: return next(A for _ in range(2))",
            "class C:\n    value = A\n    def get(self): return self.value\ndef f(): return C().get()",
            "class C:\n    def get(self): return A\ndef f(): return C().get()",
            "B = A\ndef f(): return B",
            "B = [A]\nC, D = B[0], 1\ndef f(): return C",
            "f = lambda: A",
            "def keep(g): return lambda: g() + A - A\n@keep\ndef f(): return A",
            "def keep(value): return lambda g: lambda: value\n@keep(A)\ndef f(): return 0",
            "def f():\n    global N\n    N = A\n    return N",
            "if True:\n    def f(): return A",
            "try:\n    import no_such_module\nexcept ImportError:\n    def f(): return A",
            "with open('/dev/null') as nothing:\n    B = A\ndef f(): return B",
            "def g():\n    yield A\ndef f(): return next(g())",
            "async def g(): return A\ndef f():\n  try: g().send(None)\n  except StopIteration: return A",
            "(B := A)\nC = (D := A)\ndef f(): return D",
            "def f(): return eval('A') if A else 0",
        ],
    )
    def test_an_assignment_under_a_definition_runs(self, definition: str) -> None:
        """A constant is there for defaults, nested functions, classes, decorators, lambdas and globals."""
        assert CompletedCommand("A = 7\n", definition).call() == 7

    def test_an_assignment_below_its_use(self) -> None:
        """A constant may stand after the function that uses it."""
        assert CompletedCommand("def f(): return A", "A = 7").call() == 7

    def test_a_global_counter(self) -> None:
        """A name that functions change by `global` starts from its assignment."""
        completed = CompletedCommand(
            "count = 0", "def f():\n    global count\n    count += 1\n    return count"
        )
        assert (completed.call(), completed.call()) == (1, 2)

    def test_changes_to_a_needed_name_run(self) -> None:
        """+=, subscripts and attributes count as assignments to the name they start from."""
        source = """
            A = [1]
            A += [2]
            A[0] = 5
            class Box: pass
            B = Box()
            B.value = 3
            B.inner = Box()
            B.inner.table = {}
            B.inner.table["x"] = 4
            C: int = 6
            D = E = 7
            unused = [0]
            unused[0] = trail.append(1)
            def f(): return A, B.value, B.inner.table["x"], C, D, E
        """
        completed = CompletedCommand(source)
        assert completed.call() == ([5, 2], 3, 4, 6, 7, 7)
        assert completed.names["trail"] == []

    @pytest.mark.parametrize(
        "source",
        [
            "try:\n    import no_such_module as m\nexcept ImportError:\n    import math as m",
            "if True:\n    import math as m\nelse:\n    import no_such_module as m",
            "import no_such_module as m",
            "try:\n    from no_such_module import m\nexcept ImportError:\n    m = None\nimport math as m",
        ],
    )
    def test_conditional_imports(self, source: str) -> None:
        """An import may stand in if or try, and a later one mends an earlier one."""
        completed = CompletedCommand(source, "import math as m", "def f(): return m.sqrt(4)")
        assert completed.names["f"]() == 2

    def test_main_guard(self) -> None:
        """`if __name__ == "__main__":` around definitions is true, as in a notebook."""
        assert CompletedCommand('if __name__ == "__main__":\n    A = 2\n    def f(): return A').call() == 2

    def test_a_class_with_everything(self) -> None:
        """Bases, dataclasses, properties and class variables work as in the notebook."""
        source = """
            from dataclasses import dataclass, field
            START = 2
            class Base:
                scale = START
            @dataclass
            class Layer(Base):
                size: int = START
                names: list[str] = field(default_factory=list)
                @property
                def area(self) -> int: return self.size * self.scale
            def f(): return Layer(5, ["a"]).area
        """
        assert CompletedCommand(source).call() == 10
