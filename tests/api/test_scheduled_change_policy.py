"""Schedules over the API."""

from __future__ import annotations

from uuid import UUID

import pytest

from estate import Estate, made, problem
from locum.credentials.schedules import schedule_of
from locum.kit.ids import new_id

pytestmark = pytest.mark.anyio

PATH = "/api/v1/ScheduledChangePolicy"
BODY = {
    "name": "Nightly",
    "frequency": "WeeklyOnDaysOfWeek",
    "daysOfWeek": "Mon,Fri",
    "localTime": "2026-01-01T03:30:00Z",
}


@pytest.mark.sees_effect(
    *("ScheduledChangePolicy.GetAll", "ScheduledChangePolicy.GetById", "ScheduledChangePolicy.Post"),
    *("ScheduledChangePolicy.Put", "ScheduledChangePolicy.Delete"),
    *("ScheduledChangePolicy.GetTimeZone", "ScheduledChangePolicy.SetTimeZone"),
)
async def test_a_schedule_comes_and_goes(estate: Estate) -> None:
    assert len(await estate.get(estate.callers.application("robot"), PATH)) == 5
    view = made(await estate.admin.post(PATH, BODY))
    assert (view["frequency"], view["daysOfWeek"], view["localTime"]) == (
        2,
        "Monday,Friday",
        "0001-01-01T03:30:00",
    )
    one = f"{PATH}/{view['id']}"
    assert await estate.get(estate.admin, one) == view
    assert len(await estate.get(estate.admin, PATH)) == 6
    changed = made(await estate.admin.put(one, {**view, "name": "Monthly too", "frequency": 3, "dayNumber": 31}))
    assert (changed["dayNumber"], changed["localTime"], changed["daysOfWeek"]) == (31, "0001-01-01T03:30:00", None)
    zone = f"/api/locum/v1/ScheduledChangePolicy/{view['id']}/TimeZone"
    assert await estate.get(estate.admin, zone) == {"timeZone": "UTC"}
    assert made(await estate.admin.put(zone, {"timeZone": "Europe/Berlin"})) == {"timeZone": "Europe/Berlin"}
    assert await estate.get(estate.admin, zone) == {"timeZone": "Europe/Berlin"}
    held = await estate.database.read(schedule_of, UUID(view["id"]))
    assert (held.frequency, held.day_of_month, held.time_zone) == (3, 31, "Europe/Berlin")
    problem(await estate.admin.put(zone, {"timeZone": "Europe/Nowhere"}), 400)
    assert (await estate.admin.http.delete(one)).status_code == 200
    problem(await estate.admin.get(one), 404)
    for action, count in (("created", 1), ("changed", 2), ("deleted", 1)):
        assert estate.audited(f"schedule.{action}", view["id"]) == count


async def test_refusals(estate: Estate) -> None:
    (first, *_) = await estate.get(estate.admin, PATH)
    problem(await estate.ada.get(PATH), 403)
    problem(await estate.callers.application("robot").post(PATH, BODY), 403)
    problem(await estate.admin.post(PATH, {**BODY, "daysOfWeek": "someday"}), 400)
    problem(await estate.admin.post(PATH, {**BODY, "name": first["name"].upper()}), 409)
    problem(await estate.admin.put(f"{PATH}/{new_id()}", BODY), 404)
    (linux, *_) = await estate.get(estate.admin, "/api/v1/Platform")
    made(await estate.admin.put(f"/api/v1/Platform/{linux['id']}", {"scanScheduleId": first["id"]}))
    assert "Linux" in problem(await estate.admin.http.delete(f"{PATH}/{first['id']}"), 409)["detail"]
