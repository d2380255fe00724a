"""What a proof ran on: system, cores, versions, and whether the database was on a real disk."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from pathlib import Path

__all__ = ["file_system_of", "machine", "on_real_disk"]

MOUNTS = Path("/proc/self/mountinfo")
IN_MEMORY = ("tmpfs", "ramfs")


def machine() -> str:
    """System, cores and versions in a sentence."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return (
        f"{platform.system()} on {platform.machine()}, {cores} cores for server and takers together, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}."
    )


def file_system_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system a folder is on; empty where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    place, found = folder.resolve(), (-1, "")
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        mount = Path(re.sub(r"\\([0-7]{3})", lambda one: chr(int(one[1], 8)), fields[4]))
        # Of two mounts at one place the later one is seen.
        if place.is_relative_to(mount) and len(mount.parts) >= found[0]:
            found = len(mount.parts), after.split(" ")[0]
    return found[1]


def on_real_disk(kind: str) -> bool:
    """Whether waiting for the disk is part of what is measured on such a file system."""
    return kind not in IN_MEMORY
