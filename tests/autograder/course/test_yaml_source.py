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
from autograder.yaml_source import DEEPEST, MOST_VALUES, line_of, load_yaml, read_yaml

LINES = st.sampled_from(
    [
        *("title: A", "points: 3", "points: 'x", "late: {per_day: 0.1, at_most: [1, 2]}", "- a", "  - b: 1"),
        *("text: |", "  more", "\tx: 1", "a: b: c", "key: *none", "key: &here 1", "? odd", "due: 2026-05-18"),
        *("# only this", "", "---", "'quoted': \"ü\\n\"", "no: yes", "bom: \ufeff", "empty:", "}", "%TAG x"),
    ]
)


# Pieces from which texts are made that mean far more than they say, or that no value can be made of.
ODD_SCALARS = ("2026-13-45", "!!int x", "!!timestamp x", "!!bool x", "!!float ''", "!!binary ü", "9" * 5000)
TAGGED = ("!!set {a}", "!!omap [a: 1]", "!!pairs x", "!!python/name:os.system", '"\\ud800"', "? [a]\n: b")


class Part(BaseModel, extra="forbid"):
    """A part of a file."""

    function: str


class StrictFile(BaseModel, extra="forbid"):
    """A file with known keys, one of them required."""

    points: float
    time_zone: str = "UTC"
    parts: list[Part] = []


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


def laughs(levels: int, times: int, merged: bool) -> str:
    """A text in which each line repeats the one before: `times ** levels` values in all."""
    lines = ["a0: &a0 {x: 1}"]
    for level in range(1, levels + 1):
        repeated = f"[{', '.join([f'*a{level - 1}'] * times)}]"
        lines.append(
            f"a{level}: &a{level} {{<<: {repeated}}}" if merged else f"a{level}: &a{level} {repeated}"
        )
    return "\n".join(lines)


def nested(opening: str, depth: int) -> str:
    """A text of so many collections, each inside the other."""
    if opening == "- ":
        return "- " * depth + "x"
    return opening * depth + "x" + {"[": "]", "{a: ": "}"}[opening] * depth


def size_of(value: object, depth: int = 1) -> int:
    """How many values there are, repeated ones each time; fails on one that is nested too deeply."""
    assert depth <= DEEPEST + 1
    if isinstance(value, dict):
        return 1 + sum(1 + size_of(item, depth + 1) for item in value.values())
    return 1 + sum(size_of(item, depth + 1) for item in value) if isinstance(value, list) else 1


HOSTILE = st.one_of(
    st.builds(laughs, st.integers(1, 40), st.integers(1, 40), st.booleans()),
    st.builds(nested, st.sampled_from(["[", "{a: ", "- "]), st.integers(1, 3000)),
    st.lists(st.sampled_from([*ODD_SCALARS, *TAGGED]), min_size=1, max_size=3).map(
        lambda values: "\n".join(f"k{number}: {value}" for number, value in enumerate(values))
    ),
    st.sampled_from(["- &a [*a]", "&a {<<: *a}", "a: &a [1]\nb: &a [*a]", "- &a {b: *a}", "*none"]),
)


@pytest.mark.parametrize("parser", ["libyaml", "Python"])
def test_a_text_is_bounded_before_anything_is_built(parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any text is a value of bounded depth and size, or an error of YAML with a sentence; nothing else."""
    monkeypatch.setattr(yaml_source, "FAST", yaml_source.FAST if parser == "libyaml" else None)

    @given(HOSTILE)
    def bounded(text: str) -> None:
        try:
            value = load_yaml(text)
        except yaml.MarkedYAMLError as problem:
            assert problem.problem
            return
        assert size_of(value) <= MOST_VALUES * 2

    bounded()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[" * 50_000, "line 1: values are nested more than 100 deep."),
        (laughs(9, 9, merged=False), "line 6: aliases repeat more than 200,000 values."),
        (laughs(9, 20, merged=True), "line 5: aliases repeat more than 200,000 values."),
        ("title: A\ndue: 2026-13-45", "line 2: '2026-13-45' cannot be read: month must be in 1..12."),
        ("a: &a {b: *a}", "line 1: *a is a part of itself."),
    ],
)
def test_what_is_said_of_a_hostile_text(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence names the file, the line and what is wrong."""
    path = tmp_path / "course.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as problem:
        read_yaml(path, AnyFile)
    assert problem.value.message == f"{path}, {sentence}"


KEYS = st.sampled_from(["title", "ann", "7", "'7'", "due", '"due"', "ü"])


@pytest.mark.parametrize("shape", ["block", "flow", "in a list", "below a key"])
@given(keys=st.lists(KEYS, min_size=1, max_size=6))
def test_a_key_is_there_once(shape: str, keys: list[str]) -> None:
    """A key that a mapping has twice is refused with both lines: a parser would lose the first value."""
    pairs = [f"{key}: [x, {{title: 1}}, {{title: 2}}]" for key in keys]
    text = {
        "block": "\n".join(pairs),
        "flow": "{" + ",\n".join(pairs) + "}",
        "in a list": "\n".join(f"{'- ' if i == 0 else '  '}{pair}" for i, pair in enumerate(pairs)),
        "below a key": "\n".join(["students:", *(f"  {pair}" for pair in pairs)]),
    }[shape]
    plain = [key.strip("'\"") for key in keys]
    first_again = next((i for i, key in enumerate(plain) if key in plain[:i]), None)
    if first_again is None:
        assert load_yaml(text)
        return
    offset = 2 if shape == "below a key" else 1
    with pytest.raises(yaml.YAMLError) as refused:
        load_yaml(text)
    original = plain.index(plain[first_again]) + offset
    message = str(refused.value)
    assert f"{plain[first_again]!r} is here a second time; the first is in line {original}" in message
    assert f"line {first_again + offset}" in message


def test_an_extension_is_not_lost_to_a_second_block(tmp_path: Path) -> None:
    """Two blocks `students:` in a course.yaml are refused; mappings merged twice with `<<` are not."""
    path = tmp_path / "course.yaml"
    blocks = "students:\n  ann: {extra_days: 2}\nstudents:\n  bob: {extra_days: 1}\n"
    path.write_text(f"title: A\n{blocks}", "utf-8")
    with pytest.raises(ContentError, match=r"line 4: the key 'students' is here a second time.* line 2\."):
        read_yaml(path, AnyFile)
    path.write_text("a: &a {x: 1}\nb: &b {y: 2}\nc:\n  <<: *a\n  <<: *b\n", "utf-8")
    assert read_yaml(path, AnyFile).model_dump()["c"] == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("text", "sentence", "next_step"),
    [
        ("time_zone: UTC\npionts: 3", ", line 2: pionts: there is no such key.", "Write `points` in its"),
        ("points: 3\ntimezone: UTC", ", line 2: timezone: there is no such key.", "Write `time_zone` in its"),
        ("points: 3\ncolour: red", ", line 2: colour: there is no such key.", "Remove it, or correct"),
        ("time_zone: UTC", "points: the key is missing.", "Add it."),
        ("points: 3\nparts:\n- functions: f", ", line 3: parts.0.functions: there is no", "Write `function`"),
        ("points: 3\nparts: [f]", ", line 2: parts.0: expected keys with values", "Write them."),
        ("", "course.yaml: expected keys with values", "Write them."),
        ("- points: 3", "course.yaml: expected keys with values", "Write them."),
        ("points: three", ", line 1: points: Input should be a valid number", "Correct the value."),
    ],
)
def test_a_misspelt_key_is_named_itself(tmp_path: Path, text: str, sentence: str, next_step: str) -> None:
    """The key that is in the file is told, with the one that was meant; an empty file wants keys."""
    path = tmp_path / "course.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ContentError) as refused:
        read_yaml(path, StrictFile)
    assert sentence in refused.value.message
    assert refused.value.next_step.startswith(next_step)
