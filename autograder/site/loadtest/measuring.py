"""What load tests measure with: percentiles, limits, and the machine that they ran on."""

from __future__ import annotations

import platform
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from autograder.environment import available_cores

__all__ = ["Limit", "file_system_of", "machine", "on_real_disk", "percentile"]


MOUNTS = Path("/proc/self/mountinfo")
IN_MEMORY = ("tmpfs", "ramfs")


def machine() -> str:
    """The system, cores and versions, as a sentence."""
    return (
        f"{platform.system()} on {platform.machine()}, {available_cores()} cores for server and "
        f"students together, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}."
    )


def file_system_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system that a folder is on; empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    resolved, best = folder.resolve(), (-1, "")
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        mount = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4]))
        # Of two mounts at one path the later one is visible.
        if resolved.is_relative_to(mount) and len(mount.parts) >= best[0]:
            best = len(mount.parts), after.split(" ")[0]
    return best[1]


def on_real_disk(kind: str) -> bool:
    """Whether a file system of this kind is on a disk, so that waiting for the disk is measured."""
    return kind not in IN_MEMORY


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, and the measured value."""

    what: str
    seen: float
    most: float
    unit: str = ""

    @property
    def kept(self) -> bool:
        """Whether the limit holds."""
        return self.seen <= self.most

    def __str__(self) -> str:
        mark = "kept" if self.kept else "MISSED"
        seen, most = (
            f"{number:.0f}{f' {self.unit}' if self.unit else ''}" for number in (self.seen, self.most)
        )
        return f"{mark:<8}{self.what:<52}{seen:>10}  of at most {most}"


def percentile(seconds: list[float], percent: float) -> float:
    """The smallest time that so many percent did not exceed; 0 for an empty list."""
    if not seconds:
        return 0.0
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]
