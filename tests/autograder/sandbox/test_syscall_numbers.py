"""The numbers of system calls are the kernel's: libseccomp, which others keep, has the same ones."""

from __future__ import annotations

import ctypes
import ctypes.util
import os

import pytest

from autograder.sandbox import syscalls

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # AUDIT_ARCH_*, column
ALLOWED = {**syscalls.COMMON, **syscalls.FILES, **syscalls.CHECKED}


@pytest.fixture(scope="module")
def libseccomp() -> ctypes.CDLL:
    """The system's library, used by name here only."""
    name = ctypes.util.find_library("seccomp")
    if name is None:
        assert "CI" not in os.environ, ".ci/system-packages installs libseccomp"
        pytest.skip("libseccomp is not installed; .ci/system-packages installs it")
    return ctypes.CDLL(name)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ALLOWED)
def test_a_number_is_libseccomp_s(libseccomp: ctypes.CDLL, name: str, architecture: str) -> None:
    """The same number, and none (libseccomp: negative) where the architecture has no such call."""
    code, column = ARCHITECTURES[architecture]
    number = libseccomp.seccomp_syscall_resolve_name_arch(ctypes.c_uint32(code), name.encode())
    assert (number if number >= 0 else None) == ALLOWED[name][column]


def test_what_must_not_be_allowed() -> None:
    """No call that starts a program, changes a file, opens a connection or looks into another process."""
    dangerous = """
        execve execveat fork vfork ptrace process_vm_readv process_vm_writev kill tkill rt_sigqueueinfo
        pidfd_open pidfd_send_signal pidfd_getfd socket socketpair connect bind listen accept accept4
        mount umount2 pivot_root chroot unshare setns clone3 bpf perf_event_open keyctl add_key io_uring_setup
        memfd_create shmget shmat semget msgget open_by_handle_at name_to_handle_at userfaultfd prctl seccomp
        setuid setgid setgroups capset chmod fchmod fchmodat chown unlink unlinkat rename renameat renameat2
        mkdir mkdirat link linkat symlink symlinkat truncate ftruncate setrlimit sched_setaffinity mq_open
    """.split()  # noqa: SIM905  # thirty quoted names would be harder to read
    assert not set(dangerous) & (syscalls.COMMON.keys() | syscalls.FILES.keys())
