"""An organisation in memory, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from content_org import ContentOrg
from schema_org import SchemaOrg

from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.content import Contents


@pytest.fixture
def org() -> SchemaOrg:
    return SchemaOrg()


@pytest.fixture
async def client(org: SchemaOrg) -> AsyncIterator[Client]:
    opened = org.client()
    yield opened
    await opened.aclose()


@pytest.fixture
def shelf() -> ContentOrg:
    """Where notes and files are kept."""
    return ContentOrg()


@pytest.fixture
async def contents(shelf: ContentOrg) -> AsyncIterator[Contents]:
    opened, client = shelf.contents()
    yield opened
    await client.aclose()
