"""An organisation in memory, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from schema_org import SchemaOrg

from gurney.destinations.salesforce.client import Client


@pytest.fixture
def org() -> SchemaOrg:
    return SchemaOrg()


@pytest.fixture
async def client(org: SchemaOrg) -> AsyncIterator[Client]:
    opened = org.client()
    yield opened
    await opened.aclose()
