"""Asking other servers: bounded in time and size, following nobody elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from quizzes.lti.platforms import is_safe_address

__all__ = ["Reply", "Unanswered", "ask"]

PATIENCE = 10  # seconds
LARGEST = 4 * 1024**2


class Unanswered(Exception):
    """Another server did not do what it was asked; the text says what it said."""


class _Stay(HTTPRedirectHandler):
    """A redirection is an answer like any other: what is sent is for this address alone."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """Go nowhere."""


OPENER = build_opener(_Stay)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    data: Any
    headers: Mapping[str, str]


def ask(
    address: str, body: bytes | None = None, kind: str = "", *, accept: str = "", leave: str = ""
) -> Reply:
    """A JSON answer; a POST where there is a body. Raises Unanswered."""
    if not is_safe_address(address):
        raise Unanswered(f"{address} is no https address")
    headers = {"Accept": accept or "application/json", "User-Agent": "quizzes"}
    if kind:
        headers["Content-Type"] = kind
    if leave:
        headers["Authorization"] = f"Bearer {leave}"
    try:
        with OPENER.open(Request(address, body, headers), timeout=PATIENCE) as answer:
            data = answer.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise Unanswered(f"{address} answered more than {LARGEST} bytes")
            return Reply(json.loads(data) if data.strip() else None, dict(answer.headers.items()))
    except HTTPError as problem:
        said = problem.read(500).decode("utf-8", "replace")
        raise Unanswered(f"{address} answered {problem.code}: {' '.join(said.split())[:300]}") from problem
    except ValueError as problem:
        raise Unanswered(f"{address} answered something that is no JSON") from problem
    except (OSError, HTTPException) as problem:
        raise Unanswered(f"{address} cannot be reached: {problem}") from problem
