"""A proof for each of the repository's assignments, once a test process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from repository_assignments import assignment

from autograder.authoring.lint_proof import Proof


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of one assignment run in one process, so that its sandboxes start once."""
    for item in items:
        if isinstance(item, pytest.Function) and "proof" in item.fixturenames and hasattr(item, "callspec"):
            name = item.callspec.params.get("name")
            if name is not None:
                item.add_marker(pytest.mark.xdist_group(f"proof {name}"))


@pytest.fixture(scope="session")
def proof() -> Iterator[Callable[[str], Proof]]:
    """Grades an assignment's own variants in the real sandbox.

    The digits stand in for MNIST here: the checks are the same, and they come with the project.
    """
    proofs: dict[str, Proof] = {}

    def of(name: str) -> Proof:
        if name not in proofs:
            proofs[name] = Proof(assignment(name), dataset="digits")
        return proofs[name]

    yield of
    for lint in proofs.values():
        lint.__exit__(None, None, None)
