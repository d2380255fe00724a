import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
def mean_square(x):
    import sys

    sys.setrecursionlimit(10**9)
    return mean_square(x)
