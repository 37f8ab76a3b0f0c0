"""What is wrong with the credentials or with an account is named, with what to do, before anything is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from harbour import CRMS
from processes import Gurney, RunningTwin, running_twin, shell, up_to_plan

pytestmark = pytest.mark.xdist_group("bad-input")


@pytest.fixture(scope="module")
def twins() -> Iterator[dict[str, RunningTwin]]:
    """A clinic and every CRM."""
    with ExitStack() as stack:
        clinic = stack.enter_context(running_twin("cliniko", "--clinic", "20", "--unlimited"))
        yield {"cliniko": clinic} | {name: stack.enter_context(running_twin(name)) for name in CRMS}


def told_by_check(gurney: Gurney, to: str) -> str:
    gurney("new", str(gurney.workspace), "--to", to)
    return json.dumps(gurney("check", expect=3))


@pytest.mark.parametrize(
    ("to", "name", "change", "words"),
    [
        ("zoho", "GURNEY_CLINIKO_API_KEY", lambda key: "MS0xwrong-" + key.rpartition("-")[2], "credentials"),
        ("zoho", "GURNEY_CLINIKO_API_KEY", lambda key: key.rpartition("-")[0] + "-uk9", "credentials"),
        ("zoho", "GURNEY_ZOHO_REFRESH_TOKEN", lambda token: token + "x", "refresh token"),
        ("zoho", "GURNEY_ZOHO_CLIENT_SECRET", lambda secret: secret + "x", "client secret"),
        ("salesforce", "GURNEY_SALESFORCE_CLIENT_ID", lambda id: id + "x", "consumer key"),
        ("salesforce", "GURNEY_SALESFORCE_CLIENT_SECRET", lambda secret: secret + "x", "consumer secret"),
        ("pipedrive", "GURNEY_PIPEDRIVE_API_TOKEN", lambda token: token[::-1], "credentials"),
        ("freshsales", "GURNEY_FRESHSALES_API_KEY", lambda key: key[::-1], "credentials"),
        ("highlevel", "GURNEY_HIGHLEVEL_TOKEN", lambda token: token[:-1], "Invalid Private Integration token"),
    ],
    ids=["key", "shard", "zoho's refresh token", "zoho's client secret", "salesforce's consumer key",
         "salesforce's consumer secret", "pipedrive's token", "freshsales' key", "highlevel's token"],
)  # fmt: skip
def test_wrong_credentials_are_named_with_what_to_do(
    twins: dict[str, RunningTwin],
    spare_folder: Callable[[str], Path],
    to: str,
    name: str,
    change: Callable[[str], str],
    words: str,
) -> None:
    gurney = shell(spare_folder("wrong"), twins["cliniko"], twins[to])
    gurney.env[name] = change(gurney.env[name])

    told = told_by_check(gurney, to)

    assert words in told
    assert "gurney login" in told


def test_a_key_without_an_administrators_rights_is_named(
    twins: dict[str, RunningTwin], spare_folder: Callable[[str], Path]
) -> None:
    with running_twin("cliniko", "--clinic", "20", "--unlimited", "--switch", "role=receptionist") as clinic:
        told = told_by_check(shell(spare_folder("role"), clinic, twins["zoho"]), "zoho")

    assert "role 'receptionist'" in told
    assert "administrator" in told


def test_an_edition_without_custom_modules_is_named_before_anything_is_made(
    twins: dict[str, RunningTwin], spare_folder: Callable[[str], Path]
) -> None:
    with running_twin("zoho", "--edition", "professional", "--unlimited") as crm:
        gurney = shell(spare_folder("edition"), twins["cliniko"], crm)
        up_to_plan(gurney, "zoho")
        gurney("approve", "plan", "--by", "Test Admin")
        told = json.dumps(gurney("provision", expect=3))

        assert "Locations" in told
        assert crm.state()["CustomModules"] == 0


def test_an_edition_with_room_for_few_fields_has_what_it_leaves_out_named_before_anything_is_made(
    twins: dict[str, RunningTwin], spare_folder: Callable[[str], Path]
) -> None:
    """Pipedrive's smallest plan takes 30 fields for the whole company; which plan it is follows from its tokens."""
    with running_twin("pipedrive", "--edition", "lite") as crm:
        gurney = shell(spare_folder("edition"), twins["cliniko"], crm)
        gurney("new", str(gurney.workspace), "--to", "pipedrive")
        for verb in ("check", "audit"):
            gurney(verb)
        plan = gurney("plan", "--fallback-owner", "admin@example.com")

        assert len(plan["setup"]["fields"]) == 30
        assert any("30" in finding["words"] and "field" in finding["words"] for finding in plan["findings"])
        assert crm.state()["customFields"] == 0


def test_a_token_without_a_scope_has_it_named(
    twins: dict[str, RunningTwin], spare_folder: Callable[[str], Path]
) -> None:
    """HighLevel answers 401 to a missing scope too: the token is good, and a new one would help nobody."""
    with running_twin("highlevel", "--unlimited") as crm:
        crm.post("scopes", {"scopes": "locations.readonly users.readonly contacts.readonly contacts.write"})
        told = told_by_check(shell(spare_folder("scopes"), twins["cliniko"], crm), "highlevel")

    assert "objects/schema.readonly" in told
    assert "Settings > Private Integrations" in told


def test_an_edition_without_the_api_is_named(
    twins: dict[str, RunningTwin], spare_folder: Callable[[str], Path]
) -> None:
    with running_twin("salesforce", "--edition", "professional", "--unlimited") as crm:
        told = told_by_check(shell(spare_folder("edition"), twins["cliniko"], crm), "salesforce")

    assert "API" in told
    assert "edition" in told.lower()
