"""seccomp: which system calls a child may make; any other fails with "operation not permitted".

An allow-list as a classic BPF program, assembled in the zygote and put on by prctl. A refused call
is an exception that honest code can see, not the end of its process. Imports the standard library
alone; the zygote loads it by path.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from typing import Any

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06  # of 32-bit words
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets into struct seccomp_data

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
X32 = 0x40000000  # numbers from here on are another ABI of x86-64
CLONE_THREAD = 0x00010000
# fcntl's commands that change a descriptor alone. F_SETOWN with O_ASYNC would have the kernel send signals.
DESCRIPTOR_COMMANDS = (0, 1, 2, 3, 1030, 1034)  # DUPFD, GETFD, SETFD, GETFL, DUPFD_CLOEXEC, GET_SEALS
F_SETFL, O_ASYNC = 4, 0o20000
TERMINAL_QUESTIONS = (0x5401, 0x541B, 0x5451)  # TCGETS, FIONREAD, FIOCLEX
OWN_PID = 0x7FC0FFEE  # stands in the program until a child puts its own there

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2

libc = ctypes.CDLL(None, use_errno=True)


class Filter:
    """A program for this machine's architecture."""

    def __init__(self, syscalls: Any, *, with_files: bool) -> None:
        code, column = ARCHITECTURES[platform.machine()]
        allowed = {**syscalls.COMMON, **(syscalls.FILES if with_files else {})}
        checked = {name: numbers[column] for name, numbers in syscalls.CHECKED.items()}
        steps = [*_load(ARCHITECTURE), *_unless_equal(code, RETURN_KILL), *_load(NUMBER)]
        if column == 0:
            steps += [_step(JUMP_AT_LEAST, X32, 0, 1), RETURN_KILL]
        for numbers in allowed.values():
            if numbers[column] is not None:
                steps += [_step(JUMP_EQUAL, numbers[column], 0, 1), RETURN_ALLOW]
        for name, tests in (
            ("clone", [*_load(_low(0)), _step(AND, CLONE_THREAD), *_allow_if(CLONE_THREAD)]),
            (
                "clone3",
                [_step(RETURN, ERRNO | errno.ENOSYS)],
            ),  # glibc falls back to clone, which can be checked
            ("fcntl", _only_about_a_descriptor()),
            ("ioctl", [*_load(_low(1)), *(step for q in TERMINAL_QUESTIONS for step in _allow_if(q))]),
            ("prlimit64", _only_asks_about_itself()),
            ("tgkill", [*_load(_low(0)), *_allow_if(OWN_PID)]),
        ):
            body = [*tests, RETURN_REFUSED]
            steps += [_step(JUMP_EQUAL, checked[name], 0, len(body)), *body]
        self._program = b"".join([*steps, RETURN_REFUSED])
        self._place = self._program.index(struct.pack("<I", OWN_PID))

    def apply(self) -> None:
        """Restrict this process for good; no_new_privs has to be set."""
        own_pid = struct.pack("<I", os.getpid())
        program = self._program[: self._place] + own_pid + self._program[self._place + 4 :]
        memory = ctypes.create_string_buffer(program, len(program))
        header = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(memory))
        _prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.c_char_p(header))


def no_new_privileges() -> None:
    """Nothing this process starts can gain rights; both layers ask for it."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1, 0)


def _prctl(option: int, second: int, third: Any) -> None:
    if libc.prctl(option, ctypes.c_ulong(second), third, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


RETURN_ALLOW, RETURN_KILL = _step(RETURN, ALLOW), _step(RETURN, KILL)
RETURN_REFUSED = _step(RETURN, ERRNO | errno.EPERM)


def _low(argument: int) -> int:
    """The offset of an argument's lower half."""
    return ARGUMENTS + 8 * argument


def _load(offset: int) -> list[bytes]:
    return [_step(LOAD, offset)]


def _unless_equal(value: int, otherwise: bytes) -> list[bytes]:
    return [_step(JUMP_EQUAL, value, 1, 0), otherwise]


def _allow_if(value: int) -> list[bytes]:
    return [_step(JUMP_EQUAL, value, 0, 1), RETURN_ALLOW]


def _only_about_a_descriptor() -> list[bytes]:
    """fcntl(fd, command, flags): no owner, no signal, no lock; F_SETFL without O_ASYNC."""
    commands = [step for command in DESCRIPTOR_COMMANDS for step in _allow_if(command)]
    flags = [*_load(_low(2)), _step(AND, O_ASYNC), *_allow_if(0)]
    return [*_load(_low(1)), *commands, *_unless_equal(F_SETFL, RETURN_REFUSED), *flags]


def _only_asks_about_itself() -> list[bytes]:
    """prlimit64(0, resource, NULL, old): pid 0 is oneself, and no new limit is given."""
    steps: list[bytes] = []
    for half in (_low(0), _low(2), _low(2) + 4):
        steps += [*_load(half), *_unless_equal(0, RETURN_REFUSED)]
    return [*steps, RETURN_ALLOW]
