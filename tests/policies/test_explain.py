"""Explanations: what is said is what is decided, by which ways, and what was close."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given

from locum.activities.model import connection_profile
from locum.kit.db import Database, Tx
from locum.policies.add import Members, add_policy
from locum.policies.decide import Allowed, Approval, Denied, Facts, NeedsApproval, decide
from locum.policies.explain import Explanation, Way, explain, told
from locum.policies.model import policy
from policies.test_decide import FACTS
from policy_groups import Groups, group_them
from statements import selects
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio


async def asked(database: Database, world: World, **changes: UUID) -> Explanation:
    ids = {"identity_id": world.person, "activity_id": world.sudo, "resource_id": world.resource, **changes}
    return await database.read(explain, **ids)


@given(FACTS)
def test_it_agrees_with_the_decision(facts: Facts) -> None:
    decision, (outcome, reason, missing, by) = decide(facts), told(facts)
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
        tx.run(
            sa.update(connection_profile).values(approval_workflow_id=world.policy)
        )  # any: it is only looked for
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
    assert counts == [(1, 0, 7), (101, 20, 7)]
