import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
def wait():
    import time

    time.sleep(10_000)


@(lambda function: wait() or function)
def mean_square(x):
    return 0.0
