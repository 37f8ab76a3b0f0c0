"""Access: tokens are renewed once, problems are named, and nothing secret is ever told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from gurney.destinations.vendor import vendor
from gurney.errors import GurneyError, NotAuthorised
from gurney.records import Kind
from gurney.schema import FieldType
from gurney.testing.kit.behaviour import EACH_ROUTE, behaviour
from gurney.testing.kit.judging import NotKept, judge_done, judge_stored, require
from gurney.testing.kit.samples import CANARY
from gurney.testing.kit.scene import Scene, TokensInMemory, credentials_of

QUOTA = re.compile("used|requests", re.IGNORECASE)
"""What a twin's state counts of calls, beside its records."""


@behaviour(over=EACH_ROUTE)
async def renews_an_expired_token_once(scene: Scene) -> None:
    """A token that expires in the middle of a run is renewed once, however many calls meet it."""
    await scene.written(scene.creates(scene.role, 1))
    mark = scene.mark()
    scene.disturb({"match": {"nth": 1}, "do": "expire_token"})
    batches = [scene.creates(scene.role, 2)[: scene.route.batch_size] for _ in range(4)]

    results = await asyncio.gather(*(scene.write_batch(batch, scene.route) for batch in batches))

    writes = [write for batch in batches for write in batch]
    outcomes = [outcome for result in results for outcome in result]
    judge_done(writes, outcomes)
    judge_stored(scene, scene.role, writes, outcomes)
    entries = list(scene.twin.journal.since(mark))
    require(any(entry.fault for entry in entries), "the kit could not let the token expire")
    renewals = sum(scene.witness.is_token_call(entry) for entry in entries)
    require(renewals == 1, f"the token was renewed {renewals} times")
    require(scene.tokens.token, "the new token was not kept")


@behaviour(provisioned=False)
async def uses_one_token_for_all(scene: Scene) -> None:
    """A second process with the same sealed cache makes no token of its own."""
    await scene.destination.count(scene.person.object)
    mark = scene.mark()

    other = scene.another()
    await other.count(scene.person.object)
    await other.close()

    renewals = sum(scene.witness.is_token_call(entry) for entry in scene.twin.journal.since(mark))
    require(renewals == 0, "every process makes a token of its own")


@behaviour(provisioned=False)
async def names_wrong_credentials(scene: Scene) -> None:
    """Each wrong credential is refused with words and a next step, which do not repeat it."""
    right = credentials_of(scene.adapter.vendor, scene.runtime.environ)
    for credential in vendor(scene.adapter.vendor).credentials:
        if not credential.secret or credential.name not in right:
            continue
        wrong = {**right, credential.name: wrong_of(right[credential.name])}
        scene.twin.clock.advance(3_600)
        await refused(scene, wrong, credential.name)


def wrong_of(secret: str) -> str:
    """A secret with its letters moved on by one: of the same form, and wrong."""
    return secret.translate(
        str.maketrans("abcdefghijklmnopqrstuvwxyz0123456789", "bcdefghijklmnopqrstuvwxyza1234567890")
    )


async def refused(scene: Scene, credentials: Mapping[str, str], name: str) -> None:
    """Raise NotKept unless the account stays shut, in good words."""
    other = scene.another(credentials, TokensInMemory())
    try:
        await other.check()
    except NotAuthorised as no:
        words = f"{no} {no.next_step} {no.words}"
        scene.hear([words])
        require(no.next_step, f"a wrong {name} is refused without a next step")
        require(credentials[name] not in words, f"the words repeat the wrong {name}")
    except GurneyError as error:
        raise NotKept(f"a wrong {name} is told as {type(error).__name__}: {error}") from error
    else:
        raise NotKept(f"a wrong {name} opens the account")
    finally:
        await other.close()


@behaviour(provisioned=False)
async def checks_without_writing(scene: Scene) -> None:
    """`check` changes nothing, names the account and its limits, and finds no fault with a sound one."""
    before = scene.twin.service.state()

    account = await scene.destination.check()

    scene.hear(f"{finding.words} {finding.next_step}" for finding in account.findings)
    errors = [finding.words for finding in account.findings if finding.level == "error"]
    require(not errors, f"a sound account has errors: {errors}")
    require(account.id and account.edition and account.time_zone, "the account has no id, edition or time zone")
    require(account.user.active and account.user.email, "the check does not tell who we are")
    wanted = {"file_bytes", "note_chars", "custom_fields_per_object", "long_text_chars"}
    require(wanted <= set(account.limits), f"the limits lack {sorted(wanted - set(account.limits))}")
    require(all(limit.source for limit in account.limits.values()), "a limit without a source")
    after = scene.twin.service.state()
    counted = {name for name in before if before[name] != after.get(name) and not QUOTA.search(name)}
    require(not counted, f"the check changed {sorted(counted)}")


@behaviour(provokes=True)
async def tells_no_value(scene: Scene) -> None:
    """Whatever is refused or lost, by whichever route: no word and no log holds a record's value."""
    role = scene.person
    text = next(name for name, type in role.fields.items() if type is FieldType.TEXT)
    bad = [
        {text: CANARY * 60},
        {role.title: CANARY * 60},
        {next(name for name, type in role.fields.items() if type is FieldType.EMAIL): f"{CANARY} at nowhere"},
        {text: f"{CANARY} ok", "Kit_No_Such_Field": CANARY},
    ]
    for route in scene.routes(role).values():
        writes = [scene.create(role, fields) for fields in bad]
        outcomes = await scene.write(writes, route)
        words = " ".join(f"{one.code} {one.words} {one.field}" for one in outcomes)
        require(CANARY not in words, f"a refused value is told: {words}")
        call, value = scene.witness.write_calls(role, Kind.CREATE, route.name)[0], f"{CANARY} text"
        told = {"code": "INVALID_DATA", "message": f"invalid: {value}", "status": "error", "details": {}}
        scene.disturb({"match": call, "do": "status", "status": 400, "body": told})
        try:
            await scene.write([scene.create(role, {text: value})], route)
        except GurneyError as error:
            require(CANARY not in f"{error} {error.next_step}", f"a refused value is told: {error}")
        scene.disturb()
