"""The page on the report format says what the models say."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from pydantic import BaseModel

from autograder import report

PAGE = Path(report.__file__).with_name("REPORT.md")
MODELS = [
    model
    for _, model in inspect.getmembers(report, inspect.isclass)
    if issubclass(model, BaseModel) and model.model_fields
]


def documented(model: type[BaseModel]) -> dict[str, str]:
    """The rows of a model's table on the page: field to meaning."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {model.__name__}\n")[1].split("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {cell[0].strip("`"): cell[-1].strip() for cell in cells}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_documented(model: type[BaseModel]) -> None:
    """Each field of each part stands on the page with the meaning it has in the code, and no other does."""
    assert documented(model) == {name: field.description for name, field in model.model_fields.items()}


def test_every_status_is_documented() -> None:
    """The closed set of statuses is listed on the page."""
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{status}` |" in text for status in report.Status)
