"""Fields that a delta left as a person had changed them: known differences, not losses."""

from __future__ import annotations

from collections.abc import Iterable

from gurney.records import OperationKey
from gurney.store.store import Store

_DOCUMENT = "kept-fields"


def kept_fields(store: Store) -> dict[str, frozenset[str]]:
    """Field names by operation key."""
    saved = store.documents.get(_DOCUMENT) or {}
    return {key: frozenset(names) for key, names in saved.items()}


def keep_fields(store: Store, found: Iterable[tuple[OperationKey, str]]) -> None:
    """Remember more of them. Holds ids and field names, no values."""
    known = {key: set(names) for key, names in kept_fields(store).items()}
    for key, name in found:
        known.setdefault(str(key), set()).add(name)
    store.documents.put(_DOCUMENT, {key: sorted(names) for key, names in known.items()}, sealed=False)
