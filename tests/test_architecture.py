"""How the packages stand to each other: imports run one way, files stay small, content stays outside."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from autograder.course.course import find_course
from autograder.grading import cache_keys as digests

COURSE = find_course(Path(__file__).parent)
ROOT = COURSE.root
PACKAGES = ("autograder", "quizzes")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# What a child loads by path, in a Python that cannot see the engine.
IN_THE_CHILD = (
    *("arena", "cells", "confine", "frames", "landlock"),
    *("runner", "seccomp", "syscalls", "zygote"),
)
LONGEST_FILE = 250


def name_of(path: Path) -> str:
    """A file's name as a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


def imports(path: Path) -> set[str]:
    """The modules a file imports, at any depth of its code; ours as precisely as can be told."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            module = node.module or ""
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                found.add(whole if whole in MODULES else module)
    return found


def ours(path: Path) -> set[str]:
    """The modules of the engine that a file imports."""
    return {name for name in imports(path) if name.split(".")[0] in PACKAGES}


def isort_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as ruff sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_there_is_something_to_look_at() -> None:
    """The files are found, so the tests below say something."""
    assert {"autograder", "autograder.errors", "autograder.cli.grade", "quizzes"} <= MODULES.keys()
    assert "autograder.report" in ours(MODULES["autograder.grading.evaluation"])
    assert all(f"autograder.sandbox.{name}" in MODULES for name in IN_THE_CHILD)


def test_no_circle() -> None:
    """No module imports one that, directly or through others, imports it."""
    order = TopologicalSorter({name: ours(path) - {name} for name, path in MODULES.items()})
    assert list(order.static_order())  # raises CycleError and names the circle


@pytest.mark.parametrize("name", ["autograder.errors", "autograder.report"])
def test_the_bottom(name: str) -> None:
    """Errors and the report import nothing of ours."""
    assert ours(MODULES[name]) == set()


def test_the_command_is_on_top() -> None:
    """Only the command line's own modules import the command line."""
    for name, path in MODULES.items():
        for package in PACKAGES:
            top = f"{package}.cli"
            if not (name in (top, f"{package}.__main__") or name.startswith(f"{top}.")):
                assert not [one for one in ours(path) if one == top or one.startswith(f"{top}.")], name


def test_quizzes_know_little_of_the_autograder() -> None:
    """Quizzes share errors, course, roster, report and grades; one module runs functions, one packs."""
    shared = {f"autograder.{name}" for name in ("errors", "course", "roster", "report", "grades")}
    more = {
        "quizzes.functions": {"autograder.grading.function_item"},
        "quizzes.interchange.package": {
            "autograder.submissions.archive",
            "autograder.submissions.deterministic_zip",
        },
    }
    for name, path in MODULES.items():
        theirs = {one for one in ours(path) if one.split(".")[0] == "autograder"}
        if name.split(".")[0] == "quizzes":
            assert theirs <= shared | more.get(name, set()), name
        else:
            assert not [one for one in ours(path) if one.split(".")[0] == "quizzes"], name


def test_the_quiz_server_runs_no_functions() -> None:
    """Nothing that the web server imports, however far away, reaches the sandbox."""
    reached, left = set(), {"quizzes.web.serve"}
    while left:
        reached |= left
        left = {one for name in left for one in ours(MODULES[name]) if one in MODULES} - reached
    assert "quizzes.proctor" in reached
    assert not [one for one in reached if one == "quizzes.functions" or one.startswith("autograder.sandbox")]


def test_the_digest_overlooks_no_import() -> None:
    """What the engine's digest reads by lines holds all that a file imports."""
    for path in (path for name, path in MODULES.items() if name.split(".")[0] == "autograder"):
        assert ours(path) <= {*digests._imports(path)}, path


def test_nothing_imports_content() -> None:
    """Assignments, solutions and tests are loaded by path or not at all; none is a package."""
    content = {"assignments", "solutions", "tests"}
    for name, path in MODULES.items():
        assert not {one.split(".")[0] for one in imports(path)} & content, name
    assert not [path for folder in content for path in (ROOT / folder).rglob("__init__.py")]


def test_public_checks_need_no_solution() -> None:
    """What stands beside a handout imports the engine, NumPy and the standard library."""
    for name in COURSE.assignment_ids():
        tops = {one.split(".")[0] for one in imports(COURSE.root / "assignments" / name / "checks.py")}
        assert tops <= sys.stdlib_module_names | {"autograder", "numpy"}, name


@pytest.mark.parametrize("name", IN_THE_CHILD)
def test_the_childs_files(name: str) -> None:
    """What a child loads imports the standard library and NumPy."""
    tops = {one.split(".")[0] for one in imports(ROOT / "autograder" / "sandbox" / f"{name}.py")}
    assert tops <= sys.stdlib_module_names | {"numpy"}


def test_the_childs_files_load_alone() -> None:
    """They load by path, and nothing of the engine comes along."""
    code = (
        "import importlib.util, sys\n"
        "for path in sys.argv[1:]:\n"
        "    spec = importlib.util.spec_from_file_location('one', path)\n"
        "    spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('autograder', 'quizzes')])\n"
    )
    paths = [ROOT / "autograder" / "sandbox" / f"{name}.py" for name in IN_THE_CHILD]
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code, *paths], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_the_zygote_loads_these_files() -> None:
    """The list above is the one the zygote has."""
    tree = ast.parse(MODULES["autograder.sandbox.zygote"].read_text(encoding="utf-8"))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    beside = {path.stem for path in (ROOT / "autograder" / "sandbox").glob("*.py")}
    assert {str(word) for word in words if word in beside} == set(IN_THE_CHILD) - {"zygote"}


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[-1] not in IN_THE_CHILD])
def test_public_names(name: str) -> None:
    """`__all__` is sorted, says nothing twice, and everything in it is there."""
    module = importlib.import_module(name)
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    if len(tree.body) <= 1:
        return  # a package's docstring alone
    names: list[str] = module.__all__
    assert names == sorted(set(names), key=isort_key)
    assert [one for one in names if not hasattr(module, one)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_files_are_short(package: str) -> None:
    """No file of the engine is longer than a person reads in one go."""
    kinds = {".py", ".html", ".css", ".js"}
    files = [path for path in (ROOT / package).rglob("*") if path.suffix in kinds]
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_the_engine_names_no_assignment() -> None:
    """A new assignment is a new folder: no file of the engine knows one, not even its number."""
    known = re.compile("|".join([*map(re.escape, COURSE.assignment_ids()), r"\bhw\d", r"\bhomework ?\d"]))
    found = {
        str(path.relative_to(ROOT)): sorted(set(known.findall(path.read_text(encoding="utf-8"))))
        for path in (ROOT / "autograder").rglob("*")
        if path.suffix in {".py", ".html", ".css", ".js"}
    }
    assert {file: names for file, names in found.items() if names} == {}
