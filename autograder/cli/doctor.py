"""`autograder doctor`: test what this machine can do and say how to fix the rest."""

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

MARKS = {
    State.GOOD: "[green]ok[/green]",
    State.LACKING: "[yellow]limited[/yellow]",
    State.BAD: "[red]failed[/red]",
}


def doctor(
    out: Annotated[Path, typer.Option(help="The directory where results would be written.")] = Path("."),
) -> None:
    """Test the sandbox and everything else this machine needs, and say how to fix what is missing."""
    table = Table("", "", "test", "result", box=None, pad_edge=False)
    findings: list[Finding] = []
    area = ""
    with console.status("Testing"):
        for finding in chain(examine_sandbox(), examine_machine(out.resolve())):
            findings.append(finding)
            shown = printable(finding.area) if finding.area != area else ""
            table.add_row(shown, MARKS[finding.state], printable(finding.name), printable(finding.text))
            if finding.remedy and finding.state is not State.GOOD:
                table.add_row("", "", "", printable(f"→ {finding.remedy}"))
            area = finding.area
    console.print(table)
    bad = [finding for finding in findings if finding.state is State.BAD]
    if bad:
        say(f"\n{len(bad)} of {len(findings)} tests failed: {', '.join(finding.name for finding in bad)}.")
        raise typer.Exit(4)
    limited = sum(finding.state is State.LACKING for finding in findings)
    say(f"\nAll {len(findings)} tests passed{f', {limited} with limits' if limited else ''}.")
