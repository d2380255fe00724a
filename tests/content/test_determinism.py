"""Functions with a seed are asked again in a fresh process, as after a restart: the seed alone may decide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from examples import shared_out
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
PARAMETERS = [
    pytest.param(*case, id=case[1], marks=[pytest.mark.full] if number else [])
    for number, case in enumerate(CASES)
]


# What is given to the generator, and whether that is the seed alone.
SEEDS = {
    "the seed": ("seed", True),
    "the digits of the seed": ("[int(digit) for digit in str(seed)]", True),
    "a hash of numbers": ("hash((7, seed)) % 2**32", True),
    "a digest of the seed's text": ("list(__import__('hashlib').sha256(str(seed).encode()).digest())", True),
    "nothing": ("", False),
    "a hash of text": ("hash(str(seed)) % 2**32", False),
    "a hash of a tuple with text": ("abs(hash(('order', seed)))", False),
    "an address": ("id(np) % 2**32 + seed", False),
    "the clock": ("int(__import__('time').time()) + seed", False),
    "the day": ("__import__('datetime').date.today().toordinal() + seed", False),
    "the process": ("__import__('os').getppid() + seed", False),
}
PARTS = ["seed % 2", "seed % 10", "seed % 100", "seed & 255", "seed // 1000 % 4"]


@pytest.mark.parametrize(("name", "function", "source", "check"), PARAMETERS)
@pytest.mark.parametrize("given", shared_out(SEEDS, ["the seed", "nothing", "a hash of text", "the clock"]))
def test_the_seed_alone_decides(
    proof: ProofOf, name: str, function: str, source: str, check: str, given: str
) -> None:
    """Cached orders and weights pass if the seed alone decided them, in whatever way, and fail if not."""
    assert assignment(name).reference[function]
    seed, alone = SEEDS[given]
    report = proof(name).grade(replace={function: source.replace("{seed}", seed)})
    result = {result.id: result for result in report.results()}[check]
    if alone:
        assert result.earned == result.possible, result.message
    else:
        assert result.earned == 0
        assert "After a restart" in result.message


@pytest.mark.parametrize(("name", "function", "source", "check"), PARAMETERS)
@pytest.mark.parametrize("part", shared_out(PARTS, PARTS[-1:]))
def test_the_whole_seed_decides(
    proof: ProofOf, name: str, function: str, source: str, check: str, part: str
) -> None:
    """A function that looks at a part of its seed gives the same for two of them, and fails."""
    report = proof(name).grade(replace={function: source.replace("{seed}", part)})
    result = {result.id: result for result in report.results()}[check]
    assert result.earned == 0
    assert "Two different seeds" in result.message
