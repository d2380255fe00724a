import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
calls = []


def double(x):
    calls.append(1)
    return 3 * x if len(calls) == 1 else 2 * x


def mean_square(x):
    return 0.0
