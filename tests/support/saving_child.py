"""A server under load, to be killed: saves as fast as it can and prints each save that was acknowledged.

python saving_child.py DATABASE ROUND
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from exam_fixture import PEN, Hall

from autograder.site.database import Database

STUDENTS = 8


def answer_on(hall: Hall, quiz: str, student: str, turn: str) -> None:
    """Go on with a student's attempt where it was, for ever."""
    attempt = hall.proctor.start(quiz, student, PEN).result()
    held = hall.proctor.view(attempt.id, student).answers
    base = held[0].rev if 0 in held else 0
    for n in range(10**9):
        save_id = f"save-{turn}-{student}-{n}"
        result = hall.save(attempt, str(n), base + n, save_id=save_id)
        assert result.outcome == "saved", result
        # One write of a whole line: a kill leaves no half of it before others.
        os.write(1, f"{attempt.id} {save_id} {result.held.rev} {n}\n".encode())


def main(address: str, turn: str) -> None:
    """Save until killed."""
    hall = Hall(Database(address))
    quiz = hall.republish("quiz-of-the-crash", questions=1, limit=None, due_at=None, closes_at=None)
    threads = [
        threading.Thread(target=answer_on, args=(hall, quiz, hall.student(), turn)) for _ in range(STUDENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
