"""SOQL from text to tree, and the refusal of all that the twin does not understand (FACTS 4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.soql import (
    Aggregate,
    Both,
    Comparison,
    Condition,
    Either,
    Fields,
    Literal,
    Not,
    Order,
    Path,
    Query,
    marked,
)

LONGEST = 100_000
OFFSET_MOST = 2_000
TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<moment>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<number>[+-]?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*(?::\d+)?)"
    r"|(?P<sign><=|>=|!=|<>|[=<>(),])",
    re.DOTALL,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
AGGREGATES = ("COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG")
COMPARISONS = ("=", "!=", "<>", "<", ">", "<=", ">=")
CLAUSES = ("WHERE", "GROUP", "ORDER", "LIMIT", "OFFSET", "HAVING", "WITH", "FOR", "USING", "ALL")
DAY_WORDS = re.compile(
    r"(TODAY|YESTERDAY|TOMORROW|(?:LAST|THIS|NEXT)_(?:WEEK|MONTH|YEAR)|(?:LAST|NEXT)_90_DAYS"
    r"|(?:LAST|NEXT)_N_DAYS:\d+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Token:
    """One word of a query; `at` is its place in the text."""

    kind: str
    text: str
    at: int


def parse(text: str) -> Query:
    """The tree of a query. Raises Refused (MALFORMED_QUERY)."""
    if len(text) > LONGEST:
        raise Refused("MALFORMED_QUERY", f"SOQL statements cannot be longer than {LONGEST} characters.")
    parser = Parser(text)
    query = parser.query()
    parser.end()
    return query


class Parser:
    """Reads one query from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._place = 0

    def query(self) -> Query:
        """`SELECT … FROM …` with its clauses."""
        made = Query(self._text)
        self._word("SELECT")
        self._list(lambda: made.select.append(self._item(made)))
        self._word("FROM")
        made.object = self._path()
        if self._peek().kind == "word" and self._peek().text.upper() not in CLAUSES:
            self._maybe("AS")
            made.alias = self._next().text
        if self._maybe("WHERE"):
            made.where = self._condition()
        if self._maybe("GROUP"):
            self._word("BY")
            self._list(lambda: made.group.append(self._path()))
        if self._maybe("ORDER"):
            self._word("BY")
            self._list(lambda: made.order.append(self._order()))
        made.limit = self._number() if self._maybe("LIMIT") else None
        made.offset = self._number() if self._maybe("OFFSET") else 0
        if made.offset > OFFSET_MOST:
            raise Refused("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {OFFSET_MOST}")
        return made

    def end(self) -> None:
        """Nothing may follow."""
        if self._peek().kind != "end":
            raise self._unexpected(self._peek())

    def _item(self, query: Query) -> Path | Aggregate | Fields | Query:
        if self._peek().text == "(":
            self._next()
            inner = self.query()
            self._sign(")")
            return inner
        path = self._path()
        if self._peek().text != "(":
            if self._peek().kind == "word" and self._peek().text.upper() != "FROM":
                query.aliases[path] = self._next().text
            return path
        self._next()
        function = str(path).upper()
        if function == "FIELDS":
            group = self._next().text.upper()
            self._sign(")")
            return Fields(group)
        if function not in AGGREGATES:
            raise self._unexpected(Token("word", str(path), path.at))
        inside = None if self._peek().text == ")" else self._path()
        self._sign(")")
        aliased = self._peek().kind == "word" and self._peek().text.upper() != "FROM"
        return Aggregate(function, inside, self._next().text if aliased else None)

    def _condition(self) -> Condition:
        """AND and OR do not mix without parentheses, as with the vendor."""
        parts = [self._part()]
        joined = ""
        while self._peek().text.upper() in ("AND", "OR") and self._peek().kind == "word":
            token = self._next()
            if joined and token.text.upper() != joined:
                raise self._unexpected(token)
            joined = token.text.upper()
            parts.append(self._part())
        if not joined:
            return parts[0]
        return Both(tuple(parts)) if joined == "AND" else Either(tuple(parts))

    def _part(self) -> Condition:
        if self._maybe("NOT"):
            return Not(self._part())
        if self._peek().text == "(":
            self._next()
            inside = self._condition()
            self._sign(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Comparison:
        path, token = self._path(), self._next()
        operator = token.text.upper()
        if operator == "NOT":
            self._word("IN")
            operator = "NOT IN"
        if operator in COMPARISONS:
            return Comparison(path, "!=" if operator == "<>" else operator, (self._literal(),))
        if operator == "LIKE":
            return Comparison(path, operator, (self._literal(),))
        if operator not in ("IN", "NOT IN", "INCLUDES", "EXCLUDES"):
            raise self._unexpected(token)
        self._sign("(")
        if self._peek().text.upper() == "SELECT":
            inner = self.query()
            self._sign(")")
            return Comparison(path, operator, (), inner)
        values: list[Literal] = []
        self._list(lambda: values.append(self._literal()))
        self._sign(")")
        return Comparison(path, operator, tuple(values))

    def _order(self) -> Order:
        path = self._path()
        down = self._maybe("DESC")
        if not down:
            self._maybe("ASC")
        last = False
        if self._maybe("NULLS"):
            last = self._maybe("LAST")
            if not last:
                self._word("FIRST")
        return Order(path, down, last)

    def _literal(self) -> Literal:
        token = self._next()
        if token.kind == "text":
            return Literal("text", re.sub(r"\\(.)", _unescaped, token.text[1:-1], flags=re.DOTALL))
        if token.kind == "number":
            return Literal("number", float(token.text))
        if token.kind in ("moment", "day"):
            return Literal(token.kind, token.text)
        word = token.text.lower()
        if token.kind == "word" and word in ("true", "false", "null"):
            return Literal("null", None) if word == "null" else Literal("boolean", word == "true")
        if token.kind == "word" and DAY_WORDS.fullmatch(token.text):
            return Literal("word", token.text.upper())
        raise self._unexpected(token)

    def _path(self) -> Path:
        token = self._next()
        if token.kind != "word":
            raise self._unexpected(token)
        return Path(tuple(token.text.split(".")), token.at)

    def _number(self) -> int:
        token = self._next()
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected(token)
        return int(token.text)

    def _list(self, one: Callable[[], object]) -> None:
        one()
        while self._peek().text == ",":
            self._next()
            one()

    def _maybe(self, word: str) -> bool:
        token = self._peek()
        if token.kind == "word" and token.text.upper() == word:
            self._next()
            return True
        return False

    def _word(self, word: str) -> None:
        if not self._maybe(word):
            raise self._unexpected(self._peek())

    def _sign(self, sign: str) -> None:
        token = self._next()
        if token.text != sign:
            raise self._unexpected(token)

    def _peek(self) -> Token:
        return self._tokens[self._place]

    def _next(self) -> Token:
        token = self._tokens[self._place]
        if token.kind != "end":
            self._place += 1
        return token

    def _unexpected(self, token: Token) -> Refused:
        words = f"unexpected token: {repr(token.text) if token.text else '<EOF>'}"
        return Refused("MALFORMED_QUERY", marked(self._text, token.at, words))


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            words = f"unexpected token: {text[at]!r}"
            raise Refused("MALFORMED_QUERY", marked(text, at, words))
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _unescaped(found: re.Match[str]) -> str:
    return ESCAPES.get(found[1].lower(), found[1])
