"""What waits for one marker: answers, those assigned to them apart from the others, and regrade requests.

The home page of staff and the pages of marking show these numbers; they are counted here alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from autograder.course.local_time import counted
from autograder.site.app_context import AppContext
from autograder.site.marking.assigned_work import who_is_not_marked_by
from autograder.site.marking.source import marking_sources
from autograder.site.marking.tables import assigned_answer, regrade_request
from autograder.site.roles import Access, may_see, visible_people

__all__ = ["WaitingForMarker", "WaitingNumbers", "requests_waiting", "waiting_for", "waiting_sentences"]

Question = tuple[str, str, str]  # the kind of its work, the work, and its id in it


@dataclass(frozen=True, slots=True)
class WaitingNumbers:
    """How many answers to a question wait."""

    mine: int  # assigned to the marker; of a question that is not assigned, all
    others: int  # assigned to other markers, or left out when the others were assigned


@dataclass(frozen=True, slots=True)
class WaitingForMarker:
    """A piece of work with answers that wait and that a marker may mark."""

    kind: str
    work: str
    title: str
    questions: Mapping[str, WaitingNumbers]

    @property
    def mine(self) -> int:
        """The answers that the marker gets next, one after the other."""
        return sum(numbers.mine for numbers in self.questions.values())

    @property
    def others(self) -> int:
        """The answers that the marker may mark, and somebody else is to mark."""
        return sum(numbers.others for numbers in self.questions.values())

    @property
    def for_marker(self) -> str:
        """What waits for the marker, as a sentence; empty for nothing."""
        return f"{counted(self.mine, 'answer waits', 'answers wait')} for your mark" if self.mine else ""

    @property
    def for_others(self) -> str:
        """What else waits, as a sentence; empty for nothing."""
        if not self.others:
            return ""
        waits = counted(self.others, "answer waits", "answers wait")
        return f"{waits} for other markers, or {'is' if self.others == 1 else 'are'} assigned to nobody"

    @property
    def path(self) -> str:
        """The page on which they are marked: the question's, where there is only one."""
        path = f"/marking/{self.kind}/{self.work}"
        return f"{path}/questions/{next(iter(self.questions))}" if len(self.questions) == 1 else path


def waiting_for(connection: Connection, site: AppContext, access: Access) -> list[WaitingForMarker]:
    """What waits of all works, for somebody who sees students' work; works without anything are left out.

    Left out are answers of people whose work they do not see, their own, and conflicts of interest.
    """
    assigned, of_marker = _assigned(connection, site.course, access.person)
    excluded = who_is_not_marked_by(connection, site.course, access.person)
    visible = _visible(connection, site.course, access)
    found = []
    for source in marking_sources(site):
        for work in source.waiting(connection):
            questions = {}
            for question, answers in work.questions.items():
                key = source.kind, work.work, question
                theirs = of_marker.get(key, set())
                mine = others = 0
                for people in answers:
                    if not excluded.isdisjoint(people):
                        continue
                    is_mine = not theirs.isdisjoint(people)
                    if not is_mine and visible is not None and visible.isdisjoint(people):
                        continue
                    if is_mine or key not in assigned:
                        mine += 1
                    else:
                        others += 1
                if mine or others:
                    questions[question] = WaitingNumbers(mine, others)
            if questions:
                found.append(WaitingForMarker(source.kind, work.work, work.title, questions))
    return found


def waiting_sentences(works: Sequence[WaitingForMarker]) -> list[tuple[str, str]]:
    """The sentences of all works, each with the page to go to: first what is the marker's, then the rest."""
    return [
        *((f"{work.title}: {work.for_marker}", work.path) for work in works if work.for_marker),
        *((f"{work.title}: {work.for_others}", work.path) for work in works if work.for_others),
    ]


def requests_waiting(connection: Connection, site: AppContext, access: Access) -> int:
    """How many regrade requests wait for an answer, of those that a member of staff is shown.

    As with marks, those are left out that decide their own points, or points in a conflict of interest.
    """
    rows = connection.execute(
        select(regrade_request.c.kind, regrade_request.c.answer, regrade_request.c.person).where(
            regrade_request.c.course == site.course,
            regrade_request.c.state.in_(["open", "appealed"]),
            may_see(regrade_request.c.person, site.course, access),
        )
    ).all()
    if not rows:
        return 0
    excluded, many = who_is_not_marked_by(connection, site.course, access.person), 0
    for source in marking_sources(site):
        of_kind = [row for row in rows if row.kind == source.kind]
        people = source.people_of(connection, {row.answer for row in of_kind})
        many += sum(excluded.isdisjoint(people.get(row.answer, (row.person,))) for row in of_kind)
    return many


def _visible(connection: Connection, course: str, access: Access) -> frozenset[str] | None:
    """The people whose work somebody sees by role and section; None for everybody."""
    visible = visible_people(course, access)
    return None if visible is None else frozenset(connection.execute(visible).scalars())


def _assigned(
    connection: Connection, course: str, marker: str
) -> tuple[set[Question], dict[Question, set[str]]]:
    """The questions that are assigned to anybody, and the people whose answers are the marker's."""
    key = [assigned_answer.c[name] for name in ("kind", "work", "question")]
    of_course = assigned_answer.c.course == course
    assigned = {
        (row.kind, row.work, row.question)
        for row in connection.execute(select(*key).where(of_course).distinct())
    }
    of_marker: dict[Question, set[str]] = defaultdict(set)
    rows = select(*key, assigned_answer.c.person).where(of_course, assigned_answer.c.marker == marker)
    for row in connection.execute(rows):
        of_marker[row.kind, row.work, row.question].add(row.person)
    return assigned, of_marker
