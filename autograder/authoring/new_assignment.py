"""What a new assignment consists of, before its files are written.

`placeholder` makes functions that compute something simple from signatures; `from_notebook` takes real ones
from a solved notebook. `assignment_files` writes the same files for both.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from autograder.errors import UsageError

if TYPE_CHECKING:
    from autograder.authoring.imported_tests import CheckSource

__all__ = [
    "COUNTS",
    "OPPOSITE",
    "POINTS",
    "SEED",
    "UPSTREAM",
    "Cell",
    "Example",
    "NewAssignment",
    "NewFunction",
    "NewTask",
    "NewWritten",
    "defaults_of",
    "guessed_argument",
    "parse_signature",
    "placeholder",
    "tasks_of",
    "with_examples",
    "without_public_checks",
]

BACKWARD = "_backward"
UPSTREAM = "grad_out"  # the name of the gradient that comes from above
SEED = "seed"
# What a parameter without a default is, by its name; all others are arrays.
SCALARS = {"alpha", "beta", "gamma", "eps", "lr", "mu", "rate", "factor", "slope", "scale", "delta", "lam"}
COUNTS = {"n", "k", "t", "m", "count", "size", "epoch", "step", "every", "batch_size"}
LABELS = {"label", "labels"}
SHAPE = 4, 3
POINTS = 4.0  # of a task, where nothing says what it is worth


@dataclass(frozen=True)
class Example:
    """Arguments of a call and its result, as Python expressions."""

    arguments: tuple[str, ...]
    result: str


@dataclass(frozen=True)
class NewFunction:
    """A function of a new assignment."""

    name: str
    signature: str  # what stands between the parentheses
    parameters: tuple[str, ...]
    doc: str
    source: str  # the right answer
    arguments: tuple[str, ...]  # an expression for each parameter, which may use `rng` and `seed`
    mistake: str = ""  # the source of a wrong answer with a slip
    feedback: str = ""  # what is told about it
    alternative: str = ""  # the source of another right answer
    forward: str = ""  # the function whose gradient it is
    ends: bool = False  # a loss, or the gradient of one: nothing comes from above
    is_for_all: bool = (
        False  # a gradient with respect to every number among the arguments, not only the first
    )
    example: Example | None = None
    docstring: str = ""  # as its author wrote it, with its quotes; otherwise `doc` is all
    given: str = ""  # lines of the function that students are given

    @property
    def is_seeded(self) -> bool:
        """Whether what it draws follows from a seed."""
        return SEED in self.parameters


@dataclass(frozen=True)
class NewTask:
    """A function alone, or one with its gradient."""

    functions: tuple[NewFunction, ...]
    points: float = POINTS
    is_drawn: bool = True  # whether the arguments above are like those that the function is used with
    public: tuple[CheckSource, ...] = ()  # tests of a notebook: what students see of them
    hidden: tuple[CheckSource, ...] = ()  # and what counts

    @property
    def id(self) -> str:
        """The first function's name."""
        return self.functions[0].name

    @property
    def title(self) -> str:
        """Words for the first function's name."""
        return self.id.replace("_", " ").capitalize()


@dataclass(frozen=True)
class NewWritten:
    """A question that a person marks."""

    id: str
    title: str
    points: float
    part_of: str  # the task of functions whose points it is added to
    question: str
    answer: str


@dataclass(frozen=True)
class Cell:
    """A cell of the handout."""

    kind: str  # "markdown" or "code"
    source: str
    tags: tuple[str, ...] = ()
    number: int = 0  # of the cell in the notebook that the assignment is made from
    is_answer: bool = False  # students write it


@dataclass
class NewAssignment:
    """All that is written."""

    id: str
    title: str
    tasks: list[NewTask]
    cells: list[Cell]
    support: str = ""  # imports, constants and helpers of the reference
    remarks: list[str] = field(default_factory=list)  # what a person has to look at
    written: list[NewWritten] = field(default_factory=list)

    @property
    def functions(self) -> list[NewFunction]:
        """All functions, in the order of the tasks."""
        return [function for task in self.tasks for function in task.functions]


def parse_signature(text: str) -> tuple[str, str, tuple[str, ...]]:
    """Name, signature and parameters of `f(x, alpha=0.1)`; raises UsageError for anything else."""
    advice = 'Write it as in Python: --function "relu(x)" or --function "leaky_relu(x, alpha=0.01)".'
    try:
        node = ast.parse(f"def {text.strip().removeprefix('def ').rstrip(':')}: pass").body[0]
    except SyntaxError as problem:
        raise UsageError(f"“{text}” is not a function with its parameters.", next_step=advice) from problem
    assert isinstance(node, ast.FunctionDef)
    given = node.args
    if given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs:
        raise UsageError(
            f"{node.name} takes *, / or ** arguments, which checks cannot hand over.",
            next_step="Name each parameter, with a default where one is usual.",
        )
    parameters = tuple(argument.arg for argument in given.args)
    if not parameters:
        raise UsageError(f"{node.name} takes no argument, so nothing can be checked.", next_step=advice)
    if "rng" in parameters:
        raise UsageError(
            f"{node.name} takes a generator, which cannot be sent to a submission.",
            next_step="Let it take `seed`, and make the generator in the function.",
        )
    return node.name, ast.unparse(given), parameters


def guessed_argument(name: str, default: str | None, first: bool) -> str:
    """An expression for a parameter of which nothing is known but its name and default."""
    if name == SEED:
        return SEED
    if default is not None:
        return default
    if name in LABELS:
        return f"rng.integers({SHAPE[1]}, size={SHAPE[0]})"
    if name in COUNTS:
        return "int(rng.integers(2, 6))"
    if name in SCALARS and not first:
        return "rng.uniform(0.5, 2.0)"
    return f"rng.normal(size={SHAPE})"


def defaults_of(signature: str) -> dict[str, str]:
    """The parameters that have a default, with its source."""
    node = ast.parse(f"def f({signature}): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    names = [argument.arg for argument in node.args.args]
    defaults = [ast.unparse(value) for value in node.args.defaults]
    return dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))


def placeholder(text: str, known: Mapping[str, Sequence[str]]) -> NewFunction:
    """A function of this signature that computes something simple in place of what the author has in mind.

    `known` are all functions of the assignment with their parameters: `f_backward` is the gradient of `f`.
    """
    name, signature, parameters = parse_signature(text)
    forward = name.removesuffix(BACKWARD)
    is_gradient = forward != name and forward in known
    if is_gradient and UPSTREAM in parameters[:1] + parameters[2:]:
        raise UsageError(
            f"{name} takes {UPSTREAM} elsewhere than second, where checks hand it over.",
            next_step=f'Write "{name}({_with_upstream_second(signature)})"; a loss goes without {UPSTREAM}.',
        )
    ends = UPSTREAM not in (parameters if is_gradient else known.get(name + BACKWARD, (UPSTREAM,)))
    defaults = defaults_of(signature)
    arguments = tuple(
        guessed_argument(parameter, defaults.get(parameter), number == 0 and not is_count(parameter))
        for number, parameter in enumerate(parameters)
    )
    used = [p for p, value in zip(parameters, arguments, strict=True) if p != SEED and is_number(p, value)]
    made = NewFunction(name, signature, parameters, "", "", arguments, ends=ends)
    if is_gradient:
        return _gradient(made, forward)
    if SEED in parameters:
        return _drawn(made, used)
    return _values(made, used)


def _with_upstream_second(signature: str) -> str:
    others = [part.strip() for part in signature.split(",") if part.strip() != UPSTREAM]
    return ", ".join([others[0], UPSTREAM, *others[1:]])


def is_count(parameter: str) -> bool:
    """Whether a parameter is a number of things."""
    return parameter in COUNTS


def is_number(parameter: str, value: str) -> bool:
    """Whether a placeholder can compute with a parameter."""
    if parameter in LABELS or parameter == UPSTREAM:
        return False
    try:
        literal = ast.literal_eval(value)
    except ValueError:
        return True
    return isinstance(literal, (int, float)) and not isinstance(literal, bool)


def _values(made: NewFunction, used: Sequence[str]) -> NewFunction:
    first, rest = (used[0], used[1:]) if used else ("0.0", ())
    more = "".join(f" + {name}" for name in rest)
    value, other = f"2 * {first}{more}", f"{first} + {first}{more}"
    if made.ends:
        value, other = f"float(np.mean({value}))", f"float(np.mean({other}))"
        doc = f"2 * {first}{more}, averaged: a number. TODO: say what it returns, and in which shape."
    else:
        doc = f"Twice {first}{more}. TODO: say what it returns, and in which shape."
    return replace(
        made,
        doc=doc,
        source=_function(made, f"return {value}", doc),
        mistake=_function(made, f"return -({value})"),
        feedback=OPPOSITE,
        alternative=_function(made, f"return {other}"),
    )


def _gradient(made: NewFunction, forward: str) -> NewFunction:
    first = made.parameters[0]
    if UPSTREAM in made.parameters:
        value, other = f"2 * {UPSTREAM}", f"{UPSTREAM} + {UPSTREAM}"
    else:
        value, other = (
            f"np.full({first}.shape, 2 / {first}.size)",
            f"np.ones({first}.shape) * 2 / {first}.size",
        )
    doc = f"The gradient of {forward} with respect to {first}, in its shape."
    return replace(
        made,
        doc=doc,
        source=_function(made, f"return {value}", doc),
        mistake=_function(made, f"return -({value})"),
        feedback=OPPOSITE,
        alternative=_function(made, f"return {other}"),
        forward=forward,
        ends=UPSTREAM not in made.parameters,
    )


def _drawn(made: NewFunction, used: Sequence[str]) -> NewFunction:
    arrays = [name for name in used if name not in COUNTS | SCALARS]
    if arrays:
        shift, size = f"{arrays[0]} + ", f"np.shape({arrays[0]})"
    else:
        shift, size = "", next((name for name in used if name in COUNTS), "5")
    doc = "Normal numbers from np.random.default_rng(seed). TODO: say what is drawn, and in which shape."
    draw = f"return {shift}np.random.default_rng(seed).normal(size={size})"
    other = f"return {shift}np.random.default_rng(seed).standard_normal({size})"
    return replace(made, doc=doc, source=_function(made, draw, doc), alternative=_function(made, other))


OPPOSITE = "Your result has the opposite sign. Look at each minus in your formula."


def _function(made: NewFunction, body: str, doc: str = "") -> str:
    lines = [f"def {made.name}({made.signature}):"]
    if doc:
        lines.append(f'    """{doc}"""')
    return "\n".join([*lines, textwrap.indent(body, "    ")])


def tasks_of(functions: Sequence[NewFunction]) -> list[NewTask]:
    """The functions by task: each gradient goes with its function."""
    gradients = {function.forward: function for function in functions if function.forward}
    return [
        NewTask((function, gradients[function.name]) if function.name in gradients else (function,))
        for function in functions
        if not function.forward
    ]


# --- Examples -----------------------------------------------------------------------------------

# Reads [support, [[name, source, [argument, ...]], ...]] and writes, for each function, the arguments and the
# result of one small call as expressions, or null where there is none.
RUN = """
import io, json, sys
import numpy as np

def written(value):
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        if value.size > 60 or value.dtype.kind not in "if":
            raise ValueError("not for a page")
        numbers = value.round(10) if value.dtype.kind == "f" else value
        return repr(numbers.item()) if value.ndim == 0 else f"np.array({numbers.tolist()})"
    if isinstance(value, (list, tuple)) and value and all(type(x) in (int, float, str) for x in value):
        return repr(value)
    if value is None or type(value) in (int, float, str):
        return repr(value)
    raise ValueError("not for a page")  # a truth value: guessing is right half of the time

support, functions = json.load(sys.stdin)
sys.stdin, out, sys.stdout = io.StringIO(), sys.stdout, io.StringIO()
names = {}
for source in [support, *(source for _, source, _ in functions)]:
    exec(source, names)
examples = []
def example(name, arguments, seed):
    values = [eval(a, names, {"rng": np.random.default_rng(seed), "seed": 3}) for a in arguments]
    values = [v.round(1) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for v in values]
    values = [round(v, 1) if isinstance(v, float) and v >= 0.1 else v for v in values]
    shown = [repr(v) if isinstance(v, bool) else written(v) for v in values]
    result = names[name](*values)
    if isinstance(result, (int, np.integer)) and result in (0, 1):
        raise ValueError("True and False would pass as well")
    return [shown, written(result)]

for name, _, arguments in functions:
    examples.append(None)
    for seed in range(1, 6):  # a draw may be one that the function cannot take
        try:
            examples[-1] = example(name, arguments, seed)
            break
        except Exception:
            continue
json.dump(examples, out)
"""


def with_examples(new: NewAssignment) -> NewAssignment:
    """The same with an example for each function that has a small one; the right answers are run for it.

    Gradients have none: what they belong to is checked instead.
    """
    work = [
        [function.name, function.source, [_small(argument) for argument in function.arguments]]
        for function in new.functions
    ]
    completed = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps([new.support or "import numpy as np", work]),
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = json.loads(completed.stdout) if completed.returncode == 0 else [None] * len(work)
    examples = {
        function.name: Example(tuple(example[0]), example[1])
        for function, example in zip(new.functions, found, strict=True)
        if example is not None and not function.forward
    }
    tasks = [
        replace(
            task,
            functions=tuple(
                replace(function, example=examples.get(function.name)) for function in task.functions
            ),
        )
        for task in new.tasks
    ]
    return replace(new, tasks=tasks)


def without_public_checks(new: NewAssignment) -> list[str]:
    """A remark for each task that students cannot check."""
    return [
        f"{task.id} has no public check: write one in assignments/{new.id}/checks.py, with numbers small "
        "enough to show."
        for task in new.tasks
        if task.functions[0].example is None and not task.public
    ]


def _small(argument: str) -> str:
    """The same expression with each size at most 2."""
    if not argument.startswith("rng.") or "size=" not in argument:
        return argument
    head, _, sizes = argument.partition("size=")
    return f"{head}size={re.sub(r'[0-9]+', lambda found: str(min(2, int(found.group()))), sizes)}"
