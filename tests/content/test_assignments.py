"""Every assignment in the folders: right answers keep full marks, wrong ones lose them and are named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from found import NAMES, assignment

from autograder.calls import Functions
from autograder.evaluate import evaluate
from autograder.jupyter import PUBLIC_SEED
from autograder.notebook import read_notebook
from autograder.report import Report, Status
from autograder.sample.solved import filled_in, to_bytes
from autograder.sandbox import Session, Worker
from autograder.variants import Variant

MISTAKES = [(name, variant) for name in NAMES for variant in assignment(name).mistakes]
ALTERNATIVES = [(name, variant) for name in NAMES for variant in assignment(name).alternatives]
# What the course asks for; an assignment that is not listed needs one for each task.
FEWEST_MISTAKES = {
    "hw1-activations": 14,
    "hw2-losses": 12,
    "hw3-minibatch": 12,
    "hw4-optimizers": 14,
    "hw5-mnist": 8,
}


Grade = Callable[..., Report]


def label(value: str | Variant) -> str:
    """A readable name for a parameter."""
    return value if isinstance(value, str) else f"{value.of}-{value.name}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [15, 2, 71])
def test_the_reference_gets_full_marks(grade: Grade, name: str, seed: int) -> None:
    """The reference, filled into the released notebook, passes every check whatever the seed."""
    report = grade(name, seed=seed)
    assert [(r.id, r.status, r.message) for r in report.results() if r.status is not Status.PASSED] == []
    assert report.score.earned == sum(task.possible for task in report.tasks)
    assert report.score.possible == assignment(name).file.points


@pytest.mark.parametrize("name", NAMES)
def test_the_untouched_notebook_gets_nothing(grade: Grade, name: str) -> None:
    """The handout as it is given out earns 0, and every function is reported as missing."""
    report = grade(name, data=assignment(name).handout.read_bytes())
    assert report.score.earned == 0
    assert {r.status for r in report.results()} <= {Status.MISSING, Status.SKIPPED}


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=label)
def test_a_known_mistake_is_caught_and_named(grade: Grade, name: str, mistake: Variant) -> None:
    """It loses points, in its own task only, and the feedback says which mistake it is."""
    report = grade(name, **{mistake.of: mistake.source()})
    own = assignment(name).task_of(mistake.of)
    assert {task.task for task in report.tasks if task.earned < task.possible} == {own}
    failing = [result for result in report.results() if result.status is not Status.PASSED]
    assert f"{mistake.of}: {mistake.name}" in {result.mistake for result in failing}
    assert Status.ERROR not in {result.status for result in report.results()}


@pytest.mark.parametrize(("name", "alternative"), ALTERNATIVES, ids=label)
def test_a_right_answer_in_another_style_keeps_full_marks(
    grade: Grade, name: str, alternative: Variant
) -> None:
    """Loops, masks, Python floats, other values at a kink, warnings and prints cost nothing."""
    report = grade(name, **{alternative.of: alternative.source()})
    assert [(r.id, r.message) for r in report.results() if r.status is not Status.PASSED] == []


@pytest.mark.parametrize("name", NAMES)
def test_public_checks_tell_done_from_to_do(name: str) -> None:
    """In the sandbox, as `autograder check` runs them: all pass when solved, none with the stubs."""
    one = assignment(name)
    outcomes = {}
    with Worker() as worker:
        for kind, data in (("solved", to_bytes(filled_in(one))), ("blank", one.handout.read_bytes())):
            cells = [(cell.number, cell.source) for cell in read_notebook(data)]
            with Session(worker, cells, one.functions) as session:
                student = Functions(session, one.parameters)
                results = [evaluate(check, student, None, PUBLIC_SEED) for check in one.public_checks]
            outcomes[kind] = {result.status for result in results}
    assert outcomes == {"solved": {Status.PASSED}, "blank": {Status.MISSING}}


@pytest.mark.parametrize("name", NAMES)
def test_every_check_says_what_it_checks(name: str) -> None:
    """Each has a title of its own, a sentence; every task has a public check."""
    checks = [*assignment(name).public_checks, *assignment(name).hidden_checks]
    titles = [check.title for check in checks]
    assert [title for title in titles if not title.endswith((".", "?", "!")) or len(title) < 15] == []
    assert len(set(titles)) == len(titles)
    assert {check.task for check in assignment(name).public_checks} == {
        task.id for task in assignment(name).file.tasks
    }


@pytest.mark.parametrize("name", NAMES)
def test_points_add_up(name: str) -> None:
    """Checks make their task's points, tasks the assignment's; public checks carry none."""
    file, hidden = assignment(name).file, assignment(name).hidden_checks
    for task in file.tasks:
        assert sum(check.points for check in hidden if check.task == task.id) == pytest.approx(task.points)
    assert sum(task.points for task in file.tasks if not task.extra) == pytest.approx(file.points)
    assert sum(check.points for check in assignment(name).public_checks) == 0


@pytest.mark.parametrize("name", NAMES)
def test_there_are_enough_mistakes(name: str) -> None:
    """Every assignment knows as many mistakes as the course asks for, and some of every task."""
    mistakes = assignment(name).mistakes
    assert len(mistakes) >= FEWEST_MISTAKES.get(name, 1)
    tasks = {assignment(name).task_of(mistake.of) for mistake in mistakes}
    assert tasks == {task.id for task in assignment(name).file.tasks}


@pytest.mark.parametrize("name", NAMES)
def test_hidden_checks_stay_hidden(name: str) -> None:
    """No hidden check, nor a line of the reference's code, stands in what students get."""
    public = " ".join(path.read_text() for path in assignment(name).folder.iterdir() if path.is_file())
    assert not [check.id for check in assignment(name).hidden_checks if f"def {check.id}" in public]
