"""Disabling, deleting and restoring a policy."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from audited import details
from locum.kit.db import Database
from locum.kit.errors import Conflict, NotFound
from locum.policies.add import get_policy
from locum.policies.status import delete_policy, set_status
from policies_world import policy
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_what_is_given_is_set_and_told_once(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    for flags, expected in (
        ({}, (False, False)),
        ({"is_disabled": True}, (False, True)),
        ({"is_disabled": True}, (False, True)),
        ({"is_deleted": True, "is_disabled": False}, (True, False)),
        ({"is_deleted": False}, (False, False)),
        ({"is_deleted": False, "is_disabled": False}, (False, False)),
    ):
        row = await database.write(set_status, ACTOR, world.policy, **flags)
        assert (row.is_deleted, row.is_disabled) == expected
    for action in ("disabled", "enabled", "deleted", "restored"):
        assert details(database, f"policy.{action}", world.policy) == [{"policy": "admins"}]


async def test_a_deleted_policy_s_name_is_free_and_it_comes_back_under_no_other_s(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    await database.write(delete_policy, ACTOR, world.policy)
    with pytest.raises(NotFound):
        await database.read(get_policy, world.policy)
    for unknown in (world.policy, uuid4()):
        with pytest.raises(NotFound):
            await database.write(delete_policy, ACTOR, unknown)
    other = await policy(database, "Admins")
    with pytest.raises(Conflict):
        await database.write(set_status, ACTOR, world.policy, is_deleted=False)
    await database.write(delete_policy, ACTOR, other.id)
    assert (await database.write(set_status, ACTOR, world.policy, is_deleted=False)).name_key == "admins"
    with pytest.raises(NotFound):
        await database.write(set_status, ACTOR, uuid4(), is_disabled=True)
