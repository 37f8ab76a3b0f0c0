"""What tests do to the organisation behind the API's back: edits by other people, dumps, switches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer, Handler, Request
from gurney.twins.zoho import bin, merging
from gurney.twins.zoho.call import Call
from gurney.twins.zoho.metadata import shown_field, shown_module
from gurney.twins.zoho.people import shown_user
from gurney.twins.zoho.refusals import ElementRefused
from gurney.twins.zoho.rendering import rendered, shows
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.store import insert, update
from gurney.twins.zoho.world import World

NEWEST = 8
RECEPTION = "reception@example.com"


class Backdoor:
    """The vendor's part of the admin interface."""

    def __init__(self, world: World) -> None:
        self._world = world

    def actions(self) -> Mapping[str, Handler]:
        """More admin calls, each as if someone had done it in the vendor's own pages."""
        return {
            "POST edit": self._edit,
            "POST create": self._create,
            "POST delete": self._delete,
            "POST merge": self._merge,
            "POST drop_field": self._drop_field,
            "POST drop_option": self._drop_option,
            "POST confirm": self._confirm,
            "POST grant": self._grant,
            "POST scopes": self._scopes,
            "POST health": self._health,
        }

    def state(self) -> dict[str, int]:
        """Live records per module with any, users, binned records, fields of one's own, modules."""
        world = self._world
        counts = {name: len(module.table) for name, module in world.modules.items()}
        counts |= {
            "Users": len(world.users),
            "RecycleBin": len(world.bin.entries),
            "Files": len(world.files),
            "CustomFields": sum(1 for module in world.modules.values() for _ in module.custom_fields()),
            "CustomModules": sum(module.generated == "custom" for module in world.modules.values()),
            "CreditsUsed": world.credits.used,
        }
        return counts

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """Stored records in wire shape with full text; also Users, Fields, Modules, RecycleBin, Files."""
        call = self._call()
        world = self._world
        special: dict[str, Any] = {
            "Users": lambda: (shown_user(call, user) for user in world.users),
            "Modules": lambda: (shown_module(call, module) for module in world.modules.values()),
            "Fields": lambda: self._fields(call),
            "RecycleBin": lambda: self._binned(call),
            "Files": lambda: (
                {"id": id, "name": file.name, "size": len(file.content), "sha256": file.sha256}
                for id, file in world.files.items()
            ),
        }
        if name in special:
            rows: Iterable[dict[str, Any]] = special[name]()
            return rows
        module = world.modules.get(name)
        return self._records(call, module) if module else None

    def _call(self) -> Call:
        return Call(self._world, Request("GET", "/"), NEWEST, self._world.admin, frozenset())

    def _records(self, call: Call, module: Module) -> Iterable[dict[str, Any]]:
        fields = shows(call, module, None, whole=True, single=True)
        for row in module.table:
            yield self._whole(module, row, rendered(row, fields))

    def _whole(self, module: Module, row: Row, wire: dict[str, Any]) -> dict[str, Any]:
        if "$se_module" in row:
            wire["$se_module"] = row["$se_module"]
        if module.api_name == "Attachments":
            content = self._world.contents.get(row["id"])
            wire |= {"$type": row["$type"], "sha256": content.sha256 if content else None}
            wire["size"] = len(content.content) if content else 0
        return wire

    def _fields(self, call: Call) -> Iterable[dict[str, Any]]:
        for module in self._world.modules.values():
            for field in module.fields.values():
                yield {"module": module.api_name, **shown_field(call, module, field)}

    def _binned(self, call: Call) -> Iterable[dict[str, Any]]:
        for entry in self._world.bin.entries.values():
            fields = shows(call, entry.module, None, whole=True, single=True)
            yield {
                "id": entry.row["id"],
                "module": entry.module.api_name,
                "deleted_time": call.shown(entry.deleted_time),
                "followers": [{"module": m.api_name, "id": row["id"]} for m, row in entry.followers],
                "record": self._whole(entry.module, entry.row, rendered(entry.row, fields)),
            }

    def somebody_else(self) -> str:
        """The id of an active user who is not the administrator."""
        world = self._world
        for user in world.users:
            if user["id"] != world.admin["id"] and world.may_own(user["id"]):
                return str(user["id"])
        return str(world.add_user(RECEPTION, "Reception Desk", world.profiles[1], world.roles[1])["id"])

    def _module(self, request: Request) -> tuple[Module, dict[str, Any]]:
        order = request.json()
        return self._world.modules[order["object"]], order

    def _edit(self, request: Request) -> Answer:
        module, order = self._module(request)
        row = module.table.get(str(order["id"]))
        if row is None:
            return Answer(404, {"error": "no such record"})
        try:
            if module.api_name == "Notes":
                values = {**order["fields"], "Modified_By": self.somebody_else(), "Modified_Time": self._world.now()}
                module.table.change(row["id"], values)
                module.version += 1
            else:
                update(self._world, module, row, order["fields"], self.somebody_else())
        except ElementRefused as no:
            return Answer(400, no.element)
        return Answer(200, {"id": row["id"]})

    def _create(self, request: Request) -> Answer:
        module, order = self._module(request)
        try:
            return Answer(200, {"id": insert(self._world, module, order["fields"], self.somebody_else())["id"]})
        except ElementRefused as no:
            return Answer(400, no.element)

    def _delete(self, request: Request) -> Answer:
        module, order = self._module(request)
        bin.delete(self._world, module, str(order["id"]), self.somebody_else())
        return Answer(200, {"id": order["id"]})

    def _drop_field(self, request: Request) -> Answer:
        """`{"object", "name"}`: a custom field goes with all its data, as in Setup (FACTS 7)."""
        module, order = self._module(request)
        if order["name"] not in module.fields:
            return Answer(404, {"error": "no such field"})
        module.drop_field(module.fields[order["name"]])
        return Answer(200, {"name": order["name"]})

    def _drop_option(self, request: Request) -> Answer:
        """`{"object", "name", "value"}`: a value goes from a pick-list; records may hold it still (FACTS 0.9)."""
        module, order = self._module(request)
        field = module.fields.get(order["name"])
        if field is None or order["value"] not in (option.actual for option in field.options):
            return Answer(404, {"error": "no such value"})
        field.options = [option for option in field.options if option.actual != order["value"]]
        module.reshaped()
        return Answer(200, {"value": order["value"]})

    def _merge(self, request: Request) -> Answer:
        """`{"object", "id", "others"}`: one record stays of several."""
        module, order = self._module(request)
        for other in order["others"]:
            merging.merge(self._world, module, str(order["id"]), str(other), self.somebody_else())
        return Answer(200, {"id": order["id"]})

    def _confirm(self, request: Request) -> Answer:
        """The invited person clicks the link in the e-mail."""
        user = self._world.users.by("email", request.json()["email"])
        if user is None:
            return Answer(404, {"error": "no such user"})
        self._world.users.change(user["id"], {"confirm": True})
        return Answer(200, {"id": user["id"]})

    def _grant(self, request: Request) -> Answer:
        """A grant code, as the API console hands out for a user and scopes."""
        order = request.json()
        user = self._world.users.by("email", order.get("email") or self._world.admin["email"])
        if user is None:
            return Answer(404, {"error": "no such user"})
        scopes = order.get("scopes") or " ".join(self._world.tokens.first.scopes)
        return Answer(200, {"code": self._world.tokens.new_grant(user["id"], tuple(scopes.split()))})

    def _scopes(self, request: Request) -> Answer:
        """Other scopes for the first refresh token, from its next access token on."""
        self._world.tokens.first.scopes = tuple(request.json()["scopes"].split())
        return Answer(200, {"scopes": " ".join(self._world.tokens.first.scopes)})

    def _health(self, request: Request) -> Answer:
        """The health mode: off, on, restricted."""
        self._world.health_mode = str(request.json()["mode"])
        return Answer(200, {"mode": self._world.health_mode})
