"""A server that is killed has lost nothing it acknowledged."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from exam_fixture import SIGNER
from small_quiz import SmallQuiz
from sqlalchemy import select

from autograder.site.clock import ServerClock
from autograder.site.database import Database
from quizzes.attempts.events import Saved, fold
from quizzes.services.exam import ExamService
from quizzes.store.attempts import attempt_from_rows
from quizzes.store.tables import attempt

CHILD = Path(__file__).parents[2] / "support" / "saving_child.py"
ROUNDS = 10


def killed_under_load(file: Path, turn: int) -> list[tuple[str, str, int, int]]:
    """Run the child, kill it at some moment after its first replies; what it had acknowledged."""
    command = [sys.executable, str(CHILD), str(file), str(turn)]
    # Unbuffered: `communicate` would not see what `readline` had read ahead, and begin within a line.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as child:
        assert child.stdout is not None and child.stderr is not None
        first = child.stdout.readline()
        time.sleep(random.Random(turn).uniform(0.05, 0.6))
        child.kill()
        rest, output = child.communicate()
    assert first, output.decode()
    lines = (first + rest).decode().splitlines(keepends=True)
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(attempt_id, save_id, int(rev), int(n)) for attempt_id, save_id, rev, n in whole]


@pytest.mark.full
def test_every_acknowledged_save_survives_a_kill(tmp_path: Path) -> None:
    """Ten kills at random moments: each save is in the log and in the answers, and the file is whole."""
    file = tmp_path / "quiz.db"
    acknowledged: list[tuple[str, str, int, int]] = []
    for turn in range(ROUNDS):
        acknowledged += killed_under_load(file, turn)
        database = Database(file)
        exam = ExamService(database, ServerClock(), SIGNER, SmallQuiz)
        with database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            attempts = list(connection.execute(select(attempt.c.id)).scalars())
        assert len(attempts) == 8
        stored: dict[str, dict[str, Saved]] = {}
        for attempt_row in attempts:
            view, events = exam.inspect(attempt_row)
            with database.reading() as connection:
                assert fold(events) == attempt_from_rows(connection, attempt_row)
            stored[attempt_row] = {event.save_id: event for event in events if isinstance(event, Saved)}
            last = max((rev for logged_id, _, rev, _ in acknowledged if logged_id == attempt_row), default=0)
            assert view.answers.get(0) is None or view.answers[0].rev >= last
        for attempt_row, save_id, rev, n in acknowledged:
            event = stored[attempt_row][save_id]
            assert (event.rev, event.response) == (rev, f'"{n}"')
        exam.close()
    assert len(acknowledged) >= ROUNDS
