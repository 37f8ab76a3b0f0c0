"""The rows that a query means, in its order (FACTS 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gurney.twins.salesforce.filters import Filter, fold, musts
from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.paths import Resolver
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.soql import Comparison, Path, Query, marked
from gurney.twins.salesforce.store import Row, Table

LINK_RULE = (
    "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or "
    "LinkedEntityId using the equals operator or multiple Id's using the IN operator."
)
LINK_FIELDS = ("id", "linkedentityid", "contentdocumentid")


@dataclass
class Finder:
    """Finds the rows of one query."""

    resolver: Resolver
    query: Query
    kind: ObjectDef
    deleted_too: bool = False

    def rows(self, within: Iterable[Row] | None = None) -> list[Row]:
        """All rows in order; `within` are the children of one row, in a sub-query. Raises Refused."""
        self._check_links()
        filter = Filter(self.resolver, self.kind, self.query, self._values_of)
        matches, sight = filter.predicate(self.query.where), self.resolver.access.sight(self.kind)
        sort = self._order()
        candidates = self._candidates() if within is None else within
        if sight is not None:
            candidates = filter_rows(candidates, sight)
        if matches is not None:
            candidates = filter_rows(candidates, matches)
        start, limit = self.query.offset, self.query.limit
        end = None if limit is None else start + limit
        if not sort:
            return list(islice(candidates, start, end))
        rows = list(candidates)
        for key, down in reversed(sort):
            rows.sort(key=key, reverse=down)
        return rows[start:end]

    def _candidates(self) -> Iterable[Row]:
        """As few rows as the indexes allow. Without ORDER BY nobody promises an order (rule salesforce.unordered)."""
        table = self.resolver.world.table(self.kind.name)
        if self.deleted_too and table.binned:
            return [*table.rows.values(), *(gone.row for gone in table.binned.values())]
        for must in musts(self.query.where):
            found = self._indexed(table, must)
            if found is not None:
                return found
        if self._by_id:
            return table.after("")
        if self.resolver.world.switches["unordered"] == "newest" and not self.query.order:
            return reversed(table.rows.values())
        return table.rows.values()

    def _indexed(self, table: Table, must: Comparison) -> Iterable[Row] | None:
        if len(must.path.names) > 1 or must.query is not None:
            return None
        field = self.kind.find(must.path.names[0])
        if field is None or any(literal.value is None for literal in must.values):
            return None
        values = [literal.value for literal in must.values]
        if field.name == "Id" and must.operator in ("=", "IN"):
            ids = sorted(dict.fromkeys(filter(None, map(normal, values))))
            return [table.rows[id] for id in ids if id in table.rows]
        if field.name == "Id" and must.operator == ">":
            return table.after(normal(values[0]) or "")
        if field.name in table.indexes and must.operator in ("=", "IN"):
            if field.type in ("id", "reference"):
                values = [normal(value) or "" for value in values]
            index = table.indexes[field.name]
            ids = list(dict.fromkeys(id for value in values for id in index.ids(value)))
            return [table.rows[id] for id in (sorted(ids) if self._by_id else ids)]
        return None

    @property
    def _by_id(self) -> bool:
        """Whether the order asked for is that of the ids, which candidates come in then."""
        order = self.query.order
        return (
            len(order) == 1
            and order[0].path.names[-1].lower() == "id"
            and not order[0].down
            and (len(order[0].path.names) == 1)
        )

    def _order(self) -> list[tuple[Any, bool]]:
        """Sort keys, the first one first; empty when nothing needs sorting."""
        keys: list[tuple[Any, bool]] = []
        for order in self.query.order:
            found = self.resolver.resolve(self.kind, order.path, self.query.alias)
            if not found.field.sortable:
                words = f"field '{found.field.name}' can not be sorted in a query call"
                raise Refused("MALFORMED_QUERY", marked(self.query.text, order.path.at, words))
            keys.append((_sort_key(found, order.down, order.nulls_last), order.down))
        return [] if self._by_id and not self.deleted_too else keys

    def _check_links(self) -> None:
        """Raises Refused (rule salesforce.link-filter)."""
        if self.kind.name != "ContentDocumentLink" or self.resolver.access.may("QueryAllFiles"):
            return
        for must in musts(self.query.where):
            if str(must.path).lower() in LINK_FIELDS and must.operator in ("=", "IN"):
                return
        raise Refused("MALFORMED_QUERY", LINK_RULE)

    def _values_of(self, query: Query) -> list[Any]:
        """The values of a semi-join."""
        if len(query.select) != 1 or not isinstance(query.select[0], Path):
            raise Refused("MALFORMED_QUERY", "a semi-join selects exactly one field")
        kind = self.resolver.object(query.object)
        found = self.resolver.resolve(kind, query.select[0], query.alias)
        return [value for row in Finder(self.resolver, query, kind).rows() if (value := found.get(row)) is not None]


def filter_rows(rows: Iterable[Row], keeps: Any) -> Iterator[Row]:
    """Those rows that are kept."""
    return (row for row in rows if keeps(row))


def _sort_key(found: Any, down: bool, nulls_last: bool) -> Any:
    get, field = found.get, found.field
    null_rank = int(nulls_last != down)

    def key(row: Row) -> tuple[int, Any]:
        value = fold(field, get(row))
        return (null_rank * 2, 0) if value is None else (1, value)

    return key
