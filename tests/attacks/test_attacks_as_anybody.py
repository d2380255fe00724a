"""The same attacks under an ordinary account: nothing rests on the grader being root, or on its not being."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ACCOUNT = "10001"
# Python may lie in a folder of root's that nobody else may enter. In a mount namespace of its own the test
# opens the way there; outside of it nothing changes.
SCRIPT = """
set -e
python="$1"; account="$2"; shift 2
again="import subprocess, sys; subprocess.run([sys.executable, '-c', 'import json'], check=True)"
if ! setpriv --reuid "$account" --regid "$account" --clear-groups "$python" -c "$again" 2>/dev/null; then
  hidden="$(dirname "$(dirname "$(readlink -f "$python")")")"; top="/$(echo "$hidden" | cut -d/ -f2)"
  kept="$(mktemp -d)"
  mount --bind "$hidden" "$kept"
  mount -t tmpfs -o mode=755 none "$top"
  mkdir -p "$hidden"
  mount --bind "$kept" "$hidden"
fi
exec setpriv --reuid "$account" --regid "$account" --clear-groups "$python" "$@"
"""


pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="all tests run under an ordinary account already")


def as_anybody(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run our Python with these arguments under an ordinary account, which owns the folder `of-theirs`."""
    for program in ("unshare", "setpriv"):
        if shutil.which(program) is None:
            assert "CI" not in os.environ, f"{program} belongs to util-linux, which every Debian has"
            pytest.skip(f"{program} is not installed")
    base = folder / "of-theirs"
    base.mkdir()
    os.chown(base, int(ACCOUNT), int(ACCOUNT))
    private = ("unshare", "--mount", "--propagation", "private", "bash", "-c", SCRIPT, "bash")
    return subprocess.run(
        [*private, sys.executable, ACCOUNT, *arguments],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HOME": str(base), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(base)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "kind",
    [
        "secrets",
        *(pytest.param(each, marks=pytest.mark.full) for each in ("damage", "time", "lies", "protocol")),
    ],
)
def test_every_attack(open_folder: Path, kind: str) -> None:
    """As root the suite runs once more without: every attack has the same outcome."""
    place = f"--basetemp={open_folder}/of-theirs/t"
    attacks = str(Path(__file__).with_name("test_attacks.py"))
    completed = as_anybody(
        open_folder,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        place,
        "-k",
        f"not succeeds_without and not flat and (not costs or {kind})",
        attacks,
    )
    assert completed.returncode == 0, completed.stdout[:6000] + completed.stderr[-2000:]
    assert " passed" in completed.stdout
    assert "failed" not in completed.stdout.splitlines()[-1]


def test_doctor(open_folder: Path) -> None:
    """The level is full for an ordinary account too."""
    code = "import sys; sys.argv = ['autograder', 'doctor']; from autograder.cli import main; main()"
    completed = as_anybody(open_folder, "-c", code)
    assert "Traceback" not in completed.stderr, completed.stderr
    assert "level full" in completed.stdout, completed.stdout + completed.stderr
    assert "Submissions run under your own account" in " ".join(completed.stdout.split())
