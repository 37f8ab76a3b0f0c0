"""From settings and secrets to connected systems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gurney.destinations.names import NAMES
from gurney.destinations.protocol import Destination
from gurney.destinations.vendor import Credential, Opening, vendor
from gurney.errors import CheckFailed, Misused
from gurney.migration.workspace import Settings, Workspace
from gurney.runtime import Runtime
from gurney.sources.cliniko.source import ClinikoSource
from gurney.store.keys import Secrets
from gurney.store.store import Store

RATE_VARIABLE = "GURNEY_CLINIKO_REQUESTS_PER_MINUTE"
"""Overrides the setting: an account with another limit, or a twin whose time passes faster."""

SOURCE = "cliniko"
SOURCE_CREDENTIALS = (
    Credential("API_KEY", "API key of an administrator (My info > Manage API keys)"),
    Credential("BASE_URL", "Base URL", secret=False, required=False),
)


SANDBOX = "_sandbox"
"""Ends the name of a system that is the second account of a CRM, for the sample."""


def systems() -> tuple[str, ...]:
    """Every system that has a login."""
    return (SOURCE, *NAMES)


def needed(system: str) -> Sequence[Credential]:
    """The values of a system's login. Raises Misused for a system that we do not know."""
    if system == SOURCE:
        return SOURCE_CREDENTIALS
    try:
        return vendor(system.removesuffix(SANDBOX)).credentials
    except KeyError:
        raise Misused(f"There is no system {system!r}.", next_step=f"Choose one of: {', '.join(systems())}.") from None


def source(settings: Settings, secrets: Secrets, runtime: Runtime) -> ClinikoSource:
    """The clinic's Cliniko account."""
    values = _values(SOURCE, secrets)
    return ClinikoSource(
        runtime,
        api_key=values["API_KEY"],
        base_url=values.get("BASE_URL"),
        contact_email=settings.source.contact_email,
        requests_per_minute=int(runtime.environ.get(RATE_VARIABLE) or settings.source.requests_per_minute),
        in_flight=settings.source.in_flight,
    )


def destination(
    workspace: Workspace, secrets: Secrets, runtime: Runtime, store: Store, *, sandbox: bool = False
) -> Destination:
    """The CRM that the workspace names, or its sandbox, as the last check knew its edition and users."""
    name = workspace.settings.migration.destination
    table = workspace.settings.destination
    account = store.documents.get("account") or {}
    opening = Opening(
        runtime=runtime,
        credentials=_values(f"{name}{SANDBOX}" if sandbox else name, secrets),
        open_file=store.files.open,
        tokens=lambda key: SealedTokens(store, name, key),
        edition=table.edition or account.get("edition") or None,
        users=int(account.get("details", {}).get("users", 0)),
        data_centre=table.data_centre,
        route=table.route,
        allow_duplicates=table.allow_duplicates,
    )
    opened = vendor(name).open(opening)
    opened.pacer.leave_to_others(table.leave_to_others)
    return opened


def accepts(name: str) -> Mapping[str, Callable[[str], bool]]:
    """What the destination's own rules take, asked before anything is sent: 'email', 'phone', 'url'."""
    return vendor(name).accepts


class SealedTokens:
    """A destination's access token, sealed in the store: ten commands in a row must not make ten tokens."""

    def __init__(self, store: Store, system: str, account: str) -> None:
        """`account` tells whose token it is: other credentials must not live on a token of earlier ones."""
        self._store = store
        self._name = f"{system}-token"
        self._account = account
        self._token: dict[str, Any] | None = None

    def load(self) -> dict[str, Any] | None:
        if self._token is None:
            kept = self._store.documents.get(self._name)
            if kept is not None and kept.pop("account", "") == self._account:
                self._token = kept
        return self._token

    def save(self, token: Mapping[str, Any]) -> None:
        self._token = dict(token)
        self._store.documents.put(self._name, {**token, "account": self._account}, sealed=True)


def _values(system: str, secrets: Secrets) -> dict[str, str]:
    values = {item.name: secrets.read(system, item.name) for item in needed(system)}
    missing = [item for item in needed(system) if item.required and not values[item.name]]
    if missing:
        raise CheckFailed(
            f"There are no credentials for {system} ({', '.join(item.name.lower() for item in missing)} missing).",
            next_step=f"Run: gurney login {system}",
        )
    return {name: value for name, value in values.items() if value}
