"""Searches: who finds what, in which order, in how few statements."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from bench.credential_rows import fill

from locum.credentials.add import add_credential
from locum.credentials.delete import delete_credential
from locum.credentials.manage import manage
from locum.credentials.model import CredentialType, Method, managed_user
from locum.identities.caller import Caller, Role
from locum.identities.key_bounds import KeyBounds
from locum.identities.roles import permissions_of
from locum.kit import db
from locum.kit.db import Database, ReadTx, Tx, metadata, open_database, sqlite_url
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.main.seed import seed
from locum.reads import credential_search
from locum.reads.credential_search import Wanted, search
from locum.reads.credentials import count, is_managed
from locum.resources.model import host_user
from locum.vault.secret import Secret
from statements import selects
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


def caller(role: Role = Role.ADMIN, key: KeyBounds | None = None) -> Caller:
    roles = frozenset({role})
    return Caller(uuid4(), "x", "application", roles, permissions_of(roles), None, key=key)


async def login(database: Database, world: World, username: str) -> UUID:
    made = await database.write(
        add_credential, world.vault, ACTOR, username=username, password=Secret("x"), type=CredentialType.USER
    )
    return made.id


async def names(database: Database, page: Page, wanted: Wanted | None = None, **who: KeyBounds) -> list[str]:
    listed = await database.read(search, caller(**who), page, wanted or Wanted())
    assert listed.total >= len(listed.rows)
    return [row.username for row in listed.rows]


async def test_counts_of_managed_and_others_add_up(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    ids = [await login(database, world, f"app{n}") for n in range(4)]
    for one in ids[:3]:
        await database.write(manage, ACTOR, one, resource_id=world.resource, method=Method.MANUAL)
    await database.write(delete_credential, world.vault, ACTOR, ids[0])
    everything = await database.read(search, caller(), Page(), Wanted())
    assert await database.read(count) == everything.total
    for text in (None, "app"):
        found = {}
        for managed in (True, False):
            listed = await database.read(search, caller(), Page(filter_text=text), Wanted(managed=managed))
            assert listed.total == len(listed.rows)
            found[managed] = [row.username for row in listed.rows]
        assert found[True] == ["app1", "app2"]
        assert "app3" in found[False]
    assert len(await names(database, Page(), Wanted(include_deleted=True))) == everything.total + 1
    assert await database.read(is_managed, ids[1])
    assert not await database.read(is_managed, ids[3])


async def test_sec_30_a_key_finds_its_credentials(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    mine, _ = [await login(database, world, f"app{n}") for n in range(2)]
    key = KeyBounds(uuid4(), credentials=frozenset({mine}))
    assert await names(database, Page(), key=key) == ["app0"]
    assert await names(database, Page(filter_text="app1"), key=key) == []


@pytest.mark.parametrize(
    ("page", "wanted", "statements"),
    [
        (Page(), Wanted(), 3),
        (Page(filter_text="app", order_by="resource"), Wanted(managed=False, managed_type=1), 2),
        (Page(order_by="privilege"), Wanted(credential_type=1), 3),
    ],
    ids=["all", "filtered", "of a type"],
)
async def test_few_statements_whatever_is_asked(
    database: Database, tmp_path: Path, page: Page, wanted: Wanted, statements: int
) -> None:
    world = await make_world(database, tmp_path)
    await login(database, world, "app")
    with selects(database) as seen:
        assert "app" in await names(database, page, wanted)
    assert len(seen) == statements, seen


def settle(tx: Tx, credential_id: UUID, resource_id: UUID, days: int) -> None:
    """Dates and an account for a login; some have the same, so that their order is the ids'."""
    account = new_id()
    times = {"created_at": tx.now, "modified_at": tx.now}
    tx.add(host_user, id=account, resource_id=resource_id, login=str(account), privilege=days % 2, **times)
    when = tx.now + dt.timedelta(days=days)
    values = {"last_verified_at": when, "last_changed_at": when, "next_change_at": when, "host_user_id": account}
    tx.run(sa.update(managed_user).where(managed_user.c.credential_id == credential_id).values(values))


ORDERS = (
    "resource",
    "rotationType",
    "status",
    "lastVerifiedDateTimeUtc",
    "age",
    "nextPasswordChangeDateTimeUtc",
    "privilege",
)


@pytest.mark.parametrize("order", ORDERS)
async def test_an_order_by_index_is_the_order(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """Page by page, both ways, along the index and sorted: the same list, and whoever lives nowhere stands last."""
    world = await make_world(database, tmp_path)
    for n in range(9):
        one = await login(database, world, f"app{n}")
        if n % 3:
            await database.write(manage, ACTOR, one, resource_id=world.resource, method=Method(n % 2 + 1))
            await database.write(settle, one, world.resource, n * 7 % 5)
    for descending in (False, True):
        listed = {}
        for many in (0, 10**9):
            monkeypatch.setattr(credential_search, "_MANY", many)
            pages = [Page(skip, 4, order, descending) for skip in range(0, 16, 4)]
            with selects(database) as seen:
                listed[many] = [await names(database, page) for page in pages]
            assert len(seen) <= 5 * len(pages), seen
            privileged = await names(database, Page(0, 9, order, descending), Wanted(privilege=1))
            assert privileged == [one for page in listed[many] for one in page if one in {"app4", "app8"}]
        assert listed[0] == listed[10**9]
        everyone = [one for page in listed[0] for one in page]
        assert len(everyone) == len(set(everyone)) >= 9
        assert {"app0", "app3", "app6"} <= set(everyone[-4:])


MANY = 6000  # more than are sorted where an index has the order


@pytest.fixture
def crowded(database: Database) -> Database:
    database.submit_write(seed).result()
    fill(database, MANY)
    return database


async def test_many_rows_take_no_more_statements(crowded: Database) -> None:
    """Every order, both ways, with and without a text to look for, near and far, and by what a list is narrowed to."""
    for order in credential_search._ORDERED:
        for wanted, many in ((Wanted(), MANY), (Wanted(managed=False), MANY // 5)):
            for page in (
                Page(take=50, order_by=order),
                Page(take=50, order_by=order, descending=True),
                Page(skip=many - 60, take=50, order_by=order),
                Page(take=50, order_by=order, filter_text="web-"),
            ):
                with selects(crowded) as seen:
                    assert len(await names(crowded, page, wanted)) == 50
                assert len(seen) <= 6, (page, seen)


async def test_pages_come_from_indexes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says how it goes about it: it counts in an index, and sorts nothing where one has the order."""
    database = open_database(sqlite_url(tmp_path / "locum.db"))
    metadata.create_all(database.engine)
    database.submit_write(seed).result()
    fill(database, MANY)
    monkeypatch.setattr(db, "FEW_ROWS", 500)  # the hosts are a tenth as many
    # The readers' connections are older than the statistics.
    await names(database, Page(take=50, order_by="resource"))
    database.gather_statistics()
    sent: list[tuple[str, Any]] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *told: sent.append(told[2:4]))
    for order in ("username", "displayName", "domain", *ORDERS[:-1]):  # there are no accounts, so no privileges
        sent.clear()
        await names(database, Page(take=50, order_by=order))
        count, page, *_rows = [one for one in sent if one[0].startswith("SELECT")]
        count, page = [await plan(database, *one) for one in (count, page)]
        assert "SCAN credential USING COVERING INDEX" in count
        assert "TEMP B-TREE" not in page, order
    database.close()


async def plan(database: Database, statement: str, parameters: Any) -> str:
    def explain(tx: ReadTx) -> str:
        found = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(str(row[3]) for row in found)

    return await database.read(explain)
