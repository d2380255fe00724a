"""The `quizzes` command: its table of commands."""

from __future__ import annotations

__all__ = ["COMMANDS", "app", "main"]

from dataclasses import replace

from autograder.cli import COMMANDS as COURSE_COMMANDS
from autograder.cli.command_table import (
    ADMINISTRATION,
    AUTHORING,
    EXCHANGE,
    GRADING,
    STUDENTS,
    CommandEntry,
    program,
    run_program,
)

# Of the course since version 0.2; their old spelling stays for one release.
ALIASES = ("roster", "passcode", "sign-in-link", "lti", "backup", "restore")
ALIAS_PANEL = "Aliases of `autograder …`, for one release"

COMMANDS = (
    CommandEntry(
        "extend",
        "quizzes.cli.staff:extend",
        STUDENTS,
        "Give open attempts more time: some students', or all together with due and closing times.",
    ),
    CommandEntry(
        "grade",
        "quizzes.cli.grade:grade_functions",
        GRADING,
        "Grade the functions of finished attempts in the sandbox; the server itself never runs them.",
        {"--own": "--course-file"},
    ),
    CommandEntry(
        "regrade",
        "quizzes.cli.staff:regrade",
        GRADING,
        "Mark a quiz again by its current files and list the changes; nothing counts before --release.",
        gives_way=True,
    ),
    CommandEntry(
        "verify-receipt",
        "quizzes.cli.receipt:verify",
        STUDENTS,
        "Verify a receipt: that this course's server issued it, and that no answer was changed.",
    ),
    CommandEntry(
        "results",
        "quizzes.cli.results:results",
        GRADING,
        "Mark finished attempts and write a table of all attempts with points, times and lateness.",
        gives_way=True,
    ),
    CommandEntry(
        "analysis",
        "quizzes.cli.analysis:analysis",
        GRADING,
        "Analyse a quiz: difficulty, discrimination, reliability, wrong options, fairness of variants.",
        gives_way=True,
    ),
    CommandEntry(
        "new",
        "quizzes.cli.new:new_quiz",
        AUTHORING,
        "Write a new quiz and a bank with one item of each kind, ready to change.",
    ),
    CommandEntry(
        "lint",
        "quizzes.cli.lint:lint",
        AUTHORING,
        "Prove every item on 200 variants, what each quiz demands, and that everybody gets their full time.",
    ),
    CommandEntry(
        "schema",
        "quizzes.cli.schema:schema",
        AUTHORING,
        "Print the JSON Schema of bank files or quiz files.",
    ),
    CommandEntry(
        "preview",
        "quizzes.cli.serve:preview_quiz",
        AUTHORING,
        "Show a quiz as students will see it; nothing is stored.",
    ),
    CommandEntry(
        "publish",
        "quizzes.cli.publish:publish_quiz",
        AUTHORING,
        "Publish the current version of a quiz file.",
        {"--insist": "--force"},
    ),
    CommandEntry(
        "import",
        "quizzes.cli.exchange:import_bank",
        EXCHANGE,
        "Make a bank from another system's questions and list what could not be imported.",
    ),
    CommandEntry(
        "export",
        "quizzes.cli.exchange:export_quiz",
        EXCHANGE,
        "Write a quiz with its answer key for another system and list what the format cannot hold.",
    ),
    CommandEntry(
        "print",
        "quizzes.cli.print_quiz:print_quiz",
        EXCHANGE,
        "Write a quiz on paper: questions, answer sheet and answer key of each version.",
    ),
    CommandEntry(
        "serve",
        "quizzes.cli.serve:serve_quizzes",
        ADMINISTRATION,
        "Serve the course's published quizzes until Ctrl-C.",
        {"--own": "--course-file"},
    ),
    CommandEntry(
        "loadtest",
        "quizzes.cli.loadtest:loadtest",
        ADMINISTRATION,
        "Put a server on this machine under the load of a whole class and check its response times.",
        {"--takers": "--students"},
    ),
    CommandEntry(
        "crashtest",
        "quizzes.cli.crashtest:crashtest",
        ADMINISTRATION,
        "Kill a server under load, restart it, and check that every acknowledged save is stored.",
        {"--takers": "--students"},
    ),
    *(replace(entry, panel=ALIAS_PANEL) for entry in COURSE_COMMANDS if entry.name in ALIASES),
)

app = program(
    "quizzes",
    "Timed quizzes in the browser: prove, publish, serve and mark them.",
    COMMANDS,
    {"link": "sign-in-link"},
)


def main() -> None:
    """Run the `quizzes` command."""
    run_program(app, COMMANDS)
