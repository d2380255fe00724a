"""Whatever the bytes of a notebook file are, cells come out or a SubmissionError."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.submissions.notebook import Cell, read_notebook

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
CELL = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]) | JSON},
    optional={"source": st.text() | st.lists(st.text()) | JSON, "input": st.text() | JSON},
)
CELLS = st.lists(CELL | JSON) | JSON
SHEETS = st.lists(st.fixed_dictionaries({"cells": CELLS}) | JSON) | JSON
NOTEBOOK = st.fixed_dictionaries({}, optional={"cells": CELLS, "worksheets": SHEETS, "metadata": JSON})


def only_cells_or_a_refusal(data: bytes) -> None:
    """Fail on any other exception, and on cells that cannot be sent on."""
    with contextlib.suppress(SubmissionError):
        for cell in read_notebook(data):
            assert isinstance(cell, Cell)
            cell.source.encode()


@given(st.binary())
@example(b"\x00")
@example(b"\xfe\xff\xd8\x00\x00{")
@example(b"\xff\xfe\x00\x00{\x00\x00\x00")
def test_any_bytes(data: bytes) -> None:
    """Any bytes give cells or a refusal."""
    only_cells_or_a_refusal(data)


@given(st.text())
def test_any_text(words: str) -> None:
    """Any text gives cells or a refusal, also behind the beginning of a notebook."""
    only_cells_or_a_refusal(words.encode("utf-8", "replace"))
    only_cells_or_a_refusal(('{"cells": [{"cell_type": "code", ' + words).encode("utf-8", "replace"))


@given(JSON | NOTEBOOK)
def test_any_json(data: Any) -> None:
    """Any JSON, most of it nearly a notebook, gives cells or a refusal."""
    only_cells_or_a_refusal(json.dumps(data).encode())


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))), st.booleans())
def test_sources_come_back(sources: list[str], readable: bool) -> None:
    """Every source comes back as it was written."""
    data = json.dumps(
        {"cells": [{"cell_type": "code", "source": source} for source in sources]}, ensure_ascii=not readable
    ).encode()
    if sources:
        assert [cell.source for cell in read_notebook(data)] == sources
