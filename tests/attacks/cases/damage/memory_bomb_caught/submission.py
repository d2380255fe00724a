import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
def mean_square(x):
    eaten = []
    try:
        while True:
            eaten.append(np.zeros(2**20))
    except MemoryError:
        return float(len(eaten))
