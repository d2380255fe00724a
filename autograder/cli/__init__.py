"""The `autograder` command: its table of commands.

Each module holds one command: it reads the arguments, calls the engine and prints the result.
"""

from __future__ import annotations

__all__ = ["COMMANDS", "app", "main"]

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

COMMANDS = (
    CommandEntry(
        "check",
        "autograder.cli.check:check",
        STUDENTS,
        "Run the public checks on a notebook's functions, as `check` does inside it.",
    ),
    CommandEntry(
        "submit",
        "autograder.cli.submit:submit",
        STUDENTS,
        "Submit a notebook to a dropbox or a site and keep a receipt.",
    ),
    CommandEntry(
        "receipts",
        "autograder.cli.submit:receipts",
        STUDENTS,
        "List your receipts or, as the owner of a dropbox, all attempts in it.",
    ),
    CommandEntry(
        "grade",
        "autograder.cli.grade:grade",
        GRADING,
        "Grade submissions and write reports, feedback pages, the class page and a table of grades.",
    ),
    CommandEntry(
        "regrade",
        "autograder.cli.regrade:regrade",
        GRADING,
        "Grade again what a changed check, reference or limit touches, and list scores before and after.",
    ),
    CommandEntry(
        "override",
        "autograder.cli.override:override",
        GRADING,
        "Set a student's score or comment by hand; it survives every regrade and is marked as manual.",
        {"--who": "--author", "--why": "--reason"},
    ),
    CommandEntry(
        "mark",
        "autograder.cli.mark:mark",
        GRADING,
        "Mark written answers, one by one and without names; marks survive every regrade.",
    ),
    CommandEntry(
        "refresh",
        "autograder.cli.refresh:refresh",
        GRADING,
        "Rewrite the pages and the table of grades after a change of course.yaml or a due date.",
    ),
    CommandEntry(
        "verify",
        "autograder.cli.verify:verify",
        GRADING,
        "Check that a results directory, or the course's site, is unchanged since it was written.",
    ),
    CommandEntry(
        "ledger",
        "autograder.cli.ledger:app",
        GRADING,
        "Move an assignment's record of grades between the site and a results directory.",
    ),
    CommandEntry(
        "similarity",
        "autograder.cli.similarity:similarity",
        GRADING,
        "Lay similar submissions side by side, for a person to read; no grade changes.",
        gives_way=True,
    ),
    CommandEntry(
        "gradebook",
        "autograder.cli.gradebook:app",
        GRADING,
        "Combine homework and quizzes into one gradebook: pages, tables, nbgrader.",
        gives_way=True,
    ),
    CommandEntry(
        "new",
        "autograder.cli.new:new",
        AUTHORING,
        "Write a new assignment: handout, checks, reference, a mistake and an alternative, ready to change.",
    ),
    CommandEntry(
        "import",
        "autograder.cli.import_notebooks:import_notebooks",
        AUTHORING,
        "Bring over source notebooks of nbgrader or otter, with their tests, as assignments.",
    ),
    CommandEntry(
        "lint",
        "autograder.cli.lint:lint",
        AUTHORING,
        "Prove assignments: every stub fails, the reference passes, every known mistake is caught and named.",
    ),
    CommandEntry(
        "near-misses",
        "autograder.cli.near_misses:near_misses",
        AUTHORING,
        "Compute natural edits of the right answers, which explain wrong functions; once a release.",
    ),
    CommandEntry(
        "calibrate",
        "autograder.cli.calibrate:calibrate",
        AUTHORING,
        "Train the reference many times and write the thresholds of convergence checks, with a plot.",
    ),
    CommandEntry(
        "experiments",
        "autograder.cli.experiments:experiments",
        AUTHORING,
        "Compare the lecture's methods, each at its best learning rate, on a page of plots and figures.",
    ),
    CommandEntry(
        "release",
        "autograder.cli.release:release",
        AUTHORING,
        "Write an assignment's directory and ZIP archive for students, without the solution.",
    ),
    CommandEntry(
        "publish",
        "autograder.cli.serve:publish_assignment",
        AUTHORING,
        "Publish the current version of an assignment on the course's site.",
    ),
    CommandEntry(
        "demo-class",
        "autograder.cli.demo_class:demo_class",
        AUTHORING,
        "Make a class of correct, mistaken, blank, hanging, crashing and odd submissions.",
    ),
    CommandEntry(
        "export",
        "autograder.cli.export:app",
        EXCHANGE,
        "Export grades and feedback for a learning platform.",
    ),
    CommandEntry(
        "nbgrader",
        "autograder.cli.nbgrader:app",
        EXCHANGE,
        "Grade with this engine inside an nbgrader course.",
    ),
    CommandEntry(
        "dropbox",
        "autograder.cli.submit:dropbox",
        EXCHANGE,
        "Make a directory where students can submit and cannot see each other's files.",
    ),
    CommandEntry(
        "lti",
        "autograder.cli.lti:app",
        EXCHANGE,
        "Connect the course to a learning platform (LTI 1.3).",
    ),
    CommandEntry(
        "serve",
        "autograder.cli.serve:serve_course",
        ADMINISTRATION,
        "Serve the course's homework and quizzes until Ctrl-C.",
    ),
    CommandEntry(
        "grader",
        "autograder.cli.grader:run_grader",
        ADMINISTRATION,
        "Grade what a site has queued, here or on a cluster, until Ctrl-C.",
    ),
    CommandEntry(
        "loadtest",
        "autograder.cli.loadtest:loadtest",
        ADMINISTRATION,
        "Let a class submit homework to a server on this machine, and check its response times.",
    ),
    CommandEntry(
        "crashtest",
        "autograder.cli.loadtest:crashtest",
        ADMINISTRATION,
        "Kill servers and graders while students submit, and check that every receipt's bytes are stored.",
    ),
    CommandEntry(
        "roster",
        "autograder.cli.roster:app",
        ADMINISTRATION,
        "Manage the people of the course.",
        gives_way=True,
    ),
    CommandEntry(
        "passcode",
        "autograder.cli.sign_in:passcode",
        ADMINISTRATION,
        "Give a person a new passcode; the old one stops working, open sessions stay signed in.",
    ),
    CommandEntry(
        "sign-in-link",
        "autograder.cli.sign_in:sign_in_link",
        ADMINISTRATION,
        "Print a link that signs a person in once, within a week.",
    ),
    CommandEntry(
        "end-sessions",
        "autograder.cli.sign_in:end_sessions",
        ADMINISTRATION,
        "End all sessions and unused sign-in links of a person; a running server notices within 15 seconds.",
    ),
    CommandEntry(
        "backup",
        "autograder.cli.backup:backup",
        ADMINISTRATION,
        "Copy the course's database and files as they are at one moment; a server may keep running.",
    ),
    CommandEntry(
        "restore",
        "autograder.cli.backup:restore",
        ADMINISTRATION,
        "Replace the course's database by a backup and keep the old one beside it; stop the server first.",
    ),
    CommandEntry(
        "maintenance",
        "autograder.cli.maintenance:maintenance",
        ADMINISTRATION,
        "Let graders end what they have and take nothing new, while uploads go on; or end that.",
    ),
    CommandEntry(
        "new-term",
        "autograder.cli.maintenance:new_term_command",
        ADMINISTRATION,
        "Copy the course without its people into a new directory, all dates moved.",
    ),
    CommandEntry(
        "worker",
        "autograder.cli.worker:worker",
        ADMINISTRATION,
        "Grade for a scheduler with this machine's cores, until it ends or this command is stopped.",
    ),
    CommandEntry(
        "doctor",
        "autograder.cli.doctor:doctor",
        ADMINISTRATION,
        "Test the sandbox and everything else this machine needs, and say how to fix what is missing.",
    ),
)

app = program(
    "autograder",
    "Grade deep-learning homework: from notebooks to scores and feedback.",
    COMMANDS,
    {
        "change": "override",
        "claims": "experiments",
        "drop": "dropbox",
        "nbgrader-course": "nbgrader init",
        "report": "refresh",
        "sample": "demo-class",
    },
)


def main() -> None:
    """Run the `autograder` command."""
    run_program(app, COMMANDS)
