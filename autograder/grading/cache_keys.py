"""Cache keys: what a result depends on, as digests, so that what did not change is not graded again.

A check's key covers the engine's files, the versions, the data set, the seed, the limits, the reference,
the check's own statements and all others of its file that they name. A result that did not pass depends on
the known mistakes, the alternatives and all checks of its task too: its hint agrees with all of them. The
grader writes a key beside each result; `provenance_of` gives the digests that the ledger keeps of a whole
report.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.checks.convergence_checks import is_convergence
from autograder.checks.definition import Check
from autograder.course.assignment import Assignment
from autograder.course.python_source import bound_names
from autograder.environment import environment
from autograder.report import CheckResult, Status
from autograder.results.ledger import Provenance
from autograder.submissions.submission import digest

__all__ = [
    "CacheKeys",
    "ChecksSource",
    "bundle_files",
    "engine_digest",
    "environment_digest",
    "provenance_of",
]

PACKAGE = Path(__file__).parents[1]
# What a grade depends on: these modules and every file of these rooms. A change in any other room
# (site, pages, command line, learning platforms) leaves earlier grades valid.
MODULES = ("environment.py", "errors.py", "report.py", "yaml_source.py")
ROOMS = ("checks", "course", "sandbox", "submissions", "results", "grading")

# Files of a solution that no result depends on, or not every result.
NOT_SHARED = {
    *("alternatives.py", "calibration.svg", "calibration.yaml", "checks.py"),
    "surviving_mutants.yaml",
}
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
COMPILED = ".pyc"


def bundle_files(assignment: Assignment) -> dict[str, bytes]:
    """The files of an assignment's two directories, by path inside the course.

    Whatever their suffix: a check may read any of them. Hidden files and compiled code are left out.
    """
    root = assignment.folder.parent.parent
    folders = assignment.folder, assignment.solution
    paths = sorted(path for folder in folders for path in folder.rglob("*"))
    names = {path.relative_to(root): path for path in paths if path.suffix != COMPILED and path.is_file()}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in names.items()
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    }


def provenance_of(assignment: Assignment, dataset: str) -> Provenance:
    """All that results of an assignment depend on besides the submission and the seed."""
    files = bundle_files(assignment)
    return Provenance(
        bundle=digest(*(part for item in files.items() for part in item)),
        engine=engine_digest(),
        environment=environment_digest(),
        dataset=dataset,
    )


def environment_digest() -> str:
    """Digest of the versions that a grade depends on."""
    return digest(json.dumps(environment()))


@cache
def engine_digest() -> str:
    """Digest of every file of the modules and rooms that a grade depends on."""
    files = [PACKAGE / name for name in MODULES]
    files += [path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")]
    parts = sorted((path.relative_to(PACKAGE).as_posix(), path.read_bytes()) for path in files)
    return digest(*(text for part in parts for text in part))


class CacheKeys:
    """The keys of an assignment's hidden checks, for one seed and one data set."""

    def __init__(self, assignment: Assignment, seed: int, dataset: str) -> None:
        self._statements = ChecksSource((assignment.solution / "checks.py").read_text(encoding="utf-8"))
        inside = f"{assignment.solution.parent.name}/{assignment.solution.name}/"
        solution = {
            name.removeprefix(inside): data
            for name, data in bundle_files(assignment).items()
            if name.startswith(inside)
        }
        self._variants = [solution.pop("mistakes.py", b""), solution.get("alternatives.py", b"")]
        self._variants += [solution.pop(name, b"") for name in ("near_misses.json", "inputs.py")]
        self._checks_of = {
            check.task: [each.body.__name__ for each in assignment.hidden_checks if each.task == check.task]
            for check in assignment.hidden_checks
        }
        others = (
            part for name, data in sorted(solution.items()) if name not in NOT_SHARED for part in (name, data)
        )
        limits = assignment.file.limits.model_dump_json()
        self._shared = digest(engine_digest(), json.dumps(environment()), limits, *others)
        self._use(seed)
        self._training = digest(assignment.calibration.model_dump_json(), dataset)

    def with_seed(self, seed: int) -> CacheKeys:
        """The keys for another seed; no file is read again."""
        keys = copy(self)
        keys._use(seed)
        return keys

    def _use(self, seed: int) -> None:
        self._all = digest(self._shared, str(seed))
        self._file_digests: dict[tuple[str, bool], str] = {}

    def key(self, check: Check, status: Status) -> str:
        """The key of a result of this check with this status."""
        case = check.id, status is Status.PASSED
        if case not in self._file_digests:
            self._file_digests[case] = self._digest(check, status)
        return self._file_digests[case]

    def _digest(self, check: Check, status: Status) -> str:
        parts: list[str | bytes] = [self._all, self._statements.behind(check.body.__name__), check.id]
        if is_convergence(check.body):
            parts.append(self._training)
        if status is not Status.PASSED:
            parts += self._variants
            parts += [self._statements.behind(name) for name in self._checks_of.get(check.task, [])]
        return digest(*parts)[:16]

    def holds(self, check: Check, result: CheckResult) -> bool:
        """Whether a result would come out the same today."""
        return result.status is not Status.SKIPPED and result.key == self.key(check, result.status)


@dataclass(frozen=True)
class _Statement:
    text: str
    binds: set[str]  # names that it binds, and those whose object it assigns to
    uses: set[str]


class ChecksSource:
    """The statements of a checks file by the names that they bind or change, in the order of the file."""

    def __init__(self, source: str) -> None:
        nodes = ast.parse(source).body
        self._statements = [_Statement(ast.unparse(node), bound_names(node), _used(node)) for node in nodes]
        self._by_name: dict[str, set[int]] = {}
        self._nameless: set[int] = set()  # statements that bind no name may do anything
        for number, (node, statement) in enumerate(zip(nodes, self._statements, strict=True)):
            for name in statement.binds:
                self._by_name.setdefault(name, set()).add(number)
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not statement.binds and not text:
                self._nameless.add(number)
        changeable = _changeable(nodes)
        for number, node in enumerate(nodes):
            if _may_change_values(node):  # such as `first = generator.normal()`, which changes the generator
                for name in self._reached(self._statements[number].uses)[0] & changeable:
                    self._by_name.setdefault(name, set()).add(number)

    def behind(self, name: str) -> str:
        """The text of a name's statements and of all that they use; the whole file for an unknown name."""
        if name in self._by_name:
            numbers = self._reached({name})[1] | self._nameless
        else:
            numbers = {*self._nameless, *(number for bound in self._by_name.values() for number in bound)}
        return "\n".join(self._statements[number].text for number in sorted(numbers))

    def _reached(self, names: set[str]) -> tuple[set[str], set[int]]:
        """The names that these rest on, and their statements."""
        seen: set[str] = set()
        numbers: set[int] = set()
        pending = [*names]
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            for number in self._by_name.get(name, set()) - numbers:
                numbers.add(number)
                pending += self._statements[number].uses
        return seen, numbers


def _used(node: ast.stmt) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def _changeable(nodes: Sequence[ast.stmt]) -> set[str]:
    """The names of a file whose objects may change: no modules and functions, no plain numbers."""
    names = {name for node in nodes if not isinstance(node, DEFINITIONS) for name in _changed_by(node)}
    return names | {name for node in nodes for part in ast.walk(node) for name in _declared_global(part)}


def _changed_by(node: ast.stmt) -> set[str]:
    constant = isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and isinstance(
        node.value, ast.Constant
    )
    return set() if constant else bound_names(node)


def _declared_global(part: ast.AST) -> list[str]:
    return part.names if isinstance(part, ast.Global) else []


def _may_change_values(node: ast.stmt) -> bool:
    """Whether running a statement may change an object that exists; definitions do not, with decorators."""
    return not isinstance(node, DEFINITIONS) and any(
        isinstance(part, (ast.Call, ast.AugAssign))
        or (isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load))
        for part in ast.walk(node)
    )
