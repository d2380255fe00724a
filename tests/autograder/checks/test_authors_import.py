"""What an author imports: one sorted list of names in `autograder.checks`."""

from __future__ import annotations

from autograder import checks


def test_exports_are_sorted() -> None:
    """The room exports each name once, in order, and every one of them exists."""
    names = checks.__all__
    assert names == sorted(set(names), key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(checks, name) for name in names)
