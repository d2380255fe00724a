"""What tests of the sandbox share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sessions import HandIn, Student

from autograder.sandbox.arena import Arena, new_memory
from autograder.sandbox.sandbox_process import SandboxProcess


@pytest.fixture
def arenas() -> Iterator[tuple[Arena, Arena]]:
    """Both sides' views of the same shared memory."""
    memory = new_memory()
    sides = Arena(memory, first_half=True), Arena(memory, first_half=False)
    os.close(memory)
    yield sides
    for side in sides:
        side.close()


@pytest.fixture(scope="session")
def worker() -> Iterator[SandboxProcess]:
    """A worker for all tests that do not end it."""
    with SandboxProcess() as made:
        yield made


@pytest.fixture
def hand_in(worker: SandboxProcess) -> Iterator[HandIn]:
    """Hands in cells; what they started is ended after the test."""
    students: list[Student] = []

    def make(*cells: str) -> Student:
        students.append(Student(worker, *cells))
        return students[-1]

    yield make
    for student in students:
        student.session.__exit__(None, None, None)
