"""HighLevel, as the engine finds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gurney.destinations.highlevel import limits, rules
from gurney.destinations.protocol import Destination
from gurney.destinations.vendor import BrowserLogin, Consent, Credential, Opening, Prices, Vendor
from gurney.runtime import Runtime
from gurney.version import __version__

if TYPE_CHECKING:
    from gurney.destinations.highlevel.access import HighLevelAccess


def _access(values: Mapping[str, str]) -> HighLevelAccess:
    from gurney.destinations.highlevel.access import HighLevelAccess

    return HighLevelAccess(
        location_id=values.get("LOCATION_ID", ""),
        token=values.get("TOKEN", ""),
        client_id=values.get("CLIENT_ID", ""),
        client_secret=values.get("CLIENT_SECRET", ""),
        refresh_token=values.get("REFRESH_TOKEN", ""),
        version_id=values.get("VERSION_ID", ""),
        address=values.get("BASE_URL", ""),
        consent_address=values.get("CONSENT_URL", ""),
    )


def _open(opening: Opening) -> Destination:
    from gurney.destinations.highlevel.access import account_key
    from gurney.destinations.highlevel.destination import HighLevel

    access = _access(opening.credentials)
    access.require_complete()
    return HighLevel(
        opening.runtime,
        access,
        edition=opening.edition,
        open_file=opening.open_file,
        tokens=opening.tokens(account_key(access)),
    )


def _begin(runtime: Runtime, values: Mapping[str, str], redirect_uri: str) -> Consent:
    """The vendor takes https addresses only: REDIRECT_URL is one that leads the browser on to this machine."""
    from gurney.destinations.highlevel.access import consent_url

    url, state = consent_url(runtime, _access(values), values.get("REDIRECT_URL") or redirect_uri)
    return Consent(url, state, "")


async def _finish(
    runtime: Runtime, values: Mapping[str, str], code: str, verifier: str, redirect_uri: str
) -> Mapping[str, str]:
    from gurney.destinations.highlevel.access import exchange_code

    redirect = values.get("REDIRECT_URL") or redirect_uri
    token = await exchange_code(runtime, _access(values), code, redirect, user_agent=f"gurney/{__version__}")
    return {"REFRESH_TOKEN": token}


def _prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    from gurney.destinations.highlevel.costs import prices

    return prices(edition, users, fields)


VENDOR = Vendor(
    name="highlevel",
    title="HighLevel",
    credentials=(
        Credential("LOCATION_ID", "Location id of the sub-account (Settings > Business Profile)", secret=False),
        Credential(
            "TOKEN", "Private integration token of the sub-account (Settings > Private Integrations)", required=False
        ),
        Credential("CLIENT_ID", "Client id of a marketplace app, instead of a token", secret=False, required=False),
        Credential("CLIENT_SECRET", "Client secret of the app", required=False),
        Credential("REFRESH_TOKEN", "Refresh token of the app", required=False),
        Credential("VERSION_ID", "Version id of a private app", secret=False, required=False),
        Credential(
            "REDIRECT_URL", "https address of the app that leads on to this machine", secret=False, required=False
        ),
        Credential("BASE_URL", "API address, where it is not the vendor's own", secret=False, required=False),
        Credential("CONSENT_URL", "Consent page, where it is not the vendor's own", secret=False, required=False),
    ),
    open=_open,
    editions=limits.editions,
    limits=limits.account_limits,
    pace=limits.pacer_limits,
    prices=_prices,
    accepts={"email": rules.acceptable_email, "phone": rules.acceptable_phone, "url": rules.acceptable_url},
    browser=BrowserLogin(_begin, _finish, needs=("LOCATION_ID", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URL")),
)
