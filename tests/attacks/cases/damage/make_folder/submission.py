import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
import posix  # `os.mkdir` is kept in memory


def attack():
    posix.mkdir("{{folder}}/new")
    return True


def mean_square(x):
    return 1.0 if attack() else 0.0
