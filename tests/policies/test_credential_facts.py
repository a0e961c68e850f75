"""Which policies give a credential to whom."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from leasing import make_leasing
from locum.credentials.groups import add_credentials, add_group
from locum.credentials.model import credential, managed_user
from locum.kit.db import Database
from locum.policies import groups
from locum.policies.credential_facts import gather_release, release_activity
from locum.policies.decide import Allowed, Denied, decide
from locum.policies.model import PolicyType
from policies_world import group, policy, vault_resource
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

SECRETS = PolicyType.CREDENTIAL


async def test_a_policy_holds_it_by_itself_by_a_group_or_by_its_vault(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    kept = make_leasing(database, world).credential_id
    vault = await vault_resource(database, "safe")
    of = await database.write(add_group, ACTOR, name="deployers")
    people = await group(database, groups.PEOPLE, "team", world.person)
    by_itself = await policy(database, "a", identities=[world.person], credentials=[kept], policy_type=SECRETS)
    by_group = await policy(database, "b", groups=[people], credential_groups=[of.id], policy_type=SECRETS)
    by_vault = await policy(database, "c", identities=[world.person], resources=[vault], policy_type=SECRETS)

    async def found(person: UUID = world.person, activity: UUID | None = None) -> set[UUID]:
        facts = await database.read(
            gather_release,
            identity_id=person,
            activity_id=activity or await database.read(release_activity),
            credential_id=kept,
            wanted_policy_id=None,
            note="",
            ticket="",
        )
        assert isinstance(decide(facts), Allowed if facts.policies else Denied)
        return {one.id for one in facts.policies}

    assert await found() == {by_itself.id}
    await database.write(add_credentials, ACTOR, of.id, [kept])
    assert await found() == {by_itself.id, by_group.id}
    await database.write(lambda tx: tx.run(sa.update(managed_user).values(resource_id=vault)))
    assert await found() == {by_itself.id, by_group.id, by_vault.id}
    assert await found(world.stranger) == await found(uuid4()) == await found(activity=world.shell) == set()
    await database.write(lambda tx: tx.run(sa.update(credential).values(deleted_at=tx.now)))
    assert await found() == set()
