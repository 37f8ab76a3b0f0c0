"""What a twin claims about its vendor: each rule once, with its standing, and its doubt as a switch.

A rule is proven by a test marked `@pytest.mark.rule("zoho.second-delete")`; the documentation's table is made
from the declarations, and says which tests name which rule.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gurney.twins.kit.options import BadOption

STANDINGS = ("spec", "recorded", "client", "third-party", "assumed", "setting")


@dataclass(frozen=True)
class Rule:
    """One thing that the vendor does."""

    id: str
    text: str
    standing: str
    source: str
    switch: str | None = None
    default: str | None = None
    choices: tuple[str, ...] | None = None
    """None: any text (a number, mostly)."""


class Rules:
    """The rules of one vendor."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self._rules: dict[str, Rule] = {}

    def spec(self, id: str, text: str, source: str) -> Rule:
        """Written in the vendor's own specification or documentation."""
        return self._declare(Rule(id, text, "spec", source))

    def recorded(self, id: str, text: str, source: str) -> Rule:
        """Seen in a recorded answer of the vendor."""
        return self._declare(Rule(id, text, "recorded", source))

    def client(self, id: str, text: str, source: str) -> Rule:
        """Read in a client that works against the vendor."""
        return self._declare(Rule(id, text, "client", source))

    def third_party(self, id: str, text: str, source: str) -> Rule:
        """Read elsewhere."""
        return self._declare(Rule(id, text, "third-party", source))

    def assumed(
        self, id: str, text: str, source: str, *, switch: str, default: str, choices: Iterable[str] | None = None
    ) -> Rule:
        """Nobody knows: a switch, with the default that we believe or that is harder on the client."""
        allowed = tuple(choices) if choices is not None else None
        return self._declare(Rule(id, text, "assumed", source, switch, default, allowed))

    def setting(
        self, id: str, text: str, source: str, *, switch: str, default: str, choices: Iterable[str] | None = None
    ) -> Rule:
        """No doubt at all: something that differs from one customer's account to the next."""
        allowed = tuple(choices) if choices is not None else None
        return self._declare(Rule(id, text, "setting", source, switch, default, allowed))

    def switches(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Every switch with its value. Raises BadOption for an unknown switch or value."""
        values: dict[str, str] = {}
        declared = {rule.switch: rule for rule in self if rule.switch}
        for name in wanted:
            if name not in declared:
                raise BadOption(f"no switch {name!r} in twin {self.vendor}; there are {', '.join(sorted(declared))}")
        for name, rule in declared.items():
            value = wanted.get(name, rule.default or "")
            if rule.choices is not None and value not in rule.choices:
                raise BadOption(f"switch {name}: {value!r} is none of {', '.join(rule.choices)}")
            values[name] = value
        return values

    def _declare(self, rule: Rule) -> Rule:
        if rule.id in self._rules:
            raise ValueError(f"rule {rule.id} is declared twice")
        if not rule.id.startswith(self.vendor + "."):
            raise ValueError(f"rule {rule.id} must begin with {self.vendor}.")
        self._rules[rule.id] = rule
        return rule

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def __contains__(self, id: object) -> bool:
        return id in self._rules


def rules_named_in(tests: Path) -> dict[str, list[str]]:
    """Rule id to the names of the tests marked with it, read from the source of the tests."""
    named: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for id in _marked(node):
                    named.setdefault(id, []).append(node.name)
    return named


def rules_table(rules: Rules, tests: Path) -> str:
    """The rules as a Markdown table, surest first, with the tests that prove each."""
    named = rules_named_in(tests)
    lines = [
        "| rule | standing | what the twin does | source | switch | test |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for rule in sorted(rules, key=lambda rule: (STANDINGS.index(rule.standing), rule.id)):
        switch = f"`{rule.switch}={rule.default}`" + (f" ({', '.join(rule.choices)})" if rule.choices else "")
        proofs = ", ".join(f"`{name}`" for name in sorted(set(named.get(rule.id, [])))) or "—"
        cells = [f"`{rule.id}`", rule.standing, rule.text, rule.source, switch if rule.switch else "", proofs]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _marked(test: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [
        argument.value
        for decorator in test.decorator_list
        if isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr == "rule"
        for argument in decorator.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
