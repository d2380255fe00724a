"""From a template and its values to a page: one environment, one policy, one last cleaning."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder.feedback import text
from autograder.feedback.statuses import LOOKS

__all__ = ["href", "render", "script"]

TEMPLATES = Path(__file__).parent / "templates"
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
        loader=FileSystemLoader(TEMPLATES),
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
    )
    environment.globals.update(LOOKS=LOOKS, POLICY=POLICY)
    return environment


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
