"""Schedules are made, changed and deleted, audited, and what goes by a changed one is looked at again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audited import details
from locum.credentials.overrides import OverrideType, add_override
from locum.credentials.schedules import add_schedule, change_schedule, delete_schedule, schedule_of, schedules
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.resources.model import platform
from rules_world import make_rules
from world import ACTOR

pytestmark = pytest.mark.anyio

NIGHTLY = {"frequency": 1, "local_time": "03:00"}


async def test_a_schedule_is_made_changed_and_deleted(database: Database) -> None:
    made = await database.write(add_schedule, ACTOR, name="Nightly", description="x", timing=NIGHTLY)
    assert (made.name, made.frequency, made.period, made.local_time) == ("Nightly", 1, 1, "03:00:00")
    assert await database.read(schedules) == [made]
    changed = await database.write(
        change_schedule,
        ACTOR,
        made.id,
        name="Weekly",
        description="",
        timing={"frequency": 2, "days_of_week": "sun"},
    )
    assert (changed.name, changed.days_of_week, changed.description) == ("Weekly", "Sunday", None)
    assert changed.local_time == "03:00:00"
    same = await database.write(change_schedule, ACTOR, made.id, name="Weekly", timing={"days_of_week": "Sunday"})
    assert same == changed
    await database.write(delete_schedule, ACTOR, made.id)
    assert await database.read(schedules) == []
    assert details(database, "schedule.created", made.id) == [{"name": "Nightly"}]
    (change,) = details(database, "schedule.changed", made.id)
    assert change == {"name": "Weekly", "fields": "days_of_week, description, frequency, name, name_key"}
    assert details(database, "schedule.deleted", made.id) == [{"name": "Weekly"}]


async def test_what_is_wrong_is_refused(database: Database) -> None:
    made = await database.write(add_schedule, ACTOR, name="Nightly", timing=NIGHTLY)
    other = await database.write(add_schedule, ACTOR, name="Hourly", timing={})
    refused: list[tuple[type[Exception], Any, tuple[Any, ...], dict[str, Any]]] = [
        (Conflict, add_schedule, (), {"name": "NIGHTLY", "timing": {}}),
        (Invalid, add_schedule, (), {"name": " ", "timing": {}}),
        (Invalid, add_schedule, (), {"name": "x", "timing": {"frequency": 1}}),
        (Conflict, change_schedule, (other.id,), {"name": "nightly", "timing": {}}),
        (Invalid, change_schedule, (made.id,), {"timing": {"local_time": "25:00"}}),
        (Invalid, change_schedule, (made.id,), {"timing": {"time_zone": "Moon"}}),
        (NotFound, change_schedule, (new_id(),), {"timing": {}}),
        (NotFound, delete_schedule, (new_id(),), {}),
    ]
    for kind, verb, arguments, more in refused:
        with pytest.raises(kind):
            await database.write(verb, ACTOR, *arguments, **more)
    assert await database.read(schedule_of, made.id) == made
    assert len(await database.read(schedules)) == 2
    assert details(database, "schedule.changed") == []


async def test_a_used_one_stays_and_says_by_what_it_is_used(database: Database, tmp_path: Path) -> None:
    rules = await make_rules(database, tmp_path)
    schedule = await rules.schedule("nightly")
    linux = await rules.platform()
    await rules.set(platform, linux, scan_schedule_id=schedule)
    with pytest.raises(Conflict, match=r"this schedule is used by platform “Linux”$"):
        await database.write(delete_schedule, ACTOR, schedule)
    await database.write(
        add_override,
        ACTOR,
        name="quick",
        type=OverrideType.CREDENTIAL,
        platform_id=linux,
        schedules={"rotation_schedule_id": schedule},
    )
    await rules.login("root", await rules.host("db01"), verification_schedule_id=schedule)
    await rules.set(platform, linux, scan_schedule_id=None)
    with pytest.raises(
        Conflict, match=r"override policy “quick” and credential “root”|credential “root” and override"
    ):
        await database.write(delete_schedule, ACTOR, schedule)
    assert (await database.read(schedule_of, schedule)).name == "nightly"


async def test_a_changed_timing_is_looked_at_again_and_a_changed_name_is_not(
    database: Database, tmp_path: Path
) -> None:
    rules = await make_rules(database, tmp_path)
    login = await rules.login("root", await rules.host("db01"))
    schedule = await rules.schedule("nightly")
    await rules.set(platform, await rules.platform(), rotation_schedule_id=schedule)
    await database.write(change_schedule, ACTOR, schedule, name="renamed", timing={})
    assert await rules.due_now() == set()
    await database.write(change_schedule, ACTOR, schedule, timing={"period": 7})
    assert await rules.due_now() == {login}
