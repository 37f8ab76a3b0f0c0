"""The sample records of a new account, which nobody should count (FACTS 10)."""

from __future__ import annotations

from gurney.twins.freshsales.accounts_and_deals import ACCOUNTS, DEALS
from gurney.twins.freshsales.contacts import CONTACTS
from gurney.twins.freshsales.entities import save
from gurney.twins.freshsales.world import World


def plant(world: World) -> None:
    """An account, two contacts, a deal, each marked as a sample (setting sample_records)."""
    if world.switches["sample_records"] == "no":
        return
    admin = world.people.admin
    account = save(world, admin, ACCOUNTS, None, {"name": "Gadget House (sample)", "tags": ["Sample account"]})
    links = [{"id": account["id"], "is_primary": True}]
    contacts = [
        save(
            world, admin, CONTACTS, None,
            {"first_name": first, "last_name": "Example (sample)", "emails": f"{first.lower()}@sample.example",
             "tags": ["Sample contact"], "sales_accounts": links},
        )
        for first in ("Nora", "Otto")
    ]  # fmt: skip
    deal = {"name": "Gadget House // Gold plan (sample)", "amount": 3200, "tags": ["Sample Deal"]}
    save(world, admin, DEALS, None, {**deal, "contacts_added_list": [one["id"] for one in contacts]})
