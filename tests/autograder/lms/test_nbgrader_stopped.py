"""`nbgrader autograde` with this engine inside leaves nothing running, however it ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from nbgrader_commands import EXTRA_FILES, Taken, environment
from patience import eventually
from processes import VARIABLE, left_running, marked
from tiny_course import ASSIGNMENT

pytestmark = [
    pytest.mark.xdist_group("nbgrader"),
    pytest.mark.full,
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: no other processes"),
]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left(taken: Taken, tmp_path: Path, how: signal.Signals) -> None:
    """Killed or stopped by hand while its processes grade, it takes them along."""
    shutil.copytree(taken.folder.parent, tmp_path / "copy")
    folder, mark = tmp_path / "copy" / "nbgrader", f"nbgrader-{os.getpid()}-{time.time_ns()}"
    run = subprocess.Popen(
        [EXTRA_FILES / "nbgrader", "autograde", ASSIGNMENT, "--force"],
        cwd=folder,
        env={**environment(folder.parent / "home"), VARIABLE: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # Itself, and one for each core.
    assert eventually(lambda: len(marked(mark)) >= 3, unless=lambda: run.poll() is not None)
    run.send_signal(how)
    run.wait()
    assert left_running(mark) == []
