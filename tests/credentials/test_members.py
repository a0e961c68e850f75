"""Members of groups and override policies: pages, limits, and a bounded number of statements."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from locum.credentials.groups import add_group
from locum.credentials.members import MOST_AT_ONCE, OF_GROUP, add, checked, members, remove
from locum.credentials.model import credential
from locum.kit.db import Database
from locum.kit.errors import Invalid
from locum.kit.ids import new_id
from locum.kit.paging import Page
from rules_world import make_rules
from statements import selects
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_pages_of_members(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    logins = [await rules.login(f"user{n}", None) for n in range(7)]
    group = await database.write(add_group, ACTOR, name="all")
    with selects(database) as asked:
        added = await database.write(add, ACTOR, OF_GROUP, group.id, "all", logins)
    assert len(added) == 7
    assert len(asked) == 2
    page = await database.read(members, OF_GROUP, group.id, Page(take=2, order_by="name", descending=True))
    assert ([row.name for row in page.rows], page.total) == (["user6", "user5"], 7)
    page = await database.read(members, OF_GROUP, group.id, Page(filter_text="USER3"))
    assert [row.id for row in page.rows] == [logins[3]]
    # One that is deleted keeps its row, and is no member that anybody sees.
    gone = sa.update(credential).where(credential.c.id == logins[0]).values(deleted_at=credential.c.created_at)
    await database.write(lambda tx: tx.run(gone))
    assert (await database.read(members, OF_GROUP, group.id, Page())).total == 6
    with pytest.raises(Invalid):
        await database.write(add, ACTOR, OF_GROUP, group.id, "all", [logins[0]])
    assert len(await database.write(remove, ACTOR, OF_GROUP, group.id, "all", logins[:3])) == 2


def test_how_many_ids_may_come_at_once() -> None:
    one = new_id()
    assert checked([one, one]) == {one}
    for count in (0, MOST_AT_ONCE + 1):
        with pytest.raises(Invalid):
            checked([new_id() for _ in range(count)])
