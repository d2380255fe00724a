"""What students install: the engine's wheel needs few libraries, and a notebook imports no other."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.authoring.student_wheel import engine_wheel

# The libraries of a student's environment, with what pydantic needs itself.
ALLOWED = {
    *("numpy", "matplotlib", "yaml", "_yaml", "pydantic", "pydantic_core", "annotated_types"),
    *("typing_inspection", "typing_extensions"),
}
NOTEBOOK = """
import importlib.abc, sys

class Refused(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in ALLOWED or top == "autograder":
            return None
        if top.startswith("_sysconfigdata_"):  # of the standard library
            return None
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refused())
import numpy as np
from autograder import check, progress, submit, unfinished_is_fine

def double(x):
    return 2 * x

def double_backward(x, grad_out):
    return 2 * grad_out

assert check(double).passed
print(check())
for _ in progress(range(3)):
    pass
with unfinished_is_fine():
    raise NotImplementedError("mean_square")
"""


def requirements() -> list[str]:
    """The lines of the wheel's metadata that name other packages."""
    _, data = engine_wheel()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = (member for member in archive.namelist() if member.endswith("METADATA"))
        facts = Parser().parsestr(archive.read(name).decode())
    assert facts["Name"] == "recipe-autograder"  # `autograder` on the index is another project
    return facts.get_all("Requires-Dist") or []


def test_few_libraries() -> None:
    """NumPy, matplotlib, and two small readers; images and the terminal are extras."""
    always = {need.partition(">")[0] for need in requirements() if "extra" not in need}
    assert always == {"numpy", "matplotlib", "pydantic", "pyyaml"}
    extras = {need.partition(">")[0] for need in requirements() if "extra" in need}
    assert {"rich", "typer", "pooch", "scikit-learn"} <= extras


def test_a_notebook_imports_nothing_else(tmp_path: Path) -> None:
    """Checks, the table of all tasks and the progress bar run where no other library can be imported."""
    course = write_tiny_course(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", f"ALLOWED = {ALLOWED!r}\n{NOTEBOOK}"],
        cwd=course.root / "assignments" / ASSIGNMENT,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Not ready to submit" in done.stdout
    assert "Nothing to show yet: mean_square is still to be written." in done.stdout
