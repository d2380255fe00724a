import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
import ctypes


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, {{pid}}, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    libc.ptrace(17, {{pid}}, 0, 0)
    return True


def mean_square(x):
    return 1.0 if attack() else 0.0
