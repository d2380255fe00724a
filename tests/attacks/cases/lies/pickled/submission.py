import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
class Trap:
    def __reduce__(self):
        return print, ("trapped",)


def mean_square(x):
    import pickle

    return pickle.dumps(Trap())
