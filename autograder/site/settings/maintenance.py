"""Maintenance: graders take nothing new, uploads and quizzes go on, and every page says so."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from autograder.site.audit import Act, record_act
from autograder.site.database import Database
from autograder.site.settings.site_settings import read_setting, write_setting

__all__ = ["Maintenance", "MaintenanceState", "set_maintenance"]

NAME = "maintenance"
CACHED = 2_000  # milliseconds
LONGEST = 300  # characters of a message


@dataclass(frozen=True)
class MaintenanceState:
    """Whether there is maintenance, since when, and what people read."""

    on: bool = False
    since: int = 0
    message: str = ""


class Maintenance:
    """The state as this server knows it; read from the database every other second, at most."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, Lock()
        self._known, self._read_at = MaintenanceState(), -CACHED

    def state(self, now: int) -> MaintenanceState:
        """Whether there is maintenance."""
        with self._lock:
            if not 0 <= now - self._read_at < CACHED:
                with self._database.reading() as connection:
                    self._known = _state(read_setting(connection, NAME))
                self._read_at = now
            return self._known

    def known(self) -> MaintenanceState:
        """The state that was read last, without any reading: for pages that are made on the event loop."""
        return self._known

    def forget(self) -> None:
        """Read it again next time."""
        self._read_at = -CACHED


def set_maintenance(connection: Connection, *, on: bool, message: str, at: int, who: str) -> MaintenanceState:
    """Begin or end maintenance; the same again changes nothing but the message."""
    before = _state(read_setting(connection, NAME))
    message = " ".join(message.split())[:LONGEST]
    state = MaintenanceState(on, before.since if on and before.on else at if on else 0, message if on else "")
    if state == before:
        return before
    values: dict[str, Any] = {"on": state.on, "since": state.since, "message": state.message}
    write_setting(connection, NAME, values, at=at, who=who)
    act = "begin maintenance" if on else "end maintenance"
    record_act(connection, Act(at, who, act, "server", {"message": message}))
    return state


def _state(values: dict[str, Any]) -> MaintenanceState:
    return MaintenanceState(
        bool(values.get("on")), int(values.get("since", 0)), str(values.get("message", ""))
    )
