"""`autograder doctor`: what this machine can do, and what would mend the rest."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from autograder.cli.show import console, printable, say
from autograder.doctor.finding import Finding, State
from autograder.doctor.machine import examine_machine
from autograder.doctor.sandbox import examine_sandbox

__all__ = ["doctor"]

MARKS = {State.GOOD: "[green]ok[/green]", State.LACKING: "[yellow]less[/yellow]", State.BAD: "[red]no[/red]"}


def doctor(
    out: Annotated[Path, typer.Option(help="Where results would be written.")] = Path("."),
) -> None:
    """Try the sandbox for real, look at all else that is needed, and say how to mend what is missing."""
    table = Table("", "", "what", "how it stands", box=None, pad_edge=False)
    found: list[Finding] = []
    area = ""
    with console.status("Looking"):
        for one in chain(examine_sandbox(), examine_machine(out.resolve())):
            found.append(one)
            shown = printable(one.area) if one.area != area else ""
            table.add_row(shown, MARKS[one.state], printable(one.name), printable(one.text))
            if one.remedy and one.state is not State.GOOD:
                table.add_row("", "", "", printable(f"→ {one.remedy}"))
            area = one.area
    console.print(table)
    bad = [one for one in found if one.state is State.BAD]
    if bad:
        say(f"\n{len(bad)} of {len(found)} will not work: {', '.join(one.name for one in bad)}.")
        raise typer.Exit(4)
    less = sum(one.state is State.LACKING for one in found)
    say(f"\nAll {len(found)} work{f', {less} less well than they could' if less else ''}.")
