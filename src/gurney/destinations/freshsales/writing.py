"""Sending records, a call each and several side by side: one outcome a record (FACTS 3, 7, 9).

A creation is sent once; whether it may be sent again is settled elsewhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gurney.destinations.freshsales import places
from gurney.destinations.freshsales.answers import without_values
from gurney.destinations.freshsales.attaching import Attacher
from gurney.destinations.freshsales.claims import Claims
from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.finding import Finder
from gurney.destinations.freshsales.limits import data
from gurney.destinations.freshsales.lists import Lists
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import (
    ACCOUNTS,
    CONTACTS,
    DEALS,
    EXTERNAL_ID,
    FILES,
    NOTES,
    OWNER,
    PRICE,
    PRODUCTS,
    RESOURCES,
    TASKS,
)
from gurney.destinations.freshsales.places import Body, Row
from gurney.destinations.freshsales.reading import Reader
from gurney.destinations.freshsales.records import Codec, Codecs, key_of, modified
from gurney.destinations.freshsales.sendings import Sendings
from gurney.destinations.plain import Unsendable
from gurney.errors import AnswerLost, AnswerWrong, NotAuthorised, PausedForQuota, VendorRefused
from gurney.records import Kind, Outcome, State, Write
from gurney.transport.gathering import as_far_as_paid

CHANGED = "changed-meanwhile"
REFUSED = 400
NO_CATALOGUE = (
    "the plan has no product catalogue: it begins with Pro. What was sold stands in the lines of the deals; after an "
    "upgrade repeat: gurney run"
)
IN_BIN = (
    "a deleted record in the recycle bin keeps this external ID: restore it, or forget it there; or give "
    "GURNEY_FRESHSALES_FORGET=yes and repeat"
)


class Writer:
    """Writes records of one object and kind."""

    def __init__(
        self,
        client: Client,
        metadata: Metadata,
        codecs: Codecs,
        lists: Lists,
        reader: Reader,
        finder: Finder,
        attacher: Attacher,
        sendings: Sendings,
        claims: Claims,
    ) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._lists = lists
        self._reader = reader
        self._finder = finder
        self._attacher = attacher
        self._sendings = sendings
        self._claims = claims
        self._upserts_deals = True
        """Whether deals are upserted by their name, as far as is known."""

    async def write(self, batch: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order, each by a call of its own."""
        if not batch:
            return []
        first = batch[0]
        if first.object not in RESOURCES:
            words = f"Freshsales has no object {first.object} that records are written to"
            return [Outcome.failed(write.key, code="unknown-object", words=words) for write in batch]
        if first.object == PRODUCTS and not await self._metadata.has_products():
            return [Outcome(write.key, State.SKIPPED, code="no-products", words=NO_CATALOGUE) for write in batch]
        if first.kind is not Kind.CREATE:
            return await self._update(batch)
        if first.object == FILES:
            return await side_by_side(batch, self._attacher.attach)
        codec = self._codecs.of(await self._metadata.described(first.object))
        twice = same_keys(batch)

        async def create(write: Write) -> Outcome:
            return same_key(write) if id(write) in twice else await self.create(codec, write)

        return await side_by_side(batch, create)

    # Creations

    async def create(self, codec: Codec, write: Write) -> Outcome:
        """One record that is not there."""
        try:
            body = await self.prepared(codec, write)
        except Unsendable as no:
            return unsent(write, no)
        return await (self._deal if write.object == DEALS else self._post)(codec, write, body)

    async def prepared(self, codec: Codec, write: Write) -> Body:
        """The body of a creation, with what others have already put aside. Raises Unsendable."""
        if not write.key_field and write.object != NOTES:
            words = "a record without our key could not be found again after a lost answer, so it is not sent"
            raise Unsendable("", "no-key", words)
        await self._check_owner(write)
        body = codec.new(write)
        await self._claims.make_room(write, body)
        return body

    async def upsert(self, codec: Codec, write: Write, body: Body) -> Outcome:
        """One record by what is unique of it, never a second one, whoever made the first and whenever (FACTS 4, 7).

        A contact's external id is unique by itself, so a plain creation cannot make two. A deal's name has our key.
        """
        if write.object == CONTACTS:
            return await self._post(codec, write, body)
        kind = RESOURCES[write.object]
        wrapped = {"unique_identifier": {"name": body["name"]}, kind.root: body}
        try:
            return await self._sent(codec, write, f"POST {kind.path}/upsert", wrapped)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return refused(write, no)

    async def _deal(self, codec: Codec, write: Write, body: Body) -> Outcome:
        """By its name: nothing of a deal is unique, and a job whose answer was lost may still make it (FACTS 4, 7).

        The vendor's pages have an id as the key of this call, clients the name: where it is refused, plain.
        """
        if not self._upserts_deals:
            return await self._post(codec, write, body)
        outcome = await self.upsert(codec, write, body)
        if outcome.state is not State.FAILED:
            return outcome
        plain = await self._post(codec, write, body)
        self._upserts_deals = plain.state is State.FAILED
        return plain

    async def _post(self, codec: Codec, write: Write, body: Body) -> Outcome:
        kind = RESOURCES[write.object]
        pricing = {name: body.pop(name) for name in places.PRICING if name in body}
        try:
            outcome = await self._sent(codec, write, f"POST {kind.path}", {kind.root: body}, pricing)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return await self._declined(codec, write, body, no)
        return outcome

    async def _sent(self, codec: Codec, write: Write, name: str, body: Any, pricing: Body | None = None) -> Outcome:
        """The call, and what its answer or its lack says."""
        kind = RESOURCES[write.object]
        self._sendings.leaves(write.key)
        try:
            said = await self._client.call(name, body=body)
        except AnswerLost:
            return Outcome.sent(write.key)
        except PausedForQuota:
            self._sendings.was_not_sent(write.key)
            raise
        except VendorRefused:
            self._sendings.forget(write.key)
            raise
        finally:
            self._lists.wrote(write.object)
        row = said.get(kind.root) if isinstance(said, dict) else None
        if not isinstance(row, dict) or not row.get("id"):
            return Outcome.sent(write.key)  # taken, but not said as what
        try:
            return await self.complete(codec, write, row, pricing)
        except PausedForQuota:
            return Outcome.sent(write.key, str(row["id"]))

    async def complete(self, codec: Codec, write: Write, row: Row, pricing: Body | None = None) -> Outcome:
        """A record that is there, with what takes a second call: a product's price, a task's end (FACTS 3).

        Where that is refused the record is there all the same: what it lacks is seen when it is read back.
        """
        try:
            if write.object == PRODUCTS:
                row = await self._priced(codec, write, row, pricing)
            elif write.object == TASKS:
                row = await self._ended(codec, write, row)
        except AnswerLost:
            return Outcome.sent(write.key, str(row["id"]))
        except NotAuthorised:
            raise
        except VendorRefused:
            pass
        self.made(write, str(row["id"]))
        return Outcome.done(write.key, str(row["id"]), modified_at=modified(row))

    def made(self, write: Write, id: str) -> None:
        """A creation has its id."""
        self._sendings.forget(write.key)
        self._finder.made(write.object, write.key_field, key_of(write), id)

    async def _ended(self, codec: Codec, write: Write, row: Row) -> Row:
        """A task completed, where the vendor did not do so at its creation."""
        wanted = write.fields.get("done")
        if wanted is not True or codec.read(row, ["done"]).fields["done"] is True:
            return row
        body = {"task": {"status": places.COMPLETED}}
        said = await self._client.call("PUT /tasks/{id}", str(row["id"]), body=body, idempotent=True)
        return said.get("task") or row if isinstance(said, dict) else row

    async def _priced(self, codec: Codec, write: Write, row: Row, pricing: Body | None) -> Row:
        """A product with its price, which can be said only once it is there. After a lost answer it is looked at."""
        wanted, id = write.fields.get(PRICE), str(row["id"])
        if wanted is None:
            return row
        there: Row | None = row
        if pricing is None or "product_pricings" in row:
            there = await self._lists.one(PRODUCTS, id)
            if there is None or codec.read(there, [PRICE]).fields[PRICE] == wanted:
                return there or row
        body: Body = {}
        codec.described.places[PRICE].put(body, wanted, there or {})
        told = await self._price(id, body)
        if told is not None and codec.read(told, [PRICE]).fields[PRICE] != wanted:  # two words for it are in use
            told = await self._price(id, places.in_other_words(body))
        return told or row

    async def _price(self, id: str, body: Body) -> Row | None:
        params = [("include", "product_pricings")]
        said = await self._client.call("PUT /cpq/products/{id}", id, params=params, body={"product": body})
        told: Row | None = said.get("product") if isinstance(said, dict) else None
        return told or await self._lists.one(PRODUCTS, id)

    # What others have already

    async def _declined(self, codec: Codec, write: Write, body: Body, no: VendorRefused) -> Outcome:
        """A creation that was refused: tried again without what may be somebody else's, else looked for.

        An account is looked for first: a job that was thought lost may have made it late, and under another name it
        would be there twice. A contact is not: its external id lets nobody make a second.
        """
        if no.status != REFUSED:
            return refused(write, no)
        if write.object == ACCOUNTS and (id := await self._claims.account_there(codec, write)) is not None:
            return self._known(write, id)
        if await self._claims.step_aside(write, body):
            return await self._post(codec, write, body)
        if write.object == CONTACTS:
            if (id := await self._claims.contact_there(codec, write)) is not None:
                return self._known(write, id)
            if (id := await self._claims.in_bin(write)) is not None:
                return await self._forgotten(codec, write, body, id)
        return refused(write, no)

    def _known(self, write: Write, id: str) -> Outcome:
        self.made(write, id)
        return Outcome.done(write.key, id, created=False)

    async def _forgotten(self, codec: Codec, write: Write, body: Body, id: str) -> Outcome:
        """The deleted record goes for ever and the new one takes its place, where that was allowed."""
        if not self._client.access.forgets:
            return Outcome.failed(write.key, code="in-recycle-bin", words=IN_BIN, field=EXTERNAL_ID)
        try:
            await self._client.call("DELETE /contacts/{id}/forget", id, idempotent=True)
            return await self._sent(codec, write, "POST /contacts", {"contact": body})
        except AnswerLost:
            self._sendings.was_not_sent(write.key)
            return Outcome.sent(write.key)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return refused(write, no)

    async def _check_owner(self, write: Write) -> None:
        if write.owner_id is not None and write.object != NOTES and not await self._is_active(write.owner_id):
            raise Unsendable(OWNER, "unknown-owner", "the owner is no active user of this account")

    async def _is_active(self, user: str) -> bool:
        return any(str(one["id"]) == user and one.get("is_active") is not False for one in await self._metadata.users())

    # Updates

    async def _update(self, batch: Sequence[Write]) -> list[Outcome]:
        if batch[0].object == FILES:
            words = "a file that is there cannot be changed"
            return [Outcome.failed(write.key, code="not-writable", words=words) for write in batch]
        codec = self._codecs.of(await self._metadata.described(batch[0].object))
        ids = [write.destination_id or "" for write in batch if codec.needs_row(write)]
        try:
            rows = await self._reader.fresh(batch[0].object, ids) if ids else {}
        except (AnswerLost, AnswerWrong):
            return [Outcome.sent(write.key) for write in batch]

        async def change(write: Write) -> Outcome:
            return await self._change(codec, write, rows.get(write.destination_id or "", {}))

        return await side_by_side(batch, change)

    async def _change(self, codec: Codec, write: Write, row: Row) -> Outcome:
        id = write.destination_id or ""
        if codec.needs_row(write) and not row:
            return Outcome.failed(write.key, code="404", words="the record is not there any more")
        if _changed_since(write, row):
            words = "the record was changed at the destination meanwhile, so it was left alone"
            return Outcome.failed(write.key, code=CHANGED, words=words)
        try:
            await self._check_owner(write)
            body = codec.changed(write, row)
            await self._claims.make_room(write, body)
        except Unsendable as no:
            return unsent(write, no)
        if not body:
            return Outcome.done(write.key, id, created=False, modified_at=modified(row))
        return await self._put(write, body, id)

    async def _put(self, write: Write, body: Body, id: str) -> Outcome:
        kind = RESOURCES[write.object]
        params = [("include", kind.include)] if kind.include else []
        try:
            said = await self._client.call(f"PUT {kind.one}", id, params=params, body={kind.root: body})
        except AnswerLost:
            return Outcome.sent(write.key)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if no.status == REFUSED and await self._claims.step_aside(write, body):
                return await self._put(write, body, id)
            return refused(write, no)
        finally:
            self._lists.wrote(write.object)
        row = said.get(kind.root) if isinstance(said, dict) else None
        return Outcome.done(write.key, id, created=False, modified_at=modified(row or {}))


async def side_by_side(batch: Sequence[Write], send: Callable[[Write], Awaitable[Outcome]]) -> list[Outcome]:
    """A call each, as many under way as the pacer lets. What a spent hour stops is unknown, unless all is."""
    results = await as_far_as_paid(send(write) for write in batch)
    return [result or Outcome.sent(write.key) for write, result in zip(batch, results, strict=True)]


def unsent(write: Write, no: Unsendable) -> Outcome:
    return Outcome.failed(write.key, code=no.code, words=no.words, field=no.field)


def refused(write: Write, no: VendorRefused) -> Outcome:
    """The outcome of a record that was read and declined."""
    words = without_values(no.words or no.message, write.fields.values())
    said = no.words.casefold()
    known = (str(data()["said_of"].get(name, name)).casefold() for name in write.fields)
    field = next((name for name, word in zip(write.fields, known, strict=True) if said.startswith(word)), "")
    return Outcome.failed(write.key, code=no.code or str(no.status), words=words, field=field)


def same_keys(batch: Sequence[Write]) -> set[int]:
    """Writes (by `id`) whose key an earlier one of the batch has: both would be made."""
    seen: set[str] = set()
    twice: set[int] = set()
    for write in batch:
        if write.key_field and write.key_value in seen:
            twice.add(id(write))
        seen.add(write.key_value)
    return twice


def same_key(write: Write) -> Outcome:
    words = "another record of the same batch has the same key; both would be made"
    return Outcome.failed(write.key, code="duplicate-key", words=words, field=write.key_field)


def _changed_since(write: Write, row: Row) -> bool:
    guard, now = write.unless_modified_since, modified(row)
    return guard is not None and now is not None and now > guard
