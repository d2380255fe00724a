"""The scores of quizzes for learning platforms: the attempt that counts, once the quiz shows its score.

The site's sender of scores asks it; see `autograder.site.lti.score_sender`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from autograder.course.course import Extension
from autograder.site.integrity.cases import held_people
from autograder.site.lti.score_sender import CurrentScore
from quizzes.attempts.visibility import Visibility
from quizzes.content.quiz import Quiz
from quizzes.services.scores import scores_at
from quizzes.store.overrides import due_now
from quizzes.store.quizzes import current_version, is_closed_for_everyone, published_in

__all__ = ["QuizScores"]

Rules = Callable[[Connection, str, str], Extension]  # by student and quiz


class QuizScores:
    """The scores of a course's quizzes; see `autograder.site.lti.score_sender.ScoreSource`."""

    def __init__(self, course: str, content: Callable[[str], Quiz], rules: Rules) -> None:
        """`content` gives the quiz of a version, `rules` a student's exceptions for a quiz."""
        self._course, self._content, self._rules = course, content, rules

    def score(self, connection: Connection, who: str, work: str, now: int) -> CurrentScore | None:
        """A person's score in a quiz; None without a marked attempt, and for whoever is excused."""
        rules = self._rules(connection, who, work)
        if rules.excused:
            return None
        scores = [score for score in scores_at(connection, self._course, work, who) if score.attempt]
        marked = [score for score in scores if score.points is not None and score.finished_at is not None]
        if not marked:
            return None
        best = max(marked, key=lambda score: score.points or 0)
        score = {"best": best, "first": marked[0], "last": marked[-1]}[rules.attempts or "last"]
        titles = {published.id: published.title for published in published_in(connection, self._course)}
        due_at = due_now(connection, work, who, score.due_at)
        due = due_at is None or due_at <= now
        points, out_of = float(score.points or 0), float(score.out_of)
        return CurrentScore(
            titles.get(work, work),
            points,
            out_of,
            hidden=not self.shown(connection, work, now)[due]
            or who in held_people(connection, self._course, work),
            complete=score.waiting == 0,
            started_at=score.started_at or 0,
            finished_at=score.finished_at or 0,
            due_at=due_at,
            fingerprint=f"{points:g}/{out_of:g}",
        )

    def shown(self, connection: Connection, work: str, now: int) -> tuple[bool, bool]:
        """Whether students see their scores before, and after, their own due date."""
        release = self._content(current_version(connection, work)).release
        closed = is_closed_for_everyone(connection, work, now)
        before, after = (
            Visibility.of(release, over=True, due=due, closed=closed).score for due in (False, True)
        )
        return before, after
