"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import psycopg
import pytest
from hypothesis import Phase, settings

from embedded_postgres_server import CannotStart, running

settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
"""Mutation testing wants to know whether a test fails, not the shortest way to it."""

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Vendor facts, specifications and the sample clinic; kept beside the checkout, not in it."""
    if not (SHARED / "vendors").is_dir():
        pytest.skip("needs ../shared (vendor specifications and the sample clinic), which is not in a plain checkout")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server: that of GURNEY_TEST_POSTGRES, else one that runs as long as the tests do."""
    given = os.environ.get("GURNEY_TEST_POSTGRES")
    if given:
        yield given
        return
    try:
        with running() as url:
            yield url
    except CannotStart as why:
        pytest.skip(str(why))


@pytest.fixture
def postgres_store(postgres: str) -> Iterator[str]:
    """Where a store of its own can lie on the PostgreSQL server: a schema, which is made far faster than a database."""
    name = f"gurney_{uuid4().hex}"
    parts = urlsplit(postgres)
    option = urlencode({"options": f"-csearch_path={name}"})
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(f"CREATE SCHEMA {name}".encode())
        yield parts._replace(query=f"{parts.query}&{option}" if parts.query else option).geturl()
        server.execute(f"DROP SCHEMA {name} CASCADE".encode())
