"""The router finds the same route as trying each one in order."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Receive, Scope, Send

from autograder.site.application import site_routes
from autograder.site.router import NamedRouter

ROUTES = site_routes()
NAMES = sorted({"{a}", "x", "é"}.union(*(getattr(route, "path", "").split("/") for route in ROUTES)))
PATHS = st.lists(st.sampled_from(NAMES), max_size=6).map(lambda names: "/" + "/".join(names))
METHODS = st.sampled_from(["GET", "POST", "HEAD"])


class Witness(BaseRoute):
    """A route that matches as another does, and says which one it was instead of answering."""

    def __init__(self, route: Any, found: list[Any]) -> None:
        self.route, self.path, self.found = route, route.path, found

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """What the route itself says."""
        match: tuple[Match, Scope] = self.route.matches(scope)
        return match

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the route and the parameters of the path."""
        self.found.append((self.route, scope["path_params"]))


def found_by(routes: list[BaseRoute], method: str, path: str) -> list[Any]:
    """What the router hands a request to; empty where no route takes it."""
    found: list[Any] = []

    router = NamedRouter([Witness(route, found) for route in routes])
    router.redirect_slashes = False
    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}

    async def nothing(message: Any = None) -> Any:
        return {"type": "http.request"}

    with suppress(StopIteration):  # nothing in it waits
        router(scope, nothing, nothing).send(None)
    return found


def first_in_order(routes: list[BaseRoute], method: str, path: str) -> list[Any]:
    """What trying each route in order finds: the first whose path and method agree, else whose path does."""
    matches = [(route, *route.matches({"type": "http", "method": method, "path": path})) for route in routes]
    for wanted in (Match.FULL, Match.PARTIAL):
        for route, match, scope in matches:
            if match is wanted:
                return [(route, scope["path_params"])]
    return []


@given(METHODS, PATHS)
def test_any_path_of_the_site(method: str, path: str) -> None:
    """For all routes of the site, and paths made of their names in any place."""
    assert found_by(ROUTES, method, path) == first_in_order(ROUTES, method, path)


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """The endpoint of routes that are only looked for."""


PARTS = st.lists(st.sampled_from(["a", "b", "{p}", "c{q}"]), min_size=1, max_size=4, unique=True)
PATTERNS = st.one_of(
    PARTS.map(lambda parts: Route("/" + "/".join(parts), page)),
    PARTS.map(lambda parts: Mount("/" + "/".join(parts), page)),
    PARTS.map(lambda parts: Route("/" + "/".join([*parts, "{rest:path}"]), page)),
)


@given(st.lists(PATTERNS, max_size=6), st.lists(st.sampled_from(["a", "b", "cd", ""]), max_size=5))
def test_any_routes(routes: list[BaseRoute], names: list[str]) -> None:
    """With parameters in any place, mounted applications, and paths of any length."""
    path = "/" + "/".join(names)
    assert found_by(routes, "GET", path) == first_in_order(routes, "GET", path)
