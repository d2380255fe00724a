import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
import ctypes
import os


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.open(b"{{canary}}", os.O_RDONLY)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "open")
    return libc.read(descriptor, ctypes.create_string_buffer(10), 10) > 0


def mean_square(x):
    return 1.0 if attack() else 0.0
