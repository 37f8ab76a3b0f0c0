"""What a destination's folder says of itself to the rest of the program: its `vendor.py` holds one `VENDOR`.

The engine's side knows destinations by their folder's name alone; what a login asks for, how an account is opened
and which values the vendor's own rules take is told here, without loading the vendor's client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module

from gurney.destinations.names import NAMES
from gurney.destinations.protocol import Cost, Destination, Limit, OpenFile, TokenCache
from gurney.records import Kind
from gurney.runtime import Runtime
from gurney.schema import SchemaChange
from gurney.transport import Limits


@dataclass(frozen=True, slots=True)
class Credential:
    """One value that `gurney login` asks for. `prompt` is what a person sees; `secret` hides what is typed."""

    name: str
    prompt: str
    secret: bool = True
    required: bool = True


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person is sent to in a browser, and what must be kept until they come back."""

    url: str
    state: str
    """Comes back with the person: another one is not theirs."""
    verifier: str = field(repr=False)
    """Proves to the vendor that who asks for the token is who sent the person (PKCE)."""


@dataclass(frozen=True, slots=True)
class BrowserLogin:
    """A login by consent in a browser (authorization code with PKCE)."""

    begin: Callable[[Runtime, Mapping[str, str], str], Consent]
    """From the credentials at hand and the redirect address."""
    finish: Callable[[Runtime, Mapping[str, str], str, str, str], Awaitable[Mapping[str, str]]]
    """From credentials, code, verifier and redirect address to the credentials to keep."""
    needs: tuple[str, ...] = ()
    """Credentials that must be there before it begins."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What an account is opened with."""

    runtime: Runtime
    credentials: Mapping[str, str] = field(repr=False)
    """By `Credential.name`; what was left empty is missing."""
    open_file: OpenFile
    tokens: Callable[[str], TokenCache]
    """The sealed cache of tokens for an account, named by something that tells no credential."""
    edition: str | None = None
    """As the settings or the last check say."""
    users: int = 0
    """How many users the last check counted; quotas may depend on them."""
    data_centre: str = ""
    route: str = ""
    """The one route that the operator allows ('single', 'batch', 'bulk'); '' leaves the choice to cost."""
    allow_duplicates: bool = True
    """Save records that the CRM's own rules take for duplicates; relatives share names, phones and addresses."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What work costs at a vendor: told of a connected account, or of an edition that nobody has opened yet."""

    vendor: str
    """The folder's name."""
    unit: str
    """What the vendor counts: credits, tokens, or calls."""
    file_object: str
    user_object: str
    pace: Limits
    """What the account, or an edition, is held to."""
    cost: Callable[[str, str, int], Cost]
    """See Destination.cost."""
    route: Callable[[str, int], str]
    """By which way so many new records of an object go: a `Route.name`."""

    @classmethod
    def of(cls, destination: Destination) -> Prices:
        """Of a connected account, with what its answers taught the pacer."""
        pacer = destination.pacer
        return cls(
            vendor=destination.name,
            unit=destination.spent().unit,
            file_object=destination.capabilities.file_object,
            user_object=destination.capabilities.user_object,
            pace=replace(pacer.limits, budgets=tuple(budget.limit for budget in pacer.budgets.values())),
            cost=_shared(destination.cost, pacer.limits),
            route=lambda object, records: destination.route(object, Kind.CREATE, records).name,
        )

    def leaving(self, others_percent: int) -> Prices:
        """The same where other programs keep so much of every rate and allowance. Told once."""
        pace = self.pace.leaving(others_percent)
        return replace(self, pace=pace, cost=_shared(self.cost, pace))


def _shared(cost: Callable[[str, str, int], Cost], pace: Limits) -> Callable[[str, str, int], Cost]:
    """What work costs where some of the account is left to others: the same calls, in more time.

    Where there is a rate, work takes as long as what is left of it lasts; else places are shared, and all takes longer.
    """
    if not pace.others_percent:
        return cost
    slower = 1.0 if pace.rates else 100 / (100 - pace.others_percent)

    def shared(object: str, action: str, records: int) -> Cost:
        whole = cost(object, action, records)
        at_rate_s = max((whole.calls * rate.seconds / rate.calls for rate in pace.our_rates()), default=0.0)
        return replace(whole, seconds=max(whole.seconds * slower, at_rate_s))

    return shared


@dataclass(frozen=True, slots=True)
class Vendor:
    """A destination as the engine finds it."""

    name: str
    """The folder's name, and the word that people type."""
    title: str
    """What the vendor calls the product."""
    credentials: tuple[Credential, ...]
    """The environment variable of a value is GURNEY_<NAME>_<CREDENTIAL>."""
    open: Callable[[Opening], Destination]
    editions: Callable[[], Sequence[str]]
    """The editions or plans whose limits are known, the smallest first."""
    limits: Callable[[str, int], Mapping[str, Limit]]
    """What an edition allows for so many users, by name."""
    pace: Callable[[str, int], Limits]
    """What the pacer holds an account of an edition with so many users to; forecasts go by the same."""
    prices: Callable[[str, int, Mapping[str, int]], Prices]
    """What work costs in an edition, for so many users, before there are credentials. Told as well: how many fields
    each object will have, where reading costs by their number."""
    absent: Callable[[str], frozenset[str]] = lambda edition: frozenset()
    """Objects that an edition does not have."""
    lacks: Callable[[str], str] = lambda edition: ""
    """What an edition does not have that a migration cannot do without, in words; '' for nothing."""
    accepts: Mapping[str, Callable[[str], bool]] = field(default_factory=dict)
    """What the vendor's own rules take, asked before anything is sent: 'email', 'phone', 'url'."""
    browser: BrowserLogin | None = None
    """The login by consent, where the vendor has one."""
    setup_package: Callable[[Sequence[SchemaChange]], Mapping[str, bytes]] | None = None
    """Files, by name, with which the vendor's admin makes the schema without us, where the vendor has such a form."""


def vendor(name: str) -> Vendor:
    """What the folder of that name says of itself. Raises KeyError for a name that is not in NAMES."""
    if name not in NAMES:
        raise KeyError(name)
    found: Vendor = import_module(f"gurney.destinations.{name}.vendor").VENDOR
    return found
