"""Building the near misses of an assignment: natural edits of its right answers that make a difference.

`autograder near-misses` writes them to `near_misses.json` beside the solution, as places in the texts of the
bases, so that the file stays small. Functions that draw random numbers have none: their order is free, and
whoever takes another one would be told a wrong cause.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.authoring.lint_files import Fault
from autograder.authoring.lint_mutants import free_functions
from autograder.authoring.mutant_trial import Trial, inputs_of
from autograder.authoring.mutation import Base, Mutant, bases_of, mutants_of, speaking_names
from autograder.course.assignment import Assignment
from autograder.grading.near_misses import FILE, HOLE, OPEN, tokens_of

__all__ = ["build_near_misses", "faults_in_near_misses", "write_near_misses"]

RANDOM = {"seed", "rng"}  # parameters that decide about chance
ARITHMETIC = {"maximum", "minimum", "where", "clip", "logaddexp"}  # functions of numbers
LEFT_OPEN = "a number left open"
MOST_EFFECTS = 3  # of one behaviour; more would only be silent
SEED = 15
CALLS = 24  # that tell one behaviour from another


def write_near_misses(assignment: Assignment) -> int:
    """Write the file; returns how many near misses it holds."""
    content = build_near_misses(assignment)
    (assignment.solution / FILE).write_text(_lines(content), encoding="utf-8")
    return sum(len(edits) for each in content["functions"].values() for edits in each["edits"].values())


def _is_free(assignment: Assignment, function: str) -> bool:
    """Whether many answers to one call are right: then none of them says what a wrong one does."""
    is_random = bool(RANDOM & set(assignment.parameters[function]))
    return is_random or function in assignment.canonical_forms or function in free_functions(assignment)


def _lines(content: dict[str, Any]) -> str:
    """The content as JSON with a line for each function, so that a change of one shows as such."""

    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    lines = [f"{text(name)}:{text(each)}" for name, each in content["functions"].items()]
    body = ",\n".join(lines)
    return f'{{"effects":{text(content["effects"])},\n"functions":{{\n{body}}}}}\n'


def build_near_misses(assignment: Assignment) -> dict[str, Any]:
    """The content of the file."""
    generators = inputs_of(assignment)
    effects: dict[str, int] = {}
    functions: dict[str, Any] = {}
    for function in assignment.functions:
        if _is_free(assignment, function):
            continue
        trial = Trial(assignment, function, generators[function], SEED, count=CALLS)
        behaviours: dict[str, set[str]] = {}
        texts: dict[str, str] = {}
        edits: dict[str, list[list[Any]]] = {}
        for base in bases_of(assignment, function):
            texts[base.name] = _text(base.definitions)
            for mutant in _natural(base):
                behaviour = _text(mutant.definitions) if mutant.edit == LEFT_OPEN else trial.behaviour(mutant)
                clauses = behaviours.setdefault(behaviour, set())
                if behaviour and mutant.effect not in clauses and len(clauses) < MOST_EFFECTS:
                    clauses.add(mutant.effect)
                    effect = effects.setdefault(mutant.effect, len(effects))
                    edits.setdefault(base.name, []).append(_edit(base, mutant, effect))
        functions[function] = {"texts": texts, "edits": edits}
    return {"effects": list(effects), "functions": functions}


def faults_in_near_misses(assignment: Assignment) -> Iterator[Fault]:
    """A file that is missing, or was built from other right answers."""
    path = assignment.solution / FILE
    next_step = f"run: autograder near-misses {assignment.id}"
    if not path.is_file():
        yield Fault(str(path), f"is missing; {next_step}")
        return
    functions = json.loads(path.read_text(encoding="utf-8"))["functions"]
    for function in assignment.functions:
        if _is_free(assignment, function):
            continue
        texts = {base.name: _text(base.definitions) for base in bases_of(assignment, function)}
        if functions.get(function, {}).get("texts") != texts:
            yield Fault(str(path), f"was built from other right answers of {function}; {next_step}")


def _natural(base: Base) -> Iterator[Mutant]:
    """The edits that people make by accident, and every number replaced by one of the student's."""
    seen = set()
    for mutant in mutants_of(base):
        is_edited_inside = len(mutant.definitions) == len(base.definitions)
        if mutant.effect and is_edited_inside and mutant.definitions not in seen:
            seen.add(mutant.definitions)
            yield mutant
    yield from _holes(base)


def _holes(base: Base) -> Iterator[Mutant]:
    """The base with a number left open: a constant of its own, a factor of a parameter or of the result."""
    for number, (definition, names) in enumerate(zip(base.definitions, speaking_names(base), strict=True)):
        tree = ast.parse(definition)
        operands = set(map(id, _operands(tree)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) in operands:
                text = _with(tree, node, ast.Name(HOLE, ast.Load()))
                yield _opened(base, number, text, f"{OPEN} stands where another number belongs")
            elif isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load):
                factor = ast.BinOp(ast.Name(HOLE, ast.Load()), ast.Mult(), ast.Name(node.id, ast.Load()))
                effect = f"`{node.id}` is multiplied by {OPEN}, which does not belong there"
                yield _opened(base, number, _with(tree, node, factor), effect)
            elif isinstance(node, ast.Return) and node.value is not None and not number:
                product = ast.BinOp(ast.Name(HOLE, ast.Load()), ast.Mult(), node.value)
                effect = f"the result is multiplied by {OPEN}, which does not belong there"
                yield _opened(base, number, _with(tree, node.value, product), effect)


def _operands(tree: ast.Module) -> Iterator[ast.Constant]:
    """The numbers that are calculated with: no sizes and no counts, which decide how long a call takes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp):
            values = [node.left, node.right]
        elif isinstance(node, ast.Compare):
            values = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ARITHMETIC:
            values = list(node.args)
        else:
            continue
        yield from (v for v in values if isinstance(v, ast.Constant) and type(v.value) in (int, float))


def _with(tree: ast.Module, old: ast.expr, new: ast.expr) -> str:
    """The source with one node replaced."""

    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return new if node is old else super().generic_visit(node)

    copied = ast.parse(ast.unparse(tree))
    path = next(i for i, node in enumerate(ast.walk(tree)) if node is old)
    old = next(node for i, node in enumerate(ast.walk(copied)) if i == path)  # type: ignore[assignment]  # the same place
    if isinstance(new, ast.BinOp) and isinstance(new.right, ast.expr):
        new = ast.BinOp(new.left, new.op, ast.parse(ast.unparse(new.right), mode="eval").body)
    return ast.unparse(ast.fix_missing_locations(Replace().visit(copied)))


def _opened(base: Base, number: int, text: str, effect: str) -> Mutant:
    definitions = (*base.definitions[:number], text, *base.definitions[number + 1 :])
    return Mutant(base, definitions, LEFT_OPEN, effect)


def _text(definitions: Sequence[str]) -> str:
    return "\n\n".join(reversed(definitions))


def _edit(base: Base, mutant: Mutant, effect: int) -> list[Any]:
    """Where the mutant's text differs from the base's, its effect, and the tokens gained and lost."""
    old, new = _text(base.definitions), _text(mutant.definitions)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    before, after = (
        tokens_of(_bodies(each), base.parameters) for each in (base.definitions, mutant.definitions)
    )
    gained = [[token, _least(token, after)] for token in after if after[token] > before[token]]
    lost = [
        [token, before[token] - 1 if _is_counted(token) else 0]
        for token in before
        if after[token] < before[token] and (_is_counted(token) or not after[token])
    ]
    return [start, len(old) - end, new[start : len(new) - end], effect, sorted(gained), sorted(lost)]


def _is_counted(token: str) -> bool:
    """Whether it says something how often it stands there: a plus or a product more is a matter of style."""
    return token[0] == "#" or token[0].isdigit()


def _least(token: str, after: Counter[str]) -> int:
    return after[token] if _is_counted(token) else 1


def _bodies(definitions: Sequence[str]) -> str:
    """The definitions without their first lines, as a student's is read; a size factor's helper left out."""
    return "\n".join(each.partition("\n")[2] for each in definitions)
