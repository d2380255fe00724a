"""How the rooms stand to each other: imports run one way, one public list a module, content stays outside."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from autograder.course.course import find_course
from autograder.grading import cache_keys

COURSE = find_course(Path(__file__).parent)
ROOT = COURSE.root
PACKAGES = ("autograder", "quizzes")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# The rooms from the bottom up: a room imports rooms of floors below it, and nothing else.
FLOORS = {
    "autograder": (
        ("errors", "report", "environment"),
        ("yaml_source",),
        ("checks",),
        ("course", "sandbox"),
        ("submissions",),
        ("results",),
        ("grading", "gradebook"),
        ("pages", "jupyter"),
        ("runs", "authoring"),
        ("lms", "doctor"),
        ("site",),
        ("cli",),
    ),
    "quizzes": (
        ("schedule",),
        ("content",),
        ("attempts", "interchange"),
        ("store",),
        ("services",),
        ("analysis", "web", "loadtest"),
        ("extension",),
        ("cli",),
    ),
}
MOST_ROOMS = {"autograder": 16, "quizzes": 12}  # directories
MOST_MODULES = 4  # beside the rooms
MOST_ARROWS = {"autograder": 114, "quizzes": 53}  # between rooms
# What a child loads by path, in a Python that cannot see the engine.
IN_THE_CHILD = (
    *("arena", "cells", "confinement", "edits", "files_in_memory", "frames", "landlock"),
    *("runner", "seccomp", "shifted_clock", "stand_ins", "syscalls", "zygote"),
)


def name_of(path: Path) -> str:
    """A file's name as a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


@cache
def imports(path: Path) -> frozenset[str]:
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
    return frozenset(found)


def ours(path: Path) -> set[str]:
    """The modules of the two packages that a file imports."""
    return {name for name in imports(path) if name.split(".")[0] in PACKAGES}


def room_of(name: str) -> str:
    """A module's room; a package's own `__init__` and `__main__` stand above them all."""
    return name.split(".")[1] if "." in name.removesuffix(".__main__") else ""


def arrows(package: str) -> set[tuple[str, str]]:
    """From room to room, where a module of the one imports a module of the other."""
    return {
        (room_of(name), room_of(other))
        for name, path in MODULES.items()
        for other in ours(path)
        if name.split(".")[0] == other.split(".")[0] == package and room_of(name) != room_of(other)
    }


def isort_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as ruff sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_there_is_something_to_look_at() -> None:
    """The files are found, so the tests below say something."""
    assert {"autograder", "autograder.errors", "autograder.cli.grade", "quizzes"} <= MODULES.keys()
    assert "autograder.report" in ours(MODULES["autograder.grading.evaluation"])
    assert all(f"autograder.sandbox.{name}" in MODULES for name in IN_THE_CHILD)


def test_no_circle() -> None:
    """No module imports one that, directly or through others, imports it; `if TYPE_CHECKING:` left aside."""
    order = TopologicalSorter({name: at_run_time(path) - {name} for name, path in MODULES.items()})
    assert list(order.static_order())  # raises CycleError and names the circle


def at_run_time(path: Path) -> set[str]:
    """The modules a file imports when it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in names:
            wholes = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {whole if whole in MODULES else node.module or "" for whole in wholes}
    return {name for name in found if name in MODULES}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_order_of_rooms(package: str) -> None:
    """Rooms import rooms of lower floors: no two of them point at each other."""
    floor = {room: number for number, rooms in enumerate(FLOORS[package]) for room in rooms}
    found = arrows(package)
    assert {room for arrow in found for room in arrow} - {""} <= floor.keys()
    wrong = [
        (imported, other)
        for imported, other in found
        if imported and other and floor[other] >= floor[imported]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_few_rooms(package: str) -> None:
    """A newcomer meets few rooms, few modules beside them, and few arrows between them."""
    folders = {path.parent.name for path in (ROOT / package).glob("*/*.py")}
    extra_files = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__", "__main__"}
    assert len(folders) <= MOST_ROOMS[package]
    assert len(extra_files) <= MOST_MODULES
    assert len(arrows(package)) <= MOST_ARROWS[package]


def test_the_site_imports_no_extension() -> None:
    """Quizzes import the autograder, never the other way: they plug in by an entry point."""
    for name, path in MODULES.items():
        if name.split(".")[0] == "autograder":
            assert not [imported for imported in ours(path) if imported.split(".")[0] == "quizzes"], name


def test_what_quizzes_use_of_the_engine() -> None:
    """Quizzes build on the site, the course, errors, report, ledger, tables, archives, one grading module."""
    rooms = {"site", "course", "environment", "errors", "report", "results"}
    rooms |= {"yaml_source", "gradebook", "submissions"}
    words = "autograder.pages.text"  # points as all pages and commands write them
    for name, path in MODULES.items():
        if name.split(".")[0] == "quizzes":
            of_engine = {imported for imported in ours(path) if imported.split(".")[0] == "autograder"}
            used = {room_of(imported) for imported in of_engine - {words}}
            extra = {"grading"} if name == "quizzes.content.function_grading" else set()
            extra |= {"pages"} if name == "quizzes.content.markup" else set()  # formulas of all pages
            extra |= {"cli"} if name.startswith("quizzes.cli") else set()
            extra |= {"pages"} if name == "quizzes.analysis.page" else set()  # one design of pages
            assert used <= rooms | extra, name


def test_the_server_runs_no_submissions() -> None:
    """Nothing that the web server imports, however far away, reaches the sandbox."""
    reached, left = set(), {"autograder.site.server", "quizzes.extension"}
    while left:
        reached |= left
        left = {
            imported for name in left for imported in ours(MODULES[name]) if imported in MODULES
        } - reached
    assert {"quizzes.services.exam", "quizzes.web.routes"} <= reached
    wrong = [imported for imported in reached if imported == "quizzes.content.function_grading"]
    assert not wrong + [imported for imported in reached if imported.startswith("autograder.sandbox")]


def test_a_grade_rests_on_the_rooms_it_is_keyed_by() -> None:
    """Whatever grading imports is in the digest of cached grades, and no page, site or command is."""
    reached, left = set(), {"autograder.grading.grader", "autograder.grading.function_item"}
    while left:
        reached |= left
        left = {
            imported for name in left for imported in ours(MODULES[name]) if imported in MODULES
        } - reached
    keyed = {*cache_keys.ROOMS, *(Path(name).stem for name in cache_keys.MODULES)}
    assert {room_of(name) for name in reached} <= keyed
    assert not keyed & {"pages", "site", "cli", "lms", "runs", "gradebook", "authoring", "jupyter", "doctor"}


def test_nothing_imports_content() -> None:
    """Assignments, solutions and tests are loaded by path or not at all; none is a package."""
    content = {"assignments", "solutions", "tests"}
    for name, path in MODULES.items():
        assert not {imported.split(".")[0] for imported in imports(path)} & content, name
    assert not [path for folder in content for path in (ROOT / folder).rglob("__init__.py")]


def test_public_checks_need_no_solution() -> None:
    """What stands beside a handout imports the engine, NumPy and the standard library."""
    for name in COURSE.assignment_ids():
        tops = {
            imported.split(".")[0] for imported in imports(COURSE.root / "assignments" / name / "checks.py")
        }
        assert tops <= sys.stdlib_module_names | {"autograder", "numpy"}, name


def test_authors_import_from_one_place() -> None:
    """Checks, mistakes, alternatives and experiments import `autograder.checks` and nothing else of ours."""
    files = [path for folder in ("assignments", "solutions") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 20
    for path in files:
        used = {name for name in ours(path) if name.startswith("autograder")}
        assert used <= {"autograder.checks"}, path


@pytest.mark.parametrize("name", IN_THE_CHILD)
def test_the_childs_files(name: str) -> None:
    """What a child loads imports the standard library and NumPy."""
    tops = {imported.split(".")[0] for imported in imports(ROOT / "autograder" / "sandbox" / f"{name}.py")}
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
    completed = subprocess.run(
        [sys.executable, "-I", "-c", code, *paths], capture_output=True, text=True, check=False
    )
    assert (completed.stdout, completed.stderr) == ("[]\n", "")


def test_the_zygote_loads_these_files() -> None:
    """The list above is the one the zygote has."""
    tree = ast.parse(MODULES["autograder.sandbox.zygote"].read_text(encoding="utf-8"))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    extra_files = {path.stem for path in (ROOT / "autograder" / "sandbox").glob("*.py")}
    assert {str(word) for word in words if word in extra_files} == set(IN_THE_CHILD) - {"zygote"}


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[-1] not in IN_THE_CHILD])
def test_public_names(name: str) -> None:
    """`__all__` is sorted, says nothing twice, and everything in it is there."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    if len(tree.body) <= 1 or name.split(".")[-1] == "__main__":
        return  # a package's docstring alone
    module = importlib.import_module(name)
    names: list[str] = module.__all__
    assert names == sorted(set(names), key=isort_key)
    assert [imported for imported in names if not hasattr(module, imported)] == []


def test_the_engine_names_no_assignment() -> None:
    """A new assignment is a new folder: no file of the engine knows one, not even its number."""
    known = re.compile("|".join([*map(re.escape, COURSE.assignment_ids()), r"\bhw\d", r"\bhomework ?\d"]))
    found = {
        str(path.relative_to(ROOT)): sorted(set(known.findall(path.read_text(encoding="utf-8"))))
        for path in (ROOT / "autograder").rglob("*")
        if path.suffix in {".py", ".html", ".css", ".js"}
    }
    assert {file: names for file, names in found.items() if names} == {}


def test_no_test_runs_an_event_loop_beside_a_browser() -> None:
    """A browser's driver leaves its own running in the process: `event_loops.run` takes a thread."""
    direct = [
        path.name for path in (ROOT / "tests").rglob("test_*.py") if "asyncio.run(" in path.read_text("utf-8")
    ]
    assert direct == [Path(__file__).name]


REQUEST = re.compile(r"httpx\.(Client|get|post|put|delete|request|stream)")


def requests_by_default(source: str) -> list[int]:
    """The lines of the calls that leave it to httpx how long they wait and which certificates they read."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        call.lineno
        for call in calls
        if REQUEST.fullmatch(ast.unparse(call.func))
        and not any(
            keyword.arg == "transport" or ast.unparse(keyword.value) == "LOCAL" for keyword in call.keywords
        )
    ]


def test_requests_of_tests_are_to_this_machine() -> None:
    """httpx gives up after 5 s, which a loaded machine may need, and reads certificates for 20 ms: not so."""
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}
    by_default = [
        f"{path.relative_to(ROOT)}:{line}: add **LOCAL, of tests/support/local_http.py"
        for path, source in sources.items()
        if "httpx." in source
        for line in requests_by_default(source)
    ]
    assert by_default == []
