"""All that passes on the main job's way is what the vendors' own specifications describe."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, Protocol

import pytest
from moved import DESTINATIONS, Move, Traffic

from gurney.destinations.pipedrive import limits
from gurney.testing.forms import form_kind
from gurney.testing.freshsales_traffic import load_freshsales_validator
from gurney.testing.pipedrive_prices import PriceList, nameless
from gurney.testing.recording import Exchange
from gurney.testing.salesforce_traffic import load_salesforce_validator
from gurney.testing.traffic import Violation, load_second_opinion, load_validators


def only(vendor: str) -> pytest.MarkDecorator:
    """Tests of one destination alone."""
    return pytest.mark.parametrize("moved_to", [DESTINATIONS[vendor]], indirect=True)


SALESFORCE = only("salesforce")
Entry = dict[str, Any]
EMPTY = b'<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"/>'


class Judge(Protocol):
    def validate(self, exchange: Exchange) -> list[Violation]: ...


@pytest.fixture
def traffic(move: Move) -> Traffic:
    return move.traffic


def exchange(entry: dict[str, Any]) -> Exchange:
    asked, answered = entry["request"], entry["answer"]
    return Exchange(
        entry["method"],
        f"{entry['path']}?{entry['query']}" if entry["query"] else entry["path"],
        asked["headers"],
        body(asked),
        entry["status"],
        answered["headers"],
        body(answered),
    )


def body(side: dict[str, Any]) -> bytes | None:
    """As the validator wants it: b'' where there was none, None where it was neither JSON nor a form."""
    if side["body"] == "":
        return b""
    kind = side["headers"].get("content-type", "application/json" if side["body"] else "")
    return side["body"].encode() if ("json" in kind or form_kind(kind)) and side["body"] is not None else None


def judge_of(vendor: str, traffic: Traffic, vendors: Path) -> Judge:
    """Salesforce has no OpenAPI: its judge learns our own fields from the packages that made them."""
    if vendor == "salesforce":
        return load_salesforce_validator(vendors, traffic.deployed)
    if vendor == "freshsales":
        return load_freshsales_validator(vendors)
    return load_validators(vendors)[vendor]


@pytest.mark.parametrize("side", ["source", "destination"])
def test_all_traffic_is_valid_against_the_specification(traffic: Traffic, shared: Path, side: str) -> None:
    vendor = "cliniko" if side == "source" else traffic.crm
    judge = judge_of(vendor, traffic, shared / "vendors")
    entries = [entry for entry in traffic.journals[vendor] if entry["status"]]

    violations = Counter(str(one) for entry in entries for one in judge.validate(exchange(entry)))

    assert len(entries) > 50
    assert violations == {}


@SALESFORCE
def test_every_deployed_package_is_of_the_metadata_wsdls_types(traffic: Traffic, shared: Path) -> None:
    types = load_salesforce_validator(shared / "vendors").metadata
    packages = [*traffic.deployed, traffic.planned]

    complaints = [words for files in packages for content in files.values() for words in types.complaints(content)]

    assert len(packages) >= 4, "a check and a deployment there, a removal back, the administrator's"
    assert all("package.xml" in files for files in packages)
    assert any("destructiveChanges.xml" in files for files in packages)
    assert complaints == []


@SALESFORCE
def test_the_judge_has_seen_records_written_and_answered(traffic: Traffic, shared: Path) -> None:
    """So that silence means that all is well, not that nobody looked."""
    judge = load_salesforce_validator(shared / "vendors")
    judge.fields.learn_package({"objects/Invoice__c.object": EMPTY, "objects/Appointment__c.object": EMPTY})

    words = {one.words for entry in traffic.journals["salesforce"] for one in judge.validate(exchange(entry))}

    assert "Contact has no such field" in words, "our own fields, of which no describe was recorded"
    assert {"Invoice__c has no such field", "Appointment__c has no such field"} <= words


@only("pipedrive")
def test_every_call_to_pipedrive_is_billed_as_the_documents_say(traffic: Traffic, shared: Path) -> None:
    documents, ours = PriceList(shared / "vendors"), {nameless(call) for call in limits.prices()}
    entries = [entry for entry in traffic.journals["pipedrive"] if not entry["path"].startswith("/storage/")]

    meant = [(documents.named(entry["method"], entry["path"]), entry["cost"]) for entry in entries]

    assert {call for call, _ in meant} <= ours, "calls that the forecast has no price for"
    assert {call for call, cost in meant if cost != documents.prices[call or ""].tokens} == set()


@only("pipedrive")
def test_the_judge_has_seen_every_kind_of_write_to_pipedrive(traffic: Traffic, shared: Path) -> None:
    """So that silence means that all is well, not that nobody wrote."""
    documents = PriceList(shared / "vendors")
    written = Counter(
        documents.named(entry["method"], entry["path"])
        for entry in traffic.journals["pipedrive"]
        if entry["method"] != "GET"
    )

    assert set(written) >= {
        "POST /api/v2/persons", "PATCH /api/v2/persons/{}", "DELETE /api/v2/persons/{}",
        "POST /api/v2/organizations", "DELETE /api/v2/organizations/{}",
        "POST /api/v2/products", "DELETE /api/v2/products/{}",
        "POST /api/v2/activities", "DELETE /api/v2/activities/{}",
        "POST /api/v1/notes", "DELETE /api/v1/notes/{}",
        "POST /api/v1/files", "DELETE /api/v1/files/{}",
        "POST /api/v2/personFields", "DELETE /api/v2/personFields/{}",
        "POST /api/v1/activityTypes", "DELETE /api/v1/activityTypes/{}",
    }  # fmt: skip
    uploads = [
        entry
        for entry in traffic.journals["pipedrive"]
        if (entry["method"], entry["path"]) == ("POST", "/api/v1/files")
    ]
    assert any(body(entry["request"]) for entry in uploads), "forms of text files are judged too"


@only("highlevel")
def test_the_same_requests_are_valid_in_highlevels_next_version(traffic: Traffic, shared: Path) -> None:
    """We ask under the dated versions: the header that names them would change, and two lists are not described."""
    judge = load_second_opinion(shared / "vendors", "highlevel")
    exchanges = [exchange(entry) for entry in traffic.journals["highlevel"] if entry["status"]]

    said = [one for asked in exchanges for one in judge.validate(asked) if one.side == "request"]

    assert any(one.pointer == "Version" for one in said)
    assert {str(one) for one in said if one.pointer != "Version"} == {
        "GET /users/ request : no such path or method is described",
        "GET /workflows/ request : no such path or method is described",
    }


@only("highlevel")
def test_the_judge_has_seen_every_kind_of_write_to_highlevel(traffic: Traffic) -> None:
    """So that silence means that all is well, not that nobody wrote."""
    written = {
        (entry["method"], re.sub(r"/[0-9A-Za-z]{20,}|(?<=/objects)/[\w.]+", "/{}", entry["path"]))
        for entry in traffic.journals["highlevel"]
        if entry["method"] != "GET"
    }

    assert written >= {
        ("POST", "/contacts/"), ("PUT", "/contacts/{}"), ("DELETE", "/contacts/{}"),
        ("POST", "/contacts/{}/notes"), ("DELETE", "/contacts/{}/notes/{}"),
        ("POST", "/calendars/"), ("DELETE", "/calendars/{}"),
        ("POST", "/calendars/events/appointments"), ("PUT", "/calendars/events/appointments/{}"),
        ("DELETE", "/calendars/events/{}"),
        ("POST", "/objects/"), ("POST", "/objects/{}/records"), ("DELETE", "/objects/{}/records/{}"),
        ("POST", "/custom-fields/"), ("POST", "/locations/{}/customFields"),
        ("DELETE", "/locations/{}/customFields/{}"),
        ("POST", "/associations/"), ("DELETE", "/associations/{}"), ("POST", "/associations/relations"),
        ("POST", "/forms/upload-custom-files"),
    }  # fmt: skip


@only("freshsales")
def test_the_judge_has_seen_every_kind_of_write_to_freshsales(traffic: Traffic) -> None:
    """So that silence means that all is well, not that nobody wrote."""
    written = {
        (entry["method"], re.sub(r"/\d+", "/{}", entry["path"].removeprefix("/crm/sales/api")))
        for entry in traffic.journals["freshsales"]
        if entry["method"] != "GET"
    }

    assert written >= {
        ("POST", "/contacts"), ("POST", "/contacts/bulk_upsert"), ("PUT", "/contacts/{}"),
        ("POST", "/contacts/bulk_destroy"), ("POST", "/sales_accounts"), ("POST", "/sales_accounts/bulk_destroy"),
        ("POST", "/deals/upsert"), ("POST", "/deals/bulk_upsert"), ("POST", "/deals/bulk_destroy"),
        ("POST", "/cpq/products"), ("PUT", "/cpq/products/{}"), ("DELETE", "/cpq/products/{}"),
        ("POST", "/tasks"), ("PUT", "/tasks/{}"), ("DELETE", "/tasks/{}"),
        ("POST", "/appointments"), ("DELETE", "/appointments/{}"),
        ("POST", "/notes"), ("DELETE", "/notes/{}"), ("POST", "/documents"), ("POST", "/filtered_search/contact"),
    }  # fmt: skip


def test_cliniko_was_only_read(traffic: Traffic) -> None:
    assert {entry["method"] for entry in traffic.journals["cliniko"]} == {"GET"}
