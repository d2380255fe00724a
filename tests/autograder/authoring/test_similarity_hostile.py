"""Whatever is handed in does no harm: not to the comparison, and not to the page."""

from __future__ import annotations

from itertools import pairwise

import pytest
from disguises import OWN_WORK
from hypothesis import given
from hypothesis import strategies as st

from autograder.authoring.similarity.alignment import side_by_side
from autograder.authoring.similarity.baseline import Baseline, baseline_of
from autograder.authoring.similarity.fragments import Splitter
from autograder.authoring.similarity.page import similarity_page
from autograder.authoring.similarity.pairs import compare, work_of
from autograder.authoring.similarity.tokens import lex
from autograder.course.assignment import Assignment

PARTS = st.sampled_from(
    [
        "def f(x):\n",
        "    return x\n",
        '"""',
        "'",
        '"',
        "\\",
        "\n",
        "(",
        ")]",
        "#",
        "@a\n",
        "class A:",
        "\t",
        "é",
    ]
)
EVIL = "</pre><script>alert(1)</script><b onload=x> \u202eback \u2066 \x1b[31m & \u0627\u0644"
HOSTILE = {
    "not Python": "def f(:\n  for while ]]] return\n" * 50,
    "open string": 'x = """' + "never closed " * 2_000,
    "deep brackets": "x = " + "(" * 20_000 + ")" * 20_000,
    "deep blocks": "".join(" " * i + "if x:\n" for i in range(400)),
    "long chain": "x = " + "+".join(["y"] * 30_000),
    "many functions": "def f(x):\n    a = b + c * d - e / f ** g\n" * 4_000,
    "long name": "n" * 190_000 + " = 1",
    "long number": "x = " + "9" * 100_000,
    "quotes": "'\"" * 50_000 + "\\",
    "blank lines": "x = 1\n" + "\n" * 100_000 + "'''a'''",
    "markup": f"# {EVIL}\ndef f(x):\n    s = '{EVIL}'\n    return s\n" * 3,
    "magics": "%%time\n!rm -rf x\n?help\n%matplotlib inline\n",
    "unicode": "\u0663\u0664 = \u202e\u00b2\U0001f600\u0300 \x00\x0c\ufeff\n" * 200,
}


@pytest.fixture(scope="module")
def baseline(tiny: Assignment) -> Baseline:
    """The common ground of the tiny assignment."""
    return baseline_of(tiny)


@pytest.mark.parametrize("name", HOSTILE)
def test_two_of_them_are_compared(name: str, baseline: Baseline) -> None:
    """Code that is no Python, endless or nested without end is split, compared and shown."""
    source = HOSTILE[name]
    works = [work_of(student, f"{student}.ipynb", [source, OWN_WORK], baseline) for student in ("ann", "ben")]
    similarities = compare(works)
    assert [pair.students for pair in similarities.pairs] == [("ann", "ben")]
    assert "ann" in similarity_page(similarities, baseline, title=name)


@given(st.lists(PARTS, max_size=40).map("".join) | st.text(max_size=80))
def test_nothing_is_lost_or_made_up(source: str) -> None:
    """Tokens stand where they say, in order; spans put together are the source of their fragment."""
    tokens, comments = lex(source)
    assert all(source[token.start : token.end] == token.text for token in (*tokens, *comments))
    assert all(a.end <= b.start for a, b in pairwise(tokens))
    fragments = Splitter().split(source)
    for fragment in fragments:
        assert fragment.source in source
        assert all(fragment.source[token.start : token.end] == token.text for token in fragment.tokens)
    for row in side_by_side(fragments, fragments, set()):
        assert "".join(span.text for span in row.left_spans) == row.left.source
        assert "".join(span.text for span in row.right_spans) == row.right.source
