"""What the policies of a group give to its members."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from locum.kit.db import Database
from locum.kit.paging import Page
from locum.policies.groups import ACTIVITIES, COLLECTIONS, PEOPLE
from locum.policies.status import delete_policy
from locum.reads.group_cards import group_cards
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from policies_world import group, policy
from statements import selects
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_each_activity_of_each_policy_and_when_a_member_began_it(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    friends = await group(database, PEOPLE, "friends", world.person)
    around = await group(database, COLLECTIONS, "around", friends)
    both = await group(database, ACTIVITIES, "both", world.sudo, world.shell)
    made = await policy(database, "p", groups=[around], activity_groups=[both])
    gone = await policy(database, "gone", groups=[around], activity_groups=[both])
    await database.write(delete_policy, ACTOR, gone.id)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    await database.write(request_session, ACTOR, asked, node="n")
    began = dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)
    under = sa.update(access_session).values(actual_start=began, policy_id=made.id)
    await database.write(lambda tx: tx.run(under))
    with selects(database) as seen:
        listed = await database.read(group_cards, Page(), around, last_run=True)
    assert len(seen) == 4
    assert [(row.name, row.policy_name, row.last_start) for row in listed.rows] == [
        ("Linux shell", "p", None),
        ("Linux sudo", "p", began),
    ]
    listed = await database.read(group_cards, Page(filter_text="sudo"), around, last_run=False)
    assert ([row.last_start for row in listed.rows], listed.total) == ([None], 1)
    for other in (friends, uuid4()):
        assert (await database.read(group_cards, Page(), other, last_run=True)).rows == []
