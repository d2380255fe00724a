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
from copy import copy
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
SUFFIXES = {".py", ".yaml", ".yml", ".ipynb", ".json", ".csv", ".npz", ".npy", ".txt", ".md", ".png", ".svg"}


def bundle_files(assignment: Assignment) -> dict[str, bytes]:
    """The files of an assignment's two directories, by path inside the course."""
    root = assignment.folder.parent.parent
    folders = assignment.folder, assignment.solution
    paths = sorted(path for folder in folders for path in folder.rglob("*"))
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in paths
        if path.is_file()
        and path.suffix in SUFFIXES
        and not {"__pycache__", ".ipynb_checkpoints"} & {*path.parts}
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
        inside = assignment.solution.name + "/"
        solution = {
            name.rpartition(inside)[2]: data
            for name, data in bundle_files(assignment).items()
            if name.startswith(f"{assignment.solution.parent.name}/{inside}")
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


class ChecksSource:
    """The statements of a checks file by the names that they bind or change."""

    def __init__(self, source: str) -> None:
        self._by_name: dict[str, list[tuple[str, set[str]]]] = {}
        self._nameless: list[str] = []  # statements that bind no name may do anything
        for node in ast.parse(source).body:
            segment = ast.unparse(node)
            uses = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
            names = bound_names(node)
            for name in names:
                self._by_name.setdefault(name, []).append((segment, uses))
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not names and not text:
                self._nameless.append(segment)

    def behind(self, name: str) -> str:
        """The text of a name's statements and of all that they use; the whole file for an unknown name."""
        if name not in self._by_name:
            everything = {segment for bindings in self._by_name.values() for segment, _ in bindings}
            return "\n".join([*sorted(everything), *self._nameless])
        seen: set[str] = set()
        pending, segments = [name], set(self._nameless)
        while pending:
            used = pending.pop()
            if used in seen:
                continue
            seen.add(used)
            for segment, uses in self._by_name.get(used, []):
                segments.add(segment)
                pending += uses
        return "\n".join(sorted(segments))
