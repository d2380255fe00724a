"""The processor time of one request's text: 64 KB and more of anything, in any field of any item.

    python tests/bench/quiz_bounds.py

Prints the longest of each kind; fails above 50 ms of processor time, which is what one student's request may
cost the saves of others.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from every_item import every_item

from autograder.errors import Refused
from autograder.site.requests import LARGEST_JSON, LARGEST_PAGE, form_pairs
from autograder.site.server import calm_the_collector
from quizzes.attempts.response import response_from
from quizzes.content.question import LONGEST_ANSWER, Question

MOST = 50.0  # milliseconds of processor time
FRAGMENTS = ("9", "(", "-", ".", " ", "x", "²", "e\u0301", "1,", "9 ", "\n", "10^", "x+", "½", "ß", "\u0345")
FORMS = (b"%41", b"%D0%B0", b"+", b"%", b"=", b"&", b"a", b"%41a", b"%zz")
JSON = ("[],", "1,", '"a",', "\\u0041")


def seconds_of(work: Callable[[], object]) -> float:
    """The milliseconds of processor time that some work takes."""
    began = time.process_time()
    with contextlib.suppress(Refused, ValueError):
        work()
    return 1000 * (time.process_time() - began)


def answers(question: Question) -> list[Any]:
    """Answers of every length that the question reads, and of the most that is sent."""
    found: list[Any] = []
    for field in [field.id for field in question.public_view().fields] or [""]:
        for piece in FRAGMENTS:
            for length in (question.longest_text(field), LONGEST_ANSWER):
                text = (piece * length)[:length]
                found.append({field: text} if field else text)
    return found


def main() -> None:
    """Measure, print, and fail above the limit."""
    calm_the_collector()  # as a server does
    longest: dict[str, float] = {}
    for item in every_item().values():
        question = item.question(b"seed", Decimal(1))
        for answer in answers(question):
            taken = seconds_of(lambda: (question.problem_with(answer), response_from(answer)))  # noqa: B023
            longest[question.kind] = max(longest.get(question.kind, 0.0), taken)
    for piece in FORMS:
        body = (b"a=" + piece * LARGEST_PAGE)[:LARGEST_PAGE]
        longest["form"] = max(longest.get("form", 0.0), seconds_of(lambda: list(form_pairs(body))))  # noqa: B023
    for text in JSON:
        body_text = f'["{text * LARGEST_JSON}"]' if text[0] == "\\" else f"[{text * LARGEST_JSON}0]"
        payload = body_text[:LARGEST_JSON]
        longest["json"] = max(longest.get("json", 0.0), seconds_of(lambda: json.loads(payload)))  # noqa: B023
    for kind, taken in sorted(longest.items()):
        print(f"{kind:12} {taken:6.1f} ms")
    if max(longest.values()) > MOST:
        sys.exit(f"More than {MOST:g} ms.")


if __name__ == "__main__":
    main()
