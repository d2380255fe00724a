"""Results in a notebook: readable in each of JupyterLab's themes, and short when they are saved."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbclient import NotebookClient
from playwright.sync_api import Page

from autograder.jupyter.display import Overview, Results, TaskState
from autograder.report import CheckResult, Evidence, Status

THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"
NAMES = ("theme-light-extension", "theme-dark-extension", "theme-dark-high-contrast-extension")


def results() -> Results:
    """One check of each status, with values where there are any."""
    seen = Evidence(call="relu(x)", arguments={"x": "[[1. 2.]\n [3. 4.]]"}, got="[[1 0]]", expected="[[0 1]]")
    return Results(
        "ReLU",
        [
            CheckResult(
                id=status.value,
                title=f"This one is {status.value}.",
                status=status,
                earned=0,
                possible=0,
                message="" if status is Status.PASSED else "2 of 4 entries are wrong.",
                evidence=Evidence() if status is Status.PASSED else seen,
            )
            for status in Status
        ],
    )


@pytest.mark.parametrize("theme", NAMES)
def test_contrast(theme: str, browser_page: Page) -> None:
    """In the theme's own colours every text has the contrast that WCAG 2.2 AA asks for."""
    css = (THEMES / theme / "index.css").read_text(encoding="utf-8")
    shown = results()._repr_html_() + Overview([TaskState("ReLU", 3, False, "2 checks")])._repr_html_()
    browser_page.set_content(
        f"<!doctype html><html lang='en'><head><title>Notebook</title><style>{css}</style></head>"
        "<body style='background:var(--jp-layout-color0);color:var(--jp-content-font-color1)'>"
        f"<main><h1>Notebook</h1>{shown}</main></body></html>"
    )
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
    assert Axe().run(browser_page, options=rules).response["violations"] == []
    fonts = browser_page.locator("td", has_text="[[1. 2.]").first.evaluate(
        "cell => getComputedStyle(cell).fontFamily"
    )
    assert "monospace" in fonts


def test_progress_is_one_output_when_saved(tmp_path: Path) -> None:
    """However long a loop takes, the notebook keeps a single empty output of it."""
    source = (
        "import time\nfrom autograder.jupyter import progress\n"
        "import autograder.jupyter.progress as bar\nbar.REDRAW_SECONDS = 0.0\n"
        "for _ in progress(range(500), 'Training'):\n    pass\n"
    ).replace(
        "import autograder.jupyter.progress as bar",
        "import sys\nbar = sys.modules['autograder.jupyter.progress']",
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = notebook.cells[0].outputs
    assert output["data"] == {"text/plain": ""}
