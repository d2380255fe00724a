import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
import socket


def attack():
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("{{folder}}/socket")
    return True


def mean_square(x):
    return 1.0 if attack() else 0.0
