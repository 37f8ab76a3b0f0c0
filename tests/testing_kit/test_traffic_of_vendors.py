"""The judge knows the vendors' own examples for right, and wrong traffic for wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gurney.destinations.pipedrive import limits
from gurney.testing.openapi import read_document
from gurney.testing.pipedrive_prices import FOLDERS, NAMES, nameless
from gurney.testing.recording import Exchange
from gurney.testing.traffic import SpecValidator, load_validators

CLINIKO_ALONE = {
    "signatures", "settings", "settings.public", "_list_envelope", "attachment_presigned_post", "daily_availabilities",
    "availability_blocks", "bookings",
}  # fmt: skip

# Page of the documentation, whether its inputs are requests of this call, the call, the status of its answers.
ZOHO_SAMPLES = [
    ("insert-records", True, "POST", "Leads", 201),
    ("update-records", True, "PUT", "Deals", 200),
    ("upsert-records-using-external-id", True, "POST", "Contacts/upsert", 200),
    ("insert-or-update-records-upsert", False, "POST", "Contacts/upsert", 200),
    ("delete-records", False, "DELETE", "Contacts?ids=1,2&wf_trigger=false", 200),
    ("get-records", False, "GET", "Leads?fields=Last_Name,Email&per_page=3", 200),
    ("create-custom-fields", False, "POST", "settings/fields?module=Leads", 201),
    ("fields-meta-data", False, "GET", "settings/fields?module=Leads", 200),
    ("delete-custom-fields", False, "DELETE", "settings/fields/111112000000067259?module=Leads", 200),
    ("create-custom-module", True, "POST", "settings/modules", 201),
    ("metadata-apis", False, "GET", "settings/modules", 200),
    ("modules-api", False, "GET", "settings/modules/Leads", 200),
    ("create-notes", True, "POST", "Notes", 201),
    ("create-notes", True, "POST", "Contacts/2423488000000771001/Notes", 201),
    ("notes-apis", False, "GET", "Notes?fields=Note_Title&per_page=200", 200),
    ("notes-apis", False, "GET", "Contacts/2423488000000771001/Notes?fields=Note_Title&per_page=200", 200),
    ("delete-notes", False, "DELETE", "Notes?ids=1", 200),
    ("get-records-through-a-coql-query", True, "POST", "coql", 200),
    ("add-user", True, "POST", "users", 201),
    ("users-apis", False, "GET", "users?type=AllUsers", 200),
    ("organization-api", False, "GET", "org", 200),
    ("record-count-in-a-module", False, "GET", "Contacts/actions/count", 200),
    ("upload-an-attachment", False, "POST", "Contacts/111111000000101047/Attachments", 200),
    ("files-and-attachments-apis", False, "GET", "Contacts/111111000000101047/Attachments?fields=id,Size", 200),
    ("delete-an-attachment", False, "DELETE", "Contacts/1/Attachments/2883756000000261017", 200),
    ("upload-files-to-zoho-file-system-zfs", False, "POST", "files", 200),
    ("get-recycle-bin-records", False, "GET", "settings/recycle_bin", 200),
    ("delete-recycle-bin-records", False, "DELETE", "settings/recycle_bin?ids=1", 200),
    ("get-list-of-deleted-records", False, "GET", "Contacts/deleted?type=all", 200),
    ("related-lists-metadata", False, "GET", "settings/related_lists?module=Leads", 200),
]


@pytest.fixture(scope="module")
def vendors(shared: Path) -> Path:
    return shared / "vendors"


@pytest.fixture(scope="module")
def judges(vendors: Path) -> Mapping[str, SpecValidator]:
    return load_validators(vendors)


def answered(method: str, url: str, body: Any, status: int = 200) -> Exchange:
    return Exchange(method, url, {}, None, status, {}, json.dumps(body).encode())


def asked(method: str, url: str, body: Any) -> Exchange:
    return Exchange(method, url, {}, json.dumps(body).encode(), 400, {}, None)


def test_one_record_of_each_cliniko_resource_passes(judges: Mapping[str, SpecValidator], vendors: Path) -> None:
    found, seen = [], 0
    for file in sorted((vendors / "cliniko" / "examples" / "current").glob("*.json")):
        resource = file.stem.partition(".")[0]
        if file.stem in CLINIKO_ALONE or resource in CLINIKO_ALONE:
            continue
        record = json.loads(file.read_text("utf-8"))
        links = {"self": f"https://api.au1.cliniko.com/v1/{resource}?page=1"}
        page = {resource: [record], "total_entries": 1, "links": links}
        seen += 1
        found += judges["cliniko"].validate(answered("GET", f"/v1/{resource}?page=1&per_page=100", page))

    assert seen > 30
    assert [str(one) for one in found] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": 15}, "/patients/0/id"),
        ({"date_of_birth": "3/4/1985"}, "/patients/0/date_of_birth"),
        ({"created_at": None}, "/patients/0/created_at"),
        ({"accepted_privacy_policy": "yes"}, "/patients/0/accepted_privacy_policy"),
    ],
)
def test_a_patient_of_another_shape_is_told(
    change: dict[str, Any], pointer: str, judges: Mapping[str, SpecValidator], vendors: Path
) -> None:
    patient = json.loads((vendors / "cliniko" / "examples" / "current" / "patients.json").read_text("utf-8"))
    page = {"patients": [{**patient, **change}], "total_entries": 1}

    found = judges["cliniko"].validate(answered("GET", "/v1/patients", page))

    assert [one.pointer for one in found] == [pointer]


def test_requests_that_cliniko_does_not_know_are_told(judges: Mapping[str, SpecValidator]) -> None:
    wrong = ["patients?per_page=500", "patients?page=x", "patients?since=2024", "patient", "services?q%5B%5D=id:=1"]
    fine = ["patients?q%5B%5D=archived_at%3A%2A&per_page=100&sort=created_at%3Aasc", "users", "settings/public"]

    def refused(path: str) -> bool:
        return bool(judges["cliniko"].validate(Exchange("GET", f"/v1/{path}", {}, b"", 200, {}, None)))

    assert [path for path in wrong if not refused(path)] == []
    assert [path for path in fine if refused(path)] == []


@pytest.mark.parametrize(("page", "asks", "method", "path", "status"), ZOHO_SAMPLES)
def test_the_samples_of_zohos_documentation_pass(
    page: str, asks: bool, method: str, path: str, status: int, judges: Mapping[str, SpecValidator], vendors: Path
) -> None:
    samples = json.loads((vendors / "zoho" / "spec" / "samples-v7" / f"{page}.json").read_text("utf-8"))
    url, found, seen = f"/crm/v8/{path}", [], 0
    for sample in samples:
        heading = sample["heading"].lower()
        if "response" in heading:
            exchange = answered(method, url, sample["json"], status)
        elif asks and ("input" in heading or "query" in heading):
            exchange = asked(method, url, sample["json"])
        else:
            continue
        seen += 1
        found += judges["zoho"].validate(exchange)

    assert seen
    assert [str(one) for one in found] == []


@pytest.mark.parametrize(
    "wrong",
    [
        asked("POST", "/crm/v8/Contacts", {"records": []}),
        asked("POST", "/crm/v8/Contacts", {"data": {"Last_Name": "x"}}),
        asked("POST", "/crm/v8/settings/fields?module=Contacts", {"fields": [{"field_label": "x", "data_type": 5}]}),
        asked("POST", "/crm/v8/coql", {"query": "select id from Contacts"}),
        asked("PATCH", "/crm/v8/Contacts/1", {"data": []}),
        Exchange("GET", "/crm/v9/Contacts", {}, b"", 200, {}, None),
        answered("GET", "/crm/v8/Contacts?fields=id", {"data": "none"}),
        answered("POST", "/crm/v8/Contacts", {"data": [{"code": "SUCCESS"}]}, 201),
    ],
    ids=lambda exchange: exchange.url,
)
def test_traffic_that_zoho_does_not_know_is_told(wrong: Exchange, judges: Mapping[str, SpecValidator]) -> None:
    assert judges["zoho"].validate(wrong)


PIPEDRIVE_REFUSES = [
    asked("POST", "/api/v2/persons", {}),
    asked("POST", "/api/v2/persons", {"name": "Zoe", "update_time": "2026-02-03T10:00:01Z"}),
    asked("POST", "/api/v2/persons", {"name": "Zoe", "emails": [{"value": "z@example.org", "name": "Zoe"}]}),
    asked("PATCH", "/api/v2/persons/1", {"owner_id": "4711"}),
    asked("POST", "/api/v2/activities", {"subject": "Visit", "person_id": 1}),
    asked("POST", "/api/v2/activities", {"subject": "Visit", "private": True}),
    asked("POST", "/api/v2/products", {"name": "Tape", "prices": [{"price": 9.5, "product_id": 1, "currency": "AUD"}]}),
    asked("POST", "/api/v2/personFields/abc/options", [{"label": "DVA", "id": 31}]),
    asked("POST", "/api/v1/notes", {"content": "x", "person_id": 1, "active_flag": True}),
    asked("PUT", "/api/v1/notes/1", {"content": "x", "id": 1}),
    asked("POST", "/api/v1/persons", {"name": "Zoe"}),
    Exchange("GET", "/api/v2/activities?type=call", {}, b"", 200, {}, None),
    Exchange("GET", "/api/v2/persons?include_fields=notes_count,secrets", {}, b"", 200, {}, None),
    answered("GET", "/api/v2/persons/1", {"success": True, "data": {"id": "1"}}),
    answered("GET", "/api/v2/persons/1", {"success": True, "data": {"add_time": None}}),
    answered("GET", "/api/v1/activityTypes", {"success": True, "data": [{"add_time": "2026-02-03T10:00:01Z"}]}),
]
PIPEDRIVE_TAKES = [
    asked("POST", "/api/v2/persons", {"name": "Zoe", "custom_fields": {"a" * 40: 31}, "phones": [{"value": "1"}]}),
    asked("POST", "/api/v2/activities", {"participants": [{"person_id": 1, "primary": True}], "due_time": "23:30"}),
    asked("POST", "/api/v2/personFields", {"field_name": "x", "field_type": "enum", "options": [{"label": "y"}]}),
    asked("DELETE", "/api/v2/personFields/abc/options", [{"id": 31}]),
    asked("POST", "/api/v1/notes", {"content": "x", "person_id": 1, "user_id": 2, "add_time": "2021-03-04 05:06:07"}),
    Exchange("GET", "/api/v2/persons?include_fields=notes_count,files_count&limit=500", {}, b"", 200, {}, None),
    answered("GET", "/api/v2/persons?limit=1", {"success": True, "data": [], "additional_data": {"next_cursor": None}}),
    answered("GET", "/api/v2/persons/1", {"success": True, "data": {"id": 1, "update_time": None, "org_id": None}}),
    answered("POST", "/api/v2/persons", {"success": False, "error": "Validation failed: x"}, 400),
]


@pytest.mark.parametrize("wrong", PIPEDRIVE_REFUSES, ids=lambda exchange: f"{exchange.method} {exchange.url}")
def test_traffic_that_pipedrive_does_not_know_is_told(wrong: Exchange, judges: Mapping[str, SpecValidator]) -> None:
    assert judges["pipedrive"].validate(wrong)


@pytest.mark.parametrize("fine", PIPEDRIVE_TAKES, ids=lambda exchange: f"{exchange.method} {exchange.url}")
def test_traffic_as_pipedrives_facts_have_it_passes(fine: Exchange, judges: Mapping[str, SpecValidator]) -> None:
    assert [str(one) for one in judges["pipedrive"].validate(fine)] == []


def test_the_examples_in_pipedrives_documents_pass(judges: Mapping[str, SpecValidator], vendors: Path) -> None:
    """Those of the calls that we make: one for almost every answer."""
    used, found, seen = {nameless(call) for call in limits.prices()}, [], 0
    for name, folder in FOLDERS.items():
        document = read_document(vendors / "pipedrive" / "spec" / f"{name}.yaml")
        for path, method in ((path, method) for path, item in document["paths"].items() for method in item):
            if nameless(f"{method.upper()} {folder}{path}") not in used:
                continue
            url = folder + NAMES.sub("1", path)
            for status, told in document["paths"][path][method]["responses"].items():
                for content in told.get("content", {}).values():
                    seen += "example" in content
                    body = content.get("example")
                    found += (
                        judges["pipedrive"].validate(answered(method.upper(), url, body, int(status))) if body else []
                    )

    assert seen > 50
    assert [str(one) for one in found] == []


def test_thousands_of_exchanges_are_judged_in_seconds(judges: Mapping[str, SpecValidator]) -> None:
    records = [{"Last_Name": f"Name {number}", "Cliniko_Patient_ID": str(number)} for number in range(100)]
    traffic = [asked("POST", "/crm/v8/Contacts", {"data": records, "trigger": []}) for _ in range(2_000)]

    started = time.perf_counter()
    found = judges["zoho"].validate_all(traffic)

    assert found == []
    assert time.perf_counter() - started < 10
