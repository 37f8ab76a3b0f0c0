"""What tests do to the account behind the API's back: what admins do in pages, edits by others, dumps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gurney.twins.freshsales import activities, appointments, fields, jobs, notes, products, tasks
from gurney.twins.freshsales.entities import Entity, remove, restore, save
from gurney.twins.freshsales.people import COLLEAGUE, selector_row
from gurney.twins.freshsales.records import ENTITIES
from gurney.twins.freshsales.refusals import Refused
from gurney.twins.freshsales.schema import Field
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.showing import whole
from gurney.twins.freshsales.standard import add_activity_type, add_outcome, add_pipeline
from gurney.twins.freshsales.values import id_in
from gurney.twins.freshsales.world import CONTENT, World
from gurney.twins.kit.wire import Answer, Handler, Request

Saved = Callable[[World, Row, Row | None, Row], Row]
SAVERS: dict[str, Saved] = {
    "notes": notes.saved, "tasks": tasks.saved, "appointments": appointments.saved,
    "sales_activities": activities.saved, "products": products.saved,
}  # fmt: skip
SHOWN: dict[str, Callable[[World, Row], Row]] = {
    "notes": notes.shown, "tasks": tasks.shown, "appointments": appointments.shown,
    "sales_activities": activities.shown, "products": lambda world, row: products.shown(world, row, prices=True),
}  # fmt: skip


class Backdoor:
    """The vendor's part of the admin interface."""

    def __init__(self, world: World) -> None:
        self._world = world

    def actions(self) -> Mapping[str, Handler]:
        """More admin calls, each as if someone had done it in the vendor's own pages."""
        calls: dict[str, Callable[[Row], Answer]] = {
            "edit": self._edit, "create": self._create, "delete": self._delete, "restore": self._restore,
            "field": self._field, "drop_field": self._drop_field, "drop_option": self._drop_option,
            "add_option": self._add_option,
            "choice": self._choice, "activity_type": self._activity_type,
            "pipeline": self._pipeline, "view": self._view, "workflow": self._workflow, "user": self._user,
            "key": self._key, "spend": self._spend,
        }  # fmt: skip
        return {f"POST {name}": self._guarded(call) for name, call in calls.items()}

    def _guarded(self, call: Callable[[Row], Answer]) -> Handler:
        def handle(request: Request) -> Answer:
            jobs.run_due(self._world)
            try:
                return call(request.json())
            except Refused as no:
                return no.answer

        return handle

    # What there is

    def state(self) -> dict[str, int]:
        """Live records per object, the bin, users, own fields, jobs that run, calls, mails."""
        world = self._world
        jobs.run_due(world)
        counts = {name: len(shelf) for name, shelf in world.shelves.items()}
        return counts | {
            "Recycled": sum(len(shelf.ids(binned=True)) for shelf in world.shelves.values()),
            "Users": len(world.people.users),
            "CustomFields": sum(len(schema.custom) for schema in world.schemas.values()),
            "Lists": len(world.lists),
            "Modules": len(world.modules),
            "JobsRunning": sum(job.done < len(job.items) for job in world.jobs.values()),
            "Notifications": len(world.notifications),
            "CallsPerHour": world.quota.hour.limit,
            "CallsUsed": world.quota.used_ever,
            "CallsRefused": world.quota.refused,
        }

    def dump(self, name: str) -> Iterable[Row] | None:
        """Whole records with all ids; also users, fields, modules, lists, recycled, notifications, jobs, calls."""
        world = self._world
        jobs.run_due(world)
        special: dict[str, Callable[[], Iterable[Row]]] = {
            "users": lambda: ({**selector_row(user), "admin": user["admin"]} for user in world.people.users.values()),
            "fields": lambda: (
                {"object": of, "unique": field.unique, **fields.wire(world, field)}
                for of, schema in world.schemas.items()
                for field in schema.fields.values()
            ),
            "modules": lambda: (module.row for module in world.modules.values()),
            "lists": lambda: ({**row, "contacts": list(row["contacts"])} for row in world.lists.values()),
            "recycled": lambda: (
                {"object": of, **self._shown(of, shelf.rows[id])}
                for of, shelf in world.shelves.items()
                for id in shelf.ids(binned=True)
            ),
            "notifications": lambda: world.notifications,
            "jobs": lambda: ({"id": job.id, **jobs.wire(world, job), "results": job.results}
                             for job in world.jobs.values()),
        }  # fmt: skip
        if name in special:
            return special[name]()
        shelf = world.shelves.get(name)
        return None if shelf is None else (self._shown(name, shelf.rows[id]) for id in shelf.ids())

    def _shown(self, name: str, row: Row) -> Row:
        world = self._world
        if name == "documents":
            return self._file(row)
        if name in SHOWN:
            shown = SHOWN[name](world, row)
            return shown | ({"attendees": row.get("attendees", [])} if name == "appointments" else {})
        shown = whole(world, name, self._entity(name).show(world, row), row)
        if name in ENTITIES:
            target = (self._entity(name).schema(world).model, row["id"])
            shown |= {
                f"{kind}_ids": [child["id"] for child in world.shelves[kind].where("target", target)]
                for kind in (*CONTENT, "documents")
            }
        return shown

    def _file(self, row: Row) -> Row:
        kind, id = row["target"]
        stored = row.get("stored")
        return {
            "id": row["id"], "name": row["name"], "targetable_type": kind, "targetable_id": id,
            "is_shared": row["is_shared"], "url": row.get("url"), "size": row.get("size"),
            "content_type": row.get("content_type"), "sha256": stored.sha256 if stored else None,
            "created_at": self._world.shown(row["created_at"]), "creater_id": row["creater_id"],
        }  # fmt: skip

    def _entity(self, name: str) -> Entity:
        return ENTITIES[name] if name in ENTITIES else self._world.modules[name].entity

    # What somebody else does

    def _other(self) -> Row:
        """A user who is not the administrator, hired if need be."""
        people = self._world.people
        other = next((user for user in people.users.values() if not user["admin"] and user["is_active"]), None)
        return other or people.add(self._world.next("user"), COLLEAGUE)

    def _save(self, name: str, old: Row | None, values: Row) -> Row:
        if name in SAVERS:
            return SAVERS[name](self._world, self._other(), old, values)
        return save(self._world, self._other(), self._entity(name), old, values)

    def _row(self, order: Row) -> Row:
        row = self._world.shelves[order["object"]].live(id_in(order["id"]))
        if row is None:
            raise KeyError(order["id"])
        return row

    def _edit(self, order: Row) -> Answer:
        """`{"object", "id", "fields"}`: as another user, in the API's shapes."""
        return Answer(200, {"id": self._save(order["object"], self._row(order), order["fields"])["id"]})

    def _create(self, order: Row) -> Answer:
        """`{"object", "fields"}`: as another user."""
        return Answer(200, {"id": self._save(order["object"], None, order["fields"])["id"]})

    def _delete(self, order: Row) -> Answer:
        """`{"object", "id"}`: as another user; files too, which the API cannot delete."""
        row, name = self._row(order), order["object"]
        if name in (*CONTENT, "documents"):
            self._world.drop(name, row["id"])
        elif name == "products":
            self._world.bury(name, row)
        else:
            remove(self._world, self._entity(name), row)
        return Answer(200, {"id": row["id"]})

    def _restore(self, order: Row) -> Answer:
        """`{"object", "id"}`: what pages can do and the API cannot, within 90 days."""
        return Answer(200, {"id": restore(self._world, self._entity(order["object"]), order["id"])["id"]})

    # What only admins do, in pages

    def _field(self, order: Row) -> Answer:
        """`{"object", "label", "type", "choices"?, "required"?, "unique"?}`: a field of one's own."""
        made = fields.make(
            self._world, order["object"], order["label"], order["type"], list(order.get("choices", ())),
            required=bool(order.get("required")), unique=bool(order.get("unique")),
        )  # fmt: skip
        return Answer(200, fields.wire(self._world, made))

    def _named_field(self, order: Row) -> Field | None:
        schema = self._world.schemas[order["object"]]
        return next((one for one in schema.custom if one.label == order["name"]), None)

    def _drop_field(self, order: Row) -> Answer:
        """`{"object", "name"}`: a field of one's own goes with its values, which nobody has written down (FACTS 5)."""
        field = self._named_field(order)
        if field is None:
            return Answer(404, {"error": "no such field"})
        fields.drop(self._world, order["object"], field)
        return Answer(200, {"name": field.name})

    def _drop_option(self, order: Row) -> Answer:
        """`{"object", "name", "value"}`: a choice goes; records keep it."""
        field = self._named_field(order)
        if field is None or not field.has_choice(order["value"]):
            return Answer(404, {"error": "no such choice"})
        field.choices = [one for one in field.choices if one["value"] != order["value"]]
        return Answer(200, {"value": order["value"]})

    def _add_option(self, order: Row) -> Answer:
        """`{"object", "name", "value"}`: one more choice, which no call makes (FACTS 5)."""
        field = self._named_field(order)
        if field is None or field.has_choice(order["value"]):
            return Answer(404, {"error": "no such field, or it has the choice"})
        made = {"id": self._world.next("option"), "value": order["value"], "position": len(field.choices) + 1}
        field.choices = [*field.choices, made]
        return Answer(200, made)

    def _choice(self, order: Row) -> Answer:
        """`{"selector", "name"}`: one more lead source, business type …; outcomes and task types name a `type`."""
        world, selector, name = self._world, order["selector"], order["name"]
        rows = world.catalogue[selector]
        if selector in ("sales_activity_outcomes", "sales_activity_entity_types"):
            kind = next(row for row in world.catalogue["sales_activity_types"] if row["name"] == order["type"])
            made = add_outcome({"sales_activity_outcomes": rows}, world.next, kind["id"], name, len(rows) + 1)
            if selector == "sales_activity_entity_types":
                made["sales_activity_type_name"] = kind["name"]
        else:
            made = {"id": world.next("choice"), "name": name, "position": len(rows) + 1, "partial": True}
            rows.append(made)
        return Answer(200, made)

    def _activity_type(self, order: Row) -> Answer:
        """`{"name"}`: an activity type of one's own; Enterprise only."""
        if not self._world.plan.custom_modules:
            return Answer(400, {"error": f"edition {self._world.plan.name} has no activity types of one's own"})
        return Answer(200, add_activity_type(self._world.catalogue, self._world.next, order["name"], "custom"))

    def _pipeline(self, order: Row) -> Answer:
        """`{"name"}`: one more pipeline; Pro or more."""
        if not self._world.plan.many_pipelines:
            return Answer(400, {"error": f"edition {self._world.plan.name} has one pipeline"})
        return Answer(200, add_pipeline(self._world.catalogue, self._world.next, order["name"], self._world.now()))

    def _view(self, order: Row) -> Answer:
        """`{"object", "name", "to"}`: another name for a view; null takes it away."""
        views = self._world.views[order["object"]]
        view = next(one for one in views if one["name"] == order["name"])
        if order["to"] is None:
            views.remove(view)
        else:
            view["name"] = order["to"]
        return Answer(200, {"id": view["id"]})

    def _workflow(self, order: Row) -> Answer:
        """`{"object", "name", "set"?}`: fires on every creation, mails somebody, and sets values as rows have them."""
        self._world.workflows.append({"object": order["object"], "name": order["name"], "set": order.get("set", {})})
        return Answer(200, {"name": order["name"]})

    # Users and quota

    def _found(self, order: Row) -> Row:
        user = self._world.people.by_email(order.get("email") or self._world.people.admin["email"])
        if user is None:
            raise KeyError(order["email"])
        return user

    def _user(self, order: Row) -> Answer:
        """`{"email", "admin"?, "active"?}`: one more user, or an old one on or off."""
        people = self._world.people
        user = people.by_email(order["email"]) or people.add(self._world.next("user"), order["email"])
        user["admin"] = bool(order.get("admin", user["admin"]))
        user["is_active"] = order.get("active", True)
        return Answer(200, {"id": user["id"]})

    def _key(self, order: Row) -> Answer:
        """`{"email"?, "reset"?}`: a user's key, a new one if asked, and the key of the chat."""
        user = self._found(order)
        if order.get("reset"):
            user["key"] = self._world.people.new_key()
        return Answer(200, {"api_key": user["key"], "chat_key": user["chat_key"]})

    def _spend(self, order: Row) -> Answer:
        """`{"calls"}`: what other apps and forms take of the hour."""
        now = self._world.clock.timestamp()
        self._world.quota.take(now, int(order["calls"]))
        return Answer(200, {"remaining": self._world.quota.hour.remaining(now)})
