"""Draw the pictures of the bank `loss-curves` from real runs on the digits that scikit-learn brings.

    python tests/support/make_loss_curves.py        # writes quizzes/banks/pictures/loss-*.svg

Each picture is one run: a network 64-32-10, mini-batches of 50, plain gradient descent. The runs differ in
the learning rate and the seed only; the file's name says nothing about the rate.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

PICTURES = Path(__file__).parents[2] / "quizzes" / "banks" / "pictures"
RUNS = {"a": (1.5, 7), "b": (0.001, 1), "c": (1.4, 3), "d": (0.002, 3)}
EPOCHS, BATCH, HIDDEN = 20, 50, 32


def losses(rate: float, seed: int) -> list[float]:
    """The mean training loss before the first epoch and after each one."""
    rng = np.random.default_rng(seed)
    digits = load_digits()
    x, y = digits.data / 16, digits.target
    w, b = rng.normal(0, np.sqrt(2 / 64), (64, HIDDEN)), np.zeros(HIDDEN)
    u, c = rng.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, 10)), np.zeros(10)

    def forward(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = np.maximum(rows @ w + b, 0)
        z = h @ u + c
        z = z - z.max(axis=1, keepdims=True)
        return h, np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

    def loss() -> float:
        p = forward(x)[1][np.arange(len(y)), y]
        return float(-np.log(np.maximum(p, 1e-12)).mean())

    curve = [loss()]
    for _ in range(EPOCHS):
        order = rng.permutation(len(y))
        for start in range(0, len(y), BATCH):
            rows = order[start : start + BATCH]
            h, p = forward(x[rows])
            dz = p.copy()
            dz[np.arange(len(rows)), y[rows]] -= 1
            dz /= len(rows)
            dh = dz @ u.T * (h > 0)
            u, c = u - rate * h.T @ dz, c - rate * dz.sum(axis=0)
            w, b = w - rate * x[rows].T @ dh, b - rate * dh.sum(axis=0)
        curve.append(loss())
    return curve


def main() -> None:
    """Write all pictures, and print the numbers for their descriptions."""
    mpl.rcParams.update({"svg.hashsalt": "loss-curves", "font.size": 11})
    PICTURES.mkdir(exist_ok=True)
    for name, (rate, seed) in RUNS.items():
        curve = losses(rate, seed)
        print(name, rate, " ".join(f"{value:.2f}" for value in curve))
        figure, axis = plt.subplots(figsize=(5, 2.8), layout="constrained")
        axis.plot(range(EPOCHS + 1), curve, color="#0072B2", linewidth=2.2, marker="o", markersize=3.5)
        axis.set(xlabel="epoch", ylabel="training loss", ylim=(0, 3))
        axis.set_xticks(range(0, EPOCHS + 1, 5))
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25)
        figure.savefig(PICTURES / f"loss-{name}.svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)


if __name__ == "__main__":
    main()
