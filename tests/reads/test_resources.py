"""The list of resources: rows, counts, filters, and the number of statements they take."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.kit.db import Database
from locum.kit.errors import Invalid
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.policies.model import policy
from locum.reads.resources import search
from locum.resources.model import resource
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from statements import selects
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio


async def test_a_row_has_what_is_around_the_resource(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    asked = Request(identity_id=world.person, activity_id=world.sudo, resource_id=world.resource)
    ids = [await database.write(request_session, ACTOR, asked, node="n") for _ in range(3)]
    active = {"status": Status.ACTIVE, "actual_start": dt.datetime.now(dt.UTC)}
    await database.write(
        lambda tx: tx.run(sa.update(access_session).where(access_session.c.id == ids[0]).values(**active))
    )
    (row,) = (await database.read(search, Page())).rows
    assert (row.name, row.ip_address, row.platform_name, row.built_in_account) == (
        "web01",
        "127.0.0.1",
        "Linux",
        "root",
    )
    assert (row.service_account_username, row.service_account_name) == ("locum", None)
    assert (row.active_session_count, row.scheduled_session_count, row.access_policy_count) == (1, 2, 1)
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_deleted=True)))
    await database.write(lambda tx: tx.run(sa.update(resource).values(service_account_id=None)))
    (row,) = (await database.read(search, Page())).rows
    assert (row.access_policy_count, row.service_account_username) == (0, None)


async def test_filters_and_order(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await copy(database, resource, world.resource, 3, name="Host", name_key="host")
    page = await database.read(search, Page(order_by="NAME", descending=True, skip=1, take=2))
    assert ([row.name for row in page.rows], page.total) == (["Host0002", "Host0001"], 4)
    assert (await database.read(search, Page(filter_text="OST0001"))).total == 1
    assert (await database.read(search, Page(filter_text="OST0001"), filter_columns=["ipAddress"])).total == 0
    assert (await database.read(search, Page(filter_text="OST0001"), filter_columns=["Name"])).total == 1
    assert (await database.read(search, Page(), resource_type=1)).total == 0
    assert (await database.read(search, Page(), resource_id=world.resource)).total == 1
    assert (await database.read(search, Page(), resource_id=new_id())).total == 0
    with pytest.raises(Invalid):
        await database.read(search, Page(order_by="id"))


async def test_the_number_of_statements_does_not_grow(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    counts = []
    for number, times in enumerate((2, 297)):
        start = f"h{number}"
        await copy(database, resource, world.resource, times, name=start, name_key=start)
        with selects(database) as seen:
            counts.append((len((await database.read(search, Page(take=1000))).rows), len(seen)))
    assert counts == [(3, 2), (300, 2)]
