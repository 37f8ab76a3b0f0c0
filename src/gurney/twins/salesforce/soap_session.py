"""One SOAP call on its way through an operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gurney.twins.kit.wire import Request
from gurney.twins.salesforce.access import Access
from gurney.twins.salesforce.soap_xml import Asked, Fault
from gurney.twins.salesforce.writing import Writer

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World


@dataclass
class SoapCall:
    """Who asks for what; nobody yet in login()."""

    world: World
    request: Request
    asked: Asked
    version: int
    user: str | None

    @property
    def user_id(self) -> str:
        """The caller. Raises Fault for nobody."""
        if self.user is None:
            raise Fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
        return self.user

    @property
    def access(self) -> Access:
        return self.world.access(self.user_id)

    def writer(self) -> Writer:
        """Writes rows as the caller."""
        return Writer(self.world, self.access)


def soap_moment(stored: str) -> str:
    """A moment as XML has it."""
    return stored.replace("+0000", "Z")
