"""Which rules hold for a credential: the closest place that says something, in one statement however many there are."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.credentials.complexities import add_complexity
from locum.credentials.effective import (
    Effective,
    effective,
    effective_where,
    is_of_platform,
    is_under,
    look_again,
    platform_of,
    uses_schedule,
)
from locum.credentials.model import (
    Method,
    credential,
    managed_user,
    override_credential,
    override_policy,
    override_resource,
    password_complexity,
)
from locum.kit.db import Database
from locum.kit.errors import NotFound
from locum.kit.ids import new_id
from locum.resources.model import platform
from rules_world import Rules, make_rules
from statements import selects
from world import ACTOR

pytestmark = pytest.mark.anyio


async def of(rules: Rules, credential_id: UUID) -> Effective:
    return await rules.database.read(effective, credential_id)


async def override(rules: Rules, name: str, kind: int, member: UUID, **schedules: UUID) -> UUID:
    override_id, linux = new_id(), await rules.platform()
    table, column = (override_resource, "resource_id") if kind else (override_credential, "credential_id")

    def add(tx: object) -> None:
        times = {"created_at": tx.now, "modified_at": tx.now}  # type: ignore[attr-defined]
        row = {"id": override_id, "name": name, "name_key": name, "type": kind, "platform_id": linux}
        tx.add(override_policy, **row, **schedules, **times)  # type: ignore[attr-defined]
        tx.add(table, **{column: member, "override_id": override_id})  # type: ignore[attr-defined]

    await rules.database.write(add)
    return override_id


async def test_without_any_rule_the_default_complexity_holds(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    login, alone = await rules.login("root", await rules.host("db01")), await rules.login("key", None)
    for credential_id, platform_id in ((login, await rules.platform()), (alone, None)):
        found = await of(rules, credential_id)
        assert (found.credential_id, found.platform_id, found.reset_on_mismatch) == (
            credential_id,
            platform_id,
            False,
        )
        assert (found.rotation, found.rotation_schedule_id) == (None, None)
        assert (found.verification, found.verification_schedule_id) == (None, None)
        assert found.complexity is not None
        assert (found.complexity.length, found.complexity.max_consecutive) == (24, 2)
    with pytest.raises(NotFound):
        await of(rules, new_id())


async def test_what_is_closer_comes_first(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    host = await rules.host("db01")
    login, other = await rules.login("root", host), await rules.login("app", await rules.host("db02"))
    linux = await rules.platform()
    ids = {hours: await rules.schedule(f"every {hours}", hours) for hours in range(1, 8)}

    async def periods() -> tuple[int | None, int | None]:
        found = await of(rules, login)
        return (
            found.rotation.period if found.rotation else None,
            found.verification.period if found.verification else None,
        )

    await rules.set(platform, linux, rotation_schedule_id=ids[1], verification_schedule_id=ids[2])
    assert await periods() == (1, 2)
    wide = await override(rules, "hosts", 1, host, rotation_schedule_id=ids[3])
    assert await periods() == (3, 2)  # what it leaves open is the platform's
    await override(rules, "logins", 0, login, verification_schedule_id=ids[4])
    assert await periods() == (3, 4)
    own = sa.select(override_credential.c.override_id).where(override_credential.c.credential_id == login)
    close = await database.read(lambda tx: tx.scalar(own))
    await rules.set(override_policy, close, rotation_schedule_id=ids[5])
    await rules.set(override_policy, wide, verification_schedule_id=ids[6])
    assert await periods() == (5, 4)
    c = managed_user.c
    change = sa.update(managed_user).where(c.credential_id == login).values(verification_schedule_id=ids[7])
    await database.write(lambda tx: tx.run(change))
    assert await periods() == (5, 7)
    found = await of(rules, login)
    assert (found.rotation_schedule_id, found.verification_schedule_id) == (ids[5], ids[7])
    untouched = await of(rules, other)
    assert (untouched.rotation_schedule_id, untouched.verification_schedule_id) == (ids[1], ids[2])


async def test_complexity_and_reset_on_mismatch(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    host = await rules.host("db01")
    login = await rules.login("root", host)
    made = {
        length: (
            await database.write(
                add_complexity, ACTOR, name=f"{length}", rule={"lower_case": True, "length": length}
            )
        ).id
        for length in (30, 40)
    }

    async def length() -> int | None:
        found = await of(rules, login)
        assert found.complexity is not None
        return found.complexity.length

    await rules.set(platform, await rules.platform(), complexity_id=made[30], reset_on_mismatch=True)
    assert await length() == 30
    assert (await of(rules, login)).reset_on_mismatch
    change = sa.update(managed_user).where(managed_user.c.credential_id == login).values(complexity_id=made[40])
    await database.write(lambda tx: tx.run(change))
    assert await length() == 40
    await rules.move(host, await rules.platform("MySQL"))
    found = await of(rules, login)
    assert (found.complexity_id, found.reset_on_mismatch) == (made[40], False)
    await database.write(lambda tx: tx.run(sa.update(managed_user).values(complexity_id=None)))
    default = sa.select(password_complexity.c.id).where(password_complexity.c.is_default.is_(True))
    assert (await of(rules, login)).complexity_id == await database.read(lambda tx: tx.scalar(default))


async def test_a_credential_that_is_managed_nowhere_has_its_own_platform(
    database: Database, tmp_path: Path
) -> None:
    rules = await make_rules(database, tmp_path)
    alone, managed = await rules.login("alone", None), await rules.login("managed", await rules.host("db01"))
    mysql = await rules.platform("MySQL")
    for credential_id in (alone, managed):
        await rules.set(credential, credential_id, platform_id=mysql)
    assert (await of(rules, alone)).platform_id == mysql
    assert (await of(rules, managed)).platform_id == await rules.platform()
    where = platform_of().where(credential.c.id == alone)
    assert await database.read(lambda tx: tx.scalars(where)) == [mysql]


async def test_many_are_one_statement(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    hosts = [await rules.host(f"db{n}") for n in range(2)]
    logins = {await rules.login(f"user{n}", hosts[n % 2]) for n in range(12)}
    with selects(database) as asked:
        found = await database.read(effective_where, managed_user.c.next_change_at.is_not(None))
    assert {one.credential_id for one in found} == logins
    assert len(asked) == 1
    some = await database.read(effective_where, managed_user.c.resource_id == hosts[0], 4)
    assert len(some) == 4


async def test_a_changed_rule_makes_dates_due_where_it_holds(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    host, other_host = await rules.host("db01"), await rules.host("db02")
    on_host = await rules.login("root", host)
    beside = await rules.login("app", other_host)
    by_hand = await rules.login("hand", host, method=Method.MANUAL)
    await rules.login("stranger", host, method=Method.NOT_MANAGED)
    schedule = await rules.schedule("nightly")
    linux = await rules.platform()

    async def after(condition: sa.ColumnElement[bool]) -> set[UUID]:
        count = await database.write(look_again, condition)
        due = await rules.due_now()
        assert count == len(due)
        return due

    assert await after(uses_schedule(schedule)) == set()
    assert await after(is_of_platform(linux)) == {on_host, beside, by_hand}
    await rules.set(platform, linux, verification_schedule_id=schedule)
    assert await after(uses_schedule(schedule)) == {on_host, beside, by_hand}
    await rules.set(platform, linux, verification_schedule_id=None)
    under = await override(rules, "hosts", 1, host, rotation_schedule_id=schedule)
    assert await after(uses_schedule(schedule)) == {on_host, by_hand}
    assert await after(is_under(under)) == {on_host, by_hand}
    await override(rules, "logins", 0, on_host, rotation_schedule_id=await rules.schedule("seldom"))
    assert await after(uses_schedule(schedule)) == {by_hand}
