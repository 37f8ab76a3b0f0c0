"""Pipedrive, as the engine finds it."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.pipedrive import limits, rules
from gurney.destinations.protocol import Destination
from gurney.destinations.vendor import Credential, Opening, Prices, Vendor


def _open(opening: Opening) -> Destination:
    from gurney.destinations.pipedrive.access import PipedriveAccess, account_key
    from gurney.destinations.pipedrive.destination import Pipedrive

    values = opening.credentials
    access = PipedriveAccess(
        api_token=values.get("API_TOKEN", ""),
        address=values.get("BASE_URL", ""),
        client_id=values.get("CLIENT_ID", ""),
        client_secret=values.get("CLIENT_SECRET", ""),
        refresh_token=values.get("REFRESH_TOKEN", ""),
        oauth_address=values.get("OAUTH_URL", ""),
    )
    access.require_complete()
    return Pipedrive(
        opening.runtime,
        access,
        edition=opening.edition,
        users=opening.users,
        open_file=opening.open_file,
        tokens=opening.tokens(account_key(access)),
    )


def _prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    from gurney.destinations.pipedrive.costs import prices

    return prices(edition, users, fields)


VENDOR = Vendor(
    name="pipedrive",
    title="Pipedrive",
    credentials=(
        Credential("API_TOKEN", "An administrator's API token (Personal preferences > API)", required=False),
        Credential("BASE_URL", "Company address (https://YOURS.pipedrive.com)", secret=False, required=False),
        Credential("CLIENT_ID", "Client ID of an OAuth app, instead of a token", secret=False, required=False),
        Credential("CLIENT_SECRET", "Client secret of the app", required=False),
        Credential("REFRESH_TOKEN", "Refresh token of the app", required=False),
        Credential("OAUTH_URL", "OAuth address, where it is not the vendor's own", secret=False, required=False),
    ),
    open=_open,
    editions=limits.plans,
    limits=limits.account_limits,
    pace=limits.pacer_limits,
    prices=_prices,
    accepts={"email": rules.acceptable_email, "phone": rules.acceptable_phone, "url": rules.acceptable_url},
)
