"""Taking back objects and fields that provisioning made: one package of destructive changes (FACTS 11).

Deleting an object deletes its records. So an object that still holds some is left to the administrator, and with it
what it points to. The permission set goes last, when nothing is left that needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gurney.destinations.salesforce.answers import UNKNOWN_OBJECT
from gurney.destinations.salesforce.assignment import rights_there, unassign
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.deploy import Deployment, deploy
from gurney.destinations.salesforce.package import TAB, TAB_OF, destruction, full_name, named_in
from gurney.destinations.salesforce.rights import CUSTOM, LABEL, Rights, made_as
from gurney.destinations.salesforce.soql import count_all
from gurney.errors import NotAuthorised, VendorRefused
from gurney.schema import NewField, NewObject, NewOptions, Provisioned

ROUNDS = 8
HOLDS_RECORDS = "{name} still holds {count} records, which would go with it. Look at them, then delete it in Setup."
POINTED_TO = "{name} stays, because {by} stays and points to it."
VALUES_STAY = (
    "Added pick-list values stay; the administrator deactivates them in Setup > Object Manager > {object} > {field}."
)
BY_HAND = (
    "Salesforce does not let this user remove {name} ({why}). The administrator does it: Setup > Object Manager, and "
    "Setup > Permission Sets > {label} > Delete."
)
GONE = "no custom"
"""How the vendor speaks of what is not there: 'No CustomField named: X found'."""


DELETED_ONES = (
    "Removed fields and objects stand in Setup among the deleted ones for 15 days and count towards the limits until "
    "then; an administrator can erase them at once."
)
SET_STAYS = "the permission set '{label}' stays ({why}); delete it in Setup > Permission Sets"


@dataclass(slots=True)
class _Removal:
    """What is to go, by full name, and why the rest stays."""

    going: list[str]
    kept: dict[str, str]
    refused: dict[str, str] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """An object goes with its tab."""
        objects = [name for name in self.going if "." not in name and not name.startswith(TAB_OF)]
        tabs = [name for name in self.going if name.removeprefix(TAB_OF) in objects and name.startswith(TAB_OF)]
        fields = [name for name in self.going if "." in name]
        return destruction([*fields, *objects, *tabs], permission_set=False)

    def leave_out(self, refused: Mapping[str, str]) -> None:
        """What is gone already needs no removal; what is refused stays."""
        self.going = [name for name in self.going if name not in refused]
        self.refused |= {name: words for name, words in refused.items() if not words.casefold().startswith(GONE)}


async def take_back(client: Client, made: Sequence[Provisioned]) -> list[Provisioned]:
    """What became of everything that we created, newest first. All others of `made` only tell what was ours."""
    ours = [one for one in reversed(made) if one.state == "created"]
    if not ours:
        return []
    kept = await _held_back(client, ours)
    removal = _Removal([name for name in _names(ours) if name.removeprefix(TAB_OF) not in kept], kept)
    try:
        await _remove(client, removal)
        left = await _remove_permission_set(client, removal, made)
    except VendorRefused as no:
        if no.status == 401 or not isinstance(no, NotAuthorised):
            raise
        return [_by_hand(one, f"{no.code}: {no.words}") for one in ours]
    results = [_result(one, removal) for one in ours]
    if any(one.state == "deleted" for one in results):
        left = f"{left} {DELETED_ONES}".strip()
    return [*results[:-1], replace(results[-1], words=results[-1].words or left)]


async def _held_back(client: Client, ours: Sequence[Provisioned]) -> dict[str, str]:
    """Objects with records, their fields, and what they point to: names with the reason."""
    kept: dict[str, str] = {}
    for one in ours:
        if isinstance(one.change, NewObject) and (count := await _count(client, one.change.name)):
            kept[one.change.name] = HOLDS_RECORDS.format(name=one.change.name, count=count)
    fields = [one.change for one in ours if isinstance(one.change, NewField)]
    before = -1
    while len(kept) > before:
        before = len(kept)
        for change in fields:
            if change.object in kept:
                kept.setdefault(full_name(change), f"{full_name(change)} stays with {change.object}.")
                if change.lookup_to and change.lookup_to.endswith(CUSTOM):
                    kept.setdefault(change.lookup_to, POINTED_TO.format(name=change.lookup_to, by=change.object))
    return kept


async def _count(client: Client, object: str) -> int:
    """0 also where the object is gone already."""
    try:
        return await client.count(count_all(object))
    except VendorRefused as no:
        if no.code in UNKNOWN_OBJECT:
            return 0
        raise


def _names(ours: Sequence[Provisioned]) -> list[str]:
    """Full names of what is to go. The fields of an object that goes need no naming."""
    objects = [one.change.name for one in ours if isinstance(one.change, NewObject)]
    fields = [one.change for one in ours if isinstance(one.change, NewField) and one.change.object not in objects]
    return [*dict.fromkeys(map(full_name, fields)), *objects, *(TAB_OF + name for name in objects)]


async def _remove(client: Client, removal: _Removal) -> None:
    """A check-only deployment tells what the vendor refuses to remove; all else goes."""
    for _ in range(ROUNDS):
        if not removal.going:
            return
        checked = await deploy(client, removal.files(), check_only=True)
        if checked.success:
            done = await deploy(client, removal.files(), check_only=False)
            if not done.success:
                removal.leave_out(dict.fromkeys(removal.going, f"nothing was removed: {done.words}"))
            return
        why = checked.words or "refused without a word"
        removal.leave_out(_refusals(removal, checked) or dict.fromkeys(removal.going, why))
    removal.leave_out(dict.fromkeys(removal.going, f"still refused after {ROUNDS} tries"))


def _refusals(removal: _Removal, deployment: Deployment) -> dict[str, str]:
    refused: dict[str, str] = {}
    for failure in deployment.failures:
        prefix = TAB_OF if failure.type == TAB else ""
        blamed = {
            prefix + name for name in named_in(failure.name, {name.removeprefix(TAB_OF) for name in removal.going})
        }
        refused |= dict.fromkeys(blamed & set(removal.going), failure.problem)
    return refused


async def _remove_permission_set(client: Client, removal: _Removal, made: Sequence[Provisioned]) -> str:
    """Take the set from everybody and remove it when it opens nothing but ours, and all of that is gone.

    Says why it stays although it should go; '' otherwise.
    """
    if removal.kept or removal.refused or not _opens_ours_alone(await rights_there(client), made):
        return ""
    why = await unassign(client)
    if not why:
        done = await deploy(client, destruction([], permission_set=True), check_only=False)
        why = "" if done.success else "; ".join(each.problem for each in done.failures) or done.words
    return SET_STAYS.format(label=LABEL, why=why) if why else ""


def _opens_ours_alone(rights: Rights, made: Sequence[Provisioned]) -> bool:
    ours = {full_name(one.change).casefold() for one in made}
    opened = {*map(made_as, rights.fields)} | {name for name in rights.objects if name.endswith(CUSTOM)}
    return all(name.casefold() in ours or name.partition(".")[0].casefold() in ours for name in opened)


def _result(one: Provisioned, removal: _Removal) -> Provisioned:
    change, name = one.change, full_name(one.change)
    if isinstance(change, NewOptions):
        return replace(one, state="by_hand", words=VALUES_STAY.format(object=change.object, field=change.field))
    if name in removal.kept:
        return replace(one, state="by_hand", words=removal.kept[name])
    with_object = removal.refused.get(change.object, "") if isinstance(change, NewField) else ""
    words = removal.refused.get(name) or with_object
    return replace(one, state="failed" if words else "deleted", words=f"{name}: {words}" if words else "")


def _by_hand(one: Provisioned, why: str) -> Provisioned:
    words = BY_HAND.format(name=full_name(one.change), why=why, label=LABEL)
    return replace(one, state="by_hand", words=words)
