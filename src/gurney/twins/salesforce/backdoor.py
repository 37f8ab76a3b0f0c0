"""What tests do to the organisation behind the API's back: edits by other people, dumps, set-up that has no API."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from gurney.twins.kit.wire import Answer, Handler, Request
from gurney.twins.salesforce import deleting, merging, people
from gurney.twins.salesforce.access import PERMISSIONS, Access
from gurney.twins.salesforce.deploy_jobs import queue_of
from gurney.twins.salesforce.refusals import Refused, not_found
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.showing import shower
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.validation import ValidationRule
from gurney.twins.salesforce.world import World
from gurney.twins.salesforce.writing import Writer

RECEPTION = "reception@example.com"


class Backdoor:
    """The vendor's part of the admin interface. Edits are made as the user `by` (an e-mail), else as somebody else."""

    def __init__(self, world: World) -> None:
        self._world = world

    def actions(self) -> Mapping[str, Handler]:
        """More admin calls, each as if someone had done it in the vendor's own pages."""
        actions = {
            "create": self._create,
            "edit": self._edit,
            "delete": self._delete,
            "undelete": self._undelete,
            "merge": self._merge,
            "drop_field": self._drop_field,
            "drop_option": self._drop_option,
            "user": self._user,
            "deactivate": self._deactivate,
            "grant": self._grant,
            "session": self._session,
            "rule": self._rule,
            "certificate": self._certificate,
            "switch": self._switch,
        }
        return {f"POST {name}": _guarded(action) for name, action in actions.items()}

    def state(self) -> dict[str, int]:
        """Live rows per object, the bin, files, and what of the schema is custom."""
        world = self._world
        world.limits.requests.forget(world.clock.timestamp())
        counts = {name: len(table.rows) for name, table in world.store.tables.items()}
        return counts | {
            "RecycleBin": sum(len(table.binned) for table in world.store.tables.values()),
            "Blobs": len(world.store.blobs),
            "CustomObjects": sum(kind.custom for kind in world.schema.objects.values()),
            "CustomFields": sum(1 for kind in world.schema.objects.values() for _ in kind.custom_fields()),
            "ApiRequests": world.limits.requests.used,
        }

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """Stored rows with every field, also those that security hides; also Fields, Objects, RecycleBin, Blobs
        and Deployments with their packages.

        A version of a file has its `sha256` too, and a note its `text`: the HTML that is stored.
        """
        world = self._world
        if name == "RecycleBin":
            return (
                {"object": kind.name, "root": gone.root, **self._whole(kind, gone.row)} for kind, gone in self._bin()
            )
        if name == "Fields":
            return (
                {"object": kind.name, "name": f.name, "type": f.type, "label": f.label, "length": f.length}
                for kind in world.schema.objects.values()
                for f in kind.custom_fields()
            )
        if name == "Objects":
            return ({"name": k.name, "prefix": k.key_prefix, "custom": k.custom} for k in world.schema.objects.values())
        if name == "Deployments":
            return (
                {"id": one.id, "status": one.status, "zip": base64.b64encode(one.zip).decode()}
                for one in queue_of(world).all.values()
            )
        if name == "Blobs":
            return (
                {"id": id, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for id, content in world.store.blobs.items()
            )
        kind = world.schema.find(name)
        if kind is None:
            return None
        return (self._whole(kind, row) for row in world.table(kind.name).rows.values())

    def _bin(self) -> Iterable[tuple[ObjectDef, Any]]:
        return ((t.kind, gone) for t in self._world.store.tables.values() for gone in t.binned.values())

    def _whole(self, kind: ObjectDef, row: Row) -> dict[str, Any]:
        whole = {name: shower("", kind, field)(row) for name, field in kind.fields.items()}
        blobs = self._world.store.blobs
        if kind.name == "ContentVersion":
            whole["sha256"] = hashlib.sha256(blobs.get(row["Id"], b"")).hexdigest()
        elif kind.name == "ContentNote":
            whole["text"] = blobs.get(row["LatestPublishedVersionId"], b"").decode()
        return whole

    def _writer(self, order: dict[str, Any]) -> Writer:
        """Somebody who may do everything and has not been asked about duplicates, under another name."""
        world = self._world
        access = Access(world, world.admin["Id"])
        access.permissions = frozenset(PERMISSIONS)
        writer = Writer(world, access, saves_duplicates=True)
        writer.by = self._somebody(order.get("by"))
        return writer

    def _somebody(self, email: str | None) -> str:
        world = self._world
        users = world.table("User").rows.values()
        if email is not None:
            return next(str(user["Id"]) for user in users if user["Email"] == email)
        for user in users:
            if user["Id"] != world.admin["Id"] and user.get("IsActive"):
                return str(user["Id"])
        return str(people.add_user(world, RECEPTION, "Reception Desk")["Id"])

    def _create(self, order: dict[str, Any]) -> dict[str, Any]:
        return {"id": self._writer(order).insert(self._world.kind(order["object"]), order["fields"])["Id"]}

    def _edit(self, order: dict[str, Any]) -> dict[str, Any]:
        kind = self._world.kind(order["object"])
        return {"id": self._writer(order).update(kind, order["id"], order["fields"])["Id"]}

    def _delete(self, order: dict[str, Any]) -> dict[str, Any]:
        kind = self._world.kind(order["object"])
        deleting.delete(self._writer(order), kind, order["id"], hard=bool(order.get("hard")))
        return {"id": order["id"]}

    def _undelete(self, order: dict[str, Any]) -> dict[str, Any]:
        return {"id": deleting.undelete(self._writer(order), order["id"])["Id"]}

    def _merge(self, order: dict[str, Any]) -> dict[str, Any]:
        """`id` swallows `others`: their children move over, they go into the bin."""
        kind = self._world.kind(order["object"])
        merging.merge(self._writer(order), kind, order["id"], list(order["others"]))
        return {"id": order["id"]}

    def _drop_field(self, order: dict[str, Any]) -> dict[str, Any]:
        """`{"object", "name"}`: a custom field goes to the deleted fields, its values with it."""
        kind = self._world.schema.find(order["object"])
        if kind is None or order["name"] not in kind.fields:
            raise not_found()
        self._world.remove_field(kind, order["name"])
        return {"name": order["name"]}

    def _drop_option(self, order: dict[str, Any]) -> dict[str, Any]:
        """`{"object", "name", "value"}`: a value goes from a pick-list; records keep it."""
        kind = self._world.schema.find(order["object"])
        field = kind.fields.get(order["name"]) if kind else None
        if field is None or order["value"] not in (one.value for one in field.picklist):
            raise not_found()
        field.picklist = [one for one in field.picklist if one.value != order["value"]]
        self._world.touch()
        return {"value": order["value"]}

    def _user(self, order: dict[str, Any]) -> dict[str, Any]:
        name = order.get("name") or order["email"].partition("@")[0].title()
        return {"id": people.add_user(self._world, order["email"], name, active=order.get("active", True))["Id"]}

    def _deactivate(self, order: dict[str, Any]) -> dict[str, Any]:
        user = self._world.table("User").rows[self._somebody(order["email"])]
        self._world.table("User").change(user, {"IsActive": False})
        return {"id": user["Id"]}

    def _grant(self, order: dict[str, Any]) -> dict[str, Any]:
        """A permission by name (as CreateAuditFields), or the sight of a field, for a user."""
        user_id = self._somebody(order.get("email") or self._world.admin["Email"])
        set_id = people.grant(self._world, user_id, permission=order.get("permission"), field=order.get("field"))
        return {"id": set_id}

    def _session(self, order: dict[str, Any]) -> dict[str, Any]:
        """Access and refresh token of any user, as after the login page."""
        user_id = self._somebody(order.get("email") or self._world.admin["Email"])
        approval = self._world.tokens.approve(user_id)
        session = self._world.tokens.open(user_id, refresh=approval.token)
        return {"access_token": session.token, "refresh_token": approval.token, "user_id": user_id}

    def _rule(self, order: dict[str, Any]) -> dict[str, Any]:
        """A validation rule or a flow of the clinic: object, message, and code, field, equals, every."""
        self._world.validation_rules.append(ValidationRule(**order))
        return {"rules": len(self._world.validation_rules)}

    def _certificate(self, order: dict[str, Any]) -> dict[str, Any]:
        """The public key (PEM) that JWT assertions are checked with."""
        self._world.tokens.certificate = order["pem"].encode()
        return {}

    def _switch(self, order: dict[str, Any]) -> dict[str, Any]:
        """Turn a switch while the organisation runs, as an administrator does in Setup."""
        if order["name"] not in self._world.switches:
            raise KeyError(order["name"])
        self._world.switches[order["name"]] = str(order["value"])
        self._world.schema.touch()
        return {order["name"]: order["value"]}


def _guarded(action: Any) -> Handler:
    def respond(request: Request) -> Answer:
        try:
            return Answer(200, action(request.json()))
        except Refused as no:
            return Answer(400, no.element())

    return respond
