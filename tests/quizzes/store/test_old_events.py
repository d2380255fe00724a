"""Events that version 0.1 stored are read under today's names, and are not rewritten."""

from __future__ import annotations

import json

from exam_fixture import LOCK, ExamFixture
from sqlalchemy import select, update

from quizzes.attempts.events import EditLockTaken, Started, fold
from quizzes.store.attempts import attempt_from_rows, take_lock
from quizzes.store.tables import attempt_event


def test_the_edit_lock_of_version_0_1(fixture: ExamFixture) -> None:
    """`pen taken` and the key `pen` are an edit lock; the rows stay byte for byte as they were."""
    attempt = fixture.started()
    fixture.write(take_lock, attempt.id, "lock-of-another-tab", fixture.clock.now())
    mine = attempt_event.c.attempt == attempt.id
    with fixture.database.transaction() as connection:
        rows = connection.execute(select(attempt_event).where(mine)).all()
        for row in rows:
            kind = {"edit lock taken": "pen taken"}.get(row.kind, row.kind)
            data = json.loads(row.data)
            data["pen"] = data.pop("lock")
            same = mine, attempt_event.c.seq == row.seq
            connection.execute(update(attempt_event).where(*same).values(kind=kind, data=json.dumps(data)))
        old = connection.execute(select(attempt_event.c.kind, attempt_event.c.data).where(mine)).all()
    events = fixture.exam.inspect(attempt.id)[1]
    assert [type(event) for event in events] == [Started, EditLockTaken]
    assert [getattr(event, "lock", "") for event in events] == [LOCK, "lock-of-another-tab"]
    with fixture.database.reading() as connection:
        assert fold(events) == attempt_from_rows(connection, attempt.id)
        assert connection.execute(select(attempt_event.c.kind, attempt_event.c.data).where(mine)).all() == old
