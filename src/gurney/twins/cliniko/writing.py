"""Every write of the API: create, change, archive, unarchive, cancel, delete (FACTS 6, 11, 12).

The product never writes here; this seeds twins and lets a test be a clinic at work.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from typing import Any

from gurney.twins.cliniko import shaping
from gurney.twins.cliniko.filters import linked_id, stamped
from gurney.twins.cliniko.listing import record_answer
from gurney.twins.cliniko.nested import by
from gurney.twins.cliniko.reading import Reading
from gurney.twins.cliniko.refusals import BLANK, Bodies, Refused, forbidden, invalid
from gurney.twins.cliniko.resources import Resource, resources
from gurney.twins.cliniko.storage import Storage
from gurney.twins.cliniko.store import Record, Store
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.routing import Router
from gurney.twins.kit.wire import Answer, Handler, MalformedBody, Request


class Writing:
    """Adds the writing routes to a router and answers them."""

    def __init__(
        self, store: Store, clock: Clock, switches: Mapping[str, str], reading: Reading, storage: Storage
    ) -> None:
        self.store = store
        self._clock = clock
        self._switches = switches
        self._reading = reading
        self._storage = storage
        self._bodies = Bodies(switches["error_bodies"])
        self._due: list[tuple[float, Callable[[], None]]] = []

    def add_to(self, router: Router) -> None:
        """Declare the routes that each resource's verbs ask for."""
        for resource in resources().values():
            path = f"/{resource.name}/{{id:\\d+}}"
            verbs = {
                "create": [("POST", f"/{resource.name}", self._create)],
                "update": [("PATCH", path, self._change), ("PUT", path, self._change)],
                "archive": [("POST", f"{path}/archive", self._archive), ("DELETE", path, self._archive)],
                "unarchive": [("POST", f"{path}/unarchive", self._unarchive)],
                "cancel": [("PATCH", f"{path}/cancel", self._cancel)],
                "delete": [("DELETE", path, self._delete)],
            }
            for verb in sorted(resource.verbs):
                for method, template, action in verbs[verb]:
                    router.add(method, template, self._permitted(resource, action))
        router.add("PATCH", "/patients/{parent:\\d+}/referral_source", self._referral_source)
        router.add("GET", "/patients/{parent:\\d+}/attachment_presigned_post", self._upload_form)

    def now(self) -> str:
        """The vendor's time as a stamp."""
        return stamped(self._clock.now().isoformat())

    def time(self) -> float:
        """The vendor's time in seconds since 1970."""
        return self._clock.timestamp()

    def save(self, resource: str, record: Record) -> None:
        """Store a record as it is."""
        self.store.put(resource, record, self._clock.timestamp())

    def touch(self, resource: str, record: Record, **values: Any) -> Record:
        """Set values of a record and move its updated_at."""
        record |= {**values, "updated_at": self.now()}
        self.save(resource, record)
        return record

    def do_what_is_due(self) -> None:
        """Let happen what was to happen by now: attachments finish processing."""
        ready = [act for at, act in self._due if at <= self._clock.timestamp()]
        self._due = [(at, act) for at, act in self._due if at > self._clock.timestamp()]
        for act in ready:
            act()

    def reset(self) -> None:
        """Forget what was to happen."""
        self._due.clear()

    def _permitted(self, resource: Resource, action: Callable[[Resource, Request], Answer]) -> Handler:
        def handle(request: Request) -> Answer:
            if resource.name in request.caller.unseen:
                return forbidden()
            if resource.name == "treatment_notes" and request.caller.practitioner is None:
                return forbidden()
            return action(resource, request)

        return handle

    def _create(self, resource: Resource, request: Request) -> Answer:
        sent = self._sent(resource, request)
        self._check(resource, sent, blank_missing=True)
        id = self.store.new_id()
        record = shaping.new_record(resource, id, self.now())
        self._write(resource, record, sent, request)
        made = _AFTER.get(resource.name)
        if made is not None:
            made(self, record, request)
        self.save(resource.name, record)
        answer = record_answer(record, request, 201)
        answer.headers["location"] = f"{request.base_url}/v1/{resource.name}/{id}"
        return answer

    def _change(self, resource: Resource, request: Request) -> Answer:
        record = self._existing(resource, request)
        sent = self._sent(resource, request)
        if resource.name == "treatment_notes" and not record["draft"]:
            return invalid({"draft": "is final and cannot be changed"})
        self._check(resource, sent, blank_missing=False)
        self._write(resource, record, sent, request)
        if resource.name == "treatment_notes" and not record["draft"]:
            record["finalized_at"] = self.now()
        return record_answer(self.touch(resource.name, record), request)

    def _archive(self, resource: Resource, request: Request) -> Answer:
        self.touch(resource.name, self._existing(resource, request), archived_at=self.now())
        if resource.name.endswith("_appointments") and self._switches["archive_cascade"] == "yes":
            for row in by("attendees", "booking_id")(self.store, request.params["id"]):
                self.touch("attendees", row.record(), archived_at=self.now())
        return Answer(204)

    def _unarchive(self, resource: Resource, request: Request) -> Answer:
        record = self.store.find(resource.name, request.params["id"])
        if record is None:
            return self._bodies.not_found()
        return record_answer(self.touch(resource.name, record, archived_at=None), request)

    def _cancel(self, resource: Resource, request: Request) -> Answer:
        record = self._existing(resource, request)
        body = self._body(request)
        series = [record]
        if body.get("apply_to_repeats") and "repeated_from_id" in resource.filters:
            rows = by(resource.name, "repeated_from_id")(self.store, record["id"])
            series += [row.record() for row in rows if not row.hidden]
        for one in series:
            self._cancel_one(resource.name, one, body)
            if resource.name == "individual_appointments":
                for row in by("attendees", "booking_id")(self.store, one["id"]):
                    self._cancel_one("attendees", row.record(), body)
        return Answer(204)

    def _cancel_one(self, resource: str, record: Record, body: Record) -> None:
        reason = body.get("cancellation_reason", 50)
        self.touch(
            resource,
            record,
            cancelled_at=self.now(),
            cancellation_reason=reason,
            cancellation_reason_description=shaping.WORDS["cancellation_reason"].get(reason, ""),
            cancellation_note=body.get("cancellation_note"),
        )

    def _delete(self, resource: Resource, request: Request) -> Answer:
        self._existing(resource, request)
        self.store.drop(resource.name, request.params["id"], self._clock.timestamp())
        return Answer(204)

    def _referral_source(self, request: Request) -> Answer:
        patient, resource = request.params["parent"], resources()["referral_sources"]
        self._reading.visible(resources()["patients"], patient, request)
        row = self._reading.referral_source_of(patient)
        record = row.record() if row else shaping.new_record(resource, self.store.new_id(), self.now())
        sent = self._sent(resource, request)
        referrer = sent.pop("referrer_id", None)
        shaping.write(record, sent, self.store)
        shaping.relate(record, "patient", "patients", patient)
        if referrer is not None:
            kind = self.store.find("referral_source_types", str(linked_id(record.get("referral_source_type"))))
            record["referrer_type"] = (kind or {}).get("referrer_type") or "Contact"
            shaping.relate(record, "referrer", f"{record['referrer_type'].lower()}s", str(referrer))
        record["updated_at"] = self.now()
        self.save(resource.name, record)
        return record_answer(record, request)

    def _upload_form(self, request: Request) -> Answer:
        self._reading.visible(resources()["patients"], request.params["parent"], request)
        return Answer(200, self._storage.form(request, "twin", request.params["parent"]))

    def _existing(self, resource: Resource, request: Request) -> Record:
        return self._reading.visible(resource, request.params["id"], request).record()

    def _body(self, request: Request) -> Record:
        """The body as an object; what cannot be read counts as nothing sent (FACTS 2)."""
        try:
            body = request.json() if request.content_type == "application/json" else {}
        except MalformedBody:
            return {}
        return body if isinstance(body, dict) else {}

    def _sent(self, resource: Resource, request: Request) -> Record:
        writable = resource.write | ({"upload_url"} if resource.name == "patient_attachments" else set())
        return {name: value for name, value in self._body(request).items() if name in writable}

    def _check(self, resource: Resource, sent: Record, *, blank_missing: bool) -> None:
        """Refuse blanks where something must be, and relations to nothing."""
        due = resource.required if blank_missing else [name for name in resource.required if name in sent]
        errors = {name.removesuffix("_id"): BLANK for name in due if sent.get(name) in (None, "")}
        if errors:
            raise Refused(invalid(errors))
        for name, value in sent.items():
            if not name.endswith("_id") or name == "old_reference_id" or value in (None, ""):
                continue
            relation = name.removesuffix("_id")
            table = "contacts" if name == "referrer_id" else shaping.target_of(relation, self.store)
            known = str(value) in self.store.tables[table].rows
            if not known and name != "referrer_id":
                status = self._switches["bad_reference"]
                raise Refused(invalid({relation: "must exist"}) if status == "422" else Answer(500))

    def _write(self, resource: Resource, record: Record, sent: Record, request: Request) -> None:
        values = {name: value for name, value in sent.items() if name != "upload_url"}
        try:
            shaping.write(record, values, self.store)
            shaping.derive(resource.name, record, self.store)
        except ValueError:
            raise Refused(invalid({"starts_at": "is invalid"})) from None
        if "upload_url" in sent:
            self._take_upload(record, str(sent["upload_url"]), request)

    def _take_upload(self, record: Record, address: str, request: Request) -> None:
        """An uploaded file becomes an attachment's, once it is processed."""
        found = self._storage.uploaded(address) if address.startswith(request.base_url) else None
        if found is None:
            raise Refused(invalid({"temp_attachment_url": "is invalid"}))
        name, content = found
        id = record["id"]
        self._storage.attach(id, content)
        at = self._clock.timestamp() + float(self._switches["processing_s"])
        self._due.append((at, lambda: self._processed(id, name, len(content))))

    def _processed(self, id: str, name: str, size: int) -> None:
        record = self.store.find("patient_attachments", id)
        if record is not None:
            shaping.relate(record, "content", "patient_attachments", f"{id}/content")
            guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
            values = {"filename": name, "content_type": guessed, "size": size, "processed_at": self.now()}
            self.touch("patient_attachments", record, processing_completed=True, **values)


def _booked(writing: Writing, record: Record, request: Request) -> None:
    """An individual appointment brings its one attendee, and is its patient's latest booking."""
    store, id = writing.store, record["id"]
    subdomain = "https://twin.au1.cliniko.com"
    record["telehealth_url"] = f"{subdomain}/appointments/{id}/connect"
    if "patient" not in record:
        return
    attendee = shaping.new_record(resources()["attendees"], store.new_id(), record["created_at"])
    attendee["booking"] = {"links": {"self": f"{shaping.API}/bookings/{id}"}}
    attendee["patient"] = record["patient"]
    _invited(writing, attendee, request)
    writing.save("attendees", attendee)
    patient = store.find("patients", str(linked_id(record["patient"])))
    if patient is not None:
        shaping.relate(patient, "latest_booking", "bookings", id)
        writing.save("patients", patient)


def _invited(writing: Writing, record: Record, request: Request) -> None:
    """An attendee of a class is listed in it."""
    store, booking = writing.store, str(linked_id(record["booking"]))
    record["cancellation_url"] = f"https://twin.au1.cliniko.com/bookings/cancel/{record['id']}x"
    record["telehealth_url"] = f"https://twin.au1.cliniko.com/c/{record['id']}"
    group = store.find("group_appointments", booking)
    if group is not None:
        group["patient_ids"] = [*group["patient_ids"], str(linked_id(record["patient"]))]
        writing.touch("group_appointments", group)


def _written(writing: Writing, record: Record, request: Request) -> None:
    """A note's author is the practitioner behind the key (FACTS 6.3)."""
    practitioner = writing.store.find("practitioners", request.caller.practitioner)
    if practitioner is not None:
        record["author_name"] = practitioner["display_name"]
        shaping.relate(record, "practitioner", "practitioners", practitioner["id"])
    record["finalized_at"] = None if record["draft"] else record["created_at"]


def _attached(writing: Writing, record: Record, request: Request) -> None:
    shaping.relate(record, "user", "users", request.caller.id)


_AFTER: dict[str, Callable[[Writing, Record, Request], None]] = {
    "individual_appointments": _booked,
    "attendees": _invited,
    "treatment_notes": _written,
    "patient_attachments": _attached,
    "stock_adjustments": _attached,
}
