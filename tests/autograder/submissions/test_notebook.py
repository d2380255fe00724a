"""Reading notebook files: what is code comes out, what is no notebook is refused in one sentence."""

from __future__ import annotations

import json
import sys
from typing import Any

import nbformat
import pytest

from autograder.errors import SubmissionError
from autograder.submissions.notebook import (
    LARGEST_FILE,
    LARGEST_SOURCE,
    Cell,
    read_notebook,
    read_notebook_and_version,
)


def code(source: Any, **more: Any) -> dict[str, Any]:
    """A code cell."""
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source, **more}


def text(source: str) -> dict[str, Any]:
    """A text cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def notebook(*cells: Any, **more: Any) -> bytes:
    """A notebook file with these cells."""
    return json.dumps({"cells": list(cells), "nbformat": 4, "nbformat_minor": 5, **more}).encode()


def refusal(data: bytes) -> str:
    """Why a file is refused."""
    with pytest.raises(SubmissionError) as caught:
        read_notebook(data)
    assert caught.value.next_step, "a refusal says what to do"
    return caught.value.message


class TestCells:
    """What comes out of a notebook."""

    def test_code_cells_in_order_numbered_over_all_cells(self) -> None:
        """Code cells come in order, numbered from 1 with the text cells counted."""
        data = notebook(text("# Title"), code("a = 1"), text("more"), code("b = 2"))
        assert read_notebook(data) == [Cell(2, "a = 1"), Cell(4, "b = 2")]

    def test_source_as_lines(self) -> None:
        """A source may be a list of lines, as Jupyter saves it."""
        assert read_notebook(notebook(code(["a = 1\n", "b = 2"]))) == [Cell(1, "a = 1\nb = 2")]

    def test_what_nbformat_writes(self) -> None:
        """A notebook written by nbformat comes back as it was."""
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1\ny = 2\n")])
        assert read_notebook(nbformat.writes(made).encode()) == [Cell(1, "x = 1\ny = 2\n")]

    @pytest.mark.parametrize("version", [3, 2])
    def test_worksheets(self, version: int) -> None:
        """Notebooks of before 2015 hold their cells in worksheets, their code as `input`."""
        cells = [
            {"cell_type": "code", "input": ["a = 1\n", "b = 2"]},
            {"cell_type": "code", "input": "c = 3"},
        ]
        data = json.dumps({"nbformat": version, "worksheets": [{"cells": cells[:1]}, {"cells": cells[1:]}]})
        assert read_notebook(data.encode()) == [Cell(1, "a = 1\nb = 2"), Cell(2, "c = 3")]

    @pytest.mark.parametrize(
        ("metadata", "version"),
        [
            ({"language_info": {"name": "python", "version": "3.13.1"}}, "3.13.1"),
            ({"language_info": {"version": "3.14.0rc2"}}, "3.14.0rc2"),
            ({"language_info": {"version": 3.13}}, ""),
            ({"language_info": {"version": "3.13.1 <script>"}}, ""),
            ({"language_info": {"name": "python"}}, ""),
            ({"language_info": []}, ""),
            ({}, ""),
            (None, ""),
        ],
    )
    def test_the_version_that_it_was_run_with(self, metadata: object, version: str) -> None:
        """Jupyter notes Python's version; where it is odd or missing, none is known."""
        data = json.dumps({"cells": [{"cell_type": "code", "source": "x"}], "metadata": metadata})
        assert read_notebook_and_version(data.encode()) == ([Cell(1, "x")], version)

    def test_bare_cells(self) -> None:
        """Metadata, ids, outputs and version numbers are not needed."""
        assert read_notebook(b'{"cells": [{"cell_type": "code", "source": "x"}]}') == [Cell(1, "x")]

    def test_broken_everything_else(self) -> None:
        """Wrong metadata, outputs, ids and versions do not matter."""
        data = notebook(
            code("x", id=7, outputs={"a": [None]}, metadata=3), metadata="no", nbformat_minor="five"
        )
        assert read_notebook(data) == [Cell(1, "x")]

    def test_cells_of_a_wrong_type_are_passed_over(self) -> None:
        """What is no cell, or has a source that is no text, is skipped and still counted."""
        wrong: list[Any] = [
            None,
            3,
            "code",
            [],
            code(None),
            code(5),
            code(["a", 3]),
            code({"a": 1}),
            {"source": "x"},
        ]
        assert read_notebook(notebook(*wrong, code("right"))) == [Cell(len(wrong) + 1, "right")]

    def test_shell_and_scripts_stay_text(self) -> None:
        """Shell lines and scripts in outputs and markdown are never more than text."""
        output = {"output_type": "display_data", "data": {"text/html": "<script>alert(1)</script>"}}
        data = notebook(text("<script>alert(1)</script>"), code("!touch /tmp/was-here", outputs=[output]))
        assert read_notebook(data) == [Cell(2, "!touch /tmp/was-here")]

    def test_line_ends(self) -> None:
        """Line ends of other systems become newlines, so that line numbers agree."""
        assert read_notebook(notebook(code("a\r\nb\rc\n"))) == [Cell(1, "a\nb\nc\n")]

    def test_nan_and_infinity(self) -> None:
        """NaN and infinity in outputs are no reason to refuse a notebook."""
        data = notebook(code("x", outputs=[float("nan"), float("inf")]))
        assert b"NaN" in data
        assert read_notebook(data) == [Cell(1, "x")]

    def test_doubled_keys(self) -> None:
        """Of doubled keys the last one counts, as in a browser."""
        data = b'{"cells": [], "cells": [{"cell_type": "code", "source": "a", "source": "b"}]}'
        assert read_notebook(data) == [Cell(1, "b")]

    def test_lone_surrogates(self) -> None:
        """A lone surrogate is replaced; a pair is the character it means."""
        data = b'{"cells": [{"cell_type": "code", "source": "a\\ud800b \\ud83d\\ude00"}]}'
        assert read_notebook(data) == [Cell(1, "a\ufffdb \U0001f600")]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_encodings(self, encoding: str) -> None:
        """UTF-8 is read with and without a byte order mark, UTF-16 with one."""
        data = json.dumps({"cells": [code("name = 'Zoë'")]}, ensure_ascii=False).encode(encoding)
        assert read_notebook(data) == [Cell(1, "name = 'Zoë'")]


class TestRefusals:
    """What is no notebook is refused by name, with what to do."""

    @pytest.mark.parametrize(
        ("data", "expected_text"),
        [
            (b"", "empty"),
            (b" \n\t", "empty"),
            (b"\xef\xbb\xbf\n", "empty"),
            (notebook(code("x")).replace(b"x", "ë".encode("latin-1")), "not UTF-8"),
            (b"\xff\xfe{", "not UTF-8"),
            (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
            (b"PK\x03\x04\x00", "ZIP"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\x89PNG\r\n", "picture"),
            (b"<!DOCTYPE html>\n<html>", "web page"),
            (b"\n  <html><body>", "web page"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n", "Git LFS pointer"),
            (b"import numpy as np\n\ndef relu(x):\n    return x\n", "Python script"),
            (b'"""My solution."""\nfrom numpy import *\n', "Python script"),
            (b"My solution is that", "not JSON (line 1, column 1"),
            (b'{"cells": [}', "not JSON"),
            (b'{"cells": []} {}', "not JSON"),
            (b'{\n<<<<<<< HEAD\n"cells": []\n=======\n>>>>>>> theirs\n}', "merge conflict"),
            (b'<<<<<<< HEAD\n{"cells": []}\n=======\n{}\n>>>>>>> theirs\n', "merge conflict"),
            (b'{"cells": ' + b"1" * 5000 + b"}", "not JSON"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
            (b"[" * 3_000_001, "too many parts"),
            (b"[]", "no list of cells"),
            (b"null", "no list of cells"),
            (b'{"doc_id": "1x", "resource_key": ""}', "no list of cells"),
            (b'{"cells": {"a": 1}}', "no list of cells"),
            (b'{"worksheets": 3}', "no list of cells"),
            (b'{"worksheets": [3, {"cells": 4}]}', "no code cell"),
            (notebook(), "no code cell"),
            (notebook(text("only words")), "no code cell"),
        ],
    )
    def test_named(self, data: bytes, expected_text: str) -> None:
        """Each kind of wrong file is called what it is."""
        assert expected_text in refusal(data)

    def test_cut_off_anywhere(self) -> None:
        """A notebook that is cut off is said to be, wherever the cut is."""
        outputs = [{"data": {"text/plain": "é\n\\"}, "n": -1.5e10, "ok": True, "none": None}]
        cells = [code(["a = '😀'\n", "b"], outputs=outputs)]
        whole = json.dumps({"cells": cells, "nbformat": 4}, indent=1, ensure_ascii=False).encode()
        for end in range(1, len(whole)):
            assert "cut off" in refusal(whole[:end]), f"cut at {end}: {whole[:end][-20:]!r}"

    def test_file_cap(self) -> None:
        """A file over the cap is refused without looking into it."""
        whole = notebook(code("x", outputs=["0" * (LARGEST_FILE - 1000)]))
        assert len(read_notebook(whole)) == 1
        assert "larger than 20 MB" in refusal(whole + b" " * 1000)

    def test_source_cap(self) -> None:
        """All code cells together have a cap too, since they are to be parsed."""
        half = "#" * (LARGEST_SOURCE // 2)
        assert len(read_notebook(notebook(code(half), code(half)))) == 2
        assert "more than 1 MB" in refusal(notebook(code(half), code(half), code("x")))


def steps(data: bytes) -> int:
    """How many calls of functions reading a notebook takes."""
    count = 0

    def count_one(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(count_one)
    try:
        read_notebook(data)
    finally:
        sys.setprofile(before)
    return count


def test_the_work_grows_with_the_cells() -> None:
    """A notebook twice as long takes twice as many steps, a few hundred a cell; pictures take none."""
    picture = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" * 5000}}
    plain = [code(["def f(x):\n", "    return x\n"] * 10) for _ in range(200)]
    pictures = [code(["def f(x):\n", "    return x\n"] * 10, outputs=[picture] * 5) for _ in range(20)]
    short, long = steps(notebook(*plain[:100])), steps(notebook(*plain))
    assert short < 100 * 300
    assert long < 2.1 * short
    assert steps(notebook(*pictures)) < 2 * steps(notebook(*plain[:20]))
