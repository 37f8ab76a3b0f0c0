"""Which Account a patient's Contact belongs to is the clinic's choice, made in the mapping before it is signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crm import Dumps
from crm_salesforce import SalesforceCrm
from harbour import Story, deviation, dumps, linked
from processes import Gurney, RunningTwin, running_twin, shell, up_to_plan

SURNAME, STREET = "Okonkwo", "1 Quay Street"
LINES = {"clinic": "derived.main_clinic", "household": "derived.household", "patient": "by: id"}
"""How each way's line AccountId of the patients is told from the others."""
ENTRIES = {"household": "S1.household", "patient": "S1.own"}
"""The entries that a way needs besides its line."""


@dataclass(frozen=True)
class Chosen:
    """A clinic that was moved with one of the choices, and who lives with whom."""

    story: Story
    family: frozenset[str]
    beside: frozenset[str]
    """Of the family's name at another address, of another name at theirs, and two of the name without an address."""
    mover: str
    """Who is seen at another location after the load."""
    later: Dumps
    """What stands in the CRM after a delta."""

    @property
    def crm(self) -> SalesforceCrm:
        assert isinstance(self.story.there, SalesforceCrm)
        return self.story.there

    def account_of(self, patient: str) -> str | None:
        return self.crm.raw("patients")[patient]["AccountId"]

    def accounts(self, kind: str) -> set[str]:
        """The Accounts of one kind."""
        return {row["Id"] for row in self.crm.dumps["Account"] if row["Cliniko_Record_Type__c"] == kind}

    def told(self) -> str:
        """What the plan says of the maps of this row that are on."""
        maps = [map for map in self.story.report("plan")["maps"] if map["row"] == "S1" and map["enabled"]]
        assert deviation(self.story, "S1")
        return " ".join(words for map in maps for words in (map["deviation"], *notes(map)))


def notes(map: dict[str, list[dict[str, str]]]) -> list[str]:
    return [field["note"] for field in map["fields"] if field["to"] == "AccountId"]


def switch(line: str, *, on: bool) -> str:
    """A field's line with its switch thrown, as a person does it."""
    if on:
        return line.replace("enabled: false, ", "")
    return line.replace("{to: AccountId, ", "{to: AccountId, enabled: false, ")


def choose(mapping: Path, way: str) -> None:
    """Follow the words at ACCOUNT CHOICE in the mapping."""
    lines = mapping.read_text(encoding="utf-8").splitlines()
    entry, patients = "", 0
    for at, line in enumerate(lines):
        if line.startswith("  - map: "):
            entry = line.removeprefix("  - map: ").strip()
        if entry == ENTRIES.get(way) and line == "    enabled: false":
            lines[at] = "    enabled: true"
        if entry == "S1" and line.lstrip().startswith("- {to: AccountId, "):
            [kind] = [kind for kind, mark in LINES.items() if mark in line]
            lines[at] = line if (kind == way) == ("enabled: false" not in line) else switch(line, on=kind == way)
            patients += 1
    assert patients == len(LINES)
    mapping.write_text("\n".join(lines) + "\n", encoding="utf-8")


def settle_in(clinic: RunningTwin) -> tuple[frozenset[str], frozenset[str]]:
    """Give patients their homes."""
    alive = [row["id"] for row in clinic.dump("patients") if not row.get("archived_at") and not row.get("merged_at")]
    family, (apart, lodger, lost, found) = alive[:3], alive[3:7]
    homes = {
        **dict.fromkeys(family, (SURNAME, STREET)),
        family[1]: (SURNAME.upper(), f" {STREET}"),
        apart: (SURNAME, "2 Quay Street"),
        lodger: ("Lindqvist", STREET),
        lost: (SURNAME, None),
        found: (SURNAME, None),
    }
    for id, (name, street) in homes.items():
        place = {"address_2": None, "address_3": None, "city": "Geelong", "post_code": "3220", "state": "VIC"}
        fields = {"last_name": name, "address_1": street, "country_code": "AU", **place}
        clinic.post("edit", {"object": "patients", "id": id, "fields": fields})
    return frozenset(family), frozenset({apart, lodger, lost, found})


def sign(gurney: Gurney) -> None:
    gurney("plan", "--fallback-owner", "admin@example.com")
    gurney("approve", "plan", "--by", "Test Admin")
    gurney("provision")
    gurney("sample")
    gurney("approve", "sample", "--by", "Test Admin")


def go_elsewhere(clinic: RunningTwin) -> str:
    """From now on the patient with most appointments is seen at another location; returns who that is."""
    visits = clinic.dump("individual_appointments")
    patient, _ = Counter(linked(visit, "patient") for visit in visits).most_common(1)[0]
    theirs = [visit for visit in visits if linked(visit, "patient") == patient]
    elsewhere = next(visit for visit in visits if linked(visit, "business") != linked(theirs[0], "business"))
    fields = {"business": elsewhere["business"], "updated_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    for visit in theirs:
        clinic.post("edit", {"object": "individual_appointments", "id": visit["id"], "fields": fields})
    return patient


@pytest.fixture
def chosen(request: pytest.FixtureRequest, spare_folder: Callable[[str], Path]) -> Chosen:
    way = request.param
    with (
        running_twin("cliniko", "--clinic", "12", "--seed", "4", "--unlimited") as clinic,
        running_twin("salesforce", *SalesforceCrm.twin_options) as crm,
    ):
        family, beside = settle_in(clinic)
        gurney = shell(spare_folder(f"accounts-{way}"), clinic, crm)
        told = Story(SalesforceCrm, gurney, dumps(SalesforceCrm, crm))
        up_to_plan(gurney, "salesforce")
        choose(gurney.workspace / "mapping.yaml", way)
        sign(gurney)
        told.documents["run"] = gurney("run")
        told.documents["reconcile"] = gurney("reconcile")
        told.loaded = dumps(SalesforceCrm, crm)
        mover, later = "", told.loaded
        if way == "clinic":
            mover = go_elsewhere(clinic)
            told.documents["delta"] = gurney("delta")
            later = dumps(SalesforceCrm, crm)
        told.documents["rollback"] = gurney("rollback", "--yes")
        told.after = dumps(SalesforceCrm, crm)
        return Chosen(told, family, beside, mover, later)


def one_way(way: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("chosen", [pytest.param(way, marks=pytest.mark.xdist_group(way))], indirect=True)


def proven_and_undone(chosen: Chosen) -> None:
    """Whatever was chosen, the move is proven and leaves nothing behind."""
    story = chosen.story
    assert story.documents["run"]["failed"] == []
    assert story.documents["reconcile"]["ok"] is True
    assert story.documents["rollback"]["kept"] == story.documents["rollback"]["impossible"] == []
    assert story.after["Account"] == story.after["Contact"] == []


@one_way("clinic")
def test_contacts_of_a_clinic_share_its_account(chosen: Chosen) -> None:
    contacts = chosen.crm.raw("patients")
    clinics, [unassigned] = chosen.accounts("Clinic"), chosen.accounts("Unassigned")

    assert {row["AccountId"] for row in contacts.values()} <= {*clinics, unassigned}
    assert len(clinics) < len(contacts)
    assert chosen.accounts("Household") == chosen.accounts("Patient") == set()
    assert "locks that Account while a patient is written" in chosen.told()
    assert "more than 10,000 Contacts slows sharing down" in chosen.told()
    stays_assigned(chosen)
    proven_and_undone(chosen)


def stays_assigned(chosen: Chosen) -> None:
    """The plan has assigned the Accounts: who goes to another location later is not moved to its Account."""
    [told] = [one for one in chosen.story.report("plan")["findings"] if one["code"] == "assigned"]
    assert told["count"] == len(chosen.crm.raw("patients"))
    later = SalesforceCrm(chosen.later)
    assert later.raw("meetings") != chosen.crm.raw("meetings")
    assert later.raw("patients")[chosen.mover]["AccountId"] == chosen.account_of(chosen.mover)


@one_way("household")
def test_a_household_shares_an_account_of_its_own(chosen: Chosen) -> None:
    contacts = chosen.crm.raw("patients")
    [home] = {chosen.account_of(id) for id in chosen.family}
    others = [row["AccountId"] for id, row in contacts.items() if id not in chosen.family]

    assert {row["AccountId"] for row in contacts.values()} == chosen.accounts("Household")
    assert home not in others
    assert len({chosen.account_of(id) for id in chosen.beside}) == len(chosen.beside)
    assert chosen.crm.joined("Account", home)["Name"].casefold() == f"household {SURNAME}".casefold()
    assert "No Account grows large then, and records load side by side" in chosen.told()
    assert "Cliniko knows no households" in chosen.told()
    proven_and_undone(chosen)


@one_way("patient")
def test_every_patient_has_an_account(chosen: Chosen) -> None:
    contacts = chosen.crm.raw("patients")

    assert {row["AccountId"] for row in contacts.values()} == chosen.accounts("Patient")
    assert len(chosen.accounts("Patient")) == len(contacts)
    for row in contacts.values():
        whole = " ".join(filter(None, (row["FirstName"], row["LastName"])))
        assert chosen.crm.joined("Account", row["AccountId"])["Name"] == whole
    assert "Twice as many records" in chosen.told()
    proven_and_undone(chosen)


@one_way("none")
def test_without_an_account_contacts_are_private_and_the_plan_says_so(chosen: Chosen) -> None:
    contacts = chosen.crm.raw("patients")

    assert {row["AccountId"] for row in contacts.values()} == {None}
    assert chosen.accounts("Clinic"), "locations are there all the same"
    assert "with no such line Contacts are private" in " ".join(chosen.story.page("plan").split())
    proven_and_undone(chosen)
