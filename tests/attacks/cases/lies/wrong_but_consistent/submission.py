import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
def double(x):
    return 3 * x


def double_backward(x, grad_out):
    return 3 * grad_out


def mean_square(x):
    return 0.0
