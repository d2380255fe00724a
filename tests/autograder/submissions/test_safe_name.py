"""File names for students: readable, harmless, and different for different students."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.submissions.collecting import safe_name


@pytest.mark.parametrize("name", ["student-001", "s1", "a.b-c_d@example.org", "zoë", "李雷", "_"])
def test_ordinary_names_stay(name: str) -> None:
    """A name of small letters, digits and -_.@ is its own file name."""
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a b", "a_b-"),
        ("../../etc/passwd", "_._.._etc_passwd-"),
        ("-rf", "_rf-"),
        (".hidden", "_hidden-"),
        ("", "_-"),
        ("=cmd|' /C calc'!A0", "_cmd____C_calc__A0-"),
        ("\u202egnp", "_gnp-"),
        ("Student", "Student-"),
        ("x" * 300, "x" * 91 + "-"),
        ("a-0123abcd", "a-0123abcd-"),
    ],
)
def test_others_get_a_hash(name: str, start: str) -> None:
    """What had to be changed, or may clash in another case, is told apart by eight digits of a hash."""
    assert safe_name(name)[:-8] == start
    assert set(safe_name(name)[-8:]) <= set("0123456789abcdef")


@given(st.text(max_size=300))
def test_always_a_file_name(name: str) -> None:
    """Whatever the name, the result is short, not empty, no option, not hidden, one path component."""
    safe = safe_name(name)
    assert 0 < len(safe) <= 100
    assert len(safe.encode()) <= 210
    assert safe[0] not in "-."
    assert all(c.isalnum() or c in "-_.@" for c in safe)
    assert Path(safe).name == safe


@given(st.lists(st.text(alphabet="aAbB ./-_0ßäÄ\u0308", max_size=4), min_size=2, unique=True))
def test_different_students_have_different_files(names: list[str]) -> None:
    """No two students share a file, not even where a file system takes capitals for small letters."""
    assert len({safe_name(name).casefold() for name in names}) == len(names)


def test_a_name_cannot_be_made_to_clash() -> None:
    """Being called what another student's file is called gives another file."""
    assert safe_name(safe_name("Student").lower()).casefold() != safe_name("Student").casefold()
