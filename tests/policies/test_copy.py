"""Copies of policies."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.policies.copy import copy_policy
from locum.policies.decide import Approval
from locum.policies.groups import PEOPLE
from locum.policies.members import members_of
from locum.policies.model import Policy
from locum.policies.status import set_status
from policies_world import group, policy
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_all_but_name_and_times_is_the_same(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    friends = await group(database, PEOPLE, "friends", world.stranger)
    values = {"description": "d", "priority": 4, "approval": Approval.WORKFLOW}
    flags = {"notes_required": True, "ticket_required": True}
    held = await policy(
        database, "one", groups=[friends], identities=[world.person], activities=[world.sudo], **values, **flags
    )
    held = await database.write(set_status, ACTOR, held.id, is_disabled=True)
    made = await database.write(copy_policy, ACTOR, held.id, name="Two")
    assert await database.read(members_of, made.id) == await database.read(members_of, held.id)
    other = {"id", "name", "name_key", "created_at", "modified_at"}
    same = [name for name in Policy.__struct_fields__ if name not in other]
    assert [getattr(made, name) for name in same] == [getattr(held, name) for name in same]
    assert (made.name, made.name_key) == ("Two", "two")
    for name, error in (("ONE", Conflict), ("", Invalid), (None, Invalid)):
        with pytest.raises(error):
            await database.write(copy_policy, ACTOR, held.id, name=name)
    with pytest.raises(NotFound):
        await database.write(copy_policy, ACTOR, uuid4(), name="Three")
