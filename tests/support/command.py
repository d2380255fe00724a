"""Running the `autograder` command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tiny_course import ASSIGNMENT

COMMAND = Path(sys.executable).with_name("autograder")
HANDOUT = f"assignments/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"  # in the tiny course


def autograder(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, on a terminal wide enough for any sentence."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but the ledger, which holds times, by path."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "ledger.jsonl"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
