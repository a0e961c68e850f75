"""Explanations: what is said is what is decided, by which ways, and what was close."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given

from locum.activities.access_windows import AccessWindow
from locum.activities.custom_fields import CustomField
from locum.activities.ip_rules import IpRule
from locum.activities.model import activity, connection_profile
from locum.activities.profile_settings import NEW
from locum.activities.profiles import add_profile, set_ip_rules, set_windows
from locum.kit.db import Database, Tx
from locum.kit.ids import NIL, new_id
from locum.policies.add import Members, add_policy
from locum.policies.decide import Allowed, Approval, Denied, Facts, NeedsApproval, Origin, decide
from locum.policies.explain import Explanation, Way, explain, refusals, told
from locum.policies.locks import Place, lock_activity
from locum.policies.model import policy
from locum.policies.workflow_model import approval_workflow
from locum.resources.model import platform
from policies.test_decide import FACTS
from policy_groups import Groups, group_them
from statements import selects
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio


def workflow(tx: Tx) -> None:
    """Every profile names this one; nobody is asked in it."""
    made = new_id()
    tx.add(
        approval_workflow,
        id=made,
        name="w",
        name_key="w",
        self_approval=False,
        created_at=tx.now,
        modified_at=tx.now,
    )
    tx.run(sa.update(connection_profile).values(approval_workflow_id=made))


async def asked(database: Database, world: World, **changes: Any) -> Explanation:
    ids = {"identity_id": world.person, "activity_id": world.sudo, "resource_id": world.resource, **changes}
    return await database.read(explain, **ids)


@given(FACTS)
def test_it_agrees_with_the_decision(facts: Facts) -> None:
    decision, (outcome, reason, missing, by) = decide(facts), told(facts)
    shown = {one.policy.name: refusal for one, refusal in refusals(facts)}
    assert [name for name, refusal in shown.items() if refusal is None][:1] == (
        [] if isinstance(decision, Denied) else [decision.policy.name]
    )
    words = {Allowed: "allowed", NeedsApproval: "needs approval", Denied: "denied"}
    assert outcome == words[type(decision)]
    if isinstance(decision, Denied):
        assert (reason, missing) == (decision.reason, decision.missing)
    else:
        assert by == decision.policy.name
        assert missing is None


async def test_every_way_is_named(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    groups: Groups = await database.write(group_them, world)
    await database.write(groups.join_all, world.policy)
    found = await asked(database, world)
    assert (found.outcome, found.policy, found.missing) == ("allowed", "admins", None)
    (one,) = found.considered
    assert one.person == [
        Way("Alice"), Way("by name"), Way("everyone on call", via="operators"), Way("operators"),
    ]  # fmt: skip
    assert one.activity == [Way("Linux sudo"), Way("root everywhere")]
    assert one.resource == [Way("web hosts"), Way("web01")]
    assert (one.refusal, found.near) == (None, [])


async def test_what_each_policy_lacks(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def more(tx: Tx) -> None:
        workflow(tx)
        everything = Members([world.person], [world.resource], [world.sudo])
        add_policy(tx, ACTOR, name="with notes", members=everything, priority=-1, notes_required=True)
        add_policy(tx, ACTOR, name="asks", members=everything, priority=-2, approval=Approval.WORKFLOW)
        add_policy(tx, ACTOR, name="nowhere", members=Members([world.person], [], [world.sudo]))
        add_policy(tx, ACTOR, name="nothing", members=Members([world.person], [], []))

    await database.write(more)
    found = await asked(database, world)
    assert (found.outcome, found.policy) == ("needs approval", "asks")
    assert [(one.policy, one.missing) for one in found.considered] == [
        ("asks", None), ("with notes", "notes"), ("admins", None),
    ]  # fmt: skip
    assert [(one.policy, one.missing) for one in found.near] == [
        ("nowhere", ["resource"]), ("nothing", ["activity", "resource"]),
    ]  # fmt: skip
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_disabled=True)))
    found = await asked(database, world)
    assert (found.outcome, found.missing, found.policy) == ("denied", "enabled access policy", "asks")
    await database.write(lock, world.person)
    found = await asked(database, world)
    assert (found.outcome, found.missing, found.policy) == ("denied", "account not locked", None)


async def test_of_the_wrong_platform_none_would_let_it_pass(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    other = sa.select(platform.c.id).where(platform.c.name == "PostgreSQL").scalar_subquery()
    await database.write(lambda tx: tx.run(sa.update(activity).values(platform_id=other)))
    found = await asked(database, world)
    assert (found.outcome, found.missing, found.policy) == ("denied", "matching platform", None)
    assert [(one.policy, one.missing) for one in found.considered] == [("admins", "matching platform")]


async def test_what_each_profile_refuses(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def more(tx: Tx) -> None:
        question = CustomField(NIL, 1, "change", None, None, 0, None, True, None)
        asks = add_profile(tx, ACTOR, name="asks", fields=[question]).id
        near = add_profile(tx, ACTOR, name="near").id
        set_ip_rules(tx, ACTOR, near, [IpRule("10.0.0.0/8", True, 2)])
        noon = add_profile(tx, ACTOR, name="noon", settings=msgspec.structs.replace(NEW, notes_required=True)).id
        set_windows(tx, ACTOR, noon, [AccessWindow("Thursday", "11:00", "13:00", "UTC")])
        everything = Members([world.person], [world.resource], [world.sudo])
        for priority, (name, profile) in enumerate([("asks", asks), ("near", near), ("noon", noon)], -3):
            add_policy(tx, ACTOR, name=name, members=everything, priority=priority, connection_profile_id=profile)

    await database.write(more)

    async def lacking(**how: Any) -> tuple[str | None, list[str | None]]:
        found = await asked(database, world, **how)
        return found.policy, [one.missing for one in found.considered]

    thursday = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
    far = Origin("192.0.2.1")
    assert await lacking() == ("near", ["custom field", None, "notes", None])
    assert await lacking(origin=far) == ("admins", ["custom field", "allowed address", "notes", None])
    assert await lacking(origin=far, at=thursday, note="x") == (
        "noon",
        ["custom field", "allowed address", None, None],
    )
    assert await lacking(origin=far, at=thursday + dt.timedelta(days=1), note="x") == (
        "admins",
        ["custom field", "allowed address", "access window", None],
    )
    assert await lacking(answers=(("change", "12"),)) == (
        "asks",
        [None, "custom field", "notes", "custom field"],
    )


async def test_a_lock_is_named(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(lock_activity, ACTOR, world.sudo, Place(world.resource), "call us")
    found = await asked(database, world)
    told = ("denied", "this activity is locked here by an administrator: call us", "activity not locked", None)
    assert (found.outcome, found.reason, found.missing, found.policy) == told
    assert [(one.policy, one.refusal) for one in found.considered] == [("admins", told[1])]
    assert (await asked(database, world, activity_id=world.shell)).outcome == "allowed"


async def test_a_stranger_has_nothing_near(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    found = await asked(database, world, identity_id=world.stranger)
    assert (found.outcome, found.missing, found.considered, found.near) == ("denied", "access policy", [], [])


async def test_the_number_of_statements_does_not_grow(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)

    def more(tx: Tx) -> None:
        for n in range(200):
            where = [world.resource] if n % 2 else []
            add_policy(tx, ACTOR, name=f"policy {n}", members=Members([world.person], where, [world.sudo]))

    counts = []
    for step in (lambda tx: None, more):
        await database.write(step)
        with selects(database) as seen:
            found = await asked(database, world)
        counts.append((len(found.considered), len(found.near), len(seen)))
    assert counts == [(1, 0, 11), (101, 20, 11)]
