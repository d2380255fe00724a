"""Rendering of pages: one template environment, one content security policy, one look per status."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder.pages import text
from autograder.report import CheckResult, Status

__all__ = ["LOOKS", "Look", "design", "href", "reading_order", "render", "script"]


TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"  # the site serves what is in it
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(template: str, /, **values: object) -> str:
    """Fill in a template.

    The finished page is cleaned once more as a whole, so that no text reaches a reader uncleaned,
    whatever way it took.
    """
    return text.clean(_environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, STATIC]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        count=text.count,
        cut=text.cut,
        cut_middle=text.cut_middle,
        percent=text.percent,
        points=text.points,
        worth=text.worth,
    )
    environment.globals.update(LOOKS=LOOKS, POLICY=POLICY)
    return environment


@cache
def design() -> Markup:
    """The style sheet that all pages share, for pages with templates of their own."""
    return Markup((STATIC / "design.css").read_text(encoding="utf-8"))


@cache
def script(*names: str) -> tuple[Markup, str]:
    """A script of ours for a page, and the policy that allows this very script and no other."""
    source = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    digest = b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return Markup(source), f"{POLICY}; script-src 'sha256-{digest}'"


def href(link: str) -> str:
    """A link to another page as it may stand in an attribute.

    A file name can hold a colon; without the `./` a browser would take what is before it for a scheme.
    """
    link = quote(link, safe="/%#?&=:;@+$,~!*'()[]", errors="replace")
    web = re.match(r"(https?|file)://", link)
    return link if web or ":" not in link.split("/", 1)[0] else "./" + link


@dataclass(frozen=True)
class Look:
    """The look of a status on a page."""

    word: str
    symbol: str  # the id of a drawing in templates/symbols.html
    tone: str  # a class of the style sheet: good, bad, warn or calm
    means: str


LOOKS = {
    Status.PASSED: Look("Passed", "check", "good", "The result is right."),
    Status.FAILED: Look("Failed", "cross", "bad", "A value, a shape or a property is wrong."),
    Status.TIMEOUT: Look("Out of time", "clock", "bad", "The call exceeded its time limit."),
    Status.MEMORY: Look("Out of memory", "memory", "bad", "The call exceeded its memory limit."),
    Status.CRASHED: Look("Crashed", "bolt", "bad", "The process ended inside the call."),
    Status.MISSING: Look("Not written", "dots", "warn", "The function is missing, or it is still the stub."),
    Status.SKIPPED: Look("Not run", "pause", "calm", "A check it depends on did not pass."),
    Status.ERROR: Look("Check broken", "flag", "calm", "The check itself is wrong; it does not count."),
}


def reading_order(result: CheckResult) -> int:
    """The position of a result on a page: failures first, then broken, skipped and passed checks."""
    if result.status.needs_work:
        return 0
    return {Status.ERROR: 1, Status.SKIPPED: 2}.get(result.status, 3)
