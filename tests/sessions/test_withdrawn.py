"""Access that is taken away ends, whichever way it was taken; a session that its policy still gives goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from certifying import certifying
from locum.activities.model import connection_profile
from locum.audit.model import audit_event
from locum.kit.db import Database, Tx
from locum.policies.certification_model import RowStatus
from locum.policies.decide import Approval
from locum.policies.model import policy, policy_activity, policy_identity, policy_resource
from locum.sessions import transition
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.password import PASSWORD_PURPOSE
from locum.sessions.request import Request, request_session
from locum.sessions.withdrawn import end_withdrawn, withdrawn
from locum.vault.secret import Secret
from policy_groups import Groups, group_them
from statements import selects
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio

AWAY: dict[str, Callable[[Tx], object]] = {
    "disabled": lambda tx: tx.run(sa.update(policy).values(is_disabled=True)),
    "deleted": lambda tx: tx.run(sa.update(policy).values(is_deleted=True)),
    "denies": lambda tx: tx.run(sa.update(policy).values(approval=Approval.DENY)),
    "profile denies": lambda tx: tx.run(sa.update(connection_profile).values(approval_type=Approval.DENY)),
    "person": lambda tx: tx.run(sa.delete(policy_identity)),
    "activity": lambda tx: tx.run(sa.delete(policy_activity)),
    "resource": lambda tx: tx.run(sa.delete(policy_resource)),
}


async def active(database: Database, world: World) -> UUID:
    """A session of Alice's that runs."""
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    made = await database.write(request_session, ACTOR, asked, node="n")

    def run(tx: Tx) -> None:
        changed = sa.update(access_session).where(access_session.c.id == made)
        tx.run(changed.values(status=Status.ACTIVE, actual_start=tx.now))

    await database.write(run)
    return made


@pytest.mark.parametrize("way", AWAY)
async def test_each_way_of_taking_access_away(database: Database, tmp_path: Path, way: str) -> None:
    world = await make_world(database, tmp_path)
    session_id = await active(database, world)
    assert await database.read(withdrawn) == []
    assert not await database.write(end_withdrawn, session_id)
    await database.write(AWAY[way])
    assert await database.read(withdrawn) == [session_id]
    assert await database.write(end_withdrawn, session_id)
    found = await database.read(transition.get, session_id)
    assert (found.status, found.outcome) == (Status.CANCELLING, Status.CANCELLED)
    assert found.status_description == "the access policy “admins” no longer gives it"
    assert not await database.write(end_withdrawn, session_id)
    assert await database.read(withdrawn) == []
    rows = sa.select(sa.func.count()).where(audit_event.c.action == "session.ending")
    assert await database.read(lambda tx: tx.scalar(rows)) == 1


async def test_what_a_certification_denies_ends_with_its_reason(database: Database, tmp_path: Path) -> None:
    it = await certifying(database, tmp_path)
    session_id = await active(database, it.world)
    begun = await it.begun()
    await it.say(begun, RowStatus.DENIED, "no shells", activity_name="Linux shell")
    assert await database.read(withdrawn) == []
    await it.say(begun, RowStatus.DENIED, "left the team", activity_name="Linux sudo")
    assert await database.read(withdrawn) == [session_id]
    await it.say(begun, RowStatus.APPROVED, activity_name="Linux sudo")
    assert await database.read(withdrawn) == []
    await it.say(begun, RowStatus.DENIED, "left the team", activity_name="Linux sudo")
    assert await database.write(end_withdrawn, session_id)
    found = await database.read(transition.get, session_id)
    assert (found.status, found.outcome) == (Status.CANCELLING, Status.CANCELLED)
    assert found.status_description == "a certification denied it: left the team"


async def test_whoever_is_held_by_a_group_keeps_the_session_until_they_leave_it(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    groups: Groups = await database.write(group_them, world)
    await database.write(groups.join_all, world.policy)
    session_id = await active(database, world)
    mine = (world.person, world.sudo, world.shell, world.resource)
    for table in (policy_identity, policy_activity, policy_resource):
        await database.write(lambda tx, table=table: tx.run(sa.delete(table).where(table.c.member_id.in_(mine))))
    assert await database.read(withdrawn) == []
    for name in ("people", "direct", "both"):
        assert await database.read(withdrawn) == []
        await database.write(
            lambda tx, name=name: tx.run(
                sa.delete(policy_identity).where(policy_identity.c.member_id == getattr(groups, name))
            )
        )
    assert await database.read(withdrawn) == [session_id]


async def test_whoever_is_locked_and_knows_a_secret_loses_what_it_opens(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    session_id = await active(database, world)
    await database.write(lock, world.person)

    def give(tx: Tx) -> None:
        password = world.vault.put(tx, Secret("canary"), purpose=PASSWORD_PURPOSE)
        tx.run(sa.update(access_session).values(password_secret_id=password))

    await database.write(give)
    assert await database.read(withdrawn) == [session_id]
    assert await database.write(end_withdrawn, session_id)
    found = await database.read(transition.get, session_id)
    assert (found.outcome, found.status_description) == (Status.CANCELLED, "its owner is locked")


async def test_a_lock_ends_no_session_of_the_gateway_and_none_that_is_not_active_is_looked_at(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    await active(database, world)
    await database.write(lock, world.person)
    assert await database.read(withdrawn) == []
    await database.write(AWAY["disabled"])
    await database.write(lambda tx: tx.run(sa.update(access_session).values(status=Status.PENDING)))
    assert await database.read(withdrawn) == []


async def test_it_is_one_statement(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    for _ in range(5):
        await active(database, world)
    await database.write(AWAY["person"])
    with selects(database) as seen:
        found = await database.read(withdrawn)
    assert (len(found), len(seen)) == (5, 1)
