"""From method and path to the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from gurney.twins.kit.wire import Handler, Request

PLACEHOLDER = re.compile(r"\{(\w+)(?::([^{}]+))?\}")


class Router:
    """Routes with `{name}` for one path segment and `{name:regex}` for anything else.

    Routes without placeholders win; among the others the one declared first. A path that only other methods
    serve is told from an unknown one by `methods_of`.
    """

    def __init__(self) -> None:
        self._fixed: dict[tuple[str, str], Handler] = {}
        self._patterns: dict[tuple[str, int], list[tuple[re.Pattern[str], Handler]]] = {}
        self._declared: list[tuple[str, str]] = []

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Declare one route."""
        self._declared.append((method, template))
        if "{" not in template:
            self._fixed[method, template] = handler
            return
        pattern = re.compile(_regex(template))
        depth = -1 if any(found[2] for found in PLACEHOLDER.finditer(template)) else template.count("/")
        self._patterns.setdefault((method, depth), []).append((pattern, handler))

    def route(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Declare one route, as a decorator."""

        def declare(handler: Handler) -> Handler:
            self.add(method, template, handler)
            return handler

        return declare

    def find(self, request: Request, path: str | None = None) -> Handler | None:
        """The handler for a request, whose `params` are filled; None when there is none.

        `path` stands in for the raw path when a prefix (an API version) was taken off.
        """
        path = request.raw_path if path is None else path
        return self._match(request.method, path, request)

    def methods_of(self, path: str) -> list[str]:
        """The methods that the path answers to."""
        return [m for m in ("GET", "POST", "PUT", "PATCH", "DELETE") if self._match(m, path, None)]

    def templates(self) -> list[tuple[str, str]]:
        """Every (method, template), in order of declaration."""
        return list(self._declared)

    def _match(self, method: str, path: str, request: Request | None) -> Handler | None:
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed
        for depth in (path.count("/"), -1):
            for pattern, handler in self._patterns.get((method, depth), ()):
                found = pattern.fullmatch(path)
                if found is not None:
                    if request is not None:
                        request.params = {key: unquote(value) for key, value in found.groupdict().items()}
                    return handler
        return None


def _regex(template: str) -> str:
    parts: list[str] = []
    at = 0
    for found in PLACEHOLDER.finditer(template):
        parts.append(re.escape(template[at : found.start()]))
        parts.append(f"(?P<{found[1]}>{found[2] or '[^/]+'})")
        at = found.end()
    return "".join([*parts, re.escape(template[at:])])
