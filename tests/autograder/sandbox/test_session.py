"""A submission in the sandbox answers calls: values, exceptions, and what a call did on its way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from sessions import HandIn, Student
from wire_values import PLAIN

from autograder.checks.values import fingerprint

ECHO = "def echo(x): return x"


@pytest.fixture
def echo(hand_in: HandIn) -> Student:
    """A submission that returns its argument."""
    return hand_in(ECHO)


class TestAnswers:
    """What comes back from a call."""

    @given(PLAIN)
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # one process serves all examples
    def test_values_come_back_bit_for_bit(self, echo: Student, value: Any) -> None:
        """A function that returns its argument returns every bit of it, and has changed nothing."""
        answer = echo.ask("echo", value)
        assert fingerprint([answer.value]) == fingerprint([value])
        assert (answer.kind, answer.changed, answer.dtypes) == ("value", (), ())

    @pytest.mark.parametrize(
        ("returned", "value"),
        [
            ("(1.0, [2, True])", (1.0, [2, True])),
            ("(i * i for i in range(3))", [0, 1, 4]),
            ("iter([(1, 2)])", [(1, 2)]),
            ("range(3)", [0, 1, 2]),
            ("map(float, [1, 2])", [1.0, 2.0]),
            ("{1.5}", [1.5]),
            ("None", None),
            ("'text'", "text"),
            ("print('a')", None),
        ],
    )
    def test_results_of_many_kinds(self, hand_in: HandIn, returned: str, value: Any) -> None:
        """Tuples and lists stay, whatever can be iterated over becomes a list."""
        assert hand_in(f"def f(): return {returned}").value("f") == value

    @pytest.mark.parametrize(
        ("returned", "message"),
        [
            ("{'a': 1}", "a dict"),
            ("object()", "an object"),
            ("f", "a function"),
            ("[[[[[[[[1]]]]]]]]", "nested too deeply"),
            ("iter(int, 1)", "more than 20000 items"),
            ("2 ** 70", "too large"),
            ("1j", "a complex"),
            ("__import__('numpy').array(['a'])", "<U1"),
            ("[-(2 ** 62)] * 20_000", ""),
            ("['x' * 4000] * 200", ""),
            ("[__import__('numpy').zeros(2000)] * 20_000", ""),
        ],
    )
    def test_what_cannot_be_sent_is_unusable(self, hand_in: HandIn, returned: str, message: str) -> None:
        """What is no number, too deep, endless or too long is said so; the process goes on."""
        student = hand_in(f"def f(): return {returned}", "import os\ndef pid(): return os.getpid()")
        pid = student.value("pid")
        answer = student.ask("f")
        assert answer.kind == "unusable"
        assert message in answer.text
        assert student.value("pid") == pid

    def test_an_exception_names_the_students_own_line(self, hand_in: HandIn) -> None:
        """Type, text, and the deepest line of the notebook, also when NumPy raised it."""
        helper = "import numpy as np\n\ndef product(a, b):\n    return np.linalg.solve(a, b)  # here"
        student = hand_in(helper, "def f(x):\n    return product(x, x)")
        answer = student.ask("f", np.zeros((2, 2)))
        assert answer.kind == "raised"
        assert answer.text == "LinAlgError: Singular matrix"
        assert answer.trace == "cell 1, line 4: return np.linalg.solve(a, b)  # here"

    @pytest.mark.parametrize(
        "raised",
        ["SystemExit(3)", "KeyboardInterrupt()", "BaseException('x')", "GeneratorExit", "StopIteration"],
    )
    def test_any_exception_is_an_answer(self, hand_in: HandIn, raised: str) -> None:
        """SystemExit and the like are exceptions among others; the process goes on."""
        student = hand_in(f"def f(): raise {raised}", "import os\ndef pid(): return os.getpid()")
        pid = student.value("pid")
        answer = student.ask("f")
        assert answer.kind == "raised"
        assert answer.text.startswith(raised.partition("(")[0])
        assert student.value("pid") == pid

    def test_recursion_is_an_exception(self, hand_in: HandIn) -> None:
        """A function without an end to its recursion raises; its line is named."""
        answer = hand_in("def f(n): return f(n + 1)").ask("f", 0)
        assert answer.text.startswith("RecursionError")
        assert answer.trace.startswith("cell 1, line 1")

    @pytest.mark.parametrize("body", ["raise NotImplementedError", "raise NotImplementedError('relu')"])
    def test_a_stub_is_missing(self, hand_in: HandIn, body: str) -> None:
        """NotImplementedError means that nothing is written yet."""
        answer = hand_in(f"def f(): {body}").ask("f")
        assert (answer.kind, answer.text) == ("missing", "f is not written yet.")

    def test_no_such_function(self, hand_in: HandIn) -> None:
        """A function that is not there, or is no function, is missing."""
        student = hand_in("number = 3\ndef f(): return number")
        for name in ("unwritten", "number"):
            answer = student.ask(name)
            assert (answer.kind, answer.text) == ("missing", f"There is no function {name}.")

    def test_several_calls_in_one_frame(self, hand_in: HandIn) -> None:
        """Calls are made in order; the first that brings no value ends the row."""
        student = hand_in(
            "seen = []\ndef f(x):\n    seen.append(x)\n    return 6 / x\ndef log(): return seen"
        )
        answers = student.session.answer("f", [(1,), (2,), (0,), (3,)], 5)
        assert [answer.kind for answer in answers] == ["value", "value", "raised", "raised"]
        assert [answer.value for answer in answers[:2]] == [6, 3]
        assert student.value("log") == [1, 2, 0]

    def test_parameters_and_notes_are_known_after_loading(self, hand_in: HandIn) -> None:
        """The names of parameters, and what failed while loading."""
        student = hand_in(
            "def f(x, *, rate=1): return x\nA = 1 / 0\ndef g(y): return A", "import sklearn as f2"
        )
        student.session.load()
        assert student.session.parameters["f"] == ("x",)
        assert [(note.cell, note.line) for note in student.session.notes] == [(1, 2)]
        assert student.session.notes[0].text.startswith("ZeroDivisionError")

    def test_other_libraries_are_not_there(self, hand_in: HandIn) -> None:
        """Only NumPy and the standard library can be imported, and the message says so."""
        answer = hand_in("def f():\n    import sklearn\n    return 1").ask("f")
        assert "only NumPy and the standard library" in answer.text


class TestOnTheWay:
    """What a call did besides returning a value."""

    def test_arguments_are_fresh_for_each_call(self, hand_in: HandIn) -> None:
        """What a call does to its arguments, the next one does not see, nor does the judge."""
        student = hand_in("def f(x, rows):\n    x += 1\n    rows.append(x)\n    return x")
        x, rows = np.zeros(3), [np.ones(2)]
        for answer in student.session.answer("f", [(x, rows), (x, rows)], 5):
            assert answer.value.tolist() == [1, 1, 1]
            assert answer.changed == (0, 1)
        assert (x.sum(), len(rows)) == (0, 1)

    @pytest.mark.parametrize(
        ("change", "changed"),
        [
            ("pass", ()),
            ("x[1] = x[1]", ()),
            ("y = x + 1", ()),
            ("x[1] = 5", (0,)),
            ("x[0] = -0.0", (0,)),
            ("x.shape = (3, 1)", (0,)),
            ("x.sort()", ()),
            ("table[0] += 1", (1,)),
            ("table[0] = table[0] * 2", (1,)),
            ("table[0] = table[0].astype('float32')", (1,)),
            ("table[0] = None", (1,)),
            ("table.append(table)", (1,)),
            ("table[0] = table", (1,)),
            ("table.pop()", (1,)),
            ("numbers[0] = 9", (2,)),
            ("numbers[1] = 2.0", (2,)),
            ("numbers.reverse()", (2,)),
            ("x[:] = 0; numbers[:] = [3]", (0, 2)),
        ],
    )
    def test_changed_arguments_are_reported(
        self, hand_in: HandIn, change: str, changed: tuple[int, ...]
    ) -> None:
        """Positions of arguments that are no longer what was sent, bit for bit, at any depth."""
        student = hand_in(f"def f(x, table, numbers):\n    {change}\n    return 1.0")
        answer = student.ask("f", np.array([0.0, 1.0, np.nan]), [np.ones((2, 2)), np.zeros(2)], [1, 2])
        assert (answer.kind, answer.changed) == ("value", changed)

    def test_other_number_types_are_reported(self, hand_in: HandIn) -> None:
        """A float32 result arrives as float64, and the answer says what it was."""
        answer = hand_in("import numpy as np\ndef f(x): return np.float32(x), x").ask("f", np.ones(2))
        assert answer.dtypes == ("float32",)
        assert answer.value[0].dtype == np.float64

    def test_warnings_are_reported(self, hand_in: HandIn) -> None:
        """Each call's warnings come with its answer, each once."""
        student = hand_in("import numpy as np\ndef f(x): return np.log(x) + np.log(x)", ECHO)
        answer = student.ask("f", np.array([0.0]))
        assert answer.kind == "value"
        assert answer.warnings == ("divide by zero encountered in log",)
        assert student.ask("echo", 1).warnings == ()

    def test_what_is_printed_comes_along(self, hand_in: HandIn) -> None:
        """A bounded piece of what the call printed; nothing of it is left for the next call."""
        student = hand_in("def f(n):\n    print('x' * n)\n    return 1", ECHO)
        assert student.ask("f", 3).printed == "xxx\n"
        assert student.ask("f", 10_000).printed == "x" * 2000
        assert student.ask("echo", 1).printed == ""

    def test_every_text_can_be_stored(self, hand_in: HandIn) -> None:
        """Half a surrogate pair in a message, a warning or a print arrives as something that UTF-8 has."""
        source = """
            import warnings
            def f():
                print("\\ud800")
                warnings.warn("\\ud800")
                return 1
            def g(): raise ValueError("\\ud800")
        """
        student = hand_in(source)
        for answer in (student.ask("f"), student.ask("g")):
            "".join([answer.text, answer.trace, answer.printed, *answer.warnings]).encode()

    @pytest.mark.parametrize(
        "spoil",
        [
            "np.seterr(all='raise')",
            "np.seterr(all='ignore')",
            "np.seterrcall(lambda *a: 1 / 0); np.seterr(all='call')",
            "warnings.simplefilter('error')",
            "warnings.simplefilter('ignore')",
        ],
    )
    def test_error_handling_is_reset_before_each_call(self, hand_in: HandIn, spoil: str) -> None:
        """How a function sets NumPy's errors or its warnings is gone with its call."""
        head = f"import warnings\nimport numpy as np\ndef spoil():\n    {spoil}\n    return 1.0\n"
        student = hand_in(head + "def f(x): return 1 / x\n")
        for _ in range(2):
            student.value("spoil")
            answer = student.ask("f", np.zeros(1))
            assert (answer.kind, answer.warnings) == ("value", ("divide by zero encountered in divide",))
