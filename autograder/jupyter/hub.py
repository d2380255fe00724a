"""For a JupyterHub's configuration: students' servers know the course's site and have a token for submitting.

`jupyterhub_config.py` sets `c.Spawner.pre_spawn_hook = submit_tokens(site)`. Before a server starts, the hook
asks the site for a token of its user, so `submit()` in a notebook needs neither address nor token.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

from autograder.environment import HUB_SECRET

__all__ = ["submit_tokens"]

TIMEOUT = 10.0  # seconds: a server starts without a token rather than late
LARGEST_REPLY = 10_000  # bytes
log = logging.getLogger(__name__)


def submit_tokens(site: str, secret: str = "") -> Callable[[Any], Awaitable[None]]:
    """A hook for `c.Spawner.pre_spawn_hook` that gives each user's server the site's address and a token.

    `site` is the address at which users' servers reach the site, `secret` what AUTOGRADER_HUB_SECRET is for
    the site; by default it comes from the Hub's own environment. A user who is not on the roster gets no
    token, nor does anybody while the site does not answer: the Hub's log says so, and the server starts.
    """
    address, shared = site.rstrip("/"), secret or os.environ.get(HUB_SECRET, "")

    async def give_token(spawner: Any) -> None:
        name = spawner.user.name
        spawner.environment["AUTOGRADER_SITE"] = address
        spawner.environment.pop("AUTOGRADER_TOKEN", None)  # of an earlier start
        try:
            spawner.environment["AUTOGRADER_TOKEN"] = await asyncio.to_thread(_token, address, shared, name)
        except (OSError, ValueError, KeyError, TypeError) as problem:
            log.warning("%s has no token for submitting: %s", name, _reason(problem))

    return give_token


def _token(site: str, secret: str, name: str) -> str:
    request = urllib.request.Request(
        f"{site}/api/hub/tokens",
        json.dumps({"person": name}).encode(),
        {
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
        return str(json.loads(reply.read(LARGEST_REPLY))["token"])


def _reason(problem: Exception) -> str:
    if isinstance(problem, urllib.error.HTTPError):
        try:
            reply_fields = json.loads(problem.read(LARGEST_REPLY))
            return f"{reply_fields['message']} {reply_fields['next_step']}".strip()
        except (OSError, ValueError, KeyError, TypeError):
            return f"the site answered {problem.code}."
    return f"the site does not answer ({getattr(problem, 'reason', problem)})."
