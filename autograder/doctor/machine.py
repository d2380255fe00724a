"""Everything that grading and quizzes need besides the sandbox: Python, data, nbgrader, disk, server."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import available_timezones

import numpy as np

from autograder.checks.datasets.loading import load_images
from autograder.doctor.finding import Finding, State
from autograder.environment import available_cores
from autograder.errors import UsageError

__all__ = ["examine_machine"]

LEAST_DISK = 2 * 1024**3
OLDEST_SQLITE = (3, 35)  # RETURNING, which saving an answer uses


def examine_machine(folder: Path) -> Iterator[Finding]:
    """Findings on everything but the sandbox; `folder` is where results would be written."""
    yield from _python()
    yield _mnist()
    yield from _packages(
        "nbgrader", ("nbgrader", "nbformat", "nbclient", "ipykernel"), "Grades reach nbgrader."
    )
    yield _disk(folder)
    yield from _quiz_server()


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    yield Finding("Python", version, State.GOOD, f"{sys.executable}, {available_cores()} cores.")
    yield Finding("Python", f"NumPy {np.__version__}", State.GOOD, _linear_algebra())
    threads = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS")
    text = f"{threads} here" if threads else "as many as there are cores here"
    yield Finding("Python", "BLAS threads", State.GOOD, f"One in every submission's process; {text}.")


def _linear_algebra() -> str:
    try:
        from threadpoolctl import threadpool_info  # scikit-learn brings it along

        libraries = [
            f"{library['internal_api']} {library['version']} for {library.get('architecture', '?')}"
            for library in threadpool_info()
        ]
    except (ImportError, KeyError):
        libraries = []
    return f"{', '.join(libraries) or 'linear algebra unknown'}."


def _mnist() -> Finding:
    try:
        images = load_images("mnist", download=False)
    except UsageError as problem:
        text = f"{problem.message} The digits of scikit-learn stand in."
        return Finding("data", "MNIST", State.LACKING, text, problem.next_step)
    return Finding("data", "MNIST", State.GOOD, f"{len(images.train_y):,} training images, checksums right.")


def _packages(area: str, names: tuple[str, ...], use: str) -> Iterator[Finding]:
    missing = []
    for name in names:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        remedy = f"Run: pip install {' '.join(missing)}"
        yield Finding(area, names[0], State.BAD, f"Not installed: {', '.join(missing)}.", remedy)
    else:
        yield Finding(area, f"{names[0]} {importlib.metadata.version(names[0])}", State.GOOD, use)


def _disk(folder: Path) -> Finding:
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    text = f"{free / 1024**3:.1f} GB free in {there}."
    if not os.access(there, os.W_OK):
        return Finding(
            "disk", "results", State.BAD, f"{there} cannot be written to.", "Choose another directory."
        )
    if free < LEAST_DISK:
        return Finding(
            "disk", "results", State.LACKING, text, "A large class's pages need about 2 GB; make room."
        )
    return Finding("disk", "results", State.GOOD, text)


def _quiz_server() -> Iterator[Finding]:
    yield from _packages("quizzes", ("starlette", "uvicorn", "sqlalchemy"), "The server's parts are there.")
    if sqlite3.sqlite_version_info >= OLDEST_SQLITE:
        yield Finding("quizzes", f"SQLite {sqlite3.sqlite_version}", State.GOOD, "Keeps the answers.")
    else:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        text = f"Older than {wanted}."
        yield Finding("quizzes", f"SQLite {sqlite3.sqlite_version}", State.BAD, text, "Use a newer Python.")
    if "Europe/Berlin" in available_timezones():
        yield Finding("quizzes", "time zones", State.GOOD, "Due dates can be in the course's zone.")
    else:
        remedy = "Run: pip install tzdata"
        yield Finding("quizzes", "time zones", State.BAD, "This system has no time zone database.", remedy)
    try:
        with socket.create_server(("127.0.0.1", 0)):
            yield Finding("quizzes", "network", State.GOOD, "A server can listen on this machine.")
    except OSError as problem:
        yield Finding("quizzes", "network", State.BAD, f"A server cannot listen: {problem.strerror}.")
