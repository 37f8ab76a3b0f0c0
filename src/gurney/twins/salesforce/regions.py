"""State and country pick lists: an option of the organisation that makes addresses strict (FACTS 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import FieldDef, PickValue
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.writing import Hooks, Writer

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

COUNTRIES = {
    "Australia": "AU", "New Zealand": "NZ", "United Kingdom": "GB", "Ireland": "IE", "United States": "US",
    "Canada": "CA", "India": "IN", "China": "CN", "Germany": "DE", "France": "FR", "Singapore": "SG",
}  # fmt: skip
STATES = {
    "AU": {
        "New South Wales": "NSW", "Victoria": "VIC", "Queensland": "QLD", "South Australia": "SA", "Tasmania": "TAS",
        "Western Australia": "WA", "Northern Territory": "NT", "Australian Capital Territory": "ACT",
    },
    "US": {"California": "CA", "New York": "NY", "Texas": "TX", "Washington": "WA"},
    "CA": {"British Columbia": "BC", "Ontario": "ON", "Quebec": "QC"},
}  # fmt: skip
"""The twin knows a few; a country without states here has none."""
ADDRESSES = {"Account": ("Billing", "Shipping"), "Contact": ("Mailing", "Other"), "Lead": ("",)}


def install(world: World) -> None:
    """Add the fields for codes, and check every address."""
    if world.switches["state_picklists"] == "off":
        return
    states = {code: name for known in STATES.values() for name, code in known.items()}
    for name, prefixes in ADDRESSES.items():
        kind = world.schema.objects[name]
        for prefix in prefixes:
            of = f"{prefix} " if prefix else ""
            _add(world, name, f"{prefix}StateCode", f"{of}State/Province Code", prefix, states)
            countries = {code: country for country, code in COUNTRIES.items()}
            _add(world, name, f"{prefix}CountryCode", f"{of}Country Code", prefix, countries)
        kind.hooks = Hooks(before=_checker(prefixes))


def _add(world: World, kind: str, name: str, label: str, prefix: str, codes: dict[str, str]) -> None:
    picks = [PickValue(code, text) for code, text in codes.items()]
    part = f"{prefix}Address"
    made = FieldDef(name, label, "picklist", 10, picklist=picks, restricted=True, compound=part)
    world.add_field(world.schema.objects[kind], made)


def _checker(prefixes: tuple[str, ...]) -> Any:
    def check(writer: Writer, values: Row, row: Row | None) -> None:
        for prefix in prefixes:
            touched = {f"{prefix}{part}" for part in ("State", "StateCode", "Country", "CountryCode")}
            if touched & values.keys():
                _complete(values, {**(row or {}), **values}, prefix)

    return check


def _complete(values: Row, told: Row, prefix: str) -> None:
    """Codes from names and names from codes. Raises Refused for what is in no list (rule …state-picklists)."""
    country = _paired(values, told, prefix, "Country", COUNTRIES)
    known = STATES.get(COUNTRIES.get(country or "", ""), {})
    _paired(values, told, prefix, "State", known)


def _paired(values: Row, told: Row, prefix: str, part: str, known: dict[str, str]) -> str | None:
    """The name that name or code mean; whichever was just written counts."""
    name, code = f"{prefix}{part}", f"{prefix}{part}Code"
    by_code = {one: text for text, one in known.items()}
    if code in values and name not in values:
        wanted = by_code.get(values[code]) if values[code] else None
        given = values[code]
    else:
        wanted = told.get(name) if told.get(name) in known else None
        given = told.get(name)
    if given and wanted is None:
        raise _problem(part, name, prefix)
    if name in values or code in values:
        values[name], values[code] = wanted, known.get(wanted or "")
    return wanted


def _problem(part: str, name: str, prefix: str) -> Refused:
    word, plural, label = ("state", "states", "State/Province") if part == "State" else ("country", "countries", part)
    words = (
        f"There's a problem with this {word}, even though it may appear correct. Please select a {word} from the list "
        f"of valid {plural}.: {prefix} {label}"
    )
    return Refused("FIELD_INTEGRITY_EXCEPTION", words, [name])
