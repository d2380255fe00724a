"""Event loops of their own, in a process where a browser's driver has one running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import typer
from typer.testing import CliRunner, Result

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, in a thread."""
    return in_thread(lambda: asyncio.run(work))


def in_thread(function: Callable[[], T]) -> T:
    """What a function returns in a thread, where no event loop is running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function).result()


def commanded(app: typer.Typer, words: list[str]) -> Result:
    """A command in a thread; it may run an event loop."""
    return in_thread(lambda: CliRunner().invoke(app, words))
