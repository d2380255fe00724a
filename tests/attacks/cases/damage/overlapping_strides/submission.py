import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
def mean_square(x):
    return np.broadcast_to(1.0, (10**6, 10**6))
