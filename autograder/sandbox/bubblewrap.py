"""bubblewrap round a worker, where it is installed and works: most files are not even there.

Children are isolated without it; round them it hides what Landlock lets be seen (names, sizes, dates)
and takes the network away. It needs user namespaces, which some systems switch off, so it is tried
and left out when it fails. As root it is left out as well: children then change to an account of
their own, which bubblewrap would not let them.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

__all__ = ["wrapper"]

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache")
# Process ids are left as they are: the judge reads a child's clock by its id.
OPTIONS = ("--unshare-user", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")


def wrapper() -> list[str]:
    """What to put before a command; nothing where bubblewrap is not to be used."""
    program = shutil.which("bwrap")
    if program is None or os.geteuid() == 0:
        return []
    command = [program, *OPTIONS, "--die-with-parent", "--cap-drop", "ALL"]
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            command += ["--ro-bind", str(path), str(path)]
    readable = {sys.prefix, sys.base_prefix, str(Path(__file__).parent)}
    for folder in sorted(readable):  # a folder before what lies in it
        if not folder.startswith("/usr/"):
            command += ["--ro-bind", folder, folder]
    return [*command, "--dev", "/dev", "--chdir", "/"]
