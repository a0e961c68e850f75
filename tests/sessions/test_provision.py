"""Making access real: only on the host that is meant, only while somebody still wants it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import sqlalchemy as sa
from demo.hosts import Host

from demo import hosts
from hosts import settled, state_of
from locum.actions.host_key import trust_shown_key
from locum.activities.model import activity_action
from locum.audit.model import audit_event
from locum.kit import jobs, pause
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.resources.add import get_resource
from locum.resources.model import TrustAction, resource
from locum.sessions.advance import advance
from locum.sessions.lifecycle import Status
from locum.sessions.model import EntryState, access_session
from stage import Stage
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_a_session_ended_while_it_is_made_leaves_nothing(stage: Stage) -> None:
    before = state_of(stage.host)
    session_id = await stage.ask()
    (job,) = await stage.database.write(jobs.claim, owner="n", limit=1)
    making = asyncio.create_task(advance(stage.work, job))
    while not await stage.states(session_id):
        await asyncio.sleep(0.001)
    await stage.end(session_id)
    await making
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.COMPLETE
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert settled(stage.host, before)


async def test_a_host_that_is_down_is_tried_again_and_others_go_on(stage: Stage, linux_hosts: list[Host]) -> None:
    session_id = await stage.ask()
    hosts.stop_sshd(stage.host)
    try:
        await stage.turn()
        assert (await stage.session(session_id)).status == Status.PENDING
        assert "can't reach" in await stage.log(session_id)
        assert "trying again in 1 s" in await stage.log(session_id)
    finally:
        hosts.start_sshd(stage.host)
    await asyncio.sleep(1.1)
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    await stage.end(session_id)
    await stage.turn()


async def test_a_host_with_another_key_is_not_touched(stage: Stage, linux_hosts: list[Host]) -> None:
    before = state_of(stage.host)
    other = linux_hosts[1].host_key
    await stage.database.write(lambda tx: tx.run(sa.update(resource).values(trusted_host_key=other)))
    session_id = await stage.ask()
    await stage.turn()
    session = await stage.session(session_id)
    assert session.status == Status.FAILED
    assert await stage.states(session_id) == set()
    assert state_of(stage.host) == before
    assert "host key" in (session.status_description or "")


async def test_a_rebuilt_host_is_let_in_again_when_somebody_has_trusted_its_key(
    stage: Stage, linux_hosts: list[Host]
) -> None:
    """RES-11. Its key is remembered when it is refused, and provisioning is refused until somebody says so."""
    other = linux_hosts[1].host_key
    await stage.database.write(lambda tx: tx.run(sa.update(resource).values(trusted_host_key=other)))
    refused = await stage.ask()
    await stage.turn()
    held = await stage.database.read(get_resource, stage.world.resource)
    assert (held.trusted_host_key, held.discovered_host_key) == (other, stage.host.host_key)
    assert str(held.discovered_thumbprint) in await stage.log(refused)
    thumbprint = held.discovered_thumbprint
    await stage.database.write(trust_shown_key, ACTOR, stage.world.resource, thumbprint=thumbprint)
    session_id = await stage.ask()
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    await stage.end(session_id)
    await stage.turn()


@pytest.mark.parametrize(
    ("action", "said"),
    [(TrustAction.WARN, ["resource.host_key_let_in"]), (TrustAction.ALWAYS_TRUST, [])],
)
async def test_a_host_with_another_key_is_let_in_where_its_resource_says_so(
    stage: Stage, linux_hosts: list[Host], action: TrustAction, said: list[str]
) -> None:
    """RES-11. The pinned key stays pinned, and each new one is in the audit log where the resource warns."""
    other, before = linux_hosts[1].host_key, state_of(stage.host)
    changed = sa.update(resource).values(trusted_host_key=other, ssh_trust_action=action)
    await stage.database.write(lambda tx: tx.run(changed))
    session_id = await stage.ask()
    await stage.turn()
    assert (await stage.session(session_id)).status == Status.ACTIVE
    assert state_of(stage.host) != before
    await stage.end(session_id)
    await stage.turn()
    assert settled(stage.host, before)
    held = await stage.database.read(get_resource, stage.world.resource)
    assert (held.trusted_host_key, held.discovered_host_key) == (other, stage.host.host_key if said else None)
    actions = sa.select(audit_event.c.action).where(audit_event.c.action.startswith("resource.host_key"))
    assert await stage.database.read(lambda tx: tx.scalars(actions)) == said


async def test_a_first_key_that_nobody_has_trusted_is_let_in_and_not_pinned_where_all_are(stage: Stage) -> None:
    for action, status in ((TrustAction.WARN, Status.FAILED), (TrustAction.ALWAYS_TRUST, Status.ACTIVE)):
        changed = {"accept_host_key_on_first_discovery": False, "ssh_trust_action": action}
        await stage.database.write(lambda tx, to=changed: tx.run(sa.update(resource).values(**to)))
        session_id = await stage.ask()
        await stage.turn()
        assert (await stage.session(session_id)).status == status
        assert (await stage.database.read(get_resource, stage.world.resource)).trusted_host_key is None
    await stage.end(session_id)
    await stage.turn()


async def test_the_first_host_key_is_pinned_before_anything_changes(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    pinned = await stage.database.read(lambda tx: tx.scalar(sa.select(resource.c.trusted_host_key)))
    assert pinned == stage.host.host_key
    await stage.end(session_id)
    await stage.turn()


async def test_no_row_is_ever_active_without_its_start(stage: Stage) -> None:
    session_id = await stage.ask()
    with pytest.raises(sa.exc.IntegrityError):
        await stage.database.write(
            lambda tx: tx.run(
                sa.update(access_session).where(access_session.c.id == session_id).values(status=Status.ACTIVE)
            )
        )
    await stage.end(session_id)
    await stage.turn()


async def test_an_activity_may_join_a_group(stage: Stage) -> None:
    """ACT-05: one more row of the activity, one more entry of the ledger, nothing else to change."""
    before = state_of(stage.host)
    joins = {"activity_id": stage.world.shell, "position": 0, "kind": "group", "parameters": {"group": "adm"}}
    await stage.database.write(lambda tx: tx.add(activity_action, id=new_id(), **joins))
    session_id = await stage.ask(activity_id=stage.world.shell)
    await stage.turn()
    login = (await stage.session(session_id)).login_name
    assert login in hosts.run(stage.host, "getent group adm")
    await stage.end(session_id)
    await stage.turn()
    assert login not in hosts.run(stage.host, "getent group adm")
    assert settled(stage.host, before)


async def test_a_paused_copy_neither_makes_access_nor_takes_it_away(stage: Stage) -> None:
    """Even where a job was claimed a moment before the pause began."""
    before = state_of(stage.host)
    session_id = await stage.ask()
    (job,) = await stage.database.write(jobs.claim, owner="n", limit=1)
    await stage.database.write(pause.begin, "a test")
    await advance_or_fail(stage, job)
    assert state_of(stage.host) == before
    await go_on(stage)
    assert (await stage.session(session_id)).status == Status.ACTIVE
    live = state_of(stage.host)
    assert live != before
    await stage.end(session_id)
    (job,) = await stage.database.write(jobs.claim, owner="n", limit=1)
    await stage.database.write(pause.begin, "a test")
    await advance_or_fail(stage, job)
    assert state_of(stage.host) == live
    await go_on(stage)
    assert await stage.states(session_id) == {EntryState.REVERTED}
    assert settled(stage.host, before)


async def advance_or_fail(stage: Stage, job: jobs.Job) -> None:
    """What the worker does with a job whose handler raises."""
    with contextlib.suppress(pause.Paused):
        await advance(stage.work, job)


async def go_on(stage: Stage) -> None:
    """The pause ends, and all jobs are due."""

    def end(tx: Tx) -> None:
        pause.end(tx)
        jobs.take_back(tx, "")
        tx.run(sa.update(jobs.job).values(due_at=tx.now))

    await stage.database.write(end)
    await stage.turn()
