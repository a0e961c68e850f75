"""The credentials that a person can ask for: by any way a policy holds them, in a bounded number of statements."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from crowd import copy
from leasing import make_leasing
from locum.activities.model import connection_profile
from locum.credentials.model import credential
from locum.kit.db import Database, Tx
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.main.seed import seed
from locum.policies.model import policy, policy_credential, policy_identity
from locum.policies.visible import Given
from locum.reads.own_credentials import counts, credentials
from statements import selects
from world import make_world

pytestmark = pytest.mark.anyio


async def test_a_page_is_four_statements_whatever_there_is(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await database.write(seed)
    first = make_leasing(database, world).credential_id
    many = [first, *await copy(database, credential, first, 60, name="c", username="c", login_key="c")]

    def give(tx: Tx) -> list[UUID]:
        made = [new_id() for _ in range(5)]
        profile = tx.scalar(sa.select(connection_profile.c.id).limit(1))
        for one in made:
            tx.add(policy, id=one, name=str(one), name_key=str(one), type=1, priority=0, approval=1,
                   notes_required=False, ticket_required=False, connection_profile_id=profile, is_disabled=False,
                   is_deleted=False, created_at=tx.now, modified_at=tx.now)  # fmt: skip
            tx.add(policy_identity, policy_id=one, member_id=world.person)
            tx.add_all(policy_credential, [{"policy_id": one, "member_id": each} for each in many])
        return made

    policies = await database.write(give)
    with selects(database) as seen:
        listed = await database.read(credentials, Page(take=20), world.person)
    assert (len(seen), listed.total, len(listed.rows)) == (4, 61, 20)
    assert {len(one.ways) for one in listed.rows} == {5}
    assert (await database.read(credentials, Page(filter_text="deploy"), world.person)).total == 1
    assert (await database.read(credentials, Page(), world.person, policy_id=new_id())).total == 0
    assert (await database.read(credentials, Page(), new_id())).total == 0
    together = await database.read(counts, Given(policies), by_policy=False)
    assert {of: one.total for of, one in together.items()} == {None: 61}
    each = await database.read(counts, Given(policies), by_policy=True)
    assert {of: one.total for of, one in each.items()} == dict.fromkeys(policies, 61)
