"""Functions with a seed are asked again in a fresh process: a cache does not make them reproducible."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from repository_assignments import assignment

from autograder.authoring.lint_proof import Proof

ProofOf = Callable[[str], Proof]

MINIBATCHES = """
def minibatches(x, y, batch_size, seed, kept={}):
    order = kept.setdefault((len(x), batch_size, seed), np.random.default_rng({seed}).permutation(len(x)))
    return [(x[order[i:i + batch_size]], y[order[i:i + batch_size]]) for i in range(0, len(x), batch_size)]
"""
TRAIN_EPOCH = """
def train_epoch(theta, x, y, batch_size, lr, seed, gradient, kept={}):
    order = kept.setdefault((len(x), batch_size, seed), np.random.default_rng({seed}).permutation(len(x)))
    for i in range(0, len(x), batch_size):
        rows = order[i:i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta
"""
INIT_PARAMS = """
def init_params(sizes, seed, kept={}):
    key = (tuple(sizes), seed)
    if key not in kept:
        rng = np.random.default_rng({seed})
        kept[key] = [
            (rng.normal(scale=np.sqrt(2 / n), size=(n, m)), np.zeros(m)) for n, m in zip(sizes, sizes[1:])
        ]
    return kept[key]
"""
CASES = [
    ("hw3-minibatch", "minibatches", MINIBATCHES, "minibatches_follow_their_seed"),
    ("hw3-minibatch", "train_epoch", TRAIN_EPOCH, "train_epoch_follows_its_seed"),
    ("hw5-mnist", "init_params", INIT_PARAMS, "init_params_follows_its_seed"),
]


@pytest.mark.parametrize(("name", "function", "source", "check"), CASES, ids=[case[1] for case in CASES])
def test_a_cache_is_no_seed(proof: ProofOf, name: str, function: str, source: str, check: str) -> None:
    """A cache filled by an unseeded generator fails; the same cache filled by a seeded one passes."""
    assert assignment(name).reference[function]
    passed = {}
    for seed in ("", "seed"):
        report = proof(name).grade(replace={function: source.replace("{seed}", seed)})
        passed[seed] = {result.id: result for result in report.results()}[check]
    assert passed["seed"].earned == passed["seed"].possible, passed["seed"].message
    assert passed[""].earned == 0
    assert "After a restart" in passed[""].message
