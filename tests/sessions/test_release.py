"""Sessions of a credential: what they wait for, what they give, and that each ends with its lease."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from certifying import Certifying, reviewer
from leasing import PASSWORD, Leasing, make_leasing
from locum.credentials.delete import delete_credential
from locum.credentials.groups import add_credentials, add_group, delete_group
from locum.credentials.model import PostSession, managed_user
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound
from locum.kit.wake import Wake
from locum.policies.add import add_policy
from locum.policies.certification_model import RowStatus
from locum.policies.decide import Approval
from locum.policies.members import Members
from locum.policies.model import Policy, PolicyType
from locum.policies.status import set_status
from locum.rotation.model import State as RotationState
from locum.sessions import lease as leases
from locum.sessions import transition
from locum.sessions.advance import advance
from locum.sessions.extend import extend_session
from locum.sessions.lease_advance import advance_lease
from locum.sessions.lease_cycle import State
from locum.sessions.lifecycle import Status
from locum.sessions.lock import Lock, set_lock
from locum.sessions.model import AccessSession, Lease
from locum.sessions.password import reveal_password
from locum.sessions.release import lease_of
from locum.sessions.request import Request, request_session
from locum.sessions.wanted_credential import CredentialWanted
from locum.sessions.withdrawn import end_withdrawn, withdrawn
from locum.sessions.work import SessionWork
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def no_target(kind: str, target: Any) -> Any:
    raise AssertionError("a session of a credential opens no target")
    yield


@dataclass
class Releasing:
    here: Leasing
    database: Database
    policy: Policy

    @property
    def owner(self) -> Actor:
        return Actor(self.here.world.person, "Alice", "192.0.2.7")

    async def ask(self, owner: UUID | None = None, **more: Any) -> UUID:
        wanted = more.pop("credential", CredentialWanted(self.here.credential_id))
        asked = Request(identity_id=owner or self.here.world.person, credential=wanted, **more)
        return await self.database.write(request_session, self.owner, asked, node="n")

    async def turn(self) -> None:
        """Do all that is due now, as the worker would."""
        h = self.here
        work = SessionWork(self.database, h.world.vault, no_target, Wake())
        while claimed := await self.database.write(jobs.claim, owner="n", limit=10):
            await asyncio.gather(
                *(
                    advance(work, job) if job.kind == transition.JOB else advance_lease(h.work, job)
                    for job in claimed
                )
            )

    async def get(self, session_id: UUID) -> AccessSession:
        return await self.database.read(transition.get, session_id)

    async def lease(self, session_id: UUID) -> Lease:
        found = await self.database.read(lease_of, session_id)
        assert found is not None
        return found

    async def secret(self, session_id: UUID, actor: Actor | None = None) -> str:
        shown = await self.database.write(reveal_password, self.here.world.vault, actor or self.owner, session_id)
        return shown.reveal_text()

    async def end(self, session_id: UUID) -> None:
        session = await self.get(session_id)
        how = {"outcome": Status.COMPLETE, "reason": "ended by its user"}
        await self.database.write(transition.begin_end, self.owner, session, **how)


async def make(database: Database, folder: Path, *, group: bool = False, **changes: Any) -> Releasing:
    world = await make_world(database, folder)
    here = make_leasing(database, world, **changes)
    if group:
        made = await database.write(add_group, ACTOR, name="deployers")
        await database.write(add_credentials, ACTOR, made.id, [here.credential_id])
        members = Members(identities=[world.person], credential_groups=[made.id])
    else:
        members = Members(identities=[world.person], credentials=[here.credential_id])
    policy = await database.write(
        add_policy, ACTOR, name="secrets", members=members, policy_type=PolicyType.CREDENTIAL
    )
    return Releasing(here, database, policy)


@pytest.mark.parametrize("group", [False, True])
async def test_the_secret_is_known_while_the_session_lasts(
    database: Database, tmp_path: Path, group: bool
) -> None:
    it = await make(database, tmp_path, group=group)
    session_id = await it.ask(note="why", ticket="T-1")
    with pytest.raises(Forbidden, match="not active"):
        await it.secret(session_id)
    await it.turn()
    session, lease = await it.get(session_id), await it.lease(session_id)
    assert (session.status, session.resource_id, session.login_name) == (Status.ACTIVE, None, "deploy")
    assert (lease.state, lease.identity_id, lease.due_at) == (
        State.ACTIVE,
        session.identity_id,
        session.scheduled_end,
    )
    assert await it.secret(session_id) == PASSWORD
    with pytest.raises(NotFound, match="no such session"):
        await it.secret(session_id, Actor(it.here.world.stranger, "Mallory"))
    with pytest.raises(Conflict, match="session of “Alice”"):
        await database.write(delete_credential, it.here.world.vault, ACTOR, it.here.credential_id)
    await it.end(session_id)
    with pytest.raises(Forbidden, match="not active"):
        await it.secret(session_id)
    await it.turn()
    assert (await it.get(session_id)).status == Status.COMPLETE
    assert (await it.lease(session_id)).state == State.ENDED
    await database.write(delete_credential, it.here.world.vault, ACTOR, it.here.credential_id)


async def test_it_ends_only_when_the_secret_is_changed_and_the_account_off(
    database: Database, tmp_path: Path
) -> None:
    it = await make(database, tmp_path, change_on_release=True, post_session=PostSession.DISABLE)
    session_id = await it.ask()
    await it.turn()
    assert it.here.target.done == ["enable"]
    await it.end(session_id)
    await it.turn()
    assert (await it.get(session_id)).status == Status.CANCELLING
    assert it.here.reasons() == ["release"]
    it.here.change(RotationState.COMPLETED)
    it.here.hurry()
    await it.turn()
    assert it.here.target.done == ["enable", "disable"]
    assert (await it.get(session_id)).status == Status.COMPLETE


async def test_a_changed_secret_is_waited_for_and_one_that_stays_fails(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path, change_on_checkout=True)
    one = await it.ask()
    await it.turn()
    assert (await it.get(one)).status == Status.PENDING
    it.here.change(RotationState.FAILED, "the host does not answer")
    it.here.hurry()
    await it.turn()
    failed = await it.get(one)
    assert (failed.status, failed.status_description) == (
        Status.FAILED,
        "the secret could not be changed before it was given out",
    )


async def test_whoever_comes_second_waits_for_their_turn(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    held = it.here.check_out()
    session_id = await it.ask()
    await it.turn()
    assert (await it.get(session_id)).status == Status.PENDING
    it.here.check_in(held.id)
    it.here.hurry()
    await it.turn()
    assert (await it.get(session_id)).status == Status.ACTIVE


async def test_its_owner_is_locked_and_the_secret_they_know_is_changed(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path, change_on_release=True)
    session_id = await it.ask()
    await it.turn()
    await database.write(set_lock, ACTOR, Lock((session_id,), True, owners=True))
    assert await database.read(withdrawn) == [session_id]
    assert await database.write(end_withdrawn, session_id)
    await it.turn()
    assert it.here.reasons() == ["release"]
    it.here.change(RotationState.COMPLETED)
    it.here.hurry()
    await it.turn()
    ended = await it.get(session_id)
    assert (ended.status, ended.status_description) == (Status.CANCELLED, "its owner is locked")


async def test_a_locked_resource_gives_none_of_its_credentials(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    session_id, later = await it.ask(), await it.ask()
    await database.write(set_lock, ACTOR, Lock((session_id,), True, message="call us", resources=True))
    await it.turn()
    for one in (session_id, later):
        refused = await it.get(one)
        assert (refused.status, refused.status_description) == (
            Status.FAILED,
            "not allowed any more: this resource is locked by an administrator: call us",
        )
    with pytest.raises(Forbidden, match="call us"):
        await it.ask()
    await database.write(set_lock, ACTOR, Lock((session_id,), False, resources=True))
    await it.ask()
    await it.turn()


async def test_the_release_of_one_credential_is_locked(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    session_id = await it.ask()
    await database.write(set_lock, ACTOR, Lock((session_id,), True, "Stop", activities=True))
    with pytest.raises(Forbidden, match="this activity is locked here by an administrator: Stop"):
        await it.ask()
    await database.write(lambda tx: tx.run(sa.delete(managed_user)))
    with pytest.raises(Conflict, match="lives on no resource"):
        await database.write(set_lock, ACTOR, Lock((session_id,), True, resources=True))
    await database.write(set_lock, ACTOR, Lock((session_id,), False, activities=True))
    await it.ask()


async def test_what_can_not_be_done_at_the_end_is_not_begun(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path, change_on_release=True)
    await database.write(lambda tx: tx.run(sa.delete(managed_user)))
    session_id = await it.ask()
    await it.turn()
    failed = await it.get(session_id)
    assert failed.status == Status.FAILED
    assert "does not manage its login" in (failed.status_description or "")


async def test_its_lease_is_the_sessions_and_ends_it(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    session_id = await it.ask()
    await it.turn()
    lease = await it.lease(session_id)
    for step in (
        lambda tx: leases.reveal(tx, it.here.world.vault, it.owner, lease.id),
        lambda tx: leases.extend(tx, it.owner, lease.id, 5),
    ):
        with pytest.raises(Conflict, match="belongs to a session"):
            await database.write(step)
    await database.write(leases.begin_end, ACTOR, lease.id, reason="checked in by root")
    await it.turn()
    ended = await it.get(session_id)
    assert (ended.status, ended.status_description) == (Status.CANCELLED, "checked in by root")


async def test_more_time_is_more_time_for_its_lease(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    session_id = await it.ask()
    await it.turn()
    await database.write(extend_session, ACTOR, session_id, 90, as_administrator=True)
    await it.turn()
    session, lease = await it.get(session_id), await it.lease(session_id)
    assert lease.due_at == session.scheduled_end
    assert session.scheduled_end - session.scheduled_start == dt.timedelta(minutes=150)


async def test_a_policy_that_gives_it_no_more_ends_it(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    session_id = await it.ask()
    await it.turn()
    assert await database.read(withdrawn) == []
    await database.write(set_status, ACTOR, it.policy.id, is_disabled=True)
    assert await database.read(withdrawn) == [session_id]
    assert await database.write(end_withdrawn, session_id)
    await it.turn()
    assert (await it.get(session_id)).status == Status.CANCELLED
    assert (await it.lease(session_id)).state == State.ENDED


async def test_a_certification_that_denies_it_ends_it_with_its_lease(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    review = Certifying(database, it.here.world, await reviewer(database, "Rita"))
    session_id = await it.ask()
    await it.turn()
    assert (await it.get(session_id)).status == Status.ACTIVE
    begun = await review.begun(policies=[it.policy.id])
    await review.say(begun, RowStatus.DENIED, "has an own one", user_name="Alice")
    assert await database.write(end_withdrawn, session_id)
    await it.turn()
    ended = await it.get(session_id)
    assert (ended.status, ended.status_description) == (
        Status.CANCELLED,
        "a certification denied it: has an own one",
    )
    assert (await it.lease(session_id)).state == State.ENDED
    with pytest.raises(Forbidden, match="has an own one"):
        await it.ask()
    await review.say(begun, RowStatus.APPROVED, user_name="Alice")
    assert await it.ask()


async def test_what_a_policy_does_not_give_is_refused(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    world = it.here.world
    with pytest.raises(Forbidden, match="no access policy gives you this credential"):
        await it.ask(world.stranger)
    with pytest.raises(Invalid, match="of a resource or of a credential"):
        await it.ask(resource_id=world.resource)
    with pytest.raises(Invalid, match="Credential Release alone"):
        await it.ask(activity_id=world.shell)
    with pytest.raises(Forbidden, match="no access policy gives you this credential"):
        await it.ask(credential=CredentialWanted(username="nobody"))
    with pytest.raises(Forbidden, match="no access policy gives you this credential"):
        await it.ask(credential=CredentialWanted(it.here.credential_id, allowed=frozenset()))
    await it.ask(credential=CredentialWanted(username="deploy"), activity_name="credential release")
    await database.write(set_status, ACTOR, it.policy.id, is_disabled=True)
    with pytest.raises(Forbidden, match="disabled"):
        await it.ask()


async def test_a_group_stays_while_policies_join_it(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path, group=True)
    groups = await database.read(lambda tx: tx.scalars(sa.text("SELECT id FROM credential_group")))
    group_id = UUID(str(groups[0]))
    with pytest.raises(Conflict, match="access policy “secrets”"):
        await database.write(delete_group, ACTOR, group_id)
    await database.write(set_status, ACTOR, it.policy.id, is_deleted=True)
    await database.write(delete_group, ACTOR, group_id)


async def test_a_policy_that_denies_denies(database: Database, tmp_path: Path) -> None:
    it = await make(database, tmp_path)
    members = Members(identities=[it.here.world.person], credentials=[it.here.credential_id])
    how = {"policy_type": PolicyType.CREDENTIAL, "approval": Approval.DENY}
    denies = await database.write(add_policy, ACTOR, name="no", members=members, **how)
    with pytest.raises(Forbidden, match="denies access"):
        await it.ask(policy_id=denies.id)
