"""A denied access is refused with its reason, by that policy alone and for that person alone, until it is lifted."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from audited import details
from certifying import Certifying, certifying
from locum.activities.read import release_activity
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Forbidden, NotFound
from locum.policies import denials
from locum.policies.certification_model import RowStatus, access_denial
from locum.policies.decide import Allowed, Decision, Denied, decide
from locum.policies.explain import explain
from locum.policies.facts import Asked, gather
from locum.policies.model import PolicyType
from policies_world import host, login, policy
from statements import selects
from world import ACTOR

pytestmark = pytest.mark.anyio

REASON = (
    "a certification denies you this activity on this resource under the access policy “admins”: left the team"
)


@pytest.fixture
async def it(database: Database, tmp_path: Path) -> Certifying:
    return await certifying(database, tmp_path)


async def decided(
    it: Certifying, *, who: UUID | None = None, what: UUID | None = None, where: UUID | None = None
) -> Decision:
    asked = Asked(who or it.world.person, what or it.world.sudo, where or it.world.resource)
    return decide(await it.database.read(gather, asked))


async def denial(it: Certifying) -> UUID:
    found: list[UUID] = await it.database.read(lambda tx: tx.scalars(sa.select(access_denial.c.id)))
    (one,) = found
    return one


async def test_just_that_access_is_denied(it: Certifying) -> None:
    world = it.world
    db02 = await host(it.database, "db02")
    await policy(it.database, "more", identities=[world.person, world.stranger], resources=[db02],
                 activities=[world.sudo])  # fmt: skip
    certification = await it.begun()
    await it.say(certification, RowStatus.DENIED, " left the team ", activity_name="Linux sudo")
    refused = await decided(it)
    assert refused == Denied(REASON, "access not denied by a certification")
    assert isinstance(await decided(it, what=world.shell), Allowed)
    assert isinstance(await decided(it, where=db02), Allowed)
    assert isinstance(await decided(it, who=world.stranger, where=db02), Allowed)
    # Another policy that gives the same is not what was denied.
    other = await policy(it.database, "other", identities=[world.person], activities=[world.sudo],
                         resources=[world.resource])  # fmt: skip
    allowed = await decided(it)
    assert isinstance(allowed, Allowed)
    assert allowed.policy.id == other.id
    (told,) = details(it.database, "access.denied", certification.id)
    assert told == {
        "identity": "Alice",
        "policy": "admins",
        "activity": "Linux sudo",
        "resource": "web01",
        "certification": "autumn",
        "reason": "left the team",
    }


async def test_it_costs_no_statement_more_and_is_explained(it: Certifying) -> None:
    with selects(it.database) as before:
        await decided(it)
    await it.say(await it.begun(), RowStatus.DENIED, "left the team", activity_name="Linux sudo")
    with selects(it.database) as after:
        await decided(it)
    assert len(after) == len(before)
    found = await it.database.read(explain, Asked(it.world.person, it.world.sudo, it.world.resource))
    assert (found.outcome, found.reason, found.policy) == ("denied", REASON, "admins")
    assert [one.refusal for one in found.considered] == [REASON]
    found = await it.database.read(explain, Asked(it.world.person, it.world.shell, it.world.resource))
    assert found.outcome == "allowed"


async def test_a_credential_is_denied_as_a_resource_is(it: Certifying) -> None:
    world = it.world
    root = await login(it.database, world.vault, "root")
    other = await login(it.database, world.vault, "other")
    secrets = await policy(it.database, "secrets", identities=[world.person], credentials=[root, other],
                           policy_type=PolicyType.CREDENTIAL)  # fmt: skip
    release = await it.database.read(release_activity)

    async def released(credential_id: UUID) -> Decision:
        asked = Asked(world.person, release, credential_id=credential_id)
        return decide(await it.database.read(gather, asked))

    certification = await it.begun(policies=[secrets.id])
    await it.say(certification, RowStatus.DENIED, "has an own one", credential_name="root")
    refused = await released(root)
    assert isinstance(refused, Denied)
    assert refused.reason == (
        "a certification denies you this credential under the access policy “secrets”: has an own one"
    )
    assert isinstance(await released(other), Allowed)
    (told,) = details(it.database, "access.denied", certification.id)
    assert (told["username"], "resource" in told) == ("root", False)
    await it.say(certification, RowStatus.APPROVED, credential_name="root")
    assert isinstance(await released(root), Allowed)


async def test_an_administrator_lifts_it_but_never_their_own(it: Certifying) -> None:
    certification = await it.begun()
    await it.say(certification, RowStatus.DENIED, "left the team", activity_name="Linux sudo")
    one = await denial(it)
    with pytest.raises(Forbidden, match="another administrator"):
        await it.database.write(denials.lift, Actor(it.world.person, "Alice"), one, "it was me")
    assert isinstance(await decided(it), Denied)
    with pytest.raises(NotFound):
        await it.database.write(denials.lift, ACTOR, uuid4(), None)
    await it.database.write(denials.lift, ACTOR, one, "came back")
    assert isinstance(await decided(it), Allowed)
    (told,) = details(it.database, "access.denial_lifted", certification.id)
    assert (told["identity"], told["reason"]) == ("Alice", "came back")
    with pytest.raises(NotFound):
        await it.database.write(denials.lift, ACTOR, one, None)


async def test_a_later_certification_has_the_last_word(it: Certifying) -> None:
    first, second = await it.begun("first"), await it.begun("second")
    await it.say(first, RowStatus.DENIED, "one", activity_name="Linux sudo")
    await it.say(second, RowStatus.DENIED, "two", activity_name="Linux sudo")
    refused = await decided(it)
    assert isinstance(refused, Denied)
    assert refused.reason.endswith(": two")
    held = await it.database.read(lambda tx: tx.scalars(sa.select(access_denial.c.certification_id)))
    assert held == [second.id]
    await it.say(first, RowStatus.APPROVED, activity_name="Linux sudo")
    assert isinstance(await decided(it), Allowed)
