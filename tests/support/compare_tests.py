#!/usr/bin/env python3
"""Compare the tests of two versions of the repository: which are lost, and which assert less than before.

    compare_tests.py list WHERE [-o FILE.json]
    compare_tests.py compare BEFORE AFTER [--map FILE.yaml]

WHERE, BEFORE and AFTER are a checkout, a commit of the repository this file is in, or a file that `list`
wrote. `list` collects the test ids with pytest and counts, for every test function, its cases (parametrised
ids) and its assertions: `assert` statements and calls of `pytest.raises`, `pytest.warns`, `pytest.fail`,
`expect` and `assert_…`.

`compare` finds the successor of every test: by the map; else the same id; else the only test of that name;
else, of several of that name, the one with the same docstring. It exits with 1 when a test has no successor,
when the successor has fewer assertions or cases, or when the whole tree has fewer assertions than before.

The map is YAML (or JSON) with these sections, all optional; an id is `path::test` or `path::Class::test`:

    paths:    {tests/old.py: tests/new.py, tests/old_folder/: tests/new_folder/}
    tests:    {"tests/old.py::test_a": "tests/new.py::test_b"}   # or a list, where one test became several
    removed:  {"tests/old.py::test_c": why it has no successor}
    fewer:    {"tests/old.py::test_d": why it asserts less or has fewer cases}
    fewer_in_total: why the whole tree asserts less

Several old tests may have one successor; it must then assert as much as all of them together.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PYTEST_CALLS = {"raises", "warns", "fail"}
REPOSITORY = Path(__file__).resolve().parents[2]

Inventory = dict[str, Any]


# ------------------------------------------------------------------------------------- what a checkout has


def collect(checkout: Path) -> Counter[str]:
    """The number of cases of every test of a checkout, by its id without parameters."""
    environment = os.environ | {"PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop(
        "PYTEST_ADDOPTS", None
    )  # options of the run that asked, with plugins this one does not load
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
    ]
    run = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"pytest cannot collect the tests of {checkout}:\n{run.stdout[-3000:]}{run.stderr[-3000:]}")
    cases = Counter(
        line.split("[", 1)[0] for line in run.stdout.splitlines() if ".py::" in line.split("[", 1)[0]
    )
    if not cases:
        sys.exit(f"pytest found no tests in {checkout}.")
    return cases


def is_assertion(node: ast.AST) -> bool:
    """Whether a node of a syntax tree asserts something."""
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Attribute):
        of_pytest = isinstance(called.value, ast.Name) and called.value.id == "pytest"
        return called.attr.startswith("assert_") or (of_pytest and called.attr in PYTEST_CALLS)
    return isinstance(called, ast.Name) and (called.id.startswith("assert_") or called.id == "expect")


def count_assertions(tree: ast.AST) -> int:
    """The number of assertions anywhere below a node."""
    return sum(is_assertion(node) for node in ast.walk(tree))


def functions_of(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """The functions of a module and of its classes, named as pytest names them; state machines too."""
    machines: dict[str, ast.ClassDef] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            machines[node.name] = node
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}::{inner.name}", inner
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "TestCase"
            and isinstance(node.value.value, ast.Name)
            and node.value.value.id in machines
        ):
            yield f"{node.targets[0].id}::runTest", machines[node.value.value.id]


def docstring(node: ast.AST) -> str:
    """A function's docstring in one line, or nothing."""
    documented = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return " ".join((ast.get_docstring(node) or "").split()) if documented else ""  # type: ignore[arg-type]


def inventory(checkout: Path) -> Inventory:
    """Every test of a checkout: cases, assertions, docstring; and the assertions of the whole tree."""
    cases = collect(checkout)
    tests: dict[str, dict[str, Any]] = {}
    total = 0
    for path in sorted((checkout / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        total += count_assertions(tree)
        name = path.relative_to(checkout).as_posix()
        for function, node in functions_of(tree):
            test = f"{name}::{function}"
            if test in cases:
                counts = {"cases": cases[test], "assertions": count_assertions(node)}
                tests[test] = counts | {"docstring": docstring(node)}
    for test in cases.keys() - tests.keys():  # inherited or imported: its assertions stand elsewhere
        tests[test] = {"cases": cases[test], "assertions": 0, "docstring": ""}
    return {"tests": dict(sorted(tests.items())), "cases": cases.total(), "assertions": total}


def load(where: str) -> Inventory:
    """The inventory of a file that `list` wrote, of a checkout, or of a commit."""
    path = Path(where)
    if path.is_file():
        loaded: Inventory = json.loads(path.read_text("utf-8"))
        return loaded
    if path.is_dir():
        return inventory(path.resolve())
    git = ["git", "-C", str(REPOSITORY)]
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder).resolve() / "checkout"
        added = subprocess.run(
            [*git, "worktree", "add", "--detach", str(checkout), where],
            capture_output=True,
            text=True,
            check=False,
        )
        if added.returncode != 0:
            sys.exit(f"{where!r} is neither a file, a folder nor a commit: {added.stderr.strip()}")
        try:
            return inventory(checkout)
        finally:
            subprocess.run(
                [*git, "worktree", "remove", "--force", str(checkout)], capture_output=True, check=False
            )


# ------------------------------------------------------------------------------------- before and after


@dataclass
class Comparison:
    """Which tests succeed which, and what is missing."""

    successors: dict[str, list[str]] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    fewer: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        """Whether nothing is lost without an explanation."""
        return not (self.lost or self.fewer or self.mistakes)


def moved(test: str, paths: dict[str, str]) -> str:
    """The id a test has after its file or its folder moved; the longest rule counts."""
    path, _, name = test.partition("::")
    for old in sorted(paths, key=len, reverse=True):
        if path == old or (old.endswith("/") and path.startswith(old)):
            return f"{paths[old]}{path[len(old) :]}::{name}"
    return test


def match(before: Inventory, after: Inventory, renames: dict[str, Any], comparison: Comparison) -> None:
    """Find the successor of every test, by the map, then by id, then by name, then by name and docstring."""
    old, new = before["tests"], after["tests"]
    mapped: dict[str, Any] = renames.get("tests") or {}
    comparison.removed = dict(renames.get("removed") or {})
    for section in ("tests", "removed", "fewer"):
        for test in renames.get(section) or {}:
            if test not in old:
                comparison.mistakes.append(f"map, {section}: there was no test {test}")
    open_tests = []
    for test in old:
        if test in comparison.removed:
            continue
        targets = mapped.get(test) or moved(test, renames.get("paths") or {})
        targets = [targets] if isinstance(targets, str) else list(targets)
        missing = [target for target in targets if target not in new]
        if not missing:
            comparison.successors[test] = targets
        elif test in mapped:
            comparison.mistakes.append(f"map, tests: there is no test {missing[0]} (for {test})")
        else:
            open_tests.append(test)
    for key in (
        lambda test, of: test.rpartition("::")[2],
        lambda test, of: (test.rpartition("::")[2], of[test]["docstring"]),
    ):
        taken = {target for targets in comparison.successors.values() for target in targets}
        left, found = defaultdict(list), defaultdict(list)
        for test in open_tests:
            left[key(test, old)].append(test)
        for test in new:
            if test not in taken:
                found[key(test, new)].append(test)
        for name, tests in left.items():
            if len(tests) == len(found[name]) == 1:
                comparison.successors[tests[0]] = found[name]
        open_tests = [test for test in open_tests if test not in comparison.successors]
    taken = {target for targets in comparison.successors.values() for target in targets}
    by_docstring = defaultdict(list)
    for test, counts in new.items():
        if counts["docstring"] and test not in taken:
            by_docstring[counts["docstring"]].append(test)
    for test in open_tests:
        guesses = by_docstring.get(old[test]["docstring"], [])
        guess = f" (same docstring: {', '.join(guesses)})" if guesses else ""
        comparison.lost.append(test + guess)


def compare(before: Inventory, after: Inventory, renames: dict[str, Any]) -> Comparison:
    """Compare two inventories under a map of renames."""
    comparison = Comparison()
    match(before, after, renames, comparison)
    old, new = before["tests"], after["tests"]
    explanations = renames.get("fewer") or {}
    predecessors: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for test, targets in comparison.successors.items():
        predecessors[tuple(targets)].append(test)
    for group, tests in predecessors.items():
        for what in ("assertions", "cases"):
            had = sum(old[test][what] for test in tests)
            has = sum(new[target][what] for target in group)
            # Merged tests are fewer cases by nature: what they assert must stay, and each must still run.
            if what == "cases" and len(tests) > 1:
                had = max(old[test]["cases"] for test in tests)
            if has < had:
                line = f"{' + '.join(tests)}: {had} {what} before, {has} after"
                reasons = {explanations[test] for test in tests if test in explanations}
                if reasons:
                    comparison.explained.append(f"{line} ({'; '.join(sorted(reasons))})")
                else:
                    comparison.fewer.append(line)
    if after["assertions"] < before["assertions"]:
        line = f"whole tree: {before['assertions']} assertions before, {after['assertions']} after"
        if renames.get("fewer_in_total"):
            comparison.explained.append(f"{line} ({renames['fewer_in_total']})")
        else:
            comparison.fewer.append(line)
    return comparison


def describe(before: Inventory, after: Inventory, comparison: Comparison) -> str:
    """The comparison as text for a person."""
    renamed = sum([test] != targets for test, targets in comparison.successors.items())
    succeeding = {target for targets in comparison.successors.values() for target in targets}
    lines = [
        f"before: {len(before['tests'])} tests, {before['cases']} cases, {before['assertions']} assertions",
        f"after:  {len(after['tests'])} tests, {after['cases']} cases, {after['assertions']} assertions",
        f"{len(comparison.successors)} tests found again ({renamed} moved or renamed), "
        f"{len(after['tests'].keys() - succeeding)} new, {len(comparison.removed)} removed by the map, "
        f"{len(comparison.lost)} lost, {len(comparison.fewer)} with fewer assertions or cases",
    ]
    for title, found in (
        ("Lost", comparison.lost),
        ("Fewer assertions or cases", comparison.fewer),
        ("Mistakes in the map", comparison.mistakes),
        ("Removed, says the map", [f"{test}: {why}" for test, why in comparison.removed.items()]),
        ("Fewer, explained by the map", comparison.explained),
    ):
        if found:
            lines += ["", f"{title}:", *(f"  {line}" for line in sorted(found))]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="write the tests of one version as JSON")
    listing.add_argument("where")
    listing.add_argument("-o", "--output", type=Path)
    comparing = commands.add_parser("compare", help="say what the second version lost")
    comparing.add_argument("before")
    comparing.add_argument("after")
    comparing.add_argument("--map", type=Path, dest="renames")
    chosen = parser.parse_args(arguments)
    if chosen.command == "list":
        text = json.dumps(load(chosen.where), indent=1, ensure_ascii=False) + "\n"
        if chosen.output:
            chosen.output.write_text(text, "utf-8")
        else:
            print(text, end="")
        return 0
    renames = yaml.safe_load(chosen.renames.read_text("utf-8")) if chosen.renames else None
    before, after = load(chosen.before), load(chosen.after)
    comparison = compare(before, after, renames or {})
    print(describe(before, after, comparison))
    return 0 if comparison.passes else 1


if __name__ == "__main__":
    sys.exit(main())
