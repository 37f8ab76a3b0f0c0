"""Whatever comes in, the twin answers; it never falls over."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pipedrive_client import ZOE, Account

from gurney.twins.pipedrive.service import prices

pytestmark = pytest.mark.anyio
ODD: list[Any] = [
    None, [], {}, 0, "x", [1], [{}], [[]], {"name": []}, {"name": {}, "type": {}, "title": []},
    {"name": "x", "type": "people", "conditions": {"glue": "and", "conditions": [{"glue": "and", "conditions": [
        {"object": [], "operator": {}, "field_id": {}}]}]}},
    {"custom_fields": {"x": 1}}, {"emails": [[]]}, {"participants": [{"person_id": {}}]}, {"prices": [{"price": {}}]},
    {"data": [{}]}, {"content": {}, "person_id": []}, {"email": [], "access": [[]]}, {"active_flag": 3},
    {"merge_with_id": 1}, {"merge_with_id": 1.5}, {"value": {"amount": {}}, "title": "x"},
    {"field_name": [], "field_type": {}, "options": {}}, [{"label": 1, "id": "x"}], {"color": {}, "icon_key": []},
    {"owner_id": 9223372036854775807}, {"item_type": "person", "item_id": "9" * 5000, "remote_location": "googledrive",
                                        "remote_id": "x", "file_type": "gdoc", "title": "x"},
]  # fmt: skip
QUERIES = (
    "limit=x", "limit=-1", "cursor=%ff",
    "sort_by=update_time&cursor=eyJmaWVsZCI6InVwZGF0ZV90aW1lIiwiZmllbGRWYWx1ZSI6NSwic29ydERpcmVjdGlvbiI6ImFzYyIsImlkIjoxfQ",
    "ids=" + "9" * 5000, "ids=,,", "filter_id=x", "start=99999", "sort=,",
    "sort=id id id", "updated_since=2026-13-01T00:00:00Z", "start_date=x", "term=%00&field=name&entity_type=person",
    "term=ab&limit=1&start=5", "since_timestamp=2026-99-01 00:00:00", "person_id=x", "include_fields=,",
)  # fmt: skip


async def furnished() -> Account:
    account = Account(switches={"search_lag_s": "0"})
    person = await account.person()
    await account.note(person_id=person)
    await account.upload(person_id=person)
    await account.make("activities")
    await account.make("deals", title="D")
    await account.make("products", name="P")
    await account.make("organizations", name="O")
    return account


def addresses() -> list[tuple[str, str]]:
    """Every endpoint, with ids that exist and ids that do not."""
    found = []
    for key in prices():
        method, template = key.split(" ")
        for id in ("1", "x", "9" * 30):
            path = template
            for name in ("id", "product_attachment_id"):
                path = path.replace(f"{{{name}}}", id)
            path = path.replace("{field_code}", "name" if id == "1" else id)
            found.append((method, f"/api{path}"))
    return sorted(set(found))


async def test_odd_bodies_are_refused_or_taken_but_never_fatal() -> None:
    account = await furnished()
    headers = {"content-type": "application/json"}

    for method, path in addresses():
        if method in ("GET", "DELETE") and "options" not in path:
            continue
        for body in ODD:
            answer = await account.ask(f"{method} {path}", content=orjson.dumps(body), headers=headers)
            assert answer.status_code < 500 or b"ERR_UNKNOWN" in answer.content, (method, path, body)


async def test_odd_queries_are_refused_or_taken_but_never_fatal() -> None:
    account = await furnished()

    for method, path in addresses():
        if method == "GET":
            for query in QUERIES:
                assert (await account.ask(f"GET {path}?{query}")).status_code < 500, (path, query)


async def test_odd_forms_and_multiparts_are_never_fatal() -> None:
    account = await furnished()
    forms = (b"", b"--b\r\n\r\n", b"file=x", b"--b--", b"%zz&==&a")
    kinds = ("multipart/form-data", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded")

    for path in ("v1/files", "v1/files/remote", "v1/notes", "v2/persons"):
        for kind in kinds:
            for body in forms:
                answer = await account.ask(f"POST {path}", content=body, headers={"content-type": kind})
                assert answer.status_code == 400, (path, kind, body)


async def test_nothing_odd_was_stored() -> None:
    account = await furnished()
    for body in ODD:
        for name in ("persons", "activities", "products"):
            await account.ask(
                f"POST v2/{name}", content=orjson.dumps(body), headers={"content-type": "application/json"}
            )
    await account.make("persons", **ZOE)

    for name in ("persons", "activities", "products", "notes"):
        for row in await account.dump(name):
            assert isinstance(row["id"], int), row
