"""Zoho CRM, as the engine finds it."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.protocol import Destination
from gurney.destinations.vendor import Credential, Opening, Prices, Vendor
from gurney.destinations.zoho import limits, rules


def _open(opening: Opening) -> Destination:
    from gurney.destinations.zoho.access import ZohoAccess
    from gurney.destinations.zoho.destination import Zoho, account_key

    values = opening.credentials
    access = ZohoAccess(
        client_id=values["CLIENT_ID"],
        client_secret=values["CLIENT_SECRET"],
        refresh_token=values["REFRESH_TOKEN"],
        accounts_url=values.get("ACCOUNTS_URL"),
        api_url=values.get("API_URL"),
        upload_url=values.get("UPLOAD_URL"),
        data_centre=opening.data_centre,
    )
    return Zoho(
        opening.runtime,
        access,
        edition=opening.edition,
        users=opening.users,
        open_file=opening.open_file,
        tokens=opening.tokens(account_key(access)),
    )


def _prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    from gurney.destinations.zoho.costs import prices

    return prices(edition, users, fields)


VENDOR = Vendor(
    name="zoho",
    title="Zoho CRM",
    credentials=(
        Credential("CLIENT_ID", "Client ID of the self client (api-console)"),
        Credential("CLIENT_SECRET", "Client secret"),
        Credential("REFRESH_TOKEN", "Refresh token"),
        Credential("ACCOUNTS_URL", "Accounts URL", secret=False, required=False),
        Credential("API_URL", "API URL", secret=False, required=False),
        Credential("UPLOAD_URL", "Upload URL", secret=False, required=False),
    ),
    open=_open,
    editions=lambda: tuple(limits.data()["editions"]),
    limits=limits.account_limits,
    pace=limits.pacer_limits,
    prices=_prices,
    accepts={"email": rules.acceptable_email, "phone": rules.acceptable_phone, "url": rules.acceptable_url},
)
