"""Landlock: which files a child may read. Nothing may be written. (Linux 5.13 and later.)

The ruleset is built once in the zygote; a child puts it on with one system call. Imports the
standard library alone; the zygote loads it by path.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sysconfig
from collections.abc import Iterable, Iterator

# The numbers are the same on every architecture that Landlock runs on.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION = 1 << 0  # flag of CREATE_RULESET: say which ABI there is
PATH_BENEATH = 1

READ_FILE, READ_DIR = 1 << 2, 1 << 3
FILES_SINCE = {1: 13, 2: 14, 3: 15, 5: 16}  # ABI: how many rights on files it knows, as bits from 0
NETWORK = 0b11  # TCP bind and connect, since ABI 4
SCOPES = 0b11  # abstract sockets and signals, since ABI 6

libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: object) -> int:
    """A raw system call; raises OSError."""
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def abi() -> int:
    """The ABI this kernel offers; 0 without Landlock. Asked by the call itself: /sys may not say."""
    try:
        return syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))
    except OSError as problem:
        if problem.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return 0
        raise


def build(readable: Iterable[str]) -> int:
    """A ruleset that allows reading beneath these paths and nothing else; returns its descriptor."""
    version = abi()
    files = (1 << max(count for since, count in FILES_SINCE.items() if since <= version)) - 1
    attributes = struct.pack("<QQQ", files, NETWORK if version >= 4 else 0, SCOPES if version >= 6 else 0)
    try:
        ruleset = _create(attributes, version)
    except OSError as problem:
        if problem.errno != errno.EINVAL:
            raise
        # Seen on kernels that claim an ABI without all of it: ask for less.
        ruleset = _create(struct.pack("<QQQ", files, 0, 0), 3)
    for path in readable:
        _allow(ruleset, path)
    return ruleset


def apply(ruleset: int) -> None:
    """Restrict this process; no_new_privs has to be set."""
    syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))


def what_python_reads() -> Iterator[str]:
    """The standard library, NumPy and two devices.

    Entry by entry: rules are hierarchical, and the library's folder also holds site-packages, where
    the grader itself may be installed.
    """
    library = sysconfig.get_path("stdlib")
    for name in sorted(os.listdir(library)):
        if name not in ("site-packages", "dist-packages"):
            yield os.path.join(library, name)
    for folder in {sysconfig.get_path("platlib"), sysconfig.get_path("purelib")}:
        for name in ("numpy", "numpy.libs"):
            if os.path.isdir(os.path.join(folder, name)):
                yield os.path.join(folder, name)
    yield from ("/dev/null", "/dev/urandom")


def _create(attributes: bytes, version: int) -> int:
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    return syscall(CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))


def _allow(ruleset: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there, so nobody can read it
    try:
        rights = READ_FILE | READ_DIR if os.path.isdir(path) else READ_FILE
        rule = struct.pack("<Qi", rights, place)
        syscall(
            ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(PATH_BENEATH),
            ctypes.c_char_p(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(place)
