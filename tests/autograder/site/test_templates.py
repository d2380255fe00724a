"""Templates of the site and its extensions: one environment has them all, so no two have one name."""

from __future__ import annotations

from collections import Counter
from importlib import resources

from autograder.site.app_context import PACKAGES


def test_no_template_hides_another() -> None:
    """The first of two templates with one name would be shown in place of the second."""
    names = [
        path.name
        for package in PACKAGES
        for path in (resources.files(package) / "templates").iterdir()
        if path.name.endswith(".html")
    ]
    assert len(names) > 40
    assert [name for name, many in Counter(names).items() if many > 1] == []
