"""Override policies put other schedules in place of the platform's for their members (CRED-10)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from audited import details
from locum.credentials.effective import effective
from locum.credentials.overrides import (
    OverrideType,
    add_members,
    add_override,
    candidates,
    change_override,
    delete_override,
    override_of,
    overrides,
    remove_members,
)
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.paging import Page
from locum.resources.model import platform
from rules_world import Rules, make_rules
from world import ACTOR

pytestmark = pytest.mark.anyio


async def make(
    rules: Rules, name: str, kind: OverrideType = OverrideType.CREDENTIAL, **schedules: UUID | None
) -> UUID:
    made = await rules.database.write(
        add_override, ACTOR, name=name, type=kind, platform_id=await rules.platform(), schedules=schedules
    )
    return made.id


async def rotation_of(rules: Rules, login: UUID) -> UUID | None:
    return (await rules.database.read(effective, login)).rotation_schedule_id


async def test_members_go_by_the_override_and_then_by_their_platform_again(
    database: Database, tmp_path: Path
) -> None:
    rules = await make_rules(database, tmp_path)
    host = await rules.host("db01")
    login = await rules.login("root", host)
    plain, quick, close = [await rules.schedule(name) for name in ("plain", "quick", "close")]
    await rules.set(platform, await rules.platform(), rotation_schedule_id=plain)
    wide = await make(rules, "hosts", OverrideType.RESOURCE, rotation_schedule_id=quick, scan_schedule_id=quick)
    narrow = await make(rules, "logins", rotation_schedule_id=close)
    for override_id, member, schedule in ((wide, host, quick), (narrow, login, close)):
        assert await database.write(add_members, ACTOR, override_id, [member]) == 1
        assert await rules.due_now() == {login}
        assert await rotation_of(rules, login) == schedule
    assert await database.write(add_members, ACTOR, narrow, [login]) == 0
    await rules.due_now()
    await database.write(change_override, ACTOR, narrow, description="x", schedules={})
    assert await rules.due_now() == set()
    await database.write(change_override, ACTOR, narrow, name="Logins", schedules={"rotation_schedule_id": None})
    assert await rules.due_now() == {login}
    assert await rotation_of(rules, login) == quick
    assert await database.write(remove_members, ACTOR, narrow, [login]) == 1
    assert await rules.due_now() == {login}
    await database.write(delete_override, ACTOR, wide)
    assert await rules.due_now() == {login}
    assert await rotation_of(rules, login) == plain
    assert [row.name for row in await database.read(overrides)] == ["Logins"]
    for action, override_id in (("created", wide), ("deleted", wide), ("changed", narrow)):
        assert details(database, f"override_policy.{action}", override_id)
    (added,) = details(database, "override_policy.member_added", wide)
    assert added == {"name": "hosts", "resource": "db01", "domain": ""}
    assert len(details(database, "override_policy.member_removed", narrow)) == 1


async def test_what_can_be_put_under_one_is_on_its_platform_and_under_none(
    database: Database, tmp_path: Path
) -> None:
    rules = await make_rules(database, tmp_path)
    host, taken = await rules.host("db01"), await rules.host("db02")
    for name in ("root", "app", "web"):
        await rules.login(name, host)
    elsewhere = await rules.login("adrift", None)
    narrow, wide = await make(rules, "logins"), await make(rules, "hosts", OverrideType.RESOURCE)
    other = await make(rules, "other hosts", OverrideType.RESOURCE)
    await database.write(add_members, ACTOR, other, [taken])

    async def names(override_id: UUID, page: Page | None = None) -> list[str]:
        found = await database.read(candidates, override_id, page or Page())
        assert found.total >= len(found.rows)
        return [row.name for row in found.rows]

    assert await names(narrow) == ["app", "root", "web"]
    assert await names(narrow, Page(1, 1)) == ["root"]
    assert await names(narrow, Page(filter_text="WE")) == ["web"]
    assert await names(wide) == ["db01", "web01"]
    assert elsewhere not in {row.id for row in (await database.read(candidates, narrow, Page())).rows}
    await database.write(add_members, ACTOR, wide, [host])
    assert await names(other) == ["web01"]
    with pytest.raises(NotFound):
        await names(new_id())


async def test_what_is_wrong_is_refused(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    host, other_host = await rules.host("db01"), await rules.host("db02")
    await rules.move(other_host, await rules.platform("MySQL"))
    login, stranger = await rules.login("root", host), await rules.login("app", other_host)
    schedule = await rules.schedule("nightly")
    first, second = await make(rules, "first"), await make(rules, "second")
    hosts = await make(rules, "hosts", OverrideType.RESOURCE)
    await database.write(add_members, ACTOR, first, [login])
    linux = await rules.platform()
    new: dict[str, Any] = {"name": "x", "type": OverrideType.CREDENTIAL, "platform_id": linux, "schedules": {}}
    refused: list[tuple[type[Exception], Any, tuple[Any, ...], dict[str, Any]]] = [
        (Conflict, add_override, (), {**new, "name": "FIRST"}),
        (Invalid, add_override, (), {**new, "platform_id": None}),
        (Invalid, add_override, (), {**new, "platform_id": new_id()}),
        (Invalid, add_override, (), {**new, "schedules": {"rotation_schedule_id": new_id()}}),
        (Invalid, add_override, (), {**new, "schedules": {"scan_schedule_id": schedule}}),
        (Conflict, change_override, (second,), {"name": "first", "schedules": {}}),
        (Invalid, change_override, (second,), {"schedules": {"protection_schedule_id": schedule}}),
        (NotFound, change_override, (new_id(),), {"schedules": {}}),
        (NotFound, delete_override, (new_id(),), {}),
        (NotFound, add_members, (new_id(), [login]), {}),
        (NotFound, remove_members, (new_id(), [login]), {}),
        (Conflict, add_members, (second, [login]), {}),
        (Invalid, add_members, (second, [stranger]), {}),
        (Invalid, add_members, (second, [host]), {}),
        (Invalid, add_members, (second, []), {}),
        (Invalid, add_members, (hosts, [other_host]), {}),
        (Invalid, add_members, (hosts, [login]), {}),
    ]
    for kind, verb, arguments, more in refused:
        with pytest.raises(kind):
            await database.write(verb, ACTOR, *arguments, **more)
    with pytest.raises(Conflict, match="under the override policy “first”"):
        await database.write(add_members, ACTOR, second, [login])
    assert (await database.read(override_of, second)).name == "second"
