"""Makes the module and the fields of the comparison's work in a Zoho stand-in, before a tool's clock starts."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from gurney.destinations.vendor import Opening, vendor
from gurney.mapping import document
from gurney.mapping.schema_changes import changes
from gurney.migration.connect import SealedTokens
from gurney.runtime import Runtime
from gurney.schema import Schema
from gurney.store.keys import MasterKey
from gurney.store.store import open_store

MAPPING = Path(__file__).with_name("zoho.yaml")


async def make() -> None:
    """Everything that the mapping would have Gurney create."""
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime()
        store = open_store(str(Path(folder) / "store.sqlite"), runtime, MasterKey(b"k" * 32, "test"), create=True)
        values = {name.removeprefix("GURNEY_ZOHO_"): value for name, value in os.environ.items()}
        destination = vendor("zoho").open(
            Opening(runtime, values, store.files.open, lambda key: SealedTokens(store, "zoho", key))
        )
        mapping = document.load(MAPPING.read_text("utf-8"), MAPPING.name)
        seen: Schema = await destination.describe(["Contacts"])
        await destination.provision(changes(mapping, seen))
        await destination.close()
        store.close()


if __name__ == "__main__":
    asyncio.run(make())
