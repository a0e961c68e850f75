"""The list of resources: rows, counts, filters, and the number of statements they take."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crowd import copy
from locum.kit.db import Database, ReadTx, metadata, open_database, sqlite_url
from locum.kit.errors import Invalid
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.policies.model import policy
from locum.reads.resources import _ORDERED, search
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
    await copy(database, resource, world.resource, 3, name="Host", name_key="host", search_key="host")
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
    assert counts == [(3, 3), (300, 3)]


async def test_every_order_and_what_is_looked_for_where(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    row = (await database.read(search, Page())).rows[0]
    for order in _ORDERED:
        for descending in (False, True):
            with selects(database) as seen:
                page = await database.read(search, Page(order_by=order, descending=descending, filter_text="EB0"))
            assert ([one.id for one in page.rows], page.total, len(seen)) == ([world.resource], 1, 2)
    for text, columns in {
        "WEB01": {"name", "displayname"}, "127.0": {"ipaddress"}, "inux": {"platformname"}, "LOCUM": {"sausername"},
    }.items():  # fmt: skip
        for column in _ORDERED:
            found = await database.read(search, Page(filter_text=text), filter_columns=[column.upper()])
            assert found.rows == ([row] if column in columns else []), (text, column)
    for text in ("web01", "127.0", "inux"):
        assert (await database.read(search, Page(filter_text=text))).rows == [row]
    assert (await database.read(search, Page(filter_text="locum"))).rows == []  # not the login it is entered with
    assert (await database.read(search, Page(filter_text="web", skip=1))).total == 1
    assert (await database.read(search, Page(filter_text="web", take=0))).total == 1


async def test_pages_come_from_an_index_alone(tmp_path: Path) -> None:
    """SQLite says how it goes about it."""
    database = open_database(sqlite_url(tmp_path / "locum.db"))
    metadata.create_all(database.engine)
    sent: list[tuple[str, Any]] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *told: sent.append(told[2:4]))
    await make_world(database, tmp_path)
    for page in (
        Page(filter_text="web"),
        Page(order_by="ipAddress"),
        Page(filter_text="web", order_by="platformName"),
    ):
        sent.clear()
        await database.read(search, page)
        statement, parameters = next(one for one in sent if "FROM resource" in one[0] and "resource.id" in one[0])

        def explain(tx: ReadTx, statement: str = statement, parameters: Any = parameters) -> str:
            found = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return "\n".join(str(row[3]) for row in found)

        assert "resource USING COVERING INDEX ix_resource_search" in await database.read(explain), page
    database.close()
