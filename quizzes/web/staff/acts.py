"""Acts of staff in sentences: the confirmation after a form was sent, shown once, and the lists of acts.

The reply to a form names the act in a cookie; the next page shows its sentence and removes the cookie, so a
reload does not confirm again. Every page of staff with a form that gives time or sends a message uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.course.local_time import counted
from autograder.site.audit import Act, act_with, id_of_form, newest_act
from autograder.site.requests import Form

__all__ = [
    "act_among",
    "act_done",
    "act_once",
    "attempt_act_sentence",
    "done_redirect",
    "once_in",
    "quiz_act_sentence",
    "shown_once",
]

COOKIE, PATH, AGE = "quiz_done", "/staff", 60  # seconds
LONGEST_ID = 64
# Acts on an attempt by their stored names; version 0.1 called a regrade request a request.
ON_ATTEMPT = {
    "extend": "moved the end",
    "reopen": "reopened the attempt",
    "close": "closed the attempt",
    "accept late": "accepted the late answer to question {question}",
    "end sessions": "ended the student's sessions ({sessions})",
    "set points": "set the points of question {question} from {before} to {after}",
    "withdraw points": "withdrew the {before} points of question {question}; the automatic mark counts",
    "answer regrade request": "answered the regrade request about question {question}",
    "answer request": "answered the regrade request about question {question}",
}
ON_QUIZ = {
    "publish": "published the quiz",
    "release regrade": "released a regrade",
    "reschedule": "moved the times of the quiz",
}


def once_in(form: Form) -> str | None:
    """The id of the page that a form was sent from; None without one."""
    return form.get("page", [""])[-1][:LONGEST_ID] or None


def act_once(connection: Connection, form: Form, subject: str, act: Callable[[], object]) -> int:
    """Do what a form asks for on an attempt, once for each form; returns the number of the act."""
    once = once_in(form)
    if (done := id_of_form(connection, once)) is not None:
        return done
    act()
    return newest_act(connection, subject, once)


def done_redirect(path: str, act: int) -> Response:
    """A redirect to a page that confirms this act."""
    response = RedirectResponse(path, 303)
    response.set_cookie(COOKIE, str(act), max_age=AGE, path=PATH, httponly=True, samesite="lax")
    return response


def act_done(request: Request, connection: Connection, subject: str) -> Act | None:
    """The act on this quiz or attempt that the page should confirm."""
    number = request.cookies.get(COOKIE, "")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        return None
    return act_with(connection, int(number), subject)


def shown_once(response: Response) -> Response:
    """The response of a page that confirmed the act."""
    response.delete_cookie(COOKIE, path=PATH)
    return response


def act_among(act: Act, people: Collection[str]) -> Act | None:
    """An act on a quiz as far as it is about these people; None for one that is about others alone."""
    lists = ((key, act.detail.get(key)) for key in ("people", "over"))
    named = {key: names for key, names in lists if isinstance(names, list)}
    kept: dict[str, object] = {
        key: [name for name in names if name in people] for key, names in named.items()
    }
    if named and not any(kept.values()):
        return None
    if not kept.get("over", True):
        kept["over"] = None  # they are others
    return replace(act, detail=act.detail | kept)


def quiz_act_sentence(act: Act, names: Mapping[str, str]) -> str:
    """An act on a quiz as a sentence; `names` are the names of people by their IDs."""
    who, detail = names.get(act.who, act.who), act.detail
    if act.act == "message":
        return f"{who} sent a message to everybody in the quiz: “{detail.get('text', '')}”"
    if act.act not in ("extend all", "extend chosen"):
        return f"{who}: {ON_QUIZ.get(act.act, act.act)}."
    minutes, percent = detail.get("minutes"), detail.get("percent")
    parts = [counted(minutes, "minute")] if isinstance(minutes, int) and minutes else []
    parts += [f"{percent} percent of their time"] if percent else []
    people = detail.get("people")
    if isinstance(people, list):
        to = ", ".join(names.get(person, person) for person in people) or "other students"
    else:
        open_attempts = detail.get("attempts")
        to = "the whole class"
        if isinstance(open_attempts, int):
            to += f" ({counted(open_attempts, 'open attempt')})"
    sentence = f"{who} gave {' and '.join(parts)} more to {to}: {detail.get('reason', '')}"
    over = detail.get("over")
    if not isinstance(over, list):
        return sentence
    done = ", ".join(names.get(person, person) for person in over)
    return f"{sentence}. No time for {done}: the attempt was over. Reopen it on its own page."


def attempt_act_sentence(act: Act, names: Mapping[str, str]) -> str:
    """An act on an attempt as a sentence."""
    words = ON_ATTEMPT.get(act.act, act.act)
    try:
        words = words.format(**act.detail)
    except KeyError:  # an act of another version
        words = act.act
    reason = act.detail.get("reason", "")
    return f"{names.get(act.who, act.who)} {words}{f': {reason}' if reason else ''}"
