"""Whatever a body looks like, the twin answers; it never falls over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zoho_client import ADA, Org

from gurney.twins.kit.wire import Request

pytestmark = pytest.mark.anyio
NAMES = (
    "Last_Name", "Email", "Account_Name", "Owner", "What_Id", "$se_module", "Parent_Id", "Note_Content", "Subject",
    "id", "Layout", "Tag", "Date_of_Birth", "$append_values", "Invoiced_Items", "field_label", "data_type", "unique",
    "external", "lookup", "pick_list_values", "textarea", "global_picklist", "auto_number", "api_name", "profiles",
    "length", "singular_label", "plural_label", "display_field", "email", "role", "profile", "module", "criteria",
    "query", "uri", "resource", "field_mappings", "file_id", "operation", "callback", "method", "body", "fields",
    "filters", "group",
)  # fmt: skip
TARGETS = (
    ("POST", "Contacts", "data"),
    ("POST", "Contacts/upsert", "data"),
    ("PUT", "Tasks", "data"),
    ("POST", "Invoices", "data"),
    ("POST", "Notes", "data"),
    ("POST", "Contacts/actions/mass_delete", "ids"),
    ("POST", "settings/fields?module=Contacts", "fields"),
    ("POST", "settings/modules", "modules"),
    ("POST", "settings/global_picklists", "global_picklists"),
    ("POST", "settings/recycle_bin/actions/restore", "filters"),
    ("POST", "users", "users"),
    ("POST", "__composite_requests", "__composite_requests"),
    ("POST", "/crm/bulk/v8/read", "query"),
    ("POST", "/crm/bulk/v8/write", "resource"),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "x", "1", "Contacts", "Tasks", "text", "picklist", "insert", "/crm/v8/Contacts", "2026-02-03"]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=st.sampled_from(TARGETS), value=VALUES, wrapped=st.booleans())
async def test_odd_bodies_are_answered(odd_org: Org, target: tuple[str, str, str], value: Any, wrapped: bool) -> None:
    method, path, key = target
    raw_path, _, query = (path if path.startswith("/") else f"/crm/v8/{path}").partition("?")
    body = json.dumps({key: [value] if wrapped else value}).encode()
    headers = {"authorization": f"Zoho-oauthtoken {odd_org.token}", "host": "zoho.test"}

    answer = await odd_org.twin.respond(Request(method, raw_path, query, headers, body))

    assert 200 <= answer.status < 500
    answer.payload()


@pytest.fixture
async def odd_org() -> Org:
    org = Org(unlimited=True)
    await org.make("Contacts", **ADA)
    return org
