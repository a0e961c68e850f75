"""Lists of leases: whose they are, their order, and a fixed number of statements."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from leasing import Leasing, make_leasing
from locum.identities.caller import Caller, Role
from locum.identities.key_bounds import KeyBounds
from locum.identities.roles import permissions_of
from locum.kit.db import Database, ReadTx
from locum.kit.errors import NotFound
from locum.kit.paging import Listed, Page
from locum.reads.leases import LeaseRow, leases, one_lease
from statements import selects
from world import make_world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def here(database: Database, tmp_path: Path) -> Leasing:
    return make_leasing(database, await make_world(database, tmp_path))


def caller(identity_id: UUID | None, role: Role = Role.APP, key: KeyBounds | None = None) -> Caller:
    assert identity_id is not None
    roles = frozenset({role})
    return Caller(identity_id, "x", "application", roles, permissions_of(roles), None, key=key)


def listed(here: Leasing, who: Caller, page: Page | None = None, *, live: bool = False) -> Listed[LeaseRow]:
    return here.database.submit_read(leases, who, page or Page(), live=live).result()


async def test_one_s_own_newest_first_and_all_for_who_manages_them(here: Leasing) -> None:
    mine = [here.check_out(exclusive=False).id for _ in range(3)]
    theirs = here.check_out(here.other, exclusive=False).id
    robot, other, admin = caller(here.robot.id), caller(here.other.id), caller(uuid4(), Role.ADMIN)
    assert [row.id for row in listed(here, robot).rows] == mine[::-1]
    assert [row.id for row in listed(here, other).rows] == [theirs]
    assert listed(here, admin).total == 4
    (row,) = listed(here, admin, Page(filter_text="OTHER")).rows
    assert (row.id, row.username, row.identity_name, row.state) == (theirs, "deploy", "other", "active")
    here.check_in(mine[0])
    await here.turn()
    assert [row.id for row in listed(here, robot, live=True).rows] == mine[:0:-1]
    assert [row.id for row in listed(here, robot, Page(1, 1)).rows] == [mine[1]]
    read = lambda who: here.database.submit_read(one_lease, who, theirs).result()  # noqa: E731
    assert read(admin).id == read(other).id == theirs
    with pytest.raises(NotFound):
        read(robot)


async def test_sec_30_a_key_for_other_credentials_sees_none(here: Leasing) -> None:
    here.check_out()
    for ids, count in ((frozenset({here.credential_id}), 1), (frozenset({uuid4()}), 0), (None, 1)):
        assert listed(here, caller(here.robot.id, key=KeyBounds(uuid4(), credentials=ids))).total == count


async def test_two_statements_however_many(here: Leasing) -> None:
    def count() -> int:
        def look(tx: ReadTx) -> int:
            with selects(here.database) as seen:
                leases(tx, caller(here.robot.id), Page(), live=False)
            return len(seen)

        return here.database.submit_read(look).result()

    here.check_out(exclusive=False)
    one = count()
    for _ in range(5):
        here.check_out(exclusive=False)
    assert count() == one == 2
