"""Sending records, a call each and many side by side: one outcome a record (FACTS 0, 4 to 9, 13).

A creation is sent once; whether it may be sent again is settled elsewhere. Two refusals of a contact are no end: what a
relative has already goes into our field beside, and after a 422 the contact may be there all the same, so it is looked
for. A record's lookups follow it as relations; a record whose links are unknown is unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from gurney.destinations.highlevel.answers import Duplicate, is_gone, without_values
from gurney.destinations.highlevel.attaching import Attacher
from gurney.destinations.highlevel.billing import drafted, redrafted
from gurney.destinations.highlevel.client import AnswerBroken, Client
from gurney.destinations.highlevel.finding import Finder
from gurney.destinations.highlevel.links import Links
from gurney.destinations.highlevel.metadata import Metadata
from gurney.destinations.highlevel.objects import (
    APPOINTMENTS,
    CONTACT,
    CONTACTS,
    FILES,
    INVOICES,
    NOTES,
    TASKS,
    contact_of,
    own_of,
    resource,
)
from gurney.destinations.highlevel.outcomes import (
    changed_since,
    destination_id,
    hopeless,
    not_emptied,
    refused,
    same_key,
    sent_twice,
    still_there,
)
from gurney.destinations.highlevel.places import Body
from gurney.destinations.highlevel.reading import Reader
from gurney.destinations.highlevel.records import Codec, Codecs, modified
from gurney.destinations.highlevel.removal import Remover
from gurney.destinations.highlevel.sendings import Sendings
from gurney.destinations.highlevel.teams import Teams
from gurney.destinations.plain import Unsendable
from gurney.errors import AnswerLost, AnswerWrong, NotAuthorised, PausedForQuota, VendorRefused
from gurney.records import Kind, Link, Outcome, State, Write
from gurney.transport import as_far_as_paid

CHANGED = "changed-meanwhile"
UNTOLD = {"ignoreDateRange": True, "ignoreFreeSlotValidation": True, "toNotify": False}
"""What every appointment is sent with: it may lie in the past or beside others, and nobody is told (FACTS 0.10, 6)."""
NO_PARENT = "a {what} hangs on a contact that is there"
ASIDE = ("email", "phone")
WHOLE = frozenset({APPOINTMENTS, TASKS, INVOICES})
"""What is changed by saying more than the change."""
CONSENT = frozenset({"dnd_email", "dnd_sms"})
"""Fields of a contact that stand in one value of the vendor's."""
LINK_GONE = "link-gone"


class Writer:
    """Writes batches of one object and kind."""

    def __init__(
        self,
        client: Client,
        metadata: Metadata,
        codecs: Codecs,
        reader: Reader,
        finder: Finder,
        links: Links,
        sendings: Sendings,
        attacher: Attacher,
        remover: Remover,
    ) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._reader = reader
        self._finder = finder
        self._links = links
        self._sendings = sendings
        self._attacher = attacher
        self._remover = remover
        self._teams = Teams(client, metadata)

    async def write(self, batch: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order."""
        if not batch:
            return []
        first = batch[0]
        if not await self._metadata.exists(first.object):
            words = f"HighLevel has no object {first.object} that records are written to"
            return [Outcome.failed(write.key, code="unknown-object", words=words) for write in batch]
        try:
            if first.object == FILES:
                return await self._files(batch)
            codec = self._codecs.of(await self._metadata.described(first.object))
            if first.kind is not Kind.CREATE:
                return await self._side_by_side(batch, lambda write: self._change(codec, write))
            return await self._created(codec, batch)
        finally:
            self._reader.forget(first.object)

    # Creations

    async def _created(self, codec: Codec, batch: Sequence[Write]) -> list[Outcome]:
        twice = sent_twice(batch)

        async def create(write: Write) -> Outcome:
            return same_key(write) if id(write) in twice else await self._create(codec, write)

        return await self._side_by_side(batch, create)

    async def _create(self, codec: Codec, write: Write) -> Outcome:
        if self._sendings.is_hopeless(write.key):
            return hopeless(write)
        try:
            at, body = self._place(write), codec.new(write)
        except Unsendable as no:
            return Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)
        try:
            said = await self._sent(codec, write, at, self._framed(write, body))
        except VendorRefused as no:
            if isinstance(no, NotAuthorised):
                raise
            return refused(write, no)
        if isinstance(said, Outcome):
            return said
        return await self.complete(codec, write, said)

    async def complete(self, codec: Codec, write: Write, row: Body) -> Outcome:
        """The outcome of a record that is there, once its lookups are made; `row` is what the vendor says of it."""
        id = destination_id(write, row)
        if not id:
            return Outcome.sent(write.key)  # taken, but not said as what
        for name, link in codec.links(write).items():
            if link is not None:
                try:
                    await self._links.make(codec.described.links[name], id.partition("/")[0], link.id)
                except VendorRefused as no:
                    return await self._taken_back(write, id, name, no)
        self._sendings.forget(write.key)
        return Outcome.done(write.key, id, modified_at=modified(row))

    async def _taken_back(self, write: Write, id: str, field: str, no: VendorRefused) -> Outcome:
        """A record whose lookup leads nowhere is refused as a whole, as elsewhere: it is deleted again."""
        if isinstance(no, NotAuthorised) or not is_gone(no):
            raise no
        words = await self._remover.delete(write.object, [id], {})
        if words.get(id) != "":
            return Outcome.sent(write.key, id)  # it is there, and nobody may take it for linked
        self._sendings.forget(write.key)
        told = without_values(no.words, write.fields.values())
        return Outcome.failed(write.key, code=LINK_GONE, words=told, field=field)

    def _place(self, write: Write) -> tuple[str, ...]:
        """What fills the path of a creation."""
        kind = resource(write.object)
        if kind is not None and kind.is_custom:
            return (write.object,)
        if write.object in (NOTES, TASKS):
            parent = write.parent if write.object == NOTES else write.fields.get(CONTACT)
            if not isinstance(parent, Link) or parent.object != CONTACTS or not parent.id:
                raise Unsendable("", "no-parent", NO_PARENT.format(what=write.object.removesuffix("s")))
            return (parent.id,)
        if not write.key_field:
            words = "a record without our key could not be found again after a lost answer, so it is not sent"
            raise Unsendable("", "no-key", words)
        return ()

    def _framed(self, write: Write, body: Body) -> Body:
        """What a body needs beside its fields."""
        if write.object == INVOICES:
            return {**drafted(body), "altId": self._client.location_id, "altType": "location"}
        if write.object == TASKS:
            body.pop("contactId", None)
            return body
        if write.object == NOTES:
            return body
        here = {**body, "locationId": self._client.location_id}
        return here | UNTOLD if write.object == APPOINTMENTS else here

    async def _sent(
        self, codec: Codec, write: Write, at: Sequence[str], body: Body, *, alone: bool = True
    ) -> Body | Outcome:
        """The record as the answer tells it, or an outcome that needs none. Lost answers come out as `sent`.

        `alone`: whether the user of an appointment may still be let into the calendar's team.
        """
        kind = resource(write.object)
        assert kind is not None
        self._sendings.leaves(write.key)
        try:
            said = await self._client.call(kind.create, *at, body=body)
        except AnswerBroken:
            self._sendings.failed_inside(write.key)
            return Outcome.sent(write.key)
        except AnswerLost:
            return Outcome.sent(write.key)
        except (PausedForQuota, NotAuthorised):
            self._sendings.was_not_sent(write.key)
            raise
        except Duplicate as no:
            return await self._same_address(codec, write, at, body, no)
        except VendorRefused as no:
            if write.object == CONTACTS and no.status == 422:
                return await self._refused_but_perhaps_there(codec, write, at, body, no)
            if write.object == APPOINTMENTS and alone and await self._teams.let_in(body, no):
                return await self._sent(codec, write, at, body, alone=False)
            self._sendings.forget(write.key)
            raise
        inside = said.get(kind.answers) if kind.answers else said
        return inside if isinstance(inside, dict) else Outcome.sent(write.key)

    async def _same_address(
        self, codec: Codec, write: Write, at: Sequence[str], body: Body, no: Duplicate
    ) -> Body | Outcome:
        """Another contact has the address: our own, sent before (FACTS 13), or a relative's, then it goes beside."""
        other = await self._reader.one(CONTACTS, no.other) if no.other else None
        if other is not None and codec.read(other, [write.key_field]).fields[write.key_field] == write.key_value:
            return other
        wires = [no.field] if no.field in ASIDE else list(ASIDE)
        moved = [codec.aside(body, wire, changes=False) for wire in wires]
        if not any(moved):
            self._sendings.forget(write.key)
            raise no
        return await self._sent(codec, write, at, body)

    async def _refused_but_perhaps_there(
        self, codec: Codec, write: Write, at: Sequence[str], body: Body, no: VendorRefused
    ) -> Body | Outcome:
        """A 422 on a contact may have created it (FACTS 0.8): look once the search has caught up."""
        self._sendings.got_lost(write.key)
        await self._sendings.wait_for_search([write.key])
        found = await self._finder.find(CONTACTS, write.key_field, [write.key_value])
        if id := found.get(write.key_value):
            return await self._reader.one(CONTACTS, id) or Outcome.sent(write.key)
        wire = next((wire for wire in ASIDE if wire in no.words), "")
        if wire and codec.aside(body, wire, changes=False):
            return await self._sent(codec, write, at, body)
        self._sendings.forget(write.key)
        raise no

    # Files

    async def _files(self, batch: Sequence[Write]) -> list[Outcome]:
        if batch[0].kind is not Kind.CREATE:
            words = "a file that is there cannot be changed, only deleted and uploaded again"
            return [Outcome.failed(write.key, code="not-writable", words=words) for write in batch]

        async def attach(write: Write) -> Outcome:
            try:
                return await self._attacher.attach(write)
            except NotAuthorised:
                raise
            except VendorRefused as no:
                return refused(write, no)

        return await self._side_by_side(batch, attach)

    # Updates

    async def _change(self, codec: Codec, write: Write) -> Outcome:
        id, kind = write.destination_id or "", resource(write.object)
        assert kind is not None
        needs_row = (
            write.unless_modified_since is not None or write.object in WHOLE or bool(CONSENT & write.fields.keys())
        )
        try:
            row = await self._reader.one(write.object, id) if needs_row else {}
            if row is None:
                return Outcome.failed(write.key, code="404", words="the record is not there any more")
            if changed_since(write, row):
                words = "the record was changed at the destination meanwhile, so it was left alone"
                return Outcome.failed(write.key, code=CHANGED, words=words)
            body = codec.changed(write, row)
            if body:
                whole = redrafted(body, row) if write.object == INVOICES else body
                row = await self._put(codec, write, whole)
            await self._links.set(codec.described.links, id, codec.links(write))
            if body and (kept := not_emptied(codec, write, row)):
                return still_there(write, kept)
        except Unsendable as no:
            return Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)
        except (AnswerLost, AnswerWrong):
            return Outcome.sent(write.key)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return refused(write, no)
        return Outcome.done(write.key, id, created=False, modified_at=modified(row))

    async def _put(self, codec: Codec, write: Write, body: Body) -> Body:
        """The change, and the record as the answer tells it."""
        kind, id = resource(write.object), write.destination_id or ""
        assert kind is not None
        at = (write.object, id) if kind.is_custom else (contact_of(id), own_of(id)) if "/" in id else (id,)
        params = self._client.here() if kind.is_custom else []
        if write.object == APPOINTMENTS:
            body = body | UNTOLD
        if write.object == INVOICES:
            body = body | {"altId": self._client.location_id, "altType": "location"}
        while True:
            try:
                said = await self._client.call(f"PUT {kind.one}", *at, params=params, body=body)
            except Duplicate as no:  # e-mail address first, then perhaps the number as well
                if no.other == id or not codec.aside(body, no.field, changes=True):
                    raise
            else:
                inside = said.get(kind.answers) if kind.answers else said
                return inside if isinstance(inside, dict) else {}

    async def _side_by_side(self, batch: Sequence[Write], send: Callable[[Write], Awaitable[Outcome]]) -> list[Outcome]:
        """A call each, as many under way as the pacer lets. What a spent day stops is unknown, unless all is."""

        async def one(write: Write) -> Outcome:
            try:
                outcome = await send(write)
            except (AnswerLost, AnswerWrong):
                outcome = Outcome.sent(write.key)
            if outcome.state is State.SENT:
                self._sendings.got_lost(write.key)
            return outcome

        results = await as_far_as_paid(one(write) for write in batch)
        return [result or Outcome.sent(write.key) for write, result in zip(batch, results, strict=True)]
