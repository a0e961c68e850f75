"""A session that waited is decided about again, under its own policy and with what it was asked for with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.access_windows import AccessWindow
from locum.activities.custom_fields import CustomField
from locum.activities.ip_rules import IpRule
from locum.activities.model import connection_profile, custom_field
from locum.activities.profiles import change_profile, set_ip_rules, set_windows
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.kit.ids import NIL
from locum.policies.add import add_policy
from locum.policies.decide import Approval
from locum.policies.locks import Place, lock_activity, lock_resource
from locum.policies.members import Members
from locum.policies.model import policy, policy_identity
from locum.sessions import transition
from locum.sessions.approval import decide
from locum.sessions.approval_rules import State
from locum.sessions.approval_workflow import NewTier, add_workflow
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession
from locum.sessions.redecide import refusal, refusal_at_start
from locum.sessions.request import Request, request_session
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio

QUESTION = CustomField(NIL, 1, "change", None, None, 0, None, True, None)
NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)  # a Thursday


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    made = await make_world(database, tmp_path)

    def ask_more(tx: Tx) -> None:
        profile = tx.scalar(sa.select(connection_profile.c.id))
        change_profile(tx, ACTOR, profile, {"notes_required": True}, fields=[QUESTION])

    await database.write(ask_more)
    return made


async def asked(database: Database, world: World, **more: Any) -> AccessSession:
    request = Request(
        identity_id=world.person,
        activity_id=world.sudo,
        resource_id=world.resource,
        note="why",
        answers=(("change", "7"),),
        **more,
    )
    session_id = await database.write(request_session, ACTOR, request, node="n")
    return await database.read(transition.get, session_id)


async def why_not(database: Database, session: AccessSession) -> str | None:
    return await database.read(refusal_at_start, session.id)


OWN = sa.update(policy).where(policy.c.name == "admins")
CHANGES: dict[str, tuple[Callable[[Tx, World], object], str | None]] = {
    "nothing": (lambda tx, world: None, None),
    "disabled": (lambda tx, world: tx.run(OWN.values(is_disabled=True)), "is disabled"),
    "deleted": (lambda tx, world: tx.run(OWN.values(is_deleted=True)), "no access policy gives"),
    "denies": (lambda tx, world: tx.run(OWN.values(approval=Approval.DENY)), "denies access"),
    "member": (lambda tx, world: tx.run(sa.delete(policy_identity)), "no access policy gives"),
    "locked": (lambda tx, world: lock(tx, world.person), "your account is locked"),
    "activity locked": (
        lambda tx, world: lock_activity(tx, ACTOR, world.sudo, Place(world.resource), "call us"),
        "this activity is locked here by an administrator: call us",
    ),
    "resource locked": (
        lambda tx, world: lock_resource(tx, ACTOR, world.resource, None),
        "this resource is locked by an administrator",
    ),
    "ticket": (lambda tx, world: tx.run(OWN.values(ticket_required=True)), "requires a ticket"),
    "question gone": (lambda tx, world: tx.run(sa.delete(custom_field)), None),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_what_has_changed_since(database: Database, world: World, change: str) -> None:
    session = await asked(database, world)
    # Another policy that would give it does not help: it was asked for under this one.
    everything = Members([world.person], [world.resource], [world.sudo])
    if "locked" not in change:
        await database.write(add_policy, ACTOR, name="other", members=everything, priority=5, is_disabled=False)
    step, words = CHANGES[change]
    other = sa.select(policy.c.id).where(policy.c.name == "other").scalar_subquery()
    await database.write(step, world)
    if change == "member":
        await database.write(
            lambda tx: tx.run(sa.insert(policy_identity).values(policy_id=other, member_id=world.person))
        )
    found = await why_not(database, session)
    assert (found is None) == (words is None), found
    assert words is None or (found or "").startswith("not allowed any more: ")
    assert words is None or words in (found or "")


async def test_the_window_is_asked_and_the_address_is_not(database: Database, world: World) -> None:
    session = await asked(database, world)

    def narrow(tx: Tx) -> None:
        set_ip_rules(tx, ACTOR, session.profile_id, [IpRule("192.0.2.1", True, 0)])
        set_windows(tx, ACTOR, session.profile_id, [AccessWindow("Thursday", "11:00", "13:00", "UTC")])

    await database.write(narrow)
    assert await database.read(refusal, session, NOON) is None
    assert "only at these times" in (await database.read(refusal, session, NOON + dt.timedelta(hours=2)) or "")


async def needs_approval(database: Database, approver: UUID) -> None:
    def put(tx: Tx) -> None:
        made = add_workflow(tx, ACTOR, name="w", tiers=[NewTier((approver,))])
        tx.run(sa.update(connection_profile).values(approval_workflow_id=made.id))
        tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))

    await database.write(put)


async def test_one_that_was_allowed_does_not_start_without_the_approval_that_is_asked_by_now(
    database: Database, world: World
) -> None:
    session = await asked(database, world)
    await needs_approval(database, world.stranger)
    assert "asks for approval by now" in (await why_not(database, session) or "")
    approved = await asked(database, world)
    assert approved.status == Status.APPROVAL_REQUIRED
    await database.write(decide, Actor(world.stranger, "Mallory"), approved.id, State.APPROVED, None)
    assert await why_not(database, approved) is None


async def test_a_yes_to_what_nothing_gives_any_more_grants_nothing(database: Database, world: World) -> None:
    await needs_approval(database, world.stranger)
    session = await asked(database, world)
    await database.write(CHANGES["disabled"][0], world)
    found = await database.write(decide, Actor(world.stranger, "Mallory"), session.id, State.APPROVED, None)
    assert found.status == Status.APPROVAL_FAILED
    assert found.status_description == "not allowed any more: the access policy “admins” is disabled"
