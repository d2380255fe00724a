"""Idioms of Python and NumPy that go wrong, by the pattern of the failure and the line it comes from.

Each idiom needs a symptom in the answers (an exception, an argument changed in place, a value of another
kind, numbers that only this habit makes) and, where the symptom alone could have another cause, a line of
the student's function that shows the habit. The sentence says what the line does and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from autograder.checks.calls import Call
from autograder.checks.values import Array, Value, to_array
from autograder.grading.causes import LEAST_TELLING, Answers, Cause, Outcome, equal, outcome_of
from autograder.grading.patterns import Signature
from autograder.grading.student_source import StudentSource

__all__ = ["PRECISE", "idiom_cause"]

#: Idioms whose line explains more than a known mistake with the same numbers.
PRECISE = {
    *("integer_array", "two_names_of_one_array", "another_default", "parameters_in_another_order"),
    "every_pair_of_examples",
}

PYTHON_MAX = re.compile(r"(?<![\w.])(max|min)\s*\(")
CHOICE = re.compile(r"(?<![\w.])(if|elif|while|and|or|not|assert)(?!\w)")
INDEX = r"arg(min|max|sort|where)\s*\(|\.index\s*\(|nonzero\s*\(|enumerate\s*\("  # whole by nature
COLUMN = r"keepdims\s*=\s*True|\[\s*:\s*,\s*(None|np\.newaxis)\s*\]|reshape\s*\(\s*-1\s*,\s*1\s*\)"
COUNTED = re.compile(r"^\s*(\w+)\s*(?:,\s*\w+\s*)?=[^=\n]*(?:len\s*\(|\.shape\b)")
MATRIX_PRODUCT = re.compile(r"\w\)?\s*@\s*[\w(]|(?<!\w)(dot|matmul|inner)\s*\(")
MATH = re.compile(r"(?<![\w.])math\.(\w+)")
NAMES_AS_DATA = re.compile(r"(?<![\w.])(locals|vars|globals|eval|exec)\s*\(")
MOST_MOVED = 3  # calls that are asked again with another argument


class Found(NamedTuple):
    """An idiom: its name, what is told, and the place in the student's code."""

    name: str
    sentence: str
    place: str = ""


@dataclass(frozen=True)
class _Seen:
    """What an idiom is recognised by."""

    function: str
    calls: Sequence[Call]
    outcomes: Sequence[Outcome]
    right: Sequence[Outcome]
    signature: Signature
    source: StudentSource | None
    ask: Callable[[Call], Outcome] | None = None  # the reference, of any call

    def find(self, pattern: str) -> str:
        """The place of the first line with a pattern; "" where there is none."""
        return self.source.find(pattern) if self.source else ""

    @property
    def raised(self) -> Call | None:
        """The first call that raised an exception."""
        return next((call for call in self.calls if call.answer.kind == "raised"), None)

    @property
    def values(self) -> list[tuple[Call, Value, Value]]:
        """The calls with a value, and the right value."""
        return [
            (call, outcome.value, right.value)
            for call, outcome, right in zip(self.calls, self.outcomes, self.right, strict=True)
            if outcome.kind == "value" and right.kind == "value"
        ]


def idiom_cause(
    function: str,
    calls: Sequence[Call],
    answers: Answers | None,
    signature: Signature,
    source: StudentSource | None,
) -> Cause:
    """The idiom behind a function's wrong answers; kind "" where none is recognised.

    Without `answers`, as for public checks, idioms that need the right values are left out.
    """
    calls = [call for call in calls if call.function == function and call.is_whole]
    nothing = Cause(function, calls=len(calls))
    if not calls:
        return nothing
    outcomes = [outcome_of(call.answer) for call in calls]
    right = [answers.right(call) if answers else Outcome("unknown") for call in calls]
    seen = _Seen(function, calls, outcomes, right, signature, source, answers.right if answers else None)
    for recognise in IDIOMS:
        found = next(recognise(seen), None)
        if found is not None:
            return replace(nothing, kind="idiom", name=found.name, sentence=found.sentence, place=found.place)
    return nothing


# --- Exceptions ---------------------------------------------------------------------------------


def _signature(seen: _Seen) -> Iterator[Found]:
    """Parameters other than the handout's, in number or in order."""
    wanted, names = seen.signature.parameters, seen.source.parameters if seen.source else ()
    if not wanted or not names or names == wanted:
        return
    assert seen.source is not None  # it has the names
    call = f"{seen.function}({', '.join(wanted)})"
    written = f"{seen.function}({', '.join(names)})"
    place = seen.source.definition
    raised = seen.raised
    if raised and raised.answer.text.startswith("TypeError") and f"{seen.function}()" in raised.answer.text:
        yield Found(
            "signature",
            f"The handout's function is {call}; yours is {written}. Take the handout's parameters.",
            place,
        )
    elif sorted(names) == sorted(wanted):
        yield Found(
            "parameters_in_another_order",
            f"Your parameters stand in another order, {written}: arguments are passed by position, as "
            f"{call}.",
            place,
        )
    elif "cache" in names and "cache" not in wanted:
        yield Found(
            "cache",
            f"Nothing hands a cache to your function: it is called as {call}, with arrays. Compute from "
            "these "
            "what you would have kept in the cache.",
            place,
        )


def _another_default(seen: _Seen) -> Iterator[Found]:
    """A default other than the handout's, and answers that are wrong only where it is left out."""
    if seen.source is None:
        return
    written = seen.source.defaults
    first_optional = len(seen.signature.parameters) - len(seen.signature.defaults)
    for position, default in enumerate(seen.signature.defaults, first_optional):
        name = seen.signature.parameters[position]
        if not isinstance(default, (int, float)) or name not in written or written[name] == default:
            continue
        wrong = [
            len(call.arguments) <= position
            for call, outcome, right in zip(seen.calls, seen.outcomes, seen.right, strict=True)
            if right.kind == "value" and not (outcome.kind == "value" and equal(outcome.value, right.value))
        ]
        if len(wrong) >= 2 and all(wrong):
            yield Found(
                "another_default",
                f"The handout's default of {name} is {default:g}; yours is {written[name]:g}. The answers "
                "are "
                "wrong only "
                f"where {name} is left out.",
                seen.source.definition,
            )
            return


def _truth_of_an_array(seen: _Seen) -> Iterator[Found]:
    call = seen.raised
    if call is None or "truth value of an array" not in call.answer.text:
        return
    line = call.answer.trace
    code = line.split(": ", 1)[-1]
    if match := PYTHON_MAX.search(code):
        name = match[1]
        yield Found(
            f"python_{name}",
            f"Python's {name} compares its arguments as wholes, and an array has no single answer to that. "
            f"np.{name}imum compares entry by entry.",
            line,
        )
    elif CHOICE.search(code):
        yield Found(
            "if_on_an_array",
            "if wants one True or False, but a comparison of an array has one for each entry. "
            "np.where(condition, a, b) chooses entry by entry; a mask, such as (x > 0), multiplies.",
            line,
        )
    else:
        yield Found(
            "truth_of_an_array",
            "This line asks for the truth of a whole array, which has one for each entry. "
            "Use np.where, a mask, or np.all and np.any.",
            line,
        )


def _one_number_wanted(seen: _Seen) -> Iterator[Found]:
    call = seen.raised
    if call is None or "can be converted to Python scalars" not in call.answer.text:
        return
    line = call.answer.trace
    if match := MATH.search(line):
        yield Found(
            "math_on_an_array",
            f"math.{match[1]} takes one number. np.{match[1]} takes a whole array, entry by entry.",
            line,
        )
    else:
        yield Found(
            "number_from_an_array",
            "This line makes one number of an array with several entries. Sum it, average it, or keep the "
            "array.",
            line,
        )


def _matrix_product(seen: _Seen) -> Iterator[Found]:
    """A matrix product in a function whose results have the shape of its argument, entry by entry."""
    call = seen.raised
    if call is None or not re.search(r"broadcast|matmul|not aligned", call.answer.text):
        return
    if MATRIX_PRODUCT.search(call.answer.trace) and _keeps_shapes(seen):
        yield Found(
            "matrix_product",
            "@, np.dot and np.matmul make a matrix product, which adds up over a row and a column. Here each "
            "entry is calculated by itself: * multiplies entry by entry.",
            call.answer.trace,
        )


def _keeps_shapes(seen: _Seen) -> bool:
    """Whether in each call all arrays, also the right ones that come back, have one shape of any axes."""
    axes = set()
    for call, right in zip(seen.calls, seen.right, strict=True):
        if right.kind != "value":
            return False
        results = right.value if isinstance(right.value, tuple) else (right.value,)
        shapes = {np.shape(each) for each in (*call.arguments, *results) if isinstance(each, np.ndarray)}
        if len(shapes) != 1:
            return False
        axes.add(len(shapes.pop()))
    return len(axes) > 1


def _shapes_that_do_not_fit(seen: _Seen) -> Iterator[Found]:
    call = seen.raised
    if call is None or "broadcast" not in call.answer.text:
        return
    shapes = _two_shapes(call.answer.text)
    if len(shapes) == 2:
        long, short = sorted(shapes, key=len, reverse=True)
        if len(long) == len(short) + 1 >= 2 and short == long[:-1]:
            yield Found(
                "keepdims_forgotten",
                f"Shapes {_shape(long)} and {_shape(short)} do not line up: a sum, mean or maximum over the "
                f"last axis has lost that axis. With keepdims=True it has shape {_shape((*short, 1))}, and "
                "every row gets its own number.",
                call.answer.trace,
            )
            return
    yield Found(
        "shapes_do_not_fit",
        "The two sides of this line have shapes that do not line up. Print both shapes; they are compared "
        "from the last axis on.",
        call.answer.trace,
    )


def _two_shapes(text: str) -> list[tuple[int, ...]]:
    found = re.findall(r"\(((?:\d+,?)*)\)", text)[:2]
    return [tuple(int(size) for size in each.split(",") if size) for each in found]


def _shape(sizes: Sequence[int]) -> str:
    return str(tuple(sizes))


def _callable_misused(seen: _Seen) -> Iterator[Found]:
    """An exception inside a function that was handed over, such as `gradient`."""
    call = seen.raised
    if call is None:
        return
    for position, argument in enumerate(call.arguments):
        name = seen.signature.name(position)
        if callable(argument) and re.search(rf"(?<![\w.]){re.escape(name)}\s*\(", call.answer.trace):
            yield Found(
                "callable_misused",
                f"{name} cannot work with what this line hands to it: compare the arguments and their "
                "order with the "
                f"handout's description of {name}.",
                call.answer.trace,
            )
            return


def _index_past_the_end(seen: _Seen) -> Iterator[Found]:
    call = seen.raised
    if call is None or not call.answer.text.startswith("IndexError"):
        return
    line = call.answer.trace
    if re.search(r"\[\s*labels\s*\]", line) or re.search(r"\[\s*y\s*\]", line):
        yield _rows_by_label(line)
    elif "out of range" in call.answer.text or "out of bounds" in call.answer.text:
        if re.search(r"[\w\])]\[\s*-?\d+\s*\]", line):
            yield Found(
                "fewer_entries",
                "This line takes an entry by its number, and in some call there are fewer entries than that. "
                "A list of n entries has the numbers 0 to n - 1.",
                line,
            )
            return
        place = seen.find(r"range\s*\(\s*len\s*\([^()]*\)\s*(\+\s*1)?\s*\)|range\s*\(\s*1\s*,")
        yield Found(
            "index_past_the_end",
            "An index goes past the end: the loop runs one round too many, or an index is counted from 1. A "
            "list of n entries has the numbers 0 to n - 1.",
            line or place,
        )
    elif "[" in line:
        yield Found("index", "This index does not fit the array: look at its shape and at the index.", line)


def _rows_by_label(place: str) -> Found:
    return Found(
        "rows_by_label",
        "[labels] alone picks whole rows by their number. The entry of each example's own label is "
        "p[np.arange(len(labels)), labels].",
        place,
    )


def _iterator_used_as_a_list(seen: _Seen) -> Iterator[Found]:
    call = seen.raised
    if call is None:
        return
    match = re.search(
        r"'(zip|map|filter|generator|enumerate|reversed|range_iterator)' object is not (\w+)"
        r"|object of type '(zip|map|filter|generator|enumerate)' has no len",
        call.answer.text,
    )
    if match:
        kind = match[1] or match[3]
        yield Found(
            "iterator_used_as_a_list",
            f"A {kind} can only be gone through once, from the start: it has no length, no index and no "
            f"reverse. Make a list of it first: list({kind}(...)).",
            call.answer.trace,
        )


def _other_exceptions(seen: _Seen) -> Iterator[Found]:
    call = seen.raised
    if call is None:
        return
    text, line = call.answer.text, call.answer.trace
    if match := re.match(r"(?:NameError|UnboundLocalError).*?'(\w+)'", text):
        yield Found(
            "name_without_a_value",
            f"{match[1]} has no value when this line runs: is it spelled as above, and defined in this "
            "function or in an earlier cell?",
            line,
        )
    elif match := re.match(r"ValueError: (too many|not enough) values to unpack \(expected (\d+)", text):
        yield Found(
            "another_number_to_unpack",
            f"This line unpacks {match[2]} values, and in some call there are "
            f"{'more' if match[1] == 'too many' else 'fewer'}. Where their number may differ, go through "
            "them in a loop.",
            line,
        )
    elif re.search(r"'numpy\.ndarray' object has no attribute 'append'", text):
        yield Found(
            "append_to_an_array",
            "An array has no append. Collect the parts in a list, and make one array of it at the end.",
            line,
        )
    elif re.search(r"'numpy\.ndarray' object is not callable", text):
        yield Found(
            "array_called",
            "An array stands where a function is called: round brackets call, square brackets index.",
            line,
        )
    elif "matmul" in text or "not aligned" in text:
        yield Found(
            "inner_sizes_differ",
            "In a @ b the last size of a has to be the first size of b. Compare the shapes: another array "
            "may belong in one of the two places, or a transpose, .T.",
            line,
        )
    elif "unsupported operand type(s)" in text and "NoneType" in text:
        yield Found(
            "none_in_a_formula",
            "One of the values of this line is None: a function that it comes from has no return, or it "
            "works "
            "in place and returns nothing.",
            line,
        )


# --- Values of another kind ---------------------------------------------------------------------


def _nothing_returned(seen: _Seen) -> Iterator[Found]:
    if not all(outcome.kind == "value" and outcome.value is None for outcome in seen.outcomes):
        return
    if place := seen.find(r"(?<![\w.])print\s*\("):
        yield Found(
            "print_in_place_of_return",
            "print shows a value to you; return hands it to whoever calls the function. Nothing is "
            "returned here.",
            place,
        )
    elif not seen.find(r"(?<![\w.])(return|yield)(?!\w)"):
        yield Found(
            "no_return",
            "There is no return statement, so the function returns None.",
            seen.source.definition if seen.source else "",
        )
    else:
        yield Found(
            "return_not_reached",
            "The function returns None: it ends without coming to a return with a value.",
            seen.find(r"(?<![\w.])return(?!\w)"),
        )


def _odd_kind(seen: _Seen) -> Iterator[Found]:
    texts = [call.answer.text for call in seen.calls if call.answer.kind == "unusable"]
    if not texts:
        return
    if "array of object" in texts[0]:
        yield Found(
            "object_array",
            "The result is an array of objects, and some of them are neither numbers nor arrays: look at "
            "what is put into it.",
            seen.find(r"dtype\s*=\s*object|np\.array\s*\(|np\.asarray\s*\("),
        )
    elif texts[0].startswith("a dict"):
        yield Found(
            "dictionary",
            "The result is a dictionary; the handout asks for its values alone, in the order it states, as a "
            "tuple or a list.",
            seen.find(r"(?<![\w.])return(?!\w)"),
        )


def _more_than_one_result(seen: _Seen) -> Iterator[Found]:
    """Several results where one is asked for; other courses' forward functions return a cache beside it."""
    pairs = [(value, right) for _, value, right in seen.values]
    if len(pairs) < 2 or len(pairs) != len(seen.calls):
        return
    if not all(
        isinstance(value, (list, tuple))
        and len(value) > 1
        and not isinstance(right, (list, tuple))
        and np.shape(value[0]) == np.shape(right)
        for value, right in pairs
    ):
        return
    number, is_first = len(pairs[0][0]), all(equal(value[0], right) for value, right in pairs)
    which = "only the first of them is asked for" if is_first else "only one is asked for"
    place = seen.find(r"(?<![\w.])return(?!\w)")
    if seen.find(r"(?<!\w)cache(?!\w)"):
        yield Found(
            "value_and_cache",
            f"It returns {number} things, and {which}. No cache has to be kept: each function gets what it "
            "needs as arguments.",
            place,
        )
    else:
        yield Found("more_than_one_result", f"It returns {number} things, and {which}.", place)


def _matrix(seen: _Seen) -> Iterator[Found]:
    if place := seen.find(r"np\.(matrix|mat|asmatrix)\s*\("):
        yield Found(
            "np_matrix",
            "np.matrix has rules of its own: * is the matrix product, ** a power of the matrix, and a sum "
            "always "
            "keeps two axes. Use ordinary arrays.",
            place,
        )


def _generator_used_up(seen: _Seen) -> Iterator[Found]:
    """The same call brings something the first time and nothing the second time."""
    earlier: list[tuple[tuple[Value, ...], Value]] = []
    for call, value, right in seen.values:
        if isinstance(right, (list, tuple)) and right and isinstance(value, (list, tuple)):
            if not value and any(
                before and equal(list(given), list(call.arguments)) for given, before in earlier
            ):
                yield Found(
                    "generator_used_up",
                    "The same call brings batches the first time and none the second time: a generator can "
                    "be gone "
                    "through once only. Make a new one at every call, or return a list.",
                    seen.find(r"(?<![\w.])return(?!\w)"),
                )
                return
            earlier.append((call.arguments, value))


def _left_in_the_loop(seen: _Seen) -> Iterator[Found]:
    """A return inside a loop, and results that stop after its first round."""
    if seen.source is None:
        return
    place = _return_inside_a_loop(seen.source)
    pairs = [(value, right) for _, value, right in seen.values]
    if not place or len(pairs) < 2:
        return
    long = [(value, right) for value, right in pairs if _rounds(right) > 1]
    if len(long) >= 2 and all(_is_first_round(value, right) for value, right in long):
        yield Found(
            "return_inside_the_loop",
            "return stands inside the loop, so the function ends after the first round. Move it out of the "
            "loop, "
            "to the indentation of for.",
            place,
        )


def _rounds(right: Value) -> int:
    if isinstance(right, (list, tuple)):
        return len(right)
    return int(right.size) if isinstance(right, np.ndarray) else 1


def _is_first_round(value: Value, right: Value) -> bool:
    if isinstance(right, (list, tuple)):
        if not isinstance(value, (list, tuple)):
            return False
        if len(value) == 1:
            return True
        # A pair in place of a list of pairs
        return len(value) == 2 and all(isinstance(part, np.ndarray) for part in value)
    array = to_array(value)
    if array is None or array.shape != np.shape(right):
        return False
    flat, right_flat = array.ravel(), np.ravel(right)
    return bool(np.isclose(flat[0], right_flat[0], rtol=1e-4) and not flat[1:].any() and right_flat[1:].any())


def _return_inside_a_loop(source: StudentSource) -> str:
    loops: list[int] = []
    for number, line in source.code():
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        loops = [each for each in loops if each < indent]
        word = line.split()[0]
        if word in ("for", "while"):
            loops.append(indent)
        elif word == "return" and loops:
            return source.place(number)
    return ""


# --- Aliases and arguments changed in place ------------------------------------------------------


def _aliases(seen: _Seen) -> Iterator[Found]:
    """Two names of one array, of which one is changed."""
    if seen.source is None or all(
        outcome.kind == "value" and equal(outcome.value, right.value) and not outcome.changed
        for outcome, right in zip(seen.outcomes, seen.right, strict=True)
    ):
        return
    lines = list(seen.source.code())
    code = "\n".join(line for _, line in lines)
    for number, line in lines:
        double = re.match(r"^\s*(\w+)\s*,\s*(\w+)\s*=\s*(\w+)\s*,\s*(\w+)\s*$", line)
        chain = re.match(r"^\s*(\w+)\s*=\s*(\w+)\s*=\s*(\w+)(?:\.copy\(\))?\s*$", line)
        if double and double[3] == double[4]:
            names, array = (double[1], double[2]), double[3]
        elif chain:
            names, array = (chain[1], chain[2]), chain[3]
        else:
            continue
        if any(_is_written_to(code, name) for name in names):
            yield Found(
                "two_names_of_one_array",
                f"{names[0]} and {names[1]} are two names of one array, {array}: what is done to one is "
                "done to "
                f"the other, and to {array}. Copy it: {array}.copy().",
                seen.source.place(number),
            )
            return
    yield from _read_after_a_write_to_its_alias(seen.source, lines)


def _read_after_a_write_to_its_alias(
    source: StudentSource, lines: Sequence[tuple[int, str]]
) -> Iterator[Found]:
    """`g = p`, then `g[...] -= 1`, and p is read below: it has changed as well."""
    for start, (number, line) in enumerate(lines):
        match = re.match(r"^(\s*)(\w+)\s*=\s*([A-Za-z_]\w*)\s*$", line)
        if match is None or match[2] == match[3]:
            continue
        indent, names = len(match[1]), (match[2], match[3])
        for name, other in (names, names[::-1]):
            is_changed = False
            word = rf"(?<![\w.]){re.escape(other)}(?!\w)"
            for _, later in lines[start + 1 :]:
                if later.strip() and len(later) - len(later.lstrip()) < indent:
                    break  # the end of this block
                if re.match(rf"^\s*({re.escape(name)}|{re.escape(other)})\s*=(?!=)", later) or re.match(
                    r"^\s*(for|def|class)\b", later
                ):
                    if is_changed and re.search(word, later.partition("=")[2]):
                        yield _two_names(source, number, names)
                        return
                    break
                if is_changed and re.search(word, later):
                    yield _two_names(source, number, names)
                    return
                is_changed |= bool(re.match(rf"^\s*{re.escape(name)}\s*\[.*\]\s*[-+*/]?=(?!=)", later))


def _two_names(source: StudentSource, number: int, names: tuple[str, str]) -> Found:
    name, array = names
    return Found(
        "two_names_of_one_array",
        f"{name} is a second name of the array {array}, not a copy: what is written into one is read "
        f"under the other as well. Copy it: {array}.copy().",
        source.place(number),
    )


def _is_written_to(code: str, name: str) -> bool:
    name = re.escape(name)
    return bool(
        re.search(rf"^\s*{name}\s*(\[[^\n]*\]\s*)?[-+*/]=", code, re.MULTILINE)
        or re.search(rf"^\s*{name}\s*\[[^\n=]*\]\s*=(?!=)", code, re.MULTILINE)
    )


def _changed_in_place(seen: _Seen) -> Iterator[Found]:
    changed = sorted({position for outcome in seen.outcomes for position in outcome.changed})
    if not changed:
        return
    right = all(
        outcome.kind == answer.kind == "value" and equal(outcome.value, answer.value)
        for outcome, answer in zip(seen.outcomes, seen.right, strict=True)
    )
    names = seen.source.parameters if seen.source else ()
    name = names[changed[0]] if changed[0] < len(names) else seen.signature.name(changed[0])
    place, alias = _where_it_is_written(seen.source, name) if seen.source else ("", "")
    through = f" through {alias}, which is a second name of the same array," if alias else ""
    yield Found(
        "changed_in_place",
        f"{'The numbers are right, but this' if right else 'This'} line writes{through} into the caller's "
        "array "
        f"{name}. Work on a copy, {name}.copy(), or build a new array."
        if place
        else f"The caller's array {name} is changed in place. Work on a copy, or build a new array.",
        place,
    )


def _where_it_is_written(source: StudentSource, name: str) -> tuple[str, str]:
    """The line that writes into a parameter, directly or through another name of it."""
    names = {name: ""}
    for number, line in source.code():
        match = re.match(r"^\s*(\w+)\s*=\s*(\w+)\s*$", line)
        if match and match[2] in names:
            names[match[1]] = match[1]
            continue
        both = re.match(r"^\s*(\w+)\s*,\s*(\w+)\s*=\s*(\w+)\s*,\s*(\w+)\s*$", line)
        if both and both[3] in names:
            names[both[1]] = both[1]
        for each, alias in names.items():
            if _is_written_to(line, each) or re.search(
                rf"(shuffle|put|fill_diagonal|copyto)\s*\(\s*{re.escape(each)}\b|out\s*=\s*{re.escape(each)}\b"
                rf"|(?<!\w){re.escape(each)}\.(sort|fill|resize|partition)\s*\(",
                line,
            ):
                return source.place(number), alias
    return "", ""


# --- Numbers that a habit makes -----------------------------------------------------------------


def _other_number_type(seen: _Seen) -> Iterator[Found]:
    types = sorted({name for call in seen.calls for name in call.answer.dtypes if name.startswith("float")})
    near = [equal_roughly(value, right) for _, value, right in seen.values]
    if not types or not near or not all(near):
        return
    place = seen.find(re.escape(types[0]) + r"|float32|float16|longdouble|float128|single|half")
    if types[0] in ("float32", "float16"):
        digits = {"float32": 7, "float16": 3}[types[0]]
        sentence = (
            f"The result is {types[0]}, which has {digits} digits. Keep float64 throughout: gradient "
            "checks need "
            "its 16 digits."
        )
    else:
        sentence = f"The result is {types[0]}; the handout asks for float64, the type of the arguments."
    yield Found("number_type", sentence, place)


def equal_roughly(value: Value, right: Value) -> bool:
    """Equal to the digits that float16 has."""
    left, other = to_array(value), to_array(right)
    if left is not None and other is not None:
        return left.shape == other.shape and bool(
            np.allclose(left, other, rtol=5e-3, atol=1e-3, equal_nan=True)
        )
    if isinstance(value, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(value) == len(right) and all(map(equal_roughly, value, right))
    return left is None and other is None and value == right


def _whole_numbers(seen: _Seen) -> Iterator[Found]:
    """Results without digits after the point, and a line that takes them away."""
    pairs = [(to_array(value), to_array(right)) for _, value, right in seen.values]
    if len(pairs) < 2 or any(value is None or right is None for value, right in pairs):
        return
    arrays = [(np.asarray(value, dtype=float), np.asarray(right, dtype=float)) for value, right in pairs]
    if not all(
        value.shape == right.shape and np.array_equal(value, np.trunc(value)) for value, right in arrays
    ):
        return
    if not any(np.any(right != np.trunc(right)) for _, right in arrays):
        return
    # What is cut or rounded in the end is less than 1 away; further off, the numbers are others altogether.
    is_near = all(np.all(np.abs(value - right) <= 1) for value, right in arrays)
    if not is_near and seen.find(INDEX):
        return
    place = seen.find(
        r"//|astype\s*\(\s*(int|np\.int)|dtype\s*=\s*(int|np\.int)|(?<![\w.])(int|round)\s*\("
        r"|(zeros|ones|full|empty)_like\s*\(\s*(labels|y)\b|np\.(floor|trunc|rint|round)\s*\("
    )
    if place:
        yield Found(
            "whole_numbers",
            "The result has lost its digits after the point: this line makes whole numbers. / divides, // "
            "divides and rounds down; an array of integers cuts what is written into it.",
            place,
        )


def _integer_table(seen: _Seen) -> Iterator[Found]:
    """An array of integers that fractions are written into."""
    if seen.source is None or all(
        outcome.kind == "value" and equal(outcome.value, right.value)
        for outcome, right in zip(seen.outcomes, seen.right, strict=True)
    ):
        return
    code = "\n".join(line for _, line in seen.source.code())
    for number, line in seen.source.code():
        match = re.match(
            r"^\s*(\w+)\s*=\s*np\.(zeros|ones|full|empty)\w*\s*\(.*dtype\s*=\s*(int|np\.int\w*)\s*\)", line
        )
        if match and re.search(
            rf"^\s*{match[1]}\s*\[[^\n]*\]\s*[-+*/]?=\s*[^=\n]*[a-z./]", code, re.MULTILINE
        ):
            yield Found(
                "integer_array",
                f"{match[1]} is an array of integers: what is written into it loses its digits after the "
                "point. "
                "Leave dtype out, and it holds float64.",
                seen.source.place(number),
            )
            return


def _written_by_label(seen: _Seen) -> Iterator[Found]:
    """`p[labels] -= 1` and `p[:, labels] -= 1`, which change whole rows and columns."""
    wrong = [
        call
        for call, outcome, right in zip(seen.calls, seen.outcomes, seen.right, strict=True)
        if right.kind == "value" and not (outcome.kind == "value" and equal(outcome.value, right.value))
    ]
    if len(wrong) < 2:
        return
    if place := seen.find(r"\w\[\s*labels\s*\]\s*[-+]=|\w\[\s*labels\s*\]\s*=(?!=)"):
        yield _rows_by_label(place)
    elif place := seen.find(r"\w\[\s*:\s*,\s*labels\s*\]\s*[-+]?=(?!=)"):
        yield Found(
            "columns_by_label",
            "[:, labels] picks whole columns, for all examples. The entry of each example's own label is "
            "p[np.arange(len(labels)), labels].",
            place,
        )
    elif place := seen.find(r"(probs|p|logits|z|log_probs|logp|log_p)\[\s*labels\s*\]"):
        yield _rows_by_label(place)
    elif place := seen.find(r"(probs|p|logits|z|log_probs|logp|log_p)\[\s*:\s*,\s*labels\s*\]"):
        yield Found(
            "columns_by_label",
            "[:, labels] picks whole columns, for all examples. The entry of each example's own label is "
            "p[np.arange(len(labels)), labels].",
            place,
        )


def _loop_too_short(seen: _Seen) -> Iterator[Found]:
    """The first or the last part is never filled in, and a range that leaves it out."""
    last = seen.find(r"range\s*\([^()]*(\([^()]*\))?[^()]*-\s*1\s*\)")
    first = seen.find(r"range\s*\(\s*1\s*,")
    down = seen.find(r"range\s*\(.*,\s*0\s*,\s*-\s*1\s*\)")
    if not (last or first or down):
        return
    missing = {_missing_in_a_part(value, right) for _, value, right in seen.values if _rounds(right) > 1}
    if missing == {"last"} and last:
        yield Found(
            "loop_ends_too_early",
            "The last round is missing: range(n) already stops before n, so that n - 1 leaves the last one "
            "out.",
            last,
        )
    elif missing == {"first"} and (first or down):
        yield Found(
            "loop_leaves_out_the_first",
            "The first one, number 0, is left out: range(1, n) begins with 1, and range(n, 0, -1) stops "
            "before 0. "
            "Going down to 0 is range(n - 1, -1, -1).",
            first or down,
        )


def _missing_part(value: Value, right: Value) -> str:
    """Which part of a result was not filled in: "first", "last", or "" for something else."""
    got, other = to_array(value), to_array(right)
    if got is not None and other is not None and got.ndim and other.ndim:
        if got.shape == other.shape:
            bad = ~np.asarray(np.isclose(got, other, rtol=1e-4, atol=1e-7).reshape(len(got), -1).all(axis=1))
            if (
                got.ndim > 1 and bad.sum() == 1 and got[bad].any()
            ):  # one entry of a row may be all that is missing
                flat = np.asarray(~np.isclose(got.ravel(), other.ravel(), rtol=1e-4, atol=1e-7))
                return _end_of(flat) if not got.ravel()[flat].any() else ""
            return _end_of(bad) if not got[bad].any() else ""
        if got.ndim == 1 and other.ndim == 1 and len(got) == len(other) - 1:
            if np.allclose(got, other[1:], rtol=1e-4):
                return "first"
            if np.allclose(got, other[:-1], rtol=1e-4):
                return "last"
    if isinstance(value, (list, tuple)) and isinstance(right, (list, tuple)) and len(value) == len(right) - 1:
        if equal(list(value), list(right[1:])):
            return "first"
        if equal(list(value), list(right[:-1])):
            return "last"
    return ""


def _missing_in_a_part(value: Value, right: Value) -> str:
    """As _missing_part, of one of several results, the others being right."""
    if not (isinstance(value, tuple) and isinstance(right, (list, tuple)) and len(value) == len(right)):
        return _missing_part(value, right)
    wrong = [pair for pair in zip(value, right, strict=True) if not equal(*pair)]
    return _missing_part(*wrong[0]) if len(wrong) == 1 else ""


def _end_of(bad: Array) -> str:
    if bad.sum() != 1:
        return ""
    return "last" if bad[-1] else "first" if bad[0] else ""


def _division_then_product(seen: _Seen) -> Iterator[Found]:
    """`a / 2 * delta`, which multiplies by delta."""
    values = seen.values
    if len(values) < 2 or all(equal(value, right) for _, value, right in values):
        return
    if place := seen.find(r"/\s*2(\.0)?\s*\*\s*[A-Za-z_]"):
        yield Found(
            "division_then_product",
            "a / 2 * b divides by 2 and then multiplies by b. Put brackets around the product: a / (2 * b).",
            place,
        )


def _every_pair_of_examples(seen: _Seen) -> Iterator[Found]:
    """N times the right number from code that divides by N: (N, 1) and (N,) have made an array (N, N)."""
    if seen.source is None or not seen.find(COLUMN):
        return
    counts = []
    for call, value, right in seen.values:
        got, expected = to_array(value), to_array(right)
        if got is None or expected is None or got.ndim or expected.ndim or not np.shape(call.arguments[0]):
            return
        counts.append(np.shape(call.arguments[0])[0])
        if not equal(got, counts[-1] * expected) and np.isfinite(got) and np.isfinite(expected):
            return
    if sum(count > 1 for count in counts) < LEAST_TELLING:
        return
    named = [match[1] for _, line in seen.source.code() if (match := COUNTED.match(line))]
    names = "|".join([r"len\s*\(", r"\w+\.shape\s*\[\s*0\s*\]", *(rf"{re.escape(name)}\b" for name in named)])
    if place := seen.find(rf"/=?\s*({names})"):
        yield Found(
            "every_pair_of_examples",
            "The result is N times too large, although it is divided by N: an array of shape (N, 1) and one "
            "of shape (N,) make an array of shape (N, N), in which every example meets every other one. Give "
            "both the same shape.",
            place,
        )


def _parameter_unused(seen: _Seen) -> Iterator[Found]:
    """A parameter that decides the right answers, and that the body never reads."""
    source, wanted = seen.source, seen.signature.parameters
    if source is None or len(source.parameters) != len(wanted) or source.is_cut:
        return
    for position in range(len(wanted) - len(seen.signature.defaults)):
        name = source.parameters[position]
        if (use := _first_use(source, name)) is None or not _decides(seen, position):
            continue
        if use:
            yield Found(
                "parameter_overwritten",
                f"This line gives {name} another value before it is read, so the {name} that the function is "
                "called with has no effect.",
                use,
            )
        else:
            yield Found(
                "parameter_unused",
                f"{name} is never used: nothing in the function reads it. The right result depends on it.",
                source.definition,
            )
        return


def _first_use(source: StudentSource, name: str) -> str | None:
    """The place where a parameter is overwritten before it is read, "" where it stands nowhere, else None."""
    word, indent = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)"), None
    in_text = re.compile(rf"\b[fF][rR]?['\"][^'\"]*\b{re.escape(name)}\b")
    lines = [(number, line) for number, line in source.code() if line.strip()]
    if not lines or any(NAMES_AS_DATA.search(line) for _, line in lines):
        return None
    for number, line in lines:
        indent = len(line) - len(line.lstrip()) if indent is None else indent
        if in_text.search(source.lines[number - source.line]):
            return None
        if not word.search(line):
            continue
        match = re.match(rf"^(\s*){re.escape(name)}\s*=(?!=)(.*)$", line)
        is_whole = match is not None and line.count("(") == line.count(")") and not line.endswith("\\")
        if match is None or not is_whole or len(match[1]) != indent or word.search(match[2]):
            return None
        return source.place(number)
    return ""


def _decides(seen: _Seen, position: int) -> bool:
    """Whether the right answer to a call that was answered wrongly changes with an argument."""
    if seen.ask is None:
        return False
    wrong = [
        (call, right)
        for call, outcome, right in zip(seen.calls, seen.outcomes, seen.right, strict=True)
        if right.kind == "value" and not (outcome.kind == "value" and equal(outcome.value, right.value))
    ]
    for call, right in wrong[:MOST_MOVED]:
        moved = _moved(call.arguments[position]) if position < len(call.arguments) else None
        if moved is None:
            return False
        arguments = (*call.arguments[:position], moved, *call.arguments[position + 1 :])
        other = seen.ask(replace(call, arguments=arguments))
        if other.kind == "value" and not equal(other.value, right.value):
            return True
    return False


def _moved(value: Value) -> Value:
    """Another argument of the same kind; None where there is none to be sure of."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return 0.75 * value + 0.31
    if isinstance(value, np.ndarray):
        return 0.75 * value + 0.31 if value.dtype.kind == "f" else value[::-1].copy()
    if isinstance(value, (list, tuple)) and value:
        parts = [_moved(each) for each in value]
        return None if any(each is None for each in parts) else type(value)(parts)
    return None


IDIOMS: tuple[Callable[[_Seen], Iterator[Found]], ...] = (
    _signature,
    _another_default,
    _truth_of_an_array,
    _one_number_wanted,
    _iterator_used_as_a_list,
    _matrix,
    _aliases,
    _callable_misused,
    _matrix_product,
    _shapes_that_do_not_fit,
    _index_past_the_end,
    _other_exceptions,
    _nothing_returned,
    _odd_kind,
    _more_than_one_result,
    _generator_used_up,
    _left_in_the_loop,
    _loop_too_short,
    _changed_in_place,
    _other_number_type,
    _written_by_label,
    _whole_numbers,
    _integer_table,
    _division_then_product,
    _every_pair_of_examples,
    _parameter_unused,
)
