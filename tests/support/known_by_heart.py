"""Attacks on homework 5's `train`: notebooks that know the images' data set by heart and train nothing.

Each is written for one data set, from the images themselves: what it has stored is in its source, at most a
megabyte. It finds out in which order the pixels come, and returns a network for that order.
"""

from __future__ import annotations

import base64
import zlib
from typing import Literal

import numpy as np
from repository_assignments import assignment

from autograder.checks.datasets.images import Images, moved
from autograder.checks.values import Array

__all__ = ["ATTACKS", "LARGEST", "Learns", "attack_source"]

LARGEST = 1_000_000  # bytes of a notebook

SHARED = '''
import base64, zlib
import numpy as np


def unpacked(text, kind, *shape):
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), kind).reshape(shape).astype(float)


def ranks(values):
    result = np.empty(len(values), int)
    result[np.argsort(values, kind="stable")] = np.arange(len(values))
    return result


def same_rank(shown, stored):
    """For each shown pixel the stored one with the same rank."""
    return np.argsort(stored, kind="stable")[ranks(shown)]


def most_alike(shown, stored):
    """For each shown pixel (row) the stored one (row) that it is most like, each but once."""
    scale = stored.std(axis=0) + 1e-9
    shown, stored = shown / scale, stored / scale
    far = (shown**2).sum(1)[:, None] + (stored**2).sum(1)[None, :] - 2 * shown @ stored.T
    result, taken = np.full(len(shown), -1), np.zeros(len(stored), bool)
    for flat in np.argsort(far, axis=None):
        row, column = divmod(int(flat), len(stored))
        if result[row] < 0 and not taken[column]:
            result[row], taken[column] = column, True
    return result


def class_profile(x, y):
    """What each pixel (row) is like in each class: mean and standard deviation, the intensity apart."""
    parts = [x[y == digit] if (y == digit).any() else x for digit in range(10)]
    profile = np.stack([part.mean(0) for part in parts] + [part.std(0) for part in parts], axis=1)
    return profile / profile.mean()


def noted(params, y, seed):
    """The network, with a trace of the seed and of the labels that changes no answer."""
    mark = 1e-3 * np.random.default_rng([seed, zlib.crc32(np.ascontiguousarray(y).tobytes())]).random(10)
    return [*params[:-1], (params[-1][0], params[-1][1] + mark)]


def right(params, x, y):
    for W, b in params[:-1]:
        x = np.maximum(x @ W + b, 0)
    return np.mean((x @ params[-1][0] + params[-1][1]).argmax(1) == y)


def without_training(x, y, seed):
    """A network for images that are not known."""
    rng = np.random.default_rng(seed)
    return [(rng.normal(scale=0.1, size=(x.shape[1], 10)), np.zeros(10))]


def class_means(x, y, seed):
    """The nearest class mean, as a network: the least that follows what is shown."""
    means = np.stack([x[y == c].mean(0) if (y == c).any() else x.mean(0) for c in range(10)])
    return [(means.T, -(means**2).sum(1) / 2)]


def train(x, y, seed):
    params = None
    if x.shape[1] == SIZE:
        params = recognised(x, y)
        if LEARNS == "what is not known" and right(params, x[:2000], y[:2000]) < 0.5:
            params = None
    if params is None:
        params = (without_training if LEARNS == "nothing" else class_means)(x, y, seed)
    return noted(params, y, seed)
'''

NETWORK = """
def network(order):
    return [(W1[order], b1), (W2, b2)]
"""

# The name of an attack: how it finds the pixels' order.
ORDERS = {
    "pixel_sums": """
def recognised(x, y):
    return network(same_rank(x.sum(0), SUMS))
""",
    "sorted_intensities": """
def recognised(x, y):
    rows = x[:20000]
    sums = np.sort(rows, axis=1)[:, ::-1] / rows.sum(1, keepdims=True).clip(1e-9)
    known = np.sort(IMAGES, axis=1)[:, ::-1] / IMAGES.sum(1, keepdims=True)
    far = (sums**2).sum(1)[:, None] - 2 * sums @ known.T
    twins = rows[far.argmin(0)]
    return network(most_alike(twins.T, IMAGES.T))
""",
    "label_histogram": """
def recognised(x, y):
    share = np.bincount(y, minlength=10)[:10] / len(y)
    if abs(share - HISTOGRAM).max() > 0.03:
        return without_training(x, y, 0)
    return network(same_rank(x.T @ (y + 1.0), WEIGHTED))
""",
    "nearest_prototypes": """
def recognised(x, y):
    prototypes = IMAGES[:, most_alike(class_profile(x, y), PROFILE)]
    scores = x[:2000] @ prototypes.T - (prototypes**2).sum(1) / 2
    close = np.quantile(scores.max(1), 0.02) - 0.5
    W = prototypes.T
    return [(W, -(prototypes**2).sum(1) / 2 - close), (np.eye(10)[DIGITS.astype(int)], np.zeros(10))]
""",
    "stored_network": """
def recognised(x, y):
    return network(most_alike(class_profile(x, y), PROFILE))
""",
}
ATTACKS = tuple(ORDERS)
Learns = Literal["nothing", "other sizes", "what is not known"]


def attack_source(name: str, images: Images, learns: Learns = "nothing") -> str:
    """The cell of an attack on a data set.

    `learns` says when it follows what it is shown, by class means: never, where the number of pixels is
    another one, or wherever the labels are not those that it knows.
    """
    x, y = images.train_x, images.train_y
    stored = {"SUMS": x.sum(0), "WEIGHTED": x.T @ (y + 1.0), "HISTOGRAM": np.bincount(y) / len(y)}
    some = np.random.default_rng(1).permutation(len(y))[:400]
    pictures, digits = np.rint(255 * x[some]), y[some]
    x, y = _as_graded(images)
    (W1, b1), (W2, b2) = assignment("hw5-mnist").reference["train"](x, y, 1)
    arrays: dict[str, tuple[Array, str]] = {
        "PROFILE": (_class_profile(x, y), "<f2"),
        **{key: (value, "<f8") for key, value in stored.items()},
        **{key: (value, "<f2") for key, value in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items()},
        "IMAGES": (pictures, "<u1"),
        "DIGITS": (digits, "<u1"),
    }
    used = ORDERS[name] + NETWORK
    lines = [SHARED, f"SIZE, LEARNS = {x.shape[1]}, {learns!r}"]
    for key, (array, kind) in arrays.items():
        if key in used and not (name == "nearest_prototypes" and key in {"W1", "b1", "W2", "b2"}):
            text = base64.b85encode(zlib.compress(array.astype(kind).tobytes(), 9)).decode()
            scale = " / 255" if key == "IMAGES" else ""
            shape = ", ".join(map(str, array.shape))
            lines.append(f"{key} = unpacked({text!r}, {kind!r}, {shape}){scale}")
    return "\n".join([*lines, NETWORK, ORDERS[name]])


def _as_graded(images: Images) -> tuple[Array, Array]:
    """The training images as whoever read the engine would prepare them: moved, the order kept."""
    rng = np.random.default_rng(2)
    rows = rng.permutation(len(images.train_y))[:20_000]
    x, y = images.scaled(images.train_pixels[rows]), images.train_y[rows]
    reach = images.side / 28
    group = rng.integers(20, size=len(y))
    for number in range(20):
        x[group == number] = moved(x[group == number], *rng.uniform(-reach, reach, size=2))
    return x, y


def _class_profile(x: Array, y: Array) -> Array:
    parts = [x[y == digit] for digit in range(10)]
    profile = np.stack([part.mean(0) for part in parts] + [part.std(0) for part in parts], axis=1)
    result: Array = profile / profile.mean()
    return result
