"""The pages of the route table, so that a test of every page finds one that is added later."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.routing import Route

from autograder.site.application import site_routes

__all__ = ["page_paths"]


def page_paths(values: Mapping[str, str]) -> list[str]:
    """The paths of everything that can be got, with these values for what a path names, or else 1."""
    return [
        re.sub(r"\{(\w+)(:\w+)?\}", lambda match: values.get(match[1], "1"), route.path)
        for route in site_routes()
        if isinstance(route, Route) and "GET" in (route.methods or ())
    ]
