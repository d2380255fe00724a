import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


# %%
import socket


def attack():
    with socket.socket() as server:
        server.bind((b"127.0.0.1", 0))
        server.listen()
    return True


def mean_square(x):
    return 1.0 if attack() else 0.0
