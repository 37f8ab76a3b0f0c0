"""From settings and secrets to connected systems. The only place where the engine's side names vendors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gurney.destinations.protocol import Destination
from gurney.errors import CheckFailed, Misused
from gurney.migration.workspace import Settings, Workspace
from gurney.runtime import Runtime
from gurney.sources.cliniko.source import ClinikoSource
from gurney.store.keys import Secrets
from gurney.store.store import Store

if TYPE_CHECKING:
    from gurney.destinations.zoho.access import Token


@dataclass(frozen=True, slots=True)
class SecretName:
    """One value that `gurney login` asks for. `prompt` is what a person sees; `secret` hides what is typed."""

    name: str
    prompt: str
    secret: bool = True
    required: bool = True


RATE_VARIABLE = "GURNEY_CLINIKO_REQUESTS_PER_MINUTE"
"""Overrides the setting: an account with another limit, or a twin whose time passes faster."""

SYSTEMS: dict[str, tuple[SecretName, ...]] = {
    "cliniko": (
        SecretName("API_KEY", "API key of an administrator (My info > Manage API keys)"),
        SecretName("BASE_URL", "Base URL", secret=False, required=False),
    ),
    "zoho": (
        SecretName("CLIENT_ID", "Client ID of the self client (api-console)"),
        SecretName("CLIENT_SECRET", "Client secret"),
        SecretName("REFRESH_TOKEN", "Refresh token"),
        SecretName("ACCOUNTS_URL", "Accounts URL", secret=False, required=False),
        SecretName("API_URL", "API URL", secret=False, required=False),
        SecretName("UPLOAD_URL", "Upload URL", secret=False, required=False),
    ),
}
"""What each system needs. The environment variable of a value is GURNEY_<SYSTEM>_<NAME>."""


def needed(system: str) -> tuple[SecretName, ...]:
    """The values of a system's login. Raises Misused for a system that we do not know."""
    try:
        return SYSTEMS[system]
    except KeyError:
        raise Misused(f"There is no system {system!r}.", next_step=f"Choose one of: {', '.join(SYSTEMS)}.") from None


def source(settings: Settings, secrets: Secrets, runtime: Runtime) -> ClinikoSource:
    """The clinic's Cliniko account."""
    values = _values("cliniko", secrets)
    return ClinikoSource(
        runtime,
        api_key=values["API_KEY"],
        base_url=values.get("BASE_URL"),
        contact_email=settings.source.contact_email,
        requests_per_minute=int(runtime.environ.get(RATE_VARIABLE) or settings.source.requests_per_minute),
        in_flight=settings.source.in_flight,
    )


def destination(workspace: Workspace, secrets: Secrets, runtime: Runtime, store: Store) -> Destination:
    """The CRM that the workspace names, as the last check knew its edition and users."""
    name = workspace.settings.migration.destination
    values = _values(name, secrets)
    account = store.documents.get("account") or {}
    if name == "zoho":
        from gurney.destinations.zoho.access import ZohoAccess
        from gurney.destinations.zoho.destination import Zoho, account_key

        access = ZohoAccess(
            client_id=values["CLIENT_ID"],
            client_secret=values["CLIENT_SECRET"],
            refresh_token=values["REFRESH_TOKEN"],
            accounts_url=values.get("ACCOUNTS_URL"),
            api_url=values.get("API_URL"),
            upload_url=values.get("UPLOAD_URL"),
            data_centre=workspace.settings.destination.data_centre,
        )
        return Zoho(
            runtime,
            access,
            edition=workspace.settings.destination.edition or account.get("edition") or None,
            users=int(account.get("details", {}).get("users", 0)),
            open_file=store.files.open,
            tokens=ZohoTokens(store, account_key(access)),
        )
    raise Misused(f"There is no destination {name!r}.", next_step="Mend `destination` in gurney.toml.")


def accepts(name: str) -> Mapping[str, Callable[[str], bool]]:
    """What the destination's own rules take, asked before anything is sent: 'email', 'phone', 'url'."""
    if name == "zoho":
        from gurney.destinations.zoho import rules

        return {"email": rules.acceptable_email, "phone": rules.acceptable_phone, "url": rules.acceptable_url}
    return {}


class ZohoTokens:
    """Zoho's access token, sealed in the store: ten commands in a row must not make ten tokens (FACTS 2)."""

    def __init__(self, store: Store, account: str) -> None:
        """`account` tells whose token it is: other credentials must not live on a token of earlier ones."""
        self._store = store
        self._account = account
        self._token: Token | None = None

    def load(self) -> Token | None:
        from gurney.destinations.zoho.access import Token

        kept = self._store.documents.get("zoho-token") if self._token is None else None
        if kept is not None and kept.pop("account", "") == self._account:
            self._token = Token.from_json(kept)
        return self._token

    def save(self, token: Token) -> None:
        self._token = token
        self._store.documents.put("zoho-token", {**token.to_json(), "account": self._account}, sealed=True)


def _values(system: str, secrets: Secrets) -> dict[str, str]:
    values = {item.name: secrets.read(system, item.name) for item in needed(system)}
    missing = [item for item in needed(system) if item.required and not values[item.name]]
    if missing:
        raise CheckFailed(
            f"There are no credentials for {system} ({', '.join(item.name.lower() for item in missing)} missing).",
            next_step=f"Run: gurney login {system}",
        )
    return {name: value for name, value in values.items() if value}
