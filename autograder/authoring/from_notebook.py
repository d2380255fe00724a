"""From a solved notebook to a new assignment: stubs, reference, and first checks on inputs like those seen.

The notebook is the author's own and is run once, in a process of its own, to see what its functions are
called with. Marks of nbgrader's and otter's source notebooks say which functions students write.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.authoring.assignment_files import stub
from autograder.authoring.imported_tests import (
    CheckSource,
    FoundTest,
    Given,
    Untranslatable,
    checks_of,
    foreign_packages,
    nbgrader_test,
    ok_tests,
    otter_test,
    settings_in,
)
from autograder.authoring.new_assignment import (
    OPPOSITE,
    SEED,
    UPSTREAM,
    Cell,
    NewAssignment,
    NewFunction,
    NewTask,
    NewWritten,
    defaults_of,
    guessed_argument,
    tasks_of,
)
from autograder.course.local_time import counted
from autograder.course.python_source import Library, bound_names, functions_in, global_names, imported_names
from autograder.errors import UsageError
from autograder.submissions.written_answers import answer_cell_source, answer_tag

__all__ = ["assignment_from", "varied_arguments"]

SECONDS = 300  # for running the notebook once
MOST_PROBLEMS = 3  # that are told of one run
FAR = 1000  # times: numbers further apart are drawn near those that were seen, not from their range
MOST_SEEN = 10
MARK = re.compile(r"#+\s*(BEGIN|END)\s+(SOLUTION|PROMPT)\b.*|#\s*SOLUTION\b.*")
BEGIN, END = (re.compile(rf"^\s*#+\s*{word}\s+SOLUTION\b.*$") for word in ("BEGIN", "END"))
PROMPT = re.compile(
    r"(?P<quotes>\"\"\"|''')\s*#\s*BEGIN PROMPT\s*\n(?P<text>.*?)(?P=quotes)\s*;?\s*#\s*END PROMPT[^\n]*",
    re.S,
)
IGNORED = re.compile(
    r"^\s*#\s*BEGIN IGNORE.*?#\s*END IGNORE[^\n]*\n?|^[^\n]*#\s*IGNORE[^\S\n]*$\n?", re.S | re.M
)
LINE_MARK = re.compile(r"\s*#+\s*SOLUTION\b(.*)$")
SEED_MARK = re.compile(r"#\s*SEED\s*$")  # a line that only the solution has
ASSIGNED = re.compile(r"^(\s*[\w.\[\], \"']+?=)[^=].*$")
TESTS = re.compile(
    r"#+\s*(BEGIN HIDDEN TESTS|BEGIN TESTS|AUTOTEST|HASHED AUTOTEST|(HIDDEN )?TESTS?\b)|^\s*assert\b", re.M
)
FRAME = re.compile(r"^#\s*(BEGIN|END|ASSIGNMENT)\b", re.M)  # otter's raw cells
# The same in a Markdown cell, where the editor has no raw ones: often as a block of code.
FENCED = re.compile(r"\A```[^\n]*\n(.*?)^```\Z", re.S | re.M)
DELIMITER = re.compile(r"\A#\s*(?:(?:BEGIN|END)\s+(?:QUESTION|SOLUTION|TESTS?|PROMPT)|ASSIGNMENT CONFIG)\b")
# Otter's old format: settings in the question's text, tests known by their first line.
OLD_SETTINGS = re.compile(r"(?:```[^\n]*\n|<!--)\s*BEGIN (QUESTION|ASSIGNMENT)\b(.*?)(?:```|-->)", re.S)
OLD_TEST = re.compile(r"\A\s*#+[^\S\n]*(?:HIDDEN[^\S\n]+)?TESTS?\b", re.I)
OLD_ANSWER = re.compile(r"\A\W*SOLUTION\b\W*")
# Whatever cell begins so, students may not see it.
HIDDEN_TEST = re.compile(r"\A\s*#+[^\S\n]*HIDDEN(?:[^\S\n]+TESTS?)?[^\S\n]*#*[^\S\n]*(?:\n|\Z)", re.I)
MAGIC = re.compile(r"^\s*[%!].*$", re.M)
MARK_SCHEME = re.compile(r"===\s*BEGIN MARK SCHEME\s*===\n?(.*?)===\s*END MARK SCHEME\s*===\n?", re.S)
WRITE_HERE = "..."
EMPTY = re.compile(r"\s*(\.\.\.|pass|raise NotImplementedError.*)?")  # a line that says nothing
PLACEHOLDER = re.compile(rf"\s*#.*|{EMPTY.pattern}")  # a line of a cell without a solution

# Reads [[cell, ...], [function, ...]], runs the cells as Jupyter would, and writes what each function was
# called with and returned: for each call a list of expressions that draw something like its arguments.
RUN = r"""
import functools, io, json, sys
import numpy as np

MOST = 8  # rows of an example where there were many

def rows(shape):
    return tuple(MOST if n > 50 else n for n in shape)

def drawn(value):
    if isinstance(value, (bool, int, str, type(None))):
        return repr(value)
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, np.integer):
        return repr(int(value))
    if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "fiub":
        shape = rows(value.shape)
        if value.dtype.kind == "b":
            return f"rng.random(size={shape}) < 0.5"
        if value.dtype.kind in "iu":
            return f"rng.integers({int(value.min())}, {int(value.max()) + 1}, size={shape})"
        if value.ndim == 2 and value.shape[1] > 1 and value.min() >= 0 and np.allclose(value.sum(axis=1), 1):
            return f"rng.dirichlet(np.ones({shape[1]}), size={shape[0]})"
        if value.min() >= 0:
            return f"rng.uniform(0, {float(np.ceil(value.max())) or 1.0:g}, size={shape})"
        scale = float(f"{value.std() or 1.0:.2g}")
        return f"rng.normal(scale={scale:g}, size={shape})"
    if isinstance(value, (list, tuple)) and all(isinstance(x, (bool, int, float, str)) for x in value):
        return repr(value)
    return None

PLAIN = (bool, int, float, complex, str, bytes, type(None), list, tuple, dict, np.ndarray, np.generic)

def kind(value):
    if not isinstance(value, PLAIN) and not hasattr(value, "__next__"):
        return "object " + type(value).__name__
    parts = value if isinstance(value, (list, tuple)) else [value]
    if any(getattr(part, "dtype", np.dtype(float)).kind == "c" or type(part) is complex for part in parts):
        return "complex"
    if isinstance(value, (list, tuple)):
        return "tuple of " + str(len(value))
    if isinstance(value, (bool, np.bool_)):
        return "truth value"
    array = np.asarray(value)
    if array.dtype.kind == "f":
        return "array" if array.ndim else "number"
    return "integers" if array.dtype.kind in "iub" else ""

def written(value):
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        if value.size > 60 or value.dtype.kind not in "bif" or not np.isfinite(value).all():
            return None
        numbers = value.round(10) if value.dtype.kind == "f" else value
        return repr(numbers.item()) if value.ndim == 0 else f"np.array({numbers.tolist()})"
    if isinstance(value, (list, tuple)) and all(isinstance(x, (bool, int, float, str)) for x in value):
        return repr(value)
    return repr(value) if value is None or isinstance(value, (bool, int, float, str)) else None

cells, wanted = json.load(sys.stdin)
sys.stdin, out, sys.stdout = io.StringIO(), sys.stdout, io.StringIO()
seen, problems = {name: [] for name in wanted}, []
names = {"__name__": "__main__"}
results = {}

def noted(text, value):
    results[text] = written(value)
    return value

names["_is_the_same"] = lambda value: value
names["_noted"] = noted

def watched(name, function):
    @functools.wraps(function)
    def call(*given, **named):
        import inspect
        bound = inspect.signature(function).bind(*given, **named)
        bound.apply_defaults()
        arguments = [drawn(value) for value in bound.arguments.values()]
        result = function(*given, **named)
        if len(seen[name]) < 50:
            seen[name].append([arguments, kind(result)])
        return result
    return call

for number, cell in cells:
    try:
        exec(compile(cell, f"cell {number}", "exec"), names)
    except BaseException as problem:
        problems.append(f"cell {number}: {type(problem).__name__}: {problem}")
    for name in wanted:
        if name in names and not hasattr(names[name], "__wrapped__"):
            names[name] = watched(name, names[name])
json.dump([seen, problems, results], out)
"""


def assignment_from(
    path: Path, name: str, title: str, wanted: Sequence[str], more_tests: Sequence[tuple[str, str]] = ()
) -> NewAssignment:
    """An assignment from a solved notebook; `wanted` names its functions, by default those with marks.

    Without marks, all functions at the top level with a docstring. `more_tests` are names and sources of OK
    files. Raises UsageError where there are no functions.
    """
    notebook = _read(path)
    found = _sorted_out(notebook)
    remarks = found.remarks
    kept = [cell for cell in found.cells if cell.kind == "code"]
    sources = [cell.source for cell in kept]
    trees = [_parsed(source) for source in sources]
    known = {
        function: (number, node)
        for number, tree in enumerate(trees)
        for function, node in functions_in(tree).items()
    }
    chosen = _chosen(known, kept, wanted, path, marked_by_people=len(found.answers))
    library = _library(sources)
    tests = [*found.tests, *_ok_tests(more_tests, len(notebook["cells"]) + 1, remarks)]
    calls, problems, values = _calls(kept, tests, chosen, path.parent)
    remarks += [f"{problem} when the notebook was run." for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        remarks.append(
            f"{counted(len(problems) - MOST_PROBLEMS, 'more cell')} raised an error: import it where what it "
            "imports is installed."
        )
    ungraded = {f: kind for f in chosen if (kind := _object(calls[f]))}
    remarks += [
        f"{function} returns a {kind}, and only arrays, numbers, texts, lists and tuples leave the "
        "sandbox. It is not graded; ask for a function that returns numbers, such as coefficients or values."
        for function, kind in ungraded.items()
    ]
    remarks += [
        f"{function} returns complex numbers in some calls, and those do not leave the sandbox: ask for real "
        "and imaginary part, or for real results alone."
        for function in chosen
        if any(kind == "complex" for _, kind in calls[function])
    ]
    chosen = [function for function in chosen if function not in ungraded]
    if not chosen:
        raise UsageError(
            f"No function of {path} can be graded.",
            next_step=" ".join(remarks) or "Name some with --function.",
        )
    functions = []
    for function in chosen:
        number, node = known[function]
        shown = _shown(sources[number], node)
        made, more = _function(node, library.function(function), shown, calls[function], calls)
        functions.append(made)
        remarks += more
    drawn = {f for f in chosen if any(None not in arguments for arguments, _ in calls[f])}
    tasks = _with_tests(tasks_of(functions), tests, found.given(), values, drawn, ungraded, remarks)
    tasks, written = _with_written(tasks, found, known, kept)
    parts = library.support([item.source for item in functions], leave_out=set(chosen))
    calling = [part for part in parts if _runs(part, {*chosen, *ungraded})]
    remarks += [
        f"“{part.splitlines()[0]}” is not in the solution: it calls what students write, and a function "
        "uses its result. Give it that as an argument."
        for part in calling
    ]
    support = _paragraphs([part for part in parts if part not in calling])
    remarks += _not_importable(support, functions)
    remarks += _not_given(found, {*chosen, *ungraded})
    cells = _handout(
        found.cells,
        {item.name: item for item in functions},
        {t.functions[-1].name: t.id for t in tasks},
        ungraded,
    )
    return NewAssignment(name, title, tasks, cells, _with_numpy(support), remarks, written)


def _runs(part: str, functions: set[str]) -> bool:
    """Whether a statement needs functions at once, before they are defined below it."""
    nodes = ast.parse(part).body
    return not all(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in nodes) and bool(
        global_names(part) & functions
    )


def _object(calls: list[tuple[list[str | None], str]]) -> str:
    """The type of what a function returns where it cannot leave the sandbox; otherwise nothing."""
    return next((kind.removeprefix("object ") for _, kind in calls if kind.startswith("object ")), "")


def _not_importable(support: str, functions: Sequence[NewFunction]) -> list[str]:
    """A remark for each package of the reference that is not there when submissions are graded."""
    text = "\n".join([support, *(function.source for function in functions)])
    return [
        f"The solution imports {package}. Only NumPy and the standard library can be imported when "
        "submissions are graded: write it without."
        for package in foreign_packages(text)
    ]


def _ok_tests(files: Sequence[tuple[str, str]], position: int, remarks: list[str]) -> list[FoundTest]:
    found: list[FoundTest] = []
    for name, source in files:
        try:
            found += ok_tests(name, source, position)
        except Untranslatable as reason:
            remarks.append(f"{name} was left out: {reason}.")
    return found


def _with_tests(
    tasks: Sequence[NewTask],
    tests: Sequence[FoundTest],
    given: Sequence[Given],
    values: dict[str, str],
    drawn: set[str],
    ungraded: Collection[str],
    remarks: list[str],
) -> list[NewTask]:
    """The tasks with the tests of the functions that they call; a test belongs to the last of them."""
    parameters = {
        f.name: {p: defaults_of(f.signature).get(p, "") for p in f.parameters}
        for task in tasks
        for f in task.functions
    }
    owner = {f.name: number for number, task in enumerate(tasks) for f in task.functions}
    public: dict[int, list[CheckSource]] = {}
    hidden: dict[int, list[CheckSource]] = {}
    unused: dict[int, float] = {}  # points of tests that were left out
    for test in tests:
        try:
            shown, counts = checks_of(test, given, parameters, values, ungraded, owner)
        except Untranslatable as reason:
            worth = f" ({test.points:g} {'point' if test.points == 1 else 'points'})" if test.points else ""
            remark = f"The test in {test.origin}{worth} was left out: {reason}."
            if test.points and (called := global_names(ast.unparse(_parsed(test.whole))) & set(owner)):
                number = max(owner[name] for name in called)
                unused[number] = unused.get(number, 0.0) + test.points
                remark += f" Its points stay with {tasks[number].id}."
            remarks.append(remark)
            continue
        number = max(owner[name] for name in counts.functions)
        hidden.setdefault(number, []).append(counts)
        if shown is not None:
            public.setdefault(number, []).append(shown)
        if counts.others:
            remarks.append(
                f"The test in {test.origin} takes {' and '.join(counts.others)} from the solution, so that a "
                f"student's mistake there costs nothing of {tasks[number].id}."
            )
        if counts.not_shown:
            remarks.append(f"Students do not see the test in {test.origin}: {counts.not_shown}.")
        remarks += [
            f"The test in {test.origin} lost the lines from “{line}”: a check cannot do that."
            for line in counts.left_out
        ]
    made = []
    for number, task in enumerate(tasks):
        counting = tuple(hidden.get(number, ()))
        points = sum(test.points for test in counting if test.points is not None) + unused.get(number, 0.0)
        made.append(
            replace(
                task,
                points=round(points, 4) or task.points,
                is_drawn=all(function.name in drawn for function in task.functions),
                public=tuple(public.get(number, ())),
                hidden=counting,
            )
        )
    return made


def _with_written(
    tasks: list[NewTask], found: _Sorted, known: dict[str, Any], kept: Sequence[Cell]
) -> tuple[list[NewTask], list[NewWritten]]:
    """The questions that a person marks, each as part of the task before it."""
    place = {
        function.name: kept[known[function.name][0]].number for task in tasks for function in task.functions
    }
    written = []
    for answer in found.answers:
        before = [task for task in tasks if place[task.functions[0].name] < answer.number]
        part_of = (before or tasks[:1])[-1].id
        written.append(
            NewWritten(answer.id, answer.title, answer.points, part_of, answer.question, answer.solution)
        )
    return tasks, written


def _read(path: Path) -> dict[str, Any]:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UsageError(
            f"{path} is not a notebook that can be read: {problem}.",
            next_step="Name a notebook as Jupyter saves it (.ipynb, format 4).",
        ) from problem
    return dict(notebook)


@dataclass(frozen=True)
class _Answer:
    """A question that a person marks, as the notebook has it."""

    number: int
    id: str
    title: str
    points: float
    question: str
    solution: str


@dataclass
class _Sorted:
    """The cells of a notebook by what they are for."""

    cells: list[Cell] = field(default_factory=list)  # for the handout, in order
    tests: list[FoundTest] = field(default_factory=list)
    answers: list[_Answer] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def given(self) -> list[Given]:
        """What runs before a test: the handout's code, and the tests before it."""
        code = [
            Given(cell.number, MAGIC.sub("", cell.source), cell.is_answer)
            for cell in self.cells
            if cell.kind == "code"
        ]
        tests = [
            Given(test.position, test.whole, False) for test in self.tests if test.origin.startswith("cell")
        ]
        return sorted([*code, *tests], key=lambda item: item.position)


def _sorted_out(notebook: dict[str, Any]) -> _Sorted:
    """Handout, tests and questions of a notebook, by nbgrader's metadata and otter's frames."""
    found = _Sorted()
    frame = _Frame()
    for number, cell in enumerate(notebook["cells"], start=1):
        source, kind = cell["source"], cell["cell_type"]
        delimiter = _delimiter(kind, source)
        if delimiter is not None:
            frame.enter(delimiter, found)
            continue
        if kind == "markdown" and (old := OLD_SETTINGS.search(source)):
            frame.enter_old(old[1], old[2], found)
            source = OLD_SETTINGS.sub("", source).strip()
            if not source:
                continue
        nbgrader = cell.get("metadata", {}).get("nbgrader") or {}
        is_graded, is_solution = nbgrader.get("grade", False), nbgrader.get("solution", False)
        points = float(nbgrader.get("points") or 0) or None
        if nbgrader.get("task"):
            scheme = "\n".join(MARK_SCHEME.findall(source))
            text = MARK_SCHEME.sub("", source).strip()
            found.cells.append(Cell("markdown", text, number=number))
            _add_answer(found, number, str(nbgrader.get("grade_id", "")), points or 1.0, text, scheme)
        elif (is_graded and is_solution) or frame.is_manual_answer or frame.is_old_answer(kind, source):
            question = found.cells[-1].source if found.cells and found.cells[-1].kind == "markdown" else ""
            name = str(nbgrader.get("grade_id", "")) or frame.question
            source = OLD_ANSWER.sub("", source) if frame.is_old else source
            if kind == "code":
                found.remarks.append(
                    f"Cell {number} is code that a person marks. It became the written answer "
                    f"{_slug(name, number)}: students paste code there; or name its "
                    "function with --function and write a check."
                )
                source = f"```python\n{source}\n```"
            _add_answer(found, number, name, points or frame.points or 1.0, question, source)
        elif frame.is_prompt:
            continue  # the place for a manual answer; ours has a cell of its own
        elif kind == "code" and frame.in_tests:
            if test := otter_test(number, source, frame.points):
                found.tests.append(test)
        elif kind == "code" and is_graded:
            found.tests.append(nbgrader_test(number, source, points))
        elif kind == "code" and _is_test(source, frame):
            worth = frame.points if frame.is_old else None
            is_otters = frame.is_old or HIDDEN_TEST.match(source)  # its last value has to be the solution's
            test = otter_test(number, source, worth) if is_otters else None
            found.tests.append(test or nbgrader_test(number, source, worth))
        else:
            is_answer = bool(is_solution or frame.in_solution)
            found.cells.append(Cell(kind, source, number=number, is_answer=is_answer))
    frame.leave_old(found)
    frame.share_points(found)
    return found


def _delimiter(kind: str, source: str) -> str | None:
    """The text of a cell that delimits otter's blocks; None for another."""
    first = source.lstrip().split("\n")[0]
    if kind == "raw" or (kind == "code" and FRAME.match(source) and "SOLUTION" not in first):
        return source
    fenced = FENCED.match(source.strip())
    text = (fenced[1] if fenced else source).strip()
    return text if kind == "markdown" and DELIMITER.match(text) else None


def _is_test(source: str, frame: _Frame) -> bool:
    """Whether a code cell without metadata, outside of otter's blocks of tests, is a test."""
    if HIDDEN_TEST.match(source) or (frame.is_old and OLD_TEST.match(source)):
        return True
    return bool(not functions_in(_parsed(source)) and TESTS.search(source))


def _add_answer(found: _Sorted, number: int, name: str, points: float, question: str, solution: str) -> None:
    taken = {answer.id for answer in found.answers}
    made = _slug(name, number)
    made = made if made not in taken else f"{made}-{number}"
    title = made.replace("-", " ").capitalize()
    solution = "\n".join(
        line for line in solution.split("\n") if not BEGIN.match(line) and not END.match(line)
    )
    found.answers.append(_Answer(number, made, title, points, _plain(question), solution.strip()))
    found.cells.append(
        Cell("markdown", answer_cell_source(title), (answer_tag(made),), number=number, is_answer=True)
    )


def _slug(name: str, number: int) -> str:
    """An id of a written task: nbgrader's own names of cells say nothing."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return made if made and not re.fullmatch(r"cell-[0-9a-f]{8,}", made) else f"answer-{number}"


def _plain(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if line.strip() not in ("---", "***")).strip()


@dataclass
class _Frame:
    """Between which raw cells of otter a cell stands."""

    question: str = ""
    points: float | None = None
    is_manual: bool = False
    in_tests: bool = False
    in_solution: bool = False
    is_prompt: bool = False
    is_old: bool = False  # in a question of otter's old format, which has no end of its own
    shared: dict[str, list[float]] = field(default_factory=dict)  # points of a question for all of its tests
    members: dict[str, list[int]] = field(default_factory=dict)

    @property
    def is_manual_answer(self) -> bool:
        """Whether a cell is a model answer that a person compares."""
        return self.is_manual and self.in_solution

    def is_old_answer(self, kind: str, source: str) -> bool:
        """Whether a text is the model answer of a question of otter's old format."""
        return self.is_old and self.is_manual and kind == "markdown" and bool(OLD_ANSWER.match(source))

    def enter(self, source: str, found: _Sorted) -> None:
        """Read a cell that delimits a block."""
        first = source.strip().split("\n")[0]
        if "BEGIN QUESTION" in first:
            self._begin(settings_in(source) or {})
        elif "END QUESTION" in first:
            self.question, self.points, self.is_manual = "", None, False
        elif "TESTS" in first:
            self.in_tests = "BEGIN" in first
            if self.in_tests:
                self.members.setdefault(self.question, []).append(len(found.tests))
            else:
                self.members.setdefault(self.question, []).append(len(found.tests))
        elif "SOLUTION" in first:
            self.in_solution = "BEGIN" in first
        elif "PROMPT" in first:
            self.is_prompt = "BEGIN" in first

    def enter_old(self, kind: str, source: str, found: _Sorted) -> None:
        """Read the settings in a question's text."""
        self.leave_old(found)
        if kind == "QUESTION":
            self._begin(settings_in(source) or {})
            self.is_old = True
            self.members.setdefault(self.question, []).append(len(found.tests))

    def leave_old(self, found: _Sorted) -> None:
        """End a question that began in a text: where the next one begins, or the notebook ends."""
        if self.is_old:
            self.members[self.question].append(len(found.tests))
            self.question, self.points, self.is_manual, self.is_old = "", None, False, False

    def _begin(self, settings: dict[str, Any]) -> None:
        points = settings.get("points")
        self.question = str(settings.get("name", ""))
        self.is_manual = bool(settings.get("manual"))
        values = points if isinstance(points, list) else [points]
        numbers = [float(value) for value in values if isinstance(value, (int, float))]
        self.points = sum(numbers) if numbers else None
        if self.points and not self.is_manual:
            self.shared[self.question] = numbers

    def share_points(self, found: _Sorted) -> None:
        """Divide what a question is worth among its tests, where these do not say."""
        for question, edges in self.members.items():
            worth = self.shared.get(question, [])
            numbers = range(edges[0], edges[-1])
            each = worth if len(worth) == len(numbers) else [sum(worth) / len(numbers or [0])] * len(numbers)
            for number, points in zip(numbers, each, strict=True):
                if worth and found.tests[number].points == sum(worth):
                    found.tests[number] = replace(found.tests[number], points=points)


def _parsed(source: str) -> ast.Module:
    for text in (source, MAGIC.sub("", source)):
        try:
            return ast.parse(text)
        except SyntaxError:
            continue
    return ast.Module([], [])


def _chosen(
    known: dict[str, Any], cells: Sequence[Cell], wanted: Sequence[str], path: Path, *, marked_by_people: int
) -> list[str]:
    names = [text.split("(")[0].strip() for text in wanted]
    if missing := [name for name in names if name not in known]:
        raise UsageError(
            f"{path} defines no function {missing[0]} at its top level.",
            next_step=f"It defines: {', '.join(known) or 'none'}.",
        )
    marked = [name for name, (number, node) in known.items() if _is_marked(cells[number], node)]
    described = [
        name for name, (_, node) in known.items() if ast.get_docstring(node) and not name.startswith("_")
    ]
    any_answer = any(cell.is_answer or MARK.search(cell.source) for cell in cells)
    chosen = names or marked or ([] if any_answer else described)
    usable = [name for name in chosen if not _refused(known[name][1])]
    if not usable:
        reasons = [_refused(known[name][1]) for name in chosen] + _no_function(cells)
        if marked_by_people:
            answers = counted(marked_by_people, "answer is", "answers are")
            reasons.append(f"{answers} marked by a person")
        reason = "; ".join(filter(None, reasons))
        raise UsageError(
            f"{path} has no function with a docstring or a solution's mark that can be graded"
            + (f": {reason}." if reason else "."),
            next_step=(
                f"Name those of its functions that students write with --function NAME: {', '.join(known)}."
                if known
                else "Let students write functions, with the solution between ### BEGIN SOLUTION and "
                "### END SOLUTION, and import it again; questions in words alone make a quiz: quizzes new."
            ),
        )
    return [name for name in known if name in usable]


def _no_function(cells: Sequence[Cell]) -> list[str]:
    """What the cells that students answer hold in place of a function."""
    answers = [cell for cell in cells if cell.kind == "code" and (cell.is_answer or MARK.search(cell.source))]
    written = [cell for cell in answers if not all(map(PLACEHOLDER.fullmatch, cell.source.split("\n")))]
    nodes = [node for cell in written for node in _parsed(cell.source).body]
    reasons = [
        f"students write the class {node.name}, and functions are graded"
        for node in nodes
        if isinstance(node, ast.ClassDef)
    ]
    empty = len(answers) - len(written)
    if empty:
        reasons.append(
            f"{empty} of {counted(len(answers), 'answer cell')} {'holds' if empty == 1 else 'hold'} no "
            "solution"
        )
    if nodes and not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in nodes):
        reasons.append("its solutions define no function; they set values or draw plots")
    return reasons


def _is_marked(cell: Cell, node: ast.FunctionDef) -> bool:
    """Whether students write a function: it has a mark, or its cell is an answer without any."""
    text = "\n".join(cell.source.split("\n")[node.lineno - 1 : node.end_lineno])
    return bool(MARK.search(text)) or (cell.is_answer and not MARK.search(cell.source))


def _refused(node: ast.FunctionDef) -> str:
    """Why a function cannot be graded by its signature; nothing if it can."""
    given = node.args
    if given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs:
        return f"{node.name} takes *, / or ** arguments"
    return "" if given.args else f"{node.name} takes no argument"


def _library(sources: Sequence[str]) -> Library:
    """The notebook's definitions, without marks and magics, as a reference would hold them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notebook.py"
        cells = [
            ast.get_source_segment(source, node) or ""
            for source in map(_unmarked, sources)
            for node in _parsed(source).body
        ]
        path.write_text("\n\n".join(cells), encoding="utf-8")
        return Library([path])


def _unmarked(source: str) -> str:
    source = IGNORED.sub("", PROMPT.sub("", source))
    lines = [(line, MARK.sub("", line).rstrip()) for line in MAGIC.sub("", source).split("\n")]
    return "\n".join(left for line, left in lines if left or not MARK.search(line))


def _calls(
    kept: Sequence[Cell], tests: Sequence[FoundTest], functions: Sequence[str], folder: Path
) -> tuple[dict[str, list[tuple[list[str | None], str]]], list[str], dict[str, str]]:
    """What each function was called with and the kinds of its results; what went wrong; values of tests."""
    cells = [(cell.number, MAGIC.sub("", cell.source)) for cell in kept]
    cells += [(test.position, _noting(test.whole)) for test in tests]
    ordered = sorted(cells, key=lambda item: item[0])
    try:
        completed = subprocess.run(
            [sys.executable, "-c", RUN],
            input=json.dumps([ordered, list(functions)]),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=folder,
            env={"MPLBACKEND": "Agg", "PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired:
        return {name: [] for name in functions}, [f"It took more than {SECONDS} s"], {}
    if completed.returncode != 0:
        last = (completed.stderr.strip().splitlines() or ["it ended"])[-1]
        return {name: [] for name in functions}, [last], {}
    seen, problems, results = json.loads(completed.stdout)
    values = {text: value for text, value in results.items() if value is not None}
    return {name: [(list(a), k) for a, k in calls] for name, calls in seen.items()}, problems, values


def _noting(source: str) -> str:
    """A test whose values are noted under what is computed."""
    tree = _parsed(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_is_the_same":
            node.func.id = "_noted"
            node.args.insert(0, ast.Constant(ast.unparse(node.args[0])))
    return ast.unparse(ast.fix_missing_locations(tree))


def _shown(cell: str, node: ast.FunctionDef) -> tuple[str, str]:
    """What students are given of a function: its docstring as written, and its lines outside the marks."""
    text = "\n".join(cell.split("\n")[node.lineno - 1 : node.end_lineno])
    is_marked = bool(MARK.search(text))
    text = _without_solutions(text) if is_marked else text
    found = functions_in(_parsed(text)).get(node.name)
    if found is None:
        return "", ""
    lines, first = text.split("\n"), found.body[0]
    if ast.get_docstring(found) is not None:
        docstring, start = ast.get_source_segment(text, first) or "", first.end_lineno or first.lineno
    else:
        docstring, start = "", first.lineno - 1
        while start > found.lineno and lines[start - 1].lstrip().startswith("#"):
            start -= 1
    rest = textwrap.dedent("\n".join(lines[max(start, found.lineno) :])).strip()
    if not is_marked or all(EMPTY.fullmatch(line) for line in rest.split("\n")):
        return docstring, ""
    has_code = any(not PLACEHOLDER.fullmatch(line) for line in rest.split("\n"))
    return docstring, f"Given:\n{rest}" if has_code else rest


def _function(
    node: ast.FunctionDef,
    source: str,
    shown: tuple[str, str],
    calls: list[tuple[list[str | None], str]],
    all_calls: dict[str, Any],
) -> tuple[NewFunction, list[str]]:
    """A function of the notebook, and what a person has to look at."""
    signature = ast.unparse(node.args)
    parameters = tuple(argument.arg for argument in node.args.args)
    remarks: list[str] = []
    usable = [(arguments, kind) for arguments, kind in calls if None not in arguments and kind != "complex"]
    if usable:
        # The call with the largest arrays says most about shapes.
        given, kind = max(usable, key=lambda call: sum(map(len, map(str, call[0]))))
        arguments = tuple(SEED if p == SEED else str(a) for p, a in zip(parameters, given, strict=True))
        if not any("rng." in argument for argument in arguments):
            arguments = varied_arguments(parameters, arguments, [given for given, _ in usable])
    else:
        kind = calls[0][1] if calls else "array"
        defaults = defaults_of(signature)
        arguments = tuple(guessed_argument(p, defaults.get(p), n == 0) for n, p in enumerate(parameters))
        why = "with something that cannot be drawn" if calls else "by no cell"
        remarks.append(f"{node.name} was called {why}: say in the solution's checks.py what it takes.")
    forward = node.name.removesuffix("_backward")
    is_gradient = (
        forward != node.name and forward in all_calls and UPSTREAM not in parameters[:1] + parameters[2:]
    )
    doc = ast.get_docstring(node) or f"TODO: say what {node.name} returns, and in which shape."
    made = NewFunction(
        node.name,
        signature,
        parameters,
        doc.strip().split("\n")[0],
        source if ast.get_docstring(node) else _with_docstring(source, doc),
        arguments,
        forward=forward if is_gradient else "",
        ends=is_gradient and UPSTREAM not in parameters,
        is_for_all=kind.startswith("tuple"),
        alternative=_on_a_copy(source, parameters[0]),
        docstring=shown[0],
        given=shown[1],
    )
    if SEED not in parameters:
        made = replace(made, mistake=_with_opposite_sign(source) if kind in ("array", "number") else "")
        if made.mistake:
            made = replace(made, feedback=OPPOSITE)
        else:
            remarks.append(f"{node.name} has no known mistake yet: write one in the solution's mistakes.py.")
    return made, remarks


def varied_arguments(
    parameters: Sequence[str], arguments: tuple[str, ...], calls: Sequence[Sequence[str | None]]
) -> tuple[str, ...]:
    """Arguments that are all plain numbers, drawn from the range that was seen, so that calls differ."""

    def drawn(position: int) -> str:
        values = [ast.literal_eval(str(call[position])) for call in calls]
        if parameters[position] == SEED or any(type(value) not in (int, float) for value in values):
            return arguments[position]
        low, high = min(values), max(values)
        if any(type(value) is float for value in values):
            sizes = [abs(value) for value in values if value]
            if len(sizes) > 1 and max(sizes) > FAR * min(sizes):  # evenly drawn, all would be of the largest
                seen = sorted(set(values), key=values.index)[:MOST_SEEN]
                return f"float(rng.choice({seen}) * rng.uniform(0.9, 1.1))"
            low, high = (
                (low, high) if low < high else (low - 0.5 * abs(low or 1), high + 0.5 * abs(high or 1))
            )
            return f"rng.uniform({low:g}, {high:g})"
        return f"int(rng.integers({low}, {high + 1 if high > low else high + 3}))"

    return tuple(drawn(position) for position in range(len(arguments)))


def _with_docstring(source: str, doc: str) -> str:
    head, _, body = source.partition(":\n")
    return f'{head}:\n    """{doc}"""\n{body}'


def _definition(source: str) -> ast.FunctionDef:
    node = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(node, ast.FunctionDef)
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:]
    return node


def _with_opposite_sign(source: str) -> str:
    """The function with every result negated."""
    node = _definition(source)

    class Negated(ast.NodeTransformer):
        def visit_FunctionDef(self, inner: ast.FunctionDef) -> ast.AST:  # named by ast
            return inner  # what it defines inside returns to itself

        def visit_Lambda(self, inner: ast.Lambda) -> ast.AST:  # named by ast
            return inner

        def visit_Return(self, found: ast.Return) -> ast.AST:  # named by ast
            return ast.Return(ast.UnaryOp(ast.USub(), found.value)) if found.value is not None else found

    node.body = [Negated().visit(statement) for statement in node.body]
    return ast.unparse(ast.fix_missing_locations(node))


def _on_a_copy(source: str, first: str) -> str:
    """The function working on a copy of its first argument."""
    node = _definition(source)
    node.body[:0] = ast.parse(f"import copy\n{first} = copy.deepcopy({first})").body
    return ast.unparse(node)


def _paragraphs(parts: Sequence[str]) -> str:
    """Statements as a module has them: each import once and one below the other, all else apart."""
    made, imports = "", set()
    was_import = True
    for part in parts:
        is_import = all(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.parse(part).body)
        if is_import and part in imports:
            continue
        if is_import:
            imports.add(part)
        made += ("\n" if is_import and was_import else "\n\n") + part
        was_import = is_import
    return made.strip()


def _with_numpy(support: str) -> str:
    """The support with `np`, which placeholders of checks use, as the first import."""
    if "np" in imported_names(ast.parse(support)):
        return support
    return _paragraphs(["import numpy as np", *filter(None, [support])])


def _not_given(found: _Sorted, students: set[str]) -> Iterator[str]:
    """A remark for each cell of the handout that would stop where students run it."""
    tests = {name: test.origin for test in reversed(found.tests) for name in _bound(test.whole)}
    given = {*dir(builtins), *students}
    for cell in found.cells:
        if cell.kind != "code":
            continue
        tree = _parsed(cell.source)
        missing = sorted((global_names(ast.unparse(tree)) & set(tests)) - given - _bound(cell.source))
        if missing and not cell.is_answer:
            yield (
                f"Cell {cell.number} uses `{missing[0]}`, which the test in {tests[missing[0]]} defines. "
                "Tests are not in the handout: define it there."
            )
        if foreign := sorted({*foreign_packages(ast.unparse(tree))} - {"matplotlib"}):
            names = ", ".join(foreign)
            yield f"Cell {cell.number} imports {names}: say in the handout that students install it."
        given |= _bound(cell.source)


def _bound(source: str) -> set[str]:
    return {name for node in _parsed(source).body for name in bound_names(node)}


# --- The handout --------------------------------------------------------------------------------


def _handout(
    cells: Sequence[Cell], functions: dict[str, NewFunction], last: dict[str, str], ungraded: dict[str, str]
) -> list[Cell]:
    """The notebook with stubs, a check after each task, and cells that need a solution made harmless."""
    made: list[Cell] = []
    imported = False
    for cell in cells:
        if cell.kind != "code":
            made.append(cell)
            continue
        defined = set(functions_in(_parsed(cell.source)))
        source = _stubbed(cell, functions, ungraded)
        if not imported:
            made.append(Cell("code", "from autograder.jupyter import check, unfinished_is_fine"))
            imported = True
        if source.strip():
            students = {*functions, *ungraded}
            made.append(Cell("code", source if defined & students else _harmless(source, students)))
        made += [Cell("code", f'check("{task}")') for name, task in last.items() if name in defined]
    made.append(Cell("code", "check()"))
    return made


def _stubbed(cell: Cell, functions: dict[str, NewFunction], ungraded: dict[str, str]) -> str:
    """A cell without solutions: stubs for functions, `...` for what else students write."""
    lines = cell.source.split("\n")
    written = functions_in(_parsed(cell.source))
    for name, node in sorted(written.items(), key=lambda item: -item[1].lineno):
        assert node.end_lineno is not None
        if name in functions:
            lines[node.lineno - 1 : node.end_lineno] = stub(functions[name]).split("\n")
        elif name in ungraded:
            doc = (ast.get_docstring(node) or "").split("\n")
            text = [f"Write {name}({ast.unparse(node.args)}) here. It is not graded.", *doc]
            lines[node.lineno - 1 : node.end_lineno] = [f"# {line}".rstrip() for line in text]
    if cell.is_answer and not written and not MARK.search(cell.source):
        return WRITE_HERE
    return _without_solutions("\n".join(lines))


def _without_solutions(source: str) -> str:
    """A source whose marked parts are replaced by `...`, or by otter's prompts."""
    source = IGNORED.sub("", source)
    source = PROMPT.sub(lambda match: textwrap.dedent(match["text"]).strip("\n"), source)
    made: list[str] = []
    in_solution = is_marked = False
    for line in source.split("\n"):
        if BEGIN.match(line):
            in_solution, is_marked = True, "NO PROMPT" in line
        elif END.match(line):
            in_solution = False
        elif in_solution:
            if line.strip() and not is_marked:  # as far to the right as the solution's first line
                made.append(line[: len(line) - len(line.lstrip())] + WRITE_HERE)
                is_marked = True
        elif SEED_MARK.search(line):
            continue
        elif match := LINE_MARK.search(line):
            code = line[: match.start()]
            if "NO PROMPT" in match[1]:
                continue
            indent = code[: len(code) - len(code.lstrip())]
            assigned = ASSIGNED.match(code)
            made.append(f"{assigned[1]} {WRITE_HERE}" if assigned else f"{indent}{WRITE_HERE}")
        else:
            made.append(line)
    return "\n".join(made)


def _harmless(source: str, functions: set[str]) -> str:
    """A cell that calls what students write, so that it stops no run of the notebook."""
    tree = _parsed(source)
    if not tree.body or not global_names(ast.unparse(tree)) & functions or MAGIC.search(source):
        return source
    if any(isinstance(n, ast.Constant) and "\n" in str(n.value) for n in ast.walk(tree)):
        return source  # indenting it would change a text of several lines
    return "with unfinished_is_fine():\n" + textwrap.indent(source, "    ")
