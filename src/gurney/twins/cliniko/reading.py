"""Every GET of the API: lists, nested lists, single records, and the few answers that are not lists."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.twins.cliniko.access import Caller
from gurney.twins.cliniko.filters import linked_id
from gurney.twins.cliniko.listing import Listing, Lists, json_answer, record_answer, wire_of
from gurney.twins.cliniko.nested import Nested, active_cases, by, listing_of, nested_lists
from gurney.twins.cliniko.refusals import Bodies, Refused, forbidden
from gurney.twins.cliniko.resources import Resource, resources
from gurney.twins.cliniko.store import INACTIVE, Record, Row, Store
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.routing import Router
from gurney.twins.kit.wire import Answer, Handler, Request

NOT_ON_THEIR_OWN = ("signatures",)
"""Resources that are read under a parent only."""
NOT_BY_ID = ("services",)
BOOKABLE = ("group_appointments", "individual_appointments", "unavailable_blocks")
SINCE_2024 = (
    "appointment_type_billable_items",
    "appointment_type_products",
    "relationships",
    "unavailable_block_types",
)
"""Resources that the 2024 schema does not have."""


class Reading:
    """Adds the GET routes to a router and answers them."""

    def __init__(self, store: Store, clock: Clock, switches: Mapping[str, str], settings: Mapping[str, Record]) -> None:
        self.lists = Lists(store, clock, switches)
        self._switches = switches
        self._settings = settings
        self._clock = clock
        self._bodies = Bodies(switches["error_bodies"])

    def add_to(self, router: Router) -> None:
        """Declare the routes; those without an id first, so that `active` is no id."""
        for path in ("/settings", "/settings/public"):
            router.add("GET", path, self._settings_at(path))
        router.add("GET", "/user", self._own_user)
        self._special_lists(router)
        for resource in self._served():
            if resource.name not in NOT_ON_THEIR_OWN:
                router.add("GET", f"/{resource.name}", self._list(listing_of(resource)))
            if resource.name not in (*NOT_BY_ID, *NOT_ON_THEIR_OWN, "users"):
                router.add("GET", f"/{resource.name}/{{id:\\d+}}", self._single(resource))
        router.add("GET", "/users/{id:\\d+}", self._user)
        router.add("GET", "/patient_forms/{parent:\\d+}/signatures/{id:\\d+}", self._signature)
        router.add("GET", "/patients/{parent:\\d+}/referral_source", self._referral_source)
        served = {resource.name for resource in self._served()}
        for nested in nested_lists():
            if {nested.parent, nested.resource} <= served:
                router.add("GET", nested.path.replace("{parent}", "{parent:\\d+}"), self._nested(nested))
        for name in BOOKABLE:
            router.add("GET", f"/{name}/{{id:\\d+}}/conflicts", self._conflicts(resources()[name]))

    def visible(self, resource: Resource, id: str, request: Request) -> Row:
        """The row, or a refusal: 403 when the role may not see the resource, 404 when there is nothing to see."""
        if resource.name in request.caller.unseen:
            raise Refused(forbidden() if self._switches["hidden_by_role"] == "403" else self._bodies.not_found())
        row = self.lists.single(resource, id, request)
        if row is None:
            raise Refused(self._bodies.not_found())
        return row

    def _served(self) -> list[Resource]:
        absent = set(SINCE_2024) if self._switches["schema"] == "2024-06" else set()
        absent |= {"recalls"} if self._switches["recalls"] == "off" else set()
        absent |= {"appointments"} if self._switches["legacy_appointments"] == "off" else set()
        return [resource for name, resource in resources().items() if name not in absent]

    def _special_lists(self, router: Router) -> None:
        practitioners, cases = resources()["practitioners"], resources()["patient_cases"]
        inactive = Listing(practitioners, practitioners.filters, "practitioners", "inactive", wanted=INACTIVE)
        router.add("GET", "/practitioners/inactive", self._list(inactive))
        ignored = self._switches["active_case"] == "unclosed"
        choice = active_cases(self._clock.now, ignore_expiry=ignored)

        def active(request: Request) -> Answer:
            key = ("active", self._clock.now().date())
            return self._listed(
                Listing(cases, cases.filters, "patient_cases", key, lambda store: choice(store, "")), request
            )

        router.add("GET", "/patient_cases/active", active)

    def _list(self, listing: Listing) -> Handler:
        def handle(request: Request) -> Answer:
            return self._listed(listing, request)

        return handle

    def _listed(self, listing: Listing, request: Request) -> Answer:
        if listing.resource.name in request.caller.unseen:
            if self._switches["hidden_by_role"] == "403":
                return forbidden()
            listing = Listing(listing.resource, listing.filters, listing.envelope, "unseen", lambda store: [])
        return self.lists.answer(listing, request)

    def _single(self, resource: Resource) -> Handler:
        def handle(request: Request) -> Answer:
            row = self.visible(resource, request.params["id"], request)
            return json_answer(wire_of(resource.name, row), request)

        return handle

    def _nested(self, nested: Nested) -> Handler:
        def handle(request: Request) -> Answer:
            parent = request.params["parent"]
            known = parent in self.lists.store.tables[nested.parent].rows
            if not known and self._switches["unknown_parent"] == "404":
                return self._bodies.not_found()
            return self._listed(nested.listing(parent), request)

        return handle

    def _settings_at(self, path: str) -> Handler:
        def handle(request: Request) -> Answer:
            if path == "/settings" and "settings" in request.caller.unseen:
                return forbidden()
            return record_answer(self._settings[path], request)

        return handle

    def _own_user(self, request: Request) -> Answer:
        caller: Caller = request.caller
        return record_answer(caller.user, request)

    def _user(self, request: Request) -> Answer:
        caller: Caller = request.caller
        if request.params["id"] == caller.id:
            return self._own_user(request)
        return self._single(resources()["users"])(request)

    def _signature(self, request: Request) -> Answer:
        row = self.visible(resources()["signatures"], request.params["id"], request)
        record = row.record()
        if f"/patient_forms/{request.params['parent']}/" not in record["links"]["self"]:
            return self._bodies.not_found()
        return record_answer(record, request)

    def _referral_source(self, request: Request) -> Answer:
        source = self.referral_source_of(request.params["parent"])
        if source is None:
            return self._bodies.not_found()
        return json_answer(self.visible(resources()["referral_sources"], source.id, request).wire, request)

    def referral_source_of(self, patient: str) -> Row | None:
        """The one referral source of a patient; the list cannot be filtered by patient."""
        found = by("referral_sources", "patient_id")(self.lists.store, patient)
        return found[-1] if found else None

    def _conflicts(self, resource: Resource) -> Handler:
        def handle(request: Request) -> Answer:
            row = self.visible(resource, request.params["id"], request)
            return Answer(200, {"conflicts": {"exist": self._in_conflict(row)}})

        return handle

    def _in_conflict(self, row: Row) -> bool:
        """Whether the practitioner has another live booking that overlaps."""
        booking = row.record()
        practitioner = linked_id(booking.get("practitioner"))
        others = by("bookings", "practitioner_id")(self.lists.store, str(practitioner or 0))
        return any(
            other.id != row.id
            and not other.hidden
            and (record := other.record())["starts_at"] < booking["ends_at"]
            and record["ends_at"] > booking["starts_at"]
            for other in others
        )
