"""Salesforce Sales Cloud, as the engine finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gurney.destinations.protocol import Destination
from gurney.destinations.salesforce import limits, rules
from gurney.destinations.vendor import BrowserLogin, Consent, Credential, Opening, Prices, Vendor
from gurney.runtime import Runtime
from gurney.schema import SchemaChange
from gurney.version import __version__

if TYPE_CHECKING:
    from gurney.destinations.salesforce.access import SalesforceAccess


def _open(opening: Opening) -> Destination:
    from gurney.destinations.salesforce.destination import Salesforce, account_key

    access = _access(opening.credentials)
    return Salesforce(
        opening.runtime,
        access,
        edition=opening.edition,
        users=opening.users,
        open_file=opening.open_file,
        tokens=opening.tokens(account_key(access)),
        route=opening.route,
        allow_duplicates=opening.allow_duplicates,
    )


def _access(values: Mapping[str, str]) -> SalesforceAccess:
    from gurney.destinations.salesforce.access import SalesforceAccess

    return SalesforceAccess(
        login_url=values["LOGIN_URL"],
        client_id=values["CLIENT_ID"],
        client_secret=values.get("CLIENT_SECRET", ""),
        refresh_token=values.get("REFRESH_TOKEN", ""),
        username=values.get("USERNAME", ""),
        private_key=values.get("PRIVATE_KEY", ""),
    )


def _begin(runtime: Runtime, values: Mapping[str, str], redirect_uri: str) -> Consent:
    from gurney.destinations.salesforce.access import authorisation

    url, verifier, state = authorisation(runtime, _access(values), redirect_uri)
    return Consent(url, state, verifier)


async def _finish(
    runtime: Runtime, values: Mapping[str, str], code: str, verifier: str, redirect_uri: str
) -> Mapping[str, str]:
    from gurney.destinations.salesforce.access import exchange

    agent = f"gurney/{__version__}"
    token = await exchange(runtime, _access(values), code, verifier, redirect_uri, user_agent=agent)
    return {"REFRESH_TOKEN": token.refresh_token}


def _setup_package(changes: Sequence[SchemaChange]) -> Mapping[str, bytes]:
    """The package as the administrator deploys it: its table of contents to read, and the zip to hand over."""
    from gurney.destinations.salesforce.package import setup_package

    return setup_package(changes)


def _prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    from gurney.destinations.salesforce.costs import prices

    return prices(edition, users, fields)


VENDOR = Vendor(
    name="salesforce",
    title="Salesforce Sales Cloud",
    credentials=(
        Credential("LOGIN_URL", "My Domain address (https://YOURS.my.salesforce.com)", secret=False),
        Credential("CLIENT_ID", "Consumer key of the external client app"),
        Credential("CLIENT_SECRET", "Consumer secret", required=False),
        Credential("REFRESH_TOKEN", "Refresh token (empty: the app's own user)", required=False),
        Credential("USERNAME", "Username, for a login by certificate", secret=False, required=False),
        Credential("PRIVATE_KEY", "Private key in PEM form, for a login by certificate", required=False),
    ),
    open=_open,
    editions=lambda: tuple(limits.data()["editions"]),
    limits=limits.account_limits,
    pace=limits.pacer_limits,
    prices=_prices,
    lacks=lambda edition: str(limits.data()["editions"][edition].get("lacks", "")),
    accepts={"email": rules.acceptable_email, "phone": rules.acceptable_phone, "url": rules.acceptable_url},
    browser=BrowserLogin(_begin, _finish, needs=("LOGIN_URL", "CLIENT_ID")),
    setup_package=_setup_package,
)
