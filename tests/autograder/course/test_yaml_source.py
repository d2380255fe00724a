"""YAML is read by libyaml where there is one, and says and means the same as without it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from autograder import yaml_source
from autograder.errors import ContentError
from autograder.yaml_source import line_of, read_yaml

LINES = st.sampled_from(
    [
        *("title: A", "points: 3", "points: 'x", "late: {per_day: 0.1, at_most: [1, 2]}", "- a", "  - b: 1"),
        *("text: |", "  more", "\tx: 1", "a: b: c", "key: *none", "key: &here 1", "? odd", "due: 2026-05-18"),
        *("# only this", "", "---", "'quoted': \"ü\\n\"", "no: yes", "bom: \ufeff", "empty:", "}", "%TAG x"),
    ]
)


class AnyFile(BaseModel, extra="allow"):
    """A file with keys."""


def read(path: Path, fast: object, monkeypatch: pytest.MonkeyPatch) -> object:
    """What the file holds, or what is said of it, with a parser."""
    with monkeypatch.context() as patch:
        patch.setattr(yaml_source, "FAST", fast)
        try:
            return read_yaml(path, AnyFile).model_dump(), line_of(path.read_text("utf-8"), ("points",))
        except ContentError as problem:
            return problem.message, problem.next_step


def test_both_parsers_agree(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On any lines: the same values and lines, or the same sentence about the same line."""
    path, patch = tmp_path_factory.mktemp("yaml") / "course.yaml", pytest.MonkeyPatch()

    @given(st.lists(LINES, max_size=6).map("\n".join))
    def agree(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        assert read(path, yaml_source.FAST, patch) == read(path, None, patch)

    agree()


def test_libyaml_is_used_where_it_is() -> None:
    """The wheels of PyYAML have it; reading a course's banks takes an eighth of the time."""
    assert yaml_source.FAST is (yaml.CSafeLoader if yaml.__with_libyaml__ else None)
