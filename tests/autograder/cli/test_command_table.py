"""The table of commands: what the help of a program lists, what it imports, and what old spellings get."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib.metadata import version

import pytest
import typer
from event_loops import commanded

import autograder.cli
import quizzes.cli
from autograder.cli.command_table import CommandEntry
from autograder.errors import UsageError

PROGRAMS = {"autograder": autograder.cli, "quizzes": quizzes.cli}
ENTRIES = {entry.target: entry for module in PROGRAMS.values() for entry in module.COMMANDS}
# What the help of a program must not wait for.
HEAVY = ("numpy", "pydantic", "sqlalchemy", "starlette", "uvicorn", "jinja2", "matplotlib", "scipy", "yaml")
PANELS = ("Students", "Grading", "Authoring", "Exchange", "Administration")
COURSE_COMMANDS = ("roster", "passcode", "sign-in-link", "lti", "backup", "restore")


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.target)
def test_a_summary_is_the_docstring(entry: CommandEntry) -> None:
    """The summary in the table is the first line of the command's docstring, or of its group's help."""
    target = entry.load()
    text = target.info.help if isinstance(target, typer.Typer) else inspect.getdoc(target)
    assert isinstance(text, str)
    assert entry.summary == text.splitlines()[0]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_program_starts_without_its_commands(program: str, option: str) -> None:
    """`--help` and `--version` import no command's module and none of the heavy libraries."""
    code = (
        "import atexit, runpy, sys\n"
        "own = ('autograder', 'quizzes')\n"
        "names = lambda: [name for name in sys.modules if '.' not in name or name.startswith(own)]\n"
        "atexit.register(lambda: print(*names(), file=sys.stderr))\n"
        f"sys.argv[1:] = [{option!r}]\n"
        f"runpy.run_module({program!r}, run_name='__main__', alter_sys=True)\n"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert completed.returncode == 0
    imported = set(completed.stderr.split())
    assert "typer" in imported and "autograder.cli.command_table" in imported
    assert not imported & set(HEAVY)
    assert not imported & {entry.target.partition(":")[0] for entry in ENTRIES.values()}


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_lists_every_command_in_its_panel(program: str) -> None:
    """The five panels come in their order, and each command stands in its own."""
    completed = commanded(PROGRAMS[program].app, ["--help"])
    assert completed.exit_code == 0
    titles = [panel for panel in PANELS if f"─ {panel} ─" in completed.output]
    assert titles == list(PANELS)
    starts = [completed.output.index(f"─ {panel} ─") for panel in PANELS]
    assert starts == sorted(starts)
    for entry in PROGRAMS[program].COMMANDS:
        part = completed.output.split(f"─ {entry.panel} ─")[1].split("╰")[0]
        assert f"│ {entry.name} " in part


@pytest.mark.parametrize("program", PROGRAMS)
def test_version(program: str) -> None:
    """`PROGRAM --version` and `python -m PROGRAM --version` print the installed version."""
    line = f"{program} {version('recipe-autograder')}\n"
    assert commanded(PROGRAMS[program].app, ["--version"]).output == line
    command = [sys.executable, "-m", program, "--version"]
    completed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, line, "")


@pytest.mark.parametrize(
    ("program", "old", "new"),
    [
        ("autograder", "change", "override"),
        ("autograder", "claims", "experiments"),
        ("autograder", "report", "refresh"),
        ("autograder", "drop", "dropbox"),
        ("autograder", "sample", "demo-class"),
        ("autograder", "nbgrader-course", "nbgrader init"),
        ("quizzes", "link", "sign-in-link"),
    ],
)
def test_an_old_spelling_names_the_new_one(program: str, old: str, new: str) -> None:
    """A renamed command is refused with exit code 2, and the error says what to type now."""
    problem = commanded(PROGRAMS[program].app, [old, "anything"]).exception
    assert isinstance(problem, UsageError)
    assert problem.exit_code == 2
    assert f"`{program} {old}` is now `{program} {new}`" in problem.message
    assert f"`{program} {new} --help`" in problem.next_step
    assert commanded(PROGRAMS[program].app, [*new.split(), "--help"]).exit_code == 0


@pytest.mark.parametrize(
    ("words", "new"),
    [
        ("autograder override RESULTS ann --score 3 --why x", "--reason"),
        ("autograder override RESULTS ann --score 3 --reason x --who=ta", "--author"),
        ("quizzes publish quiz4 --insist", "--force"),
        ("quizzes serve --own", "--course-file"),
        ("quizzes grade --own", "--course-file"),
        ("quizzes loadtest --takers 3", "--students"),
        ("quizzes crashtest --takers=3", "--students"),
    ],
)
def test_an_old_option_names_the_new_one(words: str, new: str) -> None:
    """An option of version 0.1 is refused with exit code 2, and the error says what to type now."""
    program, *arguments = words.split()
    problem = commanded(PROGRAMS[program].app, arguments).exception
    assert isinstance(problem, UsageError)
    assert problem.exit_code == 2
    assert f"is now `{new}`" in problem.message
    assert new in commanded(PROGRAMS[program].app, [arguments[0], "--help"]).output


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.target)
def test_a_commands_help_has_its_own_options_alone(entry: CommandEntry) -> None:
    """No command offers to install a shell's completion: it would complete that command and no other."""
    program = "autograder" if entry in autograder.cli.COMMANDS else "quizzes"
    output = commanded(PROGRAMS[program].app, [entry.name, "--help"]).output
    assert "--help" in output
    assert "completion" not in output


@pytest.mark.parametrize("name", COURSE_COMMANDS)
def test_a_command_of_the_course_has_two_spellings(name: str) -> None:
    """What is the course's is an `autograder` command; `quizzes` runs the same function."""
    targets = [
        next(entry.target for entry in module.COMMANDS if entry.name == name) for module in PROGRAMS.values()
    ]
    assert targets[0] == targets[1]
    assert targets[0].startswith("autograder.")


def test_an_unknown_command_is_a_usage_error() -> None:
    """A command that never existed ends with 2 and is named."""
    completed = commanded(autograder.cli.app, ["grades"])
    assert completed.exit_code == 2
    assert "No such command 'grades'" in completed.output
