"""A class of any size, drawn with a fixed seed: some made known mistakes, some handed in a PDF."""

from __future__ import annotations

import random
from typing import Any

from report_factory import make_check, make_report, make_task
from sample_report import MISTAKES

from autograder.report import CheckResult, Evidence, Report, ReportSummary, Status, summarize_report

NAMES = [
    "Ada Lovelace",
    "Alan Turing",
    "Grace Hopper",
    "Emmy Noether",
    "Katherine Johnson",
    "Sofia Kovalevskaya",
]
TASKS = {
    "relu": 3.0,
    "leaky_relu": 3.0,
    "prelu": 5.0,
    "silu": 4.0,
    "smooth_relu": 3.0,
    "layer_gradient_norms": 2.0,
}
TRACE = """  File "checks.py", line 88, in silu_extremes
    assert_same(student.silu, reference.silu, EXTREMES)
NameError: name 'EXTREMES' is not defined"""


def class_of(size: int, broken: int = 0) -> list[Report]:
    """A class with mistakes in it, drawn with a fixed seed; the first `broken` have a broken check."""
    draw = random.Random(size)
    return [_somebody(draw, place, broken=place < broken) for place in range(size)]


def outlines_of(size: int, broken: int = 0) -> list[ReportSummary]:
    """The same class in outline."""
    return [summarize_report(report) for report in class_of(size, broken)]


def _somebody(draw: random.Random, place: int, *, broken: bool) -> Report:
    name = f"{NAMES[place % len(NAMES)]} {place + 1}"
    if place % 17 == 16:
        missing = [
            make_task(
                task,
                make_check(Status.MISSING, points, id=f"{task}_values", message="Nothing could be read."),
            )
            for task, points in TASKS.items()
        ]
        return make_report(
            *missing, student=name, problem="The file is not a notebook: it starts with “%PDF”."
        )
    skill = draw.betavariate(4, 1.6)
    tasks = []
    for task, points in TASKS.items():
        checks = [
            _drawn(draw, task, part, points / 4, skill)
            for part in ("values", "curve", "gradient", "leaves_inputs")
        ]
        if broken and task == "silu":
            checks.append(
                make_check(
                    Status.ERROR,
                    id="silu_extremes",
                    title="silu is finite at ±1000.",
                    message="This check is broken.",
                    evidence=Evidence(trace=TRACE),
                )
            )
        tasks.append(make_task(task, *checks))
    return make_report(*tasks, student=name)


def _drawn(draw: random.Random, task: str, part: str, points: float, skill: float) -> CheckResult:
    fields: dict[str, Any] = {
        "id": f"{task}_{part}",
        "title": f"{task}: {part.replace('_', ' ')} as in the handout.",
    }
    if draw.random() < skill + 0.1:
        return make_check(Status.PASSED, points, **fields)
    status = draw.choices([Status.FAILED, Status.TIMEOUT, Status.MISSING], [10, 1, 2])[0]
    known = [
        (name, expected_text) for of, name, expected_text in MISTAKES if of == task and part == "gradient"
    ]
    if known and status is Status.FAILED:
        fields |= {"mistake": known[0][0], "hint": known[0][1]}
    return make_check(status, points, message=f"{task} is wrong at 12 of 40 entries.", **fields)
