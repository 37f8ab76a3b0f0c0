"""Every oddity planted in the sample clinic, and what a right migration makes of it (its manifest's `expect`).

A test module has the checks about some of the source's objects and takes the entries that they are for; together the
modules take every entry (test_planted_all.py). The checks speak the words of crm.py, so that one check holds for every
destination.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatch

import pytest
from crm import Crm, Row
from harbour import FOLDER, Clinic, Story

MANIFEST = FOLDER / "manifest.json"
PLANTED: list[Row] = json.loads(MANIFEST.read_bytes())["planted"] if MANIFEST.exists() else []


@dataclass(frozen=True)
class Case:
    """One planted entry with both sides."""

    entry: Row
    clinic: Clinic
    story: Story

    @property
    def ids(self) -> list[str]:
        return self.entry["ids"]

    @property
    def id(self) -> str:
        return self.ids[0]

    @property
    def crm(self) -> Crm:
        return self.story.there

    def source(self, id: str = "", resource: str = "") -> Row:
        return self.clinic.rows(resource or self.entry["resource"])[id or self.id]

    def patient(self, id: str = "") -> Row:
        return self.crm.patients[id or self.id]

    def finding(self, code: str, object: str = "") -> Row:
        """The audit's finding of this kind."""
        object = object or self.entry["resource"]
        rows = [row for row in self.story.report("audit")["quality"] if (row["code"], row["object"]) == (code, object)]
        assert rows, f"the audit does not say {code} of {object}"
        return {"count": sum(row["count"] for row in rows), "ids": [id for row in rows for id in row["ids"]]}

    def listed(self, code: str, object: str = "", ids: Iterable[str] = ()) -> bool:
        """Whether the audit lists these records; it names at most 50 ids and counts all."""
        found = self.finding(code, object)
        return set(ids or self.ids) <= set(found["ids"]) or found["count"] > len(found["ids"])

    def left(self, kind: str, why: str) -> int:
        """How many of a kind the reconciliation says stayed behind for this reason."""
        what = f"{self.crm.maps[kind]}: {why}"
        left = self.story.report("reconcile")["not_migrated"]
        return sum(row["count"] for row in left if row["what"] in (what, f"{what} (in no file)"))

    def owner_row(self, id: str) -> Row:
        return next(row for row in self.story.report("plan")["owners"] if row["practitioner_id"] == id)

    def patient_fields(self) -> list[Row]:
        """The field maps of patients, as the plan shows them."""
        maps = {row["map"]: row for row in self.story.report("plan")["maps"]}
        fields: list[Row] = maps[self.crm.maps["patients"]]["fields"]
        return fields

    def field_of(self, token: str) -> list[Row]:
        """The field maps of one of the clinic's own patient fields."""
        return [row for row in self.patient_fields() if row["source"] == f"custom_fields.{token}"]


Check = Callable[[Case], None]


@dataclass
class Checks:
    """The checks of one module, by key of the manifest."""

    by_key: dict[str, Check] = field(default_factory=dict)

    def of(self, *patterns: str) -> Callable[[Check], Check]:
        """Register a check for keys; `*` stands for any words."""

        def register(check: Check) -> Check:
            self.by_key.update(dict.fromkeys(patterns, check))
            return check

        return register

    def fitting(self, entry: Row) -> list[Check]:
        return [check for pattern, check in self.by_key.items() if fnmatch(entry["key"], pattern)]

    def check(self, case: Case) -> None:
        [check] = self.fitting(case.entry)
        check(case)

    @property
    def each(self) -> pytest.MarkDecorator:
        """For the module's last test, which takes every entry that a check above it is for."""
        return pytest.mark.parametrize(
            "entry",
            [entry for entry in PLANTED if self.fitting(entry)],
            ids=lambda entry: f"{entry['key']}-{entry['ids'][0].rpartition('/')[2]}",
        )

    def without_use(self) -> list[str]:
        """Checks that no entry asks for."""
        keys = [entry["key"] for entry in PLANTED]
        return [pattern for pattern in self.by_key if not any(fnmatch(key, pattern) for key in keys)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cents(amount: object) -> int:
    return int((Decimal(str(amount)) * 100).to_integral_exact())
