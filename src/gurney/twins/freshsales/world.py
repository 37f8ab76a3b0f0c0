"""One made-up account: its users, fields, records, files, jobs and quota."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from gurney.twins.freshsales import standard, times
from gurney.twins.freshsales.people import ADMIN, People
from gurney.twins.freshsales.plans import PLANS, UNIQUE_MOST, Plan
from gurney.twins.freshsales.quota import Quota
from gurney.twins.freshsales.rules import RULES
from gurney.twins.freshsales.schema import Field, Schema
from gurney.twins.freshsales.shelf import DELETED, KEPT_S, Row, Shelf
from gurney.twins.freshsales.zones import ZONES
from gurney.twins.kit.attic import Attic
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.options import BadOption, TwinOptions

if TYPE_CHECKING:
    from gurney.twins.freshsales.custom_modules import Module
    from gurney.twins.freshsales.jobs import Job

ALIAS = "clinic.myfreshworks.com/crm/sales"
PURGE_AFTER_S = 90 * 86_400
MODELS = {"contacts": "Contact", "sales_accounts": "SalesAccount", "deals": "Deal"}
TARGETS = {model: name for name, model in MODELS.items()}
CONTENT = ("notes", "tasks", "appointments", "sales_activities")
FIRST_IDS = {
    "contacts": 31_020_000_000, "sales_accounts": 31_004_000_000, "deals": 31_002_000_000, "notes": 31_005_000_000,
    "tasks": 31_001_400_000, "appointments": 31_001_500_000, "sales_activities": 31_000_300_000,
    "products": 31_000_990_000, "choice": 31_000_500_000, "stage": 32_009_700_000, "view": 31_003_600_000,
    "user": 31_000_150_000, "email": 31_016_000_000, "documents": 31_000_700_000, "field": 31_000_060_000,
    "mcr": 1_700_000_000_000_000_000,
}  # fmt: skip
"""Ids have ten or eleven digits, `mcr_id` nineteen (FACTS 2)."""
ELSEWHERE = 31_000_010_000
CHOICES = {
    "lifecycle_stage_id": "lifecycle_stages", "contact_status_id": "contact_statuses", "lost_reason_id": "lost_reasons",
    "territory_id": "territories", "lead_source_id": "lead_sources", "campaign_id": "campaigns",
    "industry_type_id": "industry_types", "business_type_id": "business_types", "deal_pipeline_id": "deal_pipelines",
    "deal_stage_id": "deal_stages", "deal_reason_id": "deal_reasons", "deal_type_id": "deal_types",
    "currency_id": "currencies", "deal_payment_status_id": "deal_payment_statuses",
    "sales_activity_type_id": "sales_activity_types", "sales_activity_outcome_id": "sales_activity_outcomes",
    "task_type_id": "sales_activity_entity_types",
}  # fmt: skip
"""Which selector has the choices of a standard field."""


def _target(row: Row) -> Iterable[Hashable]:
    return (row["target"],) if "target" in row else ()


def _one(name: str) -> Any:
    return lambda row: (row[name],) if name in row else ()


def _folded(name: str) -> Any:
    return lambda row: (str(row[name]).strip().casefold(),) if name in row else ()


def _shelves() -> dict[str, Shelf]:
    """A shelf for each kind of record, with what it is found by."""
    contacts = Shelf(
        {
            "primary_email": lambda row: [
                one["value"].casefold() for one in row.get("emails", ()) if one["is_primary"]
            ],
            "email": lambda row: [one["value"].casefold() for one in row.get("emails", ())],
            "external_id": _folded("external_id"),
            "mobile_number": _folded("mobile_number"),
            "sales_accounts": lambda row: [one["id"] for one in row.get("sales_accounts", ())],
        }
    )
    accounts = Shelf({"name": _folded("name"), "parent": _one("parent_sales_account_id")})
    deals = Shelf(
        {
            "name": _folded("name"),
            "sales_account": _one("sales_account_id"),
            "contacts": lambda row: row.get("contact_ids", ()),
        }
    )
    children = {name: Shelf({"target": _target}) for name in (*CONTENT, "documents")}
    return {"contacts": contacts, "sales_accounts": accounts, "deals": deals, "products": Shelf(), **children}


@dataclass
class World:
    """The state of the account. `fill` makes it; nothing is shared between two."""

    options: TwinOptions
    clock: Clock
    plan: Plan = field(init=False)
    switches: dict[str, str] = field(init=False)
    zone: str = field(init=False)
    _moment: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        name = (self.options.edition or "growth").lower()
        if name not in PLANS:
            raise BadOption(f"no edition {name!r}; there are {', '.join(PLANS)}")
        self.plan = PLANS[name]
        self.switches = RULES.switches(self.options.switches)
        self.zone = self.switches["time_zone"]
        if self.zone not in available_timezones():
            raise BadOption(f"switch time_zone: no time zone {self.zone!r}")
        self._check_numbers()
        self.zone_names = frozenset(ZONES)
        self.fill()

    def _check_numbers(self) -> None:
        for rule in RULES:
            if not rule.switch or rule.choices is not None or not (rule.default or "").isdecimal():
                continue
            if not self.switches[rule.switch].isdecimal():
                raise BadOption(f"switch {rule.switch}: {self.switches[rule.switch]!r} is no number")
        if float(self.switches["index_lag_s"]) > KEPT_S / 2:
            raise BadOption(f"switch index_lag_s: at most {KEPT_S / 2:.0f}")

    def fill(self) -> None:
        """The account as it is on its first day."""
        self._numbers: dict[str, int] = {}
        now = self.now()
        self.people = People(self.options.seed, sees_all=self.switches["visibility"] == "all")
        for email in dict.fromkeys((ADMIN, *self.options.users)):
            self.people.add(self.next("user"), email, admin=email == ADMIN)
        self.catalogue = standard.catalogue(self.next, now, self.switches["currency"])
        self.views = standard.views(self.next, times.shown(now, self.zone))
        self.forms = {name: self.next("form") for name in (*MODELS, "sales_activities")}
        self.schemas = {name: self._schema(name, fields) for name, fields in standard.standard_fields().items()}
        self.shelves = _shelves()
        self.lists: dict[int, Row] = {}
        self.modules: dict[str, Module] = {}
        self.jobs: dict[str, Job] = {}
        self.running: list[Job] = []
        self.workflows: list[Row] = []
        self.notifications: list[Row] = []
        self.attic = Attic()
        self.binned: list[tuple[int, str, int]] = []
        self.quota = Quota(self.plan, self.switches, unlimited=self.options.unlimited)

    def _schema(self, name: str, fields: dict[str, list[str]]) -> Schema:
        model = MODELS.get(name, "SalesActivity")
        schema = Schema(model, self.fields_most(), UNIQUE_MOST.get(name, 0))
        uniques = {"contacts": ("emails", "external_id"), "sales_accounts": ("name",)}.get(name, ())
        for at, (field_name, (label, type, flags)) in enumerate(fields.items(), 1):
            more: Row = {}
            if type == "auto_complete":
                more["auto_suggest_url"] = f"/search/auto_suggest/{field_name}.json?&q="
            if "c" in flags:
                more |= {"creatable": True, "creatable_data_key": field_name.removesuffix("_id")}
            if "s" in flags:
                more["multiple"] = True
            schema.add(
                Field(
                    self.next("field"),
                    field_name,
                    label,
                    type,
                    at,
                    model,
                    required="r" in flags,
                    unique=field_name in uniques,
                    writable="w" in flags,
                    visible="v" in flags,
                    quick_add=at + 2 if "q" in flags else None,
                    more=more,
                    choices=self._fixed_choices(field_name),
                )
            )
        return schema

    def _fixed_choices(self, name: str) -> list[Row]:
        """Choices that no selector has; their ids are texts, but those of `number_of_employees` (FACTS 2)."""
        if name == "number_of_employees":
            lower = [int(word.partition("-")[0].rstrip("+")) for word in standard.EMPLOYEES]
            return [{"id": id, "value": word, "position": at}
                    for at, (id, word) in enumerate(zip(lower, standard.EMPLOYEES, strict=True), 1)]  # fmt: skip
        if name == "time_zone":
            return [{"id": zone, "value": f"(GMT{offset}) {zone}", "position": at}
                    for at, (zone, offset) in enumerate(ZONES.items(), 1)]  # fmt: skip
        pairs = standard.FIXED.get(name) or {word: word for word in standard.MODES.get(name, ())}
        return [{"id": id, "value": word, "position": at} for at, (id, word) in enumerate(pairs.items(), 1)]

    def fields_most(self) -> int:
        """Fields of one's own for each object; of two plans nobody knows the figure."""
        own = {"free": "free_fields", "enterprise": "enterprise_fields"}.get(self.plan.name)
        return int(self.switches[own]) if own else self.plan.custom_fields

    # Identity and time

    def next(self, sequence: str) -> int:
        """The next number of a sequence."""
        number = self._numbers.get(sequence, FIRST_IDS.get(sequence, ELSEWHERE)) + 1
        self._numbers[sequence] = number
        return number

    def now(self) -> int:
        """Vendor time in whole seconds."""
        return int(self.timestamp())

    def timestamp(self) -> float:
        """The same to the fraction."""
        return self.clock.timestamp() if self._moment is None else self._moment

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """What is done now was done at that moment, when nobody looked."""
        self._moment = moment
        try:
            yield
        finally:
            self._moment = None

    def shown(self, at: int | None) -> str | None:
        """A moment as answers write it."""
        return None if at is None else times.shown(at, self.zone)

    # Records

    def put(self, name: str, row: Row) -> Row:
        """Keep a new row or a new version of one."""
        return self.shelves[name].put(row, self.timestamp())

    def drop(self, name: str, id: int) -> Row:
        """Forget a row for good."""
        return self.shelves[name].drop(id, self.timestamp())

    def find(self, name: str, id: int, user: Row) -> Row | None:
        """A live record that a user may see."""
        row = self.shelves[name].live(id)
        return row if row is not None and self.people.sees(user, row) else None

    def has_choice(self, field: Field, id: int) -> bool:
        """Whether a reference points at something."""
        if field.name in ("owner_id", "creater_id", "updater_id"):
            return id in self.people.users
        if field.name in ("sales_account_id", "parent_sales_account_id"):
            return self.shelves["sales_accounts"].live(id) is not None
        if field.name in CHOICES:
            return self.choice(CHOICES[field.name], id) is not None
        return any(str(choice["id"]) == str(id) for choice in field.choices)

    def choice(self, selector: str, id: int | None) -> Row | None:
        """A selector's row."""
        return next((row for row in self.catalogue[selector] if row["id"] == id), None)

    def late(self, shelf: Shelf, stale_s: float = 0.0) -> dict[int, Row | None]:
        """What the search index has not heard of yet (FACTS 7)."""
        lag = float(self.switches["index_lag_s"]) + stale_s
        return shelf.late(self.clock.timestamp() - lag) if lag > 0 else {}

    # The bin

    def bury(self, name: str, row: Row) -> Row:
        """Put a record into the recycle bin."""
        self.binned.append((self.now(), name, row["id"]))
        return self.put(name, {**row, DELETED: True, "deleted_at": self.now()})

    def purge_old(self) -> None:
        """What has been in the bin for ninety days is gone (FACTS 8)."""
        before = self.now() - PURGE_AFTER_S
        while self.binned and self.binned[0][0] < before:
            at, name, id = self.binned.pop(0)
            row = self.shelves[name].rows.get(id)
            if row is not None and row.get("deleted_at") == at:
                self.drop(name, id)

    def notify(self, kind: str, name: str, row: Row, **more: Any) -> None:
        """A mail that somebody gets because of what the API did (FACTS 8)."""
        self.notifications.append({"kind": kind, "object": name, "id": row["id"], "at": self.shown(self.now()), **more})
