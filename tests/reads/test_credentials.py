"""Searches look at as few tables as they need; ages, types and counts come from what is there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from locum.credentials.add import add_credential
from locum.credentials.delete import delete_credential
from locum.credentials.manage import manage
from locum.credentials.model import CredentialType, Method
from locum.identities.caller import Caller, Role
from locum.identities.key_bounds import KeyBounds
from locum.identities.roles import permissions_of
from locum.kit.db import Database
from locum.kit.paging import Page
from locum.reads.credentials import CredentialRow, Wanted, count, details, is_managed, search
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


async def test_three_statements_whatever_is_asked(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    await login(database, world, "app")
    for page, wanted in (
        (Page(), Wanted()),
        (Page(filter_text="app", order_by="resource"), Wanted(managed=False, managed_type=1)),
        (Page(order_by="privilege"), Wanted(credential_type=1)),
    ):
        with selects(database) as seen:
            assert "app" in await names(database, page, wanted)
        assert len(seen) == 3, seen


async def test_how_old_a_secret_is(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    row = await database.read(details, await login(database, world, "app"))
    assert isinstance(row, CredentialRow)
    assert row.secret_set_at == row.created_at
    assert row.age(row.created_at + dt.timedelta(days=3, hours=1)) == 3
    assert row.age(row.created_at - dt.timedelta(days=1)) == 0
