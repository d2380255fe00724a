"""How many saves a second the quiz store takes, and how long one waits for the disk.

    python tests/bench/quiz_store.py [--students 2000] [--seconds 10] [--rate 400] [--database ADDRESS]

Takers save one after another, as they do in a quiz; first as fast as the store can, then at a steady rate.
The times are from the call to the commit; nothing of a web server is in them. Nothing here is asserted.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from exam_fixture import LOCK, ExamFixture

from autograder.site.database import Database
from quizzes.store.attempts import AttemptRow

AT_ONCE = 64  # threads that wait for a reply, as a server's workers do


class Load:
    """Takers in a row, each with the revision of its answer."""

    def __init__(self, fixture: ExamFixture, students: int) -> None:
        self.fixture = fixture
        quiz = fixture.quiz(questions=8, limit=None, due_at=None, closes_at=None)
        people = [fixture.student() for _ in range(students)]
        began = time.perf_counter()
        started = [fixture.exam.start(quiz, student, LOCK) for student in people]
        self.attempts = [started_attempt.result() for started_attempt in started]
        print(f"{students} starts: {students / (time.perf_counter() - began):.0f} a second")
        self.revisions = [0] * students
        self.turn = itertools.count()
        self.waits: list[float] = []

    def measure(self, n: int) -> None:
        """One save of taker n, waited for."""
        attempt: AttemptRow = self.attempts[n]
        began = time.perf_counter()
        result = self.fixture.save(attempt, f"{n}{self.revisions[n]}", self.revisions[n])
        self.waits.append(time.perf_counter() - began)
        assert result.outcome == "saved"
        self.revisions[n] += 1

    def run(self, seconds: float, rate: float | None) -> None:
        """Save for so long, at a rate or as fast as it goes, and print what came of it."""
        self.waits.clear()
        slots = itertools.count()
        began = time.perf_counter()

        def work(mine: int) -> None:
            students = itertools.cycle(range(mine, len(self.attempts), AT_ONCE))
            while time.perf_counter() - began < seconds:
                if rate:
                    due = began + next(slots) / rate
                    time.sleep(max(0.0, due - time.perf_counter()))
                self.measure(next(students))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
        waits = sorted(self.waits)
        middle, most = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
        asked = f"asked for {rate:.0f} a second" if rate else "as fast as it goes"
        print(
            f"{asked}: {len(waits) / took:.0f} saves a second, "
            f"half within {middle * 1000:.1f} ms, 99 % within {most * 1000:.1f} ms"
        )

    def beside_a_busy_thread(self, seconds: float, rate: float) -> None:
        """The same while another thread of the process computes all the time."""
        rest = threading.Event()

        def spin() -> None:
            while not rest.is_set():
                pass

        busy = threading.Thread(target=spin)
        busy.start()
        self.run(seconds, rate)
        rest.set()
        busy.join()

    def finish(self) -> None:
        """Everybody hands in at once."""
        began = time.perf_counter()
        ended = [
            self.fixture.exam.finish(started_attempt.id, started_attempt.person)
            for started_attempt in self.attempts
        ]
        assert all(started_attempt.result().now for started_attempt in ended)
        print(f"{len(ended)} finishes: {len(ended) / (time.perf_counter() - began):.0f} a second")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=400)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fixture = ExamFixture(Database(given.database or Path(folder) / "quiz.db"))
        print(f"{fixture.database.dialect}, {given.students} takers, {AT_ONCE} at once")
        load = Load(fixture, given.students)
        load.run(given.seconds, None)
        load.run(given.seconds, given.rate)
        load.run(given.seconds, given.rate / 3)
        print("beside a thread that never rests, as a web server's may be in a herd:")
        load.beside_a_busy_thread(given.seconds, given.rate)
        load.finish()
        fixture.exam.close()


if __name__ == "__main__":
    main()
