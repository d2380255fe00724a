"""The files of a new assignment: handout, assignment.yaml, checks, reference, mistakes and alternatives.

Each comes with comments that say what to change.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.authoring.imported_tests import CheckSource
from autograder.authoring.new_assignment import (
    SEED,
    Cell,
    Example,
    NewAssignment,
    NewFunction,
    NewTask,
    NewWritten,
)
from autograder.course.course import Course
from autograder.course.python_source import bound_names, global_names
from autograder.errors import ContentError, UsageError

__all__ = ["handout_cells", "stub", "write_assignment"]

IMPORTED = 0.55  # share of the points that the tests of a notebook have beside checks on drawn inputs

# --- The handout --------------------------------------------------------------------------------

CALLS = 12  # of a check for slips: so many numbers tell one from chance, where a function returns one
IMPORTS = "import numpy as np\n\nfrom autograder.jupyter import check, unfinished_is_fine"


def handout_cells(title: str, tasks: Sequence[NewTask]) -> list[Cell]:
    """A handout: for each task a text, the stubs, and a cell that checks them; a plot; all checks."""
    cells = [
        Cell("markdown", f"# {title}\n\nTODO: say what this homework is about, and what it is good for."),
        Cell("code", IMPORTS),
    ]
    for task in tasks:
        names = " and ".join(f"`{function.name}`" for function in task.functions)
        cells.append(Cell("markdown", f"## {task.title}\n\nTODO: give the formula. Fill in {names}."))
        cells += [Cell("code", stub(function)) for function in task.functions]
        cells.append(Cell("code", f'check("{task.id}")'))
    cells += [
        Cell("markdown", "## Have a look\n\nTODO: let students see what their functions do."),
        Cell("code", _plot(tasks[0].functions[0])),
        Cell("code", "check()"),
    ]
    return cells


def stub(function: NewFunction) -> str:
    """The function as students get it; given lines are comments, since a stub computes nothing."""
    lines = [f"def {function.name}({function.signature}):"]
    lines.append("    " + (function.docstring or f'"""{function.doc}"""'))
    if function.given:
        given = function.given.split("\n")
        lines += [f"    {line if line.startswith('#') else f'# {line}'.rstrip()}" for line in given]
    return "\n".join([*lines, f'    raise NotImplementedError("{function.name}")'])


def _plot(function: NewFunction) -> str:
    call = ", ".join(
        "7" if name == SEED else value
        for name, value in zip(function.parameters, function.arguments, strict=True)
    )
    return (
        "import matplotlib.pyplot as plt\n\n"
        "with unfinished_is_fine():\n"
        "    rng = np.random.default_rng(0)\n"
        f"    values = [np.ravel({function.name}({call})) for _ in range(20)]\n"
        '    plt.plot(np.concatenate(values), ".")\n'
        f'    plt.ylabel("{function.name}")'
    )


# --- Files --------------------------------------------------------------------------------------


def write_assignment(course: Course, new: NewAssignment) -> list[Path]:
    """Write the assignment's files, none of which may be there, all of them or none; returns their paths.

    Raises UsageError where a folder is there, ContentError for text that cannot be written.
    """
    public, solution = course.root / "assignments" / new.id, course.root / "solutions" / new.id
    for folder in (public, solution):
        if folder.exists():
            raise UsageError(
                f"{folder} is there already.", next_step="Choose another name, or remove it first."
            )
    files = {
        public / "assignment.yaml": _assignment_yaml(new),
        public / f"{new.id}.ipynb": _notebook(new.cells),
        public / "checks.py": _public_checks(new),
        solution / "reference.py": _reference(new),
        solution / "checks.py": _hidden_checks(new),
        solution / "mistakes.py": _mistakes(new),
        solution / "alternatives.py": _alternatives(new),
    }
    if new.written:
        files[solution / "written.yaml"] = _written_yaml(new.written)
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except BaseException as problem:  # also Ctrl-C: half an assignment would be in the way of the next try
        for folder in (public, solution):
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(problem, UnicodeEncodeError):
            raise ContentError(
                f"The notebook of {new.id} holds half a character ({problem.object[problem.start]!a}), "
                "which no file can hold.",
                next_step="Remove it in Jupyter, save the notebook, and try again.",
            ) from problem
        raise
    return list(files)


def _points(new: NewAssignment, task: NewTask) -> float:
    """The points of a task with those of the questions that are part of it."""
    return task.points + sum(written.points for written in new.written if written.part_of == task.id)


def _assignment_yaml(new: NewAssignment) -> str:
    tasks = "".join(
        f"  - id: {task.id}\n    title: {task.title}\n"
        f"    functions: [{', '.join(function.name for function in task.functions)}]\n"
        f"    points: {_points(new, task):g}\n"
        for task in new.tasks
    )
    tasks += "".join(
        f"  - id: {written.id}\n    kind: written\n"
        f"    title: {json.dumps(written.title, ensure_ascii=False)}\n"
        f"    part_of: {written.part_of}\n    points: {written.points:g}\n"
        for written in new.written
    )
    points = sum(_points(new, task) for task in new.tasks)
    return (
        "# To set a date, add `due: 2030-05-04 23:59`, local time in the course's zone.\n"
        f"title: {json.dumps(new.title, ensure_ascii=False)}\npoints: {points:g}\n"
        f"tasks:\n{tasks}"
    )


def _notebook(cells: Sequence[Cell]) -> str:
    made: list[dict[str, Any]] = []
    for number, cell in enumerate(cells, start=1):
        code: dict[str, Any] = {"execution_count": None, "outputs": []} if cell.kind == "code" else {}
        lines = cell.source.splitlines(keepends=True)
        metadata = {"tags": list(cell.tags)} if cell.tags else {}
        made.append(
            {"cell_type": cell.kind, "id": f"cell-{number}", "metadata": metadata, "source": lines, **code}
        )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _reference(new: NewAssignment) -> str:
    support = new.support.strip() or "import numpy as np"
    parts = [f'"""The right answers of {new.id}; staff only."""', support]
    return "\n\n\n".join([*parts, *(function.source for function in new.functions)]) + "\n"


def _public_checks(new: NewAssignment) -> str:
    names = {"check"}
    parts = []
    for task in new.tasks:
        for function in task.functions:
            if function.example is not None:
                names.add("assert_close")
                parts.append(_example_check(task, function, function.example))
            elif function.forward and task.functions[0].example is not None:
                names.add("gradient_check")
                parts.append(_public_gradient_check(task.id, task.functions[0], function))
        for test in task.public:
            names |= set(test.helpers)
            parts.append(_imported_check(task, test, None))
    imports = f"import numpy as np\n\nfrom autograder.checks import {', '.join(sorted(names))}"
    head = (
        f'"""Public checks of {new.id}: what check() shows in the notebook. They carry no points.\n\n'
        'TODO: take numbers that can be worked out by hand.\n"""'
    )
    return "\n\n\n".join([f"{head}\n\n{imports}", *parts]) + "\n"


def _example_check(task: NewTask, function: NewFunction, example: Example) -> str:
    name, given = function.name, zip(function.parameters, example.arguments, strict=True)
    return (
        f'@check(task="{task.id}")\ndef {name}_of_an_example(student):\n'
        f'    """{name} is right for one small example."""\n'
        + "".join(f"    {parameter} = {value}\n" for parameter, value in given)
        + f"    expected = {example.result}\n"
        f"    got = student.{name}({', '.join(function.parameters)})\n"
        f'    assert_close(got, expected, call="{name} of the example", rtol=1e-6)'
    )


def _public_gradient_check(task: str, forward: NewFunction, function: NewFunction) -> str:
    assert forward.example is not None
    up = "" if function.ends else f", grad_out=np.ones_like({forward.example.result})"
    return (
        f'@check(task="{task}", requires=["{forward.name}_of_an_example"])\n'
        f"def {function.name}_fits(student):\n"
        f'    """{function.name} is the gradient of your {forward.name}, measured by finite differences."""\n'
        f"    at = ({', '.join(forward.example.arguments)},)\n"
        f"    gradient_check(student.{forward.name}, student.{function.name}, at=at{up}{_wrt(function)})"
    )


def _wrt(function: NewFunction) -> str:
    return "" if function.is_for_all else ", wrt=(0,)"


def _tuple(function: NewFunction, seed: str = SEED) -> str:
    values = [
        seed if name == SEED else value
        for name, value in zip(function.parameters, function.arguments, strict=True)
    ]
    return f"({', '.join(values)},)" if len(values) == 1 else f"({', '.join(values)})"


def _hidden_checks(new: NewAssignment) -> str:
    names, parts = {"check"}, []
    for task in new.tasks:
        first = task.functions[0]
        points = _points(new, task)
        if task.hidden:
            share = IMPORTED if task.is_drawn else 1.0
            worth = _worth(task.hidden, points * share)
            names |= {name for test in task.hidden for name in test.helpers}
            parts += [
                _imported_check(task, test, mine) for test, mine in zip(task.hidden, worth, strict=True)
            ]
            if not task.is_drawn:
                continue
            points -= sum(worth)
        parts.append(_arguments(first))
        if first.is_seeded:
            names |= {"assert_same", "require_float64_and_unmodified"}
            parts += _seeded_checks(task, first, points)
            continue
        names |= {"assert_plausible", "assert_same", "require_float64_and_unmodified"}
        shares = (0.2, 0.4, 0.4) if len(task.functions) == 2 else (0.5, 0.5, 0.0)
        if task.hidden and len(task.functions) == 1:
            shares = (1.0, 0.0, 0.0)
        elif task.hidden:
            shares = (0.5, 0.0, 0.5)
        parts += _value_checks(task, first, [points * share for share in shares])
        if len(task.functions) == 2:
            names.add("gradient_check")
            parts.append(_gradient_check(task, first, task.functions[1], points * shares[2]))
    text = "\n\n\n".join(parts)
    used = sorted(name for name in names if re.search(rf"\b{name}\(", text))
    imports = f"import numpy as np\n\nfrom autograder.checks import {', '.join(used)}"
    if "np." not in text:
        imports = imports.removeprefix("import numpy as np\n\n")
    head = (
        f'"""Hidden checks of {new.id}, which give the points; staff only.\n\n'
        "The points of a task's checks are shares of its points. A slip such as a wrong sign should keep\n"
        'about half of them: `autograder lint` prints what each known mistake keeps.\n"""'
    )
    return f"{head}\n\n{imports}\n\n\n{text}\n"


def _arguments(function: NewFunction) -> str:
    extra = f", {SEED}" if function.is_seeded else ""
    return (
        f"def {function.name}_arguments(rng{extra}):\n"
        f'    """Arguments of {function.name}. TODO: shapes, sizes and extremes that the handout allows."""\n'
        f"    return {_tuple(function)}"
    )


def _worth(tests: Sequence[CheckSource], points: float) -> list[float]:
    """The points shared among tests as their authors did, rounded so that they add up to what is written."""
    weights = [test.points if test.points is not None else 1.0 for test in tests]
    total = sum(weights)
    if not total:
        weights, total = [1.0] * len(tests), float(len(tests))
    worth = [round(points * weight / total, 4) for weight in weights]
    worth[-1] = round(points - sum(worth[:-1]), 6)
    return worth


def _imported_check(task: NewTask, test: CheckSource, points: float | None) -> str:
    """A test of the notebook that the assignment was made from; with points it counts."""
    worth = "" if points is None else f", points={points:g}"
    arguments = "student, reference" if test.needs_reference else "student"
    return (
        f'@check(task="{task.id}"{worth})\ndef {test.name}({arguments}):\n'
        f"    {_docstring(test.title)}\n{textwrap.indent(test.body, '    ')}"
    )


def _docstring(text: str) -> str:
    return f'"""{text}"""' if not re.search(r'["\\]', text) else repr(text)


def _written_yaml(written: Sequence[NewWritten]) -> str:
    """Model answers, each with a rubric of one line to change."""
    import yaml

    answers = {
        item.id: {
            "question": item.question or item.title,
            "rubric": [
                {"text": "TODO: say what earns these points, in lines of their own.", "points": item.points}
            ],
            "answer": item.answer or "TODO: write a good answer.",
        }
        for item in written
    }
    return yaml.safe_dump({"answers": answers}, allow_unicode=True, sort_keys=False, width=100)


def _value_checks(task: NewTask, function: NewFunction, points: Sequence[float]) -> list[str]:
    name = function.name
    made = [
        f'@check(task="{task.id}", points={points[0]:g})\n'
        f"def {name}_does_its_job(student, reference, rng):\n"
        f'    """{name} does what it is for, though a sign or a factor may be wrong."""\n'
        f"    calls = [{name}_arguments(rng) for _ in range({CALLS})]\n"
        f"    assert_plausible(student.{name}, reference.{name}, *calls)",
        f'@check(task="{task.id}", points={points[1]:g})\n'
        f"def {name}_values(student, reference, rng):\n"
        f'    """{name} has the right values, in float64, and leaves its arguments alone."""\n'
        "    for _ in range(5):\n"
        f"        arguments = {name}_arguments(rng)\n"
        f"        assert_same(student.{name}, reference.{name}, *arguments)\n"
        f"        require_float64_and_unmodified(student.{name}, arguments)",
    ]
    return made if points[1] else made[:1]


def _gradient_check(task: NewTask, forward: NewFunction, function: NewFunction, points: float) -> str:
    up = ""
    if not function.ends:
        up = f", grad_out=rng.normal(size=np.shape(reference.{forward.name}(*at)))"
    return (
        f'@check(task="{task.id}", points={points:g})\n'
        f"def {function.name}_gradient(student, reference, rng):\n"
        f'    """{function.name} is the gradient of {forward.name}."""\n'
        "    for _ in range(3):\n"
        f"        at = {forward.name}_arguments(rng)\n"
        f"        gradient_check(\n            reference.{forward.name}, student.{function.name}, "
        f"at=at{up}{_wrt(function)}\n        )"
    )


def _seeded_checks(task: NewTask, function: NewFunction, points: float) -> list[str]:
    name = function.name
    return [
        f'@check(task="{task.id}", points={points / 2:g})\n'
        f"def {name}_values(student, reference, rng):\n"
        f'    """{name} draws the right numbers, in float64, and leaves its arguments alone."""\n'
        "    # These are the very numbers of the reference: the handout has to say how they are drawn.\n"
        "    for seed in (3, 11):\n"
        f"        arguments = {name}_arguments(rng, seed)\n"
        f"        assert_same(student.{name}, reference.{name}, *arguments)\n"
        f"        require_float64_and_unmodified(student.{name}, arguments)",
        f'@check(task="{task.id}", points={points / 2:g})\n'
        f"def {name}_keeps_to_its_seed(student, reference, rng):\n"
        f'    """{name} returns the same for the same seed: again, for seed 0, and after a restart."""\n'
        "    for seed in (0, 7):\n"
        f"        arguments = {name}_arguments(rng, seed)\n"
        f"        assert_same(student.{name}, reference.{name}, *arguments)\n"
        f"        assert_same(student.{name}, reference.{name}, *arguments)\n"
        f"    assert_same(student.in_fresh_process_().{name}, reference.{name}, *arguments)",
    ]


# --- Variants -----------------------------------------------------------------------------------


def _mistakes(new: NewAssignment) -> str:
    parts = [
        f'"""Known mistakes of {new.id}: each is caught, loses points by its severity, and is named.\n\n'
        'TODO: write down what you have seen students do, with what you would tell them.\n"""\n\n'
        "import numpy as np\n\nfrom autograder.checks import mistake"
    ]
    learned = {f.name for task in new.tasks if task.hidden and not task.is_drawn for f in task.functions}
    for function in new.functions:
        if function.is_seeded:
            parts += _seeding_mistakes(function)
        elif function.mistake:
            severity = "useless" if function.name in learned else "slip"
            parts.append(
                f'@mistake(\n    function="{function.name}",\n    severity="{severity}",\n'
                f'    feedback="{function.feedback}",\n)\n'
                + _renamed(function.mistake, f"{function.name}_with_opposite_sign")
            )
        else:
            parts.append(_mistake_to_write(function))
    return _with_imports(new, "\n\n\n".join(parts), keep_numpy=True) + "\n"


def _mistake_to_write(function: NewFunction) -> str:
    """A known mistake in comments, for a function of which no mistake can be guessed."""
    return (
        f"# TODO: a wrong version of {function.name} in place of `...`, and a sentence for its author.\n"
        f'# @mistake(function="{function.name}", severity="slip", feedback="You …")\n'
        f"# def {function.name}_without_…({function.signature}):\n#     ..."
    )


def _alternatives(new: NewAssignment) -> str:
    parts = [
        f'"""Right answers of {new.id} in another style: each keeps full marks."""\n\n'
        "import numpy as np\n\nfrom autograder.checks import alternative"
    ]
    parts += [
        f'@alternative(function="{function.name}")\n'
        + _renamed(function.alternative, f"{function.name}_otherwise")
        for function in new.functions
        if function.alternative
    ]
    return _with_imports(new, "\n\n\n".join(parts)) + "\n"


def _with_imports(new: NewAssignment, text: str, *, keep_numpy: bool = False) -> str:
    """A module of variants with NumPy if it is used or wanted, and with what it takes from the reference."""
    used = global_names(text)
    tree = ast.parse(new.support)
    known = {name for node in tree.body for name in bound_names(node)} - {"np"}
    known |= {function.name for function in new.functions}
    if names := sorted(known & used):
        text = text.replace(
            "\n\nfrom autograder", f"\nfrom reference import {', '.join(names)}\n\nfrom autograder", 1
        )
    return text if keep_numpy or "np" in used else text.replace("import numpy as np\n", "", 1)


def _renamed(source: str, name: str) -> str:
    definition = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.name = name
    return ast.unparse(definition)


# The kinds that lint asks for, what each does to the seed, and what is told.
SEEDINGS = [
    ("unseeded", "seed = None", "The seed is not used, so no two calls are alike."),
    ("zero is none", "seed = seed or None", "Seed 0 counts as no seed. 0 is a seed like any other."),
    (
        "hashed",
        "seed = hash(str(seed)) % 2**32",
        "The seed goes through hash, which is another number after every restart. Use the seed itself.",
    ),
    (
        "clock",
        "import time\nseed = int(time.time()) + seed",
        "The clock is added to the seed, so the same seed gives something else a second later.",
    ),
]


def _seeding_mistakes(function: NewFunction) -> list[str]:
    """What can be done wrong with a seed, each in the function's body_after_docstring words."""
    body = ast.parse(textwrap.dedent(function.source)).body[0]
    assert isinstance(body, ast.FunctionDef)
    body_after_docstring = body.body[1:] if ast.get_docstring(body) is not None else body.body
    text = "\n".join(map(ast.unparse, body_after_docstring))
    parts = [
        _seeding_mistake(function, kind, function.signature, f"{change}\n{text}", feedback)
        for kind, change, feedback in SEEDINGS
    ]
    parts.append(
        _seeding_mistake(
            function,
            "used once",
            f"{function.signature}, seeds=[]",
            f"seeds.append(seed)\nseed = [seeds[0], len(seeds)]\n{text}",
            "The seed counts at the first call only. Make a new generator from it at every call.",
        )
    )
    call = ", ".join("None" if name == SEED else name for name in function.parameters)
    drawn = f"def draw({', '.join(function.parameters)}):\n{textwrap.indent(text, '    ')}"
    parts.append(
        _seeding_mistake(
            function,
            "cached",
            f"{function.signature}, kept={{}}",
            f"import copy\n{drawn}\nif seed not in kept:\n    kept[seed] = draw({call})\n"
            "return copy.deepcopy(kept[seed])",
            "You keep what was drawn for each seed, but draw it without the seed: see what a restart gives.",
        )
    )
    return parts


def _seeding_mistake(function: NewFunction, kind: str, signature: str, body: str, feedback: str) -> str:
    name = f"{function.name}_{kind.replace(' ', '_')}"
    severity = "slip" if kind == "zero is none" else "useless"
    return (
        f'@mistake(\n    function="{function.name}",\n    severity="{severity}",\n    seeding="{kind}",\n'
        f'    stateful=True,\n    feedback="{feedback}",\n)\n'
        f"def {name}({signature}):\n{textwrap.indent(body, '    ')}"
    )
