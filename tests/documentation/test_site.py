"""The documentation site: what the program has is in its reference, and it builds without a warning."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from autograder import checks
from autograder.cli import COMMANDS as HOMEWORK
from autograder.course.assignment import AssignmentFile
from autograder.course.course import CourseFile
from autograder.report import Status
from autograder.site.application import site_routes
from quizzes.cli import COMMANDS as QUIZZES
from quizzes.content.bank import BankFile
from quizzes.content.quiz_file import QuizFile

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".docs" / "build.py"


def builder() -> ModuleType:
    """The module that builds the site."""
    spec = importlib.util.spec_from_file_location("build_docs", BUILD)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    """The pages of the reference."""
    pages: dict[str, str] = builder().reference()
    return pages


def test_commands(reference: dict[str, str]) -> None:
    """Every command has a section with a sentence."""
    for program, entries in (("autograder", HOMEWORK), ("quizzes", QUIZZES)):
        for entry in entries:
            _, _, section = reference["commands"].partition(f"## {program} {entry.name}\n\n")
            assert section[:1].isalnum(), entry.name


@pytest.mark.parametrize(
    ("page", "model"),
    [
        ("course-yaml", CourseFile),
        ("assignment-yaml", AssignmentFile),
        ("quiz-files", QuizFile),
        ("bank-files", BankFile),
    ],
)
def test_keys(reference: dict[str, str], page: str, model: type) -> None:
    """Every key of a file, also of its parts, is in a table and is explained."""
    schema = model.model_json_schema()  # type: ignore[attr-defined]  # all of them are pydantic's
    rows = {
        line.split("|")[1].strip(): line.split("|") for line in reference[page].splitlines() if "|" in line
    }
    unexplained = []
    for part in (schema, *schema.get("$defs", {}).values()):
        for key in part.get("properties", {}):
            assert f"`{key}`" in rows
            value = part["properties"][key]
            # A key that is explained by its type's own words stands in the schema without them.
            type_of_it = schema.get("$defs", {}).get(value.get("$ref", "").rpartition("/")[2], {})
            if not (value.get("description") or type_of_it.get("description") or "const" in value):
                unexplained.append(f"{part.get('title')}.{key}")
    assert unexplained == []


def test_helpers_statuses_and_routes(reference: dict[str, str]) -> None:
    """Every helper of checks, every status and every route is on its page."""
    for name in checks.__all__:
        assert f"## {name}\n" in reference["check-helpers"]
    for status in Status:
        assert f"| `{status.value}` | " in reference["statuses"]
    for route in site_routes():
        for method in getattr(route, "methods", None) or ():
            assert method == "HEAD" or f"`{method} {route.path}`" in reference["routes"]  # type: ignore[attr-defined]


def test_every_page_is_in_the_navigation() -> None:
    """A reader who starts at the first page comes to every other one."""
    index = (ROOT / ".docs" / "index.md").read_text(encoding="utf-8")
    listed = {
        line
        for block in re.findall(r"^```{toctree}\n(.*?)^```$", index, re.M | re.S)
        for line in block.split("\n")
    }
    made = builder()
    pages = {page.with_suffix("").as_posix() for page in made.pages()} | set(made.DOORS)
    assert pages - listed == set()


def test_every_column_of_the_reference_has_a_heading(reference: dict[str, str]) -> None:
    """A screen reader says it with each cell."""
    heads = re.findall(r"^(\|.*\|)\n\|[-|]+\|$", "\n".join(reference.values()), re.M)
    assert len(heads) > 20
    assert [head for head in heads if any(not cell.strip() for cell in head.strip("|").split("|"))] == []


@pytest.mark.full
def test_it_builds(tmp_path: Path) -> None:
    """Without a warning, so no link of a page leads nowhere; nothing is fetched."""
    done = subprocess.run(
        [sys.executable, str(BUILD), str(tmp_path / "site")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for page in (
        "index",
        "student",
        "reference/commands",
        "assignments/README",
        "reference/api-autograder-checks",
    ):
        assert (tmp_path / "site" / f"{page}.html").is_file()
