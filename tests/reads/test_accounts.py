"""The list of identities: rows, filters, counts, and the number of statements they take."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities.caller import Role
from locum.identities.model import Kind, identity, local_login
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.errors import Invalid, NotFound
from locum.kit.paging import Listed, Page
from locum.policies.model import policy
from locum.reads import accounts
from locum.reads.accounts import AccountRow
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.request import Request, request_session
from world import make_world


def search(database: Database, *, page: Page | None = None, **filters: object) -> Listed[AccountRow]:
    return database.submit_read(accounts.search, page or Page(order_by="name"), **filters).result()  # type: ignore[arg-type]


def names(listed: Listed[AccountRow]) -> list[str]:
    return [row.name for row in listed.rows]


def test_one_of_each(database: Database, world: World) -> None:
    ada = world.person("Ada", enrolled=False, roles=frozenset({Role.USER, Role.REVIEWER}))
    robot = world.application("robot")
    found = search(database)
    assert names(found) == ["Ada", "robot"]
    assert [(row.kind, row.is_reviewer, row.locked_until) for row in found.rows] == [
        (4, True, None),
        (2, False, None),
    ]
    assert database.submit_read(accounts.one, ada.id).result() == found.rows[0]
    assert database.submit_read(accounts.one, robot.id).result() == found.rows[1]
    with pytest.raises(NotFound):
        database.submit_read(accounts.one, uuid4()).result()


def test_filters_and_order(database: Database, world: World) -> None:
    for name in ("cleo", "Bob", "100%", "ada"):
        world.person(name, enrolled=False)
    world.application("robot")
    assert names(search(database)) == ["100%", "ada", "Bob", "cleo", "robot"]
    assert names(search(database, kind=Kind.APPLICATION)) == ["robot"]
    assert names(search(database, kind=Kind.GROUP)) == []
    assert names(search(database, page=Page(filter_text="BO"))) == ["Bob", "robot"]
    assert names(search(database, page=Page(filter_text="%"))) == ["100%"]
    page = search(database, page=Page(skip=1, take=2, order_by="NAME", descending=True))
    assert (names(page), page.total) == (["cleo", "Bob"], 5)
    with pytest.raises(Invalid):
        search(database, page=Page(order_by="password_hash"))


def test_a_lock_shows_only_while_it_lasts(database: Database, world: World) -> None:
    world.person("ada", enrolled=False)
    for until, shown in (
        (dt.datetime(2100, 1, 1, tzinfo=dt.UTC), True),
        (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), False),
    ):
        change = sa.update(local_login).values(locked_until=until)
        database.submit_write(lambda tx, change=change: tx.run(change)).result()
        assert search(database).rows[0].locked_until == (until if shown else None)


def test_the_number_of_statements_does_not_grow(database: Database, world: World) -> None:
    seen: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *a: seen.append(str(a[2])))

    def statements() -> int:
        seen.clear()
        search(database)
        return sum(text.lstrip().upper().startswith("SELECT") for text in seen)

    world.person("ada", enrolled=False)
    few = statements()
    for number in range(20):
        world.application(f"robot {number}")
    assert statements() == few <= 3


@pytest.mark.anyio
async def test_what_an_account_has_is_counted(database: Database, tmp_path: Path) -> None:
    made = await make_world(database, tmp_path)
    asked = Request(identity_id=made.person, activity_id=made.sudo, resource_id=made.resource)
    for _ in range(3):
        await database.write(request_session, LOCUM, asked, node="node")
    first = sa.select(access_session.c.id).limit(1).scalar_subquery()
    active = {"status": Status.ACTIVE, "actual_start": dt.datetime.now(dt.UTC)}
    await database.write(
        lambda tx: tx.run(sa.update(access_session).where(access_session.c.id == first).values(**active))
    )
    alice, mallory = (await database.read(accounts.search, Page(order_by="name"))).rows
    assert (alice.active_session_count, alice.scheduled_session_count, alice.access_policy_count) == (1, 2, 1)
    assert (mallory.active_session_count, mallory.scheduled_session_count, mallory.access_policy_count) == (
        0,
        0,
        0,
    )
    assert names(search(database, resource_id=made.resource)) == ["Alice"]
    assert names(search(database, resource_id=uuid4())) == []
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_disabled=True)))
    assert names(search(database, resource_id=made.resource)) == []
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_deleted=True)))
    assert [row.access_policy_count for row in search(database).rows] == [0, 0]


def test_reviewers_and_who_could_become_one(database: Database, world: World) -> None:
    ada = world.person("Ada", enrolled=False, roles=frozenset({Role.REVIEWER}))
    eve = world.person("Eve", enrolled=False)
    world.application("robot")

    def reviewers(**filters: object) -> list[str]:
        page = Page(order_by="name")
        return names(database.submit_read(accounts.reviewers, page, **filters).result())  # type: ignore[arg-type]

    assert reviewers() == ["Ada"]
    assert reviewers(candidates=True) == ["Eve"]
    assert reviewers(kind=Kind.APPLICATION) == reviewers(candidates=True, kind=Kind.APPLICATION) == []
    assert names(Listed(database.submit_read(accounts.all_reviewers).result(), 1)) == ["Ada"]
    for gone in (ada, eve):
        values = sa.update(identity).where(identity.c.id == gone.id).values(deleted_at=dt.datetime.now(dt.UTC))
        database.submit_write(lambda tx, values=values: tx.run(values)).result()
    assert reviewers() == reviewers(candidates=True) == []
    assert database.submit_read(accounts.all_reviewers).result() == []
