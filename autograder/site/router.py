"""Finds the route of a request among hundreds without trying each one."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match, Router
from starlette.types import Receive, Scope, Send

__all__ = ["NamedRouter"]


class NamedRouter(Router):
    """A router that tries only the routes whose first and third name agree with those of the path.

    It finds what trying all of them in order finds. A path that no route takes goes the ordinary way.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        super().__init__(routes)
        self._names = [_names_in(getattr(route, "path", "")) for route in routes]
        self._firsts, self._thirds = ({names[place] for names in self._names} for place in (0, 1))
        self._near: dict[tuple[str, str], list[BaseRoute]] = {}

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not scope.get("root_path"):
            for route in self._routes_near(scope["path"]):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.setdefault("router", self)
                    scope["route"] = route
                    scope.update(found)
                    await route.handle(scope, receive, send)
                    return
        await super().app(scope, receive, send)

    def _routes_near(self, path: str) -> list[BaseRoute]:
        """The routes that may match a path, in order: as many lists as the routes have names, and no more."""
        first, third = _names_in(path)
        names = first if first in self._firsts else "", third if third in self._thirds else ""
        if (near := self._near.get(names)) is None:
            near = self._near[names] = [
                route
                for route, of_route in zip(self.routes, self._names, strict=True)
                if of_route[0] in ("", names[0]) and of_route[1] in ("", names[1])
            ]
        return near


def _names_in(path: str) -> tuple[str, str]:
    """The first and the third name in a path or its pattern; empty where it has none or any will do."""
    parts = path.split("/", 4)
    first, third = (parts[place] if len(parts) > place else "" for place in (1, 3))
    return "" if "{" in first else first, "" if "{" in third else third
