"""Due dates of single students: rules for everybody, a section, a label or one person, and spent late days.

A rule moves the due date itself, or extends it: by days on the clock of the course's zone, by minutes, or
until an instant. An extension never shortens. Of one student's extensions a person's rule goes before the
one of a label, and that before a section's; what everybody has counts as well, and the later date wins. A
rule for one assignment goes before a standing one. The site stores such rules; `Course.due` asks here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from autograder.course.local_time import later_wall

__all__ = ["DueRule", "DueRules", "Scope"]


class Scope(StrEnum):
    """Whom a rule is for."""

    ALL = "all"
    SECTION = "section"
    LABEL = "label"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class DueRule:
    """A rule; with `moves` it is the due date itself of everybody or of a section, else an extension."""

    scope: Scope
    who: str = ""  # the person, label or section
    assignment: str = ""  # empty for every assignment
    moves: bool = False
    until: datetime | None = None  # with a zone
    days: int = 0
    minutes: int = 0
    no_penalty: bool = False
    excused: bool = False
    number: int = 0  # of two rules that are for a student alike, the higher one counts

    def extended(self, due: datetime, zone: ZoneInfo) -> datetime:
        """A due date as this extension leaves it."""
        later = later_wall(due, self.days, zone).astimezone(UTC) + timedelta(minutes=self.minutes)
        return later if self.until is None else max(later, self.until.astimezone(UTC))


@dataclass(frozen=True)
class DueRules:
    """All rules of a course, with what they need to know of its people."""

    rules: Sequence[DueRule] = ()
    labels: Mapping[str, str] = field(default_factory=dict)  # by person
    sections: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by person
    late_days: Mapping[tuple[str, str], int] = field(default_factory=dict)  # by person and assignment

    @property
    def digest(self) -> str:
        """The same for the same rules of the same people."""
        sections = {person: sorted(named) for person, named in self.sections.items()}
        parts = (*map(repr, self.rules), self.labels, sections, self.late_days)
        written = repr([sorted(part.items()) if isinstance(part, dict) else part for part in parts])
        return hashlib.sha256(written.encode()).hexdigest()

    def base(self, student: str, assignment: str, published: datetime | None) -> datetime | None:
        """The due date without any extension: the section's, else the one everybody has now."""
        moved = [rule for rule in self.rules if rule.moves and rule.assignment == assignment]
        sections = self.sections.get(student, frozenset())
        of_section = [rule for rule in moved if rule.scope is Scope.SECTION and rule.who in sections]
        of_all = [rule for rule in moved if rule.scope is Scope.ALL]
        # Whoever is in two sections has the later of their dates.
        if of_section:
            return max(rule.until.astimezone(UTC) for rule in of_section if rule.until is not None)
        newest = max(of_all, key=lambda rule: rule.number, default=None)
        return published if newest is None else newest.until

    def extensions(self, student: str, assignment: str) -> list[DueRule]:
        """The extensions that count for a student: what everybody has, and the narrowest of the others."""
        found = []
        if (of_all := _newest(self._of(Scope.ALL, [""], assignment))) is not None:
            found.append(of_all)
        narrower = (
            (Scope.PERSON, [student]),
            (Scope.LABEL, [self.labels.get(student, "")]),
            (Scope.SECTION, self.sections.get(student, ())),
        )
        for scope, names in narrower:
            narrow = _newest(self._of(scope, [name for name in names if name], assignment))
            if narrow is not None:
                return [*found, narrow]
        return found

    def due(
        self, student: str, assignment: str, base: datetime, written: datetime, zone: ZoneInfo
    ) -> datetime:
        """A student's due date; `written` is what course.yaml gives them, `base` what the others have."""
        # In UTC: Python compares two times of one zone by their clocks alone.
        dates = [rule.extended(base, zone) for rule in self.extensions(student, assignment)]
        latest = max([written.astimezone(UTC), *dates])
        return later_wall(latest, self.late_days.get((student, assignment), 0), zone)

    def students(self) -> set[str]:
        """Everybody who may have another due date than the others."""
        sections = {rule.who for rule in self.rules if rule.scope is Scope.SECTION}
        labels = {rule.who for rule in self.rules if rule.scope is Scope.LABEL}
        return {
            *(rule.who for rule in self.rules if rule.scope is Scope.PERSON),
            *(person for person, label in self.labels.items() if label in labels),
            *(person for person, named in self.sections.items() if named & sections),
            *(person for person, _ in self.late_days),
        }

    def _of(self, scope: Scope, names: Iterable[str], assignment: str) -> list[DueRule]:
        wanted = set(names)
        return [
            rule
            for rule in self.rules
            if rule.scope is scope
            and not rule.moves
            and rule.who in wanted
            and rule.assignment in ("", assignment)
        ]


def _newest(rules: Sequence[DueRule]) -> DueRule | None:
    """The rule that counts: one for the assignment itself goes before a standing one, then the newest."""
    return max(rules, key=lambda rule: (bool(rule.assignment), rule.number), default=None)
