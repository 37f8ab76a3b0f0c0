"""Reading `--load DIR`: one file of JSON lines per resource, in the vendor's wire shape, perhaps gzipped."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

SUFFIXES = (".jsonl", ".jsonl.gz")


def manifest_of(directory: Path) -> dict[str, Any]:
    """The data's description of itself; empty when it has none."""
    path = directory / "manifest.json"
    if not path.is_file():
        return {}
    loaded: dict[str, Any] = orjson.loads(path.read_bytes())
    return loaded


def resources_in(directory: Path) -> list[str]:
    """Names of the resources that have a file."""
    names = {p.name.removesuffix(".gz").removesuffix(".jsonl") for p in directory.iterdir() if _is_lines(p)}
    return sorted(names)


def read_lines(directory: Path, resource: str) -> Iterator[dict[str, Any]]:
    """The records of one resource in file order; nothing when there is no file."""
    for suffix in SUFFIXES:
        path = directory / (resource + suffix)
        if path.is_file():
            with gzip.open(path) if suffix.endswith(".gz") else path.open("rb") as lines:
                yield from (orjson.loads(line) for line in lines if line.strip())
            return


def _is_lines(path: Path) -> bool:
    return path.name.endswith(SUFFIXES)
