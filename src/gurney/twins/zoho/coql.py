"""The query language: a small parser into a tree (FACTS 4).

select Last_Name, Account_Name.Account_Name from Contacts
where (Email = 'a@b.c' and (id > '57' or Owner is not null)) order by id asc limit 0, 200
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from gurney.twins.zoho.refusals import Refused

TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"""
    r"""|(?P<operator><=|>=|!=|<>|=|<|>)|(?P<mark>[(),])|(?P<word>[$A-Za-z_][\w.$]*))""",
    re.DOTALL,
)
COLUMNS_MOST = 50
JOINS_MOST = 2


@dataclass(frozen=True)
class Condition:
    """`column operator values`."""

    column: str
    operator: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Group:
    """`left and right`, `left or right`."""

    word: str
    left: Tree
    right: Tree


Tree = Condition | Group


@dataclass
class Query:
    """A parsed query."""

    columns: list[str]
    module: str
    where: Tree
    order: list[tuple[str, bool]] = field(default_factory=list)
    """(column, descending)."""
    limit: int = 200
    offset: int = 0


def syntax_error(near: str) -> Refused:
    return Refused(400, "SYNTAX_ERROR", "error occurred while parsing the query", {"near": near[:100]})


def parse(text: str) -> Query:
    """Read a query. Raises Refused."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def query(self) -> Query:
        self._expect("select")
        columns = [self._name()]
        while self._take(","):
            columns.append(self._name())
        if len(columns) > COLUMNS_MOST:
            raise Refused(400, "LIMIT_EXCEEDED", "columns count exceeded the limit", {"limit": COLUMNS_MOST})
        self._expect("from")
        module = self._name()
        if not self._take("where"):
            raise Refused(400, "SYNTAX_ERROR", "missing clause", {"clause": "where"})
        query = Query(columns, module, self._condition())
        self._order(query)
        self._limit(query)
        if self._at < len(self._tokens):
            raise syntax_error(self._peek())
        return query

    def _condition(self) -> Tree:
        left = self._term()
        word = self._peek().lower()
        if word not in ("and", "or"):
            return left
        self._at += 1
        right = self._term()
        if self._peek().lower() in ("and", "or"):
            raise syntax_error(self._peek())  # only pairs: ((a and b) and c)
        return Group(word, left, right)

    def _term(self) -> Tree:
        if self._take("("):
            inner = self._condition()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        column = self._name()
        word = self._next().lower()
        if word in ("=", "!=", "<>", "<", ">", "<=", ">="):
            return Condition(column, "!=" if word == "<>" else word, (self._value(),))
        if word == "is":
            negated = self._take("not")
            self._expect("null")
            return Condition(column, "is not null" if negated else "is null")
        negated = word == "not"
        word = self._next().lower() if negated else word
        if word == "like":
            return Condition(column, "not like" if negated else "like", (self._value(),))
        if word == "in":
            return Condition(column, "not in" if negated else "in", tuple(self._values()))
        if word == "between":
            low = self._value()
            self._expect("and")
            return Condition(column, "not between" if negated else "between", (low, self._value()))
        raise syntax_error(word)

    def _values(self) -> list[Any]:
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return values

    def _order(self, query: Query) -> None:
        if not self._take("order"):
            return
        self._expect("by")
        while True:
            column = self._name()
            descending = self._take("desc")
            if not descending:
                self._take("asc")
            query.order.append((column, descending))
            if not self._take(","):
                return

    def _limit(self, query: Query) -> None:
        if self._take("limit"):
            query.limit = self._number()
            if self._take(","):
                query.offset, query.limit = query.limit, self._number()
        if self._take("offset"):
            query.offset = self._number()

    def _number(self) -> int:
        text = self._next()
        if not text.isdigit():
            raise syntax_error(text)
        return int(text)

    def _value(self) -> Any:
        text = self._next()
        if text[0] in "'\"":
            return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            raise syntax_error(text) from None

    def _name(self) -> str:
        text = self._next()
        if not re.fullmatch(r"[$A-Za-z_][\w.$]*", text):
            raise syntax_error(text)
        return text

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        text = self._peek()
        if not text:
            raise syntax_error("end of query")
        self._at += 1
        return text

    def _take(self, word: str) -> bool:
        if self._peek().lower() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise syntax_error(self._peek() or "end of query")


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise syntax_error(text[at : at + 20])
        tokens.append(found[0].strip() if found["text"] is None else found["text"])
        at = found.end()
    return tokens
