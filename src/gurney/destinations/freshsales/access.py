"""Credentials: an administrator's API key and the account's bundle alias (FACTS 1).

A key never ends, has no scopes, and carries exactly its user's role and sight. OAuth has no scopes for notes, files or
bulk, so it is no way.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gurney.destinations.freshsales.limits import data
from gurney.errors import CheckFailed
from gurney.runtime import is_here

LOGIN = "gurney login freshsales"
YES = frozenset({"yes", "true", "1", "on"})
CODES = re.compile(r"\s*(?P<type>[a-z_]+)\s*=\s*(?P<code>\d+)\s*")


@dataclass(frozen=True, slots=True)
class FreshsalesAccess:
    """What a person pastes, and two decisions."""

    api_key: str = field(repr=False)
    bundle_alias: str
    """'acme.myfreshworks.com/crm/sales', as it stands under the API key."""
    address: str = ""
    """The whole address before '/api', where it is not the vendor's own."""
    forget: str = ""
    """'yes': what is deleted is forgotten for ever instead of lying in the recycle bin (FACTS 8)."""
    field_codes: str = ""
    """'text=1,textarea=2': the numbers of field types, where somebody found them out; then fields are made by API."""

    def require_complete(self) -> None:
        """Raise CheckFailed when something is missing or cannot be."""
        if not self.api_key or not (self.bundle_alias or self.address):
            raise CheckFailed(
                "There are no credentials for freshsales: an administrator's API key, and the bundle alias.",
                next_step=f"Copy both from Profile Settings > API Settings, then: {LOGIN}",
            )
        self.codes()

    @property
    def forgets(self) -> bool:
        return self.forget.strip().lower() in YES

    def base_url(self) -> str:
        """Everything before the resource. Raises CheckFailed for what is no https address."""
        alias = self.bundle_alias.strip().strip("/")
        text = self.address.strip().rstrip("/") or (
            alias if "://" in alias else str(data()["hosts"]["api"]).format(alias=alias)
        )
        parts = urlsplit(text)
        if not parts.netloc or (parts.scheme != "https" and not is_here(parts.hostname)):
            raise CheckFailed(
                "freshsales: the bundle alias is not the name of a host with a path.",
                next_step=f"Copy it as it stands, such as YOURS.myfreshworks.com/crm/sales: {LOGIN}",
            )
        path = parts.path.rstrip("/").removesuffix(str(data()["hosts"]["path"]))
        return f"{parts.scheme}://{parts.netloc}{path}"

    def codes(self) -> dict[str, int]:
        """The numbers of field types by the vendor's word. Raises CheckFailed for what is no list of them."""
        found: dict[str, int] = {}
        for part in filter(None, self.field_codes.split(",")):
            match = CODES.fullmatch(part)
            if match is None:
                raise CheckFailed(
                    "freshsales: FIELD_CODES is not a list such as text=1,textarea=2.",
                    next_step="Leave it empty: then the administrator makes the fields from the setup plan.",
                )
            found[match["type"]] = int(match["code"])
        return found


def account_key(access: FreshsalesAccess) -> str:
    """Names the account for shared budgets without telling a credential: all keys share its hour (FACTS 6)."""
    return "freshsales-" + hashlib.sha256(access.base_url().encode()).hexdigest()[:16]
