"""What we send, held against the operations that the vendor documents (kept beside the checkout)."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from freshsales_account import (
    BASE,
    BULK,
    SINGLE,
    Account,
    Asked,
    a_file,
    a_note,
    a_patient,
    a_place,
    a_product,
    a_task,
    an_appointment,
    an_invoice,
    an_update,
    connect,
)
from test_freshsales_schema import CHANGES, CODES

from gurney.records import Link

pytestmark = pytest.mark.anyio
FACTS = {
    r"GET /selector/\w+", r"GET /\w+/filters", r"POST /filtered_search/\w+", r"GET /cpq/products",
    r"GET /sales_accounts/\d+/document_associations",
}  # fmt: skip
"""Calls that the list of operations leaves out and FACTS 2, 3 and 5 know, and one that is tried (FACTS 0.9)."""
BESIDE = {"page", "per_page", "sort", "sort_type", "include"}
"""Parameters of every list and record (FACTS 2)."""
UNDESCRIBED = {
    "GET /api/lookup": {"f", "entities"},
    "POST /api/settings/:entity_type/forms/:form_id/fields": {"choices"},
    "POST /api/contacts/bulk_upsert": {"external_id"},
}
"""What the operations leave out and FACTS 3, 4 and 5 know or assume."""


@cache
def operations(shared: Path) -> dict[str, dict[str, Any]]:
    told = json.loads((shared / "vendors/freshsales/spec/operations.json").read_text("utf-8"))
    return {f"{one['method']} {one['path']}": one for one in told["operations"]}


def complaints(shared: Path, asked: Asked) -> list[str]:
    """Why a request is none that the vendor documents."""
    name = f"{asked.method} {asked.path.removeprefix('/crm/sales')}"
    fitting = [
        one
        for one in operations(shared)
        if re.fullmatch(re.sub(r":\w+", "[^/]+", re.escape(one).replace(r"\:", ":")), name)
    ]
    if not fitting:
        return [] if any(re.fullmatch(one, asked.name) for one in FACTS) else [f"{asked.name} is not documented"]
    spec = min(fitting, key=lambda one: one.count(":"))
    params = operations(shared)[spec]["params"]
    query = {one["name"] for one in params if one["in"] == "query"} | BESIDE | UNDESCRIBED.get(spec, set())
    found = [f"{spec}: parameter {one}" for one in asked.params if one not in query]
    body = [one for one in params if one["in"] == "body"]
    tops = {re.split(r"[.\[]", one["name"])[0] for one in body} | UNDESCRIBED.get(spec, set())
    sent = asked.body if isinstance(asked.body, dict) else {}
    found += [f"{spec}: {one}" for one in sent if one not in tops]
    for one in body:
        if one["required"] and "[" not in one["name"] and sent and not _has(sent, one["name"].split(".")):
            found.append(f"{spec}: lacks {one['name']}")
    return found


def _has(body: Any, path: list[str]) -> bool:
    for part in path:
        if not isinstance(body, dict) or body.get(part) is None:
            return False
        body = body[part]
    return True


LACKING = {"POST /api/contacts: lacks contact.email", "POST /api/deals/upsert: lacks unique_identifier.id"}
"""FACTS 3: a contact without an address is taken when it has an external id; FACTS 4: clients name deals by name."""


async def test_every_request_is_one_that_is_documented(shared: Path) -> None:
    account = Account(makes_fields=True)
    freshsales = connect(account, field_codes=CODES)
    await freshsales.check()
    await freshsales.provision(CHANGES)
    people = await freshsales.write([a_patient(str(n), email=f"p{n}@example.org") for n in range(12)], BULK)
    contact = people[0].destination_id or ""
    await freshsales.write([a_place(str(n), f"Place {n}") for n in range(9)], BULK)
    await freshsales.write([an_invoice(str(n), contact) for n in range(9)], BULK)
    for write in (
        a_patient("99"), a_place("98", "North"), an_invoice("97", contact), a_task("7", contact), a_product("4"),
        an_appointment("8", contact, owner="2"), a_note("3", contact), a_file("6", contact),
    ):  # fmt: skip
        account.disturb(r"POST /(contacts|deals|sales_accounts)$", "drop-after")
        (outcome,) = await freshsales.write([write], SINGLE)
        await freshsales.settle([write])
        if outcome.destination_id:
            await freshsales.delete(write.object, [outcome.destination_id])
    await freshsales.write([an_update(a_patient("0"), contact, city="Hobart")], SINGLE)
    await freshsales.read("contacts", [contact], ["city", "lifecycle_stage"])
    await freshsales.read_children([Link("contacts", contact)], "files")
    await freshsales.delete("contacts", [one.destination_id or "" for one in people])

    wrong = {one for asked in account.asked for one in complaints(shared, asked)} - LACKING

    assert wrong == set()
    assert len({(each.method, re.sub(r"\d+", "0", each.path)) for each in account.asked}) > 30
    assert all(each.path.startswith(BASE) for each in account.asked)
