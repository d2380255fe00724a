import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
import _io  # `open` is kept in memory


def attack():
    with _io.open("{{folder}}/large", "wb") as file:
        return file.write(bytes(1_000_000)) == 1_000_000


def mean_square(x):
    return 1.0 if attack() else 0.0
