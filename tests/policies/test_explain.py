"""Explanations: what is said is what is decided, by which ways, and what was close."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from locum.activities.access_windows import AccessWindow
from locum.activities.custom_fields import CustomField
from locum.activities.ip_rules import IpRule
from locum.activities.model import activity, connection_profile
from locum.activities.profile_settings import NEW
from locum.activities.profiles import add_profile, set_ip_rules, set_windows
from locum.activities.read import release_activity
from locum.credentials.groups import add_credentials, add_group
from locum.credentials.manage import put_in_vault
from locum.kit.db import Database, Tx
from locum.kit.errors import Forbidden
from locum.kit.ids import NIL
from locum.policies.add import Members, add_policy
from locum.policies.decide import (
    WANTED_CREDENTIAL,
    WANTED_RESOURCE,
    Allowed,
    Approval,
    Denied,
    Facts,
    NeedsApproval,
    Origin,
    decide,
)
from locum.policies.explain import Explanation, Way, explain, refusals, told
from locum.policies.facts import Asked
from locum.policies.locks import Place, lock_activity
from locum.policies.model import PolicyType, policy
from locum.policies.status import delete_policy, set_status
from locum.resources.model import platform
from locum.sessions import transition
from locum.sessions.approval_workflow import NewTier, add_workflow
from locum.sessions.lifecycle import Status
from locum.sessions.request import Request, request_session
from locum.sessions.wanted_credential import CredentialWanted
from policies.test_decide import FACTS
from policies_world import login, vault_resource
from policy_groups import Groups, group_them
from statements import selects
from world import ACTOR, World, lock, make_world

pytestmark = pytest.mark.anyio


def workflow(tx: Tx, approver: UUID) -> None:
    """Every profile names this one."""
    made = add_workflow(tx, ACTOR, name="w", tiers=[NewTier((approver,))])
    tx.run(sa.update(connection_profile).values(approval_workflow_id=made.id))


async def asked(database: Database, world: World, **changes: Any) -> Explanation:
    ids = {"identity_id": world.person, "activity_id": world.sudo, "resource_id": world.resource, **changes}
    return await database.read(explain, Asked(**ids))


@given(FACTS, st.sampled_from([WANTED_RESOURCE, WANTED_CREDENTIAL]))
def test_it_agrees_with_the_decision(facts: Facts, wanted: str) -> None:
    facts = replace(facts, wanted=wanted)
    decision, (outcome, reason, missing, by) = decide(facts), told(facts)
    shown = {one.policy.name: refusal for one, refusal in refusals(facts)}
    assert [name for name, refusal in shown.items() if refusal is None][:1] == (
        [] if isinstance(decision, Denied) else [decision.policy.name]
    )
    assert reason != f"no access policy gives you {wanted}" or not shown
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
        workflow(tx, world.stranger)
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


class Secrets:
    """A credential with every way by which a policy can hold it and the world's person, made anew from dice."""

    def __init__(self, credential: UUID, people: list[UUID], groups: list[UUID], things: dict[str, UUID]) -> None:
        self.credential, self.people, self.groups, self.things = credential, people, groups, things

    async def draw(self, database: Database, dice: Random) -> list[dict[str, Any]]:
        """A few policies, each with some ways, or none, to each and some rules; answers what each was given."""
        drawn = [self._one(dice, n) for n in range(dice.randrange(4))]

        def make(tx: Tx) -> None:
            for one in tx.scalars(sa.select(policy.c.id).where(policy.c.is_deleted.is_(False))):
                delete_policy(tx, ACTOR, one)
            for one in drawn:
                things = {kind: [self.things[kind]] for kind in one["things"]}
                members = Members(one["people"], groups=one["groups"], **things)
                made = add_policy(tx, ACTOR, name=one["name"], members=members, **one["how"])
                set_status(tx, ACTOR, made.id, is_disabled=one["disabled"])

        await database.write(make)
        return drawn

    def _one(self, dice: Random, number: int) -> dict[str, Any]:
        return {
            "name": f"policy {dice.random()}",
            "people": [one for one in self.people if dice.randrange(3) == 0],
            "groups": [one for one in self.groups if dice.randrange(4) == 0],
            "things": [kind for kind in self.things if dice.randrange(3) == 0],
            "disabled": dice.randrange(4) == 0,
            "how": {
                "policy_type": PolicyType.CREDENTIAL,
                "priority": dice.randrange(3),
                "notes_required": dice.randrange(3) == 0,
                "approval": dice.choice([Approval.ALLOW, Approval.ALLOW, Approval.DENY, Approval.WORKFLOW]),
            },
        }


async def make_secrets(database: Database, world: World) -> Secrets:
    kept = await login(database, world.vault, "deploy")
    safe = await vault_resource(database, "safe")
    held = await database.write(add_group, ACTOR, name="deployers")
    of: Groups = await database.write(group_them, world)

    def place(tx: Tx) -> None:
        workflow(tx, world.stranger)
        add_credentials(tx, ACTOR, held.id, [kept])
        put_in_vault(tx, ACTOR, kept, "safe")

    await database.write(place)
    things = {"credentials": kept, "credential_groups": held.id, "resources": safe}
    return Secrets(kept, [world.person, world.stranger], [of.people, of.both, of.direct], things)


async def requested(database: Database, asked: Request) -> list[Any]:
    """The outcome of a request, and the policy of its session, or the reason and the rule that is lacking."""
    try:
        session = await database.read(
            transition.get, await database.write(request_session, ACTOR, asked, node="n")
        )
    except Forbidden as refused:
        return ["denied", refused.detail, refused.missing]
    waits = session.status == Status.APPROVAL_REQUIRED
    return ["needs approval" if waits else "allowed", session.policy_id]


@pytest.mark.parametrize("cases", [15, pytest.param(200, marks=pytest.mark.full)])
async def test_of_a_credential_it_agrees_with_what_a_request_finds(
    database: Database, tmp_path: Path, cases: int
) -> None:
    world = await make_world(database, tmp_path)
    secrets, dice = await make_secrets(database, world), Random(5)
    outcomes = set()
    names = {"credentials": "deploy", "credential_groups": "deployers", "resources": "safe"}
    release = await database.read(release_activity)
    for _ in range(cases):
        drawn = await secrets.draw(database, dice)
        note = dice.choice(["", "release 7"])
        found = await database.read(
            explain, Asked(world.person, release, credential_id=secrets.credential, note=note)
        )
        asked = Request(world.person, note=note, credential=CredentialWanted(id=secrets.credential))
        told = [found.outcome, found.reason, found.missing]
        if found.outcome != "denied":
            told = [found.outcome, *(one.policy_id for one in found.considered if one.refusal is None)][:2]
        assert await requested(database, asked) == told
        whose = [one for one in drawn if world.person in one["people"] or one["groups"]]
        assert {one.policy for one in found.considered} == {one["name"] for one in whose if one["things"]}
        assert {one.policy for one in found.near} == {one["name"] for one in whose if not one["things"]}
        for one in found.considered:
            (as_drawn,) = [d for d in drawn if d["name"] == one.policy]
            assert [way.name for way in one.credential] == sorted(names[kind] for kind in as_drawn["things"])
            assert one.person
            assert (one.activity, one.resource) == ([], [])
        assert all(one.missing == ["credential"] for one in found.near)
        outcomes.add((found.outcome, found.missing))
    assert {outcome for outcome, _ in outcomes} == {"allowed", "needs approval", "denied"}
    assert {None, "access policy", "enabled access policy"} <= {missing for _, missing in outcomes}


async def test_of_a_credential_too_the_number_of_statements_does_not_grow(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    secrets = await make_secrets(database, world)
    release = await database.read(release_activity)
    counts, many = [], Members([world.person], credentials=[secrets.credential])
    for names in (["one"], [f"policy {n}" for n in range(100)]):
        for name in names:
            await database.write(add_policy, ACTOR, name=name, members=many, policy_type=PolicyType.CREDENTIAL)
        with selects(database) as seen:
            found = await database.read(explain, Asked(world.person, release, credential_id=secrets.credential))
        counts.append((len(found.considered), len(seen)))
    assert counts == [(1, 10), (101, 10)]
