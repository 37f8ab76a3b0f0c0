"""Every rule is proven, and answers have the shapes of the vendor's own samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from zoho_client import ADA, Org

from gurney.twins.kit.rules import rules_named_in, rules_table
from gurney.twins.zoho import RULES

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent


def test_each_rule_is_named_by_a_test_and_each_name_is_a_rule() -> None:
    named = set(rules_named_in(HERE))

    assert {rule.id for rule in RULES} - named == set()
    assert named - {rule.id for rule in RULES} == set()


def test_each_switch_is_tried_with_another_value() -> None:
    source = "".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != Path(__file__).name)

    unused = [rule.switch for rule in RULES if rule.switch and f'"{rule.switch}":' not in source]
    assert set(unused) <= {"bulk_write_s", "bulk_read_s"}  # these are waited for instead


def test_the_table_of_rules_has_a_line_for_each() -> None:
    assert len(rules_table(RULES, HERE).splitlines()) == len(RULES) + 2


def sample(shared: Path, name: str, number: int = 0) -> Any:
    blocks = json.loads((shared / "vendors" / "zoho" / "spec" / "samples-v7" / f"{name}.json").read_text())
    return [block["json"] for block in blocks][number]


def answers(shared: Path, name: str, key: str) -> list[Any]:
    """Blocks of a sample page that are answers with a key."""
    blocks = json.loads((shared / "vendors" / "zoho" / "spec" / "samples-v7" / f"{name}.json").read_text())
    return [block["json"] for block in blocks if key in block["json"]]


def shape(value: Any) -> Any:
    """Keys and types, values forgotten; a null fits anything."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None if value is None else type(value).__name__


def agrees(ours: Any, theirs: Any, path: str = "$") -> list[str]:
    """What of the vendor's shape is missing or of another type in ours."""
    if ours is None or theirs is None:
        return []
    if isinstance(theirs, dict):
        if not isinstance(ours, dict):
            return [f"{path}: no object"]
        gaps = [f"{path}.{key}: missing" for key in theirs if key not in ours]
        return gaps + [gap for key in theirs if key in ours for gap in agrees(ours[key], theirs[key], f"{path}.{key}")]
    if isinstance(theirs, list):
        if not isinstance(ours, list):
            return [f"{path}: no list"]
        return agrees(ours[0], theirs[0], f"{path}[0]") if ours and theirs else []
    return [] if ours == theirs else [f"{path}: {ours}, not {theirs}"]


async def test_written_records_look_like_the_samples(org: Org, shared: Path) -> None:
    inserted = (await org.ask("POST", "Contacts", {"data": [ADA]})).json()
    upserted = (await org.ask("POST", "Contacts/upsert", {"data": [ADA, {**ADA, "Email": "b@x.au"}]})).json()
    id = inserted["data"][0]["details"]["id"]
    updated = (await org.ask("PUT", f"Contacts/{id}", {"data": [{"Phone": "1"}]})).json()
    note = (await org.ask("POST", f"Contacts/{id}/Notes", {"data": [{"Note_Content": "x"}]})).json()
    deleted = (await org.ask("DELETE", f"Contacts/{id}")).json()

    assert agrees(shape(inserted), shape(sample(shared, "insert-records", 1))) == []
    assert agrees(shape(upserted), shape(answers(shared, "insert-or-update-records-upsert", "data")[-1])) == []
    assert agrees(shape(updated), shape(answers(shared, "update-records", "data")[-1])) == []
    assert agrees(shape(note), shape(sample(shared, "create-notes", 1))) == []
    assert agrees(shape(deleted), shape(sample(shared, "delete-records"))) == []


async def test_lists_look_like_the_samples(org: Org, shared: Path) -> None:
    id = await org.make("Leads", **ADA)
    await org.make("Leads", **ADA)
    fields = "Converted__s,Email,Last_Name,Record_Status__s"
    listed = (await org.ask("GET", f"Leads?fields={fields}&per_page=1")).json()
    queried = (await org.coql("select Last_Name from Leads where id is not null")).json()
    await org.ask("DELETE", f"Leads/{id}")
    deleted = (await org.ask("GET", "Leads/deleted?type=all")).json()
    binned = (await org.ask("GET", "settings/recycle_bin")).json()
    counted = (await org.ask("GET", "Leads/actions/count")).json()

    theirs = sample(shared, "get-records")
    for row in theirs["data"]:
        row.pop("Converted_Date_Time")
    assert agrees(shape(listed), shape(theirs)) == []
    assert set(listed["info"]) == set(theirs["info"])
    coql = sample(shared, "get-records-through-a-coql-query")
    assert agrees(shape(queried["info"]), shape(coql["info"])) == []
    assert agrees(shape(deleted), shape(sample(shared, "get-list-of-deleted-records"))) == []
    assert agrees(shape(binned), shape(sample(shared, "get-recycle-bin-records", 1))) == []
    assert agrees(shape(counted), shape(sample(shared, "record-count-in-a-module"))) == []


async def test_the_set_up_looks_like_the_samples(org: Org, shared: Path) -> None:
    fields = (await org.ask("GET", "settings/fields?module=Leads")).json()["fields"]
    modules = (await org.ask("GET", "settings/modules")).json()["modules"]
    users = (await org.ask("GET", "users?type=AllUsers")).json()["users"]
    orgs = (await org.ask("GET", "org")).json()["org"]
    roles = (await org.ask("GET", "settings/roles")).json()["roles"]

    sampled = {field["api_name"]: field for field in sample(shared, "fields-meta-data")["fields"]}
    always = set.intersection(*(set(field) for field in sampled.values()))
    for field in fields:
        theirs = sampled.get(field["api_name"])
        assert always - set(field) == set()
        if theirs is None:
            continue
        for key in ("data_type", "json_type", "length", "operation_type", "system_mandatory"):
            assert field[key] == theirs[key], (field["api_name"], key)
    assert set(sample(shared, "metadata-apis")["modules"][1]) - set(modules[0]) == set()
    user = sample(shared, "users-apis")["users"][0]
    assert set(user) - set(users[0]) <= {"theme", "offset", "created_by"}
    assert agrees(shape(orgs[0]), shape(sample(shared, "organization-api")["org"][0])) == []
    assert set(answers(shared, "roles-apis", "roles")[0]["roles"][0]) - set(roles[0]) == set()


async def test_files_look_like_the_samples(org: Org, shared: Path) -> None:
    id = await org.make("Contacts", **ADA)
    attached = (await org.ask("POST", f"Contacts/{id}/Attachments", files={"file": ("a.pdf", b"x")})).json()
    listed = (await org.ask("GET", f"Contacts/{id}/Attachments?fields=Owner,File_Name,Created_Time,Parent_Id")).json()
    stored = (await org.ask("POST", "files", files={"file": ("a.pdf", b"x")})).json()

    assert agrees(shape(attached), shape(sample(shared, "upload-an-attachment"))) == []
    assert agrees(shape(listed), shape(sample(shared, "files-and-attachments-apis"))) == []
    assert agrees(shape(stored), shape(sample(shared, "upload-files-to-zoho-file-system-zfs"))) == []


async def test_the_ready_line_names_all_that_a_client_needs(org: Org) -> None:
    env = org.zoho.env("http://127.0.0.1:1")

    assert set(env) == {
        "GURNEY_ZOHO_CLIENT_ID",
        "GURNEY_ZOHO_CLIENT_SECRET",
        "GURNEY_ZOHO_REFRESH_TOKEN",
        "GURNEY_ZOHO_ACCOUNTS_URL",
        "GURNEY_ZOHO_API_URL",
        "GURNEY_ZOHO_UPLOAD_URL",
    }
    assert env["GURNEY_ZOHO_API_URL"] == "http://127.0.0.1:1"


async def test_every_dump_can_be_read(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    await org.ask("DELETE", f"Contacts/{id}")
    await org.ask("POST", "files", files={"file": ("a.pdf", b"x")})

    for name in ("Users", "Modules", "Fields", "RecycleBin", "Files", "Contacts", "Notes", "Attachments"):
        lines = (await org.admin(f"GET dump/{name}")).text.splitlines()
        assert len(lines) == (0 if name in ("Contacts", "Notes", "Attachments") else len(lines) or 1), name
        assert all(json.loads(line) for line in lines)
    assert (await org.admin("GET dump/Nothing")).status_code == 404
