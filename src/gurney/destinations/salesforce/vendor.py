"""Salesforce Sales Cloud, as the engine finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gurney.destinations.protocol import Destination
from gurney.destinations.salesforce import limits, rules
from gurney.destinations.vendor import Credential, Opening, Vendor
from gurney.schema import SchemaChange


def _open(opening: Opening) -> Destination:
    from gurney.destinations.salesforce.access import SalesforceAccess
    from gurney.destinations.salesforce.destination import Salesforce, account_key

    values = opening.credentials
    access = SalesforceAccess(
        login_url=values["LOGIN_URL"],
        client_id=values["CLIENT_ID"],
        client_secret=values.get("CLIENT_SECRET", ""),
        refresh_token=values.get("REFRESH_TOKEN", ""),
        username=values.get("USERNAME", ""),
        private_key=values.get("PRIVATE_KEY", ""),
    )
    return Salesforce(
        opening.runtime,
        access,
        edition=opening.edition,
        users=opening.users,
        open_file=opening.open_file,
        tokens=opening.tokens(account_key(access)),
        route=opening.route,
    )


def _setup_package(changes: Sequence[SchemaChange]) -> Mapping[str, bytes]:
    """The package as the administrator deploys it: its table of contents to read, and the zip to hand over."""
    from gurney.destinations.salesforce.package import setup_package

    return setup_package(changes)


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
    accepts={"email": rules.acceptable_email, "phone": rules.acceptable_phone, "url": rules.acceptable_url},
    setup_package=_setup_package,
)
