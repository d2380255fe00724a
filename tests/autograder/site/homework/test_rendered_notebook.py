"""A submitted notebook as a page's part: the headings of its texts go one level down at a time."""

from __future__ import annotations

import json
import re
from pathlib import Path

from autograder.site.file_store import FileStore
from autograder.site.homework.rendered_notebook import PAGE_LEVEL, render_notebook

TEXTS = [
    "# One\n\n### Three\n\n##### Five",
    "###### Six\n\n# One",
    "no heading",
    "## Two",
    "Title\n=====\n\n#### Four",
]


def test_no_level_of_headings_is_skipped(tmp_path: Path) -> None:
    """Whatever levels the cells use, and in whatever order; each heading is closed as it was opened."""
    files = FileStore(tmp_path)
    for texts in (TEXTS, TEXTS[::-1], TEXTS[1:]):
        cells = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        digest = files.put(json.dumps(notebook).encode())
        rendered, problem = render_notebook(files, digest, "tiny.ipynb", "/pictures/")
        html = "".join(cell.html for cell in rendered)
        opened, closed = (list(map(int, re.findall(rf"<{slash}h([1-6])>", html))) for slash in ("", "/"))
        assert (
            problem == ""
            and opened == closed
            and len(opened) == sum(text.count("# ") for text in texts) + sum("===" in text for text in texts)
        )
        before = PAGE_LEVEL
        for level in opened:
            assert PAGE_LEVEL < level <= before + 1
            before = level
