"""What a child gives up before it runs a submission, and whether that held when it was tried.

    full   Landlock, seccomp and limits
    good   seccomp without any call that looks at files, and limits: no late imports
    weak   limits alone
    none   not even those

Runs in the zygote and its children only; imports nothing of ours but its three neighbours, which the
zygote hands over.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

PR_SET_PDEATHSIG = 1
SOCKET_FD = 3
NOBODY = 64_999  # an account that no distribution gives out: it owns no file and no process


class Confinement:
    """The layers that this machine has, prepared once for all children."""

    def __init__(self, landlock: Any, seccomp: Any, syscalls: Any, without: set[str]) -> None:
        self._landlock, self._seccomp = landlock, seccomp
        self._ruleset: int | None = None
        self._filter: Any = None
        if sys.platform == "linux" and "landlock" not in without and landlock.abi() > 0:
            built = landlock.build(landlock.what_python_reads())
            # Out of the way of the descriptors that a child keeps.
            self._ruleset = fcntl.fcntl(built, fcntl.F_DUPFD_CLOEXEC, 2 * SOCKET_FD)
            os.close(built)
        if sys.platform == "linux" and "seccomp" not in without:
            with contextlib.suppress(KeyError):  # no table of numbers for this architecture
                self._filter = seccomp.Filter(syscalls, with_files=self._ruleset is not None)

    def level(self) -> str:
        """Which level holds, tried for real in a child that is thrown away."""
        if not _refuses(self, lambda: None):
            return "none"
        if self._filter is None or not _refuses(self, _look_around):
            return "weak"
        return "full" if self._ruleset is not None else "good"

    def apply(self, connection: int, memory: int, cpu_seconds: int) -> None:
        """Put on everything, in the order that lets each be put on; `connection` becomes descriptor 3.

        `memory` is bytes of address space; `cpu_seconds` bounds the child's whole life.
        """
        os.setsid()
        _keep_only(connection, self._ruleset)
        _rlimits(memory, cpu_seconds)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        _die_with_parent()
        if self._filter is None and self._ruleset is None:
            return
        self._seccomp.no_new_privileges()
        if self._ruleset is not None:
            self._landlock.apply(self._ruleset)
            os.close(self._ruleset)
        if self._filter is not None:
            self._filter.apply()


def _keep_only(connection: int, ruleset: int | None) -> None:
    """Descriptors 0 to 2 lead nowhere, 3 is the connection; all others but the ruleset are closed."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    kept = connection
    while kept <= SOCKET_FD:  # so that the copies below cannot overwrite it
        kept = os.dup(kept)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.dup2(kept, SOCKET_FD)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if ruleset is None:
        os.closerange(SOCKET_FD + 1, most)
    else:
        os.closerange(SOCKET_FD + 1, ruleset)
        os.closerange(ruleset + 1, most)


def _rlimits(memory: int, cpu_seconds: int) -> None:
    for what, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),  # SIGXCPU first, then the kernel kills
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, 64, 64),
    ):
        try:
            _set_limit(what, soft, hard)
        except (OSError, ValueError):
            if sys.platform == "linux":  # elsewhere not every limit can be set, which is why it is "weak"
                raise


def _set_limit(what: int, soft: int, hard: int) -> None:
    """Set a limit, or the one that holds already where it is lower: nobody but root may raise that."""
    try:
        resource.setrlimit(what, (soft, hard))
    except (OSError, ValueError):
        most = resource.getrlimit(what)[1]
        if not 0 <= most < hard:  # unlimited is -1
            raise
        resource.setrlimit(what, (min(soft, most), most))


def _die_with_parent() -> None:
    """End with the zygote; a change of user would undo this, so it comes after that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == 1:  # the parent went before the call
            os._exit(1)


def _look_around() -> None:
    """What a submission must not get done; an error for each is what is wanted."""
    for attempt in (
        lambda: os.open("/etc/passwd", os.O_RDONLY),
        lambda: os.open("/tmp/autograder-canary", os.O_WRONLY | os.O_CREAT),
        lambda: socket.socket(),
        lambda: os.kill(os.getppid(), 0),
        lambda: fcntl.fcntl(SOCKET_FD, fcntl.F_SETOWN, os.getppid()),
        lambda: os.fork() or os._exit(2),
    ):
        try:
            attempt()
        except OSError:
            continue
        os._exit(2)


def _refuses(confinement: Confinement, attempts: Callable[[], None]) -> bool:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            confinement.apply(theirs.fileno(), 1 << 40, 60)
            attempts()
            code = 0
        finally:
            os._exit(code)
    ours.close()
    theirs.close()
    return os.waitpid(pid, 0)[1] == 0
