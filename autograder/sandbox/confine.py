"""What a child gives up before it runs a submission. Runs in the zygote and its children only.

Imports the standard library alone; the zygote loads it by path.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
SOCKET_FD = 3


def confine(connection: int, memory: int, cpu_seconds: int) -> None:
    """Put on the limits, in the order that lets each be put on; `connection` becomes descriptor 3.

    `memory` is bytes of address space; `cpu_seconds` bounds the child's whole life.
    """
    os.setsid()
    _die_with_parent()
    _keep_only(connection)
    _rlimits(memory, cpu_seconds)
    # no_new_privs, the Landlock ruleset and the seccomp filter belong here, in this order.


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == 1:  # the parent went before the call
            os._exit(1)


def _keep_only(connection: int) -> None:
    """Descriptors 0 to 2 lead nowhere, 3 is the connection, all others are closed."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    kept = os.dup(connection)  # above 3, so that the copies below cannot overwrite it
    while kept <= SOCKET_FD:
        kept = os.dup(kept)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.dup2(kept, SOCKET_FD)
    os.closerange(SOCKET_FD + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _rlimits(memory: int, cpu_seconds: int) -> None:
    for what, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),  # SIGXCPU first, then the kernel kills
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, 64, 64),
    ):
        resource.setrlimit(what, (soft, hard))
