"""Quizzes as marking by hand sees them: essays, and any other question whose points a person overrides.

A question is an item of a bank, whatever its position in an attempt; all attempts that are marked count.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup
from sqlalchemy import Connection, Text, and_, cast, func, select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.course.course import find_course
from autograder.errors import AutograderError, Conflict, NotFound
from autograder.site.app_context import AppContext
from autograder.site.marking.source import (
    AnswerToMark,
    Criterion,
    GivenMark,
    QuestionToMark,
    ShownAnswer,
    WaitingWork,
    question_of,
)
from autograder.site.marks import Mark, Source, Waiting, current_mark, mark_of
from autograder.site.people import not_erased
from autograder.site.requests import reads, whole_number
from autograder.site.roles import Permission
from autograder.site.staff import requires
from autograder.site.tables import mark as mark_table
from autograder.site.tables import points_text, waiting_mark
from quizzes.attempts.response import answer_from
from quizzes.content.items.essay import EssayQuestion
from quizzes.content.markup import escaped, render
from quizzes.content.question import Question
from quizzes.content.quiz_file import load_quiz
from quizzes.content.version import AttemptItem
from quizzes.store.attempts import answers_of, find_attempt
from quizzes.store.marks import QUIZ, give_mark, history_of, withdraw_mark
from quizzes.store.quizzes import current_version, published_in
from quizzes.store.regrades import open_proposal
from quizzes.store.tables import answer as answer_table
from quizzes.store.tables import attempt, attempt_item
from quizzes.web.context import PART, QuizContext
from quizzes.web.forms import answer_html
from quizzes.web.released import shown_since, tell_mark
from quizzes.web.staff.access import staff_at

__all__ = ["NamedItem", "QuizMarking", "marking", "quiz_marking"]

MARKING = "quiz marking"
CENT = Decimal("0.0001")


@reads
@requires(Permission.STUDENTS)
def marking(request: Request) -> Response:
    """The way to the page on which the quiz's questions are marked by hand."""
    quiz = request.path_params["quiz"]
    staff_at(request, quiz)
    return RedirectResponse(f"/marking/{QUIZ}/{quiz}", 303)


@dataclass(frozen=True)
class _Item:
    """An item as attempts have it, by its digest."""

    reference: str
    question: Question
    points: Decimal


@dataclass(frozen=True)
class NamedItem:
    """An item of a quiz at one wording."""

    digest: str
    id: str  # in addresses
    title: str  # of its bank and its own id, in words
    points: Decimal


class QuizMarking:
    """The quizzes of a course for marking by hand; see `autograder.site.marking.source`."""

    kind = QUIZ

    def __init__(self, quizzes: QuizContext) -> None:
        self._quizzes = quizzes
        self._items: dict[str, _Item] = {}  # by digest, which never means another item

    def works(self, connection: Connection) -> list[tuple[str, str]]:
        """The published quizzes."""
        return [(quiz.id, quiz.title) for quiz in published_in(connection, self._quizzes.site.course)]

    def questions(self, connection: Connection, work: str) -> list[QuestionToMark]:
        """The items in the attempts at a quiz, those that only a person marks first."""
        if work not in {id for id, _ in self.works(connection)}:
            raise NotFound("There is no such quiz.", next_step="Choose one from the list of quizzes.")
        questions: dict[str, QuestionToMark] = {}
        for _, item in self._items_at(connection, work):
            is_essay = isinstance(item.question, EssayQuestion)
            id = _id(item.reference)
            known = questions.get(id)
            most = max(item.points, known.points) if known else item.points
            questions[id] = QuestionToMark(
                id, title_of(item.reference), most, is_essay, tuple(_criteria(item))
            )
        return sorted(questions.values(), key=lambda question: (not question.by_hand, question.id))

    def questions_in_order(self, connection: Connection, work: str) -> list[NamedItem]:
        """The items in the attempts at a quiz, each version of one with its digest, by their references."""
        items = [
            NamedItem(digest, _id(item.reference), title_of(item.reference), item.points)
            for digest, item in self._items_at(connection, work)
        ]
        return sorted(items, key=lambda item: item.id)

    def answers(self, connection: Connection, work: str, question: QuestionToMark) -> list[AnswerToMark]:
        """The answers in all attempts that are marked, previews left out."""
        hashes = [
            digest for digest, item in self._items_at(connection, work) if _id(item.reference) == question.id
        ]
        return list(self._answers(connection, work, question, hashes))

    def waiting(self, connection: Connection) -> list[WaitingWork]:
        """Essays that wait for their first mark, and answers that changed after a person marked them."""
        rows = connection.execute(
            select(
                attempt.c.id,
                attempt.c.quiz,
                attempt.c.person,
                attempt_item.c.question_hash,
                waiting_mark.c.why,
            )
            .select_from(waiting_mark)
            .join(attempt, attempt.c.id == waiting_mark.c.work)
            .join(
                attempt_item,
                and_(
                    attempt_item.c.attempt == attempt.c.id,
                    cast(attempt_item.c.pos, Text) == waiting_mark.c.part,
                ),
            )
            .where(waiting_mark.c.kind == QUIZ, attempt.c.state == "graded", attempt.c.preview.is_(False))
            .where(not_erased(attempt.c.person))  # their answers are gone
            .order_by(attempt.c.quiz, attempt.c.id)
        )
        waiting: dict[str, dict[str, list[tuple[str, ...]]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            item = self._item_with(row.question_hash, row.id)
            if row.why == Waiting.CHANGED or isinstance(item.question, EssayQuestion):
                waiting[row.quiz][_id(item.reference)].append((row.person,))
        return [
            WaitingWork(work, title, dict(waiting[work]))
            for work, title in self.works(connection)
            if work in waiting
        ]

    def questions_of_people(self, connection: Connection, work: str) -> set[str]:
        """The essays, and the items whose points a person gave or took back in an attempt."""
        items = dict(self._items_at(connection, work))
        personal = [source for source in Source if source.personal]
        marked = connection.execute(
            select(attempt_item.c.question_hash)
            .join(attempt, attempt.c.id == attempt_item.c.attempt)
            .join(
                mark_table,
                and_(mark_table.c.work == attempt.c.id, mark_table.c.part == cast(attempt_item.c.pos, Text)),
            )
            .where(
                attempt.c.quiz == work,
                attempt.c.state == "graded",
                attempt.c.preview.is_(False),
                mark_table.c.kind == QUIZ,
                mark_table.c.source.in_(personal),
            )
            .distinct()
        )
        essays = {_id(item.reference) for item in items.values() if isinstance(item.question, EssayQuestion)}
        return essays | {_id(items[digest].reference) for (digest,) in marked}

    def marked(self, connection: Connection, work: str, question: QuestionToMark) -> list[AnswerToMark]:
        """The answers that people have marked: every attempt's mark is its own."""
        return [answer for answer in self.answers(connection, work, question) if answer.mark is not None]

    def answer(
        self, connection: Connection, work: str, question: QuestionToMark, id: str, part: str
    ) -> AnswerToMark:
        """One answer as the database has it now."""
        hashes = [
            digest for digest, item in self._items_at(connection, work) if _id(item.reference) == question.id
        ]
        for answer in self._answers(connection, work, question, hashes, id):
            if answer.part == part:
                return answer
        raise NotFound("There is no such answer.", next_step="Go back to the list of answers.")

    def shown(
        self, connection: Connection, work: str, question: QuestionToMark, answer: AnswerToMark
    ) -> ShownAnswer:
        """The question as the student had it, the answer, and its key."""
        item = self._item(answer)
        stored = answers_of(connection, answer.id).get(int(answer.part))
        given = answer_from(stored.response) if stored else None
        text = answer_html(item.view, given)
        if isinstance(item.question, EssayQuestion) and isinstance(given, str) and given.strip():
            text = Markup('<p class="answer">{}</p>').format(given)
        key = "Model answer" if isinstance(item.question, EssayQuestion) else "Key"
        return ShownAnswer(
            [("Question", Markup(item.view.prompt)), ("Answer", text)],
            [(key, item.question.key_html)],
        )

    def give(
        self,
        connection: Connection,
        work: str,
        question: QuestionToMark,
        answer: AnswerToMark,
        given: GivenMark,
        *,
        at: int,
        who: str,
    ) -> None:
        """Add a person's mark, or withdraw it so that the automatic one counts."""
        pos = int(answer.part)
        row = find_attempt(connection, answer.id)
        quiz = self._quizzes.quiz(current_version(connection, work))
        if given.points is None:
            withdraw_mark(connection, answer.id, pos, reason=given.comment, at=at, who=who)
            tell_mark(connection, quiz, row, pos, at)
            return
        most = self._item(answer).points
        if given.points > most:
            raise Conflict(
                f"This answer earns at most {points_text(most)} points.", next_step="Correct the points."
            )
        detail = {
            "share": str(given.points / most) if most else "0",
            "pending": False,
            "feedback": render(escaped(given.comment)) if given.comment else "",
            "detail": {"by": who, "reason": given.comment},
            **({"rubric": given.rubric} if given.rubric else {}),
        }
        give_mark(
            connection,
            answer.id,
            pos,
            given.points,
            detail=json.dumps(detail, ensure_ascii=False),
            reason=given.comment or "by hand",
            at=at,
            who=who,
        )
        tell_mark(connection, quiz, row, pos, at)

    def earlier(self, connection: Connection, answer: AnswerToMark) -> list[Mark]:
        """The marks that people gave the question in its attempt."""
        marks = history_of(connection, answer.id).get(int(answer.part), [])
        return [given for given in marks if given.source.personal]

    def is_for(self, connection: Connection, answer: AnswerToMark, given: Mark) -> bool:
        """Whether a mark is for the revision of the answer that is stored now."""
        stored = answers_of(connection, answer.id).get(int(answer.part))
        return given.answer_rev == (stored.rev if stored else 0)

    def people_of(self, connection: Connection, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Whose attempts they are."""
        rows = connection.execute(select(attempt.c.id, attempt.c.person).where(attempt.c.id.in_(ids)))
        return {row.id: (row.person,) for row in rows}

    def work_of(self, connection: Connection, id: str) -> str:
        """The quiz of an attempt."""
        return find_attempt(connection, id).quiz

    def question_at(self, connection: Connection, work: str, id: str, part: str) -> QuestionToMark:
        """The item at a position of an attempt."""
        items = self._quizzes.exam.items_of(id)
        pos = whole_number(part, len(items) - 1)
        if pos is None:
            raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
        return question_of(connection, self, work, _id(items[pos].reference))

    def shown_since(
        self, connection: Connection, work: str, answer: AnswerToMark, person: str, at: int
    ) -> int | None:
        """Since when the student sees the key of the quiz: before that there is nothing to object to."""
        row = find_attempt(connection, answer.id, person)
        release = self._quizzes.quiz(current_version(connection, work)).release
        return shown_since(connection, release, row, at)

    def page_for_student(self, answer: AnswerToMark) -> str:
        """The results, at the question."""
        return f"/attempts/{answer.id}/results#question-{int(answer.part) + 1}"

    def propose_for_all(self, work: str, reason: str, *, at: int, who: str) -> str:
        """Mark all attempts by the quiz's files as they are now."""
        try:
            version = load_quiz(find_course(self._quizzes.site.folder), work).quiz
        except AutograderError as problem:  # a mistake in the files, for their author
            message = problem.message.replace(f"{self._quizzes.site.folder}/", "")
            raise Conflict(message, next_step=problem.next_step) from problem
        run, _ = self._quizzes.exam.regrades.propose(work, version, who=who)
        return f"/staff/{work}/regrades#run-{run}"

    def open_regrade(self, connection: Connection, work: str) -> tuple[int, str] | None:
        """The newest proposal of a regrade, until it is released or replaced by other files."""
        return open_proposal(connection, work)

    def page_of(self, answer: AnswerToMark) -> str:
        """The staff's page of the attempt, at the question."""
        return f"/staff/attempts/{answer.id}#question-{int(answer.part) + 1}"

    def page_of_work(self, work: str) -> str:
        """The monitor of the quiz."""
        return f"/staff/{work}"

    def _item(self, answer: AnswerToMark) -> AttemptItem:
        return self._quizzes.exam.items_of(answer.id)[int(answer.part)]

    def _items_at(self, connection: Connection, quiz: str) -> list[tuple[str, _Item]]:
        """The items in the attempts at a quiz, by their hashes; each is read once."""
        rows = connection.execute(
            select(attempt_item.c.question_hash, func.min(attempt_item.c.attempt).label("attempt"))
            .join(attempt, attempt.c.id == attempt_item.c.attempt)
            .where(attempt.c.quiz == quiz, attempt.c.state == "graded", attempt.c.preview.is_(False))
            .group_by(attempt_item.c.question_hash)
        )
        return [(row.question_hash, self._item_with(row.question_hash, row.attempt)) for row in rows]

    def _item_with(self, digest: str, attempt_id: str) -> _Item:
        """The item with a digest, which an attempt has; it is read once."""
        if digest not in self._items:
            for item in self._quizzes.exam.items_of(attempt_id):
                self._items.setdefault(item.question_hash, _Item(item.reference, item.question, item.points))
        return self._items[digest]

    def _answers(
        self,
        connection: Connection,
        work: str,
        question: QuestionToMark,
        hashes: list[str],
        only: str = "",
    ) -> Iterator[AnswerToMark]:
        """The answers to an item, in two queries."""
        of_item = [
            attempt.c.quiz == work,
            attempt.c.state == "graded",
            attempt.c.preview.is_(False),
            not_erased(attempt.c.person),
            attempt_item.c.question_hash.in_(hashes),
        ]
        if only:
            of_item.append(attempt.c.id == only)
        marks: dict[tuple[str, str], list[Mark]] = defaultdict(list)
        of_marks = (
            select(mark_table)
            .join(
                attempt_item,
                and_(
                    attempt_item.c.attempt == mark_table.c.work,
                    cast(attempt_item.c.pos, Text) == mark_table.c.part,
                ),
            )
            .join(attempt, attempt.c.id == attempt_item.c.attempt)
            .where(mark_table.c.kind == QUIZ, *of_item)
            .order_by(mark_table.c.id)
        )
        for row in connection.execute(of_marks):
            marks[row.work, row.part].append(mark_of(row))
        rows = connection.execute(
            select(attempt.c.id, attempt.c.person, attempt_item.c.pos, answer_table.c.rev)
            .join(attempt_item, attempt_item.c.attempt == attempt.c.id)
            .outerjoin(
                answer_table,
                and_(answer_table.c.attempt == attempt.c.id, answer_table.c.pos == attempt_item.c.pos),
            )
            .where(*of_item)
        )
        for row in rows:
            given = marks.get((row.id, str(row.pos)), [])
            current = current_mark(given, row.rev or 0)
            if current is None:
                continue
            personal = current.mark if current.mark.source.personal else None
            automatic = current_mark([item for item in given if not item.source.personal], row.rev or 0)
            waits = automatic is None or (automatic.pending if question.by_hand else automatic.mark.pending)
            yield AnswerToMark(
                row.id,
                str(row.pos),
                (row.person,),
                personal,
                current.changed,
                None if automatic is None or waits else automatic.points,
                given[-1].id,
                blank=not question.by_hand,
            )


def quiz_marking(site: AppContext) -> QuizMarking | None:
    """The source of this server process, made once; None where no quizzes are served."""
    quizzes: QuizContext | None = site.parts.get(PART)
    if quizzes is None:
        return None
    source: QuizMarking | None = site.parts.get(MARKING)
    if source is None:
        source = site.parts[MARKING] = QuizMarking(quizzes)
    return source


def title_of(reference: str) -> str:
    """An item's reference in words: `loss-curves/which-rate` is “Loss curves: which rate”."""
    bank, _, item = reference.replace("-", " ").rpartition("/")
    return f"{bank[:1].upper()}{bank[1:]}: {item}" if bank else item


def _id(reference: str) -> str:
    """An item's name in an address, where a `/` would part it."""
    return reference.replace("/", ":")


def _criteria(item: _Item) -> Iterator[Criterion]:
    """The author's rubric in points, which add up to the question's."""
    if not isinstance(item.question, EssayQuestion):
        return
    rubric = item.question.item.rubric
    whole, left = sum(criterion.weight for criterion in rubric), item.points
    for number, criterion in enumerate(rubric, 1):
        share = (item.points * criterion.weight / whole).quantize(CENT).normalize() + 0
        points = left if number == len(rubric) else min(share, left)
        left -= points
        yield Criterion(criterion.text, points)
