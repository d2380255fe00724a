"""What learning platforms have of people's scores, for pages: since when, or why not.

`deliveries` moves the rows on; this module only reads them. Students and staff read the same sentences.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select

from autograder.site.tables import lti_link, lti_platform, lti_score

__all__ = ["ScoreState", "failed_scores", "linked_work", "score_states", "usual_cause"]

# By what the platform's answer says; the first that is found decides.
CAUSES = (
    (r"answered 40[13]\b", "The platform refuses this tool: allow it to write grades there (AGS, “score”)."),
    (
        r"answered 404\b",
        "The column was deleted in the platform: add the link there again, and open it once.",
    ),
    (
        r"answered 4(?:00|22)\b",
        "The platform takes no score for this student: check there that they are a student of the course, "
        "that the course has not ended, and that the assignment is published. It is tried again by itself.",
    ),
    (r"answered 409\b", "The platform has a newer score, such as one that was entered there by hand."),
    (r"answered 429\b", "The platform takes no more at the moment; it is tried again by itself."),
    (r"answered 5\d\d\b", "The platform has a fault of its own; it is tried again by itself."),
    (r"cannot be reached|not answered yet|end of its answer", "The platform does not answer: check that this "
     "server reaches it."),
    (r"no gradebook", "The link in the platform has no column: let it count for the gradebook there."),
)  # fmt: skip


@dataclass(frozen=True)
class ScoreState:
    """A person's score at one recipient."""

    person: str
    kind: str
    work: str
    platform: str  # what people call it
    state: str  # `waiting`, `held`, `sent`, `failed` or `retired`
    sent: str  # the points that arrived last, `17/20`; empty before the first
    sent_at: int | None
    problem: str
    next_at: int

    @property
    def points(self) -> str:
        """The points that the platform has; empty for none."""
        return self.sent.partition("/")[0]

    @property
    def is_undelivered(self) -> bool:
        """Whether the platform should have a score that it does not have."""
        return self.state in ("waiting", "failed")

    def sentence(self, local: Callable[[int], str]) -> str:
        """What the platform has, or why it has nothing newer; `local` writes an instant."""
        has = f"{self.platform} has {self.points} since {local(self.sent_at)}" if self.sent_at else ""
        if self.state == "sent":
            return f"{has}."
        if self.state == "failed":
            why = f"the newest score did not arrive; it is tried again {local(self.next_at)}"
        elif self.state == "held":
            why = "scores are not shown yet"
        elif self.state == "waiting":
            why = "the newest score is on its way"
        else:
            why = "nothing is sent there any more"
        return f"{has}; {why}." if has else f"{self.platform} has no score: {why}."


def usual_cause(problem: str) -> str:
    """What usually causes such an answer of a platform, and what to do; empty where it says so itself."""
    return next((cause for pattern, cause in CAUSES if re.search(pattern, problem)), "")


def score_states(
    connection: Connection, who: str | None = None
) -> dict[str, dict[tuple[str, str], list[ScoreState]]]:
    """The states of all scores, or of one person's: by person, then by kind and name of the work."""
    titles = {
        (row.issuer, row.client): row.title
        for row in connection.execute(
            select(lti_platform.c.issuer, lti_platform.c.client, lti_platform.c.title)
        )
    }
    rows = select(lti_score).order_by(lti_score.c.person, lti_score.c.work, lti_score.c.resource)
    if who is not None:
        rows = rows.where(lti_score.c.person == who)
    states: dict[str, dict[tuple[str, str], list[ScoreState]]] = defaultdict(dict)
    for row in connection.execute(rows):
        state = ScoreState(
            row.person,
            row.kind,
            row.work,
            _called(titles, row.issuer, row.client),
            row.state,
            row.sent.partition(" ")[0],
            row.sent_at,
            row.problem,
            row.next_at,
        )
        states[row.person].setdefault((row.kind, row.work), []).append(state)
    return states


def failed_scores(connection: Connection) -> int:
    """How many scores a platform did not take."""
    failed = select(func.count()).where(lti_score.c.state == "failed")
    return int(connection.execute(failed).scalar_one())


def linked_work(connection: Connection) -> set[tuple[str, str]]:
    """The kinds and names of the work that a platform links to."""
    rows = connection.execute(select(lti_link.c.kind, lti_link.c.work).distinct())
    return {(row.kind, row.work) for row in rows}


def _called(titles: Mapping[tuple[str, str], str], issuer: str, client: str) -> str:
    """A platform's product or host: `canvas` is written Canvas."""
    title = titles.get((issuer, client), "")
    return title.capitalize() if title.islower() and "." not in title else title or urlsplit(issuer).netloc
