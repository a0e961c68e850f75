"""The ledger: written before the effect, applied once, reverted for good."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.actions.plan import PlannedStep
from locum.connectors.base import TargetRefused
from locum.kit.db import Database
from locum.sessions import ledger
from locum.sessions.model import EntryState, LedgerEntry, ledger_entry
from locum.sessions.request import Request, request_session
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

STEPS = [
    PlannedStep("account", {"login": "alice-x"}),
    PlannedStep("authorized_key", {"login": "alice-x", "public_key": "ssh-ed25519 AAAA ö"}),
    PlannedStep("sudoers", {"login": "alice-x", "commands": "ALL"}, 1, True, 7),
]


async def intended(database: Database, world: World) -> UUID:
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    made = await database.write(request_session, ACTOR, asked, node="n")
    await database.write(ledger.intend, session_id=made, resource_id=world.resource, steps=STEPS)
    return made


async def entries(database: Database, session_id: UUID) -> list[LedgerEntry]:
    return await database.read(ledger.entries, session_id)


async def test_all_that_will_be_done_stands_there_in_order(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id, other = await intended(database, world), await intended(database, world)
    found = await entries(database, session_id)
    assert [PlannedStep(e.kind, e.parameters, e.phase, e.continue_on_fail, e.timeout_s) for e in found] == STEPS
    assert [e.position for e in found] == [0, 1, 2]
    assert {(e.state, e.failures, e.last_error, e.resource_id) for e in found} == {
        (EntryState.INTENDED, 0, None, world.resource)
    }
    assert not {e.id for e in found} & {e.id for e in await entries(database, other)}


async def test_an_entry_goes_forward_only(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await intended(database, world)
    first, second, third = await entries(database, session_id)
    await database.write(ledger.applied, first.id)
    await database.write(ledger.reverted, second.id)
    assert [e.state for e in await entries(database, session_id)] == ["applied", "reverted", "intended"]
    await database.write(ledger.reverted, first.id)
    for late in (first, second):
        await database.write(ledger.applied, late.id)
        await database.write(ledger.failed, late.id, "too late")
        await database.write(ledger.reverted, late.id)
    found = await entries(database, session_id)
    assert [(e.state, e.failures) for e in found] == [("reverted", 0), ("reverted", 0), ("intended", 0)]
    assert found[2] == third


async def test_failures_are_counted_and_the_last_one_is_kept(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await intended(database, world)
    entry_id = (await entries(database, session_id))[0].id
    for error in ("no route", "x" * 5000):
        await database.write(ledger.failed, entry_id, error)
    found = (await entries(database, session_id))[0]
    assert (found.state, found.failures, found.last_error) == (EntryState.INTENDED, 2, "x" * 1000)
    await database.write(ledger.applied, entry_id)
    found = (await entries(database, session_id))[0]
    assert (found.state, found.failures, found.last_error) == (EntryState.APPLIED, 2, None)


async def test_nothing_to_do_is_nothing_written(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    made = await database.write(request_session, ACTOR, asked, node="n")
    await database.write(ledger.intend, session_id=made, resource_id=world.resource, steps=[])
    assert await entries(database, made) == []


async def test_what_must_not_be_done_twice_is_begun_once(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    session_id = await intended(database, world)
    steps = [PlannedStep("custom_script", {"repeatable": word}) for word in ("false", "true")]
    await database.write(lambda tx: tx.run(sa.delete(ledger_entry)))
    await database.write(ledger.intend, session_id=session_id, resource_id=world.resource, steps=steps)
    once, often = await entries(database, session_id)
    assert not ledger.may_be_running(once)
    for entry in (once, often):
        await database.write(ledger.begin, entry)
    await database.write(ledger.begin, often)
    with pytest.raises(TargetRefused, match="nobody knows whether it was done"):
        await database.write(ledger.begin, once)
    assert all(ledger.may_be_running(entry) for entry in await entries(database, session_id))
    await database.write(ledger.not_begun, once.id)
    await database.write(ledger.begin, once)
    await database.write(ledger.applied, once.id)
    assert [ledger.may_be_running(entry) for entry in await entries(database, session_id)] == [False, True]
