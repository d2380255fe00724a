"""The database's form: made by steps, the same on both databases as the code believes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from exam_fixture import ExamFixture
from sqlalchemy import Boolean, Float, Integer, LargeBinary, String, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from autograder.errors import UsageError
from autograder.site.database import Database, migrate, migrations, version_of
from autograder.site.homework.tables import homework
from autograder.site.tables import enrolment, metadata
from quizzes.store.tables import attempt, quiz

KINDS = {
    "TEXT": String,
    "BIGINT": Integer,
    "INTEGER": Integer,
    "BOOLEAN": Boolean,
    "BLOB": LargeBinary,
    "BYTEA": LargeBinary,
    "REAL": Float,
    "DOUBLE PRECISION": Float,
}


def test_the_steps_make_what_the_code_believes(fixture: ExamFixture) -> None:
    """Tables, columns, what may be empty, keys, uniqueness and indexes."""
    with fixture.database.transaction() as connection:
        database_now: Any = inspect(connection)
        tables = set(database_now.get_table_names())
        assert homework.name in metadata.tables
        assert tables == set(metadata.tables) | {"schema_version"}
        for name, table in metadata.tables.items():
            columns = {column["name"]: column for column in database_now.get_columns(name)}
            assert list(columns) == [column.name for column in table.columns], name
            for column in table.columns:
                assert columns[column.name]["nullable"] == column.nullable, column
                kind = getattr(column.type, "impl", column.type)  # what a type of ours is stored as
                assert isinstance(kind, KINDS[str(columns[column.name]["type"])]), column
            keys = database_now.get_pk_constraint(name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key], name
            expected = {(i.name, tuple(c.name for c in i.columns), bool(i.unique)) for i in table.indexes}
            indexes = {
                (i["name"], tuple(i["column_names"]), bool(i["unique"]))
                for i in database_now.get_indexes(name)
            }
            assert expected <= indexes, name
            foreign = {
                tuple(foreign_key["constrained_columns"])
                for foreign_key in database_now.get_foreign_keys(name)
            }
            assert foreign == {
                tuple(constraint.column_keys) for constraint in table.foreign_key_constraints
            }, name


def test_opening_again_changes_nothing(new_address: str) -> None:
    """A database is brought to its form once."""
    for _ in range(2):
        database = Database(new_address)
        with database.transaction() as connection:
            assert migrate(connection) == 0
            assert version_of(connection) == len(migrations())
        database.close()


def test_two_servers_that_begin_at_once(new_address: str) -> None:
    """One makes the tables, the other waits and finds them."""
    with ThreadPoolExecutor(4) as pool:
        for database in pool.map(lambda _: Database(new_address), range(4)):
            database.close()


def test_a_further_step_keeps_what_is_stored(fixture: ExamFixture) -> None:
    """A step is run once, after those before it, and the rows are still there."""
    fixture.quiz()
    steps = (*migrations(), "ALTER TABLE quiz ADD COLUMN hint TEXT;\nCREATE TABLE further (id {serial});\n")
    with fixture.database.transaction() as connection:
        assert migrate(connection, steps) == 1
        assert migrate(connection, steps) == 0
        assert connection.execute(text("SELECT hint FROM quiz")).scalar_one() is None
        assert len(connection.execute(select(quiz)).all()) == 1


def test_a_step_that_fails_leaves_the_old_form(fixture: ExamFixture) -> None:
    """All or nothing."""
    steps = (*migrations(), "CREATE TABLE further (id {serial});\nALTER TABLE nowhere ADD COLUMN x TEXT;\n")
    with pytest.raises(Exception, match="nowhere"), fixture.database.transaction() as connection:
        migrate(connection, steps)
    with fixture.database.transaction() as connection:
        assert version_of(connection) == len(migrations())
        assert "further" not in inspect(connection).get_table_names()


def test_a_database_of_the_future_is_left_alone(address: str) -> None:
    """An older program says so instead of writing into it."""
    database = Database(address)
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO schema_version VALUES (999)"))
    database.close()
    with pytest.raises(UsageError, match="schema version 999"):
        Database(address)


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    """It is not written into; a sentence says so."""
    file = tmp_path / "quiz.db"
    file.write_text("a letter, and no database at all" * 100)
    before = file.read_bytes()
    with pytest.raises(UsageError, match="not a database"):
        Database(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mysql://x/y", "SQLite file or postgresql"),
        ("/no/such/folder/quiz.db", "cannot be opened"),
        ("postgresql://nobody@127.0.0.1:1/x", "cannot be opened"),
    ],
)
def test_what_is_no_database(address: str, message: str) -> None:
    """A sentence says what is wrong with the address."""
    with pytest.raises(UsageError, match=message):
        Database(address)


@pytest.mark.xdist_group("postgresql")
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_on_postgresql_is_in_utf8(postgres: str, encoding: str) -> None:
    """A database created under another locale is refused with its encoding and how to create it anew."""
    name = f"encoded_{encoding.lower()}"
    with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    with pytest.raises(UsageError, match=f"{name} has the encoding {encoding}; it needs UTF8") as problem:
        Database(postgres.format(name))
    assert "createdb --encoding UTF8" in problem.value.next_step


def test_the_database_says_what_a_column_may_say(fixture: ExamFixture) -> None:
    """An unknown state, role or scope, and what belongs to no question, is refused on both databases."""
    row = fixture.started()
    with fixture.database.transaction() as connection:
        connection.execute(
            text("INSERT INTO quiz_override VALUES (:quiz, 'person', 'x', 'extra', '1')"), {"quiz": row.quiz}
        )
    for state in ("open", "finished", "graded"):
        with fixture.database.transaction() as connection:
            connection.execute(update(attempt).where(attempt.c.id == row.id).values(state=state))
    wrong = (
        update(attempt).values(state="lost"),
        update(attempt).values(finished_by="somebody"),
        text(
            "INSERT INTO attempt SELECT 'new', quiz, version, person, 9, seed, preview, 'lost', started_at, "
            "deadline_at, due_at, grace, finished_at, finished_by, lock, seq, saved_bytes FROM attempt"
        ),
        update(enrolment).values(role="dean"),
        update(enrolment).values(extra=-1),
        text("UPDATE quiz_override SET scope = 'planet'"),
        text("INSERT INTO flag VALUES ('no-such-attempt', 0)"),
        text(f"INSERT INTO flag VALUES ('{row.id}', 99)"),
        text(
            "INSERT INTO regrade_request "
            "(course, kind, work, answer, part, person, marker, at, state, changed) "
            f"VALUES ('course', 'quiz', '{row.quiz}', '{row.id}', '0', 'nobody', '', 1, 'open', FALSE)"
        ),
        text(
            "INSERT INTO regrade_request "
            "(course, kind, work, answer, part, person, marker, at, state, changed) "
            f"VALUES ('course', 'quiz', '{row.quiz}', '{row.id}', '0', '{row.person}', '', 1, 'lost', FALSE)"
        ),
        text(
            "INSERT INTO answer_event VALUES "
            f"('{row.id}', 77, 1, 99, 1, 0, 'save-0001', '1', '', FALSE, FALSE, '', NULL)"
        ),
    )
    for statement in wrong:
        with pytest.raises(IntegrityError), fixture.database.transaction() as connection:
            connection.execute(statement)
