"""The tables refuse a session, an entry, a connection or a line that can't be."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crowd import copy
from locum.actions.plan import PlannedStep
from locum.kit.db import Database
from locum.kit.ids import new_id
from locum.policies.workflow_model import approval_workflow
from locum.sessions import ledger
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState, access_session, connection, ledger_entry, session_log
from locum.sessions.request import Request, request_session
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

WORKFLOW = UUID(int=11)
NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)


@pytest.fixture
async def session_id(database: Database, tmp_path: Path) -> UUID:
    """A pending session with an entry in its ledger and a connection."""
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    made = await database.write(request_session, ACTOR, asked, node="n")
    steps = [PlannedStep("account"), PlannedStep("sudoers")]
    await database.write(ledger.intend, session_id=made, resource_id=world.resource, steps=steps)
    row = {
        "id": new_id(),
        "session_id": made,
        "identity_id": world.person,
        "node": "n",
        "address": "192.0.2.7",
        "recorded": True,
        "opened_at": NOW,
    }
    await database.write(lambda tx: tx.add(connection, **row))
    named = {"id": WORKFLOW, "name": "two", "name_key": "two", "self_approval": False}
    stamped = {**named, "created_at": NOW, "modified_at": NOW}
    await database.write(lambda tx: tx.add(approval_workflow, **stamped))
    return made


@pytest.mark.parametrize(
    "values",
    [
        {"status": -2},
        {"status": 8},
        {"outcome": Status.ACTIVE},
        {"outcome": 6},
        {"status": Status.ACTIVE},
        {"status": Status.CANCELLING},
        {"status": Status.COMPLETE},
        {"status": Status.CANCELLED, "outcome": Status.CANCELLED},
        {"actual_end": NOW},
        {"status": Status.ACTIVE, "actual_start": NOW, "actual_end": NOW},
        {"scheduled_start": NOW, "scheduled_end": NOW},
        {"scheduled_end": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)},
        {"identity_id": UUID(int=7)},
        {"policy_id": UUID(int=7)},
        {"activity_id": UUID(int=7)},
        {"resource_id": UUID(int=7)},
        {"profile_id": UUID(int=7)},
        {"key_secret_id": UUID(int=7)},
        {"login_name": None},
        {"status": Status.APPROVAL_REQUIRED},
        {"status": Status.APPROVAL_REQUIRED, "workflow_id": WORKFLOW},
        {"status": Status.APPROVAL_REQUIRED, "workflow_id": WORKFLOW, "tier_number": 1},
        {"status": Status.APPROVAL_REQUIRED, "tier_number": 1, "tier_since": NOW},
        {"status": Status.APPROVAL_REQUIRED, "workflow_id": WORKFLOW, "tier_number": 4, "tier_since": NOW},
        {"status": Status.APPROVAL_DENIED, "actual_end": NOW},
        {"status": Status.APPROVAL_FAILED, "actual_end": NOW},
        {"tier_number": 1},
        {"tier_since": NOW},
        {"workflow_id": UUID(int=7)},
        {"start_until": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)},
        {"extensions": -1},
        {"extensions": 1},
        {"locked": None},
        {"status": Status.COMPLETE, "outcome": Status.COMPLETE, "actual_end": NOW, "locked": True},
    ],
    ids=str,
)
async def test_a_session_that_cannot_be(database: Database, session_id: UUID, values: dict[str, object]) -> None:
    change = sa.update(access_session).where(access_session.c.id == session_id).values(**values)
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(change))


@pytest.mark.parametrize(
    "values",
    [
        {"status": Status.ACTIVE, "actual_start": NOW},
        {"status": Status.CANCELLING, "outcome": Status.FAILED},
        {"status": Status.COMPLETE, "outcome": Status.COMPLETE, "actual_end": NOW},
        {"status": Status.APPROVAL_REQUIRED, "workflow_id": WORKFLOW, "tier_number": 1, "tier_since": NOW},
        {"status": Status.APPROVAL_DENIED, "actual_end": NOW, "workflow_id": WORKFLOW},
        {"status": Status.APPROVAL_FAILED, "actual_end": NOW, "workflow_id": WORKFLOW},
        {"locked": True, "lock_message": "wait"},
        {"status": Status.ACTIVE, "actual_start": NOW, "extensions": 2, "locked": True},
    ],
    ids=str,
)
async def test_a_session_that_can_be(database: Database, session_id: UUID, values: dict[str, object]) -> None:
    change = sa.update(access_session).where(access_session.c.id == session_id).values(**values)
    assert await database.write(lambda tx: tx.run(change)) == 1


@pytest.mark.parametrize(
    "change",
    [
        sa.update(ledger_entry).values(state="gone"),
        sa.update(ledger_entry).values(state=EntryState.REVERTED),
        sa.update(ledger_entry).values(reverted_at=NOW),
        sa.update(ledger_entry).values(position=0),
        sa.update(ledger_entry).values(session_id=new_id()),
        sa.update(ledger_entry).values(resource_id=new_id()),
        sa.update(connection).values(session_id=new_id()),
        sa.update(connection).values(identity_id=new_id()),
        sa.update(session_log).values(level=4),
        sa.update(session_log).values(level=-1),
        sa.update(session_log).values(session_id=new_id()),
        sa.delete(access_session),
    ],
    ids=str,
)
async def test_what_hangs_on_a_session_and_cannot_be(
    database: Database, session_id: UUID, change: sa.Update | sa.Delete
) -> None:
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.run(change))


async def test_a_place_in_one_ledger_is_free_in_another(database: Database, session_id: UUID) -> None:
    (other,) = await copy(database, access_session, session_id, 1)
    move = sa.update(ledger_entry).where(ledger_entry.c.position == 0).values(session_id=other, position=1)
    assert await database.write(lambda tx: tx.run(move)) == 1
