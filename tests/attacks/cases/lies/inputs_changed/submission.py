import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
def double(x):
    x *= 2
    return x


def mean_square(x):
    x *= 0
    return 0.0
