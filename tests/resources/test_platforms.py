"""Platforms get rules; copies are made and deleted, what came with Locum stays (PLAT-01, PLAT-02)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audited import details
from locum.credentials.complexities import add_complexity
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.resources.platforms import change_platform, copy_platform, delete_platform, platform_of, platforms
from rules_world import make_rules
from world import ACTOR

pytestmark = pytest.mark.anyio


async def test_a_platform_has_rules_and_copies(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    linux, nightly = await rules.platform(), await rules.schedule("nightly")
    changed = await database.write(
        change_platform,
        ACTOR,
        linux,
        name="Linux",
        built_in_account="admin",
        description="",
        reset_on_mismatch=True,
        rules={"rotation_schedule_id": nightly},
    )
    assert (changed.rotation_schedule_id, changed.reset_on_mismatch) == (nightly, True)
    assert (changed.built_in_account, changed.description) == ("admin", None)
    assert await database.write(change_platform, ACTOR, linux, reset_on_mismatch=True, rules={}) == changed
    copy = await database.write(copy_platform, ACTOR, linux, name="Palo Alto", rules={"scan_schedule_id": nightly})
    assert (copy.connector, copy.base_platform_id, copy.permanent) == ("linux", linux, False)
    assert (copy.rotation_schedule_id, copy.scan_schedule_id, copy.reset_on_mismatch) == (nightly, nightly, True)
    again = await database.write(
        copy_platform, ACTOR, copy.id, name="Other", built_in_account="me", reset_on_mismatch=False, rules={}
    )
    assert (again.base_platform_id, again.built_in_account, again.reset_on_mismatch) == (linux, "me", False)
    renamed = await database.write(
        change_platform, ACTOR, copy.id, name="PAN", rules={"rotation_schedule_id": None}
    )
    assert (renamed.name, renamed.rotation_schedule_id) == ("PAN", None)
    await database.write(delete_platform, ACTOR, copy.id)
    assert "PAN" not in [row.name for row in await database.read(platforms)]
    assert len(details(database, "platform.created")) == 2
    (change,) = details(database, "platform.changed", copy.id)
    assert change == {"platform": "PAN", "fields": "name, rotation_schedule_id"}
    assert details(database, "platform.deleted") == [{"platform": "PAN"}]


async def test_what_is_wrong_is_refused(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    linux = await rules.platform()
    names = await database.write(
        add_complexity, ACTOR, name="names", rule={"type": 1, "lower_case": True, "length": 8}
    )
    copy = await database.write(copy_platform, ACTOR, linux, name="copy", rules={})
    await rules.move(await rules.host("db01"), copy.id)
    refused: list[tuple[type[Exception], Any, tuple[Any, ...], dict[str, Any]]] = [
        (Conflict, change_platform, (linux,), {"name": "Debian", "rules": {}}),
        (Conflict, change_platform, (copy.id,), {"name": "LINUX", "rules": {}}),
        (Invalid, change_platform, (linux,), {"rules": {"complexity_id": names.id}}),
        (Invalid, change_platform, (linux,), {"rules": {"complexity_id": new_id()}}),
        (Invalid, change_platform, (linux,), {"rules": {"scan_schedule_id": new_id()}}),
        (NotFound, change_platform, (new_id(),), {"rules": {}}),
        (Conflict, copy_platform, (linux,), {"name": "Copy", "rules": {}}),
        (Invalid, copy_platform, (linux,), {"name": "", "rules": {}}),
        (Invalid, copy_platform, (None,), {"name": "x", "rules": {}}),
        (Invalid, copy_platform, (new_id(),), {"name": "x", "rules": {}}),
        (NotFound, delete_platform, (new_id(),), {}),
        (Conflict, delete_platform, (linux,), {}),
    ]
    for kind, verb, arguments, more in refused:
        with pytest.raises(kind):
            await database.write(verb, ACTOR, *arguments, **more)
    with pytest.raises(Conflict, match="this platform is used by resource “db01”"):
        await database.write(delete_platform, ACTOR, copy.id)
    assert await database.read(platform_of, copy.id) == copy
