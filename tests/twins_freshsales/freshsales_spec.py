"""The vendor's list of operations and recorded answers as judges of traffic, and what both are silent about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson

from gurney.twins.kit.journal import Entry

API = "/crm/sales/api"
NOT_SERVED = {
    "cpq_documents": "quotes and invoices of the vendor's own: no row of the contract writes them",
    "phone_calls": "call logs: the source has none",
    "manage_team_members": "teams: no row of the contract writes them",
}
"""Operations that the twin does not serve, by a part of their path, and why."""
UNLISTED = {
    "GET /contacts/filters": "FACTS 2", "GET /sales_accounts/filters": "FACTS 2", "GET /deals/filters": "FACTS 2",
    "GET /sales_accounts/:/document_associations": "links of recorded accounts",
    "GET /deals/:/document_associations": "links of recorded deals",
    "POST /filtered_search/:": "FACTS 3", "GET /settings/module_customizations": "FACTS 5",
    "GET /selector/:": "FACTS 3, samples", "GET /selector/:/:/:": "FACTS 3, samples",
}  # fmt: skip
"""Endpoints that the list lacks, and where they are known from."""
MORE_KEYS = {
    "/contacts": ("phone_numbers", "tags", "mobile_number", "external_id", "lost_reason_id"),
    "/sales_accounts": ("website", "phone", "city", "tags", "annual_revenue", "parent_sales_account_id"),
    "/deals": ("deal_pipeline_id", "deal_stage_id", "closed_date", "expected_close", "products", "tags"),
    "/tasks": ("status", "task_type_id", "outcome_id", "task_users_attributes"),
    "/appointments": ("outcome_id", "is_allday", "appointment_attendees_attributes"),
    "/sales_activities": ("location", "status", "completed_date", "custom_field"),
    "/cpq/products": ("product_code", "sku_number", "category", "is_active", "owner_id", "pricing_type",
                      "product_pricings"),
    "/settings": ("choices", "icon"),
    "/custom_module": ("name", "custom_field", "owner_id"),
}  # fmt: skip
"""Keys of requests that the list lacks and FACTS 3 and 5 have."""
BULK_KEYS = ("external_id", "data")


class Operations:
    """The list of operations."""

    def __init__(self, spec: Path) -> None:
        self.rows: list[dict[str, Any]] = orjson.loads((spec / "operations.json").read_bytes())["operations"]
        self._patterns = [
            (row["method"], re.compile(re.sub(r":\w+", "[^/]+", row["path"])), row)
            for row in sorted(self.rows, key=lambda row: row["path"].count(":"))
        ]

    def of(self, method: str, path: str) -> dict[str, Any] | None:
        """The operation of a path below the alias."""
        return next((row for verb, pattern, row in self._patterns if verb == method and pattern.fullmatch(path)), None)

    def complaints(self, entry: Entry) -> list[str]:
        """How a recorded call differs from the list."""
        path = entry.path.removeprefix("/crm/sales")
        if not entry.path.startswith(API) or entry.status >= 400 or entry.bodies is None:
            return []
        where = f"{entry.method} {path}"
        row = self.of(entry.method, path)
        if row is None:
            return [] if is_unlisted(entry.method, path.removeprefix("/api")) else [f"{where}: not in the list"]
        _, _, _, answered = entry.bodies
        told = [f"{where}: key {key}" for key in self._strange(row, entry)]
        if answered[:1] in (b"{", b"["):
            lacking = lacks(row["response_fields"], orjson.loads(answered))
            told += [f"{where}: answer lacks {key}" for key in lacking if row["operation"] in EXACT]
        return told

    def _strange(self, row: dict[str, Any], entry: Entry) -> set[str]:
        """Keys of the body that neither the list nor FACTS has."""
        if entry.bodies is None or not entry.bodies[1].startswith(b"{"):
            return set()
        body = orjson.loads(entry.bodies[1])
        known = {re.sub(r"\[\]", "", param["name"]) for param in row["params"]}
        known |= {name.split(".")[-1] for name in known}
        path = row["path"].removeprefix("/api")
        known |= {key for begin, keys in MORE_KEYS.items() if path.startswith(begin) for key in keys}
        known |= set(BULK_KEYS) if path.endswith("bulk_upsert") else set()
        roots = {"contact", "sales_account", "deal", "note", "task", "appointment", "treatment"}
        return {key for key in _keys(body) if key not in known | roots and not key.startswith("cf_")}


EXACT = (
    "bulk-upsert-contacts", "bulk-upsert-accounts", "bulk-upsert-deals", "bulk-delete-contacts", "get-job-status",
    "create-file", "create-link", "create-list", "list-contact-activities", "list-appointments-meta", "list-tasks",
    "bulk-assign-contact-owner", "bulk-update-products", "bulk-delete-products", "add-contacts-to-list",
    "lookup-search",
)  # fmt: skip
"""Operations whose answers must have every key of the list."""


def is_unlisted(method: str, path: str) -> bool:
    """Whether FACTS knows a path that the list lacks."""
    return any(
        method == verb and re.fullmatch(template.replace(":", "[^/]+"), path)
        for verb, _, template in (key.partition(" ") for key in UNLISTED)
    )


def _keys(body: Any) -> set[str]:
    """Names of a body, without those inside of objects whose keys are data."""
    if isinstance(body, list):
        return {key for one in body for key in _keys(one)}
    if not isinstance(body, dict):
        return set()
    inner = {key for name, one in body.items() if name in ("contact", "data", "deal", "product") for key in _keys(one)}
    return set(body) | inner


def lacks(fields: list[str], answer: Any) -> set[str]:
    """Fields of the list, such as `meta.total: number`, that an answer does not have."""
    return {
        field
        for field in (re.sub(r"(\[\])+", "[]", row.split(":")[0]) for row in fields)
        if not _has(answer, re.split(r"\.|(?=\[\])", field))
    }


def _has(value: Any, parts: list[str]) -> bool:
    if not parts:
        return True
    if parts[0] == "[]":
        return isinstance(value, list) and all(_has(one, parts[1:]) for one in value[:1])
    return isinstance(value, dict) and parts[0] in value and _has(value[parts[0]], parts[1:])
