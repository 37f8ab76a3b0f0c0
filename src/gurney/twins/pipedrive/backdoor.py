"""What tests do to the company behind the API's back: other people's edits, dumps, rights (under the admin address)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from gurney.twins.kit.wire import Answer, Handler, Request
from gurney.twins.pipedrive import entities, fields, files, leads, merging, notes
from gurney.twins.pipedrive.activities import ACTIVITIES
from gurney.twins.pipedrive.activity_types import shown as shown_type
from gurney.twins.pipedrive.call import Call
from gurney.twins.pipedrive.deals import DEALS
from gurney.twins.pipedrive.persons import ORGANIZATIONS, PERSONS
from gurney.twins.pipedrive.products import PRODUCTS
from gurney.twins.pipedrive.refusals import Refused, Wrong, validation
from gurney.twins.pipedrive.schema import Field, Schema
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.tokens import CALLBACK
from gurney.twins.pipedrive.world import World

ENTITIES = {entity.name: entity for entity in (PERSONS, ORGANIZATIONS, DEALS, PRODUCTS, ACTIVITIES)}
IN_THE_PAGES = "app"


class Backdoor:
    """The vendor's part of the admin interface."""

    def __init__(self, world: World) -> None:
        self._world = world

    def actions(self) -> Mapping[str, Handler]:
        """More admin calls, each as if someone had done it in the vendor's own pages."""
        calls: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "edit": self._edit, "create": self._create, "delete": self._delete, "restore": self._restore,
            "merge": self._merge,
            "field": self._field, "drop_field": self._drop_field, "drop_option": self._drop_option, "user": self._user,
            "token": self._token, "permission": self._permission,
            "group": self._group, "grant": self._grant, "scopes": self._scopes, "spend": self._spend,
            "top_up": self._top_up,
        }  # fmt: skip
        return {f"POST {name}": self._guarded(call) for name, call in calls.items()}

    def _guarded(self, call: Callable[[dict[str, Any]], Answer]) -> Handler:
        def handle(request: Request) -> Answer:
            try:
                return call(request.json())
            except Wrong as no:
                return validation(no, 2).answer
            except Refused as no:
                return no.answer

        return handle

    # What there is

    def state(self) -> dict[str, int]:
        """Live records per object, users, types, own fields, deleted records, tokens, mails sent to attendees."""
        world = self._world
        counts = {name: len(shelf) for name, shelf in world.shelves.items()}
        return counts | {
            "users": len(world.users),
            "activityTypes": sum(row["active_flag"] for row in world.activity_types.values()),
            "customFields": sum(len(schema.custom) for schema in world.schemas.values()),
            "Deleted": sum(len(shelf.deleted) for shelf in world.shelves.values()),
            "Invitations": len(world.invitations),
            "LeakedTokens": world.leaked_tokens,
            **world.budget.state(),
        }

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        """Whole records in wire shape; also users, activityTypes, an object's fields, invitations, deleted, texts."""
        world, call = self._world, self._call(self._world.admin)
        special: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
            "users": lambda: (world.company.shown(user, world.admin) for user in world.users.values()),
            "activityTypes": lambda: map(shown_type, world.activity_types.values()),
            "invitations": lambda: world.invitations,
            "texts": self._texts,
            "deleted": lambda: (
                {"object": of, **self._shown(call, of, row)}
                for of, shelf in world.shelves.items()
                for row in shelf.deleted.values()
            ),
        }
        if name in special:
            return special[name]()
        if name in fields.NAMES:
            return (fields.shown_field(call, name, one, []) for one in fields.schema_of(call, name))
        shelf = world.shelves.get(name)
        return None if shelf is None else (self._shown(call, name, row) for row in shelf)

    def _texts(self) -> Iterator[dict[str, Any]]:
        """What the CSV files say, by the files' ids."""
        for row in self._world.shelves["files"]:
            stored = self._world.contents.get(row["id"])
            if stored is not None and stored.content_type == "text/csv":
                yield {"id": row["id"], "text": self._world.attic.get(stored).decode("utf-8-sig", "replace")}

    def _shown(self, call: Call, name: str, row: Row) -> dict[str, Any]:
        if name in ENTITIES:
            shown = ENTITIES[name].shown(self._world, row)
            return shown | ({"attendees": row["attendees"]} if "attendees" in row else {})
        if name == "notes":
            return notes.shown(call, row)
        if name == "leads":
            return leads.shown(self._world, row)
        if name == "files":
            stored = self._world.contents.get(row["id"])
            return {**files.shown(self._world, row), "sha256": stored.sha256 if stored else None}
        return row

    def _call(self, user: Row) -> Call:
        return Call(self._world, Request("GET", "/"), 2, user)

    # What somebody else does

    def _other(self) -> Call:
        return self._call(self._world.company.somebody_else())

    def _row(self, order: dict[str, Any]) -> Row:
        """A live record; its id may be told as text."""
        name, id = order["object"], order["id"]
        return self._world.shelves[name].rows[int(id) if name != "leads" else id]

    def _edit(self, order: dict[str, Any]) -> Answer:
        """`{"object", "id", "fields"}`: as another user, in the API's shapes."""
        call, row, name = self._other(), self._row(order), order["object"]
        if name in ENTITIES:
            entities.change(call, ENTITIES[name], row, order["fields"], IN_THE_PAGES)
        else:
            values = {**order["fields"], "update_time": self._world.now()}
            if name == "notes":
                values["last_update_user_id"] = call.user_id
            self._world.alter(name, row["id"], values)
        return Answer(200, {"id": row["id"]})

    def _create(self, order: dict[str, Any]) -> Answer:
        """`{"object", "fields"}`: as another user."""
        call, name, world = self._other(), order["object"], self._world
        if name in ENTITIES:
            return Answer(200, {"id": entities.create(call, ENTITIES[name], order["fields"])["id"]})
        if name != "notes":
            return Answer(400, {"error": f"nobody creates {name} by this door"})
        now = world.now()
        row = {"id": world.next(name), "user_id": call.user_id, "add_time": now, "update_time": now, **order["fields"]}
        return Answer(200, {"id": world.bear(name, row)["id"]})

    def _delete(self, order: dict[str, Any]) -> Answer:
        """`{"object", "id"}`: as another user."""
        row, name = self._row(order), order["object"]
        if name in ENTITIES:
            entities.remove(self._other(), ENTITIES[name], row)
        else:
            self._world.bury(name, row["id"])
        return Answer(200, {"id": row["id"]})

    def _restore(self, order: dict[str, Any]) -> Answer:
        """`{"object", "id"}`: what the pages can do and the API cannot, within 30 days."""
        return Answer(200, {"id": self._world.shelves[order["object"]].restore(order["id"])["id"]})

    def _merge(self, order: dict[str, Any]) -> Answer:
        """`{"object", "id", "others"}`: `id` swallows the others, as in the pages."""
        for other in order["others"]:
            loser = self._row({"object": order["object"], "id": other})
            merging.swallow(self._world, ENTITIES[order["object"]], self._row(order), loser)
        return Answer(200, {"id": order["id"]})

    def _field(self, order: dict[str, Any]) -> Answer:
        """`{"object": "personFields", "field_name", "field_type", "options"?}`: a field made by the administrator."""
        name = order.pop("object")
        field = fields.create_field(self._call(self._world.admin), name, order)
        return Answer(200, {"field_code": field.code})

    def _drop_field(self, order: dict[str, Any]) -> Answer:
        """`{"object": "personFields", "name"}`: the administrator deletes a field, by what people call it."""
        schema, field = self._named_field(order)
        if field is None:
            return Answer(404, {"error": "no such field"})
        fields.drop_field(schema, field)
        return Answer(200, {"field_code": field.code})

    def _drop_option(self, order: dict[str, Any]) -> Answer:
        """`{"object": "personFields", "name", "value"}`: an option goes; records keep its id (FACTS 13.10)."""
        field = self._named_field(order)[1]
        options = field.options or [] if field else []
        if order["value"] not in (option.label for option in options):
            return Answer(404, {"error": "no such option"})
        options[:] = [option for option in options if option.label != order["value"]]
        return Answer(200, {"value": order["value"]})

    def _named_field(self, order: dict[str, Any]) -> tuple[Schema, Field | None]:
        schema = fields.schema_of(self._call(self._world.admin), order["object"])
        return schema, next((one for one in schema.custom.values() if one.name == order["name"]), None)

    # Users, rights, money

    def _found(self, order: dict[str, Any]) -> Row:
        user = self._world.company.by_email(order.get("email") or self._world.admin["email"])
        if user is None:
            raise KeyError(order["email"])
        return user

    def _user(self, order: dict[str, Any]) -> Answer:
        """`{"email", "admin"?, "active"?}`: one more user, or an old one on or off."""
        company = self._world.company
        user = company.by_email(order["email"]) or company.add(order["email"], admin=bool(order.get("admin")))
        user["active_flag"] = order.get("active", True)
        self._world.count_seats()
        return Answer(200, {"id": user["id"]})

    def _token(self, order: dict[str, Any]) -> Answer:
        """`{"email"?, "regenerate"?}`: a user's API token, a new one if asked."""
        tokens, user = self._world.tokens, self._found(order)
        return Answer(
            200, {"api_token": tokens.regenerate(user) if order.get("regenerate") else tokens.api_token(user)}
        )

    def _permission(self, order: dict[str, Any]) -> Answer:
        """`{"email"?, "name", "on"}`: in the user's permission sets."""
        self._world.company.set_right(self._found(order), order["name"], on=order["on"])
        return Answer(200, {"name": order["name"]})

    def _group(self, order: dict[str, Any]) -> Answer:
        """`{"email"?, "path"}`: the user's visibility group."""
        self._world.company.put_in_group(self._found(order), order["path"])
        return Answer(200, {"path": order["path"]})

    def _grant(self, order: dict[str, Any]) -> Answer:
        """`{"email"?, "scopes"?}`: a code, as after pressing "Allow"."""
        tokens = self._world.tokens
        scopes = frozenset(order["scopes"].split(",")) if order.get("scopes") else tokens.first.scopes
        code = tokens.new_grant(self._found(order)["id"], CALLBACK, scopes)
        return Answer(200, {"code": code, "redirect_uri": CALLBACK})

    def _scopes(self, order: dict[str, Any]) -> Answer:
        """`{"scopes"}`: of the first refresh token, from its next access token on."""
        self._world.tokens.first.scopes = frozenset(order["scopes"].split(","))
        return Answer(200, {"scopes": order["scopes"]})

    def _spend(self, order: dict[str, Any]) -> Answer:
        """`{"tokens"}`: what other apps take from the pool today."""
        self._world.budget.used += int(order["tokens"])
        return Answer(200, self._world.budget.state())

    def _top_up(self, order: dict[str, Any]) -> Answer:
        """`{"tokens"}`: bought on top of the daily pool."""
        self._world.budget.top_up += int(order["tokens"])
        return Answer(200, self._world.budget.state())
