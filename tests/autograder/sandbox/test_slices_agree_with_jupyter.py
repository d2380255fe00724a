"""Random notebooks around a right function: the sandbox answers what running the cells in order gives."""

from __future__ import annotations

import ast
import contextlib
import textwrap
from typing import Any

import numpy as np
from event_loops import in_thread, run
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.sandbox.cells import run_cells
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session

START = """
import contextlib, functools, warnings
import numpy as np

a, b = 1, 2
T, L, N, HOOKS = {"x": 1}, [1], [[1], [2]], []
A = np.ones(3)

class C:
    v = 1
    def __init__(self): self.n = 1
    def tick(self, k):
        self.n += k
        L.append(k)
        return self

obj = C()
table = {"inner": {"z": 1}}

def bump(k):
    global a
    a += k

def put(where, key, value):
    where[key] = value

def push(value):
    L.append(value)
    return value

def twice(value): return push(value) + push(value)

def hook(function):
    HOOKS.append(function)
    return function

def method_of(cls):
    def add(function):
        setattr(cls, function.__name__, function)
        return function
    return add

def make():
    kept = [1]
    return kept.append, lambda: sum(kept)

grow, total = make()

@contextlib.contextmanager
def noted(k):
    L.append(k)
    yield k
"""

RELU = """
def relu(x):
    state = [a, b, *T.values(), *L, C.v, obj.n, *A, *(one for row in N for one in row), total()]
    state += [function() for function in HOOKS] + [relu.w, table["inner"]["z"], len(T), C().late()]
    return np.maximum(x, 0) + sum((place + 1) * value for place, value in enumerate(state))

relu.w = 1

@method_of(C)
def late(self): return 1
"""

# Statements that change what relu rests on; K is a number.
CHANGES = [
    *("a = K", "a += K", "bump(K)", "b = a + K", "a, b = b, K", "print(b := K)", "exec('a = K')"),
    *("globals()['b'] = K", "del a; a = K", "a = b if K % 2 else K", "a: int = K"),
    *(
        "T['x'] = K",
        "T.update(y=K)",
        "T |= {K: K}",
        "T.setdefault('s', K)",
        "T.pop('x', None)",
        "put(T, 'p', K)",
    ),
    *("_ = put(T, 'q', K)", "t = T\nt['t'] = K", "for i in range(K % 4):\n    T[i] = i", "T = {**T, 'n': K}"),
    *("[put(T, i, K) for i in range(2)]", "T = dict(zip('uv', (K, K)))", "dict.update(T, w=K)"),
    *(
        "L.append(K)",
        "L += [K]",
        "L[:] = L[::-1]",
        "L[0] = K",
        "L.extend(range(K % 3))",
        "print(L.append(K))",
    ),
    *(
        "l = L\nl.append(K)",
        "push(K)",
        "y = push(K)",
        "y = twice(K) + 1",
        "list(map(push, [K]))",
        "L = [K] + L",
    ),
    *("while len(L) < K % 6:\n    L.append(1)", "other = functools.partial(L.append, K)\nother()"),
    *("C.v = K", "setattr(C, 'v', K)", "C.v += K", "for cls in (C,):\n    cls.v = K", "vars(obj)['n'] = K"),
    *("obj.n = K", "obj.tick(K)", "obj.tick(K).tick(1)", "obj = C()", "o = obj\no.n = K", "C().tick(K)"),
    *("A[0] = K", "A += K", "np.copyto(A, K)", "A.fill(K)", "np.add(A, K, out=A)", "A = A * K", "A[:] = K"),
    *(
        "v = A[1:]\nv[0] = K",
        "N[0].append(K)",
        "for row in N:\n    row.append(K)",
        "first, *rest = N\nfirst[0] = K",
    ),
    *("for i, row in enumerate(N):\n    row[0] = i + K", "N.append([K])", "row = N[-1]\nrow.append(K)"),
    *(
        "relu.w = K",
        "relu.w += K",
        "setattr(relu, 'w', K)",
        "r = relu\nr.w = K",
        "grow(K)",
        "more = grow\nmore(K)",
    ),
    *("table['inner']['z'] = K", "inner = table['inner']\ninner['z'] = K", "table.get('inner').update(z=K)"),
    *("@hook\ndef hooked(): return K", "HOOKS.append(lambda: K)", "@method_of(C)\ndef late(self): return K"),
    *(
        "with noted(K) as k:\n    b = k",
        "match K % 3:\n    case 0:\n        a = K\n    case k:\n        L.append(k)",
    ),
    *(
        "match {'low': K}:\n    case {'low': a}:\n        pass",
        "try:\n    L.append(undefined)\nexcept NameError:\n    b = K",
    ),
    *("try:\n    pass\nfinally:\n    T['f'] = K", "def push(value):\n    L.append(value + K)\n    return K"),
    *("bump = functools.lru_cache(bump)\nbump(K)", "async def later():\n    L.append(K)\nawait later()"),
    *(
        "if (n := K) > 5:\n    a = n\nelse:\n    L.append(n)",
        "def setup():\n    global b\n    b = K\n    bump(K)\nsetup()",
    ),
]
# Statements that change nothing, unless relu or what they call does.
NOISE = [
    *("print(relu(np.ones(2)))", "y = relu(np.linspace(-1, 1, 5))", "assert relu(np.zeros(1)) is not None"),
    *(
        "x = np.arange(K)",
        "for epoch in range(3):\n    loss = epoch * K",
        "print(len(L), T)",
        "'text'",
        "1 / 0",
    ),
    *(
        "import sys, math",
        "unused = [K]\nunused.append(2)",
        "def helper(): return undefined",
        "raise ValueError",
    ),
]
WRAPPERS = [
    *("BODY", "BODY", "BODY", "if True:\nBODY", "if __name__ == '__main__':\n    print('run')\nBODY"),
    *(
        "for _ in range(2):\nBODY",
        "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\nBODY",
    ),
    *(
        "try:\n    print('tried')\nBODY\nexcept ImportError:\n    pass",
        "try:\n    import no_such\nexcept ImportError:\nBODY",
    ),
]

number = st.integers(1, 9)


@st.composite
def statements(draw: st.DrawFn) -> str:
    """One statement, perhaps inside a block."""
    body = draw(st.sampled_from([*CHANGES, *CHANGES, *NOISE])).replace("K", str(draw(number)))
    wrapper = draw(st.sampled_from(WRAPPERS))
    if wrapper == "BODY" or "await" in body:
        return body
    return wrapper.replace("BODY", textwrap.indent(body, "    "))


notebooks = st.lists(statements(), min_size=1, max_size=6)


def in_order(cells: list[str]) -> Any:
    """What relu answers when all statements have run in order, each failing alone; without our code."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        for node in ast.parse(cell).body:
            module = ast.Module([node], [])
            code = compile(module, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            with contextlib.suppress(Exception), contextlib.redirect_stdout(None):
                if (waiting := eval(code, names)) is not None:
                    run(waiting)
    return answer(names)


def sliced(cells: list[str]) -> Any:
    """What it answers after a slice, and after a full run where the slice turns out not to be enough."""
    names: dict[str, Any] = {"__name__": "__main__"}
    numbered = list(enumerate(cells, 1))
    outcome = in_thread(
        lambda: run_cells(numbered, ["relu"], names, set(), lambda *_: None, lambda _: {"text": ""})
    )
    if outcome.incomplete:
        return in_order(cells)
    try:
        return answer(names)
    except (NameError, LookupError, AttributeError):
        return in_order(cells)


def answer(names: dict[str, Any]) -> Any:
    """The first call's value."""
    return names["relu"](np.array([-1.0, 2.0])).tolist()


def outcome_of(function: Any, cells: list[str]) -> Any:
    """A value, or the type of the exception."""
    try:
        return function(cells)
    except Exception as problem:
        return type(problem)


@given(notebooks)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_slice_gives_what_all_cells_give(cells: list[str]) -> None:
    """Tables, classes, arrays and closures come out as they do when everything runs."""
    whole = [START, RELU, *cells]
    assert outcome_of(sliced, whole) == outcome_of(in_order, whole)


def test_the_sandbox_gives_what_all_cells_give(worker: SandboxProcess) -> None:
    """The same through a real child, asked for its first answer."""

    @given(notebooks)
    @settings(max_examples=examples(25), suppress_health_check=[HealthCheck.too_slow])
    def agree(cells: list[str]) -> None:
        whole = [START, RELU, *cells]
        expected = outcome_of(in_order, whole)
        with Session(worker, list(enumerate(whole, 1)), ["relu"]) as session:
            found = session.answer("relu", [(np.array([-1.0, 2.0]),)], 10.0)[0]
        if isinstance(expected, type):
            assert found.text.startswith(expected.__name__)
        else:
            np.testing.assert_allclose(found.value, expected)

    agree()
