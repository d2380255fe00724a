"""`autograder worker`: lend this machine's cores to a scheduler."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from autograder.cli.options import SandboxOption, WorkersOption
from autograder.cli.show import say
from autograder.environment import available_cores
from autograder.errors import UsageError
from autograder.grading.grader import check_isolation
from autograder.runs.run import INSTALL, NOT_INSTALLED
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.zygote_process import ONE_THREAD

__all__ = ["worker"]


def worker(
    scheduler: Annotated[str, typer.Argument(help="Address of the scheduler, such as tcp://host:8786.")],
    workers: WorkersOption = 0,
    sandbox: SandboxOption = "good",
) -> None:
    """Grade for a scheduler with this machine's cores, until it ends or this command is stopped."""
    with SandboxProcess() as tried:
        if refusal := check_isolation(tried.level, sandbox):
            raise refusal
        level = tried.level
    count = workers or available_cores()
    say(f"Sandbox {level}; {count} {'process' if count == 1 else 'processes'} for {scheduler}")
    try:
        asyncio.run(_serve(scheduler, count))
    except ImportError as problem:
        raise UsageError(NOT_INSTALLED, next_step=INSTALL) from problem
    except (OSError, ValueError, TimeoutError) as problem:
        raise UsageError(
            f"No scheduler answers at {scheduler}.", next_step="Start one with `dask scheduler`."
        ) from problem


async def _serve(scheduler: str, count: int) -> None:
    from distributed import Nanny  # an extra: only this command needs it

    nannies = [
        # A judge and its sandbox share one core; memory is limited by the sandbox itself.
        Nanny(scheduler, nthreads=1, memory_limit=0, env=ONE_THREAD, death_timeout=30)
        for _ in range(count)
    ]
    await asyncio.gather(*(nanny for nanny in nannies))
    await asyncio.gather(*(nanny.finished() for nanny in nannies))
