"""The script that proves that no test was lost in a restructuring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from compare_tests import compare, inventory, main


def tree(folder: Path, files: dict[str, str]) -> Path:
    """A checkout with these test files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def counted(**tests: tuple[int, int, str]) -> dict[str, Any]:
    """An inventory of tests, each with assertions, cases and a docstring; `__` parts file and function."""
    entries = {
        f"tests/{name.replace('__', '.py::', 1)}": {"assertions": had, "cases": cases, "docstring": text}
        for name, (had, cases, text) in tests.items()
    }
    return {"tests": entries, "cases": len(entries), "assertions": sum(had for had, _, _ in tests.values())}


def test_cases_and_assertions_are_counted(tmp_path: Path) -> None:
    """Asserts, `pytest.raises`, nested functions and state machines count for their test; text does not."""
    body = """
import pytest
from hypothesis.stateful import RuleBasedStateMachine, rule
@pytest.mark.parametrize('x', ['a[b', 'c::d'])
def test_a(x):
    'Two.'
    assert x
    with pytest.raises(ValueError):
        int('assert x')
class TestB:
    def test_c(self):
        def inner():
            assert True
        inner()
class Machine(RuleBasedStateMachine):
    @rule()
    def step(self):
        assert True
TestMachine = Machine.TestCase
"""
    found = inventory(tree(tmp_path, {"tests/test_one.py": body}))
    counts = {test: (entry["cases"], entry["assertions"]) for test, entry in found["tests"].items()}
    assert counts == {
        "tests/test_one.py::test_a": (2, 2),
        "tests/test_one.py::TestB::test_c": (1, 1),
        "tests/test_one.py::TestMachine::runTest": (1, 1),
    }
    assert found["cases"] == 4 and found["assertions"] == 4


def test_a_moved_file_loses_nothing() -> None:
    """A test is found again by its name alone, and of two with one name by its docstring."""
    before = counted(a__test_x=(1, 1, "X."), a__test_y=(2, 1, "Y of a."), b__test_y=(3, 1, "Y of b."))
    after = counted(n__test_x=(1, 1, "X."), n__test_y=(3, 1, "Y of b."), m__test_y=(2, 1, "Y of a."))
    comparison = compare(before, after, {})
    assert comparison.passes
    assert comparison.successors["tests/b.py::test_y"] == ["tests/n.py::test_y"]


@pytest.mark.parametrize(
    ("after", "renames", "passes"),
    [
        (counted(a__test_x=(2, 3, "")), {}, True),
        (counted(a__test_x=(1, 3, "")), {}, False),
        (counted(a__test_x=(2, 2, "")), {}, False),
        (
            counted(a__test_x=(1, 3, "")),
            {"fewer": {"tests/a.py::test_x": "said twice"}, "fewer_in_total": "so"},
            True,
        ),
        (counted(a__test_z=(2, 3, "")), {}, False),
        (counted(a__test_z=(2, 3, "")), {"tests": {"tests/a.py::test_x": "tests/a.py::test_z"}}, True),
        (counted(b__test_z=(2, 3, "")), {"removed": {"tests/a.py::test_x": "the rule is gone"}}, True),
        (counted(b__test_x=(2, 3, "")), {"tests": {"tests/a.py::test_x": "tests/b.py::test_w"}}, False),
        (counted(a__test_x=(2, 3, "")), {"removed": {"tests/a.py::test_old": "a slip of the map"}}, False),
        (counted(b__test_x=(2, 3, ""), c__test_x=(2, 3, "")), {"paths": {"tests/a.py": "tests/c.py"}}, True),
        (counted(b__test_x=(2, 3, ""), c__test_x=(2, 3, "")), {}, False),
    ],
)
def test_what_is_lost_is_said(after: dict[str, Any], renames: dict[str, Any], passes: bool) -> None:
    """A test without a successor, with fewer assertions or cases, fails unless the map explains it."""
    assert compare(counted(a__test_x=(2, 3, "")), after, renames).passes is passes


def test_merged_tests_assert_together() -> None:
    """Two tests made into one are all there only if the one asserts as much as both did."""
    before = counted(a__test_x=(2, 1, ""), a__test_y=(2, 1, ""))
    renames = {"tests": {"tests/a.py::test_y": "tests/a.py::test_x"}}
    assert compare(before, counted(a__test_x=(4, 1, "")), renames).passes
    assert not compare(before, counted(a__test_x=(3, 1, ""), b__test_n=(5, 1, "")), renames).passes


@pytest.mark.full
def test_two_checkouts_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command compares checkouts and its own lists, and exits with 1 when a test is gone."""
    before = tree(
        tmp_path / "before", {"tests/test_a.py": "def test_a():\n    assert 1\ndef test_b():\n    assert 2\n"}
    )
    after = tree(tmp_path / "after", {"tests/sub/test_n.py": "def test_a():\n    assert 1\n    assert 3\n"})
    assert main(["list", str(before), "-o", str(tmp_path / "before.json")]) == 0
    assert main(["compare", str(tmp_path / "before.json"), str(before)]) == 0
    assert main(["compare", str(tmp_path / "before.json"), str(after)]) == 1
    assert "tests/test_a.py::test_b" in capsys.readouterr().out.partition("Lost:")[2]
