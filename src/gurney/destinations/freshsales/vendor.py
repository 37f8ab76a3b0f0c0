"""Freshsales, as the engine finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gurney.destinations.freshsales import limits, rules
from gurney.destinations.protocol import Destination
from gurney.destinations.vendor import Credential, Opening, Prices, Vendor
from gurney.schema import SchemaChange


def _open(opening: Opening) -> Destination:
    from gurney.destinations.freshsales.access import FreshsalesAccess
    from gurney.destinations.freshsales.destination import Freshsales

    values = opening.credentials
    access = FreshsalesAccess(
        api_key=values.get("API_KEY", ""),
        bundle_alias=values.get("BUNDLE_ALIAS", ""),
        address=values.get("BASE_URL", ""),
        forget=values.get("FORGET", ""),
        field_codes=values.get("FIELD_CODES", ""),
    )
    access.require_complete()
    return Freshsales(
        opening.runtime, access, edition=opening.edition, route=opening.route, open_file=opening.open_file
    )


def _setup_sheet(changes: Sequence[SchemaChange]) -> Mapping[str, bytes]:
    from gurney.destinations.freshsales.provision import setup_sheet

    return setup_sheet(changes)


def _prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    from gurney.destinations.freshsales.costs import prices

    return prices(edition, users, fields)


VENDOR = Vendor(
    name="freshsales",
    title="Freshsales",
    credentials=(
        Credential("API_KEY", "An administrator's API key (Profile Settings > API Settings)"),
        Credential("BUNDLE_ALIAS", "Bundle alias below the key (YOURS.myfreshworks.com/crm/sales)", secret=False),
        Credential("BASE_URL", "Address before /api, where it is not the vendor's own", secret=False, required=False),
        Credential(
            "FORGET", "yes: a rollback forgets for ever instead of using the recycle bin", secret=False, required=False
        ),
        Credential(
            "FIELD_CODES", "Numbers of field types, to make fields by API (text=1,...)", secret=False, required=False
        ),
    ),
    open=_open,
    editions=limits.plans,
    limits=limits.account_limits,
    pace=limits.pacer_limits,
    prices=_prices,
    absent=limits.absent_objects,
    accepts={"email": rules.acceptable_email, "phone": rules.acceptable_phone, "url": rules.acceptable_url},
    setup_package=_setup_sheet,
)
