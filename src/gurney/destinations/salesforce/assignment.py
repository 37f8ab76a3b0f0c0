"""Our permission set in the organisation: what it opens now, and who has it (FACTS 6, 7)."""

from __future__ import annotations

from typing import Any

from gurney.destinations.salesforce.answers import DUPLICATE, GONE
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.rights import CUSTOM, LABEL, PERMISSION_SET, Rights
from gurney.errors import AnswerLost, AnswerWrong, CheckFailed, VendorRefused

ASSIGNMENT = "PermissionSetAssignment"


async def permission_set_id(client: Client) -> str:
    """'' where the organisation has no such permission set."""
    rows = await client.rows(f"SELECT Id FROM PermissionSet WHERE Name = '{PERMISSION_SET}'")
    return str(rows[0]["Id"]) if rows else ""


async def rights_there(client: Client) -> Rights:
    """What the permission set opens now, so that deploying it again takes nothing away."""
    id = await permission_set_id(client)
    if not id:
        return Rights()
    fields = await client.rows(f"SELECT Field FROM FieldPermissions WHERE ParentId = '{id}'")
    objects = await client.rows(f"SELECT SobjectType FROM ObjectPermissions WHERE ParentId = '{id}'")
    opened = frozenset(str(row["SobjectType"]) for row in objects)
    tabs = frozenset(name for name in opened if name.endswith(CUSTOM))
    return Rights(frozenset(str(row["Field"]) for row in fields), opened, tabs)


async def assign(client: Client) -> None:
    """Give the permission set to the user of the credentials; again does no harm.

    Raises CheckFailed where that takes an administrator: what was deployed stays, and stays invisible to us until then.
    """
    id, user = await permission_set_id(client), await user_id(client)
    if not id or await _assignments(client, id, user):
        return
    try:
        await client.post(f"/sobjects/{ASSIGNMENT}", {"AssigneeId": user, "PermissionSetId": id}, idempotent=True)
    except VendorRefused as no:
        if no.code == DUPLICATE:
            return
        raise CheckFailed(
            f"salesforce does not let us assign the permission set {LABEL!r} ({no.code}: {no.words}), and without it "
            "the fields that were made stay invisible to us.",
            next_step=f"The administrator does it: Setup > Permission Sets > {LABEL} > Manage Assignments > the user "
            "of these credentials. Then repeat: gurney provision",
        ) from None


async def unassign(client: Client) -> str:
    """Take the permission set from everybody who has it; why not, or ''. Only then can it be removed."""
    id = await permission_set_id(client)
    for row in await _assignments(client, id) if id else []:
        try:
            await client.delete(f"/sobjects/{ASSIGNMENT}/{row['Id']}")
        except AnswerLost:
            return "the answer was lost"
        except VendorRefused as no:
            if no.code not in GONE:
                return f"{no.code}: {no.words}"
    return ""


async def user_id(client: Client) -> str:
    """Who we are: the token's identity address ends in it (FACTS 1)."""
    known = (await client.token()).user_id
    if known:
        return known
    told = str((await client.get("/services/oauth2/userinfo")).document.get("user_id") or "")
    if not told:
        raise AnswerWrong("salesforce does not say which user the credentials are of.")
    return told


async def _assignments(client: Client, id: str, user: str = "") -> list[dict[str, Any]]:
    theirs = f" AND AssigneeId = '{user}'" if user else ""
    return await client.rows(f"SELECT Id FROM {ASSIGNMENT} WHERE PermissionSetId = '{id}'{theirs}")
