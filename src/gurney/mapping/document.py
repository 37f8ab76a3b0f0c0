"""The mapping document as a file: read with line numbers, written back with the clinic's comments, hashed.

Every problem of a file is reported at once, each with its line; an unknown key names the nearest known one.
"""

from __future__ import annotations

import copy
import difflib
import io
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gurney.mapping.model import (
    Call,
    Column,
    Condition,
    Create,
    FieldMap,
    LeaveOut,
    Lookup,
    Mapping,
    Names,
    NotMigrated,
    ObjectMap,
    Otherwise,
    Overflow,
    Owner,
    Table,
    digest,
)
from gurney.mapping.problems import MappingWrong, Problem

__all__ = [
    "Call",
    "Column",
    "Condition",
    "Create",
    "FieldMap",
    "LeaveOut",
    "Lookup",
    "Mapping",
    "Names",
    "NotMigrated",
    "ObjectMap",
    "Otherwise",
    "Overflow",
    "Owner",
    "Table",
    "default",
    "digest",
    "dump",
    "load",
    "look_at",
]

Place = tuple[str | int, ...]

_PARTS: dict[str, type[BaseModel]] = {
    "": Mapping,
    "maps": ObjectMap,
    "fields": FieldMap,
    "create": Create,
    "lookup": Lookup,
    "otherwise": Otherwise,
    "names": Names,
    "parent": Lookup,
    "owner": Owner,
    "table": Table,
    "columns": Column,
    "leave_out": LeaveOut,
    "not_migrated": NotMigrated,
    "overflow": Overflow,
}
"""Which model a part of the document is, by the key that it stands under."""

_IDENTITY = ("map", "to", "name", "from", "code")
"""Keys by which an item of a list is known again when the file is written back."""


def load(text: str, name: str) -> Mapping:
    """Read a mapping that may be changed. `name` is what messages call the file. Raises MappingWrong."""
    return look_at(text, name).model_copy(deep=True)


def look_at(text: str, name: str) -> Mapping:
    """Read a mapping that is not to be changed: whoever reads the same text gets the same one, without a copy.

    `name` is what messages call the file. Raises MappingWrong with every problem.
    """
    try:
        return _read(text)
    except _Unreadable as wrong:
        raise MappingWrong(name, wrong.problems) from None


class _Unreadable(Exception):
    """What is wrong with a text, before anybody says which file it is."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


@lru_cache(maxsize=16)
def _read(text: str) -> Mapping:
    """Parsed once: that takes a quarter of a second, and a verb asks for its mapping several times."""
    tree = _parse(text)
    try:
        mapping = Mapping.model_validate(tree)
    except ValidationError as wrong:
        raise _Unreadable(*_problems(tree, wrong.errors())) from None
    _number_lines(mapping, tree)
    mapping.keep_tree(tree)
    repeated = list(_repeated(mapping))
    if repeated:
        raise _Unreadable(*repeated)
    return mapping


def dump(mapping: Mapping) -> str:
    """Write a mapping, with the comments and order of the file that it was read from.

    Where two entries of that file share lines (a YAML anchor) and differ by now, the comments give way.
    """
    if mapping.tree is not None:
        text = _dumped(copy.deepcopy(mapping.tree), mapping)
        if digest(_read(text)) == digest(mapping):
            return text
    return _dumped(CommentedMap(), mapping)


def _dumped(tree: CommentedMap, mapping: Mapping) -> str:
    _merge_map(tree, mapping.as_written())
    out = io.StringIO()
    _yaml().dump(tree, out)
    return out.getvalue()


def default(destination: str) -> Mapping:
    """The mapping that ships for a destination; a fresh copy that may be changed."""
    file = resources.files(f"gurney.destinations.{destination}") / "mapping.yaml"
    return load(file.read_text(encoding="utf-8"), f"the default mapping for {destination}")


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 10_000  # a folded flow mapping cannot be read again
    yaml.preserve_quotes = True
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _parse(text: str) -> CommentedMap:
    try:
        tree = _yaml().load(text)
    except MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 0
        words = (wrong.problem or "not readable as YAML").splitlines()[0]
        problem = Problem(line, "", "error", f"{words}.", "Check quotes, colons and indents.")
        raise _Unreadable(problem) from None
    except YAMLError:
        raise _Unreadable(Problem(0, "", "error", "Not readable as YAML.")) from None
    if not isinstance(tree, CommentedMap):
        raise _Unreadable(Problem(1, "", "error", "A mapping starts with `destination:` and `maps:`."))
    return tree


def _problems(tree: CommentedMap, errors: Sequence[ErrorDetails]) -> list[Problem]:
    found = {_problem(tree, error) for error in errors}
    return list(found)


def _problem(tree: CommentedMap, error: ErrorDetails) -> Problem:
    place = error["loc"]
    line, where = _line(tree, place), _where(tree, place)
    key = place[-1] if place else ""
    if error["type"] == "extra_forbidden":
        return Problem(line, where, "error", f"Unknown key `{key}`.", _nearest(place))
    if error["type"] == "missing":
        return Problem(line, where, "error", f"`{key}` is missing.")
    words = error["msg"].removeprefix("Value error, ")
    return Problem(line, where, "error", f"`{key}`: {words[0].lower()}{words[1:]}.")


def _nearest(place: Place) -> str:
    container = next((part for part in reversed(place[:-1]) if isinstance(part, str)), "")
    model = _PARTS.get(container, Mapping)
    known = [field.alias or name for name, field in model.model_fields.items()]
    close = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
    return f"Did you mean `{close[0]}`?" if close else f"Known keys: {', '.join(known)}."


def _line(tree: CommentedMap, place: Place) -> int:
    """The line of the deepest part of `place` that is in the file."""
    node: Any = tree
    line = 1
    for part in place:
        try:
            if isinstance(node, CommentedMap):
                line = node.lc.key(part)[0] + 1
            elif isinstance(node, CommentedSeq):
                line = node.lc.item(part)[0] + 1
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
    return line


def _where(tree: CommentedMap, place: Place) -> str:
    """Object map and field in words: 'Z1 Last_Name'."""
    words = []
    node: Any = tree
    for part in place:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(node, CommentedMap):
            words += [str(node[key]) for key in ("map", "to") if key in node and isinstance(node[key], str)][:1]
    return " ".join(words)


def _number_lines(model: BaseModel, node: Any) -> None:
    for name, field in type(model).model_fields.items():
        key = field.alias or name
        if not isinstance(node, CommentedMap) or key not in node:
            continue
        value, part = getattr(model, name), node[key]
        if isinstance(value, BaseModel):
            _place(value, node.lc.key(key)[0], part)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, BaseModel):
                    _place(item, part.lc.item(index)[0], part[index])


def _place(model: BaseModel, line: int, node: Any) -> None:
    if hasattr(model, "at_line"):
        model.at_line(line + 1)
    _number_lines(model, node)


def _repeated(mapping: Mapping) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for entry in mapping.maps:
        if entry.map in seen:
            words = f"The object map {entry.map} stands at line {seen[entry.map]} already."
            yield Problem(entry.line, entry.map, "error", words, "Give each `map` its own name.")
        seen[entry.map] = entry.line


def _merge_map(tree: Any, data: dict[str, Any]) -> None:
    for key in [key for key in tree if key not in data]:
        del tree[key]
    for key, value in data.items():
        if key not in tree:
            tree[key] = _fresh(value)
        elif isinstance(tree[key], CommentedMap) and isinstance(value, dict):
            _merge_map(tree[key], value)
        elif isinstance(tree[key], CommentedSeq) and isinstance(value, list):
            _merge_list(tree[key], value)
        elif _plain(tree[key]) != value:
            tree[key] = _fresh(value)


def _merge_list(tree: CommentedSeq, data: list[Any]) -> None:
    kept = min(len(tree), len(data))
    if [_identity(item) for item in tree[:kept]] != [_identity(item) for item in data[:kept]]:
        old: dict[object, list[CommentedMap]] = {}
        for item in tree:
            if isinstance(item, CommentedMap):
                old.setdefault(_identity(item), []).append(item)
        tree[:] = [_again(old.get(_identity(item)), item) for item in data]
        return
    for index in range(kept):
        if isinstance(tree[index], CommentedMap) and isinstance(data[index], dict):
            _merge_map(tree[index], data[index])
        elif _plain(tree[index]) != data[index]:
            tree[index] = _fresh(data[index])
    del tree[kept:]
    for item in data[kept:]:
        tree.append(_fresh(item))


def _again(known: list[CommentedMap] | None, data: Any) -> Any:
    """An item with what the file said of it; of several that look alike, the first that is left."""
    if not known or not isinstance(data, dict):
        return _fresh(data)
    old = known.pop(0)
    _merge_map(old, data)
    return old


def _identity(item: object) -> object:
    if not isinstance(item, dict):
        return None
    return tuple(str(item.get(key)) for key in _IDENTITY)


def _plain(node: object) -> object:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else node


def _fresh(value: object) -> object:
    """New parts of the document: short ones on one line, as a person would write them."""
    if isinstance(value, dict):
        made = CommentedMap((key, _fresh(item)) for key, item in value.items())
        if not any(isinstance(item, dict | list) and item for item in value.values()) or "to" in value:
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        seq = CommentedSeq(_fresh(item) for item in value)
        if not any(isinstance(item, dict) for item in value):
            seq.fa.set_flow_style()
        return seq
    return value
