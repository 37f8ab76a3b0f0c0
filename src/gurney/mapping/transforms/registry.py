"""The registry of transforms: small pure functions from a value to a value, named in the mapping document.

A transform never sees a clock, the network or a setting that the document does not state; what it needs of the
account (time zone, for instance) is handed in at compilation by the name of the parameter. What it cannot
convert it names without repeating the value, for values are patients' data.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

Kind = str
"""What passes between transforms: text, html, date, datetime, number, yes_no, options, texts, answer, any."""

KINDS = frozenset({"text", "html", "date", "datetime", "number", "yes_no", "options", "texts", "answer", "any"})

Function = TypeVar("Function", bound=Callable[..., Any])


class Unconvertible(Exception):
    """A value is not of the form that a transform or a destination field takes. Never holds the value."""

    def __init__(self, expected: str) -> None:
        super().__init__(f"expected {expected}")
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Transform:
    """A registered transform. `whole`: it gets the whole record, for texts made of many fields."""

    name: str
    function: Callable[..., Any]
    reads: Kind
    writes: Kind
    whole: bool
    takes_empty: bool

    @property
    def settings(self) -> Mapping[str, inspect.Parameter]:
        """Parameters that the document may set or that the account supplies."""
        return _settings(self.function)

    @property
    def words(self) -> str:
        """Its documentation, which is also its test."""
        return inspect.getdoc(self.function) or ""

    def bound(self, settings: Mapping[str, Any], supplied: Mapping[str, Any]) -> Callable[[Any], Any]:
        """The transform with its settings filled in, ready to be called with a value alone."""
        named = {name: supplied[name] for name in self.settings if name in supplied} | dict(settings)
        if not named:
            return self.function
        function = self.function
        return lambda value: function(value, **named)


@cache
def _settings(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters
    return {name: it for name, it in parameters.items() if it.kind is inspect.Parameter.KEYWORD_ONLY}


_REGISTERED: dict[str, Transform] = {}


def transform(
    *, reads: Kind, writes: Kind, whole: bool = False, takes_empty: bool = False
) -> Callable[[Function], Function]:
    """Register a function under its own name. `takes_empty`: it is asked about an empty value, too."""
    if not {reads, writes} <= KINDS:
        raise ValueError(f"unknown kind in {reads} -> {writes}")

    def register(function: Function) -> Function:
        name = function.__name__
        if name in _REGISTERED:
            raise ValueError(f"two transforms are called {name}")
        _REGISTERED[name] = Transform(name, function, reads, writes, whole, takes_empty)
        return function

    return register


def registered() -> Mapping[str, Transform]:
    """All transforms by name, in order of name."""
    return dict(sorted(_REGISTERED.items()))


def find(name: str) -> Transform | None:
    return _REGISTERED.get(name)
