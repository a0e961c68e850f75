"""From a request's path to its route: one dictionary look-up a segment, the leftmost literal first.

The path is decoded once, segment by segment, and the same decoded segments choose the route and become its variables,
so an encoded, doubled, dotted or differently cased path can't meet another check than the plain one (SEC-15). What no
client has a reason to send (an encoded slash, a control character, an empty or dotted segment) is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from locum.api.operations import Route
from locum.api.problems import WrongMethod
from locum.kit.errors import NotFound, StartError

_ODD = re.compile(r"[\x00-\x1f\x7f/]")


class _Node:
    __slots__ = ("literals", "routes", "variable")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.routes: dict[str, tuple[Route, tuple[tuple[int, str], ...]]] = {}


class Router:
    """All paths of a table. Raises StartError where two operations claim the same method and path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            for path in route.operation.paths:
                self._add(route, path)

    def _add(self, route: Route, path: str) -> None:
        node = self._root
        variables = []
        for place, segment in enumerate(path.split("/")[1:]):
            if segment.startswith("{"):
                variables.append((place, segment[1:-1]))
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.literals.setdefault(segment.lower(), _Node())
        method = route.operation.method
        if method in node.routes:
            other = node.routes[method][0].operation.name
            raise StartError(f"operations {other} and {route.operation.name} claim the same {method} {path}")
        node.routes[method] = (route, tuple(variables))

    def find(self, method: str, raw_path: bytes) -> tuple[Route, dict[str, str]]:
        """The route and its path variables, by name. Raises NotFound or WrongMethod."""
        segments = split(raw_path)
        node = _descend(self._root, segments, 0)
        if node is None:
            raise NotFound("there is nothing at this path")
        found = node.routes.get("GET" if method == "HEAD" else method)
        if found is None:
            raise WrongMethod(_allow(node))
        route, variables = found
        return route, {name: segments[place] for place, name in variables}

    def allow(self, raw_path: bytes) -> str:
        """The methods a path answers to, for OPTIONS. Raises NotFound."""
        node = _descend(self._root, split(raw_path), 0)
        if node is None:
            raise NotFound("there is nothing at this path")
        return _allow(node)


def split(raw_path: bytes) -> list[str]:
    """The decoded segments of a path; one slash at the end says nothing. Raises NotFound for odd ones."""
    try:
        segments = raw_path.decode("ascii").split("/")[1:]
        if len(segments) > 1 and not segments[-1]:
            segments.pop()
        if b"%" in raw_path:
            segments = [unquote(s, errors="strict") for s in segments]
    except UnicodeDecodeError:
        raise NotFound("there is nothing at this path") from None
    for segment in segments:
        if segment in ("", ".", "..") or _ODD.search(segment):
            raise NotFound("there is nothing at this path")
    return segments


def _descend(node: _Node, segments: list[str], place: int) -> _Node | None:
    if place == len(segments):
        return node if node.routes else None
    literal = node.literals.get(segments[place].lower())
    if literal is not None:
        found = _descend(literal, segments, place + 1)
        if found is not None:
            return found
    if node.variable is not None:
        return _descend(node.variable, segments, place + 1)
    return None


def _allow(node: _Node) -> str:
    methods = set(node.routes) | {"OPTIONS"} | ({"HEAD"} if "GET" in node.routes else set())
    return ", ".join(sorted(methods))
