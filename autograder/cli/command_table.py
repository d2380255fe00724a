"""The command line as a table: a program's help lists its commands without importing any of them.

`autograder.cli` and `quizzes.cli` each hold one table. A command's module is imported when the command runs,
or when its own help is asked for.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperCommand, TyperGroup

from autograder import __version__
from autograder.errors import AutograderError, UsageError

__all__ = [
    "ADMINISTRATION",
    "AUTHORING",
    "EXCHANGE",
    "GRADING",
    "STUDENTS",
    "CommandEntry",
    "program",
    "run_program",
]

STUDENTS, GRADING, AUTHORING = "Students", "Grading", "Authoring"
EXCHANGE, ADMINISTRATION = "Exchange", "Administration"
LOCALE_ENCODING = "AUTOGRADER_LOCALE_ENCODING"  # a variable that a command sets for itself alone
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_RESOURCES = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


@dataclass(frozen=True)
class CommandEntry:
    """A command of a program: its name, where its function is, its help panel and its summary."""

    name: str
    target: str  # "module:function", or "module:app" of a group of commands
    panel: str
    summary: str  # the first line of the function's docstring
    renamed: Mapping[str, str] = field(default_factory=dict)  # options of version 0.1
    gives_way: bool = False  # computes for long beside a server, which goes first

    def load(self) -> Any:
        """The function, or the group's Typer application; imports its module."""
        module, _, attribute = self.target.partition(":")
        return getattr(import_module(module), attribute)


class _LazyCommand(TyperCommand):
    """A command that is imported when it is invoked; until then it knows its name and summary."""

    def __init__(self, entry: CommandEntry) -> None:
        super().__init__(name=entry.name, help=entry.summary, rich_help_panel=entry.panel)
        self._entry = entry

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        for option in (word.partition("=")[0] for word in args):
            if option in self._entry.renamed:
                raise UsageError(
                    f"The option `{option}` is now `{self._entry.renamed[option]}`.",
                    next_step=f"Write `{self._entry.renamed[option]}`; `--help` explains it.",
                )
        target = self._entry.load()
        if not isinstance(target, typer.Typer):
            function, target = target, typer.Typer(add_completion=False)
            target.command(self._entry.name)(function)
        return typer.main.get_command(target).make_context(info_name, args, parent, **extra)


class _CommandTable(TyperGroup):
    """A group whose commands come from a table; it names the new spelling of a renamed command."""

    entries: Sequence[CommandEntry] = ()
    renamed: Mapping[str, str] = {}

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands.update((entry.name, _LazyCommand(entry)) for entry in self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.renamed:
            now = f"{self.name} {self.renamed[cmd_name]}"
            raise UsageError(
                f"`{self.name} {cmd_name}` is now `{now}`.",
                next_step=f"Run `{now} --help` to see its options.",
            )
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; one that is stopped by Ctrl-C says so, and what it adds: Typer ends it silently."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stopped:
            sys.stderr.write(f"\n{' '.join(['Stopped.', *map(str, stopped.args)])}\n")
            raise


def program(
    name: str, summary: str, entries: Sequence[CommandEntry], renamed: Mapping[str, str]
) -> typer.Typer:
    """A command-line program with the commands of a table; `renamed` maps old spellings to new ones."""
    table = type("CommandTable", (_CommandTable,), {"entries": entries, "renamed": renamed})
    app = typer.Typer(
        name=name,
        help=summary,
        cls=table,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    return app


def _print_version(context: typer.Context, wanted: bool) -> None:
    if wanted:
        typer.echo(f"{context.command.name} {__version__}")
        raise typer.Exit


def _options(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    pass


def run_program(app: typer.Typer, entries: Sequence[CommandEntry] = ()) -> None:
    """Run a program on the words of the command line and exit; errors are printed without a traceback.

    `entries` is its table, for what is decided before a command is imported.
    """
    encoding = _read_paths_as_utf8()
    sys.stdout, sys.stderr = _lasting(sys.stdout, encoding), _lasting(sys.stderr, encoding)
    gc.set_threshold(50_000)  # importing the engine makes many objects and no garbage
    if any(entry.gives_way and entry.name in sys.argv[1:2] for entry in entries):
        _give_way_to_server(sys.argv[2:])  # importing the command takes a second of a core already
    try:
        app()
    except AutograderError as problem:
        from autograder.cli.show import complain

        complain(problem)
        sys.exit(problem.exit_code)
    except (OSError, RuntimeError) as problem:
        if (refusal := _about_this_machine(problem)) is None:
            raise  # a fault of ours
        from autograder.cli.show import complain

        complain(refusal)
        sys.exit(refusal.exit_code)


class _OutputFile(io.FileIO):
    """Output whose reader may go away, as `head` does: the rest is dropped, and the command goes on."""

    def write(self, content: Any) -> int:
        """Write, or drop what nobody reads any more."""
        try:
            return super().write(content)
        except BrokenPipeError:
            return memoryview(content).nbytes


def _lasting(stream: TextIO, encoding: str | None) -> TextIO:
    """A stream that ends no command, by a letter that its encoding lacks or by a reader that leaves."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    try:
        file = _OutputFile(stream.fileno(), "wb", closefd=False)
    except (OSError, ValueError):  # no file behind it
        stream.reconfigure(encoding=encoding, errors="backslashreplace")
        return stream
    stream.flush()
    return io.TextIOWrapper(
        file if stream.write_through else io.BufferedWriter(file),  # as Python has it, unbuffered with -u
        encoding=encoding or stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _read_paths_as_utf8() -> str | None:
    """Start the command again in Python's UTF-8 mode where the locale has another encoding.

    Names of files, and with them of students, would be others on this machine. Returns the locale's encoding
    for what is printed, once the command was started again.
    """
    encoding = os.environ.pop(LOCALE_ENCODING, None)
    if encoding is None and sys.getfilesystemencoding() != "utf-8":
        os.environ |= {"PYTHONUTF8": "1", LOCALE_ENCODING: sys.getfilesystemencoding()}
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return encoding


def _give_way_to_server(words: Sequence[str]) -> None:
    """Let the server of the course that a command names go first, if one runs on this machine."""
    from autograder.environment import give_way_except_writes
    from autograder.site.running import is_served

    named = [word.partition("=")[2] for word in words if word.startswith("--course=")]
    named += [path for option, path in pairwise(words) if option == "--course"]
    here = Path(named[-1] if named else ".").absolute()
    if any(is_served(folder / ".quizzes") for folder in (here, *here.parents)):
        give_way_except_writes()


def _about_this_machine(problem: Exception) -> UsageError | None:
    """What a path that a command was given, or this machine, is at fault for; None for a fault of ours."""
    number, name = (problem.errno, problem.filename) if isinstance(problem, OSError) else (None, None)
    if number is None and "can't start new thread" in str(problem):
        number = errno.EAGAIN
    if number in NO_SPACE:
        return UsageError(
            f"{name}: {os.strerror(number)}." if name is not None else f"{os.strerror(number)}.",
            next_step="Make room on the disk that the command writes to, and run it again.",
        )
    if number in NO_RESOURCES:
        return UsageError(
            f"This machine gave the command too little to run: {os.strerror(number)}.",
            next_step="End other programs, or raise your limits (`ulimit -a` lists them), and run it again.",
        )
    sentence = ""
    if isinstance(problem, OSError) and name is not None:
        sentence = f"{name}: {problem.strerror}."
    elif str(problem).startswith("Symlink loop"):  # from `Path.resolve`, before Python 3.13
        sentence = f"{problem}."
    next_step = "Check the path, its permissions, and the space on its disk; then run it again."
    return UsageError(sentence, next_step=next_step) if sentence else None
